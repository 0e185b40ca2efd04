"""The states of a ticket, what an answer makes of it, and when it is closed for good (M4)."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from portal.rules import texts
from portal.rules.errors import Reason
from portal.rules.sentences import Sentence, say

RULE = "M4"
LONGEST_SUBJECT, LONGEST_TEXT, MOST_FILES = 200, 20_000, 10
LONGEST_MAIL = 100_000
"""Characters of a mail that are shown; all of it is kept as it came."""


class TicketState(StrEnum):
    """Open is new, or opened again; solved can be opened again for a while, closed cannot."""

    OPEN = "open"
    WAITING_FOR_US = "waiting_for_us"
    WAITING_FOR_CUSTOMER = "waiting_for_customer"
    SOLVED = "solved"
    CLOSED = "closed"

    @property
    def label(self) -> Sentence:
        """What staff call it."""
        return _LABELS[self][0]

    @property
    def for_customer(self) -> Sentence:
        """What the customer reads."""
        return _LABELS[self][1]

    @property
    def tone(self) -> str:
        """How its tag looks to staff: what waits for us is a deadline."""
        return "note" if self in OURS else "good" if self is TicketState.SOLVED else ""


_LABELS = MappingProxyType(
    {
        TicketState.OPEN: (say("Open"), say("Open")),
        TicketState.WAITING_FOR_US: (say("Waits for us"), say("Waits for the operator")),
        TicketState.WAITING_FOR_CUSTOMER: (say("Waits for the customer"), say("Waits for your answer")),
        TicketState.SOLVED: (say("Solved"), say("Solved")),
        TicketState.CLOSED: (say("Closed"), say("Closed")),
    }
)
OURS = (TicketState.OPEN, TicketState.WAITING_FOR_US)
"""What staff have to do something about."""

UNSOLVED = (*OURS, TicketState.WAITING_FOR_CUSTOMER)


class Priority(StrEnum):
    """How urgent a ticket is to staff."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"

    @property
    def label(self) -> Sentence:
        return _PRIORITIES[self]

    @property
    def rank(self) -> int:
        """Larger comes first in the queue."""
        return list(Priority).index(self)


_PRIORITIES = MappingProxyType(
    {
        Priority.LOW: say("Low"),
        Priority.NORMAL: say("Normal"),
        Priority.HIGH: say("High"),
        Priority.URGENT: say("Urgent"),
    }
)


class EntryKind(StrEnum):
    """What stands in a thread: answers are everybody's, the rest is for staff alone. A held one came by mail from
    somebody who may not answer.
    """

    ANSWER = "answer"
    NOTE = "note"
    CHANGE = "change"
    HELD = "held"


class Via(StrEnum):
    """How an entry came."""

    PAGE = "page"
    MAIL = "mail"
    COMMAND = "command"


def standing(state: TicketState, solved_at: datetime | None, at: datetime, close_after: int) -> TicketState:
    """The state at an instant: what was solved `close_after` days before is closed, whether anybody did so or not."""
    if state is TicketState.SOLVED and solved_at is not None and at >= solved_at + timedelta(days=close_after):
        return TicketState.CLOSED
    return state


def after_answer(state: TicketState, *, by_staff: bool) -> TicketState | None:
    """The state that an answer brings; None where it begins a new ticket that follows the old one."""
    if state is TicketState.CLOSED:
        return None
    if state is TicketState.SOLVED:
        return TicketState.OPEN
    if by_staff:
        return TicketState.WAITING_FOR_CUSTOMER
    return TicketState.OPEN if state is TicketState.OPEN else TicketState.WAITING_FOR_US


def change_refusals(now: TicketState, wanted: TicketState, *, by_staff: bool) -> list[Reason]:
    """Why a ticket cannot be given a state."""
    if now is TicketState.CLOSED and wanted is not TicketState.CLOSED:
        message = say("The ticket is closed for good.")
        return [Reason(RULE, message, say("Write an answer: it begins a new ticket that refers to this one."))]
    if not by_staff and wanted is not TicketState.SOLVED:
        message = say("Only the operator sets this state.")
        return [Reason(RULE, message, say("Say that it is solved, or write an answer."))]
    return []


def merge_refusals(*, same_customer: bool, same_ticket: bool, into_closed: bool) -> list[Reason]:
    """Why two tickets cannot be joined."""
    reasons = []
    if same_ticket:
        reasons.append(Reason(RULE, say("A ticket cannot be joined with itself."), say("Choose another one.")))
    if not same_customer:
        message = say("The tickets are of different customers, who may not read each other’s.")
        reasons.append(Reason(RULE, message, say("Join tickets of one customer only.")))
    if into_closed:
        message = say("The ticket to join with is closed for good.")
        reasons.append(Reason(RULE, message, say("Join that one with this one instead.")))
    return reasons


def written(text: str) -> str:
    """A text as it is kept: lines as they were typed, without control characters."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join("".join(one for one in line if one >= " " or one == "\t") for line in lines).strip()


def faults(text: str, subject: str | None = None) -> dict[str, Sentence]:
    """What is wrong with a text, and with a subject where there is one, by field."""
    found = {}
    if not text:
        found["text"] = say("Write what it is about.")
    elif len(text) > LONGEST_TEXT:
        found["text"] = say("Use at most {longest} characters here.", longest=LONGEST_TEXT)
    if subject is not None and not subject:
        found["subject"] = say("Give it a subject, such as what does not work.")
    elif subject is not None and len(subject) > LONGEST_SUBJECT:
        found["subject"] = say("Use at most {longest} characters here.", longest=LONGEST_SUBJECT)
    return found


def subject_of(text: str) -> str:
    """A subject as it is kept: one line."""
    return texts.name(text)


def number(ticket_id: int) -> str:
    """What people call a ticket: TK-000118."""
    return f"TK-{ticket_id:06}"
