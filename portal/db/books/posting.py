"""Writing to the books and reading balances.

`write_entries` is the one way into the books, for one entry as for ten thousand. It writes the postings, then the
entries that seal them, then adds to the balances and month totals in the order of their keys, which is the lock
order of every writer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence, Set
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple, Protocol, cast

from sqlalchemy import (
    BigInteger,
    Executable,
    Select,
    Table,
    and_,
    bindparam,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from portal.db.books import touched
from portal.db.books.balances import balances as balances
from portal.db.books.balances import lowest_credit_from as lowest_credit_from
from portal.db.books.numbers import holds_number as holds_number
from portal.db.books.numbers import note_imported_numbers as note_imported_numbers
from portal.db.books.numbers import take_numbers as take_numbers
from portal.db.bulk import among, chunks, insert_many
from portal.db.engine import db, executed, is_sqlite
from portal.db.invoices.reversing import Freed, settle_each_other, settle_reversals
from portal.db.rows import columns, field_names, first_of, value_of, values_of
from portal.db.tables import (
    AccountMonth,
    Entry,
    FutureItem,
    LedgerAccount,
    Posting,
)
from portal.db.types import new_public_ids, total
from portal.rules import books as ledger
from portal.rules.books import EntryKind, Ledger
from portal.rules.periods import month_of

_ACCOUNTS = cast(Table, LedgerAccount.__table__)
AT_ONCE = 5_000
"""So many totals go to the database in one statement."""


class Half(NamedTuple):
    """One posting to be written: on which ledger account, and the signed amount in minor units.

    `owned` says that the account is a customer's, for which month totals are kept; a partner's has a balance only.
    `issued_for_id` is None for whom the entry was issued; an invoice over several accounts has a half for each.
    """

    ledger_account_id: int
    amount_minor: int
    owned: bool
    issued_for_id: int | None = None


_HOUSE = Ledger.HOUSE.value


class NewEntry(NamedTuple):
    """An entry to be written. Its halves sum to zero; `number` is None to take the next of its series.

    `id` and `sequence` are for callers that reserved the id and took the number beforehand. `is_item` is False for
    what neither is open nor settles anything: transfers between payers. `due_on` is an invoice's.
    """

    partner_id: int
    payer_id: int
    issued_for_id: int
    booked_on: date
    kind: EntryKind
    ledger: str
    currency: str
    amount_minor: int
    halves: tuple[Half, ...]
    external_id: str | None = None
    number: str | None = None
    tax_minor: int = 0
    description: str = ""
    category: str = ""
    reverses_id: int | None = None
    reason: str = ""
    idempotency_key: str | None = None
    id: int | None = None
    sequence: int | None = None
    due_on: date | None = None
    is_item: bool = True
    public_id: str | None = None

    @property
    def series(self) -> str:
        return ledger.SERIES[self.kind]

    @property
    def open_minor(self) -> int:
        """What is open of it at first: all of an item on a House Account (F7)."""
        return self.amount_minor if self.is_item and self.ledger == _HOUSE else 0


class Written(NamedTuple):
    id: int
    public_id: str
    number: str


class Standing(Protocol):
    """An entry by whose books it is on, and on whose it stands since balances were shared (P2)."""

    @property
    def partner_id(self) -> int: ...
    @property
    def payer_id(self) -> int: ...
    @property
    def holder_id(self) -> int: ...
    @property
    def currency(self) -> str: ...


class AccountKey(NamedTuple):
    """A ledger account by what it is; `owner_id` is None for a partner's own."""

    partner_id: int
    owner_id: int | None
    kind: str
    currency: str


NO_ACCOUNT = 0
"""Stands for a ledger account that is not there yet, where nothing may be written."""


def account_ids(keys: Iterable[AccountKey], *, make: bool = True) -> dict[AccountKey, int]:
    """The ids of ledger accounts, made where they do not exist yet; NO_ACCOUNT instead without `make`."""
    wanted = set(keys)
    found = _find_accounts(wanted)
    if not make:
        return {key: found.get(key, NO_ACCOUNT) for key in wanted}
    missing = sorted(wanted - found.keys(), key=lambda key: (key.partner_id, key.owner_id or 0, key.kind))
    if missing:
        dialect = sqlite if is_sqlite() else postgresql
        rows = [{**key._asdict(), "balance_minor": 0} for key in missing]
        db.session.execute(dialect.insert(LedgerAccount).on_conflict_do_nothing(), rows)
        found |= _find_accounts(set(missing))
    return found


def _find_accounts(keys: set[AccountKey]) -> dict[AccountKey, int]:
    owners = sorted({key.owner_id for key in keys if key.owner_id is not None})
    partners = sorted({key.partner_id for key in keys if key.owner_id is None})
    if len(owners) <= 1 and len(partners) <= 1:
        rows = executed(_one_pair(), {"owner": (*owners, None)[0], "partner": (*partners, None)[0]})
    else:
        a = _ACCOUNTS.c
        wanted = or_(among(a.owner_id, owners), and_(a.owner_id.is_(None), a.partner_id.in_(partners)))
        rows = executed(_account_columns().where(wanted))
    found = {value_of(AccountKey, row): row.id for row in rows}
    return {key: found[key] for key in keys if key in found}


def _account_columns() -> Select[*tuple[Any, ...]]:
    a = _ACCOUNTS.c
    return select(a.id, *columns(AccountKey, **{name: a[name] for name in field_names(AccountKey)}))


@cache
def _one_pair() -> Select[*tuple[Any, ...]]:
    """The accounts of one customer and of one partner, as one entry needs them."""
    a = _ACCOUNTS.c
    own = a.owner_id == bindparam("owner", type_=BigInteger())
    theirs = and_(a.owner_id.is_(None), a.partner_id == bindparam("partner", type_=BigInteger()))
    return _account_columns().where(or_(own, theirs))


def reserve_ids(count: int) -> Sequence[int]:
    """Ids for entries to be written in this transaction, rising. They need not be used."""
    if is_sqlite():
        last = executed(_LAST_ENTRY).scalar_one()
        return range(last + 1, last + 1 + count)
    return list(executed(_NEXT_ENTRIES, {"count": count}).scalars())


_LAST_ENTRY = select(func.coalesce(func.max(Entry.id), 0))
_NEXT_ENTRIES = text("SELECT nextval('entry_id_seq') FROM generate_series(1, :count)")


_POSTING_COLUMNS = ("entry_id", "ledger_account_id", "issued_for_id", "booked_on", "amount_minor")
_ENTRY_COLUMNS = (
    *("id", "public_id", "external_id", "partner_id", "payer_id", "issued_for_id", "booked_on", "entered_at"),
    *("kind", "ledger", "currency", "amount_minor", "tax_minor", "series", "number", "sequence"),
    *("description", "category", "reverses_id", "actor", "reason", "idempotency_key", "due_on", "open_minor"),
)


_WORDS = {kind: kind.value for kind in EntryKind}
"""Looking a kind's word up here is much quicker than asking the kind."""


def write_entries(
    entries: Sequence[NewEntry], *, actor: str, at: datetime, totals: Totals | None = None
) -> list[Written]:
    """Write entries with their postings, numbers, balances and totals. Numbers are taken in the order given.

    With `totals` the sums are only added there, for a caller with many batches who writes them at the end.
    """
    if not entries:
        return []
    ids = reserve_ids(len(entries)) if entries[0].id is None else [entry.id or 0 for entry in entries]
    fresh = new_public_ids(len(entries))
    numbers, public_ids = _numbers(entries), [e.public_id or key for e, key in zip(entries, fresh, strict=True)]
    sums = Totals() if totals is None else totals
    postings = [
        (entry_id, account, account_of or entry.issued_for_id, entry.booked_on, amount)
        for entry_id, entry in zip(ids, entries, strict=True)
        for account, amount, _, account_of in entry.halves
    ]
    rows = [
        _entry_row(entry, entry_id, public_id, sequence, number, actor, at)
        for entry_id, public_id, (sequence, number), entry in zip(ids, public_ids, numbers, entries, strict=True)
    ]
    insert_many(Posting, _POSTING_COLUMNS, postings)
    insert_many(Entry, _ENTRY_COLUMNS, rows)
    sums.add(entries)
    touched.payers({e.payer_id for e in entries if e.amount_minor > 0 and e.ledger == _HOUSE})
    if totals is None:
        sums.write()
    if reversals := [key for key, entry in zip(ids, entries, strict=True) if entry.reverses_id is not None]:
        _give_back(settle_reversals(reversals, actor=actor, at=at), actor, at, totals)
    return [
        Written(entry_id, public_id, number)
        for entry_id, public_id, (_, number) in zip(ids, public_ids, numbers, strict=True)
    ]


def _give_back(freed: Sequence[Freed], actor: str, at: datetime, totals: Totals | None) -> None:
    """Customer Credit that had paid what was reversed goes back to where it came from, so far as it did (F7)."""
    for one in freed:
        halves = tuple(
            half._replace(amount_minor=-one.amount_minor if half.amount_minor > 0 else one.amount_minor)
            for half in on_books_of(halves_of(one.id), one)
        )
        back = NewEntry(
            partner_id=one.partner_id,
            payer_id=one.holder_id,
            issued_for_id=one.issued_for_id,
            booked_on=one.on,
            kind=EntryKind.TRANSFER,
            ledger=_HOUSE,
            currency=one.currency,
            amount_minor=-one.amount_minor,
            halves=halves,
            description=one.description,
            reason=one.reason,
            reverses_id=one.id if one.whole else None,
        )
        new = write_entries([back], actor=actor, at=at, totals=totals)[0]
        if not one.whole:
            settle_each_other(one.id, new.id, one.amount_minor, one.settled_on, actor=actor, at=at)


def on_books_of(halves: Sequence[Half], item: Standing, *, make: bool = True) -> list[Half]:
    """The postings of an item as they would be on the books where it stands now (P2)."""
    if item.holder_id == item.payer_id:
        return list(halves)
    a = LedgerAccount
    own = [half.ledger_account_id for half in halves if half.owned]
    kinds = dict(db.session.execute(select(a.id, a.kind).where(among(a.id, own), a.owner_id == item.payer_id)).all())
    keys = {key: AccountKey(item.partner_id, item.holder_id, kind.value, item.currency) for key, kind in kinds.items()}
    ids = account_ids(keys.values(), make=make)
    return [
        half._replace(ledger_account_id=ids[keys[half.ledger_account_id]]) if half.ledger_account_id in keys else half
        for half in halves
    ]


def _entry_row(
    entry: NewEntry, entry_id: int, public_id: str, sequence: int | None, number: str, actor: str, at: datetime
) -> tuple[object, ...]:
    return (
        entry_id,
        public_id,
        entry.external_id,
        entry.partner_id,
        entry.payer_id,
        entry.issued_for_id,
        entry.booked_on,
        at,
        _WORDS[entry.kind],
        entry.ledger,
        entry.currency,
        entry.amount_minor,
        entry.tax_minor,
        entry.series,
        number,
        sequence,
        entry.description,
        entry.category,
        entry.reverses_id,
        actor,
        entry.reason,
        entry.idempotency_key,
        entry.due_on,
        entry.open_minor,
    )


def _numbers(entries: Sequence[NewEntry]) -> list[tuple[int | None, str]]:
    wanted: dict[tuple[int, str], int] = defaultdict(int)
    imported: dict[tuple[int, str], int] = {}
    given: dict[tuple[int, str], set[str]] = defaultdict(set)
    for entry in entries:
        if entry.number is None:
            wanted[entry.partner_id, entry.series] += 1
        elif entry.sequence is None and (value := ledger.own_value(entry.series, entry.number)) is not None:
            key = (entry.partner_id, entry.series)
            imported[key] = max(imported.get(key, 0), value)
            given[key].add(entry.number)
    if imported:
        note_imported_numbers(imported)
    supply = {key: iter(take_numbers(*key, count, besides=given[key])) for key, count in sorted(wanted.items())}
    return [
        (entry.sequence, entry.number) if entry.number is not None else next(supply[entry.partner_id, entry.series])
        for entry in entries
    ]


class Totals:
    """What entries add to balances and month totals. Partners' own accounts keep a balance only."""

    def __init__(self) -> None:
        self.partners: dict[int, int] = defaultdict(int)
        self.months: dict[tuple[int, date], int] = defaultdict(int)

    def add(self, entries: Iterable[NewEntry]) -> None:
        """Count the postings of `entries` in."""
        partners, months = self.partners, self.months
        for entry in entries:
            for account, amount, owned, _ in entry.halves:
                if owned:
                    months[account, month_of(entry.booked_on)] += amount
                else:
                    partners[account] += amount

    def write(self, hold: Set[int] = frozenset()) -> None:
        """Add everything counted to what is stored, accounts first, each table in the order of its keys.

        What it adds to the balances of the accounts in `hold` stays counted, for a later call.
        """
        balance = self.partners.copy()
        for (account, _), amount in self.months.items():
            balance[account] += amount
        self.partners.clear()
        self.partners.update({account: balance.pop(account) for account in hold & balance.keys()})
        if balance:
            executed(_ADD_TO_BALANCE, [{"account": key, "change": value} for key, value in sorted(balance.items())])
        for some in chunks(sorted(self.months.items()), AT_ONCE):
            rows = [{"ledger_account_id": key, "month": month, "net_minor": net} for (key, month), net in some]
            executed(_add_to_months(is_sqlite()), rows)
        self.months.clear()


_ADD_TO_BALANCE = (
    update(_ACCOUNTS)
    .where(_ACCOUNTS.c.id == bindparam("account"))
    .values(balance_minor=_ACCOUNTS.c.balance_minor + bindparam("change"))
)


@cache
def _add_to_months(lite: bool) -> Executable:
    """Begin a month with its net, or add to the one that is there."""
    table = cast(Table, AccountMonth.__table__)
    row = cast(postgresql.Insert, (sqlite if lite else postgresql).insert(table))
    added = table.c.net_minor + row.excluded.net_minor
    return row.on_conflict_do_update(index_elements=["ledger_account_id", "month"], set_={"net_minor": added})


class Original(NamedTuple):
    """An entry as a reversal needs it."""

    id: int
    public_id: str
    external_id: str | None
    partner_id: int
    payer_id: int
    issued_for_id: int
    booked_on: date
    kind: EntryKind
    ledger: str
    currency: str
    amount_minor: int
    tax_minor: int
    number: str
    description: str
    reversed_by: str | None
    moved_to_id: int | None

    @property
    def holder_id(self) -> int:
        """On whose books a reversal lands: with whom it stands since balances were shared, or its payer (P2, F11)."""
        return self.moved_to_id or self.payer_id


def original(*, external_id: str | None = None, public_id: str | None = None) -> Original | None:
    """The entry with this external or public id, and the number of the entry that reverses it."""
    reversal = aliased(Entry)
    condition = Entry.external_id == external_id if external_id is not None else Entry.public_id == public_id
    own = {name: getattr(Entry, name) for name in field_names(Original) if name != "reversed_by"}
    query = (
        select(*columns(Original, **own, reversed_by=reversal.number))
        .select_from(Entry)
        .outerjoin(reversal, reversal.reverses_id == Entry.id)
    )
    return first_of(Original, db.session.execute(query.where(condition)))


def owned_halves(entry_id: int) -> list[tuple[int, Ledger, int]]:
    """What an entry did to customers' accounts: whose, which of them, and the signed amount in minor units."""
    a, p = LedgerAccount, Posting
    rows = db.session.execute(
        select(a.owner_id, a.kind, p.amount_minor)
        .join(a, a.id == p.ledger_account_id)
        .where(p.entry_id == entry_id, a.owner_id.is_not(None))
        .order_by(p.id)
    )
    return [(owner or 0, Ledger(kind.value), amount) for owner, kind, amount in rows]


def halves_of(entry_id: int) -> list[Half]:
    """The postings of an entry."""
    p, account = Posting, LedgerAccount
    owned = account.owner_id.is_not(None)
    half = columns(
        Half,
        ledger_account_id=p.ledger_account_id,
        amount_minor=p.amount_minor,
        owned=owned,
        issued_for_id=p.issued_for_id,
    )
    query = select(*half).select_from(p).join(account, account.id == p.ledger_account_id)
    return values_of(Half, db.session.execute(query.where(p.entry_id == entry_id).order_by(p.id)))


def waiting_for(customer_ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Future items not yet invoiced nor reversed: how many and their sum in minor units, by customer."""
    item, reversal = FutureItem, aliased(FutureItem)
    rows = db.session.execute(
        select(item.issued_for_id, func.count(), total(item.amount_minor))
        .outerjoin(reversal, reversal.reverses_id == item.id)
        .where(
            item.issued_for_id.in_(sorted(customer_ids)),
            and_(item.reverses_id.is_(None), item.invoiced_by_id.is_(None), reversal.id.is_(None)),
        )
        .group_by(item.issued_for_id)
    )
    return {customer: (count, minor) for customer, count, minor in rows}
