"""Linking, editing and unlinking in the back office: the preview, the refusals, the deed, and who may."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from portal.rules.customers.status import Status
from portal.rules.links.facts import BillingMode
from tests.people import customer, link, post, service, sub_accounts_of
from tests.web.acme import HTMX, browser_of, change, company, person
from tests.web.staff.office import audit, links_ever, now, path, staff


def link_page(sub: str, main: str, mode: str = "aggregated") -> str:
    """The page on which `sub` is about to be linked to `main`."""
    return path(sub, f"/link?as=main&other={now(main).public_id}&mode={mode}")


def test_l2_a_sub_account_is_linked_from_its_own_menu(app: Flask) -> None:
    customer("acme", name="Acme Ltd")
    customer("branch", name="Harbour branch", billing_day=9)
    client = staff(app, "super")
    client.get(path("branch"))
    assert path("branch", "/link?as=main") in client.page.links
    client.get(path("branch", "/link?as=main&q=acme"))
    choose = path("branch", f"/link?as=main&other={now('acme').public_id}")
    assert choose in client.page.links
    client.get(choose)
    for shown in ("Harbour branch to Acme Ltd", "9th to 1st", "Active, follows Acme Ltd", "hidden; Acme Ltd sees them"):
        assert shown in client.page.words
    answer = client.submit(path("branch", "/link"), {}, at=choose)
    assert answer.status_code == 303
    client.get(answer.location)
    assert "Harbour branch: linked to Acme Ltd, aggregated" in client.page.words
    assert now("branch").mode is BillingMode.AGGREGATED
    assert ("sub_accounts.link", "Harbour branch: linked to Acme Ltd, aggregated") in audit()


def test_l2_a_main_account_links_a_sub_account_from_its_tab(app: Flask) -> None:
    customer("acme", name="Acme Ltd")
    customer("branch")
    client = staff(app, "super")
    page = path("acme", f"/link?as=sub&other={now('branch').public_id}&mode=independent")
    assert client.submit(path("acme", "/link"), {}, at=page).status_code == 303
    assert (now("branch").main_name, now("branch").mode) == ("Acme Ltd", BillingMode.INDEPENDENT)


def test_l13_both_carry_a_badge(app: Flask) -> None:
    company()
    client = staff(app, "desk")
    client.get(path("acme"))
    assert "2 sub-accounts" in client.page.words
    client.get(path("branch"))
    assert "Aggregated sub-account of Acme Ltd" in client.page.words
    assert path("acme") in client.page.links


def test_ux14_a_refusal_lists_everything_with_figures_and_where_to_settle_it(app: Flask) -> None:
    customer("acme", name="Acme Ltd")
    customer("branch", name="Harbour branch")
    post("branch", "invoice", 12000, "2026-11-01")
    post("branch", "invoice", 500, "2026-12-24")
    post("branch", "credit", 300, "2026-11-01", ledger="credit")
    client = staff(app, "super")
    assert client.get(link_page("branch", "acme")).status_code == 200
    words = client.page.words
    assert "Harbour branch can’t be linked to Acme Ltd yet Three things have to be settled first:" in words
    for sentence in (
        "Harbour branch owes 120.00 EUR.",
        "Harbour branch holds 3.00 EUR of Customer Credit.",
        "Harbour branch has one entry dated ahead.",
    ):
        assert sentence in words
    assert path("branch", "/finance") in client.page.links
    assert "Check again" in words
    assert "idempotency_key" not in client.page.hidden
    answer = client.post(
        path("branch", "/link"),
        data={**client.page.hidden, "as": "main", "other": now("acme").public_id, "mode": "aggregated", "mark": "x"},
    )
    assert answer.status_code == 409
    assert "owes 120.00 EUR" in client.page.words
    assert links_ever() == 0


@pytest.mark.parametrize(
    ("facts", "sentence", "remedy"),
    [
        ({"of": "Other Net"}, "and Pat to Other Net.", "Change the partner of one of them first."),
        ({"own_status": "inactive"}, "Pat is Inactive.", "Set it to New, Active or Blocked first."),
        (
            {"billing_type": "prepaid_daily"},
            "Pat has the billing type “Prepaid, daily”.",
            "Change the billing type first.",
        ),
    ],
)
def test_l3_l4_l6_each_condition_reads_by_itself(app: Flask, facts: dict[str, str], sentence: str, remedy: str) -> None:
    customer("acme", name="Acme Ltd")
    customer("pat", name="Pat", **facts)
    client = staff(app, "super")
    client.get(link_page("pat", "acme"))
    assert sentence in client.page.words
    assert remedy in client.page.words
    assert path("pat", "/details") in client.page.links


def test_l5_candidates_that_cannot_be_linked_say_why(app: Flask) -> None:
    company()
    customer("new", name="New branch")
    customer("far", name="Far branch", of="Other Net")
    client = staff(app, "super")
    client.get(path("new", "/link?as=sub&q=branch"))
    assert "is a sub-account of Acme Ltd" in client.page.words
    assert "belongs to Other Net" in client.page.words
    assert "New branch" not in client.page.words.split("Cannot be linked")[1]


def test_l4_a_blocked_main_account_warns(app: Flask) -> None:
    customer("acme", name="Acme Ltd", own_status="blocked")
    customer("branch", name="Branch")
    client = staff(app, "super")
    client.get(link_page("branch", "acme"))
    assert "Acme Ltd is Blocked, so Branch will be blocked at once." in client.page.words
    client.submit(path("branch", "/link"), {}, at=link_page("branch", "acme"))
    client.get(path("branch"))
    assert "Blocked because Acme Ltd is blocked" in client.page.words


def test_r10_a_double_click_links_once(app: Flask) -> None:
    customer("acme", name="Acme Ltd")
    customer("branch", name="Branch")
    client = staff(app, "super")
    client.get(link_page("branch", "acme"))
    sent = dict(client.page.hidden)
    answers = [client.post(path("branch", "/link"), data=sent) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    assert links_ever() == 1


def test_r11_the_same_key_for_something_else_is_refused(app: Flask) -> None:
    customer("acme")
    customer("branch")
    client = staff(app, "super")
    client.get(link_page("branch", "acme"))
    sent = dict(client.page.hidden)
    client.post(path("branch", "/link"), data=sent)
    assert client.post(path("branch", "/link"), data={**sent, "mode": "independent"}).status_code == 422


def test_r24_a_stale_preview_shows_the_new_figures(app: Flask) -> None:
    customer("acme", name="Acme Ltd")
    customer("branch", name="Branch", billing_day=9)
    client = staff(app, "super")
    client.get(link_page("branch", "acme"))
    stale = dict(client.page.hidden)
    change("branch", billing_day=17)
    assert client.post(path("branch", "/link"), data=stale).status_code == 409
    assert "The figures have changed since you looked" in client.page.words
    assert "17th to 1st" in client.page.words
    assert links_ever() == 0
    assert client.post(path("branch", "/link"), data=dict(client.page.hidden)).status_code == 303


@pytest.mark.parametrize("page", ["/billing-mode?mode=independent", "/unlink"])
def test_r24_an_edit_or_an_end_of_a_link_is_done_only_as_shown(app: Flask, page: str) -> None:
    customer("acme", name="Acme Ltd")
    customer("branch", name="Branch")
    link("acme", "branch")
    client = staff(app, "super")
    client.get(path("branch", page))
    stale = dict(client.page.hidden)
    post("acme", "payment", 500, "2026-11-01")
    there = path("branch", page.partition("?")[0])
    assert client.post(there, data=stale).status_code == 409
    assert "The figures have changed since you looked" in client.page.words
    assert (now("branch").mode, links_ever()) == (BillingMode.AGGREGATED, 1)
    assert client.post(there, data=dict(client.page.hidden)).status_code == 303
    assert now("branch").mode is not BillingMode.AGGREGATED


def test_l7_the_billing_day_is_shown_as_lent_and_comes_back(app: Flask) -> None:
    customer("acme", name="Acme Ltd", billing_day=1)
    customer("branch", name="Branch", billing_day=9)
    client = staff(app, "super")
    client.get(link_page("branch", "acme"))
    assert "9th to 1st" in client.page.words
    link("acme", "branch")
    client.get(path("branch", "/unlink"))
    assert "1st to 9th" in client.page.words


def test_r13_the_second_administrator_is_told_who_was_faster(app: Flask) -> None:
    for name in ("acme", "rival", "branch"):
        customer(name)
    client = staff(app, "super")
    client.get(link_page("branch", "acme"))
    late = dict(client.page.hidden)
    link("rival", "branch")
    assert client.post(path("branch", "/link"), data=late).status_code == 409
    assert "Branch is already a sub-account of Rival." in client.page.words
    assert now("branch").main_name == "Rival"


def test_sec11_the_preview_cannot_be_skipped(app: Flask) -> None:
    customer("acme")
    customer("branch")
    client = staff(app, "super")
    client.get(link_page("branch", "acme"))
    sent = {name: value for name, value in client.page.hidden.items() if name != "mark"}
    assert client.post(path("branch", "/link"), data=sent).status_code == 422
    assert links_ever() == 0


def test_sec7_other_fields_are_not_looked_at(app: Flask) -> None:
    customer("acme")
    customer("branch")
    client = staff(app, "super")
    more = {"own_status": "inactive", "partner_id": "7", "main": "x", "subject": "x"}
    client.submit(path("branch", "/link"), more, at=link_page("branch", "acme"))
    assert now("branch").own_status is Status.ACTIVE
    assert now("branch").main_name == "Acme"


def test_a_choice_of_mode_is_previewed_in_place(app: Flask) -> None:
    customer("acme", name="Acme Ltd")
    customer("branch", name="Branch")
    client = staff(app, "super")
    html = client.get(link_page("branch", "acme", "independent"), headers=HTMX).get_data(as_text=True)
    assert "<html" not in html
    assert 'id="plan"' in html
    assert "Not linked" in html
    assert client.get(path("branch", "/link?as=main&q=acme"), headers=HTMX).get_data(as_text=True).count("Choose") == 1


def test_l9_the_billing_mode_is_edited_while_the_main_account_is_ready(app: Flask) -> None:
    company()
    client = staff(app, "super")
    page = path("branch", "/billing-mode?mode=independent")
    client.get(page)
    assert "Aggregated to Independent" in client.page.words
    answer = client.submit(path("branch", "/billing-mode"), {}, at=page)
    assert answer.status_code == 303
    assert now("branch").mode is BillingMode.INDEPENDENT
    post("acme", "invoice", 100, "2026-11-01")
    client.get(path("branch", "/billing-mode?mode=aggregated"))
    assert "Acme Ltd owes 1.00 EUR." in client.page.words
    assert path("acme", "/finance") in client.page.links


def test_l10_unlinking_says_what_changes_and_what_stays(app: Flask) -> None:
    company()
    client = staff(app, "super")
    client.get(path("branch", "/unlink"))
    for shown in ("Aggregated to Not linked", "Acme Ltd to Riverside branch", "What was billed until now stays"):
        assert shown in client.page.words
    answer = client.submit(path("branch", "/unlink"), {})
    assert answer.location == path("acme", "/sub-accounts")
    assert now("branch").main_id is None
    client.get(path("branch", "/unlink"))
    assert "is not a sub-account" in client.page.words


def test_l10_an_aggregated_one_stays_while_the_main_account_owes(app: Flask) -> None:
    company()
    post("acme", "invoice", 2500, "2026-11-01")
    change("acme", own_status="blocked")
    client = staff(app, "super")
    client.get(path("branch", "/unlink"))
    assert "Acme Ltd is Blocked." in client.page.words
    assert "Acme Ltd owes 25.00 EUR." in client.page.words
    assert "Unlink Riverside branch" not in [text.strip() for text in client.page.text]
    client.get(path("franchise", "/unlink"))
    assert client.submit(path("franchise", "/unlink"), {}).status_code == 303


def test_l15_management_is_switched_and_explained(app: Flask) -> None:
    company(management=False)
    client = staff(app, "super")
    client.get(path("acme", "/sub-accounts"))
    assert "can open none of them" in client.page.words
    client.submit(path("acme", "/sub-accounts/management"), {"management": "on"}, at=path("acme", "/sub-accounts"))
    assert now("acme").manages_sub_accounts
    client.get(path("acme", "/sub-accounts"))
    assert "can open its aggregated sub-accounts" in client.page.words
    assert ("sub_accounts.management", "sub-account management switched on") in audit()
    assert (
        client.submit(
            path("acme", "/sub-accounts/management"), {"management": "maybe"}, at=path("acme", "/sub-accounts")
        ).status_code
        == 422
    )


def test_l14_the_tab_lists_filters_sorts_and_pages(app: Flask) -> None:
    company()
    sub_accounts_of("acme", {f"kiosk-{number:02}": f"Kiosk {number:02}" for number in range(55)})
    service(now("kiosk-07"), "Broadband", 999900)
    client = staff(app, "super")
    client.get(path("acme", "/sub-accounts"))
    assert "1–50 of 57 sub-accounts" in client.page.words
    client.get(path("acme", "/sub-accounts?page=2"))
    assert "51–57 of 57" in client.page.words
    client.get(path("acme", "/sub-accounts?mode=independent"))
    assert "Franchise Süd GmbH" in client.page.words
    assert "Riverside" not in client.page.words
    client.get(path("acme", "/sub-accounts?sort=cost&order=down"))
    assert client.page.words.index("Kiosk 07") < client.page.words.index("Riverside branch")
    client.get(path("acme", "/sub-accounts?q=nowhere"))
    assert "matches what you chose" in client.page.words
    fragment = client.get(path("acme", "/sub-accounts?q=kiosk-07"), headers=HTMX).get_data(as_text=True)
    assert "<html" not in fragment
    assert fragment.count("<tr>") == 2
    for page in ("?sort=shoe", "?status=odd", "?mode=odd"):
        assert client.get(path("acme", f"/sub-accounts{page}")).status_code == 422


@pytest.mark.parametrize("who", ["admin", "desk", "operations"])
def test_l1_only_the_super_administrator_has_the_controls(app: Flask, who: str) -> None:
    company()
    customer("new")
    client = staff(app, who)
    for page in ("", "/sub-accounts"):
        client.get(path("acme", page))
        words = client.page.words
        controls = [url for url in client.page.links if re.search(r"/(link|unlink|billing-mode)(\?|$)", url)]
        assert not [url for url in controls if "/partner-account/" not in url]
        assert "Switch off" not in words
    token = {"csrf_token": client.page.hidden["csrf_token"]}
    for page in ("/link?as=main", "/billing-mode", "/unlink"):
        assert client.get(path("branch", page)).status_code == 403
    for page, data in (
        ("/link", {"as": "main", "other": now("acme").public_id, "mark": "x"}),
        ("/billing-mode", {"mode": "independent", "mark": "x"}),
        ("/unlink", {"mark": "x"}),
        ("/sub-accounts/management", {"management": "off"}),
    ):
        assert client.post(path("branch", page), data={**token, **data}).status_code == 403
    assert now("branch").main_name == "Acme Ltd"


def test_o1_somebody_of_another_partner_finds_nothing(app: Flask) -> None:
    company()
    customer("mine", of="Other Net")
    client = staff(app, "super", of="Other Net")
    for page in ("", "/sub-accounts", "/link?as=main", "/unlink"):
        assert client.get(path("branch", page)).status_code == 404
    assert client.get(link_page("mine", "acme")).status_code == 404
    client.get(path("mine", "/link?as=main&q=acme"))
    assert "Nobody found" in client.page.words


def test_customers_and_passers_by_stay_outside(app: Flask) -> None:
    company()
    person("pat")
    passer_by = app.test_client()
    for page in ("", "/sub-accounts", "/link?as=main", "/unlink"):
        assert browser_of(app, "acme").get(path("branch", page)).status_code == 404
        assert passer_by.get(path("branch", page)).status_code == 302
