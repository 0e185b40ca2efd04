"""Posting to the books: one charge, payment or adjustment, and its reversal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.actions import access
from portal.actions.books import drafts
from portal.actions.books.checks import amount_problem, date_problem, text_problems
from portal.actions.books.drafts import Charge as Charge
from portal.actions.books.drafts import Foreseen
from portal.actions.books.writing import written
from portal.db.audit import records as audit
from portal.db.books import posting as ledger
from portal.db.books.posting import NewEntry, Original, Written
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.rules.books import EntryKind
from portal.rules.deciding import Actor
from portal.rules.errors import Invalid, Missing
from portal.rules.money import LARGEST_MINOR, Money
from portal.rules.permissions import Permission
from portal.rules.sentences import Remark, say

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


# A charge -------------------------------------------------------------------------------------------------------------


@writes(once="post", answer=Posted, joins=True)
def post(actor: Actor, charge: Charge, *, mark: str | None = None, once: str | None = None) -> Posted:
    """Post one entry to the books of whoever pays for the customer now (F11).

    `once` is an idempotency key: the same request again gets the same answer and posts nothing.
    Raises Missing, NotAllowed, Invalid, Mismatch, Refused when Customer Credit would go below zero (F10) or the
    external id or number is taken (F2), and Conflict when what the preview `mark` showed has changed. Inside another
    action's transaction it takes part in that.
    """
    _check(charge)
    profile = _locked(charge.customer, exclusive=mark is not None)
    access.require(actor, Permission.FINANCE_POST, profile)
    draft = drafts.of_charge(profile, charge, once)
    new = written(draft, actor, mark)
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

    Never more than is owed on that day, and never more than there is, on that day or any later one (F10). Raises as
    `post` does.
    """
    _check_application(amount_minor, on, reason)
    profile = _locked(customer, exclusive=True)
    access.require(actor, Permission.FINANCE_POST, profile)
    draft = drafts.of_application(profile, amount_minor, on, reason, once)
    new = written(draft, actor, mark)
    text = say(
        "Customer Credit of {amount} applied to the House Account by {number}",
        amount=Money(amount_minor, profile.currency),
        number=new.number,
    )
    audit.record(actor, "ledger.post", text, subject_id=profile.id, entry=new.public_id)
    return _posted(new, draft.entry, payer=profile.payer_reference, customer=profile.reference)


@snapshot
def foresee_application(actor: Actor, customer: str, amount_minor: int, *, on: date) -> Foreseen:
    """What applying would do, and why it would be refused. Raises as `apply_credit`, but for Refused and Conflict."""
    _check_application(amount_minor, on, "")
    profile = customers.require(customer)
    access.require(actor, Permission.FINANCE_POST, profile)
    return drafts.foreseen(drafts.of_application(profile, amount_minor, on, make=False))


def _check_application(amount_minor: int, on: date, reason: str) -> None:
    problems = date_problem(on) | text_problems(reason=reason)
    if not 0 < amount_minor <= LARGEST_MINOR:
        problems["amount"] = say("Enter an amount above zero.")
    if problems:
        raise Invalid(problems)


# Reversing ------------------------------------------------------------------------------------------------------------


@writes(once="reverse", answer=Posted, joins=True)
def reverse(
    actor: Actor,
    entry: str,
    *,
    on: date,
    reason: str,
    external_id: str | None = None,
    mark: str | None = None,
    once: str | None = None,
) -> Posted:
    """Take back an entry, named by external or public id, with one of the opposite sign on the same books (F1, F11).

    Raises Missing, NotAllowed, Invalid, Refused when it was reversed before, the external id is taken or credit would
    go below zero, and Conflict when what the preview `mark` showed has changed. The reason is kept with the entry and
    must say something.
    """
    _check_reversal(on, reason, external_id)
    first = _original(entry)
    customers.lock({first.issued_for_id, first.payer_id}, exclusive=mark is not None)
    profile, payer = _parties(actor, first)
    draft = drafts.of_reversal(
        _original(entry), (profile, payer), on=on, reason=reason, external_id=external_id, once=once
    )
    new = written(draft, actor, mark)
    text = say("{number} reversed by {other}: {reason}", number=first.number, other=new.number, reason=Remark(reason))
    audit.record(actor, "ledger.reverse", text, subject_id=profile.id, entry=new.public_id)
    return _posted(new, draft.entry, payer=payer.reference, customer=profile.reference)


@snapshot
def foresee_reversal(actor: Actor, entry: str, *, on: date) -> Foreseen:
    """What taking back would do, and why it would be refused. Raises as `reverse`, but for Refused and Conflict."""
    first = _original(entry)
    return drafts.foreseen(drafts.of_reversal(first, _parties(actor, first), on=on))


def _original(entry: str) -> Original:
    first = ledger.original(external_id=entry) or ledger.original(public_id=entry)
    if first is None:
        raise Missing(say("There is no entry “{entry}”.", entry=entry))
    return first


def _check_reversal(on: date, reason: str, external_id: str | None) -> None:
    problems = date_problem(on) | text_problems(reason=reason, external_id=external_id)
    if not reason.strip():
        problems["reason"] = say("Say why the entry is taken back.")
    if problems:
        raise Invalid(problems)


def _parties(actor: Actor, first: Original) -> tuple[Profile, Profile]:
    """Whom an entry was issued for and who pays for it, when the actor may post to them."""
    profiles = customers.by_ids({first.issued_for_id, first.payer_id})
    profile, payer = profiles[first.issued_for_id], profiles[first.payer_id]
    access.require(actor, Permission.FINANCE_POST, profile)
    if payer.removed_at is not None:
        access.require(actor, Permission.FINANCE_POST, payer)  # what is reversed lands on its books (L12)
    return profile, payer
