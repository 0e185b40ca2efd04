"""Config, Finance: how a partner bills, is paid and follows up."""

from __future__ import annotations

import pytest
from flask import Flask

from portal.actions.partners import settings
from portal.rules.deciding import SYSTEM
from tests.people import partner
from tests.web.acme import browser_of, company
from tests.web.staff.office import audit, staff

INDEX = "/staff/config/finance"


def page() -> str:
    return f"{INDEX}/partners/{settings.values_of(SYSTEM, 'Harbour Net').public_id}"


def values(**changes: str) -> dict[str, str]:
    return {
        "account_name": "Max Mustermann",
        "iban": "DE89 3704 0044 0532 0130 00",
        "bic": "gibaczpx",
        "reference": "number",
        "prices": "gross",
        "tax_rate": "5,5 %",
        "tax_id": "CZ25596641",
        "terms": "month end",
        "default_billing_type": "recurring",
        "default_billing_day": "31",
        "allocation": "oldest",
        "blocking": "y",
        "grace_days": "7",
        "reminders": "5,20:10",
        "reminder_minimum": "12.50",
        "booking_payer": "owner",
        "charge_bookings": "next_invoice",
        "waiting_hold": "24",
        "waiting_cut_off": "90",
        "documents_quota": "750",
        "tickets_close_after": "2",
        **changes,
    }


def stored() -> dict[str, str | int]:
    return dict(settings.values_of(SYSTEM, "Harbour Net").values)


def test_f12_what_is_saved_is_stored_and_shown(app: Flask) -> None:
    company()
    client = staff(app, "admin")
    client.get(INDEX)
    assert "None: invoices do not say where to pay" in client.page.words
    assert client.submit(page(), values()).status_code == 303
    shown = client.get(page()).get_data(as_text=True)
    assert 'value="DE89 3704 0044 0532 0130 00"' in shown
    assert 'value="5.5"' in shown
    assert "Saved: " in client.page.words
    now = stored()
    assert (now["booking_payer"], now["charge_bookings"], now["waiting_hold"], now["waiting_cut_off"]) == (
        "owner",
        "next_invoice",
        24,
        90,
    )
    assert (now["keep_bookings_of_blocked"], now["documents_quota"], now["tickets_close_after"]) == (
        "off",
        750,
        2,
    )
    assert (now["iban"], now["tax_rate"], now["reminders"], now["reminder_minimum"], now["blocking"]) == (
        "DE89370400440532013000",
        "5.5",
        "5,20:10.00",
        "12.50",
        "on",
    )
    assert [action for action, _ in audit()].count("partner.settings") == 1
    client.get(INDEX)
    assert "DE89 3704 0044 0532 0130 00" in client.page.words
    assert "Reminds" in client.page.words


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"iban": "DE00"}, "“DE00” is not an IBAN"),
        ({"bic": "x"}, "“x” is not a BIC"),
        ({"tax_rate": ""}, "Enter a percentage; 0 where there is no tax."),
        ({"tax_rate": "120"}, "not a percentage from 0 to 100"),
        ({"terms": "soon"}, "are no terms of payment"),
        ({"default_billing_day": "32"}, "from 1 to 31"),
        ({"reminders": "9,5"}, "rising order"),
        ({"reminder_minimum": "-1"}, "below zero"),
        ({"account_name": "x" * 71}, "at most 70"),
    ],
)
def test_ux4_what_is_wrong_is_named_and_kept(app: Flask, changes: dict[str, str], sentence: str) -> None:
    company()
    client = staff(app, "super")
    before = stored()
    answer = client.submit(page(), values(**{"tax_id": "kept", **changes}))
    assert answer.status_code == 422
    assert sentence in client.page.words
    assert 'value="kept"' in answer.get_data(as_text=True)
    assert stored() == before


def test_r24_a_stale_page_is_not_saved(app: Flask) -> None:
    company()
    client = staff(app, "super")
    client.get(page())
    stale = dict(client.page.hidden)
    settings.change(SYSTEM, "Harbour Net", {"grace_days": "3"})
    assert client.post(page(), data={**stale, **values()}).status_code == 409
    assert "Somebody else changed Harbour Net" in client.page.words
    assert stored()["iban"] == ""


def test_each_keeps_to_its_own_partner(app: Flask) -> None:
    company()
    partner("Other Net")
    bound = staff(app, "admin", of="Other Net")
    assert bound.get(page()).status_code == 404
    bound.get(INDEX)
    assert "Harbour Net" not in bound.page.words
    assert staff(app, "desk").get(INDEX).status_code == 403
    assert browser_of(app, "acme").get(INDEX).status_code == 404
