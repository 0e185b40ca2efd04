"""Invoices and credit notes, issued as the system would."""

from __future__ import annotations

from datetime import date
from typing import Any

from portal.actions.invoices import crediting, issuing, show
from portal.actions.invoices.crediting import CreditNoteIssued
from portal.actions.invoices.wanted import Wanted
from portal.db.engine import writes
from portal.db.invoices import finding, settling
from portal.db.invoices.settling import NewAllocation
from portal.outside import clock
from portal.rules.books import EntryKind
from portal.rules.deciding import SYSTEM
from portal.rules.invoices.papers import Invoice
from portal.rules.invoices.reading import line_of_command


def wanted(customer: str, *lines: str, on: str = "2026-11-01", **more: Any) -> Wanted:
    """What to issue: lines as the command takes them."""
    return Wanted(customer, date.fromisoformat(on), tuple(line_of_command(line) for line in lines), **more)


def issue(customer: str, *lines: str, on: str = "2026-11-01", **more: Any) -> Invoice:
    """Issue an invoice; as it reads then."""
    return read(issuing.issue(SYSTEM, wanted(customer, *lines, on=on, **more)).public_id)


def read(name: str) -> Invoice:
    """An invoice as it reads now."""
    return show.invoice(SYSTEM, name)


def credit(invoice: Invoice, **how: Any) -> CreditNoteIssued:
    """Credit an invoice, whole unless it says otherwise."""
    if not {"lines", "amount"} & how.keys():
        how["whole"] = True
    return crediting.issue(SYSTEM, crediting.Wanted(invoice.public_id, how.pop("reason", "given back"), **how))


@writes
def pay(invoice: Invoice, payment: str, amount: int, on: str = "2026-11-05") -> None:
    """Let a payment or credit (public id) settle so much of an invoice, in minor units."""
    target = finding.papers(EntryKind.INVOICE, invoice.public_id)[0]
    [source] = [one for kind in (EntryKind.PAYMENT, EntryKind.CREDIT) for one in finding.papers(kind, payment)]
    parts = settling.charged_by_account([target.id])[target.id]
    whole = sum(parts.values())
    shares = {account: amount * part // whole for account, part in parts.items()}
    shares[next(iter(shares))] += amount - sum(shares.values())
    new = NewAllocation(source.id, target.id, amount, date.fromisoformat(on), shares)
    settling.settle([new], actor="test", at=clock.now())
