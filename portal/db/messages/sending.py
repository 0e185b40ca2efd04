"""Keeping messages to many, and handing their copies over to the outbox one after the other (O2)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, exists, func, insert, select, update

from portal.db.bulk import among, insert_many
from portal.db.engine import db, is_sqlite
from portal.db.rows import columns, values_of
from portal.db.tables import Customer, Message, MessageDeclined, MessageRecipient, OutboxMessage
from portal.db.types import new_public_id
from portal.rules.messages.sharing import Copy
from portal.rules.messages.states import CopyState, MessageKind, MessageState, Way, Why

COLUMNS = (
    *("message_id", "customer_id", "reader_id", "way", "address", "address_key", "state", "why", "shared_with_id"),
)


class NewMessage(NamedTuple):
    """A message to be added; see the table."""

    external_id: str | None
    partner_id: int | None
    kind: MessageKind
    subject: str
    text: str
    ways: str
    filters: dict[str, str]
    state: MessageState
    due_at: datetime
    actor: str


class Waiting(NamedTuple):
    """A copy whose turn it is, with what its message says. `declined` and `removed` say what became of its customer."""

    id: int
    message_id: int
    customer_id: int
    reader_id: int
    way: Way
    address: str
    kind: MessageKind
    subject: str
    text: str
    declined: bool
    removed: bool


def add(new: NewMessage, at: datetime) -> tuple[int, str]:
    """Add a message: its key and public id."""
    public_id = new_public_id()
    values = new._asdict() | {"public_id": public_id, "created_at": at}
    return db.session.execute(insert(Message).values(values).returning(Message.id)).scalar_one(), public_id


def add_copies(message_id: int, copies: Sequence[Copy]) -> None:
    """Add what becomes of these customers' copies; the database refuses a customer or an address twice."""
    insert_many(MessageRecipient, COLUMNS, [_row(message_id, one) for one in copies])


def _row(message_id: int, one: Copy) -> tuple[Any, ...]:
    state = CopyState.LEFT_OUT if one.why else CopyState.WAITING
    way = one.way.value if one.way else None
    return (
        *(message_id, one.customer_id, one.reader_id, way, one.address, one.key),
        *(state.value, one.why.value, one.shared_with),
    )


def due(now: datetime) -> ColumnElement[bool]:
    """Which messages have copies whose turn it is."""
    return and_(Message.state.in_([MessageState.SCHEDULED, MessageState.SENDING]), Message.due_at <= now)


def handed_since(at: datetime) -> int:
    """How many copies were handed over after an instant."""
    query = select(func.count()).where(MessageRecipient.handed_at > at)
    return db.session.scalar(query) or 0


def take(limit: int, now: datetime) -> list[Waiting]:
    """The copies whose turn it is next, held so that nobody else takes them; the oldest message first."""
    r, m, d = MessageRecipient, Message, MessageDeclined
    query = (
        select(
            *columns(
                Waiting,
                **{
                    name: getattr(r, name)
                    for name in ("id", "message_id", "customer_id", "reader_id", "way", "address")
                },
                **{name: getattr(m, name) for name in ("kind", "subject", "text")},
                declined=exists().where(d.customer_id == r.customer_id, d.kind == m.kind),
                removed=Customer.removed_at.is_not(None),
            )
        )
        .select_from(r)
        .join(m, m.id == r.message_id)
        .join(Customer, Customer.id == r.customer_id)
        .where(due(now), r.state == CopyState.WAITING)
        .order_by(r.message_id, r.id)
        .limit(limit)
    )
    if not is_sqlite():
        query = query.with_for_update(of=r, skip_locked=True)
    return values_of(Waiting, db.session.execute(query))


def hand_over(key: int, outbox: str, at: datetime) -> None:
    """Note that a copy went to the outbox, as the message with this public id, or is in the portal where it is ""."""
    mail = select(OutboxMessage.id).where(OutboxMessage.public_id == outbox).scalar_subquery() if outbox else None
    _change([key], state=CopyState.SENT, outbox_id=mail, handed_at=at)


def leave_out(keys: Collection[int], why: Why) -> None:
    """Note that copies are not sent after all."""
    if keys:
        _change(keys, state=CopyState.LEFT_OUT, why=why, address_key=None)


def _change(keys: Collection[int], **values: Any) -> None:
    r = MessageRecipient
    db.session.execute(update(r).where(among(r.id, keys)).values(**values).execution_options(synchronize_session=False))


def finish(now: datetime) -> None:
    """Note of every message whose turn it is whether copies of it wait."""
    waits = exists().where(MessageRecipient.message_id == Message.id, MessageRecipient.state == CopyState.WAITING)
    for condition, values in (
        (~waits, {"state": MessageState.SENT, "finished_at": now}),
        (waits & (Message.state == MessageState.SCHEDULED), {"state": MessageState.SENDING}),
    ):
        change = update(Message).where(due(now), condition).values(**values)
        db.session.execute(change.execution_options(synchronize_session=False))


def stop(message_id: int, now: datetime) -> int:
    """Let a message go no further; how many copies waited."""
    r = MessageRecipient
    waits = (r.message_id == message_id, r.state == CopyState.WAITING)
    number = db.session.scalar(select(func.count()).where(*waits)) or 0
    change = update(r).where(*waits).values(state=CopyState.LEFT_OUT, why=Why.STOPPED, address_key=None)
    db.session.execute(change.execution_options(synchronize_session=False))
    ended = update(Message).where(Message.id == message_id).values(state=MessageState.STOPPED, finished_at=now)
    db.session.execute(ended.execution_options(synchronize_session=False))
    return number


def names_shared(message_ids: Collection[int], customer_ids: Collection[int]) -> dict[tuple[int, int], list[str]]:
    """The names of those whose copy goes to another customer's address, by message and that customer."""
    r = MessageRecipient
    rows = db.session.execute(
        select(r.message_id, r.shared_with_id, Customer.name)
        .join(Customer, Customer.id == r.customer_id)
        .where(r.message_id.in_(set(message_ids)), among(r.shared_with_id, customer_ids), r.why == Why.SAME_ADDRESS)
        .order_by(r.id)
    )
    found: dict[tuple[int, int], list[str]] = {}
    for row in rows:
        found.setdefault((row.message_id, row.shared_with_id), []).append(row.name)
    return found
