"""Memberships at a glance, for Home: what counts today of some people, and what is left of it; one query (B9)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Date, Select, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import aliased

from portal.db.bulk import among
from portal.db.engine import db
from portal.db.memberships.plans import PlanRow
from portal.db.rows import columns, field_names, value_of
from portal.db.tables import (
    Booking,
    Customer,
    Membership,
    MembershipFreeze,
    MembershipPeriod,
    MembershipPlan,
    Partner,
    Session,
)
from portal.rules.memberships.plans import Plan, years_between
from portal.rules.memberships.states import MembershipState

_PLAN = "plan_"


class Seen(NamedTuple):
    """A membership that counts today. `until` is the last day granted, `used` the visits that are used of its period,
    or of all where they are for no period; `last` the last day of that period.
    """

    public_id: str
    customer_id: int
    until: date | None
    ends_on: date | None
    born_on: date | None
    frozen: bool
    used: int
    last: date | None


class Glance(NamedTuple):
    """The same with its plan, and what follows: how many visits are `left` of `of`, None for any number, and when it
    renews, None where it does not.
    """

    seen: Seen
    plan: Plan
    left: int | None
    of: int | None
    renews_on: date | None


def of_customers(ids: Collection[int], today: date) -> list[Glance]:
    """What counts today of these customers, by when it is over."""
    rows = db.session.execute(_query().where(among(Membership.customer_id, ids)), {"today": today})
    return [_glance(value_of(Seen, row), value_of(PlanRow, row, _PLAN).plan) for row in rows]


def _glance(seen: Seen, plan: Plan) -> Glance:
    of = plan.visits if plan.visits_in_all is not None else plan.counted
    left = None if of is None else max(of - seen.used, 0)
    renews = None
    if plan.goes_on and seen.ends_on is None and seen.until is not None:
        first = date.fromordinal(seen.until.toordinal() + 1)
        aged = plan.age_to is not None and seen.born_on is not None and years_between(seen.born_on, first) > plan.age_to
        renews = None if aged else first
    return Glance(seen, plan, left, of, renews)


@cache
def _query() -> Select[Any]:
    m, p, plan, c, whole = Membership, MembershipPeriod, MembershipPlan, Customer, aliased(MembershipPeriod)
    today = bindparam("today", type_=Date())
    freeze, b, s = MembershipFreeze, Booking, Session
    begun = (
        select(func.min(whole.first_on))
        .where(whole.membership_id == m.id, whole.last_on.is_not_distinct_from(p.last_on))
        .correlate(m, p)
        .scalar_subquery()
    )
    used = (
        select(func.count())
        .select_from(b)
        .join(s, s.id == b.session_id)
        .where(
            *(b.membership_id == m.id, b.visit, s.starts_on >= begun),
            or_(p.last_on.is_(None), s.starts_on <= p.last_on),
        )
        .correlate(m, p)
        .scalar_subquery()
    )
    rests = exists().where(
        freeze.membership_id == m.id, freeze.from_on <= today, func.coalesce(freeze.ended_on, freeze.to_on) >= today
    )
    own = {name: getattr(plan, name) for name in field_names(PlanRow) if name not in ("partner", "currency")}
    return (
        select(
            *columns(
                Seen,
                public_id=m.public_id,
                customer_id=m.customer_id,
                until=m.until_on,
                ends_on=m.ends_on,
                born_on=c.born_on,
                frozen=rests,
                used=used,
                last=p.last_on,
            ),
            *columns(PlanRow, _PLAN, **own, partner=Partner.name, currency=Partner.currency),
        )
        .select_from(m)
        .join(
            p,
            and_(
                p.membership_id == m.id,
                p.first_on <= today,
                func.coalesce(p.ended_on, p.last_on, today) >= today,
            ),
        )
        .join(plan, plan.id == p.plan_id)
        .join(Partner, Partner.id == plan.partner_id)
        .join(c, c.id == m.customer_id)
        .where(m.state == MembershipState.ACTIVE, or_(m.ends_on.is_(None), m.ends_on >= today))
        .order_by(p.last_on.is_(None), p.last_on, m.id)
    )
