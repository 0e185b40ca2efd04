"""`flask link`, `mode`, `unlink` and `management`."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from portal.actions import doctor
from portal.db import customers
from portal.db.engine import db
from portal.db.tables import AuditRecord
from tests import people
from tests.cli.commands import answer, run
from tests.logins import administrator


@pytest.fixture
def pair(app: Flask) -> None:
    people.customer("acme")
    people.customer("branch")


@pytest.mark.usefixtures("pair")
def test_linking_changing_and_unlinking(app: Flask) -> None:
    assert run(app, "link", "acme", "branch", "--mode", "independent").stdout.endswith("linked to Acme, independent.\n")
    assert answer(app, "mode", "branch", "aggregated")["done"] == "Branch: billing mode changed to aggregated"
    assert run(app, "unlink", "branch").stdout == "Branch: unlinked from Acme.\n"
    assert doctor.examine().sound


@pytest.mark.usefixtures("pair")
def test_public_ids_do_as_well(app: Flask) -> None:
    ids = [profile.public_id for name in ("acme", "branch") if (profile := customers.by_reference(name))]
    run(app, "link", *ids, "--mode", "aggregated")
    assert answer(app, "customer", "show", "branch")["payer"] == "acme"


@pytest.mark.usefixtures("pair")
def test_a_refusal_lists_every_rule(app: Flask) -> None:
    people.post("branch", "invoice", 1250, "2026-11-01")
    people.post("branch", "payment", 100, "2026-11-01", ledger="credit")
    result = run(app, "link", "acme", "branch", "--mode", "aggregated", code=1)
    assert [line.split()[0] for line in result.stderr.splitlines()] == ["[L6]", "[L6]"]
    refused = answer(app, "link", "acme", "branch", "--mode", "aggregated", code=1)["refused"]
    assert [one["rule"] for one in refused] == ["L6", "L6"]
    assert refused[0]["message"] == "Branch owes 12.50 EUR."
    assert set(refused[0]) == {"rule", "message", "remedy"}


@pytest.mark.usefixtures("pair")
def test_a_preview_changes_nothing(app: Flask) -> None:
    text = run(app, "link", "acme", "branch", "--mode", "aggregated", "--preview").stdout
    assert "Pays: Branch → Acme" in text
    said = answer(app, "link", "acme", "branch", "--mode", "aggregated", "--preview")
    assert {"what": "Pays", "before": "Branch", "after": "Acme"} in said["changes"]
    assert answer(app, "customer", "show", "branch")["main"] is None
    people.post("branch", "invoice", 1250, "2026-11-01")
    said = answer(app, "link", "acme", "branch", "--mode", "aggregated", "--preview", code=1)
    assert said["refused"][0]["rule"] == "L6"
    run(app, "link", "acme", "branch", "--mode", "independent")
    assert answer(app, "mode", "branch", "aggregated", "--preview", code=1)["refused"][0]["rule"] == "L6"
    assert answer(app, "unlink", "branch", "--preview")["sub"] == "branch"
    assert answer(app, "customer", "show", "branch")["main"] == {"customer": "acme", "mode": "independent"}


@pytest.mark.usefixtures("pair")
def test_management(app: Flask) -> None:
    assert answer(app, "management", "acme", "on", "--preview")["before"] is False
    assert answer(app, "customer", "show", "acme")["management"] is False
    assert run(app, "management", "acme", "on").stdout == "Acme: sub-account management is on.\n"
    assert "is on already" in run(app, "management", "acme", "on", "--preview").stdout
    assert answer(app, "management", "acme", "off") == {"customer": "acme", "management": False}


@pytest.mark.usefixtures("pair")
def test_the_log_names_who_it_was(app: Flask) -> None:
    person = administrator("ada@kith.example")
    run(app, "link", "acme", "branch", "--mode", "independent", "--as", person.email)
    run(app, "unlink", "branch")
    actors = db.session.scalars(select(AuditRecord.actor).where(AuditRecord.action.startswith("sub_accounts")))
    assert list(actors) == ["ada@kith.example"] * 2 + ["system operator"] * 2


@pytest.mark.usefixtures("pair")
def test_wrong_usage(app: Flask) -> None:
    run(app, "link", "acme", "branch", code=2)
    run(app, "link", "acme", "branch", "--mode", "both", code=2)
    run(app, "mode", "branch", "both", code=2)
    run(app, "management", "acme", "maybe", code=2)
    run(app, "unlink", "branch", code=1)
    run(app, "unlink", "nobody", code=1)
