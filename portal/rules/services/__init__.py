"""Services: how often they are paid for, and whether they go on (M1)."""

from __future__ import annotations

from enum import StrEnum


class Period(StrEnum):
    """What the price of a service is for."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class ServiceState(StrEnum):
    """Only an ACTIVE service costs something."""

    ACTIVE = "active"
    PAUSED = "paused"
    STOPPED = "stopped"


class Deed(StrEnum):
    """What is done with a service, from a day on."""

    ADD = "add"
    CHANGE = "change"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
