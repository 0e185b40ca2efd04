"""What the lines of an invoice charge: the services, bookings and memberships that they came from (S10).

A charge says on which line it stands. One that waited as a future item stands on the line that says the same as the
item: for whom, what, for which days, and as nearly as possible how much.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Select, func, literal, select, union_all

from portal.db.engine import db
from portal.db.rows import values_of
from portal.db.tables import (
    Booking,
    BookingCharge,
    Customer,
    Entry,
    FutureItem,
    InvoiceLine,
    Membership,
    MembershipPeriod,
    Service,
    ServiceCharge,
    Session,
)
from portal.rules.invoices.origins import OriginKind


class Origin(NamedTuple):
    """What a line charges, and whose it is (public ids): a service, a membership, or the session that was booked.

    `position` begins at 1.
    """

    position: int
    kind: OriginKind
    what: str
    customer: str


class _Found(NamedTuple):
    """A line that may come from a charge; `item_id` is 0 without an item, and `off` how far the amounts differ."""

    position: int
    kind: str
    what: str
    customer: str
    item_id: int
    off: int


def of_invoice(public_id: str) -> list[Origin]:
    """The lines of an invoice that charge something we know, in their order."""
    queries = [query for source in (_services(), _bookings(), _memberships()) for query in _placed(*source, public_id)]
    found = values_of(_Found, db.session.execute(union_all(*queries)))
    by_position: dict[int, Origin] = {}
    items: set[int] = set()
    for one in sorted(found, key=lambda one: (bool(one.item_id), one.off, one.position, one.item_id)):
        if one.position in by_position or one.item_id in items:
            continue
        by_position[one.position] = Origin(one.position, OriginKind(one.kind), one.what, one.customer)
        if one.item_id:
            items.add(one.item_id)
    return [by_position[position] for position in sorted(by_position)]


_Source = tuple[OriginKind, Any, Any, Any, Select[Any]]
"""A kind, the table of its charges, how an item belongs to one, what is charged, and the query of both."""


def _services() -> _Source:
    charge, service, c = ServiceCharge, Service, Customer
    query = select(c.public_id).select_from(charge).join(service, service.id == charge.service_id)
    return (
        OriginKind.SERVICE,
        charge,
        FutureItem.charges_id == charge.id,
        service.public_id,
        query.join(c, c.id == service.customer_id),
    )


def _bookings() -> _Source:
    charge, booking, c = BookingCharge, Booking, Customer
    query = select(c.public_id).select_from(charge).join(booking, booking.id == charge.booking_id)
    query = query.join(Session, Session.id == booking.session_id).join(c, c.id == booking.customer_id)
    return OriginKind.BOOKING, charge, FutureItem.id == charge.item_id, Session.public_id, query


def _memberships() -> _Source:
    period, membership, c = MembershipPeriod, Membership, Customer
    query = select(c.public_id).select_from(period).join(membership, membership.id == period.membership_id)
    query = query.join(c, c.id == membership.customer_id)
    return OriginKind.MEMBERSHIP, period, FutureItem.id == period.item_id, membership.public_id, query


def _placed(
    kind: OriginKind, charge: Any, of_item: Any, what: Any, query: Select[Any], public_id: str
) -> tuple[Select[Any], Select[Any]]:
    """Charges that stand on a line of an invoice, and those whose item does."""
    e, item, line = Entry, FutureItem, InvoiceLine
    named = [literal(kind.value).label("kind"), what.label("what"), Customer.public_id.label("customer")]
    own = query.join(e, e.id == charge.invoice_id).where(e.public_id == public_id, charge.position.is_not(None))
    nothing = [literal(0).label("item_id"), literal(0).label("off")]
    placed: Select[Any] = own.with_only_columns(charge.position.label("position"), *named, *nothing)
    taken = query.join(item, of_item).join(e, e.id == item.invoiced_by_id)
    taken = taken.join(line, line.invoice_id == e.id).where(
        e.public_id == public_id,
        item.reverses_id.is_(None),
        line.account_id == item.issued_for_id,
        line.description == item.description,
        line.from_on.is_not_distinct_from(item.from_on),
        line.to_on.is_not_distinct_from(item.to_on),
    )
    off = func.abs(line.gross_minor - item.amount_minor)
    return placed, taken.with_only_columns(line.position, *named, item.id, off)
