"""Customers' lists of documents: files with a title, in whose list they are, and which account they are about."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, insert, or_, select, update
from sqlalchemy.orm import aliased

from portal.db.customers.erasing import Person, clean
from portal.db.engine import db
from portal.db.rows import columns, field_names, first_of, value_of
from portal.db.tables import Customer, Document, StoredFile
from portal.db.types import new_public_id, total
from portal.outside import clock
from portal.rules.customers.removal import PERSON
from portal.rules.documents import Audience

STATEMENT, INVOICE, UPLOAD = "statement", "invoice", "upload"
FIGURES = (STATEMENT, INVOICE)
"""The kinds of saved statements and of invoices as they were mailed: only for those who may see finances (S9)."""

SORTS = MappingProxyType({"date": Document.id, "title": func.lower(Document.title), "size": StoredFile.size})
"""What a list can be sorted by. Ids follow the time of saving."""


_ABOUT = aliased(Customer, name="about")


@dataclass(frozen=True, slots=True)
class Sight:
    """What of a list somebody may see: no kind of `without`, and only what is for one of the audiences."""

    without: Collection[str] = ()
    audiences: Collection[Audience] = tuple(Audience)


ALL = Sight()
"""Everything there is."""


@dataclass(frozen=True, slots=True)
class DocumentFilter:
    """Which part of a list is wanted. `about` is the public id of an account, `folder` the name of one; `page` counts
    from 1.
    """

    text: str = ""
    about: str = ""
    folder: str = ""
    sort: str = "date"
    descending: bool = True
    page: int = 1
    size: int = 50


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document with the account it is about (None: all, or no particular one). `size` is in bytes."""

    public_id: str
    customer_id: int
    kind: str
    title: str
    filename: str
    description: str
    created_at: datetime
    created_by: str
    about_public_id: str | None
    about_name: str | None
    sha256: str
    size: int
    content_type: str
    folder: str
    audience: Audience
    by_staff: bool


def add(
    *,
    customer_id: int,
    about_id: int | None,
    kind: str,
    title: str,
    filename: str,
    file_id: int,
    created_by: str,
    description: str = "",
    folder: str = "",
    audience: Audience = Audience.EVERYBODY,
    by_staff: bool = False,
) -> str:
    """Put a stored file into a customer's list, in the caller's transaction; the document's public id."""
    public_id = new_public_id()
    db.session.execute(
        insert(Document).values(
            public_id=public_id,
            customer_id=customer_id,
            about_id=about_id,
            kind=kind,
            title=title[:300],
            filename=filename[:200],
            description=description,
            file_id=file_id,
            created_at=clock.now(),
            created_by=created_by,
            folder=folder,
            audience=audience,
            by_staff=by_staff,
        )
    )
    return public_id


def has(customer_id: int, kind: str, title: str) -> bool:
    """Whether there is a document of this kind and title in a customer's list."""
    d = Document
    query = select(d.id).where(d.customer_id == customer_id, d.kind == kind, d.title == title[:300]).limit(1)
    return db.session.scalar(query) is not None


def find(customer_id: int, public_id: str, sight: Sight = ALL) -> DocumentRow | None:
    """One document of this customer's list, if it is in sight."""
    return first_of(DocumentRow, db.session.execute(_listed(customer_id, sight).where(Document.public_id == public_id)))


def page(customer_id: int, wanted: DocumentFilter, folded: str, sight: Sight = ALL) -> tuple[list[DocumentRow], int]:
    """A page of a customer's list and how many documents match. `folded` is the searched text as names are kept."""
    query = _listed(customer_id, sight)
    if wanted.about:
        query = query.where(_ABOUT.public_id == wanted.about)
    if wanted.folder:
        query = query.where(Document.folder == wanted.folder)
    if folded:
        like = f"%{_escaped(folded)}%"
        title = f"%{_escaped(wanted.text.lower())}%"
        query = query.where(
            or_(func.lower(Document.title).like(title, escape="\\"), _ABOUT.folded_name.like(like, escape="\\"))
        )
    column: Any = SORTS[wanted.sort]
    order = (column.desc(), Document.id.desc()) if wanted.descending else (column, Document.id)
    counted = query.add_columns(func.count().over().label("matches")).order_by(*order)
    rows = db.session.execute(counted.limit(wanted.size).offset((wanted.page - 1) * wanted.size)).all()
    return [value_of(DocumentRow, row) for row in rows], rows[0].matches if rows else 0


def accounts(customer_id: int, sight: Sight = ALL) -> list[tuple[str, str]]:
    """The accounts that documents of this list are about: public id and name, by name."""
    rows = db.session.execute(
        select(Customer.public_id, Customer.name)
        .where(Customer.id.in_(select(Document.about_id).where(Document.customer_id == customer_id, *_in_sight(sight))))
        .order_by(Customer.folded_name, Customer.id)
    )
    return [(public_id, name) for public_id, name in rows]


def folders(customer_id: int, sight: Sight = ALL) -> list[str]:
    """The folders of a customer's list, by name."""
    query = select(Document.folder).where(Document.customer_id == customer_id, Document.folder != "", *_in_sight(sight))
    return list(db.session.scalars(query.distinct().order_by(Document.folder)))


def room_taken(customer_id: int) -> int:
    """The bytes of the files that people brought for a customer."""
    query = select(total(StoredFile.size)).join(Document, Document.file_id == StoredFile.id)
    return db.session.scalar(query.where(Document.customer_id == customer_id, Document.kind == UPLOAD)) or 0


def same(customer_id: int, sha256: str, audience: Audience, *, by_staff: bool) -> str | None:
    """The public id of an upload with the same bytes that the same people put there for the same eyes."""
    d = Document
    query = select(d.public_id).join(StoredFile, StoredFile.id == d.file_id).where(StoredFile.sha256 == sha256)
    mine = (d.customer_id == customer_id, d.kind == UPLOAD, d.audience == audience, d.by_staff == by_staff)
    return db.session.scalar(query.where(*mine).order_by(d.id).limit(1))


def change(public_id: str, title: str, folder: str, audience: Audience) -> None:
    """Give a document other words, or other people who may see it."""
    changed = update(Document).where(Document.public_id == public_id)
    db.session.execute(changed.values(title=title, folder=folder, audience=audience))


def remove(public_id: str) -> int:
    """Take a document out of its list; the id of its file, which may have no other use."""
    taken = delete(Document).where(Document.public_id == public_id).returning(Document.file_id)
    return db.session.scalars(taken).one()


def _in_sight(sight: Sight) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if sight.without:
        found.append(Document.kind.not_in(list(sight.without)))
    if set(sight.audiences) != set(Audience):
        found.append(Document.audience.in_(list(sight.audiences)))
    return found


def _listed(customer_id: int, sight: Sight) -> Select[*tuple[Any, ...]]:
    d, file = Document, StoredFile
    about = {"about_public_id": _ABOUT.public_id, "about_name": _ABOUT.name}
    stored = {"sha256": file.sha256, "size": file.size, "content_type": file.content_type}
    own = {name: getattr(d, name) for name in field_names(DocumentRow) if name not in about | stored}
    return (
        select(*columns(DocumentRow, **own, **about, **stored))
        .select_from(d)
        .join(file, file.id == d.file_id)
        .outerjoin(_ABOUT, _ABOUT.id == d.about_id)
        .where(d.customer_id == customer_id, *_in_sight(sight))
    )


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


# Erasing --------------------------------------------------------------------------------------------------------------


def _erase(person: Person, _at: datetime) -> Collection[int]:
    """The customer's own list goes; what stands in others' lists about it loses the name. Ids of the files."""
    mine = Document.customer_id == person.id
    files = set(db.session.scalars(select(Document.file_id).where(mine)))
    db.session.execute(delete(Document).where(mine))
    db.session.execute(update(Document).where(Document.created_by.in_(person.emails)).values(created_by=PERSON))
    columns = (Document.title, Document.filename, Document.description)
    clean(Document, columns, person, or_(Document.about_id == person.id, Document.customer_id.in_(person.neighbours)))
    return files


ERASES = _erase
