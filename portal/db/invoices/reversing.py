"""A reversal settles its original, and what had settled that before is free again (F1, F7)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from portal.db.bulk import among
from portal.db.engine import db
from portal.db.invoices import settling
from portal.db.invoices.settling import NewAllocation, Settled
from portal.db.rows import columns, values_of
from portal.db.tables import Entry
from portal.rules.invoices.settling import AllocationKind


class Pair(NamedTuple):
    """A reversal and its original, both items that stand with one payer."""

    reversal_id: int
    original_id: int
    amount_minor: int
    reversed_on: date
    booked_on: date


def settle_reversals(reversal_ids: Sequence[int], *, actor: str, at: datetime) -> None:
    """Free what settled the originals of these entries, or was settled by them, and let either settle the other."""
    pairs = _pairs(reversal_ids)
    originals = [pair.original_id for pair in pairs]
    if not originals:
        return
    settling.hold({key for pair in pairs for key in pair[:2]})
    settled = settling.remaining(sources=originals, targets=originals)
    days = {pair.original_id: pair.reversed_on for pair in pairs}
    settling.settle(taken_back(settled, days), actor=actor, at=at)
    settling.settle([new for pair in pairs for new in _each_other(pair)], actor=actor, at=at)


def taken_back(settled: Sequence[Settled], days: dict[int, date]) -> list[NewAllocation]:
    """All that is left of some allocations taken back, from the day of their item in `days` on."""
    parts = settling.parts_left([one.id for one in settled]) if settled else {}
    return [
        NewAllocation(
            one.source_id,
            one.target_id,
            -one.amount_minor,
            max(one.counts_on, days.get(one.source_id, date.min), days.get(one.target_id, date.min)),
            {account: -amount for account, amount in parts[one.id].items()},
            one.kind,
            one.id,
        )
        for one in settled
    ]


def _pairs(reversal_ids: Sequence[int]) -> list[Pair]:
    r, o = aliased(Entry), aliased(Entry)
    rows = db.session.execute(
        select(
            *columns(
                Pair,
                reversal_id=r.id,
                original_id=o.id,
                amount_minor=r.amount_minor,
                reversed_on=r.booked_on,
                booked_on=o.booked_on,
            )
        )
        .join(o, o.id == r.reverses_id)
        .where(among(r.id, reversal_ids), r.open_minor != 0, r.payer_id == func.coalesce(o.moved_to_id, o.payer_id))
        .order_by(r.id)
    )
    return values_of(Pair, rows)


def _each_other(pair: Pair) -> list[NewAllocation]:
    source, target = pair.reversal_id, pair.original_id
    if pair.amount_minor < 0:
        source, target = target, source
    parts = settling.charged_by_account([target])[target]
    on = max(pair.reversed_on, pair.booked_on)
    return [NewAllocation(source, target, abs(pair.amount_minor), on, parts, AllocationKind.REVERSAL)]
