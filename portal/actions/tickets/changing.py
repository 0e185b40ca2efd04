"""What becomes of a ticket: its state, with whom it is, how urgent, and joining two of them (M4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import structlog

from portal.actions import access
from portal.actions.tickets.finding import Reach, reach
from portal.db.audit import records as audit
from portal.db.engine import snapshot, writes
from portal.db.logins import people as logins
from portal.db.logins.people import Person
from portal.db.partners import settings as partners
from portal.db.tickets import reading, writing
from portal.db.tickets.writing import New
from portal.outside import clock
from portal.rules.deciding import SYSTEM, Actor
from portal.rules.errors import Invalid, Missing, NotAllowed, PortalError, Refused
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say
from portal.rules.tickets import states as rules
from portal.rules.tickets.states import EntryKind, Priority, TicketState, Via

log = structlog.get_logger("portal.tickets")


@writes(once="ticket.state", answer=None)
def set_state(actor: Actor, ticket: str, state: TicketState, *, of: str | None = None, once: str | None = None) -> None:
    """Give a ticket a state. Customers say that it is solved; the rest is the operator's.

    Raises Refused for one that is closed for good, NotAllowed and Missing.
    """
    found = reach(actor, ticket, Permission.TICKETS_WRITE, of=of, hold=True)
    if reasons := rules.change_refusals(found.ticket.state, state, by_staff=actor.is_staff):
        raise Refused(reasons)
    _set_state(actor, found, state)


def _set_state(actor: Actor, found: Reach, state: TicketState) -> None:
    before = found.ticket.state
    if before is state:
        return
    writing.set_state(found.ticket.id, state)
    name = found.profile.partner_name if actor.system else actor.name
    _tell(actor, found, say("{name} set the state to {state}", name=name, state=state.label))
    audit.record(
        actor,
        "ticket.state",
        say("The ticket “{subject}” is {state}", subject=found.ticket.subject, state=state.label),
        subject_id=found.profile.id,
        grant=found.grant,
        ticket=found.ticket.public_id,
        fields={"state": [before.value, state.value]},
    )


@writes(once="ticket.change", answer=None)
def give(actor: Actor, ticket: str, login: str | None, priority: Priority, *, once: str | None = None) -> None:
    """Say with whom a ticket is (the email address of an administrator, None for nobody), and how urgent it is.

    Raises Invalid for somebody who may not answer it, NotAllowed and Missing.
    """
    found = _of_staff(actor, ticket)
    person = _answerer(found, login) if login else None
    writing.assign(found.ticket.id, person.id if person else None, priority)
    fields: dict[str, list[str]] = {}
    if (person.id if person else None) != found.ticket.assignee_id:
        _tell(actor, found, _given(actor, person))
        fields["assignee"] = [found.ticket.assignee_name or "", person.name if person else ""]
    if priority is not found.ticket.priority:
        text = say("{name} set the priority to {priority}", name=actor.name, priority=priority.label)
        _tell(actor, found, text)
        fields["priority"] = [found.ticket.priority.value, priority.value]
    if fields:
        # How staff share their work is in nobody's own log.
        audit.record(actor, "ticket.change", say("Changed a ticket"), ticket=found.ticket.public_id, fields=fields)


def _given(actor: Actor, person: Person | None) -> Sentence:
    if person is None:
        return say("{name} gave it back to everybody", name=actor.name)
    if person.id == actor.login_id:
        return say("{name} took it", name=actor.name)
    return say("{name} gave it to {other}", name=actor.name, other=person.name)


def _answerer(found: Reach, login: str) -> Person:
    person = logins.by_email(login)
    if person is None or not person.may_sign_in or not _may_answer(found, person):
        raise Invalid({"assignee": say("{login} may not answer this ticket. Choose somebody else.", login=login[:100])})
    return person


def _may_answer(found: Reach, person: Person) -> bool:
    return bool(access.weigh(person.actor, Permission.TICKETS_ANSWER, found.profile))


@snapshot
def answerers(actor: Actor, ticket: str) -> list[tuple[str, str]]:
    """Email address and name of everybody who may answer a ticket, by name. Raises NotAllowed and Missing."""
    found = reach(actor, ticket, Permission.TICKETS_WRITE)
    return [(one.email, one.name) for one in logins.of_staff() if one.may_sign_in and _may_answer(found, one)]


@writes(once="ticket.merge", answer=str)
def merge(actor: Actor, ticket: str, into: str, *, once: str | None = None) -> str:
    """Join a ticket with another one of the same customer (its public id or number), which has everything then.

    The public id of that one. Raises Refused, Invalid for one that is not there, NotAllowed and Missing.
    """
    found = _of_staff(actor, ticket)
    other = _other(actor, into)
    if reasons := rules.merge_refusals(
        same_customer=found.profile.id == other.profile.id,
        same_ticket=found.ticket.id == other.ticket.id,
        into_closed=other.ticket.state is TicketState.CLOSED,
    ):
        raise Refused(reasons)
    writing.merge(found.ticket.id, other.ticket.id)
    text = say("{name} joined it with {number}", name=actor.name, number=rules.number(found.ticket.id))
    _tell(actor, other, text)
    writing.seen(other.ticket.id)
    audit.record(
        actor,
        "ticket.merge",
        say("Joined the ticket “{subject}” with “{other}”", subject=found.ticket.subject, other=other.ticket.subject),
        subject_id=found.profile.id,
        grant=found.grant,
        ticket=other.ticket.public_id,
        joined=found.ticket.public_id,
    )
    return other.ticket.public_id


def _other(actor: Actor, into: str) -> Reach:
    text = into.strip()
    rows, _ = (
        reading.page(reading.Wanted(text=text, partner_id=actor.partner_id, size=1)) if _is_number(text) else ([], 0)
    )
    try:
        return reach(actor, rows[0].public_id if rows else text, Permission.TICKETS_WRITE, hold=True)
    except Missing:
        raise Invalid({"into": say("There is no ticket “{text}” that is yours to see.", text=text[:40])}) from None


def _is_number(text: str) -> bool:
    digits = text.upper().removeprefix("TK-")
    return digits.isascii() and digits.isdigit() and len(digits) < 12


def _of_staff(actor: Actor, ticket: str) -> Reach:
    if not actor.is_staff:
        raise NotAllowed(say("Only the operator does this."))
    return reach(actor, ticket, Permission.TICKETS_WRITE, hold=True)


def _tell(actor: Actor, found: Reach, said: Sentence) -> None:
    """A line in the thread that staff see."""
    by = found.profile.partner_name if actor.system else actor.name
    new = New(EntryKind.CHANGE, by, Via.PAGE, login_id=actor.login_id, by_staff=actor.is_staff, said=said)
    writing.add_entry(found.ticket.id, new)


# By the clock ---------------------------------------------------------------------------------------------------------


def close_due(keep_going: Callable[[], bool] = lambda: True) -> int:
    """Close what was solved long enough ago (`tickets_close_after`), each in a transaction of its own; how many."""
    done = 0
    for public_id in _due():
        if not keep_going():
            break
        try:
            done += _close(public_id)
        except PortalError as error:
            log.warning("ticket not closed", ticket=public_id, error=str(error))
    return done


@snapshot
def _due() -> list[str]:
    now = clock.now()
    return reading.due_to_close(
        {one.id: now - timedelta(days=one.settings.tickets_close_after) for one in partners.partners()}
    )


@writes
def _close(public_id: str) -> int:
    found = reach(SYSTEM, public_id, Permission.TICKETS_WRITE, hold=True)
    row = reading.find(public_id)
    assert row is not None
    if row.state is not TicketState.SOLVED or found.ticket.state is not TicketState.CLOSED:
        return 0
    writing.set_state(row.id, TicketState.CLOSED)
    return 1
