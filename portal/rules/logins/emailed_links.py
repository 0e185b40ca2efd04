"""Single-use links sent by mail: what they are for, how long they last, and where they stand (SEC22)."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum


class Purpose(StrEnum):
    """What a link is for: a new password, a login that somebody offers, or one that a customer asked for itself."""

    RESET = "reset"
    INVITATION = "invitation"
    ACTIVATION = "activation"


LIFETIMES = {
    Purpose.RESET: timedelta(hours=1),
    Purpose.INVITATION: timedelta(days=7),
    Purpose.ACTIVATION: timedelta(days=1),
}


class LinkState(StrEnum):
    """REPLACED: a newer link was sent, or somebody took this one back."""

    OPEN = "open"
    USED = "used"
    REPLACED = "replaced"
    EXPIRED = "expired"
