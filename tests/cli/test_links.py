"""`flask link`, `mode`, `unlink` and `management`."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from sqlalchemy import select

from portal.actions import doctor
from portal.db.customers import profiles as customers
from portal.db.engine import db
from portal.db.tables import AuditRecord
from portal.rules.holders import Role
from tests import families, people
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
def test_l7_l11_what_is_lent_and_imposed_is_shown_beside_what_is_own(app: Flask) -> None:
    families.change("acme", billing_day=1)
    families.change("branch", billing_day=9)
    run(app, "link", "acme", "branch", "--mode", "aggregated")
    run(app, "customer", "status", "acme", "blocked")
    shown = answer(app, "customer", "show", "branch")
    assert shown["billing"] == {"type": "recurring", "own_day": 9, "effective_day": 1}
    assert shown["status"] == {"own": "active", "effective": "blocked", "because_of": "acme", "cause": None}
    refused = answer(app, "unlink", "branch", code=1)["refused"]
    assert [(one["rule"], one["message"]) for one in refused] == [("L10", "Acme is Blocked.")]
    refused = answer(app, "mode", "branch", "independent", code=1)["refused"]
    assert [(one["rule"], one["message"]) for one in refused] == [("L9", "Acme is Blocked.")]
    run(app, "customer", "status", "acme", "active")
    run(app, "unlink", "branch")
    shown = answer(app, "customer", "show", "branch")
    assert (shown["billing"]["effective_day"], shown["status"]["effective"], shown["main"]) == (9, "active", None)


@pytest.mark.usefixtures("pair")
def test_l3_l4_l5_p6_each_is_refused_by_name(app: Flask) -> None:
    people.customer("far", of="Lakeside")
    people.customer("asleep", own_status="inactive")
    for name in ("alex", "sam"):
        people.customer(name)
    people.share("alex", "sam")
    for main, sub, rule in [
        ("acme", "far", "L3"),
        ("acme", "asleep", "L4"),
        ("acme", "acme", "L5"),
        ("sam", "branch", "P6"),
    ]:
        for more in ((), ("--preview",)):
            said = answer(app, "link", main, sub, "--mode", "independent", *more, code=1)
            assert [one["rule"] for one in said["refused"]] == [rule], (main, sub)


@pytest.mark.usefixtures("pair")
def test_l1_only_who_may_links(app: Flask) -> None:
    boss = administrator("boss@kith.example", Role.ADMINISTRATOR)
    for command in (
        ("link", "acme", "branch", "--mode", "independent"),
        ("management", "acme", "on"),
        ("import", "links", "nothing.csv"),
    ):
        result = run(app, *command, "--as", boss.email, "--json", code=1)
        assert set(json.loads(result.stdout)) == {"failed"}
    assert answer(app, "customer", "show", "branch")["main"] is None


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
