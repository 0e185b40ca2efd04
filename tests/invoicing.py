"""Invoices over several accounts, and credited ones, written as billing would."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from sqlalchemy import insert

from portal.actions.books import allocating
from portal.actions.books.allocating import Wanted
from portal.db.books import posting
from portal.db.books.posting import AccountKey, Half, NewEntry, Written
from portal.db.customers import profiles
from portal.db.engine import db, writes
from portal.db.invoices import items, settling
from portal.db.invoices.settling import NewAllocation
from portal.db.tables import CreditNote, Invoice, InvoiceLine
from portal.outside import clock
from portal.rules.books import EntryKind
from portal.rules.deciding import SYSTEM
from portal.rules.invoices.settling import AllocationKind
from tests import people


@writes
def spread_invoice(payer: str, amounts: Mapping[str, int], on: str = "2026-11-01") -> Written:
    """An invoice without tax, with a line for each of these accounts, in minor units."""
    paying, day = profiles.require(payer), date.fromisoformat(on)
    accounts = {reference: profiles.require(reference).id for reference in amounts}
    own = AccountKey(paying.partner_id, paying.id, "house", paying.currency)
    sales = AccountKey(paying.partner_id, None, "sales", paying.currency)
    ids, whole = posting.account_ids([own, sales]), sum(amounts.values())
    halves = [Half(ids[own], -minor, True, accounts[reference]) for reference, minor in amounts.items()]
    entry = NewEntry(
        partner_id=paying.partner_id,
        payer_id=paying.id,
        issued_for_id=paying.id,
        booked_on=day,
        kind=EntryKind.INVOICE,
        ledger="house",
        currency=paying.currency,
        amount_minor=-whole,
        halves=(*halves, Half(ids[sales], whole, False)),
        due_on=day + timedelta(days=14),
    )
    new = posting.write_entries([entry], actor="test", at=clock.now())[0]
    db.session.execute(insert(Invoice).values(entry_id=new.id, prices="net", reference="", parties={}))
    for place, (reference, minor) in enumerate(amounts.items(), 1):
        line = {"invoice_id": new.id, "position": place, "description": reference, "quantity_e4": 10_000}
        money = {"unit_price_minor": minor, "rate_e3": 0, "net_minor": minor, "tax_minor": 0, "gross_minor": minor}
        db.session.execute(insert(InvoiceLine).values(**line, **money, account_id=accounts[reference], category=""))
    return new


def credited_invoice(payer: str, total: int, credit: int, *, paid: Sequence[int]) -> tuple[str, str]:
    """An invoice that was paid in part and then credited in part; the numbers of both papers."""
    bill = people.post(payer, "invoice", total, "2026-11-01")
    for minor in paid:
        number = people.post(payer, "payment", minor, "2026-11-05").number
        allocating.allocate(SYSTEM, Wanted(number, bill.number))
    note = people.post(payer, "credit_note", credit, "2026-11-06")
    _credit(note.number, bill.number, credit)
    return bill.number, note.number


@writes
def _credit(note: str, bill: str, minor: int) -> None:
    source, target = items.named(note)[0], items.named(bill)[0]
    db.session.execute(insert(CreditNote).values(entry_id=source.id, invoice_id=target.id))
    parts, on = {target.issued_for_id: minor}, source.booked_on
    new = NewAllocation(source.id, target.id, minor, on, parts, AllocationKind.CREDIT_NOTE)
    settling.settle([new], actor="test", at=clock.now())
