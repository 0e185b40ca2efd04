"""Items: entries on House Accounts seen by what is open of them, as it is kept or as of a day (F7, F15)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    SQLColumnExpression,
    case,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from portal.db.bulk import among
from portal.db.engine import db
from portal.db.rows import columns, values_of
from portal.db.tables import Allocation, Customer, Entry, InvoiceLine, ItemMove, Partner
from portal.db.types import total
from portal.rules.books import EntryKind, Ledger
from portal.rules.invoices.settling import AllocationKind


class Item(NamedTuple):
    """An entry on a House Account. `holder_id` is with whom it stands: its payer, or who lends its balance since (P2).

    Amounts are minor units with the sign of the entry: charges are negative. `due_on` is its own day where it is no
    invoice. `reversed_by` is the number of the entry that reverses it, "" if none does. It stands with its holder
    since `held_since`: nothing there settles it before that day.
    """

    id: int
    public_id: str
    external_id: str | None
    number: str
    partner_id: int
    partner: str
    holder_id: int
    issued_for_id: int
    account: str
    kind: EntryKind
    booked_on: date
    due_on: date
    currency: str
    amount_minor: int
    open_minor: int
    description: str
    reverses_id: int | None
    reversed_by: str
    held_since: date

    @property
    def is_charge(self) -> bool:
        return self.amount_minor < 0 or (self.amount_minor == 0 and self.kind is EntryKind.INVOICE)

    @property
    def left_minor(self) -> int:
        """What is open of a charge, or left of a credit: positive."""
        return abs(self.open_minor)


def held_since(entry: type[Entry]) -> ColumnElement[date]:
    """Since when an entry stands where it does: the day it moved (P2) or, where it did not, its own."""
    m = ItemMove
    moved = select(func.max(m.moved_on)).where(m.entry_id == entry.id).correlate(entry).scalar_subquery()
    return case((entry.moved_to_id.is_(None), entry.booked_on), (moved > entry.booked_on, moved), else_=entry.booked_on)


def _query(holder: SQLColumnExpression[int], opened: SQLColumnExpression[int]) -> Select[*tuple[Any, ...]]:
    e, c, back = Entry, Customer, aliased(Entry)
    plain = {
        name: getattr(e, name)
        for name in ("id", "public_id", "external_id", "number", "partner_id", "issued_for_id", "kind", "booked_on")
    }
    more = {name: getattr(e, name) for name in ("currency", "amount_minor", "description", "reverses_id")}
    return (
        select(
            *columns(
                Item,
                **plain,
                **more,
                partner=Partner.name,
                holder_id=holder,
                account=func.coalesce(c.external_id, c.public_id),
                due_on=func.coalesce(e.due_on, e.booked_on),
                open_minor=opened,
                reversed_by=func.coalesce(back.number, ""),
                held_since=held_since(e),
            )
        )
        .select_from(e)
        .join(c, c.id == e.issued_for_id)
        .join(Partner, Partner.id == e.partner_id)
        .outerjoin(back, back.reverses_id == e.id)
    )


_holder = func.coalesce(Entry.moved_to_id, Entry.payer_id)


def by_ids(ids: Iterable[int]) -> dict[int, Item]:
    """Items by their keys, in their order, with what is open of them whatever the date of what settles them."""
    wanted = list(dict.fromkeys(ids))
    rows = db.session.execute(_query(_holder, Entry.open_minor).where(among(Entry.id, wanted)))
    found = {one.id: one for one in values_of(Item, rows)}
    return {key: found[key] for key in wanted if key in found}


def by_external_ids(external_ids: Iterable[str]) -> dict[str, Item]:
    """Items by their external ids."""
    wanted = list(external_ids)
    query = _query(_holder, Entry.open_minor).where(among(Entry.external_id, wanted), Entry.ledger == Ledger.HOUSE)
    return {one.external_id or "": one for one in values_of(Item, db.session.execute(query))} if wanted else {}


def named(name: str, *, partner_id: int | None = None) -> list[Item]:
    """The entries that people mean by a name: by external id, else by public id, else by number.

    A number may be another partner's too, or stand in several series.
    """
    e = Entry
    for condition in (e.external_id == name, e.public_id == name, e.number == name):
        query = _query(_holder, e.open_minor).where(condition, e.ledger == Ledger.HOUSE).order_by(e.id)
        if partner_id is not None:
            query = query.where(e.partner_id == partner_id)
        if found := values_of(Item, db.session.execute(query)):
            return found
    return []


def oldest_due_first() -> list[SQLColumnExpression[Any]]:
    """The order in which charges are settled where nobody chooses: by due day, by date, as they were entered (F7)."""
    return [func.coalesce(Entry.due_on, Entry.booked_on), Entry.booked_on, Entry.id]


def open_charges(holder_ids: Collection[int]) -> list[Item]:
    """What these payers have not settled, whatever the date of what settles it: the oldest due first (F7)."""
    return _kept_open(holder_ids, Entry.open_minor < 0)


def open_credits(holder_ids: Collection[int]) -> list[Item]:
    """What of payments and credits of these payers settles nothing yet, the oldest first."""
    return _kept_open(holder_ids, Entry.open_minor > 0)


def _kept_open(holder_ids: Collection[int], condition: ColumnElement[bool]) -> list[Item]:
    e, keys = Entry, list(holder_ids)
    own = select(e.id).where(among(e.payer_id, keys), e.moved_to_id.is_(None), e.open_minor != 0, condition)
    moved = select(e.id).where(among(e.moved_to_id, keys), condition)
    wanted = union_all(own, moved).subquery()
    query = _query(_holder, e.open_minor).where(e.id.in_(select(wanted.c.id)))
    return values_of(Item, db.session.execute(query.order_by(*oldest_due_first())))


# As of a day ----------------------------------------------------------------------------------------------------------


def held_on(on: date) -> ColumnElement[int]:
    """With whom an entry stood at the end of a day (P2)."""
    m = ItemMove
    later = select(m.from_id).where(m.entry_id == Entry.id, m.moved_on > on).order_by(m.moved_on, m.id).limit(1)
    return func.coalesce(later.correlate(Entry).scalar_subquery(), Entry.moved_to_id, Entry.payer_id)


def moved_later(on: date) -> Any:
    """With whom those entries stood at the end of a day that moved later (P2): columns `entry_id` and `from_id`.

    For many entries at once; `held_on` says the same of one.
    """
    m = ItemMove
    first = func.row_number().over(partition_by=m.entry_id, order_by=(m.moved_on, m.id)).label("place")
    rows = select(m.entry_id, m.from_id, first).where(m.moved_on > on).subquery()
    return select(rows.c.entry_id, rows.c.from_id).where(rows.c.place == 1).subquery()


def open_on(on: date, holder_id: int | None = None, partner_id: int | None = None) -> Any:
    """A table of entries with what was open of them at the end of a day: what is kept, less what counts later.

    Columns `id` and `minor`. Entries of a later date are among them. With `holder_id`, none of other customers than
    those that ever held the entry with it.
    """
    e, a = Entry, Allocation
    source = select(a.source_id.label("id"), a.amount_minor.label("minor")).where(a.counts_on > on)
    target = select(a.target_id, -a.amount_minor).where(a.counts_on > on)
    if holder_id is None:
        return _open_of_many(union_all(source, target), partner_id)
    m = ItemMove
    kept = select(e.id, e.open_minor.label("minor")).where(e.open_minor != 0)
    moved = select(m.entry_id).where(or_(m.from_id == holder_id, m.to_id == holder_id))
    theirs = or_(e.payer_id == holder_id, e.id.in_(moved))
    queries = [
        kept.where(e.payer_id == holder_id),
        kept.where(e.payer_id != holder_id, e.id.in_(moved)),
        source.join(e, e.id == a.source_id).where(theirs),
        target.join(e, e.id == a.target_id).where(theirs),
    ]
    rows = union_all(*queries).subquery()
    opened = total(rows.c.minor)
    return select(rows.c.id, opened.label("minor")).group_by(rows.c.id).having(opened != 0).subquery()


def _open_of_many(later: CompoundSelect[Any], partner_id: int | None) -> Any:
    """The same of everybody: only the few entries that something settles later are added up, the others are as kept."""
    each = later.subquery()
    added = select(each.c.id, total(each.c.minor).label("minor")).group_by(each.c.id).subquery()
    e = aliased(Entry)
    still, again = e.open_minor + func.coalesce(added.c.minor, 0), added.c.minor
    kept = select(e.id, still.label("minor")).outerjoin(added, added.c.id == e.id).where(e.open_minor != 0, still != 0)
    freed = select(e.id, again).join(added, added.c.id == e.id).where(e.open_minor == 0, again != 0)
    if partner_id is not None:
        kept, freed = kept.where(e.partner_id == partner_id), freed.where(e.partner_id == partner_id)
    return union_all(kept, freed).subquery()


def open_of(holder_id: int, on: date) -> list[Item]:
    """What stood open with a payer at the end of a day: charges and credits, the oldest due first (F7).

    Their sum is the House Account of that day.
    """
    found = open_on(on, holder_id)
    query = _query(held_on(on), found.c.minor).join(found, found.c.id == Entry.id)
    query = query.where(Entry.booked_on <= on, held_on(on) == holder_id)
    return values_of(Item, db.session.execute(query.order_by(*oldest_due_first())))


def spread(entry_ids: Collection[int]) -> set[int]:
    """Which of these entries are invoices over several accounts (F2)."""
    line = InvoiceLine
    query = select(line.invoice_id).distinct().join(Entry, Entry.id == line.invoice_id)
    found = db.session.scalars(query.where(among(line.invoice_id, entry_ids), line.account_id != Entry.issued_for_id))
    return set(found)


class Counted(NamedTuple):
    """What settles one charge by a day, in minor units: `announced` counts later only."""

    credited: int
    allocated: int
    announced: int


def settled_on(charge_ids: Collection[int], on: date) -> dict[int, Counted]:
    """What credits, payments and what is announced come to, for each of these charges that has any (F7)."""
    a = Allocation
    paper = a.kind.in_([AllocationKind.CREDIT_NOTE, AllocationKind.REVERSAL])
    by_now = a.counts_on <= on
    amount = a.amount_minor
    rows = db.session.execute(
        select(
            a.target_id,
            func.coalesce(func.sum(amount).filter(by_now, paper), literal(0)).label("credited"),
            func.coalesce(func.sum(amount).filter(by_now, ~paper), literal(0)).label("allocated"),
            func.coalesce(func.sum(amount).filter(~by_now), literal(0)).label("announced"),
        )
        .where(among(a.target_id, charge_ids))
        .group_by(a.target_id)
    )
    return {row.target_id: Counted(int(row.credited), int(row.allocated), int(row.announced)) for row in rows}
