"""Membership plans: reading them, and keeping what the operator makes of them (B5)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, Select, func, insert, or_, select, update

from portal.db.bulk import among
from portal.db.engine import db
from portal.db.rows import columns, field_names, values_of
from portal.db.tables import Membership, MembershipPlan, Partner
from portal.db.types import new_public_id, rate_of
from portal.rules.invoices.prices import Prices
from portal.rules.memberships.lengths import read_length
from portal.rules.memberships.plans import Plan
from portal.rules.memberships.states import Granted


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A plan as the table has it, with its partner."""

    id: int
    public_id: str
    external_id: str | None
    partner_id: int
    partner: str
    currency: str
    name: str
    description: str
    price_minor: int
    rate_e3: int | None
    prices: Prices
    period: str
    visits: int | None
    benefit_class: str
    included: int | None
    discount_e3: int
    age_from: int | None
    age_to: int | None
    freeze_days: int
    granted: Granted
    renews: bool
    retired_at: datetime | None
    version: int

    @property
    def reference(self) -> str:
        """The external id, or the public id of a plan without one."""
        return self.external_id or self.public_id

    @property
    def plan(self) -> Plan:
        """What the rules know of it."""
        return Plan(
            id=self.id,
            name=self.name,
            price=self.price_minor,
            prices=self.prices,
            length=read_length(self.period) if self.period else None,
            visits=self.visits,
            klass=self.benefit_class,
            included=self.included,
            discount=rate_of(self.discount_e3),
            age_from=self.age_from,
            age_to=self.age_to,
            freeze_days=self.freeze_days,
            granted=self.granted,
            renews=self.renews,
            rate=None if self.rate_e3 is None else rate_of(self.rate_e3),
            retired=self.retired_at is not None,
        )


def _query() -> Select[Any]:
    p = MembershipPlan
    own = {name: getattr(p, name) for name in field_names(PlanRow) if name not in ("partner", "currency")}
    return (
        select(*columns(PlanRow, **own, partner=Partner.name, currency=Partner.currency))
        .select_from(p)
        .join(Partner, Partner.id == p.partner_id)
    )


def of_partner(partner_id: int, *, retired: bool = False) -> list[PlanRow]:
    """The plans of a partner by name, with `retired` those that are not sold any more, too."""
    p = MembershipPlan
    query = _query().where(p.partner_id == partner_id)
    if not retired:
        query = query.where(p.retired_at.is_(None))
    return values_of(PlanRow, db.session.execute(query.order_by(p.name, p.id)))


def of_partners(partner_ids: Collection[int] | None) -> list[PlanRow]:
    """All plans of some partners, or of all of them: by partner and name, those that are sold first."""
    p = MembershipPlan
    query = _query()
    if partner_ids is not None:
        query = query.where(p.partner_id.in_(partner_ids))
    order = (Partner.name, p.retired_at.is_not(None), p.name, p.id)
    return values_of(PlanRow, db.session.execute(query.order_by(*order)))


def named(reference: str) -> PlanRow | None:
    """The plan with this external id, or with this public id."""
    p = MembershipPlan
    query = _query().where(or_(p.external_id == reference, p.public_id == reference))
    found = values_of(PlanRow, db.session.execute(query))
    found.sort(key=lambda one: one.external_id != reference)
    return found[0] if found else None


def by_ids(ids: Collection[int]) -> dict[int, PlanRow]:
    """Plans by their keys."""
    query = _query().where(among(MembershipPlan.id, ids))
    return {one.id: one for one in values_of(PlanRow, db.session.execute(query))} if ids else {}


def by_external_ids(external_ids: Iterable[str]) -> dict[str, PlanRow]:
    """The plans with these external ids."""
    rows = values_of(PlanRow, db.session.execute(_query().where(among(MembershipPlan.external_id, external_ids))))
    return {one.external_id or "": one for one in rows}


def holders(plan_ids: Collection[int]) -> dict[int, int]:
    """How many memberships there are of each of these plans that have not ended."""
    m = Membership
    rows = db.session.execute(
        select(m.plan_id, func.count()).where(among(m.plan_id, plan_ids), m.state != "ended").group_by(m.plan_id)
    )
    return {key: count for key, count in rows}  # noqa: C416


def add(values: Mapping[str, Any], at: datetime) -> str:
    """Add a plan: its public id."""
    public_id = new_public_id()
    db.session.execute(insert(MembershipPlan).values(**values, public_id=public_id, created_at=at))
    return public_id


def change(plan_id: int, values: Mapping[str, Any], version: int) -> bool:
    """Change a plan; False where somebody else did since that version."""
    p = MembershipPlan
    done: CursorResult[Any] = db.session.execute(  # type: ignore[assignment]
        update(p).where(p.id == plan_id, p.version == version).values(**values, version=version + 1)
    )
    return done.rowcount == 1
