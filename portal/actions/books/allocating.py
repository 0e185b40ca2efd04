"""Allocating payments and credits to what is owed, and taking that back (F7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from portal.actions.books.naming import item_named
from portal.actions.books.settling import (
    Book,
    Made,
    among_accounts,
    book_of,
    chosen,
    made,
    oldest_first,
    plan,
    settle,
    take_back,
)
from portal.actions.books.texts import amount_in
from portal.db import idempotency as operations
from portal.db.audit import records as audit
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.db.invoices import items, settling
from portal.db.invoices.items import Item
from portal.db.invoices.settling import NewAllocation, Settled
from portal.rules import seen
from portal.rules.books import EntryKind
from portal.rules.deciding import Actor
from portal.rules.errors import Conflict, Reason, Refused
from portal.rules.invoices.allocating import amount_refusals, fits
from portal.rules.money import Money
from portal.rules.sentences import Sentence, say

CREDITS = (EntryKind.PAYMENT, EntryKind.CREDIT, EntryKind.TRANSFER, EntryKind.CREDIT_NOTE)
CHARGES = (EntryKind.INVOICE, EntryKind.DEBIT, EntryKind.REFUND)


@dataclass(frozen=True, slots=True)
class AccountOpen:
    """An account of an invoice: what it has open of it, in minor units, below zero where it lowers the invoice."""

    public_id: str
    reference: str
    name: str
    open_minor: int


@dataclass(frozen=True, slots=True)
class Part:
    """So much of what settles an invoice is for one of its accounts, in minor units."""

    account: str
    name: str
    minor: int


@dataclass(frozen=True, slots=True)
class Allocated:
    """What a payment or credit settles now, or would. `left_minor` is what it has unallocated after that.

    `parts` say how it divides where it settles one invoice over several accounts. `mark` stands for what a preview
    shows: the deed refuses when it has changed.
    """

    number: str
    public_id: str
    left_minor: int
    currency: str
    made: tuple[Made, ...]
    mark: str = ""
    parts: tuple[Part, ...] = ()


class Change(NamedTuple):
    """One line of a preview: what is open of a charge, before and after."""

    what: Sentence
    before: Sentence
    after: Sentence


def changes(done: Allocated) -> list[Change]:
    """What a preview shows line by line."""

    def money(minor: int) -> Sentence:
        return say("{amount}", amount=Money(minor, done.currency))

    return [
        Change(
            say("Open of {number}", number=one.number), money(one.open_minor + one.amount_minor), money(one.open_minor)
        )
        for one in done.made
    ]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to allocate: a credit, and a charge or None for the oldest due first, by the names people give them.

    `amount` is in minor units, or a text that is read in the currency of the payment; None is as much as fits.
    `accounts` (references or public ids) are those of the invoice for which it is; none for all of them.
    """

    payment: str
    invoice: str | None = None
    amount: int | str | None = None
    on: date | None = None
    partner: str | None = None
    accounts: tuple[str, ...] = ()


@writes(once="allocate", answer=Allocated)
def allocate(actor: Actor, wanted: Wanted, *, mark: str | None = None, once: str | None = None) -> Allocated:
    """Let a payment or credit settle an invoice, or the oldest due of its payer.

    Raises Missing, NotAllowed, Invalid for no amount, Refused with both figures for more than there is (F7) and for a
    closed month (F8), and Conflict when what the preview `mark` showed has changed.
    """
    source, target, holder = _named(actor, wanted)
    source, charges = _held(source, target, holder)
    answer, planned = _weighed(source, target and charges[0], charges, wanted, holder, book_of(holder))
    if mark is not None:
        seen.unchanged(mark, answer.mark)
    settle(actor, planned)
    for one in answer.made:
        text = say(
            "{amount} of {payment} allocated to {invoice}",
            amount=Money(one.amount_minor, answer.currency),
            payment=answer.number,
            invoice=one.number,
        )
        audit.record(actor, "ledger.allocate", text, subject_id=holder.id, entry=source.public_id, charge=one.public_id)
    return answer


@snapshot
def foresee(actor: Actor, wanted: Wanted) -> Allocated:
    """What allocating would do; nothing is written. Raises as `allocate`."""
    source, target, holder = _named(actor, wanted)
    charges = [target] if target else items.open_charges([holder.id])
    return _weighed(source, target, charges, wanted, holder, book_of(holder, held=False))[0]


@snapshot
def accounts_of(actor: Actor, invoice: str) -> list[AccountOpen]:
    """The accounts of an invoice or debit with what each has open, by name. Raises Missing and NotAllowed."""
    target, _ = item_named(actor, invoice, say("an invoice or a debit"), kinds=CHARGES, charges=True)
    opened = settling.open_by_account([target.id])[target.id]
    found = [
        AccountOpen(one.public_id, one.reference, one.name, opened[one.id]) for one in customers.by_ids(opened).values()
    ]
    return sorted(found, key=lambda one: (one.name, one.reference))


@writes(once="unallocate", answer=Allocated)
def unallocate(
    actor: Actor,
    payment: str,
    invoice: str,
    *,
    partner: str | None = None,
    mark: str | None = None,
    once: str | None = None,
) -> Allocated:
    """Take back all that a payment or credit settles of an invoice; `made` says what is open of that again.

    Raises Missing, NotAllowed, Refused where nothing of it can be taken back (F7), and Conflict when what the preview
    `mark` showed has changed.
    """
    source, target, holder = _both(actor, payment, invoice, partner)
    source, charges = _held(source, target, holder)
    target, book = charges[0], book_of(holder)
    answer, found = _freed(source, target, book)
    if mark is not None:
        seen.unchanged(mark, answer.mark)
    settle(actor, take_back([(one, one.amount_minor) for one in found], book, book.today))
    text = say(
        "{amount} of {payment} taken back from {invoice}",
        amount=Money(answer.made[0].amount_minor, source.currency),
        payment=source.number,
        invoice=target.number,
    )
    audit.record(
        actor, "ledger.unallocate", text, subject_id=holder.id, entry=source.public_id, charge=target.public_id
    )
    return answer


@snapshot
def foresee_unallocation(actor: Actor, payment: str, invoice: str, *, partner: str | None = None) -> Allocated:
    """What taking back would do; nothing is written. Raises as `unallocate`."""
    source, target, holder = _both(actor, payment, invoice, partner)
    return _freed(source, target, book_of(holder, held=False))[0]


def _both(actor: Actor, payment: str, invoice: str, partner: str | None) -> tuple[Item, Item, Profile]:
    source, target, holder = _named(actor, Wanted(payment, invoice, partner=partner))
    assert target is not None
    return source, target, holder


def _freed(source: Item, target: Item, book: Book) -> tuple[Allocated, list[Settled]]:
    """What is open again when all that one settles of the other is taken back, and the allocations. Raises Refused."""
    found = [one for one in chosen(sources=[source.id]) if one.target_id == target.id]
    if reasons := _kept(source, target, bool(found)):
        raise Refused(reasons)
    freed = sum(one.amount_minor for one in found)
    day = max(book.day(one.counts_on, book.today) for one in found)
    back = Made(target.number, target.public_id, freed, day, target.left_minor + freed)
    left = source.left_minor + freed
    mark = operations.fingerprint([source.id, target.id, freed, left, back.open_minor, day])
    return Allocated(source.number, source.public_id, left, source.currency, (back,), mark), found


def _named(actor: Actor, wanted: Wanted) -> tuple[Item, Item | None, Profile]:
    source, holder = item_named(
        actor, wanted.payment, say("a payment or a credit"), kinds=CREDITS, charges=False, partner=wanted.partner
    )
    if wanted.invoice is None:
        return source, None, holder
    what, partner = say("an invoice or a debit"), wanted.partner
    target, _ = item_named(actor, wanted.invoice, what, kinds=CHARGES, charges=True, partner=partner, beside=source)
    return source, target, holder


def _held(source: Item, target: Item | None, holder: Profile) -> tuple[Item, list[Item]]:
    """Both as they are once nobody else can change them; without a target every open charge of the payer."""
    customers.lock({holder.id}, exclusive=True)
    ids = [target.id] if target else [one.id for one in items.open_charges([holder.id])]
    settling.hold([source.id, *ids])
    fresh = items.by_ids([source.id, *ids])
    if fresh[source.id].holder_id != holder.id:
        raise Conflict(say("{number} has moved to another payer in the meantime.", number=source.number))
    return fresh[source.id], [fresh[key] for key in ids]


def _weighed(
    source: Item, target: Item | None, charges: list[Item], wanted: Wanted, holder: Profile, book: Book
) -> tuple[Allocated, list[NewAllocation]]:
    """What is going to be written. Raises Refused with all that stands against it."""
    amount = amount_in(wanted.amount, source.currency)
    some = _accounts(target, wanted)
    if target is not None:
        most = target.left_minor if some is None else max(0, min(target.left_minor, sum(some.values())))
        chosen_ = [(target, fits(source.left_minor, most) if amount is None else amount)]
        against = [*_beyond_accounts(target, some, chosen_[0][1], source)] if some is not None else []
    else:
        chosen_, against = oldest_first(source, charges, amount), []
    if reasons := against or [*_against(source, target, charges, chosen_, amount, holder)]:
        raise Refused(reasons)
    planned = plan(source, chosen_, book, wanted.on, some)
    done = made(planned, charges)
    left = source.left_minor - sum(one.amount_minor for one in done)
    parts = _parts(planned) if target is not None else ()
    mark = operations.fingerprint(
        [source.id, left, [[one.public_id, one.amount_minor, one.open_minor] for one in done], parts]
    )
    return Allocated(source.number, source.public_id, left, source.currency, done, mark, parts), planned


def _accounts(target: Item | None, wanted: Wanted) -> dict[int, int] | None:
    """What the chosen accounts of an invoice have open; None where none were chosen. Raises Refused."""
    if not wanted.accounts:
        return None
    if target is None:
        message = say("Accounts are chosen of one invoice, and none is named.")
        raise Refused([Reason("F7", message, say("Name the invoice, or leave the accounts out."))])
    known, opened = customers.by_references(wanted.accounts), settling.open_by_account([target.id])[target.id]
    if strange := [name for name in wanted.accounts if name not in known or known[name].id not in opened]:
        message = say("{invoice} has nothing for the account “{name}”.", invoice=target.number, name=strange[0][:100])
        raise Refused([Reason("F7", message, say("Choose accounts for which it has lines."))])
    return among_accounts(opened, {known[name].id for name in wanted.accounts})


def _beyond_accounts(target: Item, some: Mapping[int, int], amount: int, source: Item) -> Iterable[Reason]:
    """F7: more than the chosen accounts have open."""
    opened = sum(some.values())
    if 0 < amount <= opened:
        return
    message = say(
        "The chosen accounts have {open} open of {invoice}.",
        open=Money(opened, source.currency),
        invoice=target.number,
    )
    most = Money(fits(source.left_minor, min(opened, target.left_minor)), source.currency)
    remedy = say("Allocate {most} at most, or choose more accounts.", most=most)
    yield Reason("F7", message, remedy if most else say("Choose other accounts."))


def _parts(planned: Sequence[NewAllocation]) -> tuple[Part, ...]:
    """How an allocation to one invoice divides, where that has several accounts."""
    shares = {account: minor for one in planned for account, minor in one.parts.items() if minor}
    if not shares or len(settling.charged_by_account([one.target_id for one in planned]).popitem()[1]) < 2:
        return ()
    known = customers.by_ids(shares)
    found = [Part(known[key].public_id, known[key].name, minor) for key, minor in shares.items()]
    return tuple(sorted(found, key=lambda one: (one.name, one.account)))


def _against(
    source: Item,
    target: Item | None,
    charges: list[Item],
    chosen_: Iterable[tuple[Item, int]],
    amount: int | None,
    holder: Profile,
) -> Iterable[Reason]:
    """F7: other books, more than there is, or nothing at all."""
    if target is not None:
        if target.holder_id != source.holder_id:
            other = customers.by_id(target.holder_id)
            message = say(
                "{payment} is on the books of {payer}, and {invoice} on those of {other}.",
                payment=source.number,
                payer=holder.name,
                invoice=target.number,
                other=other.name,
            )
            yield Reason("F7", message, say("A payment settles invoices of the same payer."))
            return
        asked = next(minor for _, minor in chosen_)
        yield from amount_refusals(
            asked, source.number, source.left_minor, target.number, target.left_minor, source.currency
        )
        return
    opened = sum(one.left_minor for one in charges)
    if amount is None and source.left_minor and opened:
        return
    if amount is not None and 0 < amount <= min(source.left_minor, opened):
        return
    message = say(
        "{payment} has {left} left, and {payer} has {open} open.",
        payment=source.number,
        left=Money(source.left_minor, source.currency),
        payer=holder.name,
        open=Money(opened, source.currency),
    )
    most = Money(fits(source.left_minor, opened), source.currency)
    remedy = say("Allocate {most} at most.", most=most) if most else say("There is nothing to allocate.")
    yield Reason("F7", message, remedy)


def _kept(source: Item, target: Item, found: bool) -> list[Reason]:
    """F7: why nothing is taken back."""
    if source.kind is EntryKind.TRANSFER and found:
        message = say("{number} is applied Customer Credit, which always settles something.", number=source.number)
        return [Reason("F7", message, say("Reverse it, and the money is Customer Credit again."))]
    if found:
        return []
    payment, invoice = source.number, target.number
    message = say("{payment} settles nothing of {invoice} that could be taken back.", payment=payment, invoice=invoice)
    return [Reason("F7", message, say("What a credit note, a refund or a reversal settles stays with it."))]
