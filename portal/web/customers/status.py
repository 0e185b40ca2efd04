"""A customer's status in words: what it is, and why (UX13)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from portal.rules.customers.status import EffectiveStatus, Status
from portal.web.figures import day_short

TONES = MappingProxyType({Status.NEW: "note", Status.ACTIVE: "good", Status.BLOCKED: "bad", Status.INACTIVE: ""})


@dataclass(frozen=True, slots=True)
class StatusView:
    """What the component for statuses draws: a word, a tone, and a reason that may follow the word."""

    word: str
    tone: str
    because: str = ""


def status_view(
    status: EffectiveStatus, main_name: str = "", cause: str | None = None, changed_at: datetime | None = None
) -> StatusView:
    """ "Blocked because Acme Ltd is blocked", "Blocked by staff on 12 Nov", or just "Active".

    `cause` is an own Blocked's ("by_hand" or "overdue"), `changed_at` when the own status last changed.
    """
    return StatusView(status.status.label, TONES[status.status], _because(status, main_name, cause, changed_at))


def _because(status: EffectiveStatus, main_name: str, cause: str | None, changed_at: datetime | None) -> str:
    if status.imposed:
        return f"because {main_name} is {status.status.value}"
    if status.status is not Status.BLOCKED:
        return ""
    since = f" on {day_short(changed_at)}" if changed_at else ""
    if cause == "overdue":
        return f"because of unpaid invoices{f', since {day_short(changed_at)}' if changed_at else ''}"
    return f"by staff{since}"
