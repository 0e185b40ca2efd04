"""Statements stay prepared on PostgreSQL: what is on the wire is asked of libpq, which writes down every message."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError, InternalError

from portal import create_app
from portal.config import Settings
from portal.db.customers import profiles
from portal.db.engine import db, snapshot, writes
from portal.db.tables import Customer
from portal.rules.errors import Missing
from portal.rules.sentences import say
from tests.logins import login
from tests.pages import PageClient
from tests.people import PASSWORD, customer, link, post, sign_in

pytestmark = pytest.mark.engine("postgres")
WARM = 8
"""Psycopg prepares a statement when it comes for the sixth time."""


@pytest.fixture
def app(settings: Settings, frozen: object) -> Iterator[Flask]:
    """An application that prepares as ours does: the one that tests share prepares everything at once."""
    made = create_app(settings)
    made.test_client_class = PageClient
    with made.app_context():
        yield made
        db.session.remove()
        db.engine.dispose()


def messages(ask: Callable[[], object]) -> Counter[str]:
    """The messages that `ask` sends to the server, by name, on the only connection in the pool."""
    with db.engine.connect() as connection:
        raw: Any = connection.connection.dbapi_connection
    with tempfile.TemporaryFile() as noted:
        raw.pgconn.trace(noted.fileno())
        try:
            ask()
        finally:
            raw.pgconn.untrace()
        noted.seek(0)
        lines = [line.split("\t") for line in noted.read().decode(errors="replace").splitlines()]
    return Counter(line[3] for line in lines if len(line) > 3 and line[1] == "F")


def warm(ask: Callable[[], object]) -> Counter[str]:
    """The messages of `ask` once it was asked often."""
    for _ in range(WARM):
        ask()
    return messages(ask)


@pytest.fixture
def company(app: Flask) -> PageClient:
    """The browser of a company with a sub-account, an invoice and everything that a page shows of it."""
    acme = customer("acme", manages_sub_accounts=True)
    customer("branch")
    link("acme", "branch")
    post("branch", "invoice", 4990, "2026-11-03")
    login(acme, "acme@example.test")
    browser = app.test_client()
    assert isinstance(browser, PageClient)
    sign_in(browser, "acme@example.test", PASSWORD)
    db.session.remove()
    db.engine.dispose()
    return browser


@pytest.mark.parametrize("path", ["/", "/sub-accounts", "/statements?from=2026-11-01&to=2026-11-30", "/documents"])
def test_a_page_that_was_asked_for_often_prepares_nothing(company: PageClient, path: str) -> None:
    sent = warm(lambda: company.get(path))
    assert sent["Bind"] > 0, "nothing was asked, or not in the way that is counted here"
    assert not sent["Parse"], f"{sent['Parse']} of {sent['Bind']} statements were prepared anew"


def test_reading_past_a_snapshot_begins_and_ends_nothing(app: Flask) -> None:
    def read() -> None:
        profiles.by_reference("acme")
        db.session.rollback()

    customer("acme")
    db.session.remove()
    assert warm(read) == {"Bind": 1, "Describe": 1, "Execute": 1, "Sync": 1}


def test_a_snapshot_keeps_prepared_statements_whatever_becomes_of_it(app: Flask) -> None:
    @snapshot
    def read() -> None:
        profiles.by_reference("acme")
        raise Missing(say("Nobody is there."))

    def ask() -> None:
        with pytest.raises(Missing):
            read()

    customer("acme")
    db.session.remove()
    assert warm(ask)["Parse"] == 0


def test_a_snapshot_sees_one_picture_and_cannot_write(app: Flask) -> None:
    customer("acme")

    @snapshot
    def looks() -> tuple[str, str]:
        return shown("transaction_isolation"), shown("transaction_read_only")

    @snapshot
    def changes() -> None:
        rename("Never")

    assert looks() == ("repeatable read", "on")
    with pytest.raises(InternalError, match="read-only transaction"):
        changes()
    assert name() == "Acme"


def test_a_change_outside_an_action_fails_also_after_one(app: Flask) -> None:
    """The connection that an action wrote on is the one that is read on next."""
    customer("acme")

    @writes
    def acts() -> str:
        rename("Umbrella")
        return shown("transaction_isolation")

    for _ in range(2):
        with pytest.raises(InternalError, match="read-only transaction"):
            rename("Never")
        db.session.rollback()
        assert acts() == "read committed"
    assert name() == "Umbrella"
    db.session.rollback()
    with db.engine.connect() as connection, pytest.raises(DBAPIError, match="read-only transaction"):
        connection.execute(update(Customer).values(name="Never"))


def shown(setting: str) -> str:
    return str(db.session.scalar(text(f"SHOW {setting}")))


def rename(to: str) -> None:
    db.session.execute(update(Customer).values(name=to))


def name() -> str:
    return str(db.session.scalar(select(func.max(Customer.name))))
