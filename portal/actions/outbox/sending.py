"""Sending what stands in the outbox.

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
from typing import Protocol

import structlog
from flask import current_app
from sqlalchemy.exc import DBAPIError

from portal.actions.outbox.making import LeaseLost, prepared
from portal.config import Settings
from portal.db import files as stored
from portal.db import outbox
from portal.db.engine import snapshot, writes
from portal.db.outbox import Claimed
from portal.outside import clock, files, mail
from portal.outside.mail import Dropped, Enclosure, Letter, ServerTrouble, Verdict
from portal.rules import outbox as rules
from portal.rules.errors import Busy, PortalError
from portal.rules.outbox import Channel, State
from portal.rules.sentences import NOTHING, Sentence, say, together

log = structlog.get_logger("portal.outbox")

BATCH = 200


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
    with _ways(settings()) as ways:
        for _ in range(limit):
            claimed = _claim(open_channels) if open_channels and keep_going() else None
            if claimed is None:
                break
            way = ways.get(claimed.channel)
            if way is None:
                _keep_here(claimed, tally)
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
        verdicts = way.hand_in(prepared(claimed))
    except LeaseLost:
        log.warning("lease lost", message=claimed.public_id)
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


def _keep_here(claimed: Claimed, tally: Tally) -> None:
    """Keep a message that no server takes, with its files."""
    try:
        prepared(claimed)
        _keep(claimed)
    except LeaseLost:
        log.warning("lease lost", message=claimed.public_id)
    except (Busy, DBAPIError):
        raise
    except Exception as fault:  # a message that cannot be put together must not stop the others
        log.error("message cannot be kept", message=claimed.public_id, exc_info=fault)
        _stumble(claimed, fault, tally)
    else:
        tally.kept += 1


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
    attached = [(one, one.file_id) for one in claimed.attachments if one.file_id is not None]
    facts = _files([file_id for _, file_id in attached])
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
        unsubscribe=claimed.unsubscribe,
        enclosures=[
            Enclosure(one.filename, one.content_type, files.read(facts[file_id].sha256)) for one, file_id in attached
        ],
    )


@snapshot
def _files(ids: Collection[int]) -> dict[int, stored.FileFacts]:
    """Read in a transaction that ends at once: the mail server is not waited for with one open."""
    return stored.by_ids(ids)


def _luck() -> float:
    return random.random()  # noqa: S311


def settings() -> Settings:
    settings: Settings = current_app.config["PORTAL_SETTINGS"]
    return settings
