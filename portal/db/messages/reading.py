"""Reading messages to many: what became of each, and what a customer got in the portal (O2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, update
from sqlalchemy.orm import aliased

from portal.db.engine import db
from portal.db.rows import columns, field_names, first_of, values_of
from portal.db.tables import Customer, Message, MessageRecipient, OutboxMessage, Partner
from portal.rules.messages.states import CopyState, MessageKind, MessageState, Way, Why
from portal.rules.outbox import State
from portal.rules.sentences import Sentence


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message as the table has it; `partner` is the name of the one whose customers it is for, "" for several."""

    id: int
    public_id: str
    external_id: str | None
    partner_id: int | None
    partner: str
    kind: MessageKind
    subject: str
    text: str
    ways: str
    filters: dict[str, str]
    state: MessageState
    due_at: datetime
    created_at: datetime
    actor: str
    finished_at: datetime | None

    @property
    def reference(self) -> str:
        """The external id, or the public id of one without."""
        return self.external_id or self.public_id

    @property
    def asked_ways(self) -> tuple[Way, ...]:
        return tuple(Way(one) for one in self.ways.split(","))


@dataclass(frozen=True, slots=True)
class CopyRow:
    """What became of a customer's copy. `reader` is the name of who reads it, `other` the reference of the customer
    whose copy goes to the same address, as `other_address` has it; `error` what a server said.
    """

    id: int
    customer: str
    name: str
    public_id: str
    reader: str | None
    way: Way | None
    address: str
    state: CopyState
    why: Why
    other: str | None
    other_address: str | None
    error: Sentence | None
    at: datetime | None


class Number(NamedTuple):
    """How many copies there are of a state, for one reason."""

    state: CopyState
    why: Why
    copies: int


class Got(NamedTuple):
    """A message in the portal, as its reader finds it. `customer` names whom it concerns."""

    id: int
    public_id: str
    kind: MessageKind
    subject: str
    text: str
    at: datetime
    read_at: datetime | None
    message_id: int
    customer_id: int
    customer: str
    reader_id: int


def became() -> ColumnElement[Any]:
    """The state of a copy: that of what it became in the outbox."""
    r, m = MessageRecipient, OutboxMessage
    return case(
        (r.outbox_id.is_(None), r.state),
        (m.state.in_([State.QUEUED, State.SENDING]), CopyState.WAITING),
        (m.state == State.FAILED, CopyState.FAILED),
        else_=CopyState.SENT,
    )


def _query() -> Select[Any]:
    m = Message
    own = {name: getattr(m, name) for name in field_names(MessageRow) if name != "partner"}
    query = select(*columns(MessageRow, **own, partner=func.coalesce(Partner.name, "")))
    return query.select_from(m).outerjoin(Partner, Partner.id == m.partner_id)


def named(reference: str) -> MessageRow | None:
    """The message with this external id, or with this public id."""
    m = Message
    query = _query().where(or_(m.external_id == reference, m.public_id == reference))
    found = values_of(MessageRow, db.session.execute(query))
    found.sort(key=lambda one: one.external_id != reference)
    return found[0] if found else None


def latest(bound_to: int | None, limit: int) -> list[MessageRow]:
    """The messages for customers of a partner, or all of them; the newest first."""
    query = _query()
    if bound_to is not None:
        query = query.where(Message.partner_id == bound_to)
    return values_of(MessageRow, db.session.execute(query.order_by(Message.id.desc()).limit(limit)))


def numbers(message_ids: Sequence[int]) -> dict[int, list[Number]]:
    """How many copies of messages came to what, by the keys of the messages."""
    r, state = MessageRecipient, became()
    rows = db.session.execute(
        select(r.message_id, state, r.why, func.count())
        .outerjoin(OutboxMessage, OutboxMessage.id == r.outbox_id)
        .where(r.message_id.in_(message_ids))
        .group_by(r.message_id, state, r.why)
    )
    found: dict[int, list[Number]] = {key: [] for key in message_ids}
    for key, copy_state, why, count in rows:
        found[key].append(Number(CopyState(copy_state), why, count))
    return found


def copies(
    message_id: int, *, states: Sequence[CopyState] = (), offset: int = 0, limit: int | None = None
) -> list[CopyRow]:
    """What became of the copies of a message, in the order of the customers; of some states alone."""
    r, c, reader, other, copy = (
        *(MessageRecipient, Customer, aliased(Customer), aliased(Customer), aliased(MessageRecipient)),
    )
    state = became()
    query = (
        select(
            *columns(
                CopyRow,
                id=r.id,
                customer=func.coalesce(c.external_id, c.public_id),
                name=c.name,
                public_id=c.public_id,
                reader=reader.name,
                way=r.way,
                address=r.address,
                state=state,
                why=r.why,
                other=func.coalesce(other.external_id, other.public_id),
                other_address=copy.address,
                error=case((OutboxMessage.state == State.FAILED, OutboxMessage.last_error)),
                at=func.coalesce(OutboxMessage.finished_at, r.handed_at),
            )
        )
        .select_from(r)
        .join(c, c.id == r.customer_id)
        .outerjoin(reader, reader.id == r.reader_id)
        .outerjoin(other, other.id == r.shared_with_id)
        .outerjoin(copy, and_(copy.message_id == r.message_id, copy.customer_id == r.shared_with_id))
        .outerjoin(OutboxMessage, OutboxMessage.id == r.outbox_id)
        .where(r.message_id == message_id)
        .order_by(r.id)
        .offset(offset)
        .limit(limit)
    )
    if states:
        query = query.where(state.in_(states))
    return values_of(CopyRow, db.session.execute(query))


# In the portal --------------------------------------------------------------------------------------------------------


def _got() -> Select[Any]:
    r, m, c = MessageRecipient, Message, Customer
    return (
        select(
            *columns(
                Got,
                id=r.id,
                public_id=m.public_id,
                kind=m.kind,
                subject=m.subject,
                text=m.text,
                at=r.handed_at,
                read_at=r.read_at,
                message_id=r.message_id,
                customer_id=r.customer_id,
                customer=c.name,
                reader_id=r.reader_id,
            )
        )
        .select_from(r)
        .join(m, m.id == r.message_id)
        .join(c, c.id == r.customer_id)
        .where(r.way == Way.PORTAL, r.state == CopyState.SENT)
    )


def got(customer_id: int, limit: int) -> list[Got]:
    """The messages that a customer reads in the portal, or that concern it; the newest first."""
    r = MessageRecipient
    query = _got().where(or_(r.reader_id == customer_id, r.customer_id == customer_id))
    return values_of(Got, db.session.execute(query.order_by(r.handed_at.desc(), r.id.desc()).limit(limit)))


def one_of(customer_id: int, message: str) -> Got | None:
    """One of them, by the public id of the message."""
    r = MessageRecipient
    query = _got().where(or_(r.reader_id == customer_id, r.customer_id == customer_id), Message.public_id == message)
    return first_of(Got, db.session.execute(query.order_by(r.id).limit(1)))


def got_by(reader: Any) -> ColumnElement[int]:
    """How many messages in the portal a customer got."""
    return _number_of(reader)


def unread(reader: Any) -> ColumnElement[int]:
    """How many of them it has not read yet."""
    return _number_of(reader, MessageRecipient.read_at.is_(None))


def _number_of(reader: Any, *which: ColumnElement[bool]) -> ColumnElement[int]:
    r = MessageRecipient
    theirs = (r.reader_id == reader, r.way == Way.PORTAL, r.state == CopyState.SENT)
    return select(func.count()).select_from(r).where(*theirs, *which).correlate_except(r).scalar_subquery()


def mark_read(copy_id: int, at: datetime) -> None:
    """Note that a message was read."""
    r = MessageRecipient
    db.session.execute(
        update(r)
        .where(r.id == copy_id, r.read_at.is_(None))
        .values(read_at=at)
        .execution_options(synchronize_session=False)
    )
