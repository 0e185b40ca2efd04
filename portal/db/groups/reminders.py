"""Which memberships may have to be announced: narrow looks along indexes, because they are asked for every hour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Select, or_, select

from portal.db.engine import db
from portal.db.groups.live import current
from portal.db.partners.features import groups_on_for
from portal.db.tables import Customer, CustomerGroup, GroupMember, Partner
from portal.rules.groups import GroupRole, MajorityNews


def ending(first: date, last: date) -> Sequence[str]:
    """Memberships, by public id, whose last day lies between two days (inclusive) and has not been announced."""
    query = _current().where(
        GroupMember.until.between(first, last),
        or_(GroupMember.end_told_for.is_(None), GroupMember.end_told_for != GroupMember.until),
    )
    return db.session.scalars(query).all()


def majority_ages() -> Sequence[int]:
    """The ages at which partners that have groups take somebody to be of age."""
    query = select(Partner.majority_age).where(groups_on_for(Partner.groups_on)).distinct()
    return db.session.scalars(query.order_by(Partner.majority_age)).all()


def coming_of_age(majority_age: int, born_from: date, born_to: date) -> Sequence[str]:
    """Dependents, by public id of their membership, of partners with this majority age who were born between two days
    (inclusive) and whose day itself has not been announced.
    """
    query = (
        _current()
        .join(Customer, Customer.id == GroupMember.customer_id)
        .where(Customer.born_on.between(born_from, born_to), Partner.majority_age == majority_age)
        .where(GroupMember.role == GroupRole.DEPENDENT, GroupMember.majority_told != MajorityNews.DUE)
    )
    return db.session.scalars(query).all()


def _current() -> Select[str]:
    """Memberships in groups whose feature is on."""
    return (
        select(GroupMember.public_id)
        .join(CustomerGroup, CustomerGroup.id == GroupMember.group_id)
        .join(Partner, Partner.id == CustomerGroup.partner_id)
        .where(current(GroupMember), groups_on_for(Partner.groups_on))
        .order_by(GroupMember.id)
    )
