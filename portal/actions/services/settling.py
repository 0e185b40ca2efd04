"""Writing what a deed with a service comes to: future items for the next invoice, or for a payer without recurring
billing an invoice or credit notes at once (F2, F13).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from portal.actions.books.words import SERVICES, on_the_books
from portal.actions.invoices import charging
from portal.actions.invoices.charging import Wish
from portal.actions.memberships.effects import Document
from portal.actions.services.effects import Amount
from portal.db import imports
from portal.db.billing import services as rows
from portal.db.billing.services import BilledDays, BilledService
from portal.db.books import future_items
from portal.db.books import posting as books
from portal.db.customers.profiles import Profile
from portal.db.imports import NewFutureItem
from portal.db.types import rate_of
from portal.outside import clock
from portal.rules.billing.proration import length
from portal.rules.books import FUTURE_SERIES
from portal.rules.customers.status import BillingType
from portal.rules.deciding import Actor
from portal.rules.errors import Reason, Refused
from portal.rules.invoices.lines import ComputedLine, Line, computed
from portal.rules.money import Money
from portal.rules.sentences import say, verbatim
from portal.rules.services.changing import Back, Held, Settled
from portal.rules.services.timeline import Timeline, Version


class Reckoned(NamedTuple):
    """What a deed comes to, with the lines of it in the same order: what is given back first."""

    settled: Settled
    backs: tuple[ComputedLine, ...]
    news: tuple[ComputedLine, ...]
    later: tuple[ComputedLine, ...]


def is_at_once(payer: Profile) -> bool:
    """Whether nothing waits for a next invoice, because the payer has none that comes by itself (F2)."""
    return payer.billing_type is not BillingType.RECURRING


def reckoned(
    service: BilledService,
    owner: Profile,
    timeline: Timeline,
    new: Version,
    settled: Settled,
    charges: Sequence[BilledDays],
    rate: Decimal,
) -> Reckoned:
    """The lines that a deed comes to, each with its tax."""
    rates = {one.id: rate_of(one.rate_e3) for one in charges if one.rate_e3 is not None}
    category = on_the_books(SERVICES, owner)

    def line(text: str, amount: int, days: object, at: Decimal) -> ComputedLine:
        made = Line(text, Decimal(1), amount, at, owner.public_id, period=days, category=category)  # type: ignore[arg-type]
        return computed([made], service.prices, owner.currency).lines[0]

    backs = tuple(
        line(
            on_the_books(say("{plan}, not used", plan=verbatim(timeline.on(one.days.first).plan)), owner),
            -one.amount,
            one.days,
            rates.get(one.held.id, rate),
        )
        for one in settled.backs
    )
    news, later = (
        tuple(line(new.plan, one.amount, one.part.days, rate) for one in some) for some in (settled.news, settled.later)
    )
    return Reckoned(settled, backs, news, later)


def amounts_of(found: Reckoned, timeline: Timeline, new: Version) -> tuple[Amount, ...]:
    """The same as an answer shows it; what comes to nothing is left out."""
    made = []
    for back, line in zip(found.settled.backs, found.backs, strict=True):
        plan, held = timeline.on(back.days.first), back.held
        of = length(held.of)
        made.append(Amount(plan.plan, back.days, length(back.days), of, held.amount, line.net, line.tax, line.gross))
    for one, line in zip((*found.settled.news, *found.settled.later), (*found.news, *found.later), strict=True):
        days = one.part.days
        made.append(
            Amount(new.plan, days, length(days), length(one.part.of), new.price, line.net, line.tax, line.gross)
        )
    return tuple(one for one in made if one.gross or one.net)


def write(
    actor: Actor,
    service: BilledService,
    owner: Profile,
    payer: Profile,
    found: Reckoned,
    charges: Sequence[BilledDays],
) -> tuple[Document, ...]:
    """Keep what a deed comes to: which days stay charged, and what waits or was invoiced for it.

    Runs in the caller's transaction, which holds owner and payer. Raises Refused where an invoice cannot be made.
    """
    kept = _kept(service, found.settled.backs)
    known = {one.id: one for one in charges}
    if is_at_once(payer):
        return _at_once(actor, service, owner, payer, found, known)
    documents, items = [], []
    for back, key, line in zip(found.settled.backs, kept, found.backs, strict=True):
        charge = known.get(back.held.id)
        whole = back.amount == back.held.amount and back.days == back.held.days
        if charge is not None and charge.item_id is not None and whole:
            reason = say("{plan}, not used", plan=verbatim(service.plan))
            gone = charging.take_back(actor, reason, item_id=charge.item_id) if _waits(charge) else None
            if gone is not None:
                documents.append(Document(gone.number, ""))
                continue
        if back.amount:
            rate = charge.rate_e3 if charge is not None and charge.rate_e3 is not None else line.line.rate_e3
            items.append((line, back.days.first, {"credits_id": key, "rate_e3": rate}))
    for new, line in zip(found.settled.news, found.news, strict=True):
        held = Held(0, new.part.days, new.part.of, new.amount)
        key = rows.add_days(service.id, held, clock.now())
        items.append((line, new.part.days.first, {"charges_id": key, "rate_e3": line.line.rate_e3}))
    return (*documents, *_items(actor, owner, items))


def _waits(charge: BilledDays) -> bool:
    return charge.item_id is not None and future_items.by_id(charge.item_id).waits


def _kept(service: BilledService, backs: Sequence[Back]) -> list[int]:
    """Note up to which day each charge stays: their keys. What was billed elsewhere is kept from now on."""
    keys = []
    for one in backs:
        last = one.held.kept_until(one.days.first)
        if one.held.id:
            rows.end_days(one.held.id, last)
            keys.append(one.held.id)
        else:
            held = one.held._replace(ended_on=last)
            keys.append(rows.add_days(service.id, held, clock.now(), elsewhere=True))
    return keys


def _items(actor: Actor, owner: Profile, wanted: Sequence[tuple[ComputedLine, date, dict[str, int]]]) -> list[Document]:
    if not wanted:
        return []
    numbers = books.take_numbers(owner.partner_id, FUTURE_SERIES, len(wanted))
    ids = imports.reserve_future_ids(len(wanted))
    new = [
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
            description=line.line.description,
            category=line.line.category,
            reverses_id=None,
            idempotency_key=None,
            from_on=line.line.period.first if line.line.period else None,
            to_on=line.line.period.last if line.line.period else None,
            **more,
        )
        for key, (sequence, number), (line, on, more) in zip(ids, numbers, wanted, strict=True)
    ]
    imports.add_future_items(new, actor=actor.label, at=clock.now())
    return [Document(one.number, "") for one in new]


def _at_once(
    actor: Actor,
    service: BilledService,
    owner: Profile,
    payer: Profile,
    found: Reckoned,
    known: dict[int, BilledDays],
) -> tuple[Document, ...]:
    """One invoice for both; where more is given back than charged, an invoice and credit notes (F4)."""
    backs = [Wish(owner, one.line, service.prices) for one in found.backs if one.gross]
    news = [Wish(owner, one.line, service.prices) for one in found.news]
    if not backs and not news:
        return ()
    together = [*backs, *news]
    if charging.worked_out(payer, together).total >= 0:
        placed = charging.charge(actor, payer, together, at_once=True)[len(backs) :]
        documents = [Document(placed[0].number, placed[0].public_id)] if placed else []
    else:
        placed = charging.charge(actor, payer, news, at_once=True)
        documents = [Document(placed[0].number, placed[0].public_id)] if placed else []
        documents += _credited(actor, service, payer, found, known)
    for new, place in zip(found.settled.news, placed, strict=True):
        held = Held(0, new.part.days, new.part.of, new.amount)
        rows.add_days(service.id, held, clock.now(), invoice_id=place.invoice_id, position=place.position)
    return tuple(documents)


def _credited(
    actor: Actor, service: BilledService, payer: Profile, found: Reckoned, known: dict[int, BilledDays]
) -> list[Document]:
    documents = []
    reason = say("{plan}, not used", plan=verbatim(service.plan))
    for back, line in zip(found.settled.backs, found.backs, strict=True):
        charge, rest = known.get(back.held.id), -line.gross
        if not rest:
            continue
        done = None
        if charge is not None:
            done = charging.take_back(
                actor,
                reason,
                invoice_id=charge.invoice_id,
                position=charge.position,
                item_id=charge.item_id,
                gross=rest,
            )
        if done is None:
            message = say(
                "{amount} of {plan} was billed before it came here, so there is no invoice to credit.",
                amount=Money(rest, payer.currency),
                plan=service.plan,
            )
            remedy = say("Post a credit of that amount, and let it end with the days that are paid.")
            raise Refused([Reason("M1", message, remedy)])
        documents.append(Document(done.number, done.public_id if done.credit_id else ""))
    return documents
