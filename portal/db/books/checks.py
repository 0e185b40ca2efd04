"""Checks of the books: entries, balances, month totals and what statements open with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sqlalchemy import func, select

from portal.db.books import statements
from portal.db.doctor import Check
from portal.db.doctor.reading import SHOWN, month_sql, sentences
from portal.db.engine import db
from portal.db.tables import LedgerAccount, Posting
from portal.rules.money import format_minor
from portal.rules.periods import month_after, month_of
from portal.rules.sentences import Sentence, say

SAMPLED_ACCOUNTS = 40


def balanced() -> list[Sentence]:
    """F1: every entry has two postings or more that sum to zero in one currency."""
    return sentences(
        """
        SELECT p.entry_id, count(*) AS postings, sum(p.amount_minor) AS total, min(a.currency) AS first_currency,
            max(a.currency) AS last_currency
        FROM posting p JOIN ledger_account a ON a.id = p.ledger_account_id
        GROUP BY p.entry_id
        HAVING count(*) < 2 OR sum(p.amount_minor) <> 0 OR min(a.currency) <> max(a.currency)
        """,
        lambda row: say(
            "Entry {entry} is not balanced: {postings} postings, sum {total} in minor units, currencies "
            "{first_currency} to {last_currency}.",
            entry=str(row.entry_id),
            postings=row.postings,
            total=row.total,
            first_currency=row.first_currency,
            last_currency=row.last_currency,
        ),
    )


def whole() -> list[Sentence]:
    """Entries without postings, postings without an entry, and postings that say other than their entry."""
    return [
        *sentences(
            "SELECT id, number FROM entry e WHERE NOT EXISTS (SELECT 1 FROM posting p WHERE p.entry_id = e.id)",
            lambda row: say("Entry {id} ({number}) has no postings.", id=str(row.id), number=row.number),
        ),
        *sentences(
            "SELECT id, entry_id FROM posting p WHERE NOT EXISTS (SELECT 1 FROM entry e WHERE e.id = p.entry_id)",
            lambda row: say(
                "Posting {id} belongs to an entry {entry} that does not exist.", id=str(row.id), entry=str(row.entry_id)
            ),
        ),
        *sentences(
            """
            SELECT p.id, e.number FROM posting p JOIN entry e ON e.id = p.entry_id
            JOIN ledger_account a ON a.id = p.ledger_account_id
            WHERE p.booked_on <> e.booked_on OR a.currency <> e.currency OR (p.issued_for_id <> e.issued_for_id
                AND NOT EXISTS (SELECT 1 FROM invoice i WHERE i.entry_id IN (e.id, e.reverses_id))
                AND NOT EXISTS (SELECT 1 FROM credit_note c WHERE c.entry_id = e.id))
            """,
            lambda row: say("Posting {id} does not agree with its entry {number}.", id=str(row.id), number=row.number),
        ),
        *sentences(
            """
            SELECT e.number FROM entry e JOIN posting p ON p.entry_id = e.id
            JOIN ledger_account a ON a.id = p.ledger_account_id AND a.owner_id = e.payer_id AND a.kind = e.ledger
            GROUP BY e.id, e.number, e.amount_minor HAVING sum(p.amount_minor) <> e.amount_minor
            """,
            lambda row: say("The postings of {number} do not add up to its amount.", number=row.number),
        ),
    ]


def balances() -> list[Sentence]:
    """Every ledger account stores the sum of its postings."""
    return sentences(
        """
        SELECT a.id, a.kind, a.balance_minor, coalesce(s.total, 0) AS total
        FROM ledger_account a
        LEFT JOIN (SELECT ledger_account_id, sum(amount_minor) AS total FROM posting GROUP BY ledger_account_id) s
            ON s.ledger_account_id = a.id
        WHERE a.balance_minor <> coalesce(s.total, 0)
        """,
        lambda row: say(
            "Ledger account {id} ({kind}) stores a balance of {balance}, but its postings add up "
            "to {total} (minor units).",
            id=str(row.id),
            kind=row.kind,
            balance=row.balance_minor,
            total=row.total,
        ),
    )


def _difference(table: str, keys: str, column: str, posted: str) -> str:
    """Where the sums in `table` and those of the postings of customers' accounts are not the same."""
    return f"""
        SELECT {keys}, sum(stored) AS stored, sum(posted) AS posted FROM (
            SELECT {keys}, {column} AS stored, 0 AS posted FROM {table}
            UNION ALL
            SELECT {posted}, 0 AS stored, p.amount_minor AS posted
            FROM posting p JOIN ledger_account a ON a.id = p.ledger_account_id WHERE a.owner_id IS NOT NULL
        ) AS both_sides GROUP BY {keys} HAVING sum(stored) <> sum(posted)
        """  # noqa: S608


def month_totals() -> list[Sentence]:
    """Every month of a customer's account stores the sum of its postings."""
    posted = f"p.ledger_account_id, {month_sql('p.booked_on')} AS month"
    return sentences(
        _difference("account_month", "ledger_account_id, month", "net_minor", posted),
        lambda row: say(
            "The month {month} of ledger account {ledger_account} stores {stored}, but its postings add "
            "up to {posted} (minor units).",
            month=str(row.month)[:7],
            ledger_account=str(row.ledger_account_id),
            stored=row.stored,
            posted=row.posted,
        ),
    )


def credit() -> list[Sentence]:
    """F10: Customer Credit is never below zero at the end of a day."""
    return sentences(
        """
        SELECT r.account, min(r.running) AS lowest, c.name FROM (
            SELECT p.ledger_account_id AS account,
                sum(sum(p.amount_minor)) OVER (PARTITION BY p.ledger_account_id ORDER BY p.booked_on) AS running
            FROM posting p JOIN ledger_account a ON a.id = p.ledger_account_id
            WHERE a.kind = 'credit' GROUP BY p.ledger_account_id, p.booked_on
        ) AS r JOIN ledger_account a ON a.id = r.account JOIN customer c ON c.id = a.owner_id
        WHERE r.running < 0 GROUP BY r.account, c.name
        """,
        lambda row: say(
            "Customer Credit of {name} falls to {lowest} (minor units) on some date.", name=row.name, lowest=row.lowest
        ),
    )


def _sampled_accounts() -> Iterator[tuple[LedgerAccount, date, date]]:
    """Customers' ledger accounts spread over all there are, with their first and last date."""
    p = Posting
    ends = db.session.execute(select(func.min(LedgerAccount.id), func.max(LedgerAccount.id))).one()
    low, high = ends[0] or 0, ends[1] or 0
    if not high:
        return
    step = max(1, (high - low) // SAMPLED_ACCOUNTS)
    for start in range(low, high + 1, step):
        query = select(LedgerAccount).order_by(LedgerAccount.id).limit(1)
        owned = query.where(LedgerAccount.id >= start, LedgerAccount.id < start + step)
        account = db.session.scalar(owned.where(LedgerAccount.owner_id.is_not(None)))
        if account is None:
            continue
        dates = select(func.min(p.booked_on), func.max(p.booked_on)).where(p.ledger_account_id == account.id)
        first, last = db.session.execute(dates).one()
        if first is not None:
            yield account, first, last


def openings() -> list[Sentence]:
    """S2 on a sample: what a statement opens with is the sum of everything before."""
    wrong: list[Sentence] = []
    for account, first, last in _sampled_accounts():
        middle = date.fromordinal((first.toordinal() + last.toordinal()) // 2)
        for on in sorted({first, middle, month_of(middle), month_after(last)}):
            before = select(func.coalesce(func.sum(Posting.amount_minor), 0))
            before = before.where(Posting.ledger_account_id == account.id, Posting.booked_on < on)
            true = int(db.session.scalar(before) or 0)
            found = statements.books_of(account.owner_id or 0, account.currency, on)
            opening = next(one.opening_minor for one in found if one.ledger_account_id == account.id)
            if opening != true:
                wrong.append(
                    say(
                        "Ledger account {account} opens {on} with {opening}, but closed the day before with {true}.",
                        account=str(account.id),
                        on=on,
                        opening=format_minor(opening, account.currency),
                        true=format_minor(true, account.currency),
                    )
                )
    return wrong[:SHOWN]


def effects() -> list[Sentence]:
    """An idempotency key had one effect."""
    return sentences(
        """
        SELECT idempotency_key, count(*) AS times FROM (
            SELECT idempotency_key FROM entry WHERE idempotency_key IS NOT NULL
            UNION ALL SELECT idempotency_key FROM future_item WHERE idempotency_key IS NOT NULL
        ) AS keys GROUP BY idempotency_key HAVING count(*) > 1
        """,
        lambda row: say(
            "The idempotency key {idempotency_key} had {times} effects.",
            idempotency_key=row.idempotency_key,
            times=row.times,
        ),
    )


def external_ids() -> list[Sentence]:
    """An external id names an entry or a future item, never both."""
    return sentences(
        "SELECT e.external_id FROM entry e JOIN future_item f ON f.external_id = e.external_id",
        lambda row: say(
            "The external id {external} is both an entry's and a future item's.", external=str(row.external_id)
        ),
    )


def reversals() -> list[Sentence]:
    """A reversal takes back all of its original, on its books or those it moved to (P2)."""
    return sentences(
        """
        SELECT r.number, o.number AS original FROM entry r JOIN entry o ON o.id = r.reverses_id
        WHERE r.amount_minor <> -o.amount_minor OR r.issued_for_id <> o.issued_for_id OR r.ledger <> o.ledger
            OR (r.payer_id <> o.payer_id
                AND NOT EXISTS (SELECT 1 FROM item_move m WHERE m.entry_id = o.id AND m.to_id = r.payer_id))
        """,
        lambda row: say(
            "{number} does not take back {original}, which it says it reverses.",
            number=row.number,
            original=row.original,
        ),
    )


CHECKS = (
    Check(40, say("Every entry has two postings or more that sum to zero in one currency"), balanced),
    Check(50, say("Every posting agrees with its entry"), whole),
    Check(60, say("Every reversal takes back exactly its original"), reversals),
    Check(70, say("Stored balances are the sums of their postings"), balances),
    Check(80, say("Month totals are the sums of their postings"), month_totals),
    Check(110, say("Customer Credit is never below zero, at any date"), credit),
    Check(120, say("What a statement opens with is what the one before closed with (a sample)"), openings),
    Check(130, say("Every idempotency key had one effect"), effects),
    Check(140, say("Every external id names one transaction"), external_ids),
)
