"""Is what is stored sound? Each check compares what must agree in a few queries over whole tables.

A check gives sentences about what is broken, the first few of each kind with how many there are.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, literal, select, text

from portal.db import health, outbox, statements
from portal.db.engine import db, is_sqlite
from portal.db.tables import Entry, FutureItem, LedgerAccount, NumberSeries, Posting
from portal.rules.ledger import FUTURE_SERIES, format_number, month_after, own_value
from portal.rules.money import format_minor

SHOWN = 20
SAMPLED_ACCOUNTS = 40
_LINK_DEEDS = "('sub_accounts.link', 'sub_accounts.mode', 'sub_accounts.unlink')"


@dataclass(frozen=True, slots=True)
class Check:
    """Something that must hold, in words, and the function that looks for what breaks it."""

    claim: str
    find: Callable[[], Sequence[str]]


def _rows(sql: str, **values: object) -> list[Any]:
    """At most SHOWN rows and one more, which tells that there are others."""
    return list(db.session.execute(text(f"{sql} LIMIT {SHOWN + 1}"), values))


def _sentences(sql: str, say: Callable[[Any], str]) -> list[str]:
    rows = _rows(sql)
    found = [say(row) for row in rows[:SHOWN]]
    return [*found, "There are more of the same kind."] if len(rows) > SHOWN else found


def _month(column: str) -> str:
    return f"date({column}, 'start of month')" if is_sqlite() else f"CAST(date_trunc('month', {column}) AS date)"


# The books


def _balanced() -> list[str]:
    return _sentences(
        """
        SELECT p.entry_id, count(*) AS postings, sum(p.amount_minor) AS total, min(a.currency) AS first_currency,
            max(a.currency) AS last_currency
        FROM posting p JOIN ledger_account a ON a.id = p.ledger_account_id
        GROUP BY p.entry_id
        HAVING count(*) < 2 OR sum(p.amount_minor) <> 0 OR min(a.currency) <> max(a.currency)
        """,
        lambda row: (
            f"Entry {row.entry_id} is not balanced: {row.postings} postings, sum {row.total} in minor units, "
            f"currencies {row.first_currency} to {row.last_currency}."
        ),
    )


def _whole() -> list[str]:
    """Entries without postings, postings without an entry, and postings that say other than their entry."""
    return [
        *_sentences(
            "SELECT id, number FROM entry e WHERE NOT EXISTS (SELECT 1 FROM posting p WHERE p.entry_id = e.id)",
            lambda row: f"Entry {row.id} ({row.number}) has no postings.",
        ),
        *_sentences(
            "SELECT id, entry_id FROM posting p WHERE NOT EXISTS (SELECT 1 FROM entry e WHERE e.id = p.entry_id)",
            lambda row: f"Posting {row.id} belongs to an entry {row.entry_id} that does not exist.",
        ),
        *_sentences(
            """
            SELECT p.id, e.number FROM posting p JOIN entry e ON e.id = p.entry_id
            JOIN ledger_account a ON a.id = p.ledger_account_id
            WHERE p.booked_on <> e.booked_on OR p.issued_for_id <> e.issued_for_id OR a.currency <> e.currency
                OR (a.owner_id = e.payer_id AND a.kind = e.ledger AND p.amount_minor <> e.amount_minor)
            """,
            lambda row: f"Posting {row.id} does not agree with its entry {row.number}.",
        ),
    ]


def _balances() -> list[str]:
    return _sentences(
        """
        SELECT a.id, a.kind, a.balance_minor, coalesce(s.total, 0) AS total
        FROM ledger_account a
        LEFT JOIN (SELECT ledger_account_id, sum(amount_minor) AS total FROM posting GROUP BY ledger_account_id) s
            ON s.ledger_account_id = a.id
        WHERE a.balance_minor <> coalesce(s.total, 0)
        """,
        lambda row: (
            f"Ledger account {row.id} ({row.kind}) stores a balance of {row.balance_minor}, but its postings "
            f"add up to {row.total} (minor units)."
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


def _month_totals() -> list[str]:
    posted = f"p.ledger_account_id, {_month('p.booked_on')} AS month"
    return _sentences(
        _difference("account_month", "ledger_account_id, month", "net_minor", posted),
        lambda row: (
            f"The month {str(row.month)[:7]} of ledger account {row.ledger_account_id} stores {row.stored}, "
            f"but its postings add up to {row.posted} (minor units)."
        ),
    )


def _issued_months() -> list[str]:
    posted = f"p.ledger_account_id, p.issued_for_id, {_month('p.booked_on')} AS month"
    keys = "ledger_account_id, issued_for_id, month"
    return _sentences(
        _difference("account_issued_month", keys, "net_minor", posted),
        lambda row: (
            f"The month {str(row.month)[:7]} of ledger account {row.ledger_account_id}, issued for customer "
            f"{row.issued_for_id}, stores {row.stored}, but its postings add up to {row.posted} (minor units)."
        ),
    )


def _issued() -> list[str]:
    posted = "p.ledger_account_id, p.issued_for_id"
    return _sentences(
        _difference("account_issued", "ledger_account_id, issued_for_id", "balance_minor", posted),
        lambda row: (
            f"Ledger account {row.ledger_account_id}, issued for customer {row.issued_for_id}, stores {row.stored}, "
            f"but its postings add up to {row.posted} (minor units)."
        ),
    )


def _credit() -> list[str]:
    return _sentences(
        """
        SELECT r.account, min(r.running) AS lowest, c.name FROM (
            SELECT p.ledger_account_id AS account,
                sum(sum(p.amount_minor)) OVER (PARTITION BY p.ledger_account_id ORDER BY p.booked_on) AS running
            FROM posting p JOIN ledger_account a ON a.id = p.ledger_account_id
            WHERE a.kind = 'credit' GROUP BY p.ledger_account_id, p.booked_on
        ) AS r JOIN ledger_account a ON a.id = r.account JOIN customer c ON c.id = a.owner_id
        WHERE r.running < 0 GROUP BY r.account, c.name
        """,
        lambda row: f"Customer Credit of {row.name} falls to {row.lowest} (minor units) on some date.",
    )


def _sampled_accounts() -> Iterator[tuple[int, str, date, date]]:
    """Ledger accounts spread over all there are, with currency, first and last date."""
    p = Posting
    ends = db.session.execute(select(func.min(LedgerAccount.id), func.max(LedgerAccount.id))).one()
    low, high = ends[0] or 0, ends[1] or 0
    if not high:
        return
    step = max(1, (high - low) // SAMPLED_ACCOUNTS)
    for start in range(low, high + 1, step):
        query = select(LedgerAccount.id, LedgerAccount.currency).order_by(LedgerAccount.id).limit(1)
        owned = query.where(LedgerAccount.id >= start, LedgerAccount.id < start + step)
        account = db.session.execute(owned.where(LedgerAccount.owner_id.is_not(None))).first()
        if account is None:
            continue
        dates = select(func.min(p.booked_on), func.max(p.booked_on)).where(p.ledger_account_id == account.id)
        first, last = db.session.execute(dates).one()
        if first is not None:
            yield account.id, account.currency, first, last


def _openings() -> list[str]:
    """S2 on a sample: what a statement opens with is the sum of everything before."""
    wrong = []
    for account, currency, first, last in _sampled_accounts():
        middle = date.fromordinal((first.toordinal() + last.toordinal()) // 2)
        for on in sorted({first, middle, middle.replace(day=1), month_after(last)}):
            p = Posting
            before = select(func.coalesce(func.sum(p.amount_minor), 0))
            true = int(db.session.scalar(before.where(p.ledger_account_id == account, p.booked_on < on)) or 0)
            opening = statements.opening(account, None, on)
            if opening != true:
                wrong.append(
                    f"Ledger account {account} opens {on.isoformat()} with {format_minor(opening, currency)}, "
                    f"but closed the day before with {format_minor(true, currency)}."
                )
    return wrong[:SHOWN]


def _effects() -> list[str]:
    return _sentences(
        """
        SELECT idempotency_key, count(*) AS times FROM (
            SELECT idempotency_key FROM entry WHERE idempotency_key IS NOT NULL
            UNION ALL SELECT idempotency_key FROM future_item WHERE idempotency_key IS NOT NULL
        ) AS keys GROUP BY idempotency_key HAVING count(*) > 1
        """,
        lambda row: f"The idempotency key {row.idempotency_key} had {row.times} effects.",
    )


def _external_ids() -> list[str]:
    return _sentences(
        "SELECT e.external_id FROM entry e JOIN future_item f ON f.external_id = e.external_id",
        lambda row: f"The external id {row.external_id} is both an entry's and a future item's.",
    )


def _reversals() -> list[str]:
    return _sentences(
        """
        SELECT r.number, o.number AS original FROM entry r JOIN entry o ON o.id = r.reverses_id
        WHERE r.amount_minor <> -o.amount_minor OR r.payer_id <> o.payer_id OR r.issued_for_id <> o.issued_for_id
            OR r.ledger <> o.ledger
        """,
        lambda row: f"{row.number} does not take back {row.original}, which it says it reverses.",
    )


# Numbers


def _numbers() -> list[str]:
    wrong: list[str] = []
    for table, series in ((Entry, None), (FutureItem, FUTURE_SERIES)):
        wrong += _series(table, series)
    return wrong[:SHOWN]


def _series(table: Any, only: str | None) -> Iterator[str]:
    name: Any = table.series if only is None else literal(only)
    s = NumberSeries
    taken = {
        (partner, series): (count, different, highest)
        for partner, series, count, different, highest in db.session.execute(
            select(
                table.partner_id,
                name,
                func.count(table.sequence),
                func.count(table.sequence.distinct()),
                func.max(table.sequence),
            )
            .where(table.sequence.is_not(None))
            .group_by(table.partner_id, name)
        )
    }
    condition = s.series != FUTURE_SERIES if only is None else s.series == only
    known = {
        (partner, series): next_value - 1
        for partner, series, next_value in db.session.execute(
            select(s.partner_id, s.series, s.next_value).where(condition)
        )
    }
    for key in sorted(taken.keys() | known.keys()):
        yield from _judge_series(table, key, taken.get(key, (0, 0, 0)), known.get(key, 0))


def _judge_series(table: Any, key: tuple[int, str], taken: tuple[int, int, int], used: int) -> Iterator[str]:
    partner, series = key
    count, different, highest = taken
    where = f"of partner {partner}, series {series}"
    if different < count:
        yield f"A number {where}, was given twice."
    if highest > used:
        yield f"{format_number(series, highest)} {where}, is beyond the series, which stands at {used}."
    missing = used - different
    if missing <= 0 or highest > used:
        return
    held = _imported_values(table, partner, series, used)
    if missing != len(held):
        gap = _first_gap(table, partner, series, used, held)
        yield f"{missing - len(held)} numbers {where}, are missing, the first being {format_number(series, gap)}."


def _imported_values(table: Any, partner: int, series: str, used: int) -> set[int]:
    """Values of the series that imported numbers take."""
    query = select(table.number).where(
        table.partner_id == partner, table.sequence.is_(None), table.number.like(f"{series}-%")
    )
    if table is Entry:
        query = query.where(Entry.series == series)
    values = (own_value(series, number) for number in db.session.scalars(query.execution_options(yield_per=10_000)))
    return {value for value in values if value is not None and value <= used}


def _first_gap(table: Any, partner: int, series: str, used: int, held: set[int]) -> int:
    query = select(table.sequence).where(table.partner_id == partner, table.sequence.is_not(None))
    if table is Entry:
        query = query.where(Entry.series == series)
    present = held | set(db.session.scalars(query))
    return next((value for value in range(1, used + 1) if value not in present), 0)


# Links


def _chains() -> list[str]:
    """P6 and L5: whoever is paid for pays for nobody, and there is one level."""
    return _sentences(
        """
        SELECT DISTINCT c.name FROM customer c
        JOIN (
            SELECT sub_id AS id FROM sub_account_link WHERE ended_at IS NULL AND mode = 'aggregated'
            UNION SELECT secondary_id FROM shared_balance WHERE ended_at IS NULL
        ) AS paid_for ON paid_for.id = c.id
        JOIN (
            SELECT main_id AS id FROM sub_account_link WHERE ended_at IS NULL
            UNION SELECT primary_id FROM shared_balance WHERE ended_at IS NULL
        ) AS paying ON paying.id = c.id
        """,
        lambda row: f"{row.name} is paid for by another customer and pays for others.",
    ) + _sentences(
        """
        SELECT DISTINCT c.name FROM customer c JOIN sub_account_link s ON s.sub_id = c.id AND s.ended_at IS NULL
        JOIN sub_account_link m ON m.main_id = c.id AND m.ended_at IS NULL
        """,
        lambda row: f"{row.name} is a sub-account and has sub-accounts of its own.",
    )


def _one_main() -> list[str]:
    return _sentences(
        """
        SELECT c.name, count(*) AS times FROM sub_account_link l JOIN customer c ON c.id = l.sub_id
        WHERE l.ended_at IS NULL GROUP BY c.id, c.name HAVING count(*) > 1
        """,
        lambda row: f"{row.name} has {row.times} main accounts at once.",
    ) + _sentences(
        """
        SELECT c.name, count(*) AS times FROM (
            SELECT primary_id AS id FROM shared_balance WHERE ended_at IS NULL
            UNION ALL SELECT secondary_id FROM shared_balance WHERE ended_at IS NULL
        ) AS mates JOIN customer c ON c.id = mates.id GROUP BY c.id, c.name HAVING count(*) > 1
        """,
        lambda row: f"{row.name} has {row.times} partner accounts at once.",
    )


def _same_partner() -> list[str]:
    return _sentences(
        """
        SELECT a.name AS first, b.name AS second FROM (
            SELECT main_id AS x, sub_id AS y, partner_id FROM sub_account_link
            UNION ALL SELECT primary_id, secondary_id, partner_id FROM shared_balance
        ) AS l JOIN customer a ON a.id = l.x JOIN customer b ON b.id = l.y
        WHERE a.partner_id <> l.partner_id OR b.partner_id <> l.partner_id
        """,
        lambda row: f"{row.first} and {row.second} are linked and belong to different partners.",
    )


def _audited() -> list[str]:
    return _sentences(
        f"""
        SELECT c.name, count(*) AS changes, coalesce(max(t.times), 0) AS times FROM (
            SELECT sub_id, started_at AS at FROM sub_account_link
            UNION SELECT sub_id, ended_at FROM sub_account_link WHERE ended_at IS NOT NULL
        ) AS l JOIN customer c ON c.id = l.sub_id
        LEFT JOIN (
            SELECT subject_id, count(*) AS times FROM audit_record WHERE action IN {_LINK_DEEDS} GROUP BY subject_id
        ) AS t ON t.subject_id = c.id
        GROUP BY c.id, c.name HAVING count(*) > coalesce(max(t.times), 0)
        """,  # noqa: S608
        lambda row: f"The links of {row.name} changed {row.changes} times, but the audit log knows of {row.times}.",
    )


# The rest


def _mail() -> list[str]:
    return list(outbox.stuck())


def _schema() -> list[str]:
    if health.schema_is_current():
        return []
    return ["The database has another schema than this version of the portal. Run `flask db upgrade`."]


_GUARDS = {
    True: (
        *(f"{table}_no_{what}" for table in ("entry", "posting", "audit_record") for what in ("update", "delete")),
        *("posting_open", "entry_balanced", "sub_account_link_no_chain_insert", "shared_balance_no_chain_insert"),
    ),
    False: (
        *(f"{table}_no_{what}" for table in ("entry", "posting", "audit_record") for what in ("change", "truncate")),
        *("posting_open", "entry_balanced", "sub_account_link_no_chain", "shared_balance_no_chain"),
    ),
}
"""Triggers without which a program error could break the books, on SQLite and PostgreSQL."""


def _guards() -> list[str]:
    if is_sqlite():
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    there = set(db.session.scalars(text(query)))
    absent = [name for name in _GUARDS[is_sqlite()] if name not in there]
    return [f"The guard {name} of the database is missing or switched off." for name in absent]


def _file() -> list[str]:
    if not is_sqlite():
        return []
    broken = [f"Row {row[1]} of {row[0]} refers to a row of {row[2]} that does not exist."
              for row in db.session.execute(text("PRAGMA foreign_key_check")).fetchmany(SHOWN)]  # fmt: skip
    faults = db.session.scalars(text(f"PRAGMA integrity_check({SHOWN})")).all()
    return [*broken, *[f"The database file is damaged: {fault}." for fault in faults if fault != "ok"]]


CHECKS = (
    Check("The schema is the one of this version", _schema),
    Check("The guards inside the database are in place", _guards),
    Check("The file is sound and every reference leads somewhere", _file),
    Check("Every entry has two postings or more that sum to zero in one currency", _balanced),
    Check("Every posting agrees with its entry", _whole),
    Check("Every reversal takes back exactly its original", _reversals),
    Check("Stored balances are the sums of their postings", _balances),
    Check("Month totals are the sums of their postings", _month_totals),
    Check("Month totals by customer are the sums of their postings", _issued_months),
    Check("Balances by customer are the sums of their postings", _issued),
    Check("Customer Credit is never below zero, at any date", _credit),
    Check("What a statement opens with is what the one before closed with (a sample)", _openings),
    Check("Every idempotency key had one effect", _effects),
    Check("Every external id names one transaction", _external_ids),
    Check("Numbers are without gaps and given once", _numbers),
    Check("Nobody who is paid for pays for others", _chains),
    Check("Nobody has two main accounts or two partner accounts", _one_main),
    Check("Linked customers belong to one partner", _same_partner),
    Check("Every change of a link is in the audit log", _audited),
    Check("No mail is stuck in the outbox", _mail),
)


def warnings() -> list[str]:
    """What is worth knowing and breaks nothing."""
    if is_sqlite() and (3, 7, 0) <= sqlite3.sqlite_version_info <= (3, 51, 2):
        fault = f"SQLite {sqlite3.sqlite_version} has a rare fault that can damage a database with several writers"
        return [f"{fault} (fixed in 3.51.3). Busy installations should use PostgreSQL."]
    return []
