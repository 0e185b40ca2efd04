"""Reminders: levels, one message for each payer and run, a minimum, fees (F14)."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from portal.actions.overdue import reminding
from portal.actions.partners import settings
from portal.db.engine import db
from portal.db.tables import FutureItem, OutboxMessage, Reminder
from portal.rules.deciding import SYSTEM
from tests.books import check
from tests.invoices import issue
from tests.people import customer, post


def remind(day: str, **more: bool) -> list[tuple[str, int]]:
    return [(one.invoice, one.level) for one in reminding.run(SYSTEM, on=date.fromisoformat(day), **more)]


@pytest.fixture
def acme(app):
    found = customer("acme", billing_email="bills@acme.test")
    settings.change(SYSTEM, "Harbour Net", {"reminders": "5,20,40:10.00", "terms": "0 days"})
    return found


def test_f14_levels_come_one_by_one_and_none_after_payment(acme):
    invoice = issue("acme", "Hall|1|100.00|0", on="2026-01-01")
    seen = [remind(day) for day in ("2026-01-05", "2026-01-06", "2026-01-31", "2026-01-31")]
    assert seen == [[], [(invoice.number, 1)], [(invoice.number, 2)], []]
    post(acme.public_id, "payment", 10000, "2026-02-01")
    assert remind("2026-02-20") == []
    check()


def test_f14_looked_at_late_it_begins_with_the_first_level(acme):
    invoice = issue("acme", "Hall|1|100.00|0", on="2026-01-01")
    assert remind("2026-01-31") == [(invoice.number, 1)]
    assert remind("2026-01-31") == []
    assert remind("2026-02-01") == [(invoice.number, 2)]


def test_f14_the_minimum_is_of_all_that_is_overdue(acme):
    settings.change(SYSTEM, "Harbour Net", {"reminders": "1,7", "reminder_minimum": "150.00"})
    first = issue("acme", "Hall|1|149.00|0", on="2026-01-03")
    second = issue("acme", "Phone|1|6.00|0", on="2026-01-06")
    seen = [remind(f"2026-01-{day:02}") for day in (4, 7, 8, 9, 10)]
    assert seen == [[], [(first.number, 1), (second.number, 1)], [], [], [(first.number, 2)]]
    mails = db.session.scalars(
        select(OutboxMessage).where(OutboxMessage.purpose == "reminder").order_by(OutboxMessage.id)
    ).all()
    assert len(mails) == 2, "one message over both"
    assert "149.00" in mails[0].text
    assert "155.00" in mails[0].text


def test_f14_a_fee_waits_for_the_next_invoice(acme):
    issue("acme", "Hall|1|100.00|0", on="2026-01-01")
    for day in ("2026-02-11", "2026-02-12", "2026-02-13"):
        remind(day)
    found = db.session.scalars(select(FutureItem)).one()
    assert (found.amount_minor, found.booked_on) == (1000, date(2026, 2, 13))
    assert [one.fee_id for one in db.session.scalars(select(Reminder).order_by(Reminder.level))] == [
        None,
        None,
        found.id,
    ]


def test_f14_who_is_exempt_gets_none_meanwhile(acme):
    invoice = issue("acme", "Hall|1|100.00|0", on="2026-01-01")
    reminding.exempt(SYSTEM, "acme", True)
    assert remind("2026-01-10") == []
    reminding.exempt(SYSTEM, "acme", False)
    assert remind("2026-01-10") == [(invoice.number, 1)]


def test_f14_a_dry_run_tells_nobody(acme):
    invoice = issue("acme", "Hall|1|100.00|0", on="2026-01-01")
    assert remind("2026-01-10", dry_run=True) == [(invoice.number, 1)]
    assert db.session.scalars(select(Reminder)).all() == []
    assert remind("2026-01-10") == [(invoice.number, 1)]


def test_f14_nobody_is_reminded_of_what_money_is_there_for(acme):
    issue("acme", "Hall|1|100.00|0", on="2026-01-01")
    post(acme.public_id, "payment", 10000, "2026-01-02")
    assert remind("2026-01-10") == []
