"""Posting to the books: one charge, payment or adjustment, and its reversal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.actions import access
from portal.actions.books.checks import amount_problem, date_problem, text_problems
from portal.actions.books.words import on_the_books
from portal.actions.books.writing import written
from portal.db.audit import records as audit
from portal.db.books import posting as ledger
from portal.db.books.posting import AccountKey, Half, NewEntry, Original, Written
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import writes
from portal.rules.books import COUNTERPART, EntryKind, Ledger
from portal.rules.deciding import Actor
from portal.rules.errors import Invalid, Missing, Reason, Refused
from portal.rules.money import LARGEST_MINOR, Money
from portal.rules.permissions import Permission
from portal.rules.sentences import say

TRIES = 5


@dataclass(frozen=True, slots=True)
class Posted:
    """What was written: the entry's public id and number, and whose books it is on (references)."""

    public_id: str
    number: str
    payer: str
    customer: str
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Charge:
    """What to post. `amount_minor` is positive; the kind gives it its sign. `customer` is whom it is issued for."""

    customer: str
    kind: EntryKind
    amount_minor: int
    on: date
    ledger: Ledger = Ledger.HOUSE
    description: str = ""
    category: str = ""
    tax_minor: int = 0
    external_id: str | None = None
    number: str | None = None
    reason: str = ""


# A charge -------------------------------------------------------------------------------------------------------------


@writes(once="post", answer=Posted, joins=True)
def post(actor: Actor, charge: Charge, *, once: str | None = None) -> Posted:
    """Post one entry to the books of whoever pays for the customer now (F11).

    `once` is an idempotency key: the same request again gets the same answer and posts nothing.
    Raises Missing, NotAllowed, Invalid, Mismatch, and Refused when Customer Credit would go below zero (F10) or the
    external id or number is taken (F2). Inside another action's transaction it takes part in that.
    """
    _check(charge)
    profile = _locked(charge.customer)
    access.require(actor, Permission.FINANCE_POST, profile)
    entry = _entry(profile, charge, once)
    new = written(entry, actor, profile.payer_name)
    amount = Money(charge.amount_minor, entry.currency)
    text = say("{kind} {number} of {amount}", kind=charge.kind.label, number=new.number, amount=amount)
    audit.record(actor, "ledger.post", text, subject_id=profile.id, entry=new.public_id)
    return _posted(new, entry, payer=profile.payer_reference, customer=profile.reference)


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


def _locked(reference: str, *, exclusive: bool = False) -> Profile:
    """The customer, with it and its payer held against a change of links until the transaction ends.

    With `exclusive`, nobody else posts to them meanwhile either.
    """
    profile = customers.by_reference(reference)
    for _ in range(TRIES):
        if profile is None:
            raise Missing(say("There is no customer “{reference}”.", reference=reference))
        customers.lock({profile.id, profile.payer_id}, exclusive=exclusive)
        if customers.locks_are_final():
            return profile
        again = customers.by_reference(reference)
        if again is not None and again.payer_id == profile.payer_id:
            return again
        profile = again
    raise AssertionError("links change faster than we can post")


def _entry(profile: Profile, charge: Charge, once: str | None) -> NewEntry:
    signed = charge.kind.sign * charge.amount_minor
    own = AccountKey(profile.partner_id, profile.payer_id, charge.ledger.value, profile.currency)
    other = AccountKey(profile.partner_id, None, COUNTERPART[charge.kind], profile.currency)
    ids = ledger.account_ids([own, other])
    return NewEntry(
        partner_id=profile.partner_id,
        payer_id=profile.payer_id,
        issued_for_id=profile.id,
        booked_on=charge.on,
        kind=charge.kind,
        ledger=charge.ledger.value,
        currency=profile.currency,
        amount_minor=signed,
        halves=(Half(ids[own], signed, True), Half(ids[other], -signed, False)),
        external_id=charge.external_id,
        number=charge.number,
        tax_minor=charge.tax_minor,
        description=charge.description,
        category=charge.category,
        reason=charge.reason,
        idempotency_key=once,
    )


# Customer Credit ------------------------------------------------------------------------------------------------------


@writes(once="post", answer=Posted, joins=True)
def apply_credit(
    actor: Actor, customer: str, amount_minor: int, *, on: date, reason: str = "", once: str | None = None
) -> Posted:
    """Pay what is owed on the House Account from Customer Credit: one entry on both accounts of the payer (F7).

    Never more than is owed on that day, and never more than there is, on that day or any later one (F10). Raises as
    `post` does.
    """
    problems = date_problem(on) | text_problems(reason=reason)
    if not 0 < amount_minor <= LARGEST_MINOR:
        problems["amount"] = say("Enter an amount above zero.")
    if problems:
        raise Invalid(problems)
    profile = _locked(customer, exclusive=True)
    access.require(actor, Permission.FINANCE_POST, profile)
    _refuse_beyond_owed(profile, amount_minor, on)
    entry = _application(profile, amount_minor, on, reason, once)
    new = written(entry, actor, profile.payer_name)
    text = say(
        "Customer Credit of {amount} applied to the House Account by {number}",
        amount=Money(amount_minor, entry.currency),
        number=new.number,
    )
    audit.record(actor, "ledger.post", text, subject_id=profile.id, entry=new.public_id)
    return _posted(new, entry, payer=profile.payer_reference, customer=profile.reference)


def _refuse_beyond_owed(profile: Profile, amount_minor: int, on: date) -> None:
    """F7: what is not owed stays Customer Credit."""
    house = ledger.balances({profile.payer_id: profile.currency}, on)[profile.payer_id].house_minor
    if amount_minor <= max(0, -house):
        return
    payer, more = profile.payer_name, Money(amount_minor, profile.currency)
    if house < 0:
        message = say(
            "{payer} owes {owed} on the House Account, and {more} is more.",
            payer=payer,
            owed=Money(-house, profile.currency),
            more=more,
        )
    else:
        message = say("{payer} owes nothing on the House Account, and {more} is more.", payer=payer, more=more)
    raise Refused([Reason("F7", message, say("Customer Credit is applied as far as something is owed."))])


def _application(profile: Profile, amount_minor: int, on: date, reason: str, once: str | None) -> NewEntry:
    house, credit = (
        AccountKey(profile.partner_id, profile.payer_id, book.value, profile.currency)
        for book in (Ledger.HOUSE, Ledger.CREDIT)
    )
    ids = ledger.account_ids([house, credit])
    return NewEntry(
        partner_id=profile.partner_id,
        payer_id=profile.payer_id,
        issued_for_id=profile.id,
        booked_on=on,
        kind=EntryKind.TRANSFER,
        ledger=Ledger.HOUSE.value,
        currency=profile.currency,
        amount_minor=amount_minor,
        halves=(Half(ids[house], amount_minor, True), Half(ids[credit], -amount_minor, True)),
        description=on_the_books(say("Customer Credit applied"), profile),
        reason=reason,
        idempotency_key=once,
    )


# Reversing ------------------------------------------------------------------------------------------------------------


@writes(once="reverse", answer=Posted, joins=True)
def reverse(
    actor: Actor, entry: str, *, on: date, reason: str, external_id: str | None = None, once: str | None = None
) -> Posted:
    """Take back an entry, named by external or public id, with one of the opposite sign on the same books (F1, F11).

    Raises Missing, NotAllowed, Invalid, and Refused when it was reversed before, the external id is taken or credit
    would go below zero. The reason is kept with the entry and must say something.
    """
    _check_reversal(on, reason, external_id)
    first = ledger.original(external_id=entry) or ledger.original(public_id=entry)
    if first is None:
        raise Missing(say("There is no entry “{entry}”.", entry=entry))
    profile, payer = _held_parties(actor, first)
    if first.reversed_by is not None:
        message = say("{number} was reversed by {other}.", number=first.number, other=first.reversed_by)
        raise Refused([Reason("F1", message, say("It cannot be reversed twice."))])
    back = _reversal(first, payer, on=on, reason=reason, external_id=external_id, once=once)
    new = written(back, actor, payer.name, profile.name)
    text = say("{number} reversed by {other}: {reason}", number=first.number, other=new.number, reason=reason)
    audit.record(actor, "ledger.reverse", text, subject_id=profile.id, entry=new.public_id)
    return _posted(new, back, payer=payer.reference, customer=profile.reference)


def _check_reversal(on: date, reason: str, external_id: str | None) -> None:
    problems = date_problem(on) | text_problems(reason=reason, external_id=external_id)
    if not reason.strip():
        problems["reason"] = say("Say why the entry is taken back.")
    if problems:
        raise Invalid(problems)


def _held_parties(actor: Actor, first: Original) -> tuple[Profile, Profile]:
    """Whom an entry was issued for and who pays for it, held, when the actor may post to them."""
    customers.lock({first.issued_for_id, first.payer_id}, exclusive=False)
    profiles = customers.by_ids({first.issued_for_id, first.payer_id})
    profile, payer = profiles[first.issued_for_id], profiles[first.payer_id]
    access.require(actor, Permission.FINANCE_POST, profile)
    if payer.removed_at is not None:
        access.require(actor, Permission.FINANCE_POST, payer)  # what is reversed lands on its books (L12)
    return profile, payer


def _reversal(
    first: Original, payer: Profile, *, on: date, reason: str, external_id: str | None, once: str | None
) -> NewEntry:
    return NewEntry(
        partner_id=first.partner_id,
        payer_id=first.payer_id,
        issued_for_id=first.issued_for_id,
        booked_on=on,
        kind=first.kind,
        ledger=first.ledger,
        currency=first.currency,
        amount_minor=-first.amount_minor,
        halves=tuple(Half(h.ledger_account_id, -h.amount_minor, h.owned) for h in ledger.halves_of(first.id)),
        external_id=external_id,
        tax_minor=-first.tax_minor,
        description=on_the_books(say("Reversal of {number}", number=first.number), payer),
        reverses_id=first.id,
        reason=reason,
        idempotency_key=once,
    )
