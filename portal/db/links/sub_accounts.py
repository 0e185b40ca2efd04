"""The list of a main account's sub-accounts, with what their services cost (L14)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    SQLColumnExpression,
    Subquery,
    bindparam,
    case,
    func,
    select,
)
from sqlalchemy.orm import aliased

from portal.db.customers import status
from portal.db.engine import db, executed
from portal.db.folding import literally
from portal.db.links.live import under
from portal.db.rows import columns, value_of, values_of
from portal.db.tables import Customer, Service, SubAccountLink
from portal.db.types import total
from portal.rules.customers.status import BlockedCause, EffectiveStatus, Status, effective_status
from portal.rules.links.facts import BillingMode
from portal.rules.services import Period, ServiceState


class SubAccount(NamedTuple):
    """A row of the Sub-accounts list. `monthly_minor` is what its active services cost a month."""

    public_id: str
    external_id: str | None
    name: str
    address: str
    own_status: Status
    main_status: Status
    blocked_cause: BlockedCause | None
    status_changed_at: datetime | None
    mode: BillingMode
    services: int
    monthly_minor: int
    currency: str
    linked_at: datetime

    @property
    def status(self) -> EffectiveStatus:
        return effective_status(self.own_status, self.main_status if self.mode is BillingMode.AGGREGATED else None)


@dataclass(frozen=True, slots=True)
class SubAccountFilter:
    """Which sub-accounts, in which order, and which part. `text` is already folded; `page` counts from 1."""

    text: str = ""
    status: Status | None = None
    mode: BillingMode | None = None
    sort: str = "name"
    descending: bool = False
    page: int = 1
    size: int = 50


SORTS = ("name", "status", "mode", "services", "cost")


def monthly_of(price: Any, number: Any, period: Any) -> ColumnElement[int]:
    """What a service costs a month, in minor units rounded half up, of columns with its price, number and period."""
    whole = case((number == 10_000, price), else_=(price * number + 5_000) // 10_000)
    return case(
        (period == Period.MONTH, whole),
        (period == Period.WEEK, (whole * 26 + 3) // 6),
        (period == Period.QUARTER, (whole * 2 + 3) // 6),
        else_=(whole * 2 + 12) // 24,
    )


MONTHLY = monthly_of(Service.price_minor, Service.number_e4, Service.period)
"""The same of the table of services."""


@dataclass(frozen=True, slots=True)
class SubAccountTotals:
    """Sums over every sub-account that matches a filter: how many, their active services, what those cost a month."""

    count: int
    services: int
    monthly_minor: int


def sub_accounts(main_id: int, main_own: Status, wanted: SubAccountFilter) -> tuple[list[SubAccount], SubAccountTotals]:
    """One page of a main account's current sub-accounts, and the sums over all that match; two queries (L14)."""
    given: dict[str, Any] = {"main": main_id, "main_own": main_own}
    if wanted.text:
        given["pattern"] = f"%{literally(wanted.text)}%"
    if wanted.status is not None:
        given["status"] = wanted.status
    if wanted.mode is not None:
        given["mode"] = wanted.mode
    asked, part = frozenset(given), {"most": wanted.size, "skipped": (wanted.page - 1) * wanted.size}
    page = executed(_page(asked, wanted.sort, wanted.descending), given | part)
    totals = executed(_totals(asked), given).one()
    return values_of(SubAccount, page), value_of(SubAccountTotals, totals)


def first_sub_accounts(main_id: int, main_own: Status, most: int) -> list[SubAccount]:
    """The first of a main account's current sub-accounts by name; one query."""
    given: dict[str, Any] = {"main": main_id, "main_own": main_own}
    page = executed(_page(frozenset(given), "name", False), given | {"most": most, "skipped": 0})
    return values_of(SubAccount, page)


@cache
def _page(asked: frozenset[str], sort: str, descending: bool) -> Select[*tuple[Any, ...]]:
    """The list's query for the filters whose parameters are `asked`, put together once."""
    c, link, services = Customer, SubAccountLink, services_below()
    counted, monthly = func.coalesce(services.c.services, 0), func.coalesce(services.c.monthly, 0)
    page = columns(
        SubAccount,
        public_id=c.public_id,
        external_id=c.external_id,
        name=c.name,
        address=c.address,
        own_status=c.own_status,
        main_status=_MAIN_OWN,
        blocked_cause=c.blocked_cause,
        status_changed_at=c.status_changed_at,
        mode=link.mode,
        services=counted,
        monthly_minor=monthly,
        currency=c.currency,
        linked_at=link.started_at,
    )
    keys: dict[str, SQLColumnExpression[Any]]
    keys = {"name": c.folded_name, "status": _shown(), "mode": link.mode, "services": counted, "cost": monthly}
    key = keys.get(sort, c.folded_name)
    query = _matching(select(*page), services, asked)
    query = query.order_by(key.desc() if descending else key.asc(), c.folded_name, c.id)
    return query.limit(bindparam("most")).offset(bindparam("skipped"))


@cache
def _totals(asked: frozenset[str]) -> Select[*tuple[Any, ...]]:
    services = services_below()
    sums = columns(
        SubAccountTotals,
        count=func.count(),
        services=total(services.c.services),
        monthly_minor=total(services.c.monthly),
    )
    return _matching(select(*sums), services, asked)


_MAIN_OWN: ColumnElement[Status] = bindparam("main_own", type_=Customer.own_status.type)
"""The own status of the main account whose list it is."""


def _shown() -> ColumnElement[Status]:
    return status.shown(Customer.own_status, _MAIN_OWN, SubAccountLink.mode)


def services_below() -> Subquery:
    """Active services and what they cost a month, by current sub-account of the main account that `main` names."""
    link = SubAccountLink
    return (
        select(
            Service.customer_id.label("customer_id"),
            func.count().label("services"),
            total(MONTHLY).label("monthly"),
        )
        .join(link, link.sub_id == Service.customer_id)
        .where(Service.state == ServiceState.ACTIVE, under(link, bindparam("main", type_=BigInteger())))
        .group_by(Service.customer_id)
        .subquery()
    )


def _matching(query: Select[*tuple[Any, ...]], services: Subquery, asked: frozenset[str]) -> Select[*tuple[Any, ...]]:
    c, link = Customer, SubAccountLink
    where = [under(link, bindparam("main", type_=BigInteger()))]
    if "pattern" in asked:
        where.append(c.folded.like(bindparam("pattern"), escape="/"))
    if "status" in asked:
        where.append(_shown() == bindparam("status"))
    if "mode" in asked:
        where.append(link.mode == bindparam("mode"))
    joined = query.select_from(link).join(c, c.id == link.sub_id)
    return joined.outerjoin(services, services.c.customer_id == c.id).where(*where)


def sub_references(main_id: int) -> list[tuple[str, BillingMode]]:
    """The references and modes of the current sub-accounts, by name."""
    link, sub = SubAccountLink, aliased(Customer)
    rows = db.session.execute(
        select(func.coalesce(sub.external_id, sub.public_id), link.mode)
        .join(sub, sub.id == link.sub_id)
        .where(under(link, main_id))
        .order_by(sub.folded_name, sub.id)
    )
    return [(reference, mode) for reference, mode in rows]
