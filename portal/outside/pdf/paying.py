"""The payment block of a PDF: what is open on the day it is made, and how to pay it (F12)."""

from __future__ import annotations

from datetime import date
from typing import Any

from portal.outside.pdf.palette import Tone
from portal.outside.pdf.render import LABEL, Texts, text_of
from portal.outside.pdf.words import Labels, Style
from portal.outside.pdf.written import Look
from portal.rules.paying import PaymentBlock
from portal.rules.sentences import say

_CODE_POINTS = 92
_SOFT, _STRONG = Look(tone=Tone.SOFT), Look(bold=True)


def paying(pay: PaymentBlock | None, on: date, texts: Texts, labels: Labels, style: Style) -> dict[str, Any] | None:
    """What templates/pdf/paying.html needs; None where nothing is to be paid. `on` is the day it is made."""
    if pay is None:
        return None
    put, of = texts.set, labels.of
    facts = [(of(say("To")), pay.holder), (of(say("IBAN")), pay.iban), (of(say("BIC")), pay.bic)]
    facts.append((of(say("Reference")), pay.reference))
    how = of(say("Scan the code with your bank’s app, or enter what stands here."))
    if not pay.code:
        how = of(say("The reference tells us what this payment is for."))
    return {
        "please": put(LABEL, of(say("Please pay, open on {day}", day=style.full_day(on)))),
        "amount": f"{style.amount(pay.amount_minor)} {pay.currency}",
        "how": put(_SOFT, how),
        "facts": [(put(_SOFT, label), put(_STRONG, text_of(text))) for label, text in facts if text],
        "code": pay.code.packed if pay.code else "",
        "points": _CODE_POINTS,
    }
