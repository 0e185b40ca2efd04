"""Whose payer is charged for a booking or a membership (B6)."""

from __future__ import annotations

from dataclasses import dataclass

from portal.rules.bookings.states import BookingPayer
from portal.rules.errors import Reason
from portal.rules.sentences import say


@dataclass(frozen=True, slots=True)
class Parties:
    """Who is there to pay through, as keys: the subject, whoever books (None: staff or the system), and the Owner of
    the group through which they act or of the subject's own, if there is one. `signs_in` says that the subject has a
    login.
    """

    subject: int
    name: str
    booker: int | None = None
    owner: int | None = None
    signs_in: bool = True


def default_of(parties: Parties) -> BookingPayer:
    """The Owner where somebody of the group books a Dependent without a login, else the subject."""
    for_another = parties.booker is not None and parties.booker != parties.subject
    if for_another and parties.owner is not None and not parties.signs_in:
        return BookingPayer.OWNER
    return BookingPayer.SUBJECT


def through(wanted: BookingPayer, fixed: BookingPayer, parties: Parties) -> BookingPayer:
    """Through whom it is charged: what the partner fixed, as far as there is one; else what was chosen; else the
    default.
    """
    chosen = wanted if fixed is BookingPayer.CHOICE else fixed
    if chosen is BookingPayer.CHOICE:
        return default_of(parties)
    there = customer_of(chosen, parties) is not None
    if there or fixed is BookingPayer.CHOICE:
        return chosen
    return BookingPayer.SUBJECT


def customer_of(kind: BookingPayer, parties: Parties) -> int | None:
    """The customer whose payer is charged; None where there is none."""
    found = {
        BookingPayer.OWNER: parties.owner,
        BookingPayer.BOOKER: parties.booker,
        BookingPayer.SUBJECT: parties.subject,
    }
    return found.get(kind)


def choices(fixed: BookingPayer, parties: Parties) -> list[BookingPayer]:
    """What can be chosen: one for each customer that could pay, the default first."""
    if fixed is not BookingPayer.CHOICE:
        return [through(fixed, fixed, parties)]
    first = default_of(parties)
    found: dict[int, BookingPayer] = {}
    for kind in (first, BookingPayer.SUBJECT, BookingPayer.OWNER, BookingPayer.BOOKER):
        key = customer_of(kind, parties)
        if key is not None:
            found.setdefault(key, kind)
    return list(found.values())


def reasons(wanted: BookingPayer, fixed: BookingPayer, parties: Parties) -> list[Reason]:
    """Why a choice cannot be followed: the partner fixed another one, or nobody of that kind is there."""
    if wanted is BookingPayer.CHOICE:
        return []
    if fixed is not BookingPayer.CHOICE and wanted is not through(wanted, fixed, parties):
        message = say("Who pays for bookings is fixed, and it is not who was chosen.")
        return [Reason("B6", message, say("Leave the choice out; the check page says who pays."))]
    if customer_of(wanted, parties) is not None:
        return []
    if wanted is BookingPayer.OWNER:
        message = say("{name} is in no group whose Owner could pay.", name=parties.name)
        return [Reason("B6", message, say("Let {name} pay, or whoever books.", name=parties.name))]
    message = say("Nobody who books has books of their own that could be charged.")
    return [Reason("B6", message, say("Let {name} pay, or the Owner of the group.", name=parties.name))]
