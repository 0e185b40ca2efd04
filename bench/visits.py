"""What a visit weighs: bytes and requests of a first and a second one in Chromium, and the first paint on a slow line.

The portal runs as `flask serve` starts it on the demo data. The slow line brings 1.6 Mbit/s after 150 ms.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from bench.pages import free_port
from bench.places import verdict
from tests.browser.conftest import BROWSERS, fill_in_the_door
from tests.browser.test_wire import Line

ROOT = Path(__file__).resolve().parents[1]
GOAL_BYTES, GOAL_PAINT = 70_000, 1.0
VISITED = (("company", "/"), ("parent", "/"), ("company", "/statements"), ("super", "/staff/customers"))
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 100_000}


class Visit(NamedTuple):
    """What came over the line, headers included, how many requests it took, and when the first thing was drawn."""

    bytes: int
    requests: int
    paint: float


def run() -> None:
    """Print both visits of some pages."""
    print("J5  visits in Chromium, over the line")
    print(f"{'':<28}{'bytes':>8}{'requests':>9}{'again':>8}{'requests':>9}{'paint s':>9}{'again':>7}  goal")
    with _portal() as url, _browser() as browser:
        for name, path in VISITED:
            first, second = _visits(browser, url, name, path)
            met = verdict(first.bytes < GOAL_BYTES and first.paint < GOAL_PAINT)
            print(
                f"{name + ' ' + path:<28}{first.bytes:>8}{first.requests:>9}{second.bytes:>8}{second.requests:>9}"
                f"{first.paint:>9.2f}{second.paint:>7.2f}  {met}",
                flush=True,
            )
    print(f"   goal: a first visit under {GOAL_BYTES} bytes, first paint under {GOAL_PAINT:.0f} s at 1.6 Mbit/s")


def _visits(browser: Browser, url: str, name: str, path: str) -> tuple[Visit, Visit]:
    """The first and the second visit of a page by a browser that holds a session and nothing else."""
    door = browser.new_context(base_url=url)
    fill_in_the_door(door.new_page(), name)
    fresh = browser.new_context(base_url=url)
    fresh.add_cookies(door.cookies())  # type: ignore[arg-type]
    door.close()
    page = fresh.new_page()
    found = _visit(fresh, page, path), _visit(fresh, page, path)
    fresh.close()
    return found


def _visit(context: BrowserContext, page: Page, path: str) -> Visit:
    line = Line(page)
    session = context.new_cdp_session(page)
    session.send("Network.emulateNetworkConditions", SLOW)
    page.goto(path, wait_until="networkidle")
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    return Visit(line.bytes, len(line.asked), paint / 1000)


@contextmanager
def _browser() -> Iterator[Browser]:
    found = next((path for path in map(shutil.which, BROWSERS) if path), None)
    if found is None:
        raise RuntimeError("There is no Chromium on this machine.")
    flags = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=[*flags, *root])
        yield browser
        browser.close()


@contextmanager
def _portal() -> Iterator[str]:
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    with tempfile.TemporaryDirectory() as folder:
        settings = {"PORTAL_INSTANCE_DIR": folder, "PORTAL_PORT": str(port), "PYTHONPATH": str(ROOT)}
        serve = [sys.executable, "-m", "flask", "serve"]
        quiet = subprocess.DEVNULL
        server = subprocess.Popen(serve, cwd=ROOT, env={**kept, **settings}, stdout=quiet, stderr=quiet)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(f"{url}/healthz", server)
            yield url
        finally:
            server.terminate()
            server.wait(60)


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until and server.poll() is None:
        with suppress(OSError), urllib.request.urlopen(url, timeout=2):
            return
        time.sleep(0.1)
    raise RuntimeError("the portal did not start")
