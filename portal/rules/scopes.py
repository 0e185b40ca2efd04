"""The parts of a right: what a grant or a login may cover. `rules/powers` has what people are told of them."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """What a grant or a login covers."""

    VIEW = "view"
    BOOK = "book"
    ORDER = "order"
    DOCUMENTS = "documents"
    TICKETS = "tickets"
    FINANCE = "finance"


ALL_SCOPES = frozenset(Scope)
