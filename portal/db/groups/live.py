"""Which groups, memberships, agreements and invitations count now, as SQL says it once.

An end that is reached by the calendar (G12) is `rules.groups.lasts`, for the day where the partner is: a membership
stays a row of its group until it is taken out.
"""

from __future__ import annotations

from sqlalchemy import BindParameter, ColumnElement, and_, exists
from sqlalchemy.orm import InstrumentedAttribute

from portal.db.tables import ActingConsent, CustomerGroup, GroupInvitation, GroupMember, GuardianshipFreeze
from portal.rules.groups import GroupRole

Id = InstrumentedAttribute[int] | BindParameter[int] | int


def current(member: type[GroupMember]) -> ColumnElement[bool]:
    """Whether a membership has not been ended."""
    return member.left_at.is_(None)


def of_customer(member: type[GroupMember], customer: Id) -> ColumnElement[bool]:
    """Whether a membership is a current one of a customer."""
    return and_(member.customer_id == customer, current(member))


def in_group(member: type[GroupMember], group: Id) -> ColumnElement[bool]:
    """Whether a membership is a current one in a group."""
    return and_(member.group_id == group, current(member))


def owns(member: type[GroupMember], group: Id) -> ColumnElement[bool]:
    """Whether a membership is that of a group's Owner (G3)."""
    return and_(in_group(member, group), member.role == GroupRole.OWNER)


def exists_still(group: type[CustomerGroup]) -> ColumnElement[bool]:
    """Whether a group has not been dissolved."""
    return group.dissolved_at.is_(None)


def stands(consent: type[ActingConsent], member: Id) -> ColumnElement[bool]:
    """Whether an agreement is the one that counts for a membership (PRI2)."""
    return and_(consent.member_id == member, consent.withdrawn_at.is_(None))


def lasting(freeze: type[GuardianshipFreeze], customer: Id) -> ColumnElement[bool]:
    """Whether a freeze of the guardianship over a customer has not been ended (G18)."""
    return and_(freeze.customer_id == customer, freeze.ended_at.is_(None))


def frozen(customer: Id) -> ColumnElement[bool]:
    """Whether nobody of a group acts for a customer because staff froze the guardianship (G18)."""
    return exists().where(lasting(GuardianshipFreeze, customer))


def unanswered(invitation: type[GroupInvitation]) -> ColumnElement[bool]:
    """Whether nobody has accepted, declined or taken back an invitation, which may have expired."""
    return and_(invitation.accepted_at.is_(None), invitation.declined_at.is_(None), invitation.revoked_at.is_(None))
