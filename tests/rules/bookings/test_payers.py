"""Through whom a booking is charged (B6)."""

from __future__ import annotations

import pytest

from portal.rules.bookings import payers
from portal.rules.bookings.payers import Parties
from portal.rules.bookings.states import BookingPayer

OWNER, BOOKER, SUBJECT, CHOICE = BookingPayer.OWNER, BookingPayer.BOOKER, BookingPayer.SUBJECT, BookingPayer.CHOICE
CHILD = Parties(3, "Mia", booker=2, owner=1, signs_in=False)
TEEN = Parties(3, "Mia", booker=2, owner=1)
MYSELF = Parties(1, "Olga", booker=1, owner=1)
BY_STAFF = Parties(3, "Mia", owner=1, signs_in=False)
ALONE = Parties(3, "Zoë")


@pytest.mark.parametrize(
    ("parties", "wanted", "fixed", "key"),
    [
        (CHILD, CHOICE, CHOICE, 1),
        (TEEN, CHOICE, CHOICE, 3),
        (MYSELF, CHOICE, CHOICE, 1),
        (BY_STAFF, CHOICE, CHOICE, 3),
        (CHILD, BOOKER, CHOICE, 2),
        (CHILD, SUBJECT, CHOICE, 3),
        (BY_STAFF, OWNER, CHOICE, 1),
        (CHILD, CHOICE, SUBJECT, 3),
        (TEEN, CHOICE, OWNER, 1),
        (ALONE, CHOICE, OWNER, 3),
        (BY_STAFF, CHOICE, BOOKER, 3),
    ],
)
def test_b6_who_is_charged(parties: Parties, wanted: BookingPayer, fixed: BookingPayer, key: int) -> None:
    assert payers.customer_of(payers.through(wanted, fixed, parties), parties) == key
    assert payers.reasons(wanted, fixed, parties) == []


@pytest.mark.parametrize(
    ("parties", "wanted", "fixed"),
    [(ALONE, OWNER, CHOICE), (BY_STAFF, BOOKER, CHOICE), (CHILD, BOOKER, OWNER), (TEEN, OWNER, SUBJECT)],
)
def test_b6_what_cannot_be_chosen_is_refused(parties: Parties, wanted: BookingPayer, fixed: BookingPayer) -> None:
    assert [one.rule for one in payers.reasons(wanted, fixed, parties)] == ["B6"]


@pytest.mark.parametrize(
    ("parties", "fixed", "kinds"),
    [
        (CHILD, CHOICE, [OWNER, SUBJECT, BOOKER]),
        (TEEN, CHOICE, [SUBJECT, OWNER, BOOKER]),
        (MYSELF, CHOICE, [SUBJECT]),
        (CHILD, SUBJECT, [SUBJECT]),
    ],
)
def test_b6_choices_differ_and_the_default_comes_first(
    parties: Parties, fixed: BookingPayer, kinds: list[BookingPayer]
) -> None:
    assert payers.choices(fixed, parties) == kinds
