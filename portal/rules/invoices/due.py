"""When an invoice is due (F12), and what it is at a date (F9)."""

from __future__ import annotations

import re
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from portal.rules.errors import Invalid
from portal.rules.periods import month_end
from portal.rules.sentences import Sentence, say

LONGEST_TERMS = 999
"""Days."""
_TERMS = re.compile(r"(?:(?P<days>\d{1,3}) days?|(?P<end>month end)(?: ?\+ ?(?P<more>\d{1,3}) days?)?)", re.ASCII)


class Terms(NamedTuple):
    """A partner's terms of payment: so many days after the invoice's date, or after the last day of its month."""

    days: int
    month_end: bool = False

    def due(self, on: date) -> date:
        """The last day on which an invoice of that date is not overdue (F12)."""
        if self.month_end:
            on = month_end(on)
        return on + timedelta(days=self.days)

    def __str__(self) -> str:
        """As a setting has it: "14 days", "month end", "month end + 45 days"."""
        days = f"{self.days} day" if self.days == 1 else f"{self.days} days"
        if not self.month_end:
            return days
        return f"month end + {days}" if self.days else "month end"


DEFAULT_TERMS = Terms(14)


def read_terms(text: str) -> Terms:
    """The terms that were written (F12): "14 days", "month end", "month end + 45 days". Raises Invalid."""
    found = _TERMS.fullmatch(" ".join(text.lower().split()))
    if found is None:
        sentence = say(
            "“{text}” are no terms of payment. Write “14 days”, “month end” or “month end + 45 days”, with at most "
            "{longest} days.",
            text=text[:40],
            longest=LONGEST_TERMS,
        )
        raise Invalid({"terms": sentence})
    return Terms(int(found["days"] or found["more"] or 0), found["end"] is not None)


class InvoiceState(StrEnum):
    """What an invoice is at a date."""

    DRAFT = "draft"
    OPEN = "open"
    PAID = "paid"
    OVERDUE = "overdue"
    CREDITED = "credited"

    @property
    def label(self) -> Sentence:
        return _LABELS[self]


_LABELS = {
    InvoiceState.DRAFT: say("Draft"),
    InvoiceState.OPEN: say("Open"),
    InvoiceState.PAID: say("Paid"),
    InvoiceState.OVERDUE: say("Overdue"),
    InvoiceState.CREDITED: say("Credited"),
}


def days_overdue(due: date, on: date) -> int:
    """Days past due; 0 until the day after `due` (F9)."""
    return max(0, (on - due).days)


def open_minor(total: int, credited: int, allocated: int) -> int:
    """What is open of an invoice (F7): its total less what was credited and allocated by then, in minor units."""
    return total - credited - allocated


def invoice_state(total: int, credited: int, allocated: int, due: date, on: date) -> InvoiceState:
    """What an issued invoice is at a date, by what was credited and allocated by then, in minor units.

    One of a total of zero is paid; one that is partly paid is overdue all the same from the day after `due`.
    """
    if open_minor(total, credited, allocated) > 0:
        return InvoiceState.OVERDUE if on > due else InvoiceState.OPEN
    return InvoiceState.CREDITED if total and credited >= total else InvoiceState.PAID
