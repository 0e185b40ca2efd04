"""A row of transactions on its way into the books: what will be written, and what makes two rows the same one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from portal.db.books.posting import AccountKey, Half, NewEntry
from portal.db.imports import Booked, NewFutureItem, Payee
from portal.rules.books import COUNTERPART, FUTURE_SERIES, SERIES, Ledger
from portal.rules.imports import TransactionRow


class Content(NamedTuple):
    """What makes two rows the same one, besides their number."""

    customer: str
    on: date
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
    due_on: date | None = None

    @property
    def is_future(self) -> bool:
        """Whether it is a future item, not an entry."""
        return self.row.kind is None

    @property
    def series(self) -> str:
        """The series of its number."""
        return series_of(self.row)


class Told(NamedTuple):
    """A row that was written, for a caller who asked for one: its public id and number."""

    plan: Plan
    public_id: str


def series_of(row: TransactionRow) -> str:
    """The series of numbers that a row's kind has (F2)."""
    return FUTURE_SERIES if row.kind is None else SERIES[row.kind]


def signed(row: TransactionRow, amount: int) -> int:
    """A charge lowers the balance; as a future item it is positive, the amount that will be invoiced."""
    return amount if row.kind is None else row.kind.sign * amount


def content_of(row: TransactionRow, payee: Payee, amount: int, tax: int) -> Content:
    """What a row says, its amounts in minor units."""
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


def content_of_plan(plan: Plan) -> Content:
    """What an earlier row of the same file said."""
    return content_of(plan.row, plan.payee, abs(plan.amount_minor), abs(plan.tax_minor))


def differences(row: TransactionRow, content: Content, there: Booked) -> list[str]:
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


def of_original(original: Plan | Booked) -> tuple[int, str]:
    """Whom it was issued for, and its kind as files name it."""
    if isinstance(original, Plan):
        return original.payee.id, original.row.word
    return original.issued_for_id, original.kind


def is_cancellation(original: Plan | Booked) -> bool:
    """Whether it reverses something itself."""
    return bool(original.row.reverses if isinstance(original, Plan) else original.reverses_number)


def _reversal_text(number: str) -> str:
    return f"Reversal of {number}"


def _description(plan: Plan) -> str:
    if plan.row.description or plan.original is None:
        return plan.row.description
    return _reversal_text(plan.original.number)


_LEDGERS = {book: book.value for book in Ledger}


def account_keys(plan: Plan) -> tuple[AccountKey, AccountKey]:
    """The payer\'s account and the partner\'s own that takes the other half."""
    assert plan.row.kind is not None
    partner, currency = plan.payee.partner_id, plan.payee.currency
    return (
        AccountKey(partner, plan.payer_id, _LEDGERS[plan.ledger], currency),
        AccountKey(partner, None, COUNTERPART[plan.row.kind], currency),
    )


def new_entry(plan: Plan) -> NewEntry:
    """The entry to write; its id, number and halves are known by now."""
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
        plan.due_on,
    )


def new_future_item(plan: Plan) -> NewFutureItem:
    """The future item to write; its id and number are known by now."""
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
