"""Links as rows: the facts the rules ask for, making and ending links, and the list of sub-accounts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.orm import aliased

from portal.db.books import ahead
from portal.db.books import posting as ledger
from portal.db.customers.profiles import Profile, by_ids
from portal.db.engine import db, executed
from portal.db.folding import literally
from portal.db.tables import Customer, LedgerAccount, Posting, Service, SharedBalance, SubAccountLink
from portal.db.types import new_public_id
from portal.outside import clock
from portal.rules.books import Ledger, Transfer
from portal.rules.customers.status import BillingType, EffectiveStatus, Status, effective_status
from portal.rules.links.facts import BillingMode, LinkFacts
from portal.rules.money import Money


def facts(ids: Iterable[int]) -> dict[int, LinkFacts]:
    """What the rules of linking need to know of these customers, balances being those of their own books."""
    profiles = by_ids(ids)
    days = {profile.id: clock.today(profile.time_zone) for profile in profiles.values()}
    today = max(days.values(), default=date.max)
    balances = ledger.balances({p.id: p.currency for p in profiles.values()}, today)
    dated = [key for key, one in balances.items() if one.ahead]
    counting = ahead.counts(dated, today) if dated else {}
    waiting = ledger.waiting_for(profiles)
    counts = _sub_account_counts(profiles)
    return {
        key: _facts(profile, balances[key], counting.get(key, 0), waiting.get(key, (0, 0)), counts.get(key, (0, 0)))
        for key, profile in profiles.items()
    }


def _facts(
    profile: Profile, own: ledger.Balances, dated_ahead: int, waiting: tuple[int, int], counts: tuple[int, int]
) -> LinkFacts:
    return LinkFacts(
        id=profile.id,
        public_id=profile.public_id,
        name=profile.name,
        partner_id=profile.partner_id,
        partner_name=profile.partner_name,
        currency=profile.currency,
        status=profile.own_status,
        billing_type=BillingType(profile.billing_type),
        billing_day=profile.own_billing_day,
        house=Money(own.house_minor, profile.currency),
        credit=Money(own.credit_minor, profile.currency),
        ahead=dated_ahead,
        future_items=waiting[0],
        future_total=Money(waiting[1], profile.currency),
        main_id=profile.main_id,
        main_name=profile.main_name or "",
        mode=profile.mode,
        sub_accounts=counts[0],
        aggregated_subs=counts[1],
        partner_account_id=profile.mate_id,
        partner_account_name=profile.mate_name or "",
        is_primary=profile.mate_id is not None and not profile.is_secondary,
    )


def _sub_account_counts(ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    link = SubAccountLink
    rows = db.session.execute(
        select(link.main_id, func.count(), func.count().filter(link.mode == "aggregated"))
        .where(link.main_id.in_(sorted(ids)), link.ended_at.is_(None))
        .group_by(link.main_id)
    )
    return {main: (total, aggregated) for main, total, aggregated in rows}


def begin(partner_id: int, main_id: int, sub_id: int, mode: BillingMode, at: datetime) -> None:
    """Link a sub-account from `at` on."""
    begin_many(partner_id, [(main_id, sub_id)], mode, at)


def begin_many(partner_id: int, pairs: Sequence[tuple[int, int]], mode: BillingMode, at: datetime) -> None:
    """Link many sub-accounts, given as (main account, sub-account), from `at` on."""
    rows = [
        {
            "public_id": new_public_id(),
            "partner_id": partner_id,
            "main_id": main_id,
            "sub_id": sub_id,
            "mode": mode.value,
            "started_at": at,
        }
        for main_id, sub_id in pairs
    ]
    if rows:
        db.session.execute(insert(SubAccountLink), rows)


def end(sub_id: int, at: datetime) -> None:
    """End the current link of a sub-account; its row stays as history."""
    link = SubAccountLink
    db.session.execute(update(link).where(link.sub_id == sub_id, link.ended_at.is_(None)).values(ended_at=at))


def begin_sharing(partner_id: int, primary_id: int, secondary_id: int, at: datetime) -> None:
    """Share the primary's balances from `at` on."""
    db.session.execute(
        insert(SharedBalance).values(
            public_id=new_public_id(),
            partner_id=partner_id,
            primary_id=primary_id,
            secondary_id=secondary_id,
            started_at=at,
        )
    )


def end_sharing(secondary_id: int, at: datetime) -> None:
    """End the sharing in which this customer is the secondary one; its row stays as history."""
    share = SharedBalance
    db.session.execute(
        update(share).where(share.secondary_id == secondary_id, share.ended_at.is_(None)).values(ended_at=at)
    )


def sharing_since(customer_id: int) -> datetime | None:
    """Since when a customer has had the partner account it has now."""
    share = SharedBalance
    ours = or_(share.primary_id == customer_id, share.secondary_id == customer_id)
    return db.session.scalar(select(share.started_at).where(ours, share.ended_at.is_(None)))


def held(customer_id: int, currency: str, today: date) -> list[Transfer]:
    """What a customer's own accounts hold, as transfers that would empty them: as of `today`, and each later day's.

    One query: the stored balance less what is dated ahead, by account and day.
    """
    a, p = LedgerAccount, Posting
    rows: Sequence[Any] = db.session.execute(
        select(a.kind, a.balance_minor, p.booked_on, func.sum(p.amount_minor))
        .outerjoin(p, and_(p.ledger_account_id == a.id, p.booked_on > today))
        .where(a.owner_id == customer_id, a.currency == currency)
        .group_by(a.id, a.kind, a.balance_minor, p.booked_on)
    ).all()
    balances = {Ledger(kind): int(balance) for kind, balance, *_ in rows}
    ahead = [Transfer(Ledger(row[0]), row[2], int(row[3])) for row in rows if row[2] is not None]
    now = [
        Transfer(book, today, balance - sum(one.amount_minor for one in ahead if one.ledger is book))
        for book, balance in balances.items()
    ]
    order = list(Ledger)
    found = [one for one in (*now, *ahead) if one.amount_minor]
    return sorted(found, key=lambda one: (order.index(one.ledger), one.on))


def set_management(main_id: int, on: bool) -> None:
    """Switch sub-account management on a main account (L15)."""
    db.session.execute(update(Customer).where(Customer.id == main_id).values(manages_sub_accounts=on))


@dataclass(frozen=True, slots=True)
class SubAccount:
    """A row of the Sub-accounts list. `monthly_minor` is what its active services cost a month."""

    public_id: str
    external_id: str | None
    name: str
    address: str
    status: EffectiveStatus
    blocked_cause: str | None
    status_changed_at: datetime | None
    mode: BillingMode
    services: int
    monthly_minor: int
    currency: str
    linked_at: datetime


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

MONTHLY: Any = case(
    (Service.period == "month", Service.price_minor),
    (Service.period == "week", (Service.price_minor * 26 + 3) // 6),
    (Service.period == "quarter", (Service.price_minor * 2 + 3) // 6),
    else_=(Service.price_minor * 2 + 12) // 24,
)
"""What a service costs a month, in minor units rounded half up, as a column of the table of services."""


@dataclass(frozen=True, slots=True)
class SubAccountTotals:
    """Sums over every sub-account that matches a filter: how many, their active services, what those cost a month."""

    count: int
    services: int
    monthly_minor: int


def sub_accounts(main_id: int, main_own: Status, wanted: SubAccountFilter) -> tuple[list[SubAccount], SubAccountTotals]:
    """One page of a main account's current sub-accounts, and the sums over all that match; two queries (L14)."""
    given: dict[str, Any] = {"main": main_id, "most": wanted.size, "skipped": (wanted.page - 1) * wanted.size}
    if wanted.text:
        given["pattern"] = f"%{literally(wanted.text)}%"
    if wanted.status is not None:
        given["status"] = wanted.status.value
    if wanted.mode is not None:
        given["mode"] = wanted.mode.value
    asked = frozenset(given)
    found = [
        _sub_account(row, main_own) for row in executed(_page(main_own, asked, wanted.sort, wanted.descending), given)
    ]
    return found, SubAccountTotals(*(int(value) for value in executed(_totals(main_own, asked), given).one()))


@cache
def _page(main_own: Status, asked: frozenset[str], sort: str, descending: bool) -> Any:
    """The list's query for the filters whose parameters are `asked`, put together once."""
    effective = _effective(main_own)
    query, _ = _matching(effective, asked)
    order = _order(sort, descending, effective)
    return query.order_by(*order).limit(bindparam("most")).offset(bindparam("skipped"))


@cache
def _totals(main_own: Status, asked: frozenset[str]) -> Any:
    return _matching(_effective(main_own), asked)[1]


def _effective(main_own: Status) -> ColumnElement[str]:
    """L11 as a column: the status shown, for filtering and sorting."""
    c, link = Customer, SubAccountLink
    if main_own is Status.INACTIVE:
        return case((link.mode == "aggregated", "inactive"), else_=c.own_status)
    if main_own is Status.BLOCKED:
        held = (link.mode == "aggregated") & (c.own_status != "inactive")
        return case((held, "blocked"), else_=c.own_status)
    return c.own_status  # type: ignore[return-value]


def _matching(effective: ColumnElement[str], asked: frozenset[str]) -> tuple[Any, Any]:
    c, link, main_id = Customer, SubAccountLink, bindparam("main", type_=BigInteger())
    where: list[ColumnElement[bool]] = [link.main_id == main_id, link.ended_at.is_(None)]
    if "pattern" in asked:
        where.append(c.folded.like(bindparam("pattern"), escape="/"))
    if "status" in asked:
        where.append(effective == bindparam("status"))
    if "mode" in asked:
        where.append(link.mode == bindparam("mode"))
    services = (
        select(
            Service.customer_id.label("customer_id"),
            func.count().label("services"),
            func.sum(MONTHLY).label("monthly"),
        )
        .join(link, link.sub_id == Service.customer_id)
        .where(Service.state == "active", link.main_id == main_id, link.ended_at.is_(None))
        .group_by(Service.customer_id)
        .subquery()
    )
    columns = select(
        c.public_id,
        c.external_id,
        c.name,
        c.address,
        c.own_status,
        c.blocked_cause,
        c.status_changed_at,
        link.mode,
        func.coalesce(services.c.services, 0).label("services"),
        func.coalesce(services.c.monthly, 0).label("monthly"),
        c.currency,
        link.started_at,
    )
    totals = select(
        func.count(), func.coalesce(func.sum(services.c.services), 0), func.coalesce(func.sum(services.c.monthly), 0)
    )
    query, sums = (
        part.select_from(link)
        .join(c, c.id == link.sub_id)
        .outerjoin(services, services.c.customer_id == c.id)
        .where(*where)
        for part in (columns, totals)
    )
    return query, sums


def _order(sort: str, descending: bool, effective: ColumnElement[str]) -> list[Any]:
    keys: dict[str, Any] = {
        "name": Customer.folded_name,
        "status": effective,
        "mode": SubAccountLink.mode,
        "services": literal_column("services"),
        "cost": literal_column("monthly"),
    }
    key = keys.get(sort, Customer.folded_name)
    return [key.desc() if descending else key.asc(), Customer.folded_name, Customer.id]


def _sub_account(row: Any, main_own: Status) -> SubAccount:
    public_id, external_id, name, address, own, cause, changed_at, mode, services, monthly, currency, started_at = row
    mode = BillingMode(mode)
    return SubAccount(
        public_id,
        external_id,
        name,
        address,
        effective_status(Status(own), main_own if mode is BillingMode.AGGREGATED else None),
        cause,
        changed_at,
        mode,
        int(services),
        int(monthly),
        currency,
        started_at,
    )


def sub_references(main_id: int) -> list[tuple[str, BillingMode]]:
    """The references and modes of the current sub-accounts, by name."""
    link, sub = SubAccountLink, aliased(Customer)
    rows = db.session.execute(
        select(sub.external_id, sub.public_id, link.mode)
        .join(sub, sub.id == link.sub_id)
        .where(link.main_id == main_id, link.ended_at.is_(None))
        .order_by(sub.folded_name, sub.id)
    )
    return [(external or public, BillingMode(mode)) for external, public, mode in rows]
