"""J11: who owes, by days past due, beside one raw query that adds up the same open invoices by payer and column.

The limit reads what is kept as open of each entry and knows nothing else; ours is right at any day, with what settles
later, items that moved to another payer, and invoices over several accounts, and comes with names.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from bench import books
from bench.places import Place, ms, places, scaled, side_by_side, tidy, verdict

GOAL = 3.0
INVOICES, PAYERS = 100_000, 5_000
TODAY = date(2026, 11, 22)
CHUNK = 10_000


def _prepared(place: Place, count: int) -> None:
    """Payers with open invoices of the last half year, and a payment that settles nothing for every tenth."""
    from portal.db.books import posting as ledger
    from portal.db.books.posting import AccountKey, Half, NewEntry
    from portal.db.engine import db, writes
    from portal.outside import clock
    from portal.rules.books import COUNTERPART, EntryKind

    dice = random.Random(7)

    @writes
    def some(numbers: range) -> None:
        kinds = [EntryKind.PAYMENT if number % 100 == 99 else EntryKind.INVOICE for number in numbers]
        own = [AccountKey(partner, payers[number % len(payers)], "house", "EUR") for number in numbers]
        others = {kind: AccountKey(partner, None, COUNTERPART[kind], "EUR") for kind in set(kinds)}
        ids = ledger.account_ids({*own, *others.values()})
        entries = []
        for kind, mine in zip(kinds, own, strict=True):
            on, amount = TODAY - timedelta(days=dice.randrange(180)), kind.sign * dice.randint(100, 50_000)
            entries.append(
                NewEntry(
                    partner_id=partner,
                    payer_id=mine.owner_id or 0,
                    issued_for_id=mine.owner_id or 0,
                    booked_on=on,
                    kind=kind,
                    ledger="house",
                    currency="EUR",
                    amount_minor=amount,
                    halves=(Half(ids[mine], amount, True), Half(ids[others[kind]], -amount, False)),
                    due_on=on + timedelta(days=14) if kind is EntryKind.INVOICE else None,
                )
            )
        ledger.write_entries(entries, actor="bench", at=clock.now())

    with place.app().app_context():
        partner = books.partner("Bench")
        payers = books.people(partner, "payer", max(1, count * PAYERS // INVOICES))
        for start in range(0, count, CHUNK):
            some(range(start, min(count, start + CHUNK)))
        db.session.remove()
    tidy(place)


def _limit() -> Callable[[], Any]:
    """One query by the driver: the open amounts by payer and column."""
    from portal.db.engine import db

    days = [(TODAY - timedelta(days=last)).isoformat() for last in (0, 30, 60, 90)]
    column = " ".join(f"WHEN coalesce(due_on, booked_on) >= '{day}' THEN {place}" for place, day in enumerate(days))
    query = (
        "SELECT payer_id, currency, CASE WHEN open_minor > 0 THEN 5 "
        f"{column} ELSE 4 END AS place, sum(open_minor) "
        "FROM entry WHERE open_minor <> 0 GROUP BY payer_id, currency, place"
    )
    raw: Any = db.engine.raw_connection()
    cursor = raw.cursor()

    def bare() -> Any:
        cursor.execute(query)
        return cursor.fetchall()

    return bare


def _ours() -> Callable[[], Any]:
    from portal.actions.books import ageing
    from portal.rules.deciding import SYSTEM

    return lambda: ageing.ageing(SYSTEM, on=TODAY)


def run() -> None:
    """Print the milliseconds of both."""
    count = scaled(INVOICES)
    print(f"J11 ageing of {count} open invoices")
    print(f"{'':<12}{'ours ms':>9}{'limit ms':>9}{'times':>7}  goal")
    with places() as found:
        for place in found:
            _prepared(place, count)
            with place.app().app_context():
                own, bare = side_by_side([_ours(), _limit()])
            times = own.p50 / bare.p50
            print(
                f"{place.engine:<12}{ms(own.p50):>9}{ms(bare.p50):>9}{times:>7.2f}  "
                f"at most {GOAL} times: {verdict(times <= GOAL)}"
            )
