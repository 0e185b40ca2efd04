"""No page of a part says that something is owed, whatever the books hold (S13)."""

from __future__ import annotations

import re

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.rules.holders import Role
from portal.rules.statements.figures import RecordType
from tests.logins import administrator, login
from tests.pages import PageClient
from tests.parts import ACCOUNTS, FIRST, LAST, MOVES, Move, books, says_of_a_part
from tests.people import sign_in
from tests.web.acme import at

RED = re.compile(r'class="[^"]*\bowed\b')


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=MOVES, shown=st.sampled_from(RecordType))
def test_s13_no_page_of_a_part_says_that_something_is_owed(app: Flask, moves: list[Move], shown: RecordType) -> None:
    prefix, _ = books(moves)
    days = f"from={FIRST}&to={LAST}&type={shown.value}"
    parts = {name: at(prefix + name).public_id for name in ACCOUNTS}
    payer = browser_of(app, prefix + "main")
    for part in parts.values():
        look(payer, f"/statements?{days}&account={part}")
        look(payer, f"/statements/send?{days}&account={part}")
    look(browser_of(app, prefix + "mate"), f"/statements?{days}")
    staff = app.test_client()
    assert isinstance(staff, PageClient)
    administrator(f"{prefix}staff@example.test", Role.SUPER)
    sign_in(staff, f"{prefix}staff@example.test")
    look(staff, f"/staff/customers/{parts['sub']}/finance?{days}")
    look(staff, f"/staff/customers/{parts['main']}/finance?{days}&account={parts['main']}")


def browser_of(app: Flask, who: str) -> PageClient:
    """A browser signed in as `who`."""
    login(at(who), f"{who}@portal.test", "Somebody")
    client = app.test_client()
    assert isinstance(client, PageClient)
    sign_in(client, f"{who}@portal.test")
    return client


def look(browser: PageClient, url: str) -> None:
    """Look at a page's statement: below the balances of a payer, from the heading of the part on."""
    html = browser.get(url).text
    start = html.find('id="statement-title"')
    part = html[start:] if start >= 0 else html[html.index("<main") :]
    words = re.sub(r"<[^>]+>", " ", part)
    assert says_of_a_part(re.sub(r"\s+", " ", words)) == [], url
    assert RED.search(part) is None, url
