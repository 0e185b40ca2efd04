"""A statement's tables: which columns, and how each line becomes text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from portal.outside.pdf.palette import Tone
from portal.outside.pdf.table import Cells, Column, Kind, Table
from portal.outside.pdf.words import Labels, Style
from portal.outside.pens import MINUS
from portal.rules.statements.figures import AccountTotals, Line, Note, Statement, WaitingItem, with_notes


@dataclass(frozen=True, slots=True)
class Edge:
    """A row that is not a line: opening, hidden, closing, total. None leaves a figure out."""

    text: str
    on: date | None = None
    debit_minor: int | None = None
    credit_minor: int | None = None
    balance_minor: int | None = None


Row = Line | Note | Edge


def house_account(statement: Statement, labels: Labels, style: Style, *, accounts: bool) -> Table:
    """The lines on the House Account between opening and closing balance, with the Account column if `accounts`."""
    rows: list[Row] = [Edge(labels.opening_balance, statement.first, balance_minor=statement.opening_minor)]
    rows += with_notes(statement)
    if statement.hides:
        hidden = statement.hidden_debit_minor, statement.hidden_credit_minor
        rows.append(Edge(labels.hidden, None, *hidden))
    rows.append(Edge(labels.closing_balance, statement.last, balance_minor=statement.closing_minor))
    columns = _columns(statement.lines, _balances(statement), labels, style, accounts=accounts)
    hidden_samples = [statement.hidden_debit_minor, statement.hidden_credit_minor]
    columns = [
        _sampled(column, style, hidden_samples) if column.heading in (labels.debit, labels.credit) else column
        for column in columns
    ]
    return Table(columns, rows, partial(_row, labels, style, accounts))


def customer_credit(statement: Statement, labels: Labels, style: Style, *, accounts: bool) -> Table | None:
    """The second table (S12), None where there is none."""
    credit = statement.credit
    if credit is None:
        return None
    rows: list[Row] = [Edge(labels.opening_balance, statement.first, balance_minor=credit.opening_minor)]
    rows += credit.lines
    rows.append(Edge(labels.closing_balance, statement.last, balance_minor=credit.closing_minor))
    balances = [credit.opening_minor, credit.closing_minor, *(line.balance_minor for line in credit.lines)]
    columns = _columns(credit.lines, balances, labels, style, accounts=accounts)
    return Table(columns, rows, partial(_row, labels, style, accounts), labels.customer_credit)


def by_account(statement: Statement, labels: Labels, style: Style) -> Table:
    """Each account's opening, charges, payments and closing, and their sum (S4)."""
    totals = statement.accounts
    total = Edge(
        labels.total,
        None,
        sum(account.debit_minor for account in totals),
        sum(account.credit_minor for account in totals),
        statement.closing_minor,
    )
    rows: list[AccountTotals | Edge] = [*totals, total]
    openings = [statement.opening_minor, *(account.opening_minor for account in totals)]
    closings = [statement.closing_minor, *(account.closing_minor for account in totals)]
    charged = [total.debit_minor or 0, *(account.debit_minor for account in totals)]
    paid = [total.credit_minor or 0, *(account.credit_minor for account in totals)]
    columns = [
        Column(labels.account),
        _figures(labels.opening, openings, style),
        _figures(labels.charged, charged, style),
        _figures(labels.paid, paid, style),
        _figures(labels.closing, closings, style),
    ]
    return Table(columns, rows, partial(_total, style, statement.opening_minor), labels.by_account)


def waiting(statement: Statement, labels: Labels, style: Style, *, accounts: bool) -> Table | None:
    """Future items, apart from the balances (S2); None where there are none."""
    items = statement.waiting
    if not items:
        return None
    columns = [
        *_names(labels, style, (item.on for item in items), [item.number for item in items]),
        *([_account_column(labels, [item.account.name for item in items])] if accounts else []),
        _figures(labels.amount, [item.amount_minor for item in items], style),
    ]
    return Table(columns, items, partial(_waiting, style, accounts), labels.waiting, labels.waiting_note)


def _row(labels: Labels, style: Style, accounts: bool, row: Row) -> Cells:
    if isinstance(row, Line):
        minor = row.amount_minor
        if minor < 0:
            debit, credit = style.amount(-minor), ""
        else:
            debit, credit = "", "+" + style.amount(minor) if minor else style.amount(0)
        named = (style.day(row.booked_on), row.number, row.description)
        figures = (debit, credit, style.amount(row.balance_minor))
        texts = (*named, row.account_name, *figures) if accounts else named + figures
        return Cells(Kind.LINE, texts, row.category)
    if isinstance(row, Edge):
        return _edge(style, accounts, row)
    return Cells(Kind.NOTE, (style.day(row.on), labels.of(row.text)))


def _edge(style: Style, accounts: bool, edge: Edge) -> Cells:
    texts = [
        style.day(edge.on) if edge.on else "",
        "",
        edge.text,
        *([""] if accounts else []),
        *(
            "" if minor is None else style.amount(minor)
            for minor in (edge.debit_minor, edge.credit_minor, edge.balance_minor)
        ),
    ]
    return Cells(Kind.EDGE, texts)


def _total(style: Style, opening_minor: int, row: AccountTotals | Edge) -> Cells:
    if isinstance(row, Edge):
        figures = (opening_minor, row.debit_minor or 0, row.credit_minor or 0, row.balance_minor or 0)
        return Cells(Kind.EDGE, (row.text, *map(style.amount, figures)))
    figures = (row.opening_minor, row.debit_minor, row.credit_minor, row.closing_minor)
    reference = row.account.reference
    return Cells(
        Kind.LINE, (row.account.name, *map(style.amount, figures)), reference if reference != row.account.name else ""
    )


def _waiting(style: Style, accounts: bool, item: WaitingItem) -> Cells:
    account = (item.account.name,) if accounts else ()
    return Cells(
        Kind.LINE, (style.day(item.on), item.number, item.description, *account, style.amount(item.amount_minor))
    )


def _columns(
    lines: Sequence[Line], balances: Sequence[int], labels: Labels, style: Style, *, accounts: bool
) -> list[Column]:
    amounts = [line.amount_minor for line in lines] or [0]
    credit = _figures(labels.credit, [max(0, *amounts, 0)], style, Tone.CREDIT, "+")
    return [
        *_names(labels, style, (line.booked_on for line in lines), [line.number for line in lines]),
        *([_account_column(labels, [line.account_name for line in lines])] if accounts else []),
        _figures(labels.debit, [max(0, -min(amounts))], style),
        credit,
        _figures(labels.balance, balances, style),
    ]


def _balances(statement: Statement) -> list[int]:
    balances = [line.balance_minor for line in statement.lines]
    return [statement.opening_minor, statement.closing_minor, *([min(balances), max(balances)] if balances else [])]


def _names(labels: Labels, style: Style, days: Iterable[date], numbers: Sequence[str]) -> list[Column]:
    widest_days = {style.day(day) for day in set(days)} | {style.day(date(2026, month, 28)) for month in range(1, 13)}
    return [
        Column(labels.date, _widest(widest_days), tone=Tone.SOFT, most=70),
        Column(labels.number, _widest(number.translate(_ONE_FIGURE) for number in numbers), most=80),
        Column(labels.description),
    ]


def _account_column(labels: Labels, names: Sequence[str]) -> Column:
    return Column(labels.account, _widest(names), tone=Tone.SOFT, most=105)


_ONE_FIGURE = str.maketrans("123456789", "000000000")


def _widest(texts: Iterable[str]) -> list[str]:
    """A dozen of the longest different texts, at least one: the widest is most likely among them."""
    return sorted(sorted(set(texts)), key=len)[-12:] or [""]


def _figures(heading: str, minors: Sequence[int], style: Style, tone: Tone = Tone.INK, sign: str = "") -> Column:
    edges = {min(minors), max(minors)} if minors else {0}
    return Column(heading, [sign + style.amount(minor) for minor in sorted(edges)] or [MINUS], figures=True, tone=tone)


def _sampled(column: Column, style: Style, minors: Sequence[int]) -> Column:
    return Column(
        column.heading, [*column.samples, *map(style.amount, minors)], column.figures, column.tone, column.most
    )
