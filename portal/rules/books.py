"""What may stand in the books: kinds of entries, their sign, series and counterpart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from portal.rules.sentences import Sentence, say


class EntryKind(StrEnum):
    """What an entry is. A transfer moves an amount between two accounts of customers."""

    INVOICE = "invoice"
    PAYMENT = "payment"
    CREDIT_NOTE = "credit_note"
    DEBIT = "debit"
    CREDIT = "credit"
    REFUND = "refund"
    TRANSFER = "transfer"

    @property
    def label(self) -> Sentence:
        return KIND_LABELS[self]

    @property
    def noun(self) -> Sentence:
        """The kind inside a sentence: "payment"."""
        return KIND_NOUNS[self]

    @property
    def sign(self) -> int:
        """−1 where the kind lowers the customer's balance, 1 where it raises it."""
        return -1 if self in _LOWERING else 1


class Ledger(StrEnum):
    """The two accounts a customer can have."""

    HOUSE = "house"
    CREDIT = "credit"

    @property
    def label(self) -> Sentence:
        return say("House Account") if self is Ledger.HOUSE else say("Customer Credit")


class AccountKind(StrEnum):
    """The accounts of the books: the two that a customer can have, and a partner's own."""

    HOUSE = "house"
    CREDIT = "credit"
    SALES = "sales"
    BANK = "bank"
    ADJUSTMENTS = "adjustments"


_LOWERING = frozenset({EntryKind.INVOICE, EntryKind.DEBIT, EntryKind.REFUND})

KIND_LABELS = MappingProxyType(
    {
        EntryKind.INVOICE: say("Invoice"),
        EntryKind.PAYMENT: say("Payment"),
        EntryKind.CREDIT_NOTE: say("Credit note"),
        EntryKind.DEBIT: say("Debit"),
        EntryKind.CREDIT: say("Credit"),
        EntryKind.REFUND: say("Refund"),
        EntryKind.TRANSFER: say("Transfer"),
    }
)
KIND_NOUNS = MappingProxyType(
    {
        EntryKind.INVOICE: say("invoice"),
        EntryKind.PAYMENT: say("payment"),
        EntryKind.CREDIT_NOTE: say("credit note"),
        EntryKind.DEBIT: say("debit"),
        EntryKind.CREDIT: say("credit"),
        EntryKind.REFUND: say("refund"),
        EntryKind.TRANSFER: say("transfer"),
    }
)
SERIES = MappingProxyType(
    {
        EntryKind.INVOICE: "INV",
        EntryKind.PAYMENT: "PAY",
        EntryKind.CREDIT_NOTE: "CN",
        EntryKind.DEBIT: "TRX",
        EntryKind.CREDIT: "TRX",
        EntryKind.REFUND: "REF",
        EntryKind.TRANSFER: "TRF",
    }
)
FUTURE_SERIES = "FUT"
COUNTERPART = MappingProxyType(
    {
        EntryKind.INVOICE: "sales",
        EntryKind.CREDIT_NOTE: "sales",
        EntryKind.PAYMENT: "bank",
        EntryKind.REFUND: "bank",
        EntryKind.DEBIT: "adjustments",
        EntryKind.CREDIT: "adjustments",
    }
)
"""The partner's own account that takes the other half of an entry."""

EARLIEST, LATEST = date(1970, 1, 1), date(2199, 12, 31)
"""Dates beyond these are taken for mistakes."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """An amount (signed, in minor units) that leaves one customer's account for another's as of a day (P2)."""

    ledger: Ledger
    on: date
    amount_minor: int


def format_number(series: str, value: int) -> str:
    """INV and 123 give "INV-000123"."""
    return f"{series}-{value:06d}"


def own_value(series: str, number: str) -> int | None:
    """The place in our own series that an imported number would take, or None if it looks different."""
    match = re.fullmatch(rf"{series}-(\d{{6,15}})", number)
    value = int(match[1]) if match else 0
    return value if value and format_number(series, value) == number else None
