"""What clears an open amount, a future item or an entry dated ahead (L6, F7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from portal.rules.books import EntryKind
from portal.rules.links.facts import LinkFacts
from portal.rules.money import Money


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
    button: str
    title: str
    what: str
    amount_minor: int
    on: date
    house_minor: int = 0
    credit_minor: int = 0
    about: str = ""
    number: str = ""
    description: str = ""
    note: str = ""

    @property
    def key(self) -> str:
        """What an address calls it."""
        return f"{self.verb.value}:{self.about}" if self.about else self.verb.value


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to settle; done when `about` is "". The first of `deeds` is what is usually done."""

    title: str
    detail: str = ""
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


OTHERS_PAY = "Somebody else pays for it now, so money would land on their books. Clear the conditions below first."


def entry_step(entry: Dated, currency: str) -> Step:
    """An entry dated ahead: it is taken back on its own day, so that nothing of it is left on any day."""
    amount = Money(abs(entry.amount_minor), currency)
    title = f"{entry.kind.label} {entry.number} of {amount} is dated ahead."
    if entry.reversed_by:
        text = f"It was taken back by {entry.reversed_by} on another day, so it has to wait for its date."
        return Step(title, text, about="ahead")
    deed = Deed(
        Verb.TAKE_BACK,
        f"Take back {entry.number}",
        f"Take back {entry.kind.noun} {entry.number}?",
        f"Reversal of {entry.kind.noun} {entry.number}",
        abs(entry.amount_minor),
        entry.on,
        -entry.house_minor,
        -entry.credit_minor,
        entry.public_id,
        entry.number,
        entry.description,
        "It goes on the day of the entry itself, so that neither counts on any day. Both stay on the books.",
    )
    return Step(title, entry.description, (deed,), "ahead")


def item_step(item: Waiting, today: date, elsewhere: bool) -> Step:
    """A future item: it is invoiced now, or removed."""
    charge = item.amount_minor > 0
    amount = Money(abs(item.amount_minor), item.currency)
    noun = "Future item" if charge else "Discount"
    title = f"{noun} {item.number} of {amount} waits for the next invoice."
    invoice = Deed(
        Verb.INVOICE,
        "Invoice now" if charge else "Credit now",
        f"{'Invoice' if charge else 'Credit'} {item.number} now?",
        "Invoice" if charge else "Credit",
        abs(item.amount_minor),
        today,
        -item.amount_minor,
        about=item.public_id,
        number=item.number,
        description=item.description,
        note="It no longer waits for the next invoice.",
    )
    remove = Deed(
        Verb.REMOVE,
        "Remove",
        f"Remove {item.number}?",
        f"Reversal of {item.number}",
        abs(item.amount_minor),
        today,
        about=item.public_id,
        number=item.number,
        description=item.description,
        note="It is never invoiced. No balance changes.",
    )
    return Step(title, item.description, (remove,) if elsewhere else (invoice, remove), "items")


def amount_steps(own: LinkFacts, today: date, elsewhere: bool) -> list[Step]:
    """The open amounts of today: credit pays what is owed (F7), and the rest is paid or paid out."""
    house, credit = own.house.minor, own.credit.minor
    applied = min(max(0, -house), max(0, credit))
    steps: list[tuple[str, str, Deed]] = []
    if applied:
        text = f"{own.name} owes {-own.house} and holds {own.credit} of Customer Credit."
        steps.append((text, "", _apply(Money(applied, own.currency), today)))
    if house + applied < 0:
        owed = Money(-house - applied, own.currency)
        text = f"{owed} {'then remains owed' if applied else 'is owed'} on the House Account."
        steps.append((text, "Record it when the money has come in.", _pay(owed, today)))
    if house > 0:
        text = f"{own.house} is overpaid on the House Account."
        steps.append((text, "Pay it back, then record it.", _refund(own.house, today)))
    if credit - applied > 0:
        rest = Money(credit - applied, own.currency)
        text = f"{rest} of Customer Credit {'then remains' if applied else 'is there'}."
        steps.append((text, "Pay it out, then record it.", _pay_out(rest, today)))
    if elsewhere:
        return [Step(text, OTHERS_PAY, about="amounts") for text, _, _ in steps]
    return [Step(text, detail, (deed,), "amounts") for text, detail, deed in steps]


def _apply(amount: Money, today: date) -> Deed:
    return Deed(
        Verb.APPLY,
        f"Apply {amount}",
        f"Apply {amount} of Customer Credit?",
        "Transfer from Customer Credit to the House Account",
        amount.minor,
        today,
        amount.minor,
        -amount.minor,
        description="Customer Credit applied",
    )


def _pay(amount: Money, today: date) -> Deed:
    return Deed(
        Verb.PAY,
        "Record the payment",
        f"Record a payment of {amount}?",
        "Payment",
        amount.minor,
        today,
        amount.minor,
        description="Payment received",
        note="Record it when the money has come in.",
    )


def _refund(amount: Money, today: date) -> Deed:
    return Deed(
        Verb.REFUND,
        "Record the refund",
        f"Record a refund of {amount}?",
        "Refund",
        amount.minor,
        today,
        -amount.minor,
        description="Refund of what was overpaid",
        note="Record it when the money has gone out.",
    )


def _pay_out(amount: Money, today: date) -> Deed:
    return Deed(
        Verb.PAY_OUT,
        f"Pay out {amount}",
        f"Pay out {amount} of Customer Credit?",
        "Refund",
        amount.minor,
        today,
        0,
        -amount.minor,
        description="Customer Credit paid out",
        note="Record it when the money has gone out.",
    )
