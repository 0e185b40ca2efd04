"""J3: the data of a statement, beside its two queries on the raw driver.

The limit reads the opening balance from the month totals and the lines of the period with all their columns, and adds
the balances up while reading; it decides nothing, knows no names, notes or other payers. Ours is the public action.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from bench import books
from bench.places import Place, ms, places, scaled, side_by_side, tidy, verdict

GOAL_RATIO, GOAL_GROWTH = 3.0, 1.5
FIRST, DAYS = date(2026, 10, 1), 30
CASES = (
    ("500 lines", 500, 10_000, 0),
    ("500 lines", 500, 200_000, 0),
    ("10 000 lines", 10_000, 20_000, 0),
    ("10 000 lines", 10_000, 200_000, 0),
    ("1 000 subs", 2_000, 50_000, 1_000),
)
"""What is measured: its name, the lines in the month, all postings of the payer, and over how many sub-accounts."""


def _prepared(place: Place) -> list[tuple[str, int, int, int]]:
    """The payers: what each is called, its id, lines in October, and all postings."""
    found = []
    with place.app().app_context():
        partner = books.partner("Bench")
        for number, (name, lines, postings, subs) in enumerate(CASES):
            (payer,) = books.people(partner, f"payer{number}", 1)
            accounts = books.people(partner, f"sub{number}", scaled(subs)) if subs else [payer]
            if subs:
                books.under(partner, payer, accounts)
            before = max(10, scaled(postings) - scaled(lines))
            books.history(partner, payer, accounts, before, days=(FIRST - books.FIRST).days)
            books.history(partner, payer, accounts, scaled(lines), FIRST, DAYS)
            found.append((name, payer, scaled(lines), before + scaled(lines)))
    tidy(place)
    return found


def _ours(place: Place, number: int) -> Callable[[], Any]:
    from portal.actions.statements import view as statements
    from portal.actions.statements.view import StatementRequest
    from portal.rules.deciding import SYSTEM

    wanted = StatementRequest(FIRST, FIRST + timedelta(days=DAYS))
    return lambda: statements.view(SYSTEM, f"payer{number}-0", wanted)


def _limit(payer: int) -> Callable[[], tuple[int, list[Any]]]:
    from sqlalchemy import select

    from portal.db.engine import db
    from portal.db.tables import LedgerAccount

    with db.engine.connect() as connection:
        account = connection.execute(select(LedgerAccount.id).where(LedgerAccount.owner_id == payer)).scalar_one()
    lite = db.engine.dialect.name == "sqlite"
    mark, last = "?" if lite else "%s", FIRST + timedelta(days=DAYS)
    days: list[Any] = [FIRST.isoformat(), last.isoformat()] if lite else [FIRST, last]
    opening = (
        f"SELECT coalesce(sum(net_minor), 0) FROM account_month WHERE ledger_account_id = {mark} AND month < {mark}"
    )
    lines = (
        "SELECT p.booked_on, e.number, e.description, e.category, e.kind, p.amount_minor, p.issued_for_id, "
        "e.external_id, e.public_id FROM posting p JOIN entry e ON e.id = p.entry_id "
        f"WHERE p.ledger_account_id = {mark} AND p.booked_on >= {mark} AND p.booked_on <= {mark} "
        "ORDER BY p.booked_on, p.id"
    )
    raw: Any = db.engine.raw_connection()
    cursor = raw.cursor()

    def read() -> tuple[int, list[Any]]:
        if lite:
            cursor.execute("BEGIN")
        cursor.execute(opening, (account, days[0]))
        balance = int(cursor.fetchone()[0])
        cursor.execute(lines, (account, *days))
        found = []
        for row in cursor.fetchall():
            balance += row[5]
            found.append((row, balance))
        raw.rollback()
        return balance, found

    return read


def run() -> None:
    """Print how long a statement takes, and how that grows with all the postings behind it."""
    print("J3  data of a statement over one month")
    print(f"{'':<12}{'':<14}{'postings':>9}{'ours ms':>9}{'limit ms':>9}{'ratio':>7}{'growth':>8}  goal")
    with places() as found:
        for place in found:
            payers = _prepared(place)
            with place.app().app_context():
                _measure(place, payers)
    print(f"   goal: under {GOAL_RATIO:.0f} times the limit; growth: beside the same lines out of fewer postings")


def _measure(place: Place, payers: list[tuple[str, int, int, int]]) -> None:
    from portal.db.engine import db

    smallest: dict[str, float] = {}
    for number, (name, payer, lines, postings) in enumerate(payers):
        ours, limit = _ours(place, number), _limit(payer)
        statement, (closing, rows) = ours(), limit()
        assert (statement.closing_minor, len(statement.lines)) == (closing, lines)
        assert len(rows) == lines
        mine, best = side_by_side([ours, limit], seconds=1.0)
        growth = mine.p50 / smallest.setdefault(name, mine.p50)
        ratio = mine.p50 / best.p50
        met = verdict(ratio < GOAL_RATIO and growth < GOAL_GROWTH)
        print(
            f"{place.engine:<12}{name:<14}{postings:>9}{ms(mine.p50):>9}{ms(best.p50):>9}{ratio:>7.2f}"
            f"{growth:>8.2f}  {met}",
            flush=True,
        )
    db.session.remove()
    db.engine.dispose()
