"""S8: monthly statements by email, for who asked for them, once each whatever dies."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from flask import Flask

from portal.actions.statements import monthly
from portal.db.engine import db
from portal.db.tables import OutboxMessage, OutboxRecipient, StatementMailing
from portal.rules.deciding import SYSTEM
from portal.rules.errors import NotAllowed
from portal.rules.outbox import WITH_FIGURES
from tests.families import as_
from tests.people import customer, link, post
from tests.web.acme import at, change, person


@pytest.fixture
def three(app: Flask) -> None:
    """Acme and Beta want statements, Gamma does not."""
    for name in ("acme", "beta", "gamma"):
        person(name, name=f"{name.title()} Ltd", billing_email=f"bills@{name}.test")
        post(name, "invoice", 1000, "2026-10-05", description="Broadband")
    for name in ("acme", "beta"):
        monthly.choose(as_(name), name, True)


def mails() -> list[tuple[str, str, int]]:
    db.session.rollback()
    m, r = OutboxMessage, OutboxRecipient
    rows = db.session.query(m.purpose, r.address, m.attachments).join(r, r.outbox_message_id == m.id).order_by(m.id)
    return [(purpose, address, len(attached)) for purpose, address, attached in rows]


def test_s8_each_gets_it_once_whatever_dies(three: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that dies in the middle is finished by the next, and by two at once nothing goes twice."""
    (out,) = monthly.send(SYSTEM, "2026-10", dry_run=True)
    assert (out.sent, mails()) == (["acme", "beta"], [])
    real = monthly._queue

    def dies(*arguments: Any) -> bool:
        done = real(*arguments)
        if arguments[1] == at("acme").public_id:
            raise KeyboardInterrupt
        return done

    monkeypatch.setattr(monthly, "_queue", dies)
    with pytest.raises(KeyboardInterrupt):
        monthly.send(SYSTEM, "2026-10")
    monkeypatch.setattr(monthly, "_queue", real)
    assert mails() == [("statement", "bills@acme.test", 1)]
    # While Beta's is made, another run sends it.
    drawn, twice = monthly.drawn, []

    def slower(*arguments: Any, **more: Any) -> Any:
        made = drawn(*arguments, **more)
        if not twice:
            twice.append(True)
            assert monthly.send(SYSTEM, "2026-10")[0].sent == ["beta"]
        return made

    monkeypatch.setattr(monthly, "drawn", slower)
    (out,) = monthly.send(SYSTEM, "2026-10")
    assert (out.sent, out.before) == ([], 2)
    assert mails() == [("statement", "bills@acme.test", 1), ("statement", "bills@beta.test", 1)]
    assert "statement" in WITH_FIGURES
    seen = monthly.look(as_("acme"), at("acme"))
    assert [(one.month.first.isoformat(), str(one.mail.label)) for one in seen.sent if one.mail] == [
        ("2026-10-01", "Queued")
    ]


def test_s8_by_itself_only_months_that_were_asked_for(three: None, frozen: time_machine.Coordinates) -> None:
    assert monthly.run_due() == 0, "October was over when they asked"
    frozen.move_to("2026-12-01T03:00:00Z")
    assert monthly.run_due() == 0, "not in the night"
    frozen.move_to("2026-12-01T06:30:00Z")
    assert (monthly.run_due(), monthly.run_due()) == (2, 0)
    monthly.choose(SYSTEM, "beta", False)
    frozen.move_to("2027-01-03T06:30:00Z")
    assert monthly.run_due() == 1
    db.session.rollback()
    assert db.session.query(StatementMailing).count() == 3


def test_s8_nobody_gets_what_another_pays_or_without_an_address(three: None) -> None:
    change("beta", billing_email="", email="")
    customer("main")
    link("main", "acme", "independent")
    (out,) = monthly.send(SYSTEM, "2026-10")
    assert out.sent == ["acme"]
    assert [(one.customer, str(one.why)) for one in out.left_out] == [
        ("beta", "There is no address to which its bills go.")
    ]
    assert [one.name for one in monthly.troubles(SYSTEM)] == ["Beta Ltd"]
    person("branch")
    link("main", "branch")
    with pytest.raises(NotAllowed, match="pays for"):
        monthly.choose(SYSTEM, "branch", True)


def test_s8_one_that_fails_neither_stops_the_others_nor_is_tried_all_the_time(
    three: None, frozen: time_machine.Coordinates, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once a day, until it goes out; staff see why not, and on the command's word it is tried at once."""
    frozen.move_to("2026-12-01T06:30:00Z")
    real, tried = monthly.drawn, []

    def fails(statement: Any, **more: Any) -> Any:
        tried.append(statement.payer.name)
        if statement.payer.name == "Acme Ltd":
            raise TypeError("a fault of ours")
        return real(statement, **more)

    monkeypatch.setattr(monthly, "drawn", fails)
    assert [monthly.run_due() for _ in range(3)] == [1, 0, 0]
    assert tried == ["Acme Ltd", "Beta Ltd"]
    frozen.move_to("2026-12-02T03:00:00Z")
    change("gamma", billing_email="", email="")
    monthly.choose(SYSTEM, "gamma", True)
    assert [monthly.run_due() for _ in range(2)] == [0, 0]
    assert tried == ["Acme Ltd", "Beta Ltd", "Acme Ltd"]
    (one,) = monthly.troubles(SYSTEM)
    assert (one.name, one.period.first.isoformat(), one.tried_on.isoformat(), one.tries) == (
        "Acme Ltd",
        "2026-11-01",
        "2026-12-02",
        2,
    )
    assert str(one.why).startswith("Something went wrong on our side.")
    assert monthly.look(SYSTEM, at("acme")).troubles == (one,)
    assert monthly.look(as_("acme"), at("acme")).troubles == (), "not to its own eyes"
    monkeypatch.setattr(monthly, "drawn", real)
    (out,) = monthly.send(SYSTEM, "2026-11")
    assert out.sent == ["acme"]
    assert [one.name for one in monthly.troubles(SYSTEM)] == ["Gamma Ltd"], "whom the command has told of"
    monthly.choose(SYSTEM, "gamma", False)
    assert monthly.troubles(SYSTEM) == []
    assert len(mails()) == 2


def test_s8_whoever_is_paid_for_meanwhile_is_in_nobodys_way(app: Flask, frozen: time_machine.Coordinates) -> None:
    """Its trouble is over with that: no page is left on which staff could end it."""
    person("acme", name="Acme Ltd", billing_email="", email="")
    monthly.choose(SYSTEM, "acme", True)
    frozen.move_to("2026-12-01T06:30:00Z")
    assert monthly.run_due() == 0
    assert [one.name for one in monthly.troubles(SYSTEM)] == ["Acme Ltd"]
    customer("main")
    link("main", "acme")
    frozen.move_to("2026-12-02T06:30:00Z")
    assert monthly.run_due() == 0
    assert monthly.troubles(SYSTEM) == []
