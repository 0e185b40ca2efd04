"""Mail to one person, written with their pen and queued in the running transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from portal.db import outbox
from portal.outside import mail_texts
from portal.outside.pens import LocalePen
from portal.rules.sentences import Sentence, write

LONGEST_IN_SUBJECT = 100
"""Characters of a name, so that a subject with two of them fits into its header."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """Whom a mail goes to, and what is written with. `customer_id` is whom it is about, `login_id` whom it is for.

    `secret` mail holds a link that signs somebody in. `unsubscribe` is where such mail is declined with one click.
    Answers go to `reply_to`, or to where it comes from.
    """

    to: str
    pen: LocalePen
    sender_name: str
    customer_id: int | None
    login_id: int | None
    secret: bool = False
    attachments: Sequence[outbox.Attachment] = ()
    unsubscribe: str = ""
    reply_to: str = ""


def short(name: str) -> str:
    """A name as it stands in a subject."""
    return name if len(name) <= LONGEST_IN_SUBJECT else f"{name[: LONGEST_IN_SUBJECT - 1]}…"


def send(purpose: str, envelope: Envelope, subject: Sentence, **values: object) -> str:
    """Queue the mail `templates/emails/<purpose>`, with the sentences, days and instants among `values` written out;
    its public id.

    Raises Invalid for a name that would break out of the subject (SEC47).
    """
    pen = envelope.pen
    _line, text, html = mail_texts.render(
        purpose,
        email=envelope.to,
        sender=envelope.sender_name,
        subject=write(subject, pen),
        **{name: _written(value, pen) for name, value in values.items()},
    )
    return outbox.queue(
        purpose=purpose,
        to=[envelope.to],
        subject=subject,
        text=text,
        html=html,
        pen=pen,
        customer_id=envelope.customer_id,
        login_id=envelope.login_id,
        attachments=envelope.attachments,
        secret=envelope.secret,
        sender_name=envelope.sender_name,
        unsubscribe=envelope.unsubscribe,
        reply_to=envelope.reply_to,
    )


def _written(value: object, pen: LocalePen) -> object:
    if isinstance(value, Sentence):
        return write(value, pen)
    if isinstance(value, datetime):
        return pen.moment(value)
    if isinstance(value, date):
        return pen.day(value)
    if isinstance(value, list | tuple):
        return [_written(part, pen) for part in value]
    return value
