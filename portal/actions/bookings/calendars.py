"""Calendars: a family's week, and what phones subscribe to (B3)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlsplit

from flask import current_app

from portal.actions import access
from portal.actions.customers.people import looked_after, standing
from portal.db.audit import records as audit
from portal.db.bookings import calendar as rows
from portal.db.bookings.calendar import Entry
from portal.db.bookings.timetable import SessionFacts as SessionFacts
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.db.groups.wards import Ward
from portal.db.logins import people as logins
from portal.db.logins.people import Person
from portal.outside import clock
from portal.outside.calendars.writing import Happening, calendar_file
from portal.outside.pens import LocalePen, pen_for
from portal.rules.bookings.states import TAKES_A_PLACE, BookingState
from portal.rules.bookings.times import moment
from portal.rules.bookings.words import at
from portal.rules.deciding import Actor, decide
from portal.rules.errors import Invalid, Missing
from portal.rules.permissions import Permission
from portal.rules.sentences import say, write

BEHIND, AHEAD = timedelta(days=92), timedelta(days=400)
"""How far back and ahead a subscribed calendar goes."""

COLOURS = 6
"""A place in a group is a colour, and so many there are."""

_MAC = 24
"""Bytes of a token that prove it: 192 bits."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody whose bookings stand in a calendar. `place` is a Dependent's place in its group; oneself has one that
    no Dependent has.
    """

    id: int
    public_id: str
    name: str
    place: int = 0
    is_self: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """An entry of a page, and whose it is. `clashes` are what the same person has at that time besides."""

    entry: Entry
    owner: Owner
    clashes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Family:
    """Days of a calendar: whose there are, which of them were chosen, and the lines in order.

    `today` and `now` are those of the partner, whose zone is `zone`.
    """

    owners: Sequence[Owner]
    chosen: Owner | None
    first: date
    last: date
    lines: Sequence[Line]
    today: date
    now: datetime
    zone: str
    currency: str


@dataclass(frozen=True, slots=True)
class Feed:
    """A calendar as it is subscribed to."""

    name: str
    content: bytes


def today_of(profile: Profile) -> date:
    """Today where a customer's partner is."""
    return clock.today(profile.time_zone)


@snapshot
def family_days(actor: Actor, profile: Profile, first: date | None, days: int, whose: str = "") -> Family:
    """The bookings of a customer, and of whoever the actor looks after, for so many days from one on, or from the
    Monday of this week. `whose` is the public id of one of them, "" for everybody.

    When acting for somebody it is their calendar alone. Raises Missing for somebody else's id, and NotAllowed.
    """
    access.require(actor, Permission.BOOKINGS_VIEW, profile)
    owners = owners_of(actor, profile)
    chosen = next((one for one in owners if one.public_id == whose), None)
    if whose and chosen is None:
        raise Missing()
    today = clock.today(profile.time_zone)
    begin = first or today - timedelta(days=today.weekday())
    return _family(profile, owners, chosen, begin, days)


def coming(actor: Actor, profile: Profile, wards: Sequence[Ward], days: int) -> Family:
    """What a customer and its `wards` have from today on, within the caller's transaction. One query."""
    return _family(profile, owners_of(actor, profile, wards), None, clock.today(profile.time_zone), days)


def _family(profile: Profile, owners: list[Owner], chosen: Owner | None, first: date, days: int) -> Family:
    zone, last = profile.time_zone, first + timedelta(days=days - 1)
    lines = lines_of([chosen] if chosen else owners, first, last, zone)
    return Family(owners, chosen, first, last, lines, clock.today(zone), clock.now(), zone, profile.currency)


def owners_of(actor: Actor, profile: Profile, wards: Sequence[Ward] | None = None) -> list[Owner]:
    """Whose bookings stand in a calendar: the customer's, and when it is the actor's own, its Dependents' as well.

    `wards` are those Dependents where they are known already.
    """
    is_self = actor.customer_id == profile.id
    own = Owner(profile.id, profile.public_id, profile.name, is_self=is_self)
    if not is_self:
        return [own]
    found = looked_after(actor, standing(actor).wards if wards is None else wards, profile.settings)
    others = [
        Owner(ward.customer_id, ward.public_id, ward.name, ward.kinship.subject_place)
        for ward, facts in found
        if decide(actor, Permission.BOOKINGS_VIEW, facts)
    ]
    taken = {one.place % COLOURS for one in others}
    free = next((place for place in range(1, COLOURS + 1) if place % COLOURS not in taken), 0)
    return [replace(own, place=free), *others]


def lines_of(owners: Sequence[Owner], first: date, last: date, zone: str) -> list[Line]:
    """What stands between two days, both included, in the order in which it begins, with what clashes."""
    known = {one.id: one for one in owners}
    begin, end = _midnight(first, zone), _midnight(last + timedelta(days=1), zone)
    entries = rows.between(known, begin, end)
    clashing = clashes(entries)
    return [Line(one, known[one.customer_id], tuple(clashing.get(one.booking_id, ()))) for one in entries]


def clashes(entries: Sequence[Entry]) -> dict[int, list[str]]:
    """For each booking the names of what the same person has at the same time; touching is none (B3)."""
    found: dict[int, list[str]] = {}
    there = [one for one in entries if not one.cancelled and one.state in (*TAKES_A_PLACE, BookingState.OFFERED)]
    for one in {entry.customer_id for entry in there}:
        mine = [entry for entry in there if entry.customer_id == one]
        for place, entry in enumerate(mine):
            for other in mine[place + 1 :]:
                if other.session.starts_at >= entry.session.ends_at:
                    break  # in the order in which they begin
                found.setdefault(entry.booking_id, []).append(other.session.activity_name)
                found.setdefault(other.booking_id, []).append(entry.session.activity_name)
    return found


def _midnight(on: date, zone: str) -> datetime:
    return moment(datetime.combine(on, time()), zone).at


# Subscribing ----------------------------------------------------------------------------------------------------------


@writes
def own_address(actor: Actor) -> str:
    """The secret address of the calendar of whoever is signed in, made with the first look. Raises Missing."""
    person = _signed_in(actor)
    return _address(person, rows.counter(person.id) or rows.begin(person.id))


@snapshot
def known_address(actor: Actor) -> str:
    """The address that there is already, "" where none was asked for yet. Raises Missing."""
    person = _signed_in(actor)
    counter = rows.counter(person.id)
    return _address(person, counter) if counter else ""


@writes(once="calendar.renew", answer=str)
def renew_address(actor: Actor, *, once: str | None = None) -> str:
    """Another address for one's calendar; the one before is good for nothing from now on. Raises Missing."""
    person = _signed_in(actor)
    return _renewed(actor, person)


@writes
def address_for(actor: Actor, login: str, *, renew: bool = False) -> str:
    """The address of somebody's calendar, for whoever looks after logins. Raises Missing, NotAllowed and Invalid."""
    person = logins.by_email(login)
    if person is None:
        raise Missing(say("Nobody signs in with {email}.", email=login))
    if person.customer_id is None:
        raise Invalid({"login": say("{email} is an administrator’s, who has no calendar.", email=login)})
    access.require(actor, Permission.CUSTOMERS_INVITE, customers.by_id(person.customer_id))
    if renew:
        return _renewed(actor, person)
    return _address(person, rows.counter(person.id) or rows.begin(person.id))


def _renewed(actor: Actor, person: Person) -> str:
    counter = rows.renew(person.id)
    text = say("Gave the calendar of {email} another address", email=person.email)
    audit.record(actor, "calendar.renew", text, subject_id=person.customer_id)
    return _address(person, counter)


def _signed_in(actor: Actor) -> Person:
    person = logins.by_id(actor.login_id) if actor.login_id is not None else None
    if person is None or person.customer_id is None:
        raise Missing()
    return person


def _address(person: Person, counter: int) -> str:
    base = str(current_app.config["PORTAL_SETTINGS"].base_url)
    return f"{base}/calendar/{_token(person, counter)}.ics"


def _token(person: Person, counter: int) -> str:
    """Whose calendar it is, and the proof: nothing of it is stored, and another counter makes another one."""
    secret = str(current_app.config["SECRET_KEY"]).encode()
    mac = hmac.new(secret, f"calendar:{person.public_id}:{counter}".encode(), hashlib.sha256).digest()[:_MAC]
    return person.public_id + base64.urlsafe_b64encode(mac).decode()


@snapshot
def feed(token: str) -> Feed:
    """The calendar behind a secret address: what is booked for its owner and for whom they look after today.

    Raises Missing for a token that is none or no more, and while its owner may not sign in.
    """
    person = logins.by_public_id(token[:20]) if token.isascii() else None
    counter = rows.counter(person.id) if person is not None else 0
    if person is None or not counter or not hmac.compare_digest(token, _token(person, counter)):
        raise Missing()
    if not person.may_sign_in or person.customer_id is None:
        raise Missing()
    profile = customers.by_id(person.customer_id)
    if not access.weigh(person.actor, Permission.BOOKINGS_VIEW, profile):
        raise Missing()
    pen = pen_for(profile.locale, profile.time_zone)
    owners = {one.id: one for one in owners_of(person.actor, profile)}
    now = clock.now()
    entries = rows.for_feed(owners, now - BEHIND, now + AHEAD)
    name = write(say("{name} · {partner}", name=person.name, partner=profile.partner_name), pen)
    host = _host()
    return Feed(name, calendar_file(name, [_happening(one, owners[one.customer_id], pen, host) for one in entries]))


def _happening(one: Entry, owner: Owner, pen: LocalePen, host: str) -> Happening:
    session = one.session
    title = session.activity_name if owner.is_self else f"{owner.name}: {session.activity_name}"
    lines = [say("With {name}", name=session.instructor)] if session.instructor else []
    if not one.cancelled:
        until = session.cancel_by.astimezone(session.starts.tzinfo).replace(tzinfo=None)
        lines.append(say("Cancel until {when}", when=at(until, zone=session.zone)))
    if one.state is BookingState.OFFERED:
        lines.insert(0, say("Offered: take it in the portal"))
    return Happening(
        f"{one.booking}@{host}",
        one.sequence,
        session.span.starts,
        session.span.ends,
        session.zone,
        title,
        one.changed_at.astimezone(UTC),
        session.whole_day,
        session.place,
        "\n".join(write(line, pen) for line in lines),
        cancelled=one.cancelled,
        tentative=one.state is BookingState.OFFERED,
    )


@snapshot
def one_file(actor: Actor, profile: Profile, booking: str) -> bytes:
    """One booking as a file that a phone takes into its calendar. Raises Missing and NotAllowed."""
    access.require(actor, Permission.BOOKINGS_VIEW, profile)
    owners = {one.id: one for one in owners_of(actor, profile)}
    entry = rows.find(booking, owners)
    if entry is None:
        raise Missing()
    pen = pen_for(profile.locale, profile.time_zone)
    return calendar_file(entry.session.activity_name, [_happening(entry, owners[entry.customer_id], pen, _host())])


def _host() -> str:
    """What the ids of events end with."""
    return urlsplit(current_app.config["PORTAL_SETTINGS"].base_url).hostname or "kith"
