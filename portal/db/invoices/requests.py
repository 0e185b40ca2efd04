"""Payment requests, and what is open of the invoices that they ask for (F12).

A request is whoever's who pays its invoices now: it moves along with them (P2).
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, func, insert, or_, select, update
from sqlalchemy.orm import aliased

from portal.db.customers.erasing import Person
from portal.db.engine import db
from portal.db.invoices import items
from portal.db.rows import columns, values_of
from portal.db.tables import Customer, Entry, PaymentRequest, PaymentRequestPart
from portal.db.types import new_public_id
from portal.rules.bank.matching import Request
from portal.rules.customers.removal import PERSON
from portal.rules.paying import still_asked


class AskedPart(NamedTuple):
    """An invoice that a request asks for: what was open of it then and is now, in minor units, both positive."""

    request_id: int
    public_id: str
    reference: str
    created_at: datetime
    entry_id: int
    invoice: str
    invoice_id: str
    description: str
    amount_minor: int
    open_minor: int

    @property
    def due_minor(self) -> int:
        """What the request still asks for of it."""
        return still_asked(self.amount_minor, self.open_minor)


def add(
    reference: str,
    *,
    partner_id: int,
    holder_id: int,
    currency: str,
    parts: Sequence[tuple[int, int]],
    actor: str,
    at: datetime,
) -> str:
    """A new request over invoices (keys, with what is open of each in minor units); its public id."""
    values = {
        "public_id": new_public_id(),
        "partner_id": partner_id,
        "holder_id": holder_id,
        "reference": reference,
        "currency": currency,
        "created_at": at,
        "actor": actor,
    }
    key = db.session.execute(insert(PaymentRequest).values(**values).returning(PaymentRequest.id)).scalar_one()
    rows = [{"request_id": key, "entry_id": entry, "amount_minor": minor} for entry, minor in parts]
    db.session.execute(insert(PaymentRequestPart), rows)
    return str(values["public_id"])


def new_number() -> str:
    """What the reference of a new request is made of: none has it yet."""
    while True:
        number = f"PAY{secrets.randbelow(10**9):09}"
        known = select(PaymentRequest.id).where(PaymentRequest.reference.endswith(number, autoescape=True))
        if db.session.execute(known).first() is None:
            return number


def of_payer(holder_id: int) -> list[AskedPart]:
    """What requests ask for that is still open with a payer, the newest request first."""
    own = and_(Entry.payer_id == holder_id, Entry.moved_to_id.is_(None))
    query = _parts().where(Entry.open_minor < 0, or_(own, Entry.moved_to_id == holder_id))
    return values_of(AskedPart, db.session.execute(query))


def parts(holder_id: int, public_id: str) -> list[AskedPart]:
    """What one request asks for of a payer, settled or not; nothing for one that is not there."""
    query = _parts().where(PaymentRequest.public_id == public_id, _holder == holder_id)
    return values_of(AskedPart, db.session.execute(query))


def moved_to(holder_id: int, public_id: str) -> str:
    """The name of whoever pays by now what a payer once asked to pay by a request (P2); "" for one that it never made,
    or still pays.
    """
    r, part, e, holder = PaymentRequest, PaymentRequestPart, Entry, aliased(Customer)
    query = (
        select(holder.name)
        .select_from(r)
        .join(part, part.request_id == r.id)
        .join(e, e.id == part.entry_id)
        .join(holder, holder.id == e.moved_to_id)
        .where(r.public_id == public_id, r.holder_id == holder_id, holder.id != holder_id)
        .limit(1)
    )
    return db.session.scalar(query) or ""


_holder = func.coalesce(Entry.moved_to_id, Entry.payer_id)


def _parts() -> Select[Any]:
    r, part, e = PaymentRequest, PaymentRequestPart, Entry
    found = columns(
        AskedPart,
        request_id=r.id,
        public_id=r.public_id,
        reference=r.reference,
        created_at=r.created_at,
        entry_id=e.id,
        invoice=e.number,
        invoice_id=e.public_id,
        description=e.description,
        amount_minor=part.amount_minor,
        open_minor=-e.open_minor,
    )
    query = select(*found).select_from(r).join(part, part.request_id == r.id).join(e, e.id == part.entry_id)
    return query.order_by(r.id.desc(), *items.oldest_due_first())


def of_partner(partner_id: int, since: datetime) -> list[Request]:
    """The requests that a bank line of a partner may pay, each with who pays its invoices now: those made since an
    instant, and older ones of which something is open.
    """
    r, part, e, c = PaymentRequest, PaymentRequestPart, Entry, aliased(Customer)
    waits = select(part.request_id).join(e, e.id == part.entry_id).where(e.open_minor < 0)
    query = (
        select(r.reference, func.coalesce(c.external_id, c.public_id), e.number, part.amount_minor)
        .join(part, part.request_id == r.id)
        .join(e, e.id == part.entry_id)
        .join(c, c.id == _holder)
        .where(r.partner_id == partner_id, (r.created_at >= since) | r.id.in_(waits))
        .order_by(r.id, *items.oldest_due_first())
    )
    found: dict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
    for reference, customer, number, minor in db.session.execute(query):
        found[reference, customer].append((number, minor))
    return [Request(reference, customer, tuple(asked)) for (reference, customer), asked in found.items()]


def _erase(person: Person, _at: datetime) -> Collection[int]:
    """What was asked for stays with the books; who asked is forgotten."""
    r = PaymentRequest
    db.session.execute(update(r).where(r.actor.in_(person.emails)).values(actor=PERSON))
    return ()


ERASES = _erase
