"""What clears an open amount, a future item or an entry dated ahead (L6, F7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from portal.rules.books import EntryKind
from portal.rules.links.facts import LinkFacts
from portal.rules.money import Money
from portal.rules.sentences import NOTHING, Sentence, say, verbatim


class Verb(StrEnum):
    """What can be done."""

    PAY = "pay"
    REFUND = "refund"
    APPLY = "apply"
    PAY_OUT = "pay-out"
    INVOICE = "invoice"
    REMOVE = "remove"
    TAKE_BACK = "take-back"


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that clears a step.

    `button` names it, `what` is what will be posted. `amount_minor` is positive; `house_minor` and `credit_minor` are
    what it changes on the two accounts on its day. `about` is the public id of the entry or item it deals with.
    """

    verb: Verb
    button: Sentence
    title: Sentence
    what: Sentence
    amount_minor: int
    on: date
    house_minor: int = 0
    credit_minor: int = 0
    about: str = ""
    number: str = ""
    description: Sentence = NOTHING
    note: Sentence = NOTHING

    @property
    def key(self) -> str:
        """What an address calls it."""
        return f"{self.verb.value}:{self.about}" if self.about else self.verb.value


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to settle; done when `about` is "". The first of `deeds` is what is usually done."""

    title: Sentence
    detail: Sentence = NOTHING
    deeds: tuple[Deed, ...] = ()
    about: str = ""

    @property
    def done(self) -> bool:
        """Whether nothing is left to do about it."""
        return not self.about


class Dated(Protocol):
    """An entry dated ahead."""

    @property
    def public_id(self) -> str: ...
    @property
    def number(self) -> str: ...
    @property
    def kind(self) -> EntryKind: ...
    @property
    def on(self) -> date: ...
    @property
    def amount_minor(self) -> int: ...
    @property
    def description(self) -> str: ...
    @property
    def reversed_by(self) -> str: ...
    @property
    def house_minor(self) -> int: ...
    @property
    def credit_minor(self) -> int: ...


class Waiting(Protocol):
    """A future item."""

    @property
    def public_id(self) -> str: ...
    @property
    def number(self) -> str: ...
    @property
    def amount_minor(self) -> int: ...
    @property
    def currency(self) -> str: ...
    @property
    def description(self) -> str: ...


OTHERS_PAY = say("Somebody else pays for it now, so money would land on their books. Clear the conditions below first.")


def entry_step(entry: Dated, currency: str) -> Step:
    """An entry dated ahead: it is taken back on its own day, so that nothing of it is left on any day."""
    amount = Money(abs(entry.amount_minor), currency)
    title = say(
        "{kind} {number} of {amount} is dated ahead.", kind=entry.kind.label, number=entry.number, amount=amount
    )
    if entry.reversed_by:
        text = say(
            "It was taken back by {number} on another day, so it has to wait for its date.", number=entry.reversed_by
        )
        return Step(title, text, about="ahead")
    return Step(title, verbatim(entry.description), (_take_back(entry),), "ahead")


def _take_back(entry: Dated) -> Deed:
    kind, number = entry.kind.noun, entry.number
    return Deed(
        Verb.TAKE_BACK,
        say("Take back {number}", number=number),
        say("Take back {kind} {number}?", kind=kind, number=number),
        say("Reversal of {kind} {number}", kind=kind, number=number),
        abs(entry.amount_minor),
        entry.on,
        -entry.house_minor,
        -entry.credit_minor,
        entry.public_id,
        number,
        verbatim(entry.description),
        say("It goes on the day of the entry itself, so that neither counts on any day. Both stay on the books."),
    )


def item_step(item: Waiting, today: date, elsewhere: bool) -> Step:
    """A future item: it is invoiced now, or removed."""
    amount = Money(abs(item.amount_minor), item.currency)
    if item.amount_minor > 0:
        title = say("Future item {number} of {amount} waits for the next invoice.", number=item.number, amount=amount)
    else:
        title = say("Discount {number} of {amount} waits for the next invoice.", number=item.number, amount=amount)
    deeds = (_remove(item, today),) if elsewhere else (_invoice(item, today), _remove(item, today))
    return Step(title, verbatim(item.description), deeds, "items")


def _invoice(item: Waiting, today: date) -> Deed:
    charge, number = item.amount_minor > 0, item.number
    return Deed(
        Verb.INVOICE,
        say("Invoice now") if charge else say("Credit now"),
        say("Invoice {number} now?", number=number) if charge else say("Credit {number} now?", number=number),
        say("Invoice") if charge else say("Credit"),
        abs(item.amount_minor),
        today,
        -item.amount_minor,
        about=item.public_id,
        number=number,
        description=verbatim(item.description),
        note=say("It no longer waits for the next invoice."),
    )


def _remove(item: Waiting, today: date) -> Deed:
    return Deed(
        Verb.REMOVE,
        say("Remove"),
        say("Remove {number}?", number=item.number),
        say("Reversal of {number}", number=item.number),
        abs(item.amount_minor),
        today,
        about=item.public_id,
        number=item.number,
        description=verbatim(item.description),
        note=say("It is never invoiced. No balance changes."),
    )


def amount_steps(own: LinkFacts, today: date, elsewhere: bool) -> list[Step]:
    """The open amounts of today: credit pays what is owed (F7), and the rest is paid or paid out."""
    house, credit, currency = own.house.minor, own.credit.minor, own.currency
    applied = min(max(0, -house), max(0, credit))
    steps = []
    if applied:
        title = say(
            "{name} owes {amount} and holds {credit} of Customer Credit.",
            name=own.name,
            amount=-own.house,
            credit=own.credit,
        )
        steps.append(Step(title, NOTHING, (apply_deed(Money(applied, currency), today),), "amounts"))
    if house + applied < 0:
        steps.append(_owed_step(Money(-house - applied, currency), bool(applied), today))
    if house > 0:
        title = say("{amount} is overpaid on the House Account.", amount=own.house)
        detail = say("Pay it back, then record it.")
        steps.append(Step(title, detail, (_refund(own.house, today),), "amounts"))
    if credit - applied > 0:
        steps.append(_credit_step(Money(credit - applied, currency), bool(applied), today))
    return [Step(step.title, OTHERS_PAY, about="amounts") for step in steps] if elsewhere else steps


def _owed_step(owed: Money, rest: bool, today: date) -> Step:
    """`rest` says that it is what remains once credit was applied."""
    if rest:
        title = say("{amount} then remains owed on the House Account.", amount=owed)
    else:
        title = say("{amount} is owed on the House Account.", amount=owed)
    return Step(title, say("Record it when the money has come in."), (_pay(owed, today),), "amounts")


def _credit_step(held: Money, rest: bool, today: date) -> Step:
    if rest:
        title = say("{amount} of Customer Credit then remains.", amount=held)
    else:
        title = say("{amount} of Customer Credit is there.", amount=held)
    return Step(title, say("Pay it out, then record it."), (_pay_out(held, today),), "amounts")


def apply_deed(amount: Money, today: date) -> Deed:
    return Deed(
        Verb.APPLY,
        say("Apply {amount}", amount=amount),
        say("Apply {amount} of Customer Credit?", amount=amount),
        say("Transfer from Customer Credit to the House Account"),
        amount.minor,
        today,
        amount.minor,
        -amount.minor,
        description=say("Customer Credit applied"),
    )


def _pay(amount: Money, today: date) -> Deed:
    return Deed(
        Verb.PAY,
        say("Record the payment"),
        say("Record a payment of {amount}?", amount=amount),
        say("Payment"),
        amount.minor,
        today,
        amount.minor,
        description=say("Payment received"),
        note=say("Record it when the money has come in."),
    )


def _refund(amount: Money, today: date) -> Deed:
    return Deed(
        Verb.REFUND,
        say("Record the refund"),
        say("Record a refund of {amount}?", amount=amount),
        say("Refund"),
        amount.minor,
        today,
        -amount.minor,
        description=say("Refund of what was overpaid"),
        note=say("Record it when the money has gone out."),
    )


def _pay_out(amount: Money, today: date) -> Deed:
    return Deed(
        Verb.PAY_OUT,
        say("Pay out {amount}", amount=amount),
        say("Pay out {amount} of Customer Credit?", amount=amount),
        say("Refund"),
        amount.minor,
        today,
        0,
        -amount.minor,
        description=say("Customer Credit paid out"),
        note=say("Record it when the money has gone out."),
    )
