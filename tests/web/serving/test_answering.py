"""What the application is told of a request, and how its answer goes out (R21, SEC55)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from werkzeug.wrappers import Request, Response

from portal.web.serving import answering
from portal.web.serving.answering import answer, environment
from portal.web.serving.receiving import Body, nothing


class Headers:
    """The headers of a request, as the web server hands them on."""

    def __init__(self, *pairs: tuple[str, str]) -> None:
        self.pairs = pairs

    def items(self) -> list[tuple[str, str]]:
        return list(self.pairs)

    def get(self, key: str, default: Any = None) -> Any:
        return next((value for name, value in self.pairs if name == key), default)


class Line:
    """The way back to the client."""

    def __init__(self) -> None:
        self.status, self.headers, self.content = 0, dict[str, str](), b""

    def response_bytes(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        self.status, self.headers, self.content = status, dict(headers), content

    def response_file(self, status: int, headers: list[tuple[str, str]], path: str) -> None:
        self.response_bytes(status, headers, Path(path).read_bytes())


def asked(*headers: tuple[str, str], **more: str) -> Any:
    usual = {
        "method": "GET",
        "path": "/",
        "query_string": "",
        "http_version": "1.1",
        "scheme": "http",
        "server": "127.0.0.1:8000",
        "client": "192.0.2.7:50123",
    }
    return SimpleNamespace(**{**usual, **more}, headers=Headers(*headers))


def test_a_request_is_told_whole() -> None:
    scope = asked(
        ("host", "portal.example.org"),
        ("content-type", "text/plain"),
        ("content-length", "4"),
        ("x-forwarded-for", "198.51.100.4"),
        method="POST",
        path="/für/株式会社",
        query_string="a=1&b=%C3%A9",
    )
    request = Request(environment(scope, Body(io.BytesIO(b"text"), 4, lambda: None)))
    assert (request.method, request.path, request.args["b"]) == ("POST", "/für/株式会社", "é")
    assert (request.host, request.scheme, request.remote_addr) == ("portal.example.org", "http", "192.0.2.7")
    assert (request.mimetype, request.content_length, request.get_data()) == ("text/plain", 4, b"text")
    assert request.access_route == ["198.51.100.4"]


@pytest.mark.parametrize(
    ("client", "server", "there"),
    [("[2001:db8::7]:50123", "[::1]:8000", ("2001:db8::7", "::1", "8000")), ("192.0.2.7:1", "10.0.0.1:80", None)],
)
def test_addresses_of_both_kinds(client: str, server: str, there: tuple[str, str, str] | None) -> None:
    told = environment(asked(client=client, server=server), nothing())
    assert (told["REMOTE_ADDR"], told["SERVER_NAME"], told["SERVER_PORT"]) == (there or ("192.0.2.7", "10.0.0.1", "80"))


def test_a_header_that_comes_twice_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_SECRET_KEY", "nobody's business")
    twice = ("cookie", "a=1"), ("cookie", "b=2"), ("accept", "text/html"), ("accept", "*/*")
    told = environment(asked(*twice), nothing())
    assert (told["HTTP_COOKIE"], told["HTTP_ACCEPT"]) == ("a=1; b=2", "text/html, */*")
    assert "PORTAL_SECRET_KEY" not in told


def test_sec55_no_header_is_taken_for_another() -> None:
    told = environment(asked(("x_forwarded_for", "203.0.113.9"), ("content_length", "7")), nothing())
    assert "HTTP_X_FORWARDED_FOR" not in told
    assert "CONTENT_LENGTH" not in told


def test_r20_the_length_is_the_one_that_was_counted() -> None:
    told = environment(asked(("transfer-encoding", "chunked"), method="POST"), nothing(2_000_000))
    assert told["CONTENT_LENGTH"] == "2000000"
    assert "HTTP_TRANSFER_ENCODING" not in told


def answered(response: Response, folder: Path, scope: Any = None) -> tuple[Line, bool]:
    line = Line()
    file = answer(response, scope or asked(), nothing(), line, folder=folder)
    if file is not None:
        file.close()
    return line, file is not None


def test_an_answer_goes_out_whole_and_is_closed(tmp_path: Path) -> None:
    closed: list[bool] = []
    response = Response("Good day", 201, {"X-Other": "1"})
    response.call_on_close(lambda: closed.append(True))
    line, in_file = answered(response, tmp_path)
    assert (line.status, line.content, in_file, closed) == (201, b"Good day", False, [True])
    assert line.headers["X-Other"] == "1"


def test_r31_what_an_answer_held_is_free_before_it_goes_out(tmp_path: Path) -> None:
    """Else whoever asks for the next file as soon as this one is there finds the seat taken."""
    held: list[bool] = [True]

    class Watched(Line):
        def response_bytes(self, *answer: Any) -> None:
            assert not held
            super().response_bytes(*answer)

    response = Response("Good day")
    response.call_on_close(held.clear)
    line = Watched()
    answer(response, asked(), nothing(), line, folder=tmp_path)
    assert line.content == b"Good day"


@pytest.mark.parametrize("told", [True, False])
def test_r21_a_long_answer_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: bool) -> None:
    monkeypatch.setattr(answering, "MOST_IN_MEMORY", 10)

    def pieces() -> Iterator[bytes]:
        yield from (b"12345", b"67890", b"abcde", b"fghij")

    response = Response(pieces())
    if told:
        response.content_length = 20
    line, in_file = answered(response, tmp_path)
    assert (line.content, in_file) == (b"1234567890abcdefghij", True)
    assert line.headers["Content-Length"] == "20"
    assert list(tmp_path.iterdir()) == [], "it has no name"


def test_an_answer_to_head_has_the_length_and_nothing_else(tmp_path: Path) -> None:
    line, _ = answered(Response("Good day"), tmp_path, asked(method="HEAD"))
    assert (line.content, line.headers["Content-Length"]) == (b"", "8")


def test_what_fails_while_it_is_made_is_closed(tmp_path: Path) -> None:
    closed: list[bool] = []

    def pieces() -> Iterator[bytes]:
        yield b"begun"
        raise ZeroDivisionError

    response = Response(pieces())
    response.call_on_close(lambda: closed.append(True))
    with pytest.raises(ZeroDivisionError):
        answered(response, tmp_path)
    assert closed == [True]
