"""Reminders in the back office: whom a run would tell, and telling them (F14)."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from portal.actions.overdue import reminding
from portal.actions.partners import settings
from portal.db.engine import db
from portal.db.tables import Reminder
from portal.rules.deciding import SYSTEM
from portal.rules.holders import Role
from tests.invoices import issue
from tests.logins import administrator
from tests.people import customer, post, sign_in
from tests.web.staff.office import path


@pytest.fixture
def office(app, client):
    administrator("tom@example.test", Role.ADMINISTRATOR)
    customer("acme", name="Zoë <b>O'Brien</b>")
    settings.change(SYSTEM, "Harbour Net", {"reminders": "5:2.50"})
    return sign_in(client, "tom@example.test")


def told() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Reminder)) or 0


def test_f14_who_would_be_told_is_shown_before_anybody_is(office):
    issue("acme", "Hall|1|100.00|0", on="2026-10-01")
    page = office.get("/staff/overdue").get_data(as_text=True)
    assert "100.00" in page
    assert "2.50" in page
    assert "Zoë &lt;b&gt;" in page
    assert told() == 0
    sent = office.post("/staff/overdue/remind", data=office.page.hidden)
    assert (sent.status_code, told()) == (303, 1)
    office.get("/staff/overdue")
    assert "Nobody is to be reminded" in office.page.words
    assert "Everybody who is overdue 1" in office.page.words
    assert "38 days Level 1, 22 Nov 2026 100.00" in office.page.words


def test_f14_everybody_overdue_is_listed_and_who_gets_none_is_switched_on_the_profile(office):
    customer("ben", name="Ben")
    first = issue("acme", "Hall|1|100.00|0", on="2026-10-01")
    issue("ben", "Hall|1|5.00|0", on="2026-10-20")
    post("ben", "payment", 500, "2026-10-21")
    office.get("/staff/overdue")
    assert "Everybody who is overdue 2" in office.page.words
    assert "Not yet Money is there 5.00" in office.page.words
    finance = path("acme", "/finance")
    office.get(finance)
    assert "Gets them" in office.page.words
    assert office.submit(f"{finance}/reminders", {"exempt": "on"}, at=finance).status_code == 303
    office.get("/staff/overdue")
    assert "Nobody is to be reminded today" in office.page.words
    assert "Gets none 100.00" in office.page.words
    assert "gets no reminders." in office.page.words
    office.get(finance)
    assert office.submit(f"{finance}/reminders", {"exempt": "off"}, at=finance).status_code == 303
    reminding.run(SYSTEM)
    office.get(f"/staff/invoices/{first.public_id}")
    assert "Reminder, level 1 100.00 were open" in office.page.words
    office.get(finance)
    assert f"{first.number} 1 22 Nov 2026 100.00" in office.page.words


def test_ux8_what_changed_since_the_look_is_shown_again(office):
    issue("acme", "Hall|1|100.00|0", on="2026-10-01")
    office.get("/staff/overdue")
    shown = dict(office.page.hidden)
    issue("acme", "Phone|1|5.00|0", on="2026-10-02")
    again = office.post("/staff/overdue/remind", data=shown)
    assert (again.status_code, told()) == (409, 0)
    assert "Something has changed" in again.get_data(as_text=True)
