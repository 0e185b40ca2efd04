"""Who may have how many files made at once, and when a seat is free again (R31)."""

from __future__ import annotations

import pytest
from flask import Flask, Response

from tests.pages import PageClient
from tests.web.acme import browser_of, company

FILE = "/statements/download.csv"


@pytest.fixture
def petra(app: Flask) -> PageClient:
    company()
    return browser_of(app, "acme")


def test_r31_one_file_after_the_other_as_many_as_anybody_likes(petra: PageClient) -> None:
    assert [petra.get(FILE).status_code for _ in range(5)] == [200] * 5


def test_r31_a_file_that_is_not_read_yet_keeps_its_seat(petra: PageClient) -> None:
    reading = [petra.get(FILE, buffered=False) for _ in range(2)]
    assert [one.status_code for one in reading] == [200, 200]
    refused = petra.get(FILE)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "3")
    reading[0].close()
    assert petra.get(FILE).status_code == 200


@pytest.mark.parametrize(("asked", "status"), [("/statements/download.exe", 404), (f"{FILE}?from=x&to=y", 422)])
def test_r31_what_is_refused_gives_its_seat_back(petra: PageClient, asked: str, status: int) -> None:
    assert [petra.get(asked).status_code for _ in range(5)] == [status] * 5


def test_r31_asking_for_the_headers_only_gives_the_seat_back(petra: PageClient) -> None:
    assert [petra.head(FILE).status_code for _ in range(5)] == [200] * 5


def test_r31_an_answer_that_fails_on_its_way_out_gives_its_seat_back(app: Flask, petra: PageClient) -> None:
    """Something else is answered in its place, and nobody ever closes it."""
    fails = True

    def last(response: Response) -> Response:
        if fails and response.status_code == 200:
            raise ZeroDivisionError
        return response

    app.after_request_funcs.setdefault(None, []).insert(0, last)  # type: ignore[arg-type]
    app.config["PROPAGATE_EXCEPTIONS"] = False
    petra.expects = frozenset({500})
    assert [petra.get(FILE).status_code for _ in range(5)] == [500] * 5
    fails = False
    assert petra.get(FILE).status_code == 200
