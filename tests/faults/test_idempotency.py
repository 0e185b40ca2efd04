"""The same form sent again, at the same time, or with other contents has one effect (R10 to R12, R24)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.actions.books import posting as ledger
from portal.actions.links import sub_accounts
from portal.db.books import posting as rows
from portal.db.engine import db
from portal.db.tables import AuditRecord, Entry, SubAccountLink
from portal.rules.deciding import SYSTEM
from portal.rules.errors import Conflict, Mismatch
from portal.rules.links.facts import BillingMode
from tests import books, people
from tests.faults import crew
from tests.faults.crew import Crew

PROCESSES, THREADS = 2, 10


@pytest.fixture
def team(app: Flask, database: str, folder: Path) -> Iterator[Crew]:
    """Processes on the database of this test, in which acme and branch are there."""
    people.customer("acme")
    people.customer("branch")
    db.session.remove()
    made = Crew(database, folder)
    yield made
    made.end()


def count(table: type[Any]) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.parametrize(("job", "table"), [(crew.post, Entry), (crew.link, SubAccountLink)])
def test_r10_twenty_submits_of_one_form(team: Crew, job: Callable[..., str], table: type[Any]) -> None:
    arguments = ("acme", "double-click") if job is crew.post else ("acme", "branch", "double-click")
    answers = team.run(*[(crew.in_threads, THREADS, job, *arguments)] * PROCESSES)
    seen = [answer for how, each in answers for answer in each if how == "done"]
    assert len(seen) == PROCESSES * THREADS
    assert len(set(seen)) == 1, set(seen)
    assert seen[0][0] == "done"
    assert count(table) == 1
    assert count(AuditRecord) == (1 if table is Entry else 2)
    books.check()


def test_r11_the_same_key_with_other_contents(team: Crew) -> None:
    crew.post("acme", "k")
    deeds: list[Callable[[], object]] = [
        lambda: crew.post("acme", "k", amount=101),
        lambda: crew.post("branch", "k"),
        lambda: crew.link("acme", "branch", "k"),
    ]
    for deed in deeds:
        with pytest.raises(Mismatch, match="already sent with other contents"):
            deed()
    assert (count(Entry), count(SubAccountLink)) == (1, 0)
    books.check()


def test_r12_the_same_key_while_the_first_is_in_flight(team: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    write, tries = rows.write_entries, []

    def slowly(*arguments: Any, **more: Any) -> Any:
        tries.append(1)
        time.sleep(0.5)
        return write(*arguments, **more)

    monkeypatch.setattr(ledger.ledger, "write_entries", slowly)
    answers = crew.in_threads(2, crew.post, "acme", "k")
    assert answers == [("done", "INV-000001")] * 2
    assert (len(tries), count(Entry)) == (1, 1), "the second waited for the first"
    books.check()


def test_r12_the_first_fails_and_the_second_goes_ahead(team: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    write, tries = rows.write_entries, []

    def badly(*arguments: Any, **more: Any) -> Any:
        tries.append(1)
        time.sleep(0.3)
        if len(tries) == 1:
            raise Conflict("The first one was unlucky.")
        return write(*arguments, **more)

    monkeypatch.setattr(ledger.ledger, "write_entries", badly)
    answers = crew.in_threads(2, crew.post, "acme", "k")
    assert sorted(answers) == [("Conflict", ("The first one was unlucky.",)), ("done", "INV-000001")]
    assert count(Entry) == 1
    books.check()


def test_r24_a_page_that_is_out_of_date(team: Crew) -> None:
    preview = sub_accounts.preview_link(SYSTEM, "acme", "branch", BillingMode.INDEPENDENT)
    people.post("branch", "invoice", 5, "2026-11-01")
    with pytest.raises(Conflict, match="figures have changed"):
        sub_accounts.link(SYSTEM, "acme", "branch", BillingMode.INDEPENDENT, mark=preview.mark, once="k")
    fresh = sub_accounts.preview_link(SYSTEM, "acme", "branch", BillingMode.INDEPENDENT)
    sub_accounts.link(SYSTEM, "acme", "branch", BillingMode.INDEPENDENT, mark=fresh.mark, once="k")
    assert count(SubAccountLink) == 1
    books.check()
