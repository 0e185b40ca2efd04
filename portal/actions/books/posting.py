"""Posting to the books: one charge, payment or adjustment, and its reversal."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date

from portal.actions import access
from portal.db import idempotency as operations
from portal.db.audit import records as audit
from portal.db.books import posting as ledger
from portal.db.books.posting import AccountKey, Half, NewEntry, Written
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import writes
from portal.outside import clock
from portal.rules.books import COUNTERPART, EARLIEST, LATEST, EntryKind, Ledger
from portal.rules.deciding import Actor
from portal.rules.errors import Invalid, Missing, Reason, Refused
from portal.rules.money import LARGEST_MINOR, Money, format_minor
from portal.rules.permissions import Permission

TRIES = 5
_LONGEST = {
    "external_id": ("external id", 100),
    "number": ("number", 60),
    "description": ("description", 10_000),
    "category": ("category", 100),
    "reason": ("reason", 10_000),
}
"""Texts of an entry: what they are called, and how many characters they may have."""


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


@writes
def post(actor: Actor, charge: Charge, *, once: str | None = None) -> Posted:
    """Post one entry to the books of whoever pays for the customer now (F11).

    `once` is an idempotency key: the same request again gets the same answer and posts nothing.
    Raises Missing, NotAllowed, Invalid, Mismatch, and Refused when Customer Credit would go below zero (F10) or the
    external id or number is taken (F2).
    """
    return enter(actor, charge, once=once)


def enter(actor: Actor, charge: Charge, *, once: str | None = None) -> Posted:
    """Do what `post` does within the caller's transaction."""
    _check(charge)
    profile = _locked(charge.customer)
    access.require(actor, Permission.FINANCE_POST, profile)
    earlier = operations.claim(once, "post", [charge.customer, charge])
    if earlier is not None:
        return Posted(**earlier)  # type: ignore[arg-type]
    entry = _entry(profile, charge, once)
    written = _written(entry, actor, profile.payer_name)
    posted = Posted(
        written.public_id,
        written.number,
        profile.payer_reference,
        profile.reference,
        entry.amount_minor,
        entry.currency,
    )
    audit.record(
        actor,
        "ledger.post",
        f"{charge.kind.label} {written.number} of {Money(charge.amount_minor, entry.currency)}",
        subject_id=profile.id,
        entry=written.public_id,
    )
    operations.settle(once, asdict(posted))
    return posted


@writes
def apply_credit(
    actor: Actor, customer: str, amount_minor: int, *, on: date, reason: str = "", once: str | None = None
) -> Posted:
    """Pay what is owed on the House Account from Customer Credit: one entry on both accounts of the payer (F7).

    Never more than is owed on that day, and never more than there is, on that day or any later one (F10). Raises as
    `post` does.
    """
    return apply(actor, customer, amount_minor, on=on, reason=reason, once=once)


def apply(
    actor: Actor, customer: str, amount_minor: int, *, on: date, reason: str = "", once: str | None = None
) -> Posted:
    """Do what `apply_credit` does within the caller's transaction."""
    problems = _date_problem(on) | _text_problems(reason=reason)
    if not 0 < amount_minor <= LARGEST_MINOR:
        problems["amount"] = "Enter an amount above zero."
    if problems:
        raise Invalid(problems)
    profile = _locked(customer, exclusive=True)
    access.require(actor, Permission.FINANCE_POST, profile)
    earlier = operations.claim(once, "post", ["apply credit", customer, amount_minor, on, reason])
    if earlier is not None:
        return Posted(**earlier)  # type: ignore[arg-type]
    _refuse_beyond_owed(profile, amount_minor, on)
    entry = _application(profile, amount_minor, on, reason, once)
    written = _written(entry, actor, profile.payer_name)
    posted = Posted(
        written.public_id, written.number, profile.payer_reference, profile.reference, amount_minor, entry.currency
    )
    text = f"Customer Credit of {Money(amount_minor, entry.currency)} applied to the House Account by {written.number}"
    audit.record(actor, "ledger.post", text, subject_id=profile.id, entry=written.public_id)
    operations.settle(once, asdict(posted))
    return posted


def _refuse_beyond_owed(profile: Profile, amount_minor: int, on: date) -> None:
    """F7: what is not owed stays Customer Credit."""
    house = ledger.balances({profile.payer_id: profile.currency}, on)[profile.payer_id].house_minor
    if amount_minor > max(0, -house):
        owed = f"owes {Money(-house, profile.currency)}" if house < 0 else "owes nothing"
        more = Money(amount_minor, profile.currency)
        message = f"{profile.payer_name} {owed} on the House Account, and {more} is more."
        raise Refused([Reason("F7", message, "Customer Credit is applied as far as something is owed.")])


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
        description="Customer Credit applied",
        reason=reason,
        idempotency_key=once,
    )


def _check(charge: Charge) -> None:
    problems = {}
    if not 0 <= charge.amount_minor <= LARGEST_MINOR:
        problems["amount"] = "The amount must be positive; the kind gives it its sign."
    elif charge.amount_minor == 0 and charge.kind is not EntryKind.INVOICE:
        problems["amount"] = "Only an invoice may come to zero."
    if abs(charge.tax_minor) > LARGEST_MINOR:
        problems["tax"] = "The tax is larger than any amount we keep."
    problems |= _date_problem(charge.on)
    problems |= _text_problems(
        external_id=charge.external_id,
        number=charge.number,
        description=charge.description,
        category=charge.category,
        reason=charge.reason,
    )
    if problems:
        raise Invalid(problems)


def _date_problem(on: date) -> dict[str, str]:
    return {} if EARLIEST <= on <= LATEST else {"date": f"{on.isoformat()} is not a date we keep books for."}


def _text_problems(**texts: str | None) -> dict[str, str]:
    problems = {}
    for name, text in texts.items():
        label, longest = _LONGEST[name]
        if text is not None and len(text) > longest:
            problems[name] = f"The {label} is longer than {longest} characters."
        elif text is not None and "\0" in text:
            problems[name] = f"The {label} holds a character that cannot be stored."
    return problems


def _locked(reference: str, *, exclusive: bool = False) -> Profile:
    """The customer, with it and its payer held against a change of links until the transaction ends.

    With `exclusive`, nobody else posts to them meanwhile either.
    """
    profile = customers.by_reference(reference)
    for _ in range(TRIES):
        if profile is None:
            raise Missing(f"There is no customer “{reference}”.")
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


def _written(entry: NewEntry, actor: Actor, payer_name: str, other_name: str = "") -> Written:
    """Write one entry, or raise Refused when its names are taken (F2) or credit would go below zero (F10).

    Credit is looked at before, for the sake of the figures, and again after, when the account is locked by our own
    change: where writers run side by side another one may have spent it in between. A transfer lowers the credit of
    one of two customers; `other_name` is the one who is not the payer.
    """
    _refuse_taken(entry)
    spent = [(half, payer_name if half is entry.halves[0] else other_name or payer_name) for half in _spent(entry)]
    for half, name in spent:
        _keep_credit_positive(entry, half, name, half.amount_minor)
    written = ledger.write_entries([entry], actor=actor.label, at=clock.now())[0]
    if not customers.locks_are_final():
        for half, name in spent:
            _keep_credit_positive(entry, half, name, 0)
    return written


def _spent(entry: NewEntry) -> list[Half]:
    """What an entry takes from Customer Credit. A transfer can move it between accounts of either kind."""
    lowering = [half for half in entry.halves if half.owned and half.amount_minor < 0]
    if entry.kind is not EntryKind.TRANSFER:
        return lowering if entry.ledger == Ledger.CREDIT else []
    credit = ledger.credit_accounts(half.ledger_account_id for half in lowering)
    return [half for half in lowering if half.ledger_account_id in credit]


def _refuse_taken(entry: NewEntry) -> None:
    reasons = []
    if entry.external_id is not None and ledger.original(external_id=entry.external_id) is not None:
        message = f"An entry with the external id “{entry.external_id}” is in the books already."
        reasons.append(Reason("F2", message, "Choose another external id."))
    if entry.number is not None and ledger.holds_number(entry.partner_id, entry.series, entry.number):
        message = f"The number “{entry.number}” is taken."
        reasons.append(Reason("F2", message, "Choose another number, or leave it out to get the next one."))
    if reasons:
        raise Refused(reasons)


def _keep_credit_positive(entry: NewEntry, half: Half, owner: str, change_minor: int) -> None:
    """Raise Refused when Customer Credit, changed by `change_minor` from the entry's day on, goes below zero (F10)."""
    lowest = ledger.lowest_credit_from(half.ledger_account_id, entry.booked_on) + change_minor
    if lowest < 0:
        short = format_minor(-lowest, entry.currency)
        raise Refused(
            [
                Reason(
                    "F10",
                    f"Customer Credit of {owner} would be {short} {entry.currency} below zero.",
                    "Customer Credit may not go below zero at any date. Take a smaller amount or a later date.",
                )
            ]
        )


def _check_reversal(on: date, reason: str, external_id: str | None) -> None:
    problems = _date_problem(on) | _text_problems(reason=reason, external_id=external_id)
    if not reason.strip():
        problems["reason"] = "Say why the entry is taken back."
    if problems:
        raise Invalid(problems)


@writes
def reverse(
    actor: Actor, entry: str, *, on: date, reason: str, external_id: str | None = None, once: str | None = None
) -> Posted:
    """Take back an entry, named by external or public id, with one of the opposite sign on the same books (F1, F11).

    Raises Missing, NotAllowed, Invalid, and Refused when it was reversed before, the external id is taken or credit
    would go below zero. The reason is kept with the entry and must say something.
    """
    return take_back(actor, entry, on=on, reason=reason, external_id=external_id, once=once)


def take_back(
    actor: Actor, entry: str, *, on: date, reason: str, external_id: str | None = None, once: str | None = None
) -> Posted:
    """Do what `reverse` does within the caller's transaction."""
    _check_reversal(on, reason, external_id)
    first = ledger.original(external_id=entry) or ledger.original(public_id=entry)
    if first is None:
        raise Missing(f"There is no entry “{entry}”.")
    customers.lock({first.issued_for_id, first.payer_id}, exclusive=False)
    profiles = customers.by_ids({first.issued_for_id, first.payer_id})
    profile, payer = profiles[first.issued_for_id], profiles[first.payer_id]
    access.require(actor, Permission.FINANCE_POST, profile)
    if payer.removed_at is not None:
        access.require(actor, Permission.FINANCE_POST, payer)  # what is reversed lands on its books (L12)
    earlier = operations.claim(once, "reverse", [entry, on, reason, external_id])
    if earlier is not None:
        return Posted(**earlier)  # type: ignore[arg-type]
    if first.reversed_by is not None:
        raise Refused(
            [Reason("F1", f"{first.number} was reversed by {first.reversed_by}.", "It cannot be reversed twice.")]
        )
    back = NewEntry(
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
        description=f"Reversal of {first.number}",
        reverses_id=first.id,
        reason=reason,
        idempotency_key=once,
    )
    written = _written(back, actor, payer.name, profile.name)
    posted = Posted(
        written.public_id,
        written.number,
        payer.reference,
        profile.reference,
        back.amount_minor,
        back.currency,
    )
    audit.record(
        actor,
        "ledger.reverse",
        f"{first.number} reversed by {written.number}: {reason}",
        subject_id=profile.id,
        entry=written.public_id,
    )
    operations.settle(once, asdict(posted))
    return posted
