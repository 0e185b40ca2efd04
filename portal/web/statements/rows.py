"""The rows of a statement's table, in the order of their dates or account by account, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from portal.rules.sentences import NOTHING, Sentence, say, verbatim
from portal.rules.statements.figures import (
    AccountGroup,
    AccountTotals,
    Line,
    Note,
    Party,
    Statement,
    by_account,
    with_notes,
)

ROWS_A_PAGE = 200
ACCOUNTS_SHOWN = 20
"""With more accounts the rest is summed up in one row; grouped by account, all of them are listed."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row. `kind` is opening, forward, line, note, hidden, group, subtotal or closing; amounts are minor units."""

    kind: str
    on: date | None = None
    text: Sentence = NOTHING
    line: Line | None = None
    debit: int | None = None
    credit: int | None = None
    balance: int | None = None
    account: Party | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A page of rows. `total` counts the lines and notes of all pages, `first` and `last` those on this one."""

    rows: list[TableRow]
    page: int
    pages: int
    first: int
    last: int
    total: int


@dataclass(frozen=True, slots=True)
class AccountsPanel:
    """S4: what each account moved, and what those that are not listed moved together."""

    shown: Sequence[AccountTotals]
    more: int
    more_opening: int
    more_debit: int
    more_credit: int

    @property
    def more_closing(self) -> int:
        return self.more_opening + self.more_credit - self.more_debit


def in_order(statement: Statement, page: int) -> Table:
    """Lines and notes by date, between the opening and the closing balance or what is carried between pages."""
    entries = list(with_notes(statement))
    start, stop, page, pages = _bounds(len(entries), page)
    rows = [_row(entry) for entry in entries[start:stop]]
    before = _last_balance(entries[:start], statement.opening_minor)
    after = _last_balance(entries[:stop], statement.opening_minor)
    if page == 1:
        rows.insert(0, TableRow("opening", statement.first, balance=statement.opening_minor))
    else:
        rows.insert(0, TableRow("forward", text=say("Brought forward"), balance=before))
    if page < pages:
        rows.append(TableRow("forward", text=say("Carried forward"), balance=after))
    else:
        rows += _ending(statement)
    return Table(rows, page, pages, min(start + 1, len(entries)), stop, len(entries))


def account_by_account(statement: Statement, page: int) -> Table:
    """The lines of each account with its own opening, running and closing balance (S4)."""
    groups = by_account(statement)
    flat = [row for group in groups for row in _group_rows(statement, group)]
    start, stop, page, pages = _bounds(len(flat), page)
    rows = flat[start:stop]
    if page > 1 and rows[0].kind != "group":
        rows = [*_continued(flat, start), *rows]
    if page == pages:
        rows = [
            *rows,
            TableRow(
                "closing",
                statement.last,
                say("All accounts"),
                debit=statement.debit_minor,
                credit=statement.credit_minor,
                balance=statement.closing_minor,
            ),
        ]
    return Table(rows, page, pages, min(start + 1, len(flat)), stop, len(flat))


def accounts_panel(statement: Statement) -> AccountsPanel | None:
    """The accounts of the statement with their sums; None for a single one."""
    if statement.account is not None or len(statement.accounts) < 2:
        return None
    shown, rest = statement.accounts[:ACCOUNTS_SHOWN], statement.accounts[ACCOUNTS_SHOWN:]
    return AccountsPanel(
        shown,
        len(rest),
        sum(one.opening_minor for one in rest),
        sum(one.debit_minor for one in rest),
        sum(one.credit_minor for one in rest),
    )


def _bounds(total: int, page: int) -> tuple[int, int, int, int]:
    """The slice of a page, and the page moved into what exists."""
    pages = max(1, -(-total // ROWS_A_PAGE))
    page = min(max(page, 1), pages)
    return (page - 1) * ROWS_A_PAGE, min(page * ROWS_A_PAGE, total), page, pages


def _row(entry: Line | Note) -> TableRow:
    if isinstance(entry, Line):
        return _line_row(entry)
    return TableRow("note", entry.on, entry.text)


def _line_row(line: Line) -> TableRow:
    return TableRow(
        "line",
        line.booked_on,
        verbatim(line.description),
        line,
        line.debit_minor,
        line.credit_minor,
        line.balance_minor,
    )


def _last_balance(entries: Sequence[Line | Note], opening: int) -> int:
    return next((entry.balance_minor for entry in reversed(entries) if isinstance(entry, Line)), opening)


def _ending(statement: Statement) -> list[TableRow]:
    closing = TableRow(
        "closing",
        statement.last,
        debit=statement.debit_minor,
        credit=statement.credit_minor,
        balance=statement.closing_minor,
    )
    if not statement.hides:
        return [closing]
    hidden = TableRow("hidden", debit=statement.hidden_debit_minor, credit=statement.hidden_credit_minor)
    return [hidden, closing]


def _group_rows(statement: Statement, group: AccountGroup) -> list[TableRow]:
    totals = group.totals
    rows = [
        TableRow("group", text=verbatim(totals.account.name), account=totals.account),
        TableRow("opening", statement.first, balance=totals.opening_minor),
        *map(_line_row, group.lines),
    ]
    if statement.hides:
        rows.append(TableRow("hidden", debit=group.hidden_debit_minor, credit=group.hidden_credit_minor))
    rows.append(
        TableRow(
            "subtotal",
            statement.last,
            verbatim(totals.account.name),
            debit=totals.debit_minor,
            credit=totals.credit_minor,
            balance=totals.closing_minor,
        )
    )
    return rows


def _continued(flat: Sequence[TableRow], start: int) -> list[TableRow]:
    """The heading of the account that goes on from the page before, and its balance there."""
    heading = next(row for row in reversed(flat[:start]) if row.kind == "group")
    before = next((row.balance for row in reversed(flat[:start]) if row.balance is not None), 0)
    again = replace(heading, text=say("{account} (continued)", account=heading.text))
    if flat[start].kind == "opening":
        return [again]
    return [again, TableRow("forward", text=say("Brought forward"), balance=before)]
