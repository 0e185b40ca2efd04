"""Services: what one customer has, and what a main account's sub-accounts cost together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import Integer, bindparam, case, func, select

from portal.db.engine import db, executed
from portal.db.links import MONTHLY
from portal.db.tables import Customer, Service, SubAccountLink
from portal.rules.customers.status import Status
from portal.rules.links.facts import BillingMode


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A service. `price_minor` is for one `period`, `monthly_minor` the same for a month; days are inclusive."""

    public_id: str
    plan: str
    price_minor: int
    period: str
    state: str
    started_on: date
    stopped_on: date | None
    monthly_minor: int


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
    return [ServiceRow(*row) for row in rows]


@cache
def _of_customer(limited: bool) -> Any:
    s = Service
    order = case((s.state == "active", 0), (s.state == "paused", 1), else_=2)
    query = (
        select(s.public_id, s.plan, s.price_minor, s.period, s.state, s.started_on, s.stopped_on, MONTHLY)
        .where(s.customer_id == bindparam("customer"))
        .order_by(order, func.lower(s.plan), s.id)
    )
    return query.limit(bindparam("most", type_=Integer)) if limited else query


def of_sub_accounts(main_id: int) -> list[Share]:
    """A main account's current sub-accounts with their active services, by own status and billing mode."""
    rows = executed(_of_sub_accounts(), {"main": main_id})
    return [
        Share(Status(status), BillingMode(mode), count, int(number), int(monthly))
        for status, mode, count, number, monthly in rows
    ]


@cache
def _of_sub_accounts() -> Any:
    link, main = SubAccountLink, bindparam("main", type_=Integer)
    services = (
        select(
            Service.customer_id.label("customer_id"),
            func.count().label("services"),
            func.sum(MONTHLY).label("monthly"),
        )
        .join(link, link.sub_id == Service.customer_id)
        .where(Service.state == "active", link.main_id == main, link.ended_at.is_(None))
        .group_by(Service.customer_id)
        .subquery()
    )
    return (
        select(
            Customer.own_status,
            link.mode,
            func.count(),
            func.coalesce(func.sum(services.c.services), 0),
            func.coalesce(func.sum(services.c.monthly), 0),
        )
        .select_from(link)
        .join(Customer, Customer.id == link.sub_id)
        .outerjoin(services, services.c.customer_id == Customer.id)
        .where(link.main_id == main, link.ended_at.is_(None))
        .group_by(Customer.own_status, link.mode)
    )


def add_service(customer_id: int, plan: str, price_minor: int, period: str, started_on: date) -> None:
    """Give a customer an active service; the price is for one period, in minor units of the customer's currency."""
    db.session.add(
        Service(customer_id=customer_id, plan=plan, price_minor=price_minor, period=period, started_on=started_on)
    )
