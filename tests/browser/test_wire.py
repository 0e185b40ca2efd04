"""What a visit weighs on the line, counted by the browser behind the real server."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Visit

FIRST_BYTES, LATER_BYTES = 70_000, 20_000


class Line:
    """Counts what a page receives, headers included."""

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)
        self._session.send("Network.enable")
        self._session.on("Network.requestServedFromCache", lambda event: self._kept.add(event["requestId"]))
        self._session.on("Network.responseReceived", self._begun)
        self._session.on("Network.loadingFinished", self._ended)
        self.begin()

    def begin(self) -> None:
        self.bytes, self.asked, self._kept = 0, dict[str, str](), set[str]()

    def _begun(self, event: dict[str, Any]) -> None:
        if not event["response"].get("fromDiskCache") and event["requestId"] not in self._kept:
            self.asked[event["requestId"]] = event["response"]["url"]

    def _ended(self, event: dict[str, Any]) -> None:
        self.bytes += event["encodedDataLength"]


@pytest.mark.parametrize("name", ["company", "parent"])
def test_home_is_light_and_lighter_the_next_time(visit: Visit, name: str) -> None:
    page = visit(name)
    line = Line(page)
    page.goto("/", wait_until="networkidle")
    assert 30_000 < line.bytes < FIRST_BYTES, (line.bytes, line.asked)
    line.begin()
    page.goto("/", wait_until="networkidle")
    assert 1_000 < line.bytes < LATER_BYTES, (line.bytes, line.asked)
