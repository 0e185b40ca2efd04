"""Ending a membership, taking the end back, and giving back what is not used (B10, F13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from portal.actions.books.words import on_the_books
from portal.actions.invoices.charging import Reversed, take_back
from portal.actions.memberships import finding
from portal.actions.memberships.effects import Amount, Costing, Document, Effect, amounts, changes, upcoming, who
from portal.actions.memberships.finding import Found
from portal.db.audit import records as audit
from portal.db.engine import snapshot, writes
from portal.db.memberships import holding, writing
from portal.db.memberships.holding import PeriodRow
from portal.outside import clock
from portal.rules import seen
from portal.rules.deciding import Actor
from portal.rules.errors import Reason, Refused
from portal.rules.memberships.ending import Unused, end_refusals, last_day, still_used, undo_refusals, unused
from portal.rules.memberships.holding import Membership
from portal.rules.memberships.states import MembershipState
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say

_DAY = timedelta(days=1)


@writes(once="membership.end", answer=Effect)
def end(
    actor: Actor, membership: str, *, on: date | None = None, mark: str | None = None, once: str | None = None
) -> Effect:
    """Let a membership end with a last day, that of what is granted by default; until then everything works (B10).

    Staff may end it earlier, which gives back what is not used (F13); one that waits for its payment is taken back as a
    whole. Raises Missing, NotAllowed, Refused, and Conflict where what a page showed (`mark`) has changed.
    """
    found = finding.held(actor, membership)
    last = _last(found, on)
    if reasons := _reasons(actor, found, last):
        raise Refused(reasons)
    effect = _effect(found, last)
    if mark is not None:
        seen.unchanged(mark, effect.mark)
    row, at = found.holding.row, clock.now()
    back = _given_back(found, last)
    documents = give_back(actor, found, back, say("Not used"))
    writing.change_periods([(one.granted.id, {"ended_on": max(last, one.granted.first - _DAY)}) for one in back])
    over = row.state is MembershipState.ORDERED or last < row.from_on
    state = MembershipState.ENDED if over else row.state
    writing.change(row.id, {"ends_on": last, "state": state, "next_plan_id": None, "next_from_on": None}, at)
    text = say("Ended {plan}; the last day is {on}", plan=found.title, on=last)
    _record(actor, found, "membership.end", text)
    return replace(effect, documents=documents)


@snapshot
def foresee(actor: Actor, membership: str, *, on: date | None = None) -> tuple[Effect, tuple[Reason, ...]]:
    """What ending would do, and why it is refused. Raises Missing and NotAllowed."""
    found = finding.membership(actor, membership, Permission.MEMBERSHIPS_BUY)
    last = _last(found, on)
    return _effect(found, last), tuple(_reasons(actor, found, last))


@writes(once="membership.end.undo", answer=Effect)
def undo(actor: Actor, membership: str, *, once: str | None = None) -> Effect:
    """Take the end of a membership back, while its last day is not over. Raises Missing, NotAllowed and Refused."""
    found = finding.held(actor, membership)
    if reasons := undo_refusals(found.holding.membership, found.today):
        raise Refused(reasons)
    writing.change(found.holding.row.id, {"ends_on": None}, clock.now())
    _record(actor, found, "membership.undo", say("Took the end of {plan} back", plan=found.title))
    return _undone(found)


@snapshot
def foresee_undo(actor: Actor, membership: str) -> tuple[Effect, tuple[Reason, ...]]:
    """What taking the end back would do, and why it is refused. Raises Missing and NotAllowed."""
    found = finding.membership(actor, membership, Permission.MEMBERSHIPS_BUY)
    return _undone(found), tuple(undo_refusals(found.holding.membership, found.today))


def _last(found: Found, on: date | None) -> date:
    rules = found.holding.membership
    if rules.state is MembershipState.ORDERED:
        return rules.from_on - _DAY
    return last_day(rules, found.today) if on is None else on


def _reasons(actor: Actor, found: Found, last: date) -> list[Reason]:
    reasons = end_refusals(found.holding.membership, last, found.today, staff=actor.is_staff)
    booked = holding.booked_on(found.holding.row.id, after=last)
    if booked:
        remedy = say("Cancel these bookings first, or choose a later day.")
        reasons.append(still_used(found.title, len(booked), last, remedy))
    return reasons


def _given_back(found: Found, last: date) -> list[Unused]:
    """What is not used after a last day; what was not charged here costs nothing."""
    return unused(found.holding.membership, last + _DAY)


def _effect(found: Found, last: date) -> Effect:
    rules = found.holding.membership
    over = rules.state is MembershipState.ORDERED
    after = replace(rules, ends_on=last, next_plan=None, next_from=None)
    after = replace(after, state=MembershipState.ENDED) if over else after
    headline = (
        say("{plan} for {name} is not bought after all", plan=found.title, name=found.holder.name)
        if over
        else say("{plan} for {name} ends; the last day is {on}", plan=found.title, name=found.holder.name, on=last)
    )
    return _told(found, after, headline, last + _DAY, costs_of(_given_back(found, last)))


def _undone(found: Found) -> Effect:
    after = replace(found.holding.membership, ends_on=None)
    headline = say("{plan} for {name} goes on", plan=found.title, name=found.holder.name)
    return _told(found, after, headline, found.today, [])


def _told(found: Found, after: Membership, headline: Sentence, first: date, costs: Sequence[Costing]) -> Effect:
    row = found.holding.row
    return Effect(
        membership=row.reference,
        public_id=row.public_id,
        plan=found.title,
        holder=who(found.holder),
        payer=who(found.payer),
        currency=found.payer.currency,
        headline=headline,
        state=after.shown_on(found.today),
        first=first,
        until=after.until,
        ends_on=after.ends_on,
        amounts=amounts(costs, found.holder, found.payer, found.rate, first) if costs else (),
        upcoming=upcoming(after, found.holder, found.payer, found.rate),
        changes=changes(found.holding.membership, after, found.today),
    )


def costs_of(back: Sequence[Unused]) -> list[Costing]:
    """What is given back, as lines of an invoice have it."""
    return [_cost(one) for one in back if one.amount]


def _cost(one: Unused) -> Costing:
    """By the line that charged it, whatever the plan says today (F13)."""
    granted = one.granted
    return Costing(granted.plan, one.days, one.number, one.of, -one.amount, True, granted.prices, granted.rate)


def give_back(actor: Actor, found: Found, back: Sequence[Unused], why: Sentence) -> tuple[Document, ...]:
    """Credit what is not used: each part where it was charged, and what is above what remains there on the invoices
    before it (F6).
    """
    rows = {one.id: one for one in found.holding.periods}
    charged = [one for one in reversed(found.holding.periods) if one.is_charged]
    reason = say("{text}", text=on_the_books(why, found.payer))
    documents = []
    for one, told in zip(back, _amounts(found, back), strict=True):
        rest = -told.gross
        own = rows[one.granted.id]
        for each in (own, *(other for other in charged if other is not own)):
            done = _take_back(actor, reason, each, rest) if rest > 0 else None
            if done is not None:
                documents.append(Document(done.number, done.public_id if done.credit_id else ""))
                rest -= done.gross
    return tuple(documents)


def _amounts(found: Found, back: Sequence[Unused]) -> Sequence[Amount]:
    return amounts([_cost(one) for one in back], found.holder, found.payer, found.rate, found.today) if back else ()


def _take_back(actor: Actor, why: Sentence, row: PeriodRow, gross: int) -> Reversed | None:
    return take_back(actor, why, invoice_id=row.invoice_id, position=row.position, item_id=row.item_id, gross=gross)


def _record(actor: Actor, found: Found, deed: str, text: Sentence) -> None:
    audit.record(
        actor,
        deed,
        text,
        subject_id=found.holder.id,
        grant=found.concerned.grant,
        membership=found.holding.row.public_id,
    )
