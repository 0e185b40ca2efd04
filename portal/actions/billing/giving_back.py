"""What a service that stops gives back of days that are billed (F13): future items in the customer's favour."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from portal.actions.books.words import on_the_books
from portal.db import imports
from portal.db.billing import services as rows
from portal.db.billing.services import BilledService
from portal.db.books import posting as books
from portal.db.customers.profiles import Profile
from portal.db.imports import NewFutureItem
from portal.outside import clock
from portal.rules.billing.proration import split
from portal.rules.books import FUTURE_SERIES
from portal.rules.deciding import Actor
from portal.rules.invoices.lines import ComputedLine, Line, computed
from portal.rules.periods import Period
from portal.rules.sentences import say, verbatim


def give_back(actor: Actor, service: BilledService, owner: Profile, on: date) -> int:
    """Give back what is unused of a service that stops, `on` being the first day without it; what that comes to, in
    minor units with tax, above zero. The next run sets it off, or credits the invoice that charged it (F13).

    Runs in the caller's transaction, which holds the payer.
    """
    items = []
    for charged in rows.charged_from(service.id, on):
        days = Period(charged.first_on, charged.last_on)
        unused = split(charged.amount_minor, days, on).unused
        if unused:
            left = Period(max(on, days.first), days.last)
            items.append((charged, left, _line(service, unused, charged.rate, owner.currency)))
    if not items:
        return 0
    numbers = books.take_numbers(owner.partner_id, FUTURE_SERIES, len(items))
    ids = imports.reserve_future_ids(len(items))
    text = on_the_books(say("{plan}, not used", plan=verbatim(service.plan)), owner)
    imports.add_future_items(
        [
            NewFutureItem(
                id=key,
                external_id=None,
                partner_id=owner.partner_id,
                issued_for_id=owner.id,
                booked_on=on,
                currency=owner.currency,
                amount_minor=line.gross,
                tax_minor=line.tax,
                number=number,
                sequence=sequence,
                description=text,
                category="",
                reverses_id=None,
                idempotency_key=None,
                rate_e3=charged.rate_e3,
                credits_id=charged.id,
                from_on=left.first,
                to_on=left.last,
            )
            for key, (sequence, number), (charged, left, line) in zip(ids, numbers, items, strict=True)
        ],
        actor=actor.label,
        at=clock.now(),
    )
    return -sum(line.gross for _, _, line in items)


def _line(service: BilledService, unused: int, rate: Decimal, currency: str) -> ComputedLine:
    return computed([Line(service.plan, Decimal(1), -unused, rate)], service.prices, currency).lines[0]
