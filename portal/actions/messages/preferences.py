"""What people want to be told: kinds of messages that a customer declines (O2)."""

from __future__ import annotations

from dataclasses import dataclass

from portal.actions import access
from portal.actions.messages import writing
from portal.db.audit import records as audit
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.db.messages import preferences as rows
from portal.outside import clock
from portal.rules.deciding import SYSTEM, Actor
from portal.rules.errors import Missing, Reason, Refused
from portal.rules.messages.states import MessageKind
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say


@dataclass(frozen=True, slots=True)
class Preference:
    """Whether a customer gets a kind of messages."""

    customer: str
    kind: MessageKind
    on: bool


@writes(once="message.preference", answer=Preference)
def switch(actor: Actor, customer: str, kind: MessageKind, on: bool, *, once: str | None = None) -> Preference:
    """Let a customer get a kind of messages, or not. Raises Missing, NotAllowed, and Refused for money."""
    profile = customers.require(customer)
    grant = access.require(actor, _needed(actor), profile)
    if not on and not kind.can_be_declined:
        message = say("What concerns money always arrives.")
        raise Refused([Reason("O2", message, say("Decline news or service instead."))])
    if rows.set_wanted(profile.id, kind, on, actor.label, clock.now()):
        audit.record(actor, "message.preference", _told(kind, on), subject_id=profile.id, grant=grant)
    return Preference(profile.reference, kind, on)


@snapshot
def wanted(actor: Actor, profile: Profile) -> frozenset[MessageKind]:
    """The kinds that a customer gets. Raises NotAllowed and Missing."""
    access.require(actor, _needed(actor), profile)
    return frozenset(MessageKind) - rows.declined(profile.id)


@snapshot
def look_at(token: str) -> None:
    """Whether an address that declines news is one. Raises Missing."""
    _addressed(token)


@writes
def unsubscribe(token: str) -> int:
    """Decline news for everybody whose copies go to the address that this one went to; for how many. Raises Missing."""
    found, at = _addressed(token), clock.now()
    for key in found.ids:
        if rows.set_wanted(key, MessageKind.NEWS, False, SYSTEM.label, at):
            audit.record(SYSTEM, "message.preference", say("News declined by the link in a mail"), subject_id=key)
    return len(found.ids)


def _addressed(token: str) -> rows.Addressed:
    key = writing.copy_of(token)
    found = rows.addressed(key) if key is not None else None
    if found is None:
        raise Missing()
    return found


def _needed(actor: Actor) -> Permission:
    return Permission.MESSAGES_SEND if actor.is_staff else Permission.MESSAGES_VIEW


def _told(kind: MessageKind, on: bool) -> Sentence:
    text = kind.label
    return say("Messages wanted: {kind}", kind=text) if on else say("Messages declined: {kind}", kind=text)
