"""Orders with their lines: finding, adding and moving them on (M2)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Select, func, insert, or_, select, update

from portal.db.bulk import among
from portal.db.customers.erasing import Person
from portal.db.customers.profiles import Profile
from portal.db.customers.removal import Tie
from portal.db.doctor import Check
from portal.db.doctor.reading import sentences
from portal.db.engine import db, executed
from portal.db.rows import columns, field_names, first_of, values_of
from portal.db.tables import Customer, CustomerOrder, OrderLine, OrderWish
from portal.db.types import new_public_id
from portal.rules.customers.removal import PERSON, RULE
from portal.rules.errors import Reason
from portal.rules.invoices.prices import Prices
from portal.rules.orders import ItemKind, OrderState
from portal.rules.sentences import Sentence, say
from portal.rules.services import Period

OPEN = (OrderState.PLACED, OrderState.ACCEPTED)


class OrderRow(NamedTuple):
    """An order with whose it is."""

    id: int
    public_id: str
    external_id: str | None
    partner_id: int
    customer_id: int
    customer: str
    customer_public_id: str
    state: OrderState
    currency: str
    total_minor: int
    placed_by: str
    placed_at: datetime
    accepted_at: datetime | None
    fulfilled_at: datetime | None
    cancelled_at: datetime | None
    reason: str

    @property
    def reference(self) -> str:
        """The external id, or the public id of one without."""
        return self.external_id or self.public_id


class LineRow(NamedTuple):
    """A line of an order; see the table."""

    id: int
    order_id: int
    item_id: int
    name: str
    kind: ItemKind
    number: int
    price_minor: int
    prices: Prices
    rate_e3: int
    period: Period
    net_minor: int
    tax_minor: int
    gross_minor: int
    taken: int
    future_item_id: int | None
    invoice_id: int | None
    invoice_position: int | None
    service_id: int | None

    @property
    def rate(self) -> Decimal:
        return Decimal(self.rate_e3) / 1_000


class NewLine(NamedTuple):
    """A line to be added."""

    item_id: int
    name: str
    kind: ItemKind
    number: int
    price_minor: int
    prices: Prices
    rate_e3: int
    period: Period
    net_minor: int
    tax_minor: int
    gross_minor: int
    taken: int


def _query() -> Select[*tuple[Any, ...]]:
    o, c = CustomerOrder, Customer
    own = {name: getattr(o, name) for name in field_names(OrderRow) if hasattr(o, name)}
    found = columns(OrderRow, **own, customer=c.name, customer_public_id=c.public_id)
    return select(*found).select_from(o).join(c, c.id == o.customer_id)


def named(reference: str) -> OrderRow | None:
    """The order with this external id or, failing that, this public id."""
    o = CustomerOrder
    query = _query().where(or_(o.external_id == reference, o.public_id == reference))
    return first_of(OrderRow, db.session.execute(query.order_by(o.external_id != reference).limit(1)))


def of_customer(customer_id: int, *, limit: int) -> list[OrderRow]:
    """The orders of a customer, the newest first."""
    query = _query().where(CustomerOrder.customer_id == customer_id).order_by(CustomerOrder.id.desc()).limit(limit)
    return values_of(OrderRow, db.session.execute(query))


def queue(
    partner_id: int | None, states: Collection[OrderState], *, offset: int, limit: int
) -> tuple[list[OrderRow], int]:
    """Orders in these states, the oldest first, and how many there are."""
    o = CustomerOrder
    wanted = [o.state.in_(list(states)), *([] if partner_id is None else [o.partner_id == partner_id])]
    count = db.session.scalar(select(func.count()).select_from(o).where(*wanted)) or 0
    rows = db.session.execute(_query().where(*wanted).order_by(o.placed_at, o.id).offset(offset).limit(limit))
    return values_of(OrderRow, rows), count


def lines_of(order_ids: Collection[int]) -> dict[int, list[LineRow]]:
    """The lines of orders, in their order."""
    line = OrderLine
    own = {name: getattr(line, name) for name in field_names(LineRow)}
    query = select(*columns(LineRow, **own)).where(among(line.order_id, order_ids))
    found: dict[int, list[LineRow]] = {key: [] for key in order_ids}
    for one in values_of(LineRow, db.session.execute(query.order_by(line.order_id, line.position))):
        found[one.order_id].append(one)
    return found


def add(
    owner: Profile, external_id: str | None, total: int, lines: Sequence[NewLine], *, actor: str, at: datetime
) -> str:
    """Keep an order that is placed: its public id."""
    row = {
        "public_id": new_public_id(),
        "external_id": external_id,
        "partner_id": owner.partner_id,
        "customer_id": owner.id,
        "state": OrderState.PLACED,
        "currency": owner.currency,
        "total_minor": total,
        "placed_by": actor,
        "placed_at": at,
        "reason": "",
    }
    order_id = executed(insert(CustomerOrder).returning(CustomerOrder.id), row).scalar_one()
    for position, one in enumerate(lines, start=1):
        executed(insert(OrderLine), {"order_id": order_id, "position": position, **one._asdict()})
    return str(row["public_id"])


_WHEN = {
    OrderState.ACCEPTED: "accepted_at",
    OrderState.FULFILLED: "fulfilled_at",
    OrderState.CANCELLED: "cancelled_at",
}


def move(order_id: int, before: OrderState, to: OrderState, at: datetime, *, reason: str = "") -> bool:
    """Let an order go on; False where somebody else moved it first, so that each step happens once (M2)."""
    o = CustomerOrder
    values = {"state": to, _WHEN[to]: at} | ({"reason": reason} if reason else {})
    return executed(update(o).where(o.id == order_id, o.state == before).values(values)).rowcount == 1


def charged(line_id: int, values: dict[str, Any]) -> None:
    """Note where a line is charged."""
    db.session.execute(update(OrderLine).where(OrderLine.id == line_id).values(**values))


# Registered -----------------------------------------------------------------------------------------------------------


def _ties(profile: Profile) -> list[Reason]:
    o = CustomerOrder
    count = db.session.scalar(select(func.count()).select_from(o).where(o.customer_id == profile.id, o.state.in_(OPEN)))
    if not count:
        return []
    message = say(
        "{name} has {count} order on its way.",
        "{name} has {count} orders on their way.",
        count=count,
        name=profile.name,
    )
    return [Reason(RULE, message, say("Fulfil or cancel it first.", "Fulfil or cancel them first.", count=count))]


def _erase(person: Person, _at: datetime) -> Collection[int]:
    """Orders stay, since the books charge them; who placed them is nobody any more, and baskets are emptied."""
    o, w = CustomerOrder, OrderWish
    db.session.execute(update(o).where(o.placed_by.in_(person.emails)).values(placed_by=PERSON))
    db.session.execute(w.__table__.delete().where(w.customer_id == person.id))  # type: ignore[attr-defined]
    return ()


def _accepted_once() -> list[Sentence]:
    """M2: what is accepted is charged, and nothing else is."""
    return sentences(
        """
        SELECT DISTINCT o.public_id, c.name FROM customer_order o
        JOIN customer c ON c.id = o.customer_id JOIN order_line l ON l.order_id = o.id
        WHERE (o.accepted_at IS NULL) <> (l.future_item_id IS NULL AND l.invoice_id IS NULL AND l.service_id IS NULL)
        """,
        lambda row: say("An order of {name} is charged though it is not accepted, or not charged.", name=row.name),
    )


TIES = Tie(55, _ties)
ERASES = _erase
CHECKS = (Check(171, say("Accepted orders are charged, and no others"), _accepted_once),)
