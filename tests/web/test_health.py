"""What machines ask: alive, ready, figures, and whom to tell of a hole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, text

from portal.actions import outbox as sending
from portal.actions import worker
from portal.config import MailServer
from portal.db import outbox
from portal.db.engine import db, writes
from portal.outside import clock
from portal.rules.sentences import verbatim

TOKEN = "a long token for metrics"


@writes
def write() -> str:
    return outbox.queue(purpose="test", to=["a@acme.example"], subject=verbatim("Hello"), text="Hello")


def ready(client: FlaskClient) -> tuple[int, dict[str, bool]]:
    response = client.get("/readyz")
    return response.status_code, response.get_json()


def test_healthz_asks_nothing_of_the_database(client: FlaskClient) -> None:
    asked: list[str] = []
    db.session.rollback()
    event.listen(db.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    response = client.get("/healthz")
    assert (response.status_code, response.get_json()) == (200, {"alive": True})
    assert asked == []


def test_readyz_says_yes_when_everything_works(client: FlaskClient) -> None:
    worker.beat("one")
    assert ready(client) == (200, dict.fromkeys(["ready", "database", "schema", "outbox", "worker", "disk"], True))


def test_readyz_notices_a_missing_worker(client: FlaskClient, frozen: time_machine.Coordinates) -> None:
    assert ready(client)[1]["worker"] is False
    worker.beat("one")
    frozen.shift(timedelta(seconds=90))
    status, parts = ready(client)
    assert (status, parts["ready"], parts["worker"]) == (503, False, False)


def test_readyz_notices_mail_that_nobody_takes(client: FlaskClient, frozen: time_machine.Coordinates) -> None:
    write()
    frozen.shift(timedelta(minutes=11))
    worker.beat("one")
    status, parts = ready(client)
    assert (status, parts["outbox"]) == (503, False)


def test_r3_readyz_stays_ready_while_only_the_mail_server_is_down(
    app: Flask, client: FlaskClient, frozen: time_machine.Coordinates
) -> None:
    server = MailServer("127.0.0.1", 9, None, None, tls=False, starttls=False)
    app.config["PORTAL_SETTINGS"] = app.config["PORTAL_SETTINGS"].model_copy(update={"mail_server": server})
    write()
    for _ in range(6):
        assert sending.send_due().later <= 1
        frozen.shift(timedelta(minutes=5))
    worker.beat("one")
    assert ready(client)[0] == 200


def test_readyz_knows_a_full_disk(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    worker.beat("one")
    monkeypatch.setattr("portal.outside.files.room", lambda: 64 * 1024 * 1024 - 1)
    status, parts = ready(client)
    assert (status, parts["disk"], parts["database"], parts["worker"]) == (503, False, True, True)


def test_readyz_notices_another_schema(client: FlaskClient) -> None:
    @writes
    def change() -> None:
        db.session.execute(text("UPDATE alembic_version SET version_num = 'later'"))

    worker.beat("one")
    change()
    status, parts = ready(client)
    assert (status, parts["schema"]) == (503, False)


def test_readyz_answers_when_the_database_does_not(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from portal.db import health

    monkeypatch.setattr(health, "answers", lambda: False)
    assert ready(client) == (
        503,
        {**dict.fromkeys(["ready", "database", "schema", "outbox", "worker"], False), "disk": True},
    )


def test_sec54_metrics_are_there_for_the_bearer_only(app: Flask, client: FlaskClient) -> None:
    assert client.get("/metrics").status_code == 404
    app.config["PORTAL_SETTINGS"] = app.config["PORTAL_SETTINGS"].model_copy(update={"metrics_token": TOKEN})
    for header in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}, {"Authorization": "Bearer ż"}):
        assert client.get("/metrics", headers=header).status_code == 404
    write()
    worker.beat("one")
    response = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert response.status_code == 200
    assert response.mimetype == "text/plain"
    figures = response.get_data(as_text=True)
    assert 'kith_outbox_messages{state="queued"} 1.0' in figures
    assert 'kith_jobs{state="running"} 0.0' in figures
    assert "kith_worker_beat_age_seconds 0.0" in figures
    assert "process_resident_memory_bytes" in figures


def test_sec53_security_txt_is_valid_for_half_a_year(client: FlaskClient) -> None:
    response = client.get("/.well-known/security.txt")
    assert response.mimetype == "text/plain"
    fields = dict(line.split(": ", 1) for line in response.get_data(as_text=True).splitlines())
    expires = datetime.strptime(fields["Expires"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert timedelta(days=30) < expires - clock.now() < timedelta(days=365)
    assert fields["Contact"] == "mailto:no-reply@127.0.0.1"
    assert fields["Canonical"].endswith("/.well-known/security.txt")
