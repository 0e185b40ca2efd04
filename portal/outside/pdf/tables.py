"""A statement's tables: which columns, and how each line becomes text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from functools import partial

from portal.outside.pdf.palette import Tone
from portal.outside.pdf.table import Cells, Column, Table
from portal.outside.pdf.table import Kind as CellKind
from portal.outside.pdf.words import Labels, Style
from portal.outside.pens import MINUS
from portal.rules.books import EntryKind
from portal.rules.statements.figures import AccountTotals, Line, Note, Statement, WaitingItem
from portal.rules.statements.layout import Edge, Kind, LaidOut, credit_laid_out, laid_out


def house_account(statement: Statement, labels: Labels, style: Style, *, accounts: bool) -> Table:
    """The lines on the House Account and what stands around them, with the Account column if `accounts`."""
    return _lined(statement, list(laid_out(statement)), labels, style, accounts=accounts)


def customer_credit(statement: Statement, labels: Labels, style: Style, *, accounts: bool) -> Table | None:
    """The second table (S12), None where there is none."""
    rows = list(credit_laid_out(statement))
    return _lined(statement, rows, labels, style, accounts=accounts, title=labels.customer_credit) if rows else None


def _lined(
    statement: Statement, rows: Sequence[LaidOut], labels: Labels, style: Style, *, accounts: bool, title: str = ""
) -> Table:
    """A table of lines, with a column for the balance where the statement has one (S13)."""
    balances = None
    if statement.balance is not None:
        balances = [row.balance_minor for row in rows if not isinstance(row, Note) and row.balance_minor is not None]
    columns = _columns(rows, balances, labels, style, accounts=accounts)
    return Table(columns, rows, partial(_row, labels, style, accounts, balances is not None), title)


def by_account(statement: Statement, labels: Labels, style: Style) -> Table:
    """What was charged and credited for each account and what of it is open, and together (S4)."""
    totals = statement.accounts
    total = Edge(Kind.TOTAL, None, statement.charged_minor, statement.credited_minor, statement.open_minor)
    columns = [
        Column(labels.account),
        _figures(labels.charged, [statement.charged_minor, *(one.charged_minor for one in totals)], style),
        _figures(labels.credited, [statement.credited_minor, *(one.credited_minor for one in totals)], style),
        _figures(labels.open, [statement.open_minor, *(one.open_minor for one in totals)], style),
    ]
    return Table(columns, [*totals, total], partial(_total, labels, style), labels.by_account)


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


def _row(labels: Labels, style: Style, accounts: bool, balances: bool, row: LaidOut) -> Cells:
    if isinstance(row, Line):
        minor, balance = row.amount_minor, row.balance_minor
        if minor < 0:
            debit, credit = style.amount(-minor), ""
        else:
            debit, credit = "", "+" + style.amount(minor) if minor else style.amount(0)
        named = (style.day(row.booked_on), row.number, row.description or labels.of(EntryKind(row.kind).label))
        figures = (debit, credit, style.amount(balance) if balance is not None else "") if balances else (debit, credit)
        texts = (*named, row.account_name, *figures) if accounts else named + figures
        return Cells(CellKind.LINE, texts, row.category)
    if isinstance(row, Edge):
        return _edge(labels, style, accounts, balances, row)
    return Cells(CellKind.NOTE, (style.day(row.on), labels.of(row.text)))


def _edge(labels: Labels, style: Style, accounts: bool, balances: bool, edge: Edge) -> Cells:
    minors = (edge.debit_minor, edge.credit_minor, *([edge.balance_minor] if balances else []))
    texts = [
        style.day(edge.on) if edge.on else "",
        "",
        labels.of(edge.label),
        *([""] if accounts else []),
        *("" if minor is None else style.amount(minor) for minor in minors),
    ]
    return Cells(CellKind.EDGE, texts)


def _total(labels: Labels, style: Style, row: AccountTotals | Edge) -> Cells:
    if isinstance(row, Edge):
        sums = (row.debit_minor or 0, row.credit_minor or 0, row.balance_minor or 0)
        return Cells(CellKind.EDGE, (labels.of(row.label), *map(style.amount, sums)))
    sums, reference = (row.charged_minor, row.credited_minor, row.open_minor), row.account.reference
    aside = reference if reference != row.account.name else ""
    return Cells(CellKind.LINE, (row.account.name, *map(style.amount, sums)), aside)


def _waiting(style: Style, accounts: bool, item: WaitingItem) -> Cells:
    account = (item.account.name,) if accounts else ()
    return Cells(
        CellKind.LINE, (style.day(item.on), item.number, item.description, *account, style.amount(item.amount_minor))
    )


def _columns(
    rows: Sequence[LaidOut], balances: Sequence[int] | None, labels: Labels, style: Style, *, accounts: bool
) -> list[Column]:
    lines = [row for row in rows if isinstance(row, Line)]
    edges = [row for row in rows if isinstance(row, Edge)]
    amounts = [line.amount_minor for line in lines] or [0]
    debits = [max(0, -min(amounts)), *(edge.debit_minor or 0 for edge in edges)]
    part = balances is None
    heading = labels.credited if part else labels.credit
    added = _figures(heading, [max(0, *amounts, 0)], style, Tone.CREDIT, "+")
    together = [style.amount(max(edge.credit_minor or 0 for edge in edges))] if edges else []
    return [
        *_names(labels, style, (line.booked_on for line in lines), [line.number for line in lines]),
        *([_account_column(labels, [line.account_name for line in lines])] if accounts else []),
        _figures(labels.charged if part else labels.debit, debits, style),
        Column(added.heading, [*added.samples, *together], figures=True, tone=added.tone),
        *([_figures(labels.balance, balances, style)] if balances is not None else []),
    ]


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
