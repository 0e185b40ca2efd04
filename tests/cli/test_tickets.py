"""`flask ticket`: the conversation as commands tell it, in whose name they are."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import time_machine
from flask import Flask
from sqlalchemy import select

from portal.db.engine import db
from portal.db.tables import OutboxMessage
from tests.cli.commands import answer, run
from tests.outside import files
from tests.outside.mails import mail
from tests.web.acme import person

ME = ("--as", "acme@portal.test")


def test_m4_a_conversation_in_commands(app: Flask, tmp_path: Path) -> None:
    person("acme", name="Acme Ltd", called="Petra Acme")
    picture = tmp_path / "dot.png"
    picture.write_bytes(files.png())
    made = answer(
        app, "ticket", "open", "acme", "--subject", "Line down", "--text", "Nothing works", "--attach", picture
    )
    assert (made["state"], made["follows"], made["customer"], len(made["entries"])) == ("open", None, "acme", 1)
    assert set(made["entries"][0]) == {"at", "by", "kind", "text"}
    ticket = made["ticket"]
    noted = answer(app, "ticket", "note", ticket, "--text", "The duct is crushed")
    assert [one["kind"] for one in noted["entries"]] == ["answer", "note"]
    answered = answer(app, "ticket", "answer", ticket, "--text", "Restart it")
    assert answered["state"] == "waiting_for_customer"
    mine = answer(app, "ticket", "answer", ticket, "--text", "It runs", *ME)
    assert mine["state"] == "waiting_for_us"
    seen = answer(app, "ticket", "show", ticket, *ME)
    assert [(one["kind"], one["by"]) for one in seen["entries"]] == [
        ("answer", "Harbour Net"),
        ("answer", "Harbour Net"),
        ("answer", "Petra Acme"),
    ]
    assert "crushed" not in str(seen)
    assert "crushed" not in run(app, "ticket", "show", ticket, *ME).stdout
    assert [one["ticket"] for one in answer(app, "ticket", "list", "acme", *ME)["tickets"]] == [ticket]
    assert "failed" in answer(app, "ticket", "note", ticket, "--text", "x", *ME, code=1)


def test_m4_mail_on_standard_input(app: Flask, tmp_path: Path) -> None:
    person("acme", name="Acme Ltd", called="Petra Acme")
    ticket = answer(app, "ticket", "open", "acme", "--subject", "Line", "--text", "Down", *ME)["ticket"]
    run(app, "ticket", "answer", ticket, "--text", "Restart it")
    sent = db.session.scalars(select(OutboxMessage).where(OutboxMessage.purpose == "ticket")).one()
    raw = mail("acme@portal.test", f"Re: {sent.subject}", "It runs.", Message_ID="<one@acme.test>")
    db.session.rollback()
    told = app.test_cli_runner().invoke(args=["ticket", "receive", "-", "--json"], input=raw)
    said = json.loads(told.stdout)
    assert (said["outcome"], said["ticket"], said["entries"][-1]["text"]) == ("answered", ticket, "It runs.")
    path = tmp_path / "one.eml"
    path.write_bytes(mail("acme@portal.test", f"Re: {sent.subject}", "Away.", Auto_Submitted="auto-replied"))
    assert answer(app, "ticket", "receive", path)["outcome"] == "ignored"
    assert "Answered by itself" in run(app, "ticket", "receive", path).stdout
    assert answer(app, "ticket", "show", ticket)["state"] == "waiting_for_us"


def test_m4_the_worked_example(app: Flask, frozen: time_machine.Coordinates) -> None:
    person("acme")
    run(app, "config", "set", "Harbour Net", "tickets_close_after=2")
    for days in (1, 18):
        ticket = answer(app, "ticket", "open", "acme", "--subject", "Line", "--text", "Down", *ME)["ticket"]
        assert answer(app, "ticket", "state", ticket, "solved")["state"] == "solved"
        frozen.shift(timedelta(days=days))
        replied = answer(app, "ticket", "answer", ticket, "--text", "Again", *ME)
        if days == 1:
            assert (replied["ticket"], replied["state"], replied["follows"]) == (ticket, "open", None)
        else:
            assert (replied["ticket"] != ticket, replied["follows"]) == (True, ticket)
            assert answer(app, "ticket", "show", ticket)["state"] == "closed"
