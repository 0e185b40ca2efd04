"""`flask group` and `flask features`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from portal.actions import groups
from portal.actions.groups import Welcome
from portal.db.customers import profiles as customers
from portal.db.engine import db, writes
from portal.db.partners import features
from portal.db.tables import AuditRecord
from portal.rules.deciding import SYSTEM
from portal.rules.groups import GroupRole
from portal.rules.holders import Role
from portal.rules.scopes import Scope
from tests import people
from tests.cli.commands import answer, run
from tests.logins import administrator, login

ALL = [scope.value for scope in Scope]


@pytest.fixture
def family(app: Flask) -> Flask:
    """A family that could form a group, with the feature on."""
    for name in ("mum", "nanny", "dad"):
        people.customer(name, kind="individual", born_on=date(1980, 5, 1))
    people.customer("kid", kind="individual", born_on=date(2015, 5, 1), name="Zoë <b>O'Brien</b> 株式会社 عربى")
    groups.switch_groups(SYSTEM, True)
    return app


@pytest.fixture
def formed(family: Flask) -> Flask:
    """The group of mum with a nanny until the summer, and a kid."""
    run(family, "group", "create", "mum", "--label", "Parent")
    nanny = ("--role", "admin", "--label", "Nanny", "--scopes", "book,view", "--until", "2027-06-30")
    run(family, "group", "add", "mum", "nanny", *nanny)
    run(family, "group", "add", "mum", "kid", "--role", "dependent", "--label", "Child")
    return family


def member(app: Flask, reference: str) -> dict[str, object]:
    shown = answer(app, "group", "show", reference)["members"]
    return next(one for one in shown if one["customer"] == reference)


def test_a_group_is_created_filled_and_shown(family: Flask) -> None:
    made = answer(family, "group", "create", "mum", "--label", "parent")
    assert made == {"done": "The group of Mum is created", "group": made["group"], "customer": "mum"}
    said = run(family, "group", "add", "mum", "nanny", "--role", "Admin", "--until", "2027-06-30", "--scopes", "BOOK")
    assert said.stdout == "Nanny is in the group of Mum.\n"
    run(family, "group", "add", "mum", "kid", "--role", "DEPENDENT", "--label", "CHILD")
    assert answer(family, "group", "show", "kid") == {
        "group": made["group"],
        "external_id": None,
        "owner": "mum",
        "partner": "Harbour Net",
        "on": True,
        "members": [
            {"customer": "mum", "name": "Mum", "role": "owner", "label": "Parent", "until": None, "scopes": ALL},
            {
                "customer": "nanny",
                "name": "Nanny",
                "role": "admin",
                "label": None,
                "until": "2027-06-30",
                "scopes": ["view", "book"],
            },
            {
                "customer": "kid",
                "name": "Zoë <b>O'Brien</b> 株式会社 عربى",
                "role": "dependent",
                "label": "Child",
                "until": None,
                "scopes": [],
            },
        ],
        "invitations": [],
    }


def test_the_text_tells_the_same(formed: Flask) -> None:
    welcome = Welcome("gran@example.test", "Gran", GroupRole.ADMIN, "Carer", until=date(2027, 1, 31))
    groups.invite(SYSTEM, groups.find_owned(SYSTEM, "mum"), welcome)
    group = answer(formed, "group", "show", "mum")["group"]
    assert run(formed, "group", "show", "nanny").stdout.splitlines() == [
        f"Group            {group} of Mum (mum)",
        "Partner          Harbour Net",
        "Owner            Mum (mum), Parent",
        "Admin            Nanny (nanny), Nanny, may view+book, until 2027-06-30",
        "Dependent        Zoë <b>O'Brien</b> 株式会社 عربى (kid), Child",
        "Invited          gran@example.test as Admin, Carer, until 2027-01-31, expires 2026-12-06 09:30 UTC",
    ]
    (invited,) = answer(formed, "group", "show", "mum")["invitations"]
    assert (invited["email"], invited["role"], invited["until"]) == ("gran@example.test", "admin", "2027-01-31")


def test_g1_it_is_shown_and_not_changed_while_the_feature_is_off(formed: Flask) -> None:
    run(formed, "features", "set", "groups", "off")
    assert answer(formed, "group", "show", "mum")["on"] is False
    assert "Groups are off for Harbour Net" in run(formed, "group", "show", "mum").stdout
    for command in (("create", "dad"), ("add", "mum", "dad", "--role", "admin"), ("role", "kid", "admin")):
        said = answer(formed, "group", *command, code=1)
        assert [one["rule"] for one in said["refused"]] == ["G1"]
    assert "[G1]" in run(formed, "group", "remove", "kid", code=1).stderr
    assert len(answer(formed, "group", "show", "mum")["members"]) == 3


def test_g3_the_role_owner_transfers_the_ownership(formed: Flask) -> None:
    said = answer(formed, "group", "role", "mum", "admin", code=1)
    assert [one["rule"] for one in said["refused"]] == ["G3"]
    assert run(formed, "group", "role", "nanny", "Owner").stdout == "Nanny: role Owner.\n"
    assert member(formed, "nanny") == {
        "customer": "nanny",
        "name": "Nanny",
        "role": "owner",
        "label": "Nanny",
        "until": None,
        "scopes": ALL,
    }
    assert (member(formed, "mum")["role"], member(formed, "mum")["label"]) == ("admin", "Parent")
    run(formed, "group", "add", "nanny", "dad", "--role", "owner")
    assert answer(formed, "group", "show", "kid")["owner"] == "dad"


@pytest.mark.parametrize("word", ["none", "never", "None"])
def test_g16_an_end_is_taken_away_by_a_word(formed: Flask, word: str) -> None:
    run(formed, "group", "role", "nanny", "admin", "--until", "", code=2)
    assert member(formed, "nanny")["until"] == "2027-06-30"
    run(formed, "group", "role", "nanny", "admin", "--until", word)
    assert member(formed, "nanny")["until"] is None


def test_a_role_keeps_what_is_not_said(formed: Flask) -> None:
    run(formed, "group", "role", "nanny", "admin", "--label", "Carer")
    nanny = member(formed, "nanny")
    assert (nanny["label"], nanny["until"], nanny["scopes"]) == ("Carer", "2027-06-30", ["view", "book"])
    run(formed, "group", "role", "nanny", "admin", "--label", "", "--until", "never", "--scopes", "documents")
    nanny = member(formed, "nanny")
    assert (nanny["label"], nanny["until"], nanny["scopes"]) == (None, None, ["view", "documents"])
    assert run(formed, "group", "role", "nanny", "admin").stdout == "Nanny is as before.\n"
    run(formed, "group", "add", "mum", "dad", "--role", "dependent")
    run(formed, "group", "role", "dad", "admin")
    assert member(formed, "dad")["scopes"] == ALL


def test_g8_removing_the_last_one_dissolves_the_group(formed: Flask) -> None:
    said = answer(formed, "group", "remove", "mum", code=1)
    assert [one["rule"] for one in said["refused"]] == ["G8"]
    assert run(formed, "group", "remove", "kid").stdout.endswith("is no longer in the group.\n")
    assert run(formed, "group", "remove", "nanny").stdout == (
        "Nanny is no longer in the group.\nOnly the Owner is left. Removing the Owner too dissolves the group.\n"
    )
    done = answer(formed, "group", "remove", "mum")
    assert done == {"done": "The group of Mum is dissolved", "group": None, "customer": "mum"}
    said = answer(formed, "group", "show", "mum", code=1)
    assert said["refused"][0]["message"] == "Mum is not in any group."


def test_refusals_are_listed_with_their_rules(formed: Flask) -> None:
    people.customer("far", of="Lakeside", own_status="inactive")
    said = answer(formed, "group", "add", "mum", "far", "--role", "dependent", code=1)
    assert [one["rule"] for one in said["refused"]] == ["G9", "C1"]
    assert set(said["refused"][0]) == {"rule", "message", "remedy"}
    assert [one["rule"] for one in answer(formed, "group", "create", "kid", code=1)["refused"]] == ["G5", "G15"]
    said = answer(formed, "group", "add", "nanny", "dad", "--role", "admin", code=1)
    assert said["refused"] == [
        {
            "rule": "G3",
            "message": "Nanny is the Owner of no group. It is in the group of Mum (mum).",
            "remedy": "Name the Owner instead.",
        }
    ]
    said = answer(formed, "group", "add", "dad", "kid", "--role", "admin", code=1)
    assert said["refused"][0]["remedy"] == "Create a group first."


def test_wrong_values_are_named(formed: Flask) -> None:
    dad = ("group", "add", "mum", "dad", "--role")
    said = answer(formed, *dad, "admin", "--label", "Boss", code=1)
    assert said == {"invalid": {"label": ["“Boss” is not one of the labels: Parent, Nanny, Child, Carer."]}}
    assert "until" in answer(formed, *dad, "admin", "--until", "2026-11-21", code=1)["invalid"]
    assert "until" in answer(formed, *dad, "owner", "--until", "2027-11-21", code=1)["invalid"]
    said = answer(formed, "group", "role", "nanny", "admin", "--until", "2020-01-01", code=1)
    assert said["refused"][0]["rule"] == "G12"
    assert "There is no customer “nobody”." in run(formed, "group", "show", "nobody", code=1).stderr
    assert "failed" in answer(formed, "group", "create", "nobody", code=1)
    run(formed, *dad[:2], "mum", "nobody", "--role", "admin", code=1)


@pytest.mark.parametrize(
    "arguments",
    [
        ("add", "mum", "dad"),
        ("add", "mum", "dad", "--role", "boss"),
        ("add", "mum", "dad", "--role", "admin", "--scopes", "fly"),
        ("add", "mum", "dad", "--role", "admin", "--scopes", ","),
        ("add", "mum", "dad", "--role", "admin", "--until", "tomorrow"),
        ("add", "mum", "dad", "--role", "dependent", "--scopes", "view"),
        ("role", "kid", "boss"),
        ("create",),
        ("dance",),
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_with_two(formed: Flask, arguments: tuple[str, ...]) -> None:
    run(formed, "group", *arguments, code=2)


def test_g5_who_is_in_several_groups_is_named_with_one(formed: Flask) -> None:
    @writes
    def allow_two() -> None:
        (one,) = features.settings()
        features.save(one.id, {"groups_per_customer": 2})

    allow_two()
    run(formed, "group", "create", "dad")
    run(formed, "group", "add", "dad", "nanny", "--role", "admin")
    said = answer(formed, "group", "show", "nanny", code=1)
    assert said["refused"][0]["remedy"] == "Name one with --group: mum, dad."
    assert answer(formed, "group", "show", "nanny", "--group", "dad")["owner"] == "dad"
    run(formed, "group", "role", "nanny", "dependent", "--group", "dad")
    run(formed, "group", "remove", "nanny", "--group", "mum")
    assert answer(formed, "group", "show", "nanny")["owner"] == "dad"
    second = answer(formed, "group", "create", "dad")["group"]
    run(formed, "group", "add", "dad", "mum", "--role", "admin", code=1)
    run(formed, "group", "add", "dad", "mum", "--role", "admin", "--group", second)
    assert answer(formed, "group", "show", "mum", "--group", second)["owner"] == "dad"


def test_it_is_done_in_somebodys_name(family: Flask) -> None:
    desk = administrator("fay@kith.example", Role.FRONT_OF_HOUSE)
    far = administrator("lake@kith.example", Role.FRONT_OF_HOUSE, people.partner("Lakeside"))
    run(family, "group", "create", "mum", "--as", desk.email)
    db.session.rollback()
    assert db.session.scalar(select(AuditRecord.actor).where(AuditRecord.action == "group.create")) == desk.email
    run(family, "group", "show", "mum", "--as", desk.email)
    run(family, "group", "show", "mum", "--as", far.email, code=1)
    run(family, "group", "add", "mum", "kid", "--role", "dependent", "--as", far.email, code=1)
    run(family, "group", "create", "dad", "--as", "nobody@kith.example", code=1)


def test_groups_are_imported_by_the_command(family: Flask, tmp_path: Path) -> None:
    file = tmp_path / "groups.csv"
    file.write_text("group,customer,role,label\nfam,kid,dependent,Child\nfam,mum,owner,Parent\n", encoding="utf-8")
    said = run(family, "import", "groups", file, "--progress")
    assert said.stdout == "groups: 2 rows, 2 created, 0 updated, 0 there already.\n"
    assert answer(family, "import", "groups", file)["skipped"] == 2
    shown = answer(family, "group", "show", "kid")
    assert (shown["external_id"], shown["owner"]) == ("fam", "mum")
    file.write_text("group,customer,role\nnew,kid,dependent\n", encoding="utf-8")
    said = answer(family, "import", "groups", file, code=1)
    assert [(one["rule"], one["line"]) for one in said["refused"]] == [("G3", 2), ("G5", 2)]
    assert [one["column"] for one in said["errors"]] == ["role", "customer"]


# Switches


def test_features_are_switched_and_shown(app: Flask) -> None:
    people.partner("Lakeside")
    people.partner()
    assert run(app, "features", "set", "groups", "on").stdout == "Groups are on for the installation.\n"
    said = answer(app, "features", "set", "groups", "off", "--partner", "Lakeside")
    assert said == {"done": "Groups are off for Lakeside", "feature": "groups", "on": False, "partner": "Lakeside"}
    shown = answer(app, "features", "show")["groups"]
    assert shown["on"] is True
    assert [(one["partner"], one["own"], one["on"]) for one in shown["partners"]] == [
        ("Harbour Net", None, True),
        ("Lakeside", False, False),
    ]
    assert run(app, "features", "show").stdout.splitlines() == [
        "Groups are on for the installation.",
        "Harbour Net: on; one group a customer, of age at 18.",
        "Lakeside: off, its own choice; one group a customer, of age at 18.",
    ]


def test_features_that_are_not_there_and_who_may_not(app: Flask) -> None:
    run(app, "features", "set", "teleport", "on", code=2)
    run(app, "features", "set", "groups", "maybe", code=2)
    assert answer(app, "features", "set", "groups", "on", "--partner", "Nobody", code=1) == {
        "failed": ["There is no partner “Nobody”."]
    }
    operations = administrator("omar@kith.example", Role.OPERATIONS)
    desk = administrator("fay@kith.example", Role.FRONT_OF_HOUSE)
    run(app, "features", "set", "groups", "on", "--as", operations.email)
    run(app, "features", "set", "groups", "off", "--as", desk.email, code=1)
    run(app, "features", "show", "--as", desk.email, code=1)
    assert features.is_on()


# Who may do what


def test_can_names_the_grant_its_group_and_its_end(formed: Flask) -> None:
    for name in ("mum", "nanny", "kid"):
        found = customers.by_reference(name)
        assert found is not None
        login(found, f"{name}@example.test")
    group = answer(formed, "group", "show", "mum")["group"]
    allowed = {"allowed": True, "reason": "", "group": group}
    carer = allowed | {"grant": "carer grant", "until": "2027-06-30"}
    assert answer(formed, "can", "mum@example.test", "finance", "kid") == allowed | {"grant": "group"}
    assert answer(formed, "can", "nanny@example.test", "book", "kid") == carer
    assert answer(formed, "can", "nanny@example.test", "profile.view", "kid") == carer
    assert run(formed, "can", "mum@example.test", "order", "kid").stdout == "yes, as group\n"
    said = run(formed, "can", "nanny@example.test", "view", "kid").stdout
    assert said == "yes, as carer grant until 2027-06-30\n"
    no = answer(formed, "can", "nanny@example.test", "finance", "kid")
    assert (no["allowed"], no["grant"], set(no)) == (False, None, {"allowed", "grant", "reason"})
    assert "see finances" in no["reason"]
    assert answer(formed, "can", "kid@example.test", "view", "mum")["allowed"] is False
    assert answer(formed, "can", "mum@example.test", "view", "nanny")["allowed"] is False
    assert answer(formed, "can", "mum@example.test", "tickets", "mum")["grant"] == "self"
    run(formed, "features", "set", "groups", "off")
    assert answer(formed, "can", "mum@example.test", "view", "kid")["allowed"] is False
    run(formed, "can", "mum@example.test", "fly", "kid", code=2)


def test_customer_show_lists_groups_while_the_feature_is_on(formed: Flask) -> None:
    line = {"owner": "mum", "role": "admin", "label": "Nanny", "until": "2027-06-30"}
    assert answer(formed, "customer", "show", "nanny")["groups"] == [line]
    assert answer(formed, "customer", "show", "dad")["groups"] == []
    said = run(formed, "customer", "show", "nanny").stdout
    assert "Group            of Mum (mum), as Admin, Nanny, until 2027-06-30\n" in said
    run(formed, "features", "set", "groups", "off")
    assert answer(formed, "customer", "show", "nanny")["groups"] == []
    assert "Group " not in run(formed, "customer", "show", "nanny").stdout


def test_g18_freezing_and_ending_it(formed: Flask) -> None:
    assert run(formed, "group", "freeze", "kid", "--reason", "In court").stdout.startswith("The guardianship over ")
    assert member(formed, "kid")["frozen"] is True
    assert "guardianship frozen by staff" in run(formed, "group", "show", "mum").stdout
    said = answer(formed, "group", "freeze", "kid", "--reason", "In court", code=1)
    assert [one["rule"] for one in said["refused"]] == ["G18"]
    assert "reason" in run(formed, "group", "unfreeze", "kid", code=2).stderr
    assert answer(formed, "group", "unfreeze", "kid", "--reason", "Settled")["customer"] == "kid"
    assert "frozen" not in member(formed, "kid")
    said = answer(formed, "group", "unfreeze", "kid", "--reason", "Settled", code=1)
    assert [one["rule"] for one in said["refused"]] == ["G18"]
