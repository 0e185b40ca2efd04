"""Writing mail, its states, who may see them, and looking after the outbox."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from jinja2 import UndefinedError
from sqlalchemy import select

from portal.actions import outbox as actions
from portal.actions.outbox import sending
from portal.config import MailServer
from portal.db import files, outbox
from portal.db.audit import records as audit
from portal.db.engine import db, writes
from portal.db.outbox import Attachment
from portal.db.tables import OutboxMessage
from portal.outside import bell, clock, mail_texts
from portal.outside import files as disk
from portal.rules.deciding import SYSTEM, Actor
from portal.rules.errors import Busy, Invalid, Missing, NotAllowed, Refused
from portal.rules.holders import Role
from portal.rules.outbox import State
from portal.rules.sentences import NOTHING, verbatim
from tests.faults.mail_server import free_port
from tests.logins import administrator, login
from tests.people import customer, partner


@writes
def write(**more: Any) -> str:
    values: dict[str, Any] = {"purpose": "test", "to": ["a@acme.example"], "subject": "Hello", "text": "Hello\n"} | more
    return outbox.queue(**values | {"subject": verbatim(values["subject"])})


def stored(public_id: str) -> OutboxMessage:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(select(OutboxMessage).where(OutboxMessage.public_id == public_id)).one()


@pytest.fixture
def bell_rings(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The state of the newest message, as others see it, whenever the worker is woken."""
    heard: list[str] = []

    def ring() -> bool:
        with db.engine.connect() as another:
            heard.append(
                another.execute(select(OutboxMessage.state).order_by(OutboxMessage.id.desc())).scalars().first()
            )
        return True

    monkeypatch.setattr(bell.of(app), "ring", ring)
    return heard


def test_a_message_is_written_with_the_change_or_not_at_all(app: Flask, bell_rings: list[str]) -> None:
    @writes
    def changes_its_mind() -> None:
        outbox.queue(purpose="test", to=["a@acme.example"], subject=verbatim("Hello"), text="Hello")
        raise Refused([])

    with pytest.raises(Refused):
        changes_its_mind()
    assert outbox.counts()[State.QUEUED] == 0
    assert bell_rings == []


def test_the_worker_is_woken_after_each_commit(app: Flask, bell_rings: list[str]) -> None:
    write()
    write()
    assert bell_rings == ["queued", "queued"]


def test_r22_a_redis_out_of_reach_does_not_fail_the_change(app: Flask) -> None:
    gone = {"redis_url": f"redis://127.0.0.1:{free_port()}/0"}
    app.config["PORTAL_SETTINGS"] = app.config["PORTAL_SETTINGS"].model_copy(update=gone)
    assert stored(write()).state == "queued"
    assert bell.of(app).ring() is False


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("subject", {"subject": "Hello\r\nBcc: everybody@evil.example"}),
        ("subject", {"subject": "Hello\x00"}),
        ("subject", {"subject": "  "}),
        ("subject", {"subject": "x" * 301}),
        ("to", {"to": ["a@acme.example\nBcc: b@evil.example"]}),
        ("to", {"to": ["a@acme.example, b@evil.example"]}),
        ("to", {"to": ["nobody"]}),
        ("to", {"to": ["żaba@acme.example"]}),
        ("to", {"to": ["a@" + "x" * 70 + ".example"]}),
        ("to", {"to": []}),
        ("to", {"to": [f"p{n}@acme.example" for n in range(51)]}),
        ("sender_name", {"sender_name": "Acme\nBcc: b@evil.example"}),
        ("reply_to", {"reply_to": "a@acme.example\r\nX: y"}),
        ("attachments", {"attachments": [Attachment(1, "a\r\nb.pdf", "application/pdf")]}),
    ],
)
def test_sec47_header_injection_is_refused(app: Flask, field: str, values: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refusal:
        write(**values)
    assert list(refusal.value.fields) == [field]
    assert outbox.counts()[State.QUEUED] == 0


def test_without_a_mail_server_mail_is_kept(app: Flask) -> None:
    one = write()
    assert actions.send_due().kept == 1
    (state,) = outbox.states_for(public_ids=[one])
    assert state.state is State.KEPT
    assert "no mail server is set up" in str(state.sentence(clock.now()))
    assert actions.send_due().handled == 0


def test_the_text_of_secret_mail_is_shown_to_nobody_and_wiped_when_settled(app: Flask) -> None:
    one = write(secret=True, text="https://portal.example/login/reset/abc")
    view = actions.open_message(SYSTEM, one)
    assert view.text is None
    assert "signs somebody in" in str(view.hidden)
    claimed = sending._claim()
    assert claimed is not None
    assert "reset/abc" in claimed.text

    @writes
    def send() -> None:
        sent = dict.fromkeys(claimed.recipients, (State.SENT, NOTHING))
        outbox.settle(claimed, sent, due_at=clock.now(), now=clock.now())

    send()
    assert stored(one).text == ""
    assert "wiped" in str(actions.open_message(SYSTEM, one).hidden)


def test_development_without_a_server_shows_secret_mail(app: Flask) -> None:
    settings = app.config["PORTAL_SETTINGS"]
    app.config["PORTAL_SETTINGS"] = settings.model_copy(update={"env": "development"})
    one = write(secret=True, text="https://portal.example/login/reset/abc")
    actions.send_due()
    assert actions.open_message(SYSTEM, one).text == "https://portal.example/login/reset/abc"


def test_production_wipes_secret_mail_that_it_keeps(app: Flask) -> None:
    one = write(secret=True)
    app.config["PORTAL_SETTINGS"] = app.config["PORTAL_SETTINGS"].model_copy(update={"env": "production"})
    actions.send_due()
    assert stored(one).text == ""


def test_a_state_is_told_to_whoever_caused_the_mail_and_to_staff(app: Flask) -> None:
    acme = customer("acme")
    sender, other = login(acme, "petra@acme.example"), login(acme, "paul@acme.example")
    one = write(login_id=sender.login_id, customer_id=acme.id)
    assert actions.state_of(sender, one).state is State.QUEUED
    assert [s.public_id for s in actions.states(sender, [one])] == [one]
    assert actions.states(other, [one]) == []
    assert actions.state_of(administrator("sol@kith.example"), one).state is State.QUEUED
    for stranger in (other, administrator("desk@kith.example", Role.FRONT_OF_HOUSE), Actor("nobody")):
        with pytest.raises(Missing):
            actions.state_of(stranger, one)


def test_staff_of_a_partner_see_its_mail_only(app: Flask) -> None:
    ours, theirs = customer("ours"), customer("theirs", of="Other Net")
    bound = administrator("bound@kith.example", Role.ADMINISTRATOR, partner("Harbour Net"))
    mine, foreign, general = write(customer_id=ours.id), write(customer_id=theirs.id), write()
    assert [row.state.public_id for row in actions.list_messages(bound).rows] == [mine]
    assert actions.open_message(bound, mine).customer_name == "Ours"
    for one in (foreign, general):
        with pytest.raises(Missing):
            actions.open_message(bound, one)
        with pytest.raises(Missing):
            actions.queue_again(bound, one)
    with pytest.raises(NotAllowed):
        actions.list_messages(administrator("desk@kith.example", Role.FRONT_OF_HOUSE))


def test_queueing_again_is_audited_and_refused_where_it_makes_no_sense(app: Flask) -> None:
    acme = customer("acme")
    sol = administrator("sol@kith.example")
    one = write(customer_id=acme.id)
    with pytest.raises(Refused, match="still on its way"):
        actions.queue_again(sol, one)
    actions.send_due()
    with pytest.raises(Refused, match="No mail server"):
        actions.queue_again(sol, one)
    server = MailServer("127.0.0.1", 9, None, None, tls=False, starttls=False)
    app.config["PORTAL_SETTINGS"] = app.config["PORTAL_SETTINGS"].model_copy(update={"mail_server": server})
    claimed_again = write(customer_id=acme.id)
    claimed = sending._claim()
    assert claimed is not None
    sending._set_aside(claimed, verbatim("550 No such user"))
    assert actions.queue_again(sol, claimed_again).state is State.QUEUED
    assert str(audit.for_subject(acme.id)[0].text) == "Queued “Hello” again"


def test_a_lost_lease_changes_nothing(app: Flask, frozen: time_machine.Coordinates) -> None:
    one = write()
    first = sending._claim()
    frozen.shift(timedelta(minutes=6))
    second = sending._claim()
    assert first is not None
    assert second is not None
    assert (first.id, second.unanswered) == (second.id, 1)
    sending._set_aside(first, verbatim("late"))
    assert stored(one).state == "sending"
    sending._set_aside(second, verbatim("in time"))
    assert stored(one).last_error == verbatim("in time")


def test_doctor_names_what_is_stuck(app: Flask, frozen: time_machine.Coordinates) -> None:
    left = write()
    sending._claim()
    waiting = write()
    frozen.shift(timedelta(days=4))
    assert [str(one) for one in outbox.stuck()] == [
        f"Outbox message {left} was left in the middle of sending for more than an hour.",
        f"Outbox message {waiting} has been waiting for more than three days, and nobody tries it.",
    ]


def test_files_are_kept_once_and_never_changed(app: Flask) -> None:
    @writes
    def keep(data: bytes) -> int:
        return files.keep(data, "application/pdf")

    first, again, other = keep(b"one"), keep(b"one"), keep(b"two")
    assert first == again != other
    facts = files.by_ids([first])[first]
    assert (facts.size, disk.read(facts.sha256)) == (3, b"one")
    path = disk.path_of(facts.sha256)
    before = path.stat().st_mtime_ns
    keep(b"one")
    assert path.stat().st_mtime_ns == before
    assert [p for p in disk.folder().iterdir() if p.name.startswith(".draft")] == []
    with pytest.raises(Missing):
        disk.open_stored("ab" * 32)
    with pytest.raises(Missing):
        disk.open_stored("../../etc/passwd")


def test_a_full_disk_is_told_and_leaves_nothing(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk.os, "fsync", full)
    with pytest.raises(Busy, match="no room"):
        disk.store(b"data")
    assert list(disk.folder().iterdir()) == []


@pytest.fixture
def templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of mail templates of this test's own."""
    (tmp_path / "emails").mkdir()
    monkeypatch.setattr(mail_texts, "_FOLDER", tmp_path)
    mail_texts._plain.cache_clear()
    mail_texts._rich.cache_clear()
    yield tmp_path / "emails"
    mail_texts._plain.cache_clear()
    mail_texts._rich.cache_clear()


def test_mail_texts_escape_html_only_and_keep_the_subject_in_its_line(templates: Path) -> None:
    (templates / "hello.txt").write_text("Subject: Hello {{ name }}\n\nDear {{ name }},\n\nbye\n", encoding="utf-8")
    (templates / "hello.html").write_text("<title>{{ mail_subject }}</title><p>{{ name }}</p>", encoding="utf-8")
    subject, text, html = mail_texts.render("hello", name="<b>Ząb & Sons</b>")
    assert subject == "Hello <b>Ząb & Sons</b>"
    assert text == "Dear <b>Ząb & Sons</b>,\n\nbye\n"
    assert html.endswith("<p>&lt;b&gt;Ząb &amp; Sons&lt;/b&gt;</p>")
    with pytest.raises(Invalid):
        mail_texts.render("hello", name="Ann\nBcc: everybody@evil.example")
    with pytest.raises(UndefinedError):
        mail_texts.render("hello")


def test_a_mail_without_html_is_plain(templates: Path) -> None:
    (templates / "plain.txt").write_text("Subject: Hello\n\nText\n", encoding="utf-8")
    assert mail_texts.render("plain") == ("Hello", "Text\n", "")
    (templates / "broken.txt").write_text("Hello\n\nText\n", encoding="utf-8")
    with pytest.raises(ValueError, match="must begin"):
        mail_texts.render("broken")
