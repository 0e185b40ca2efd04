"""IBAN, BIC and ISO 11649 references, as the registries of banks know them."""

from __future__ import annotations

import re
from functools import lru_cache

from schwifty import BIC, IBAN
from schwifty.exceptions import SchwiftyException
from stdnum import iso11649
from stdnum.exceptions import ValidationError

_NOT_IN_REFERENCES = re.compile(r"[^A-Z0-9]")
LONGEST_REFERENCE = 21
"""What an ISO 11649 reference has room for behind RF and its check digits."""


@lru_cache(maxsize=4096)
def iban(text: str) -> str | None:
    """An IBAN without spaces, or None for what is none: an unknown country, another length, wrong check digits."""
    bare = "".join(text.split()).upper()
    if not 5 <= len(bare) <= 34 or not bare.isascii():
        return None
    try:
        return IBAN(bare).compact
    except SchwiftyException:
        return None


@lru_cache(maxsize=1024)
def bic(text: str) -> str | None:
    """A BIC without spaces, or None for what is none."""
    bare = "".join(text.split()).upper()
    if len(bare) not in (8, 11) or not bare.isascii():
        return None
    try:
        return BIC(bare).compact
    except SchwiftyException:
        return None


@lru_cache(maxsize=4096)
def grouped(account: str) -> str:
    """An IBAN in groups of four, as people read it; anything else as it is."""
    known = iban(account)
    return " ".join(known[start : start + 4] for start in range(0, len(known), 4)) if known else account


def iso_reference(number: str) -> str:
    """The ISO 11649 reference that names a document: its letters and digits behind RF and check digits.

    "" for a number that has none, or more than fit.
    """
    bare = _NOT_IN_REFERENCES.sub("", number.upper())
    if not bare or len(bare) > LONGEST_REFERENCE:
        return ""
    digits = "".join(str(int(one, 36)) for one in f"{bare}RF00")
    return f"RF{98 - int(digits) % 97:02}{bare}"


def payer_reference(public_id: str) -> str:
    """The reference under which a payer pays all that is due, whatever that is: twelve digits of its public id."""
    return iso_reference(f"ALL{int(public_id, 16) % 10**12:012}")


def reference_of(text: str) -> str:
    """A reference as banks pass it on, without spaces, where it is an ISO 11649 one; "" otherwise."""
    try:
        return str(iso11649.validate(text))
    except ValidationError:
        return ""
