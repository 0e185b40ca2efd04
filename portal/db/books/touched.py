"""Whose books a transaction may have brought nearer to zero: payers who were paid, and items that were settled (F9)."""

from __future__ import annotations

from collections.abc import Iterable

from portal.db.engine import db

_PAYERS, _ITEMS, _SETTLED = "payers_paid", "items_settled", "items_settled_for_grants"


def payers(ids: Iterable[int]) -> None:
    """Something came in on the House Account of these."""
    db.session().info.setdefault(_PAYERS, set()).update(ids)


def items(ids: Iterable[int]) -> None:
    """What is open of these entries has changed."""
    changed = set(ids)
    db.session().info.setdefault(_ITEMS, set()).update(changed)
    db.session().info.setdefault(_SETTLED, set()).update(changed)


def take() -> tuple[set[int], set[int]]:
    """Payers and entries of this transaction so far; they are forgotten then."""
    info = db.session().info
    return info.pop(_PAYERS, set()), info.pop(_ITEMS, set())


def take_settled() -> set[int]:
    """The entries of this transaction of which what is open has changed, for what waits to be paid (B5)."""
    found: set[int] = db.session().info.pop(_SETTLED, set())
    return found
