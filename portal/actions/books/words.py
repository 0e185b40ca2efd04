"""What we ourselves write on the books: it stays there as text, so it is in the language of the partner."""

from __future__ import annotations

from portal.db.customers.profiles import Profile
from portal.outside.pens import pen_for
from portal.rules.sentences import Pen, Sentence, say, write

BOOKINGS, MEMBERSHIPS, SERVICES = say("Bookings"), say("Memberships"), say("Services")
"""Categories of what is charged by itself, by which spending adds up (O10)."""


def pen_of(profile: Profile) -> Pen:
    """What the books of a customer are written with."""
    return pen_for(profile.locale, profile.time_zone)


def on_the_books(sentence: Sentence, profile: Profile) -> str:
    """A description or a reason as it stands on the books of a customer."""
    return write(sentence, pen_of(profile))
