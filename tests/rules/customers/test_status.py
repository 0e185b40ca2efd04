"""Statuses, their effect on aggregated sub-accounts, billing days and faces."""

from __future__ import annotations

import pytest

from portal.rules.customers.status import (
    BillingType,
    EffectiveStatus,
    Status,
    effective_billing_day,
    effective_status,
    initials,
)

NEW, ACTIVE, BLOCKED, INACTIVE = Status.NEW, Status.ACTIVE, Status.BLOCKED, Status.INACTIVE

L11 = [
    # own, main account's, what shows, whether the main account's decides
    (NEW, None, NEW, False),
    (ACTIVE, None, ACTIVE, False),
    (BLOCKED, None, BLOCKED, False),
    (INACTIVE, None, INACTIVE, False),
    (NEW, NEW, NEW, False),
    (ACTIVE, NEW, ACTIVE, False),
    (BLOCKED, NEW, BLOCKED, False),
    (INACTIVE, NEW, INACTIVE, False),
    (NEW, ACTIVE, NEW, False),
    (ACTIVE, ACTIVE, ACTIVE, False),
    (BLOCKED, ACTIVE, BLOCKED, False),
    (INACTIVE, ACTIVE, INACTIVE, False),
    (NEW, BLOCKED, BLOCKED, True),
    (ACTIVE, BLOCKED, BLOCKED, True),
    (BLOCKED, BLOCKED, BLOCKED, False),
    (INACTIVE, BLOCKED, INACTIVE, False),
    (NEW, INACTIVE, INACTIVE, True),
    (ACTIVE, INACTIVE, INACTIVE, True),
    (BLOCKED, INACTIVE, INACTIVE, True),
    (INACTIVE, INACTIVE, INACTIVE, False),
]


@pytest.mark.parametrize(("own", "main", "status", "imposed"), L11)
def test_l11_the_more_restrictive_status_shows(own: Status, main: Status | None, status: Status, imposed: bool) -> None:
    assert effective_status(own, main) == EffectiveStatus(status, imposed)


def test_l11_every_pair_is_in_the_table() -> None:
    assert {row[:2] for row in L11} == {(own, main) for own in Status for main in (None, *Status)}


@pytest.mark.parametrize(
    ("status", "signs_in", "orders"),
    [(NEW, True, False), (ACTIVE, True, True), (BLOCKED, True, False), (INACTIVE, False, False)],
)
def test_c1_what_a_status_allows(status: Status, signs_in: bool, orders: bool) -> None:
    assert (status.signs_in, status.orders_and_books) == (signs_in, orders)


@pytest.mark.parametrize(("own", "main", "day"), [(9, None, 9), (9, 1, 1), (1, 28, 28)])
def test_l7_an_aggregated_sub_account_takes_the_day_of_its_main_account(own: int, main: int | None, day: int) -> None:
    assert effective_billing_day(own, main) == day


def test_every_status_and_billing_type_has_a_label() -> None:
    assert [str(status.label) for status in Status] == ["New", "Active", "Blocked", "Inactive"]
    assert [str(kind.label) for kind in BillingType] == ["Recurring", "Prepaid, custom", "Prepaid, daily"]


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Dana Novák", "DN"),
        ("Mia", "MI"),
        ("María José Ruiz", "MR"),
        ("株式会社 日本", "株日"),
        ("“Quoted” & Co", "CO"),
        ("", "?"),
        ("—", "?"),
        ("x", "X"),
    ],
)
def test_faces(name: str, letters: str) -> None:
    assert initials(name) == letters
