"""The demo: a family with a nanny, a company with sub-accounts, a couple with a shared balance, and the staff.

It goes through the same tables and writers as everything else, so that what is seen is what the product does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from flask import current_app

from portal.actions import access, imports, notices
from portal.actions.demo import (
    family,
    invoices,
    looks,
    money,
    notes,
    orders,
    people,
    story,
    synthetic,
    talk,
    timetable,
)
from portal.actions.statements import files as statement_files
from portal.actions.statements.view import StatementRequest
from portal.config import Settings
from portal.db import services
from portal.db.audit import records as audit
from portal.db.customers import profiles as customers
from portal.db.engine import writes
from portal.db.logins import people as logins
from portal.outside import clock, passwords
from portal.rules.deciding import SYSTEM, Actor
from portal.rules.errors import Conflict, NotAllowed, Reason, Refused
from portal.rules.periods import month_of
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.rules.services import Period

Progress = Callable[[int, int], None]
DUE_TODAY = (("demo-due-1", "9.50", "Shoes for an evening"), ("demo-due-2", "15.00", "Climbing, a trial for a friend"))


@dataclass(frozen=True, slots=True)
class Loaded:
    """How much the demo brought in. `loaded` is False when it was there already."""

    customers: int
    entries: int
    loaded: bool = True


def load(actor: Actor = SYSTEM) -> Loaded:
    """Load the demo people and their history, once. Raises Refused in production (SEC18), and NotAllowed."""
    settings = _settings()
    _refuse_in_production(settings)
    _require(actor)
    if customers.by_reference("demo-parent") is not None:
        return Loaded(0, 0, loaded=False)
    loaded = _load(actor, passwords.hashed(settings.demo_password))
    invoices.tell()
    last = month_of(clock.today(people.CLUB.time_zone)) - timedelta(days=1)
    last_month = StatementRequest(month_of(last), last)
    family.gather(last_month)
    _save_statements(last_month)
    notices.release()
    money.tell()
    _let_something_be_due()
    timetable.set_up()
    orders.set_up()
    notes.write()
    looks.choose()
    talk.tell()
    return loaded


def _let_something_be_due() -> None:
    """What a billing run of today bills: a week that begins, and items that wait for the next invoice."""
    today = clock.today(people.CLUB.time_zone)
    _begin_a_week(today)
    for external_id, amount, description in DUE_TODAY:
        given = {
            "external_id": external_id,
            "customer": "demo-stranger",
            "date": today.isoformat(),
            "kind": "future_item",
            "amount": amount,
            "description": description,
            "category": "Classes",
        }
        imports.post_one(SYSTEM, given)


@writes
def _begin_a_week(today: date) -> None:
    stranger = customers.require("demo-stranger")
    services.add_service(stranger.id, "Climbing wall, weekly", 1200, Period.WEEK, today)


def _save_statements(last_month: StatementRequest) -> None:
    """Let the company's bookkeeper have saved last month's statements, so that Documents tells something."""
    bookkeeper = logins.by_email("company@demo.example")
    company, branch = customers.by_reference("demo-company"), customers.by_reference("demo-branch")
    assert bookkeeper is not None
    assert company is not None
    assert branch is not None
    statement_files.save(bookkeeper.actor, company.public_id, last_month)
    statement_files.save(bookkeeper.actor, company.public_id, replace(last_month, account=branch.public_id))


@writes
def _load(actor: Actor, password_hash: str) -> Loaded:
    if customers.by_reference("demo-parent") is not None:
        raise Conflict(say("The demo is being loaded by another process."))
    known = people.add(password_hash)
    entries = story.write(known)
    invoices.settle_story(known)
    audit.record(actor, "demo.load", say("Demo data loaded"))
    return Loaded(len(known), entries)


def load_synthetic(actor: Actor, customer_count: int, posting_count: int, report: Progress) -> Loaded:
    """Add a large made-up data set: `customer_count` customers, a tenth of them main accounts, and `posting_count`
    entries over three years. `report` is told how many rows of how many are done. Raises Refused in production,
    and NotAllowed.
    """
    _refuse_in_production(_settings())
    _require(actor)
    return _load_synthetic(actor, customer_count, posting_count, report)


@writes
def _load_synthetic(actor: Actor, customer_count: int, posting_count: int, report: Progress) -> Loaded:
    entries = synthetic.write(customer_count, posting_count, report)
    text = say(
        "{customers} made-up customers with {entries} entries loaded", customers=customer_count, entries=posting_count
    )
    audit.record(actor, "demo.load", text)
    return Loaded(customer_count, entries)


def _require(actor: Actor) -> None:
    """The demo brings administrators and partners of its own, so it is for those who may make both."""
    access.require(actor, Permission.ADMINISTRATORS_MANAGE)
    if actor.partner_id is not None:
        raise NotAllowed(say("Demo data is loaded for the whole installation, and you look after one partner."))


def _settings() -> Settings:
    settings: Settings = current_app.config["PORTAL_SETTINGS"]
    return settings


def _refuse_in_production(settings: Settings) -> None:
    if settings.production:
        raise Refused(
            [
                Reason(
                    "SEC18",
                    say("The demo data cannot be loaded in production."),
                    say(
                        "Its passwords are known to everybody. Start another installation with PORTAL_ENV=development."
                    ),
                )
            ]
        )
