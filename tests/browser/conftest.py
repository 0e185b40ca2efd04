"""The real portal with its worker, a real SMTP server, and Chromium at the width of a phone and of a desk."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from portal.config import DEMO_PASSWORD, ROOT

WIDTHS = {"phone": {"width": 390, "height": 844}, "desk": {"width": 1280, "height": 900}}
CHROMIUM = next((p for p in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if p), None)
START_SECONDS = 60


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here drives a browser; one worker keeps the server and the browser to itself."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker("browser")
            item.add_marker(pytest.mark.xdist_group("browser"))


class Mailbox(Message):
    """An SMTP server's mails, oldest first."""

    def __init__(self) -> None:
        super().__init__(EmailMessage)
        self.mails: list[EmailMessage] = []

    def prepare_message(self, session: Any, envelope: Any) -> EmailMessage:
        from email import message_from_bytes, policy

        made = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(made, EmailMessage)
        return made

    def handle_message(self, message: Any) -> None:
        self.mails.append(message)


@dataclass
class Portal:
    """The running portal: its address, its mails, its instance folder."""

    url: str
    mailbox: Mailbox
    folder: Path
    known: dict[str, object] = field(default_factory=dict)

    def mail_to(self, address: str, *, seconds: float = 30) -> EmailMessage:
        """The newest mail to `address`, waiting for it."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = [mail for mail in self.mailbox.mails if address in str(mail["To"])]
            if found:
                return found[-1]
            time.sleep(0.1)
        raise AssertionError(f"no mail to {address}: {[str(m['To']) for m in self.mailbox.mails]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment(folder: Path, port: int, mail_port: int) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    return {
        **inherited,
        "PORTAL_INSTANCE_DIR": str(folder),
        "PORTAL_PORT": str(port),
        "PORTAL_MAIL_URL": f"smtp://127.0.0.1:{mail_port}",
        "PORTAL_LOG_LEVEL": "WARNING",
        "PYTHONPATH": str(ROOT),
    }


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """`flask serve` on an empty folder: it migrates, loads the demo, and starts web and worker."""
    folder = tmp_path_factory.mktemp("portal")
    mailbox, mail_port, port = Mailbox(), _free_port(), _free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=mail_port)
    controller.start()
    log = (folder / "serve.log").open("wb")
    server = subprocess.Popen(
        [sys.executable, "-m", "flask", "serve"],
        cwd=ROOT,
        env=_environment(folder, port, mail_port),
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_it_answers(url, server, folder / "serve.log")
        yield Portal(url, mailbox, folder)
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()
        log.close()
        controller.stop()


def _wait_until_it_answers(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the portal did not start:\n{log.read_text(errors='replace')[-4000:]}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium."""
    assert CHROMIUM, "no Chromium on this machine; `make test` installs it where it may"
    flags = [
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        *(["--no-sandbox"] if os.geteuid() == 0 else []),
    ]
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield running
        running.close()


@pytest.fixture(params=list(WIDTHS))
def width(request: pytest.FixtureRequest) -> str:
    """phone, then desk."""
    return str(request.param)


@pytest.fixture
def context(browser: Browser, portal: Portal, width: str) -> Iterator[BrowserContext]:
    """A fresh browser profile of one width that fails on any error in the console."""
    made = browser.new_context(viewport=WIDTHS[width], base_url=portal.url, accept_downloads=True)  # type: ignore[arg-type]
    made.set_default_timeout(10_000)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page; errors in its console fail the test, except the browser's own line for an answer of 4xx."""
    errors: list[str] = []
    opened = context.new_page()
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda message: _note(errors, message.type, message.text))
    yield opened
    assert not errors, errors


def _note(errors: list[str], kind: str, text: str) -> None:
    if kind == "error" and "the server responded with a status of 4" not in text:
        errors.append(text)


@pytest.fixture
def accessible() -> Callable[[Page], None]:
    """Assert that axe finds nothing on the page, and that it does not scroll sideways."""

    def check(page: Page) -> None:
        results = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
        found = [(v["id"], [node["html"][:200] for node in v["nodes"][:3]]) for v in results.response["violations"]]
        assert not found, found
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"the page scrolls sideways by {overflow} px"

    return check


@pytest.fixture
def sign_in(page: Page) -> Callable[[str], Page]:
    """Sign in as a demo person by the page."""

    def as_person(name: str) -> Page:
        page.goto("/login")
        page.get_by_label("Email").fill(f"{name}@demo.example")
        page.get_by_label("Password", exact=True).fill(DEMO_PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: "/login" not in url)
        return page

    return as_person
