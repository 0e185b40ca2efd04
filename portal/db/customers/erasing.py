"""Erasing a person: everything that names them goes, and what the books keep gets a pseudonym (PRI5).

A module of this floor whose tables name people says under `ERASES` how they are taken out of them. The caller marks the
customer as removed in the same transaction: the guard of the audit log asks for that.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias, cast

from sqlalchemy import ColumnElement, Table, Text, delete, func, or_, select, update
from sqlalchemy import cast as as_type
from sqlalchemy.orm import InstrumentedAttribute

from portal.db.customers.profiles import Profile, searchable
from portal.db.engine import db
from portal.db.tables import (
    AuditRecord,
    Customer,
    Document,
    EmailedToken,
    GroupInvitation,
    GroupMember,
    Job,
    Login,
    OutboxMessage,
    SharedBalance,
    StoredFile,
    SubAccountLink,
)
from portal.rules.collecting import declared
from portal.rules.customers.removal import PERSON, Eraser
from portal.rules.sentences import from_stored
from portal.rules.texts import email_key

GONE = "…"
"""What stands in a text where a contact detail stood."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whom to erase: ids of the logins, addresses that are theirs alone, what they were called, and who may name them.

    `neighbours` are the customers that were ever linked to this one, shared its balances or a group with it.
    """

    id: int
    public_id: str
    logins: tuple[int, ...]
    emails: tuple[str, ...]
    eraser: Eraser
    neighbours: tuple[int, ...]


Erasing: TypeAlias = Callable[[Person, datetime], Collection[int]]
"""Takes a person out of some tables at an instant; the ids of stored files that these no longer need."""


def erase(profile: Profile, pseudonym: str, at: datetime) -> list[str]:
    """Erase a customer's person everywhere; returns the digests of files that nothing refers to any more."""
    person = _person(profile, pseudonym)
    _profile(profile, pseudonym, at)
    files: set[int] = set()
    for erasing in declared("portal.db", "ERASES"):
        files |= set(erasing(person, at))
    return drop_unused(files)


# Who it is ------------------------------------------------------------------------------------------------------------


def _person(profile: Profile, pseudonym: str) -> Person:
    logins = db.session.execute(select(Login.id, Login.email, Login.name).where(Login.customer_id == profile.id)).all()
    ids = tuple(row.id for row in logins)
    invited = select(EmailedToken.email, EmailedToken.name).where(
        or_(EmailedToken.customer_id == profile.id, EmailedToken.login_id.in_(ids))
    )
    tokens = db.session.execute(invited).all()
    former = _former(profile.id)
    names = {profile.name, f"{profile.given_name} {profile.family_name}".strip(), *former["name"]}
    people = {row.name for row in (*logins, *tokens)}
    emails = {profile.email, profile.billing_email, *former["email"], *former["billing_email"]}
    emails |= {row.email for row in (*logins, *tokens)}
    emails = _theirs_alone(profile.id, {email_key(email) for email in emails if email})
    contacts = {profile.phone, profile.address, *former["phone"], *former["address"]}
    contacts |= {" ".join(text.split()) for text in contacts}
    words = {
        **dict.fromkeys(contacts | emails, GONE),
        **dict.fromkeys(people, PERSON),
        **dict.fromkeys(names, pseudonym),
    }
    neighbours = tuple(sorted(_neighbours(profile.id)))
    return Person(profile.id, profile.public_id, ids, tuple(sorted(emails)), Eraser(words), neighbours)


def _former(customer_id: int) -> dict[str, set[str]]:
    """What details of a customer were before, as the log remembers them from changes by hand and from imports."""
    found: dict[str, set[str]] = {name: set() for name in ("name", "email", "billing_email", "phone", "address")}
    a = AuditRecord
    written = a.action.in_(("customer.edit", "customer.details", "customer.create", "customer.change"))
    rows = db.session.execute(select(a.action, a.text, a.parts, a.details).where(a.subject_id == customer_id, written))
    for row in rows:
        for name, values in cast(dict[str, Sequence[str]], row.details.get("fields", {})).items():
            found.setdefault(name, set()).update(values)
        if row.action not in ("customer.edit", "customer.details"):
            found["name"] |= _named_in(row.action, row.text, row.parts)
    return found


def _named_in(action: str, text: str, parts: dict[str, object] | None) -> set[str]:
    """The name in a line about an import: a part of its sentence, or in old lines a part of the text."""
    if parts is None:
        return {text.removesuffix(" imported") if action == "customer.create" else text.rpartition(": ")[0]}
    return {part for _, part in from_stored(text, parts).parts if isinstance(part, str)}


def _theirs_alone(customer_id: int, emails: set[str]) -> set[str]:
    """The addresses that nobody else has on file: a bookkeeper's may stand with many customers."""
    others = Customer.id != customer_id
    elsewhere: set[str] = set()
    for column in (Customer.email, Customer.billing_email):
        elsewhere |= set(db.session.scalars(select(func.lower(column)).where(func.lower(column).in_(emails), others)))
    signs_in = Login.customer_id.is_distinct_from(customer_id)
    elsewhere |= set(db.session.scalars(select(Login.email).where(Login.email.in_(emails), signs_in)))
    return emails - elsewhere


def _neighbours(customer_id: int) -> set[int]:
    found: set[int] = set()
    link, share = SubAccountLink, SharedBalance
    for here, there in (
        (link.sub_id, link.main_id),
        (link.main_id, link.sub_id),
        (share.primary_id, share.secondary_id),
        (share.secondary_id, share.primary_id),
    ):
        found |= set(db.session.scalars(select(there).where(here == customer_id)))
    mine = select(GroupMember.group_id).where(GroupMember.customer_id == customer_id)
    asked = select(GroupInvitation.group_id).where(
        or_(GroupInvitation.customer_id == customer_id, GroupInvitation.inviter_id == customer_id)
    )
    together = or_(GroupMember.group_id.in_(mine), GroupMember.group_id.in_(asked))
    found |= set(db.session.scalars(select(GroupMember.customer_id).where(together)))
    return found - {customer_id}


# What goes ------------------------------------------------------------------------------------------------------------


def _profile(profile: Profile, pseudonym: str, at: datetime) -> None:
    values: dict[str, object] = {
        **dict.fromkeys(("given_name", "family_name", "email", "billing_email", "phone", "address"), ""),
        **searchable(pseudonym),
        "folded": "",
        "name": pseudonym,
        "external_id": None,
        "born_on": None,
        "manages_sub_accounts": False,
        "removed_at": at,
        "version": profile.version + 1,
    }
    db.session.execute(update(Customer).where(Customer.id == profile.id).values(values))


# How ------------------------------------------------------------------------------------------------------------------


def holds(column: Any, person: Person) -> ColumnElement[bool]:
    """Whether a column may name the person; JSON is looked at as the text it is stored as."""
    text = as_type(column, Text)
    spellings = {spelling for word in person.eraser.words for spelling in (word, json.dumps(word)[1:-1])}
    return or_(*[text.icontains(spelling, autoescape=True) for spelling in sorted(spellings)])


def clean(
    model: Any,
    columns: Iterable[InstrumentedAttribute[Any]],
    person: Person,
    *where: ColumnElement[bool],
    key: Any = None,
) -> None:
    """Take the person's words out of some columns of the rows that match."""
    columns = list(columns)
    if not person.eraser.words:
        return
    key = model.id if key is None else key
    found = select(key, *columns).where(*where, or_(*[holds(column, person) for column in columns]))
    for row in db.session.execute(found).all():
        values = {column.key: person.eraser.value(value) for column, value in zip(columns, row[1:], strict=True)}
        db.session.execute(update(cast(Table, model.__table__)).where(key == row[0]).values(values))


def drop_unused(candidates: set[int]) -> list[str]:
    """Drop the rows of files that no document, mail or job refers to any more; their digests.

    A module of this floor whose tables refer to files says under `USES_FILES` which of some it still needs.
    """
    if not candidates:
        return []
    used = set(db.session.scalars(select(Document.file_id).where(Document.file_id.in_(candidates))))
    attached = select(OutboxMessage.attachments).where(as_type(OutboxMessage.attachments, Text).contains("file_id"))
    for attachments in db.session.scalars(attached):
        used |= {int(cast(int, one["file_id"])) for one in attachments if "file_id" in one}
    made = select(Job.result).where(as_type(Job.result, Text).contains("file_id"))
    used |= {file_of(result) for result in db.session.scalars(made)}
    for uses in declared("portal.db", "USES_FILES"):
        used |= set(uses(candidates))
    gone = delete(StoredFile).where(StoredFile.id.in_(candidates - used)).returning(StoredFile.sha256)
    return list(db.session.scalars(gone))


def file_of(result: object) -> int:
    """The id of the file that a job made, 0 without one."""
    made = result.get("file") if isinstance(result, dict) else None
    return int(made.get("file_id", 0)) if isinstance(made, dict) else 0


def is_kept(sha256: str) -> bool:
    """Whether a file with this digest is kept, perhaps again."""
    return db.session.scalar(select(StoredFile.id).where(StoredFile.sha256 == sha256)) is not None
