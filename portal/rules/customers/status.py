"""Customers: kinds, statuses and what a status means (C1, L11)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from portal.rules.sentences import Sentence, say


class Kind(StrEnum):
    INDIVIDUAL = "individual"
    BUSINESS = "business"


class BillingType(StrEnum):
    """How a customer is billed. Not the billing mode, which belongs to a link."""

    RECURRING = "recurring"
    PREPAID_CUSTOM = "prepaid_custom"
    PREPAID_DAILY = "prepaid_daily"

    @property
    def label(self) -> Sentence:
        return BILLING_TYPE_LABELS[self]


class Status(StrEnum):
    """C1: New signs in and sees, Active does everything, Blocked sees, pays and downloads, Inactive stays out."""

    NEW = "new"
    ACTIVE = "active"
    BLOCKED = "blocked"
    INACTIVE = "inactive"

    @property
    def label(self) -> Sentence:
        return STATUS_LABELS[self]

    @property
    def signs_in(self) -> bool:
        return self is not Status.INACTIVE

    @property
    def orders_and_books(self) -> bool:
        return self is Status.ACTIVE


class BlockedCause(StrEnum):
    """Why a customer is Blocked by its own status: somebody set it, or something is overdue."""

    BY_HAND = "by_hand"
    OVERDUE = "overdue"


BILLING_TYPE_LABELS = MappingProxyType(
    {
        BillingType.RECURRING: say("Recurring"),
        BillingType.PREPAID_CUSTOM: say("Prepaid, custom"),
        BillingType.PREPAID_DAILY: say("Prepaid, daily"),
    }
)
STATUS_LABELS = MappingProxyType(
    {
        Status.NEW: say("New"),
        Status.ACTIVE: say("Active"),
        Status.BLOCKED: say("Blocked"),
        Status.INACTIVE: say("Inactive"),
    }
)
_IMPOSED = {Status.BLOCKED: 1, Status.INACTIVE: 2}


@dataclass(frozen=True, slots=True)
class EffectiveStatus:
    """A status and where it comes from. `imposed` is True when the main account's status decides (L11)."""

    status: Status
    imposed: bool = False


def effective_status(own: Status, main_own: Status | None) -> EffectiveStatus:
    """The more restrictive of the own status and an aggregating main account's (L11).

    `main_own` is the own status of the main account, or None without an aggregated link. Only Blocked and
    Inactive are imposed. A main account has no main account itself, so its own status is all there is.
    """
    if main_own is None or _IMPOSED.get(main_own, 0) <= _IMPOSED.get(own, 0):
        return EffectiveStatus(own)
    return EffectiveStatus(main_own, imposed=True)


def effective_billing_day(own_day: int, main_day: int | None) -> int:
    """L7: an aggregated sub-account's day is its main account's for as long as the link lasts."""
    return own_day if main_day is None else main_day


def initials(name: str) -> str:
    """One or two letters for a face: "Dana Novák" gives DN, "Mia" gives MI."""
    words = [word for word in name.split() if word[0].isalnum()]
    if not words:
        return "?"
    letters = words[0][:2] if len(words) == 1 else words[0][0] + words[-1][0]
    return letters.upper()
