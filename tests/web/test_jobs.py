"""The page of a piece of long work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from portal.actions import jobs as actions
from portal.actions.jobs import KINDS, job_kind
from portal.db.engine import writes
from portal.db.jobs import queue as jobs
from portal.rules.deciding import Actor
from portal.rules.sentences import verbatim
from tests.logins import administrator, login
from tests.people import customer, sign_in

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def no_kinds_left() -> Iterator[None]:
    before = dict(KINDS)
    yield
    KINDS.clear()
    KINDS.update(before)


@pytest.fixture
def petra(client: FlaskClient) -> Actor:
    made = login(customer("acme"), "petra@acme.example")
    sign_in(client, "petra@acme.example")
    return made


@writes
def start(actor: Actor, title: str = "Statement of Acme <b>", **arguments: Any) -> str:
    return jobs.start("count", verbatim(title), arguments, login_id=actor.login_id, unit=verbatim("lines"))


def test_a_waiting_job_refreshes_itself_and_can_be_left(client: Any, petra: Actor) -> None:
    public_id = start(petra)
    page = client.get(f"/jobs/{public_id}").get_data(as_text=True)
    assert 'hx-trigger="every 1s"' in page
    assert '<noscript><meta http-equiv="refresh"' in "".join(line.strip() for line in page.split("\n"))
    assert "The worker is not running at the moment" in client.page.words
    assert "Statement of Acme &lt;b&gt;" in page
    client.get("/jobs")
    assert "Statement of Acme <b>" in client.page.words
    assert f"/jobs/{public_id}" in client.page.links


def test_htmx_gets_the_bar_alone_which_is_part_of_the_page(client: Any, petra: Actor) -> None:
    public_id = start(petra)
    page = client.get(f"/jobs/{public_id}").get_data(as_text=True)
    bar = client.get(f"/jobs/{public_id}", headers=HTMX).get_data(as_text=True)
    assert "<html" not in bar
    assert "".join(bar.split()) in "".join(page.split())


def test_a_finished_job_stops_asking_and_offers_its_result(client: Any, petra: Actor) -> None:
    job_kind("count")(lambda _arguments, _report: {"url": "/documents", "message": "500 lines.", "label": "Open it"})
    public_id = start(petra)
    actions.run_due()
    page = client.get(f"/jobs/{public_id}").get_data(as_text=True)
    assert "every 1s" not in page
    assert "http-equiv" not in page
    assert "/documents" in client.page.links
    assert "500 lines." in client.page.words
    bar = client.get(f"/jobs/{public_id}", headers=HTMX).get_data(as_text=True)
    assert "data-focus" in bar
    assert "ready" in bar


def test_a_saved_document_is_found_in_documents(client: Any, petra: Actor) -> None:
    job_kind("count")(lambda _arguments, _report: {"document": "0123456789abcdef0123"})
    public_id = start(petra)
    actions.run_due()
    client.get(f"/jobs/{public_id}")
    assert "/documents#document-0123456789abcdef0123" in client.page.links
    assert "Open Documents" in client.page.words


def test_sec43_a_result_leads_nowhere_else(client: Any, petra: Actor) -> None:
    job_kind("count")(lambda _arguments, _report: {"url": "https://evil.example/"})
    public_id = start(petra)
    actions.run_due()
    assert "evil.example" not in client.get(f"/jobs/{public_id}").get_data(as_text=True)


def test_cancelling_with_and_without_htmx(client: Any, petra: Actor) -> None:
    first, second = start(petra), start(petra)
    answer = client.submit(f"/jobs/{first}/cancel", {}, at=f"/jobs/{first}")
    assert (answer.status_code, answer.location) == (303, f"/jobs/{first}")
    client.get(f"/jobs/{first}")
    assert "Cancelled" in client.page.words
    answer = client.submit(f"/jobs/{second}/cancel", {}, at=f"/jobs/{second}", headers=HTMX)
    assert answer.status_code == 200
    assert "Cancelled" in answer.get_data(as_text=True)
    assert client.get(f"/jobs/{second}/cancel").status_code == 405


def test_somebody_elses_job_is_not_there(client: Any, petra: Actor) -> None:
    theirs = start(login(customer("other"), "olga@other.example"))
    mine = start(petra)
    assert client.get(f"/jobs/{theirs}").status_code == 404
    assert client.submit(f"/jobs/{theirs}/cancel", {}, at=f"/jobs/{mine}").status_code == 404
    assert actions.list_jobs(administrator("sol@kith.example")).total == 2


def test_nothing_started_yet(client: Any, petra: Actor) -> None:
    client.get("/jobs")
    assert "Nothing here yet" in client.page.words
