"""Messages on their way: when they are tried again, when they are given up, and how their state reads."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from portal.rules.errors import Invalid
from portal.rules.sentences import NOTHING, Sentence, say, together
from portal.rules.texts import ascii_domain

GIVE_UP_AFTER = timedelta(days=3)
LEAST_TRIES = 10
"""Mail is given up after three days, but never before so many tries: it may have waited for a stopped worker."""

MOST_STOPS = 3
"""A message whose sending came to no orderly end so often in a row is set aside (R29)."""

MOST_RECIPIENTS = 50
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"]{1,64}@[^\s@<>()\[\],;:\\\"]+\.?[^\s@<>()\[\],;:\\\".]+")


class Channel(StrEnum):
    """How a message leaves."""

    EMAIL = "email"
    SMS = "sms"


class State(StrEnum):
    """Of a message. A recipient is only ever queued, sent, failed or kept."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    PARTLY = "partly"
    FAILED = "failed"
    KEPT = "kept"


UNFINISHED = (State.QUEUED, State.SENDING)
LABELS = {
    State.QUEUED: say("Queued"),
    State.SENDING: say("Being sent"),
    State.SENT: say("Sent"),
    State.PARTLY: say("Partly sent"),
    State.FAILED: say("Failed"),
    State.KEPT: say("Kept here"),
}

WORDS = {
    State.QUEUED: say("queued"),
    State.SENDING: say("being sent"),
    State.SENT: say("sent"),
    State.PARTLY: say("partly sent"),
    State.FAILED: say("failed"),
    State.KEPT: say("kept here"),
}
"""The same inside a sentence."""


@dataclass(frozen=True, slots=True)
class RecipientState:
    """What became of one recipient, an address or a phone number. `error` is the server's last answer."""

    address: str
    state: State
    error: Sentence
    at: datetime | None


WITH_FIGURES = frozenset({"statement", "blocking", "session", "invoice", "reminder", "message", "membership"})
"""Purposes of messages that tell amounts, in words of their own or of whoever wrote them, or in files (S9)."""


@dataclass(frozen=True, slots=True)
class MailState:
    """What a page tells about one message. Instants are UTC."""

    public_id: str
    subject: Sentence
    state: State
    recipients: tuple[RecipientState, ...]
    tries: int
    error: Sentence
    created_at: datetime
    due_at: datetime
    finished_at: datetime | None
    channel: Channel = Channel.EMAIL

    @property
    def settled(self) -> bool:
        """Whether nothing more happens by itself."""
        return self.state not in UNFINISHED

    @property
    def label(self) -> Sentence:
        return LABELS[self.state]

    def sentence(self, now: datetime) -> Sentence:
        """The state in plain words: "Sent to accounts@acme.example at 22 Nov 2026, 10:32."."""
        if self.state is State.KEPT:
            return _KEPT_HERE[self.channel]
        if self.state is State.SENDING:
            return _BEING_SENT[self.channel]
        return together(self._sent(), *self._failed(), self._waiting(now))

    def _sent(self) -> Sentence:
        sent = [one for one in self.recipients if one.state is State.SENT]
        if not sent:
            return NOTHING
        last = max((one.at for one in sent if one.at), default=self.created_at)
        return say("Sent to {addresses} at {at}.", addresses=tuple(one.address for one in sent), at=last)

    def _failed(self) -> list[Sentence]:
        reasons: dict[Sentence, list[str]] = {}
        for one in self.recipients:
            if one.state is State.FAILED:
                reasons.setdefault(one.error, []).append(one.address)
        return [
            say("Failed for {addresses}: {error}", addresses=tuple(addresses), error=_whole(error))
            for error, addresses in reasons.items()
        ]

    def _waiting(self, now: datetime) -> Sentence:
        if self.state is not State.QUEUED:
            return NOTHING
        if not self.error:
            return say("Queued: it leaves within a minute.")
        if self.due_at <= now:
            return say("Waiting: {error} Next try in a moment.", error=_whole(self.error))
        return say("Waiting: {error} Next try at {at}.", error=_whole(self.error), at=self.due_at)


_KEPT_HERE = {
    Channel.EMAIL: say("Kept in the local outbox: no mail server is set up, so nothing leaves this computer."),
    Channel.SMS: say("Kept in the local outbox: no SMS gateway is set up, so nothing leaves this computer."),
}
_BEING_SENT = {
    Channel.EMAIL: say("Being handed to the mail server."),
    Channel.SMS: say("Being handed to the SMS gateway."),
}


def _whole(error: Sentence) -> Sentence:
    """An error with a full stop at its end, which the answers of servers do not have."""
    return error if str(error).endswith((".", "!", "?")) else say("{answer}.", answer=error)


def overall(recipients: Collection[str]) -> State:
    """The state of a message from those of its recipients."""
    kinds = set(recipients)
    if State.QUEUED in kinds:
        return State.QUEUED
    if State.KEPT in kinds:
        return State.KEPT
    if kinds == {State.SENT}:
        return State.SENT
    return State.PARTLY if State.SENT in kinds else State.FAILED


def pause(tries: int, luck: float) -> timedelta:
    """How long a message waits after its `tries`-th try: 30 seconds, doubling up to an hour (R5).

    `luck` between 0 and 1 spreads it by a fifth either way, so that messages do not come back all at once (R25).
    """
    return _spread(min(3600.0, 30.0 * 2 ** min(max(tries, 1) - 1, 10)), luck)


def server_pause(tries: int, luck: float) -> timedelta:
    """How long all mail waits while the server itself is out of reach: 10 seconds, doubling up to five minutes."""
    return _spread(min(300.0, 10.0 * 2 ** min(max(tries, 1) - 1, 10)), luck)


def _spread(seconds: float, luck: float) -> timedelta:
    return timedelta(seconds=seconds * (0.8 + 0.4 * luck))


def gives_up(created_at: datetime, now: datetime, tries: int) -> bool:
    """Whether a message has been tried for long enough."""
    return now - created_at >= GIVE_UP_AFTER and tries >= LEAST_TRIES


def check_header(name: str, text: str, longest: int) -> None:
    """Raise Invalid for a text that would break out of its header line (SEC47) or is too long."""
    if any(ord(c) < 32 or ord(c) == 127 or c in "\x85\u2028\u2029" for c in text):
        raise Invalid({name: say("This must be one line of text, without control characters.")})
    if len(text) > longest:
        raise Invalid({name: say("This is longer than {longest} characters. Please shorten it.", longest=longest)})


def check_address(name: str, address: str) -> None:
    """Raise Invalid for what is no email address, or more than one (SEC47)."""
    check_header(name, address, 254)
    if not _ADDRESS.fullmatch(address):
        text = say("“{address}” is not an email address. It should look like name@example.org.", address=address)
        raise Invalid({name: text})
    local, _, domain = address.rpartition("@")
    if not local.isascii():
        text = say(
            "Mail cannot be sent to “{address}”: before the @ it has letters other than a to z.", address=address
        )
        raise Invalid({name: text})
    try:
        ascii_domain(domain)
    except UnicodeError:
        text = say("“{address}” is not an email address: its domain cannot exist.", address=address)
        raise Invalid({name: text}) from None
