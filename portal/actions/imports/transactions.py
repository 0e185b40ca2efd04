"""Importing transactions: invoices, payments and their like, future items, and reversals of either.

Rows come some thousands at a time. Each chunk is looked up in a constant number of queries, judged row by row, and
written at once; balances and month totals are added up at the end. What a row does can depend on earlier rows of the
same file, which by then are in the books or in the same chunk.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from portal.actions.imports.credit import check_credit
from portal.actions.imports.reading import Work
from portal.db import customers, imports, ledger
from portal.db.imports import Booked, NewFutureItem, NumberKey, Payee
from portal.db.ledger import AccountKey, Half, NewEntry, Totals
from portal.outside import clock
from portal.rules.customers import BillingType
from portal.rules.errors import Reason
from portal.rules.imports import FUTURE_ITEM, TransactionRow, transaction_row
from portal.rules.ledger import COUNTERPART, FUTURE_SERIES, SERIES, EntryKind, Ledger, own_value
from portal.rules.money import format_minor, parse_amount

CHUNK = 4_000
MOST_CACHED = 50_000
Rows = Sequence[tuple[int, TransactionRow]]
Find = Callable[[Iterable[str]], dict[str, Payee]]


class Content(NamedTuple):
    """What makes two rows the same one, besides their number."""

    customer: str
    on: object
    kind: str
    ledger: str
    amount_minor: int
    tax_minor: int
    description: str
    category: str
    reverses: str


@dataclass(slots=True)
class Plan:
    """A row that is going to be written. `amount_minor` is signed, as it will stand on the payer's account."""

    line: int
    row: TransactionRow
    payee: Payee
    payer_id: int
    ledger: Ledger
    amount_minor: int
    tax_minor: int
    original: Plan | Booked | None = None
    number: str = ""
    sequence: int | None = None
    id: int = 0
    halves: tuple[Half, ...] = ()
    reversed_by: str = ""

    @property
    def is_future(self) -> bool:
        return self.row.kind is None

    @property
    def series(self) -> str:
        return _series(self.row)


class Told(NamedTuple):
    """A row that was written, for a caller who asked for one: its public id and number."""

    plan: Plan
    public_id: str


def take(work: Work) -> None:
    """Carry out an import of transactions (F1, F2, F8, F10, F11)."""
    imports.prefer_indexes()
    books = Books(work, imports.payees, imports.many_totals())
    for rows in work.chunks(transaction_row, CHUNK):
        books.take(rows)
    books.finish()


class Books:
    """The books while an import writes to them."""

    def __init__(self, work: Work, find: Find, totals: Totals) -> None:
        customers.hold_links()
        imports.one_at_a_time()
        self._work = work
        self._find = find
        self._at = clock.now()
        self._totals = totals
        self._payees: dict[str, Payee] = {}
        self._accounts: dict[AccountKey, int] = {}
        self._failed: set[str] = set()
        self._doubtful: set[int] = set()
        self._spent: dict[int, Payee] = {}
        self._first_id: int | None = None
        self._coming = _numbers_to_come(work, find)
        self.told: list[Told] = []

    def take(self, rows: Rows) -> None:
        """Judge some rows and write those that are right; one wrong row undoes everything in the end."""
        chunk = _Chunk(self, self._work, rows)
        plans = chunk.judged()
        self._number(plans)
        self._assign_ids(plans)
        self._work.created += len(plans)
        self.told = [*self._write_entries(plans), *self._write_future_items(plans)]

    def finish(self) -> None:
        """Check Customer Credit on the outcome of the whole file (F10), then add up what is stored."""
        spent = {key: payee for key, payee in self._spent.items() if payee.payer_id not in self._doubtful}
        check_credit(self._work, spent, self._first_id or 0)
        if not self._work.error_count:
            self._totals.write()

    def payees(self, references: set[str]) -> dict[str, Payee]:
        """The customers that the actor may know of, remembered between chunks."""
        if len(self._payees) > MOST_CACHED:
            self._payees.clear()
        unknown = references - self._payees.keys()
        if unknown:
            found = self._find(unknown)
            self._payees |= {key: payee for key, payee in found.items() if self._work.may_touch(payee.partner_id)}
        return self._payees

    def failed(self, row: TransactionRow) -> None:
        """Remember a row that is not written, so that what follows from it is not reported as well."""
        self._failed.add(row.external_id)
        payee = self._payees.get(row.customer)
        if payee is not None:
            self._doubtful.add(payee.payer_id)

    def has_failed(self, external_id: str) -> bool:
        return external_id in self._failed

    def _number(self, plans: list[Plan]) -> None:
        """Give plans without a number the next of their series, stepping over those that later rows bring (F2)."""
        wanted: dict[tuple[int, str], list[Plan]] = defaultdict(list)
        for plan in plans:
            plan.number = plan.row.number
            if not plan.number:
                wanted[plan.payee.partner_id, plan.series].append(plan)
        for key, waiting in sorted(wanted.items(), key=lambda item: item[0]):
            coming = self._coming.get(key, set())
            place = 0
            while place < len(waiting):
                for value, number in ledger.take_numbers(*key, len(waiting) - place):
                    if value not in coming:
                        waiting[place].sequence, waiting[place].number = value, number
                        place += 1

    def _assign_ids(self, plans: list[Plan]) -> None:
        entries = [plan for plan in plans if not plan.is_future]
        items = [plan for plan in plans if plan.is_future]
        for some, reserve in ((entries, ledger.reserve_ids), (items, imports.reserve_future_ids)):
            for plan, key in zip(some, reserve(len(some)) if some else (), strict=True):
                plan.id = key
        if entries and self._first_id is None:
            self._first_id = entries[0].id

    def _write_entries(self, plans: list[Plan]) -> list[Told]:
        entries = [plan for plan in plans if not plan.is_future]
        self._fill_halves(entries)
        written = ledger.write_entries(
            [_entry(plan) for plan in entries], actor=self._work.actor.label, at=self._at, totals=self._totals
        )
        return [Told(plan, one.public_id) for plan, one in zip(entries, written, strict=True)]

    def _fill_halves(self, entries: list[Plan]) -> None:
        """The postings of each entry; a reversal turns those of its original round (F11)."""
        stored = imports.halves_of([plan.original.id for plan in entries if isinstance(plan.original, Booked)])
        fresh = [(plan, *_account_keys(plan)) for plan in entries if plan.original is None]
        accounts = self._account_ids({key for _, own, other in fresh for key in (own, other)})
        for plan, own, other in fresh:
            amount = plan.amount_minor
            plan.halves = Half(accounts[own], amount, True), Half(accounts[other], -amount, False)
        for plan in entries:
            if plan.original is not None:
                halves = plan.original.halves if isinstance(plan.original, Plan) else stored[plan.original.id]
                plan.halves = tuple(Half(half[0], -half[1], half[2]) for half in halves)
            if plan.ledger is Ledger.CREDIT and plan.amount_minor < 0:
                own_half = next(half for half in plan.halves if half.owned)
                self._spent[own_half.ledger_account_id] = plan.payee

    def _account_ids(self, wanted: set[AccountKey]) -> dict[AccountKey, int]:
        if len(self._accounts) > MOST_CACHED:
            self._accounts.clear()
        unknown = wanted - self._accounts.keys()
        if unknown:
            self._accounts |= ledger.account_ids(unknown)
        return self._accounts

    def _write_future_items(self, plans: list[Plan]) -> list[Told]:
        items = [plan for plan in plans if plan.is_future]
        if not items:
            return []
        _note_numbers(items)
        public_ids = imports.add_future_items(
            [_future_item(plan) for plan in items], actor=self._work.actor.label, at=self._at
        )
        return [Told(plan, public_id) for plan, public_id in zip(items, public_ids, strict=True)]


class _Chunk:
    """Some rows with everything that judging them needs."""

    def __init__(self, books: Books, work: Work, rows: Rows) -> None:
        self._books, self._work, self._rows = books, work, rows
        self._payees = books.payees({row.customer for _, row in rows})
        self._there = imports.booked({key for _, row in rows for key in (row.external_id, row.reverses) if key})
        invoices = [one.id for one in self._there.values() if one.kind == FUTURE_ITEM]
        self._invoiced = imports.invoiced(invoices) if invoices else {}
        self._holders = imports.holders_of(self._keys())
        self._plans: dict[str, Plan] = {}
        self._numbered: dict[NumberKey, int] = {}
        self._reversing: dict[str, str] = {}

    def _keys(self) -> set[NumberKey]:
        keys = set()
        for _, row in self._rows:
            payee = self._payees.get(row.customer) if row.number else None
            if payee is not None:
                keys.add((payee.partner_id, _series(row), row.number))
        return keys

    def judged(self) -> list[Plan]:
        """The rows to write, in order. The others are counted as skipped or reported as wrong."""
        plans = []
        for line, row in self._rows:
            plan = self._judge(line, row)
            if plan is not None:
                plans.append(plan)
                if row.external_id:
                    self._plans[row.external_id] = plan
        return plans

    def _judge(self, line: int, row: TransactionRow) -> Plan | None:
        before = self._work.error_count
        plan = self._planned(line, row)
        if self._work.error_count > before:
            self._books.failed(row)
        if self._books.has_failed(row.external_id):
            return None
        if plan is None:
            self._work.skipped += 1
        return plan

    def _planned(self, line: int, row: TransactionRow) -> Plan | None:
        """The plan for a row, or None when it is there already or something is wrong with it, which is reported."""
        payee = self._payees.get(row.customer)
        if payee is None:
            self._work.wrong(line, "customer", f"There is no customer “{row.customer[:100]}”.")
        amount = self._amount(line, "amount", row.amount, row, payee)
        tax = self._amount(line, "tax", row.tax, row, payee) if row.tax else 0
        if payee is None or amount is None or tax is None:
            return None
        if tax > amount:
            self._work.wrong(line, "tax", f"The tax, {row.tax}, is more than the amount, {row.amount}.")
        if row.external_id in self._there or row.external_id in self._plans:
            self._compare(line, row, _content(row, payee, amount, tax))
            return None
        plan = Plan(line, row, payee, payee.payer_id, row.ledger or Ledger.HOUSE, _signed(row, amount), tax)
        if row.reverses:
            self._follow(plan)
        elif row.kind is None and payee.billing_type != BillingType.RECURRING:
            self._refuse_future(plan)
        if row.number:
            self._claim_number(plan)
        return plan

    def _amount(self, line: int, column: str, text: str, row: TransactionRow, payee: Payee | None) -> int | None:
        try:
            minor = _minor_units(text, payee.currency if payee else "EUR")
        except ValueError as error:
            self._work.wrong(line, column, str(error))
            return None
        if minor < 0 or text[0] == "-":
            self._work.wrong(line, column, f"“{text}” is negative. Write it without a sign; the kind gives it one.")
            return None
        if minor == 0 and column == "amount" and row.kind is not EntryKind.INVOICE:
            self._work.wrong(line, column, "Only an invoice may come to zero.")
            return None
        return minor

    def _compare(self, line: int, row: TransactionRow, content: Content) -> None:
        """A row whose external id is taken: nothing to do when it says the same, else an error."""
        plan = self._plans.get(row.external_id)
        there = self._there.get(row.external_id)
        if plan is not None:
            same = content == _content_of_plan(plan) and row.number == plan.row.number
            if not same:
                self._work.wrong(
                    line, "external_id", f"“{row.external_id}” stands on line {plan.line} with other contents."
                )
        elif there is not None:
            differing = _differences(row, content, there)
            if differing:
                text = f"“{row.external_id}” is in the books already with another {', '.join(differing)}."
                self._work.wrong(line, differing[0], text, other=row.external_id)

    def _refuse_future(self, plan: Plan) -> None:
        label = BillingType(plan.payee.billing_type).label
        reason = Reason(
            "F2",
            f"{plan.payee.name} has the billing type “{label}”, and future items are for recurring billing.",
            "Post a transaction instead: a debit or a credit.",
        )
        self._work.refused(plan.line, "kind", [reason])

    def _claim_number(self, plan: Plan) -> None:
        key = (plan.payee.partner_id, plan.series, plan.row.number)
        first = self._numbered.setdefault(key, plan.line)
        if first != plan.line:
            self._work.wrong(
                plan.line, "number", f"The number {plan.row.number} is used twice, on line {first} and on this one."
            )
        elif key in self._holders:
            holder = self._holders[key]
            of = f" by “{holder}”" if holder else ""
            self._work.wrong(plan.line, "number", f"The number {plan.row.number} is taken already{of}.", other=holder)

    def _follow(self, plan: Plan) -> None:
        """Make a plan the reversal of an earlier row: on its books, with the opposite sign (F1, F11)."""
        row = plan.row
        original: Plan | Booked | None = self._plans.get(row.reverses) or self._there.get(row.reverses)
        if original is None:
            if self._books.has_failed(row.reverses):
                self._books.failed(row)
                return
            text = f"There is no earlier transaction “{row.reverses[:100]}”, in the books or above in this file."
            self._work.wrong(plan.line, "reverses", text)
            return
        self._check_equal(plan, original)
        self._check_reversible(plan, original)
        if isinstance(original, Plan):
            original.reversed_by = row.external_id or "this"
        self._reversing[row.reverses] = row.external_id or "this"
        plan.original = original
        plan.payer_id = original.payer_id
        plan.ledger = Ledger(original.ledger)
        plan.amount_minor = -original.amount_minor
        plan.tax_minor = -original.tax_minor

    def _check_equal(self, plan: Plan, original: Plan | Booked) -> None:
        row, line = plan.row, plan.line
        theirs, kind = _of_original(original)
        if plan.payee.id != theirs:
            self._work.wrong(line, "customer", f"“{row.reverses}” was issued for another customer.")
        if row.word != kind:
            self._work.wrong(
                line, "kind", f"“{row.reverses}” is of the kind {kind}; a reversal has the kind of its original."
            )
        if row.ledger is not None and row.ledger != original.ledger:
            self._work.wrong(line, "ledger", f"“{row.reverses}” is on the {Ledger(original.ledger).label}.")
        currency = plan.payee.currency
        if abs(plan.amount_minor) != abs(original.amount_minor):
            full = format_minor(abs(original.amount_minor), currency)
            self._work.wrong(line, "amount", f"A reversal takes back all of “{row.reverses}”, which is {full}.")
        if row.tax and plan.tax_minor != abs(original.tax_minor):
            full = format_minor(abs(original.tax_minor), currency)
            self._work.wrong(line, "tax", f"The tax of “{row.reverses}” is {full}.")

    def _check_reversible(self, plan: Plan, original: Plan | Booked) -> None:
        reverses = plan.row.reverses
        by = original.reversed_by or self._reversing.get(reverses, "")
        reasons = []
        if by:
            reasons.append(Reason("F1", f"“{reverses}” was reversed by “{by}”.", "It cannot be reversed twice."))
        if plan.is_future and _is_cancellation(original):
            reasons.append(Reason("F1", f"“{reverses}” takes a future item back.", "Post a new future item instead."))
        if isinstance(original, Booked) and original.kind == FUTURE_ITEM and original.id in self._invoiced:
            invoice = self._invoiced[original.id]
            reasons.append(Reason("F1", f"“{reverses}” is on the invoice {invoice}.", "Reverse that invoice instead."))
        self._work.refused(plan.line, "reverses", reasons)


@lru_cache(maxsize=20_000)
def _minor_units(text: str, currency: str) -> int:
    return parse_amount(text, currency)


def _series(row: TransactionRow) -> str:
    return FUTURE_SERIES if row.kind is None else SERIES[row.kind]


def _signed(row: TransactionRow, amount: int) -> int:
    """A charge lowers the balance; as a future item it is positive, the amount that will be invoiced."""
    return amount if row.kind is None else row.kind.sign * amount


def _content(row: TransactionRow, payee: Payee, amount: int, tax: int) -> Content:
    return Content(
        payee.reference,
        row.on,
        row.word,
        row.ledger or "",
        amount,
        tax,
        row.description,
        row.category,
        row.reverses,
    )


def _content_of_plan(plan: Plan) -> Content:
    return _content(plan.row, plan.payee, abs(plan.amount_minor), abs(plan.tax_minor))


def _differences(row: TransactionRow, content: Content, there: Booked) -> list[str]:
    """The columns in which a row differs from what is in the books; empty where we chose the value ourselves."""
    reversal = bool(row.reverses)
    pairs = {
        "customer": content.customer == there.customer,
        "date": row.on == there.on,
        "kind": row.word == there.kind,
        "ledger": (reversal and row.ledger is None) or (row.ledger or Ledger.HOUSE) == there.ledger,
        "amount": content.amount_minor == abs(there.amount_minor),
        "number": row.number == there.number or (not row.number and there.sequence is not None),
        "description": row.description == there.description
        or (reversal and not row.description and there.description == _reversal_text(there.reverses_number)),
        "category": row.category == there.category,
        "tax": (reversal and not row.tax) or content.tax_minor == abs(there.tax_minor),
        "reverses": row.reverses == there.reverses,
    }
    return [column for column, same in pairs.items() if not same]


def _of_original(original: Plan | Booked) -> tuple[int, str]:
    """Whom it was issued for, and its kind as files name it."""
    if isinstance(original, Plan):
        return original.payee.id, original.row.word
    return original.issued_for_id, original.kind


def _is_cancellation(original: Plan | Booked) -> bool:
    return bool(original.row.reverses if isinstance(original, Plan) else original.reverses_number)


def _reversal_text(number: str) -> str:
    return f"Reversal of {number}"


def _description(plan: Plan) -> str:
    if plan.row.description or plan.original is None:
        return plan.row.description
    return _reversal_text(plan.original.number)


_LEDGERS = {book: book.value for book in Ledger}


def _account_keys(plan: Plan) -> tuple[AccountKey, AccountKey]:
    assert plan.row.kind is not None
    partner, currency = plan.payee.partner_id, plan.payee.currency
    return (
        AccountKey(partner, plan.payer_id, _LEDGERS[plan.ledger], currency),
        AccountKey(partner, None, COUNTERPART[plan.row.kind], currency),
    )


def _entry(plan: Plan) -> NewEntry:
    row, payee = plan.row, plan.payee
    assert row.kind is not None
    return NewEntry(
        payee.partner_id,
        plan.payer_id,
        payee.id,
        row.on,
        row.kind,
        _LEDGERS[plan.ledger],
        payee.currency,
        plan.amount_minor,
        plan.halves,
        row.external_id or None,
        plan.number,
        plan.tax_minor,
        _description(plan),
        row.category,
        plan.original.id if plan.original else None,
        row.reason,
        None,
        plan.id,
        plan.sequence,
    )


def _future_item(plan: Plan) -> NewFutureItem:
    row, payee = plan.row, plan.payee
    return NewFutureItem(
        id=plan.id,
        external_id=row.external_id or None,
        partner_id=payee.partner_id,
        issued_for_id=payee.id,
        booked_on=row.on,
        currency=payee.currency,
        amount_minor=plan.amount_minor,
        tax_minor=plan.tax_minor,
        number=plan.number,
        sequence=plan.sequence,
        description=_description(plan),
        category=row.category,
        reverses_id=plan.original.id if plan.original else None,
        idempotency_key=None,
    )


def _note_numbers(items: Iterable[Plan]) -> None:
    """Let our own series of future items step over imported numbers that look like ours."""
    highest: dict[tuple[int, str], int] = {}
    for plan in items:
        value = own_value(FUTURE_SERIES, plan.number) if plan.sequence is None else None
        if value is not None:
            key = (plan.payee.partner_id, FUTURE_SERIES)
            highest[key] = max(highest.get(key, 0), value)
    if highest:
        ledger.note_imported_numbers(highest)


def _numbers_to_come(work: Work, find: Find) -> dict[tuple[int, str], set[int]]:
    """Numbers like our own that rows of this file bring, by partner and series, where other rows take ours.

    Only files that mix rows with and without numbers in one series need this; the others are read past quickly.
    """
    mixed = _mixed_series(work)
    if not mixed:
        return {}
    values: dict[tuple[str, str], set[int]] = defaultdict(set)
    for customer, series, number in _numbering(work):
        value = own_value(series, number) if series in mixed else None
        if value is not None:
            values[customer, series].add(value)
    payees = find({customer for customer, _ in values})
    coming: dict[tuple[int, str], set[int]] = defaultdict(set)
    for (customer, series), some in values.items():
        if customer in payees:
            coming[payees[customer].partner_id, series] |= some
    return coming


def _mixed_series(work: Work) -> set[str]:
    numbered: set[str] = set()
    unnumbered: set[str] = set()
    for _, series, number in _numbering(work):
        (numbered if number else unnumbered).add(series)
    return numbered & unnumbered


_SERIES_OF_WORDS = {**{kind.value: series for kind, series in SERIES.items()}, FUTURE_ITEM: FUTURE_SERIES}


def _numbering(work: Work) -> Iterable[tuple[str, str, str]]:
    """Customer, series and number of each row, as far as they are there."""
    for _, values in work.source.rows(lambda _line, _column, _sentence: None):
        number = values[6]
        if number is None and not work.source.columns_vary:
            return
        series = _SERIES_OF_WORDS.get(values[3] or "")
        if series is not None:
            yield values[1] or "", series, number or ""
