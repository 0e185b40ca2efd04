"""What an import of transactions looks up and writes, besides the entries themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, case, func, literal, select, text
from sqlalchemy.orm import aliased

from portal.db.books.posting import Half
from portal.db.bulk import among, chunks, insert_many, listed
from portal.db.customers.profiles import LINKS_LOCK
from portal.db.engine import db, is_sqlite
from portal.db.links.live import paid_above, payer, used
from portal.db.rows import columns, value_of, values_of
from portal.db.tables import Customer, Entry, FutureItem, LedgerAccount, Posting, SharedBalance, SubAccountLink
from portal.db.types import new_public_ids, total
from portal.rules.books import FUTURE_SERIES
from portal.rules.imports import FUTURE_ITEM


def one_at_a_time() -> None:
    """Wait until no other import is at work; SQLite's single writer waits anyway."""
    if not is_sqlite():
        db.session.execute(select(func.pg_advisory_xact_lock(LINKS_LOCK + 1)))


def prefer_indexes() -> None:
    """Tell PostgreSQL, for this transaction, to look rows up one by one.

    It plans for the tables as they were before the import filled them, and would read them whole for each chunk.
    """
    _plan_with("off")


def prefer_whole_tables() -> None:
    """Let PostgreSQL plan as it likes again."""
    _plan_with("on")


def _plan_with(state: str) -> None:
    if not is_sqlite():
        for setting in ("enable_seqscan", "enable_hashjoin", "enable_mergejoin", "jit"):
            db.session.execute(text(f"SET LOCAL {setting} = {state}"))


class Payee(NamedTuple):
    """A customer as a transaction needs it: whose books its amounts land on, and in which currency."""

    id: int
    reference: str
    name: str
    partner_id: int
    payer_id: int
    payer_name: str
    currency: str
    billing_type: str


def payees(references: Iterable[str], *, public_ids: bool = False) -> dict[str, Payee]:
    """The customers with these external ids, or else `public_ids`, with their payers as of now (F11)."""
    c, link, share = Customer, SubAccountLink, SharedBalance
    paying = aliased(Customer)
    key = c.public_id if public_ids else c.external_id
    found = columns(
        Payee,
        id=c.id,
        reference=func.coalesce(c.external_id, c.public_id),
        name=c.name,
        partner_id=c.partner_id,
        payer_id=paying.id,
        payer_name=paying.name,
        currency=c.currency,
        billing_type=c.billing_type,
    )
    rows = db.session.execute(
        select(key.label("key"), *found)
        .select_from(c)
        .outerjoin(link, paid_above(link, c.id))
        .outerjoin(share, used(share, c.id))
        .join(paying, paying.id == payer(c.id, link, share))
        .where(among(key, references), c.removed_at.is_(None))
    )
    return {str(row.key): value_of(Payee, row) for row in rows}


class Booked(NamedTuple):
    """An entry or a future item that is in the books, as an import compares it and a reversal follows it.

    `kind` is "future_item" for a future item. `reversed_by` names the entry that reverses it, "" if none does,
    `books_of_removed` the customer whose books it is on where that one was removed.
    """

    id: int
    external_id: str
    partner_id: int
    payer_id: int
    issued_for_id: int
    customer: str
    on: date
    kind: str
    ledger: str
    currency: str
    amount_minor: int
    tax_minor: int
    number: str
    sequence: int | None
    description: str
    category: str
    reverses: str
    reverses_number: str
    reversed_by: str
    books_of_removed: str
    holder_id: int


def booked(external_ids: Iterable[str]) -> dict[str, Booked]:
    """Entries and future items with these external ids."""
    wanted = list(external_ids)
    found: dict[str, Booked] = {}
    for table in (Entry, FutureItem) if wanted else ():
        ids = list(db.session.scalars(select(table.id).where(among(table.external_id, wanted))))
        if ids:
            rows = db.session.execute(_booked_query(table).where(among(table.id, ids)))
            found |= {one.external_id: one for one in values_of(Booked, rows)}
    return found


def _booked_query(table: Any) -> Select[*tuple[Any, ...]]:
    original, reversal, books_of, c = aliased(table), aliased(table), aliased(Customer), Customer
    future = table is FutureItem
    payer_id = table.issued_for_id if future else table.payer_id
    holder_id = payer_id if future else func.coalesce(table.moved_to_id, table.payer_id)
    found = columns(
        Booked,
        id=table.id,
        external_id=table.external_id,
        partner_id=table.partner_id,
        payer_id=payer_id,
        issued_for_id=table.issued_for_id,
        customer=func.coalesce(c.external_id, c.public_id),
        on=table.booked_on,
        kind=literal(FUTURE_ITEM) if future else table.kind,
        ledger=literal("house") if future else table.ledger,
        currency=table.currency,
        amount_minor=table.amount_minor,
        tax_minor=table.tax_minor,
        number=table.number,
        sequence=table.sequence,
        description=table.description,
        category=table.category,
        reverses=func.coalesce(original.external_id, ""),
        reverses_number=func.coalesce(original.number, ""),
        reversed_by=func.coalesce(reversal.external_id, reversal.number, ""),
        books_of_removed=case((books_of.removed_at.is_not(None), books_of.name), else_=""),
        holder_id=holder_id,
    )
    return (
        select(*found)
        .select_from(table)
        .join(c, c.id == table.issued_for_id)
        .join(books_of, books_of.id == holder_id)
        .outerjoin(original, original.id == table.reverses_id)
        .outerjoin(reversal, reversal.reverses_id == table.id)
    )


def invoiced(future_item_ids: Iterable[int]) -> dict[int, str]:
    """The number of the invoice that took each of these future items, for those that were taken."""
    item = FutureItem
    rows = db.session.execute(
        select(item.id, Entry.number)
        .join(Entry, Entry.id == item.invoiced_by_id)
        .where(among(item.id, future_item_ids))
    )
    return {key: number for key, number in rows}  # noqa: C416


def halves_of(entry_ids: Iterable[int]) -> dict[int, list[Half]]:
    """The postings of entries."""
    p, a = Posting, LedgerAccount
    rows = db.session.execute(
        select(
            p.entry_id,
            *columns(
                Half,
                ledger_account_id=p.ledger_account_id,
                amount_minor=p.amount_minor,
                owned=a.owner_id.is_not(None),
                issued_for_id=p.issued_for_id,
            ),
        )
        .join(a, a.id == p.ledger_account_id)
        .where(among(p.entry_id, entry_ids))
        .order_by(p.id)
    )
    found: dict[int, list[Half]] = {}
    for row in rows:
        found.setdefault(row.entry_id, []).append(value_of(Half, row))
    return found


NumberKey = tuple[int, str, str]
"""Partner, series, number."""


def holders_of(numbers: Iterable[NumberKey]) -> dict[NumberKey, str]:
    """Which of these numbers are taken, and by which external id ("" where it has none)."""
    found: dict[NumberKey, str] = {}
    by_series: dict[tuple[int, str], list[str]] = {}
    for partner, series, number in numbers:
        by_series.setdefault((partner, series), []).append(number)
    for (partner, series), some in by_series.items():
        table: Any = FutureItem if series == FUTURE_SERIES else Entry
        wanted = listed(table.number, some)
        same = [table.partner_id == partner, table.number == wanted]
        if table is Entry:
            same.append(Entry.series == series)
        # One look into the index for each number; a join might go through all of the series each time.
        holder = select(func.coalesce(table.external_id, "")).where(*same).correlate_except(table).scalar_subquery()
        for number, external_id in db.session.execute(select(wanted, holder)):
            if external_id is not None:
                found[partner, series, number] = external_id
    return found


class NewFutureItem(NamedTuple):
    """A future item to be added: a charge is positive, its cancellation negative."""

    id: int
    external_id: str | None
    partner_id: int
    issued_for_id: int
    booked_on: date
    currency: str
    amount_minor: int
    tax_minor: int
    number: str
    sequence: int | None
    description: str
    category: str
    reverses_id: int | None
    idempotency_key: str | None
    rate_e3: int | None = None
    credits_id: int | None = None
    from_on: date | None = None
    to_on: date | None = None
    payer_id: int | None = None
    charges_id: int | None = None


def reserve_future_ids(count: int) -> Sequence[int]:
    """Ids for future items to be written in this transaction, rising."""
    if is_sqlite():
        last = db.session.execute(select(func.coalesce(func.max(FutureItem.id), 0))).scalar_one()
        return range(last + 1, last + 1 + count)
    drawn = text("SELECT nextval(pg_get_serial_sequence('future_item', 'id')) FROM generate_series(1, :count)")
    return list(db.session.execute(drawn, {"count": count}).scalars())


def add_future_items(items: Sequence[NewFutureItem], *, actor: str, at: datetime) -> list[str]:
    """Add future items; their public ids."""
    names = (*NewFutureItem._fields, "public_id", "entered_at", "actor")
    public_ids = new_public_ids(len(items))
    insert_many(FutureItem, names, [(*item, key, at, actor) for item, key in zip(items, public_ids, strict=True)])
    return public_ids


class Day(NamedTuple):
    """The sum of one day on one ledger account, in minor units."""

    ledger_account_id: int
    on: date
    amount_minor: int


def days_of(account_ids: Iterable[int]) -> Iterable[Day]:
    """What each day moved on these ledger accounts, by account and then by date."""
    p = Posting
    for some in chunks(sorted(account_ids), 1000):
        rows = db.session.execute(
            select(
                *columns(Day, ledger_account_id=p.ledger_account_id, on=p.booked_on, amount_minor=total(p.amount_minor))
            )
            .where(among(p.ledger_account_id, some))
            .group_by(p.ledger_account_id, p.booked_on)
            .order_by(p.ledger_account_id, p.booked_on)
        )
        yield from values_of(Day, rows)


class Move(NamedTuple):
    """One posting on an account, with the external id of its entry."""

    on: date
    amount_minor: int
    external_id: str | None
    entry_id: int


def moves_of(account_id: int) -> list[Move]:
    """Every posting on one ledger account, in the order they were entered."""
    p = Posting
    rows = db.session.execute(
        select(
            *columns(
                Move, on=p.booked_on, amount_minor=p.amount_minor, external_id=Entry.external_id, entry_id=Entry.id
            )
        )
        .select_from(p)
        .join(Entry, Entry.id == p.entry_id)
        .where(p.ledger_account_id == account_id)
        .order_by(p.id)
    )
    return values_of(Move, rows)
