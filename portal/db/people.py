"""Whom a customer may act for: what the page's frame needs, the list to search in, and who acts for a customer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import and_, bindparam, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from portal.db.engine import db
from portal.db.tables import Customer, Login, Partner, SubAccountLink
from portal.rules.links import BillingMode


@dataclass(frozen=True, slots=True)
class Linked:
    """A sub-account as a main account's menu names it."""

    id: int
    public_id: str
    name: str
    mode: BillingMode


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a customer stands among links. `manages` and `manages_independent` are L15's toggle and L16's option.

    `subs` are its first sub-accounts by name, those that may be openable first; `aggregated` says that another
    customer is billed and pays for it.
    """

    manages: bool
    manages_independent: bool
    independent_orders: bool
    aggregated: bool
    subs: tuple[Linked, ...]


def standing(customer_id: int, limit: int) -> Standing:
    """One query, whatever the number of sub-accounts; `limit` is the most that are named."""
    rows = db.session.execute(_standing(), {"customer": customer_id, "most": limit}).all()
    manages, independent, orders, aggregated, first = rows[0][:5]
    # The outer join gives one row of nothing where there are no sub-accounts.
    subs = tuple(Linked(row[4], row[5], row[6], BillingMode(row[7])) for row in rows) if first else ()
    return Standing(bool(manages), bool(independent), bool(orders), bool(aggregated), subs)


@cache
def _standing() -> Any:
    """Put together once: every page asks it."""
    main, sub = aliased(Customer, name="main"), aliased(Customer, name="sub")
    link, above = SubAccountLink, aliased(SubAccountLink)
    paid_for = exists().where(above.sub_id == main.id, above.ended_at.is_(None), above.mode == "aggregated")
    return (
        select(
            main.manages_sub_accounts,
            Partner.manages_independent,
            Partner.independent_orders,
            paid_for.label("aggregated"),
            sub.id,
            sub.public_id,
            sub.name,
            link.mode,
        )
        .join(Partner, Partner.id == main.partner_id)
        .outerjoin(link, and_(link.main_id == main.id, link.ended_at.is_(None)))
        .outerjoin(sub, sub.id == link.sub_id)
        .where(main.id == bindparam("customer"))
        .order_by(case((or_(link.mode == "aggregated", Partner.manages_independent), 0), else_=1))
        .order_by(sub.folded_name, sub.id)
        .limit(bindparam("most"))
    )


def search(
    main_id: int, modes: Collection[BillingMode], text: str, *, offset: int, limit: int
) -> tuple[list[Linked], int]:
    """A main account's sub-accounts in these billing modes by name, and how many match; `text` is folded."""
    sub, link = Customer, SubAccountLink
    where = [
        link.main_id == main_id,
        link.ended_at.is_(None),
        link.mode.in_([mode.value for mode in modes]),
        *([sub.folded.contains(text, autoescape=True)] if text else []),
    ]
    columns = select(sub.id, sub.public_id, sub.name, link.mode).join(link, link.sub_id == sub.id).where(*where)
    rows = db.session.execute(columns.order_by(sub.folded_name, sub.id).offset(offset).limit(limit))
    total = select(func.count()).select_from(link).join(sub, sub.id == link.sub_id).where(*where)
    return [Linked(row[0], row[1], row[2], BillingMode(row[3])) for row in rows], db.session.scalar(total) or 0


def names_of_logins(customer_id: int, limit: int) -> Sequence[str]:
    """The names of the people who sign in for a customer and may see details, without ended logins."""
    found = (
        select(Login.name)
        .where(Login.customer_id == customer_id, Login.disabled_at.is_(None))
        .where(("," + Login.scopes + ",").contains(",view,"))
        .order_by(Login.name, Login.id)
        .limit(limit)
    )
    return db.session.scalars(found).all()
