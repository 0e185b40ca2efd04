"""Writing what settles what (F7). `entry.open_minor` follows in the same transaction, on both sides.

Who calls holds the payer. Items are changed in the order of their ids, which is the lock order; the database refuses
what would settle more than there is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, insert, literal, or_, select, text, update
from sqlalchemy.orm import aliased

from portal.db.books import touched
from portal.db.bulk import among, insert_many
from portal.db.engine import db, executed, is_sqlite
from portal.db.rows import columns, values_of
from portal.db.tables import Allocation, AllocationPart, Entry, ItemMove, LedgerAccount, Posting
from portal.db.types import Instant, total
from portal.rules.books import AccountKind, Ledger
from portal.rules.invoices.settling import AllocationKind


class NewAllocation(NamedTuple):
    """An allocation to be written, in minor units: positive, or negative to take `takes_back_id` back.

    `parts` say how it divides over the accounts of the charge; they add up to `amount_minor`. One of nothing shifts
    what `takes_back_id` settles from accounts to others.
    """

    source_id: int
    target_id: int
    amount_minor: int
    counts_on: date
    parts: Mapping[int, int]
    kind: AllocationKind = AllocationKind.PAYMENT
    takes_back_id: int | None = None


class Settled(NamedTuple):
    """What is left of an allocation after all that took it back, in minor units, newest last."""

    id: int
    source_id: int
    target_id: int
    kind: AllocationKind
    amount_minor: int
    counts_on: date


def settle(allocations: Sequence[NewAllocation], *, actor: str, at: datetime) -> None:
    """Write allocations with their parts, and what is open after them on either side."""
    if not allocations:
        return
    ids = _reserve(len(allocations))
    insert_many(
        Allocation,
        (
            "id",
            *("source_id", "target_id", "kind", "amount_minor"),
            *("counts_on", "entered_at", "actor", "takes_back_id"),
        ),
        [
            (key, a.source_id, a.target_id, a.kind.value, a.amount_minor, a.counts_on, at, actor, a.takes_back_id)
            for key, a in zip(ids, allocations, strict=True)
        ],
    )
    insert_many(
        AllocationPart,
        ("allocation_id", "account_id", "amount_minor"),
        [
            (key, account, amount)
            for key, a in zip(ids, allocations, strict=True)
            for account, amount in sorted(a.parts.items())
            if amount
        ],
    )
    _change_open(allocations)


def _reserve(count: int) -> Sequence[int]:
    if is_sqlite():
        last = db.session.execute(select(func.coalesce(func.max(Allocation.id), 0))).scalar_one()
        return range(last + 1, last + 1 + count)
    drawn = text("SELECT nextval(pg_get_serial_sequence('allocation', 'id')) FROM generate_series(1, :count)")
    return list(db.session.execute(drawn, {"count": count}).scalars())


def _change_open(allocations: Iterable[NewAllocation]) -> None:
    """A credit is open with its positive rest, a charge with its negative one: both come nearer to zero."""
    changes: dict[int, int] = defaultdict(int)
    for one in allocations:
        changes[one.source_id] -= one.amount_minor
        changes[one.target_id] += one.amount_minor
    touched.items(changes)
    rows = [{"entry": key, "change": change} for key, change in sorted(changes.items()) if change]
    if rows:
        executed(_CHANGE_OPEN, rows)


_entry = Entry.__table__.c
_CHANGE_OPEN = (
    update(Entry.__table__)  # type: ignore[arg-type]
    .where(_entry.id == bindparam("entry"))
    .values(open_minor=_entry.open_minor + bindparam("change"))
)


def hold(entry_ids: Iterable[int]) -> None:
    """Keep items from changing until the transaction ends, in the order of their ids; SQLite has one writer anyway."""
    if not is_sqlite():
        wanted = sorted(set(entry_ids))
        db.session.execute(select(Entry.id).where(among(Entry.id, wanted)).order_by(Entry.id).with_for_update()).all()


def hold_with(entry_id: int) -> None:
    """Hold an item and whatever it settles or is settled by."""
    if not is_sqlite():
        a = Allocation
        rows = db.session.execute(
            select(a.source_id, a.target_id).where(or_(a.source_id == entry_id, a.target_id == entry_id))
        )
        hold({entry_id, *(key for pair in rows for key in pair)})


def remaining(
    *, sources: Collection[int] = (), targets: Collection[int] = (), kinds: Collection[AllocationKind] = ()
) -> list[Settled]:
    """What is left of the allocations of these credits and of those to these charges, in the order they were made."""
    a = Allocation
    wanted: list[ColumnElement[bool]] = []
    if sources:
        wanted.append(among(a.source_id, sources))
    if targets:
        wanted.append(among(a.target_id, targets))
    found = []
    for condition in wanted:
        rows = db.session.execute(_left().where(condition, a.kind.in_(list(kinds) or list(AllocationKind))))
        found += values_of(Settled, rows)
    return sorted(set(found))


def _left() -> Select[tuple[object, ...]]:
    a, back = Allocation, aliased(Allocation)
    taken = select(total(back.amount_minor)).where(back.takes_back_id == a.id).correlate(a).scalar_subquery()
    left = a.amount_minor + taken
    return select(
        *columns(
            Settled,
            id=a.id,
            source_id=a.source_id,
            target_id=a.target_id,
            kind=a.kind,
            amount_minor=left,
            counts_on=a.counts_on,
        )
    ).where(a.takes_back_id.is_(None), left > 0)


def parts_left(allocation_ids: Collection[int]) -> dict[int, dict[int, int]]:
    """How what is left of allocations divides over accounts: by allocation, then by account, in minor units."""
    a, p = Allocation, AllocationPart
    first = func.coalesce(a.takes_back_id, a.id)
    rows = db.session.execute(
        select(first.label("first"), p.account_id, total(p.amount_minor).label("amount"))
        .join(a, a.id == p.allocation_id)
        .where(among(a.id, allocation_ids) | among(a.takes_back_id, allocation_ids))
        .group_by(first, p.account_id)
    )
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for row in rows:
        if row.amount:
            found[row.first][row.account_id] = row.amount
    return found


def charged_by_account(entry_ids: Collection[int]) -> dict[int, dict[int, int]]:
    """How much of each charge was issued for which account (F2), in minor units: what is charged is positive."""
    p, a = Posting, LedgerAccount
    rows = db.session.execute(
        select(p.entry_id, p.issued_for_id, total(p.amount_minor).label("amount"))
        .join(a, a.id == p.ledger_account_id)
        .where(among(p.entry_id, entry_ids), a.owner_id.is_not(None), a.kind == AccountKind.HOUSE)
        .group_by(p.entry_id, p.issued_for_id)
    )
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for row in rows:
        found[row.entry_id][row.issued_for_id] = -row.amount
    return found


def open_by_account(charge_ids: Collection[int]) -> dict[int, dict[int, int]]:
    """What of each charge nothing settles yet, by the accounts it was issued for, whatever the date (F7)."""
    found = charged_by_account(charge_ids)
    a, p = Allocation, AllocationPart
    rows = db.session.execute(
        select(a.target_id, p.account_id, total(p.amount_minor).label("amount"))
        .join(p, p.allocation_id == a.id)
        .where(among(a.target_id, charge_ids))
        .group_by(a.target_id, p.account_id)
    )
    for row in rows:
        accounts = found[row.target_id]
        accounts[row.account_id] = accounts.get(row.account_id, 0) - row.amount
    return found


def move_items(from_id: int, to_id: int, *, on: date, at: datetime) -> None:
    """What is on the books of one payer stands with another one from now on, because it uses that one's balance (P2).

    What is settled already moves along: were it freed later, it would be open there.
    """
    own = and_(Entry.payer_id == from_id, Entry.moved_to_id.is_(None))
    standing = select(Entry.id).where(or_(own, Entry.moved_to_id == from_id), Entry.ledger == Ledger.HOUSE)
    rows = standing.add_columns(*(literal(value) for value in (from_id, to_id)), literal(on), literal(at, Instant))
    names = ["entry_id", "from_id", "to_id", "moved_on", "moved_at"]
    db.session.execute(insert(ItemMove).from_select(names, rows))
    db.session.execute(update(Entry).where(Entry.id.in_(standing)).values(moved_to_id=to_id))
