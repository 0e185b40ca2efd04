"""Links and statuses changed by several people at once: one is first, and whoever is second is told (R13, R15)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import db
from portal.db.links import linking as links
from portal.rules.customers.status import EffectiveStatus, Status
from portal.rules.links.facts import BillingMode
from tests import books, people
from tests.faults import crew
from tests.faults.crew import Crew

HEAD_STARTS = [(0.0, 0.1), (0.1, 0.0)]
"""How long each of two waits before it begins. Either may be first all the same: what follows must hold both ways."""


@pytest.fixture
def team(app: Flask, database: str, tmp_path: Path) -> Iterator[Crew]:
    """Acme pays for branch; roamer, rival, alex and sam are free."""
    for name in ("acme", "rival", "branch", "roamer", "alex", "sam"):
        people.customer(name)
    people.link("acme", "branch")
    db.session.remove()
    made = Crew(database, tmp_path)
    yield made
    made.end()


def profile(reference: str) -> Profile:
    db.session.rollback()
    found = customers.by_reference(reference)
    db.session.rollback()
    assert found is not None
    return found


def own(reference: str) -> int:
    """What stands on a customer's own House Account."""
    key = profile(reference).id
    found = links.facts([key])[key].house.minor
    db.session.rollback()
    return found


def both(team: Crew, waits: tuple[float, float], first: tuple[Any, ...], second: tuple[Any, ...]) -> list[crew.Answer]:
    return team.run(*[(crew.later, wait, *job) for wait, job in zip(waits, (first, second), strict=True)])


def test_r13_two_administrators_share_one_secondary_account(team: Crew) -> None:
    people.post("sam", "invoice", 500, "2026-11-01")
    answers = team.run((crew.share, "alex", "sam"), (crew.share, "rival", "sam"))
    winner = profile("sam").payer_reference
    assert winner in ("alex", "rival")
    ours, theirs = answers if winner == "alex" else reversed(answers)
    assert ours == ("done", f"Sam shares the balances of {winner.title()}")
    assert theirs[0] == "Refused"
    assert theirs[1][0].startswith(f"[P5] Sam already shares balances with {winner.title()}.")
    assert (own(winner), own("sam"), own({"alex": "rival", "rival": "alex"}[winner])) == (-500, 0, 0)
    books.check()


@pytest.mark.parametrize("waits", HEAD_STARTS)
def test_r13_p6_one_links_and_one_shares_the_same_customer(team: Crew, waits: tuple[float, float]) -> None:
    """Whoever is second would give it a second payer."""
    linking, sharing = both(team, waits, (crew.link, "acme", "roamer"), (crew.share, "alex", "roamer"))
    assert sorted(how for how, _ in (linking, sharing)) == ["Refused", "done"]
    if linking[0] == "done":
        assert sharing[1][0].startswith("[P6] Acme pays for Roamer.")
        assert profile("roamer").payer_reference == "acme"
    else:
        assert linking[1][0].startswith("[L6] Roamer shares its balances with Alex.")
        assert profile("roamer").payer_reference == "alex"
    books.check()


@pytest.mark.parametrize("waits", HEAD_STARTS)
def test_r15_l6_linking_while_the_payment_that_settles_it_lands(team: Crew, waits: tuple[float, float]) -> None:
    """Paid first, it is linked; linked first, it is refused for what is owed. The payment is never lost."""
    people.post("roamer", "invoice", 100, "2026-11-20")
    linking, paying = both(team, waits, (crew.link, "acme", "roamer"), (crew.post, "roamer", None, 100, "payment"))
    assert paying[0] == "done"
    assert (own("roamer"), own("acme")) == (0, 0), "it was paid where it was owed"
    if linking[0] == "done":
        assert profile("roamer").payer_reference == "acme"
    else:
        assert linking[1][0].startswith("[L6] Roamer owes 1.00 EUR.")
        assert profile("roamer").main_id is None
    books.check()


@pytest.mark.parametrize("waits", HEAD_STARTS)
def test_r15_l6_linking_while_a_payment_too_many_lands(team: Crew, waits: tuple[float, float]) -> None:
    """Linked first, it is on the main account’s books; paid first, it stands in the way of linking."""
    linking, paying = both(team, waits, (crew.link, "acme", "roamer"), (crew.post, "roamer", None, 100, "payment"))
    assert paying[0] == "done"
    if linking[0] == "done":
        assert (own("roamer"), own("acme")) == (0, 100)
    else:
        assert linking[1][0].startswith("[L6] Roamer has 1.00 EUR overpaid on its House Account.")
        assert (own("roamer"), own("acme"), profile("roamer").main_id) == (100, 0, None)
    books.check()


@pytest.mark.parametrize("waits", HEAD_STARTS)
@pytest.mark.parametrize(
    ("rule", "deed"),
    [("L10", (crew.unlink, "branch")), ("L9", (crew.change_mode, "branch", "independent"))],
    ids=["unlink", "mode"],
)
def test_l9_l10_l11_leaving_while_the_main_account_is_blocked(
    team: Crew, rule: str, deed: tuple[Any, ...], waits: tuple[float, float]
) -> None:
    """It left before and is Active, or it stays and is Blocked because of the main account: never one without the
    other."""
    leaving, blocking = both(team, waits, deed, (crew.set_status, "acme", "blocked"))
    assert blocking == ("done", "blocked")
    branch = profile("branch")
    if leaving[0] == "done":
        assert branch.status == EffectiveStatus(Status.ACTIVE)
        assert branch.mode in (None, BillingMode.INDEPENDENT)
    else:
        assert leaving[0] == "Refused"
        assert leaving[1][0].startswith(f"[{rule}] Acme is Blocked.")
        assert (branch.mode, branch.status) == (BillingMode.AGGREGATED, EffectiveStatus(Status.BLOCKED, imposed=True))
    assert branch.own_status is Status.ACTIVE, "an imposed status is never stored"
    books.check()


@pytest.mark.parametrize("waits", HEAD_STARTS)
def test_l10_unlinking_while_the_main_account_is_charged(team: Crew, waits: tuple[float, float]) -> None:
    """Charged first, the main account owes and keeps it; unlinked first, the charge is the main account’s own."""
    leaving, charging = both(team, waits, (crew.unlink, "branch"), (crew.post, "acme", None))
    assert charging[0] == "done"
    assert own("acme") == -100
    if leaving[0] == "done":
        assert profile("branch").main_id is None
    else:
        assert leaving[1][0].startswith("[L10] Acme owes 1.00 EUR.")
        assert profile("branch").mode is BillingMode.AGGREGATED
    books.check()
