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
from tests.web.acme import browser_of, person
from tests.web.staff.office import now, path, staff

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
    assert [field["value"] for field in client.page.fields if field.get("name") in ("amount", "on")] == [
        "22.75",
        "2026-11-22",
    ]
    client.submit(page, {"amount": "22.75", "on": "2026-11-22"})
    assert "Apply 22.75 EUR of Customer Credit?" in client.page.words
    assert "−22.75 becomes 0.00 EUR" in client.page.words
    assert "50.00 becomes 27.25 EUR" in client.page.words
    sent = {**client.page.hidden, "step": "post"}
    done = [client.post(page, data=sent).location for _ in range(2)]
    assert done[0] == done[1]
    client.get(done[0])
    assert "22.75 EUR of Customer Credit is applied to the House Account by TRF-000001" in client.page.words
    after = balance_of(now("pat"))
    assert (after.house_minor, after.credit_minor) == (0, 2725)
    assert client.get(page).status_code == 409
    assert "Nothing is owed that Customer Credit could pay" in client.page.words


def test_r24_credit_is_not_applied_to_figures_that_have_changed(app: Flask) -> None:
    customer("pat", name="Pat Winter")
    indebted("pat")
    client, page = staff(app, "admin"), path("pat", "/finance/apply-credit")
    client.submit(page, {"amount": "10", "on": "2026-11-22"})
    sent = {**client.page.hidden, "step": "post"}
    post("pat", "payment", 1000, "2026-11-20")
    assert client.post(page, data=sent).status_code == 409
    assert "The figures have changed since you looked." in client.page.words
    assert "−12.75 becomes −2.75 EUR" in client.page.words
    assert balance_of(now("pat")).credit_minor == 5000


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
