"""Balances and month totals of very many entries, added up in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Set
from datetime import date

from sqlalchemy import BigInteger, Column, Date, MetaData, Table, text

from portal.db.books.posting import NewEntry, Totals
from portal.db.bulk import insert_many
from portal.db.engine import db, is_sqlite
from portal.db.imports.transactions import prefer_whole_tables
from portal.rules.books import Ledger

SPILL = 50_000
"""So many different totals are kept in memory at most."""

_IMPORT_TOTAL = Table(
    "import_total",
    MetaData(),
    Column("ledger_account_id", BigInteger, nullable=False),
    Column("month", Date),
    Column("net_minor", BigInteger, nullable=False),
    prefixes=["TEMPORARY"],
)
"""What entries add to ledger accounts; `month` is null for a partner's own account."""

_HOLD_ACCOUNTS = text(
    "SELECT id FROM ledger_account WHERE id IN (SELECT ledger_account_id FROM import_total) "
    "ORDER BY id FOR NO KEY UPDATE"
)
_ADD_TO_BALANCES = text(
    "UPDATE ledger_account SET balance_minor = balance_minor + added.net "
    "FROM (SELECT ledger_account_id AS account, CAST(sum(net_minor) AS BIGINT) AS net "
    "FROM import_total GROUP BY ledger_account_id) AS added WHERE ledger_account.id = added.account"
)


_ADD_TO_MONTHS = text(
    "INSERT INTO account_month (ledger_account_id, month, net_minor) "
    "SELECT ledger_account_id, month, CAST(sum(net_minor) AS BIGINT) FROM import_total WHERE month IS NOT NULL "
    "GROUP BY ledger_account_id, month ORDER BY ledger_account_id, month "
    "ON CONFLICT (ledger_account_id, month) DO UPDATE SET net_minor = account_month.net_minor + excluded.net_minor"
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
        if len(self.months) > SPILL:
            super().write(self._credit)


class _SpilledTotals(Totals):
    """On PostgreSQL accounts are locked in the order of their ids, at the end; until then a temporary table waits."""

    def __init__(self) -> None:
        super().__init__()
        _IMPORT_TOTAL.create(db.session.connection())

    def add(self, entries: Iterable[NewEntry]) -> None:
        """Count the postings of `entries` in."""
        super().add(entries)
        if len(self.months) > SPILL:
            self._spill()

    def write(self, hold: Set[int] = frozenset()) -> None:
        """Add everything to what is stored, in a few statements."""
        self._spill()
        prefer_whole_tables()
        for statement in (_HOLD_ACCOUNTS, _ADD_TO_BALANCES, _ADD_TO_MONTHS):
            db.session.execute(statement)
        _IMPORT_TOTAL.drop(db.session.connection())

    def _spill(self) -> None:
        rows: list[tuple[int, date | None, int]] = [(*key, amount) for key, amount in self.months.items()]
        rows += [(account, None, amount) for account, amount in self.partners.items()]
        insert_many(_IMPORT_TOTAL, [column.name for column in _IMPORT_TOTAL.columns], rows)
        self.months.clear()
        self.partners.clear()
