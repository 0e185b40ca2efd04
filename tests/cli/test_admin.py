"""`flask admin create`, `flask login reset`, `flask sessions end`."""

from __future__ import annotations

import json

from flask import Flask

from portal.actions import logins
from portal.actions.staff import roles
from portal.actions.staff.roles import Draft
from portal.rules.deciding import SYSTEM
from portal.rules.holders import Role
from portal.rules.permissions import Permission
from tests import people
from tests.logins import administrator, login, mails, recipients, resume, sign_in, signed_in

NEW = "tram owl brick lantern"


def test_create_prints_a_link_that_works_once(app: Flask) -> None:
    run = app.test_cli_runner().invoke
    result = run(args=["admin", "create", "--email", "Sol@kith.example", "--name", "Sol", "--role", "operations"])
    assert result.exit_code == 0
    assert "Sol (sol@kith.example) is Operations." in result.output
    token = result.output.strip().splitlines()[-1].rsplit("/", 1)[1]
    logins.accept("invitation", token, NEW)
    assert signed_in("sol@kith.example", NEW).actor.role is Role.OPERATIONS


def test_create_with_a_password_from_standard_input_as_json(app: Flask) -> None:
    people.partner("Harbour Net")
    arguments = ["admin", "create", "--email", "sol@kith.example", "--name", "Sol Ålund", "--partner", "Harbour Net"]
    arguments += ["--role", "front_of_house", "--password-stdin", "--json"]
    result = app.test_cli_runner().invoke(args=arguments, input=f"{NEW}\n")
    answer = json.loads(result.output)
    assert answer.pop("public_id")
    assert answer == {
        "email": "sol@kith.example",
        "name": "Sol Ålund",
        "role": "front_of_house",
        "partner": "Harbour Net",
        "link": None,
        "until": None,
    }
    assert signed_in("sol@kith.example", NEW).partner_name == "Harbour Net"


def test_create_takes_the_name_of_a_custom_role(app: Flask) -> None:
    allowed = frozenset({Permission.CUSTOMERS_VIEW, Permission.SUB_ACCOUNTS_LINK})
    roles.add_role(SYSTEM, Draft("Linking desk", "", allowed))
    arguments = ["admin", "create", "--email", "sol@kith.example", "--name", "Sol", "--role", "linking DESK"]
    result = app.test_cli_runner().invoke(args=[*arguments, "--password-stdin", "--json"], input=f"{NEW}\n")
    assert json.loads(result.output)["role"] == "Linking desk"
    assert signed_in("sol@kith.example", NEW).actor.permissions == allowed | {Permission.STAFF_HOME}


def test_create_can_mail_the_link(app: Flask) -> None:
    arguments = ["admin", "create", "--email", "sol@kith.example", "--name", "Sol", "--role", "administrator", "--mail"]
    result = app.test_cli_runner().invoke(args=arguments)
    assert "on its way to sol@kith.example" in result.output
    assert "/login/" not in result.output
    assert recipients(mails()[-1]) == ["sol@kith.example"]


def test_what_is_wrong_is_said_and_the_exit_code_tells(app: Flask) -> None:
    administrator("desk@kith.example", Role.FRONT_OF_HOUSE)
    run = app.test_cli_runner().invoke
    base = ["admin", "create", "--name", "Sol", "--role", "operations"]
    result = run(args=[*base, "--email", "desk@kith.example"])
    assert result.exit_code == 1
    assert "signs in to the portal already" in result.stderr
    result = run(args=[*base, "--email", "no address", "--json"])
    assert result.exit_code == 1
    assert list(json.loads(result.stdout)["invalid"]) == ["email"]
    result = run(args=[*base, "--email", "sol@kith.example", "--password-stdin"], input="password\n")
    assert result.exit_code == 1
    result = run(args=[*base, "--email", "sol@kith.example", "--as", "desk@kith.example"])
    assert result.exit_code == 1
    assert "Your role does not include this." in result.stderr
    result = run(args=[*base, "--email", "sol@kith.example", "--as", "nobody@kith.example"])
    assert result.exit_code == 1
    result = run(args=[*base, "--email", "sol@kith.example", "--role", "king"])
    assert result.exit_code == 1
    assert "Choose one of super_administrator, administrator, front_of_house, operations." in result.stderr
    assert run(args=[*base, "--email", "sol@kith.example", "--password-stdin", "--mail"]).exit_code == 2
    assert run(args=["admin", "create"]).exit_code == 2


def test_login_reset(app: Flask) -> None:
    login(people.customer("acme"), "dana@acme.example")
    administrator("sol@kith.example")
    run = app.test_cli_runner().invoke
    result = run(args=["login", "reset", "dana@acme.example"])
    assert result.exit_code == 0
    assert "/login/" not in result.output
    assert recipients(mails()[-1]) == ["dana@acme.example"]
    refused = run(args=["login", "reset", "dana@acme.example", "--show-link", "--json"])
    assert refused.exit_code == 1
    assert json.loads(refused.stdout)["refused"][0]["rule"] == "C2"
    link = json.loads(run(args=["login", "reset", "sol@kith.example", "--show-link", "--json"]).stdout)["link"]
    logins.reset_password(link.rsplit("/", 1)[1], NEW)
    assert sign_in("sol@kith.example", NEW)
    assert run(args=["login", "reset", "nobody@acme.example"]).exit_code == 1


def test_sessions_end(app: Flask) -> None:
    login(people.customer("acme"), "dana@acme.example")
    administrator("sol@kith.example")
    token, other = sign_in("dana@acme.example"), sign_in("sol@kith.example")
    run = app.test_cli_runner().invoke
    assert run(args=["sessions", "end", "dana@acme.example"]).output == "One session ended.\n"
    assert resume(token) is None
    assert json.loads(run(args=["sessions", "end", "--all", "--json"]).output) == {"ended": 1}
    assert resume(other) is None
    assert run(args=["sessions", "end"]).exit_code == 2
    assert run(args=["sessions", "end", "--all", "dana@acme.example"]).exit_code == 2
