"""Groups that keep a customer from being removed (L12)."""

from __future__ import annotations

from sqlalchemy import func, select

from portal.db.customers.profiles import Profile
from portal.db.customers.removal import Tie
from portal.db.engine import db
from portal.db.groups import members
from portal.db.groups.live import exists_still, unanswered
from portal.db.tables import CustomerGroup, GroupInvitation
from portal.outside import clock
from portal.rules.customers.removal import GroupTie, group_ties
from portal.rules.errors import Reason


def _find(profile: Profile) -> list[Reason]:
    groups = [GroupTie(one.owner_name, one.owner_public_id, one.role) for one in members.memberships(profile.id)]
    return group_ties(profile.name, profile.public_id, groups, _invitations(profile.id))


def _invitations(customer_id: int) -> int:
    """How many invitations into live groups, sent by a customer, still wait for an answer."""
    one = GroupInvitation
    query = (
        select(func.count())
        .select_from(one)
        .join(CustomerGroup, CustomerGroup.id == one.group_id)
        .where(one.inviter_id == customer_id, one.expires_at > clock.now(), exists_still(CustomerGroup))
        .where(unanswered(one))
    )
    return db.session.scalar(query) or 0


TIES = Tie(30, _find)
