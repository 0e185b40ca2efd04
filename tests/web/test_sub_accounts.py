"""Sub-accounts: who sees the list, what can be opened, filter, order, pages, and the file."""

from __future__ import annotations

import csv
import io

import pytest
from flask import Flask

from portal.rules.scopes import Scope
from tests.pages import PageClient
from tests.people import customer, link, service, sub_accounts_of
from tests.queries import counted
from tests.web.acme import HTMX, NASTY, at, browser_of, change, company, configure, person


@pytest.fixture
def petra(app: Flask) -> PageClient:
    """Acme's bookkeeper, with management on and the option for independent ones off."""
    company()
    return browser_of(app, "acme")


def listed(browser: PageClient, query: str) -> list[str]:
    """The sub-accounts of a list, in its order."""
    assert browser.get(f"/sub-accounts?{query}", headers=HTMX).status_code == 200
    words = browser.page.words
    known = ("Riverside branch", "Franchise Süd GmbH", "Łukasz Café", "Depot 7")
    return sorted((name for name in known if name in words), key=words.index)


def test_l14_the_list_says_what_each_has_and_costs(petra: PageClient) -> None:
    petra.get("/sub-accounts")
    words = petra.page.words
    assert "Riverside branch 4 Quay Street, Brno · branch Active Aggregated 2 149.90 Statement" in words
    assert "Franchise Süd GmbH franchise Active Independent 1 74.90" in words
    assert "Together 3 224.80" in words
    assert words.count("EUR") >= 1
    assert "Monthly cost, EUR" in words


def test_l15_only_what_management_allows_can_be_opened(petra: PageClient) -> None:
    branch, franchise = at("branch"), at("franchise")
    petra.get("/sub-accounts")
    assert f"/for/{branch.public_id}/" in petra.page.links
    assert f"/for/{franchise.public_id}/" not in petra.page.links
    assert f"/statements?account={branch.public_id}" in petra.page.links
    assert f"/statements?account={franchise.public_id}" not in petra.page.links
    assert "Harbour Net does not let main accounts open them" in petra.page.words


def test_l16_the_option_opens_independent_ones(petra: PageClient) -> None:
    configure(manages_independent=True)
    petra.get("/sub-accounts")
    assert f"/for/{at('franchise').public_id}/" in petra.page.links
    assert "You can open every account below" in petra.page.words


def test_l15_off_nothing_opens_and_the_page_says_why(app: Flask) -> None:
    company(management=False)
    browser = browser_of(app, "acme")
    browser.get("/sub-accounts")
    assert not [url for url in browser.page.links if url.startswith("/for/")]
    assert "Sub-account management is off" in browser.page.words
    assert f"/statements?account={at('branch').public_id}" in browser.page.links


def test_ux13_a_status_explains_itself(petra: PageClient) -> None:
    change("acme", own_status="blocked", blocked_cause="overdue")
    petra.get("/sub-accounts")
    assert "Riverside branch 4 Quay Street, Brno · branch Blocked because Acme Ltd is blocked" in petra.page.words
    assert "Franchise Süd GmbH franchise Active" in petra.page.words
    assert listed(petra, "status=blocked") == ["Riverside branch"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=river", ["Riverside branch"]),
        ("q=SUD", ["Franchise Süd GmbH"]),
        ("q=branch%40example.test", ["Riverside branch"]),
        ("q=%25", []),
        ("q=nobody", []),
        ("mode=independent", ["Franchise Süd GmbH"]),
        ("status=active&mode=aggregated", ["Riverside branch"]),
        ("status=new", []),
        ("sort=cost", ["Franchise Süd GmbH", "Riverside branch"]),
        ("sort=cost&order=descending", ["Riverside branch", "Franchise Süd GmbH"]),
        ("sort=services&order=descending", ["Riverside branch", "Franchise Süd GmbH"]),
        ("sort=name&order=descending", ["Riverside branch", "Franchise Süd GmbH"]),
        ("sort=&order=evil&page=0", ["Franchise Süd GmbH", "Riverside branch"]),
        ("page=-3", ["Franchise Süd GmbH", "Riverside branch"]),
        ("page=999999", ["Franchise Süd GmbH", "Riverside branch"]),
        ("page=" + "9" * 40, ["Franchise Süd GmbH", "Riverside branch"]),
        ("page=%D9%A1", ["Franchise Süd GmbH", "Riverside branch"]),
    ],
)
def test_filter_order_and_page_come_from_the_address(petra: PageClient, query: str, found: list[str]) -> None:
    assert petra.get(f"/sub-accounts?{query}").status_code == 200
    assert listed(petra, query) == found


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("sort=evil", "The list cannot be sorted by “evil”."),
        ("status=evil", "There is no status “evil”."),
        ("mode=evil", "There is no billing mode “evil”."),
    ],
)
def test_what_does_not_exist_is_named(petra: PageClient, query: str, sentence: str) -> None:
    for path in ("/sub-accounts", "/sub-accounts.csv"):
        assert petra.get(f"{path}?{query}").status_code == 422
        assert sentence in petra.page.words


def test_headings_say_how_the_list_is_sorted_and_turn_it_round(petra: PageClient) -> None:
    html = petra.get("/sub-accounts").get_data(as_text=True)
    assert html.count("aria-sort=") == 1
    assert 'aria-sort="ascending"' in html
    assert "/sub-accounts?order=descending" in petra.page.links
    assert "/sub-accounts?sort=cost&order=descending" in petra.page.links
    html = petra.get("/sub-accounts?sort=cost&order=descending&q=r").get_data(as_text=True)
    assert 'aria-sort="descending"' in html
    assert "/sub-accounts?q=r&sort=cost" in petra.page.links


def test_a_fragment_is_the_list_of_the_page(petra: PageClient) -> None:
    query = "/sub-accounts?q=river&sort=cost&order=descending"
    whole = petra.get(query).get_data(as_text=True)
    answer = petra.get(f"{query}&status=&mode=", headers=HTMX)
    part = answer.get_data(as_text=True)
    start = part.index('<div id="sub-accounts"')
    assert part[start : part.index("<title>")].strip() in whole
    assert answer.headers["HX-Push-Url"] == query
    assert '<div id="live" hx-swap-oob="innerHTML">1 of 2 matches</div>' in part
    boosted = petra.get(query, headers={**HTMX, "HX-Boosted": "true"}).get_data(as_text=True)
    assert "<html" in boosted


def test_pages_of_fifty_with_sums_over_all(app: Flask) -> None:
    acme = company()
    names = {f"sub-{number:03}": f"Branch {number:03}" for number in range(101)}
    sub_accounts_of("acme", names)
    for reference in names:
        service(at(reference), "Broadband 50", 1000)
    browser = browser_of(app, "acme")
    browser.get("/sub-accounts?page=2")
    words = browser.page.words
    assert browser.page.title == "Sub-accounts – page 2 of 3 – Kith"
    assert "51–100 of 103 sub-accounts" in words
    assert "Together, 103 sub-accounts 104 1,234.80" in words
    assert "Branch 050" in words
    assert "Branch 048" not in words
    assert "/sub-accounts" in browser.page.links
    assert "/sub-accounts?page=3" in browser.page.links
    browser.get("/sub-accounts?page=99")
    assert "101–103 of 103" in browser.page.words
    assert acme.name in browser.page.words


def test_the_number_of_queries_does_not_grow(app: Flask) -> None:
    company()
    browser = browser_of(app, "acme")
    with counted() as few:
        browser.get("/sub-accounts?q=branch")
    for number in range(30):
        customer(f"branch-{number}")
        link("acme", f"branch-{number}")
    with counted() as many:
        browser.get("/sub-accounts?q=branch")
    assert len(few) == len(many) <= 8, "\n\n".join(many)


def test_sec46_the_file_holds_what_the_filter_shows_and_no_formulas(petra: PageClient) -> None:
    change("branch", name="=cmd|' /C calc'!A0", folded_name="cmd")
    answer = petra.get("/sub-accounts.csv?sort=cost&order=descending")
    assert answer.mimetype == "text/csv"
    assert (
        answer.headers["Content-Disposition"]
        == "attachment; filename=\"sub-accounts.csv\"; filename*=UTF-8''sub-accounts.csv"
    )
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    assert [row["name"] for row in rows] == ["'=cmd|' /C calc'!A0", "Franchise Süd GmbH"]
    assert rows[0] | {"name": ""} == {
        "name": "",
        "customer_number": "branch",
        "address": "4 Quay Street\nBrno",
        "status": "Active",
        "reason": "",
        "billing_mode": "aggregated",
        "active_services": "2",
        "monthly_cost": "149.90",
        "currency": "EUR",
        "linked_on": "2026-11-22",
    }
    text = petra.get("/sub-accounts.csv?mode=independent").get_data(as_text=True)
    assert text.count("\r\n") == 2


def test_names_are_text_wherever_they_stand(petra: PageClient) -> None:
    change("branch", name=NASTY)
    html = petra.get("/sub-accounts").get_data(as_text=True)
    assert "<b>O" not in html
    assert NASTY in petra.page.words
    petra.get("/sub-accounts?q=<script>alert(1)</script>")
    assert "<script>alert" not in petra.get("/sub-accounts?q=<script>alert(1)</script>").get_data(as_text=True)


def test_without_sub_accounts_the_page_says_who_links_them(app: Flask) -> None:
    person("pat")
    browser = browser_of(app, "pat")
    browser.get("/sub-accounts")
    assert "No sub-accounts yet" in browser.page.words
    assert "Ask Harbour Net to link them" in browser.page.words
    assert "/sub-accounts" not in browser.page.links
    assert browser.get("/sub-accounts", headers=HTMX).status_code == 200


def test_l17_a_sub_account_sees_who_pays_and_who_may_act(app: Flask) -> None:
    company()
    browser = browser_of(app, "branch")
    browser.get("/sub-accounts")
    assert "Acme Ltd pays for you" in browser.page.words
    assert "May act for you: Petra Acme" in browser.page.words
    change("acme", manages_sub_accounts=False)
    browser.get("/sub-accounts")
    assert "Acme Ltd pays for you" in browser.page.words
    assert "Petra" not in browser.page.words


def test_a_login_without_finance_has_no_links_to_statements(app: Flask) -> None:
    person("acme", name="Acme Ltd", scopes=(Scope.VIEW,), manages_sub_accounts=True)
    customer("branch")
    link("acme", "branch")
    browser = browser_of(app, "acme")
    browser.get("/sub-accounts")
    assert not [url for url in browser.page.links if url.startswith("/statements")]


def test_a_login_without_view_sees_no_list(app: Flask) -> None:
    person("acme", scopes=(Scope.FINANCE,))
    browser = browser_of(app, "acme")
    assert browser.get("/sub-accounts").status_code == 403
    assert browser.get("/sub-accounts.csv").status_code == 403


def test_s9_others_lists_hold_nothing_of_ours(app: Flask) -> None:
    company()
    person("stranger")
    for who in ("stranger", "branch", "franchise"):
        browser = browser_of(app, who)
        for path in ("/sub-accounts", "/sub-accounts?q=branch", "/sub-accounts.csv"):
            text = browser.get(path).get_data(as_text=True)
            assert "4 Quay Street" not in text, (who, path)
