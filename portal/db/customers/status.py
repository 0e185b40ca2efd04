"""The status that a customer shows (L11) as SQL says it; `rules.customers.status.effective_status` says the same.

Both take the own status of the customer and of its main account and the billing mode of the link between them, which
are NULL without a main account.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, case, or_

from portal.rules.customers.status import Status
from portal.rules.links.facts import BillingMode


def imposed(
    own: SQLColumnExpression[Status], main_own: SQLColumnExpression[Status], mode: SQLColumnExpression[BillingMode]
) -> ColumnElement[bool]:
    """Whether a customer shows its main account's status instead of its own."""
    inactive = and_(main_own == Status.INACTIVE, own != Status.INACTIVE)
    blocked = and_(main_own == Status.BLOCKED, own.in_((Status.NEW, Status.ACTIVE)))
    return and_(mode == BillingMode.AGGREGATED, or_(inactive, blocked))


def shown(
    own: SQLColumnExpression[Status], main_own: SQLColumnExpression[Status], mode: SQLColumnExpression[BillingMode]
) -> ColumnElement[Status]:
    """The status that a customer shows."""
    return case((imposed(own, main_own, mode), main_own), else_=own)
