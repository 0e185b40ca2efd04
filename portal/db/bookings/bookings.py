"""Bookings as rows: who has a place, who waits, and what it came to on the books (B1 to B4)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, func, insert, or_, select, update
from sqlalchemy.orm import aliased

from portal.db.bookings.sessions import SessionRow, by_ids
from portal.db.bookings.standing import stands
from portal.db.bulk import among
from portal.db.engine import db, executed
from portal.db.rows import columns, field_names, first_of, values_of
from portal.db.tables import Booking, BookingCharge, Customer, Membership, Session
from portal.db.types import new_public_id
from portal.rules.bookings.states import TAKES_A_PLACE, BookingPayer, BookingState


@dataclass(frozen=True, slots=True)
class BookingRow:
    """One booking with whom it is for, who pays and by which membership. `payer` is how that was chosen."""

    id: int
    public_id: str
    external_id: str | None
    session_id: int
    customer_id: int
    customer_public_id: str
    customer_external_id: str | None
    name: str
    state: BookingState
    booked_at: datetime
    price_minor: int
    payer: BookingPayer
    payer_id: int | None
    payer_name: str | None
    payer_reference: str | None
    booker_id: int | None
    membership_id: int | None
    membership: str | None
    visit: bool
    anyway: bool
    walk_in: bool
    imported: bool
    offered_until: datetime | None
    checked_in_at: datetime | None
    cancelled_at: datetime | None
    late: bool
    reason: str
    sequence: int
    actor: str
    changed_at: datetime

    @property
    def reference(self) -> str:
        return self.external_id or self.public_id

    @property
    def customer(self) -> str:
        return self.customer_external_id or self.customer_public_id

    @property
    def takes(self) -> bool:
        """Whether it takes a place."""
        return self.state in TAKES_A_PLACE

    def offer_lasts(self, now: datetime) -> bool:
        return self.offered_until is not None and now < self.offered_until


@cache
def _query() -> Select[*tuple[Any, ...]]:
    b, c, pays, m = Booking, Customer, aliased(Customer, name="pays"), Membership
    more = {
        "customer_public_id": c.public_id,
        "customer_external_id": c.external_id,
        "name": c.name,
        "payer_name": pays.name,
        "payer_reference": func.coalesce(pays.external_id, pays.public_id),
        "membership": func.coalesce(m.external_id, m.public_id),
    }
    own = {name: getattr(b, name) for name in field_names(BookingRow) if name not in more}
    return (
        select(*columns(BookingRow, **own, **more))
        .select_from(b)
        .join(c, c.id == b.customer_id)
        .outerjoin(pays, pays.id == b.payer_id)
        .outerjoin(m, m.id == b.membership_id)
    )


def bookings(*conditions: Any) -> list[BookingRow]:
    """The bookings matching conditions on `Booking`, in the order of their making."""
    rows = db.session.execute(_query().where(*conditions).order_by(Booking.booked_at, Booking.id))
    return values_of(BookingRow, rows)


def find(reference: str) -> BookingRow | None:
    """The booking with this external or public id."""
    return first_of(
        BookingRow,
        db.session.execute(_query().where(or_(Booking.external_id == reference, Booking.public_id == reference))),
    )


def by_id(booking_id: int) -> BookingRow:
    """A booking that is there."""
    return bookings(Booking.id == booking_id)[0]


def live_in(session_ids: Collection[int]) -> list[BookingRow]:
    """Every booking in sessions that was not cancelled, in the order of their making."""
    return bookings(among(Booking.session_id, session_ids), Booking.state != BookingState.CANCELLED)


def live_of_people(session_ids: Collection[int], customer_ids: Collection[int], now: datetime) -> list[BookingRow]:
    """What some people have in sessions, are offered or wait with, at an instant."""
    return bookings(among(Booking.session_id, session_ids), among(Booking.customer_id, customer_ids), stands(now))


def live_of(session_id: int, customer_id: int) -> BookingRow | None:
    """What somebody has in a session, or the wish they wait with."""
    found = bookings(
        Booking.session_id == session_id, Booking.customer_id == customer_id, Booking.state != BookingState.CANCELLED
    )
    return found[0] if found else None


def waiting_in(session_id: int) -> list[BookingRow]:
    """Who waits for a session or has a place offered, whoever joined first at the front (B2)."""
    waits = Booking.state.in_((BookingState.WAITING, BookingState.OFFERED))
    return bookings(Booking.session_id == session_id, waits)


def around(
    customer_ids: Collection[int], start: datetime, end: datetime, now: datetime
) -> list[tuple[BookingRow, SessionRow]]:
    """What people have between `start` and `end`: booked, come or missed, waited for, or offered still as of `now`."""
    b, s = Booking, Session
    keys = select(b.id).join(s, s.id == b.session_id)
    keys = keys.where(
        among(b.customer_id, customer_ids),
        stands(now),
        s.starts_at < end,
        s.ends_at > start,
    )
    found = bookings(b.id.in_(keys))
    known = by_ids({one.session_id for one in found})
    return [(one, known[one.session_id]) for one in found]


# Writing --------------------------------------------------------------------------------------------------------------


class NewBooking(NamedTuple):
    """A booking to be written; see the table."""

    session_id: int
    customer_id: int
    state: BookingState
    booked_at: datetime
    price_minor: int
    payer: BookingPayer
    payer_id: int | None
    booker_id: int | None
    membership_id: int | None
    visit: bool
    anyway: bool
    walk_in: bool
    actor: str
    reason: str = ""
    external_id: str | None = None
    imported: bool = False
    cancelled_at: datetime | None = None


def add(new: Sequence[NewBooking]) -> list[tuple[int, str]]:
    """Write bookings; their keys and public ids, in order."""
    if not new:
        return []
    rows = [{**one._asdict(), "public_id": new_public_id(), "changed_at": one.booked_at} for one in new]
    added = db.session.execute(insert(Booking).returning(Booking.id, sort_by_parameter_order=True), rows)
    return [(key, str(row["public_id"])) for key, row in zip(added.scalars(), rows, strict=True)]


def change(booking_id: int, at: datetime, **values: object) -> None:
    """Change a booking; its calendar entry changes with it (RFC 5545)."""
    b = Booking
    db.session.execute(
        update(b)
        .where(b.id == booking_id)
        .values(**values, sequence=b.sequence + 1, changed_at=at)
        .execution_options(synchronize_session=False)
    )


def end_offers_by(session_id: int, end: datetime, at: datetime) -> None:
    """Hold no place of a session for anybody beyond an instant (B2)."""
    b = Booking
    db.session.execute(
        update(b)
        .where(b.session_id == session_id, b.state == BookingState.OFFERED, b.offered_until > end)
        .values(offered_until=end, sequence=b.sequence + 1, changed_at=at)
        .execution_options(synchronize_session=False)
    )


# Charges --------------------------------------------------------------------------------------------------------------


class ChargeRow(NamedTuple):
    """What a booking came to: the line `position` of `invoice_id`, or the future item `item_id`."""

    id: int
    booking_id: int
    payer_id: int
    amount_minor: int
    invoice_id: int | None
    position: int | None
    item_id: int | None


def add_charges(new: Iterable[tuple[int, int, int, int | None, int | None, int | None]], at: datetime) -> None:
    """Remember what bookings came to: booking, payer, amount, and invoice with position, or item. The database lets one
    at a time stand.
    """
    names = ("booking_id", "payer_id", "amount_minor", "invoice_id", "position", "item_id")
    rows = [{**dict(zip(names, one, strict=True)), "charged_at": at} for one in new]
    if rows:
        db.session.execute(insert(BookingCharge), rows)


def charges_of(booking_ids: Collection[int]) -> dict[int, ChargeRow]:
    """What stands on the books of bookings."""
    c = BookingCharge
    found = columns(ChargeRow, **{name: getattr(c, name) for name in ChargeRow._fields})
    rows = db.session.execute(select(*found).where(among(c.booking_id, booking_ids), c.reversed_at.is_(None)))
    return {one.booking_id: one for one in values_of(ChargeRow, rows)}


def take_back(charge_id: int, credit_id: int | None, at: datetime) -> None:
    """Note that a charge was taken back, by a credit note where it was a line."""
    executed(_TAKE_BACK, {"charge": charge_id, "credit": credit_id, "at": at})


_c = BookingCharge.__table__
_TAKE_BACK = (
    update(_c)  # type: ignore[arg-type]
    .where(_c.c.id == bindparam("charge"))
    .values(credit_id=bindparam("credit"), reversed_at=bindparam("at"))
)
