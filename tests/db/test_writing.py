"""Writing to the books: numbers, balances and totals, and keys that are used once."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import bindparam, func, select, text, update
from sqlalchemy.exc import OperationalError

from portal import create_app
from portal.config import Settings
from portal.db import engine
from portal.db import idempotency as operations
from portal.db.audit import records as audit
from portal.db.books import posting as ledger
from portal.db.books import statements
from portal.db.books.posting import AccountKey, Half, NewEntry
from portal.db.customers import profiles as customers
from portal.db.engine import db, snapshot, writes
from portal.db.folding import fold
from portal.db.tables import AccountMonth, Customer, Entry, LedgerAccount, Posting
from portal.outside import clock
from portal.rules.books import EntryKind
from portal.rules.deciding import SYSTEM
from portal.rules.errors import Mismatch
from portal.rules.sentences import verbatim
from tests import people


def entry(customer: customers.Profile, amount: int, on: str, number: str | None = None) -> NewEntry:
    """An invoice or a payment, by its sign."""
    own = AccountKey(customer.partner_id, customer.id, "house", "EUR")
    other = AccountKey(customer.partner_id, None, "sales", "EUR")
    ids = ledger.account_ids([own, other])
    return NewEntry(
        partner_id=customer.partner_id,
        payer_id=customer.id,
        issued_for_id=customer.id,
        booked_on=date.fromisoformat(on),
        kind=EntryKind.INVOICE if amount < 0 else EntryKind.PAYMENT,
        ledger="house",
        currency="EUR",
        amount_minor=amount,
        halves=(Half(ids[own], amount, True), Half(ids[other], -amount, False)),
        number=number,
    )


@writes
def write(
    customer: customers.Profile, *wanted: tuple[int, str, str | None], issued_for: int | None = None
) -> list[str]:
    """Write entries in one transaction; their numbers."""
    entries = [entry(customer, *each)._replace(issued_for_id=issued_for or customer.id) for each in wanted]
    return [written.number for written in ledger.write_entries(entries, actor="test", at=clock.now())]


def test_f2_numbers_are_gapless_per_partner_and_series(app: Flask) -> None:
    acme, far = people.customer("acme"), people.customer("far", of="Lakeside")
    assert write(acme, (-1, "2026-11-01", None), (1, "2026-11-01", None), (-1, "2026-11-01", None)) == [
        "INV-000001",
        "PAY-000001",
        "INV-000002",
    ]
    assert write(far, (-1, "2026-11-01", None)) == ["INV-000001"]
    assert write(acme, (-1, "2026-11-01", None)) == ["INV-000003"]


def test_f2_our_own_numbers_step_over_imported_ones(app: Flask) -> None:
    acme = people.customer("acme")
    write(acme, (-1, "2026-01-01", "INV-000002"), (-1, "2026-01-01", "INV-000003"), (-1, "2026-01-01", "R/7"))
    many = [(-1, "2026-11-01", None)] * 3
    assert write(acme, *many) == ["INV-000001", "INV-000004", "INV-000005"]
    write(acme, (-1, "2026-01-01", "INV-000007"))
    assert write(acme, *many) == ["INV-000006", "INV-000008", "INV-000009"]
    assert write(acme, (-1, "2026-01-01", "INV-000012"), *many) == [
        "INV-000012",
        "INV-000010",
        "INV-000011",
        "INV-000013",
    ]


def test_f2_a_number_of_a_refused_transaction_is_given_again(app: Flask) -> None:
    acme = people.customer("acme")

    @writes
    def fails() -> None:
        ledger.write_entries([entry(acme, -1, "2026-11-01")], actor="test", at=clock.now())
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert write(acme, (-1, "2026-11-01", None)) == ["INV-000001"]
    assert db.session.scalar(select(func.count()).select_from(Posting)) == 2


def test_balances_and_totals_are_sums_of_postings(app: Flask) -> None:
    acme = people.customer("acme")
    write(acme, (-100, "2026-01-31", None), (30, "2026-02-01", None), (-5, "2026-02-28", None))
    write(acme, (70, "2026-02-10", None), (-1, "2025-12-31", None))
    house = select(LedgerAccount.id).where(LedgerAccount.kind == "house").scalar_subquery()
    months = db.session.execute(
        select(AccountMonth.month, AccountMonth.net_minor).where(AccountMonth.ledger_account_id == house)
    )
    assert dict(months.all()) == {date(2025, 12, 1): -1, date(2026, 1, 1): -100, date(2026, 2, 1): 95}
    assert dict(db.session.execute(select(LedgerAccount.kind, LedgerAccount.balance_minor)).all()) == {
        "house": -6,
        "sales": 6,
    }


@pytest.mark.parametrize("first", ["2026-02-01", "2026-02-10", "2026-02-15", "2026-02-16", "2026-02-28", "2026-03-01"])
def test_an_opening_is_the_sum_of_what_came_before(app: Flask, first: str) -> None:
    acme, start = people.customer("acme"), date.fromisoformat(first)
    days = [("2026-01-31", -1), ("2026-02-01", -10), ("2026-02-09", -100), ("2026-02-10", -1000)]
    days += [("2026-02-15", -10_000), ("2026-02-16", -100_000), ("2026-02-28", -1_000_000), ("2026-03-01", -(10**7))]
    write(acme, *[(amount, on, None) for on, amount in days])
    people.post("acme", "payment", 9, "2026-02-09", ledger="credit")
    people.post("acme", "refund", 4, "2026-02-20", ledger="credit")
    expected = sum(amount for on, amount in days if date.fromisoformat(on) < start)
    credit = (9 if start > date(2026, 2, 9) else 0) - (4 if start > date(2026, 2, 20) else 0)
    found = {one.kind: one.opening_minor for one in statements.books_of(acme.id, "EUR", start)}
    assert found == {"house": expected, "credit": credit}


def test_s9_everybody_ever_billed_is_found_step_by_step(app: Flask) -> None:
    """Those that are paid for, and former ones: by the index, whatever the order of their ids, and nobody twice."""
    ids = {name: people.customer(name) for name in ("zoe", "acme", "bob", "eve", "dan", "far")}
    payer = ids["acme"].id
    for name in ("eve", "acme", "bob", "eve"):
        write(ids["acme"], (-1, "2026-11-01", None), issued_for=ids[name].id)
    people.post("acme", "payment", 5, "2026-11-02", ledger="credit")
    write(ids["far"], (-1, "2026-11-01", None), issued_for=ids["zoe"].id)
    people.link("acme", "dan")
    found = statements.accounts_of(payer, "EUR")
    assert [(one.reference, one.former) for one in found] == [("dan", False), ("bob", True), ("eve", True)]
    assert statements.accounts_of(payer, "USD") == [found[0]]
    assert statements.accounts_of(ids["dan"].id, "EUR") == []
    assert [one.reference for one in statements.accounts_of(payer, "EUR", folded="ev", text="Ev")] == ["eve"]
    assert [one.reference for one in statements.accounts_of(payer, "EUR", limit=2)] == ["dan", "bob"]


def test_f10_the_lowest_credit_from_a_day_on(app: Flask) -> None:
    acme = people.customer("acme")
    people.post("acme", "payment", 100, "2026-11-01", ledger="credit")
    people.post("acme", "refund", 60, "2026-11-10", ledger="credit")
    people.post("acme", "payment", 500, "2026-12-01", ledger="credit")
    account = statements.account_id(acme.id, "credit", "EUR")
    assert account is not None
    lowest = {on: ledger.lowest_credit_from(account, date.fromisoformat(on)) for on in
              ("2026-10-31", "2026-11-01", "2026-11-10", "2026-12-01", "2027-01-01")}  # fmt: skip
    assert {on: (minor, str(day)) for on, (minor, day) in lowest.items()} == {
        "2026-10-31": (0, "2026-10-31"),
        "2026-11-01": (40, "2026-11-10"),
        "2026-11-10": (40, "2026-11-10"),
        "2026-12-01": (540, "2026-12-01"),
        "2027-01-01": (540, "2027-01-01"),
    }


def test_a_key_is_used_for_one_thing(app: Flask) -> None:
    @writes
    def once(key: str | None, body: object, answer: str) -> object:
        if (earlier := operations.claim(key, "test", body)) is not None:
            return earlier["said"]
        operations.settle(key, {"said": answer})
        return answer

    assert [once("k", 1, "first"), once("k", 1, "second"), once("other", 1, "third")] == ["first", "first", "third"]
    assert [once(None, 1, "fourth"), once(None, 1, "fifth")] == ["fourth", "fifth"]
    with pytest.raises(Mismatch):
        once("k", 2, "sixth")


def test_actions_do_not_nest(app: Flask) -> None:
    acme = people.customer("acme")

    @writes
    def outer() -> None:
        write(acme, (-1, "2026-11-01", None))

    with pytest.raises(RuntimeError, match="inside another action"):
        outer()
    assert write(acme, (-1, "2026-11-01", None)) == ["INV-000001"]


def elsewhere(app: Flask, work: Callable[[], object]) -> None:
    """Do something in a thread and a session of its own, and wait for it."""

    def run() -> None:
        with app.app_context():
            work()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(timeout=120)
    assert not thread.is_alive()


def test_a_snapshot_does_not_see_what_is_written_meanwhile(app: Flask) -> None:
    acme = people.customer("acme")
    count = select(func.count()).select_from(Entry)

    @snapshot
    def looks() -> tuple[int, int]:
        before = db.session.scalar(count) or 0
        elsewhere(app, lambda: write(acme, (-1, "2026-11-01", None)))
        return before, db.session.scalar(count) or 0

    assert looks() == (0, 0)
    assert db.session.scalar(count) == 1


def test_a_deadlock_is_tried_again(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    class Deadlock(Exception):
        sqlstate = "40P01"

    tries = []

    @writes
    def unlucky() -> int:
        tries.append(1)
        if len(tries) < 3:
            raise OperationalError("SELECT 1", {}, Deadlock())
        return len(tries)

    monkeypatch.setattr(engine.time, "sleep", lambda seconds: None)
    assert unlucky() == 3


@pytest.mark.engine("sqlite")
def test_sec63_a_database_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        made = engine.standalone_engine(f"sqlite:///{tmp_path / 'new.db'}")
        with engine.to_write(made) as connection, connection.begin():
            connection.execute(text("CREATE TABLE one (n INTEGER)"))
            modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
        made.dispose()
    finally:
        os.umask(before)
    assert modes == {"new.db": 0o600, "new.db-wal": 0o600, "new.db-shm": 0o600}


def test_connections_have_their_settings(settings: Settings) -> None:
    with create_app(settings).app_context():
        if db.engine.dialect.name == "sqlite":
            values = {
                name: db.session.execute(text(f"PRAGMA {name}")).scalar_one()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            }
            assert values == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}
        else:
            assert db.session.execute(text("SHOW lock_timeout")).scalar_one() == "30s"
        db.session.remove()
        db.engine.dispose()


def test_customers_are_found_by_external_id_before_public_id(app: Flask) -> None:
    acme = people.customer("acme")
    people.customer(acme.public_id)
    found = customers.by_reference(acme.public_id)
    assert found is not None
    assert found.external_id == acme.public_id
    assert customers.by_public_id(acme.public_id) == acme
    assert customers.by_reference("nobody") is None
    assert customers.by_public_id("acme") is None


def test_a_profile_knows_its_links(app: Flask) -> None:
    for name in ("acme", "branch", "alex", "sam"):
        people.customer(name, billing_day=9 if name == "branch" else 3)
    people.link("acme", "branch")
    people.share("alex", "sam")
    acme, branch, alex, sam = (customers.by_reference(name) for name in ("acme", "branch", "alex", "sam"))
    assert acme is not None
    assert branch is not None
    assert alex is not None
    assert sam is not None
    assert (branch.payer_id, branch.payer_reference, branch.payer_name) == (acme.id, "acme", "Acme")
    assert (branch.main_id, branch.aggregated, branch.billing_day, branch.own_billing_day) == (acme.id, True, 3, 9)
    assert (sam.payer_id, sam.payer_reference, sam.is_secondary) == (alex.id, "alex", True)
    assert (alex.payer_id, alex.mate_id, alex.is_secondary) == (alex.id, sam.id, False)
    assert acme.payer_public_id == acme.public_id
    assert customers.count_sub_accounts(acme.id) == (1, 1)


def test_the_log_pages_backwards(app: Flask) -> None:
    acme, branch = people.customer("acme"), people.customer("branch")

    @writes
    def note(text: str, subject: customers.Profile) -> None:
        audit.record(SYSTEM, "test", verbatim(text), subject_id=subject.id, figures={"a": 1})

    for number in range(5):
        note(f"deed {number}", acme)
    note("another", branch)
    first = audit.for_subject(acme.id, limit=2)
    assert [str(line.text) for line in first] == ["deed 4", "deed 3"]
    assert (first[0].actor, first[0].grant) == ("system operator", "system")
    rest = audit.for_subject(acme.id, before=first[-1].public_id)
    assert [str(line.text) for line in rest] == ["deed 2", "deed 1", "deed 0"]


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("Łukasz  Café", "lukasz cafe"), ("ΕΛΈΝΗ", "eleni"), ("  ", ""), ("Straße", "strasse"), ("Олег", "oleg")],
)
def test_search_compares_plain_letters(typed: str, stored: str) -> None:
    assert fold(typed) == stored


def test_a_changed_customer_is_seen_by_the_next_action(app: Flask) -> None:
    acme = people.customer("acme")
    seen = []

    @writes
    def look() -> None:
        seen.append(customers.by_id(acme.id).name)

    @writes
    def rename() -> None:
        db.session.execute(update(customers.Customer).where(customers.Customer.id == acme.id).values(name="Umbrella"))

    look()
    elsewhere(app, rename)
    look()
    assert seen == ["Acme", "Umbrella"]


def test_a_kept_statement_is_put_together_once_and_what_is_derived_from_it_is_its_own(app: Flask) -> None:
    @functools.cache
    def named(folded: bool) -> Any:
        column = Customer.folded_name if folded else Customer.name
        return select(column).where(Customer.external_id == bindparam("reference"))

    for reference in ("acme", "far"):
        people.customer(reference)
    assert named(False) is named(False)
    for _ in range(2):
        assert engine.executed(named(False), {"reference": "acme"}).scalars().all() == ["Acme"]
        assert engine.executed(named(False), {"reference": "far"}).scalars().all() == ["Far"]
        assert engine.executed(named(True), {"reference": "far"}).scalars().all() == ["far"]
        nobody = named(False).where(Customer.name == "Nobody")
        assert engine.executed(nobody, {"reference": "far"}).scalars().all() == []
