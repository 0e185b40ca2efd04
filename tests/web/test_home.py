"""Home of each kind of person, and the overview of a customer somebody acts for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask

from portal.db import outbox
from portal.db.engine import db, writes
from portal.db.tables import Job, OutboxMessage
from portal.rules.deciding import Actor
from portal.rules.scopes import Scope
from portal.rules.sentences import verbatim
from tests.logins import login
from tests.people import customer, link, post, service, sub_accounts_of
from tests.queries import counted
from tests.web.acme import NASTY, at, browser_of, change, company, configure, couple, person

SEEN_THERE = "you can see details, services, orders, documents and tickets"


def test_a_main_account_sees_balance_sub_accounts_and_movements(app: Flask) -> None:
    company()
    post("branch", "invoice", 14990, "2026-11-02", description="Broadband, November")
    post("acme", "payment", 5000, "2026-11-03", description="Bank transfer")
    post("acme", "credit", 2500, "2026-11-03", ledger="credit")
    post("acme", "invoice", 9900, "2026-12-01", description="Dated ahead")
    browser = browser_of(app, "acme")
    browser.get("/")
    words = browser.page.words
    assert "Good morning, Petra" in words
    assert "House Account −99.90 Customer Credit +25.00" in words
    assert "99.90 EUR is owed. Customer Credit can pay 25.00 of it, once it is applied." in words
    assert "Ask Harbour Net to apply it" in words
    assert "1 entry dated ahead not counted yet" in words
    assert "You owe 99.90 EUR ." in words
    assert "−74.90" not in words
    assert "2 Nov · INV-000001 · Riverside branch" in words
    assert "Dated ahead" not in words
    assert "All 2" in words
    assert "224.80 EUR a month for 3 active services" in words
    assert "/sub-accounts" in browser.page.links


def test_a_newcomer_finds_empty_panels_that_say_why(app: Flask) -> None:
    person("pat", name="Pat Winter", called="Pat Winter", kind="individual")
    browser = browser_of(app, "pat")
    browser.get("/")
    assert "Good morning, Pat" in browser.page.words
    assert "Nothing needs you right now" in browser.page.words
    assert "Nothing booked yet" in browser.page.words
    assert "No services" in browser.page.words
    assert "Sub-accounts" not in browser.page.words
    assert "0.00" in browser.page.words


@pytest.mark.parametrize(
    ("hour", "word"), [(3, "evening"), (5, "morning"), (10, "morning"), (11, "afternoon"), (17, "evening")]
)
def test_the_greeting_follows_the_partners_clock(
    app: Flask, frozen: time_machine.Coordinates, hour: int, word: str
) -> None:
    frozen.move_to(datetime(2026, 11, 22, hour, 30, tzinfo=UTC))
    person("acme", name="Acme Ltd", called="Acme Ltd")
    browser = browser_of(app, "acme")
    browser.get("/")
    assert f"Good {word}, Acme Ltd" in browser.page.words


def test_p3_partner_accounts_share_a_balance_but_not_their_lines(app: Flask) -> None:
    couple()
    post("alex", "payment", 10000, "2026-11-02", description="For both")
    post("sam", "invoice", 4000, "2026-11-03", description="Lesson of Sam")
    post("alex", "invoice", 1000, "2026-11-04", description="Lesson of Alex")
    alex, sam = browser_of(app, "alex"), browser_of(app, "sam")
    for browser, mate in ((alex, "Sam Moreau"), (sam, "Alex Moreau")):
        browser.get("/")
        assert "+50.00" in browser.page.words
        assert f"Shared with {mate}" in browser.page.words
        assert "Lesson of Sam" in browser.page.words
    assert "Lesson of Alex" in alex.page.words
    assert "Lesson of Alex" not in sam.page.words


def test_l17_an_aggregated_sub_account_sees_who_pays_and_no_figures(app: Flask) -> None:
    company()
    post("branch", "invoice", 14990, "2026-11-02", description="Broadband, November")
    browser = browser_of(app, "branch")
    browser.get("/")
    words = browser.page.words
    assert "Acme Ltd pays for you" in words
    assert "May act for you: Petra Acme" in words
    assert "Balance today" not in words
    assert "Broadband, November" not in words
    assert "Broadband 50" in words
    assert not [url for url in browser.page.links if url.startswith("/statements")]


def test_s9_an_independent_sub_account_keeps_its_own_books(app: Flask) -> None:
    company()
    post("franchise", "invoice", 7490, "2026-11-02", description="Franchise line")
    browser = browser_of(app, "franchise")
    browser.get("/")
    assert "−74.90" in browser.page.words
    assert "You are a sub-account of Acme Ltd" in browser.page.words
    assert "May act for you" not in browser.page.words
    acme = browser_of(app, "acme")
    acme.get("/")
    assert "Franchise line" not in acme.page.words
    configure(manages_independent=True)
    browser.get("/")
    assert "May act for you: Petra Acme" in browser.page.words


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"own_status": "new"}, "Your account is new"),
        ({"own_status": "blocked", "blocked_cause": "overdue"}, "Your account is blocked because of unpaid invoices"),
        (
            {
                "own_status": "blocked",
                "blocked_cause": "by_hand",
                "status_changed_at": datetime(2026, 11, 12, tzinfo=UTC),
            },
            "Your account is blocked by staff on 12 Nov",
        ),
    ],
)
def test_ux13_home_says_what_a_status_means(app: Flask, values: dict[str, object], sentence: str) -> None:
    person("pat")
    change("pat", **values)
    browser = browser_of(app, "pat")
    browser.get("/")
    assert sentence in browser.page.words


def test_blocked_sub_accounts_need_somebody(app: Flask) -> None:
    company()
    change("franchise", own_status="blocked")
    browser = browser_of(app, "acme")
    browser.get("/")
    words = browser.page.words
    assert "Franchise Süd GmbH needs somebody." in words
    assert "Needs Blocked by staff. Harbour Net can lift it." in words
    change("acme", own_status="blocked")
    browser.get("/")
    assert "Franchise Süd GmbH and Riverside branch need somebody." in browser.page.words
    assert "Needs Blocked because Acme Ltd is blocked." in browser.page.words


def test_blocked_ones_among_many_sub_accounts_are_counted(app: Flask) -> None:
    acme = company()
    sub_accounts_of("acme", {f"more-{number:02}": f"More {number:02}" for number in range(12)})
    change("franchise", own_status="blocked")
    browser = browser_of(app, "acme")
    browser.get("/")
    assert "One sub-account is blocked" in browser.page.words
    assert f"person-{at('branch').public_id}" not in browser.page.ids
    change(acme.reference, own_status="blocked")
    browser.get("/")
    assert "14 sub-accounts are blocked" in browser.page.words
    assert "13 because Acme Ltd is blocked" in browser.page.words
    assert "/sub-accounts?status=blocked" in browser.page.links


def test_work_and_lost_mail_of_this_login_are_news_for_three_days(app: Flask, frozen: time_machine.Coordinates) -> None:
    acme = company()
    me, other = login(acme, "me@portal.test"), login(acme, "other@portal.test")
    _work(me, "Statement of October", "running")
    _work(me, "Statement of May", "done")
    _work(me, "Statement of March", "cancelled")
    _work(other, "Statement of June", "done")
    _lost(acme.id, me, "Statement for October")
    _lost(acme.id, other, "Statement for July")
    browser = browser_of(app, "me")
    browser.get("/")
    words = browser.page.words
    assert "Statement of October 40 of 100 · started 22 Nov 2026, 10:30 Watch" in words.replace("Under way ", "")
    assert "“Statement for October” could not be delivered" in words
    assert "Statement of May" in words
    for absent in ("March", "June", "July"):
        assert absent not in words
    frozen.shift(timedelta(days=4))
    browser = browser_of(app, "me")
    browser.get("/")
    assert "Statement of October" in browser.page.words
    assert "Statement of May" not in browser.page.words
    assert "could not be delivered" not in browser.page.words


@writes
def _work(actor: Actor, title: str, state: str) -> None:
    now = datetime.now(UTC)
    ended = now if state in ("done", "cancelled") else None
    db.session.add(
        Job(kind="statement", title=title, login_id=actor.login_id, arguments={}, state=state, done=40, total=100,
            created_at=now, finished_at=ended)
    )  # fmt: skip


@writes
def _lost(customer_id: int, actor: Actor, subject: str) -> None:
    key = outbox.queue(
        purpose="statement", to=["a@b.example"], subject=verbatim(subject), text="…", customer_id=customer_id,
        login_id=actor.login_id,
    )  # fmt: skip
    db.session.query(OutboxMessage).filter_by(public_id=key).update({"state": "failed"})


def test_a_login_without_finance_sees_no_figures(app: Flask) -> None:
    person("pat", scopes=(Scope.VIEW,))
    post("pat", "invoice", 5000, "2026-11-02", description="Secret line")
    browser = browser_of(app, "pat")
    browser.get("/")
    assert "Balance today" not in browser.page.words
    assert "Secret line" not in browser.page.words
    assert "to pay" not in browser.page.words


@pytest.mark.parametrize("who", ["acme", "branch", "franchise", "pat"])
def test_home_takes_at_most_eight_queries_whatever_there_is(app: Flask, who: str) -> None:
    company()
    person("pat")
    post(who, "invoice", 4990, "2026-11-02")
    browser = browser_of(app, who)
    with counted() as few:
        browser.get("/")
    for number in range(15):
        sub = customer(f"more-{number}")
        link("acme", f"more-{number}")
        service(sub, "Broadband 50", 4990)
        post(f"more-{number}", "invoice", 4990, "2026-11-02")
        service(at(who), f"Plan {number}", 100)
    with counted() as many:
        browser.get("/")
    assert len(few) == len(many) <= 8, "\n\n".join(many)


# Acting for somebody --------------------------------------------------------------------------------------------------


def test_l15_the_overview_of_a_managed_sub_account(app: Flask) -> None:
    company()
    change("acme", billing_day=5)
    change("branch", phone="+420 555 010", billing_email="bills@branch.test")
    path = f"/for/{at('branch').public_id}/"
    browser = browser_of(app, "acme")
    assert browser.get(path).status_code == 200
    words = browser.page.words
    assert browser.page.title == "Overview – Riverside branch – Kith"
    assert "Acting for Riverside branch" in words
    assert SEEN_THERE in words
    for text in (
        "4 Quay Street",
        "+420 555 010",
        "bills@branch.test",
        "5th of the month, as for Acme Ltd",
        "Aggregated",
    ):
        assert text in words
    assert "149.90 EUR for 2 active services" in words
    assert "Switch back" in words
    assert f"{path}services" in browser.page.links
    assert f"{path}documents" in browser.page.links
    assert f"{path}statements" not in browser.page.links
    assert f"/statements?account={at('branch').public_id}" in browser.page.links


def test_l15_with_management_off_the_refusal_is_a_sentence(app: Flask) -> None:
    company(management=False)
    browser = browser_of(app, "acme")
    for path in ("", "services", "documents"):
        assert browser.get(f"/for/{at('branch').public_id}/{path}").status_code == 403
        assert (
            "Sub-account management is off, so Riverside branch cannot be opened. The operator can switch it on."
            in browser.page.words
        )
    assert "Acting for" not in browser.page.words


def test_l16_an_independent_one_needs_the_portal_option(app: Flask) -> None:
    company()
    path = f"/for/{at('franchise').public_id}/"
    browser = browser_of(app, "acme")
    assert browser.get(path).status_code == 403
    assert "the operator does not let main accounts open those" in browser.page.words
    configure(manages_independent=True)
    assert browser.get(path).status_code == 200
    assert "your sub-account, billed separately" in browser.page.words
    assert "Its statements and balances are only for itself" in browser.page.words


def test_sec3_strangers_and_the_wrong_way_round_get_nothing(app: Flask) -> None:
    acme = company()
    person("stranger")
    couple()
    for who, whom in (
        ("stranger", "branch"), ("stranger", "acme"), ("branch", "acme"), ("branch", "franchise"), ("alex", "sam"),
    ):  # fmt: skip
        browser = browser_of(app, who)
        for path in ("", "services"):
            assert browser.get(f"/for/{at(whom).public_id}/{path}").status_code == 404, (who, whom, path)
    assert acme.name not in browser.page.words


def test_sec5_switching_off_bites_on_the_next_request(app: Flask) -> None:
    company()
    browser = browser_of(app, "acme")
    path = f"/for/{at('branch').public_id}/"
    assert browser.get(path).status_code == 200
    change("acme", manages_sub_accounts=False)
    assert browser.get(path).status_code == 403


def test_ones_own_overview_is_home(app: Flask) -> None:
    acme = company()
    answer = browser_of(app, "acme").get(f"/for/{acme.public_id}/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")


def test_sec45_names_are_text_on_home_and_in_the_banner(app: Flask) -> None:
    company()
    change("branch", name=NASTY, address="<i>Quay</i>")
    change("acme", name=NASTY)
    browser = browser_of(app, "acme")
    for path in ("/", f"/for/{at('branch').public_id}/"):
        html = browser.get(path).get_data(as_text=True)
        assert "<b>O" not in html
        assert "<i>Quay" not in html
        assert NASTY in browser.page.words


def test_the_overview_takes_few_queries(app: Flask) -> None:
    company()
    browser, address = browser_of(app, "acme"), f"/for/{at('branch').public_id}/"
    browser.get(address)  # the first look of a day is noted, which takes a query more
    with counted() as sent:
        browser.get(address)
    assert len(sent) <= 5, "\n\n".join(sent)
