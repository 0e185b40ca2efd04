"""The words that stand for what becomes of memberships, and for when they begin."""

from __future__ import annotations

from enum import StrEnum


class MembershipState(StrEnum):
    """What a membership has come to. That it is frozen follows from its freezes and the day (B10)."""

    ORDERED = "ordered"
    ACTIVE = "active"
    ENDED = "ended"


class Granted(StrEnum):
    """When a membership that was bought begins to count (B5)."""

    AT_ONCE = "at_once"
    PAID = "paid"
