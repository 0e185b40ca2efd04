"""Invoices of a payer as a list: as of a day, filtered, a page at a time (F7)."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from portal.db.engine import db
from portal.db.folding import literally
from portal.db.invoices import items
from portal.db.rows import columns, values_of
from portal.db.tables import Customer, Entry, InvoiceLine
from portal.rules.books import EntryKind


class ListedInvoice(NamedTuple):
    """A row: amounts in minor units, what is open as of the day of the list. `account` is a name.

    `moved_to` is the name of whoever has what is open of it by now (P2), "" where that is still whose list it is.
    """

    id: int
    public_id: str
    number: str
    description: str
    booked_on: date
    due_on: date
    account: str
    total_minor: int
    open_minor: int
    moved_to: str


class Wanted(NamedTuple):
    """Whose invoices, as of which day. `issued_for` restricts to those of one account (S9); `text` to numbers and
    texts that contain it, `account` to those with a line for it (public id). `state` is a word of the page's filter.
    """

    holder_id: int
    on: date
    issued_for_id: int | None = None
    state: str = ""
    text: str = ""
    account: str = ""


def count(wanted: Wanted) -> int:
    """How many there are."""
    query = _query(wanted).with_only_columns(func.count()).order_by(None)
    return int(db.session.scalar(query) or 0)


def page(wanted: Wanted, *, limit: int, offset: int) -> list[ListedInvoice]:
    """Some of them, the newest first; with the state open or overdue, the oldest due first."""
    order: list[Any] = [Entry.booked_on.desc(), Entry.id.desc()]
    if wanted.state in ("open", "overdue"):
        order = items.oldest_due_first()
    rows = db.session.execute(_query(wanted).order_by(*order).limit(limit).offset(offset))
    return values_of(ListedInvoice, rows)


def _query(wanted: Wanted) -> Select[Any]:
    e, c, holder = Entry, aliased(Customer), aliased(Customer)
    found = items.open_on(wanted.on, wanted.holder_id)
    still = -func.coalesce(found.c.minor, 0)
    moved = and_(e.moved_to_id.is_not(None), e.moved_to_id != wanted.holder_id)
    opened = case((moved, 0), else_=still)
    due = func.coalesce(e.due_on, e.booked_on)
    conditions: list[ColumnElement[bool]] = [
        e.kind == EntryKind.INVOICE,
        e.reverses_id.is_(None),
        or_(e.payer_id == wanted.holder_id, e.moved_to_id == wanted.holder_id),
    ]
    if wanted.issued_for_id is not None:
        conditions.append(e.issued_for_id == wanted.issued_for_id)
    if wanted.state == "open":
        conditions.append(opened > 0)
    elif wanted.state == "overdue":
        conditions += [opened > 0, due < wanted.on]
    elif wanted.state == "paid":
        conditions.append(still <= 0)
    if wanted.text:
        like = f"%{literally(wanted.text.lower())}%"
        conditions.append(
            or_(func.lower(e.number).like(like, escape="/"), func.lower(e.description).like(like, escape="/"))
        )
    if wanted.account:
        account = select(Customer.id).where(Customer.public_id == wanted.account).scalar_subquery()
        line = exists().where(InvoiceLine.invoice_id == e.id, InvoiceLine.account_id == account)
        conditions.append(or_(e.issued_for_id == account, line))
    return (
        select(
            *columns(
                ListedInvoice,
                id=e.id,
                public_id=e.public_id,
                number=e.number,
                description=e.description,
                booked_on=e.booked_on,
                due_on=due,
                account=case((e.issued_for_id == wanted.holder_id, ""), else_=c.name),
                total_minor=-e.amount_minor,
                open_minor=opened,
                moved_to=case((and_(moved, still > 0), holder.name), else_=""),
            )
        )
        .select_from(e)
        .join(c, c.id == e.issued_for_id)
        .outerjoin(holder, holder.id == e.moved_to_id)
        .outerjoin(found, found.c.id == e.id)
        .where(*conditions)
    )


class Due(NamedTuple):
    """What is open of invoices as of a day, in minor units: in all, how much of it is overdue, and how many are."""

    open_minor: int
    overdue_minor: int
    overdue: int
    number: int
    next_due: date | None
    oldest: str
    oldest_number: str


def due(wanted: Wanted) -> Due:
    """What is due of a payer's invoices; the oldest is the one that is due first."""
    rows = page(wanted._replace(state="open", text="", account=""), limit=1_000, offset=0)
    late = [row for row in rows if row.due_on < wanted.on]
    first = rows[0] if rows else None
    return Due(
        sum(row.open_minor for row in rows),
        sum(row.open_minor for row in late),
        len(late),
        len(rows),
        next((row.due_on for row in rows if row.due_on >= wanted.on), None),
        first.public_id if first else "",
        first.number if first else "",
    )
