"""Memberships as they are held: with their plan, what was granted, freezes, and what was used of them (B5, B9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import aliased

from portal.db.bulk import among
from portal.db.engine import db, is_sqlite
from portal.db.memberships import plans
from portal.db.memberships.plans import PlanRow
from portal.db.rows import columns, field_names, values_of
from portal.db.tables import (
    Activity,
    Booking,
    Customer,
    Entry,
    FutureItem,
    Invoice,
    InvoiceLine,
    Membership,
    MembershipFreeze,
    MembershipPeriod,
    Session,
)
from portal.db.types import rate_of
from portal.rules.bookings.states import BookingPayer, BookingState
from portal.rules.invoices.prices import Prices
from portal.rules.memberships.benefits import Held, Stretch
from portal.rules.memberships.holding import GrantedDays
from portal.rules.memberships.holding import Membership as Rules
from portal.rules.memberships.plans import Plan
from portal.rules.memberships.states import MembershipState
from portal.rules.periods import Period
from portal.rules.sentences import Sentence, say

MOST_VISITS = 200
"""So many bookings on one membership are listed."""


@dataclass(frozen=True, slots=True)
class MembershipRow:
    """A membership as the table has it. `customer` is the reference of whoever holds it, `born_on` their birth date."""

    id: int
    public_id: str
    external_id: str | None
    plan_id: int
    customer_id: int
    customer: str
    born_on: date | None
    state: MembershipState
    from_on: date
    anchor_on: date
    until_on: date | None
    ends_on: date | None
    next_plan_id: int | None
    next_from_on: date | None
    payer: BookingPayer
    payer_id: int | None
    imported: bool
    renewal_told_for: date | None
    age_told_for: date | None
    version: int

    @property
    def reference(self) -> str:
        """The external id, or the public id of one without."""
        return self.external_id or self.public_id


class PeriodRow(NamedTuple):
    """Granted days with what charged them: the line of an invoice, or the future item, `item` being its number.

    `entry_id`, `document` and `document_id`, its number and public id, are the invoice that charged them by now, also
    by way of a future item. `net_minor`, `gross_minor`, `line_rate_e3` and `prices`, as they are meant there, are those
    of the line or item; None where nothing was charged.
    """

    id: int
    membership_id: int
    plan_id: int
    first_on: date
    last_on: date | None
    ended_on: date | None
    amount_minor: int
    invoice_id: int | None
    position: int | None
    item_id: int | None
    charged_on: date | None
    entry_id: int | None
    document: str | None
    document_id: str | None
    item: str | None
    net_minor: int | None
    gross_minor: int | None
    line_rate_e3: int | None
    prices: Prices | None

    @property
    def is_charged(self) -> bool:
        """Whether it was charged here; what was imported was not."""
        return self.invoice_id is not None or self.item_id is not None

    def granted(self, plan: Plan) -> GrantedDays:
        """What the rules know of it: what it was charged, by whatever its plan says today (F13)."""
        prices = self.prices or plan.prices
        minor = self.net_minor if prices is Prices.NET else self.gross_minor
        rate = None if self.line_rate_e3 is None else rate_of(self.line_rate_e3)
        return GrantedDays(
            self.id, plan, self.first_on, self.last_on, minor or 0, self.ended_on, prices if minor else None, rate
        )


class FreezeRow(NamedTuple):
    """Days of rest. `ended_on` is the last of them where it ended early."""

    id: int
    membership_id: int
    from_on: date
    to_on: date
    ended_on: date | None

    @property
    def days(self) -> Period | None:
        """The days that it rests; None where it was taken back."""
        last = self.to_on if self.ended_on is None else self.ended_on
        return Period(self.from_on, last) if last >= self.from_on else None


class Use(NamedTuple):
    """A booking on a membership: whether it used a visit, whether it still stands, and when the session is."""

    membership_id: int
    visit: bool
    stands: bool
    on: date
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Holding:
    """A membership with all that belongs to it. `uses` are the bookings on it, where they were asked for."""

    row: MembershipRow
    plan: PlanRow
    next_plan: PlanRow | None
    plans: dict[int, PlanRow]
    periods: tuple[PeriodRow, ...]
    freezes: tuple[FreezeRow, ...]
    uses: tuple[Use, ...] = ()

    @property
    def membership(self) -> Rules:
        """What the rules know of it."""
        return Rules(
            plan=self.plan.plan,
            state=self.row.state,
            from_on=self.row.from_on,
            anchor=self.row.anchor_on,
            granted=tuple(one.granted(self.plans[one.plan_id].plan) for one in self.periods),
            freezes=tuple(days for one in self.freezes if (days := one.days) is not None),
            ends_on=self.row.ends_on,
            next_plan=self.next_plan.plan if self.next_plan else None,
            next_from=self.row.next_from_on,
            used_up_on=self._used_up_on,
            born_on=self.row.born_on,
        )

    @property
    def _used_up_on(self) -> date | None:
        """The day of the last visit of a number of visits, where every one of them is used."""
        visits, in_all = [one.on for one in self.uses if one.visit], self.plan.plan.visits_in_all
        return max(visits) if in_all is not None and len(visits) >= in_all else None

    @property
    def held(self) -> Held:
        """What bookings need to know of it; its key is its reference."""
        membership = self.membership
        in_all = self.plan.plan.visits_in_all
        used = sum(one.visit for one in self.uses)
        return Held(
            self.row.reference,
            self.plan.name,
            self.row.state,
            tuple(made for one in membership.granted if (made := self._stretch(one, membership.granted)) is not None),
            membership.freezes,
            None if in_all is None else max(in_all - used, 0),
            tuple((one.starts_at, one.ends_at) for one in self.uses if one.stands),
        )

    def _stretch(self, one: GrantedDays, granted: Sequence[GrantedDays]) -> Stretch | None:
        """Days on which it counts, with what is left of the whole period they are of; None where none is left."""
        last = min((day for day in (one.until, self.row.ends_on) if day is not None), default=None)
        if last is not None and last < one.first:
            return None
        first = min(each.first for each in granted if each.last == one.last)
        counted = one.plan.counted
        used = sum(use.visit and first <= use.on and (one.last is None or use.on <= one.last) for use in self.uses)
        left = None if counted is None else max(counted - used, 0)
        return Stretch(one.first, last, one.plan.klass, left, counted, one.plan.discount)


def _query() -> Select[Any]:
    m, c = Membership, Customer
    own = {name: getattr(m, name) for name in field_names(MembershipRow) if name not in ("customer", "born_on")}
    reference = func.coalesce(c.external_id, c.public_id)
    made = columns(MembershipRow, **own, customer=reference, born_on=c.born_on)
    return select(*made).select_from(m).join(c, c.id == m.customer_id)


def named(reference: str) -> Holding | None:
    """The membership with this external id, or with this public id, and the bookings on it."""
    m = Membership
    query = _query().where(or_(m.external_id == reference, m.public_id == reference))
    found = values_of(MembershipRow, db.session.execute(query))
    found.sort(key=lambda one: one.external_id != reference)
    return _whole(found[:1], used=True)[0] if found else None


def of_customers(
    customer_ids: Collection[int], *, used: bool = True, but_bookings: Collection[int] = ()
) -> list[Holding]:
    """Every membership of these customers, the newest first; with `used` with the bookings on them, but for one."""
    m = Membership
    query = _query().where(among(m.customer_id, customer_ids)).order_by(m.from_on.desc(), m.id.desc())
    return _whole(values_of(MembershipRow, db.session.execute(query)), used=used, but_bookings=but_bookings)


def by_ids(ids: Collection[int], *, used: bool = False) -> dict[int, Holding]:
    """Memberships by their keys."""
    if not ids:
        return {}
    query = _query().where(among(Membership.id, ids)).order_by(Membership.id)
    return {one.row.id: one for one in _whole(values_of(MembershipRow, db.session.execute(query)), used=used)}


def by_external_ids(external_ids: Collection[str]) -> dict[str, Holding]:
    """The memberships with these external ids."""
    query = _query().where(among(Membership.external_id, external_ids))
    found = _whole(values_of(MembershipRow, db.session.execute(query)), used=False)
    return {one.row.external_id or "": one for one in found}


def running_out(first: date, last: date) -> list[int]:
    """Active memberships that were not ended and whose last granted day lies between two, by their keys."""
    m = Membership
    query = select(m.id).where(
        m.state == MembershipState.ACTIVE, m.until_on >= first, m.until_on <= last, m.ends_on.is_(None)
    )
    return list(db.session.scalars(query.order_by(m.id)))


def hold(ids: Collection[int]) -> None:
    """Keep memberships from changing until the transaction ends, in the order of their keys."""
    if ids and not is_sqlite():
        wanted = sorted(set(ids))
        db.session.execute(
            select(Membership.id).where(among(Membership.id, wanted)).order_by(Membership.id).with_for_update()
        ).all()


def _whole(rows: Sequence[MembershipRow], *, used: bool, but_bookings: Collection[int] = ()) -> list[Holding]:
    """Memberships with all that belongs to them, in a number of queries that does not grow."""
    ids = [one.id for one in rows]
    if not ids:
        return []
    periods = _by_membership(_periods(ids))
    freezes = _by_membership(_freezes(ids))
    uses = _by_membership(uses_of(ids, but_bookings)) if used else {}
    wanted = {one.plan_id for one in rows} | {one.next_plan_id for one in rows if one.next_plan_id is not None}
    wanted |= {one.plan_id for some in periods.values() for one in some}
    known = plans.by_ids(wanted)
    return [
        Holding(
            one,
            known[one.plan_id],
            known[one.next_plan_id] if one.next_plan_id is not None else None,
            known,
            tuple(periods.get(one.id, ())),
            tuple(freezes.get(one.id, ())),
            tuple(uses.get(one.id, ())),
        )
        for one in rows
    ]


def _by_membership(some: Sequence[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for one in some:
        found[one.membership_id].append(one)
    return found


def _periods(ids: Collection[int]) -> list[PeriodRow]:
    p, invoice, item, line = MembershipPeriod, aliased(Entry), FutureItem, InvoiceLine
    own = {name: getattr(p, name) for name in PeriodRow._fields if hasattr(p, name)}
    rows = db.session.execute(
        select(
            *columns(
                PeriodRow,
                **own,
                entry_id=invoice.id,
                document=invoice.number,
                document_id=invoice.public_id,
                item=item.number,
                net_minor=func.coalesce(line.net_minor, item.amount_minor - item.tax_minor),
                gross_minor=func.coalesce(line.gross_minor, item.amount_minor),
                line_rate_e3=func.coalesce(line.rate_e3, item.rate_e3),
                prices=Invoice.prices,
            )
        )
        .select_from(p)
        .outerjoin(line, and_(line.invoice_id == p.invoice_id, line.position == p.position))
        .outerjoin(Invoice, Invoice.entry_id == line.invoice_id)
        .outerjoin(item, item.id == p.item_id)
        .outerjoin(invoice, invoice.id == func.coalesce(p.invoice_id, item.invoiced_by_id))
        .where(among(p.membership_id, ids))
        .order_by(p.membership_id, p.first_on, p.id)
    )
    return values_of(PeriodRow, rows)


def _freezes(ids: Collection[int]) -> list[FreezeRow]:
    f = MembershipFreeze
    query = select(*columns(FreezeRow, **{name: getattr(f, name) for name in FreezeRow._fields}))
    rows = db.session.execute(query.where(among(f.membership_id, ids)).order_by(f.membership_id, f.from_on, f.id))
    return values_of(FreezeRow, rows)


def uses_of(ids: Collection[int], but_bookings: Collection[int] = ()) -> list[Use]:
    """The bookings on memberships that stand, or used a visit all the same; without one."""
    b, s = Booking, Session
    stands = b.state.in_([BookingState.BOOKED, BookingState.ATTENDED, BookingState.MISSED])
    rows = db.session.execute(
        select(
            *columns(
                Use,
                membership_id=b.membership_id,
                visit=b.visit,
                stands=stands,
                on=s.starts_on,
                starts_at=s.starts_at,
                ends_at=s.ends_at,
            )
        )
        .select_from(b)
        .join(s, s.id == b.session_id)
        .where(among(b.membership_id, ids), or_(b.visit, stands), b.id.not_in(list(but_bookings) or [0]))
    )
    return [one._replace(stands=bool(one.stands), visit=bool(one.visit)) for one in values_of(Use, rows)]


class BookedOn(NamedTuple):
    """A booking on a membership that stands: its key and public id, and when its session begins."""

    id: int
    public_id: str
    on: date
    starts_at: datetime
    session_id: int
    attended: bool


def booked_on(membership_id: int, days: Period | None = None, after: date | None = None) -> list[BookedOn]:
    """The bookings on a membership that stand, of sessions within some days, or after a day; the earliest first."""
    b, s = Booking, Session
    query = (
        select(
            *columns(
                BookedOn,
                id=b.id,
                public_id=b.public_id,
                on=s.starts_on,
                starts_at=s.starts_at,
                session_id=s.id,
                attended=b.state == BookingState.ATTENDED,
            )
        )
        .select_from(b)
        .join(s, s.id == b.session_id)
        .where(b.membership_id == membership_id, b.state.in_([BookingState.BOOKED, BookingState.ATTENDED]))
    )
    if days is not None:
        query = query.where(s.starts_on >= days.first, s.starts_on <= days.last)
    if after is not None:
        query = query.where(s.starts_on > after)
    return values_of(BookedOn, db.session.execute(query.order_by(s.starts_at, b.id)))


class Visit(NamedTuple):
    """A booking on a membership as its holder reads it: what for, when, what became of it, and whether it uses an
    included visit.
    """

    name: str
    starts_at: datetime
    zone: str
    whole_day: bool
    on: date
    state: BookingState
    uses: bool

    @property
    def when(self) -> Sentence:
        """When it begins, as the clock at the place shows it."""
        if self.whole_day:
            return say("{day}", day=self.on)
        return say("{at}", at=self.starts_at.astimezone(ZoneInfo(self.zone)))


def visits_of(membership_id: int, days: Period | None) -> list[Visit]:
    """The bookings on a membership for sessions within some days, or all of them; the latest first."""
    b, s, a = Booking, Session, Activity
    found = columns(
        Visit,
        name=a.name,
        starts_at=s.starts_at,
        zone=s.zone,
        whole_day=s.whole_day,
        on=s.starts_on,
        state=b.state,
        uses=b.visit,
    )
    query = select(*found).select_from(b).join(s, s.id == b.session_id).join(a, a.id == s.activity_id)
    query = query.where(b.membership_id == membership_id, b.state.not_in([BookingState.WAITING, BookingState.OFFERED]))
    if days is not None:
        query = query.where(s.starts_on >= days.first, s.starts_on <= days.last)
    rows = db.session.execute(query.order_by(s.starts_at.desc(), b.id.desc()).limit(MOST_VISITS))
    return values_of(Visit, rows)
