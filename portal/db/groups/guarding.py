"""Who may act for a customer, as candidates: whether one really may is for `members.kinships` to say."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, select
from sqlalchemy.orm import aliased

from portal.db.engine import executed
from portal.db.groups.live import exists_still, in_group, of_customer
from portal.db.tables import CustomerGroup, GroupMember
from portal.rules.groups import GroupRole


def managers_of(customer_id: int) -> list[int]:
    """The customers that are Owner or Admin where this one is a Dependent, in the order in which they came."""
    return list(executed(_managers(), {"subject": customer_id}).scalars())


@cache
def _managers() -> Select[*tuple[Any, ...]]:
    mine, theirs = aliased(GroupMember, name="mine"), aliased(GroupMember, name="theirs")
    return (
        select(theirs.customer_id)
        .select_from(mine)
        .join(CustomerGroup, and_(CustomerGroup.id == mine.group_id, exists_still(CustomerGroup)))
        .join(theirs, and_(in_group(theirs, mine.group_id), theirs.role != GroupRole.DEPENDENT))
        .where(of_customer(mine, bindparam("subject")), mine.role == GroupRole.DEPENDENT)
        .order_by(theirs.id)
    )
