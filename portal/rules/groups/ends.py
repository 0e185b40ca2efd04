"""Ends of memberships as they are asked for: a last day, or explicitly none (G16).

Nobody asks for no end by saying nothing: `None` is no end that can be asked for.
"""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import Final


class NoEnd(Enum):
    """What says that there is to be no end."""

    NO_END = "none"


NO_END: Final = NoEnd.NO_END
End = date | NoEnd
"""A last day, inclusive, or that there is none."""


def end_of(until: date | None) -> End:
    """The end of something that is stored: None is stored where there is none."""
    return NO_END if until is None else until


def last_day(end: End) -> date | None:
    """What is stored of an end. Raises TypeError for what says neither a day nor that there is none."""
    if not isinstance(end, date | NoEnd):
        raise TypeError(end)
    return None if isinstance(end, NoEnd) else end
