"""The running web server keeps its doors open: slow clients, long writers, files (R19, R20, R21, R28, R31, R32)."""

from __future__ import annotations

import shutil
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from sqlalchemy import make_url

from portal import create_app
from portal.actions import access
from portal.db import engine
from portal.db.engine import db
from portal.outside import seats
from tests import logins, people
from tests.conftest import settings_for
from tests.faults.server import FORM, PATIENCE, Got, Server, crowd, serving
from tests.faults.test_database import held

ANNOUNCED = f"POST /login HTTP/1.1\r\nHost: a\r\nContent-Type: {FORM}\r\nContent-Length: 1000\r\n\r\n".encode()
BUSY = "The system is busy with another change. Nothing was done; please try again in a moment."
STATEMENT = "/statements/download.pdf?from=2026-11-01&to=2026-11-30"

HTTP = pytest.mark.engine("sqlite")
"""What is between a client and the application is the same on every engine."""


@pytest.fixture
def acme(app: Flask) -> None:
    """A customer with one invoice, and somebody who signs in for it."""
    logins.login(people.customer("acme"), "dana@acme.example")
    people.post("acme", "invoice", 100, "2026-11-01")
    db.session.remove()
    db.engine.dispose()


@pytest.fixture
def server(acme: None, folder: Path, database: str) -> Iterator[Server]:
    """A server of the test's own."""
    with serving(folder, database) as running:
        yield running


@dataclass(frozen=True, slots=True)
class House:
    """An application and the server that runs beside it."""

    app: Flask
    server: Server


@pytest.fixture(scope="module")
def house(sqlite_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One for all who leave it as it was: starting a server takes longer than most tests of it."""
    place = tmp_path_factory.mktemp("house")
    shutil.copy(make_url(sqlite_template).database or "", place / "test.db")
    app = create_app(settings_for(place, f"sqlite:///{place / 'test.db'}"))
    with app.app_context():
        logins.login(people.customer("acme"), "dana@acme.example")
        people.post("acme", "invoice", 100, "2026-11-01")
        db.session.remove()
        db.engine.dispose()
    with serving(place, app.config["SQLALCHEMY_DATABASE_URI"]) as running:
        yield House(app, running)


def test_r21_slow_silent_and_idle_clients_hold_up_nobody(house: House) -> None:
    server = house.server
    cookie = server.sign_in("dana@acme.example")
    begins = [ANNOUNCED] * 60 + [b""] * 200 + [b"GET / HTTP/1.1\r\nHo"] * 20
    with crowd(server, begins, a_byte_a_second=30) as clients:
        for _ in range(10):
            assert server.get("/", cookie).status == 200
            assert server.get("/healthz").status == 200
            assert server.get("/login").status == 200
        assert server.sign_in("dana@acme.example")
        clients[59].settimeout(PATIENCE)
        told = clients[59].recv(10_000)
        assert told.startswith(b"HTTP/1.1 408 "), told
        assert b"did not come in time. Nothing was done" in told


def test_r21_more_clients_than_a_web_server_usually_takes(house: House) -> None:
    server = house.server
    with crowd(server, [b""] * 1_100):
        assert server.get("/login").status == 200
        assert server.get("/healthz").status == 200


def test_r20_what_is_too_long_is_refused_before_it_comes(house: House) -> None:
    server = house.server
    for length, content_type in ((2_000_000, FORM), (1_000_000_000, "multipart/form-data; boundary=x")):
        begin = f"POST /login HTTP/1.1\r\nHost: a\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n"
        with server.connect(begin.encode()) as client:
            assert client.recv(10_000).startswith(b"HTTP/1.1 413 ")
    assert server.send("/login", b"a=1&" * 200_000, FORM).status == 413


def test_r19_an_endless_body_is_refused(house: House) -> None:
    server = house.server
    begin = f"POST /login HTTP/1.1\r\nHost: a\r\nContent-Type: {FORM}\r\nTransfer-Encoding: chunked\r\n\r\n"
    with server.connect(begin.encode()) as client:
        with suppress(OSError):
            for _ in range(100):
                client.sendall(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
        client.settimeout(PATIENCE)
        with suppress(ConnectionResetError):
            assert client.recv(10_000).startswith(b"HTTP/1.1 413 ")
    assert server.get("/healthz").status == 200


@HTTP
def test_r28_what_was_asked_is_answered_before_the_server_ends(server: Server, database: str) -> None:
    cookie, token = server.form("/login")
    fields = {"email": "dana@acme.example", "password": people.PASSWORD, "csrf_token": token}
    with ThreadPoolExecutor(1) as pool:
        with held(database):
            answer = pool.submit(server.post, "/login", fields, cookie)
            _wait_until_it_waits(server, answer)
            server.process.send_signal(signal.SIGTERM)
        assert answer.result(PATIENCE).status == 302
    assert server.process.wait(PATIENCE) == 0


def test_r32_a_long_writer_and_ten_waiting_ones_stop_nobody_who_reads(server: Server, database: str) -> None:
    signed_in = server.sign_in("dana@acme.example")
    cookie, token = server.form("/login")
    fields = {"email": "dana@acme.example", "password": people.PASSWORD, "csrf_token": token}
    with ThreadPoolExecutor(20) as pool:
        with _held_for_writers(database):
            answers = [pool.submit(server.post, "/login", fields, cookie) for _ in range(20)]
            _wait_until_it_waits(server, answers[0])
            for _ in range(5):
                assert server.get("/", signed_in).status == 200
                assert server.get("/healthz").status == 200
        got = [answer.result(PATIENCE) for answer in answers]
    assert {one.status for one in got} <= {302, 422, 429, 503}
    assert any(one.status == 302 for one in got), "whoever waited long enough is served"
    for one in got:
        if one.status == 503:
            assert BUSY in one.text
            assert int(one.headers["retry-after"]) > 0


def test_r32_noting_that_somebody_looked_waits_a_moment_only(
    app: Flask, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 3600)
    acme = people.customer("acme")
    desk = logins.administrator("desk@kith.example")
    db.session.remove()
    db.engine.dispose()
    with _held_for_writers(database):

        def look() -> None:
            with app.app_context():
                access.note_finances(desk, acme)
                db.session.remove()

        looking = threading.Thread(target=look, daemon=True)
        looking.start()
        looking.join(PATIENCE)
        assert not looking.is_alive()


def test_r31_two_files_at_once_for_each_person(house: House) -> None:
    server = house.server
    cookie = server.sign_in("dana@acme.example")
    assert server.get(STATEMENT, cookie).content.startswith(b"%PDF")
    with house.app.app_context():
        login = logins.signed_in("dana@acme.example").actor.login_id
        db.session.remove()
        db.engine.dispose()
        taken = [seats.take(f"login-{login}", 2) for _ in range(2)]
        assert seats.take(f"login-{login}", 2) is None
    refused = server.get(STATEMENT, cookie)
    assert (refused.status, refused.headers["retry-after"]) == (429, "3")
    assert "Two files are being made for you already." in refused.text
    assert server.get("/statements", cookie).status == 200
    for give_back in taken:
        assert give_back is not None
        give_back()
    assert server.get(STATEMENT, cookie).status == 200


def test_r31_twelve_files_at_once(house: House) -> None:
    server = house.server
    cookie = server.sign_in("dana@acme.example")
    with ThreadPoolExecutor(12) as pool:
        answers = [pool.submit(server.get, STATEMENT, cookie) for _ in range(12)]
        assert server.get("/", cookie).status == 200
        got = [answer.result(PATIENCE) for answer in answers]
    assert {one.status for one in got} <= {200, 429}
    assert any(one.status == 200 for one in got)
    assert server.get(STATEMENT, cookie).status == 200, "every seat was given back"


def _wait_until_it_waits(server: Server, answer: Future[Got]) -> None:
    """Give the server time to take a request in; it must not be answered yet."""
    for _ in range(5):
        assert server.get("/healthz").status == 200
        with suppress(TimeoutError):
            raise AssertionError(f"answered too early: {answer.result(0.1)}")


@contextmanager
def _held_for_writers(url: str) -> Iterator[None]:
    """Another program writes for a long time; reading goes on."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        with held(url):
            yield
        return
    with psycopg.connect(parsed.set(drivername="postgresql").render_as_string(hide_password=False)) as other:
        other.execute("LOCK TABLE sign_in_try, viewing IN EXCLUSIVE MODE")
        yield
        other.rollback()
