"""Entries in a table, as banks without anything better let one save them: CSV, read by a saved mapping (F16)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import BinaryIO, NoReturn

from portal.outside.bank.accounts import iban
from portal.outside.sheets.reading import TableFile, Unreadable
from portal.rules.amounts import NoAmount, Notation, read_amount
from portal.rules.bank.files import Closed, Entry, Event, Opened, unreadable
from portal.rules.bank.mappings import FIELDS, Mapped
from portal.rules.books import EARLIEST, LATEST
from portal.rules.sentences import Sentence, say

PREAMBLE = 30


def events(file: BinaryIO, mapping: Mapped) -> Iterator[Event]:
    """What the file says, as one statement. Raises Invalid for what the mapping does not fit."""
    columns = {field: heading for field, heading in mapping.columns.items() if heading}
    try:
        table = TableFile(
            file,
            list(dict.fromkeys(columns.values())),
            list(dict.fromkeys(columns.values())),
            preamble=PREAMBLE,
            others=True,
        )
    except Unreadable as error:
        raise unreadable(error.sentence) from None
    rows = [
        _Row(line, dict(zip(table.columns, values, strict=True)), columns, mapping)
        for line, values in table.rows(_refuse)
    ]
    entries = [row.entry() for row in rows]
    balances = [row.balance() for row in rows]
    opening = closing = None
    if rows and all(one is not None for one in balances):
        opening, closing, entries = _ordered(entries, [one or 0 for one in balances])
    yield Opened("", mapping.account, mapping.currency, opening)
    yield from entries
    yield Closed(closing)


def first_rows(file: BinaryIO, most: int) -> list[list[str]]:
    """The first rows of a table as they stand. Raises Invalid for what is none."""
    try:
        return TableFile(file, [], [], preamble=PREAMBLE, others=True).first_rows(most)
    except Unreadable as error:
        raise unreadable(error.sentence) from None


def _ordered(entries: list[Entry], balances: list[int]) -> tuple[int, int, list[Entry]]:
    """Opening and closing balance of rows with a balance each; banks put the newest first or last."""
    upwards = balances[0] - entries[0].amount_minor
    total = sum(entry.amount_minor for entry in entries)
    if upwards + total == balances[-1]:
        return upwards, balances[-1], entries
    downwards = balances[-1] - entries[-1].amount_minor
    if downwards + total == balances[0]:
        return downwards, balances[0], entries[::-1]
    return upwards, balances[-1], entries


def _refuse(line: int, column: str, sentence: Sentence) -> None:
    if column:
        raise unreadable(say("line {line}, {column}: {said}", line=line, column=column, said=sentence))
    raise unreadable(say("line {line}: {said}", line=line, said=sentence))


class _Row:
    def __init__(
        self, line: int, values: Mapping[str, str | None], columns: Mapping[str, str], mapping: Mapped
    ) -> None:
        self._line, self._values, self._columns, self._mapping = line, values, columns, mapping

    def text(self, field: str) -> str:
        heading = self._columns.get(field)
        return (self._values.get(heading) or "").strip() if heading else ""

    def entry(self) -> Entry:
        assert set(self._columns) <= set(FIELDS)
        value = self.text("value_date")
        account = self.text("iban")
        return Entry(
            self._day("date"),
            self._day("value_date") if value else None,
            self._amount(),
            self.text("name"),
            iban(account) or account,
            self.text("reference"),
            self.text("text"),
            self.text("bank_reference"),
        )

    def balance(self) -> int | None:
        return self._read("balance") if self.text("balance") else None

    def _amount(self) -> int:
        if "amount" in self._columns:
            return self._read("amount")
        credit = self._read("credit") if self.text("credit") else 0
        debit = abs(self._read("debit")) if self.text("debit") else 0
        return credit - debit

    def _read(self, field: str) -> int:
        notation = Notation(",", ".") if self._mapping.decimal == "," else Notation()
        try:
            return read_amount(self.text(field), self._mapping.currency, notation)
        except NoAmount as error:
            self._wrong(field, error.sentence)

    def _day(self, field: str) -> date:
        text = self.text(field)
        try:
            on = datetime.strptime(text[:10].rstrip(" T"), self._mapping.pattern).replace(tzinfo=UTC).date()
        except ValueError:
            self._wrong(field, say("“{text}” is not a date as the mapping has it.", text=text[:40]))
        if not EARLIEST <= on <= LATEST:
            self._wrong(field, say("“{text}” is not a date we keep books for.", text=text[:40]))
        return on

    def _wrong(self, field: str, sentence: Sentence) -> NoReturn:
        raise unreadable(
            say("line {line}, {column}: {said}", line=self._line, column=self._columns[field], said=sentence)
        )
