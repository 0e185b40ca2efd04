"""The figures of a statement, read as columns in a constant number of queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import aliased

from portal.db.engine import db
from portal.db.tables import (
    AccountIssued,
    AccountIssuedMonth,
    AccountMonth,
    Customer,
    Entry,
    FutureItem,
    LedgerAccount,
    Posting,
    SharedBalance,
    SubAccountLink,
)
from portal.rules.ledger import month_after, month_of
from portal.rules.statements import Party, Row


def account_id(payer_id: int, kind: str, currency: str) -> int | None:
    """The payer's ledger account, if anything was ever posted to it."""
    a = LedgerAccount
    return db.session.scalar(select(a.id).where(a.owner_id == payer_id, a.kind == kind, a.currency == currency))


def opening(account: int, issued_for_id: int | None, first: date) -> int:
    """The balance before `first`: net months before it, and the shorter part of its month."""
    if issued_for_id is None:
        m: Any = AccountMonth
        where: list[ColumnElement[bool]] = [m.ledger_account_id == account]
    else:
        m = AccountIssuedMonth
        where = [m.ledger_account_id == account, m.issued_for_id == issued_for_id]
    start = month_of(first)
    first_half = first.day <= 15
    bound = m.month < start if first_half else m.month <= start
    whole = db.session.scalar(select(func.coalesce(func.sum(m.net_minor), 0)).where(*where, bound)) or 0
    if first == start:
        return int(whole)
    p = Posting
    part = select(func.coalesce(func.sum(p.amount_minor), 0)).where(p.ledger_account_id == account)
    if issued_for_id is not None:
        part = part.where(p.issued_for_id == issued_for_id)
    if first_half:
        part = part.where(p.booked_on >= start, p.booked_on < first)
        return int(whole) + int(db.session.scalar(part) or 0)
    part = part.where(p.booked_on >= first, p.booked_on < month_after(first))
    return int(whole) - int(db.session.scalar(part) or 0)


def openings_by_account(account: int, first: date) -> dict[int, int]:
    """The balance before `first` for each customer entries were issued for: stored balance less what came since."""
    i, m, p = AccountIssued, AccountIssuedMonth, Posting
    stored = db.session.execute(select(i.issued_for_id, i.balance_minor).where(i.ledger_account_id == account))
    found = {issued_for: int(amount) for issued_for, amount in stored}
    start = month_of(first)
    since = db.session.execute(
        select(m.issued_for_id, func.sum(m.net_minor))
        .where(m.ledger_account_id == account, m.month >= start)
        .group_by(m.issued_for_id)
    )
    for issued_for, amount in since:
        found[issued_for] -= int(amount)
    if first != start:
        before = db.session.execute(
            select(p.issued_for_id, func.sum(p.amount_minor))
            .where(p.ledger_account_id == account, p.booked_on >= start, p.booked_on < first)
            .group_by(p.issued_for_id)
        )
        for issued_for, amount in before:
            found[issued_for] += int(amount)
    return found


def count_lines(account: int, issued_for_id: int | None, first: date, last: date) -> int:
    """How many lines the statement will have."""
    return db.session.scalar(select(func.count()).where(*_range(account, issued_for_id, first, last))) or 0


def rows(
    account: int, issued_for_id: int | None, first: date, last: date, *, limit: int | None = None
) -> Sequence[Row]:
    """The lines between two inclusive dates, by date and then in the order they were entered (S2)."""
    p, e = Posting, Entry
    query = (
        select(
            p.booked_on,
            e.number,
            e.description,
            e.category,
            e.kind,
            p.amount_minor,
            p.issued_for_id,
            e.external_id,
            e.public_id,
        )
        .join(e, e.id == p.entry_id)
        .where(*_range(account, issued_for_id, first, last))
        .order_by(p.booked_on, p.id)
        .limit(limit)
    )
    return db.session.execute(query).all()  # type: ignore[return-value]


def _range(account: int, issued_for_id: int | None, first: date, last: date) -> list[ColumnElement[bool]]:
    p = Posting
    where = [p.ledger_account_id == account, p.booked_on >= first, p.booked_on <= last]
    if issued_for_id is not None:
        where.append(p.issued_for_id == issued_for_id)
    return where


def parties(ids: Iterable[int]) -> dict[int, Party]:
    """The names on a statement."""
    c = Customer
    found: dict[int, Party] = {}
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), 5000):
        chunk = wanted[start : start + 5000]
        for key, external_id, public_id, name, address in db.session.execute(
            select(c.id, c.external_id, c.public_id, c.name, c.address).where(c.id.in_(chunk))
        ):
            found[key] = Party(external_id or public_id, public_id, name, address)
    return found


@dataclass(frozen=True, slots=True)
class PayerChange:
    """A link, a change of mode or a shared balance that began or ended: what changed and for which two customers."""

    at: datetime
    what: str
    mode: str
    payer_id: int
    account_id: int


def payer_changes(payer_id: int, account_id: int | None, since: datetime, until: datetime) -> list[PayerChange]:
    """Beginnings and ends of links that involve the payer (and the account, if one is chosen) (S11)."""
    changes = []
    for begun, ended, mode, payer, account in _periods(payer_id, account_id):
        if since <= begun < until:
            changes.append(PayerChange(begun, "linked", mode, payer, account))
        if ended is not None and since <= ended < until:
            changes.append(PayerChange(ended, "unlinked", mode, payer, account))
    return sorted(changes, key=lambda change: (change.at, change.what == "linked"))


def _periods(payer_id: int, account_id: int | None) -> list[tuple[datetime, datetime | None, str, int, int]]:
    link, share = SubAccountLink, SharedBalance
    links = select(link.started_at, link.ended_at, link.mode, link.main_id, link.sub_id)
    shares = select(share.started_at, share.ended_at, share.primary_id, share.secondary_id)
    if account_id is None or account_id == payer_id:
        links = links.where(or_(link.main_id == payer_id, link.sub_id == payer_id))
        shares = shares.where(or_(share.primary_id == payer_id, share.secondary_id == payer_id))
    else:
        links = links.where(link.sub_id == account_id)
        shares = shares.where(share.secondary_id == account_id)
    found = [tuple(row) for row in db.session.execute(links)]
    found += [(begun, ended, "shared", payer, other) for begun, ended, payer, other in db.session.execute(shares)]
    return found  # type: ignore[return-value]


def payers_of(account_id: int, first: date, last: date) -> dict[int, tuple[date, date]]:
    """On whose House Accounts the account has lines between two dates, with the first and last date of each."""
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


def accounts_of(
    payer_id: int, currency: str, *, text: str = "", folded: str = "", limit: int | None = None
) -> list[tuple[str, str, str, bool]]:
    """Every customer that is or was paid for on the payer's books, besides itself, former ones last, by name (S9).

    Public id, reference, name, and whether it is a former one. `folded` restricts to names that contain it, or to
    the one whose public or external id is `text`.
    """
    c, a, i = Customer, LedgerAccount, AccountIssued
    now = _paid_for(payer_id)
    billed = (
        select(i.issued_for_id)
        .join(a, a.id == i.ledger_account_id)
        .where(a.owner_id == payer_id, a.currency == currency)
    )
    former = c.id.not_in(now)
    query = (
        select(c.public_id, func.coalesce(c.external_id, c.public_id), c.name, former)
        .where(or_(c.id.in_(now), c.id.in_(billed)), c.id != payer_id)
        .order_by(former, c.folded_name, c.id)
        .limit(limit)
    )
    if text or folded:
        like = c.folded_name.contains(folded, autoescape=True) if folded else c.public_id == text
        query = query.where(or_(like, c.public_id == text, c.external_id == text))
    return [(public_id, reference, name, bool(gone)) for public_id, reference, name, gone in db.session.execute(query)]


def paid_for_now(payer_id: int) -> set[int]:
    """The customers a payer pays for today, besides itself."""
    return set(db.session.scalars(_paid_for(payer_id)))


def _paid_for(payer_id: int) -> Any:
    link, share = SubAccountLink, SharedBalance
    subs = select(link.sub_id).where(link.main_id == payer_id, link.mode == "aggregated", link.ended_at.is_(None))
    mates = select(share.secondary_id).where(share.primary_id == payer_id, share.ended_at.is_(None))
    return subs.union_all(mates)


def waiting(customer_ids: Iterable[int]) -> list[tuple[date, str, str, int, int, str | None]]:
    """Future items not invoiced nor reversed: date, number, description, customer, amount, external id."""
    item, reversal = FutureItem, aliased(FutureItem)
    found = db.session.execute(
        select(item.booked_on, item.number, item.description, item.issued_for_id, item.amount_minor, item.external_id)
        .outerjoin(reversal, reversal.reverses_id == item.id)
        .where(
            item.issued_for_id.in_(sorted(customer_ids)),
            item.reverses_id.is_(None),
            item.invoiced_by_id.is_(None),
            reversal.id.is_(None),
        )
        .order_by(item.booked_on, item.id)
    )
    return [tuple(row) for row in found]  # type: ignore[misc]
