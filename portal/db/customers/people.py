"""Whom a customer may act for: what the page's frame needs, the list to search in, and who acts for a customer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, bindparam, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from portal.db.bookings.standing import offered
from portal.db.engine import db, executed
from portal.db.groups.live import of_customer, unanswered
from portal.db.links.live import paid_above, under
from portal.db.messages import reading as messages
from portal.db.partners.settings import settings_columns
from portal.db.rows import columns, value_of, values_of
from portal.db.tables import (
    Booking,
    Customer,
    GroupInvitation,
    GroupMember,
    Login,
    Membership,
    Partner,
    Session,
    SubAccountLink,
)
from portal.db.types import Instant
from portal.outside import clock
from portal.rules.bookings.states import BookingState
from portal.rules.groups import GroupRole, InvitationKind
from portal.rules.links.facts import BillingMode
from portal.rules.memberships.states import MembershipState
from portal.rules.partners import PartnerSettings

_SUB = "sub_"
SOON = timedelta(days=6)
"""What begins by then stands on Home, whose seven days end with the day six days ahead."""


@dataclass(frozen=True, slots=True)
class Linked:
    """A sub-account as a main account's menu names it."""

    id: int
    public_id: str
    name: str
    mode: BillingMode


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is around a customer: links, groups and its partner's settings. `manages` is L15's toggle.

    `aggregated` says that another customer is billed and pays for it; `in_group` and `invited` whether it is in some
    group, and whether an invitation waits for the login that asks; `booked` whether anything it booked is SOON; `got`
    how many messages it got in the portal, and `unread` how many of them it has not read; `holds` whether it or a
    Dependent of its groups holds a membership.
    """

    manages: bool
    aggregated: bool
    in_group: bool
    invited: bool
    booked: bool
    got: int
    unread: int
    holds: bool
    settings: PartnerSettings


def surroundings(customer_id: int, email: str, limit: int) -> tuple[Surroundings, tuple[Linked, ...]]:
    """One query, whatever the number of sub-accounts: of those, the first `limit` by name, openable ones first."""
    now = clock.now()
    given = {"customer": customer_id, "email": email, "now": now, "soon": now + SOON, "most": limit}
    rows = executed(_surroundings(), given).all()
    around = value_of(Surroundings, rows[0])
    # The outer join gives one row of nothing where there are no sub-accounts.
    return around, tuple(value_of(Linked, row, _SUB) for row in rows if row.sub_id is not None)


@cache
def _surroundings() -> Select[*tuple[Any, ...]]:
    """Put together once: every page asks it."""
    main, sub = aliased(Customer, name="main"), aliased(Customer, name="sub")
    link, higher = SubAccountLink, aliased(SubAccountLink)
    paid_for = exists().where(paid_above(higher, main.id))
    in_group = exists().where(of_customer(GroupMember, main.id))
    invited = exists().where(
        or_(
            GroupInvitation.email == bindparam("email", type_=String()),
            and_(GroupInvitation.kind == InvitationKind.OWNERSHIP, GroupInvitation.customer_id == main.id),
        ),
        GroupInvitation.expires_at > bindparam("now", type_=Instant()),
        unanswered(GroupInvitation),
    )
    booked = exists().where(
        Booking.customer_id == main.id,
        or_(Booking.state.in_([BookingState.BOOKED, BookingState.WAITING]), offered(bindparam("now", type_=Instant()))),
        Session.id == Booking.session_id,
        Session.ends_at > bindparam("now", type_=Instant()),
        Session.starts_at < bindparam("soon", type_=Instant()),
    )
    return (
        select(
            *columns(
                Surroundings,
                manages=main.manages_sub_accounts,
                aggregated=paid_for,
                in_group=in_group,
                invited=invited,
                booked=booked,
                got=messages.got_by(main.id),
                unread=messages.unread(main.id),
                holds=_holds(main.id),
                settings=settings_columns(),
            ),
            *columns(Linked, _SUB, id=sub.id, public_id=sub.public_id, name=sub.name, mode=link.mode),
        )
        .join(Partner, Partner.id == main.partner_id)
        .outerjoin(link, under(link, main.id))
        .outerjoin(sub, sub.id == link.sub_id)
        .where(main.id == bindparam("customer"))
        .order_by(case((or_(link.mode == BillingMode.AGGREGATED, Partner.manages_independent), 0), else_=1))
        .order_by(sub.folded_name, sub.id)
        .limit(bindparam("most"))
    )


def _holds(customer: Any) -> ColumnElement[bool]:
    """Two questions, each by the index of memberships: of itself, and of the Dependents of its groups."""
    mine, theirs = aliased(GroupMember, name="mine"), aliased(GroupMember, name="theirs")
    own, held = aliased(Membership), aliased(Membership)
    active = MembershipState.ACTIVE
    wards = exists().where(
        *(of_customer(mine, customer), theirs.group_id == mine.group_id, theirs.left_at.is_(None)),
        *(theirs.role == GroupRole.DEPENDENT, held.customer_id == theirs.customer_id, held.state == active),
    )
    return or_(exists().where(own.customer_id == customer, own.state == active), wards)


def search(
    main_id: int, modes: Collection[BillingMode], text: str, *, offset: int, limit: int
) -> tuple[list[Linked], int]:
    """A main account's sub-accounts in these billing modes by name, and how many match; `text` is folded."""
    sub, link = Customer, SubAccountLink
    where = [
        under(link, main_id),
        link.mode.in_(modes),
        *([sub.folded.contains(text, autoescape=True)] if text else []),
    ]
    named = columns(Linked, id=sub.id, public_id=sub.public_id, name=sub.name, mode=link.mode)
    query = select(*named).select_from(sub).join(link, link.sub_id == sub.id).where(*where)
    page = db.session.execute(query.order_by(sub.folded_name, sub.id).offset(offset).limit(limit))
    total = select(func.count()).select_from(link).join(sub, sub.id == link.sub_id).where(*where)
    return values_of(Linked, page), db.session.scalar(total) or 0


def names_of_logins(customer_id: int, limit: int) -> Sequence[str]:
    """The names of the people who sign in for a customer and may see details, without ended logins."""
    query = (
        select(Login.name)
        .where(Login.customer_id == customer_id, Login.disabled_at.is_(None))
        .where(("," + Login.scopes + ",").contains(",view,"))
        .order_by(Login.name, Login.id)
        .limit(limit)
    )
    return db.session.scalars(query).all()
