"""Where a line of an invoice comes from (S10)."""

from __future__ import annotations

from enum import StrEnum


class OriginKind(StrEnum):
    """What a line charges."""

    SERVICE = "service"
    BOOKING = "booking"
    MEMBERSHIP = "membership"
