"""A reversal settles its original, and what had settled that before is free again (F1, F7)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from portal.db.bulk import among
from portal.db.engine import db
from portal.db.invoices import settling
from portal.db.invoices.items import held_since
from portal.db.invoices.settling import NewAllocation, Settled
from portal.db.rows import columns, values_of
from portal.db.tables import CreditNote, Entry
from portal.rules.books import EntryKind, Ledger
from portal.rules.invoices.settling import AllocationKind


class Pair(NamedTuple):
    """A reversal and its original, both items that stand with one payer."""

    reversal_id: int
    original_id: int
    amount_minor: int
    reversed_on: date
    held_since: date


class Freed(NamedTuple):
    """Applied Customer Credit that had paid something that is reversed: so much of it goes back, on a day.

    `whole` says that it had paid nothing else,
    `settled_on` from when the entry that takes it back settles it. The texts are those of the reversal.
    """

    id: int
    partner_id: int
    payer_id: int
    holder_id: int
    issued_for_id: int
    currency: str
    amount_minor: int
    on: date
    settled_on: date
    whole: bool
    description: str
    reason: str


def settle_reversals(reversal_ids: Sequence[int], *, actor: str, at: datetime) -> list[Freed]:
    """Free what settled the originals of these entries, or was settled by them, and let either settle the other.

    What of that was Customer Credit is for the caller to give back.
    """
    waiting, freed = _pairs(reversal_ids), []
    while waiting:  # what reverses another one of these comes after it
        fresh = {pair.reversal_id for pair in waiting}
        now = [pair for pair in waiting if pair.original_id not in fresh]
        freed += _settled(now, actor, at)
        waiting = [pair for pair in waiting if pair.original_id in fresh]
    return freed


def _settled(pairs: Sequence[Pair], actor: str, at: datetime) -> list[Freed]:
    originals = [pair.original_id for pair in pairs]
    settling.hold({key for pair in pairs for key in pair[:2]})
    settled = settling.remaining(sources=originals, targets=originals)
    days = {pair.original_id: pair.reversed_on for pair in pairs}
    settling.settle(taken_back(settled, days), actor=actor, at=at)
    settling.settle([new for pair in pairs for new in _each_other(pair)], actor=actor, at=at)
    return _applied(pairs, settled)


def settle_each_other(credit_id: int, charge_id: int, amount_minor: int, on: date, *, actor: str, at: datetime) -> None:
    """Let a part of a credit settle the entry that takes this part back."""
    parts = settling.charged_by_account([charge_id])[charge_id]
    new = NewAllocation(credit_id, charge_id, amount_minor, on, parts, AllocationKind.REVERSAL)
    settling.settle([new], actor=actor, at=at)


def _applied(pairs: Sequence[Pair], settled: Sequence[Settled]) -> list[Freed]:
    """What of the allocations to reversed charges was applied Customer Credit that is not itself reversed here."""
    by_charge = {pair.original_id: pair for pair in pairs}
    paid: dict[tuple[int, int], int] = defaultdict(int)
    for one in settled:
        if one.target_id in by_charge and one.source_id not in by_charge:
            paid[one.source_id, one.target_id] += one.amount_minor
    if not paid:
        return []
    e = Entry
    rows = db.session.execute(
        select(
            *(e.id, e.partner_id, e.payer_id, e.issued_for_id, e.currency, e.amount_minor),
            func.coalesce(e.moved_to_id, e.payer_id).label("holder_id"),
            held_since(e).label("since"),
        ).where(
            among(e.id, [source for source, _ in paid]),
            *(e.kind == EntryKind.TRANSFER, e.ledger == Ledger.HOUSE, e.reverses_id.is_(None)),
        )
    )
    credits_ = {row.id: row for row in rows}
    texts = _texts([pair.reversal_id for pair in pairs])
    found = []
    for (source, target), amount in sorted(paid.items()):
        if (row := credits_.get(source)) is not None:
            pair = by_charge[target]
            found.append(
                Freed(
                    row.id,
                    row.partner_id,
                    row.payer_id,
                    row.holder_id,
                    row.issued_for_id,
                    row.currency,
                    amount,
                    pair.reversed_on,
                    max(pair.reversed_on, row.since),
                    amount == row.amount_minor,
                    *texts[pair.reversal_id],
                )
            )
    return found


def _texts(reversal_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    query = select(Entry.id, Entry.description, Entry.reason).where(among(Entry.id, reversal_ids))
    return {key: (description, reason) for key, description, reason in db.session.execute(query)}


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
                held_since=held_since(o),
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
    on = max(pair.reversed_on, pair.held_since)
    return [NewAllocation(source, target, abs(pair.amount_minor), on, parts, AllocationKind.REVERSAL)]


def credit_notes_of(invoice_ids: Sequence[int]) -> dict[int, list[str]]:
    """The numbers of the credit notes of invoices that have any, those left out that were reversed."""
    e, back = Entry, aliased(Entry)
    rows = db.session.execute(
        select(CreditNote.invoice_id, e.number)
        .join(e, e.id == CreditNote.entry_id)
        .outerjoin(back, back.reverses_id == e.id)
        .where(among(CreditNote.invoice_id, invoice_ids), back.id.is_(None))
        .order_by(e.id)
    )
    found: dict[int, list[str]] = defaultdict(list)
    for invoice, number in rows:
        found[invoice].append(number)
    return dict(found)
