"""Pages on the line: what is compressed, for whom, and what is left as it is."""

from __future__ import annotations

import tracemalloc
from typing import Any

import brotli
import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

from portal.web.serving import compression
from tests.pages import PageClient, unpacked
from tests.people import post
from tests.web.acme import HTMX, browser_of, company

BROWSER = {"Accept-Encoding": "gzip, deflate, br, zstd", "Sec-Fetch-Site": "same-origin"}
OCTOBER = "from=2026-10-01&to=2026-10-31"


@pytest.fixture
def petra(app: Flask) -> PageClient:
    """Signed in for the company."""
    company()
    post("branch", "invoice", 4990, "2026-10-05")
    return browser_of(app, "acme")


@pytest.mark.parametrize("path", ["/", "/sub-accounts", f"/statements?{OCTOBER}", "/account", "/nowhere"])
@pytest.mark.parametrize("encoding", ["br", "gzip"])
def test_pages_travel_in_a_third_of_their_bytes(petra: PageClient, path: str, encoding: str) -> None:
    whole = petra.get(path)
    packed = petra.get(path, headers={**BROWSER, "Accept-Encoding": encoding})
    assert packed.status_code == whole.status_code
    assert packed.headers["Content-Encoding"] == encoding
    assert packed.content_length == len(packed.data) < len(whole.data) / 3
    assert {"Accept-Encoding", "HX-Request"} <= set(packed.vary)
    assert "Accept-Encoding" in whole.vary
    assert packed.headers["Cache-Control"] == "no-store"
    assert packed.headers["Content-Security-Policy"] == whole.headers["Content-Security-Policy"]


def test_what_was_packed_reads_as_before(petra: PageClient) -> None:
    answer = petra.get(f"/statements?{OCTOBER}", headers=BROWSER)
    assert answer.headers["Content-Encoding"] == "br"
    read = unpacked(answer)
    assert "49.90" in read
    assert read.rstrip().endswith("</html>")


def test_a_fragment_is_packed_as_well(petra: PageClient) -> None:
    answer = petra.get("/sub-accounts", headers={**BROWSER, **HTMX})
    assert answer.headers["Content-Encoding"] == "br"
    assert "<html" not in unpacked(answer)


@pytest.mark.parametrize("site", ["cross-site", "same-site", None])
def test_what_another_site_had_a_hand_in_shows_no_lengths(petra: PageClient, site: str | None) -> None:
    """Guesses in an address and secrets in the page, compressed together, would tell by their length what was right."""
    headers = {"Accept-Encoding": "br", **({"Sec-Fetch-Site": site} if site else {})}
    answer = petra.get("/sub-accounts?q=guess", headers=headers)
    assert "Content-Encoding" not in answer.headers
    assert petra.get("/sub-accounts?q=guess", headers=BROWSER).headers["Content-Encoding"] == "br"
    assert petra.get("/", headers={**BROWSER, "Sec-Fetch-Site": "none"}).headers["Content-Encoding"] == "br"


def test_who_is_not_signed_in_has_nothing_to_lose(client: FlaskClient) -> None:
    answer = client.get("/login", headers={"Accept-Encoding": "br", "Sec-Fetch-Site": "cross-site"})
    assert answer.headers["Content-Encoding"] == "br"


@pytest.mark.parametrize("form", ["pdf", "xlsx"])
def test_files_that_are_compressed_already_are_left_alone(petra: PageClient, form: str) -> None:
    answer = petra.get(f"/statements/download.{form}?{OCTOBER}", headers=BROWSER)
    assert answer.status_code == 200, answer.location
    assert "Content-Encoding" not in answer.headers
    assert answer.data.startswith((b"%PDF", b"PK"))


def test_a_table_is_packed_while_it_is_sent(petra: PageClient) -> None:
    address = f"/statements/download.csv?{OCTOBER}"
    for number in range(12):
        post("branch", "invoice", 100 + number, "2026-10-06", description="A line of the table")
    answer = petra.get(address, headers=BROWSER)
    assert answer.headers["Content-Encoding"] == "br"
    assert brotli.decompress(answer.data) == petra.get(address).data


def test_answers_without_a_body_stay_so(petra: PageClient) -> None:
    petra.get("/account")
    moved = petra.post("/logout", data={"csrf_token": petra.page.hidden["csrf_token"]}, headers=BROWSER)
    assert moved.status_code == 302
    assert "Content-Encoding" not in moved.headers
    head = petra.head("/login", headers=BROWSER)
    assert head.data == b""
    assert head.headers["Content-Encoding"] == "br"
    short = petra.get("/healthz", headers=BROWSER)
    assert "Content-Encoding" not in short.headers


@pytest.mark.parametrize("encoding", compression.ENCODINGS, ids=lambda one: str(one.name))
def test_a_long_answer_never_stands_in_memory(app: Flask, encoding: compression.Encoding) -> None:
    closed = []

    class Lines:
        def __iter__(self) -> Any:
            return (b"%d;Broadband;49.90\n" % number * 100 for number in range(5_000))

        def close(self) -> None:
            closed.append(True)

    with app.test_request_context(headers={"Accept-Encoding": encoding.name}):
        tracemalloc.start()
        answer = compression.compress(Response(Lines(), mimetype="text/csv"))
        sent = sum(len(piece) for piece in answer.response)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert 0 < sent < 1_000_000
    assert peak < 4_000_000
    assert closed == [True]
