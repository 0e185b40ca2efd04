"""Is what is stored sound? Each check compares what must agree in a few queries over whole tables.

A check gives sentences about what is broken, the first few of each kind with how many there are. Each stands beside the
code that keeps what it looks at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from portal.rules.collecting import declared
from portal.rules.sentences import Sentence


@dataclass(frozen=True, slots=True)
class Check:
    """Something that must hold, in words, and the function that looks for what breaks it."""

    order: int
    claim: Sentence
    find: Callable[[], Sequence[Sentence]]


def checks() -> list[Check]:
    """Every check that a module of this floor declares under `CHECKS`, in the order in which they are told."""
    return sorted((check for each in declared("portal.db", "CHECKS") for check in each), key=lambda check: check.order)
