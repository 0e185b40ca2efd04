"""J2: the balance of an account, beside reading the stored balance by its primary key.

The limit is read by SQLAlchemy Core, as everything in the portal is; beside it stands the same on the raw driver, where
a row of SQLite costs no more than a call of a function.

Ours gives both accounts of the payer as of today, less what is dated ahead (F10), in a transaction that is open
already, as a page has it. It must not grow with postings, nor with the number of sub-accounts on the same books.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bench import books
from bench.places import Place, ms, places, scaled, side_by_side, tidy, verdict

GOAL_RATIO = 3.0
CASES = (
    ("1 account", 0, 1_000),
    ("1 account", 0, 100_000),
    ("1 000 subs", 1_000, 20_000),
    ("10 000 subs", 10_000, 100_000),
)
"""What is measured: its name, how many sub-accounts, and how many postings on the books of the payer."""


def _prepared(place: Place) -> list[tuple[str, int, int]]:
    """The payers: what each is called, its id, and how many postings it has."""
    found = []
    with place.app().app_context():
        partner = books.partner("Bench")
        for number, (name, subs, postings) in enumerate(CASES):
            (payer,) = books.people(partner, f"payer{number}", 1)
            accounts = books.people(partner, f"sub{number}", scaled(subs)) if subs else [payer]
            if subs:
                books.under(partner, payer, accounts)
            books.history(partner, payer, accounts, scaled(postings))
            found.append((name, payer, scaled(postings)))
    tidy(place)
    return found


def _limits(payer: int) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """Reading one row by its primary key: by Core, and by the driver."""
    from sqlalchemy import bindparam, select

    from portal.db.engine import db
    from portal.db.tables import LedgerAccount

    with db.engine.connect() as connection:
        account = connection.execute(select(LedgerAccount.id).where(LedgerAccount.owner_id == payer)).scalar_one()
    mark = "?" if db.engine.dialect.name == "sqlite" else "%s"
    query = f"SELECT balance_minor FROM ledger_account WHERE id = {mark}"
    raw: Any = db.engine.raw_connection()
    cursor = raw.cursor()

    connection = db.engine.connect()
    statement = select(LedgerAccount.__table__.c.balance_minor).where(LedgerAccount.id == bindparam("account"))

    def by_driver() -> Any:
        cursor.execute(query, (account,))
        return cursor.fetchone()

    return lambda: connection.execute(statement, {"account": account}).scalar_one(), by_driver


def _ours(payer: int) -> Callable[[], Any]:
    from datetime import date

    from portal.db.books import posting as ledger

    return lambda: ledger.balances({payer: "EUR"}, date(2026, 11, 22))


def run() -> None:
    """Print how long a balance takes, and how that grows."""
    print("J2  balance of an account, as of today")
    print(f"{'':<12}{'':<14}{'postings':>9}{'ours ms':>9}{'limit ms':>9}{'raw ms':>8}{'ratio':>7}{'growth':>8}  goal")
    with places() as found:
        for place in found:
            payers = _prepared(place)
            with place.app().app_context():
                smallest = 0.0
                for name, payer, postings in payers:
                    mine, limit, raw = side_by_side([_ours(payer), *_limits(payer)], seconds=0.5)
                    smallest = smallest or mine.p50
                    ratio, growth = mine.p50 / limit.p50, mine.p50 / smallest
                    met = verdict(ratio < GOAL_RATIO and growth < 2)
                    print(
                        f"{place.engine:<12}{name:<14}{postings:>9}{ms(mine.p50):>9}{ms(limit.p50):>9}{ms(raw.p50):>8}{ratio:>7.2f}"
                        f"{growth:>8.2f}  {met}",
                        flush=True,
                    )
                _close()
    print(f"   goal: under {GOAL_RATIO:.0f} times the limit; growth: beside the first line, no more than noise")


def _close() -> None:
    from portal.db.engine import db

    db.session.remove()
    db.engine.dispose()
