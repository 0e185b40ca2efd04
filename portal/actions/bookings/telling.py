"""Telling whoever acts for somebody what became of a booking (B2, B4)."""

from __future__ import annotations

from collections.abc import Sequence

from portal.actions.bookings import news
from portal.actions.letters import short
from portal.db.customers.profiles import Profile
from portal.rules.sentences import Sentence, say


def tell(subject: Profile, headline: Sentence, lines: Sequence[Sentence]) -> int:
    """Queue a mail to everybody who signs in for a customer or books for it; to how many."""
    return news.tell(subject, titled(headline, subject.name), lines)


def titled(what: Sentence, name: str) -> Sentence:
    """A subject that names the person: "Booked: Swimming, 7 Dec 2026, 17:30 for Mia"."""
    return say("{what} for {name}", what=what, name=short(name))
