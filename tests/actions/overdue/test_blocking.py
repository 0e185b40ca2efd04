"""Blocking of who is overdue, and lifting it at once (F9, L11)."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from portal.actions.books import allocating, refunding
from portal.actions.overdue import blocking
from portal.actions.partners import settings
from portal.actions.statements import view
from portal.db.customers import profiles
from portal.db.engine import db
from portal.db.tables import AuditRecord, BlockingNotice
from portal.outside import clock
from portal.rules.deciding import SYSTEM
from tests.books import check
from tests.invoices import credit, issue
from tests.notices import switch_on
from tests.people import customer, link, post


@pytest.fixture
def acme(app):
    """Acme owes 249.95 of 31 May and as much of 30 June; 30 days of grace, no terms."""
    found = customer("acme")
    settings.change(SYSTEM, "Harbour Net", {"blocking": "on", "grace_days": "30", "terms": "0 days"})
    clock.fix(datetime(2026, 7, 6, 9, 0, tzinfo=UTC))
    for day in ("2026-05-31", "2026-06-30"):
        issue("acme", "Hall|1|249.95|0", on=day)
    yield found
    clock.fix(None)


def own() -> tuple[str, str | None]:
    db.session.rollback()
    found = profiles.require("acme")
    return found.own_status.value, found.blocked_cause and found.blocked_cause.value


def block() -> None:
    assert blocking.run(SYSTEM, on=date(2026, 7, 5)).blocked == ["acme"]


def test_f9_blocked_by_overdue_and_active_at_once_when_it_is_paid(acme):
    block()
    assert own() == ("blocked", "overdue")
    paid = post(acme.public_id, "payment", 24995, "2026-07-06")
    if own()[0] == "blocked":  # the partner lets somebody choose what a payment settles
        allocating.allocate(SYSTEM, allocating.Wanted(paid.public_id))
    assert own() == ("active", None)
    assert blocking.run(SYSTEM).blocked == []
    check()


def test_f6_f9_who_is_paid_back_without_a_credit_note_owes_from_the_old_due_date_and_is_blocked(acme):
    first = post(acme.public_id, "payment", 24995, "2026-05-31")
    second = post(acme.public_id, "payment", 24995, "2026-06-30")
    for paid in (first, second):
        allocating.allocate(SYSTEM, allocating.Wanted(paid.public_id))
    assert blocking.run(SYSTEM, on=date(2026, 7, 5)).blocked == []
    done = refunding.refund_payment(SYSTEM, refunding.Wanted(first.number, None, date(2026, 7, 5)))
    assert [(one.number, one.amount_minor) for one in done.opened] == [("INV-000001", 24995)]
    assert blocking.run(SYSTEM, on=date(2026, 7, 6)).blocked == ["acme"]
    assert own() == ("blocked", "overdue")
    assert view.balance_of(profiles.require("acme")).house_minor == -24995
    check()


@pytest.mark.parametrize("day", ["2026-06-30", "2026-05-31"])
def test_f9_within_its_grace_days_nobody_is_blocked(acme, day):
    assert blocking.run(SYSTEM, on=date.fromisoformat(day)).blocked == []
    assert own() == ("active", None)


def test_f9_a_credit_note_lifts_it_too(acme):
    first = issue("acme", "More|1|10.00|0", on="2026-05-01")
    block()
    credit(first)
    assert own()[0] == "blocked"
    post(acme.public_id, "payment", 50000, "2026-07-06")
    assert own() == ("active", None), "the House Account is not below zero"


def test_f9_a_block_by_hand_is_not_lifted_by_paying(app):
    found = customer("acme", own_status="blocked", blocked_cause="by_hand")
    settings.change(SYSTEM, "Harbour Net", {"blocking": "on"})
    issue("acme", "Hall|1|10.00|0", on="2026-09-01")
    post(found.public_id, "payment", 1000, "2026-11-01")
    assert own() == ("blocked", "by_hand")


def test_f9_a_partner_that_does_not_block_blocks_nobody(acme):
    settings.change(SYSTEM, "Harbour Net", {"blocking": "off"})
    assert blocking.run(SYSTEM, on=date(2026, 7, 5)).blocked == []


def test_f9_the_run_is_told_and_remembered_once(acme):
    customer("branch")
    link("acme", "branch")
    switch_on()
    block()
    assert blocking.run(SYSTEM, on=date(2026, 7, 5)).blocked == []
    assert len(db.session.scalars(select(BlockingNotice)).all()) == 2, "the sub-account hears of it too"
    deeds = db.session.scalars(select(AuditRecord.action).where(AuditRecord.action == "customer.status")).all()
    assert deeds == ["customer.status"]


def test_f9_who_is_not_behind_any_more_is_activated_by_the_run(acme):
    block()
    settings.change(SYSTEM, "Harbour Net", {"grace_days": "90"})
    assert blocking.run(SYSTEM).activated == ["acme"]
    assert own() == ("active", None)
