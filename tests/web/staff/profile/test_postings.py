"""Posting to the books by hand: what is typed, what the check page says, and what is done."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.pages import PageClient
from tests.people import customer, partner
from tests.web.staff.office import path, staff


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
