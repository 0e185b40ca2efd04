"""When mail is tried again, when it is given up, and how its state reads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules import outbox
from portal.rules.errors import Invalid
from portal.rules.outbox import MailState, RecipientState, State
from portal.rules.sentences import say, verbatim

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def state(of: State, *recipients: RecipientState, error: str = "", due: datetime = NOW) -> MailState:
    return MailState("0" * 20, say("Hello"), of, recipients, 1, verbatim(error), NOW, due, None)


def one(address: str, of: State, error: str = "", at: datetime | None = NOW) -> RecipientState:
    return RecipientState(address, of, verbatim(error), at)


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_pauses_grow_to_their_limit_and_are_spread_by_a_fifth(tries: int, luck: float) -> None:
    for pause, least, most in ((outbox.pause, 30, 3600), (outbox.server_pause, 10, 300)):
        seconds = pause(tries, luck).total_seconds()
        assert 0.8 * least <= seconds <= 1.2 * most
        assert pause(tries, 0.5) <= pause(tries + 1, 0.5)


@pytest.mark.parametrize(
    ("age", "tries", "gives_up"),
    [(timedelta(days=2, hours=23), 500, False), (timedelta(days=3), 9, False), (timedelta(days=3), 10, True)],
)
def test_mail_is_given_up_after_three_days_and_ten_tries(age: timedelta, tries: int, gives_up: bool) -> None:
    assert outbox.gives_up(NOW - age, NOW, tries) is gives_up


@pytest.mark.parametrize(
    ("recipients", "expected"),
    [
        (["sent", "sent"], State.SENT),
        (["sent", "failed"], State.PARTLY),
        (["failed", "failed"], State.FAILED),
        (["sent", "queued"], State.QUEUED),
        (["failed", "queued"], State.QUEUED),
        (["kept", "kept"], State.KEPT),
    ],
)
def test_a_message_is_what_its_recipients_are(recipients: list[str], expected: State) -> None:
    assert outbox.overall(recipients) is expected


def test_sentences() -> None:
    sent, lost = one("a@x.example", State.SENT), one("b@x.example", State.FAILED, "550 No such user")
    waits = one("c@x.example", State.QUEUED, "451 Later", None)
    later = NOW + timedelta(minutes=10)
    said = {
        state(State.QUEUED, waits): "Queued: it leaves within a minute.",
        state(State.SENDING, waits): "Being handed to the mail server.",
        state(State.SENT, sent): "Sent to a@x.example at 2026-11-22T09:30:00Z.",
        state(State.FAILED, lost): "Failed for b@x.example: 550 No such user.",
        state(
            State.PARTLY, sent, lost
        ): "Sent to a@x.example at 2026-11-22T09:30:00Z. Failed for b@x.example: 550 No such user.",
        state(State.QUEUED, sent, waits, error="451 Later", due=later): (
            "Sent to a@x.example at 2026-11-22T09:30:00Z. Waiting: 451 Later. Next try at 2026-11-22T09:40:00Z."
        ),
        state(State.QUEUED, waits, error="451 Later"): "Waiting: 451 Later. Next try in a moment.",
    }
    for mail, sentence in said.items():
        assert str(mail.sentence(NOW)) == sentence


@pytest.mark.parametrize("address", ["a@x.example", "o'hara+kith@sub.x.example", "a@münchen.example", "x_y-z@x.co"])
def test_addresses_that_mail_can_reach(address: str) -> None:
    outbox.check_address("to", address)


@given(st.text(max_size=60))
def test_sec47_no_accepted_address_or_header_breaks_its_line(text: str) -> None:
    for check in (lambda: outbox.check_address("to", text), lambda: outbox.check_header("subject", text, 60)):
        try:
            check()
        except Invalid:
            continue
        assert len(text.splitlines()) <= 1
        assert text.isprintable() or not any(ord(character) < 32 for character in text)
