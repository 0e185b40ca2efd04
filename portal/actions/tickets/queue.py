"""The queue of tickets that staff work on, and the texts they begin answers with (M4)."""

from __future__ import annotations

from dataclasses import dataclass

from portal.actions import access
from portal.actions.documents.lists import OpenedDocument
from portal.actions.tickets.finding import TicketsPage, listed
from portal.db.audit import records as audit
from portal.db.customers import profiles as customers
from portal.db.engine import snapshot, writes
from portal.db.logins import people as logins
from portal.db.tickets import canned, mails, reading
from portal.db.tickets.canned import Canned as Canned
from portal.db.tickets.mails import MailRow
from portal.db.tickets.reading import Wanted
from portal.outside import files
from portal.rules.deciding import Actor
from portal.rules.errors import Invalid, Missing
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.rules.tickets import states as rules
from portal.rules.tickets.mail import Outcome
from portal.rules.tickets.states import OURS, UNSOLVED, Priority, TicketState

LONGEST_TITLE = 100
MINE, NOBODY = "me", "nobody"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the queue: a state, `todo` (what waits for us), `unsolved` or `all`; with whom; how urgent."""

    state: str = "todo"
    assignee: str = ""
    priority: Priority | None = None
    text: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Queue:
    """A page of the queue, and how many tickets are in each state, whatever was asked for. `unknown` counts mails from
    nobody who is known.
    """

    found: TicketsPage
    asked: Asked
    counts: dict[TicketState, int]
    unknown: int


_STATES: dict[str, tuple[TicketState, ...]] = {
    "todo": OURS,
    "unsolved": UNSOLVED,
    "all": (),
    **{state.value: (state,) for state in TicketState},
}


@snapshot
def show(actor: Actor, asked: Asked) -> Queue:
    """The queue: what is urgent first, then what waits longest. Raises NotAllowed, and Invalid for an unknown state."""
    access.require(actor, Permission.TICKETS_ANSWER)
    if asked.state not in _STATES:
        raise Invalid({"state": say("“{text}” is no state of a ticket.", text=asked.state[:40])})
    states = _STATES[asked.state]
    wanted = Wanted(
        states=states,
        partner_id=actor.partner_id,
        assignee_id=_assignee(actor, asked.assignee),
        priority=asked.priority,
        text=asked.text.strip()[:100],
        urgent_first=bool(states) and set(states) <= set(UNSOLVED),
        page=max(1, asked.page),
    )
    unknown = mails.unknown(0, 1)[1] if actor.partner_id is None else 0
    return Queue(listed(wanted), asked, reading.counts(actor.partner_id), unknown)


def _assignee(actor: Actor, asked: str) -> int | None:
    if not asked:
        return None
    if asked == MINE:
        return actor.login_id
    if asked == NOBODY:
        return 0
    person = logins.by_email(asked)
    return person.id if person is not None else -1


# Mail from nobody who is known ----------------------------------------------------------------------------------------


@snapshot
def unknown_mail(actor: Actor, page: int, size: int = 50) -> tuple[list[MailRow], int]:
    """Mails that no ticket and no customer was found for, newest first, and how many. Raises NotAllowed and Missing."""
    _of_all_partners(actor)
    return mails.unknown((max(1, page) - 1) * size, size)


@snapshot
def _mail(actor: Actor, public_id: str) -> MailRow:
    access.require(actor, Permission.TICKETS_ANSWER)
    found = mails.find(public_id)
    if found is None:
        raise Missing()
    if found.ticket_id is None:
        _of_all_partners(actor)
    else:
        profile = customers.by_id(reading.by_id(found.ticket_id).customer_id)
        access.require(actor, Permission.TICKETS_ANSWER, profile)
    return found


def open_mail(actor: Actor, public_id: str) -> OpenedDocument:
    """A mail as it came; the caller closes it. Raises Missing and NotAllowed."""
    found = _mail(actor, public_id)
    return OpenedDocument(files.open_stored(found.sha256), "mail.eml", "application/octet-stream", found.size)


@writes(once="ticket.mail", answer=None)
def set_aside(actor: Actor, public_id: str, *, once: str | None = None) -> None:
    """Take a mail off the list of those from nobody who is known; it is kept. Raises Missing and NotAllowed."""
    found = _mail(actor, public_id)
    mails.settle(found.public_id, Outcome.IGNORED, found.ticket_id)


def _of_all_partners(actor: Actor) -> None:
    access.require(actor, Permission.TICKETS_ANSWER)
    if actor.partner_id is not None:
        raise Missing()


# Canned answers -------------------------------------------------------------------------------------------------------


@snapshot
def canned_answers(actor: Actor, customer_partner: int | None = None) -> list[Canned]:
    """The texts to begin an answer with, for customers of a partner, by title. Raises NotAllowed."""
    access.require(actor, Permission.TICKETS_ANSWER)
    return canned.listed(customer_partner if customer_partner is not None else actor.partner_id)


@snapshot
def find_canned(actor: Actor, public_id: str) -> Canned:
    """A text that the actor may change. Raises Missing and NotAllowed."""
    return _own_canned(actor, public_id)


@writes(once="ticket.canned", answer=str)
def keep_canned(actor: Actor, title: str, text: str, public_id: str = "", *, once: str | None = None) -> str:
    """Add a text, or change the one with this public id. Raises Invalid, Missing and NotAllowed."""
    access.require(actor, Permission.TICKETS_ANSWER)
    title, text = rules.subject_of(title), rules.written(text)
    faults = rules.faults(text)
    if not title or len(title) > LONGEST_TITLE:
        faults["title"] = say("Give it a title of at most {longest} characters.", longest=LONGEST_TITLE)
    if faults:
        raise Invalid(faults)
    if public_id:
        _own_canned(actor, public_id)
        canned.change(public_id, title, text)
    else:
        public_id = canned.add(actor.partner_id, title, text)
    audit.record(actor, "ticket.canned", say("Saved the canned answer “{title}”", title=title))
    return public_id


@writes(once="ticket.canned_retire", answer=None)
def retire_canned(actor: Actor, public_id: str, *, once: str | None = None) -> None:
    """Offer a text no more. Raises Missing and NotAllowed."""
    found = _own_canned(actor, public_id)
    canned.retire(public_id)
    audit.record(actor, "ticket.canned", say("Retired the canned answer “{title}”", title=found.title))


def _own_canned(actor: Actor, public_id: str) -> Canned:
    """A text that the actor may change: one for every partner only by whoever looks after all of them."""
    access.require(actor, Permission.TICKETS_ANSWER)
    for one in canned.listed(actor.partner_id):
        if one.public_id == public_id and (actor.partner_id is None or one.partner_id == actor.partner_id):
            return one
    raise Missing()
