"""Sessions as booking needs them, with their activity, and holding their rows for a change (B2)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, func, literal, or_, select, union_all, update

from portal.db.bookings.standing import in_a_basket, offered
from portal.db.bulk import among
from portal.db.engine import db, executed, is_sqlite
from portal.db.rows import columns, field_names, values_of
from portal.db.tables import Activity, BasketItem, Booking, Partner, Session
from portal.rules.bookings.facts import SessionFacts
from portal.rules.bookings.states import BookingState, SessionState
from portal.rules.invoices.prices import Prices


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One session with what its activity says; amounts in minor units of `currency`. `reference` names it outside."""

    id: int
    public_id: str
    external_id: str | None
    activity_id: int
    activity_public_id: str
    activity_external_id: str | None
    name: str
    description: str
    partner_id: int
    partner_public_id: str
    currency: str
    price_minor: int
    rate_e3: int | None
    prices: Prices
    benefit_class: str
    age_from: int | None
    age_to: int | None
    cancel_until: str
    book_from: str
    book_until: str
    series_id: int | None
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
    reason: str
    sequence: int
    version: int

    @property
    def reference(self) -> str:
        return self.external_id or self.public_id

    @property
    def ends_wall(self) -> datetime:
        """When it ends, as the clock at the place shows it."""
        return self.starts_wall + timedelta(minutes=self.minutes)

    @property
    def activity(self) -> str:
        return self.activity_external_id or self.activity_public_id

    def facts(self, counted: Counted | None = None) -> SessionFacts:
        """The same as rules take it, with what is counted of it."""
        own = {name: getattr(self, name) for name in field_names(SessionFacts) if hasattr(self, name)}
        found = counted or Counted()
        return SessionFacts(**own, held=found.held, offered=found.offered, waiting=found.waiting)


@dataclass(frozen=True, slots=True)
class Counted:
    """Of one session: places in open baskets, places offered to somebody, and how many wait."""

    held: int = 0
    offered: int = 0
    waiting: int = 0


@cache
def _query() -> Select[*tuple[Any, ...]]:
    s, a = Session, Activity
    of_activity = ("name", "description", "price_minor", "rate_e3", "prices", "benefit_class", "age_from", "age_to")
    leads = ("cancel_until", "book_from", "book_until")
    mine = {name: getattr(a, name) for name in (*of_activity, *leads)}
    more = {
        "activity_public_id": a.public_id,
        "activity_external_id": a.external_id,
        "partner_public_id": Partner.public_id,
        "currency": Partner.currency,
    }
    own = {name: getattr(s, name) for name in field_names(SessionRow) if name not in mine and name not in more}
    return (
        select(*columns(SessionRow, **own, **mine, **more))
        .select_from(s)
        .join(a, a.id == s.activity_id)
        .join(Partner, Partner.id == s.partner_id)
    )


def sessions(*conditions: Any, limit: int | None = None) -> list[SessionRow]:
    """The sessions matching conditions on `Session` and `Activity`, the first ones in the order in which they begin."""
    query = _query().where(*conditions).order_by(Session.starts_at, Session.id).limit(limit)
    return values_of(SessionRow, db.session.execute(query))


def by_ids(ids: Iterable[int]) -> dict[int, SessionRow]:
    """Sessions by their keys."""
    return {one.id: one for one in values_of(SessionRow, executed(_by_ids(), {"ids": list(ids)}))}


@cache
def _by_ids() -> Select[*tuple[Any, ...]]:
    return _query().where(Session.id.in_(bindparam("ids", expanding=True)))


def by_references(references: Collection[str]) -> dict[str, SessionRow]:
    """Sessions by what names them: their external id or, failing that, their public id."""
    wanted = list(references)
    found = sessions(or_(among(Session.external_id, wanted), among(Session.public_id, wanted)))
    known = {one.public_id: one for one in found} | {one.external_id: one for one in found if one.external_id}
    return {reference: known[reference] for reference in wanted if reference in known}


def hold(ids: Iterable[int]) -> dict[int, SessionRow]:
    """Hold sessions until the transaction ends, in the order of their keys, and read them as they are then (B2).

    SQLite's one writer holds everything anyway.
    """
    wanted = sorted(set(ids))
    if not is_sqlite():
        executed(_holding(), {"ids": wanted}).all()
    return by_ids(wanted)


@cache
def _holding() -> Select[int]:
    wanted = Session.id.in_(bindparam("ids", expanding=True))
    return select(Session.id).where(wanted).order_by(Session.id).with_for_update()


def counted(ids: Collection[int], now: datetime, *, but_basket: int | None = None) -> Mapping[int, Counted]:
    """What open baskets and offers hold of sessions now, and how many wait for them."""
    if not ids:
        return {}
    found: dict[int, dict[str, int]] = {}
    for session, kind, number in executed(_counting(), {"ids": list(ids), "now": now, "basket": but_basket or 0}):
        found.setdefault(session, {})[kind] = number
    return {key: Counted(**numbers) for key, numbers in found.items()}


@cache
def _counting() -> Any:
    b, item = Booking, BasketItem
    wanted: Any = bindparam("ids", expanding=True)
    now: Any = bindparam("now", type_=Booking.__table__.c.offered_until.type)
    waits = select(b.session_id, literal("waiting"), func.count()).where(
        b.session_id.in_(wanted), b.state == BookingState.WAITING
    )
    offers = select(b.session_id, literal("offered"), func.count()).where(b.session_id.in_(wanted), offered(now))
    holds = select(item.session_id, literal("held"), func.count()).where(
        item.session_id.in_(wanted), in_a_basket(now), item.basket_id != bindparam("basket")
    )
    return union_all(waits.group_by(b.session_id), offers.group_by(b.session_id), holds.group_by(item.session_id))


def take(session_id: int, number: int, held: int, at: datetime) -> bool:
    """Take places of a session that is held, where they stay within its capacity less what is held: whether they were
    there (B2).
    """
    values = {"session": session_id, "number": number, "held": held, "at": at}
    return executed(_TAKE, values).rowcount == 1


def take_anyway(session_id: int, number: int, at: datetime) -> None:
    """Take places whether they are there or not: of what was held, and where the desk or a file says so."""
    executed(_TAKE_ANYWAY, {"session": session_id, "number": number, "at": at})


def give(session_id: int, number: int, at: datetime) -> None:
    """Give places back."""
    executed(_TAKE_ANYWAY, {"session": session_id, "number": -number, "at": at})


_t = Session.__table__
_TAKE = (
    update(_t)  # type: ignore[arg-type]
    .where(
        _t.c.id == bindparam("session"),
        _t.c.state == SessionState.OPEN,
        _t.c.taken + bindparam("number") + bindparam("held") <= _t.c.capacity,
    )
    .values(taken=_t.c.taken + bindparam("number"), changed_at=bindparam("at"))
)
_TAKE_ANYWAY = (
    update(_t)  # type: ignore[arg-type]
    .where(_t.c.id == bindparam("session"))
    .values(taken=_t.c.taken + bindparam("number"), changed_at=bindparam("at"))
)
