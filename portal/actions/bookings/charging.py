"""What bookings come to on the books, and taking that back, remembered with each booking (B4, B6).

Everything runs in the caller's transaction, which holds subjects and payers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from portal.actions.books.words import BOOKINGS, on_the_books
from portal.actions.invoices import charging
from portal.db.bookings import bookings as rows
from portal.db.bookings.bookings import ChargeRow
from portal.db.customers.profiles import Profile
from portal.db.invoices import finding
from portal.rules.deciding import Actor
from portal.rules.invoices.lines import Line
from portal.rules.invoices.prices import Prices
from portal.rules.periods import Period
from portal.rules.sentences import Sentence, say


@dataclass(frozen=True, slots=True)
class Due:
    """What one booking costs, with tax of `rate` (a percentage) in it, on whose books, and what it is for."""

    booking_id: int
    subject: Profile
    payer: Profile
    minor: int
    rate: Decimal
    what: Sentence
    days: Period


def charge(actor: Actor, due: Sequence[Due], at: datetime) -> None:
    """Bring bookings to the books: one invoice for each payer, or future items. What costs nothing leaves no trace."""
    by_payer: dict[int, list[Due]] = defaultdict(list)
    for one in due:
        if one.minor:
            by_payer[one.payer.id].append(one)
    for _, some in sorted(by_payer.items()):
        payer = some[0].payer
        category = on_the_books(BOOKINGS, payer)
        wishes = [
            charging.Wish(
                one.subject,
                Line(
                    on_the_books(one.what, payer), Decimal(1), one.minor, one.rate, period=one.days, category=category
                ),
                Prices.GROSS,
            )
            for one in some
        ]
        rows.add_charges(
            [
                (one.booking_id, payer.id, made.gross, made.invoice_id, made.position, made.item_id)
                for one, made in zip(some, charging.charge(actor, payer, wishes), strict=True)
            ],
            at,
        )


def holders(charges: Sequence[ChargeRow]) -> set[int]:
    """Whom to hold besides subjects and payers before charges are taken back: with whom the invoices stand by now."""
    found = {one.payer_id for one in charges}
    for one in charges:
        if one.invoice_id is not None:
            paper = finding.by_id(one.invoice_id)
            found |= {paper.holder_id, paper.payer_id, paper.issued_for_id}
    return found


def take_back(actor: Actor, charges: Sequence[ChargeRow], why: Sentence, at: datetime) -> int:
    """Take back what bookings came to, as far as it was not credited before: how much, in minor units (B4)."""
    given = 0
    for one in charges:
        done = charging.take_back(actor, why, invoice_id=one.invoice_id, position=one.position, item_id=one.item_id)
        rows.take_back(one.id, done.credit_id if done else None, at)
        given += done.gross if done else 0
    return given


def cancelled(what: Sentence) -> Sentence:
    """What a credit note says."""
    return say("Cancelled: {what}", what=what)
