"""When a customer that is about to be made is probably there already (C5).

It is asked about and never refused for good: whoever makes it looks, and says that it is somebody else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import Enum

from portal.rules.errors import Reason
from portal.rules.phones import same_phone
from portal.rules.sentences import NOTHING, Sentence, say, together

RULE = "C5"


class Match(Enum):
    """What two customers have in common."""

    BORN = say("same name and date of birth")
    EMAIL = say("same email address")
    PHONE = say("same phone number")


@dataclass(frozen=True, slots=True)
class Identity:
    """What a person or business is known by: a folded name, a date of birth, an address in lower case, and a phone
    number as `phones.dialled` gives it; empty where it is not known.
    """

    folded_name: str
    born_on: date | None = None
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Double:
    """A customer that may be the one that is about to be made, with what they have in common."""

    public_id: str
    name: str
    reference: str
    born_on: date | None
    why: tuple[Match, ...]


def in_common(new: Identity, other: Identity) -> tuple[Match, ...]:
    """What makes `other` a likely double of `new`; nothing where it is none."""
    found = []
    if new.born_on is not None and (new.folded_name, new.born_on) == (other.folded_name, other.born_on):
        found.append(Match.BORN)
    if new.email and new.email == other.email:
        found.append(Match.EMAIL)
    if same_phone(new.phone, other.phone):
        found.append(Match.PHONE)
    return tuple(found)


def questions(found: Iterable[Double], *, by_staff: bool) -> list[Reason]:
    """What is asked before another one is made: a reason for each likely double, with the way to it."""
    return [_question(one, by_staff) for one in found]


def _question(one: Double, by_staff: bool) -> Reason:
    if by_staff:
        message = say("{who} is a customer already: {why}.", who=_who(one), why=_why(one))
        remedy = say("Use that one, or make another one anyway if it is somebody else.")
        return Reason(RULE, message, remedy, "customer", one.public_id)
    message = say("You look after {name} already: {why}.", name=one.name, why=_why(one))
    remedy = say("Add somebody only if it is another person.")
    return Reason(RULE, message, remedy, "person", one.public_id)


def _who(one: Double) -> Sentence:
    if one.born_on is None:
        return say("{name} ({reference})", name=one.name, reference=one.reference)
    return say("{name} ({reference}), born on {day}", name=one.name, reference=one.reference, day=one.born_on)


def _why(one: Double) -> Sentence:
    return together(*(match.value for match in one.why), by=", ") or NOTHING
