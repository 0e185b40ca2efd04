"""Posting to the books by hand: what is typed, what the check page says, and what is done."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from portal.actions.links import sub_accounts
from portal.actions.statements.view import balance_of
from portal.rules.deciding import SYSTEM
from tests.pages import PageClient
from tests.people import customer, partner, post, share, sub_accounts_of
from tests.queries import counted
from tests.web.acme import HTMX, company
from tests.web.staff.office import now, path, staff


def german(app: Flask) -> PageClient:
    """Staff of a partner whose people read and type as Germans do; Pat is a customer of theirs."""
    partner(locale="de_DE")
    customer("pat", name="Pat")
    return staff(app, "admin", of="Harbour Net")


def check(client: PageClient, reference: str = "pat", **typed: str) -> int:
    """Fill in the form with these fields and go on to the check page; the status of the answer."""
    data = {"kind": "payment", "ledger": "house", "on": "2026-11-22", "amount": "5", **typed}
    return client.submit(path(reference, "/finance/post"), data).status_code


def typed(client: PageClient, name: str) -> dict[str, str]:
    """A field of the page with what stands in it."""
    return next(field for field in client.page.fields if field.get("name") == name)


# What is typed (F17) --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("1,000", "1,000.00 EUR"),
        ("1,234.50", "1,234.50 EUR"),
        ("1 234,50", "1,234.50 EUR"),
        ("1'234.50", "1,234.50 EUR"),
        ("€5", "5.00 EUR"),
        ("12 EUR", "12.00 EUR"),
        ("١٢٫٥", "12.50 EUR"),
    ],
)
def test_f17_amounts_are_posted_as_they_were_meant(app: Flask, amount: str, shown: str) -> None:
    customer("pat", name="Pat")
    client = staff(app, "admin")
    assert check(client, amount=amount) == 200
    assert f"Amount {shown}" in client.page.words
    answer = client.post(path("pat", "/finance/post"), data={**client.page.hidden, "step": "post"})
    client.get(answer.location)
    assert f"Amount {shown}" in client.page.words


def test_f17_the_locale_decides_and_what_is_ambiguous_is_asked_about(app: Flask) -> None:
    client = german(app)
    assert check(client, amount="1.500") == 200
    assert "Amount 1.500,00 EUR" in client.page.words
    assert check(client, amount="1,500") == 422
    assert "Did you mean 1.500,00 EUR or 1,50 EUR?" in client.page.words
    assert typed(client, "amount")["value"] == "1,500"
    assert check(client, amount="1,500.00") == 200
    assert "Amount 1.500,00 EUR" in client.page.words


@pytest.mark.parametrize(
    ("amount", "sentence"),
    [
        ("12 USD", "“12 USD” is in another currency: amounts here are in EUR."),
        ("0.125", "has more decimal places than EUR has (2)"),
        ("much", "is not an amount. Write it like 1,234.56 EUR."),
        ("-5", "Enter an amount above 0.00 EUR."),
    ],
)
def test_f17_what_is_refused_stays_in_the_field(app: Flask, amount: str, sentence: str) -> None:
    customer("pat", name="Pat")
    client = staff(app, "admin")
    assert check(client, amount=amount) == 422
    assert sentence in client.page.words
    assert typed(client, "amount")["value"] == amount


def test_ux16_days_are_taken_as_they_are_printed_and_said_again_before_they_count(app: Flask) -> None:
    client = german(app)
    for on in ("6.12.2026", "06/12/2026", "6. Dezember 2026", "2026-12-06", "6 Dec 2026"):
        assert check(client, on=on) == 200
        assert "Date 06.12.2026" in client.page.words
    assert check(client, on="06/12/26") == 422
    assert "with four digits" in client.page.words
    assert typed(client, "on") | {"value": "06/12/26", "type": "text"} == typed(client, "on")
    assert check(client, on="2026-12-06", amount="much") == 422
    assert typed(client, "on") | {"value": "2026-12-06", "type": "date"} == typed(client, "on")


def test_f17_numbers_and_days_of_other_forms_are_read_alike(app: Flask) -> None:
    customer("pat", name="Pat")
    client = staff(app, "super")
    edit = path("pat", "/details/edit")
    fields = {"name": "Pat", "kind": "business", "email": "", "billing_type": "recurring", "born_on": "6 Dec 1990"}
    assert client.submit(edit, {**fields, "billing_day": "first"}).status_code == 422
    assert "“first” is not a whole number." in client.page.words
    assert typed(client, "billing_day")["value"] == "first"
    assert client.submit(edit, {**fields, "billing_day": "٢٨"}).status_code == 303
    client.get(path("pat", "/details"))
    assert "28" in client.page.words
    assert "6 Dec 1990" in client.page.words


# What the check page says (F10) ---------------------------------------------------------------------------------------


def test_f10_the_check_page_counts_the_date_and_refuses_what_would_be_refused(app: Flask) -> None:
    customer("pat", name="Pat")
    post("pat", "credit", 1000, "2026-11-10", ledger="credit")
    post("pat", "invoice", 2500, "2026-12-01")
    client = staff(app, "admin")
    assert check(client, kind="refund", ledger="credit", amount="10", on="2026-11-09") == 409
    assert "Customer Credit of Pat would be 10.00 EUR below zero on " in client.page.words
    assert "10.00 becomes 0.00 EUR" in client.page.words
    assert "Post the refund" not in client.page.words
    assert client.post(path("pat", "/finance/post"), data={**client.page.hidden, "step": "edit"}).status_code == 200
    assert typed(client, "amount")["value"] == "10"
    assert check(client, kind="payment", amount="5", on="2026-12-05") == 200
    assert "House Account on 5 Dec 2026 −25.00 becomes −20.00 EUR" in client.page.words
    assert "it counts from 5 Dec 2026 on, and today’s balances stay" in client.page.words
    assert check(client, kind="payment", amount="5", on="2026-11-01") == 200
    assert "House Account 0.00 becomes 5.00 EUR" in client.page.words


def test_r24_what_changed_since_the_check_page_is_shown_again(app: Flask) -> None:
    customer("pat", name="Pat")
    client = staff(app, "admin")
    check(client, amount="5")
    sent = {**client.page.hidden, "step": "post"}
    post("pat", "invoice", 700, "2026-11-20")
    assert client.post(path("pat", "/finance/post"), data=sent).status_code == 409
    assert "The figures have changed since you looked." in client.page.words
    assert "−7.00 becomes −2.00 EUR" in client.page.words
    assert client.post(path("pat", "/finance/post"), data={**client.page.hidden, "step": "post"}).status_code == 303


def test_sec11_the_check_page_cannot_be_skipped(app: Flask) -> None:
    customer("pat", name="Pat")
    client = staff(app, "admin")
    assert check(client, step="post") == 409
    assert "Post the payment" in client.page.words
    client.get(path("pat", "/finance"))
    assert "House Account 0.00" in client.page.words


def test_f10_taking_back_says_beforehand_that_it_cannot_be_done(app: Flask) -> None:
    customer("pat", name="Pat")
    credit = post("pat", "credit", 1000, "2026-11-10", ledger="credit")
    client, page = staff(app, "admin"), path("pat", f"/finance/entries/{credit.public_id}/reverse")
    client.get(page)
    assert "Customer Credit 10.00 becomes 0.00 EUR" in client.page.words
    sent = {**client.page.hidden, "reason": "Mistaken"}
    post("pat", "refund", 400, "2026-12-24", ledger="credit")
    assert client.get(page).status_code == 200
    assert "Customer Credit of Pat would be 4.00 EUR below zero on " in client.page.words
    assert "Take it back" not in client.page.words
    assert client.post(page, data=sent).status_code == 409
    assert "Customer Credit of Pat would be 4.00 EUR below zero on " in client.page.words


# The Account menu (F3) ------------------------------------------------------------------------------------------------


def test_f3_a_main_account_chooses_for_which_account_it_is(app: Flask) -> None:
    company()
    client = staff(app, "admin")
    html = client.get(path("acme", "/finance/post")).text
    menu = html[html.index("<select") : html.index("</select>")]
    assert re.findall(r">([^<]+)</option>", menu) == ["Acme Ltd", "Riverside branch"]
    assert html.count(">Account<") == 1
    branch = now("branch").public_id
    assert check(client, "acme", kind="debit", amount="7", account=branch) == 200
    words = client.page.words
    assert "Account Riverside branch" in words
    assert "Billed to Acme Ltd" in words
    assert "Balance House Account" in words
    assert "House Account 0.00 becomes −7.00 EUR" in words
    answer = client.post(path("acme", "/finance/post"), data={**client.page.hidden, "step": "post"})
    client.get(answer.location)
    assert "Issued for Riverside branch Billed to Acme Ltd" in client.page.words


def test_f3_a_primary_account_chooses_between_itself_and_the_secondary(app: Flask) -> None:
    customer("pat", name="Pat")
    customer("sam", name="Sam")
    share("pat", "sam")
    client = staff(app, "admin")
    assert check(client, account=now("sam").public_id) == 200
    assert "Account Sam Change Account Billed to Pat" in client.page.words
    client.get(path("sam", "/finance/post"))
    assert all(field.get("name") != "account" for field in client.page.fields)
    assert check(client, "sam") == 200
    assert "Account Sam Change Account Billed to Pat" in client.page.words


def test_f3_nobody_else_can_be_chosen(app: Flask) -> None:
    company()
    customer("stranger", name="Stranger")
    client = staff(app, "admin")
    for other in ("stranger", "franchise"):  # the franchise is billed for itself
        assert check(client, "acme", account=now(other).public_id) == 422
        assert "Acme Ltd pays for no account called" in client.page.words
    assert check(client, "branch", account=now("acme").public_id) == 422


def test_f3_a_link_that_ends_between_the_pages_posts_nothing(app: Flask) -> None:
    company()
    client = staff(app, "admin")
    assert check(client, "acme", account=now("branch").public_id) == 200
    sent = {**client.page.hidden, "step": "post"}
    sub_accounts.unlink(SYSTEM, "branch")
    assert client.post(path("acme", "/finance/post"), data=sent).status_code == 422
    assert balance_of(now("acme")).house_minor == balance_of(now("branch")).house_minor == 0


@pytest.mark.parametrize("page", ["post", "apply-credit"])
def test_f3_a_thousand_sub_accounts_are_searched(app: Flask, page: str) -> None:
    customer("acme", name="Acme Ltd")
    sub_accounts_of("acme", {f"depot-{number:04d}": f"Depot {number:04d}" for number in range(1000)})
    post("acme", "invoice", 2000, "2026-11-10")
    post("acme", "credit", 1000, "2026-11-10", ledger="credit")
    client = staff(app, "admin")
    address = path("acme", f"/finance/{page}")
    with counted() as sent:
        html = client.get(address).text
    assert len(sent) < 25, "as many queries as with one sub-account"
    assert '<datalist id="account-suggestions"' in html
    assert "Depot 0" not in html
    found = client.get(path("acme", "/finance/post/accounts?account=Depot+07"), headers=HTMX).text
    assert found.count("<option") == 20
    assert "Depot 0701 (depot-0701)" in found
    for text in ("Depot 0777 (depot-0777)", "depot-0777", "epot 0777"):
        data = {"kind": "payment", "ledger": "house", "on": "2026-11-22", "amount": "5", "account": text}
        assert client.submit(path("acme", f"/finance/{page}"), data).status_code == 200
        assert "Account Depot 0777 Change Account Billed to Acme Ltd" in client.page.words
    data["account"] = "Depot 077"
    assert client.submit(path("acme", f"/finance/{page}"), data).status_code == 422
    assert "Several accounts match “Depot 077”" in client.page.words
    assert typed(client, "account")["value"] == "Depot 077"


def test_ux16_what_is_no_day_stays_as_it_was_typed_and_what_is_one_keeps_its_calendar(app: Flask) -> None:
    client = staff(app, "super")
    assert client.get("/staff/audit?from=the+other+day&to=2026-11-01").status_code == 422
    first = typed(client, "from")
    assert (first["type"], first["value"], first["aria-invalid"]) == ("text", "the other day", "true")
    assert client.get("/staff/audit?from=2026-11-02&to=2026-11-01").status_code == 422
    first = typed(client, "from")
    assert (first["type"], first["value"], first["aria-invalid"]) == ("date", "2026-11-02", "true")
    client.get("/staff/audit?from=1+November+2026")
    first = typed(client, "from")
    assert (first["type"], first["value"]) == ("date", "2026-11-01")
