"""Services: what one customer has, and what a main account's sub-accounts cost together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Date, Integer, Select, and_, bindparam, case, func, select
from sqlalchemy.orm import aliased

from portal.db.customers.profiles import Profile
from portal.db.customers.removal import Tie
from portal.db.engine import db, executed
from portal.db.links.live import under
from portal.db.links.sub_accounts import monthly_of, services_below
from portal.db.rows import columns, values_of
from portal.db.tables import Customer, Service, ServiceChange, SubAccountLink
from portal.db.types import total
from portal.rules.customers.removal import service_ties
from portal.rules.customers.status import Status
from portal.rules.errors import Reason
from portal.rules.links.facts import BillingMode
from portal.rules.services import Deed, Period, ServiceState


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A service as it is on a day. `price_minor` is for one of it and one `period`, `monthly_minor` what all of them
    cost a month. `stopped_on` is the first day without it. `next_on` is the day of the next change that is decided,
    `next_deed` and `next_plan` what it is; None where there is none.
    """

    public_id: str
    plan: str
    price_minor: int
    period: Period
    state: ServiceState
    started_on: date
    stopped_on: date | None
    number_e4: int
    paid_until: date | None
    monthly_minor: int
    next_on: date | None
    next_deed: Deed | None
    next_plan: str | None

    @property
    def number(self) -> Decimal:
        """How many of it."""
        return Decimal(self.number_e4) / 10_000


@dataclass(frozen=True, slots=True)
class Share:
    """Sub-accounts of one own status and billing mode: how many, their active services and monthly cost."""

    status: Status
    mode: BillingMode
    count: int
    services: int
    monthly_minor: int


def of_customer(customer_id: int, on: date, *, limit: int | None = None) -> Sequence[ServiceRow]:
    """The services of a customer as they are on a day: active ones first, then paused and stopped ones, by plan."""
    rows = executed(_of_customer(limit is not None), {"customer": customer_id, "on": on, "most": limit})
    return values_of(ServiceRow, rows)


@cache
def _of_customer(limited: bool) -> Select[*tuple[Any, ...]]:
    s, now, coming, on = Service, aliased(ServiceChange), aliased(ServiceChange), bindparam("on", type_=Date())
    each = aliased(ServiceChange)
    stands = (each.service_id == s.id, each.replaced_at.is_(None))
    last = select(func.max(each.from_on)).where(*stands, each.from_on <= on).correlate(s).scalar_subquery()
    first = select(func.min(each.from_on)).where(*stands, each.from_on > on).correlate(s).scalar_subquery()
    changed = ("plan", "price_minor", "period", "state", "number_e4")
    values: dict[str, Any] = {name: func.coalesce(getattr(now, name), getattr(s, name)) for name in changed}
    ended = and_(now.id.is_(None), s.state == ServiceState.ACTIVE, s.stopped_on <= on)
    values["state"] = case((ended, ServiceState.STOPPED), else_=values["state"])
    own = {name: getattr(s, name) for name in ("public_id", "started_on", "stopped_on", "paid_until")}
    monthly = monthly_of(values["price_minor"], values["number_e4"], values["period"])
    order = case((values["state"] == ServiceState.ACTIVE, 0), (values["state"] == ServiceState.PAUSED, 1), else_=2)
    query = (
        select(
            *columns(
                ServiceRow,
                **own,
                **values,
                monthly_minor=monthly,
                next_on=coming.from_on,
                next_deed=coming.deed,
                next_plan=coming.plan,
            )
        )
        .select_from(s)
        .outerjoin(now, and_(now.service_id == s.id, now.replaced_at.is_(None), now.from_on == last))
        .outerjoin(coming, and_(coming.service_id == s.id, coming.replaced_at.is_(None), coming.from_on == first))
        .where(s.customer_id == bindparam("customer"))
        .order_by(order, func.lower(values["plan"]), s.id)
    )
    return query.limit(bindparam("most", type_=Integer)) if limited else query


def of_sub_accounts(main_id: int) -> list[Share]:
    """A main account's current sub-accounts with their active services, by own status and billing mode."""
    return values_of(Share, executed(_of_sub_accounts(), {"main": main_id}))


@cache
def _of_sub_accounts() -> Select[*tuple[Any, ...]]:
    link, services = SubAccountLink, services_below()
    shares = columns(
        Share,
        status=Customer.own_status,
        mode=link.mode,
        count=func.count(),
        services=total(services.c.services),
        monthly_minor=total(services.c.monthly),
    )
    return (
        select(*shares)
        .select_from(link)
        .join(Customer, Customer.id == link.sub_id)
        .outerjoin(services, services.c.customer_id == Customer.id)
        .where(under(link, bindparam("main", type_=BigInteger())))
        .group_by(Customer.own_status, link.mode)
    )


def add_service(
    customer_id: int, plan: str, price_minor: int, period: Period, started_on: date, *, paid_until: date | None = None
) -> None:
    """Give a customer an active service; the price is for one period, in minor units of the customer's currency.

    `paid_until` is the last day that is billed already.
    """
    db.session.add(
        Service(
            customer_id=customer_id,
            plan=plan,
            price_minor=price_minor,
            period=period,
            started_on=started_on,
            paid_until=paid_until,
        )
    )


@dataclass(frozen=True, slots=True)
class ServiceBelow:
    """A service of a sub-account, with whose it is; the price is for one and one period."""

    public_id: str
    owner: str
    plan: str
    number_e4: int
    price_minor: int
    period: Period
    state: ServiceState
    currency: str

    @property
    def number(self) -> Decimal:
        return Decimal(self.number_e4) / 10_000


def below(main_id: int, *, independent: bool, limit: int) -> list[ServiceBelow]:
    """The services of a main account's sub-accounts that are not over, by whose they are; of aggregated ones alone, or
    of `independent` ones too.
    """
    s, c, link = Service, Customer, SubAccountLink
    own = {name: getattr(s, name) for name in ("public_id", "plan", "number_e4", "price_minor", "period", "state")}
    query = (
        select(*columns(ServiceBelow, **own, owner=c.name, currency=c.currency))
        .select_from(link)
        .join(c, c.id == link.sub_id)
        .join(s, s.customer_id == c.id)
        .where(under(link, main_id), s.state != ServiceState.STOPPED)
        .order_by(c.folded_name, c.id, func.lower(s.plan), s.id)
        .limit(limit)
    )
    if not independent:
        query = query.where(link.mode == BillingMode.AGGREGATED)
    return values_of(ServiceBelow, db.session.execute(query))


def _ties(profile: Profile) -> list[Reason]:
    by_state = select(Service.state, func.count()).where(Service.customer_id == profile.id).group_by(Service.state)
    counts: dict[ServiceState, int] = {state: count for state, count in db.session.execute(by_state)}  # noqa: C416
    active, paused = counts.get(ServiceState.ACTIVE, 0), counts.get(ServiceState.PAUSED, 0)
    return service_ties(profile.name, profile.public_id, active, paused)


TIES = Tie(50, _ties)
