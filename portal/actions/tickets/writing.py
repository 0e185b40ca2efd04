"""Opening tickets, answering, and internal notes (M4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from portal.actions import access
from portal.actions.access import Profile
from portal.actions.tickets import news
from portal.actions.tickets.finding import Reach, reach
from portal.db.audit import records as audit
from portal.db.customers import profiles as customers
from portal.db.engine import writes
from portal.db.logins import people as logins
from portal.db.tickets import reading, writing
from portal.db.tickets.writing import New
from portal.outside import clock, uploads
from portal.outside.uploads import Taken
from portal.rules.deciding import Actor, Grant
from portal.rules.errors import Invalid, NotAllowed, Reason, Refused
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.rules.tickets import states as rules
from portal.rules.tickets.states import EntryKind, TicketState, Via

Brought = tuple[BinaryIO, str]
"""A file that can be rewound, and what whoever brings it calls it."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: the ticket it stands in now, and whether that is another one, which follows the old one."""

    ticket: str
    entry: str
    follows: str | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """What somebody writes: a text with files, and how it came. `then` is the state that staff leave the ticket in."""

    text: str
    via: Via = Via.PAGE
    files: tuple[Taken, ...] = ()
    left_out: str = ""
    then: TicketState | None = None


def open_ticket(
    actor: Actor,
    customer: str,
    subject: str,
    text: str,
    files: Sequence[Brought] = (),
    *,
    via: Via = Via.PAGE,
    once: str | None = None,
) -> Written:
    """Open a ticket about a customer (external or public id), with files.

    Raises Invalid for texts, Refused for files that are not taken (M3), NotAllowed, Missing and Busy.
    """
    permission = Permission.TICKETS_ANSWER if actor.is_staff else Permission.TICKETS_WRITE
    access.require(actor, permission, customers.require(customer))
    subject, letter = rules.subject_of(subject), Letter(rules.written(text), via, _taken(files))
    if faults := rules.faults(letter.text, subject):
        raise Invalid(faults)
    return _open(actor, customer, subject, letter, once=once)


@writes(once="ticket.open", answer=Written)
def _open(actor: Actor, customer: str, subject: str, letter: Letter, *, once: str | None) -> Written:
    profile = customers.require(customer)
    permission = Permission.TICKETS_ANSWER if actor.is_staff else Permission.TICKETS_WRITE
    grant = access.require(actor, permission, profile)
    return begin(actor, profile, grant, subject, letter)


def begin(
    actor: Actor, profile: Profile, grant: Grant | None, subject: str, letter: Letter, follows: Reach | None = None
) -> Written:
    """A new ticket with its first entry, in the caller's transaction."""
    writes_to = actor.is_staff and not actor.system
    state = TicketState.WAITING_FOR_CUSTOMER if writes_to else TicketState.OPEN
    earlier = follows.ticket if follows else None
    key, public_id = writing.add(profile.id, subject, state, follows_id=earlier.id if earlier else None)
    for login_id, email, name in _first_people(actor, profile):
        writing.put_on(key, login_id, email, name)
    if earlier:
        for one in reading.people(earlier.id):
            writing.put_on(key, one.login_id, one.email, one.name)
        if earlier.assignee_id is not None:
            writing.assign(key, earlier.assignee_id, earlier.priority)
    entry = writing.add_entry(key, _new(actor, profile, EntryKind.ANSWER, letter))
    text = say("Opened the ticket “{subject}”", subject=subject)
    audit.record(actor, "ticket.open", text, subject_id=profile.id, grant=grant, ticket=public_id)
    news.tell(actor, reading.by_id(key), profile, letter.text, len(letter.files))
    return Written(public_id, entry, earlier.public_id if earlier else None)


def _first_people(actor: Actor, profile: Profile) -> list[tuple[int | None, str, str]]:
    """Who is on a new ticket: whoever opened it; where staff did, who signs in for the customer, else its address."""
    if not actor.is_staff and actor.login_id is not None:
        return [(actor.login_id, actor.email, actor.name)]
    found: list[tuple[int | None, str, str]] = [
        (one.id, one.email, one.name)
        for one in logins.of_customer(profile.id)
        if one.may_sign_in and access.weigh(one.actor, Permission.TICKETS_VIEW, profile)
    ]
    return found or ([(None, profile.email, profile.name)] if profile.email else [])


def answer(
    actor: Actor,
    ticket: str,
    text: str,
    files: Sequence[Brought] = (),
    *,
    of: str | None = None,
    then: TicketState | None = None,
    via: Via = Via.PAGE,
    once: str | None = None,
) -> Written:
    """Answer in a ticket, with files. What was solved is open again; of a closed one a new ticket begins.

    `of` is the public id of the customer whose it must be, `then` the state that staff leave it in. Raises Invalid,
    Refused for files that are not taken (M3), NotAllowed, Missing and Busy.
    """
    reach(actor, ticket, Permission.TICKETS_WRITE, of=of)
    letter = Letter(rules.written(text), via, _taken(files), then=then if actor.is_staff else None)
    if faults := rules.faults(letter.text):
        raise Invalid(faults)
    return _answer(actor, ticket, of, letter, once=once)


@writes(once="ticket.answer", answer=Written)
def _answer(actor: Actor, ticket: str, of: str | None, letter: Letter, *, once: str | None) -> Written:
    found = reach(actor, ticket, Permission.TICKETS_WRITE, of=of, hold=True)
    return add_answer(actor, found, letter)


def add_answer(actor: Actor, found: Reach, letter: Letter) -> Written:
    """An answer in the caller's transaction, by somebody who may."""
    ticket, profile = found.ticket, found.profile
    if ticket.merged_into is not None:
        found = reach(actor, ticket.merged_into, Permission.TICKETS_WRITE, hold=True)
        ticket = found.ticket
    state = rules.after_answer(ticket.state, by_staff=actor.is_staff)
    if state is None:
        return begin(actor, profile, found.grant, ticket.subject, letter, found)
    entry = writing.add_entry(ticket.id, _new(actor, profile, EntryKind.ANSWER, letter))
    if not actor.is_staff and actor.login_id is not None:
        writing.put_on(ticket.id, actor.login_id, actor.email, actor.name)
    writing.set_state(ticket.id, letter.then or state, seen_at=clock.now())
    text = say("Answered in the ticket “{subject}”", subject=ticket.subject)
    audit.record(actor, "ticket.answer", text, subject_id=profile.id, grant=found.grant, ticket=ticket.public_id)
    news.tell(actor, ticket, profile, letter.text, len(letter.files))
    return Written(ticket.public_id, entry)


def note(
    actor: Actor,
    ticket: str,
    text: str,
    files: Sequence[Brought] = (),
    *,
    via: Via = Via.PAGE,
    once: str | None = None,
) -> Written:
    """Write an internal note, which no customer ever sees (M4). Raises as `answer`."""
    _staff_only(actor)
    reach(actor, ticket, Permission.TICKETS_WRITE)
    letter = Letter(rules.written(text), via, _taken(files))
    if faults := rules.faults(letter.text):
        raise Invalid(faults)
    return _note(actor, ticket, letter, once=once)


@writes(once="ticket.note", answer=Written)
def _note(actor: Actor, ticket: str, letter: Letter, *, once: str | None) -> Written:
    _staff_only(actor)
    found = reach(actor, ticket, Permission.TICKETS_WRITE, hold=True)
    if found.ticket.merged_into is not None:
        found = reach(actor, found.ticket.merged_into, Permission.TICKETS_WRITE, hold=True)
    entry = writing.add_entry(found.ticket.id, _new(actor, found.profile, EntryKind.NOTE, letter))
    # Nobody's own log tells of it: when a note was written is for staff alone as well.
    audit.record(actor, "ticket.note", say("Wrote an internal note"), ticket=found.ticket.public_id)
    return Written(found.ticket.public_id, entry)


def _staff_only(actor: Actor) -> None:
    if not actor.is_staff:
        raise NotAllowed(say("Only the operator writes notes. Write an answer instead."))


def _new(actor: Actor, profile: Profile, kind: EntryKind, letter: Letter) -> New:
    by = profile.partner_name if actor.system else actor.name
    return New(
        kind,
        by,
        letter.via,
        letter.text,
        actor.login_id,
        actor.is_staff,
        left_out=letter.left_out,
        files=letter.files,
    )


def _taken(files: Sequence[Brought]) -> tuple[Taken, ...]:
    if len(files) > rules.MOST_FILES:
        message = say("These are {count} files.", "These are {count} files.", count=len(files))
        remedy = say("Send at most {most} at once, and the others with another answer.", most=rules.MOST_FILES)
        raise Refused([Reason(rules.RULE, message, remedy)])
    return tuple(uploads.take(file, name) for file, name in files)
