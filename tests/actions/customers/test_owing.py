"""Who owes, as the search filters by it and shows it, on either engine (O10)."""

from __future__ import annotations

from portal.actions.books import allocating
from portal.actions.customers import search
from portal.actions.customers.search import Wanted
from portal.rules.deciding import SYSTEM
from tests.people import customer, post


def test_o10_what_counts_later_does_not_count_yet(app: object) -> None:
    for name in ("late", "ahead", "soon", "paid"):
        customer(name)
    for name, day in (("late", "2026-11-01"), ("ahead", "2026-10-01"), ("soon", "2026-11-20"), ("paid", "2026-10-01")):
        post(name, "invoice", 700, day)
    for name, day in (("ahead", "2026-11-23"), ("paid", "2026-11-22")):
        paid = post(name, "payment", 700, day)
        allocating.allocate(SYSTEM, allocating.Wanted(paid.number))
    found = {owes: search.search(SYSTEM, Wanted(owes=owes)) for owes in ("owes", "late", "")}
    names = {owes: [one.reference for one in page.rows] for owes, page in found.items()}
    assert names == {
        "owes": ["ahead", "late", "soon"],
        "late": ["ahead", "late"],
        "": ["ahead", "late", "paid", "soon"],
    }
    houses = {one.reference: found[""].houses[one.public_id] for one in found[""].rows}
    assert {name: (one.minor, one.late) for name, one in houses.items()} == {
        "ahead": (-700, True), "late": (-700, True), "paid": (0, False), "soon": (-700, False),
    }  # fmt: skip
