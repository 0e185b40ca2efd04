"""How to pay an open amount: the one function that pages, mails and PDF files call for it (F12)."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from segno.helpers import make_epc_qr

from portal.outside.bank.accounts import grouped, iso_reference, reference_of
from portal.rules.partners import PartnerSettings, ReferenceForm
from portal.rules.paying import Code, PaymentBlock

EUR = "EUR"


def payment_reference(settings: PartnerSettings, number: str) -> str:
    """What a payment for the document `number` names, as the partner wants it: an ISO 11649 reference or the number.

    A number that does not fit into a reference stands for itself.
    """
    if settings.reference is ReferenceForm.NUMBER:
        return number
    return iso_reference(number) or number


def payment_block(
    settings: PartnerSettings, number: str, open_minor: int, currency: str, *, holder: str = "", reference: str = ""
) -> PaymentBlock | None:
    """How to pay what is open of the document `number`, in minor units of `currency`.

    None where nothing is open, or the partner has no IBAN. `holder` is the partner's name, for one that did not say who
    holds the account; `reference` the one that the document was issued with, where it has one.
    """
    if open_minor <= 0 or not settings.iban:
        return None
    holder = settings.account_name or holder
    reference = reference or payment_reference(settings, number)
    code = _code(holder, settings.iban, settings.bic, open_minor, reference) if currency == EUR else None
    return PaymentBlock(holder, grouped(settings.iban), settings.bic, reference, open_minor, currency, code)


@lru_cache(maxsize=512)
def _code(holder: str, iban: str, bic: str, amount_minor: int, reference: str) -> Code | None:
    """The EPC code of a transfer in EUR; None where what it must hold is missing or does not fit."""
    structured = reference_of(reference)
    said = {"reference": structured} if structured else {"text": reference}
    try:
        made = make_epc_qr(holder, iban, Decimal(amount_minor).scaleb(-2), bic=bic or None, **said)
    except ValueError:
        return None
    return Code(tuple("".join("1" if dark else "0" for dark in row) for row in made.matrix))
