"""`flask config`."""

from __future__ import annotations

from flask import Flask

from portal.rules.holders import Role
from portal.rules.partners.settings import SETTINGS
from tests import people
from tests.cli.commands import answer, run
from tests.logins import administrator

NAME = "Harbour Net"


def test_f12_every_setting_is_shown_by_its_name(app: Flask) -> None:
    people.partner()
    shown = answer(app, "config", "show", NAME)
    assert [name for name in shown if name not in ("partner", "public_id", "currency")] == list(SETTINGS)
    assert (shown["partner"], shown["currency"], shown["terms"], shown["allocation"]) == (
        NAME,
        "EUR",
        "14 days",
        "choice",
    )
    assert answer(app, "config", "show", shown["public_id"]) == shown
    lines = run(app, "config", "show", NAME).stdout.splitlines()
    assert lines[0] == "Harbour Net, EUR"
    assert {"time_zone=Europe/Prague", "address=1 Quay Street\\nBrno", "grace_days=0"} <= set(lines)


def test_f12_several_are_set_at_once_and_what_was_shown_can_be_set_again(app: Flask) -> None:
    people.partner()
    said = run(app, "config", "set", NAME, "iban=DE89 3704 0044 0532 0130 00", "terms=month end", "address=A\\nB")
    assert said.stdout == "Changed IBAN, terms of payment, address.\n"
    assert run(app, "config", "set", NAME, "terms=month end").stdout == "Nothing changed.\n"
    done = answer(app, "config", "set", NAME, "reminder_minimum=5")
    assert done == {
        "done": ["smallest amount of a reminder"],
        "partner": NAME,
        "settings": {"reminder_minimum": "5.00"},
    }
    before = run(app, "config", "show", NAME).stdout
    again = before.splitlines()[1:]
    assert run(app, "config", "set", NAME, *again).stdout == "Nothing changed.\n"


def test_c6_what_is_not_known_is_refused_with_what_is(app: Flask) -> None:
    people.partner()
    administrator("desk@staff.test", Role.FRONT_OF_HOUSE)
    told = run(app, "config", "set", NAME, "colour=red", "grace_days=1", code=1)
    assert "There is no setting “colour”. There are time_zone, locale," in told.stderr
    assert "Choose one of choice, oldest." in run(app, "config", "set", NAME, "allocation=newest", code=1).stderr
    assert "NAME=VALUE" in run(app, "config", "set", NAME, "iban", code=1).stderr
    assert "NAME=VALUE" in run(app, "config", "set", NAME, "iban=", "iban=", code=1).stderr
    assert answer(app, "config", "set", NAME, "tax_rate=x", code=1)["invalid"]["tax_rate"]
    assert "no partner “Nobody”" in run(app, "config", "show", "Nobody", code=1).stderr
    run(app, "config", "set", NAME, "grace_days=2", "--as", "desk@staff.test", code=1)
    assert answer(app, "config", "show", NAME)["grace_days"] == 0
