"""Posting to the books: one charge, payment or adjustment, and its reversal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from portal.actions import access
from portal.actions.books import drafts
from portal.actions.books.allocating import CHARGES
from portal.actions.books.applying import applied, check_application
from portal.actions.books.checks import amount_problem, date_problem, text_problems
from portal.actions.books.drafts import Charge as Charge
from portal.actions.books.drafts import Foreseen
from portal.actions.books.naming import item_named
from portal.actions.books.periods import open_day
from portal.actions.books.settling import book_of, settle_charges, settle_oldest
from portal.actions.books.texts import amount_in
from portal.actions.books.writing import written
from portal.db.audit import records as audit
from portal.db.books import closing
from portal.db.books import posting as ledger
from portal.db.books.posting import NewEntry, Original, Written
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.db.invoices import settling
from portal.outside import clock
from portal.rules.books import EntryKind, Ledger
from portal.rules.closing import first_open
from portal.rules.deciding import Actor
from portal.rules.errors import Invalid, Missing, Reason, Refused
from portal.rules.money import Money
from portal.rules.partners import AllocationMode
from portal.rules.permissions import Permission
from portal.rules.sentences import Remark, say

TRIES = 5
SETTLING = frozenset({EntryKind.PAYMENT, EntryKind.CREDIT, EntryKind.CREDIT_NOTE})
"""What settles the oldest charges by itself, where a partner wants that (F7)."""
SETTLED = frozenset({EntryKind.INVOICE, EntryKind.DEBIT})
"""What is settled by itself then, by what is unallocated."""


@dataclass(frozen=True, slots=True)
class Posted:
    """What was written: the entry's public id and number, and whose books it is on (references)."""

    public_id: str
    number: str
    payer: str
    customer: str
    amount_minor: int
    currency: str


# A charge -------------------------------------------------------------------------------------------------------------


@writes(once="post", answer=Posted, joins=True)
def post(
    actor: Actor, charge: Charge, *, oldest: bool = False, mark: str | None = None, once: str | None = None
) -> Posted:
    """Post one entry to the books of whoever pays for the customer now (F11).

    A payment or credit settles what is due the longest where the partner's setting says so, or with `oldest`; a charge
    is settled there by what is unallocated (F7).
    `once` is an idempotency key: the same request again gets the same answer and posts nothing.
    Raises Missing, NotAllowed, Invalid, Mismatch, Refused when Customer Credit would go below zero (F10) or the
    external id or number is taken (F2), and Conflict when what the preview `mark` showed has changed. Inside another
    action's transaction it takes part in that.
    """
    _check(charge)

    def alone(profile: Profile) -> bool:
        return mark is not None or oldest or settles_by_itself(profile, charge)

    profile = _locked(charge.customer, exclusive=alone)
    access.require(actor, Permission.FINANCE_POST, profile)
    draft = drafts.of_charge(profile, charge, once)
    settles = oldest or settles_by_itself(profile, charge)
    book = book_of(profile) if settles else None
    new = written(draft, actor, mark)
    if book is not None and charge.kind in SETTLED:
        settle_charges(actor, [new.id])
    elif book is not None:
        settle_oldest(actor, new.id, book, charge.on)
    amount = Money(charge.amount_minor, profile.currency)
    text = say("{kind} {number} of {amount}", kind=charge.kind.label, number=new.number, amount=amount)
    audit.record(actor, "ledger.post", text, subject_id=profile.id, entry=new.public_id)
    return _posted(new, draft.entry, payer=profile.payer_reference, customer=profile.reference)


@snapshot
def foresee(actor: Actor, charge: Charge) -> Foreseen:
    """What posting would do, and why it would be refused. Raises as `post` does but for Refused and Conflict."""
    _check(charge)
    profile = customers.require(charge.customer)
    access.require(actor, Permission.FINANCE_POST, profile)
    return drafts.foreseen(drafts.of_charge(profile, charge, make=False))


def _posted(new: Written, entry: NewEntry, *, payer: str, customer: str) -> Posted:
    return Posted(new.public_id, new.number, payer, customer, entry.amount_minor, entry.currency)


def _check(charge: Charge) -> None:
    problems = (
        amount_problem(charge.amount_minor, may_be_zero=charge.kind is EntryKind.INVOICE, tax_minor=charge.tax_minor)
        | date_problem(charge.on)
        | text_problems(
            external_id=charge.external_id,
            number=charge.number,
            description=charge.description,
            category=charge.category,
            reason=charge.reason,
        )
    )
    if problems:
        raise Invalid(problems)


def _always(_: Profile) -> bool:
    return True


def _locked(reference: str, *, exclusive: Callable[[Profile], bool] = _always) -> Profile:
    """The customer, with it and its payer held against a change of links until the transaction ends.

    Where `exclusive` says so, nobody else posts to them meanwhile either.
    """
    profile = customers.by_reference(reference)
    for _ in range(TRIES):
        if profile is None:
            raise Missing(say("There is no customer “{reference}”.", reference=reference))
        customers.lock({profile.id, profile.payer_id}, exclusive=exclusive(profile))
        if customers.locks_are_final():
            return profile
        again = customers.by_reference(reference)
        if again is not None and again.payer_id == profile.payer_id:
            return again
        profile = again
    raise AssertionError("links change faster than we can post")


def settles_by_itself(profile: Profile, charge: Charge) -> bool:
    """Whether what is posted settles the oldest charges at once, or is settled, by the partner's setting (F7)."""
    oldest = profile.settings.allocation is AllocationMode.OLDEST
    return oldest and charge.kind in SETTLING | SETTLED and charge.ledger is Ledger.HOUSE


# Customer Credit ------------------------------------------------------------------------------------------------------


@writes(once="post", answer=Posted, joins=True)
def apply_credit(
    actor: Actor,
    customer: str,
    amount_minor: int,
    *,
    on: date,
    reason: str = "",
    mark: str | None = None,
    once: str | None = None,
) -> Posted:
    """Pay what is owed on the House Account from Customer Credit: one entry on both accounts of the payer (F7).

    Never more than is owed on that day, and never more than there is, on that day or any later one (F10). It settles
    what is due the longest. Raises as `post` does.
    """
    profile = _locked(customer)
    access.require(actor, Permission.FINANCE_POST, profile)
    new, draft, _ = applied(actor, profile, amount_minor, on, reason=reason, mark=mark, once=once)
    return _posted(new, draft.entry, payer=profile.payer_reference, customer=profile.reference)


@dataclass(frozen=True, slots=True)
class Applied:
    """Customer Credit that paid an invoice: the entry's number and public id, and what is open of the invoice now."""

    number: str
    public_id: str
    payer: str
    amount_minor: int
    currency: str
    on: date
    invoice: str
    open_minor: int


@writes(once="credit.apply", answer=Applied)
def apply_to(
    actor: Actor,
    customer: str,
    invoice: str,
    amount: int | str,
    *,
    on: date | None = None,
    partner: str | None = None,
    once: str | None = None,
) -> Applied:
    """Pay a part of one invoice from the Customer Credit of its payer (F7): an amount in minor units, or its text.

    Raises as `apply_credit` does, and Refused for more than the invoice has open, or one of another payer.
    """
    profile = _locked(customer)
    access.require(actor, Permission.FINANCE_POST, profile)
    target, holder = item_named(
        actor,
        invoice,
        say("an invoice or a debit"),
        kinds=CHARGES,
        charges=True,
        partner=partner or profile.partner_public_id,
    )
    if holder.id != profile.payer_id:
        message = say(
            "{invoice} is on the books of {other}, and {payer} pays for {name}.",
            invoice=target.number,
            other=holder.name,
            payer=profile.payer_name,
            name=profile.name,
        )
        raise Refused([Reason("F7", message, say("Customer Credit pays invoices of the same payer."))])
    minor = amount_in(amount, profile.currency) or 0
    day = on or open_day(profile)
    new, _, done = applied(actor, profile, minor, day, target=target)
    left = done[0].open_minor
    return Applied(
        new.number, new.public_id, profile.payer_reference, minor, profile.currency, done[0].on, target.number, left
    )


@snapshot
def foresee_application(actor: Actor, customer: str, amount_minor: int, *, on: date) -> Foreseen:
    """What applying would do, and why it would be refused. Raises as `apply_credit`, but for Refused and Conflict."""
    check_application(amount_minor, on, "")
    profile = customers.require(customer)
    access.require(actor, Permission.FINANCE_POST, profile)
    return drafts.foreseen(drafts.of_application(profile, amount_minor, on, make=False))


# Reversing ------------------------------------------------------------------------------------------------------------


@writes(once="reverse", answer=Posted, joins=True)
def reverse(
    actor: Actor,
    entry: str,
    *,
    on: date | None = None,
    reason: str,
    external_id: str | None = None,
    mark: str | None = None,
    once: str | None = None,
) -> Posted:
    """Take back an entry, named by external or public id, with one of the opposite sign on the same books (F1, F11).

    What it settles or is settled by is free again; Customer Credit that was applied goes back (F7). It counts from
    `on`, or from today, or from the original's day where that is later; where those are closed, from the first open
    day (F8). Raises Missing, NotAllowed, Invalid, Refused when it was reversed before, the external id is taken or
    credit would go below zero, and Conflict when what the preview `mark` showed has changed. The reason is kept with
    the entry and must say something.
    """
    _check_reversal(on, reason, external_id)
    first = _original(entry)
    customers.lock({first.issued_for_id, first.payer_id, first.holder_id}, exclusive=True)
    first = _original(entry)
    profile, payer = _parties(actor, first)
    settling.hold_with(first.id)
    on = on or reversal_day(first, profile)
    draft = drafts.of_reversal(first, (profile, payer), on=on, reason=reason, external_id=external_id, once=once)
    new = written(draft, actor, mark)
    text = say("{number} reversed by {other}: {reason}", number=first.number, other=new.number, reason=Remark(reason))
    audit.record(actor, "ledger.reverse", text, subject_id=profile.id, entry=new.public_id)
    return _posted(new, draft.entry, payer=payer.reference, customer=profile.reference)


@snapshot
def foresee_reversal(actor: Actor, entry: str, *, on: date | None = None) -> Foreseen:
    """What taking back would do, and why it would be refused. Raises as `reverse`, but for Refused and Conflict."""
    first = _original(entry)
    profile, payer = _parties(actor, first)
    return drafts.foreseen(
        drafts.of_reversal(first, (profile, payer), on=on or reversal_day(first, profile), make=False)
    )


def reversal_day(first: Original, profile: Profile) -> date:
    """From when a reversal counts where nobody says: today or, where that is closed, the first open day (F8); what is
    dated ahead is taken back on its own day, so that nothing is left.
    """
    on = max(first.booked_on, clock.today(profile.time_zone))
    return first_open(on, closing.closed_through(first.partner_id))


def _original(entry: str) -> Original:
    first = ledger.original(external_id=entry) or ledger.original(public_id=entry)
    if first is None:
        raise Missing(say("There is no entry “{entry}”.", entry=entry))
    return first


def _check_reversal(on: date | None, reason: str, external_id: str | None) -> None:
    problems = (date_problem(on) if on else {}) | text_problems(reason=reason, external_id=external_id)
    if not reason.strip():
        problems["reason"] = say("Say why the entry is taken back.")
    if problems:
        raise Invalid(problems)


def _parties(actor: Actor, first: Original) -> tuple[Profile, Profile]:
    """Whom an entry was issued for and who pays for it, when the actor may post to them."""
    profiles = customers.by_ids({first.issued_for_id, first.holder_id})
    profile, payer = profiles[first.issued_for_id], profiles[first.holder_id]
    access.require(actor, Permission.FINANCE_POST, profile)
    if payer.removed_at is not None:
        access.require(actor, Permission.FINANCE_POST, payer)  # what is reversed lands on its books (L12)
    return profile, payer
