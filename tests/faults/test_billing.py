"""A billing run that is killed anywhere, and one that several begin at once: each payer is billed once (R7, R35)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.actions import imports
from portal.actions.billing import running
from portal.db.engine import db
from portal.db.tables import Entry, FutureItem, InvoiceLine, ServiceCharge
from portal.rules.books import EntryKind
from portal.rules.deciding import SYSTEM
from tests import books
from tests.faults import crew
from tests.faults.crew import Crew
from tests.importing import clean
from tests.people import customer, link

PAYERS = 5
HEAD = "external_id,customer,plan,price,started_on\n"


@pytest.fixture
def team(app: Flask, database: str, folder: Path) -> Iterator[Crew]:
    """Five payers with two services and an item each; the first pays for a branch with a service."""
    rows = []
    for number in range(PAYERS):
        name = f"payer-{number}"
        customer(name)
        rows += [f"s{number},{name},Hall,20.00,2026-11-01", f"t{number},{name},Phone,5.00,2026-11-01"]
        item = {"customer": name, "amount": "7.00", "date": "2026-10-20", "kind": "future_item", "external_id": ""}
        imports.post_one(SYSTEM, item)
    customer("branch")
    link("payer-0", "branch")
    clean("services", HEAD + "\n".join([*rows, "b,branch,Hall,3.00,2026-11-01"]) + "\n")
    db.session.remove()
    made = Crew(database, folder)
    yield made
    made.end()


def bill() -> int:
    """Run for the first of November; how many invoices came of it."""
    return len(running.run(SYSTEM, on=date(2026, 11, 1)).invoices)


def state() -> tuple[int, ...]:
    """Invoices, their lines, days that were billed, and items that are on an invoice."""
    db.session.rollback()
    counts = (
        select(func.count()).select_from(Entry).where(Entry.kind == EntryKind.INVOICE),
        select(func.count()).select_from(InvoiceLine),
        select(func.count()).select_from(ServiceCharge),
        select(func.count()).select_from(FutureItem).where(FutureItem.invoiced_by_id.is_not(None)),
    )
    return tuple(int(db.session.scalar(one) or 0) for one in counts)


WHOLE = (PAYERS, 3 * PAYERS + 1, 2 * PAYERS + 1, PAYERS)


def everybody_once() -> None:
    assert state() == WHOLE
    numbers = sorted(db.session.scalars(select(Entry.number).where(Entry.kind == EntryKind.INVOICE)))
    assert numbers == [f"INV-{number:06d}" for number in range(1, PAYERS + 1)]
    books.check()


@pytest.mark.parametrize(
    "point",
    [
        "INSERT INTO billing_run",
        "INSERT INTO invoice",
        "UPDATE service",
        "UPDATE future_item",
        "INSERT INTO audit_record",
        "INSERT INTO billing_outcome",
        25,
        60,
        "before commit",
    ],
)
def test_r35_a_run_that_is_killed_anywhere_is_finished_by_the_next(team: Crew, point: int | str) -> None:
    (answer,) = team.run((crew.die, point, bill))
    assert answer == ("dead", None), point
    invoices, lines, charges, items = state()
    assert invoices == items, "an invoice without its item, or the other way round"
    assert lines == charges + items
    books.check()
    bill()
    everybody_once()
    assert bill() == 0


def test_r35_three_runs_at_once_bill_everybody_once(team: Crew) -> None:
    answers = team.run((bill,), (bill,), (bill,))
    assert [word for word, _ in answers] == ["done"] * 3, answers
    assert sum(number for _, number in answers) == PAYERS
    everybody_once()


def test_r35_three_at_once_finish_what_was_killed(team: Crew) -> None:
    assert team.run((crew.die, "INSERT INTO billing_outcome", bill)) == [("dead", None)]
    answers = team.run((bill,), (bill,), (bill,))
    assert [word for word, _ in answers] == ["done"] * 3, answers
    everybody_once()
