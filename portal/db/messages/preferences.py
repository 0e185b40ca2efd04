"""The kinds of messages that customers decline (O2)."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, func, or_, select

from portal.db.bulk import insert_many
from portal.db.engine import db
from portal.db.tables import Customer, MessageDeclined, MessageRecipient
from portal.rules.messages.states import MessageKind, Way
from portal.rules.texts import email_key


class Addressed(NamedTuple):
    """Whom a copy went to: its customer, and everybody whose copy goes to the same address."""

    customer_id: int
    ids: tuple[int, ...]


def declined(customer_id: int) -> frozenset[MessageKind]:
    """What a customer does not want."""
    d = MessageDeclined
    return frozenset(db.session.scalars(select(d.kind).where(d.customer_id == customer_id)))


def set_wanted(customer_id: int, kind: MessageKind, wanted: bool, actor: str, at: datetime) -> bool:
    """Let a customer get a kind of messages, or not; whether that changed anything."""
    d = MessageDeclined
    if (kind not in declined(customer_id)) == wanted:
        return False
    if wanted:
        db.session.execute(delete(d).where(d.customer_id == customer_id, d.kind == kind))
    else:
        insert_many(d, ("customer_id", "kind", "since", "actor"), [(customer_id, kind.value, at, actor)])
    return True


def addressed(copy_id: int) -> Addressed | None:
    """Whom the copy with this key went to, by email; None where there is none."""
    r, c = MessageRecipient, Customer
    row = db.session.execute(select(r.message_id, r.customer_id, r.address, r.way).where(r.id == copy_id)).first()
    if row is None or row.way is not Way.EMAIL:
        return None
    shared = select(r.customer_id).where(r.message_id == row.message_id, r.shared_with_id == row.customer_id)
    same = func.lower(c.email) == email_key(row.address)
    ids = db.session.scalars(
        select(c.id).where(or_(c.id == row.customer_id, c.id.in_(shared), same), c.removed_at.is_(None)).order_by(c.id)
    )
    return Addressed(row.customer_id, tuple(ids))
