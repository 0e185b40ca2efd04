"""Judging rows of transactions: which are to be written, which are there already, and what is wrong with the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import lru_cache

from portal.actions.imports.plans import (
    Content,
    Plan,
    content_of,
    content_of_plan,
    differences,
    is_cancellation,
    of_original,
    series_of,
    signed,
)
from portal.actions.imports.reading import Work
from portal.db import imports
from portal.db.books import closing
from portal.db.imports import Booked, NumberKey, Payee
from portal.db.invoices import reversing
from portal.db.partners import settings as partners
from portal.rules.amounts import NoAmount, parse_amount
from portal.rules.books import EntryKind, Ledger
from portal.rules.closing import closed_refusals
from portal.rules.customers.removal import removed_reason
from portal.rules.customers.status import BillingType
from portal.rules.errors import Reason
from portal.rules.imports import FUTURE_ITEM, TransactionRow
from portal.rules.invoices.due import Terms, read_terms
from portal.rules.money import Money
from portal.rules.sentences import say

MOST_CACHED = 50_000
Rows = Sequence[tuple[int, TransactionRow]]
Find = Callable[[Iterable[str]], dict[str, Payee]]


class Memory:
    """What judging rows remembers from one chunk to the next, in bounded memory.

    `doubtful` are payers of rows that are wrong: what their Customer Credit would be nobody can say.
    """

    def __init__(self, work: Work, find: Find) -> None:
        self.work = work
        self.doubtful: set[int] = set()
        self._find = find
        self._payees: dict[str, Payee] = {}
        self._failed: set[str] = set()
        self._closed: dict[int, date | None] = {}
        self._terms: dict[int, Terms] = {}

    def terms(self, partner_id: int) -> Terms:
        """A partner's terms of payment (F12)."""
        if partner_id not in self._terms:
            self._terms[partner_id] = read_terms(partners.terms(partner_id))
        return self._terms[partner_id]

    def closed_through(self, partner_id: int) -> date | None:
        """Up to which day a partner's months are closed (F8), and stay so while the import writes."""
        if partner_id not in self._closed:
            self._closed[partner_id] = closing.held_open(partner_id)
        return self._closed[partner_id]

    def payees(self, references: set[str]) -> dict[str, Payee]:
        """The customers that the actor may know of, remembered between chunks."""
        if len(self._payees) > MOST_CACHED:
            self._payees.clear()
        unknown = references - self._payees.keys()
        if unknown:
            found = self._find(unknown)
            self._payees |= {key: payee for key, payee in found.items() if self.work.may_touch(payee.partner_id)}
        return self._payees

    def failed(self, row: TransactionRow) -> None:
        """Remember a row that is not written, so that what follows from it is not reported as well."""
        if len(self._failed) < MOST_CACHED:
            self._failed.add(row.external_id)
        payee = self._payees.get(row.customer)
        if payee is not None:
            self.doubtful.add(payee.payer_id)

    def has_failed(self, external_id: str) -> bool:
        """Whether a row with this external id is wrong."""
        return external_id in self._failed


class Chunk:
    """Some rows with everything that judging them needs."""

    def __init__(self, memory: Memory, rows: Rows) -> None:
        self._memory, self._work, self._rows = memory, memory.work, rows
        self._payees = memory.payees({row.customer for _, row in rows})
        self._there = imports.booked({key for _, row in rows for key in (row.external_id, row.reverses) if key})
        invoices = [one.id for one in self._there.values() if one.kind == FUTURE_ITEM]
        self._invoiced = imports.invoiced(invoices) if invoices else {}
        reversed_ = {row.reverses for _, row in rows} & self._there.keys()
        bills = [one.id for one in map(self._there.__getitem__, reversed_) if one.kind == EntryKind.INVOICE]
        self._credit_notes = reversing.credit_notes_of(bills) if bills else {}
        self._holders = imports.holders_of(self._keys())
        self._plans: dict[str, Plan] = {}
        self._numbered: dict[NumberKey, int] = {}
        self._reversing: dict[str, str] = {}

    def _keys(self) -> set[NumberKey]:
        keys = set()
        for _, row in self._rows:
            payee = self._payees.get(row.customer) if row.number else None
            if payee is not None:
                keys.add((payee.partner_id, series_of(row), row.number))
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
        wrong = self._work.error_count > before
        if wrong:
            self._memory.failed(row)
        if wrong or self._memory.has_failed(row.external_id):
            return None
        if plan is None:
            self._work.skipped += 1
        return plan

    def _planned(self, line: int, row: TransactionRow) -> Plan | None:
        """The plan for a row, or None when it is there already or something is wrong with it, which is reported."""
        payee = self._payees.get(row.customer)
        if payee is None:
            self._work.wrong(line, "customer", say("There is no customer “{customer}”.", customer=row.customer[:100]))
        amount = self._amount(line, "amount", row.amount, row, payee)
        tax = self._amount(line, "tax", row.tax, row, payee) if row.tax else 0
        if payee is None or amount is None or tax is None:
            return None
        if tax > amount:
            self._work.wrong(
                line, "tax", say("The tax, {tax}, is more than the amount, {amount}.", tax=row.tax, amount=row.amount)
            )
        if row.external_id in self._there or row.external_id in self._plans:
            self._compare(line, row, content_of(row, payee, amount, tax))
            return None
        plan = Plan(line, row, payee, payee.payer_id, row.ledger or Ledger.HOUSE, signed(row, amount), tax)
        self._date(plan)
        if row.reverses:
            self._follow(plan)
        elif row.kind is None and payee.billing_type != BillingType.RECURRING:
            self._refuse_future(plan)
        if row.number:
            self._claim_number(plan)
        return plan

    def _date(self, plan: Plan) -> None:
        """When an invoice is due (F12), and that no entry falls into a closed month (F8)."""
        row, partner = plan.row, plan.payee.partner_id
        if row.kind is EntryKind.INVOICE and not row.reverses:
            plan.due_on = self._memory.terms(partner).due(row.on)
        if not plan.is_future:
            self._work.refused(plan.line, "date", closed_refusals(row.on, self._memory.closed_through(partner)))
        elif row.allocate:
            self._work.wrong(plan.line, "allocate", say("A future item settles nothing."))

    def _amount(self, line: int, column: str, text: str, row: TransactionRow, payee: Payee | None) -> int | None:
        try:
            minor = _minor_units(text, payee.currency if payee else "EUR")
        except NoAmount as error:
            self._work.wrong(line, column, error.sentence)
            return None
        if minor < 0 or text[0] == "-":
            self._work.wrong(
                line, column, say("“{text}” is negative. Write it without a sign; the kind gives it one.", text=text)
            )
            return None
        if minor == 0 and column == "amount" and row.kind is not EntryKind.INVOICE:
            self._work.wrong(line, column, say("Only an invoice may come to zero."))
            return None
        return minor

    def _compare(self, line: int, row: TransactionRow, content: Content) -> None:
        """A row whose external id is taken: nothing to do when it says the same, else an error."""
        plan = self._plans.get(row.external_id)
        there = self._there.get(row.external_id)
        if plan is not None:
            same = content == content_of_plan(plan) and row.number == plan.row.number
            if not same:
                self._work.wrong(
                    line,
                    "external_id",
                    say("“{id}” stands on line {line} with other contents.", id=row.external_id, line=plan.line),
                )
        elif there is not None:
            differing = differences(row, content, there)
            if differing:
                text = say(
                    "“{id}” is in the books already with another {columns}.",
                    id=row.external_id,
                    columns=", ".join(differing),
                )
                self._work.wrong(line, differing[0], text, other=row.external_id)

    def _refuse_future(self, plan: Plan) -> None:
        label = BillingType(plan.payee.billing_type).label
        reason = Reason(
            "F2",
            say(
                "{name} has the billing type “{label}”, and future items are for recurring billing.",
                name=plan.payee.name,
                label=label,
            ),
            say("Post a transaction instead: a debit or a credit."),
        )
        self._work.refused(plan.line, "kind", [reason])

    def _claim_number(self, plan: Plan) -> None:
        key = (plan.payee.partner_id, plan.series, plan.row.number)
        first = self._numbered.setdefault(key, plan.line)
        if first != plan.line:
            self._work.wrong(
                plan.line,
                "number",
                say(
                    "The number {number} is used twice, on line {first} and on this one.",
                    number=plan.row.number,
                    first=first,
                ),
            )
        elif key in self._holders:
            holder = self._holders[key]
            text = say("The number {number} is taken already.", number=plan.row.number)
            if holder:
                text = say("The number {number} is taken already by “{holder}”.", number=plan.row.number, holder=holder)
            self._work.wrong(plan.line, "number", text, other=holder)

    def _follow(self, plan: Plan) -> None:
        """Make a plan the reversal of an earlier row: on its books, with the opposite sign (F1, F11)."""
        row = plan.row
        original: Plan | Booked | None = self._plans.get(row.reverses) or self._there.get(row.reverses)
        if original is None:
            if self._memory.has_failed(row.reverses):
                self._memory.failed(row)
                return
            text = say(
                "There is no earlier transaction “{reverses}”, in the books or above in this file.",
                reverses=row.reverses[:100],
            )
            self._work.wrong(plan.line, "reverses", text)
            return
        self._check_equal(plan, original)
        self._check_reversible(plan, original)
        if isinstance(original, Plan):
            original.reversed_by = row.external_id or "this"
        self._reversing[row.reverses] = row.external_id or "this"
        plan.original = original
        plan.payer_id = original.holder_id if isinstance(original, Booked) else original.payer_id
        plan.ledger = Ledger(original.ledger)
        plan.amount_minor = -original.amount_minor
        plan.tax_minor = -original.tax_minor

    def _check_equal(self, plan: Plan, original: Plan | Booked) -> None:
        row, line = plan.row, plan.line
        theirs, kind = of_original(original)
        if plan.payee.id != theirs:
            self._work.wrong(
                line, "customer", say("“{reverses}” was issued for another customer.", reverses=row.reverses)
            )
        if row.word != kind:
            self._work.wrong(
                line,
                "kind",
                say(
                    "“{reverses}” is of the kind {kind}; a reversal has the kind of its original.",
                    reverses=row.reverses,
                    kind=kind,
                ),
            )
        if row.ledger is not None and row.ledger != original.ledger:
            self._work.wrong(
                line,
                "ledger",
                say("“{reverses}” is on the {label}.", reverses=row.reverses, label=Ledger(original.ledger).label),
            )
        currency = plan.payee.currency
        if abs(plan.amount_minor) != abs(original.amount_minor):
            full = Money(abs(original.amount_minor), currency)
            self._work.wrong(
                line,
                "amount",
                say("A reversal takes back all of “{reverses}”, which is {full}.", reverses=row.reverses, full=full),
            )
        if row.tax and plan.tax_minor != abs(original.tax_minor):
            full = Money(abs(original.tax_minor), currency)
            self._work.wrong(line, "tax", say("The tax of “{reverses}” is {full}.", reverses=row.reverses, full=full))

    def _check_reversible(self, plan: Plan, original: Plan | Booked) -> None:
        reverses = plan.row.reverses
        by = original.reversed_by or self._reversing.get(reverses, "")
        reasons = []
        if by:
            reasons.append(
                Reason(
                    "F1",
                    say("“{reverses}” was reversed by “{by}”.", reverses=reverses, by=by),
                    say("It cannot be reversed twice."),
                )
            )
        if plan.is_future and is_cancellation(original):
            reasons.append(
                Reason(
                    "F1",
                    say("“{reverses}” takes a future item back.", reverses=reverses),
                    say("Post a new future item instead."),
                )
            )
        if isinstance(original, Booked) and original.kind == FUTURE_ITEM and original.id in self._invoiced:
            invoice = self._invoiced[original.id]
            reasons.append(
                Reason(
                    "F1",
                    say("“{reverses}” is on the invoice {invoice}.", reverses=reverses, invoice=invoice),
                    say("Reverse that invoice instead."),
                )
            )
        if isinstance(original, Booked) and (notes := self._credit_notes.get(original.id)):
            message = say("“{reverses}” was credited by {notes}.", reverses=reverses, notes=tuple(notes))
            reasons.append(Reason("F6", message, say("Credit what remains of it instead.")))
        if isinstance(original, Booked) and original.books_of_removed:
            reasons.append(removed_reason(original.books_of_removed))
        self._work.refused(plan.line, "reverses", reasons)


@lru_cache(maxsize=20_000)
def _minor_units(text: str, currency: str) -> int:
    return parse_amount(text, currency)
