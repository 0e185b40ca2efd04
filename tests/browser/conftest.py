"""The real portal with its worker, a real SMTP server, and Chromium at the width of a phone and of a desk."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from weakref import WeakSet

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Locator,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

from portal import create_app
from portal.config import ROOT, Settings
from portal.db.engine import db

DEMO_PASSWORD = str(Settings.model_fields["demo_password"].default)
WIDTHS = {"phone": {"width": 390, "height": 844}, "desk": {"width": 1280, "height": 900}}
NARROWEST = {"width": 320, "height": 640}
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first is the same browser without a desktop's windows, which cost more than the pages in them."""
CHROMIUM = next((found for found in map(shutil.which, BROWSERS) if found), None)
START_SECONDS = STOP_SECONDS = MAIL_SECONDS = 120
PATIENCE_MS = 60_000
WHOLE_AXE = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
COLOURS = ("color-contrast",)
expect.set_options(timeout=PATIENCE_MS)
OTHER_PASSWORDS = ("nanny", "sam", "alex")
"""Demo people whose passwords are changed by tests, which alone may sign in as these."""
MOST_TABS = 80
GIVEN_UP = ("htmx:sendAbort", "htmx:afterRequest")
"""What htmx tells the console of a request that was under way when its page was left; a failed one has other names."""
RINGED = """element => [element, element.parentElement].some(one => {
  const style = getComputedStyle(one);
  return style.outlineStyle !== "none" || style.boxShadow !== "none";
})"""
"""Whether an element, or the card around it, shows that it has the focus."""
ODD_ROWS = """[...document.querySelectorAll("tr")].map(row => getComputedStyle(row).display)
  .filter(display => !["table-row", "none"].includes(display)).length"""
"""How many rows of tables are laid out otherwise."""
REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => {
  window.__refused(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`);
});
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here drives a browser."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker("browser")


class Mailbox(Message):
    """An SMTP server's mails, oldest first."""

    def __init__(self) -> None:
        super().__init__(EmailMessage)
        self.mails: list[EmailMessage] = []

    def prepare_message(self, session: Any, envelope: Any) -> EmailMessage:
        made = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(made, EmailMessage)
        return made

    def handle_message(self, message: Any) -> None:
        self.mails.append(message)

    def about(self, subject: str) -> list[EmailMessage]:
        """The mails whose subject has this text."""
        return [mail for mail in self.mails if subject in str(mail["Subject"])]


@dataclass
class Portal:
    """The running portal: its address, its mails, its instance folder, its environment and its first process."""

    url: str
    mailbox: Mailbox
    folder: Path
    environment: dict[str, str]
    process: int
    cookies: dict[str, Any] = field(default_factory=dict)

    def mail_about(self, subject: str) -> EmailMessage:
        """The newest mail with `subject` in its subject, waiting for it."""
        return self._mail(lambda mail: subject in str(mail["Subject"]))

    def link_to(self, address: str, path: str) -> str:
        """The link that begins with `path` in the newest mail to `address` that has one, waiting for it."""
        link = re.compile(re.escape(self.url) + f"({re.escape(path)}" + r"[\w/-]+)")
        mail = self._mail(lambda mail: address in str(mail["To"]) and link.search(_text(mail)) is not None)
        return link.findall(_text(mail))[0]

    def _mail(self, wanted: Callable[[EmailMessage], bool]) -> EmailMessage:
        deadline = time.monotonic() + MAIL_SECONDS
        while time.monotonic() < deadline:
            if found := [mail for mail in self.mailbox.mails if wanted(mail)]:
                return found[-1]
            time.sleep(0.1)
        raise AssertionError(f"no such mail among {[(str(m['To']), str(m['Subject'])) for m in self.mailbox.mails]}")

    def command(self, *words: str) -> str:
        """Run `flask …` on the portal's database, in this process, which has loaded everything; what it printed."""
        app = create_app(Settings.from_environment(self.environment))
        with app.app_context():
            done = app.test_cli_runner().invoke(args=list(words))
            db.session.remove()
            db.engine.dispose()
        assert done.exit_code == 0, (words, done.stdout, done.stderr)
        return str(done.stdout)

    def processes(self, word: str) -> list[int]:
        """The ids of the portal's processes that were started with `word` as their last."""
        listed = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
        found = [
            (int(pid), int(parent), words)
            for pid, parent, words in (line.split(None, 2) for line in listed.splitlines())
        ]
        ours = {self.process}
        while more := {pid for pid, parent, _ in found if parent in ours} - ours:
            ours |= more
        return [pid for pid, _, words in found if pid in ours and words.endswith(word)]

    def take_in(self, kind: str, *lines: str) -> None:
        """Import these lines of CSV, the first of which is the header."""
        file = self.folder / f"{kind}.csv"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        self.command("import", kind, str(file))


def _text(mail: EmailMessage) -> str:
    return str(mail.get_body(("plain",)).get_content())  # type: ignore[union-attr]


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
        "GRANIAN_LOG_ACCESS_ENABLED": "true",
        "GRANIAN_LOG_ACCESS_FMT": "answered %(status)d to %(method)s %(path)s",
    }


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """`flask serve` on an empty folder: it migrates, loads the demo, and starts web and worker."""
    folder = tmp_path_factory.mktemp("portal")
    mailbox, mail_port, port = Mailbox(), _free_port(), _free_port()
    environment = _environment(folder, port, mail_port)
    controller = Controller(mailbox, hostname="127.0.0.1", port=mail_port)
    controller.start()
    log = (folder / "serve.log").open("wb")
    server = subprocess.Popen(
        [sys.executable, "-m", "flask", "serve"],
        cwd=ROOT,
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_it_answers(url, server, folder / "serve.log")
        yield Portal(url, mailbox, folder, environment, server.pid)
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()
        log.close()
        controller.stop()


@pytest.fixture(autouse=True)
def no_faults(portal: Portal) -> Iterator[None]:
    """What a page does in a browser never makes the server fail: its access log has no status of 500 and more."""
    log = portal.folder / "serve.log"
    begun = log.stat().st_size
    yield
    with log.open("rb") as file:
        file.seek(begun)
        told = file.read().decode(errors="replace")
    faults = re.findall(r"answered 5\d\d to .*", told)
    assert not faults, f"{faults}\n{told[-4000:]}"


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


class Watch:
    """What must not happen in any page: script errors, refusals by the CSP, other hosts, answers of 5xx.

    The browser's own console line for an answer of 4xx is fine.
    """

    def __init__(self, home: str) -> None:
        self.home = home
        self.troubles: list[str] = []

    def over(self, context: BrowserContext) -> None:
        """Begin to watch every page of `context`."""
        context.expose_binding("__refused", lambda source, text: self.troubles.append(f"CSP {text}"))
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("weberror", lambda error: self.troubles.append(f"script: {error.error}"))
        context.on("console", self._console)
        context.on("request", self._request)
        context.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning") or message.text.startswith(GIVEN_UP):
            return
        if "the server responded with a status of 4" not in message.text:
            self.troubles.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.home, "data:", "about:", "blob:")):
            self.troubles.append(f"asked another host: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self.troubles.append(f"{response.status} from {response.url}")


Visit = Callable[..., Page]


ALSO_AT_THE_DESK: WeakSet[BrowserContext] = WeakSet()
"""Browser profiles on the phone whose pages the same test opens at the desk as well."""


@pytest.fixture
def visit(browser: Browser, portal: Portal, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """`visit("company", "desk", at="/statements")` → a page of a fresh browser profile, signed in as that person.

    Without a name nobody is signed in. Further keywords go to the browser profile. What `Watch` sees in any of them
    fails the test.
    """
    watch = Watch(portal.url)
    opened: list[BrowserContext] = []
    twin = "width" in request.fixturenames and request.getfixturevalue("width") == "phone"

    def enter(name: str = "", width: str = "desk", *, at: str = "", **more: Any) -> Page:
        context = browser.new_context(
            viewport=WIDTHS[width],  # type: ignore[arg-type]
            base_url=portal.url,
            accept_downloads=True,
            **more,
        )
        context.set_default_timeout(PATIENCE_MS)
        opened.append(context)
        if twin:
            ALSO_AT_THE_DESK.add(context)
        if more.get("java_script_enabled", True):
            watch.over(context)
        if name:
            context.add_cookies(_cookies(portal, context, name))
        page = context.new_page()
        if at:
            page.goto(at)
        return page

    yield enter
    for context in opened:
        context.close()
    assert not watch.troubles, watch.troubles


def _cookies(portal: Portal, context: BrowserContext, name: str) -> Any:
    """The session of a demo person, who signs in once for all tests."""
    assert name not in OTHER_PASSWORDS, "somebody's password changes in another test"
    if name not in portal.cookies:
        made = context.browser.new_context(base_url=portal.url)  # type: ignore[union-attr]
        fill_in_the_door(made.new_page(), name)
        portal.cookies[name] = made.cookies()
        made.close()
    return portal.cookies[name]


def fill_in_the_door(page: Page, name: str, password: str = DEMO_PASSWORD, path: str = "/login") -> None:
    """Sign in as a demo person by the page."""
    page.goto(path)
    page.get_by_label("Email").fill(f"{name}@demo.example")
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/login" not in url)


def accessible(page: Page) -> None:
    """Assert that the page does not scroll sideways, and that axe finds nothing: at the desk, where both are tested."""
    if page.context not in ALSO_AT_THE_DESK:
        examine(page)
    fits(page)


def examine(page: Page, rules: tuple[str, ...] = WHOLE_AXE) -> None:
    """Assert that axe finds nothing on the page."""
    try:
        violations = _violations(page, rules)
    except Error:  # the page on which somebody just clicked went away under it
        page.wait_for_load_state()
        violations = _violations(page, rules)
    found = [
        (one["id"], [(node["html"][:200], node["failureSummary"][:300]) for node in one["nodes"][:3]])
        for one in violations
    ]
    assert not found, (page.url, page.viewport_size, found)


def _violations(page: Page, rules: tuple[str, ...]) -> Any:
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(AXE_SCRIPT)
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    return page.evaluate("options => axe.run(options).then(results => results.violations)", options)


def fits(page: Page) -> None:
    """Assert that the page does not scroll sideways, and that tables are laid out as such where there is room."""
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0, f"{page.url} scrolls sideways by {overflow} px at {page.viewport_size}"
    if (page.viewport_size or NARROWEST)["width"] == WIDTHS["desk"]["width"]:
        assert not page.evaluate(ODD_ROWS), f"rows of a table that are none at {page.url}"


def amount(text: str) -> str:
    """An amount as a page shows it, written as files do: "−1,034.94" → "-1034.94"."""
    return re.sub(r"[^\d.\-]", "", text.replace("−", "-"))


def press_and_settle(page: Page, key: str) -> None:
    """Press a key that swaps a part of the page, and wait until the new part is in its place and takes keys."""
    page.evaluate(
        "() => { window.settled = new Promise(done =>"
        " document.body.addEventListener('htmx:afterSettle', () => done(true), {once: true})); }"
    )
    page.keyboard.press(key)
    page.evaluate("() => window.settled")


def walk_to(page: Page, goal: Locator, *, key: str = "Tab") -> None:
    """Press `key` until the goal has the focus, which must be visible there."""
    expect(goal).to_be_visible()
    for _ in range(MOST_TABS):
        page.keyboard.press(key)
        if goal.evaluate("element => element === document.activeElement"):
            break
    expect(goal).to_be_focused()
    assert goal.evaluate(RINGED), f"no sign of the focus on {goal}"
