"""What must be true of the books at every moment: by sums of our own over every posting, and by `flask doctor`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from sqlalchemy import and_, func, select

from portal.actions import doctor
from portal.actions.statements import view as statements
from portal.actions.statements.view import StatementRequest
from portal.db.engine import db
from portal.db.tables import (
    AccountMonth,
    AuditRecord,
    Entry,
    FutureItem,
    LedgerAccount,
    NumberSeries,
    Operation,
    Posting,
    SharedBalance,
    SubAccountLink,
)
from portal.rules.books import own_value
from portal.rules.deciding import SYSTEM
from portal.rules.periods import month_of

POSTING = (
    *("ledger.post", "ledger.reverse", "ledger.refund", "invoice.issue", "billing.invoice", "credit_note.issue"),
    "bank.confirm",
)
"""Deeds that post one entry, which the log names."""


def check(*, logged: bool = True) -> None:
    """Fail with everything that is broken; the log is left out where a test wrote to the books past the actions."""
    db.session.rollback()
    broken = [*_entries(), *_sums(), *_credit(), *_numbers(), *_payers(), *_keys(), *(_log() if logged else ())]
    db.session.rollback()
    assert broken == [], broken
    examination = doctor.examine()
    assert examination.sound, [finding for finding in examination.findings if finding.problems]


def total() -> int:
    """All balances together, of customers and partners: always nothing."""
    return int(db.session.scalar(select(func.coalesce(func.sum(LedgerAccount.balance_minor), 0))) or 0)


def _entries() -> Iterator[str]:
    halves = defaultdict(list)
    rows = select(Posting.entry_id, LedgerAccount.owner_id, LedgerAccount.kind, LedgerAccount.currency)
    for entry, *half in db.session.execute(
        rows.add_columns(Posting.amount_minor).join(LedgerAccount, LedgerAccount.id == Posting.ledger_account_id)
    ):
        halves[entry].append(half)
    for entry in db.session.scalars(select(Entry)):
        parts = halves.pop(entry.id, [])
        if len(parts) < 2 or sum(amount for *_, amount in parts) != 0:
            yield f"{entry.number} is not balanced: {parts}"
        if {currency for *_, currency, _ in parts} != {entry.currency}:
            yield f"{entry.number} is in several currencies"
        own = [amount for owner, kind, _, amount in parts if owner == entry.payer_id and kind == entry.ledger]
        if not own or sum(own) != entry.amount_minor:
            yield f"{entry.number} says {entry.amount_minor} and its postings say {own}"
    if halves:
        yield f"postings without an entry: {sorted(halves)}"


def _sums() -> Iterator[str]:
    accounts = {account.id: account for account in db.session.scalars(select(LedgerAccount))}
    balance: dict[int, int] = defaultdict(int)
    month: dict[tuple[object, ...], int] = defaultdict(int)
    for posting in db.session.scalars(select(Posting)):
        account, first = posting.ledger_account_id, month_of(posting.booked_on)
        balance[account] += posting.amount_minor
        if accounts[account].owner_id is not None:
            month[account, first] += posting.amount_minor
    for key, account in accounts.items():
        if account.balance_minor != balance[key]:
            yield f"account {key} ({account.kind}) has {account.balance_minor} and its postings {balance[key]}"
    m = AccountMonth
    found = {
        (account, first): net
        for account, first, net in db.session.execute(select(m.ledger_account_id, m.month, m.net_minor))
    }
    if found != month:
        yield f"totals by month are {found} and should be {dict(month)}"
    if total():
        yield f"all balances together are {total()}"


def _credit() -> Iterator[str]:
    running: dict[int, int] = defaultdict(int)
    rows = (
        select(Posting.ledger_account_id, Posting.booked_on, func.sum(Posting.amount_minor))
        .join(LedgerAccount, LedgerAccount.id == Posting.ledger_account_id)
        .where(LedgerAccount.kind == "credit")
        .group_by(Posting.ledger_account_id, Posting.booked_on)
        .order_by(Posting.booked_on)
    )
    for account, on, amount in db.session.execute(rows):
        running[account] += int(amount)
        if running[account] < 0:
            yield f"credit of account {account} is {running[account]} on {on}"


def _numbers() -> Iterator[str]:
    taken: dict[tuple[int, str], list[int]] = defaultdict(list)
    ours: dict[tuple[int, str], int] = defaultdict(int)
    for partner, series, number, sequence in db.session.execute(
        select(Entry.partner_id, Entry.series, Entry.number, Entry.sequence)
    ):
        value = sequence or own_value(series, number)
        if value is not None:
            taken[partner, series].append(value)
        ours[partner, series] = max(ours[partner, series], sequence or 0)
    for key, values in taken.items():
        below = sorted(value for value in values if value <= ours[key])
        if below != list(range(1, ours[key] + 1)):
            yield f"numbers of {key} are {below}"
    for row in db.session.scalars(select(NumberSeries)):
        if row.series in {series for _, series in ours} and row.next_value <= ours[row.partner_id, row.series]:
            yield f"the next number of {row.series} is {row.next_value}"


def _payers() -> Iterator[str]:
    link, share = SubAccountLink, SharedBalance
    links = db.session.execute(select(link.sub_id, link.main_id, link.mode).where(link.ended_at.is_(None))).all()
    pays = {sub: main for sub, main, mode in links if mode == "aggregated"}
    shares = db.session.execute(select(share.secondary_id, share.primary_id).where(share.ended_at.is_(None))).all()
    if len(links) != len({sub for sub, *_ in links}):
        yield "a sub-account has two main accounts"
    if {sub for sub, *_ in links} & {main for _, main, _ in links}:
        yield "links have more than one level"
    for second, first in shares:
        if second in pays:
            yield f"customer {second} has two payers"
        pays[second] = first
    if set(pays) & set(pays.values()):
        yield f"payers are chained: {pays}"


def _keys() -> Iterator[str]:
    """One effect for each idempotency key."""
    entries = {key: public for key, public in db.session.execute(select(Entry.idempotency_key, Entry.public_id)) if key}
    for operation in db.session.scalars(select(Operation).where(Operation.action.in_(("post", "reverse")))):
        if entries.pop(operation.key, None) != operation.answer.get("public_id"):
            yield f"the key {operation.key} and its entry disagree"
    if entries:
        yield f"keys of entries that nobody remembers: {entries}"


def _log() -> Iterator[str]:
    """Everything posted one by one is in the log, once; credit that goes back follows a reversal that is (F7)."""
    logged = [
        record.details["entry"]
        for record in db.session.scalars(select(AuditRecord).where(AuditRecord.action.in_(POSTING)))
    ]
    sharing = db.session.scalars(select(AuditRecord).where(AuditRecord.action == "partner_accounts.link"))
    logged += {entry for record in sharing for entry in record.details.get("entries", [])}
    items = set(db.session.scalars(select(FutureItem.public_id)))  # they touch no balance, and are no entries
    logged = [entry for entry in logged if entry not in items]
    given_back = and_(Entry.kind == "transfer", Entry.ledger == "house", Entry.amount_minor < 0)
    follows = set(db.session.scalars(select(Entry.public_id).where(given_back))) - set(logged)
    if sorted(logged, key=str) != sorted(set(db.session.scalars(select(Entry.public_id))) - follows):
        yield "the log and the entries disagree"


def statements_meet(customer: str, *days: date) -> None:
    """Statements of consecutive times add up, and each opens with what the one before closed with.

    Somebody who is paid for has a part of other books, which only adds up.
    """
    views = [
        statements.view(SYSTEM, customer, StatementRequest(first, date.fromordinal(after.toordinal() - 1)))
        for first, after in pairwise(sorted(set(days)))
    ]
    for view in views:
        assert view.credited_minor - view.charged_minor == sum(line.amount_minor for line in view.lines)
        assert (view.balance is None) is (view.account is not None)
        if view.balance is not None:
            assert view.balance.opening_minor + view.credited_minor - view.charged_minor == view.closing_minor
        assert sum(account.charged_minor for account in view.accounts) == view.charged_minor
        assert sum(account.credited_minor for account in view.accounts) == view.credited_minor
    for earlier, later in pairwise(views):
        assert earlier.closing_minor == later.opening_minor
        if later.credit is not None and later.balance is not None:
            closing = earlier.credit.closing_minor if earlier.credit else 0
            assert closing == later.credit.opening_minor
