"""Activities, series and sessions as the timetable needs them (B1, B8)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Label, Select, and_, bindparam, or_, select, update

from portal.db.bulk import among, insert_many
from portal.db.engine import db, is_sqlite
from portal.db.folding import fold
from portal.db.rows import columns, first_of, values_of
from portal.db.tables import Activity, Partner, Session, SessionSeries
from portal.db.types import new_public_id, new_public_ids, rate_of
from portal.outside import clock
from portal.rules.bookings.files import Timing
from portal.rules.bookings.leads import before
from portal.rules.bookings.series import AHEAD_DAYS, read_dates, read_rule
from portal.rules.bookings.states import SessionState
from portal.rules.bookings.times import Span, span
from portal.rules.errors import Missing
from portal.rules.invoices.prices import Prices
from portal.rules.sentences import say
from portal.rules.texts import identifier


@dataclass(frozen=True, slots=True)
class ActivityFacts:
    """An activity with its partner's currency and time zone; as the table has it."""

    id: int
    public_id: str
    external_id: str | None
    partner_id: int
    partner_name: str
    currency: str
    time_zone: str
    name: str
    description: str
    place: str
    instructor: str
    price_minor: int
    rate_e3: int | None
    prices: Prices
    benefit_class: str
    age_from: int | None
    age_to: int | None
    cancel_until: str
    book_from: str
    book_until: str
    retired_at: datetime | None
    version: int

    @property
    def reference(self) -> str:
        return self.external_id or self.public_id

    @property
    def tax_rate(self) -> Decimal | None:
        return None if self.rate_e3 is None else rate_of(self.rate_e3)


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """A series, as the table has it."""

    id: int
    public_id: str
    external_id: str | None
    activity_id: int
    starts_wall: datetime
    minutes: int
    whole_day: bool
    zone: str
    capacity: int
    rule: str
    except_on: str
    also_on: str
    place: str
    instructor: str
    written_until: date | None
    ends_before: date | None
    version: int

    @property
    def timing(self) -> Timing:
        return Timing(
            self.starts_wall,
            self.minutes,
            self.whole_day,
            self.zone,
            read_rule(self.rule),
            read_dates(self.except_on),
            read_dates(self.also_on),
        )


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """A session with what it needs of its activity and partner; as the table has it."""

    id: int
    public_id: str
    external_id: str | None
    activity_id: int
    activity_public_id: str
    activity_external_id: str | None
    activity_name: str
    cancel_until: str
    series_id: int | None
    series_on: date | None
    partner_id: int
    starts_wall: datetime
    minutes: int
    whole_day: bool
    zone: str
    starts_at: datetime
    ends_at: datetime
    starts_on: date
    capacity: int
    taken: int
    state: SessionState
    place: str
    instructor: str
    moved: bool
    sequence: int
    reason: str
    version: int

    @property
    def reference(self) -> str:
        return self.external_id or self.public_id

    @property
    def activity(self) -> str:
        """The external id of its activity, or the public id of one without."""
        return self.activity_external_id or self.activity_public_id

    @property
    def span(self) -> Span:
        return span(self.starts_wall, self.minutes, self.zone, whole_day=self.whole_day)

    @property
    def starts(self) -> datetime:
        """When it begins, on the clock at its place."""
        return self.starts_at.astimezone(ZoneInfo(self.zone))

    @property
    def ends(self) -> datetime:
        """When it ends, on the clock at its place."""
        return self.ends_at.astimezone(ZoneInfo(self.zone))

    @property
    def cancel_by(self) -> datetime:
        """The instant until which, itself included, one may cancel (B4)."""
        return before(self.cancel_until, self.starts_wall, self.zone)

    @property
    def cancel_here(self) -> datetime:
        """The same, on the clock at its place."""
        return self.cancel_by.astimezone(ZoneInfo(self.zone))

    @property
    def takes_place(self) -> bool:
        return self.state is SessionState.OPEN


def _activities() -> Select[*tuple[Any, ...]]:
    a = Activity
    own = {name: getattr(a, name) for name in ActivityFacts.__slots__ if hasattr(a, name)}
    of_partner = {"partner_name": Partner.name, "currency": Partner.currency, "time_zone": Partner.time_zone}
    return select(*columns(ActivityFacts, **own, **of_partner)).join(Partner, Partner.id == a.partner_id)


def activity(reference: str) -> ActivityFacts:
    """The activity with an external or public id. Raises Missing."""
    key = identifier(reference)
    rows = db.session.execute(_activities().where(or_(Activity.external_id == key, Activity.public_id == key)))
    found = values_of(ActivityFacts, rows)
    if not found:
        raise Missing(say("There is no activity “{reference}”.", reference=reference[:60]))
    return next((one for one in found if one.external_id == key), found[0])


def activity_by_id(activity_id: int) -> ActivityFacts:
    """An activity that is there."""
    found = first_of(ActivityFacts, db.session.execute(_activities().where(Activity.id == activity_id)))
    assert found is not None
    return found


def activities_by_external_ids(external_ids: Iterable[str]) -> dict[str, ActivityFacts]:
    """The activities with these external ids."""
    rows = db.session.execute(_activities().where(among(Activity.external_id, external_ids)))
    return {one.external_id or "": one for one in values_of(ActivityFacts, rows)}


def activities(partner_id: int | None, *, retired: bool = False) -> list[ActivityFacts]:
    """The activities of a partner, or of all, by name; with `retired` those that are offered no longer as well."""
    query = _activities().order_by(Activity.name, Activity.id)
    if partner_id is not None:
        query = query.where(Activity.partner_id == partner_id)
    if not retired:
        query = query.where(Activity.retired_at.is_(None))
    return values_of(ActivityFacts, db.session.execute(query))


def add_activity(partner_id: int, values: Mapping[str, Any]) -> str:
    """A new activity; its public id."""
    made = Activity(partner_id=partner_id, public_id=new_public_id(), created_at=clock.now(), **values)
    db.session.add(made)
    db.session.flush()
    return made.public_id


IN_CALENDARS = frozenset({"name", "place", "cancel_until"})
"""What calendars show of an activity."""


def save_activity(activity_id: int, values: Mapping[str, Any]) -> None:
    """Change an activity; calendars hear of what they show of it, with each of its sessions (B3)."""
    changed = {**values, "version": Activity.version + 1}
    db.session.execute(update(Activity).where(Activity.id == activity_id).values(**changed))
    if values.keys() & IN_CALENDARS:
        told = {"sequence": Session.sequence + 1, "changed_at": clock.now()}
        db.session.execute(
            update(Session)
            .where(Session.activity_id == activity_id)
            .values(**told)
            .execution_options(synchronize_session=False)
        )


def session_columns() -> tuple[Label[Any], ...]:
    """The columns of `SessionFacts`, of a query that joins sessions and their activities."""
    s = Session
    of_activity = {
        "activity_public_id": Activity.public_id,
        "activity_external_id": Activity.external_id,
        "activity_name": Activity.name,
        "cancel_until": Activity.cancel_until,
    }
    own = {name: getattr(s, name) for name in SessionFacts.__slots__ if name not in of_activity}
    return columns(SessionFacts, **own, **of_activity)


def _sessions() -> Select[*tuple[Any, ...]]:
    return select(*session_columns()).join(Activity, Activity.id == Session.activity_id)


def session(reference: str, *, hold: bool = False) -> SessionFacts:
    """The session with an external or public id; with `hold` nobody else changes it meanwhile. Raises Missing."""
    key = identifier(reference)
    query = _sessions().where(or_(Session.external_id == key, Session.public_id == key))
    if hold and not is_sqlite():
        query = query.with_for_update(of=Session)
    found = values_of(SessionFacts, db.session.execute(query))
    if not found:
        raise Missing(say("There is no session “{reference}”.", reference=reference[:60]))
    return next((one for one in found if one.external_id == key), found[0])


def sessions(*conditions: ColumnElement[bool], hold: bool = False) -> list[SessionFacts]:
    """The sessions that meet these conditions, in the order in which they begin; held by their ids."""
    query = _sessions().where(*conditions)
    if hold and not is_sqlite():
        db.session.execute(select(Session.id).where(*conditions).order_by(Session.id).with_for_update())
    return values_of(SessionFacts, db.session.execute(query.order_by(Session.starts_at, Session.id)))


def of_activity(activity_id: int, first: date | None, last: date | None) -> list[SessionFacts]:
    """The sessions of an activity on these days at its place, both included, cancelled ones as well."""
    wanted = [Session.activity_id == activity_id]
    if first is not None:
        wanted.append(Session.starts_on >= first)
    if last is not None:
        wanted.append(Session.starts_on <= last)
    return sessions(*wanted)


def on_day(partner_id: int | None, day: date) -> list[SessionFacts]:
    """The sessions of a partner, or of all, that begin on a day at their place, cancelled ones as well."""
    wanted = [Session.starts_on == day]
    if partner_id is not None:
        wanted.append(Session.partner_id == partner_id)
    return sessions(*wanted)


def between(partner_id: int, first: date, last: date) -> list[SessionFacts]:
    """The sessions of a partner that begin on these days at their place, both included, cancelled ones as well."""
    return sessions(Session.partner_id == partner_id, Session.starts_on >= first, Session.starts_on <= last)


def partners_with_activities() -> set[int]:
    """The partners that offer anything."""
    return set(db.session.scalars(select(Activity.partner_id).where(Activity.retired_at.is_(None)).distinct()))


def of_series(series_id: int, since: date) -> list[SessionFacts]:
    """What a series made for days from one on, by the date by which it made them."""
    return sessions(Session.series_id == series_id, Session.series_on >= since)


def taken_ids(external_ids: Iterable[str]) -> dict[str, SessionFacts]:
    """The sessions that have one of these external ids already."""
    rows = db.session.execute(_sessions().where(among(Session.external_id, external_ids)))
    return {one.external_id or "": one for one in values_of(SessionFacts, rows)}


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session to be added."""

    external_id: str | None
    activity: ActivityFacts
    span: Span
    minutes: int
    zone: str
    capacity: int
    place: str
    instructor: str
    series_id: int | None = None
    series_on: date | None = None


_NEW = (
    *("public_id", "external_id", "activity_id", "series_id", "series_on", "partner_id", "starts_wall", "minutes"),
    *("whole_day", "zone", "starts_at", "ends_at", "starts_on", "capacity", "state", "place", "instructor"),
    *("place_key", "instructor_key", "created_at", "changed_at", "reason", "version"),
)


def add_sessions(new: Sequence[NewSession]) -> list[str]:
    """Add sessions; their public ids, in this order."""
    now, keys = clock.now(), new_public_ids(len(new))
    rows = [
        (
            *(key, one.external_id, one.activity.id, one.series_id, one.series_on, one.activity.partner_id),
            *(one.span.starts, one.minutes, one.span.whole_day, one.zone, one.span.starts_at, one.span.ends_at),
            *(one.span.starts.date(), one.capacity, SessionState.OPEN.value, one.place, one.instructor),
            *(fold(one.place), fold(one.instructor), now, now, "", 1),
        )
        for key, one in zip(keys, new, strict=True)
    ]
    insert_many(Session, _NEW, rows)
    return keys


def by_public_ids(public_ids: Iterable[str]) -> list[SessionFacts]:
    """The sessions with these public ids, in the order in which they begin."""
    return sessions(among(Session.public_id, public_ids))


def change(session_id: int, values: Mapping[str, Any]) -> None:
    """Change a session; calendars hear of it."""
    changed = {**values, "sequence": Session.sequence + 1, "version": Session.version + 1, "changed_at": clock.now()}
    db.session.execute(update(Session).where(Session.id == session_id).values(**changed))


def moved_to(to: Span, minutes: int, *, on: bool) -> dict[str, Any]:
    """The columns that say when a session is. `on`: it was moved by itself, away from its series."""
    return {
        "starts_wall": to.starts,
        "minutes": minutes,
        "whole_day": to.whole_day,
        "starts_at": to.starts_at,
        "ends_at": to.ends_at,
        "starts_on": to.starts.date(),
        **({"moved": True} if on else {}),
    }


def at_place(place: str, instructor: str) -> dict[str, str]:
    """The columns that say where a session is and who leads it."""
    keys = {"place_key": fold(place), "instructor_key": fold(instructor)}
    return {"place": place, "instructor": instructor, **keys}


@dataclass(frozen=True, slots=True)
class InUse:
    """A session as it occupies its place and its instructor, both folded."""

    id: int
    reference: str
    name: str
    partner_id: int
    place_key: str
    instructor_key: str
    starts_at: datetime
    ends_at: datetime


def in_use(
    partner_id: int, places: Collection[str], instructors: Collection[str], first: datetime, last: datetime
) -> list[InUse]:
    """The sessions that have one of these places or instructors at some time between two instants.

    A session lasts 60 days at most, so those that begin earlier than that cannot reach into it.
    """
    s = Session
    wanted = []
    if places:
        wanted.append(among(s.place_key, places))
    if instructors:
        wanted.append(among(s.instructor_key, instructors))
    if not wanted:
        return []
    rows = db.session.execute(
        select(s.id, s.external_id, s.public_id, Activity.name, s.place_key, s.instructor_key, s.starts_at, s.ends_at)
        .join(Activity, Activity.id == s.activity_id)
        .where(
            s.partner_id == partner_id,
            s.state == SessionState.OPEN,
            or_(*wanted),
            and_(s.starts_at < last, s.ends_at > first),
        )
    )
    return [
        InUse(r.id, r.external_id or r.public_id, r.name, partner_id, r.place_key, r.instructor_key, r.starts_at,
              r.ends_at)
        for r in rows
    ]  # fmt: skip


def hold_timetable(partner_id: int) -> None:
    """Let nobody else write sessions of a partner meanwhile, so that no place is given to two of them (B8).

    It is no lock against what refers to the partner, such as a new customer.
    """
    if not is_sqlite():
        held = select(Partner.id).where(Partner.id == bindparam("partner"))
        db.session.execute(held.with_for_update(key_share=True), {"partner": partner_id})


def _series() -> Select[*tuple[Any, ...]]:
    return select(*columns(SeriesFacts, **{name: getattr(SessionSeries, name) for name in SeriesFacts.__slots__}))


def series(public_id: str) -> SeriesFacts:
    """The series with a public or external id. Raises Missing."""
    s, key = SessionSeries, identifier(public_id)
    found = values_of(SeriesFacts, db.session.execute(_series().where(or_(s.public_id == key, s.external_id == key))))
    if not found:
        raise Missing(say("There is no series “{reference}”.", reference=public_id[:60]))
    return found[0]


def series_by_id(series_id: int) -> SeriesFacts:
    """A series that is there."""
    found = first_of(SeriesFacts, db.session.execute(_series().where(SessionSeries.id == series_id)))
    assert found is not None
    return found


def series_of(activity_id: int) -> list[SeriesFacts]:
    """The series of an activity, the latest first."""
    rows = db.session.execute(
        _series().where(SessionSeries.activity_id == activity_id).order_by(SessionSeries.starts_wall.desc())
    )
    return values_of(SeriesFacts, rows)


def series_by_external_ids(external_ids: Iterable[str]) -> dict[str, SeriesFacts]:
    """The series with these external ids."""
    rows = db.session.execute(_series().where(among(SessionSeries.external_id, external_ids)))
    return {one.external_id or "": one for one in values_of(SeriesFacts, rows)}


def add_series(activity_id: int, values: Mapping[str, Any]) -> int:
    """A new series without sessions yet; its id."""
    made = SessionSeries(activity_id=activity_id, public_id=new_public_id(), created_at=clock.now(), **values)
    db.session.add(made)
    db.session.flush()
    return made.id


def save_series(series_id: int, values: Mapping[str, Any]) -> None:
    """Change a series."""
    changed = {**values, "version": SessionSeries.version + 1}
    db.session.execute(update(SessionSeries).where(SessionSeries.id == series_id).values(**changed))


def series_behind(today: date, limit: int, days: int) -> list[int]:
    """The ids of series that stand as rows up to a day so many days before a year from today, and go on after it."""
    s = SessionSeries
    edge = today + timedelta(days=AHEAD_DAYS - days)
    goes_on = or_(s.ends_before.is_(None), s.ends_before > s.written_until)
    behind = select(s.id).where(s.written_until < edge, goes_on).order_by(s.written_until, s.id).limit(limit)
    return list(db.session.scalars(behind))
