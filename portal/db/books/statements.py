"""The figures of a statement, read as columns in a constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple, cast

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    type_coerce,
    union,
    union_all,
)
from sqlalchemy.orm import aliased

from portal.db.bulk import among
from portal.db.engine import db, executed
from portal.db.folding import literally
from portal.db.invoices import settling
from portal.db.links.live import paid_for
from portal.db.rows import Part, columns, labelled, value_of, values_of
from portal.db.tables import (
    AccountMonth,
    Allocation,
    AllocationPart,
    Customer,
    Entry,
    FutureItem,
    LedgerAccount,
    Posting,
    SharedBalance,
    SubAccountLink,
)
from portal.db.types import Instant, total
from portal.rules.books import LATEST, AccountKind
from portal.rules.periods import month_after, month_of
from portal.rules.statements.figures import Party, Row, WaitingItem


def account_id(payer_id: int, kind: str, currency: str) -> int | None:
    """The payer's ledger account, if anything was ever posted to it."""
    a = LedgerAccount
    return db.session.scalar(select(a.id).where(a.owner_id == payer_id, a.kind == kind, a.currency == currency))


class Books(NamedTuple):
    """One of the payer's ledger accounts: what stood on it before the first day, in minor units, and whether it moved
    until the last one, so that nobody asks for lines that are not there; likewise whether anything is settled later.
    """

    kind: AccountKind
    ledger_account_id: int
    opening_minor: int
    moved: bool
    settled_later: bool


def books_of(
    payer_id: int, currency: str, first: date, last: date = LATEST, issued_for_id: int | None = None
) -> list[Books]:
    """The payer's House Account and Customer Credit, as far as anything was ever posted to them.

    They moved where something was posted between the days, for the one customer if one is given.
    What they open with is the stored balance less what came since, in whole months and the shorter part of the one of
    `first`: a recent statement costs the same however long the history is.
    """
    start = month_of(first)
    early = first.day <= 15
    since = start if early else month_after(first)
    from_day, to_day = (start, first) if early else (first, since)
    found = executed(
        _books_of(early, first == start, issued_for_id is not None),
        {"payer": payer_id, "currency": currency, "since": since, "from_day": from_day, "to_day": to_day}
        | {"first": first, "last": last, "account": issued_for_id},
    )
    return values_of(Books, found)


@cache
def _books_of(early: bool, exact: bool, of_one: bool) -> Select[*tuple[Any, ...]]:
    """`early` days are counted from the beginning of their month; a first of the month is `exact` and counts none."""
    a, m, p = LedgerAccount, AccountMonth, Posting
    months = select(total(m.net_minor)).where(m.ledger_account_id == a.id, m.month >= bindparam("since"))
    amount = a.balance_minor - months.scalar_subquery()
    if not exact:
        within = [p.booked_on >= bindparam("from_day"), p.booked_on < bindparam("to_day")]
        days = select(total(p.amount_minor)).where(p.ledger_account_id == a.id, *within).scalar_subquery()
        amount = amount + days if early else amount - days
    between = [p.booked_on >= bindparam("first"), p.booked_on <= bindparam("last")]
    if of_one:
        between.append(p.issued_for_id == bindparam("account"))
    moved = select(p.id).where(p.ledger_account_id == a.id, *between).exists()
    later = select(Allocation.id).where(Allocation.counts_on > bindparam("last")).exists()
    wanted = columns(Books, kind=a.kind, ledger_account_id=a.id, opening_minor=amount, moved=moved, settled_later=later)
    return select(*wanted).where(a.owner_id == bindparam("payer"), a.currency == bindparam("currency"))


def _party(customer: type[Customer]) -> Part:
    """A customer as a statement names it."""
    c = customer
    reference = func.coalesce(c.external_id, c.public_id)
    return Part(columns(Party, reference=reference, public_id=c.public_id, name=c.name, address=c.address))


def count_lines(account: int, issued_for_id: int | None, first: date, last: date) -> int:
    """How many lines the statement will have."""
    return db.session.scalar(select(func.count()).where(*_range(account, issued_for_id, first, last))) or 0


def rows(
    account: int, issued_for_id: int | None, first: date, last: date, *, limit: int | None = None
) -> Sequence[Row]:
    """The lines between two inclusive dates, by date and then in the order they were entered (S2)."""
    found = executed(
        _lines(issued_for_id is not None, limit is not None),
        {"ledger_account": account, "account": issued_for_id, "first": first, "last": last, "most": limit},
    )
    # The database's own rows have the fields of `Row` in their order; to copy ten thousand of them takes its time.
    return cast(Sequence[Row], found.all())


@cache
def _lines(of_one: bool, limited: bool) -> Select[*tuple[Any, ...]]:
    p, e, c = Posting, Entry, Customer
    wanted = columns(
        Row,
        booked_on=p.booked_on,
        number=e.number,
        description=e.description,
        category=e.category,
        kind=type_coerce(e.kind, String),  # its word is enough, and ten thousand members take their time
        amount_minor=p.amount_minor,
        issued_for_id=p.issued_for_id,
        account=func.coalesce(c.external_id, c.public_id),
        account_id=c.public_id,
        account_name=c.name,
        external_id=e.external_id,
        entry=e.public_id,
        open_minor=case((or_(p.amount_minor == e.amount_minor, e.open_minor == 0), e.open_minor)),
    )
    query = (
        select(*wanted)
        .select_from(p)
        .join(e, e.id == p.entry_id)
        .join(c, c.id == p.issued_for_id)
        .where(
            p.ledger_account_id == bindparam("ledger_account"),
            p.booked_on >= bindparam("first"),
            p.booked_on <= bindparam("last"),
        )
        .order_by(p.booked_on, p.id)
    )
    if of_one:
        query = query.where(p.issued_for_id == bindparam("account"))
    return query.limit(bindparam("most", type_=Integer())) if limited else query


def opened(books: Books, issued_for_id: int | None, first: date, last: date, rows: Iterable[Row]) -> dict[int, int]:
    """What of the charges among some lines is open on the last day besides what the lines say, by account (S13).

    That is what settles them on a later day, and the parts of invoices over several accounts.
    """
    found: dict[int, int] = defaultdict(int)
    if books.settled_later:
        given = {"ledger_account": books.ledger_account_id, "account": issued_for_id, "first": first, "last": last}
        for key, minor in executed(_settled_later(issued_for_id is not None), given):
            found[key] += minor
    if spread := {row.entry for row in rows if row.open_minor is None}:
        # A half that has the amount of its whole invoice was counted as one of a single account.
        for row in rows:
            if row.entry in spread and row.open_minor and row.amount_minor < 0:
                found[row.issued_for_id] += row.open_minor
        query = select(Entry.id, Entry.public_id).where(among(Entry.public_id, spread))
        ids = {key: public_id for key, public_id in db.session.execute(query)}  # noqa: C416
        parts = settling.open_by_account(list(ids))
        charged = {(row.entry, row.issued_for_id) for row in rows if row.entry in spread and row.amount_minor < 0}
        for entry, accounts in parts.items():
            for key, minor in accounts.items():
                found[key] += minor if (ids[entry], key) in charged else 0
    return found


@cache
def _settled_later(of_one: bool) -> Select[*tuple[Any, ...]]:
    """What settles charges between two days only after the second one, by account."""
    p, a, part = Posting, Allocation, AllocationPart
    later = a.counts_on > bindparam("last")
    query = (
        select(part.account_id, total(part.amount_minor))
        .select_from(p)
        .join(a, and_(a.target_id == p.entry_id, later))
        .join(part, and_(part.allocation_id == a.id, part.account_id == p.issued_for_id))
        .where(
            p.ledger_account_id == bindparam("ledger_account"),
            p.booked_on >= bindparam("first"),
            p.booked_on <= bindparam("last"),
            p.amount_minor < 0,
        )
        .group_by(part.account_id)
    )
    return query.where(p.issued_for_id == bindparam("account")) if of_one else query


def _range(account: int, issued_for_id: int | None, first: date, last: date) -> list[ColumnElement[bool]]:
    p = Posting
    where = [p.ledger_account_id == account, p.booked_on >= first, p.booked_on <= last]
    if issued_for_id is not None:
        where.append(p.issued_for_id == issued_for_id)
    return where


def parties(ids: Iterable[int]) -> dict[int, Party]:
    """Customers as a statement names them, by their keys."""
    keys = sorted(set(ids))
    if not keys:
        return {}
    query = select(Customer.id, *labelled("party", _party(Customer))).where(Customer.id.in_(keys))
    return {row.id: value_of(Party, row, "party__") for row in db.session.execute(query)}


SHARED = "shared"


class PayingPeriod(NamedTuple):
    """A link or a shared balance: from when to when (None: still), how (SHARED for the latter), and between whom."""

    began_at: datetime
    ended_at: datetime | None
    mode: str
    payer_id: int
    account_id: int
    payer: str
    account: str


def paying_periods(payer_id: int, account_id: int, since: datetime, until: datetime) -> list[PayingPeriod]:
    """What began or ended between two instants on the payer's side or, where they differ, for the account; and every
    period in which somebody else could have paid for the account (S11)."""
    rows = executed(
        _involved(account_id == payer_id),
        {"payer": payer_id, "account": account_id, "since": since, "until": until},
    )
    return values_of(PayingPeriod, rows)


@cache
def _involved(itself: bool) -> Select[*tuple[Any, ...]]:
    period = _periods().subquery()
    payer, account = aliased(Customer), aliased(Customer)
    since, until = bindparam("since", type_=Instant()), bindparam("until", type_=Instant())
    begun = and_(period.c.began_at >= since, period.c.began_at < until)
    ended = and_(period.c.ended_at >= since, period.c.ended_at < until)
    own = period.c.account_id == bindparam("account")
    involved = or_(own, and_(period.c.payer_id == bindparam("payer"), or_(begun, ended))) if itself else own
    between = {name: period.c[name] for name in ("began_at", "ended_at", "mode", "payer_id", "account_id")}
    return (
        select(*columns(PayingPeriod, **between, payer=payer.name, account=account.name))
        .join_from(period, payer, payer.id == period.c.payer_id)
        .join(account, account.id == period.c.account_id)
        .where(involved)
    )


def _periods() -> CompoundSelect[Any]:
    link, share = SubAccountLink, SharedBalance
    return union_all(
        select(
            link.started_at.label("began_at"),
            link.ended_at.label("ended_at"),
            type_coerce(link.mode, String).label("mode"),
            link.main_id.label("payer_id"),
            link.sub_id.label("account_id"),
        ),
        select(share.started_at, share.ended_at, literal(SHARED), share.primary_id, share.secondary_id),
    )


def payers_of(account_id: int, first: date, last: date) -> dict[int, tuple[date, date]]:
    """On whose books the account has entries between two dates, with the first and last date of each."""
    e = Entry
    found = db.session.execute(
        select(e.payer_id, func.min(e.booked_on), func.max(e.booked_on))
        .where(e.issued_for_id == account_id, e.booked_on >= first, e.booked_on <= last)
        .group_by(e.payer_id)
    )
    return {payer: (begin, end) for payer, begin, end in found}


def ever_paid(payer_id: int, account_id: int) -> bool:
    """Whether anything issued for the account ever landed on the payer's books."""
    e = Entry
    found = select(e.id).where(e.issued_for_id == account_id, e.payer_id == payer_id).limit(1)
    return db.session.scalar(found) is not None


class PaidFor(NamedTuple):
    """A customer that is, or as a `former` one was, paid for on somebody's books."""

    public_id: str
    reference: str
    name: str
    former: bool


def accounts_of(
    payer_id: int, currency: str, *, text: str = "", folded: str = "", limit: int | None = None
) -> list[PaidFor]:
    """Every customer that is or was paid for on the payer's books, besides itself, former ones last, by name (S9).

    `folded` restricts to names that contain it, or to the one whose public or external id is `text`.
    """
    given = {"payer": payer_id, "currency": currency, "most": limit, "text": text, "folded": f"%{literally(folded)}%"}
    return values_of(PaidFor, executed(_accounts_of(bool(text or folded), bool(folded), limit is not None), given))


@cache
def _accounts_of(searched: bool, by_name: bool, limited: bool) -> Select[*tuple[Any, ...]]:
    c = Customer
    payer = bindparam("payer", type_=BigInteger())
    now, billed = paid_for(payer), _billed(payer)
    paid = now.subquery()
    former, reference = c.id.not_in(now), func.coalesce(c.external_id, c.public_id)
    query = (
        select(*columns(PaidFor, public_id=c.public_id, reference=reference, name=c.name, former=former))
        .select_from(c)
        .where(c.id.in_(union(select(paid.c[0]), billed)), c.id != payer)
        .order_by(former, c.folded_name, c.id)
    )
    if searched:
        text = bindparam("text", type_=String())
        like = c.folded_name.like(bindparam("folded"), escape="/") if by_name else c.public_id == text
        query = query.where(or_(like, c.public_id == text, c.external_id == text))
    return query.limit(bindparam("most", type_=Integer())) if limited else query


def _billed(payer: BindParameter[int]) -> Select[int]:
    """The keys of everybody for whom something was ever posted to the payer's accounts.

    It steps from one customer to the next in the index, so that it takes as many steps as there are customers, however
    many postings each of them has.
    """
    a, p = LedgerAccount, Posting

    def next_of(account: Any, *after: ColumnElement[bool]) -> Any:
        return select(func.min(p.issued_for_id)).where(p.ledger_account_id == account, *after).scalar_subquery()

    first = select(a.id.label("account"), next_of(a.id).label("customer"))
    step = first.where(a.owner_id == payer, a.currency == bindparam("currency")).cte("billed", recursive=True)
    before = step.alias()
    following = next_of(before.c.account, p.issued_for_id > before.c.customer)
    step = step.union_all(select(before.c.account, following).where(before.c.customer.is_not(None)))
    return select(step.c.customer).where(step.c.customer.is_not(None))


def waiting(payer_id: int, account_id: int | None) -> list[WaitingItem]:
    """Future items not invoiced nor reversed, of one account or of all that the payer pays for."""
    return values_of(WaitingItem, executed(_waiting(account_id is None), {"payer": payer_id, "account": account_id}))


@cache
def _waiting(everybody: bool) -> Select[*tuple[Any, ...]]:
    item, reversal, c = FutureItem, aliased(FutureItem), Customer
    payer = bindparam("payer", type_=BigInteger())
    own = item.issued_for_id == bindparam("account")
    if everybody:
        own = or_(item.issued_for_id == payer, item.issued_for_id.in_(paid_for(payer)))
    wanted = columns(
        WaitingItem,
        on=item.booked_on,
        number=item.number,
        description=item.description,
        account=_party(c),
        amount_minor=item.amount_minor,
        external_id=func.coalesce(item.external_id, ""),
    )
    return (
        select(*wanted)
        .select_from(item)
        .join(c, c.id == item.issued_for_id)
        .outerjoin(reversal, reversal.reverses_id == item.id)
        .where(own, item.reverses_id.is_(None), item.invoiced_by_id.is_(None), reversal.id.is_(None))
        .order_by(item.booked_on, item.id)
    )
