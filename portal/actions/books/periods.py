"""Closing months, so that nothing is dated into them any more (F8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from portal.actions import access
from portal.actions.books.naming import partner_named
from portal.db.audit import records as audit
from portal.db.books import closing
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.db.partners import settings as partners
from portal.outside import clock
from portal.rules.books import month_after, month_of
from portal.rules.closing import closing_refusals, first_open, is_closed, month_with
from portal.rules.deciding import Actor
from portal.rules.errors import Refused
from portal.rules.permissions import Permission
from portal.rules.sentences import say


@dataclass(frozen=True, slots=True)
class Closed:
    """Up to which day the months of a partner are closed; None where none is. `changed`: by what was just done."""

    partner: str
    public_id: str
    through: date | None
    first_open: date | None
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Closings:
    """The partners somebody may close months of."""

    partners: tuple[Closed, ...]


@writes(once="period.close", answer=Closings)
def close(actor: Actor, month: date, *, partner: str | None = None, once: str | None = None) -> Closings:
    """Close a month, given any day of it, and every earlier one: of one partner, or of all that the actor may.

    What is closed is closed again without effect. It waits for whoever writes to these books. Raises Missing,
    NotAllowed, and Refused for a month that has not begun.
    """
    access.require(actor, Permission.FINANCE_POST)
    last, done = month_with(month).last, []
    for one in sorted(_partners(actor, partner), key=lambda one: one.id):
        if reasons := closing_refusals(month_of(month), clock.today(one.settings.time_zone)):
            raise Refused(reasons)
        closing.take(one.id)
        through = closing.closed_through(one.id)
        changed = not is_closed(last, through)
        if changed:
            closing.close(one.id, last, actor=actor.label, at=clock.now())
            text = say("{month} of {partner} closed", month=month_with(month), partner=one.name)
            audit.record(actor, "period.close", text, partner=one.public_id, through=last.isoformat())
            through = last
        done.append(_closed(one, through, changed))
    return Closings(tuple(done))


@snapshot
def show(actor: Actor, *, partner: str | None = None) -> Closings:
    """Up to when the months are closed. Raises Missing and NotAllowed."""
    access.require(actor, Permission.CUSTOMERS_FINANCE)
    return Closings(tuple(_closed(one, closing.closed_through(one.id), False) for one in _partners(actor, partner)))


@snapshot
def history(actor: Actor, partner: str) -> list[tuple[date, datetime, str]]:
    """What was closed of a partner, when and by whom, newest first."""
    access.require(actor, Permission.CUSTOMERS_FINANCE)
    return [row for one in _partners(actor, partner) for row in closing.history(one.id)]


def open_day(profile: Profile) -> date:
    """Today or, where that is closed, the first open day: what an entry is dated where nobody says (F8)."""
    return first_open(clock.today(profile.time_zone), closing.closed_through(profile.partner_id))


def _partners(actor: Actor, name: str | None) -> list[partners.PartnerFacts]:
    named = partner_named(actor, name)
    return [one for one in partners.partners(actor.partner_id) if named is None or one.id == named[0]]


def _closed(one: partners.PartnerFacts, through: date | None, changed: bool) -> Closed:
    return Closed(one.name, one.public_id, through, month_after(through) if through else None, changed)
