"""Activities: what is offered, for whom, at what price and until when it can be cancelled (B1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from portal.actions import access
from portal.actions.bookings.timetable import CHANGED, Shown, managed_activity, shown_of
from portal.db.audit import records as audit
from portal.db.bookings import timetable as rows
from portal.db.bookings.timetable import ActivityFacts, SeriesFacts
from portal.db.engine import snapshot, writes
from portal.db.partners import settings as partners
from portal.outside import clock
from portal.rules.bookings.leads import NoLead, read_lead
from portal.rules.deciding import Actor
from portal.rules.errors import Conflict, Invalid, Missing
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say

WEEKS_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Draft:
    """What a form says of an activity. The price is in minor units; leads are texts such as "2 days"."""

    name: str
    description: str
    place: str
    instructor: str
    price_minor: int
    tax_rate: Decimal | None
    benefit_class: str
    age_from: int | None
    age_to: int | None
    cancel_until: str
    book_from: str
    book_until: str


@dataclass(frozen=True, slots=True)
class Partner:
    """A partner that activities can be made for."""

    public_id: str
    name: str
    currency: str


@dataclass(frozen=True, slots=True)
class Opened:
    """An activity with its series and the sessions of the next weeks."""

    activity: ActivityFacts
    series: Sequence[SeriesFacts]
    sessions: Sequence[Shown]
    today: date


@snapshot
def list_activities(actor: Actor, *, retired: bool = False) -> list[ActivityFacts]:
    """The activities that the actor looks after, by name. Raises NotAllowed."""
    access.require(actor, Permission.ACTIVITIES_MANAGE)
    return rows.activities(actor.partner_id, retired=retired)


@snapshot
def list_partners(actor: Actor) -> list[Partner]:
    """The partners that the actor may make activities for, those that show bookings first. Raises NotAllowed."""
    access.require(actor, Permission.ACTIVITIES_MANAGE)
    found = sorted(partners.partners(actor.partner_id), key=lambda one: not one.settings.shows_bookings)
    return [Partner(one.public_id, one.name, one.currency) for one in found]


@snapshot
def open_activity(actor: Actor, activity: str) -> Opened:
    """An activity with what takes place in the next weeks. Raises Missing and NotAllowed."""
    found = managed_activity(actor, activity)
    today = clock.today(found.time_zone)
    until = date.fromordinal(today.toordinal() + 7 * WEEKS_SHOWN)
    series = [one for one in rows.series_of(found.id) if one.ends_before is None or one.ends_before > today]
    return Opened(found, series, shown_of(rows.of_activity(found.id, today, until)), today)


@writes(once="activity.add", answer=str)
def add_activity(actor: Actor, partner: str, draft: Draft, *, once: str | None = None) -> str:
    """Offer something new; its public id. Raises Invalid, Missing and NotAllowed."""
    access.require(actor, Permission.ACTIVITIES_MANAGE)
    of = next((one for one in partners.partners(actor.partner_id) if one.public_id == partner), None)
    if of is None:
        raise Missing()
    public_id = rows.add_activity(of.id, {**_columns(draft), "prices": of.settings.prices})
    text = say("Activity {activity} added", activity=draft.name)
    audit.record(actor, "activity.add", text, activity=public_id)
    return public_id


@writes(once="activity.change", answer=str)
def change_activity(actor: Actor, activity: str, draft: Draft, *, version: int, once: str | None = None) -> str:
    """Change what is offered; what is booked stays as it is. Raises Invalid, Conflict, Missing and NotAllowed."""
    found = managed_activity(actor, activity)
    if found.version != version:
        raise Conflict(CHANGED)
    columns = _columns(draft)
    changed = {name: value for name, value in columns.items() if getattr(found, name) != value}
    if changed:
        rows.save_activity(found.id, changed)
        fields = {name: [str(getattr(found, name)), str(value)] for name, value in changed.items()}
        text = say("Activity {activity} changed", activity=draft.name)
        audit.record(actor, "activity.change", text, activity=found.public_id, fields=fields)
    return found.public_id


@writes(once="activity.retire", answer=str)
def retire_activity(actor: Actor, activity: str, retired: bool, *, once: str | None = None) -> str:
    """Offer something no longer, or again; its sessions stay. Raises Missing and NotAllowed."""
    found = managed_activity(actor, activity)
    rows.save_activity(found.id, {"retired_at": clock.now() if retired else None})
    text = say("Activity {activity} is offered no longer", activity=found.name)
    if not retired:
        text = say("Activity {activity} is offered again", activity=found.name)
    audit.record(actor, "activity.change", text, activity=found.public_id)
    return found.public_id


def _columns(draft: Draft) -> dict[str, object]:
    faults: dict[str, Sentence] = {}
    leads = {}
    for name in ("cancel_until", "book_from", "book_until"):
        try:
            lead = read_lead(getattr(draft, name))
            leads[name] = "" if lead is None else str(lead)
        except NoLead as fault:
            faults[name] = fault.sentence
    if not draft.name:
        faults["name"] = say("Enter what it is called.")
    if draft.age_from is not None and draft.age_to is not None and draft.age_from > draft.age_to:
        faults["age_to"] = say("Nobody is from {first} to {last} years old.", first=draft.age_from, last=draft.age_to)
    if faults:
        raise Invalid(faults)
    return {
        "name": draft.name,
        "description": draft.description,
        "place": draft.place,
        "instructor": draft.instructor,
        "price_minor": draft.price_minor,
        "rate_e3": None if draft.tax_rate is None else int(draft.tax_rate * 1000),
        "benefit_class": draft.benefit_class,
        "age_from": draft.age_from,
        "age_to": draft.age_to,
        **leads,
    }
