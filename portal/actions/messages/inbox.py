"""The messages that a customer got in the portal (O2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portal.actions import access
from portal.actions.messages import writing
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.db.messages import reading as rows
from portal.db.messages.reading import Got
from portal.db.messages.sending import names_shared
from portal.outside import clock
from portal.rules.deciding import Actor
from portal.rules.errors import Missing
from portal.rules.messages.states import MessageKind
from portal.rules.permissions import Permission

MOST = 100


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as its reader finds it; `subject` and `paragraphs` are in their own words."""

    public_id: str
    kind: MessageKind
    subject: str
    paragraphs: list[list[str]]
    at: datetime
    unread: bool


@snapshot
def latest(actor: Actor, profile: Profile) -> list[Letter]:
    """What a customer got, the newest first. Raises NotAllowed and Missing."""
    access.require(actor, Permission.MESSAGES_VIEW, profile)
    return _letters([one for one in rows.got(profile.id, MOST) if _may_read(actor, profile, one)])


@snapshot
def one(actor: Actor, profile: Profile, message: str) -> Letter:
    """One of them. Raises NotAllowed and Missing."""
    (letter,) = _letters([_found(actor, profile, message)])
    return letter


@writes
def mark_read(actor: Actor, profile: Profile, message: str) -> None:
    """Note that somebody opened it. Raises NotAllowed and Missing."""
    rows.mark_read(_found(actor, profile, message).id, clock.now())


def _found(actor: Actor, profile: Profile, message: str) -> Got:
    access.require(actor, Permission.MESSAGES_VIEW, profile)
    found = rows.one_of(profile.id, message)
    if found is None or not _may_read(actor, profile, found):
        raise Missing()
    return found


def _may_read(actor: Actor, profile: Profile, one: Got) -> bool:
    """What concerns money is for whoever may see the books (S9)."""
    return one.kind is not MessageKind.MONEY or bool(access.weigh(actor, Permission.STATEMENTS_VIEW, profile))


def _letters(some: list[Got]) -> list[Letter]:
    if not some:
        return []
    readers = customers.by_ids({one.reader_id for one in some})
    shared = names_shared({one.message_id for one in some}, [one.customer_id for one in some])
    found = []
    for one in some:
        names = [one.customer, *shared.get((one.message_id, one.customer_id), ())]
        subject, text = writing.words(one.subject, one.text, readers[one.reader_id], names)
        found.append(Letter(one.public_id, one.kind, subject, text, one.at, one.read_at is None))
    return found
