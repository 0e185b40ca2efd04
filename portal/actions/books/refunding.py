"""Paying money back: a payment without a credit note, or what a credit note made due (F6, F7)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date

from portal.actions.books import drafts
from portal.actions.books.checks import amount_problem, date_problem, text_problems
from portal.actions.books.drafts import Draft, Foreseen
from portal.actions.books.naming import item_named
from portal.actions.books.settling import Book, book_of, settle, take_back
from portal.actions.books.texts import amount_in
from portal.actions.books.words import on_the_books
from portal.actions.books.writing import written
from portal.db import idempotency as operations
from portal.db.audit import records as audit
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.db.invoices import items, paying_back, refunding, settling
from portal.db.invoices.items import Item
from portal.db.invoices.paying_back import Pool
from portal.db.invoices.settling import NewAllocation, Settled
from portal.rules import seen
from portal.rules.books import EntryKind
from portal.rules.deciding import Actor
from portal.rules.errors import Conflict, Invalid, Reason, Refused
from portal.rules.invoices import allocating
from portal.rules.invoices.allocating import Allocation, PaidBack
from portal.rules.invoices.settling import AllocationKind
from portal.rules.money import Money
from portal.rules.sentences import Sentence, say


@dataclass(frozen=True, slots=True)
class Opened:
    """An invoice from which a refund takes money back, and so much; minor units."""

    number: str
    public_id: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Refunded:
    """Money that was paid back, or would be. `opened` are invoices that are open again by so much.

    `number` and `public_id` are the refund's, "" in a preview. `left_minor` is what can still be paid back after it.
    """

    number: str
    public_id: str
    of: str
    of_id: str
    payer: str
    customer: str
    on: date
    amount_minor: int
    left_minor: int
    currency: str
    opened: tuple[Opened, ...] = ()
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to pay back: a payment or credit note by its name, and an amount in minor units or as text (None: all)."""

    of: str
    amount: int | str | None
    on: date
    reason: str = ""
    partner: str | None = None


@writes(once="refund", answer=Refunded)
def refund_payment(actor: Actor, wanted: Wanted, *, mark: str | None = None, once: str | None = None) -> Refunded:
    """Pay back a payment without a credit note: what is unallocated first, then what settles invoices, newest first.

    These are open again from their own due dates. Raises Missing, NotAllowed, Invalid, Refused for more than was paid
    and is not paid back (F6) and for a closed month (F8), and Conflict when what the preview `mark` showed has changed.
    """
    return _refund(actor, wanted, *_payment(actor, wanted), mark=mark)


@writes(once="refund", answer=Refunded)
def refund_credit_note(actor: Actor, wanted: Wanted, *, mark: str | None = None, once: str | None = None) -> Refunded:
    """Pay back what a credit note credited, as far as it was paid: what it freed first, then what settles its invoice.

    Raises as `refund_payment` does.
    """
    return _refund(actor, wanted, *_credit_note(actor, wanted), mark=mark)


@dataclass(frozen=True, slots=True)
class Look:
    """What paying back would do, and what that changes of balances; `foreseen` has the reasons why it is refused."""

    answer: Refunded
    foreseen: Foreseen


@snapshot
def foresee(actor: Actor, wanted: Wanted) -> Look:
    """What paying back a payment or a credit note would do. Raises as the deed, but for what `foreseen` says."""
    kinds = (EntryKind.PAYMENT, EntryKind.CREDIT_NOTE)
    item, holder = item_named(
        actor,
        wanted.of,
        say("a payment or a credit note"),
        kinds=kinds,
        charges=False,
        partner=wanted.partner,
    )
    planned = _plan(item, holder, wanted, make=False)
    return Look(planned.answer, planned.foreseen)


def _payment(actor: Actor, wanted: Wanted) -> tuple[Item, Profile]:
    return item_named(
        actor, wanted.of, say("a payment"), kinds=(EntryKind.PAYMENT,), charges=False, partner=wanted.partner
    )


def _credit_note(actor: Actor, wanted: Wanted) -> tuple[Item, Profile]:
    kinds = (EntryKind.CREDIT_NOTE,)
    return item_named(actor, wanted.of, say("a credit note"), kinds=kinds, charges=False, partner=wanted.partner)


@dataclass(frozen=True, slots=True)
class _Plan:
    answer: Refunded
    paid: PaidBack[int]
    pool: Pool
    draft: Draft
    foreseen: Foreseen


def _plan(item: Item, holder: Profile, wanted: Wanted, *, make: bool = True) -> _Plan:
    """Where the money comes from. Raises Invalid, and Refused for more than can be paid back."""
    of_credit_note = item.kind is EntryKind.CREDIT_NOTE
    pool = paying_back.of_credit_note(item) if of_credit_note else paying_back.of_credit(item)
    most = pool.minor
    if of_credit_note:
        most = min(most, item.amount_minor - refunding.refunded(item.id))
    asked = amount_in(wanted.amount, item.currency)
    amount = most if asked is None else asked
    _check(wanted, amount)
    if amount > most or not amount:
        raise Refused([_too_much(item, amount, most)])
    chosen = [Allocation(one.id, one.counts_on, one.id, one.amount_minor) for one in pool.allocations]
    paid = allocating.paying_back(amount, sum(pool.unallocated.values()), chosen, item.currency)
    answer = Refunded(
        *("", "", item.number, item.public_id, holder.reference, item.account),
        *(wanted.on, amount, most - amount, item.currency),
        opened=_opened(pool, paid),
    )
    draft = _draft(item, holder, wanted, amount, make=make)
    foreseen = drafts.foreseen(draft)
    opened = [[one.public_id, one.amount_minor] for one in answer.opened]
    mark = operations.fingerprint([item.id, amount, most, opened, foreseen.mark])
    return _Plan(replace(answer, mark=mark), paid, pool, draft, foreseen)


def _opened(pool: Pool, paid: PaidBack[int]) -> tuple[Opened, ...]:
    """The invoices that are open again by what is taken back of their allocations."""
    target = {one.id: one.target_id for one in pool.allocations}
    sums: dict[int, int] = defaultdict(int)
    for part in paid.taken_back:
        sums[target[part.key]] += part.minor
    found = items.by_ids(sums)
    return tuple(Opened(found[key].number, found[key].public_id, minor) for key, minor in sums.items())


def _check(wanted: Wanted, amount: int) -> None:
    problems: dict[str, Sentence] = date_problem(wanted.on) | text_problems(reason=wanted.reason)
    if amount < 0:
        problems |= amount_problem(amount, may_be_zero=True, tax_minor=0)
    if problems:
        raise Invalid(problems)


def _too_much(item: Item, amount: int, most: int) -> Reason:
    asked, limit = Money(amount, item.currency), Money(most, item.currency)
    if item.kind is EntryKind.PAYMENT:
        message = say(
            "{asked} cannot be paid back of {number}: {limit} was paid and is not paid back.",
            asked=asked,
            number=item.number,
            limit=limit,
        )
    else:
        message = say(
            "{asked} cannot be paid back for {number}: {limit} was paid and is not paid back.",
            asked=asked,
            number=item.number,
            limit=limit,
        )
    return Reason("F6", message, say("Pay back {most} at most.", most=limit) if most else say("Nothing is left of it."))


def _refund(actor: Actor, wanted: Wanted, item: Item, holder: Profile, *, mark: str | None) -> Refunded:
    customers.lock({holder.id, item.issued_for_id}, exclusive=True)
    book = book_of(holder)
    item = items.by_ids([item.id])[item.id]
    if item.holder_id != holder.id:
        raise Conflict(say("{number} has moved to another payer in the meantime.", number=item.number))
    settling.hold_with(item.id)
    planned = _plan(item, holder, wanted)
    if mark is not None:
        seen.unchanged(mark, planned.answer.mark)
    amount = Money(planned.answer.amount_minor, item.currency)
    new = written(planned.draft, actor)
    paying_back.add(new.id, item.id)
    _move(actor, planned, new.id, book, wanted.on)
    text = say("{amount} of {number} paid back by {refund}", amount=amount, number=item.number, refund=new.number)
    audit.record(actor, "ledger.refund", text, subject_id=holder.id, entry=new.public_id, of=item.public_id)
    return replace(planned.answer, number=new.number, public_id=new.public_id)


def _draft(item: Item, holder: Profile, wanted: Wanted, amount_minor: int, *, make: bool) -> Draft:
    description = on_the_books(say("Refund of {number}", number=item.number), holder)
    return drafts.of_refund(holder, item, amount_minor, wanted.on, description, wanted.reason, make=make)


def _move(actor: Actor, planned: _Plan, refund_id: int, book: Book, on: date) -> None:
    """Take back what the refund needs, and let the credits it comes from settle the refund."""
    known = {one.id: one for one in planned.pool.allocations}
    back = [(known[part.key], part.minor) for part in planned.paid.taken_back]
    settle(actor, take_back(back, book, on))
    from_each = _from_each(planned, back)
    sources, account = items.by_ids(from_each), items.by_ids([refund_id])[refund_id].issued_for_id
    settle(
        actor,
        [
            NewAllocation(
                key, refund_id, minor, book.day(on, sources[key].held_since), {account: minor}, AllocationKind.REFUND
            )
            for key, minor in from_each.items()
        ],
    )


def _from_each(planned: _Plan, back: list[tuple[Settled, int]]) -> dict[int, int]:
    """How much of which credit is paid back: of the unallocated parts the newest first."""
    sums: dict[int, int] = defaultdict(int)
    free = planned.paid.unallocated
    for key, minor in sorted(planned.pool.unallocated.items(), reverse=True):
        part = min(free, minor)
        if part:
            sums[key] += part
            free -= part
    for one, minor in back:
        sums[one.source_id] += minor
    return sums
