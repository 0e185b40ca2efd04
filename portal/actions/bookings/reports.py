"""What the operator wants to know of a month of sessions: how full, who did not come, what it brought in (B11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portal.actions import access
from portal.db.bookings import reports as rows
from portal.db.bookings.reports import ActivityFigures as ActivityFigures
from portal.db.engine import snapshot
from portal.rules.deciding import Actor
from portal.rules.periods import Period
from portal.rules.permissions import Permission


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of each activity in some days. `revenue` says that the actor may see amounts (S9)."""

    days: Period
    rows: Sequence[ActivityFigures]
    revenue: bool


@snapshot
def by_activity(actor: Actor, days: Period) -> Report:
    """How full sessions were, who did not come, and what was charged, by activity. Raises NotAllowed."""
    access.require(actor, Permission.ACTIVITIES_MANAGE)
    return Report(days, rows.by_activity(days, actor.partner_id), actor.has(Permission.CUSTOMERS_FINANCE))
