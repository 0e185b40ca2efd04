"""Charging somebody for what was booked or bought, and taking it back: steps of other deeds (B4, B5, B6).

Whoever calls decided that it may be done, and by whom it is paid, and holds the payer and whom it is for. A charge is
issued for that person, whoever pays (B6). By the partner's setting it is an invoice at once or a future item of the
next one; a payer who is not billed recurringly always gets the invoice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from portal.actions.books.periods import open_day
from portal.actions.invoices import crediting, issuing
from portal.actions.invoices.composing import Composed, entry_of
from portal.actions.invoices.mailing import mail_invoice
from portal.actions.invoices.wanted import Wanted
from portal.db import imports
from portal.db.audit import records as audit
from portal.db.books import future_items
from portal.db.books import posting as ledger
from portal.db.books.future_items import Item
from portal.db.customers.profiles import Profile
from portal.db.imports import NewFutureItem
from portal.db.invoices import finding, reading
from portal.outside import clock
from portal.rules.bookings.states import ChargeBookings
from portal.rules.books import FUTURE_SERIES
from portal.rules.customers.status import BillingType
from portal.rules.deciding import Actor
from portal.rules.errors import Refused
from portal.rules.invoices.crediting import Choice
from portal.rules.invoices.due import read_terms
from portal.rules.invoices.lines import Computed, ComputedLine, Line, computed, refusals
from portal.rules.invoices.prices import Prices, converted
from portal.rules.money import Money, divided
from portal.rules.sentences import Sentence, say


class Wish(NamedTuple):
    """One thing to charge: for whom, and its line, whose price is meant as `prices` says. The line's account is not
    looked at.
    """

    subject: Profile
    line: Line
    prices: Prices


class Charged(NamedTuple):
    """Where a charge stands: on a line of an invoice, or as a future item. Amounts are in minor units.

    The number and the public id are those of the invoice or item.
    """

    net: int
    tax: int
    gross: int
    number: str
    public_id: str
    invoice_id: int | None = None
    position: int | None = None
    item_id: int | None = None


class Reversed(NamedTuple):
    """What was taken back, with tax, in minor units, and by which credit note (its entry), None for a future item."""

    gross: int
    number: str
    public_id: str
    credit_id: int | None = None


def worked_out(payer: Profile, wishes: Sequence[Wish]) -> Computed:
    """What charging comes to: each line has its net, tax and gross amount (F4)."""
    kinds = {one.prices for one in wishes}
    prices = kinds.pop() if len(kinds) == 1 else payer.settings.prices
    lines = [
        replace(
            one.line,
            account=one.subject.public_id,
            unit_minor=converted(one.line.unit_minor, one.prices, prices, one.line.tax_rate),
        )
        for one in wishes
    ]
    return computed(lines, prices, payer.currency)


def is_invoiced(payer: Profile) -> bool:
    """Whether what is charged makes an invoice at once: by the partner's setting, and always where it is not billed
    recurringly (F2).
    """
    at_once = payer.settings.charge_bookings is ChargeBookings.INVOICE
    return at_once or payer.billing_type is not BillingType.RECURRING


def charge(
    actor: Actor, payer: Profile, wishes: Sequence[Wish], *, at_once: bool = False, waits: bool = False
) -> list[Charged]:
    """Charge a payer, today or on the first open day (F8): one invoice with a line for each wish, or future items.

    `at_once` makes an invoice whatever the setting; with `waits` it waits for the next one wherever that comes by
    itself. Raises Refused with what stands against it (F4, F8).
    """
    if not wishes:
        return []
    made = worked_out(payer, wishes)
    if reasons := refusals(made):
        raise Refused(reasons)
    if at_once or (payer.billing_type is not BillingType.RECURRING if waits else is_invoiced(payer)):
        return _invoiced(actor, payer, wishes, made)
    return _waiting(actor, payer, wishes, made)


def _invoiced(actor: Actor, payer: Profile, wishes: Sequence[Wish], made: Computed) -> list[Charged]:
    on = open_day(payer)
    due = read_terms(payer.settings.terms).due(on)
    accounts = {one.subject.public_id: one.subject for one in wishes}
    invoice = Composed(Wanted(payer.public_id, on, (), due=due), payer, payer, accounts, made, due, ())
    new = issuing.write(invoice, entry_of(invoice, checked=True), actor)
    amount = Money(made.total, payer.currency)
    text = say("Invoice {number} of {amount}", number=new.number, amount=amount)
    audit.record(actor, "invoice.issue", text, subject_id=invoice.issued_for.id, entry=new.public_id)
    reference, opened = issuing.reference_of(payer, new.number), reading.open_minor(new.id)
    mail_invoice(payer, new, made.total, due, reference, opened=opened)
    return [
        Charged(one.net, one.tax, one.gross, new.number, new.public_id, new.id, position)
        for position, one in enumerate(made.lines, start=1)
    ]


def _waiting(actor: Actor, payer: Profile, wishes: Sequence[Wish], made: Computed) -> list[Charged]:
    on = open_day(payer)
    ids = imports.reserve_future_ids(len(wishes))
    numbers = ledger.take_numbers(payer.partner_id, FUTURE_SERIES, len(wishes))
    new = [
        _item(payer, wish.subject, line, on, key, sequence, number)
        for key, (sequence, number), wish, line in zip(ids, numbers, wishes, made.lines, strict=True)
    ]
    public_ids = imports.add_future_items(new, actor=actor.label, at=clock.now())
    return [
        Charged(line.net, line.tax, line.gross, item.number, public_id, item_id=item.id)
        for line, item, public_id in zip(made.lines, new, public_ids, strict=True)
    ]


def _item(
    payer: Profile, subject: Profile, made: ComputedLine, on: date, key: int, sequence: int, number: str
) -> NewFutureItem:
    days = made.line.period
    return NewFutureItem(
        id=key,
        external_id=None,
        partner_id=payer.partner_id,
        issued_for_id=subject.id,
        booked_on=on,
        currency=payer.currency,
        amount_minor=made.gross,
        tax_minor=made.tax,
        number=number,
        sequence=sequence,
        description=made.line.description,
        category=made.line.category,
        reverses_id=None,
        idempotency_key=None,
        rate_e3=made.line.rate_e3,
        from_on=days.first if days else None,
        to_on=days.last if days else None,
        payer_id=None if subject.payer_id == payer.id else payer.id,
    )


# Taking back ----------------------------------------------------------------------------------------------------------


def take_back(
    actor: Actor,
    reason: Sentence,
    *,
    invoice_id: int | None = None,
    position: int | None = None,
    item_id: int | None = None,
    gross: int | None = None,
) -> Reversed | None:
    """Take a charge back: its line is credited, as far as anything remains (F6), or its future item is removed (B4).

    An item that was invoiced meanwhile is credited there. `gross` is how much of it, all of it by default.

    None where nothing of it remains. Raises Refused where a month is closed (F8).
    """
    if item_id is not None:
        item = future_items.by_id(item_id)
        if item.waits and (gross is None or gross >= item.amount_minor):
            return _removed(actor, item, reason)
        if item.waits and gross is not None:
            return _discounted(actor, item, reason, gross)
        invoice_id, position = future_items.line_of(item_id)
    if invoice_id is None or position is None:
        return None
    return _credited(actor, reason, invoice_id, position, gross)


def _removed(actor: Actor, item: Item, reason: Sentence) -> Reversed:
    sequence, number = ledger.take_numbers(item.partner_id, FUTURE_SERIES, 1)[0]
    back = NewFutureItem(
        id=imports.reserve_future_ids(1)[0],
        external_id=None,
        partner_id=item.partner_id,
        issued_for_id=item.issued_for_id,
        booked_on=item.on,
        currency=item.currency,
        amount_minor=-item.amount_minor,
        tax_minor=-item.tax_minor,
        number=number,
        sequence=sequence,
        description=str(reason),
        category=item.category,
        reverses_id=item.id,
        idempotency_key=None,
    )
    (public_id,) = imports.add_future_items([back], actor=actor.label, at=clock.now())
    return Reversed(item.amount_minor, number, public_id)


def _discounted(actor: Actor, item: Item, reason: Sentence, gross: int) -> Reversed:
    """A part of an item that waits is given back by a discount, which the same invoice takes off."""
    sequence, number = ledger.take_numbers(item.partner_id, FUTURE_SERIES, 1)[0]
    kept = future_items.terms_of(item.id)
    new = NewFutureItem(
        id=imports.reserve_future_ids(1)[0],
        external_id=None,
        partner_id=item.partner_id,
        issued_for_id=item.issued_for_id,
        booked_on=item.on,
        currency=item.currency,
        amount_minor=-gross,
        tax_minor=-divided(gross * item.tax_minor, item.amount_minor),
        number=number,
        sequence=sequence,
        description=str(reason),
        category=item.category,
        reverses_id=None,
        idempotency_key=None,
        rate_e3=kept.rate_e3,
        payer_id=kept.payer_id,
    )
    (public_id,) = imports.add_future_items([new], actor=actor.label, at=clock.now())
    return Reversed(gross, number, public_id)


def _credited(actor: Actor, reason: Sentence, invoice_id: int, position: int, gross: int | None) -> Reversed | None:
    paper = finding.by_id(invoice_id)
    lines = {line.position: line.creditable.left for line in reading.invoice(invoice_id).lines}
    left = min(lines.get(position, 0), sum(lines.values()))
    minor = left if gross is None else min(gross, left)
    if paper.reversed_by or minor <= 0:
        return None
    wanted = crediting.Wanted(paper.public_id, str(reason), lines=(Choice(position, minor),))
    note = crediting.step(actor, paper, wanted)
    entry = ledger.original(public_id=note.public_id)
    assert entry is not None
    return Reversed(minor, note.number, note.public_id, entry.id)
