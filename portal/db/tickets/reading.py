"""Reading tickets and their threads."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import aliased

from portal.db.engine import db
from portal.db.folding import fold
from portal.db.rows import columns, first_of, value_of, values_of
from portal.db.tables import (
    Customer,
    Login,
    StoredFile,
    Ticket,
    TicketEntry,
    TicketFile,
    TicketPerson,
)
from portal.rules.sentences import Sentence
from portal.rules.tickets.states import EntryKind, Priority, TicketState, Via


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """A ticket with whose it is. `follows` and `merged_into` are public ids of other tickets of the same customer."""

    id: int
    public_id: str
    token: str
    customer_id: int
    customer_public_id: str
    customer_reference: str
    customer_name: str
    partner_id: int
    subject: str
    state: TicketState
    priority: Priority
    assignee_id: int | None
    assignee_name: str | None
    opened_at: datetime
    changed_at: datetime
    solved_at: datetime | None
    follows: str | None
    merged_into: str | None


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry of a thread."""

    id: int
    public_id: str
    at: datetime
    kind: EntryKind
    via: Via
    by: str
    login_id: int | None
    by_staff: bool
    text: str
    said: Sentence
    left_out: str


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file of an entry. `size` is in bytes."""

    public_id: str
    entry_id: int
    filename: str
    sha256: str
    size: int
    content_type: str


@dataclass(frozen=True, slots=True)
class PersonRow:
    """Somebody who is on a ticket; without a login it is the customer's own address."""

    login_id: int | None
    email: str
    name: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tickets: in these states, of one customer or a partner, with somebody (0: with nobody), by text.

    `urgent_first` sorts as the queue does, what waits longest first; otherwise what changed last comes first.
    """

    states: Collection[TicketState] = ()
    customer_id: int | None = None
    partner_id: int | None = None
    assignee_id: int | None = None
    priority: Priority | None = None
    text: str = ""
    urgent_first: bool = False
    page: int = 1
    size: int = 50


_FOLLOWED, _MERGED = aliased(Ticket, name="followed"), aliased(Ticket, name="merged")
_RANK = case({one: one.rank for one in Priority}, value=Ticket.priority)


def find(public_id: str, *, hold: bool = False) -> TicketFacts | None:
    """One ticket; with `hold` nobody else changes it until this transaction ends."""
    query = _facts().where(Ticket.public_id == public_id)
    return first_of(TicketFacts, db.session.execute(query.with_for_update(of=Ticket) if hold else query))


def by_token(token: str) -> TicketFacts | None:
    """The ticket that a token in a mail is of."""
    return first_of(TicketFacts, db.session.execute(_facts().where(Ticket.token == token)))


def by_id(ticket_id: int) -> TicketFacts:
    return value_of(TicketFacts, db.session.execute(_facts().where(Ticket.id == ticket_id)).one())


def page(wanted: Wanted) -> tuple[list[TicketFacts], int]:
    """A page of tickets and how many match."""
    matching = _matching(wanted)
    count = select(func.count()).select_from(Ticket)
    if wanted.partner_id is not None or wanted.text:
        count = count.join(Customer, Customer.id == Ticket.customer_id)
    total = db.session.scalar(count.where(*matching)) or 0
    order = (
        (_RANK.desc(), Ticket.changed_at, Ticket.id)
        if wanted.urgent_first
        else (Ticket.changed_at.desc(), Ticket.id.desc())
    )
    query = _facts().where(*matching).order_by(*order)
    rows = db.session.execute(query.limit(wanted.size).offset((wanted.page - 1) * wanted.size))
    return values_of(TicketFacts, rows), total


def counts(partner_id: int | None) -> dict[TicketState, int]:
    """How many tickets there are in each state that is not at its end."""
    query = select(Ticket.state, func.count()).where(
        Ticket.state.in_([s for s in TicketState if s is not TicketState.CLOSED])
    )
    if partner_id is not None:
        query = query.join(Customer, Customer.id == Ticket.customer_id).where(Customer.partner_id == partner_id)
    return {row[0]: row[1] for row in db.session.execute(query.group_by(Ticket.state))}


def entries(ticket_id: int, kinds: Collection[EntryKind] = tuple(EntryKind)) -> list[EntryRow]:
    """The thread, oldest first, as far as `kinds` go."""
    e = TicketEntry
    query = select(
        *columns(
            EntryRow,
            id=e.id,
            public_id=e.public_id,
            at=e.at,
            kind=e.kind,
            via=e.via,
            by=e.by,
            login_id=e.login_id,
            by_staff=e.by_staff,
            text=e.text,
            said=e.said,
            left_out=e.left_out,
        )
    ).where(e.ticket_id == ticket_id, e.kind.in_(list(kinds)))
    return values_of(EntryRow, db.session.execute(query.order_by(e.at, e.id)))


def files(ticket_id: int, kinds: Collection[EntryKind] = tuple(EntryKind)) -> list[FileRow]:
    """The files of a thread, as far as `kinds` go."""
    f, e, stored = TicketFile, TicketEntry, StoredFile
    query = (
        select(
            *columns(
                FileRow,
                public_id=f.public_id,
                entry_id=f.entry_id,
                filename=f.filename,
                sha256=stored.sha256,
                size=stored.size,
                content_type=stored.content_type,
            )
        )
        .join(e, e.id == f.entry_id)
        .join(stored, stored.id == f.file_id)
        .where(e.ticket_id == ticket_id, e.kind.in_(list(kinds)))
    )
    return values_of(FileRow, db.session.execute(query.order_by(f.id)))


def people(ticket_id: int) -> list[PersonRow]:
    """Who is on a ticket, in the order in which they came to it."""
    p = TicketPerson
    query = select(*columns(PersonRow, login_id=p.login_id, email=p.email, name=p.name)).where(p.ticket_id == ticket_id)
    return values_of(PersonRow, db.session.execute(query.order_by(p.id)))


def due_to_close(before: dict[int, datetime]) -> list[str]:
    """Public ids of solved tickets that were solved before an instant of their partner (by its id)."""
    if not before:
        return []
    when = or_(*[(Customer.partner_id == partner) & (Ticket.solved_at <= at) for partner, at in before.items()])
    query = select(Ticket.public_id).join(Customer, Customer.id == Ticket.customer_id)
    return list(
        db.session.scalars(query.where(Ticket.state == TicketState.SOLVED, when).order_by(Ticket.id).limit(500))
    )


def _matching(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [Ticket.merged_into_id.is_(None)]
    if wanted.states:
        found.append(Ticket.state.in_(list(wanted.states)))
    if wanted.customer_id is not None:
        found.append(Ticket.customer_id == wanted.customer_id)
    if wanted.partner_id is not None:
        found.append(Customer.partner_id == wanted.partner_id)
    if wanted.assignee_id is not None:
        found.append(Ticket.assignee_id == wanted.assignee_id if wanted.assignee_id else Ticket.assignee_id.is_(None))
    if wanted.priority is not None:
        found.append(Ticket.priority == wanted.priority)
    if wanted.text:
        found.append(_with_text(wanted.text))
    return found


def _with_text(text: str) -> ColumnElement[bool]:
    """By number, else by subject or customer."""
    digits = text.upper().removeprefix("TK-").strip()
    if digits.isascii() and digits.isdigit() and len(digits) < 12:
        return Ticket.id == int(digits)
    return or_(
        Ticket.subject.icontains(text, autoescape=True), Customer.folded_name.contains(fold(text), autoescape=True)
    )


def _facts() -> Select[*tuple[Any, ...]]:
    t, c = Ticket, Customer
    return (
        select(
            *columns(
                TicketFacts,
                id=t.id,
                public_id=t.public_id,
                token=t.token,
                customer_id=t.customer_id,
                customer_public_id=c.public_id,
                customer_reference=func.coalesce(c.external_id, c.public_id),
                customer_name=c.name,
                partner_id=c.partner_id,
                subject=t.subject,
                state=t.state,
                priority=t.priority,
                assignee_id=t.assignee_id,
                assignee_name=Login.name,
                opened_at=t.opened_at,
                changed_at=t.changed_at,
                solved_at=t.solved_at,
                follows=_FOLLOWED.public_id,
                merged_into=_MERGED.public_id,
            )
        )
        .select_from(t)
        .join(c, c.id == t.customer_id)
        .outerjoin(Login, Login.id == t.assignee_id)
        .outerjoin(_FOLLOWED, _FOLLOWED.id == t.follows_id)
        .outerjoin(_MERGED, _MERGED.id == t.merged_into_id)
    )
