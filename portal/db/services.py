"""Services: what one customer has, and what a main account's sub-accounts cost together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Integer, Select, bindparam, case, func, select, update

from portal.db.customers.profiles import Profile
from portal.db.customers.removal import Tie
from portal.db.engine import db, executed
from portal.db.links.live import under
from portal.db.links.sub_accounts import MONTHLY, services_below
from portal.db.rows import columns, field_names, values_of
from portal.db.tables import Customer, Service, SubAccountLink
from portal.db.types import total
from portal.rules.customers.removal import service_ties
from portal.rules.customers.status import Status
from portal.rules.errors import Reason
from portal.rules.links.facts import BillingMode
from portal.rules.services import Period, ServiceState


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A service. `price_minor` is for one of it and one `period`, `monthly_minor` what all `number` of it cost a month.
    `stopped_on` is the first day without it.
    """

    public_id: str
    plan: str
    price_minor: int
    period: Period
    state: ServiceState
    started_on: date
    stopped_on: date | None
    number_e4: int
    monthly_minor: int

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


def of_customer(customer_id: int, *, limit: int | None = None) -> Sequence[ServiceRow]:
    """The services of a customer: active ones first, then paused and stopped ones, by plan."""
    rows = executed(_of_customer(limit is not None), {"customer": customer_id, "most": limit})
    return values_of(ServiceRow, rows)


@cache
def _of_customer(limited: bool) -> Select[*tuple[Any, ...]]:
    s = Service
    order = case((s.state == ServiceState.ACTIVE, 0), (s.state == ServiceState.PAUSED, 1), else_=2)
    own = {name: getattr(s, name) for name in field_names(ServiceRow) if name != "monthly_minor"}
    query = (
        select(*columns(ServiceRow, **own, monthly_minor=MONTHLY))
        .where(s.customer_id == bindparam("customer"))
        .order_by(order, func.lower(s.plan), s.id)
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


def find(customer_id: int, public_id: str) -> ServiceRow | None:
    """One service of a customer."""
    return next((row for row in of_customer(customer_id) if row.public_id == public_id), None)


def stop(public_id: str, on: date) -> None:
    """Stop a service with a last day, inclusive."""
    changed = update(Service).where(Service.public_id == public_id)
    db.session.execute(changed.values(state=ServiceState.STOPPED, stopped_on=on))


def _ties(profile: Profile) -> list[Reason]:
    by_state = select(Service.state, func.count()).where(Service.customer_id == profile.id).group_by(Service.state)
    counts: dict[ServiceState, int] = {state: count for state, count in db.session.execute(by_state)}  # noqa: C416
    active, paused = counts.get(ServiceState.ACTIVE, 0), counts.get(ServiceState.PAUSED, 0)
    return service_ties(profile.name, profile.public_id, active, paused)


TIES = Tie(50, _ties)
