"""`flask doctor`."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import text

from portal.db.engine import db, to_write
from tests import people
from tests.cli.commands import answer, run


def test_a_sound_database(app: Flask) -> None:
    people.customer("acme")
    people.post("acme", "invoice", 5, "2026-11-01")
    lines = run(app, "doctor").stdout.splitlines()
    assert lines[-1] == "Everything is sound."
    assert all(line.startswith("ok") for line in lines[:-1])
    said = answer(app, "doctor")
    assert said["sound"] is True
    assert all(check["ok"] for check in said["checks"])


def test_a_broken_one(app: Flask) -> None:
    people.customer("acme")
    people.post("acme", "invoice", 5, "2026-11-01")
    with to_write(db.engine) as connection, connection.begin():
        connection.execute(text("UPDATE ledger_account SET balance_minor = 7 WHERE owner_id IS NOT NULL"))
    result = run(app, "doctor", code=1)
    assert "BROKEN  Stored balances are the sums of their postings" in result.stdout
    assert "stores a balance of 7, but its postings add up to -5" in result.stderr
    said = answer(app, "doctor", code=1)
    assert said["sound"] is False
    broken = [check["check"] for check in said["checks"] if not check["ok"]]
    assert broken == [
        "Stored balances are the sums of their postings",
        "What a statement opens with is what the one before closed with (a sample)",
        "Open items less what is unallocated is each House Account",
    ]
