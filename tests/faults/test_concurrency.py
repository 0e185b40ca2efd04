"""Several people at the same accounts at once (R13, R15)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.db.customers import profiles as customers
from portal.db.engine import db
from portal.db.tables import Entry, LedgerAccount, Posting, SubAccountLink
from tests import books, people
from tests.faults import crew
from tests.faults.crew import Crew

PROCESSES, SECONDS = 3, 4.0
"""How many trade at once and for how long; more of both find more."""
NAMES = ("acme", "branch", "depot", "alex", "sam", "roamer")


@pytest.fixture
def team(app: Flask, database: str, folder: Path) -> Iterator[Crew]:
    """Acme pays for branch and depot, alex for sam; roamer is moved between main accounts."""
    for name in (*NAMES, "rival"):
        people.customer(name)
    people.link("acme", "branch")
    people.link("acme", "depot")
    people.share("alex", "sam")
    db.session.remove()
    made = Crew(database, folder)
    yield made
    made.end()


def main_of(reference: str) -> str | None:
    db.session.rollback()
    found = customers.by_reference(reference)
    assert found is not None
    return found.main_external_id


def test_r13_two_administrators_link_one_sub_account(team: Crew) -> None:
    answers = team.run((crew.link, "acme", "roamer"), (crew.link, "rival", "roamer"))
    winner = main_of("roamer")
    assert winner in ("acme", "rival")
    ours, theirs = answers if winner == "acme" else reversed(answers)
    assert ours == ("done", f"Roamer: linked to {winner.title()}, aggregated")
    assert theirs[0] == "Refused"
    assert theirs[1][0].startswith(f"[L5] Roamer is already a sub-account of {winner.title()}.")
    assert (
        db.session.scalar(select(func.count()).select_from(SubAccountLink).where(SubAccountLink.ended_at.is_(None)))
        == 3
    )
    books.check()


def test_r13_links_that_would_make_a_chain_together(team: Crew) -> None:
    answers = team.run((crew.link, "rival", "roamer"), (crew.link, "roamer", "rival"))
    assert sorted(how for how, _ in answers) == ["Refused", "done"]
    books.check()


def test_a_payer_does_not_change_under_a_posting(team: Crew) -> None:
    """Linking while entries are posted for the sub-account: each lands whole on one payer's books, or linking waits."""
    for round_ in range(3):
        linking, *posting = team.run(
            (crew.link, "acme", "roamer"), *[(crew.post, "roamer", f"{round_}-{n}") for n in "ab"]
        )
        assert [how for how, _ in posting] == ["done", "done"]
        assert linking[0] in ("done", "Refused")
        own = db.session.scalar(
            select(LedgerAccount.balance_minor)
            .join(customers.Customer, customers.Customer.id == LedgerAccount.owner_id)
            .where(customers.Customer.external_id == "roamer")
        )
        if linking[0] == "done":
            assert not own, "aggregated means settled"
            break
        people.post("roamer", "payment", -int(own or 0), "2026-11-22")
    books.check()


def test_r15_trading_on_shared_accounts(team: Crew) -> None:
    jobs = [(crew.trade, SECONDS, seed, NAMES) for seed in range(PROCESSES)]
    finish = team.begin([*jobs, (crew.relink, SECONDS, ("acme", "rival"), "roamer")])
    looks = 0
    while any(process.is_alive() for process in team.began) and looks < 1000:
        _moment()
        looks += 1
        time.sleep(0.05)
    answers = finish()
    assert [how for how, _ in answers] == ["done"] * len(answers), answers
    assert looks > 5
    taken = sum(done["taken"] for _, done in answers[:-1])
    moved = sum(done["moved"] for _, done in answers[:-1])
    assert taken > 3 * PROCESSES
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Entry)) == taken
    owned = select(func.sum(LedgerAccount.balance_minor)).where(LedgerAccount.owner_id.is_not(None))
    assert int(db.session.scalar(owned) or 0) == moved, "money in is money out"
    books.check()


def _moment() -> None:
    """What must be true at every moment, also in the middle of it all."""
    db.session.rollback()
    balances = select(func.coalesce(func.sum(LedgerAccount.balance_minor), 0))
    postings = select(func.coalesce(func.sum(Posting.amount_minor), 0))
    credit = select(func.coalesce(func.min(LedgerAccount.balance_minor), 0)).where(LedgerAccount.kind == "credit")
    row = db.session.execute(
        select(balances.scalar_subquery(), postings.scalar_subquery(), credit.scalar_subquery())
    ).one()
    db.session.rollback()
    assert (int(row[0]), int(row[1])) == (0, 0)
    assert row[2] >= 0
