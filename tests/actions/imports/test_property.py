"""Whatever a file of transactions holds, importing it gives the books that posting its rows one by one gives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from portal.actions import doctor, imports
from portal.db.engine import db
from portal.db.tables import AccountMonth, Customer, Entry, FutureItem, LedgerAccount
from portal.rules.deciding import SYSTEM
from portal.rules.errors import Invalid, Refused
from tests import people
from tests.importing import imported

HEAD = ("external_id", "customer", "date", "kind", "ledger", "amount", "number", "description", "tax", "reverses")
PLACES = count()


@dataclass(frozen=True)
class Event:
    """A made-up row. `back` says which earlier row it reverses, if any."""

    who: int
    kind: str
    ledger: str
    cents: int
    day: int
    number: int
    tax: int
    back: int | None


events = st.builds(
    Event,
    who=st.integers(0, 2),
    kind=st.sampled_from(["invoice", "payment", "credit_note", "debit", "credit", "refund", "future_item"]),
    ledger=st.sampled_from(["", "house", "credit"]),
    cents=st.integers(0, 50_000),
    day=st.integers(0, 400),
    number=st.integers(0, 12),
    tax=st.integers(0, 100),
    back=st.none() | st.integers(0, 20),
)


def rows_of(story: list[Event], prefix: str) -> list[dict[str, str]]:
    """The events as rows; reversals copy what they reverse, so that many of them are right."""
    rows: list[dict[str, str]] = []
    for place, event in enumerate(story):
        row = {
            "external_id": f"{prefix}t{place}",
            "customer": f"{prefix}{event.who}",
            "date": (date(2026, 1, 15) + timedelta(days=event.day)).isoformat(),
            "kind": event.kind,
            "ledger": "" if event.kind == "future_item" else event.ledger,
            "amount": f"{event.cents / 100:.2f}",
            "number": {0: "INV-000003", 1: "N1", 2: "PAY-000001", 3: "INV-000001"}.get(event.number, ""),
            "description": "" if event.day % 2 else "Łukasz, “quoted”",
            "tax": f"{min(event.tax, event.cents) / 100:.2f}" if event.tax else "",
            "reverses": "",
        }
        if event.back is not None and rows:
            original = rows[event.back % len(rows)]
            same = {key: original[key] for key in ("customer", "kind", "amount", "tax")}
            row |= same | {"reverses": original["external_id"], "ledger": ""}
        rows.append(row)
    return rows


def file_of(rows: list[dict[str, str]]) -> str:
    quoted = [",".join('"' + row[column].replace('"', '""') + '"' for column in HEAD) for row in rows]
    return "\n".join([",".join(HEAD), *quoted])


def make_people(prefix: str) -> None:
    """A main account that pays for the second customer, and one of its own, all of one partner."""
    for who in range(3):
        people.customer(f"{prefix}{who}", of=prefix)
    people.link(f"{prefix}0", f"{prefix}1")


def books(prefix: str, *, numbers: bool) -> list[tuple[Any, ...]]:
    """Everything in the books of one partner, in words that do not depend on ids, and with or without `numbers`."""
    names = {key: name[len(prefix) :] for key, name in db.session.execute(select(Customer.id, Customer.external_id))}
    found: list[tuple[Any, ...]] = []
    ids: dict[int | None, str] = {None: ""}
    for one in db.session.scalars(select(Entry).where(Entry.external_id.startswith(prefix)).order_by(Entry.id)):
        ids[one.id] = (one.external_id or "")[len(prefix) :]
        where = (names[one.payer_id], names[one.issued_for_id], one.booked_on, one.kind, one.ledger)
        what = (one.amount_minor, one.tax_minor, ids[one.reverses_id])
        found.append((ids[one.id], *where, *what, *((one.number, one.sequence, one.description) if numbers else ())))
    items = select(FutureItem).where(FutureItem.external_id.startswith(prefix)).order_by(FutureItem.id)
    found += [
        ((item.external_id or "")[len(prefix) :], item.amount_minor, item.number if numbers else "")
        for item in db.session.scalars(items)
    ]
    for account in db.session.scalars(select(LedgerAccount).order_by(LedgerAccount.owner_id, LedgerAccount.kind)):
        if account.owner_id in names and names[account.owner_id] and _is_of(account.owner_id, prefix):
            months = select(AccountMonth.month, AccountMonth.net_minor).order_by(AccountMonth.month)
            moved = db.session.execute(months.where(AccountMonth.ledger_account_id == account.id)).all()
            net = [(month, amount) for month, amount in moved if amount]
            found.append((names[account.owner_id], account.kind, account.balance_minor, net))
    return found


def _is_of(customer_id: int, prefix: str) -> bool:
    reference = db.session.scalar(select(Customer.external_id).where(Customer.id == customer_id))
    return reference is not None and reference.startswith(prefix)


def refusal(row: dict[str, str]) -> str:
    """What is said when the row is posted: nothing, F10 for spent credit, or another rule or column."""
    try:
        imports.post_one(SYSTEM, row)
    except Refused as refused:
        return refused.reasons[0].rule
    except Invalid as invalid:
        return next(iter(invalid.fields))
    return ""


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=st.lists(events, min_size=1, max_size=15), chunk=st.sampled_from([1, 3, 4_000]))
def test_a_file_gives_the_books_of_its_rows(app: Flask, story: list[Event], chunk: int) -> None:
    mark = next(PLACES)
    one_by_one, in_a_file = f"p{mark:04}-", f"f{mark:04}-"
    make_people(one_by_one)
    make_people(in_a_file)
    said = [refusal(row) for row in rows_of(story, one_by_one)]
    rows = rows_of(story, in_a_file)
    kept = [row for row, words in zip(rows, said, strict=True) if not words]
    # Numbers like ours are waited for in a file; posted one by one, ours may have taken them before.
    plain = not any(row["number"].startswith(("INV-", "PAY-")) for row in rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("portal.actions.imports.transactions.CHUNK", chunk)
        patch.setattr("portal.db.imports.totals.SPILL", 3)
        if plain and next(filter(None, said), "F10") != "F10":
            assert imported("transactions", file_of(rows)).errors
        outcome = imported("transactions", file_of(kept))
    assert (outcome.errors, outcome.created) == ((), len(kept))
    assert books(in_a_file, numbers=plain) == books(one_by_one, numbers=plain)
    again = imported("transactions", file_of(kept))
    assert (again.errors, again.created, again.skipped) == ((), 0, len(kept))
    assert doctor.examine().sound
