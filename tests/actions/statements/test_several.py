"""Statements that nobody addresses by hand, and how much of a statement there may be, through every door."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from flask import Flask

from portal.actions.statements import files, mail, monthly, several, ticked
from portal.actions.statements import view as statements
from portal.actions.statements.mail import Letter
from portal.actions.statements.names import Format
from portal.actions.statements.several import Several
from portal.actions.statements.view import StatementRequest
from portal.rules.deciding import SYSTEM, Actor
from portal.rules.errors import Invalid, Refused
from portal.rules.scopes import Scope
from tests.logins import login
from tests.people import customer, link, post
from tests.web.acme import at, change

OCTOBER = StatementRequest(date(2026, 10, 1), date(2026, 10, 31))
EVERY = Several(OCTOBER.first, OCTOBER.last)


@pytest.fixture
def petra(app: Flask) -> Actor:
    """Acme's bookkeeper; Acme pays for its branch."""
    customer("acme", name="Acme Ltd", email="office@acme.test", billing_email="bills@acme.test")
    customer("branch", name="Riverside branch", email="desk@branch.test")
    link("acme", "branch")
    post("acme", "invoice", 1000, "2026-10-02")
    post("branch", "invoice", 500, "2026-10-03")
    return login(at("acme"), "petra@acme.test", "Petra", (Scope.VIEW, Scope.FINANCE))


def goes_to(actor: Actor) -> list[tuple[str, ...]]:
    return [one.addresses for one in several.foresee(actor, "acme", EVERY)]


def test_s9_a_statement_goes_where_the_bills_of_its_customer_go(petra: Actor) -> None:
    """Not to the sign-in of a person who may not see the finances, whether it is addressed by hand or not."""
    own = ("bills@acme.test",)
    assert goes_to(petra) == [own, own, ("desk@branch.test",)]
    change("acme", billing_email="")
    login(at("acme"), "office@acme.test", "Olga Office", (Scope.VIEW,))
    petras = ("petra@acme.test",)
    assert goes_to(petra) == [petras, petras, ("desk@branch.test",)]
    assert [one.addresses for one in ticked.foresee(SYSTEM, [at("acme").public_id], "2026-10")] == [petras]
    assert [one.address for one in mail.draft(petra, "acme", OCTOBER).recipients] == list(petras)
    with pytest.raises(Invalid, match="addresses on file only"):
        mail.send(petra, "acme", OCTOBER, Letter("office@acme.test", "Statement", "Hello"))
    # An account without an address of its own leaves its statement to whoever pays, and nobody gets it where none has.
    change("branch", email="")
    assert goes_to(petra) == [petras] * 3
    login(at("branch"), "desk@branch.test", "Dora Desk", (Scope.VIEW,))
    change("branch", email="desk@branch.test")
    assert goes_to(petra)[2] == petras


def test_s5_no_door_makes_more_lines_than_another(petra: Actor, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statements, "MOST_LINES", 1)
    monthly.choose(SYSTEM, "acme", True)
    doors: list[Callable[[], object]] = [
        lambda: statements.view(petra, "acme", OCTOBER),
        lambda: files.export(petra, "acme", OCTOBER, Format.CSV),
        lambda: files.start_file(petra, "acme", OCTOBER, Format.PDF, url=""),
        lambda: files.save(petra, "acme", OCTOBER),
        lambda: mail.draft(petra, "acme", OCTOBER),
        lambda: mail.send(petra, "acme", OCTOBER, Letter("bills@acme.test", "Statement", "Hello")),
        lambda: several.foresee(petra, "acme", EVERY),
        lambda: ticked.foresee(SYSTEM, [at("acme").public_id], "2026-10"),
    ]
    for door in doors:
        with pytest.raises(Refused, match="more than 1 lines") as refused:
            door()
        assert refused.value.reasons[0].rule == "S1"
    (out,) = monthly.send(SYSTEM, "2026-10")
    assert [str(one.why) for one in out.left_out] == [str(refused.value.sentence)]
    days = ["--from", "2026-10-01", "--to", "2026-10-31"]
    for form in ("json", "csv", "table"):
        made = app.test_cli_runner().invoke(args=["statement", "acme", *days, "--format", form])
        assert (made.exit_code, made.stdout if form != "json" else "") == (1, ""), form
        assert "more than 1 lines" in made.output
    part = statements.view(petra, "acme", replace(OCTOBER, account="branch"))
    assert len(part.lines) == 1


def test_s5_too_many_at_once_are_counted_as_they_are(petra: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether they were chosen or are all there are: as many as may be, and not one more."""
    for name in ("north", "south"):
        customer(name)
        link("acme", name)
        post(name, "invoice", 500, "2026-10-03")
    chosen = Several(EVERY.first, EVERY.last, tuple(at(one).public_id for one in ("acme", "branch", "north", "south")))
    for wanted, number in ((EVERY, 5), (chosen, 4)):
        monkeypatch.setattr(several, "MOST_MAILS", number - 1)
        with pytest.raises(Refused, match=f"These are {number} statements, and {number - 1} can be made at once"):
            several.start_mails(petra, "acme", wanted)
        monkeypatch.setattr(several, "MOST_MAILS", 2)
        with pytest.raises(Refused, match=f"These are {number} statements"):
            several.start_mails(petra, "acme", wanted)
        monkeypatch.setattr(several, "MOST_MAILS", number)
        assert len(several.foresee(petra, "acme", wanted)) == number
