"""Freezing a membership, and using it again (B10)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from portal.actions.bookings import cancelling
from portal.actions.bookings.promoting import hold_waiting
from portal.actions.memberships import finding
from portal.actions.memberships.effects import Cancelled, Effect, changes, upcoming, who
from portal.actions.memberships.finding import Found
from portal.db.audit import records as audit
from portal.db.bookings import sessions
from portal.db.engine import snapshot, writes
from portal.db.memberships import holding, writing
from portal.db.memberships.holding import BookedOn
from portal.outside import clock
from portal.rules import seen
from portal.rules.deciding import Actor
from portal.rules.errors import Reason, Refused
from portal.rules.memberships.ending import still_used
from portal.rules.memberships.freezing import RULE, freeze_of, freeze_refusals, frozen, length, thaw_refusals, thawed
from portal.rules.memberships.holding import Membership
from portal.rules.periods import Period
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say

_DAY = timedelta(days=1)


@writes(once="membership.freeze", answer=Effect)
def freeze(actor: Actor, membership: str, days: Period, *, mark: str | None = None, once: str | None = None) -> Effect:
    """Let a membership rest for some days, both included: the bookings on it within them are cancelled, and its end
    moves by them (B10). Raises Missing, NotAllowed, Refused, and Conflict where what a page showed has changed.
    """
    looked = finding.membership(actor, membership, Permission.MEMBERSHIPS_BUY)
    hold_waiting([one.session_id for one in _booked(looked, days)], {looked.holder.id, looked.payer.id})
    found = finding.held(actor, membership)
    if reasons := _reasons(actor, found, days):
        raise Refused(reasons)
    effect = _frozen(found, days)
    if mark is not None:
        seen.unchanged(mark, effect.mark)
    cancelling.cancel_all(actor, [one.booking for one in effect.bookings], str(effect.headline))
    after = frozen(found.holding.membership, days)
    _write(found, after, forward=True)
    writing.add_freeze(found.holding.row.id, days.first, days.last, actor.label, clock.now())
    text = say("Froze {plan} from {first} to {last}", plan=found.title, first=days.first, last=days.last)
    _record(actor, found, "membership.freeze", text)
    return effect


@snapshot
def foresee(actor: Actor, membership: str, days: Period) -> tuple[Effect | None, tuple[Reason, ...]]:
    """What freezing would do, None where it cannot be said, and why it is refused. Raises Missing and NotAllowed."""
    found = finding.membership(actor, membership, Permission.MEMBERSHIPS_BUY)
    reasons = tuple(_reasons(actor, found, days))
    return (None if days.last < days.first else _frozen(found, days)), reasons


@writes(once="membership.unfreeze", answer=Effect)
def unfreeze(actor: Actor, membership: str, on: date, *, mark: str | None = None, once: str | None = None) -> Effect:
    """Use a membership again, `on` being the first day: the rest of the freeze is taken off its end (B10).

    Raises Missing, NotAllowed, Refused, and Conflict where what a page showed (`mark`) has changed.
    """
    found = finding.held(actor, membership)
    rules = found.holding.membership
    if reasons := _thaw_reasons(actor, found, on):
        raise Refused(reasons)
    effect = _thawed(found, on)
    if mark is not None:
        seen.unchanged(mark, effect.mark)
    days = freeze_of(rules, on)
    assert days is not None
    after = thawed(rules, days, on)
    _write(found, after, forward=False)
    row = next(one for one in found.holding.freezes if one.days == days)
    writing.end_freeze(row.id, max(on, days.first) - _DAY)
    _record(actor, found, "membership.unfreeze", say("{plan} is used again from {on}", plan=found.title, on=on))
    return effect


@snapshot
def foresee_unfreeze(actor: Actor, membership: str, on: date) -> tuple[Effect | None, tuple[Reason, ...]]:
    """What using it again would do, None where it cannot be said, and why it is refused. Raises Missing, NotAllowed."""
    found = finding.membership(actor, membership, Permission.MEMBERSHIPS_BUY)
    reasons = tuple(_thaw_reasons(actor, found, on))
    return (None if reasons else _thawed(found, on)), reasons


def _reasons(actor: Actor, found: Found, days: Period) -> list[Reason]:
    reasons = freeze_refusals(found.holding.membership, days, found.today, staff=actor.is_staff)
    used = [one for one in _booked(found, days) if one.attended]
    if used:
        message = say("{plan} was used on {on}.", plan=found.title, on=used[-1].on)
        reasons.append(Reason(RULE, message, say("Freeze it from the day after, or later.")))
    return reasons


def _thaw_reasons(actor: Actor, found: Found, on: date) -> list[Reason]:
    """Why a freeze cannot end early: also that days which it had added are booked."""
    rules = found.holding.membership
    reasons = thaw_refusals(rules, on, found.today, staff=actor.is_staff)
    days = None if reasons else freeze_of(rules, on)
    until = thawed(rules, days, on).over_on if days else None
    booked = holding.booked_on(found.holding.row.id, after=until) if until else []
    if booked and until:
        reasons.append(still_used(found.title, len(booked), until, say("Cancel these bookings first.")))
    return reasons


def _booked(found: Found, days: Period) -> list[BookedOn]:
    return holding.booked_on(found.holding.row.id, days) if days.last >= days.first else []


def _frozen(found: Found, days: Period) -> Effect:
    after = frozen(found.holding.membership, days)
    headline = say(
        "{plan} for {name} is frozen from {first} to {last}",
        plan=found.title,
        name=found.holder.name,
        first=days.first,
        last=days.last,
    )
    booked = [one for one in _booked(found, days) if not one.attended]
    cancelled = [_cancelled(one) for one in booked]
    return _told(found, after, headline, days.first, cancelled, [_moves(after, length(days))])


def _cancelled(one: BookedOn) -> Cancelled:
    session = sessions.by_ids([one.session_id])[one.session_id].facts()
    return Cancelled(one.public_id, session.title, session.here(one.starts_at), clock.now() <= session.deadline)


def _thawed(found: Found, on: date) -> Effect:
    rules = found.holding.membership
    days = freeze_of(rules, on)
    assert days is not None
    after = thawed(rules, days, on)
    headline = say("{plan} for {name} is used again from {on}", plan=found.title, name=found.holder.name, on=on)
    return _told(found, after, headline, on, (), [])


def _moves(after: Membership, days: int) -> Sentence:
    if after.until is None:
        return say("It has no end, so no days are added.")
    return say(
        "{count} day is added to its end, which is {until} then.",
        "{count} days are added to its end, which is {until} then.",
        count=days,
        until=after.until,
    )


def _told(
    found: Found,
    after: Membership,
    headline: Sentence,
    first: date,
    bookings: Sequence[Cancelled],
    warnings: Sequence[Sentence],
) -> Effect:
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
        upcoming=upcoming(after, found.holder, found.payer, found.rate),
        changes=changes(found.holding.membership, after, found.today),
        bookings=tuple(bookings),
        warnings=tuple(warnings),
    )


def _write(found: Found, after: Membership, *, forward: bool) -> None:
    """Keep what moved: granted days, the end, and a change to come."""
    before = found.holding.membership
    moved = [
        (one.id, {"first_on": one.first, "last_on": one.last})
        for old, one in zip(before.granted, after.granted, strict=True)
        if (old.first, old.last) != (one.first, one.last)
    ]
    writing.change_periods(moved[::-1] if forward else moved)
    values = {"until_on": after.until, "ends_on": after.ends_on, "next_from_on": after.next_from}
    writing.change(found.holding.row.id, values, clock.now())


def _record(actor: Actor, found: Found, deed: str, text: Sentence) -> None:
    audit.record(
        actor,
        deed,
        text,
        subject_id=found.holder.id,
        grant=found.concerned.grant,
        membership=found.holding.row.public_id,
    )
