"""Entries before they are written: what they will be, what they change, and why they cannot be written.

Posting and its previews draft an entry with the same functions, so a preview refuses exactly what posting refuses and
shows what posting does (F10).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from portal.actions.books.words import on_the_books
from portal.db import idempotency as operations
from portal.db.books import closing
from portal.db.books import posting as ledger
from portal.db.books.posting import AccountKey, Half, NewEntry, Original
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.invoices import items, reversing
from portal.db.invoices.items import Item
from portal.outside import clock
from portal.rules.books import COUNTERPART, EntryKind, Ledger
from portal.rules.closing import closed_refusals
from portal.rules.errors import Reason
from portal.rules.invoices.due import read_terms
from portal.rules.money import Money
from portal.rules.sentences import say


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


class Move(NamedTuple):
    """What an entry does to one account of a customer, in signed minor units."""

    owner_id: int
    owner: str
    account: Ledger
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry to be written. `moves` are what it does to customers' accounts, in the order of its owned halves.

    `against` is what stands against it besides what stands against any entry.
    """

    entry: NewEntry
    moves: tuple[Move, ...]
    time_zone: str
    against: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class BalanceChange:
    """One account before and after, in minor units."""

    account: Ledger
    owner: str
    before_minor: int
    after_minor: int


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What writing a draft would do. `changes` are as of `on`: today, or the day of an entry that is dated ahead.

    `reasons` say why it is refused. `mark` stands for all that is shown: the deed refuses when it has changed (409).
    """

    on: date
    ahead: bool
    changes: tuple[BalanceChange, ...]
    reasons: tuple[Reason, ...]
    mark: str


# Drafting. Without `make`, ledger accounts that are not there yet are not made. ---------------------------------------


def of_charge(profile: Profile, charge: Charge, once: str | None = None, *, make: bool = True) -> Draft:
    """One charge, payment or adjustment, on the books of whoever pays for the customer now (F11)."""
    signed = charge.kind.sign * charge.amount_minor
    own = AccountKey(profile.partner_id, profile.payer_id, charge.ledger.value, profile.currency)
    other = AccountKey(profile.partner_id, None, COUNTERPART[charge.kind], profile.currency)
    ids = ledger.account_ids([own, other], make=make)
    entry = NewEntry(
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
        due_on=read_terms(profile.settings.terms).due(charge.on) if charge.kind is EntryKind.INVOICE else None,
    )
    return Draft(entry, (Move(profile.payer_id, profile.payer_name, charge.ledger, signed),), profile.time_zone)


def of_refund(
    holder: Profile, paid: Item, amount_minor: int, on: date, description: str, reason: str, *, make: bool = True
) -> Draft:
    """Money that is paid back of an item, on the books where that stands (F6)."""
    own = AccountKey(holder.partner_id, holder.id, Ledger.HOUSE.value, paid.currency)
    bank = AccountKey(holder.partner_id, None, COUNTERPART[EntryKind.REFUND], paid.currency)
    ids = ledger.account_ids([own, bank], make=make)
    entry = NewEntry(
        partner_id=holder.partner_id,
        payer_id=holder.id,
        issued_for_id=paid.issued_for_id,
        booked_on=on,
        kind=EntryKind.REFUND,
        ledger=Ledger.HOUSE.value,
        currency=paid.currency,
        amount_minor=-amount_minor,
        halves=(Half(ids[own], -amount_minor, True), Half(ids[bank], amount_minor, False)),
        description=description,
        reason=reason,
    )
    return Draft(entry, (Move(holder.id, holder.name, Ledger.HOUSE, -amount_minor),), holder.time_zone)


def of_application(
    profile: Profile,
    amount_minor: int,
    on: date,
    reason: str = "",
    once: str | None = None,
    *,
    invoice: Item | None = None,
    make: bool = True,
) -> Draft:
    """Customer Credit that pays what is owed on the House Account: one entry on both accounts of the payer (F7).

    It pays one `invoice`, or what is due by then, the oldest due first.
    """
    house, credit = (
        AccountKey(profile.partner_id, profile.payer_id, book.value, profile.currency)
        for book in (Ledger.HOUSE, Ledger.CREDIT)
    )
    ids = ledger.account_ids([house, credit], make=make)
    entry = NewEntry(
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
    payer = profile.payer_id, profile.payer_name
    moves = (Move(*payer, Ledger.HOUSE, amount_minor), Move(*payer, Ledger.CREDIT, -amount_minor))
    against = beyond_open(invoice, amount_minor) if invoice else _beyond_owed(profile, amount_minor, on)
    return Draft(entry, moves, profile.time_zone, tuple(against))


def of_reversal(
    first: Original,
    parties: Iterable[Profile],
    *,
    on: date,
    reason: str = "",
    external_id: str | None = None,
    once: str | None = None,
    make: bool = True,
) -> Draft:
    """An entry of the opposite sign on the same books, or on those where it stands by now (F1, F11, P2).

    `parties` are those the entry names.
    """
    known = {profile.id: profile for profile in parties}
    holder = first.holder_id
    halves = [
        (holder if owner == first.payer_id else owner, account, amount)
        for owner, account, amount in ledger.owned_halves(first.id)
    ]
    if others := {first.payer_id, holder, *(owner for owner, _, _ in halves)} - known.keys():
        known |= customers.by_ids(others)
    against = [*_reversed_before(first), *_credited(first), *_shared(first, {owner for owner, _, _ in halves})]
    entry = NewEntry(
        partner_id=first.partner_id,
        payer_id=holder,
        issued_for_id=first.issued_for_id,
        booked_on=on,
        kind=first.kind,
        ledger=first.ledger,
        currency=first.currency,
        amount_minor=-first.amount_minor,
        halves=tuple(
            half._replace(amount_minor=-half.amount_minor)
            for half in ledger.on_books_of(ledger.halves_of(first.id), first, make=make)
        ),
        external_id=external_id,
        tax_minor=-first.tax_minor,
        description=on_the_books(say("Reversal of {number}", number=first.number), known[first.payer_id]),
        reverses_id=first.id,
        reason=reason,
        idempotency_key=once,
    )
    moves = tuple(Move(owner, known[owner].name, account, -amount) for owner, account, amount in halves)
    return Draft(entry, moves, known[first.payer_id].time_zone, tuple(against))


# What stands against it -----------------------------------------------------------------------------------------------


def refusals(draft: Draft) -> list[Reason]:
    """Why a draft cannot be written: all that stands against it, a closed month (F8), names that are taken (F2) and
    credit (F10).
    """
    entry = draft.entry
    closed = closed_refusals(entry.booked_on, closing.closed_through(entry.partner_id))
    return [*draft.against, *closed, *_taken(entry), *credit_refusals(draft)]


def credit_refusals(draft: Draft, *, written: bool = False) -> list[Reason]:
    """F10: why Customer Credit would be below zero on some day from the entry's on; `written` counts it in already."""
    reasons = []
    for half, owner in _spent(draft):
        change = 0 if written else half.amount_minor
        lowest, on = ledger.lowest_credit_from(half.ledger_account_id, draft.entry.booked_on)
        if lowest + change < 0:
            short = Money(-lowest - change, draft.entry.currency)
            message = say(
                "Customer Credit of {owner} would be {amount} below zero on {day}.", owner=owner, amount=short, day=on
            )
            remedy = say("Customer Credit may not go below zero at any date. Take a smaller amount or a later date.")
            reasons.append(Reason("F10", message, remedy))
    return reasons


def _spent(draft: Draft) -> list[tuple[Half, str]]:
    """What an entry takes from Customer Credit, and whose."""
    owned = (half for half in draft.entry.halves if half.owned)
    return [
        (half, move.owner)
        for half, move in zip(owned, draft.moves, strict=True)
        if move.account is Ledger.CREDIT and move.amount_minor < 0
    ]


def _taken(entry: NewEntry) -> list[Reason]:
    reasons = []
    if entry.external_id is not None and ledger.original(external_id=entry.external_id) is not None:
        message = say("An entry with the external id “{id}” is in the books already.", id=entry.external_id)
        reasons.append(Reason("F2", message, say("Choose another external id.")))
    if entry.number is not None and ledger.holds_number(entry.partner_id, entry.series, entry.number):
        message = say("The number “{number}” is taken.", number=entry.number)
        remedy = say("Choose another number, or leave it out to get the next one.")
        reasons.append(Reason("F2", message, remedy))
    return reasons


def beyond_open(invoice: Item, amount_minor: int) -> list[Reason]:
    """F7: more than an invoice has open."""
    if amount_minor <= invoice.left_minor:
        return []
    opened, more = Money(invoice.left_minor, invoice.currency), Money(amount_minor, invoice.currency)
    message = say("{invoice} has {open} open, and {more} is more.", invoice=invoice.number, open=opened, more=more)
    return [Reason("F7", message, say("Take {most} at most.", most=opened) if opened else say("It is settled."))]


def payable(profile: Profile, on: date) -> list[Item]:
    """What Customer Credit pays where no invoice is named: what its payer has open by a day, the oldest due first."""
    return [one for one in items.open_charges([profile.payer_id]) if one.booked_on <= on]


def _beyond_owed(profile: Profile, amount_minor: int, on: date) -> list[Reason]:
    """F7: what is not owed stays Customer Credit, and so does what nothing is open for."""
    house = ledger.balances({profile.payer_id: profile.currency}, on)[profile.payer_id].house_minor
    opened = sum(one.left_minor for one in payable(profile, on))
    if amount_minor <= min(max(0, -house), opened):
        return []
    payer, more = profile.payer_name, Money(amount_minor, profile.currency)
    if house >= 0:
        message = say("{payer} owes nothing on the House Account, and {more} is more.", payer=payer, more=more)
    elif amount_minor > -house:
        message = say(
            "{payer} owes {owed} on the House Account, and {more} is more.",
            payer=payer,
            owed=Money(-house, profile.currency),
            more=more,
        )
    else:
        message = say(
            "{payer} has {open} open that nothing settles yet, and {more} is more.",
            payer=payer,
            open=Money(opened, profile.currency),
            more=more,
        )
    return [Reason("F7", message, say("Customer Credit is applied as far as something is owed."))]


def _credited(first: Original) -> list[Reason]:
    """F6: an invoice with credit notes is not reversed."""
    if first.kind is not EntryKind.INVOICE or not (notes := reversing.credit_notes_of([first.id]).get(first.id)):
        return []
    message = say("{number} was credited by {notes}.", number=first.number, notes=tuple(notes))
    return [Reason("F6", message, say("Credit what remains of it instead."))]


def _shared(first: Original, owners: Collection[int]) -> list[Reason]:
    """P2: what moved a House Account to another one stays, as the items do that moved with it."""
    if first.kind is not EntryKind.TRANSFER or first.ledger != Ledger.HOUSE or len(owners) < 2:
        return []
    message = say(
        "{number} moved a House Account to a partner account, and its open items with it.", number=first.number
    )
    return [Reason("P2", message, say("Post a debit and a credit to move an amount."))]


def _reversed_before(first: Original) -> list[Reason]:
    if first.reversed_by is None:
        return []
    message = say("{number} was reversed by {other}.", number=first.number, other=first.reversed_by)
    return [Reason("F1", message, say("It cannot be reversed twice."))]


# Foreseeing -----------------------------------------------------------------------------------------------------------


def foreseen(draft: Draft) -> Foreseen:
    """What writing a draft would do now. Nothing is written."""
    entry = draft.entry
    today = clock.today(draft.time_zone)
    on = max(today, entry.booked_on)
    found = ledger.balances({move.owner_id: entry.currency for move in draft.moves}, on)
    changes = []
    for move in draft.moves:
        now = found[move.owner_id]
        before = now.house_minor if move.account is Ledger.HOUSE else now.credit_minor
        changes.append(BalanceChange(move.account, move.owner, before, before + move.amount_minor))
    reasons = tuple(refusals(draft))
    shown = [entry.payer_id, entry.issued_for_id, entry.booked_on, entry.kind, changes, [r.message for r in reasons]]
    return Foreseen(on, entry.booked_on > today, tuple(changes), reasons, operations.fingerprint(shown))
