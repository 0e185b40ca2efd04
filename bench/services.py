"""J13: a change of plan previewed, beside its own queries on the raw driver (M1).

The limit asks the same statements with the same values and reads the rows; it decides nothing. Ours is the public
action.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from bench import books
from bench.places import Place, ms, places, scaled, side_by_side, tidy, verdict

GOAL_RATIO = 3.0
FIRST, UNTIL, ON = date(2026, 10, 1), date(2026, 10, 31), date(2026, 10, 15)
SERVICES = 20_000


def _prepared(place: Place) -> None:
    from portal.db.billing import services
    from portal.db.billing.services import NewService
    from portal.db.engine import writes

    @writes
    def fill(people: list[int]) -> None:
        services.add_many(
            [
                NewService(
                    f"s{number}", people[number % len(people)], "Broadband", 4_990, 10_000, "month", 21_000, "net",
                    "active", FIRST, None, UNTIL, FIRST, 1,
                )
                for number in range(scaled(SERVICES))
            ]
        )  # fmt: skip

    with place.app().app_context():
        fill(books.people(books.partner("Bench"), "owner", scaled(2_000)))
    tidy(place)


def _ours() -> Callable[[], Any]:
    from portal.actions.services import changing
    from portal.actions.services.changing import Wish
    from portal.rules.deciding import SYSTEM
    from portal.rules.services import Deed

    wish = Wish("s7", Deed.CHANGE, ON, plan="Fibre", price=9_900)
    return lambda: changing.foresee(SYSTEM, wish)


def _limit(ours: Callable[[], Any]) -> Callable[[], None]:
    """The same statements that ours asks, with their values, on the raw driver."""
    from sqlalchemy import event

    from portal.db.engine import db

    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, values: Any, *_more: object) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, values))

    event.listen(db.engine, "before_cursor_execute", note)
    ours()
    event.remove(db.engine, "before_cursor_execute", note)
    raw = db.engine.raw_connection()
    cursor = raw.cursor()

    def run() -> None:
        for statement, values in asked:
            cursor.execute(statement, values)
            if cursor.description:
                cursor.fetchall()

    return run


def run() -> None:
    """Print how long a preview takes."""
    from portal.db.engine import db

    print("J13 a change of plan previewed")
    print(f"{'':<12}{'ours ms':>9}{'limit ms':>9}{'ratio':>7}  goal")
    with places() as found:
        for place in found:
            _prepared(place)
            with place.app().app_context():
                mine, best = side_by_side([_ours(), _limit(_ours())], seconds=1.0)
                ratio = mine.p50 / best.p50
                met = verdict(ratio < GOAL_RATIO)
                print(f"{place.engine:<12}{ms(mine.p50):>9}{ms(best.p50):>9}{ratio:>7.2f}  {met}", flush=True)
                db.session.remove()
                db.engine.dispose()
    print(f"   goal: under {GOAL_RATIO:.0f} times the limit")
