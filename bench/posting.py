"""J1: posting one charge through the public action, beside writing the very same rows and nothing else.

The limit takes what the action takes from the database, but knows everything beforehand: it inserts the entry, its
postings, the audit record and the idempotency key, and adds to balances and months, by SQLAlchemy Core on the same
migrated tables, each charge in a transaction of its own, committed durably. Writers are processes; all of them post to
customers of one partner, so that they meet at its numbers and at its own accounts. With many writers the limit stands
in the same line in front of SQLite as we do, or it would measure how the engine polls its lock.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from bench import books
from bench.places import Place, Timing, ms, places, scaled, timing, verdict

GOAL_RATIO, GOAL_TAIL = 0.3, 25
WRITERS = (1, 8)
SECONDS = 4.0
CUSTOMERS = 50
ON = date(2026, 11, 20)


def ours(number: int, writer: int, _partner: int) -> None:
    """Post by the action."""
    from portal.actions.books import posting as ledger
    from portal.actions.books.posting import Charge
    from portal.rules.books import EntryKind
    from portal.rules.deciding import SYSTEM

    charge = Charge(f"payer-{number % CUSTOMERS}", EntryKind.INVOICE, 1250, ON, description="Broadband")
    ledger.post(SYSTEM, charge, once=f"{writer}-{number}-{time.monotonic_ns()}")


class Limit:
    """The same rows by SQLAlchemy Core, with ids and numbers that each writer makes up by itself."""

    def __init__(self) -> None:
        from sqlalchemy import select

        from portal.db.engine import db
        from portal.db.tables import Customer, LedgerAccount

        with db.engine.connect() as connection:
            people = dict(connection.execute(select(Customer.external_id, Customer.id)).all())
            houses = dict(
                connection.execute(
                    select(LedgerAccount.owner_id, LedgerAccount.id).where(LedgerAccount.kind == "house")
                ).all()
            )
            self.sales = connection.execute(select(LedgerAccount.id).where(LedgerAccount.kind == "sales")).scalar_one()
        self.payers = [people[f"payer-{n}"] for n in range(CUSTOMERS)]
        self.houses = [houses[key] for key in self.payers]
        self._prepare()

    def _prepare(self) -> None:
        from sqlalchemy import bindparam, insert, update
        from sqlalchemy.dialects import postgresql, sqlite

        from portal.db import tables as t
        from portal.db.engine import is_sqlite

        dialect: Any = sqlite if is_sqlite() else postgresql
        accounts: Any = t.LedgerAccount.__table__
        self.inserts = [insert(table.__table__) for table in (t.Operation, t.Posting, t.Entry, t.AuditRecord)]
        self.add = (
            update(accounts)
            .where(accounts.c.id == bindparam("account"))
            .values(balance_minor=accounts.c.balance_minor + bindparam("change"))
        )
        row = dialect.insert(t.AccountMonth)
        added = t.AccountMonth.net_minor + row.excluded.net_minor
        self.month = row.on_conflict_do_update(index_elements=["ledger_account_id", "month"], set_={"net_minor": added})

    def __call__(self, number: int, writer: int, partner: int) -> None:
        """Write one charge."""
        from portal.db import engine
        from portal.db.engine import db

        unique = (writer + 1) * 10_000_000_000 + time.monotonic_ns() % 10**15
        payer, house = self.payers[number % CUSTOMERS], self.houses[number % CUSTOMERS]
        operation, posting, entry, audit = self._rows(unique, payer, house, partner)
        with engine._queue(30), engine.to_write(db.engine) as connection, connection.begin():
            for statement, values in zip(self.inserts, (operation, posting, entry, audit), strict=True):
                connection.execute(statement, values)
            changes = [{"account": house, "change": -1250}, {"account": self.sales, "change": 1250}]
            connection.execute(self.add, sorted(changes, key=lambda change: change["account"]))
            month = {"ledger_account_id": house, "month": date(2026, 11, 1), "net_minor": -1250}
            connection.execute(self.month, month)

    def _rows(self, unique: int, payer: int, house: int, partner: int) -> tuple[Any, ...]:
        at, public = datetime.now(UTC), f"{unique % 16**20:020x}"
        half = {"entry_id": unique, "issued_for_id": payer, "booked_on": ON}
        operation = {"key": str(unique), "action": "post", "fingerprint": "f" * 64, "answer": {"number": "x"}, "at": at}
        postings = [
            half | {"ledger_account_id": account, "amount_minor": amount}
            for account, amount in ((house, -1250), (self.sales, 1250))
        ]
        entry = {
            "id": unique,
            "public_id": public,
            "partner_id": partner,
            "payer_id": payer,
            "issued_for_id": payer,
            "booked_on": ON,
            "entered_at": at,
            "kind": "invoice",
            "ledger": "house",
            "currency": "EUR",
            "amount_minor": -1250,
            "tax_minor": 0,
            "series": "INV",
            "number": f"L-{unique}",
            "description": "Broadband",
            "category": "",
            "actor": "system operator",
            "reason": "",
            "idempotency_key": str(unique),
        }
        audit = {
            "public_id": public,
            "at": at,
            "actor": "system operator",
            "grant": "system",
            "subject_id": payer,
            "action": "ledger.post",
            "text": "Invoice",
            "details": {"entry": public},
        }
        return operation, postings, entry, audit


def _write(place: Place, which: str, writer: int, partner: int, start: Any, answers: Any) -> None:
    with place.app().app_context():
        deed: Callable[[int, int, int], None] = ours if which == "ours" else Limit()
        for number in range(20):
            deed(number + writer, writer, partner)
        start.wait(120)
        times = []
        until = time.perf_counter() + SECONDS
        while (began := time.perf_counter()) < until:
            deed(len(times) + writer * 7, writer, partner)
            times.append(time.perf_counter() - began)
        answers.put(times)


def measured(place: Place, which: str, writers: int, partner: int) -> tuple[float, Timing]:
    """Charges a second by so many writers together, and how long one took."""
    context = multiprocessing.get_context("spawn")
    start, answers = context.Barrier(writers), context.Queue()
    crew = [
        context.Process(target=_write, args=(place, which, writer, partner, start, answers))
        for writer in range(writers)
    ]
    for process in crew:
        process.start()
    times = [seconds for _ in crew for seconds in answers.get(timeout=180)]
    for process in crew:
        process.join(timeout=60)
    return len(times) / SECONDS, timing(times)


def _prepared(place: Place) -> int:
    with place.app().app_context():
        partner = books.partner("Bench")
        for payer in books.people(partner, "payer", CUSTOMERS):
            books.history(partner, payer, [payer], scaled(200))
        return partner


def _check(place: Place, partner: int) -> bool:
    """No update was lost: every balance is the sum of its postings."""
    from sqlalchemy import func, select

    from portal.db.engine import db
    from portal.db.tables import LedgerAccount, Posting

    with place.app().app_context():
        sums = select(Posting.ledger_account_id, func.sum(Posting.amount_minor)).group_by(Posting.ledger_account_id)
        added = {key: int(total) for key, total in db.session.execute(sums)}
        stored = dict(db.session.execute(select(LedgerAccount.id, LedgerAccount.balance_minor)).all())
        db.session.remove()
        db.engine.dispose()
    return all(stored[key] == added.get(key, 0) for key in stored)


def run() -> None:
    """Print charges a second, ours and the limit's, and the tail of ours."""
    print("J1  posting one charge (durable commits)")
    print(
        f"{'':<12}{'writers':>8}{'ours /s':>9}{'limit /s':>9}{'ratio':>7}{'p50 ms':>8}{'p99 ms':>8}{'p99/p50':>9}  goal"
    )
    with places() as found:
        for place in found:
            partner = _prepared(place)
            for writers in WRITERS:
                limit, _ = measured(place, "limit", writers, partner)
                mine, times = measured(place, "ours", writers, partner)
                ratio, tail = mine / limit, times.p99 / times.p50
                met = ratio >= GOAL_RATIO and (writers == 1 or tail < GOAL_TAIL)
                print(
                    f"{place.engine:<12}{writers:>8}{mine:>9.0f}{limit:>9.0f}{ratio:>7.2f}{ms(times.p50):>8}"
                    f"{ms(times.p99):>8}{tail:>9.1f}  {verdict(met)}",
                    flush=True,
                )
            print(f"{place.engine:<12}{'no update lost' if _check(place, partner) else 'UPDATES LOST'}")
    print(f"   goal: ratio at least {GOAL_RATIO}; with 8 writers p99 under {GOAL_TAIL} times p50; no lost update")
