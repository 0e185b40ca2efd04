"""Blocking payers who are overdue, and lifting that at once when they are not any more (F9)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from portal.actions.billing.running import chosen
from portal.actions.books.checks import date_problem
from portal.actions.notices import Watch
from portal.db import engine
from portal.db.audit import records as audit
from portal.db.billing import overdue as rows
from portal.db.billing.due import RunPartner
from portal.db.books import touched
from portal.db.customers import changes
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.db.invoices import items
from portal.outside import clock
from portal.rules.billing.blocking import OpenPart, Payer
from portal.rules.billing.blocking import run as weigh
from portal.rules.customers.status import BlockedCause, Status
from portal.rules.deciding import SYSTEM, Actor
from portal.rules.errors import Invalid
from portal.rules.sentences import say


@dataclass(slots=True)
class Ran:
    """Who was blocked and who is Active again, by reference."""

    blocked: list[str] = field(default_factory=list)
    activated: list[str] = field(default_factory=list)


def run(actor: Actor, *, on: date | None = None, partner: str | None = None) -> Ran:
    """Block every payer who has something open for longer than the days of grace and a House Account below zero, and
    lift the block of those who have not any more (F9): by default as of each partner's own today.

    Partners that do not block are left out but for lifting. Each payer is a transaction of its own, so a run can be
    repeated and broken off. Raises NotAllowed, Missing and Invalid.
    """
    if on is not None and (wrong := date_problem(on)):
        raise Invalid(wrong)
    ran = Ran()
    for one in chosen(actor, partner):
        day = on or clock.today(one.time_zone)
        for payer_id in _to_look_at(one, day):
            done = _look_at(actor, payer_id, day)
            if done is not None:
                reference, becomes = done
                (ran.blocked if becomes is Status.BLOCKED else ran.activated).append(reference)
    return ran


@snapshot
def _to_look_at(one: RunPartner, on: date) -> list[int]:
    return rows.to_look_at(one.id, on)


@writes
def _look_at(actor: Actor, payer_id: int, on: date) -> tuple[str, Status] | None:
    customers.lock([payer_id], exclusive=True)
    profile = customers.by_id(payer_id)
    becomes = _becomes(profile, on)
    if becomes is None:
        return None
    _set(actor, profile, becomes)
    return profile.reference, becomes


def _becomes(profile: Profile, on: date) -> Status | None:
    """What a payer becomes as of a day; None where it stays what it is."""
    if profile.removed_at is not None:
        return None
    found = items.open_of(profile.id, on)
    payer = Payer(
        profile.id,
        sum(one.open_minor for one in found),
        tuple(OpenPart(one.due_on, -one.open_minor) for one in found if one.open_minor < 0),
        profile.own_status is Status.ACTIVE and profile.settings.blocking and profile.payer_id == profile.id,
        profile.own_status is Status.BLOCKED and profile.blocked_cause is BlockedCause.OVERDUE,
    )
    done = weigh([payer], profile.settings.grace_days, on)
    if done.blocked:
        return Status.BLOCKED
    return Status.ACTIVE if done.activated else None


def _set(actor: Actor, profile: Profile, becomes: Status) -> None:
    watch = Watch([profile.id])
    cause = BlockedCause.OVERDUE if becomes is Status.BLOCKED else None
    changes.set_status(profile.id, becomes, cause, clock.now())
    if becomes is Status.BLOCKED:
        text = say("Blocked, because something is overdue")
    else:
        text = say("Active again, because nothing is overdue any more")
    fields = {"status": [profile.own_status.value, becomes.value]}
    audit.record(actor, "customer.status", text, subject_id=profile.id, before=profile.own_status.value, fields=fields)
    watch.write(actor)


def _lift() -> None:
    """Free whoever this transaction has settled enough for, before it commits: at once, whatever settled it (F9)."""
    payers, entries = touched.take()
    if not payers and not entries:
        return
    holders = payers | (rows.holders_of(entries) if entries else set())
    for payer_id in rows.blocked_for_it(holders):
        profile = customers.by_id(payer_id)
        if _becomes(profile, clock.today(profile.time_zone)) is Status.ACTIVE:
            _set(SYSTEM, profile, Status.ACTIVE)
    touched.take()


if _lift not in engine.BEFORE_COMMIT:
    engine.BEFORE_COMMIT.append(_lift)
