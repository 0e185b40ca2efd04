"""Places and instructors: who and what sessions need, and giving one of them another name (B8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portal.actions import access
from portal.actions.bookings.timetable import require_timetable, tell_moved
from portal.actions.bookings.writing_out import Places, Where
from portal.db.audit import records as audit
from portal.db.bookings import timetable as rows
from portal.db.bookings import where as names
from portal.db.bookings.where import Kind as Kind
from portal.db.bookings.where import Named as Named
from portal.db.engine import snapshot, writes
from portal.db.folding import fold
from portal.db.partners import settings as partners
from portal.outside import clock
from portal.rules.bookings.occupancy import Taken, occupied_refusals
from portal.rules.deciding import Actor
from portal.rules.errors import Invalid, Missing, Refused
from portal.rules.permissions import Permission
from portal.rules.sentences import say


@dataclass(frozen=True, slots=True)
class Everywhere:
    """All places and instructors that the actor looks after; `several`: of several partners."""

    places: Sequence[Named]
    instructors: Sequence[Named]

    @property
    def several(self) -> bool:
        return len({one.partner for one in (*self.places, *self.instructors)}) > 1

    def find(self, kind: str, partner: str, name: str) -> Named | None:
        """One of them; None where there is none of that name."""
        some = self.places if kind == Kind.PLACE.value else self.instructors
        return next((one for one in some if (one.partner, one.name) == (partner, name)), None)


@snapshot
def everywhere(actor: Actor) -> Everywhere:
    """The places and instructors of sessions to come, and of what is offered. Raises NotAllowed."""
    access.require(actor, Permission.ACTIVITIES_MANAGE)
    now = clock.now()
    return Everywhere(*(names.names(kind, actor.partner_id, now) for kind in Kind))


@writes(once="session.rename", answer=int)
def rename(
    actor: Actor, kind: Kind, partner: str, before: str, after: str, *, tell: bool = False, once: str | None = None
) -> int:
    """Give a place or an instructor another name in every session to come, in what is offered, and in series that go
    on; to how many sessions. With one that is there already they become one. `tell`: everybody in these sessions is
    told that it is elsewhere.

    Raises Invalid without a name, Refused with the dates on which the other one is taken, Missing and NotAllowed.
    """
    access.require(actor, Permission.ACTIVITIES_MANAGE)
    of = next((one for one in partners.partners(actor.partner_id) if one.public_id == partner), None)
    if of is None:
        raise Missing()
    require_timetable(actor, of.id)
    if not after:
        raise Invalid({"name": say("Enter what it is called from now on.")})
    rows.hold_timetable(of.id)
    now = clock.now()
    coming = names.sessions_of(kind, of.id, before, now)
    if fold(after) != fold(before):
        where = Where(after, "") if kind is Kind.PLACE else Where("", after)
        spans = [one.span for one in coming]
        places, taken = Places(of.id, [where], spans, {one.id for one in coming}), list[Taken]()
        for one in coming:
            taken += places.take(one.activity_name, where, one.span)
        if taken:
            raise Refused(occupied_refusals(taken))
    names.rename(kind, of.id, before, after, [one.id for one in coming], now)
    told = sum(tell_moved(one, rows.session(one.public_id)) for one in coming) if tell else 0
    text = say(
        "{before} is {after} from now on, in {count} session",
        "{before} is {after} from now on, in {count} sessions",
        count=len(coming),
        before=before,
        after=after,
    )
    audit.record(actor, "session.rename", text, partner=of.name, told=told)
    return len(coming)
