"""What became of a message to many, for whoever sent it (O2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portal.actions import access
from portal.actions.messages.sending import found_for
from portal.db.engine import snapshot
from portal.db.messages import reading as rows
from portal.db.messages.reading import CopyRow, MessageRow, Number
from portal.outside import clock
from portal.rules.deciding import Actor
from portal.rules.messages.states import CopyState, MessageState, Why
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence

MOST = 100
PAGE = 50


@dataclass(frozen=True, slots=True)
class Shown:
    """A message with what became of its copies in figures, and some of these."""

    row: MessageRow
    numbers: tuple[Number, ...]
    copies: tuple[CopyRow, ...] = ()

    def count(self, *states: CopyState) -> int:
        """How many copies came to one of these."""
        return sum(one.copies for one in self.numbers if one.state in states)

    @property
    def left_out(self) -> dict[Why, int]:
        """How many get none, by why."""
        return {one.why: one.copies for one in self.numbers if one.state is CopyState.LEFT_OUT}

    @property
    def copies_in_all(self) -> int:
        return self.count(CopyState.WAITING, CopyState.SENT, CopyState.FAILED)

    @property
    def done(self) -> int:
        return self.count(CopyState.SENT, CopyState.FAILED)

    @property
    def state(self) -> MessageState:
        """What it has come to: sent when nothing waits any more, in the outbox neither."""
        if self.row.state is MessageState.STOPPED:
            return MessageState.STOPPED
        if not self.count(CopyState.WAITING):
            return MessageState.SENT
        return MessageState.SCHEDULED if self.row.due_at > clock.now() else MessageState.SENDING


@snapshot
def one(actor: Actor, message: str) -> Shown:
    """A message with everybody's copy. Raises Missing and NotAllowed."""
    row = found_for(actor, message)
    return Shown(row, tuple(rows.numbers([row.id])[row.id]), tuple(rows.copies(row.id)))


@snapshot
def page(actor: Actor, message: str, *, states: Sequence[CopyState] = (), number: int = 1) -> Shown:
    """A message with one page of its copies, of some states alone. Raises Missing and NotAllowed."""
    row = found_for(actor, message)
    some = rows.copies(row.id, states=states, offset=(max(number, 1) - 1) * PAGE, limit=PAGE)
    return Shown(row, tuple(rows.numbers([row.id])[row.id]), tuple(some))


@snapshot
def latest(actor: Actor) -> list[Shown]:
    """The newest messages. Raises NotAllowed."""
    access.require(actor, Permission.MESSAGES_SEND)
    found = rows.latest(actor.partner_id, MOST)
    numbers = rows.numbers([one.id for one in found]) if found else {}
    return [Shown(one, tuple(numbers[one.id])) for one in found]


def reason(copy: CopyRow) -> Sentence:
    """Why somebody did not get it; nothing for who did or will."""
    if copy.state is CopyState.FAILED:
        return copy.error or NOTHING
    return copy.why.sentence(copy.other_address or "", copy.other or "")
