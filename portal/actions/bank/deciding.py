"""Deciding about lines of bank files: holding them, and setting them aside (F16)."""

from __future__ import annotations

from collections.abc import Sequence

from portal.actions import access
from portal.actions.books.texts import amount_in
from portal.db.audit import records as audit
from portal.db.bank import files as rows
from portal.db.bank.files import LineFacts
from portal.db.engine import writes
from portal.outside import clock
from portal.rules.bank.splitting import parts_of
from portal.rules.bank.states import LineState
from portal.rules.deciding import Actor
from portal.rules.errors import Conflict, Missing
from portal.rules.money import Money
from portal.rules.permissions import Permission
from portal.rules.sentences import say


@writes(once="bank.ignore", answer=tuple[str, ...])
def ignore(actor: Actor, lines: Sequence[str], *, once: str | None = None) -> tuple[str, ...]:
    """Set lines aside that are no payments of customers; those that were. A confirmed one is refused by Conflict."""
    access.require(actor, Permission.FINANCE_POST)
    found = [one for one in held(actor, lines) if one.state is not LineState.IGNORED]
    for line in found:
        rows.decide(line.id, LineState.IGNORED, actor=actor.label, at=clock.now())
        amount = Money(line.amount_minor, line.currency)
        text = say("Bank line of {day} over {amount} set aside", day=line.booked_on, amount=amount)
        audit.record(actor, "bank.ignore", text, line=line.public_id)
    return tuple(line.public_id for line in found)


@writes(once="bank.split", answer=tuple[str, ...])
def split(actor: Actor, line: str, amounts: Sequence[int | str], *, once: str | None = None) -> tuple[str, ...]:
    """Split a line into parts of these amounts and the rest; each is then decided on its own, for whomever it is.

    Amounts are in minor units, or texts that are read in the currency of the line. Nothing is posted. Raises Missing,
    NotAllowed, Conflict for a line that was confirmed, Invalid for what is no amount, and Refused for amounts that are
    not above zero or come to more than there is (F16).
    """
    access.require(actor, Permission.FINANCE_POST)
    [found] = held(actor, [line])
    wanted = [minor for one in amounts if (minor := amount_in(one, found.currency)) is not None]
    parts = parts_of(found.amount_minor, wanted, found.currency)
    made = rows.add_parts(found.id, parts)
    text = say(
        "Bank line of {day} over {amount} split into {parts} parts",
        day=found.booked_on,
        amount=Money(found.amount_minor, found.currency),
        parts=len(parts),
    )
    audit.record(actor, "bank.split", text, line=found.public_id, parts=made)
    return tuple(made)


def held(actor: Actor, lines: Sequence[str]) -> list[LineFacts]:
    """The lines, kept from being decided by somebody else. Raises Missing and Conflict."""
    found = rows.lines_named(lines, actor.partner_id, hold=True)
    if unknown := [one for one in lines if one not in found]:
        raise Missing(say("There is no line “{line}”.", line=unknown[0][:40]))
    for line in found.values():
        if line.state is LineState.CONFIRMED:
            raise Conflict(
                say(
                    "The line of {day} over {amount} was confirmed already: it is {payment}.",
                    day=line.booked_on,
                    amount=Money(line.amount_minor, line.currency),
                    payment=line.payment,
                )
            )
    return [found[one] for one in dict.fromkeys(lines)]
