"""The outbox: mail and text messages are written with their cause, and this table tells what became of them."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import cast

from flask import current_app
from sqlalchemy import ColumnElement, Select, func, insert, or_, select, update

from portal.config import Settings
from portal.db.customers.erasing import Person, clean
from portal.db.customers.profiles import Profile
from portal.db.customers.removal import Tie
from portal.db.engine import db
from portal.db.jobs import waking
from portal.db.tables import Customer, Login, OutboxMessage, OutboxRecipient
from portal.db.types import new_public_id
from portal.outside import clock
from portal.rules import outbox as rules
from portal.rules.customers.removal import DOMAIN, PERSON, mail_ties
from portal.rules.errors import Invalid, Reason
from portal.rules.outbox import Channel, MailState, RecipientState, State
from portal.rules.sentences import NOTHING, PLAIN, Pen, Sentence, as_json, from_json, say, verbatim, write
from portal.rules.texts import email, email_key

LEASE = timedelta(minutes=5)
"""Longer than one message can take (`portal.outside.mail.LONGEST_SECONDS`)."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A stored file to be attached, by the id that `portal.db.files.keep` gave.

    One that is made when the message leaves has no id until then, and says in `makes` what makes it: a word that
    `portal.actions.outbox.making` knows, a space, and a public id.
    """

    file_id: int | None
    filename: str
    content_type: str
    makes: str = ""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that is ours to send until its lease ends. `recipients` are those still to be reached, by their id.

    `unanswered` counts how often in a row sending it came to no orderly end, before this time.
    """

    id: int
    public_id: str
    channel: Channel
    lease: str
    unanswered: int
    message_id: str
    subject: str
    text: str
    html: str
    sender_name: str
    reply_to: str
    secret: bool
    unsubscribe: str
    tries: int
    created_at: datetime
    attachments: tuple[Attachment, ...]
    all_addresses: tuple[str, ...]
    recipients: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Content:
    """A message as the back office shows it, with what is known of who caused it. `text` may be secret."""

    id: int
    state: MailState
    purpose: str
    message_id: str
    text: str
    secret: bool
    sender_name: str
    reply_to: str
    attachments: tuple[Attachment, ...]
    login_id: int | None
    sent_by: str
    customer_id: int | None
    customer_name: str
    customer_public_id: str
    partner_id: int | None


def queue(
    *,
    purpose: str,
    to: Sequence[str],
    subject: Sentence,
    text: str,
    html: str = "",
    pen: Pen | None = None,
    customer_id: int | None = None,
    login_id: int | None = None,
    attachments: Sequence[Attachment] = (),
    secret: bool = False,
    sender_name: str = "",
    reply_to: str = "",
    unsubscribe: str = "",
) -> str:
    """Write one mail into the caller's transaction and return its public id. The worker sends it after the commit.

    `purpose` is a short word such as "statement" or "reset". `pen` is the receiver's: it writes the subject that is
    sent, while staff read the sentence in their own language. `secret` mail holds a link that signs somebody in: its
    text is hidden in the back office and wiped once it is settled. `unsubscribe` is the address behind which mail of
    this kind is declined with one click (RFC 8058). Raises Invalid for an address, a subject or a
    name that is none, or that would break out of its header (SEC47).
    """
    written = _written(subject, pen)
    addresses = _checked(to, str(written["subject"]), sender_name, reply_to, attachments)
    listed = [_listed(one) for one in attachments]
    return _write(
        addresses,
        channel=Channel.EMAIL.value,
        purpose=purpose,
        subject_id=customer_id,
        login_id=login_id,
        reply_to=reply_to,
        sender_name=sender_name,
        text=text,
        html=html,
        attachments=listed,
        secret=secret,
        unsubscribe=unsubscribe,
        **written,
    )


def message_ids(public_ids: Collection[str]) -> list[str]:
    """The Message-IDs of messages with these public ids, as answers will name them."""
    return list(db.session.scalars(select(OutboxMessage.message_id).where(OutboxMessage.public_id.in_(public_ids))))


def queue_sms(*, purpose: str, to: str, subject: Sentence, text: str, customer_id: int) -> str:
    """Write one text message about a customer into the caller's transaction and return its public id.

    `to` is a phone number with its country code, as `rules.sms.number` gives it. `subject` names the message for
    staff; it is not sent. Raises Invalid for a subject that is none.
    """
    written = _written(subject, None)
    _check_subject(str(written["subject"]))
    return _write(
        [to],
        channel=Channel.SMS.value,
        purpose=purpose,
        subject_id=customer_id,
        login_id=None,
        reply_to="",
        sender_name="",
        text=text,
        html="",
        attachments=[],
        secret=False,
        unsubscribe="",
        **written,
    )


def _written(subject: Sentence, pen: Pen | None) -> dict[str, object]:
    """The columns of a subject: what is sent, and the sentence for staff."""
    return {"subject": write(subject, pen or PLAIN), "subject_parts": as_json(subject)}


def _write(addresses: Sequence[str], **values: object) -> str:
    """A message and its recipients; its public id."""
    public_id, now = new_public_id(), clock.now()
    made = {
        "public_id": public_id,
        "message_id": _new_message_id(public_id),
        "created_at": now,
        "due_at": now,
        **values,
    }
    key = db.session.execute(insert(OutboxMessage).values(made).returning(OutboxMessage.id)).scalar_one()
    db.session.execute(
        insert(OutboxRecipient), [{"outbox_message_id": key, "address": address} for address in addresses]
    )
    waking.after_commit()
    return public_id


def claim(now: datetime, channels: Collection[Channel] = tuple(Channel)) -> Claimed | None:
    """Take the next message that is due, or whose worker stopped, for the length of a lease; None when there is none.

    Only messages of `channels` are looked at.

    A message whose sending never came to an end is set aside on the way (R29).
    """
    for _ in range(100):
        row = db.session.scalars(_next(now, channels)).first()
        if row is None:
            return None
        unanswered = _unanswered(row.lease)
        if unanswered >= rules.MOST_STOPS:
            _set_aside(row, now)
            continue
        return _take(row, unanswered, now)
    return None


def settle(
    claimed: Claimed, outcomes: Mapping[int, tuple[State, Sentence]], *, due_at: datetime, now: datetime
) -> bool:
    """Write down what became of each recipient (by id: its state and the server's answer), and give the lease back.

    A message with recipients still queued is due again at `due_at`. False when the lease was lost meanwhile.
    """
    if not _still_ours(claimed):
        return False
    for key, (state, error) in outcomes.items():
        db.session.execute(
            update(OutboxRecipient).where(OutboxRecipient.id == key).values(state=state.value, error=error, at=now)
        )
    state = overall(claimed.id)
    error = next((text for _, text in outcomes.values() if text), NOTHING)
    _give_back(claimed, state, due_at, error, now)
    return True


def postpone(claimed: Claimed, *, due_at: datetime, error: Sentence, unanswered: int = 0) -> bool:
    """Give the lease back without an answer from the server; the message is due again at `due_at`.

    `unanswered` is how often in a row sending it failed on our side. False when the lease was lost meanwhile.
    """
    if not _still_ours(claimed):
        return False
    _give_back(claimed, State.QUEUED, due_at, error, clock.now(), lease=f"{unanswered}." if unanswered else "")
    return True


def hold_due(channel: Channel, now: datetime, *, due_at: datetime, error: Sentence) -> None:
    """Let everything of a channel that is due wait until `due_at`: its server is out of reach for all of it (R25)."""
    due = (OutboxMessage.state == State.QUEUED.value, OutboxMessage.due_at <= now)
    db.session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.channel == channel.value, *due)
        .values(due_at=due_at, last_error=error)
    )


def requeue(key: int, now: datetime, *, states: Collection[State]) -> None:
    """Start over for the recipients of one message that are in one of `states`."""
    db.session.execute(
        update(OutboxRecipient)
        .where(OutboxRecipient.outbox_message_id == key, OutboxRecipient.state.in_([s.value for s in states]))
        .values(state=State.QUEUED.value, error=NOTHING, at=None)
    )
    db.session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id == key)
        .values(
            state=State.QUEUED.value,
            due_at=now,
            tries=0,
            lease="",
            leased_until=None,
            last_error=NOTHING,
            finished_at=None,
        )
    )
    waking.after_commit()


def states_for(
    *,
    public_ids: Collection[str] | None = None,
    customer_id: int | None = None,
    login_id: int | None = None,
    limit: int = 20,
) -> list[MailState]:
    """The states of messages, newest first: those with these ids, about this customer, or sent by this login."""
    query = select(OutboxMessage)
    if public_ids is not None:
        query = query.where(OutboxMessage.public_id.in_(public_ids))
    if customer_id is not None:
        query = query.where(OutboxMessage.subject_id == customer_id)
    if login_id is not None:
        query = query.where(OutboxMessage.login_id == login_id)
    rows = db.session.scalars(query.order_by(OutboxMessage.id.desc()).limit(limit)).all()
    return _states(rows)


def page(
    *, state: State | None, partner_id: int | None, offset: int, limit: int
) -> tuple[list[tuple[MailState, str, str]], int]:
    """A page of the outbox, newest first, each with its purpose and its customer's name, and the number of all."""
    scope = _scoped(select(OutboxMessage.id), state, partner_id)
    total = db.session.scalar(select(func.count()).select_from(scope.subquery())) or 0
    keys = db.session.scalars(scope.order_by(OutboxMessage.id.desc()).offset(offset).limit(limit)).all()
    rows = db.session.execute(
        select(OutboxMessage, Customer.name)
        .outerjoin(Customer, Customer.id == OutboxMessage.subject_id)
        .where(OutboxMessage.id.in_(keys))
        .order_by(OutboxMessage.id.desc())
    ).all()
    states = _states([row[0] for row in rows])
    return [(s, row[0].purpose, row[1] or "") for s, row in zip(states, rows, strict=True)], total


def counts(partner_id: int | None = None) -> dict[State, int]:
    """How many messages there are in each state."""
    query = select(OutboxMessage.state, func.count()).group_by(OutboxMessage.state)
    if partner_id is not None:
        query = query.join(Customer, Customer.id == OutboxMessage.subject_id).where(Customer.partner_id == partner_id)
    found = {State(state): count for state, count in db.session.execute(query)}
    return {state: found.get(state, 0) for state in State}


def content(public_id: str) -> Content | None:
    """One message whole."""
    row = db.session.execute(
        select(OutboxMessage, Login.email, Customer.name, Customer.public_id, Customer.partner_id)
        .outerjoin(Login, Login.id == OutboxMessage.login_id)
        .outerjoin(Customer, Customer.id == OutboxMessage.subject_id)
        .where(OutboxMessage.public_id == public_id)
    ).first()
    if row is None:
        return None
    message: OutboxMessage = row[0]
    return Content(
        id=message.id,
        state=_states([message])[0],
        purpose=message.purpose,
        message_id=message.message_id,
        text=message.text,
        secret=message.secret,
        sender_name=message.sender_name,
        reply_to=message.reply_to,
        attachments=_attachments(message),
        login_id=message.login_id,
        sent_by=row[1] or "",
        customer_id=message.subject_id,
        customer_name=row[2] or "",
        customer_public_id=row[3] or "",
        partner_id=row[4],
    )


def due(now: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Which messages are to be sent: those whose time has come, and those whose worker stopped."""
    waits = (OutboxMessage.state == State.QUEUED.value) & (OutboxMessage.due_at <= now)
    left = (OutboxMessage.state == State.SENDING.value) & (OutboxMessage.leased_until < now)
    return waits, left


def overdue_since(now: datetime) -> datetime | None:
    """Since when the message that waits longest has been due without anybody taking it; None when none waits."""
    due = select(func.min(OutboxMessage.due_at)).where(
        OutboxMessage.state == State.QUEUED.value, OutboxMessage.due_at <= now
    )
    left = select(func.min(OutboxMessage.leased_until)).where(
        OutboxMessage.state == State.SENDING.value, OutboxMessage.leased_until <= now
    )
    found = [at for at in (db.session.scalar(due), db.session.scalar(left)) if at is not None]
    return min(found, default=None)


def stuck() -> list[Sentence]:
    """A sentence for each message that `flask doctor` reports: left in the middle, or waiting for too long."""
    now = clock.now()
    left = _ids(
        OutboxMessage.state == State.SENDING.value,
        or_(OutboxMessage.leased_until.is_(None), OutboxMessage.leased_until < now - timedelta(hours=1)),
    )
    old = _ids(
        OutboxMessage.state == State.QUEUED.value,
        OutboxMessage.due_at < now - timedelta(hours=1),
        OutboxMessage.created_at < now - rules.GIVE_UP_AFTER,
    )
    lost = db.session.scalars(
        select(OutboxMessage.public_id)
        .where(
            OutboxMessage.state.in_([State.SENT.value, State.FAILED.value]),
            OutboxMessage.id.in_(
                select(OutboxRecipient.outbox_message_id).where(OutboxRecipient.state == State.QUEUED.value)
            ),
        )
        .limit(20)
    ).all()
    return [
        *[
            say("Outbox message {message} was left in the middle of sending for more than an hour.", message=message)
            for message in left
        ],
        *[
            say(
                "Outbox message {message} has been waiting for more than three days, and nobody tries it.",
                message=message,
            )
            for message in old
        ],
        *[say("Outbox message {message} is settled, but a recipient of it still waits.", message=m) for m in lost],
    ]


def _ids(*conditions: object) -> Sequence[str]:
    query = select(OutboxMessage.public_id).where(*conditions)  # type: ignore[arg-type]
    return db.session.scalars(query.order_by(OutboxMessage.id).limit(20)).all()


def _checked(
    to: Sequence[str], subject: str, sender_name: str, reply_to: str, attachments: Iterable[Attachment]
) -> list[str]:
    addresses = list(dict.fromkeys(map(email, to)))
    if not addresses:
        raise Invalid({"to": say("Choose at least one recipient.")})
    if len(addresses) > rules.MOST_RECIPIENTS:
        most = rules.MOST_RECIPIENTS
        raise Invalid({"to": say("One message can have {most} recipients at most.", most=most)})
    for address in addresses:
        rules.check_address("to", address)
    _check_subject(subject)
    rules.check_header("sender_name", sender_name, 200)
    if reply_to:
        rules.check_address("reply_to", reply_to)
    for one in attachments:
        rules.check_header("attachments", one.filename, 200)
        rules.check_header("attachments", one.content_type, 100)
    return addresses


def _check_subject(subject: str) -> None:
    if not subject.strip():
        raise Invalid({"subject": say("Write a subject.")})
    rules.check_header("subject", subject, 300)


def _new_message_id(public_id: str) -> str:
    """Made once, so that a message sent twice after a crash is known to be the same (R2)."""
    settings: Settings = current_app.config["PORTAL_SETTINGS"]
    domain = parseaddr(settings.mail_from)[1].rpartition("@")[2] or "localhost"
    return f"<{public_id}.{secrets.token_hex(6)}@{domain}>"


def _next(now: datetime, channels: Collection[Channel]) -> Select[OutboxMessage]:
    query = select(OutboxMessage).where(or_(*due(now)))
    if len(channels) < len(Channel):
        query = query.where(OutboxMessage.channel.in_([one.value for one in channels]))
    query = query.order_by(OutboxMessage.due_at, OutboxMessage.id).limit(1)
    return query.with_for_update(skip_locked=True)


def _unanswered(lease: str) -> int:
    """A lease begins with the number of earlier ones in a row that came to no orderly end: "2.9f3c…"."""
    count = lease.partition(".")[0]
    return int(count) if count.isdigit() else 0


def _take(row: OutboxMessage, unanswered: int, now: datetime) -> Claimed:
    row.state = State.SENDING
    row.lease = f"{unanswered + 1}.{secrets.token_hex(16)}"
    row.leased_until = now + LEASE
    row.tries += 1
    db.session.flush()
    recipients = db.session.execute(
        select(OutboxRecipient.id, OutboxRecipient.address, OutboxRecipient.state)
        .where(OutboxRecipient.outbox_message_id == row.id)
        .order_by(OutboxRecipient.id)
    ).all()
    return Claimed(
        id=row.id,
        public_id=row.public_id,
        channel=Channel(row.channel),
        lease=row.lease,
        unanswered=unanswered,
        message_id=row.message_id,
        subject=row.subject,
        text=row.text,
        html=row.html,
        sender_name=row.sender_name,
        reply_to=row.reply_to,
        secret=row.secret,
        unsubscribe=row.unsubscribe,
        tries=row.tries,
        created_at=row.created_at,
        attachments=_attachments(row),
        all_addresses=tuple(one.address for one in recipients),
        recipients={one.id: one.address for one in recipients if one.state == State.QUEUED.value},
    )


def _attachments(row: OutboxMessage) -> tuple[Attachment, ...]:
    return tuple(_attachment(one) for one in row.attachments)


def _attachment(one: Mapping[str, object]) -> Attachment:
    stored = int(str(one["file_id"])) if "file_id" in one else None
    return Attachment(stored, str(one["filename"]), str(one["content_type"]), str(one.get("makes", "")))


def _listed(one: Attachment) -> dict[str, object]:
    listed: dict[str, object] = {"filename": one.filename, "content_type": one.content_type}
    return {**listed, "makes": one.makes} if one.file_id is None else {**listed, "file_id": one.file_id}


def attach(claimed: Claimed, attachments: Sequence[Attachment]) -> bool:
    """Keep with a message the files that were made for it; False when the lease was lost meanwhile."""
    if not _still_ours(claimed):
        return False
    m = OutboxMessage
    db.session.execute(update(m).where(m.id == claimed.id).values(attachments=[_listed(one) for one in attachments]))
    return True


def _set_aside(row: OutboxMessage, now: datetime) -> None:
    error = say("Set aside: sending it stopped the worker {times} times in a row.", times=rules.MOST_STOPS)
    db.session.execute(
        update(OutboxRecipient)
        .where(OutboxRecipient.outbox_message_id == row.id, OutboxRecipient.state == State.QUEUED.value)
        .values(state=State.FAILED.value, error=error, at=now)
    )
    row.state = overall(row.id)
    row.lease, row.leased_until = "", None
    row.last_error, row.finished_at = error, now
    if row.secret:
        row.text = row.html = ""
    db.session.flush()


def _still_ours(claimed: Claimed) -> bool:
    query = select(OutboxMessage.id).where(OutboxMessage.id == claimed.id, OutboxMessage.lease == claimed.lease)
    return db.session.scalar(query.with_for_update()) is not None


def overall(key: int) -> State:
    """The state of a message, as its recipients make it."""
    query = select(OutboxRecipient.state).where(OutboxRecipient.outbox_message_id == key)
    return rules.overall(db.session.scalars(query).all())


def _give_back(
    claimed: Claimed, state: State, due_at: datetime, error: Sentence, now: datetime, *, lease: str = ""
) -> None:
    finished = state not in rules.UNFINISHED
    values: dict[str, object] = {
        "state": state.value,
        "lease": lease,
        "leased_until": None,
        "last_error": error,
        "finished_at": now if finished else None,
    }
    if not finished:
        values["due_at"] = due_at
    if claimed.secret and (state in (State.SENT, State.PARTLY, State.FAILED) or (finished and _production())):
        values |= {"text": "", "html": ""}
    db.session.execute(update(OutboxMessage).where(OutboxMessage.id == claimed.id).values(values))


def _production() -> bool:
    settings: Settings = current_app.config["PORTAL_SETTINGS"]
    return settings.production


def _scoped(query: Select[int], state: State | None, partner_id: int | None) -> Select[int]:
    if state is not None:
        query = query.where(OutboxMessage.state == state.value)
    if partner_id is not None:
        query = query.join(Customer, Customer.id == OutboxMessage.subject_id).where(Customer.partner_id == partner_id)
    return query


def _states(rows: Sequence[OutboxMessage]) -> list[MailState]:
    found = db.session.scalars(
        select(OutboxRecipient)
        .where(OutboxRecipient.outbox_message_id.in_([row.id for row in rows]))
        .order_by(OutboxRecipient.id)
    )
    recipients: dict[int, list[RecipientState]] = {row.id: [] for row in rows}
    for one in found:
        recipients[one.outbox_message_id].append(RecipientState(one.address, State(one.state), one.error, one.at))
    return [_state(row, recipients[row.id]) for row in rows]


def _state(row: OutboxMessage, recipients: Sequence[RecipientState]) -> MailState:
    return MailState(
        public_id=row.public_id,
        subject=from_json(row.subject_parts) if row.subject_parts else verbatim(row.subject),
        state=State(row.state),
        recipients=tuple(recipients),
        tries=row.tries,
        error=row.last_error,
        created_at=row.created_at,
        due_at=row.due_at,
        finished_at=row.finished_at,
        channel=Channel(row.channel),
    )


# Erasing --------------------------------------------------------------------------------------------------------------


def _erase(person: Person, at: datetime) -> Collection[int]:
    """Mail about the customer or to nobody else is emptied, and not sent any more; other mail loses its words."""
    m, r = OutboxMessage, OutboxRecipient
    reached = select(r.outbox_message_id).where(func.lower(r.address).in_(person.emails))
    rows = db.session.execute(
        select(m.id, m.subject_id, m.attachments).where(
            or_(m.subject_id == person.id, m.login_id.in_(person.logins), m.id.in_(reached))
        )
    ).all()
    files: set[int] = set()
    for row in rows:
        addresses = db.session.execute(select(r.id, r.address).where(r.outbox_message_id == row.id)).all()
        theirs = [one.id for one in addresses if email_key(one.address) in person.emails]
        if row.subject_id == person.id or len(theirs) == len(addresses):
            files |= {int(cast(int, one["file_id"])) for one in row.attachments if "file_id" in one}
            _empty_mail(row.id, [one.id for one in addresses], at)
        else:
            _forget_recipients(theirs)
            _settle_mail(row.id, at)
    texts = (m.subject, m.subject_parts, m.text, m.html, m.sender_name, m.last_error, m.attachments)
    scope = or_(m.subject_id.in_(person.neighbours), m.login_id.in_(person.logins), m.id.in_([row.id for row in rows]))
    clean(m, texts, person, scope)
    db.session.execute(update(m).where(func.lower(m.reply_to).in_(person.emails)).values(reply_to=""))
    return files


def _empty_mail(key: int, recipients: Collection[int], at: datetime) -> None:
    _forget_recipients(recipients)
    empty: dict[str, object] = {
        "subject": PERSON,
        "subject_parts": None,
        "text": "",
        "html": "",
        "sender_name": "",
        "reply_to": "",
        "attachments": [],
    }
    db.session.execute(update(OutboxMessage).where(OutboxMessage.id == key).values(**empty, last_error=NOTHING))
    _settle_mail(key, at)


def _forget_recipients(keys: Collection[int]) -> None:
    r = OutboxRecipient
    db.session.execute(update(r).where(r.id.in_(keys), r.state == "queued").values(state="failed"))
    db.session.execute(update(r).where(r.id.in_(keys)).values(address=f"removed@{DOMAIN}", error=NOTHING))


def _settle_mail(key: int, at: datetime) -> None:
    """Mail that waited for nobody else waits no more."""
    waits = OutboxMessage.state == "queued"
    state = overall(key)
    if state.value not in ("queued", "sending"):
        ended = {"state": state.value, "finished_at": at}
        db.session.execute(update(OutboxMessage).where(OutboxMessage.id == key, waits).values(ended))


ERASES = _erase


def _ties(profile: Profile) -> list[Reason]:
    m, theirs = OutboxMessage, select(Login.id).where(Login.customer_id == profile.id)
    about = or_(m.subject_id == profile.id, m.login_id.in_(theirs))
    leaving = select(func.count()).select_from(m).where(about, m.state == State.SENDING)
    return mail_ties(profile.name, db.session.scalar(leaving) or 0)


TIES = Tie(70, _ties)
