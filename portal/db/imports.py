"""What imports look up and write, ten thousand rows at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    MetaData,
    Table,
    TextClause,
    and_,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import aliased

from portal.db.bulk import among, chunks, insert_many, listed
from portal.db.customers import LINKS_LOCK, searchable
from portal.db.engine import db, is_sqlite
from portal.db.ledger import Half, NewEntry, Totals
from portal.db.tables import (
    Customer,
    Entry,
    FutureItem,
    LedgerAccount,
    Partner,
    Posting,
    SharedBalance,
    SubAccountLink,
)
from portal.db.types import new_public_id, new_public_ids
from portal.rules.imports import FUTURE_ITEM
from portal.rules.ledger import FUTURE_SERIES, Ledger

SPILL = 50_000
"""So many different totals are kept in memory at most."""


# Customers


def partners() -> dict[str, Partner]:
    """Every partner by its name."""
    return {partner.name: partner for partner in db.session.scalars(select(Partner))}


def add_partner(name: str, currency: str) -> Partner:
    """A new partner with nothing but a name and a currency; the rest takes its defaults."""
    partner = Partner(name=name, currency=currency, public_id=new_public_id())
    db.session.add(partner)
    db.session.flush()
    db.session.refresh(partner)
    return partner


@dataclass(frozen=True, slots=True)
class StoredCustomer:
    """A customer as an import compares it with its row. `settled` says that nothing binds its partner or currency:
    no link, past or present, no entry and no future item.
    """

    id: int
    external_id: str
    partner_id: int
    partner_name: str
    values: dict[str, Any]
    address: str
    settled: bool


CUSTOMER_COLUMNS = (
    *("kind", "name", "given_name", "family_name", "email", "billing_email", "phone", "born_on"),
    *("own_status", "billing_type", "billing_day", "currency"),
)


def stored_customers(external_ids: Iterable[str]) -> dict[str, StoredCustomer]:
    """The customers with these external ids."""
    c, link, share, item = Customer, SubAccountLink, SharedBalance, FutureItem
    bound = or_(
        exists().where(or_(link.main_id == c.id, link.sub_id == c.id)),
        exists().where(or_(share.primary_id == c.id, share.secondary_id == c.id)),
        exists().where(LedgerAccount.owner_id == c.id),
        exists().where(Entry.issued_for_id == c.id),
        exists().where(item.issued_for_id == c.id),
    )
    columns = [getattr(c, name) for name in CUSTOMER_COLUMNS]
    rows = db.session.execute(
        select(c.id, c.external_id, c.partner_id, Partner.name, c.address, bound, *columns)
        .join(Partner, Partner.id == c.partner_id)
        .where(among(c.external_id, external_ids))
    )
    return {
        row[1]: StoredCustomer(
            row[0], row[1], row[2], row[3], dict(zip(CUSTOMER_COLUMNS, row[6:], strict=True)), row[4], not row[5]
        )
        for row in rows
    }


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """A customer to be added; `values` are those of CUSTOMER_COLUMNS."""

    external_id: str
    partner_id: int
    values: dict[str, Any]


def add_customers(new: Sequence[NewCustomer], at: datetime) -> None:
    """Add many customers."""
    columns = (
        *("public_id", "external_id", "partner_id", "created_at", "version", "manages_sub_accounts", "address"),
        *("blocked_cause", "status_changed_at", "folded_name", "folded", *CUSTOMER_COLUMNS),
    )
    rows = []
    for public_id, customer in zip(new_public_ids(len(new)), new, strict=True):
        blocked = customer.values["own_status"] == "blocked"
        folded = _folded(customer.external_id, "", customer.values)
        rows.append(
            (
                *(public_id, customer.external_id, customer.partner_id, at, 1, False, ""),
                *("by_hand" if blocked else None, at if blocked else None, folded["folded_name"], folded["folded"]),
                *(customer.values[name] for name in CUSTOMER_COLUMNS),
            )
        )
    insert_many(Customer, columns, rows)


def change_customer(stored: StoredCustomer, partner_id: int, values: Mapping[str, Any], at: datetime) -> None:
    """Change a customer to `values`, all of CUSTOMER_COLUMNS."""
    change: dict[str, Any] = {**values, "partner_id": partner_id, "version": Customer.version + 1}
    if values["own_status"] != stored.values["own_status"]:
        change |= {"blocked_cause": "by_hand" if values["own_status"] == "blocked" else None, "status_changed_at": at}
    change |= _folded(stored.external_id, stored.address, values)
    db.session.execute(update(Customer).where(Customer.id == stored.id).values(**change))


def _folded(external_id: str, address: str, values: Mapping[str, Any]) -> dict[str, str]:
    contacts = (values["email"], values["billing_email"], values["phone"])
    return searchable(values["name"], *contacts, address, external_id)


# Links


def ids_of(external_ids: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Id and partner of the customers with these external ids."""
    c = Customer
    rows = db.session.execute(select(c.external_id, c.id, c.partner_id).where(among(c.external_id, external_ids)))
    return {str(external_id): (key, partner) for external_id, key, partner in rows}


class NewLink(NamedTuple):
    """A link to be begun."""

    partner_id: int
    main_id: int
    sub_id: int
    mode: str


def end_links(sub_ids: Iterable[int], at: datetime) -> None:
    """End the current links of these sub-accounts."""
    link = SubAccountLink
    db.session.execute(update(link).where(among(link.sub_id, sub_ids), link.ended_at.is_(None)).values(ended_at=at))


def begin_links(links: Sequence[NewLink], at: datetime) -> None:
    """Begin many links."""
    columns = ("public_id", "partner_id", "main_id", "sub_id", "mode", "started_at")
    public_ids = new_public_ids(len(links))
    insert_many(SubAccountLink, columns, [(key, *link, at) for key, link in zip(public_ids, links, strict=True)])


def accounts_to_move(customer_id: int, currency: str) -> dict[str, list[tuple[date, int]]]:
    """What a customer holds on each of its accounts: sums by the day they were booked on, in minor units."""
    a, p = LedgerAccount, Posting
    rows = db.session.execute(
        select(a.kind, p.booked_on, func.sum(p.amount_minor))
        .join(p, p.ledger_account_id == a.id)
        .where(a.owner_id == customer_id, a.currency == currency)
        .group_by(a.kind, p.booked_on)
        .order_by(a.kind, p.booked_on)
    )
    found: dict[str, list[tuple[date, int]]] = {}
    for kind, on, amount in rows:
        found.setdefault(kind, []).append((on, int(amount)))
    return found


# Transactions


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
    payer = aliased(Customer)
    aggregated = and_(link.sub_id == c.id, link.ended_at.is_(None), link.mode == "aggregated")
    secondary = and_(share.secondary_id == c.id, share.ended_at.is_(None))
    column = c.public_id if public_ids else c.external_id
    paying = func.coalesce(link.main_id, share.primary_id, c.id)
    rows = db.session.execute(
        select(
            column,
            c.id,
            func.coalesce(c.external_id, c.public_id),
            c.name,
            c.partner_id,
            payer.id,
            payer.name,
            c.currency,
            c.billing_type,
        )
        .outerjoin(link, aggregated)
        .outerjoin(share, secondary)
        .join(payer, payer.id == paying)
        .where(among(column, references))
    )
    return {str(row[0]): Payee(*row[1:]) for row in rows}


class Booked(NamedTuple):
    """An entry or a future item that is in the books, as an import compares it and a reversal follows it.

    `kind` is "future_item" for a future item. `reversed_by` names the entry that reverses it, "" if none does.
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


def booked(external_ids: Iterable[str]) -> dict[str, Booked]:
    """Entries and future items with these external ids."""
    wanted = list(external_ids)
    found: dict[str, Booked] = {}
    for table in (Entry, FutureItem) if wanted else ():
        ids = list(db.session.scalars(select(table.id).where(among(table.external_id, wanted))))
        if ids:
            for row in db.session.execute(_booked_query(table).where(among(table.id, ids))):
                found[row[1]] = Booked(*row)
    return found


def _booked_query(table: Any) -> Any:
    original, reversal = aliased(table), aliased(table)
    future = table is FutureItem
    return (
        select(
            table.id,
            table.external_id,
            table.partner_id,
            table.issued_for_id if future else table.payer_id,
            table.issued_for_id,
            func.coalesce(Customer.external_id, Customer.public_id),
            table.booked_on,
            literal(FUTURE_ITEM) if future else table.kind,
            literal("house") if future else table.ledger,
            table.currency,
            table.amount_minor,
            table.tax_minor,
            table.number,
            table.sequence,
            table.description,
            table.category,
            func.coalesce(original.external_id, ""),
            func.coalesce(original.number, ""),
            func.coalesce(reversal.external_id, reversal.number, ""),
        )
        .join(Customer, Customer.id == table.issued_for_id)
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
        select(p.entry_id, p.ledger_account_id, p.amount_minor, a.owner_id)
        .join(a, a.id == p.ledger_account_id)
        .where(among(p.entry_id, entry_ids))
        .order_by(p.id)
    )
    found: dict[int, list[Half]] = {}
    for entry, account, amount, owner in rows:
        found.setdefault(entry, []).append(Half(account, amount, owner is not None))
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


def reserve_future_ids(count: int) -> Sequence[int]:
    """Ids for future items to be written in this transaction, rising."""
    if is_sqlite():
        last = db.session.execute(select(func.coalesce(func.max(FutureItem.id), 0))).scalar_one()
        return range(last + 1, last + 1 + count)
    drawn = text("SELECT nextval(pg_get_serial_sequence('future_item', 'id')) FROM generate_series(1, :count)")
    return list(db.session.execute(drawn, {"count": count}).scalars())


def add_future_items(items: Sequence[NewFutureItem], *, actor: str, at: datetime) -> list[str]:
    """Add future items; their public ids."""
    columns = (*NewFutureItem._fields, "public_id", "entered_at", "actor")
    public_ids = new_public_ids(len(items))
    insert_many(FutureItem, columns, [(*item, key, at, actor) for item, key in zip(items, public_ids, strict=True)])
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
            select(p.ledger_account_id, p.booked_on, func.sum(p.amount_minor))
            .where(among(p.ledger_account_id, some))
            .group_by(p.ledger_account_id, p.booked_on)
            .order_by(p.ledger_account_id, p.booked_on)
        ).all()
        for account, on, amount in rows:
            yield Day(account, on, int(amount))


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
        select(p.booked_on, p.amount_minor, Entry.external_id, Entry.id)
        .join(Entry, Entry.id == p.entry_id)
        .where(p.ledger_account_id == account_id)
        .order_by(p.id)
    )
    return [Move(*row) for row in rows]


_IMPORT_TOTAL = Table(
    "import_total",
    MetaData(),
    Column("ledger_account_id", BigInteger, nullable=False),
    Column("issued_for_id", BigInteger),
    Column("month", Date),
    Column("net_minor", BigInteger, nullable=False),
    prefixes=["TEMPORARY"],
)
"""What entries add to ledger accounts; `issued_for_id` and `month` are null for a partner's own account."""

_HOLD_ACCOUNTS = text(
    "SELECT id FROM ledger_account WHERE id IN (SELECT ledger_account_id FROM import_total) "
    "ORDER BY id FOR NO KEY UPDATE"
)
_ADD_TO_BALANCES = text(
    "UPDATE ledger_account SET balance_minor = balance_minor + added.net "
    "FROM (SELECT ledger_account_id AS account, CAST(sum(net_minor) AS BIGINT) AS net "
    "FROM import_total GROUP BY ledger_account_id) AS added WHERE ledger_account.id = added.account"
)


def _merge(table: str, keys: str, column: str) -> TextClause:
    """Add the temporary sums to those of `table`, in the order of its keys."""
    return text(
        f"INSERT INTO {table} ({keys}, {column}) SELECT {keys}, CAST(sum(net_minor) AS BIGINT) "  # noqa: S608
        f"FROM import_total WHERE month IS NOT NULL GROUP BY {keys} ORDER BY {keys} "
        f"ON CONFLICT ({keys}) DO UPDATE SET {column} = {table}.{column} + excluded.{column}"
    )


_MERGES = (
    _ADD_TO_BALANCES,
    _merge("account_month", "ledger_account_id, month", "net_minor"),
    _merge("account_issued_month", "ledger_account_id, issued_for_id, month", "net_minor"),
    _merge("account_issued", "ledger_account_id, issued_for_id", "balance_minor"),
)


def many_totals() -> Totals:
    """Totals of very many entries in bounded memory."""
    return _FlushedTotals() if is_sqlite() else _SpilledTotals()


class _FlushedTotals(Totals):
    """On SQLite nobody else writes meanwhile, so totals are written whenever there are many.

    Only the balance of Customer Credit waits for the end: in between it may be below zero, which the database refuses.
    """

    def __init__(self) -> None:
        super().__init__()
        self._credit: set[int] = set()

    def add(self, entries: Iterable[NewEntry]) -> None:
        """Count the postings of `entries` in."""
        entries = list(entries)
        super().add(entries)
        credits_ = (entry for entry in entries if entry.ledger == Ledger.CREDIT)
        self._credit |= {half.ledger_account_id for entry in credits_ for half in entry.halves if half.owned}
        if len(self.issued_month) > SPILL:
            super().write(self._credit)


class _SpilledTotals(Totals):
    """On PostgreSQL accounts are locked in the order of their ids, at the end; until then a temporary table waits."""

    def __init__(self) -> None:
        super().__init__()
        _IMPORT_TOTAL.create(db.session.connection())

    def add(self, entries: Iterable[NewEntry]) -> None:
        """Count the postings of `entries` in."""
        super().add(entries)
        if len(self.issued_month) > SPILL:
            self._spill()

    def write(self, hold: Set[int] = frozenset()) -> None:
        """Add everything to what is stored, in a few statements."""
        self._spill()
        prefer_whole_tables()
        for statement in (_HOLD_ACCOUNTS, *_MERGES):
            db.session.execute(statement)
        _IMPORT_TOTAL.drop(db.session.connection())

    def _spill(self) -> None:
        rows: list[tuple[int, int | None, date | None, int]] = [
            (account, issued_for, month, amount) for (account, issued_for, month), amount in self.issued_month.items()
        ]
        rows += [(account, None, None, amount) for account, amount in self.partners.items()]
        insert_many(_IMPORT_TOTAL, [column.name for column in _IMPORT_TOTAL.columns], rows)
        self.issued_month.clear()
        self.partners.clear()
