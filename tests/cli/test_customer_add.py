"""`flask customer add`: one customer, as one row of the customers import."""

from __future__ import annotations

from flask import Flask

from portal.rules.holders import Role
from tests import people
from tests.cli.commands import answer, run
from tests.logins import administrator

LEO = ("--name", "Leo Novák", "--partner", "Harbour Net", "--born-on", "2018-09-21")


def test_c5_a_likely_double_is_refused_unless_it_is_somebody_else(app: Flask) -> None:
    made = answer(app, "customer", "add", *LEO, "--external-id", "n-1", "--kind", "individual")
    assert (made["external_id"], made["name"], made["partner"]) == ("n-1", "Leo Novák", "Harbour Net")
    assert answer(app, "customer", "show", "n-1")["public_id"] == made["public_id"]
    refused = answer(app, "customer", "add", *LEO, code=1)["refused"]
    assert [(one["rule"], one["message"]) for one in refused] == [
        ("C5", "Leo Novák (n-1), born on 2018-09-21 is a customer already: same name and date of birth.")
    ]
    assert "[C5] Leo Novák (n-1)" in run(app, "customer", "add", *LEO, code=1).stderr
    second = answer(app, "customer", "add", *LEO, "--anyway")
    assert second["external_id"] is None
    assert second["public_id"] != made["public_id"]


def test_c6_what_a_file_refuses_is_refused_here(app: Flask) -> None:
    run(app, "customer", "add", "--name", "Pat", "--email", "nobody", code=1)
    run(app, "customer", "add", "--name", "Pat", "--born-on", "yesterday", code=1)
    run(app, "customer", "add", code=2)
    run(app, "customer", "add", "--name", "Pat", "--kind", "ghost", code=2)


def test_c5_an_administrator_of_a_partner_adds_there(app: Flask) -> None:
    administrator("desk@staff.test", Role.FRONT_OF_HOUSE, people.partner())
    made = answer(app, "customer", "add", "--name", "Pat", "--as", "desk@staff.test")
    assert made["partner"] == "Harbour Net"
    run(app, "customer", "add", "--name", "Pat", "--partner", "Other", "--as", "desk@staff.test", code=1)


def test_sec60_a_command_takes_names_and_numbers_however_they_are_written(app: Flask) -> None:
    typed = ("--name", "Zoe\u0308\u200b Novák", "--email", "zoe@xn--mnchen-3ya.example", "--external-id", "mu\u0308-1")
    made = answer(app, "customer", "add", *typed)
    assert (made["external_id"], made["name"]) == ("mü-1", "Zoë Novák")
    for spelling in ("mü-1", "mu\u0308-1"):
        assert answer(app, "customer", "show", spelling)["public_id"] == made["public_id"]
    run(app, "customer", "add", "--name", "\u3164", code=1)
    sol = ("--email", "sol@xn--mnchen-3ya.example", "--name", "Sol", "--role", "super_administrator")
    assert answer(app, "admin", "create", *sol)["email"] == "sol@münchen.example"
    answer(app, "customer", "add", "--name", "Pat", "--as", "sol@mu\u0308nchen.example")
