"""The parts of a right: what a grant or a login may cover."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from types import MappingProxyType

from portal.rules.sentences import NOTHING, Sentence, say, together


class Scope(StrEnum):
    """What a grant or a login covers."""

    VIEW = "view"
    BOOK = "book"
    ORDER = "order"
    DOCUMENTS = "documents"
    TICKETS = "tickets"
    FINANCE = "finance"


ALL_SCOPES = frozenset(Scope)

SCOPE_TEXTS = MappingProxyType(
    {
        Scope.VIEW: say("see details and services"),
        Scope.BOOK: say("change details and book"),
        Scope.ORDER: say("order"),
        Scope.DOCUMENTS: say("see documents"),
        Scope.TICKETS: say("write tickets"),
        Scope.FINANCE: say("see finances"),
    }
)
"""What a scope allows, within a sentence."""

SCOPE_LINES = MappingProxyType(
    {
        Scope.VIEW: say("See details and services"),
        Scope.BOOK: say("Change details and book"),
        Scope.ORDER: say("Order"),
        Scope.DOCUMENTS: say("See documents"),
        Scope.TICKETS: say("Write tickets"),
        Scope.FINANCE: say("See finances"),
    }
)
"""The same as a line of its own, or at the beginning of one."""


def rights(scopes: Iterable[Scope]) -> Sentence:
    """ "see details and services, see documents and write tickets", in the order of the scopes; NOTHING for none."""
    held = _in_order(scopes)
    return say("{rights}", rights=tuple(SCOPE_TEXTS[scope] for scope in held)) if held else NOTHING


def rights_line(scopes: Iterable[Scope]) -> Sentence:
    """The same as a line of its own: "See details and services, write tickets"."""
    held = _in_order(scopes)
    lines = [SCOPE_LINES[scope] for scope in held[:1]] + [SCOPE_TEXTS[scope] for scope in held[1:]]
    return together(*lines, by=", ")


def _in_order(scopes: Iterable[Scope]) -> list[Scope]:
    wanted = set(scopes)
    return [scope for scope in Scope if scope in wanted]
