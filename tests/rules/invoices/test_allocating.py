"""F7: how payments and credits settle invoices."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.errors import Refused
from portal.rules.invoices.allocating import (
    Allocation,
    OpenItem,
    PaidBack,
    Settled,
    amount_refusals,
    by_account,
    counts_from,
    evened,
    fits,
    freed_by_credit,
    newest_first,
    oldest_due_first,
    paying_back,
)
from portal.rules.invoices.due import open_minor

MARCH = date(2026, 3, 1)
DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))


def item(key: str, due: int, minor: int, issued: int = 1) -> OpenItem[str]:
    return OpenItem(key, date(2026, 3, due), date(2026, 2, issued), minor)


def test_f7_the_oldest_due_is_settled_first() -> None:
    items = [item("c", 9, 500), item("b", 7, 500, issued=3), item("a", 7, 500, issued=2), item("d", 1, 0)]
    assert oldest_due_first(1200, items) == [Settled("a", 500), Settled("b", 500), Settled("c", 200)]
    assert oldest_due_first(0, items) == []


@given(st.integers(0, 5000), st.lists(st.builds(item, st.text(max_size=3), st.integers(1, 28), st.integers(0, 900))))
def test_f7_as_much_as_fits_is_allocated(amount: int, items: list[OpenItem[str]]) -> None:
    parts = oldest_due_first(amount, items)
    assert sum(part.minor for part in parts) == min(amount, sum(one.open for one in items))
    assert all(part.minor > 0 for part in parts)


@pytest.mark.parametrize(
    ("amount", "open_by_account", "shares"),
    [
        (100, {"a": 100, "b": 100, "c": 100}, [34, 33, 33]),
        (8000, {"a": 10000, "b": -2000}, [10000, -2000]),
        (4000, {"a": 10000, "b": -2000}, [5000, -1000]),
        (1, {"a": 0, "b": 5}, [0, 1]),
        (50, {"chosen": 50}, [50]),
    ],
)
def test_f7_an_allocation_settles_accounts_in_proportion(
    amount: int, open_by_account: dict[str, int], shares: list[int]
) -> None:
    assert list(by_account(amount, open_by_account).values()) == shares


@given(st.dictionaries(st.text(max_size=3), st.integers(-500, 5000), min_size=1, max_size=8), st.data())
def test_f7_shares_of_accounts_add_up_and_settle_no_account_beyond_what_it_has_open(
    open_by_account: dict[str, int], data: st.DataObject
) -> None:
    whole = sum(open_by_account.values())
    if whole <= 0:
        with pytest.raises(ValueError, match="cannot be shared out"):
            by_account(1, open_by_account)
        return
    left = dict(open_by_account)
    while (still := sum(left.values())) > 0:
        shares = by_account(data.draw(st.integers(max(1, still // 3), still)), left)
        for account, share in shares.items():
            assert 0 <= share <= left[account] or left[account] <= share <= 0
            left[account] -= share
    assert not any(left.values())


@pytest.mark.parametrize(
    ("amount", "left", "open_", "said"),
    [
        (1, 1, 1, ""),
        (101, 100, 200, "1.01 EUR is above what is left: PAY-000009 has 1.00 EUR left, and INV-000123 has 2.00 EUR"),
        (101, 200, 100, "1.01 EUR is above what is open: PAY-000009 has 2.00 EUR left, and INV-000123 has 1.00 EUR"),
        (201, 200, 100, "2.01 EUR is above both: PAY-000009 has 2.00 EUR left, and INV-000123 has 1.00 EUR open."),
        (0, 200, 100, "0.00 EUR is no amount to allocate"),
        (-5, 200, 100, "-0.05 EUR is no amount to allocate"),
        (1, 0, 100, "There is nothing to allocate."),
    ],
)
def test_f7_what_does_not_fit_is_refused_with_both_figures(amount: int, left: int, open_: int, said: str) -> None:
    reasons = amount_refusals(amount, "PAY-000009", left, "INV-000123", open_, "EUR")
    assert [reason.rule for reason in reasons] == (["F7"] if said else [])
    assert said in "".join(str(reason.sentence) for reason in reasons)


def test_f7_as_much_as_fits_is_never_less_than_nothing() -> None:
    assert (fits(5, 3), fits(3, 5), fits(-1, 3)) == (3, 3, 0)


def test_f7_f10_an_allocation_counts_from_the_latest_of_three_days() -> None:
    """A payment that is dated ahead settles invoices on its day, and is announced until then."""
    assert counts_from(None, MARCH, date(2026, 3, 2), MARCH) == date(2026, 3, 2)
    assert counts_from(None, MARCH, date(2026, 2, 1), date(2026, 2, 5)) == MARCH
    assert counts_from(date(2026, 2, 10), MARCH, date(2026, 2, 1), date(2026, 2, 20)) == date(2026, 2, 20)


def test_f7_f8_an_allocation_never_falls_into_a_closed_month() -> None:
    assert counts_from(None, MARCH, MARCH, MARCH, closed=date(2026, 3, 1)) == date(2026, 4, 1)
    assert counts_from(None, MARCH, MARCH, MARCH, closed=date(2026, 2, 1)) == MARCH
    assert counts_from(date(2026, 2, 3), MARCH, MARCH, MARCH, closed=date(2026, 2, 28)) == MARCH
    with pytest.raises(
        Refused, match=r"\[F8\].*2026-02-03 would fall into a closed month. The first open day is 2026-03-01"
    ):
        counts_from(date(2026, 2, 3), MARCH, date(2026, 1, 1), date(2026, 1, 1), closed=date(2026, 2, 1))


@given(st.none() | DAYS, DAYS, DAYS, DAYS, st.none() | DAYS)
def test_f7_f8_its_day_is_never_before_any_of_them(
    own: date | None, today: date, source: date, invoice: date, closed: date | None
) -> None:
    try:
        on = counts_from(own, today, source, invoice, closed)
    except Refused:
        assert own is not None
        assert closed is not None
        assert (max(own, source, invoice).year, max(own, source, invoice).month) <= (closed.year, closed.month)
        return
    assert on >= max(own or today, source, invoice)
    assert closed is None or (on.year, on.month) > (closed.year, closed.month)


ALLOCATIONS = [
    Allocation("old", date(2026, 1, 1), 1, 300),
    Allocation("new", date(2026, 2, 1), 2, 300),
    Allocation("newer", date(2026, 2, 1), 3, 300),
]


def test_f7_allocations_are_taken_back_newest_first() -> None:
    assert newest_first(700, ALLOCATIONS) == [Settled("newer", 300), Settled("new", 300), Settled("old", 100)]
    assert newest_first(0, ALLOCATIONS) == []
    with pytest.raises(ValueError, match="more than is allocated"):
        newest_first(901, ALLOCATIONS)


def test_f6_a_credit_note_above_what_is_open_takes_allocations_back() -> None:
    assert freed_by_credit(400, 400, ALLOCATIONS) == []
    assert freed_by_credit(500, 100, ALLOCATIONS) == [Settled("newer", 300), Settled("new", 100)]


def test_f6_the_unallocated_part_is_paid_back_first() -> None:
    assert paying_back(500, 200, ALLOCATIONS, "EUR") == PaidBack(200, [Settled("newer", 300)])
    assert paying_back(100, 200, ALLOCATIONS, "EUR") == PaidBack(100, [])


def test_f6_a_credit_note_that_is_paid_back_leaves_its_invoice_without_the_payment() -> None:
    """375.70, of which 117.67 is paid; line 2 is credited with 117.67 and that is paid back."""
    paid = [Allocation("PAY-1", MARCH, 1, 1200), Allocation("PAY-2", MARCH, 2, 10567)]
    assert freed_by_credit(11767, open_minor(37570, 0, 11767), paid) == []
    back = paying_back(11767, 0, paid, "EUR")
    assert back == PaidBack(0, [Settled("PAY-2", 10567), Settled("PAY-1", 1200)])
    assert open_minor(37570, 11767, 11767 - sum(part.minor for part in back.taken_back)) == 25803


def test_f7_f10_what_is_allocated_ahead_is_open_until_its_day() -> None:
    ahead = {counts_from(None, MARCH, date(2026, 3, 2), MARCH): 5000}
    today, tomorrow = (sum(minor for on, minor in ahead.items() if on <= day) for day in (MARCH, date(2026, 3, 2)))
    assert (open_minor(10000, 0, today), open_minor(10000, 0, tomorrow)) == (10000, 5000)


def test_f6_no_more_is_paid_back_than_was_paid() -> None:
    paid = [Allocation("INV-1", MARCH, 1, 1200)]
    assert paying_back(1200, 0, paid, "EUR") == PaidBack(0, [Settled("INV-1", 1200)])
    with pytest.raises(Refused, match="12.01 EUR cannot be paid back: 12.00 EUR was paid and is not paid back."):
        paying_back(1201, 0, paid, "EUR")
    with pytest.raises(Refused, match="Nothing is left of it"):
        paying_back(1, 0, [], "EUR")
    with pytest.raises(Refused):
        paying_back(0, 5, [], "EUR")


# Between the accounts of an invoice -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rest", "parts", "shifts"),
    [
        ({"a": 0, "b": 50}, [{"a": 25, "b": 25}], [{"a": -25, "b": 25}]),
        ({"a": 20, "b": 50}, [{"a": 30, "b": 30}], [{"a": -10, "b": 10}]),
        ({"a": 20, "b": 50}, [{"a": 5, "b": 5}, {"a": 25, "b": 25}], [{"a": -5, "b": 5}, {"a": -5, "b": 5}]),
        ({"a": 50, "b": 50}, [{"a": 30, "b": 30}], [{}]),
        ({"a": 0, "b": 30, "c": 60}, [{"a": 30, "b": 0, "c": 0}], [{"a": -30, "b": 10, "c": 20}]),
        ({"a": 50, "b": 0}, [{"a": 62, "b": -12}], [{"a": -12, "b": 12}]),
        ({"a": 0, "b": 0}, [], []),
    ],
)
def test_f7_no_account_is_settled_beyond_its_rest(
    rest: dict[str, int], parts: list[dict[str, int]], shifts: list[dict[str, int]]
) -> None:
    assert evened(rest, parts) == shifts


@given(
    st.lists(st.tuples(st.integers(-50, 200), st.integers(0, 100)), min_size=2, max_size=5),
    st.lists(st.integers(1, 100), min_size=1, max_size=4),
    st.integers(0, 100),
)
def test_f7_evening_keeps_every_allocation_and_every_account_in_its_bounds(
    charged: list[tuple[int, int]], paid: list[int], share: int
) -> None:
    """Charges of accounts, paid in parts, then credited: by so many hundredths where there is something to credit."""
    charge = {str(key): minor for key, (minor, _) in enumerate(charged)}
    opened, parts = dict(charge), []
    for amount in paid:
        amount = min(amount, sum(opened.values()))
        if amount > 0:
            parts.append(by_account(amount, opened))
            opened = {key: opened[key] - parts[-1][key] for key in opened}
    rest = {str(key): minor - minor * share * part // 10_000 for key, (minor, part) in enumerate(charged)}
    if sum(rest.values()) < sum(charge.values()) - sum(opened.values()):
        return
    shifts = evened(rest, parts)
    assert all(sum(shift.values()) == 0 for shift in shifts)
    for key, minor in rest.items():
        settled = sum(part[key] + shift.get(key, 0) for part, shift in zip(parts, shifts, strict=True))
        assert min(0, minor) <= settled <= max(0, minor)
