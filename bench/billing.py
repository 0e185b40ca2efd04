"""J10: a billing run of payers with three items each, beside inserting the same rows, a transaction for each payer.

The limit knows everything beforehand: it writes entry, postings, invoice, lines, audit record and outcome, marks the
items, and adds to balances, months and the series of numbers, by SQLAlchemy Core on the same migrated tables.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from bench import books
from bench.places import Place, places, scaled, tidy, verdict

GOAL = 3.0
PAYERS = 10_000
ITEMS = 3
ON = date(2026, 11, 1)
AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def _prepared(place: Place, count: int, prefix: str) -> tuple[int, list[int]]:
    """A partner with payers, each with a history and three items that are due."""
    from portal.db import imports
    from portal.db.books import posting as ledger
    from portal.db.engine import writes
    from portal.db.imports import NewFutureItem
    from portal.rules.books import FUTURE_SERIES

    @writes
    def items() -> None:
        ids = imports.reserve_future_ids(count * ITEMS)
        numbers = ledger.take_numbers(partner, FUTURE_SERIES, count * ITEMS)
        new = [
            NewFutureItem(
                key,
                None,
                partner,
                payers[at // ITEMS],
                ON,
                "EUR",
                1000,
                174,
                number,
                value,
                "Usage",
                "",
                None,
                None,
            )
            for at, (key, (value, number)) in enumerate(zip(ids, numbers, strict=True))
        ]
        imports.add_future_items(new, actor="bench", at=AT)

    with place.app().app_context():
        partner = books.partner(prefix)
        payers = books.people(partner, prefix.lower(), count)
        for payer in payers[:1]:
            books.history(partner, payer, [payer], 10)
        items()
    return partner, payers


def ours(place: Place, _partner: int, _payers: list[int], prefix: str) -> float:
    """The run, as the command does it."""
    from portal.actions.billing import running
    from portal.rules.deciding import SYSTEM

    with place.app().app_context():
        began = time.perf_counter()
        done = running.run(SYSTEM, on=ON, partner=prefix)
        seconds = time.perf_counter() - began
        assert done.payers == len(_payers), done.held_up[:1]
        return seconds


def limit(place: Place, partner: int, payers: list[int], _prefix: str) -> float:
    """The same rows and nothing else."""
    from sqlalchemy import select

    from portal.db import engine
    from portal.db import tables as t
    from portal.db.books import posting as ledger
    from portal.db.books.posting import AccountKey
    from portal.db.engine import db, writes

    with place.app().app_context():
        keys = [AccountKey(partner, payer, "house", "EUR") for payer in payers]
        sales = AccountKey(partner, None, "sales", "EUR")
        accounts = writes(ledger.account_ids)([*keys, sales])
        with db.engine.connect() as connection:
            first = max(connection.execute(select(t.Entry.id)).scalars(), default=0) + 1_000_000
            waiting: dict[int, list[int]] = {}
            rows = connection.execute(select(t.FutureItem.id, t.FutureItem.issued_for_id))
            for key, payer in rows:
                waiting.setdefault(payer, []).append(key)
        write = _writer(partner, accounts[sales])
        run = _begin(partner)
        began = time.perf_counter()
        for number, (payer, key) in enumerate(zip(payers, keys, strict=True)):
            with engine._queue(30), engine.to_write(db.engine) as connection, connection.begin():
                write(connection, first + number, payer, accounts[key], waiting[payer], run)
        return time.perf_counter() - began


def _begin(partner: int) -> int:
    from portal.db.billing import runs
    from portal.db.engine import writes

    begun = writes(runs.begin)(partner, ON, actor="bench", at=AT)
    assert begun is not None
    return begun[0]


def _writer(partner: int, sales: int) -> Callable[..., None]:
    from sqlalchemy import bindparam, insert, update
    from sqlalchemy.dialects import postgresql, sqlite

    from portal.db import tables as t
    from portal.db.engine import is_sqlite
    from portal.rules.sentences import NOTHING

    dialect: Any = sqlite if is_sqlite() else postgresql
    accounts: Any = t.LedgerAccount.__table__
    items: Any = t.FutureItem.__table__
    series: Any = t.NumberSeries.__table__
    add = update(accounts).where(accounts.c.id == bindparam("account"))
    add = add.values(balance_minor=accounts.c.balance_minor + bindparam("change"))
    taken = update(items).where(items.c.id == bindparam("item"))
    taken = taken.values(invoiced_by_id=bindparam("entry"), invoiced_at=AT)
    counted = dialect.insert(series).values(partner_id=partner, series="INV", next_value=2, imported_up_to=0)
    counted = counted.on_conflict_do_update(
        index_elements=["partner_id", "series"], set_={"next_value": series.c.next_value + 1}
    )
    month = dialect.insert(t.AccountMonth)
    month = month.on_conflict_do_update(
        index_elements=["ledger_account_id", "month"],
        set_={"net_minor": t.AccountMonth.net_minor + month.excluded.net_minor},
    )
    posting, entry, invoice, line, audit, outcome = (
        insert(one.__table__) for one in (t.Posting, t.Entry, t.Invoice, t.InvoiceLine, t.AuditRecord, t.BillingOutcome)
    )

    def write(connection: Any, key: int, payer: int, house: int, mine: list[int], run: int) -> None:
        public = f"{key % 16**20:020x}"
        half = {"entry_id": key, "issued_for_id": payer, "booked_on": ON}
        connection.execute(counted)
        connection.execute(
            posting,
            [
                half | {"ledger_account_id": one, "amount_minor": minor}
                for one, minor in ((house, -3000), (sales, 3000))
            ],
        )
        values = {"id": key, "public_id": public, "partner_id": partner, "payer_id": payer, "issued_for_id": payer}
        values |= {"booked_on": ON, "entered_at": AT, "kind": "invoice", "ledger": "house", "currency": "EUR"}
        values |= {"amount_minor": -3000, "tax_minor": 521, "series": "INV", "number": f"L-{key}", "actor": "bench"}
        values |= {"description": "Usage", "category": "", "reason": "", "open_minor": -3000, "due_on": ON}
        connection.execute(
            entry,
            values,
        )
        connection.execute(invoice, {"entry_id": key, "prices": "gross", "reference": "x", "parties": {"seller": "x"}})
        lines = {"invoice_id": key, "description": "Usage", "category": "", "quantity_e4": 10_000}
        lines |= {"unit_price_minor": 1000, "discount_e3": 0, "rate_e3": 21_000, "account_id": payer}
        amounts = {"net_minor": 826, "tax_minor": 174, "gross_minor": 1000}
        connection.execute(line, [lines | amounts | {"position": place} for place in range(1, ITEMS + 1)])
        connection.execute(taken, [{"item": one, "entry": key} for one in mine])
        changes = [{"account": house, "change": -3000}, {"account": sales, "change": 3000}]
        connection.execute(add, sorted(changes, key=lambda change: change["account"]))
        connection.execute(month, {"ledger_account_id": house, "month": ON, "net_minor": -3000})
        values = {"public_id": public, "at": AT, "actor": "bench", "grant": "system", "subject_id": payer}
        values |= {"action": "billing.invoice", "text": "Invoice", "details": {"entry": public}}
        connection.execute(audit, values)
        connection.execute(
            outcome, {"run_id": run, "payer_id": payer, "entry_id": key, "amount_minor": 3000, "note": NOTHING}
        )

    return write


def run() -> None:
    """Print payers a second, ours and the limit's."""
    count = max(50, scaled(PAYERS))
    print(f"J10 billing {count} payers with {ITEMS} items each, a transaction for each payer")
    print(f"{'':<12}{'ours /s':>9}{'limit /s':>9}{'times':>7}  goal")
    with places() as found:
        for place in found:
            results = []
            for name, job in (("Limit", limit), ("Ours", ours)):
                partner, payers = _prepared(place, count, name)
                tidy(place)
                results.append(job(place, partner, payers, name))
            bare, own = results
            times = own / bare
            print(
                f"{place.engine:<12}{count / own:>9.0f}{count / bare:>9.0f}{times:>7.2f}  "
                f"at most {GOAL} times: {verdict(times <= GOAL)}"
            )
