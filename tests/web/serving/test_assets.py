"""Static files on the line: the bytes and the finished headers of every one of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.web.serving import assets
from portal.web.serving.assets import asset
from tests.pages import UNPACK

FIRST_VISIT_BYTES = 60_000
"""What all static files together may weigh, headers apart; the page comes on top."""

pytestmark = pytest.mark.usefixtures("app")


def get(client: FlaskClient, name: str, encoding: str = "", **headers: str) -> TestResponse:
    return client.get(asset(name), headers={"Accept-Encoding": encoding, **headers})


@pytest.mark.parametrize("name", assets.names())
def test_sec40_every_static_file_is_kept_for_a_year_and_belongs_to_nobody(client: FlaskClient, name: str) -> None:
    client.get("/login")  # from here on the browser sends a cookie
    for encoding in ("", "br", "gzip"):
        answer = get(client, name, encoding)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"]
        assert answer.mimetype in ("text/css", "text/javascript", "image/svg+xml")
        assert answer.content_length == len(answer.data)
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("name", assets.names())
@pytest.mark.parametrize("encoding", ["br", "gzip"])
def test_every_static_file_unpacks_to_itself(client: FlaskClient, name: str, encoding: str) -> None:
    plain, packed = get(client, name), get(client, name, encoding)
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == encoding
    assert UNPACK[encoding](packed.data) == plain.data
    assert plain.headers["ETag"] != packed.headers["ETag"]


def test_all_static_files_of_a_page_are_light(client: FlaskClient) -> None:
    sizes = {name: len(get(client, name, "br").data) for name in assets.names()}
    assert sum(sizes.values()) < FIRST_VISIT_BYTES, sizes


@pytest.mark.parametrize(
    ("accepted", "sent"),
    [
        ("br, gzip", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("deflate", None),
        ("identity", None),
        ("*", "br"),
    ],
)
def test_a_browser_gets_what_it_can_unpack(client: FlaskClient, accepted: str, sent: str | None) -> None:
    assert get(client, "portal.css", accepted).headers.get("Content-Encoding") == sent


def test_a_file_that_is_kept_is_not_sent_again(client: FlaskClient) -> None:
    first = get(client, "portal.css", "br")
    again = get(client, "portal.css", "br", **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Cache-Control"] == first.headers["Cache-Control"]
    assert again.headers["Vary"] == "Accept-Encoding"
    assert get(client, "portal.css", "gzip", **{"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_head_tells_the_length_and_sends_nothing(client: FlaskClient) -> None:
    whole = get(client, "portal.css", "br")
    head = client.head(asset("portal.css"), headers={"Accept-Encoding": "br"})
    assert head.data == b""
    assert head.content_length == len(whole.data)
    assert head.headers["ETag"] == whole.headers["ETag"]


def test_a_part_of_a_file_is_a_part_of_what_is_sent_whole(client: FlaskClient) -> None:
    whole = get(client, "htmx.min.js", "br").data
    part = get(client, "htmx.min.js", "br", Range="bytes=10-19")
    assert part.status_code == 206
    assert part.data == whole[10:20]
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(whole)}"
    assert get(client, "htmx.min.js", "br", Range=f"bytes={len(whole)}-").status_code == 416


def test_an_older_address_gets_the_file_of_today_which_is_not_kept_there(client: FlaskClient) -> None:
    answer = client.get("/assets/000000000000/portal.css")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.data == get(client, "portal.css").data


@pytest.mark.parametrize(
    "path",
    [
        "/assets/",
        "/assets/portal.css",
        "/assets/x/nothing.css",
        "/assets/x/../layout.html",
        "/assets/x/%2e%2e%2fpyproject.toml",
        "/assets/x/",
        "/assets/x/.",
        "/static/portal.css",
        "/bootstrap/static/css/bootstrap.min.css",
    ],
)
def test_there_is_nothing_else(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_sec10_a_static_file_is_only_read(client: FlaskClient) -> None:
    answer = client.post(asset("portal.css"))
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD"
    assert answer.headers["Cache-Control"] == "no-store"


def test_what_was_compressed_once_is_there_for_the_next_process(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assets._smallest.cache_clear()
    app.extensions["assets"].prepare()
    kept = sorted((Path(app.instance_path) / "compressed").iterdir())
    assert len(kept) == 2 * len(assets.names())
    assert all(file.stat().st_mode & 0o077 == 0 for file in kept)
    assets._smallest.cache_clear()
    monkeypatch.setattr("brotli.compress", None)
    assert get(client, "bootstrap.min.css", "br").headers["Content-Encoding"] == "br"


def test_a_folder_that_takes_no_files_costs_time_only(app: Flask, client: FlaskClient) -> None:
    assets._smallest.cache_clear()
    (Path(app.instance_path) / "compressed").write_text("in the way")
    assert get(client, "theme.js", "br").headers["Content-Encoding"] == "br"


def test_a_template_that_names_no_file_fails(app: Flask) -> None:
    with pytest.raises(FileNotFoundError):
        asset("nothing.css")
