"""SEC62: an administrator who reads what stands in a customer's books leaves a trace, once a day for each of both."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.log import Line, log
from tests.people import customer, link, post
from tests.web.staff.office import now, path, staff

LINK = "/link?as=main&mode=aggregated&other="
PAGES = {
    "the Summary tab": lambda: path("branch"),
    "the Finance tab": lambda: path("branch", "/finance"),
    "the Front of House": lambda: f"/staff/front-desk/{now('branch').public_id}",
    "adding a document": lambda: path("branch", "/finance/post"),
    "a link that is refused": lambda: path("branch", LINK + now("acme").public_id),
    "settling": lambda: path("branch", f"/settle?main={now('acme').public_id}"),
    "sharing balances": lambda: path("branch", f"/partner-account/link?other={now('acme').public_id}"),
}
"""Pages of the back office that say what Branch owes, 123.45 EUR, to whoever may see finances."""


@pytest.mark.parametrize("page", PAGES)
def test_sec62_reading_finances_leaves_one_trace_a_day(app: Flask, page: str) -> None:
    customer("acme")
    customer("branch")
    post("branch", "invoice", 12345, "2026-11-01")
    client = staff(app, "super")
    for _ in range(2):
        shown = client.get(PAGES[page]()).get_data(as_text=True)
        assert "123.45" in shown or page == "adding a document"
    assert [line.actor for line in _traces()] == ["super.everywhere@staff.test"]


def test_sec62_who_sees_no_figures_leaves_no_trace(app: Flask) -> None:
    customer("acme")
    customer("branch")
    post("branch", "invoice", 12345, "2026-11-01")
    client = staff(app, "desk")
    for page in ("the Summary tab", "the Front of House"):
        assert "123.45" not in client.get(PAGES[page]()).get_data(as_text=True)
    admin = staff(app, "super")
    for page in ("/details", "/documents", "/sub-accounts", "/log"):
        admin.get(path("branch", page))
    link("acme", "branch", "independent")
    admin.get(path("branch", "/unlink"))
    assert _traces() == []


def _traces() -> list[Line]:
    branch = now("branch").id
    return [line for line in log() if line.action == "finance.read" and line.subject_id == branch]
