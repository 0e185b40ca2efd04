"""J5: the pages people open most, beside a small page that Flask and Jinja make of one query (`bench.limit`).

Both are served by the same web server with as many workers and threads, on the same database: the portal as
`flask serve` does it, the limit in the plainest way. A round asks the limit and each page in turn. Ours are asked with
the cookie of somebody who signed in: a company with 120 sub-accounts for Home, Sub-accounts, Statements and the
fragment, the Owner of a group for My Group, an administrator for the list of customers.
"""

from __future__ import annotations

import os
import re
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from flask import Flask

from bench import books, limit
from bench.load import CONNECTIONS, load
from bench.places import SIZE, Place, ms, places, tidy, timing, verdict
from portal.cli.serve import web_command
from portal.config import Settings

GOAL_RATIO, GOAL_TAIL, GOAL_QUERIES = 0.2, 5.0, 8
GOAL_STATEMENTS = 0.12
"""A statement draws a chart and three tables."""
ROUNDS, SECONDS = (6, 0.6) if SIZE >= 1 else (3, 0.25)
WARM_UP = 0.5
SUB_ACCOUNTS, MEMBERS, LINES, HISTORY = 120, 6, 50, 2_000
OCTOBER = date(2026, 10, 1)
PASSWORD = "measured and thrown away"
COMPANY, FAMILY = "company@bench.example", "family@bench.example"
DESK = "desk@bench.example"
SIGN_INS = 5
ROOT = Path(__file__).resolve().parents[1]


class Page(NamedTuple):
    """What is asked for: its name, its address, and as whom ("" for nobody); a fragment is asked for by htmx."""

    name: str
    path: str
    who: str = ""
    fragment: bool = False

    def headers(self, cookies: dict[str, str]) -> dict[str, str]:
        found = {"Host": "127.0.0.1", "User-Agent": "bench", "Accept": "text/html"}
        if self.who:
            found["Cookie"] = cookies[self.who]
        return found | ({"HX-Request": "true"} if self.fragment else {})

    def request(self, cookies: dict[str, str]) -> bytes:
        lines = [f"GET {self.path} HTTP/1.1", *(f"{name}: {value}" for name, value in self.headers(cookies).items())]
        return "\r\n".join([*lines, "", ""]).encode()


LIMIT = Page("limit", "/")
PAGES = (
    Page("sign-in", "/login"),
    Page("Home", "/", COMPANY),
    Page("My Group", "/my-group", FAMILY),
    Page("Sub-accounts", "/sub-accounts", COMPANY),
    Page("Statements", "/statements?from=2026-10-01&to=2026-10-31", COMPANY),
    Page("fragment", "/sub-accounts?q=sub", COMPANY, fragment=True),
    Page("customer list", "/staff/customers", DESK),
)


# What is there to look at ---------------------------------------------------------------------------------------------


def _prepare(place: Place) -> None:
    from portal.actions import groups
    from portal.actions.groups import NewMember
    from portal.rules.deciding import SYSTEM
    from portal.rules.groups import GroupRole

    with place.app().app_context():
        partner = books.partner("Bench")
        company, family = books.people(partner, "company", 1)[0], books.people(partner, "family", 1)[0]
        subs, children = books.people(partner, "sub", SUB_ACCOUNTS), books.people(partner, "child", MEMBERS)
        books.under(partner, company, subs)
        _describe(company, family, [company, *subs], children)
        groups.switch_groups(SYSTEM, True)
        group = groups.create(SYSTEM, "family-0").group
        for number in range(MEMBERS):
            groups.add_member(SYSTEM, group, NewMember(f"child-{number}", GroupRole.DEPENDENT))
        for payer, accounts in ((company, [company, *subs]), (family, [family])):
            books.history(partner, payer, accounts, HISTORY, days=(OCTOBER - books.FIRST).days)
        books.history(partner, company, [company], LINES, OCTOBER, 30)
        _close()
    tidy(place)


def _describe(company: int, family: int, served: Sequence[int], children: Sequence[int]) -> None:
    """Logins, services, and the dates of birth of a family."""
    from sqlalchemy import insert, update

    from portal.db.engine import db, writes
    from portal.db.logins import people as logins
    from portal.db.tables import Customer, Service
    from portal.outside import passwords
    from portal.rules.holders import Role

    service = {"plan": "Broadband 50", "price_minor": 4990, "period": "month", "started_on": date(2026, 1, 1)}

    @writes
    def describe() -> None:
        stored = passwords.hashed(PASSWORD)
        for customer, email in ((company, COMPANY), (family, FAMILY)):
            logins.add_customer_login(customer_id=customer, email=email, name="Dana Bench", password_hash=stored)
        logins.add_administrator(email=DESK, name="Sol Bench", role=Role.SUPER, password_hash=stored, partner_id=None)
        db.session.execute(insert(Service), [{"customer_id": customer, **service} for customer in served])
        managing = update(Customer).where(Customer.id == company)
        db.session.execute(managing.values(manages_sub_accounts=True))
        for born_on, people in ((date(1985, 6, 1), [family]), (date(2016, 5, 1), children)):
            born = update(Customer).where(Customer.id.in_(people))
            db.session.execute(born.values(kind="individual", born_on=born_on))

    describe()


def _close() -> None:
    from portal.db.engine import db

    db.session.remove()
    db.engine.dispose()


# Serving it -----------------------------------------------------------------------------------------------------------


class Served(NamedTuple):
    """Where the two servers listen."""

    limit: int
    ours: int


@contextmanager
def _served(place: Place) -> Iterator[tuple[Served, Settings]]:
    """Both servers, as `flask serve` starts the portal's in production."""
    theirs, ours = free_port(), free_port()
    settings = [_settings(place, port) for port in (theirs, ours)]
    with _server(settings[0], limit.command, place), _server(settings[1], web_command, place):
        yield Served(theirs, ours), Settings.from_environment(settings[1])


def _settings(place: Place, port: int) -> dict[str, str]:
    return {
        "PORTAL_ENV": "production",
        "PORTAL_BASE_URL": "https://127.0.0.1",
        "PORTAL_INSTANCE_DIR": str(place.folder / "instance"),
        "PORTAL_DATABASE_URL": place.url,
        "PORTAL_SECRET_KEY": SECRET,
        "PORTAL_PORT": str(port),
    }


SECRET = secrets.token_urlsafe(32)


@contextmanager
def _server(settings: dict[str, str], command: Callable[[Settings], list[str]], place: Place) -> Iterator[None]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    environment = {**kept, **settings, "BENCH_DATABASE": place.url, "PYTHONPATH": str(ROOT)}
    started = command(Settings.from_environment(settings))
    server = subprocess.Popen(started, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        _wait_for(int(settings["PORTAL_PORT"]), server)
        yield
    finally:
        server.terminate()
        with suppress(subprocess.TimeoutExpired):
            server.wait(30)
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("the web server did not start")


# Measuring ------------------------------------------------------------------------------------------------------------


def _sign_in(port: int, email: str) -> tuple[str, float]:
    """The cookie of a session, and how long the server took over the password, in seconds."""
    browser = HTTPConnection("127.0.0.1", port, timeout=30)
    browser.request("GET", "/login")
    page = browser.getresponse()
    before, html = _cookies(page), page.read().decode()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', html)
    assert token is not None
    form = urlencode({"email": email, "password": PASSWORD, "csrf_token": token[1]})
    began = time.perf_counter()
    headers = {"Cookie": before, "Content-Type": "application/x-www-form-urlencoded"}
    browser.request("POST", "/login", form, headers)
    answer = browser.getresponse()
    answer.read()
    taken = time.perf_counter() - began
    assert answer.status == 302, answer.status
    browser.close()
    return _cookies(answer), taken


def _cookies(answer: HTTPResponse) -> str:
    """Everything that the server wants sent back."""
    return "; ".join(header.partition(";")[0] for header in answer.headers.get_all("Set-Cookie") or ())


def _queries(app: Flask, cookies: dict[str, str]) -> list[int]:
    """How many queries each page takes, counted in this process."""
    from tests.queries import counted

    found = []
    client = app.test_client(use_cookies=False)
    for page in PAGES:
        client.get(page.path, headers=page.headers(cookies))
        with app.app_context(), counted() as sent:
            status = client.get(page.path, headers=page.headers(cookies)).status_code
        assert status == 200, (page.name, status)
        found.append(len(sent))
    with app.app_context():
        _close()
    return found


def run() -> None:
    """Print requests a second, how they compare, the tail, and the queries of each page."""
    from portal import create_app

    print(f"J5  pages, over {CONNECTIONS} connections")
    print(
        f"{'':<12}{'':<14}{'ours /s':>9}{'limit /s':>9}{'ratio':>7}{'p50 ms':>8}{'p99 ms':>8}"
        f"{'tail':>6}{'queries':>9}  goal"
    )
    with places() as found:
        for place in found:
            _prepare(place)
            with _served(place) as (ports, settings):
                cookies, signing_in = {}, []
                for who in (COMPANY, FAMILY, DESK) * SIGN_INS:
                    cookies[who], taken = _sign_in(ports.ours, who)
                    signing_in.append(taken)
                queries = _queries(create_app(settings), cookies)
                _measure(place, ports, cookies, queries)
            print(
                f"{place.engine:<12}{'sign-in, POST':<14}{ms(timing(signing_in).p50):>33}  (with the password's hash)"
            )
    print(
        f"   goal: at least {GOAL_RATIO} of the limit, Statements {GOAL_STATEMENTS}; "
        f"tail, p99 to p50: under {GOAL_TAIL:.0f}; at most {GOAL_QUERIES} queries"
    )


def _measure(place: Place, ports: Served, cookies: dict[str, str], queries: list[int]) -> None:
    asked = [(ports.limit, LIMIT.request(cookies)), *((ports.ours, page.request(cookies)) for page in PAGES)]
    for port, request in asked:
        load(port, request, seconds=WARM_UP)
    rounds = [[load(port, request, seconds=SECONDS) for port, request in asked] for _ in range(ROUNDS)]
    rates, taken = [], []
    for loads in zip(*rounds, strict=True):
        taken.append(timing([seconds for one in loads for seconds in one.taken]))
        rates.append(sum(len(one.taken) for one in loads) / sum(one.seconds for one in loads))
    for page, rate, times, count in zip(PAGES, rates[1:], taken[1:], queries, strict=True):
        ratio, tail = rate / rates[0], times.p99 / times.p50
        wanted = GOAL_STATEMENTS if page.name == "Statements" else GOAL_RATIO
        met = verdict(ratio >= wanted and tail < GOAL_TAIL and count <= GOAL_QUERIES)
        print(
            f"{place.engine:<12}{page.name:<14}{rate:>9.0f}{rates[0]:>9.0f}{ratio:>7.2f}{ms(times.p50):>8}{ms(times.p99):>8}"
            f"{tail:>6.1f}{count:>9}  {met}",
            flush=True,
        )
