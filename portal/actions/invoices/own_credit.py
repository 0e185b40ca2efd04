"""Paying an invoice from one's own Customer Credit in the portal, where the partner lets its customers (F7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.actions import access
from portal.actions.books import applying, drafts
from portal.actions.books.drafts import Foreseen
from portal.actions.books.periods import open_day
from portal.db.books import posting as books
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.db.invoices import finding, items
from portal.db.invoices.items import Item
from portal.outside import clock
from portal.rules import seen
from portal.rules.books import EntryKind
from portal.rules.deciding import Actor
from portal.rules.errors import Missing, NotAllowed, Reason, Refused
from portal.rules.permissions import Permission
from portal.rules.sentences import say


@dataclass(frozen=True, slots=True)
class CreditOffer:
    """How much of an invoice Customer Credit can pay today, in minor units; `credit_minor` is all there is of it."""

    number: str
    public_id: str
    open_minor: int
    credit_minor: int
    most_minor: int
    on: date
    currency: str


@dataclass(frozen=True, slots=True)
class PaidByCredit:
    """Customer Credit that paid an invoice: the entry's number, and what is open of the invoice after it."""

    number: str
    public_id: str
    open_minor: int


def may_apply(profile: Profile) -> bool:
    """Whether the partner lets this customer spend its Customer Credit by itself: it is its own, and shared with none
    that pays for it.
    """
    return profile.settings.apply_credit and profile.payer_id == profile.id


@snapshot
def offer(actor: Actor, profile: Profile, invoice: str) -> CreditOffer:
    """What can be paid of an invoice (public id). Raises Missing, NotAllowed, and Refused where nothing can (F7)."""
    target = _target(actor, profile, invoice)
    today = clock.today(profile.time_zone)
    credit = books.balances({profile.id: profile.currency}, today)[profile.id].credit_minor
    most = min(credit, target.left_minor)
    if most <= 0:
        raise Refused([_nothing(target)])
    return CreditOffer(
        target.number, target.public_id, target.left_minor, credit, most, _day(profile, target), target.currency
    )


@snapshot
def foresee(actor: Actor, profile: Profile, invoice: str, amount_minor: int) -> Foreseen:
    """What paying so much of it would do, and why it would be refused. Raises as `offer` does."""
    target = _target(actor, profile, invoice)
    return _foreseen(profile, target, amount_minor)


@writes(once="credit.own", answer=PaidByCredit)
def pay(
    actor: Actor, customer: str, invoice: str, amount_minor: int, *, mark: str | None = None, once: str | None = None
) -> PaidByCredit:
    """Pay so much of an invoice, in minor units, from the customer's own Customer Credit.

    Raises Missing, NotAllowed, Invalid, Refused as `foresee` says, and Conflict where what `mark` stands for has
    changed.
    """
    profile = customers.require(customer)
    customers.lock({profile.id}, exclusive=True)
    profile = customers.require(customer)
    target = _target(actor, profile, invoice)
    grant = access.require(actor, Permission.INVOICES_PAY, profile)
    foreseen = _foreseen(profile, target, amount_minor)
    if foreseen.reasons:
        raise Refused(foreseen.reasons)
    seen.unchanged(mark, foreseen.mark)
    new, _, done = applying.applied(
        actor, profile, amount_minor, _day(profile, target), target=target, grant=grant, once=once
    )
    return PaidByCredit(new.number, new.public_id, done[0].open_minor)


def _day(profile: Profile, target: Item) -> date:
    """From when it counts: today or, where that is closed, the first open day; never before the invoice (F7, F8)."""
    return max(open_day(profile), target.booked_on)


def _foreseen(profile: Profile, target: Item, amount_minor: int) -> Foreseen:
    on = _day(profile, target)
    applying.check_application(amount_minor, on, "")
    return drafts.foreseen(drafts.of_application(profile, amount_minor, on, invoice=target, make=False))


def _target(actor: Actor, profile: Profile, invoice: str) -> Item:
    """The open invoice on the customer's own books. Raises Missing, NotAllowed, and Refused for a settled one (F7)."""
    access.require(actor, Permission.INVOICES_PAY, profile)
    found = [one for one in finding.papers(EntryKind.INVOICE, invoice) if one.public_id == invoice]
    if not found or found[0].holder_id != profile.id:
        raise Missing()
    if not may_apply(profile):
        raise NotAllowed(
            say("{partner} applies Customer Credit itself: ask there to have it applied.", partner=profile.partner_name)
        )
    return items.by_ids([found[0].id])[found[0].id]


def _nothing(target: Item) -> Reason:
    if target.left_minor:
        message = say("There is no Customer Credit that could pay {invoice}.", invoice=target.number)
        return Reason("F7", message, say("Pay it by bank transfer."))
    return Reason("F7", say("{invoice} is settled.", invoice=target.number), say("There is nothing to pay."))
