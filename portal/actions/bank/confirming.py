"""Confirming what a line of a bank file pays (F16): nothing is posted before that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from portal.actions import access
from portal.actions.bank.deciding import held
from portal.actions.bank.looking import entry_of, matcher_of
from portal.actions.books import drafts
from portal.actions.books.checks import date_problem
from portal.actions.books.drafts import Charge
from portal.actions.books.naming import item_named
from portal.actions.books.settling import Book, book_of, plan, settle, settle_oldest
from portal.actions.books.texts import amount_in
from portal.actions.books.words import on_the_books
from portal.actions.books.writing import written
from portal.db.audit import records as audit
from portal.db.bank import files as rows
from portal.db.bank.files import LineFacts
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import writes
from portal.db.invoices import items, settling
from portal.db.invoices.items import Item
from portal.outside import clock
from portal.rules.bank.states import LineState
from portal.rules.books import EntryKind
from portal.rules.closing import first_open
from portal.rules.deciding import Actor
from portal.rules.errors import Invalid, Reason, Refused
from portal.rules.invoices.allocating import fits
from portal.rules.money import Money
from portal.rules.partners import AllocationMode
from portal.rules.permissions import Permission
from portal.rules.sentences import say

CHARGES = (EntryKind.INVOICE, EntryKind.DEBIT)


class Part(NamedTuple):
    """An invoice that a line pays, by the name people give it; `amount` in minor units or as text, None: what fits."""

    invoice: str
    amount: int | str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """What a line pays: whose payment it is, and which invoices. With neither, what is proposed and chosen counts."""

    customer: str | None = None
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Settled:
    """So much of an invoice was settled, in minor units."""

    invoice: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A line that became a payment: its number and public id, whose it is, and what it settles."""

    line: str
    payment: str
    public_id: str
    customer: str
    amount_minor: int
    currency: str
    on: date
    allocated: tuple[Settled, ...]
    left_minor: int


@writes(once="bank.confirm", answer=tuple[Confirmed, ...])
def confirm(
    actor: Actor, lines: Sequence[str], choice: Choice = Choice(), *, once: str | None = None
) -> tuple[Confirmed, ...]:
    """Make one payment of each line, and let it settle what was chosen; all of them or none.

    Raises Missing, NotAllowed, Conflict for a line that somebody else decided, Invalid for choices that several lines
    cannot share, and Refused where nothing is chosen, for a debit, and for more than there is (F7, F16).
    """
    access.require(actor, Permission.FINANCE_POST)
    if len(lines) > 1 and choice.parts:
        raise Invalid({"line": say("Invoices are chosen for one line at a time.")})
    found = held(actor, lines)
    if reasons := [reason for line in found for reason in _against(line)]:
        raise Refused(reasons)
    choices = [choice] * len(found) if choice.customer or choice.parts else _proposed(found)
    return tuple(_confirmed(actor, line, one) for line, one in zip(found, choices, strict=True))


def _against(line: LineFacts) -> list[Reason]:
    """F16: only a credit can be a payment."""
    if line.amount_minor > 0:
        return []
    message = say(
        "The line of {day} over {amount} is no credit, and only credits are payments.",
        day=line.booked_on,
        amount=Money(line.amount_minor, line.currency),
    )
    return [Reason("F16", message, say("Set it aside, or pay the customer back where it is a payment sent back."))]


def _proposed(lines: Sequence[LineFacts]) -> list[Choice]:
    """What is proposed and chosen for each line. Raises Refused for those for which nothing is.

    What an earlier line of these settles is not there for a later one: a number that two of them name is paid once.
    """
    choices, reasons = [], []
    matchers = {key: matcher_of(key) for key in {line.partner_id for line in lines}}
    for line in lines:
        chosen = [one for one in matchers[line.partner_id].proposals(entry_of(line)) if one.chosen]
        if chosen:
            choices.append(Choice(chosen[0].customer, tuple(Part(one.invoice, one.amount) for one in chosen)))
            continue
        message = say(
            "For the line of {day} over {amount} nothing is chosen.",
            day=line.booked_on,
            amount=Money(line.amount_minor, line.currency),
        )
        reasons.append(Reason("F16", message, say("Say whose payment it is, or which invoice it pays.")))
    if reasons:
        raise Refused(reasons)
    return choices


def _confirmed(actor: Actor, line: LineFacts, choice: Choice) -> Confirmed:
    profile = _payer(actor, line, choice)
    book = book_of(profile)
    day = first_open(line.booked_on, book.through)
    if problem := date_problem(day):
        raise Invalid(problem)
    charge = Charge(
        profile.public_id,
        EntryKind.PAYMENT,
        line.amount_minor,
        day,
        description=line.text or line.name or on_the_books(say("Bank payment"), profile),
    )
    new = written(drafts.of_charge(profile, charge), actor)
    source = items.by_ids([new.id])[new.id]
    allocated = _settled(actor, source, profile, choice, book)
    rows.decide(line.id, LineState.CONFIRMED, actor=actor.label, at=clock.now(), entry_id=new.id)
    amount = Money(line.amount_minor, line.currency)
    text = say(
        "Bank line of {day} confirmed as {number} over {amount}", day=line.booked_on, number=new.number, amount=amount
    )
    settled = {one.invoice: one.amount_minor for one in allocated}
    audit.record(
        actor, "bank.confirm", text, subject_id=profile.id, entry=new.public_id, line=line.public_id, settled=settled
    )
    left = line.amount_minor - sum(settled.values())
    return Confirmed(
        line=line.public_id,
        payment=new.number,
        public_id=new.public_id,
        customer=profile.reference,
        amount_minor=line.amount_minor,
        currency=line.currency,
        on=day,
        allocated=allocated,
        left_minor=left,
    )


def _payer(actor: Actor, line: LineFacts, choice: Choice) -> Profile:
    """Whose payment it is, held with its payer until the transaction ends."""
    reference = choice.customer
    if reference is None:
        _, holder = _named(actor, line, choice.parts[0])
        reference = holder.public_id
    profile = customers.require(reference)
    customers.lock({profile.id, profile.payer_id}, exclusive=True)
    profile = customers.require(reference)
    access.require(actor, Permission.FINANCE_POST, profile)
    if profile.partner_id != line.partner_id or profile.currency != line.currency:
        message = say(
            "The line is in {currency} on an account of another partner or in another currency than {name} has.",
            currency=line.currency,
            name=profile.name,
        )
        raise Refused(
            [Reason("F16", message, say("Choose a customer of this partner, in {currency}.", currency=line.currency))]
        )
    return profile


def _named(actor: Actor, line: LineFacts, part: Part) -> tuple[Item, Profile]:
    partner = rows.partner_of(line.id)
    what = say("an invoice or a debit")
    return item_named(actor, part.invoice, what, kinds=CHARGES, charges=True, partner=partner)


def _settled(actor: Actor, source: Item, profile: Profile, choice: Choice, book: Book) -> tuple[Settled, ...]:
    """Let a new payment settle what was chosen or, without a choice, what the partner's setting says (F7)."""
    if choice.parts:
        chosen = _weighed(actor, source, choice)
        settle(actor, plan(source, chosen, book, None))
        return tuple(Settled(item.number, minor) for item, minor in chosen)
    if profile.settings.allocation is not AllocationMode.OLDEST:
        return ()
    return tuple(Settled(one.number, one.amount_minor) for one in settle_oldest(actor, source.id, book, None))


def _weighed(actor: Actor, source: Item, choice: Choice) -> list[tuple[Item, int]]:
    """The invoices with what is settled of each. Raises Refused for other books, and for more than there is (F7)."""
    partner = source.partner
    what = say("an invoice or a debit")
    named = [
        item_named(actor, part.invoice, what, kinds=CHARGES, charges=True, partner=partner)[0] for part in choice.parts
    ]
    settling.hold([source.id, *(one.id for one in named)])
    fresh = items.by_ids([one.id for one in named])
    left, reasons, chosen = source.left_minor, list[Reason](), list[tuple[Item, int]]()
    for part, item in zip(choice.parts, (fresh[one.id] for one in named), strict=True):
        wanted = amount_in(part.amount, source.currency)
        minor = fits(left, item.left_minor) if wanted is None else wanted
        if item.holder_id != source.holder_id:
            reasons.append(_elsewhere(item, source))
        elif minor <= 0 or minor > min(left, item.left_minor):
            reasons.append(_too_much(item, minor, left, source.currency))
        else:
            chosen.append((item, minor))
            left -= minor
    if reasons:
        raise Refused(reasons)
    return chosen


def _elsewhere(item: Item, source: Item) -> Reason:
    holder, payer = customers.by_id(item.holder_id), customers.by_id(source.holder_id)
    message = say(
        "{invoice} is on the books of {other}, and the payment is on those of {payer}.",
        invoice=item.number,
        other=holder.name,
        payer=payer.name,
    )
    return Reason("F7", message, say("A payment settles invoices of the same payer."))


def _too_much(item: Item, minor: int, left: int, currency: str) -> Reason:
    message = say(
        "{amount} were chosen for {invoice}: it has {open} open, and the payment has {left} left.",
        amount=Money(minor, currency),
        invoice=item.number,
        open=Money(item.left_minor, currency),
        left=Money(left, currency),
    )
    most = Money(fits(left, item.left_minor), currency)
    return Reason("F7", message, say("Choose at most {most}, and more than zero.", most=most))
