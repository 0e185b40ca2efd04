"""The parts of a right: what a grant or a login may cover."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from types import MappingProxyType


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
        Scope.VIEW: "see details and services",
        Scope.BOOK: "change details and book",
        Scope.ORDER: "order",
        Scope.DOCUMENTS: "see documents",
        Scope.TICKETS: "write tickets",
        Scope.FINANCE: "see finances",
    }
)


def told(scopes: Iterable[Scope]) -> str:
    """ "see details and services, see documents and write tickets", in the order of the scopes; "" for none."""
    wanted = set(scopes)
    parts = [SCOPE_TEXTS[scope] for scope in Scope if scope in wanted]
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1] if parts else ""
