"""Finding customers, their tabs, changing details and status, logins and documents."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from flask import Flask

from portal.actions import groups
from portal.actions.books import allocating
from portal.rules.customers.status import Status
from portal.rules.deciding import SYSTEM
from portal.rules.scopes import Scope
from tests.logins import login, mails
from tests.people import customer, link, partner, post, service, share
from tests.web.acme import HTMX, NASTY, browser_of, change, company, person
from tests.web.staff.office import audit, now, path, staff

SEARCH = "/staff/customers"


def names(client: object) -> list[str]:
    """The customers listed on the page that is open, in order."""
    known = ("Acme Ltd", "Riverside branch", "Franchise Süd GmbH", "Łukasz Café", "Dana Novák", "Late", "Ahead", "Rich")
    words = client.page.words  # type: ignore[attr-defined]
    table = words[words.index("Customers that match") if "Customers that match" in words else 0 :]
    found = [name for name in known if f"{name} " in table]
    return sorted(found, key=table.index)


# Finding --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["lukasz", "CAFÉ", "cafe lukasz", "cafe@example", "+420 541 555 020", "541555", "cafe-number", "signs.in@"],
)
def test_o1_a_customer_is_found_by_whatever_is_known(app: Flask, text: str) -> None:
    company()
    found = customer("cafe-number", name="Łukasz Café", email="cafe@example.test", phone="+420 541 555 020")
    login(found, "signs.in@elsewhere.test")
    client = staff(app, "desk")
    client.get(SEARCH, query_string={"q": text})
    assert names(client) == ["Łukasz Café"]


def test_o1_the_public_id_finds_its_customer(app: Flask) -> None:
    company()
    client = staff(app, "desk")
    client.get(SEARCH, query_string={"q": now("branch").public_id})
    assert names(client) == ["Riverside branch", "Acme Ltd"]  # the row names its main account


def test_filters_sorting_and_what_is_wrong_with_them(app: Flask) -> None:
    company()
    customer("cafe", name="Łukasz Café", own_status="blocked", kind="individual")
    client = staff(app, "desk")
    for query, wanted in (
        ({"status": "blocked"}, ["Łukasz Café"]),
        ({"kind": "individual"}, ["Łukasz Café"]),
        ({"linked": "main"}, ["Acme Ltd"]),
        ({"linked": "none"}, ["Łukasz Café"]),
    ):
        client.get(SEARCH, query_string=query)
        assert names(client) == wanted, query
    client.get(SEARCH, query_string={"sort": "name", "order": "down", "kind": "business"})
    assert "Riverside branch" in client.page.words
    for wrong in ({"status": "odd"}, {"sort": "shoe"}, {"linked": "odd"}, {"partner": "odd"}, {"q": "x" * 201}):
        expected = 200 if "q" in wrong else 422
        assert client.get(SEARCH, query_string=wrong).status_code == expected
    assert "at most 200 characters" in client.page.words


def test_o10_who_owes_is_a_filter_and_a_column_for_whoever_sees_finances(app: Flask) -> None:
    company()
    for name, of in (
        ("late", "Harbour Net"),
        ("ahead", "Harbour Net"),
        ("mate", "Harbour Net"),
        ("rich", "Harbour Net"),
    ):
        customer(name, name=name.title(), of=of)
    share("late", "mate")
    post("late", "invoice", 4200, "2026-11-01")
    post("acme", "invoice", 1000, "2026-11-20")
    post("rich", "payment", 500, "2026-11-02")
    for kind, day in (("invoice", "2026-10-01"), ("payment", "2026-11-23")):
        post("ahead", kind, 700, day)
    allocating.allocate(SYSTEM, allocating.Wanted("PAY-000002"))
    client = staff(app, "admin")
    for owes, wanted in (("owes", ["Acme Ltd", "Ahead", "Late"]), ("late", ["Ahead", "Late"])):
        client.get(SEARCH, query_string={"owes": owes})
        assert names(client) == wanted, owes
    assert "−42.00" in client.page.words
    assert "Past due" in client.page.words
    rows = list(csv.DictReader(io.StringIO(client.get(f"{SEARCH}/export.csv").get_data(as_text=True))))
    owed = {row["name"]: (row["house_account"], row["overdue"]) for row in rows}
    assert owed == {
        "Acme Ltd": ("-10.00", "no"), "Riverside branch": ("", ""), "Late": ("-42.00", "yes"), "Mate": ("", ""),
        "Ahead": ("-7.00", "yes"), "Rich": ("5.00", "no"), "Franchise Süd GmbH": ("0.00", "no"),
    }  # fmt: skip
    desk = staff(app, "desk")
    desk.get(SEARCH)
    assert "42.00" not in desk.page.words
    assert "House Account" not in desk.page.words
    assert desk.get(SEARCH, query_string={"owes": "owes"}).status_code == 403
    assert client.get(SEARCH, query_string={"owes": "odd"}).status_code == 422


def test_l11_the_status_shown_is_the_one_that_is_searched(app: Flask) -> None:
    company()
    change("acme", own_status="blocked")
    client = staff(app, "desk")
    client.get(SEARCH, query_string={"status": "blocked", "linked": "sub"})
    assert "Riverside branch" in client.page.words
    assert "because Acme Ltd is blocked" in client.page.words
    assert "Franchise" not in client.page.words


def test_a_long_list_has_pages_and_a_page_beyond_is_the_last(app: Flask) -> None:
    for number in range(52):
        customer(f"c{number:02}")
    client = staff(app, "desk")
    client.get(SEARCH)
    assert "1–50 of 52 customers" in client.page.words
    client.get(SEARCH, query_string={"page": "99"})
    assert "51–52 of 52" in client.page.words
    html = client.get(SEARCH, query_string={"q": "c07"}, headers=HTMX).get_data(as_text=True)
    assert "<html" not in html
    assert "1 customers found" in html or "1 customer" in html


def test_o1_an_administrator_of_a_partner_finds_only_its_customers(app: Flask) -> None:
    company()
    customer("cafe", name="Łukasz Café", of="Other Net")
    client = staff(app, "admin", of="Other Net")
    client.get(SEARCH)
    assert names(client) == ["Łukasz Café"]
    assert client.get(path("acme")).status_code == 404
    assert client.get(path("cafe")).status_code == 200


def test_sec4_names_are_text(app: Flask) -> None:
    customer("nasty", name=NASTY)
    client = staff(app, "super")
    for page in (SEARCH, path("nasty"), path("nasty", "/details"), path("nasty", "/details/edit")):
        html = client.get(page).get_data(as_text=True)
        assert "Zoë &lt;b&gt;" in html
        assert "<b>O" not in html


# Tabs -----------------------------------------------------------------------------------------------------------------


def test_the_summary_says_who_pays_and_what_is_owed(app: Flask) -> None:
    company()
    post("branch", "invoice", 4200, "2026-11-02")
    client = staff(app, "admin")
    client.get(path("branch"))
    for shown in ("Balance of Acme Ltd", "−42.00", "Acme Ltd is billed and pays", "2 active", "Recurring, on the 1st"):
        assert shown in client.page.words
    client.get(path("acme"))
    assert "Pays for itself and for 1 aggregated sub-account" in client.page.words


def test_the_front_desk_sees_no_finances(app: Flask) -> None:
    company()
    post("acme", "invoice", 4200, "2026-11-02")
    client = staff(app, "desk")
    client.get(path("acme"))
    assert "42.00" not in client.page.words
    assert "Generate statement" not in client.page.words
    assert path("acme", "/finance") not in client.page.links
    assert client.get(path("acme", "/finance")).status_code == 403
    assert client.get(path("acme", "/log")).status_code == 403


@pytest.mark.parametrize(
    ("who", "tabs"),
    [
        ("super", "Summary Details Sub-accounts Finance Memberships Services Orders Documents Tickets Logins Log"),
        ("admin", "Summary Details Sub-accounts Finance Memberships Services Orders Documents Tickets Logins Log"),
        ("desk", "Summary Details Sub-accounts Memberships Services Orders Documents Tickets Logins"),
        ("operations", "Summary Details Sub-accounts Services Documents Log"),
    ],
)
def test_every_tab_is_a_page_for_whoever_may_open_it(app: Flask, who: str, tabs: str) -> None:
    customer("acme", name="Acme Ltd")
    client = staff(app, who)
    client.get(path("acme"))
    assert tabs in client.page.words
    for tab in tabs.lower().split():
        page = "" if tab == "summary" else f"/{tab}"
        assert client.get(path("acme", page)).status_code == 200
        assert "Acme Ltd" in client.page.title


def test_services_documents_and_log_of_a_customer(app: Flask) -> None:
    company()
    client = staff(app, "super")
    client.get(path("branch", "/services"))
    for shown in ("Broadband 50", "Telephony", "Old plan", "149.90"):
        assert shown in client.page.words
    client.get(path("branch", "/log"))
    assert "linked to Acme Ltd, aggregated" in client.page.words
    client.get(path("branch", "/documents"))
    assert "No documents" in client.page.words


def test_partner_accounts_are_told(app: Flask) -> None:
    person("alex", name="Alex Moreau")
    person("sam", name="Sam Moreau")
    share("alex", "sam")
    client = staff(app, "super")
    client.get(path("sam"))
    assert "Balances held by Alex Moreau" in client.page.words


def test_customers_and_passers_by_stay_outside(app: Flask) -> None:
    company()
    passer_by, main = app.test_client(), browser_of(app, "acme")
    for page in ("/staff", SEARCH, path("branch"), path("branch", "/details/edit"), path("branch", "/finance")):
        assert main.get(page).status_code == 404
        assert passer_by.get(page).status_code == 302
    assert staff(app, "super").get("/staff/customers/00000000000000000000").status_code == 404


# Details --------------------------------------------------------------------------------------------------------------


def test_details_are_changed_and_remembered(app: Flask) -> None:
    person("pat", name="Pat Winter", kind="individual")
    client = staff(app, "admin")
    client.get(path("pat", "/details/edit"))
    sent = form_of(client) | {
        "name": "Pat Sommer",
        "phone": "+44 1273 555 010",
        "born_on-choice": "day",
        "born_on": "1990-02-28",
        "billing_day": "9",
        "tax_rate": "5,5 %",
    }
    answer = client.post(path("pat", "/details/edit"), data=sent)
    assert answer.status_code == 303
    client.get(answer.location)
    assert "Saved: name, phone, date of birth, billing day, tax rate." in client.page.words
    pat = now("pat")
    assert (pat.name, pat.born_on, pat.own_billing_day, pat.version) == ("Pat Sommer", date(1990, 2, 28), 9, 2)
    assert ("customer.edit", "Changed name, phone, date of birth, billing day and tax rate") in audit()
    client.get(SEARCH, query_string={"q": "sommer"})
    assert "Pat Sommer" in client.page.words
    assert client.post(path("pat", "/details/edit"), data=sent).status_code == 303
    assert now("pat").version == 2


def form_of(client: object) -> dict[str, str]:
    """The details form of the page that is open, as a browser would send it."""
    page = client.page  # type: ignore[attr-defined]
    values = {str(f["name"]): str(f.get("value") or "") for f in page.fields if f.get("name") and "value" in f}
    chosen = {"kind": "individual", "billing_type": "recurring"}
    kept = ("name", "given_name", "family_name", "email", "billing_email", "phone", "born_on", "billing_day")
    return {name: values.get(name, "") for name in kept} | chosen | page.days_but([]) | dict(page.hidden)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", " ", "Enter the customer’s name."),
        ("name", "x" * 201, "Use at most 200 characters here."),
        ("email", "nobody", "Enter an email address"),
        ("billing_day", "32", "a day from 1 to 31"),
        ("tax_rate", "101", "not a percentage from 0 to 100"),
        ("billing_day", "soon", "is not a whole number"),
        ("born_on", "2030-01-01", "between 1900 and today"),
        ("born_on", "31.2.1990", "There is no 31.2.1990 in the calendar."),
        ("partner", "x", "Choose one of the partners"),
    ],
)
def test_wrong_details_are_named_and_kept(app: Flask, field: str, value: str, sentence: str) -> None:
    customer("pat", name="Pat")
    client = staff(app, "admin")
    client.get(path("pat", "/details/edit"))
    sent = form_of(client) | {"phone": "123", field: value, f"{field}-choice": "day"}
    answer = client.post(path("pat", "/details/edit"), data=sent)
    assert answer.status_code == 422
    assert sentence in client.page.words
    assert client.page.title.startswith("Error:")
    assert 'value="123"' in answer.get_data(as_text=True)
    assert now("pat").version == 1


def test_r24_whoever_is_second_sees_what_the_first_one_changed(app: Flask) -> None:
    customer("pat", name="Pat", phone="111")
    first, second = staff(app, "admin"), staff(app, "super")
    first.get(path("pat", "/details/edit"))
    second.get(path("pat", "/details/edit"))
    late = form_of(second) | {"email": "late@example.test"}
    first.post(path("pat", "/details/edit"), data=form_of(first) | {"phone": "222"})
    answer = second.post(path("pat", "/details/edit"), data=late)
    assert answer.status_code == 409
    for shown in ("admin.everywhere@staff.test", "phone from “ 111 ” to “ 222 ”", "Stored now"):
        assert shown in second.page.words
    assert 'value="late@example.test"' in answer.get_data(as_text=True)
    assert now("pat").phone == "222"
    again = second.post(path("pat", "/details/edit"), data=form_of(second) | {"phone": "222"})
    assert again.status_code == 303
    assert (now("pat").phone, now("pat").email) == ("222", "late@example.test")


def test_l8_the_billing_type_of_a_linked_customer_stays(app: Flask) -> None:
    company()
    client = staff(app, "admin")
    for who, sentence in (("branch", "is a sub-account of Acme Ltd."), ("acme", "pays for 1 aggregated")):
        client.get(path(who, "/details/edit"))
        sent = form_of(client) | {"billing_type": "prepaid_daily"}
        assert client.post(path(who, "/details/edit"), data=sent).status_code == 409
        assert sentence in client.page.words
        assert now(who).billing_type == "recurring"


def test_l3_only_a_customer_without_history_moves_to_another_partner(app: Flask) -> None:
    company()
    customer("new", name="Newcomer")
    partner("Other Net")
    client = staff(app, "super")
    html = client.get(path("new", "/details/edit")).get_data(as_text=True)
    other = html.split(">Other Net<")[0].rsplit('value="', 1)[1].split('"')[0]
    assert client.post(path("new", "/details/edit"), data=form_of(client) | {"partner": other}).status_code == 303
    assert now("new").partner_name == "Other Net"
    client.get(path("branch", "/details/edit"))
    assert client.post(path("branch", "/details/edit"), data=form_of(client) | {"partner": other}).status_code == 409
    assert "has links or bookings with Harbour Net." in client.page.words


def test_sec7_the_form_takes_its_own_fields_only(app: Flask) -> None:
    customer("pat", name="Pat")
    client = staff(app, "admin")
    client.get(path("pat", "/details/edit"))
    more = {"own_status": "inactive", "currency": "USD", "external_id": "x", "manages_sub_accounts": "on", "id": "1"}
    client.post(path("pat", "/details/edit"), data=form_of(client) | {"phone": "1"} | more)
    pat = now("pat")
    assert (pat.phone, pat.own_status, pat.currency, pat.external_id) == ("1", Status.ACTIVE, "EUR", "pat")


def test_only_editors_edit(app: Flask) -> None:
    customer("pat")
    for who, pages in {"desk": ("/status", "/finance/post"), "operations": ("/details/edit", "/status")}.items():
        client = staff(app, who)
        client.get(path("pat", "/details"))
        for page in pages:
            assert path("pat", page) not in client.page.links
            assert client.get(path("pat", page)).status_code == 403


# Status ---------------------------------------------------------------------------------------------------------------


def test_o6_blocking_states_beforehand_who_follows_and_who_does_not(app: Flask) -> None:
    company()
    customer("cafe", name="Łukasz Café")
    link("acme", "cafe")
    change("cafe", own_status="blocked", blocked_cause="by_hand")
    client = staff(app, "admin")
    client.get(path("acme", "/status?to=blocked"))
    words = client.page.words
    assert "Will follow 1 Riverside branch Active becomes Blocked" in words
    assert "stays Active: it is billed independently" in words
    assert "stays Blocked: that is its own status" in words
    answer = client.submit(path("acme", "/status"), {}, at=path("acme", "/status?to=blocked"))
    assert answer.status_code == 303
    assert now("branch").status.status is Status.BLOCKED
    assert now("acme").blocked_cause == "by_hand"
    assert ("customer.status", "Status changed from Active to Blocked; 1 sub-account followed") in audit()
    client.get(path("acme", "/status?to=active"))
    assert "Riverside branch Blocked becomes Active" in client.page.words
    client.submit(path("acme", "/status"), {}, at=path("acme", "/status?to=active"))
    assert now("branch").status.status is Status.ACTIVE
    assert now("cafe").status.status is Status.BLOCKED


def test_a_status_is_changed_once_and_only_as_shown(app: Flask) -> None:
    company()
    client = staff(app, "admin")
    client.get(path("acme", "/status?to=inactive"))
    sent = dict(client.page.hidden)
    change("branch", own_status="blocked")
    assert client.post(path("acme", "/status"), data=sent).status_code == 409
    assert "Something has changed since you looked" in client.page.words
    fresh = dict(client.page.hidden)
    assert [client.post(path("acme", "/status"), data=fresh).status_code for _ in range(2)] == [303, 303]
    assert len([line for line in audit() if line[0] == "customer.status"]) == 1
    without = {name: value for name, value in fresh.items() if name != "mark"}
    assert client.post(path("acme", "/status"), data={**without, "to": "active"}).status_code == 422
    assert client.get(path("acme", "/status?to=odd")).status_code == 422
    assert now("acme").own_status is Status.INACTIVE


# Logins ---------------------------------------------------------------------------------------------------------------


def test_c2_somebody_is_invited_and_the_invitation_sent_again_and_taken_back(app: Flask) -> None:
    customer("acme", name="Acme Ltd")
    client = staff(app, "desk")
    sent = {"name": "Petra Acme", "email": "petra@acme.test", "scopes": ["view", "finance"]}
    client.get(path("acme", "/logins/invite"))
    twice = {**client.page.hidden, **sent}
    assert [client.post(path("acme", "/logins/invite"), data=twice).status_code for _ in range(2)] == [303, 303]
    assert len(mails()) == 1
    client.get(path("acme", "/logins"))
    for shown in ("petra@acme.test", "Waiting", "See details and services, see finances"):
        assert shown in client.page.words
    assert "make bookings" not in client.page.words
    html = client.get(path("acme", "/logins")).get_data(as_text=True)
    token = {"csrf_token": client.page.hidden["csrf_token"]}
    again, revoke = (html.split(f'/{word}"')[0].rsplit('action="', 1)[1] + f"/{word}" for word in ("resend", "revoke"))
    assert client.post(again, data=token).status_code == 303
    assert len(mails()) == 2
    html = client.get(path("acme", "/logins")).get_data(as_text=True)
    revoke = html.split('/revoke"')[0].rsplit('action="', 1)[1] + "/revoke"
    assert client.post(revoke, data=token).status_code == 303
    client.get(path("acme", "/logins"))
    assert "petra@acme.test" not in client.page.words.replace("The invitation of petra@acme.test is taken back", "")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"name": "", "email": "a@b.test", "scopes": ["view"]}, "Enter the person’s name."),
        ({"name": "A", "email": "nobody", "scopes": ["view"]}, "Enter an email address"),
        ({"name": "A", "email": "a@b.test", "scopes": []}, "Choose at least one thing"),
        ({"name": "A", "email": "acme@portal.test", "scopes": ["view"]}, "signs in to the portal already"),
    ],
)
def test_wrong_invitations_are_named(app: Flask, data: dict[str, object], sentence: str) -> None:
    company()
    client = staff(app, "desk")
    assert client.submit(path("acme", "/logins/invite"), data).status_code == 422
    assert sentence in client.page.words
    assert mails() == []


def test_c2_staff_see_what_helps_where_two_people_share_an_address(app: Flask) -> None:
    person("zoe", name="Zoë Novák", called="Zoë N.", kind="individual")
    customer("leo", name="Leo Novák", kind="individual", email="zoe@portal.test")
    groups.switch_groups(SYSTEM, True)
    client = staff(app, "super")
    html = client.get(path("leo", "/logins/invite")).get_data(as_text=True)
    assert "zoe@portal.test signs in already, as Zoë N." in client.page.words
    assert "Or make Leo Novák a Dependent in the group of Zoë Novák" in client.page.words
    assert f"{path('zoe')}#group" in html
    assert 'value="zoe@portal.test"' not in html
    answer = client.submit(
        path("leo", "/logins/invite"), {"name": "Leo", "email": "zoe@portal.test", "scopes": ["view"]}
    )
    assert answer.status_code == 422
    assert "Ask for an address of their own, and invite that one." in client.page.words
    client.submit(path("leo", "/logins/invite"), {"name": "Leo", "email": "leo@portal.test", "scopes": ["view"]})
    assert [mail.purpose for mail in mails()] == ["invitation"]
    client.get(path("zoe", "/logins/invite"))
    assert "One address, two people" not in client.page.words


def test_c1_nobody_is_invited_for_an_inactive_customer(app: Flask) -> None:
    customer("acme", name="Acme Ltd", own_status="inactive")
    client = staff(app, "desk")
    sent = {"name": "A", "email": "a@b.test", "scopes": ["view"]}
    assert client.submit(path("acme", "/logins/invite"), sent).status_code == 409
    assert "Acme Ltd is Inactive, so nobody can sign in for it." in client.page.words


def test_sec32_a_login_is_signed_out_disabled_and_enabled(app: Flask) -> None:
    acme = person("acme", name="Acme Ltd")
    login(acme, "second@portal.test", "Second", [Scope.VIEW])
    victim, client = browser_of(app, "acme"), staff(app, "desk")
    html = client.get(path("acme", "/logins")).get_data(as_text=True)
    end = html.split('/end-sessions"')[0].rsplit('action="', 1)[1] + "/end-sessions"
    token = {"csrf_token": client.page.hidden["csrf_token"]}
    assert client.post(end, data=token).status_code == 303
    assert victim.get("/").status_code == 302
    base = end.removesuffix("/end-sessions")
    client.get(f"{base}/disable")
    assert "is signed out everywhere at once" in client.page.words
    client.submit(f"{base}/disable", {})
    client.get(path("acme", "/logins"))
    assert "Disabled" in client.page.words
    assert client.post(f"{base}/enable", data=token).status_code == 303
    person("other")
    foreign = base.replace(now("acme").public_id, now("other").public_id)
    assert client.post(f"{foreign}/end-sessions", data=token).status_code == 404


# Finance --------------------------------------------------------------------------------------------------------------


def test_s1_the_finance_tab_shows_the_statement_and_its_files(app: Flask) -> None:
    company()
    post("acme", "invoice", 10000, "2026-11-02", description="Broadband")
    post("branch", "invoice", 4990, "2026-11-03", description="Branch line")
    client = staff(app, "admin")
    client.get(path("acme", "/finance"))
    for shown in ("Balances today", "−149.90", "Broadband", "Branch line", "Closing balance"):
        assert shown in client.page.words
    client.get(path("branch", "/finance"))
    assert "Branch line" in client.page.words
    part = client.page.words.split("Activity of ")[1]
    assert "49.90 EUR charged for Riverside branch, billed to Acme Ltd." in part
    assert "Broadband" not in part
    assert "balance" not in part.replace("who is billed and pays", "")
    period = "from=2026-11-01&to=2026-11-30"
    for form, start in (("csv", b"record"), ("pdf", b"%PDF"), ("xlsx", b"PK")):
        answer = client.get(path("acme", f"/finance/statement.{form}?{period}"))
        assert answer.status_code == 200
        assert answer.data.lstrip(b"\xef\xbb\xbf")[:6].startswith(start)
    assert client.get(path("acme", "/finance/statement.exe")).status_code == 404
    html = client.get(path("acme", f"/finance?{period}&account=all"), headers=HTMX).get_data(as_text=True)
    assert "<html" not in html
    assert client.get(path("acme", "/finance?from=x")).status_code == 422


def test_s6_a_statement_is_saved_in_the_payers_documents(app: Flask) -> None:
    company()
    post("branch", "invoice", 4990, "2026-11-03")
    client = staff(app, "admin")
    client.get(path("branch", "/finance"))
    sent = {**client.page.hidden, "from": "2026-11-01", "to": "2026-11-30"}
    answer = client.post(path("branch", "/finance/save"), data=sent)
    assert answer.location == path("acme", "/documents")
    html = client.get(answer.location).get_data(as_text=True)
    assert "Riverside branch" in client.page.words
    file = html.split("download>")[0].rsplit('href="', 1)[1].split('"')[0]
    assert client.get(file).data.startswith(b"%PDF")
    desk = staff(app, "desk")
    desk.get(path("acme", "/documents"))
    assert "Saved statements are left out" in desk.page.words
    assert desk.get(file).status_code == 404


def test_s7_staff_send_a_statement_to_any_address_after_a_last_look(app: Flask) -> None:
    company()
    client = staff(app, "admin")
    page = path("acme", "/finance/send?from=2026-11-01&to=2026-11-30")
    client.get(page)
    letter = {"recipient": "", "other": "auditor@elsewhere.test", "subject": "Figures", "message": "Hello"}
    base = {**client.page.hidden, **letter}
    assert client.post(path("acme", "/finance/send"), data={**base, "other": "x", "step": "check"}).status_code == 422
    client.post(path("acme", "/finance/send"), data={**base, "step": "check"})
    assert "Check before sending" in client.page.words
    assert mails() == []
    sent = {**client.page.hidden, "step": "send"}
    answers = [client.post(path("acme", "/finance/send"), data=sent) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert len(mails()) == 1
    client.get(answers[0].location)
    assert "What became of it" in client.page.words


def test_ux8_a_payment_is_checked_posted_once_and_taken_back(app: Flask) -> None:
    customer("pat", name="Pat")
    post("pat", "invoice", 12000, "2026-11-01")
    client = staff(app, "admin")
    client.get(path("pat", "/finance/post"))
    base = {"csrf_token": client.page.hidden["csrf_token"], "kind": "payment", "ledger": "house", "on": "2026-11-22"}
    for amount, sentence in (
        ("", "Enter an amount"),
        ("1e5", "is not an amount"),
        ("0", "above 0.00"),
        ("-5", "above"),
    ):
        assert client.post(path("pat", "/finance/post"), data={**base, "amount": amount}).status_code == 422
        assert sentence in client.page.words
    client.post(path("pat", "/finance/post"), data={**base, "amount": "120,00"})
    assert "−120.00 becomes 0.00 EUR" in client.page.words
    sent = {**client.page.hidden, "step": "post"}
    answers = [client.post(path("pat", "/finance/post"), data=sent) for _ in range(2)]
    assert answers[0].location == answers[1].location
    client.get(path("pat", "/finance"))
    assert "House Account 0.00" in client.page.words
    undo = answers[0].location + "/reverse"
    assert client.submit(undo, {"reason": ""}).status_code == 422
    assert client.submit(undo, {"reason": "Wrong customer"}).status_code == 303
    assert client.submit(undo, {"reason": "Again"}).status_code == 409
    client.get(path("pat", "/finance"))
    assert "House Account −120.00" in client.page.words


def test_f10_credit_is_not_spent_below_zero(app: Flask) -> None:
    customer("pat", name="Pat")
    client = staff(app, "admin")
    client.get(path("pat", "/finance/post"))
    token = client.page.hidden["csrf_token"]
    data = {
        "csrf_token": token,
        "kind": "refund",
        "ledger": "credit",
        "on": "2026-11-22",
        "amount": "5",
        "step": "post",
    }
    assert client.post(path("pat", "/finance/post"), data=data).status_code == 409
    assert "would be 5.00 EUR below zero" in client.page.words


def test_services_are_only_shown(app: Flask) -> None:
    customer("pat", name="Pat")
    service(now("pat"), "Broadband", 1000, state="paused")
    client = staff(app, "desk")
    client.get(path("pat", "/services"))
    assert "Paused" in client.page.words
    assert client.post(path("pat", "/services")).status_code in (400, 405)
