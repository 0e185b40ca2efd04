"""Future items one by one: invoicing one now, or removing it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.actions import access
from portal.actions.books import drafts
from portal.actions.books import posting as ledger
from portal.actions.books.periods import open_day
from portal.actions.books.posting import Charge
from portal.actions.books.words import on_the_books
from portal.db import idempotency as operations
from portal.db import imports
from portal.db.audit import records as audit
from portal.db.books import future_items
from portal.db.books import posting as books
from portal.db.books.future_items import Item as Item
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.db.imports import NewFutureItem
from portal.outside import clock
from portal.rules import seen
from portal.rules.balances import Balances
from portal.rules.books import FUTURE_SERIES, EntryKind
from portal.rules.deciding import Actor
from portal.rules.errors import Conflict, Missing, Reason
from portal.rules.money import Money
from portal.rules.permissions import Permission
from portal.rules.sentences import Remark, Sentence, say

MOST_LISTED = 100
"""So many waiting items are listed; the next ones come up when these are dealt with."""


@dataclass(frozen=True, slots=True)
class Look:
    """A waiting item before something is done about it, and the balances of whoever pays, as of today.

    `reasons` say why it cannot be invoiced. `mark` stands for all of it: the deed refuses when it has changed (409).
    """

    item: Item
    on: date
    balances: Balances
    reasons: tuple[Reason, ...]
    mark: str


@snapshot
def waiting(actor: Actor, profile: Profile) -> list[Item]:
    """The items of a loaded customer that wait for the next invoice, by date."""
    access.require(actor, Permission.CUSTOMERS_FINANCE, profile)
    return future_items.waiting(profile.id, MOST_LISTED)


@snapshot
def look(actor: Actor, customer: str, item: str) -> Look:
    """A waiting item of a customer (public ids). Raises Missing, NotAllowed, and Conflict when it waits no more."""
    profile, found = _found(actor, customer, item)
    check_waits(found)
    return _look(profile, found)


@writes(once="future_item.invoice", answer=Sentence)
def invoice(actor: Actor, customer: str, item: str, *, mark: str, once: str | None = None) -> Sentence:
    """Put a waiting item on an invoice of its own, today: the sentence that says so.

    The amount lands on the books of whoever pays now (F11); a discount becomes a credit. Raises Missing, NotAllowed,
    and Conflict when it waits no more or the figures shown have changed.
    """
    profile, held = _held(actor, customer, item, mark)
    return invoice_held(actor, profile, held, once=f"{once}:entry" if once else None)


@writes(once="future_item.remove", answer=Sentence)
def remove(actor: Actor, customer: str, item: str, *, mark: str, once: str | None = None) -> Sentence:
    """Take a waiting item back, so that it is never invoiced. Answers and raises as `invoice` does."""
    profile, held = _held(actor, customer, item, mark)
    return remove_held(actor, profile, held, once=f"{once}:entry" if once else None)


def _held(actor: Actor, customer: str, item: str, mark: str) -> tuple[Profile, Item]:
    """The customer, which is held from here on, and the item, which still looks as it did."""
    profile, _ = _found(actor, customer, item)
    customers.lock({profile.id, profile.payer_id}, exclusive=True)
    profile, held = _found(actor, customer, item)
    check_waits(held)
    seen.unchanged(mark, _look(profile, held).mark)
    return profile, held


def invoice_held(actor: Actor, profile: Profile, item: Item, *, reason: str = "", once: str | None = None) -> Sentence:
    """Invoice an item within the caller's transaction, which holds the customer."""
    check_waits(item)
    posted = ledger.post(actor, charge_of(profile, item, reason), once=once)
    if not future_items.mark_invoiced(item.id, posted.public_id, clock.now()):
        raise Conflict(say("{number} was invoiced in the meantime.", number=item.number))
    if item.amount_minor > 0:
        return say("{number} is invoiced as {other}", number=item.number, other=posted.number)
    return say("{number} is credited as {other}", number=item.number, other=posted.number)


def charge_of(profile: Profile, item: Item, reason: str = "") -> Charge:
    """What invoicing an item posts, today or on the first open day (F8): an invoice, or a credit for a discount."""
    return Charge(
        profile.public_id,
        EntryKind.INVOICE if item.amount_minor > 0 else EntryKind.CREDIT,
        abs(item.amount_minor),
        open_day(profile),
        description=item.description,
        category=item.category,
        tax_minor=abs(item.tax_minor),
        reason=reason,
    )


def remove_held(actor: Actor, profile: Profile, item: Item, *, reason: str = "", once: str | None = None) -> Sentence:
    """Take an item back within the caller's transaction, which holds the customer."""
    check_waits(item)
    sequence, number = books.take_numbers(item.partner_id, FUTURE_SERIES, 1)[0]
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
        description=on_the_books(say("Reversal of {number}", number=item.number), profile),
        category=item.category,
        reverses_id=item.id,
        idempotency_key=once,
    )
    imports.add_future_items([back], actor=actor.label, at=clock.now())
    text = _removed(item, number, reason)
    audit.record(actor, "future_item.remove", text, subject_id=profile.id, item=item.public_id)
    return say("{number} is removed", number=item.number)


def _removed(item: Item, by: str, reason: str) -> Sentence:
    amount = Money(abs(item.amount_minor), item.currency)
    if not reason:
        return say("{number} of {amount} removed by {other}", number=item.number, amount=amount, other=by)
    return say(
        "{number} of {amount} removed by {other}: {reason}",
        number=item.number,
        amount=amount,
        other=by,
        reason=Remark(reason),
    )


def check_waits(item: Item) -> None:
    """Raise Conflict, saying what became of it, for an item that waits no more."""
    if item.invoiced_by:
        raise Conflict(say("{number} is on the invoice {other} already.", number=item.number, other=item.invoiced_by))
    if not item.waits:
        raise Conflict(say("{number} was removed already.", number=item.number))


def _found(actor: Actor, customer: str, item: str) -> tuple[Profile, Item]:
    profile = access.load_subject(actor, customer)
    access.require(actor, Permission.FINANCE_POST, profile)
    found = future_items.find(item)
    if found is None or found.issued_for_id != profile.id or found.reverses_id is not None:
        raise Missing()
    return profile, found


def _look(profile: Profile, item: Item) -> Look:
    today = clock.today(profile.time_zone)
    balances = books.balances({profile.payer_id: profile.currency}, today)[profile.payer_id]
    reasons = drafts.refusals(drafts.of_charge(profile, charge_of(profile, item), make=False))
    return Look(item, today, balances, tuple(reasons), operations.fingerprint([item, balances, today]))
