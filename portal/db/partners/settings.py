"""Partners: their letterheads and what their customers' portals show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, select, update

from portal.db.engine import db, is_sqlite
from portal.db.partners.features import groups_on_for
from portal.db.rows import Part, columns, field_names, first_of, value_of, values_of
from portal.db.tables import Customer, Partner
from portal.rules.customers.status import BillingType
from portal.rules.partners import AllocationMode, PartnerSettings


@dataclass(frozen=True, slots=True)
class PartnerFacts:
    """A partner as staff see and change it. `customers` counts everybody assigned to it."""

    id: int
    public_id: str
    name: str
    address: str
    contact: str
    currency: str
    customers: int
    settings: PartnerSettings


def settings_columns() -> Part:
    """A partner's settings as the field `settings` of a value: the one place that loads them, by their names."""
    own = {name: getattr(Partner, name) for name in field_names(PartnerSettings)}
    return Part(columns(PartnerSettings, **{**own, "groups_on": groups_on_for(Partner.groups_on)}))


def partners(bound_to: int | None = None) -> list[PartnerFacts]:
    """Every partner by name, or only the one an administrator is bound to."""
    there = select(Customer.partner_id, func.count().label("customers")).where(Customer.removed_at.is_(None))
    counts = there.group_by(Customer.partner_id).subquery()
    query = _facts(func.coalesce(counts.c.customers, 0)).outerjoin(counts, counts.c.partner_id == Partner.id)
    if bound_to is not None:
        query = query.where(Partner.id == bound_to)
    return values_of(PartnerFacts, db.session.execute(query.order_by(Partner.name, Partner.id)))


def names(bound_to: int | None = None) -> list[tuple[int, str, str]]:
    """Id, public id and name of the partners somebody may choose from, by name."""
    query = select(Partner.id, Partner.public_id, Partner.name).order_by(Partner.name, Partner.id)
    if bound_to is not None:
        query = query.where(Partner.id == bound_to)
    return [(key, public_id, name) for key, public_id, name in db.session.execute(query)]


def partner(public_id: str, *, hold: bool = False) -> PartnerFacts | None:
    """One partner, its customers uncounted; with `hold` nobody else can change it until this transaction ends."""
    query = _facts(literal(0)).where(Partner.public_id == public_id)
    held = query.with_for_update(of=Partner) if hold and not is_sqlite() else query
    return first_of(PartnerFacts, db.session.execute(held))


def settles_oldest(partner_id: int) -> bool:
    """Whether payments to a partner settle what is due the longest by themselves (F7)."""
    return db.session.scalar(select(Partner.allocation).where(Partner.id == partner_id)) is AllocationMode.OLDEST


def terms(partner_id: int) -> str:
    """A partner's terms of payment as they are set (F12)."""
    return db.session.scalars(select(Partner.terms).where(Partner.id == partner_id)).one()


def name_is_taken(name: str, besides: int) -> bool:
    """Whether another partner is called `name`."""
    return db.session.scalar(select(Partner.id).where(Partner.name == name, Partner.id != besides)) is not None


def save(partner_id: int, values: dict[str, object]) -> None:
    """Change some columns of a partner."""
    db.session.execute(update(Partner).where(Partner.id == partner_id).values(**values))


def _facts(customers: ColumnElement[int]) -> Select[*tuple[Any, ...]]:
    p = Partner
    return select(
        *columns(
            PartnerFacts,
            id=p.id,
            public_id=p.public_id,
            name=p.name,
            address=p.address,
            contact=p.contact,
            currency=p.currency,
            customers=customers,
            settings=settings_columns(),
        )
    ).select_from(p)


@dataclass(frozen=True, slots=True)
class BillingDefaults:
    """How a new customer of a partner is billed (C3)."""

    billing_type: BillingType
    billing_day: int
    currency: str


def billing_defaults(partner_id: int) -> BillingDefaults:
    """A partner's default billing type, day and currency."""
    p = Partner
    found = columns(
        BillingDefaults, billing_type=p.default_billing_type, billing_day=p.default_billing_day, currency=p.currency
    )
    return value_of(BillingDefaults, db.session.execute(select(*found).where(p.id == partner_id)).one())
