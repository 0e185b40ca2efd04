"""The back office's outbox and jobs."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.actions.outbox import sending
from portal.config import MailServer
from portal.db import files, outbox
from portal.db.engine import writes
from portal.db.jobs import queue as jobs
from portal.db.outbox import Attachment
from portal.rules.deciding import Actor
from portal.rules.holders import Role
from portal.rules.sentences import verbatim
from tests.logins import administrator, login
from tests.people import customer, sign_in


@pytest.fixture
def sol(client: FlaskClient) -> Actor:
    made = administrator("sol@kith.example", Role.ADMINISTRATOR)
    sign_in(client, "sol@kith.example")
    return made


@writes
def write(**more: Any) -> str:
    values: dict[str, Any] = {
        "purpose": "statement",
        "to": ["a@acme.example", "b@acme.example"],
        "subject": "Statement <i>",
        "text": "Dear Acme,\nhere it is.\n\nBye\n",
    }
    values |= more
    return outbox.queue(**values | {"subject": verbatim(values["subject"])})


@writes
def write_with_file() -> str:
    file_id = files.keep(b"%PDF-1.7", "application/pdf")
    return outbox.queue(
        purpose="statement",
        to=["a@acme.example"],
        subject=verbatim("Statement"),
        text="Attached.",
        attachments=[Attachment(file_id, "výpis.pdf", "application/pdf")],
    )


def test_an_empty_outbox_says_so(client: Any, sol: Actor) -> None:
    client.get("/staff/outbox")
    assert "The outbox is empty" in client.page.words
    assert "No mail server is set up" in client.page.words
    assert "The worker is not running" in client.page.words


def test_the_list_by_state_in_pages(client: Any, sol: Actor) -> None:
    acme = customer("acme")
    kept = write(customer_id=acme.id, subject="Kept one")
    sending.send_due()
    for number in range(51):
        write(subject=f"Waiting {number}")
    html = client.get("/staff/outbox").get_data(as_text=True)
    assert "Waiting 50" in html
    assert "Kept one" not in html
    assert "1–50 of 52 messages" in client.page.words
    client.get("/staff/outbox?page=2")
    assert "Kept one" in client.page.words
    assert "page 2 of 2" in client.page.title
    client.get("/staff/outbox?state=kept")
    assert "Kept one" in client.page.words
    assert "a@acme.example and 1 more" in client.page.words
    assert "Waiting" not in client.page.words.replace("Waiting to", "")
    assert f"/staff/outbox/{kept}" in client.page.links
    client.get("/staff/outbox?state=failed")
    assert "No such mail" in client.page.words
    assert client.get("/staff/outbox?state=nonsense").status_code == 404
    assert client.get("/staff/outbox?page=-3").status_code == 200


def test_a_message_with_its_text_and_attachment(client: Any, sol: Actor) -> None:
    one = write()
    html = client.get(f"/staff/outbox/{one}").get_data(as_text=True)
    assert "Statement &lt;i&gt;" in html
    assert "Dear Acme,<br>here it is." in html
    assert "b@acme.example" in client.page.words
    two = write_with_file()
    client.get(f"/staff/outbox/{two}")
    answer = client.get(f"/staff/outbox/{two}/attachments/0")
    assert answer.get_data() == b"%PDF-1.7"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    answer.close()
    assert client.get(f"/staff/outbox/{two}/attachments/1").status_code == 404


def test_sec22_a_link_that_signs_in_is_not_shown(client: Any, sol: Actor) -> None:
    one = write(secret=True, text="https://portal.example/login/reset/abcdef", purpose="reset")
    html = client.get(f"/staff/outbox/{one}").get_data(as_text=True)
    assert "abcdef" not in html
    assert "so it is not shown here" in client.page.words


def use_server(app: Flask) -> None:
    server = MailServer("127.0.0.1", 9, None, None, tls=False, starttls=False)
    app.config["PORTAL_SETTINGS"] = app.config["PORTAL_SETTINGS"].model_copy(update={"mail_server": server})


def test_failed_mail_is_queued_again_by_its_button(app: Flask, client: Any, sol: Actor) -> None:
    use_server(app)
    one = write()
    claimed = sending._claim()
    assert claimed is not None
    sending._set_aside(claimed, verbatim("550 No such user"))
    client.get(f"/staff/outbox/{one}")
    assert "Failed for a@acme.example and b@acme.example: 550 No such user." in client.page.words
    answer = client.submit(f"/staff/outbox/{one}/again", {}, at=f"/staff/outbox/{one}")
    assert (answer.status_code, answer.location) == (303, f"/staff/outbox/{one}")
    html = client.get(f"/staff/outbox/{one}").get_data(as_text=True)
    assert "The message is queued again." in client.page.words
    assert "Queue again" not in html


def test_queueing_kept_mail_needs_a_server(app: Flask, client: Any, sol: Actor) -> None:
    one = write()
    sending.send_due()
    assert "Queue again" not in client.get(f"/staff/outbox/{one}").get_data(as_text=True)
    answer = client.submit(f"/staff/outbox/{one}/again", {}, at=f"/staff/outbox/{one}")
    assert answer.status_code == 409
    assert "Set PORTAL_MAIL_URL" in client.page.words
    use_server(app)
    assert "Queue again" in client.get(f"/staff/outbox/{one}").get_data(as_text=True)


def test_jobs_of_everybody(client: Any, sol: Actor) -> None:
    client.get("/staff/jobs")
    assert "No jobs yet" in client.page.words
    acme = customer("acme")
    petra = login(acme, "petra@acme.example")
    theirs, own = _start(petra, acme.id), _start(sol)
    client.get("/staff/jobs")
    assert "petra@acme.example" in client.page.words
    assert "Acme" in client.page.words
    assert "Cancel" not in client.get(f"/staff/jobs/{theirs}").get_data(as_text=True)
    assert client.submit(f"/staff/jobs/{own}/cancel", {}, at=f"/staff/jobs/{own}").status_code == 303
    client.get(f"/staff/jobs/{own}")
    assert "Cancelled" in client.page.words


@writes
def _start(actor: Actor, subject_id: int | None = None) -> str:
    return jobs.start("count", verbatim("A large statement"), {}, login_id=actor.login_id, subject_id=subject_id)


def test_who_may_not(client: Any) -> None:
    one = write()
    administrator("desk@kith.example", Role.FRONT_OF_HOUSE)
    login(customer("acme"), "petra@acme.example")
    addresses = ("/staff/outbox", f"/staff/outbox/{one}", f"/staff/outbox/{one}/attachments/0", "/staff/jobs")
    for address in addresses:
        assert client.get(address).status_code == 302
    sign_in(client, "desk@kith.example")
    assert {client.get(address).status_code for address in addresses} == {403}
    client.submit("/logout", {}, at="/staff/account")
    sign_in(client, "petra@acme.example")
    assert {client.get(address).status_code for address in addresses} == {404}
