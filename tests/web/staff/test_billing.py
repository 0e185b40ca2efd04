"""Billing runs in the back office: check, issue, and what came of it (F5, UX8, UX11)."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from portal.actions import imports, jobs
from portal.actions.billing import schedule
from portal.actions.partners import settings
from portal.db.engine import db
from portal.db.tables import BillingRun, Entry, OutboxMessage
from portal.rules.deciding import SYSTEM
from portal.rules.holders import Role
from tests.importing import clean
from tests.logins import administrator
from tests.notices import switch_on
from tests.people import customer, sign_in

HEAD = "external_id,customer,plan,price,period,started_on\n"


@pytest.fixture
def office(app, client):
    """An administrator, and Acme with a service and an item that are due."""
    administrator("tom@example.test", Role.ADMINISTRATOR)
    customer("acme", name="Acme <b>株式会社</b>", billing_email="bills@acme.test")
    clean("services", f"{HEAD}s1,acme,Hall,20.00,week,2026-11-22\n")
    given = {"customer": "acme", "amount": "7.00", "date": "2026-11-22", "kind": "future_item", "external_id": ""}
    imports.post_one(SYSTEM, given | {"description": "Technician"})
    return sign_in(client, "tom@example.test")


def check(office) -> str:
    page = office.get("/staff/billing").get_data(as_text=True)
    partner = page.split('<option value="')[1].split('"')[0]
    return f"/staff/billing/check?partner={partner}&on=2026-11-22"


def issued() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Entry)) or 0


def test_f5_a_run_is_checked_issued_and_kept(office, app):
    shown = office.get(check(office))
    text = shown.get_data(as_text=True)
    assert shown.status_code == 200
    assert "27.00" in text
    assert "INV-000001" in text
    assert "The first invoice" in text
    assert "Acme &lt;b&gt;株式会社&lt;/b&gt;" in text
    assert issued() == 0
    sent = office.post("/staff/billing/start", data=office.page.hidden)
    assert sent.status_code == 303
    address = sent.headers["Location"]
    going = office.get(address).get_data(as_text=True)
    assert "progress" in going
    assert jobs.run_due() == 1
    done = office.get(address).get_data(as_text=True)
    assert "INV-000001" in done
    assert "27.00" in done
    assert "Not finished" not in office.get("/staff/billing").get_data(as_text=True)
    assert issued() == 1


def test_ux8_what_changed_since_the_look_is_shown_again(office):
    office.get(check(office))
    shown = dict(office.page.hidden)
    customer("late")
    clean("services", f"{HEAD}s2,late,Hall,5.00,week,2026-11-22\n")
    again = office.post("/staff/billing/start", data=shown)
    assert again.status_code == 409
    assert "Something has changed" in again.get_data(as_text=True)
    assert db.session.scalar(select(func.count()).select_from(BillingRun)) == 0


def test_f5_stopping_keeps_what_is_issued_and_it_goes_on(office):
    office.get(check(office))
    address = office.post("/staff/billing/start", data=office.page.hidden).headers["Location"]
    office.get(address)
    assert office.post(f"{address}/stop", data=office.page.hidden).status_code == 303
    jobs.run_due()
    stopped = office.get(address).get_data(as_text=True)
    assert "This run was broken off" in stopped
    assert "Go on with the rest" in stopped
    assert issued() == 0


def test_f5_nothing_due_and_a_day_that_is_none(office):
    address = check(office).replace("2026-11-22", "2026-10-01")
    assert "Nothing is due" in office.get(address).get_data(as_text=True)
    assert office.get(address.replace("2026-10-01", "someday")).status_code == 422


def test_o3_the_invoice_is_mailed_once_where_notices_are_on(office):
    switch_on()
    office.get(check(office))
    office.post("/staff/billing/start", data=office.page.hidden)
    jobs.run_due()
    mail = db.session.scalars(select(OutboxMessage).where(OutboxMessage.purpose == "invoice")).one()
    assert "INV-000001" in mail.subject
    assert "27.00" in mail.text
    assert "/invoices/" in mail.text


def test_f5_the_worker_bills_once_a_day_at_the_hour_of_the_partner(office, frozen):
    assert schedule.run_due() == 0
    settings.change(SYSTEM, "Harbour Net", {"billing_schedule": "10:30"})
    assert schedule.run_due() == 1
    assert schedule.run_due() == 0
    run = db.session.scalars(select(BillingRun)).one()
    assert (str(run.scheduled_on), run.finished_at is None) == ("2026-11-22", False)
