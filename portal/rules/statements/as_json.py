"""A statement as JSON: the same figures as every other form of it (S5), as decimal strings in major units.

A part of somebody's books has no `opening`, `closing` and `balance` (S13): they are null. `open` is how much of
what was charged in the period nothing settles by its last day.
"""

from __future__ import annotations

from collections.abc import Iterable

from portal.rules.money import format_minor
from portal.rules.statements.figures import Line, Statement

Json = dict[str, object]


def as_json(statement: Statement) -> Json:
    """The statement as plain values for `json.dumps`; one of `debit` and `credit` of a line is null."""
    currency = statement.currency

    def money(minor: int | None) -> str | None:
        return _amount(minor, currency)

    return {
        "payer": statement.payer.reference,
        "account": statement.account.reference if statement.account else None,
        "from": statement.first.isoformat(),
        "to": statement.last.isoformat(),
        "currency": currency,
        "type": statement.record_type.value,
        "opening": money(statement.opening_minor),
        "lines": _lines(statement.lines, currency),
        "hidden": {"debit": money(statement.hidden_debit_minor), "credit": money(statement.hidden_credit_minor)},
        "closing": money(statement.closing_minor),
        "notes": [{"date": note.on.isoformat(), "text": str(note.text)} for note in statement.notes],
        "future_items": [
            {
                "date": item.on.isoformat(),
                "number": item.number,
                "description": item.description,
                "account": item.account.reference,
                "amount": money(item.amount_minor),
                "external_id": item.external_id or None,
            }
            for item in statement.waiting
        ],
        "customer_credit": _customer_credit(statement),
        "charged": money(statement.charged_minor),
        "credited": money(statement.credited_minor),
        "open": money(statement.open_minor),
        "accounts": [
            {
                "account": totals.account.reference,
                "charged": money(totals.charged_minor),
                "credited": money(totals.credited_minor),
                "open": money(totals.open_minor),
            }
            for totals in statement.accounts
        ],
    }


def _customer_credit(statement: Statement) -> Json | None:
    table = statement.credit
    if table is None:
        return None
    return {
        "opening": _amount(table.opening_minor, statement.currency),
        "lines": _lines(table.lines, statement.currency),
        "closing": _amount(table.closing_minor, statement.currency),
    }


def _lines(lines: Iterable[Line], currency: str) -> list[Json]:
    return [
        {
            "date": line.booked_on.isoformat(),
            "number": line.number,
            "description": line.description,
            "account": line.account,
            "category": line.category,
            "debit": _amount(line.debit_minor, currency),
            "credit": _amount(line.credit_minor, currency),
            "balance": _amount(line.balance_minor, currency),
            "external_id": line.external_id,
            "kind": line.kind,
        }
        for line in lines
    ]


def _amount(minor: int | None, currency: str) -> str | None:
    return None if minor is None else format_minor(minor, currency)
