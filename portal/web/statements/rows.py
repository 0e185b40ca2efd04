"""The rows of a statement's table, in the order of their dates or account by account, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from portal.rules.sentences import NOTHING, Sentence, say, verbatim
from portal.rules.statements.figures import AccountTotals, Line, Note, Party, Statement
from portal.rules.statements.layout import Edge, Kind, LaidOut, laid_out

ROWS_A_PAGE = 200
ACCOUNTS_SHOWN = 20
"""With more accounts the rest is summed up in one row; grouped by account, all of them are listed."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row. `kind` is line, note, forward or that of an edge (`layout.Kind`); amounts are minor units."""

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
    """A page of rows. `total` counts those of all pages between the edges, `first` and `last` those on this one."""

    rows: list[TableRow]
    page: int
    pages: int
    first: int
    last: int
    total: int

    @property
    def has_lines(self) -> bool:
        """Whether there is more to show than an opening and a closing balance."""
        return self.total > 0 or any(row.debit or row.credit for row in self.rows)


@dataclass(frozen=True, slots=True)
class AccountsPanel:
    """S4: what was charged, credited and is open of each account, and of those together that are not listed."""

    shown: Sequence[AccountTotals]
    more: int
    more_charged: int
    more_credited: int
    more_open: int


def table_of(statement: Statement, page: int) -> Table:
    """One page of the statement's rows, with what opens and closes it, or is carried between pages.

    Only the balance of whole books is carried (S13); account by account, the account that goes on is named again.
    """
    rows = list(laid_out(statement))
    opening = [row for row in rows[:1] if _opens(row)]
    ending = [row for row in rows[-3:] if _ends(row)]
    inner = rows[len(opening) : len(rows) - len(ending)]
    start, stop, page, pages = _bounds(len(inner), page)
    shown = [_row(row) for row in inner[start:stop]]
    before = opening if page == 1 else []
    after = ending if page == pages else []
    return Table(
        [*map(_row, before), *_carried(statement, inner, start), *shown]
        + (_forward(say("Carried forward"), statement, inner[:stop]) if page < pages else [])
        + [_row(row) for row in after],
        page,
        pages,
        min(start + 1, len(inner)),
        stop,
        len(inner),
    )


def accounts_panel(statement: Statement) -> AccountsPanel | None:
    """The accounts of the statement with their sums; None for a single one."""
    if not statement.several:
        return None
    shown, rest = statement.accounts[:ACCOUNTS_SHOWN], statement.accounts[ACCOUNTS_SHOWN:]
    charged, credited = sum(one.charged_minor for one in rest), sum(one.credited_minor for one in rest)
    return AccountsPanel(shown, len(rest), charged, credited, sum(one.open_minor for one in rest))


_ENDS = frozenset({Kind.HIDDEN, Kind.TOTAL, Kind.OPEN, Kind.CLOSING})


def _opens(row: LaidOut) -> bool:
    return isinstance(row, Edge) and row.kind is Kind.OPENING


def _ends(row: LaidOut) -> bool:
    return isinstance(row, Edge) and row.account is None and row.kind in _ENDS


def _bounds(total: int, page: int) -> tuple[int, int, int, int]:
    """The slice of a page, and the page moved into what exists."""
    pages = max(1, -(-total // ROWS_A_PAGE))
    page = min(max(page, 1), pages)
    return (page - 1) * ROWS_A_PAGE, min(page * ROWS_A_PAGE, total), page, pages


def _row(row: LaidOut) -> TableRow:
    if isinstance(row, Line):
        text = verbatim(row.description)
        return TableRow("line", row.booked_on, text, row, row.debit_minor, row.credit_minor, row.balance_minor)
    if isinstance(row, Note):
        return TableRow("note", row.on, row.text)
    sums = (row.debit_minor, row.credit_minor, row.balance_minor)
    return TableRow(row.kind.value, row.on, row.label, None, *sums, row.account)


def _carried(statement: Statement, inner: Sequence[LaidOut], start: int) -> list[TableRow]:
    """What comes over from the page before: the balance, or the heading of the account that goes on."""
    if start == 0:
        return []
    if not (statement.grouped and statement.several):
        return _forward(say("Brought forward"), statement, inner[:start])
    first = inner[start]
    going_on = not (isinstance(first, Note) or (isinstance(first, Edge) and first.kind is Kind.HEADING))
    headings = [row for row in inner[:start] if isinstance(row, Edge) and row.kind is Kind.HEADING]
    if not going_on:
        return []
    text = say("{account} (continued)", account=headings[-1].label)
    return [TableRow(Kind.HEADING.value, text=text, account=headings[-1].account)]


def _forward(text: Sentence, statement: Statement, before: Sequence[LaidOut]) -> list[TableRow]:
    """The balance after these rows, where there is one."""
    if statement.balance is None or (statement.grouped and statement.several):
        return []
    lines = (row.balance_minor for row in reversed(before) if isinstance(row, Line))
    return [TableRow("forward", text=text, balance=next(lines, statement.balance.opening_minor))]
