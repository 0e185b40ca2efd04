"""`flask partner link` and `flask partner unlink`."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from portal.actions import doctor
from portal.db.engine import db
from portal.db.tables import AuditRecord
from portal.rules.holders import Role
from tests import people
from tests.cli.commands import answer, run
from tests.logins import administrator


@pytest.fixture
def couple(app: Flask) -> None:
    people.customer("alex")
    people.customer("sam")
    people.post("sam", "invoice", 1250, "2026-11-01")
    people.post("sam", "invoice", 50, "2026-12-24")


@pytest.mark.usefixtures("couple")
def test_linking_and_unlinking(app: Flask) -> None:
    said = run(app, "partner", "link", "alex", "sam").stdout
    assert said == "Sam shares the balances of Alex. Alex took over 13.00 EUR that Sam owed, in 2 transfers.\n"
    assert answer(app, "customer", "show", "sam")["payer"] == "alex"
    said = run(app, "partner", "unlink", "sam").stdout
    assert said.startswith("Alex and Sam no longer share balances. A debt of 12.50 EUR stays with Alex.")
    assert answer(app, "customer", "show", "alex")["partner_account"] is None
    done = answer(app, "partner", "link", "sam", "alex")
    assert set(done) == {"done", "then", "primary", "secondary"}
    assert answer(app, "partner", "unlink", "sam")["done"] == "Sam and Alex no longer share balances"
    assert doctor.examine().sound


@pytest.mark.usefixtures("couple")
def test_a_preview_changes_nothing(app: Flask) -> None:
    text = run(app, "partner", "link", "alex", "sam", "--preview").stdout
    assert "  Transfer on 2026-11-22, House Account: -12.50 EUR to Alex\n" in text
    assert "  Transfer on 2026-12-24, House Account: -0.50 EUR to Alex\n" in text
    assert "  House Account of Sam: -12.50 → 0.00 EUR\n" in text
    said = answer(app, "partner", "link", "alex", "sam", "--preview")
    assert said["transfers"] == [
        {"on": "2026-11-22", "ledger": "house", "amount": "-12.50"},
        {"on": "2026-12-24", "ledger": "house", "amount": "-0.50"},
    ]
    assert {"customer": "alex", "ledger": "house", "before": "0.00", "after": "-12.50"} in said["balances"]
    assert said["stays"] is None
    assert answer(app, "customer", "show", "sam")["partner_account"] is None
    run(app, "partner", "link", "alex", "sam")
    said = answer(app, "partner", "unlink", "sam", "--preview")
    assert (said["primary"], said["secondary"], said["stays"]) == ("alex", "sam", "-12.50")
    assert "  Stays with Alex: -12.50 EUR\n" in run(app, "partner", "unlink", "alex", "--preview").stdout
    assert answer(app, "customer", "show", "sam")["partner_account"] == {"customer": "alex", "primary": False}


@pytest.mark.usefixtures("couple")
def test_a_refusal_lists_every_rule(app: Flask) -> None:
    people.customer("far", of="Lakeside", own_status="inactive")
    for more in ([], ["--preview"]):
        result = run(app, "partner", "link", "alex", "far", *more, code=1)
        assert [line.split()[0] for line in result.stderr.splitlines()] == ["[P5]", "[P5]"]
        refused = answer(app, "partner", "link", "alex", "far", *more, code=1)["refused"]
        assert [one["rule"] for one in refused] == ["P5", "P5"]
        assert all(one["remedy"] for one in refused)
    assert answer(app, "partner", "unlink", "sam", "--preview", code=1)["refused"][0]["rule"] == "P4"


@pytest.mark.usefixtures("couple")
def test_the_log_names_who_it_was(app: Flask) -> None:
    boss = administrator("ada@kith.example", Role.ADMINISTRATOR)
    desk = administrator("fay@kith.example", Role.FRONT_OF_HOUSE)
    run(app, "partner", "link", "alex", "sam", "--as", desk.email, code=1)
    run(app, "partner", "link", "alex", "sam", "--as", boss.email)
    run(app, "partner", "unlink", "alex")
    actors = db.session.scalars(select(AuditRecord.actor).where(AuditRecord.action.startswith("partner_accounts")))
    assert list(actors) == ["ada@kith.example"] * 2 + ["system operator"] * 2


def test_wrong_usage(app: Flask) -> None:
    people.customer("alex")
    run(app, "partner", "link", "alex", code=2)
    run(app, "partner", "unlink", code=2)
    run(app, "partner", "link", "alex", "nobody", code=1)
    run(app, "partner", "unlink", "nobody", code=1)
