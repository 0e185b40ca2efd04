"""Taking in mail: an answer to a ticket, a new ticket, or something that staff look at (M4).

Who wrote is decided by the address it comes from, and which ticket by a token that only its people know; so nobody
answers in a ticket who could not do so on its page. What came is kept as it came.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from portal.actions import access
from portal.actions.tickets import news, writing
from portal.actions.tickets.finding import Reach, reach
from portal.actions.tickets.writing import Letter
from portal.db import files as stored
from portal.db.audit import records as audit
from portal.db.customers import profiles as customers
from portal.db.engine import writes
from portal.db.logins import people as logins
from portal.db.logins.people import Person
from portal.db.tickets import mails, reading
from portal.db.tickets import writing as rows
from portal.db.tickets.reading import TicketFacts
from portal.outside import clock, files, mail_in, mailbox, uploads
from portal.outside.mail_in import Received
from portal.outside.uploads import Taken
from portal.rules.deciding import SYSTEM, Actor
from portal.rules.errors import Invalid, Refused
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say
from portal.rules.texts import email_key
from portal.rules.tickets import mail as rules
from portal.rules.tickets import states
from portal.rules.tickets.mail import Outcome
from portal.rules.tickets.states import EntryKind, Via

log = structlog.get_logger("portal.tickets")

LARGEST = 40 * 1024 * 1024
MESSAGE = "message/rfc822"


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a mail: the ticket it stands in, if any, and why it is no answer. `again`: it came before."""

    outcome: Outcome
    ticket: str | None = None
    reason: Sentence = NOTHING
    again: bool = False


@dataclass(frozen=True, slots=True)
class _Came:
    """A mail with its files, as far as they are taken."""

    mail: Received
    letter: Letter
    sha256: str
    size: int


def receive(actor: Actor, data: bytes) -> Done:
    """Take in one mail, as it came. The same mail again changes nothing.

    Raises Invalid for what is no mail or too long, NotAllowed, and Busy where there is no room.
    """
    access.require(actor, Permission.TICKETS_ANSWER)
    if not data.strip() or len(data) > LARGEST:
        raise Invalid({"file": say("A mail of 1 byte to {most} MB is taken in.", most=LARGEST // (1024 * 1024))})
    mail = mail_in.read(data)
    taken, left_out = _attached(mail)
    text = states.written(mail.text)[: states.LONGEST_MAIL] or str(say("(Without a text)"))
    sha256, size = files.store(io.BytesIO(data))
    return _receive(_Came(mail, Letter(text, Via.MAIL, tuple(taken), left_out), sha256, size))


def _attached(mail: Received) -> tuple[list[Taken], str]:
    """The files of a mail that are taken, and the names of those that are not."""
    taken: list[Taken] = []
    left_out: list[str] = []
    for file, name in mail.files:
        try:
            if len(taken) >= states.MOST_FILES:
                raise Refused([])
            taken.append(uploads.take(file, name))
        except Refused:
            left_out.append(name[:100])
    return taken, ", ".join(left_out)[:2000]


@writes
def _receive(came: _Came) -> Done:
    mail = came.mail
    if (before := mails.known(mail.message_id)) is not None:
        return Done(before.outcome, before.ticket, before.reason, again=True)
    found = _ticket_of(mail)
    done = _decided(came, found)
    ticket = reading.find(done.ticket) if done.ticket else None
    mails.add(
        message_id=mail.message_id,
        sender=mail.sender,
        sender_name=mail.sender_name,
        subject=mail.subject,
        outcome=done.outcome,
        reason=done.reason,
        ticket_id=ticket.id if ticket else None,
        file_id=stored.add(came.sha256, came.size, MESSAGE),
    )
    log.info("mail for tickets", outcome=done.outcome.value, ticket=done.ticket)
    return done


def _ticket_of(mail: Received) -> TicketFacts | None:
    """The ticket whose token a mail has in its address or subject, or whose mails it answers."""
    token = rules.token_in(mail.recipients, mail.subject)
    found = reading.by_token(token) if token else None
    if found is None and (key := mails.ticket_named(mail.named)) is not None:
        found = reading.by_id(key)
    if found is not None and found.merged_into is not None:
        return reading.find(found.merged_into)
    return found


def _decided(came: _Came, ticket: TicketFacts | None) -> Done:
    mail = came.mail
    why = rules.automatic(mail.headers, mail.sender, mail.subject, mail.content_type)
    if why is not None:
        return Done(Outcome.IGNORED, ticket.public_id if ticket else None, why)
    person = logins.by_email(mail.sender)
    if ticket is None:
        return _begun(came, person)
    found = reach(SYSTEM, ticket.public_id, Permission.TICKETS_WRITE, hold=True)
    if person is not None and not person.actor.is_staff and _may(person, found):
        theirs = reach(person.actor, ticket.public_id, Permission.TICKETS_WRITE)
        written = writing.add_answer(person.actor, theirs, came.letter)
        return Done(Outcome.ANSWERED, written.ticket)
    if person is None and _is_the_customers(mail, found):
        return _by_the_customer(came, found)
    return _held(came, found, person)


def _may(person: Person, found: Reach) -> bool:
    return person.may_sign_in and bool(access.weigh(person.actor, Permission.TICKETS_WRITE, found.profile))


def _is_the_customers(mail: Received, found: Reach) -> bool:
    """Whether it comes from the address that was written to, of a customer that nobody signs in for."""
    address = email_key(mail.sender)
    on_it = any(one.login_id is None and email_key(one.email) == address for one in reading.people(found.ticket.id))
    return on_it and email_key(found.profile.email) == address


def _by_the_customer(came: _Came, found: Reach) -> Done:
    """An answer by a customer without a login, by the address on file; a closed ticket is answered by a new one."""
    somebody = Actor(found.profile.name, email=found.profile.email, partner_id=found.profile.partner_id)
    state = states.after_answer(found.ticket.state, by_staff=False)
    if state is None:
        written = writing.begin(somebody, found.profile, None, found.ticket.subject, came.letter, found)
        return Done(Outcome.ANSWERED, written.ticket)
    new = rows.New(EntryKind.ANSWER, somebody.name, Via.MAIL, came.letter.text, files=came.letter.files)
    rows.add_entry(found.ticket.id, new)
    rows.set_state(found.ticket.id, state, seen_at=clock.now())
    text = say("Answered in the ticket “{subject}”", subject=found.ticket.subject)
    audit.record(somebody, "ticket.answer", text, subject_id=found.profile.id, ticket=found.ticket.public_id)
    news.tell(somebody, found.ticket, found.profile, came.letter.text, len(came.letter.files))
    return Done(Outcome.ANSWERED, found.ticket.public_id)


def _held(came: _Came, found: Reach, person: Person | None) -> Done:
    """Kept for staff: it names the ticket, and whoever wrote may not answer in it (any more)."""
    sender = came.mail.sender
    if person is None:
        why = say("Nobody signs in with {address}, so it may be anybody.", address=sender)
    elif person.actor.is_staff:
        why = say("{address} is of the operator’s staff, who answer on the page alone.", address=sender)
    else:
        why = say("{name} ({address}) may not write in this ticket.", name=person.name, address=sender)
    by = came.mail.sender_name or sender
    rows.add_entry(
        found.ticket.id,
        rows.New(
            EntryKind.HELD,
            by,
            Via.MAIL,
            came.letter.text,
            said=why,
            left_out=came.letter.left_out,
            files=came.letter.files,
        ),
    )
    audit.record(SYSTEM, "ticket.held", say("Kept a mail for staff"), ticket=found.ticket.public_id)
    return Done(Outcome.HELD, found.ticket.public_id, why)


def _begun(came: _Came, person: Person | None) -> Done:
    """A mail that names no ticket: of somebody who may write, it begins one about their own customer."""
    sender = came.mail.sender
    unknown = say("Nobody who may write tickets signs in with {address}.", address=sender)
    if person is None or person.customer_id is None or not person.may_sign_in:
        return Done(Outcome.UNKNOWN, None, unknown)
    profile = customers.by_id(person.customer_id)
    decision = access.weigh(person.actor, Permission.TICKETS_WRITE, profile)
    if not decision:
        return Done(Outcome.UNKNOWN, None, unknown)
    subject = states.subject_of(rules.plain_subject(came.mail.subject))[: states.LONGEST_SUBJECT]
    subject = subject or states.subject_of(came.letter.text.split("\n")[0][:80])
    written = writing.begin(person.actor, profile, decision.grant, subject, came.letter)
    return Done(Outcome.OPENED, written.ticket)


# The mailbox ----------------------------------------------------------------------------------------------------------


def fetch_due(keep_going: Callable[[], bool] = lambda: True) -> int:
    """Take in what is unread in the mailbox, where there is one; how many. A mail that makes trouble is marked and
    logged, so that it keeps no other from its turn. Raises Busy where the mailbox cannot be used.
    """
    if not mailbox.is_set_up():
        return 0
    done = 0
    with mailbox.opened() as box:
        for uid in box.unread():
            if not keep_going():
                break
            data = box.fetch(uid)
            if data is not None:
                done += _take_in(data)
            box.mark(uid)
    return done


def _take_in(data: bytes) -> int:
    try:
        receive(SYSTEM, data)
    except (Invalid, Refused) as error:
        log.warning("mail not taken in", error=str(error))
        return 0
    return 1
