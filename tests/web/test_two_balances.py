"""House Account and Customer Credit on every page that shows a balance: 22.75 owed beside 50.00 in credit is never
"27.25 in credit", and never nothing to do.
"""

from __future__ import annotations

import re

from flask import Flask

from portal.actions.statements.view import balance_of
from portal.web.guard import policy
from tests.pages import PageClient
from tests.people import customer, post, share
from tests.web.acme import at, browser_of, person
from tests.web.staff.office import path, staff

TOTAL = "27.25"
FRAGMENTS = ("accounts", "apply_credit")
"""Suggestions, which are no pages; and the page where 27.25 is what is left once Customer Credit is applied."""
HOUSE, CREDIT = "22.75", "50.00"
NOTHING_DUE = re.compile(
    r"nothing (needs you|is (owed|due|to be paid))|owes nothing|nobody needs you|in your favour", re.IGNORECASE
)


def indebted(reference: str) -> None:
    """−22.75 on the House Account, and 50.00 of Customer Credit."""
    post(reference, "invoice", 2275, "2026-11-02", description="Swimming")
    post(reference, "credit", 5000, "2026-11-03", ledger="credit", description="Goodwill")


def looked(client: PageClient, address: str, *, owes: bool = True) -> str:
    """The words of a page that shows no sum; and, to whoever owes, not that nothing is due."""
    assert client.get(address).status_code == 200, address
    words = client.page.words
    assert TOTAL not in words, address
    assert not (owes and NOTHING_DUE.search(words)), (address, NOTHING_DUE.search(words))
    return words


def test_f7_home_shows_what_is_owed_and_what_can_pay_it(app: Flask) -> None:
    person("pat", name="Pat Winter", called="Pat Winter", kind="individual")
    indebted("pat")
    words = looked(browser_of(app, "pat"), "/")
    assert f"House Account −{HOUSE} Customer Credit +{CREDIT}" in words
    assert "22.75 EUR is owed. Customer Credit can pay all of it, once it is applied." in words
    assert "Ask Harbour Net to apply it" in words


def test_f7_no_page_of_the_portal_adds_the_two(app: Flask) -> None:
    person("pat", name="Pat Winter", called="Pat Winter", kind="individual")
    person("sam", name="Sam Winter", called="Sam Winter", kind="individual")
    share("pat", "sam")
    indebted("pat")
    for who in ("pat", "sam"):
        client, seen = browser_of(app, who), 0
        for address in own_pages(app):
            if client.get(address).status_code == 200:
                looked(client, address, owes=who == "pat")
                seen += 1
        assert seen > 8
    words = looked(browser_of(app, "sam"), "/statements", owes=False)
    assert f"Shared today: House Account −{HOUSE} EUR , Customer Credit +{CREDIT} EUR" in words


def test_f7_no_page_of_a_profile_adds_the_two(app: Flask) -> None:
    pat = customer("pat", name="Pat Winter")
    customer("sam", name="Sam Winter")
    share("pat", "sam")
    indebted("pat")
    client, seen = staff(app, "super"), []
    for rule in app.url_map.iter_rules():
        if rule.arguments == {"subject"} and rule.rule.startswith("/staff/") and "GET" in (rule.methods or ()):
            if rule.endpoint.endswith(FRAGMENTS):
                continue
            address = rule.rule.replace("<public_id:subject>", pat.public_id)
            if client.get(address).status_code == 200:
                words = looked(client, address)
                seen += [rule.endpoint.split(".")[1]] if HOUSE in words and CREDIT in words else []
    assert {"summary", "finance", "customer", "unlink_partner"} <= set(seen)
    for page in (path("pat"), path("pat", "/finance"), f"/staff/front-desk/{pat.public_id}"):
        client.get(page)
        assert path("pat", "/finance/apply-credit") in client.page.links, page


def test_f7_staff_apply_credit_after_a_look_and_once(app: Flask) -> None:
    customer("pat", name="Pat Winter")
    indebted("pat")
    client, page = staff(app, "admin"), path("pat", "/finance/apply-credit")
    client.get(page)
    assert "Apply 22.75 EUR of Customer Credit?" in client.page.words
    assert "−22.75 becomes 0.00 EUR" in client.page.words
    assert "50.00 becomes 27.25 EUR" in client.page.words
    sent = dict(client.page.hidden)
    assert client.post(page, data=sent).location == path("pat", "/finance")
    assert client.post(page, data=sent).location == path("pat", "/finance")
    now = balance_of(at("pat"))
    assert (now.house_minor, now.credit_minor) == (0, 2725)
    assert client.get(page).status_code == 409
    assert "Nothing is owed that Customer Credit could pay" in client.page.words


def test_r24_credit_is_not_applied_to_figures_that_have_changed(app: Flask) -> None:
    customer("pat", name="Pat Winter")
    indebted("pat")
    client, page = staff(app, "admin"), path("pat", "/finance/apply-credit")
    client.get(page)
    sent = dict(client.page.hidden)
    post("pat", "payment", 1000, "2026-11-20")
    assert client.post(page, data=sent).status_code == 409
    assert "Apply 12.75 EUR of Customer Credit?" in client.page.words
    assert balance_of(at("pat")).credit_minor == 5000


def test_f7_who_may_not_post_is_offered_no_button(app: Flask) -> None:
    customer("pat", name="Pat Winter")
    indebted("pat")
    client = staff(app, "desk")
    client.get(path("pat"))
    assert path("pat", "/finance/apply-credit") not in client.page.links
    assert client.get(path("pat", "/finance/apply-credit")).status_code == 403
    assert HOUSE not in client.page.words


def own_pages(app: Flask) -> list[str]:
    """The addresses of one's own pages that need nothing else to be known."""
    return [
        rule.rule
        for rule in app.url_map.iter_rules()
        if not rule.arguments and "GET" in (rule.methods or ()) and not rule.rule.startswith(("/staff", "/static"))
        and policy(app, rule.endpoint) != "public" and "." not in rule.rule
        and not rule.endpoint.endswith(FRAGMENTS)
    ]  # fmt: skip
