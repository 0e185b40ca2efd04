"""What commands and logs print has no powers over the terminal that shows it, whatever names hold."""

from __future__ import annotations

import json
import logging

import pytest
from flask import Flask
from sqlalchemy import text

from portal.db.engine import db, to_write
from portal.outside import logs
from tests import people
from tests.cli.commands import run
from tests.shape import wording

EVIL = "Ann \x1b[2J\x9b1m\u202eBob\x07"
SPELT = "Ann \\x1b[2J\\x9b1m\\u202eBob\\x07"


def test_a_name_with_escapes_is_spelt_out(app: Flask) -> None:
    people.customer("evil")
    with to_write(db.engine) as connection, connection.begin():  # past everything that tidies names
        connection.execute(text("UPDATE customer SET name = :name"), {"name": EVIL})
    assert SPELT in run(app, "customer", "show", "evil").stdout
    told = run(app, "customer", "show", "evil", "--json").stdout
    assert not set(told) & set("\x1b\x9b\u202e\x07")
    assert json.loads(told)["name"] == EVIL
    refused = run(app, "customer", "show", "\x1b]0;title\x07", code=1)
    assert "\\x1b]0;title\\x07" in refused.stderr


def test_lines_of_libraries_are_spelt_out_in_the_log(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    logs.configure("ERROR")
    assert logging.lastResort is not None
    record = logging.LogRecord("some", logging.WARNING, "", 0, "a\x1b[31m%s", ("\u202e",), None)
    assert logging.lastResort.format(record) == "a\\x1b[31m\\u202e"


def test_every_command_prints_there() -> None:
    assert [line for line in wording.wrong() if "portal.cli.terminal" in line] == []
