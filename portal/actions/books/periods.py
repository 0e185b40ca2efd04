"""Closing months, so that nothing is dated into them any more (F8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from portal.actions import access
from portal.actions.books.naming import partner_named
from portal.db import idempotency as operations
from portal.db.audit import records as audit
from portal.db.books import closing
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.db.partners import settings as partners
from portal.outside import clock
from portal.rules import seen
from portal.rules.closing import closing_refusals, first_open, is_closed
from portal.rules.deciding import Actor
from portal.rules.errors import Reason, Refused
from portal.rules.periods import Period, month_after, month_before, month_of, month_with
from portal.rules.permissions import Permission
from portal.rules.sentences import say

MOST_MONTHS = 12
"""So many months that are over are offered to be closed; closing one closes every earlier one."""


@dataclass(frozen=True, slots=True)
class Closed:
    """Up to which day the months of a partner are closed; None where none is. `changed`: by what was just done.

    `today` is the partner's.
    """

    partner: str
    public_id: str
    through: date | None
    first_open: date | None
    changed: bool = False
    today: date | None = None

    @property
    def over(self) -> list[Period]:
        """The months that are over and not closed, the oldest first, at most twelve of them."""
        if self.today is None:
            return []
        months = [month_with(month_before(self.today))]
        while len(months) < MOST_MONTHS:
            months.append(month_with(month_before(months[-1].first)))
        return [one for one in reversed(months) if not is_closed(one.last, self.through)]


@dataclass(frozen=True, slots=True)
class Closings:
    """The partners somebody may close months of."""

    partners: tuple[Closed, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """What closing a month would do: from which day to which one months are closed by it, how many entries are dated
    there, and what is not done yet and is dated there: lines of bank files that nobody decided, drafts of invoices.
    `reasons` say why it is refused.
    """

    partner: str
    public_id: str
    month: Period
    since: date | None
    entries: int
    bank_lines: int
    drafts: int
    reasons: tuple[Reason, ...]
    mark: str


@writes(once="period.close", answer=Closings)
def close(
    actor: Actor, month: date, *, partner: str | None = None, mark: str | None = None, once: str | None = None
) -> Closings:
    """Close a month, given any day of it, and every earlier one: of one partner, or of all that the actor may.

    What is closed is closed again without effect. It waits for whoever writes to these books. Raises Missing,
    NotAllowed, Refused for a month that has not begun, and Conflict when what the preview `mark` showed has changed.
    """
    access.require(actor, Permission.FINANCE_POST)
    last, done = month_with(month).last, []
    for one in sorted(_partners(actor, partner), key=lambda one: one.id):
        if reasons := closing_refusals(month_of(month), clock.today(one.settings.time_zone)):
            raise Refused(reasons)
        closing.take(one.id)
        through = closing.closed_through(one.id)
        if mark is not None:
            seen.unchanged(mark, _look(one, month, through).mark)
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
def foresee(actor: Actor, month: date, partner: str) -> Look:
    """What closing a month of a partner would do. Raises Missing and NotAllowed."""
    access.require(actor, Permission.FINANCE_POST)
    [one] = _partners(actor, partner)
    return _look(one, month, closing.closed_through(one.id))


def _look(one: partners.PartnerFacts, month: date, through: date | None) -> Look:
    days = month_with(month)
    reasons = [*closing_refusals(days.first, clock.today(one.settings.time_zone)), *_closed_before(one, days, through)]
    since = month_after(through) if through else None
    counts = closing.dated(one.id, since, days.last)
    said = [one.id, days.last, since, counts, [str(reason.message) for reason in reasons]]
    return Look(one.name, one.public_id, days, since, *counts, tuple(reasons), operations.fingerprint(said))


def _closed_before(one: partners.PartnerFacts, days: Period, through: date | None) -> list[Reason]:
    if through is None or not is_closed(days.last, through):
        return []
    message = say("{month} of {partner} is closed already.", month=days, partner=one.name)
    return [Reason("F8", message, say("The first open day is {day}.", day=month_after(through)))]


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
    today = clock.today(one.settings.time_zone)
    return Closed(one.name, one.public_id, through, month_after(through) if through else None, changed, today)
