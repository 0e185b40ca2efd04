"""Invoices and credit notes as JSON: the figures of every other form of them, as decimal strings in major units."""

from __future__ import annotations

from collections.abc import Iterable

from portal.rules.amounts import number_text
from portal.rules.invoices.lines import RateTotal
from portal.rules.invoices.papers import CreditNote, Invoice, PaperLine
from portal.rules.money import format_minor

Json = dict[str, object]


def invoice_as_json(invoice: Invoice) -> Json:
    """The invoice as plain values for `json.dumps`. A draft's number and reference are null."""
    currency = invoice.currency
    return {
        "number": invoice.number,
        "public_id": invoice.public_id,
        "external_id": invoice.external_id,
        "payer": invoice.payer.reference,
        "issued_for": invoice.issued_for.reference,
        "date": invoice.on.isoformat(),
        "due": invoice.due.isoformat(),
        "currency": currency,
        "prices": invoice.prices.value,
        "lines": [_line(line, currency) for line in invoice.lines],
        "taxes": _taxes(invoice.taxes, currency),
        "net": format_minor(invoice.net, currency),
        "tax": format_minor(invoice.tax, currency),
        "total": format_minor(invoice.total, currency),
        "accounts": [
            {
                "account": part.account.reference,
                "net": format_minor(part.net, currency),
                "tax": format_minor(part.tax, currency),
                "gross": format_minor(part.gross, currency),
            }
            for part in invoice.accounts
        ],
        "credited": format_minor(invoice.credited, currency),
        "allocated": format_minor(invoice.allocated, currency),
        "announced": format_minor(invoice.announced, currency),
        "open": format_minor(invoice.open, currency),
        "refundable": format_minor(invoice.refundable, currency),
        "creditable": format_minor(invoice.creditable, currency),
        "state": invoice.state.value,
        "reference": invoice.reference or None,
        "allocations": [
            {"from": one.number, "amount": format_minor(one.amount, currency), "date": one.on.isoformat()}
            for one in invoice.settlements
        ],
        "credit_notes": [
            {"number": one.number, "public_id": one.public_id, "total": format_minor(one.total, currency)}
            for one in invoice.credit_notes
        ],
    }


def credit_note_as_json(note: CreditNote) -> Json:
    """The credit note as plain values for `json.dumps`."""
    currency = note.currency
    return {
        "number": note.number,
        "public_id": note.public_id,
        "external_id": note.external_id,
        "payer": note.payer.reference,
        "issued_for": note.issued_for.reference,
        "invoice": note.invoice[0] if note.invoice else None,
        "date": note.on.isoformat(),
        "currency": currency,
        "reason": note.reason,
        "lines": [
            {
                "line": line.position,
                "net": format_minor(line.net, currency),
                "tax": format_minor(line.tax, currency),
                "gross": format_minor(line.gross, currency),
            }
            for line in note.lines
        ],
        "taxes": _taxes(note.taxes, currency),
        "net": format_minor(note.net, currency),
        "tax": format_minor(note.tax, currency),
        "total": format_minor(note.total, currency),
        "refunded": format_minor(note.refunded, currency),
        "state": note.state.value,
    }


def _line(line: PaperLine, currency: str) -> Json:
    return {
        "description": line.description,
        "quantity": number_text(line.quantity),
        "unit_price": format_minor(line.unit_minor, currency),
        "discount": number_text(line.discount),
        "tax_rate": number_text(line.rate),
        "account": line.account.reference,
        "from": line.period.first.isoformat() if line.period else None,
        "to": line.period.last.isoformat() if line.period else None,
        "net": format_minor(line.net, currency),
        "tax": format_minor(line.tax, currency),
        "gross": format_minor(line.gross, currency),
    }


def _taxes(taxes: Iterable[RateTotal], currency: str) -> list[Json]:
    return [
        {
            "rate": number_text(one.rate),
            "net": format_minor(one.net, currency),
            "tax": format_minor(one.tax, currency),
        }
        for one in taxes
    ]
