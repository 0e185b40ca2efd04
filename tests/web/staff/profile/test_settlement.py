"""Settling step by step in the back office: from the refusal through each check page to the link."""

from __future__ import annotations

import pytest
from flask import Flask

from portal.rules.links.facts import BillingMode
from tests import books
from tests.actions.links.test_settlement import future
from tests.pages import PageClient
from tests.people import customer, link, post
from tests.queries import counted
from tests.web.acme import HTMX, change
from tests.web.staff.office import now, path, staff
from tests.web.staff.profile.test_sub_accounts import link_page


@pytest.fixture
def office(app: Flask) -> PageClient:
    customer("acme", name="Acme Ltd")
    customer("branch", name="Harbour branch")
    return staff(app, "super")


def settle_page() -> str:
    return path("branch", f"/settle?main={now('acme').public_id}")


def step_links(client: PageClient) -> list[str]:
    return [link for link in client.page.links if "/settle/step?" in link]


def test_l6_the_refusal_leads_through_the_steps_to_the_link(office: PageClient) -> None:
    post("branch", "invoice", 12000, "2026-11-01")
    post("branch", "credit", 3000, "2026-11-01", ledger="credit")
    post("branch", "invoice", 500, "2026-12-24", description="Christmas lights")
    future("line", "5.00")
    office.get(link_page("branch", "acme"))
    assert settle_page() in office.page.links
    office.get(settle_page())
    words = office.page.words
    assert "4 steps are left before Acme Ltd can pay for Harbour branch" in words
    assert "Invoice INV-000002 of 5.00 EUR is dated ahead." in words
    assert "Future item FUT-000001 of 5.00 EUR waits for the next invoice." in words
    shown = [
        ("Take back invoice INV-000002?", "24 Dec 2026", "−125.00 becomes −120.00 EUR"),
        ("Invoice FUT-000001 now?", "Line rental", "−120.00 becomes −125.00 EUR"),
        ("Apply 30.00 EUR of Customer Credit?", "30.00 becomes 0.00 EUR", "−125.00 becomes −95.00 EUR"),
        ("Record a payment of 95.00 EUR?", "Payment received", "−95.00 becomes 0.00 EUR"),
    ]
    for number, texts in enumerate(shown):
        office.get(settle_page())
        step = step_links(office)[0]
        office.get(step)
        for text in texts:
            assert text in office.page.words, number
        answer = office.submit(path("branch", "/settle/step"), {}, at=step)
        assert answer.status_code == 303
        assert answer.location == settle_page()
    office.get(settle_page())
    assert "The books of Harbour branch are settled." in office.page.words
    on = path("branch", f"/link?as=main&other={now('acme').public_id}&mode=aggregated")
    assert on in office.page.links
    assert office.submit(path("branch", "/link"), {}, at=on).status_code == 303
    assert now("branch").mode is BillingMode.AGGREGATED
    books.check()


def test_r24_a_stale_step_is_refused_with_fresh_figures(office: PageClient) -> None:
    post("branch", "invoice", 12000, "2026-11-01")
    office.get(settle_page())
    step = step_links(office)[0]
    office.get(step)
    sent = dict(office.page.hidden)
    post("branch", "payment", 2000, "2026-11-22")
    answer = office.post(path("branch", "/settle/step"), data=sent)
    assert answer.status_code == 409
    assert "The figures have changed" in office.page.words
    assert "Record a payment of 100.00 EUR?" in office.page.words
    sent = dict(office.page.hidden)
    post("branch", "payment", 10000, "2026-11-22")
    assert office.post(path("branch", "/settle/step"), data=sent).status_code == 409
    assert "The books of Harbour branch are settled." in office.page.words
    assert office.get(step).status_code == 409
    books.check()


def test_r10_a_double_click_posts_once(office: PageClient) -> None:
    post("branch", "invoice", 12000, "2026-11-01")
    office.get(settle_page())
    office.get(step_links(office)[0])
    sent = dict(office.page.hidden)
    answers = [office.post(path("branch", "/settle/step"), data=sent) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    office.get(settle_page())
    assert "The House Account is at zero." in office.page.words
    books.check()


def test_f10_a_step_that_credit_forbids_says_why(office: PageClient) -> None:
    post("branch", "credit", 1000, "2026-11-01", ledger="credit")
    office.get(settle_page())
    last = step_links(office)[-1]
    office.get(last)
    sent = dict(office.page.hidden)
    post("branch", "refund", 400, "2026-12-24", ledger="credit")
    assert office.get(last).status_code == 200
    assert "Customer Credit of Harbour branch would be 4.00 EUR below zero on " in office.page.words
    assert "mark" not in office.page.hidden
    assert office.post(path("branch", "/settle/step"), data=sent).status_code == 409
    assert "Customer Credit of Harbour branch would be 4.00 EUR below zero on " in office.page.words


def test_conditions_that_are_no_money_lead_to_where_they_are_changed(office: PageClient) -> None:
    change("branch", billing_type="prepaid_daily")
    post("branch", "invoice", 100, "2026-11-01")
    office.get(settle_page())
    assert "What else is in the way" in office.page.words
    assert "has the billing type “Prepaid, daily”" in office.page.words
    assert path("branch", "/details") in office.page.links


def test_l9_towards_aggregated_the_billing_mode_leads_there_and_back(office: PageClient) -> None:
    link("acme", "branch", "independent")
    post("branch", "payment", 100, "2026-11-01")
    office.get(path("branch", "/billing-mode?mode=aggregated"))
    assert settle_page() in office.page.links
    office.get(settle_page())
    office.submit(path("branch", "/settle/step"), {}, at=step_links(office)[0])
    office.get(path("branch", "/settle"))
    assert path("branch", "/billing-mode?mode=aggregated") in office.page.links


def test_who_may_not_post_is_not_offered_it_and_is_refused(app: Flask, office: PageClient) -> None:
    post("branch", "invoice", 100, "2026-11-01")
    admin = staff(app, "admin")
    assert admin.get(settle_page()).status_code == 403
    assert office.get(path("branch", "/settle")).status_code == 404
    assert office.get(path("branch", "/settle?main=nobody")).status_code == 404


def test_the_finance_tab_lists_future_items_with_what_can_be_done(office: PageClient) -> None:
    one, two = future("line", "5.00"), future("gone", "7.00")
    office.get(path("branch", "/finance"))
    assert "Future items" in office.page.words
    invoice, remove = (
        path("branch", f"/finance/future-items/{one}/invoice"),
        path("branch", f"/finance/future-items/{two}/remove"),
    )
    assert invoice in office.page.links
    office.get(invoice)
    assert "House Account 0.00 becomes −5.00 EUR" in office.page.words
    sent = dict(office.page.hidden)
    assert office.submit(invoice, {}).status_code == 303
    assert office.submit(remove, {}).status_code == 303
    assert office.post(invoice, data={**sent, "idempotency_key": "another"}).status_code == 409
    assert office.get(invoice).status_code == 409
    office.get(path("branch", "/finance"))
    assert "Future items" not in office.page.words
    assert path("branch", f"/finance/future-items/{one}/invoice") not in office.page.links
    books.check()


def test_a_stale_invoice_shows_fresh_figures(office: PageClient) -> None:
    page = path("branch", f"/finance/future-items/{future('line', '5.00')}/invoice")
    office.get(page)
    sent = dict(office.page.hidden)
    post("branch", "payment", 100, "2026-11-22")
    assert office.post(page, data=sent).status_code == 409
    assert "House Account 1.00 becomes −4.00 EUR" in office.page.words


def test_an_entry_dated_ahead_is_taken_back_on_its_own_day(office: PageClient) -> None:
    entry = post("branch", "invoice", 500, "2026-12-24").public_id
    page = path("branch", f"/finance/entries/{entry}/reverse")
    office.get(page)
    assert "A reversing entry of 24 Dec 2026 raises" in office.page.words
    assert office.submit(page, {"reason": "Too early"}).status_code == 303
    office.get(link_page("branch", "acme"))
    assert "What will change" in office.page.words


def test_the_list_asks_as_often_for_many_as_for_one(office: PageClient) -> None:
    def asked() -> int:
        with counted() as sent:
            office.get(settle_page())
        return len(sent)

    post("branch", "invoice", 500, "2026-12-24")
    future("f0", "1.00")
    asked()  # the first look of the day at somebody's finances is recorded (SEC62)
    few = asked()
    for number in range(1, 6):
        post("branch", "invoice", 500, "2026-12-24")
        future(f"f{number}", "1.00")
    assert asked() == few


def test_who_began_on_the_main_account_returns_to_it(office: PageClient) -> None:
    post("branch", "invoice", 500, "2026-11-01")
    begun = path("acme", f"/link?as=sub&other={now('branch').public_id}")
    office.get(begun)
    first = f"{settle_page()}&as=sub"
    assert first in office.page.links
    office.get(first)
    assert f"{begun}&mode=aggregated" in office.page.links
    (step,) = step_links(office)
    office.get(step)
    assert first in office.page.links, "the way back"
    answer = office.submit(path("branch", "/settle/step"), {}, at=step)
    assert (answer.status_code, answer.location) == (303, first)
    office.get(first)
    answer = office.submit(path("acme", "/link"), {}, at=f"{begun}&mode=aggregated")
    assert answer.status_code == 303
    assert answer.location == path("acme", "/sub-accounts")


def test_future_items_stand_once_on_the_finance_tab(office: PageClient) -> None:
    link("acme", "branch")
    future("own", "5.00", "acme")
    future("other", "6.00")
    for headers in ({}, HTMX):
        office.get(path("branch", "/finance"), headers=headers)
        assert "Waiting for the next invoice" not in office.page.words
        assert "Future items of other accounts" not in office.page.words
    office.get(path("branch", "/finance"))
    assert office.page.words.count("FUT-000002") == 3, "once in sight, and hidden in two buttons"
    office.get(path("acme", "/finance"), headers=HTMX)
    assert "Future items of other accounts 1" in office.page.words
    assert "FUT-000002" in office.page.words
    assert "FUT-000001" not in office.page.words
