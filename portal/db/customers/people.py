"""Whom a customer may act for: what the page's frame needs, the list to search in, and who acts for a customer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Date, String, and_, bindparam, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from portal.db.engine import db, executed
from portal.db.partners.features import groups_on_for
from portal.db.tables import Customer, GroupInvitation, GroupMember, Login, Partner, SubAccountLink
from portal.db.types import Instant
from portal.outside import clock
from portal.rules.links.facts import BillingMode
from portal.rules.permissions import Permission, hidden_where

LATELY = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Linked:
    """A sub-account as a main account's menu names it."""

    id: int
    public_id: str
    name: str
    mode: BillingMode


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a customer stands among links and groups. `manages` and `manages_independent` are L15's toggle and L16's
    option; `hidden` is what the portal of its partner does not show (O5).

    `subs` are its first sub-accounts by name, those that may be openable first; `aggregated` says that another
    customer is billed and pays for it. `groups_on` and `creates_groups` are the feature and its partner's setting,
    `in_group` and `invited` whether it is in some group and whether an invitation waits for the login that asks,
    `ends_on` the first end of a membership from two weeks ago on.
    """

    manages: bool
    manages_independent: bool
    independent_orders: bool
    hidden: frozenset[Permission]
    aggregated: bool
    groups_on: bool
    creates_groups: bool
    in_group: bool
    invited: bool
    ends_on: date | None
    majority_age: int
    time_zone: str
    subs: tuple[Linked, ...]


def standing(customer_id: int, email: str, limit: int) -> Standing:
    """One query, whatever the number of sub-accounts; `limit` is the most that are named."""
    now = clock.now()
    given = {"customer": customer_id, "email": email, "now": now, "lately": now.date() - LATELY, "most": limit}
    rows = executed(_standing(), given).all()
    first = rows[0]
    # The outer join gives one row of nothing where there are no sub-accounts.
    subs = tuple(Linked(row.id, row.public_id, row.name, BillingMode(row.mode)) for row in rows) if first.id else ()
    return Standing(
        bool(first.manages_sub_accounts),
        bool(first.manages_independent),
        bool(first.independent_orders),
        hidden_where(statements=first.shows_statements, services=first.shows_services, documents=first.shows_documents),
        bool(first.aggregated),
        bool(first.groups_on),
        bool(first.customers_create_groups),
        bool(first.in_group),
        bool(first.invited),
        first.ends_on,
        first.majority_age,
        first.time_zone,
        subs,
    )


@cache
def _standing() -> Any:
    """Put together once: every page asks it."""
    main, sub = aliased(Customer, name="main"), aliased(Customer, name="sub")
    link, above = SubAccountLink, aliased(SubAccountLink)
    paid_for = exists().where(above.sub_id == main.id, above.ended_at.is_(None), above.mode == "aggregated")
    in_group = exists().where(GroupMember.customer_id == main.id, GroupMember.left_at.is_(None))
    ends_on = (
        select(func.min(GroupMember.until))
        .where(GroupMember.customer_id == main.id, GroupMember.left_at.is_(None))
        .where(GroupMember.until >= bindparam("lately", type_=Date()))
        .scalar_subquery()
    )
    invited = exists().where(
        or_(
            GroupInvitation.email == bindparam("email", type_=String()),
            and_(GroupInvitation.kind == "ownership", GroupInvitation.customer_id == main.id),
        ),
        GroupInvitation.expires_at > bindparam("now", type_=Instant()),
        GroupInvitation.accepted_at.is_(None),
        GroupInvitation.declined_at.is_(None),
        GroupInvitation.revoked_at.is_(None),
    )
    return (
        select(
            main.manages_sub_accounts,
            Partner.manages_independent,
            Partner.independent_orders,
            Partner.shows_statements,
            Partner.shows_services,
            Partner.shows_documents,
            paid_for.label("aggregated"),
            groups_on_for(Partner.groups_on).label("groups_on"),
            Partner.customers_create_groups,
            in_group.label("in_group"),
            invited.label("invited"),
            ends_on.label("ends_on"),
            Partner.majority_age,
            Partner.time_zone,
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
