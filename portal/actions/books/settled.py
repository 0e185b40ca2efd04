"""What a paper settles or is settled by, as its page says it (F7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.actions.books.entries import EntryView
from portal.db.engine import snapshot
from portal.db.invoices import items, settling
from portal.rules.books import EntryKind
from portal.rules.invoices.settling import AllocationKind


@dataclass(frozen=True, slots=True)
class Settlement:
    """So much of a paper is settled by another one, or settles it, from a day on; amounts are minor units.

    `freely` says that somebody or the partner's setting chose it, so that it can be taken back.
    """

    number: str
    public_id: str
    kind: EntryKind
    description: str
    amount_minor: int
    on: date
    freely: bool


@dataclass(frozen=True, slots=True)
class Settlements:
    """What an entry settles, or is settled by, in the order in which that was decided; `left_minor` is the rest."""

    rows: tuple[Settlement, ...]
    left_minor: int


@snapshot
def settlements(entry: EntryView) -> Settlements:
    """What stands of the allocations of an entry that somebody may see."""
    own = next(iter(items.named(entry.public_id)), None)
    if own is None:
        return Settlements((), 0)
    found = settling.remaining(targets=[own.id]) if own.is_charge else settling.remaining(sources=[own.id])
    others = items.by_ids({one.source_id if own.is_charge else one.target_id for one in found})
    rows = []
    for one in found:
        other = others[one.source_id if own.is_charge else one.target_id]
        source = other if own.is_charge else own
        freely = one.kind is AllocationKind.PAYMENT and source.kind is not EntryKind.TRANSFER
        rows.append(
            Settlement(
                other.number, other.public_id, other.kind, other.description, one.amount_minor, one.counts_on, freely
            )
        )
    return Settlements(tuple(rows), own.left_minor)
