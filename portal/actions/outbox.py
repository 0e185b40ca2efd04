"""Sending what stands in the outbox, and looking after it.

A message is claimed with a lease in one short transaction, handed to its server outside of any, and settled in
another. A worker that dies in between loses nothing: the lease ends, and the message goes out again with the same
Message-ID (R1, R2).
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol

import structlog
from flask import current_app
from sqlalchemy.exc import DBAPIError

from portal.actions import access
from portal.config import Settings
from portal.db import files as stored
from portal.db import outbox
from portal.db.audit import records as audit
from portal.db.engine import snapshot, writes
from portal.db.jobs import queue as jobs
from portal.db.outbox import Claimed, Content
from portal.outside import clock, files, mail
from portal.outside.mail import Dropped, Enclosure, Letter, ServerTrouble, Verdict
from portal.rules import outbox as rules
from portal.rules.deciding import Actor
from portal.rules.errors import Busy, Missing, PortalError, Reason, Refused
from portal.rules.outbox import Channel, MailState, State
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say, together

log = structlog.get_logger("portal.outbox")

BATCH = 200
PAGE_SIZE = 50


@dataclass(slots=True)
class Tally:
    """What one round of sending did, in messages. `server_trouble` says which servers are out of reach, and why."""

    sent: int = 0
    later: int = 0
    failed: int = 0
    kept: int = 0
    server_trouble: Sentence = NOTHING

    @property
    def handled(self) -> int:
        return self.sent + self.later + self.failed + self.kept

    @property
    def stuck(self) -> bool:
        """Whether a server was out of reach and nothing left by another."""
        return bool(self.server_trouble) and not (self.sent or self.kept)

    def add(self, other: Tally) -> None:
        """Count another round in."""
        self.sent += other.sent
        self.later += other.later
        self.failed += other.failed
        self.kept += other.kept
        self.server_trouble = other.server_trouble


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
    """One message for the back office. `text` is None where it is hidden or wiped, and `hidden` says why."""

    state: MailState
    purpose: str
    message_id: str
    text: str | None
    hidden: Sentence
    sender_name: str
    reply_to: str
    attachments: tuple[outbox.Attachment, ...]
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


class Way(Protocol):
    """How the messages of one channel leave."""

    def hand_in(self, claimed: Claimed) -> Mapping[str, Verdict]:
        """The server's answer for each recipient. Raises Dropped and ServerTrouble."""


class _ByMail:
    def __init__(self, line: mail.Line) -> None:
        self._line = line

    def hand_in(self, claimed: Claimed) -> Mapping[str, Verdict]:
        return self._line.hand_in(_letter(claimed))


class _BySms:
    def __init__(self, url: str) -> None:
        from portal.outside.sms import Gateway  # loading it takes a second, which only installations with SMS spend

        self._gateway = Gateway(url)

    def hand_in(self, claimed: Claimed) -> Mapping[str, Verdict]:
        return {number: self._gateway.send(number, claimed.text) for number in claimed.recipients.values()}


@contextlib.contextmanager
def _ways(settings: Settings) -> Iterator[dict[Channel, Way]]:
    """How messages leave by the channels that have a server."""
    with mail.Line(settings) as line:
        ways: dict[Channel, Way] = {}
        if settings.mail_server is not None:
            ways[Channel.EMAIL] = _ByMail(line)
        if settings.sms_url is not None:
            ways[Channel.SMS] = _BySms(settings.sms_url)
        yield ways


def send_due(limit: int = BATCH, keep_going: Callable[[], bool] = lambda: True) -> Tally:
    """Send up to `limit` messages that are due, one after the other, mail over one line to the server.

    Leaves a channel alone when its server is out of reach (everything due there then waits, R25), and stops when
    `keep_going` says so. Without a server messages are kept in the local outbox. Never raises for a message: its
    trouble is written beside it.
    """
    tally = Tally()
    drops = dict.fromkeys(Channel, 0)
    open_channels = set(Channel)
    with _ways(_settings()) as ways:
        for _ in range(limit):
            claimed = _claim(open_channels) if open_channels and keep_going() else None
            if claimed is None:
                break
            way = ways.get(claimed.channel)
            if way is None:
                _keep(claimed)
                tally.kept += 1
                continue
            trouble = _send(way, claimed, drops, tally)
            if trouble:
                tally.server_trouble = together(tally.server_trouble, trouble)
                open_channels.discard(claimed.channel)
    if tally.handled:
        log.info("messages", sent=tally.sent, later=tally.later, failed=tally.failed, kept=tally.kept)
    return tally


def _send(way: Way, claimed: Claimed, drops: dict[Channel, int], tally: Tally) -> Sentence:
    """Send one message; a sentence when its server cannot be used now.

    `drops` counts the messages in a row over which a server hung up.
    """
    before, drops[claimed.channel] = drops[claimed.channel], 0
    try:
        verdicts = way.hand_in(claimed)
    except Dropped as trouble:
        # One message may be what the server stumbles over: others go on. Two in a row are the server's own trouble.
        drops[claimed.channel] = before + 1
        tally.later += 1
        if before:
            _wait_for_server(claimed, trouble.sentence)
            return trouble.sentence
        _postpone(claimed, trouble.sentence)
    except ServerTrouble as trouble:
        _wait_for_server(claimed, trouble.sentence)
        tally.later += 1
        return trouble.sentence
    except (Busy, DBAPIError):
        raise
    except Exception as fault:  # a message that cannot be put together must not stop the others
        log.error("message cannot be sent", message=claimed.public_id, exc_info=fault)
        _stumble(claimed, fault, tally)
    else:
        _count(_settle(claimed, verdicts), tally)
    return NOTHING


@writes
def _claim(channels: Collection[Channel] = tuple(Channel)) -> Claimed | None:
    return outbox.claim(clock.now(), channels)


@writes
def _keep(claimed: Claimed) -> None:
    outcomes = dict.fromkeys(claimed.recipients, (State.KEPT, NOTHING))
    outbox.settle(claimed, outcomes, due_at=clock.now(), now=clock.now())


@writes
def _settle(claimed: Claimed, verdicts: Mapping[str, Verdict]) -> State:
    now = clock.now()
    tired = rules.gives_up(claimed.created_at, now, claimed.tries)
    outcomes = {key: _outcome(verdicts[address], tired) for key, address in claimed.recipients.items()}
    due_at = now + rules.pause(claimed.tries, _luck())
    if not outbox.settle(claimed, outcomes, due_at=due_at, now=now):
        log.warning("lease lost", message=claimed.public_id)
    return rules.overall([state.value for state, _ in outcomes.values()])


def _outcome(verdict: Verdict, tired: bool) -> tuple[State, Sentence]:
    if verdict.accepted:
        return State.SENT, NOTHING
    if verdict.permanent:
        return State.FAILED, verdict.text
    return (State.FAILED, _given_up(verdict.text)) if tired else (State.QUEUED, verdict.text)


@writes
def _postpone(claimed: Claimed, error: Sentence, unanswered: int = 0) -> None:
    now = clock.now()
    if rules.gives_up(claimed.created_at, now, claimed.tries):
        _fail(claimed, _given_up(error), now)
    else:
        due_at = now + rules.pause(claimed.tries, _luck())
        outbox.postpone(claimed, due_at=due_at, error=error, unanswered=unanswered)


@writes
def _wait_for_server(claimed: Claimed, error: Sentence) -> None:
    now = clock.now()
    due_at = now + rules.server_pause(claimed.tries, _luck())
    if rules.gives_up(claimed.created_at, now, claimed.tries):
        _fail(claimed, _given_up(error), now)
    else:
        outbox.postpone(claimed, due_at=due_at, error=error)
    outbox.hold_due(claimed.channel, now, due_at=due_at, error=error)
    log.warning("server out of reach", channel=claimed.channel.value, error=str(error))


@writes
def _set_aside(claimed: Claimed, error: Sentence) -> None:
    _fail(claimed, error, clock.now())


def _stumble(claimed: Claimed, fault: Exception, tally: Tally) -> None:
    """A fault on our side, such as an attachment that is gone: tried again a few times, then set aside (R29)."""
    reason = fault.sentence if isinstance(fault, PortalError) else say("the message cannot be put together")
    if claimed.unanswered + 1 >= rules.MOST_STOPS:
        _set_aside(claimed, say("Set aside after {tries} tries: {reason}", tries=rules.MOST_STOPS, reason=reason))
        tally.failed += 1
    else:
        _postpone(claimed, reason, unanswered=claimed.unanswered + 1)
        tally.later += 1


def _fail(claimed: Claimed, error: Sentence, now: datetime) -> None:
    outcomes = dict.fromkeys(claimed.recipients, (State.FAILED, error))
    outbox.settle(claimed, outcomes, due_at=now, now=now)


def _given_up(error: Sentence) -> Sentence:
    days = rules.GIVE_UP_AFTER.days
    return say("Given up after {days} days. The last answer: {error}", days=days, error=error)


def _count(state: State, tally: Tally) -> None:
    if state is State.QUEUED:
        tally.later += 1
    elif state is State.FAILED:
        tally.failed += 1
    else:
        tally.sent += 1


def _letter(claimed: Claimed) -> Letter:
    facts = _files([one.file_id for one in claimed.attachments])
    return Letter(
        message_id=claimed.message_id,
        subject=claimed.subject,
        text=claimed.text,
        html=claimed.html,
        sender_name=claimed.sender_name,
        reply_to=claimed.reply_to,
        to=claimed.all_addresses,
        recipients=list(claimed.recipients.values()),
        written_at=claimed.created_at,
        enclosures=[
            Enclosure(one.filename, one.content_type, files.read(facts[one.file_id].sha256))
            for one in claimed.attachments
        ],
    )


@snapshot
def _files(ids: Collection[int]) -> dict[int, stored.FileFacts]:
    """Read in a transaction that ends at once: the mail server is not waited for with one open."""
    return stored.by_ids(ids)


def _luck() -> float:
    return random.random()  # noqa: S311


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
        rows=tuple(OutboxRow(*row) for row in rows),
        total=total,
        number=number,
        pages=max(1, -(-total // PAGE_SIZE)),
        counts=outbox.counts(actor.partner_id),
        worker_alive=jobs.worker_alive(),
        server_set=_settings().mail_server is not None,
        sms_set=_settings().sms_url is not None,
        sms_used=any(row[0].channel is Channel.SMS for row in rows),
    )


@snapshot
def open_message(actor: Actor, public_id: str) -> OutboxMessageView:
    """One message with its text, for staff. Raises Missing."""
    message = _for_staff(actor, public_id)
    hidden = _why_hidden(message)
    return OutboxMessageView(
        state=message.state,
        purpose=message.purpose,
        message_id=message.message_id,
        text=None if hidden else message.text,
        hidden=hidden,
        sender_name=message.sender_name,
        reply_to=message.reply_to,
        attachments=message.attachments,
        sent_by=message.sent_by,
        customer_name=message.customer_name,
        customer_public_id=message.customer_public_id,
        can_queue_again=not _against_queueing(message),
    )


@snapshot
def open_attachment(actor: Actor, public_id: str, index: int) -> AttachedFile:
    """The `index`-th attachment of a message (from 0), for staff. Raises Missing."""
    message = _for_staff(actor, public_id)
    if not 0 <= index < len(message.attachments):
        raise Missing()
    attachment = message.attachments[index]
    facts = stored.by_ids([attachment.file_id])[attachment.file_id]
    return AttachedFile(files.open_stored(facts.sha256), attachment.filename, attachment.content_type, facts.size)


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
        say("Queued “{subject}” again", subject=message.state.subject),
        subject_id=message.customer_id,
        message=message.message_id,
    )
    again = outbox.content(public_id)
    assert again is not None
    return again.state


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


def _why_hidden(message: Content) -> Sentence:
    if not message.secret:
        return NOTHING
    if not message.text:
        return say("The text held a link that signs somebody in. It was wiped once the message was settled.")
    settings = _settings()
    if settings.env == "development" and settings.mail_server is None:
        return NOTHING
    return say("The text holds a link that signs somebody in, so it is not shown here.")


def _against_queueing(message: Content) -> list[Reason]:
    state, channel = message.state.state, message.state.channel
    if state in rules.UNFINISHED:
        return [Reason("R5", say("This message is still on its way."), say("Wait for its next try."))]
    if state is State.SENT:
        remedy = say("Send a new one from the page it came from.")
        return [Reason("R5", say("This message was sent to everybody."), remedy)]
    if channel is Channel.SMS and _settings().sms_url is None:
        remedy = say("Set PORTAL_SMS_URL, then queue the message again.")
        return [Reason("R3", say("No SMS gateway is set up."), remedy)]
    if channel is Channel.EMAIL and _settings().mail_server is None:
        remedy = say("Set PORTAL_MAIL_URL, then queue the message again.")
        return [Reason("R3", say("No mail server is set up."), remedy)]
    if message.secret and not message.text:
        return [Reason("SEC22", say("The link in this message was wiped."), say("Ask for a new link instead."))]
    if not message.text:
        erased = say("The customer was removed, and this message erased.")
        return [Reason("L12", erased, say("It cannot be sent again."))]
    return []


def _settings() -> Settings:
    settings: Settings = current_app.config["PORTAL_SETTINGS"]
    return settings
