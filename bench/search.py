"""J4: the customer search, beside the indexed query alone on the raw driver.

The limit finds the words in the index, puts the matches in order and reads twenty of them with all that a row of the
list shows; it decides nothing, and counts nothing. Ours is the public action for an administrator who has chosen what
is searched: it counts the matches, too, up to a thousand. The page around it, with rendering, is measured apart.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

from bench import books
from bench.places import Place, ms, places, scaled, side_by_side, tidy, verdict

GOAL_RATIO, FIRST = 3.0, 20
SMALL, LARGE = 10_000, 1_000_000
SUBS_OF_ONE = 10
"""A customer in eleven is a main account of ten others; one in four has a login."""

CASES = (
    ("a number", "k-0000777", False),
    ("prefix", "marlen", False),
    ("substring", "rdwic", False),
    ("two words", "tobias norwell", False),
    ("main account", "harlan hold", True),
    ("broad prefix", "mar", False),
)
"""What is searched for: its name, the text, and whether main accounts are looked at as well."""

HEADS = ("Mar", "Har", "Ber", "Nor", "Lin", "Kow", "Hard", "Sel", "Tor", "Wes", "Gal", "Dun", "Pel", "Rav", "Os", "Cas")
MIDDLES = ("len", "lan", "wic", "well", "der", "mon", "sta", "fel", "rin", "bur", "ge", "tol", "ves", "ka", "dri", "no")
TAILS = ("son", "sky", "field", "ford", "mann", "berg", "stone", "by", "wood", "", "ley", "ton", "er", "ova", "quist")
GIVEN = (  # noqa: SIM905
    "Tobias Anna Lukas Maria Jonas Clara Felix Emma Hugo Ines Pavel Rosa Nils Olga Viktor Greta Ben Dana Leo Ada Karel "
    "Zoe Omar Ivy Noor Sami Lena Max Eva Tom Mia Jan Ida Kai Una Rex Fay Gus Joy Amy"
).split()
TOWNS = ("Leeds", "Bristol", "Gdansk", "Brno", "Lyon", "Porto", "Turku", "Graz", "Malmo", "Cork")
COLUMNS = (
    *("public_id", "external_id", "partner_id", "created_at", "version", "manages_sub_accounts", "address", "phone"),
    *("name", "folded_name", "folded", "kind", "email", "billing_email", "given_name", "family_name"),
    *("own_status", "billing_type", "billing_day", "currency", "folded_logins", "folded_main"),
)
LOGIN = "login{0}@door.test"


def _people(partners: list[int]) -> Iterator[tuple[Any, ...]]:
    """Rows of COLUMNS, the same each time."""
    from portal.db.types import new_public_id
    from portal.outside import clock

    dice, at, number, mains = random.Random(4), clock.now(), 0, ["", ""]
    while True:
        given, family = dice.choice(GIVEN), dice.choice(HEADS) + dice.choice(MIDDLES) + dice.choice(TAILS)
        main = number % (SUBS_OF_ONE + 1) == 0
        name = f"{family} Holding {number}" if main else f"{given} {family}"
        email = f"{given}.{family}{number}@post{number % 40}.test".lower()
        phone = f"+44 {dice.randrange(1000):03} {dice.randrange(10**6):06}"
        address = f"{number % 200} {family} Lane\n{TOWNS[number % 10]}"
        external_id = f"K-{number:07}"
        folded = " ".join(f"{name} {email} {phone} {address} {external_id}".lower().split())
        login, theirs = LOGIN.format(number) if number % 4 == 0 else "", number % 7 == 0
        above = "" if main else mains[theirs]
        if main:
            mains[theirs] = f"{name} {external_id}".lower()
        status = "active" if dice.random() > 0.02 else "blocked"
        yield (
            *(new_public_id(), external_id, partners[theirs], at, 1, False, address, phone),
            *(name, name.lower(), folded, "business" if main else "individual", email, "", given, family),
            *(status, "recurring", 1, "EUR", login, above),
        )
        number += 1


def _fill(people: Iterator[tuple[Any, ...]], mains: dict[int, int], already: int, wanted: int) -> None:
    """Add customers until there are `wanted`, with links and logins."""
    from portal.db.engine import db

    for start in range(already, wanted, books.CHUNK):
        _chunk(people, mains, min(books.CHUNK, wanted - start))
    db.session.remove()


def _chunk(people: Iterator[tuple[Any, ...]], mains: dict[int, int], count: int) -> None:
    from sqlalchemy import func, select

    from portal.db.bulk import insert_many
    from portal.db.engine import db, writes
    from portal.db.tables import Customer, Login, SubAccountLink
    from portal.db.types import new_public_id
    from portal.outside import clock

    @writes
    def add() -> None:
        last = db.session.scalar(select(func.max(Customer.id))) or 0
        insert_many(Customer, COLUMNS, list(islice(people, count)))
        rows = db.session.execute(
            select(Customer.id, Customer.partner_id, Customer.kind, Customer.folded_logins)
            .where(Customer.id > last)
            .order_by(Customer.id)
        ).all()
        links, logins = [], []
        for key, partner, kind, email in rows:
            if kind == "business":
                mains[partner] = key
            elif partner in mains:
                links.append((new_public_id(), partner, mains[partner], key, "aggregated", clock.now()))
            if email:
                logins.append((new_public_id(), email, "Somebody", key, "view", clock.now()))
        insert_many(SubAccountLink, ("public_id", "partner_id", "main_id", "sub_id", "mode", "started_at"), links)
        insert_many(Login, ("public_id", "email", "name", "customer_id", "scopes", "created_at"), logins)

    add()


@contextmanager
def _indexed_at_once() -> Iterator[None]:
    """The index is made when all customers are there, in a fraction of the time, and what triggers keep comes ready."""
    from portal.db.engine import db, is_sqlite, to_write

    if is_sqlite():
        find = "SELECT sql FROM sqlite_master WHERE name = 'customer_search_insert'"
        drop = ["DROP TRIGGER customer_search_insert"]
        after = ("INSERT INTO customer_search (customer_search) VALUES ('rebuild')",)
    else:
        find = "SELECT indexdef FROM pg_indexes WHERE indexname = 'customer_search_words'"
        of_others = [f"ALTER TABLE {table} {{}} TRIGGER USER" for table in ("sub_account_link", "login")]
        drop = ["DROP INDEX customer_search_words", *[change.format("DISABLE") for change in of_others]]
        again = "ALTER INDEX customer_search_words ALTER COLUMN {} SET STATISTICS 1000"
        after = ("SET LOCAL maintenance_work_mem = '512MB'", "{made}", again.format(1), again.format(2))
        after += tuple(change.format("ENABLE") for change in of_others)
    with to_write(db.engine) as connection, connection.begin():
        made = connection.exec_driver_sql(find).scalar_one()
        for statement in drop:
            connection.exec_driver_sql(statement)
    yield
    with to_write(db.engine) as connection, connection.begin():
        for statement in after:
            connection.exec_driver_sql(statement.replace("{made}", made))
        if is_sqlite():
            connection.exec_driver_sql(made)


ROW = """
    SELECT c.public_id, c.external_id, c.name, c.kind, c.email, c.phone, c.own_status, p.name, m.public_id, m.name,
        m.own_status, l.mode
    FROM {found} JOIN partner p ON p.id = c.partner_id
    LEFT JOIN sub_account_link l ON l.sub_id = c.id AND l.ended_at IS NULL LEFT JOIN customer m ON m.id = l.main_id
    WHERE {matches} AND c.removed_at IS NULL ORDER BY c.folded_name, c.id LIMIT 20
"""
PHONE = "c.phone"
for _mark in " -/.()":
    PHONE = f"replace({PHONE}, '{_mark}', '')"
OWN, ABOVE = f"(' ' || c.folded || ' ' || c.folded_logins || ' ' || {PHONE})", "(' ' || c.folded_main)"


def _limit(text: str, with_main: bool) -> Callable[[], list[Any]]:
    """The first rows by the index, on the driver."""
    from portal.db.engine import db, is_sqlite

    raw: Any = db.engine.raw_connection()
    cursor = raw.cursor()
    if is_sqlite():
        query = ROW.format(
            found="customer_search s JOIN customer c ON c.id = s.rowid", matches="customer_search MATCH ?"
        )
        words = " AND ".join(f'"{word}"' for word in text.split())
        values = [f"{'{own main}' if with_main else 'own'} : ({words})"]
    else:
        one = f"({OWN} LIKE %s OR {ABOVE} LIKE %s)" if with_main else f"{OWN} LIKE %s"
        patterns = [f"%{word}%" for word in text.split()]
        values = [pattern for pattern in patterns for _ in range(1 + with_main)]
        query = ROW.format(found="customer c", matches=" AND ".join([one] * len(patterns)))

    def read() -> list[Any]:
        # On PostgreSQL planned for these words, as ours is: a plan for any words would read the whole table.
        cursor.execute(query, values) if is_sqlite() else cursor.execute(query, values, prepare=False)
        found: list[Any] = cursor.fetchall()
        raw.rollback()
        return found

    return read


@contextmanager
def _lookers() -> Iterator[dict[bool, Any]]:
    """Administrators who search as usual and with main accounts: False and True."""
    from portal.actions import logins
    from portal.actions.customers import search as customer_search
    from portal.db.engine import writes
    from portal.db.logins import people as rows
    from portal.outside import passwords
    from portal.rules.customers.search_fields import SearchField
    from portal.rules.holders import Role

    found = {}
    for name, fields in ((False, None), (True, frozenset(SearchField))):
        email = f"looker.{name}@staff.test".lower()
        hashed = passwords.hashed("a password to measure with")
        writes(rows.add_administrator)(
            email=email, name="Sol Berg", role=Role.SUPER, password_hash=hashed, partner_id=None
        )
        token = logins.sign_in(email, "a password to measure with", address="", browser="")
        me = logins.resume(token)
        assert me is not None
        if fields:
            customer_search.choose_search_fields(me.actor, fields)
        found[name] = (me.actor, token)
    yield found


def run() -> None:
    """Print how long a search takes, how that grows with the customers, and what the page around it costs."""
    print("J4  customer search, the first twenty")
    print(
        f"{'':<12}{'':<14}{'customers':>10}{'matches':>9}{'ours ms':>9}{'limit ms':>9}{'ratio':>7}{'growth':>8}"
        f"{'limit':>8}{'page ms':>9}  goal"
    )
    with places() as found:
        for place in found:
            app = place.app()
            with app.app_context():
                _measure(place, app)
    print(
        f"   goal: under {GOAL_RATIO:.0f} times the limit among the most customers; "
        "growth: beside the same search among fewer"
    )


def _measure(place: Place, app: Any) -> None:
    from portal.db.engine import db

    partners, mains = [books.partner("Bench"), books.partner("Other")], dict[int, int]()
    people, smallest, already = _people(partners), {}, 0
    with _lookers() as lookers:
        for size in (scaled(SMALL), scaled(LARGE)):
            began = time.perf_counter()
            with _indexed_at_once():
                _fill(people, mains, already, size)
            filled = time.perf_counter() - began
            tidy(place)
            for case in CASES:
                _line(place, app, case, size, lookers[case[2]], smallest)
            already = size
            print(f"{place.engine:<12}{'filled in':<14}{filled:>19.0f} s", flush=True)
    db.session.remove()
    db.engine.dispose()


def _line(
    place: Place,
    app: Any,
    case: tuple[str, str, bool],
    size: int,
    looker: tuple[Any, str],
    smallest: dict[str, tuple[float, float]],
) -> None:
    from portal.actions.customers import search as customer_search
    from portal.actions.customers.search import Wanted

    name, text, with_main = case
    actor, token = looker
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"] = token
    limit = _limit(text, with_main)

    def ours() -> Any:
        return customer_search.search(actor, Wanted(text=text, size=FIRST))

    def page() -> None:
        assert client.get("/staff/customers", query_string={"q": text}).status_code == 200

    found, expected = ours(), limit()
    assert [row.public_id for row in found.rows] == [row[0] for row in expected]
    mine, best, shown = side_by_side([ours, limit, page], seconds=0.7)
    before = smallest.setdefault(name, (mine.p50, best.p50))
    ratio = mine.p50 / best.p50
    goal = verdict(ratio < GOAL_RATIO) if size == scaled(LARGE) else ""
    matches = f"{'>' if found.more else ''}{found.total}"
    print(
        f"{place.engine:<12}{name:<14}{size:>10}{matches:>9}{ms(mine.p50):>9}{ms(best.p50):>9}{ratio:>7.2f}"
        f"{mine.p50 / before[0]:>8.2f}{best.p50 / before[1]:>8.2f}{ms(shown.p50):>9}  {goal}",
        flush=True,
    )
