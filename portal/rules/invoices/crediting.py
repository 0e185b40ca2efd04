"""What a credit note takes back of an invoice (F6): all that remains, single lines, or an amount over the lines.

All credit notes of a line end exactly at its net, tax and gross, whatever was credited in which order: each part has
the line's share of net, and the last one takes what remains.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from portal.rules.amounts import NoAmount, parse_amount
from portal.rules.errors import Invalid, Reason, Refused
from portal.rules.money import Money, divided
from portal.rules.sentences import Sentence, say


class Creditable(NamedTuple):
    """A line of an issued invoice and what was credited of it so far, in minor units.

    A line that lowers the invoice is negative throughout, and so is what is credited of it.
    """

    number: int
    net: int
    tax: int
    credited_net: int = 0
    credited_tax: int = 0

    @property
    def gross(self) -> int:
        return self.net + self.tax

    @property
    def left_net(self) -> int:
        return self.net - self.credited_net

    @property
    def left_tax(self) -> int:
        return self.tax - self.credited_tax

    @property
    def left(self) -> int:
        """What remains of it, gross."""
        return self.left_net + self.left_tax


class Credited(NamedTuple):
    """What a credit note takes back of a line, in minor units; positive for a line that charged."""

    line: int
    net: int
    tax: int

    @property
    def gross(self) -> int:
        return self.net + self.tax


class Choice(NamedTuple):
    """A line to be credited, and how much of it, gross in minor units; None for what remains."""

    line: int
    gross: int | None = None


class CreditNoteState(StrEnum):
    """What became of the money of a credit note."""

    REFUND_DUE = "refund_due"
    REFUNDED = "refunded"
    CLOSED = "closed"

    @property
    def label(self) -> Sentence:
        if self is CreditNoteState.REFUND_DUE:
            return say("Refund due")
        return say("Refunded") if self is CreditNoteState.REFUNDED else say("Closed")


def choice_of_command(text: str, currency: str) -> Choice:
    """The line and amount of N[:AMOUNT]. Raises Invalid."""
    number, colon, amount = text.strip().partition(":")
    if not (number.isascii() and number.isdigit() and len(number) <= 6):
        sentence = say("“{text}” names no line. Write its number, and an amount where not all of it is meant: 2:10.00.",
                       text=text[:40])  # fmt: skip
        raise Invalid({"line": sentence})
    try:
        return Choice(int(number), parse_amount(amount, currency) if colon else None)
    except NoAmount as fault:
        raise Invalid({"line": fault.sentence}) from None


def creditable(lines: Sequence[Creditable]) -> int:
    """What of an invoice can still be credited, gross in minor units."""
    return sum(line.left for line in lines)


def credit_whole(lines: Sequence[Creditable], currency: str) -> tuple[Credited, ...]:
    """All that remains of every line. Raises Refused where nothing does."""
    if creditable(lines) <= 0:
        raise Refused([_nothing_left(lines, currency)])
    return tuple(Credited(line.number, line.left_net, line.left_tax) for line in lines if line.left or line.left_net)


def credit_amount(lines: Sequence[Creditable], amount: int, currency: str) -> tuple[Credited, ...]:
    """An amount, gross, handed down over the lines in their order: each is used up before the next one begins.

    A line that lowers the invoice is taken back whole when its turn comes, which leaves so much more for the next
    ones. Raises Refused for an amount that is not positive or above what remains.
    """
    left = creditable(lines)
    if left <= 0:
        raise Refused([_nothing_left(lines, currency)])
    if amount <= 0:
        raise Refused([_not_positive(amount, currency, say("Name an amount above zero."))])
    if amount > left:
        raise Refused([_above(amount, left, currency)])
    if amount == left:
        return credit_whole(lines, currency)
    done = []
    for line in lines:
        if not amount:
            break
        if line.left:
            part = min(line.left, amount)
            amount -= part
            done.append(_part(line, part))
    return tuple(done)


def credit_lines(lines: Sequence[Creditable], chosen: Sequence[Choice], currency: str) -> tuple[Credited, ...]:
    """Lines that were chosen, in the order of the invoice. Raises Refused with everything that is wrong with them.

    What comes to all that remains of the invoice is credited whole, so that lines which lower it are taken back too.
    """
    left = creditable(lines)
    if left <= 0:
        raise Refused([_nothing_left(lines, currency)])
    by_number = {line.number: line for line in lines}
    reasons: list[Reason] = []
    parts: dict[int, int] = {}
    for choice in chosen:
        line = by_number.get(choice.line)
        if line is None:
            reasons.append(_no_such_line(choice.line, lines))
        elif choice.line in parts:
            reasons.append(Reason("F6", say("Line {line} is named twice.", line=choice.line), say("Name it once.")))
        else:
            reasons += _choice_refusals(line, choice.gross, currency)
            parts[choice.line] = line.left if choice.gross is None else choice.gross
    total = sum(parts.values())
    if not reasons and total <= 0:
        remedy = say("Choose a line that charged something as well; to charge more, issue an invoice.")
        reasons.append(_not_positive(total, currency, remedy))
    elif not reasons and total > left:
        reasons.append(_above(total, left, currency, [line for line in lines if line.left < 0]))
    if reasons:
        raise Refused(reasons)
    if total == left:
        return credit_whole(lines, currency)
    return tuple(_part(line, parts[line.number]) for line in lines if line.number in parts)


def _part(line: Creditable, gross: int) -> Credited:
    """A part of a line: net in the proportion of the line, and never more net or tax than remains of either."""
    if gross == line.left:
        return Credited(line.number, line.left_net, line.left_tax)
    sign = -1 if line.gross < 0 else 1
    share = sign * divided(gross * line.net, line.gross)
    net = sign * min(max(share, sign * (gross - line.left_tax)), sign * line.left_net)
    return Credited(line.number, net, gross - net)


def state(total: int, refunded: int, refundable: int) -> CreditNoteState:
    """What became of a credit note (F6): its total, what was paid back of it, and what can still be paid back, which is
    what was paid on its invoice or freed by it and is not paid back.
    """
    if min(total - refunded, refundable) > 0:
        return CreditNoteState.REFUND_DUE
    return CreditNoteState.REFUNDED if refunded >= total else CreditNoteState.CLOSED


# Refusals -------------------------------------------------------------------------------------------------------------


def _choice_refusals(line: Creditable, gross: int | None, currency: str) -> list[Reason]:
    left = Money(line.left, currency)
    if not left:
        message = say(
            "Nothing remains of line {line}: all of its {gross} is credited.",
            line=line.number,
            gross=Money(line.gross, currency),
        )
        return [Reason("F6", message, say("Leave it out."))]
    if gross is None:
        return []
    if gross == 0 or (gross < 0) is not (left.minor < 0):
        message = say(
            "{amount} cannot be credited of line {line}, of which {left} remains.",
            amount=Money(gross, currency),
            line=line.number,
            left=left,
        )
        remedy = say("An amount has the sign of its line.") if gross else say("Leave it out, or name an amount.")
        return [Reason("F6", message, remedy)]
    if abs(gross) > abs(left.minor):
        message = say(
            "{amount} is above what remains of line {line}: {left}, as {credited} of its {gross} is credited.",
            amount=Money(gross, currency),
            line=line.number,
            left=left,
            credited=Money(line.gross - line.left, currency),
            gross=Money(line.gross, currency),
        )
        return [Reason("F6", message, say("Credit {left} of it at most.", left=left))]
    return []


def _no_such_line(number: int, lines: Sequence[Creditable]) -> Reason:
    message = say("There is no line {line} on this invoice.", line=number)
    return Reason("F6", message, say("Its lines are {lines}.", lines=tuple(str(line.number) for line in lines)))


def _nothing_left(lines: Sequence[Creditable], currency: str) -> Reason:
    total = sum(line.gross for line in lines)
    message = say(
        "Nothing remains of this invoice to be credited: it came to {total}, and {credited} is credited.",
        total=Money(total, currency),
        credited=Money(total - creditable(lines), currency),
    )
    return Reason("F6", message)


def _not_positive(amount: int, currency: str, remedy: Sentence) -> Reason:
    message = say(
        "A credit note comes to more than zero, and this one to {amount}.",
        amount=Money(amount, currency),
    )
    return Reason("F6", message, remedy)


def _above(amount: int, left: int, currency: str, lowering: Sequence[Creditable] = ()) -> Reason:
    """`lowering` are the lines that take something off what the chosen ones come to."""
    message = say(
        "{amount} is above what remains of this invoice: {left}.",
        amount=Money(amount, currency),
        left=Money(left, currency),
    )
    remedy = say("Credit {left} at most.", left=Money(left, currency))
    if lowering:
        named = tuple(
            say("{line} ({amount})", line=line.number, amount=Money(line.left, currency)) for line in lowering
        )
        remedy = say(
            "Credit the lines that lower it as well, {lines}, or {left} at most.",
            lines=named,
            left=Money(left, currency),
        )
    return Reason("F6", message, remedy)
