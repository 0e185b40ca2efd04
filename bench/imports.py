"""J6: importing transactions from CSV, beside SQLAlchemy Core inserting the very same rows and nothing else.

The import reads and validates a file and writes, for each line, an entry with two postings, balances and month
totals. The limit inserts ready-made entries and postings into the same migrated tables, with the same indexes and
triggers, in chunks of 10 000 by executemany. Each runs in a process of its own, so that its peak of memory is its own.
"""

from __future__ import annotations

import csv
import multiprocessing
import os
import random
import resource
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

ROWS = int(os.environ.get("BENCH_IMPORT_ROWS", "1000000"))
CUSTOMERS = 10_000
CHUNK = 10_000
GOAL_RATIO, GOAL_MEMORY = 4.0, 300
KINDS = ("invoice", "invoice", "payment", "credit", "debit")
SIGNS = {"invoice": -1, "debit": -1, "payment": 1, "credit": 1}
SERIES = {"invoice": "INV", "payment": "PAY", "credit": "TRX", "debit": "TRX"}


class Result(NamedTuple):
    """Seconds by the clock, seconds of this process's CPU, and its peak of memory in megabytes."""

    seconds: float
    cpu: float
    megabytes: float


class Given(NamedTuple):
    """One made-up transaction; `amount` is in minor units and positive."""

    number: int
    customer: int
    on: date
    kind: str
    amount: int


def transactions(count: int) -> Iterator[Given]:
    """The same transactions each time: three years, all customers, in no order of date."""
    draw = random.Random(6)
    first = date(2024, 1, 1)
    for number in range(count):
        on = first + timedelta(days=draw.randrange(1000))
        yield Given(number, draw.randrange(CUSTOMERS), on, draw.choice(KINDS), draw.randrange(1, 100_000))


def write_files(folder: Path, count: int) -> None:
    """The files to be imported."""
    with (folder / "customers.csv").open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(("external_id", "name"))
        out.writerows((f"c{number}", f"Customer {number}") for number in range(CUSTOMERS))
    with (folder / "transactions.csv").open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(("external_id", "customer", "date", "kind", "amount", "number", "description", "category"))
        for one in transactions(count):
            amount = f"{one.amount // 100}.{one.amount % 100:02d}"
            number = f"X{one.number}" if one.kind == "invoice" else ""
            text = f"Broadband {one.number % 97}"
            out.writerow((f"t{one.number}", f"c{one.customer}", one.on, one.kind, amount, number, text, "Internet"))


def _app(folder: Path, url: str) -> Any:
    from portal import create_app
    from portal.config import Settings

    return create_app(
        Settings.from_environment(
            {
                "PORTAL_INSTANCE_DIR": str(folder / "instance"),
                "PORTAL_DATABASE_URL": url,
                "PORTAL_SECRET_KEY": secrets.token_hex(32),
                "PORTAL_LOG_LEVEL": "ERROR",
            }
        )
    )


def prepare(folder: Path, url: str) -> None:
    """A migrated database with the customers."""
    from flask_migrate import upgrade

    from portal.actions.imports import import_file
    from portal.rules.deciding import SYSTEM
    from portal.rules.imports import FileKind

    with _app(folder, url).app_context():
        upgrade()
        import_file(SYSTEM, FileKind.CUSTOMERS, folder / "customers.csv")


def ours(folder: Path, url: str, count: int) -> float:
    """The import, as `flask import transactions` does it; its seconds."""
    from portal.actions.imports import import_file
    from portal.rules.deciding import SYSTEM
    from portal.rules.imports import FileKind

    with _app(folder, url).app_context():
        start = time.perf_counter()
        outcome = import_file(SYSTEM, FileKind.TRANSACTIONS, folder / "transactions.csv")
        seconds = time.perf_counter() - start
    assert outcome.created == count, outcome.errors
    return seconds


def limit(folder: Path, url: str, count: int) -> float:
    """The same entries and postings by executemany; the seconds it spent in the database."""
    from sqlalchemy import insert, select

    from portal.db.books.posting import AccountKey, account_ids
    from portal.db.engine import db, writing_options
    from portal.db.tables import Customer, Entry, Posting

    with _app(folder, url).app_context():
        db.session.connection(execution_options=writing_options(db.engine))
        customers = dict(db.session.execute(select(Customer.external_id, Customer.id)).tuples().all())
        partner = db.session.scalar(select(Customer.partner_id).limit(1)) or 0
        keys = [AccountKey(partner, key, "house", "EUR") for key in customers.values()]
        accounts = account_ids([*keys, AccountKey(partner, None, "bank", "EUR")])
        bank = accounts[AccountKey(partner, None, "bank", "EUR")]
        house = {key.owner_id: account for key, account in accounts.items()}
        at, seconds = datetime.now(UTC), 0.0
        for rows in _chunks(transactions(count)):
            entries, postings = [], []
            for one in rows:
                key = customers[f"c{one.customer}"]
                amount = SIGNS[one.kind] * one.amount
                entries.append(_entry(one, key, partner, amount, at))
                for account, minor in ((house[key], amount), (bank, -amount)):
                    postings.append(
                        {
                            "entry_id": one.number + 1,
                            "ledger_account_id": account,
                            "issued_for_id": key,
                            "booked_on": one.on,
                            "amount_minor": minor,
                        }
                    )
            start = time.perf_counter()
            db.session.execute(insert(Posting.__table__), postings)  # type: ignore[arg-type]
            db.session.execute(insert(Entry.__table__), entries)  # type: ignore[arg-type]
            seconds += time.perf_counter() - start
        start = time.perf_counter()
        db.session.commit()
        return seconds + time.perf_counter() - start


def _chunks(given: Iterator[Given]) -> Iterator[list[Given]]:
    taken: list[Given] = []
    for one in given:
        taken.append(one)
        if len(taken) == CHUNK:
            yield taken
            taken = []
    if taken:
        yield taken


def _entry(one: Given, customer: int, partner: int, amount: int, at: datetime) -> dict[str, object]:
    return {
        "id": one.number + 1,
        "public_id": secrets.token_hex(10),
        "external_id": f"t{one.number}",
        "partner_id": partner,
        "payer_id": customer,
        "issued_for_id": customer,
        "booked_on": one.on,
        "entered_at": at,
        "kind": one.kind,
        "ledger": "house",
        "currency": "EUR",
        "amount_minor": amount,
        "tax_minor": 0,
        "series": SERIES[one.kind],
        "number": f"X{one.number}",
        "sequence": None,
        "description": f"Broadband {one.number % 97}",
        "category": "Internet",
        "reverses_id": None,
        "actor": "bench",
        "reason": "",
        "idempotency_key": None,
    }


Job = Callable[[Path, str, int], float]


def _measure(job: Job, folder: Path, url: str, count: int, answers: Any) -> None:
    before = time.process_time()
    seconds = job(folder, url, count)
    cpu = time.process_time() - before
    answers.put(Result(seconds, cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


def measured(job: Job, folder: Path, url: str, count: int) -> Result:
    """One job, in a process of its own."""
    context = multiprocessing.get_context("spawn")
    answers: Any = context.Queue()
    process = context.Process(target=_measure, args=(job, folder, url, count, answers))
    process.start()
    result: Result = answers.get(timeout=3600)
    process.join(timeout=60)
    return result


def _databases(folder: Path) -> Iterator[tuple[str, Callable[[str], str], Callable[[], None]]]:
    """Each engine: its name, how to make a database, and how to remove what was made."""
    yield "SQLite", lambda name: f"sqlite:///{folder / name}.db", lambda: None
    server = os.environ.get("PORTAL_TEST_POSTGRES_URL")
    if server:
        made: list[str] = []

        def make(name: str) -> str:
            database = f"kith_bench_imports_{name}_{os.getpid()}"
            made.append(database)
            _administer(server, f'CREATE DATABASE "{database}"')
            return _url(server, database)

        def remove() -> None:
            for database in made:
                _administer(server, f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

        yield "PostgreSQL", make, remove


def _url(server: str, database: str) -> str:
    from sqlalchemy import make_url

    url = make_url(server).set(drivername="postgresql+psycopg", database=database)
    return url.render_as_string(hide_password=False)


def _administer(server: str, statement: str) -> None:
    from sqlalchemy import create_engine, make_url, text

    engine = create_engine(make_url(server).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def run() -> None:
    """Print ours, the limit, their ratio and memory, and how cost grows from a tenth of the rows to all of them."""
    print("J6  import of transactions from CSV, validated")
    heads = ("ours s", "limit s", "ratio", "ours CPU", "limit CPU", "rows/s", "MB", "growth")
    print(f"{'':<12} {'rows':>9} " + " ".join(f"{head:>9}" for head in heads))
    with tempfile.TemporaryDirectory() as name:
        for engine, make, remove in _databases(Path(name)):
            before: tuple[int, float] | None = None
            try:
                for count in (ROWS // 10, ROWS):
                    before = _line(Path(name), engine, make, count, before)
            finally:
                remove()
    print(f"    goal: under {GOAL_RATIO:.0f} times the limit, growth near 1, under {GOAL_MEMORY} MB")


def _line(
    folder: Path, engine: str, make: Callable[[str], str], count: int, before: tuple[int, float] | None
) -> tuple[int, float]:
    write_files(folder, count)
    results = []
    for job in (limit, ours):
        url = make(f"{job.__name__}_{count}")
        prepare(folder, url)
        results.append(measured(job, folder, url, count))
    best, mine = results
    growth = f"{mine.seconds / before[1] / (count / before[0]):.2f}" if before else ""
    figures = (
        *(f"{mine.seconds:.1f}", f"{best.seconds:.1f}", f"{mine.seconds / best.seconds:.2f}"),
        *(f"{mine.cpu:.1f}", f"{best.cpu:.1f}", f"{count / mine.seconds:.0f}", f"{mine.megabytes:.0f}", growth),
    )
    print(f"{engine:<12} {count:>9} " + " ".join(f"{figure:>9}" for figure in figures), flush=True)
    return count, mine.seconds


if __name__ == "__main__":
    run()
