"""How often the pages that people open most ask the database: at most eight times, and no more often for more rows."""

from __future__ import annotations

import pytest
from flask import Flask

from tests import families
from tests.families import DEPENDENT
from tests.pages import PageClient
from tests.people import post, service, sub_accounts_of
from tests.queries import counted
from tests.web.acme import HTMX, at, browser_of, person

MOST = 8
OCTOBER = "from=2026-10-01&to=2026-10-31"


def grow(first: int, last: int) -> None:
    """Sub-accounts, each with a service, and lines of October, numbered from `first` to before `last`."""
    numbers = range(first, last)
    sub_accounts_of("acme", {f"branch-{number:02}": f"Branch {number:02}" for number in numbers})
    for number in numbers:
        service(at(f"branch-{number:02}"), "Broadband 50", 4990)
        post(f"branch-{number:02}", "debit", 100 + number, "2026-10-10", description=f"Line {number:02}")


def asked(browser: PageClient, path: str, headers: dict[str, str] | None = None) -> list[str]:
    """What a page asks once everything it keeps is there."""
    browser.get(path, headers=headers)
    with counted() as sent:
        assert browser.get(path, headers=headers).status_code == 200
    return sent


def test_fifty_rows_take_as_many_queries_as_five(app: Flask) -> None:
    person("acme", name="Acme Ltd", manages_sub_accounts=True)
    browser = browser_of(app, "acme")
    pages: list[tuple[str, dict[str, str] | None, str]] = [
        ("/", None, "Line"),
        ("/sub-accounts", None, "Branch"),
        ("/sub-accounts?q=branch", HTMX, "Branch"),
        (f"/statements?{OCTOBER}", None, "Line"),
        (f"/statements?{OCTOBER}", HTMX, "Line"),
        (f"/statements?{OCTOBER}&group=account", None, "Line"),
    ]
    grow(0, 5)
    few = [asked(browser, path, headers) for path, headers, _ in pages]
    grow(5, 50)
    for (path, headers, word), before in zip(pages, few, strict=True):
        now = asked(browser, path, headers)
        assert len(now) == len(before) <= MOST, (path, "\n\n".join(now))
        assert path == "/" or browser.page.words.count(f"{word} ") >= 50, path


def test_somebody_with_a_group_and_sub_accounts_waits_no_longer(app: Flask) -> None:
    families.switch()
    families.person("mum", manages_sub_accounts=True)
    for number in range(6):
        families.child(f"kid-{number}")
    families.family("mum", **{f"kid-{number}": DEPENDENT for number in range(6)})
    sub_accounts_of("mum", {f"branch-{number}": f"Branch {number}" for number in range(6)})
    browser = browser_of(app, "mum")
    for path in ("/", "/my-group", "/sub-accounts"):
        sent = asked(browser, path)
        assert len(sent) <= MOST, (path, "\n\n".join(sent))


@pytest.mark.parametrize("path", ["/login", "/login/forgot"])
def test_the_door_asks_nothing_but_once_a_minute_whose_it_is(app: Flask, path: str) -> None:
    assert app.test_client().get("/login").status_code == 200
    with counted() as sent:
        assert app.test_client().get(path).status_code == 200
    assert sent == []
