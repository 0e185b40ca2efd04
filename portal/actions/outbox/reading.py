"""Looking at the outbox and after it: what became of each message, and what it says to whom it may be told (S9)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import BinaryIO

from portal.actions import access
from portal.actions.outbox.sending import settings
from portal.db import files as stored
from portal.db import outbox
from portal.db.audit import records as audit
from portal.db.customers import profiles as customers
from portal.db.engine import snapshot, writes
from portal.db.jobs import queue as jobs
from portal.db.outbox import Content
from portal.outside import clock, files
from portal.rules import outbox as rules
from portal.rules.deciding import Actor
from portal.rules.errors import Missing, NotAllowed, Reason, Refused
from portal.rules.outbox import Channel, MailState, State
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Remark, Sentence, say

PAGE_SIZE = 50
WITHHELD = say("It tells amounts, and your role does not include seeing customers’ finances.")


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A line of the back office's outbox."""

    state: MailState
    purpose: str
    customer_name: str


@dataclass(frozen=True, slots=True)
class OutboxPage:
    """A page of the outbox. `counts` are of all messages in scope, by state; `number` counts pages from 1.

    `sms_used` says that there are text messages on the page.
    """

    rows: tuple[OutboxRow, ...]
    total: int
    number: int
    pages: int
    counts: Mapping[State, int]
    worker_alive: bool
    server_set: bool
    sms_set: bool
    sms_used: bool


@dataclass(frozen=True, slots=True)
class OutboxMessageView:
    """One message for the back office. `text` is None where it is hidden or wiped, and `hidden` says why.

    `state` has no subject for those who may not see finances where the message may tell amounts.
    """

    state: MailState
    purpose: str
    message_id: str
    text: str | None
    hidden: Sentence
    sender_name: str
    reply_to: str
    attachments: tuple[outbox.Attachment, ...]
    attachments_hidden: bool
    sent_by: str
    customer_name: str
    customer_public_id: str
    can_queue_again: bool


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """An attachment to be downloaded: an open file, and what to call it."""

    file: BinaryIO
    filename: str
    content_type: str
    size: int


@snapshot
def state_of(actor: Actor, public_id: str) -> MailState:
    """What became of one message, for the login that caused it and for staff who read the outbox. Raises Missing."""
    message = _visible(actor, public_id)
    return message.state


@snapshot
def states(actor: Actor, public_ids: Collection[str]) -> list[MailState]:
    """What became of those of these messages that `actor` may ask about, newest first."""
    found = outbox.states_for(public_ids=public_ids, limit=max(len(public_ids), 1))
    return [one for one in found if _may_see(actor, outbox.content(one.public_id))]


@snapshot
def list_messages(actor: Actor, *, state: State | None = None, number: int = 1) -> OutboxPage:
    """A page of the outbox, fifty messages, newest first; of one partner for staff bound to it."""
    access.require(actor, Permission.OUTBOX_VIEW)
    number = max(number, 1)
    rows, total = outbox.page(
        state=state, partner_id=actor.partner_id, offset=(number - 1) * PAGE_SIZE, limit=PAGE_SIZE
    )
    return OutboxPage(
        rows=tuple(OutboxRow(_told(actor, state, purpose), purpose, name) for state, purpose, name in rows),
        total=total,
        number=number,
        pages=max(1, -(-total // PAGE_SIZE)),
        counts=outbox.counts(actor.partner_id),
        worker_alive=jobs.worker_alive(),
        server_set=settings().mail_server is not None,
        sms_set=settings().sms_url is not None,
        sms_used=any(row[0].channel is Channel.SMS for row in rows),
    )


def open_message(actor: Actor, public_id: str) -> OutboxMessageView:
    """One message with its text, for staff; the log tells who was shown amounts (SEC62). Raises Missing."""
    message, shown = _shown(actor, public_id)
    _note_figures(actor, message)
    return shown


@snapshot
def _shown(actor: Actor, public_id: str) -> tuple[Content, OutboxMessageView]:
    message = _for_staff(actor, public_id)
    hidden = _why_hidden(actor, message)
    return message, OutboxMessageView(
        state=_told(actor, message.state, message.purpose),
        purpose=message.purpose,
        message_id=message.message_id,
        text=None if hidden else message.text,
        hidden=hidden,
        sender_name=message.sender_name,
        reply_to=message.reply_to,
        attachments=message.attachments,
        attachments_hidden=_tells_too_much(actor, message.purpose),
        sent_by=message.sent_by,
        customer_name=message.customer_name,
        customer_public_id=message.customer_public_id,
        can_queue_again=not _against_queueing(message),
    )


def open_attachment(actor: Actor, public_id: str, index: int) -> AttachedFile:
    """The `index`-th attachment of a message (from 0), for staff; the log tells who was shown amounts (SEC62).

    Raises Missing, and NotAllowed for figures (S9).
    """
    message, attached = _attached(actor, public_id, index)
    _note_figures(actor, message)
    return attached


@snapshot
def _attached(actor: Actor, public_id: str, index: int) -> tuple[Content, AttachedFile]:
    message = _for_staff(actor, public_id)
    if _tells_too_much(actor, message.purpose):
        raise NotAllowed(WITHHELD)
    if not 0 <= index < len(message.attachments):
        raise Missing()
    attachment = message.attachments[index]
    if attachment.file_id is None:
        raise Missing(say("This file is made when the message leaves."))
    facts = stored.by_ids([attachment.file_id])[attachment.file_id]
    file = files.open_stored(facts.sha256)
    return message, AttachedFile(file, attachment.filename, attachment.content_type, facts.size)


def _note_figures(actor: Actor, message: Content) -> None:
    if message.purpose in rules.WITH_FIGURES and message.customer_id is not None and actor.sees_finances:
        access.note_finances(actor, customers.by_id(message.customer_id))


@writes
def queue_again(actor: Actor, public_id: str) -> MailState:
    """Try the recipients that failed, or were only kept, once more. Raises Missing, and Refused with the reason."""
    message = _for_staff(actor, public_id)
    reasons = _against_queueing(message)
    if reasons:
        raise Refused(reasons)
    outbox.requeue(message.id, clock.now(), states=(State.FAILED, State.KEPT))
    audit.record(
        actor,
        "outbox.queued_again",
        say("Queued “{subject}” again", subject=_remembered(message)),
        subject_id=message.customer_id,
        message=message.message_id,
    )
    again = outbox.content(public_id)
    assert again is not None
    return _told(actor, again.state, again.purpose)


def _remembered(message: Content) -> Sentence | Remark:
    subject = message.state.subject
    return Remark(str(subject)) if message.purpose in rules.WITH_FIGURES else subject


def _visible(actor: Actor, public_id: str) -> Content:
    message = outbox.content(public_id)
    if message is None or not _may_see(actor, message):
        raise Missing()
    return message


def _may_see(actor: Actor, message: Content | None) -> bool:
    if message is None:
        return False
    own = actor.login_id is not None and message.login_id == actor.login_id
    return own or (actor.is_staff and actor.has(Permission.OUTBOX_VIEW) and _in_partner(actor, message))


def _for_staff(actor: Actor, public_id: str) -> Content:
    access.require(actor, Permission.OUTBOX_VIEW)
    message = outbox.content(public_id)
    if message is None or not _in_partner(actor, message):
        raise Missing()
    return message


def _in_partner(actor: Actor, message: Content) -> bool:
    return actor.partner_id is None or actor.partner_id == message.partner_id


def _tells_too_much(actor: Actor, purpose: str) -> bool:
    """Whether messages like this are for those who may see finances, and the actor may not (S9)."""
    return purpose in rules.WITH_FIGURES and not actor.sees_finances


def _told(actor: Actor, state: MailState, purpose: str) -> MailState:
    """What became of a message, without its subject where that may hold amounts."""
    return replace(state, subject=NOTHING) if _tells_too_much(actor, purpose) else state


def _why_hidden(actor: Actor, message: Content) -> Sentence:
    if _tells_too_much(actor, message.purpose):
        return WITHHELD
    if not message.secret:
        return NOTHING
    if not message.text:
        return say("The text held a link that signs somebody in. It was wiped once the message was settled.")
    here = settings()
    if here.env == "development" and here.mail_server is None:
        return NOTHING
    return say("The text holds a link that signs somebody in, so it is not shown here.")


def _against_queueing(message: Content) -> list[Reason]:
    state, channel = message.state.state, message.state.channel
    if state in rules.UNFINISHED:
        return [Reason("R5", say("This message is still on its way."), say("Wait for its next try."))]
    if state is State.SENT:
        remedy = say("Send a new one from the page it came from.")
        return [Reason("R5", say("This message was sent to everybody."), remedy)]
    if channel is Channel.SMS and settings().sms_url is None:
        remedy = say("Set PORTAL_SMS_URL, then queue the message again.")
        return [Reason("R3", say("No SMS gateway is set up."), remedy)]
    if channel is Channel.EMAIL and settings().mail_server is None:
        remedy = say("Set PORTAL_MAIL_URL, then queue the message again.")
        return [Reason("R3", say("No mail server is set up."), remedy)]
    if message.secret and not message.text:
        return [Reason("SEC22", say("The link in this message was wiped."), say("Ask for a new link instead."))]
    if not message.text:
        erased = say("The customer was removed, and this message erased.")
        return [Reason("L12", erased, say("It cannot be sent again."))]
    return []
