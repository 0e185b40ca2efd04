"""J15: a message to 50 000 customers, frozen when it is sent, beside inserting the same rows on the raw driver.

Ours finds who matches, how each can be reached, what they declined and whose address was there before, and keeps a row
for each of them. Memory must not grow with how many they are.
"""

from __future__ import annotations

import time
import tracemalloc
from typing import Any

from bench import books
from bench.places import Place, ms, places, scaled, tidy, verdict

GOAL_RATIO = 4.0
SIZES = (5_000, 50_000)
MOST_MB = 40.0
COLUMNS = "message_id, customer_id, reader_id, way, address, address_key, state, why"
_ROUNDS = 3


def _prepared(place: Place) -> None:
    from sqlalchemy import text

    from portal.db.engine import db, to_write

    with place.app().app_context():
        for size in SIZES:
            partner = books.partner(f"Bench {size}")
            books.people(partner, f"reader{size}-", scaled(size))
        with to_write(db.engine) as connection, connection.begin():
            connection.execute(text("UPDATE customer SET email = 'c' || id || '@bench.test'"))
        db.session.remove()
        db.engine.dispose()
    tidy(place)


def _send(size: int) -> str:
    from portal.actions.messages import sending
    from portal.actions.messages.sending import Wanted
    from portal.rules.deciding import SYSTEM
    from portal.rules.messages.filters import from_names
    from portal.rules.messages.states import MessageKind

    to = from_names({"partner": f"Bench {size}"})
    return sending.send(SYSTEM, Wanted(MessageKind.NEWS, to, "News", "Hello {name}"))


def _rows(message: str) -> list[tuple[Any, ...]]:
    """What a message made, for another one."""
    from sqlalchemy import text

    from portal.db.engine import db

    query = f"SELECT {COLUMNS} FROM message_recipient WHERE message_id = (SELECT id FROM message WHERE public_id = :m)"
    with db.engine.connect() as connection:
        return [tuple(row)[1:] for row in connection.execute(text(query), {"m": message})]


def _raw(rows: list[tuple[Any, ...]]) -> float:
    """Insert them for an empty message on the driver, in one transaction; the seconds it took."""
    from sqlalchemy import text

    from portal.db.engine import db, to_write

    mark = "?" if db.engine.dialect.name == "sqlite" else "%s"
    insert = f"INSERT INTO message_recipient ({COLUMNS}) VALUES ({', '.join([mark] * 8)})"
    with to_write(db.engine) as connection, connection.begin():
        copied = "public_id, kind, subject, text, ways, filters, state, due_at, created_at, actor"
        last = "SELECT max(id) FROM message"
        connection.execute(
            text(
                f"INSERT INTO message ({copied}) SELECT 'raw' || id, {copied.partition(', ')[2]} "
                f"FROM message WHERE id = ({last})"
            )
        )
        key = connection.execute(text(last)).scalar_one()
        cursor: Any = connection.connection.cursor()
        began = time.perf_counter()
        cursor.executemany(insert, [(key, *row) for row in rows])
        return time.perf_counter() - began


def run() -> None:
    """Print how long sending takes, and how much memory."""
    print("J15 a message to many customers")
    print(f"{'':<12}{'customers':>10}{'ours ms':>10}{'raw ms':>9}{'ratio':>7}{'peak MB':>9}  goal")
    with places() as found:
        for place in found:
            _prepared(place)
            with place.app().app_context():
                for size in SIZES:
                    _measure(place, size)
                _close()
    print(f"   goal: under {GOAL_RATIO:.0f} times the raw rows, in less than {MOST_MB:.0f} MB whatever their number")


def _measure(place: Place, size: int) -> None:
    mine, raw = [], []
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        message = _send(size)
        mine.append(time.perf_counter() - began)
        raw.append(_raw(_rows(message)))
    tracemalloc.start()
    _send(size)
    peak = tracemalloc.get_traced_memory()[1] / 1_000_000
    tracemalloc.stop()
    ours, limit = sorted(mine)[_ROUNDS // 2], sorted(raw)[_ROUNDS // 2]
    met = verdict(ours / limit < GOAL_RATIO and peak < MOST_MB)
    print(
        f"{place.engine:<12}{scaled(size):>10}{ms(ours):>10}{ms(limit):>9}{ours / limit:>7.2f}{peak:>9.1f}  {met}",
        flush=True,
    )


def _close() -> None:
    from portal.db.engine import db

    db.session.remove()
    db.engine.dispose()
