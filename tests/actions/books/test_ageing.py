"""How old is what is owed (F15)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from portal.actions.books import ageing, allocating, opened, posting, refunding
from portal.actions.books.allocating import Wanted
from portal.db.books import posting as books_rows
from portal.db.engine import db
from portal.db.tables import Customer
from portal.rules.deciding import SYSTEM
from portal.rules.errors import Missing, Refused
from portal.rules.invoices.ageing import Ageing
from tests import books, people
from tests.invoicing import spread_invoice

TODAY = date(2026, 11, 22)


@pytest.fixture(autouse=True)
def acme(app: object) -> None:
    people.customer("acme")


def aged(on: date = TODAY, **more: str) -> dict[tuple[str, str], Ageing]:
    return {(one.payer.reference, one.account.reference): one.ages for one in ageing.ageing(SYSTEM, on, **more).rows}


def test_f15_open_parts_by_days_past_due_less_what_is_unallocated() -> None:
    first, second = (people.post("acme", "invoice", 10_000, f"2026-10-0{day}") for day in (1, 2))
    for bill, minor in ((first, 4_000), (second, 10_000)):
        paid = people.post("acme", "payment", minor, "2026-10-05")
        allocating.allocate(SYSTEM, Wanted(paid.number, bill.number, minor, on=date(2026, 10, 5)))
    people.post("acme", "payment", 10_000, "2026-10-06")
    [row] = aged().values()
    assert row == Ageing(to_60=6_000, unallocated=-10_000)
    assert row.total == -4_000
    assert ageing.ageing(SYSTEM, TODAY).totals == {"EUR": row}
    assert aged(date(2026, 9, 30)) == {}


@pytest.mark.parametrize(
    ("late", "column"),
    [
        (0, "not_due"),
        (1, "to_30"),
        (30, "to_30"),
        (31, "to_60"),
        (60, "to_60"),
        (61, "to_90"),
        (90, "to_90"),
        (91, "more"),
    ],
)
def test_f15_each_column_has_its_days(late: int, column: str) -> None:
    people.post("acme", "debit", 500, (TODAY - timedelta(days=late)).isoformat())
    assert aged() == {("acme", "acme"): Ageing(**{column: 500})}


def test_f15_by_account_and_for_one_customer() -> None:
    for name in ("branch", "depot"):
        people.customer(name)
        people.link("acme", name)
    people.customer("elsewhere", of="Other Net")
    people.post("elsewhere", "debit", 900, "2026-11-01")
    bill = spread_invoice("acme", {"branch": 3_000, "depot": 1_000})
    paid = people.post("acme", "payment", 2_000, "2026-11-02")
    allocating.allocate(SYSTEM, Wanted(paid.number, bill.number))
    assert aged(customer="acme") == {("acme", "branch"): Ageing(to_30=1_500), ("acme", "depot"): Ageing(to_30=500)}
    assert aged(customer="depot") == {("acme", "depot"): Ageing(to_30=500)}
    assert aged(date(2026, 11, 21), customer="depot") == {("acme", "depot"): Ageing(to_30=1_000)}
    assert set(aged(partner="Other Net")) == {("elsewhere", "elsewhere")}
    with pytest.raises(Missing):
        aged(partner="Nobody")


def test_p2_a_reversal_dated_before_balances_were_shared_settles_nothing_until_then() -> None:
    people.customer("mate")
    bill = people.post("mate", "invoice", 5_000, "2026-11-01")
    people.share("acme", "mate")
    early = date(2026, 11, 10)
    posting.reverse(SYSTEM, bill.public_id, on=early, reason="wrong")
    people.post("mate", "invoice", 700, "2026-11-02")
    assert {key[0]: ages.total for key, ages in aged(early).items()} == {"mate": 5_000, "acme": 700 - 5_000}
    assert {key[0]: ages.total for key, ages in aged().items()} == {"acme": 700}


kinds = st.sampled_from(["invoice", "debit", "payment", "credit", "allocate", "reverse", "refund", "share"])
deeds = st.lists(st.tuples(kinds, st.integers(0, 2), st.integers(1, 500), st.integers(-40, 10)), max_size=14)


@given(deeds)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_f15_ageing_is_the_house_account_at_every_date(story: list[tuple[str, int, int, int]]) -> None:
    place = db.session.scalar(select(Customer.id).order_by(Customer.id.desc())) or 0
    names = [f"c{place}-{n}" for n in range(3)]
    for name in names:
        people.customer(name)
    for kind, who, minor, day in story:
        _tell(kind, names, who, minor, TODAY + timedelta(days=day))
    ids = {
        one.external_id: one.id for one in db.session.scalars(select(Customer).where(Customer.external_id.in_(names)))
    }
    for on in (TODAY + timedelta(days=days) for days in (-41, -20, -3, 0, 1, 5, 11)):
        rows = aged(on)
        for name in names:
            house = books_rows.balances({ids[name]: "EUR"}, on)[ids[name]].house_minor
            assert sum(ages.total for (payer, _), ages in rows.items() if payer == name) == -house, (name, on)
            if not [one for one in story if one[0] == "share"]:
                assert opened.open_items(SYSTEM, name, on).house_minor == house
    books.check(logged=False)


def _tell(kind: str, names: list[str], who: int, minor: int, on: date) -> None:
    name, found = names[who], opened.open_items(SYSTEM, names[who], TODAY + timedelta(days=30))
    try:
        if kind in ("invoice", "debit", "payment", "credit"):
            people.post(name, kind, minor, on.isoformat())
        elif kind == "share" and who:
            people.share(names[0], name)
        elif kind == "allocate" and found.unallocated:
            wanted = found.unallocated[minor % len(found.unallocated)]
            allocating.allocate(SYSTEM, Wanted(wanted.public_id, on=on))
        elif kind == "reverse" and (every := [*found.open, *found.unallocated]):
            posting.reverse(SYSTEM, every[minor % len(every)].public_id, on=on, reason="so")
        elif kind == "refund" and (paid := [one for one in found.unallocated if one.kind == "payment"]):
            refunding.refund_payment(SYSTEM, refunding.Wanted(paid[0].public_id, min(minor, paid[0].open_minor), on))
    except Refused:
        pass
