"""What happened lately: movements on a payer's books, and somebody's own work and mail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Select, String, bindparam, literal, select, type_coerce

from portal.db.engine import executed
from portal.db.rows import columns, values_of
from portal.db.tables import Customer, Entry, Job, LedgerAccount, OutboxMessage, Posting
from portal.db.types import Instant
from portal.rules.books import AccountKind, EntryKind
from portal.rules.jobs import UNFINISHED, JobState
from portal.rules.outbox import State

UNDELIVERED = (State.FAILED, State.PARTLY)


@dataclass(frozen=True, slots=True)
class Movement:
    """A posting on a payer's House Account. `amount_minor` is signed; `account_id` is whom it was issued for."""

    entry: str
    booked_on: date
    number: str
    description: str
    kind: EntryKind
    account_id: int
    account_name: str
    amount_minor: int


class News(NamedTuple):
    """A piece of long work ("job") or a mail that did not arrive ("mail"); `at` is when it began or ended."""

    what: str
    public_id: str
    title: str
    state: str
    done: int
    total: int
    at: datetime


def movements(
    payer_id: int, currency: str, issued_for_id: int | None, today: date, *, limit: int
) -> Sequence[Movement]:
    """The newest movements on a payer's House Account up to `today`, newest first; None: whoever they are for."""
    values: dict[str, object] = {"payer": payer_id, "currency": currency, "today": today, "most": limit}
    if issued_for_id is not None:
        values["issued_for"] = issued_for_id
    return values_of(Movement, executed(_movements(issued_for_id is not None), values))


@cache
def _movements(of_one: bool) -> Select[*tuple[Any, ...]]:
    a, p, e = LedgerAccount, Posting, Entry
    account = (
        select(a.id)
        .where(a.owner_id == bindparam("payer"), a.kind == AccountKind.HOUSE, a.currency == bindparam("currency"))
        .scalar_subquery()
    )
    newest = select(p.id, p.entry_id, p.amount_minor, p.booked_on).where(
        p.ledger_account_id == account, p.booked_on <= bindparam("today")
    )
    if of_one:
        newest = newest.where(p.issued_for_id == bindparam("issued_for"))
    found = newest.order_by(p.booked_on.desc(), p.id.desc()).limit(bindparam("most")).subquery()
    wanted = columns(
        Movement,
        entry=e.public_id,
        booked_on=found.c.booked_on,
        number=e.number,
        description=e.description,
        kind=e.kind,
        account_id=Customer.id,
        account_name=Customer.name,
        amount_minor=found.c.amount_minor,
    )
    return (
        select(*wanted)
        .select_from(found)
        .join(e, e.id == found.c.entry_id)
        .join(Customer, Customer.id == e.issued_for_id)
        .order_by(found.c.booked_on.desc(), found.c.id.desc())
    )


def news(login_id: int, customer_id: int, since: datetime, *, limit: int) -> Sequence[News]:
    """The work a login has going or that ended after `since`, and its mail about a customer that did not arrive."""
    values = {"login": login_id, "customer": customer_id, "since": since, "most": limit}
    return values_of(News, executed(_news(), values))


@cache
def _news() -> Select[*tuple[Any, ...]]:
    j, m = Job, OutboxMessage
    login = bindparam("login", type_=BigInteger())
    since = bindparam("since", type_=Instant)
    going = j.state.in_(UNFINISHED) | ((j.finished_at > since) & (j.state != JobState.CANCELLED))
    jobs = columns(
        News,
        what=literal("job"),
        public_id=j.public_id,
        title=j.title,
        state=type_coerce(j.state, String),
        done=j.done,
        total=j.total,
        at=j.created_at,
    )
    mail = columns(
        News,
        what=literal("mail"),
        public_id=m.public_id,
        title=m.subject,
        state=type_coerce(m.state, String),
        done=literal(0),
        total=literal(0),
        at=m.created_at,
    )
    undelivered = (m.secret.is_(False), m.state.in_(UNDELIVERED), m.created_at > since)
    work = select(*jobs).where(j.login_id == login, going)
    sent = select(*mail).where(m.subject_id == bindparam("customer"), m.login_id == login, *undelivered)
    both = work.union_all(sent).subquery()
    return select(both).order_by(both.c.at.desc()).limit(bindparam("most"))
