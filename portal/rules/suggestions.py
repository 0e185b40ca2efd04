"""What a field suggests where somebody types, and understanding it when it comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

_MOST = 20


class Named(Protocol):
    """What has a name, and a reference that no other has."""

    @property
    def name(self) -> str: ...
    @property
    def reference(self) -> str: ...


N = TypeVar("N", bound=Named)


def suggestion(one: Named) -> str:
    """How it is suggested: "Harbour branch (demo-branch)"."""
    return f"{one.name} ({one.reference})"


def taken(typed: str, find: Callable[[str], Iterable[N]], plain: Callable[[str], str]) -> N | None:
    """The one whose suggestion was taken as it stood, whatever brackets are in its name or reference; else the one
    whose reference stands in brackets at the end, behind another name; None where there is none.

    `find` looks for references, and `plain` brings a text into the form in which `typed` is.
    """
    if not typed.endswith(")"):
        return None
    renamed: N | None = None
    starts = [place for place in range(len(typed)) if typed.startswith(" (", place)]
    for start in starts[:_MOST]:
        for one in find(typed[start + 2 : -1]):
            if plain(suggestion(one)) == typed:
                return one
            if plain(one.reference) == typed[start + 2 : -1]:
                renamed = renamed or one
    return renamed
