"""Partners: their letterheads and what their customers' portals show."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select, update

from portal.db.engine import db, is_sqlite
from portal.db.tables import Customer, Partner


@dataclass(frozen=True, slots=True)
class PartnerFacts:
    """A partner as staff see and change it. `customers` counts everybody assigned to it."""

    id: int
    public_id: str
    name: str
    address: str
    contact: str
    currency: str
    time_zone: str
    locale: str
    manages_independent: bool
    independent_orders: bool
    shows_statements: bool
    shows_services: bool
    shows_documents: bool
    customers: int = 0


def partners(bound_to: int | None = None) -> list[PartnerFacts]:
    """Every partner by name, or only the one an administrator is bound to."""
    there = select(Customer.partner_id, func.count().label("customers")).where(Customer.removed_at.is_(None))
    counts = there.group_by(Customer.partner_id).subquery()
    query = select(Partner, func.coalesce(counts.c.customers, 0)).outerjoin(counts, counts.c.partner_id == Partner.id)
    if bound_to is not None:
        query = query.where(Partner.id == bound_to)
    return [_facts(row, count) for row, count in db.session.execute(query.order_by(Partner.name, Partner.id))]


def names(bound_to: int | None = None) -> list[tuple[int, str, str]]:
    """Id, public id and name of the partners somebody may choose from, by name."""
    query = select(Partner.id, Partner.public_id, Partner.name).order_by(Partner.name, Partner.id)
    if bound_to is not None:
        query = query.where(Partner.id == bound_to)
    return [(key, public_id, name) for key, public_id, name in db.session.execute(query)]


def partner(public_id: str, *, hold: bool = False) -> PartnerFacts | None:
    """One partner; with `hold` nobody else can change it until this transaction ends."""
    query = select(Partner).where(Partner.public_id == public_id).execution_options(populate_existing=True)
    row = db.session.scalar(query.with_for_update() if hold and not is_sqlite() else query)
    return _facts(row, 0) if row else None


def name_is_taken(name: str, besides: int) -> bool:
    """Whether another partner is called `name`."""
    return db.session.scalar(select(Partner.id).where(Partner.name == name, Partner.id != besides)) is not None


def save(partner_id: int, values: dict[str, object]) -> None:
    """Change some columns of a partner."""
    db.session.execute(update(Partner).where(Partner.id == partner_id).values(**values))


def _facts(row: Partner, customers: int) -> PartnerFacts:
    return PartnerFacts(
        row.id,
        row.public_id,
        row.name,
        row.address,
        row.contact,
        row.currency,
        row.time_zone,
        row.locale,
        row.manages_independent,
        row.independent_orders,
        row.shows_statements,
        row.shows_services,
        row.shows_documents,
        customers,
    )


@dataclass(frozen=True, slots=True)
class BillingDefaults:
    """How a new customer of a partner is billed (C3)."""

    billing_type: str
    billing_day: int
    currency: str


def billing_defaults(partner_id: int) -> BillingDefaults:
    """A partner's default billing type, day and currency."""
    row = db.session.execute(
        select(Partner.default_billing_type, Partner.default_billing_day, Partner.currency).where(
            Partner.id == partner_id
        )
    ).one()
    return BillingDefaults(*row)
