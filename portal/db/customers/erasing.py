"""Erasing a person: everything that names them goes, and what the books keep gets a pseudonym (PRI5).

The caller has marked the customer as removed in the same transaction: the guard of the audit log asks for that.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, Text, delete, func, or_, select, update
from sqlalchemy import cast as as_type
from sqlalchemy.orm import InstrumentedAttribute

from portal.db import notices, outbox
from portal.db.customers.profiles import Profile, searchable
from portal.db.engine import db
from portal.db.groups.live import unanswered
from portal.db.tables import (
    ActingConsent,
    AuditRecord,
    Customer,
    Document,
    EmailedToken,
    GroupInvitation,
    GroupMember,
    Job,
    Login,
    LoginSession,
    Operation,
    OutboxMessage,
    OutboxRecipient,
    SharedBalance,
    StoredFile,
    SubAccountLink,
)
from portal.rules.customers.removal import DOMAIN, PERSON, Eraser

GONE = "…"
"""What stands in a text where a contact detail stood."""


@dataclass(frozen=True, slots=True)
class _Person:
    """Whom to erase: ids of the logins, addresses that are theirs alone, what they were called, and who may name them.

    `neighbours` are the customers that were ever linked to this one, shared its balances or a group with it.
    """

    id: int
    public_id: str
    logins: tuple[int, ...]
    emails: tuple[str, ...]
    eraser: Eraser
    neighbours: tuple[int, ...]


def erase(profile: Profile, pseudonym: str, at: datetime) -> list[str]:
    """Erase a customer's person everywhere; returns the digests of files that nothing refers to any more."""
    person = _person(profile, pseudonym)
    _profile(profile, pseudonym, at)
    notices.forget(profile.id)
    files = _documents(person) | _jobs(person) | _mails(person, at)
    _invitations(person, at)
    _consents(person)
    _logins(person, at)
    _answers(person)
    _log(person)
    return _unused(files)


# Who it is ------------------------------------------------------------------------------------------------------------


def _person(profile: Profile, pseudonym: str) -> _Person:
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
    emails = _theirs_alone(profile.id, {email.lower() for email in emails if email})
    contacts = {profile.phone, profile.address, *former["phone"], *former["address"]}
    contacts |= {" ".join(text.split()) for text in contacts}
    words = {
        **dict.fromkeys(contacts | emails, GONE),
        **dict.fromkeys(people, PERSON),
        **dict.fromkeys(names, pseudonym),
    }
    neighbours = tuple(sorted(_neighbours(profile.id)))
    return _Person(profile.id, profile.public_id, ids, tuple(sorted(emails)), Eraser(words), neighbours)


def _former(customer_id: int) -> dict[str, set[str]]:
    """What details of a customer were before, as the log remembers them from changes by hand and from imports."""
    found: dict[str, set[str]] = {name: set() for name in ("name", "email", "billing_email", "phone", "address")}
    a = AuditRecord
    written = a.action.in_(("customer.edit", "customer.create", "customer.change"))
    rows = db.session.execute(select(a.action, a.text, a.details).where(a.subject_id == customer_id, written))
    for action, text, details in rows:
        for name, values in cast(dict[str, Sequence[str]], details.get("fields", {})).items():
            found.setdefault(name, set()).update(values)
        if action == "customer.create":
            found["name"].add(text.removesuffix(" imported"))
        elif action == "customer.change":
            found["name"].add(text.rpartition(": ")[0])
    return found


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


def _logins(person: _Person, at: datetime) -> None:
    """Logins stay as rows, since the log refers to them, but nobody signs in with them and they name nobody."""
    db.session.execute(
        update(Login)
        .where(Login.id.in_(person.logins))
        .values(
            email="removed-" + Login.public_id + f"@{DOMAIN}",
            name=PERSON,
            password_hash=None,
            scopes="",
            disabled_at=func.coalesce(Login.disabled_at, at),
        )
    )
    theirs = LoginSession.login_id.in_(person.logins)
    db.session.execute(update(LoginSession).where(theirs, LoginSession.ended_at.is_(None)).values(ended_at=at))
    db.session.execute(update(LoginSession).where(theirs).values(address="", browser=""))
    token = EmailedToken
    sent = or_(token.customer_id == person.id, token.login_id.in_(person.logins), token.email.in_(person.emails))
    db.session.execute(delete(token).where(sent))


def _invitations(person: _Person, at: datetime) -> None:
    """Invitations into groups: those to the person are taken back and name nobody, those from it lose its name."""
    one = GroupInvitation
    to_them = or_(one.customer_id == person.id, one.email.in_(person.emails))
    db.session.execute(update(one).where(to_them, unanswered(one)).values(revoked_at=at))
    db.session.execute(update(one).where(to_them).values(email=f"removed@{DOMAIN}", name=PERSON))
    db.session.execute(update(one).where(one.inviter_id == person.id).values(inviter=PERSON))


def _consents(person: _Person) -> None:
    given = ActingConsent.given_by.in_(person.emails)
    db.session.execute(update(ActingConsent).where(given).values(given_by=PERSON))


def _documents(person: _Person) -> set[int]:
    """The customer's own list goes; what stands in others' lists about it loses the name. Ids of the files."""
    mine = Document.customer_id == person.id
    files = set(db.session.scalars(select(Document.file_id).where(mine)))
    db.session.execute(delete(Document).where(mine))
    db.session.execute(update(Document).where(Document.created_by.in_(person.emails)).values(created_by=PERSON))
    columns = (Document.title, Document.filename, Document.description)
    _clean(Document, columns, person, or_(Document.about_id == person.id, Document.customer_id.in_(person.neighbours)))
    return files


def _jobs(person: _Person) -> set[int]:
    mine = or_(Job.subject_id == person.id, Job.login_id.in_(person.logins))
    files = {_file_of(result) for result in db.session.scalars(select(Job.result).where(mine))}
    db.session.execute(delete(Job).where(mine))
    columns = (Job.title, Job.error, Job.arguments, Job.result)
    _clean(Job, columns, person, Job.subject_id.in_(person.neighbours))
    return files - {0}


def _file_of(result: object) -> int:
    """The id of the file that a job made, 0 without one."""
    made = result.get("file") if isinstance(result, dict) else None
    return int(made.get("file_id", 0)) if isinstance(made, dict) else 0


def _mails(person: _Person, at: datetime) -> set[int]:
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
        theirs = [one.id for one in addresses if one.address.lower() in person.emails]
        if row.subject_id == person.id or len(theirs) == len(addresses):
            files |= {int(cast(int, one["file_id"])) for one in row.attachments}
            _empty(row.id, [one.id for one in addresses], at)
        else:
            _forget_recipients(theirs)
            _settle(row.id, at)
    texts = (m.subject, m.text, m.html, m.sender_name, m.last_error, m.attachments)
    scope = or_(m.subject_id.in_(person.neighbours), m.login_id.in_(person.logins), m.id.in_([row.id for row in rows]))
    _clean(m, texts, person, scope)
    db.session.execute(update(m).where(func.lower(m.reply_to).in_(person.emails)).values(reply_to=""))
    return files


def _empty(key: int, recipients: Collection[int], at: datetime) -> None:
    _forget_recipients(recipients)
    empty = {"subject": PERSON, "text": "", "html": "", "sender_name": "", "reply_to": "", "attachments": []}
    db.session.execute(update(OutboxMessage).where(OutboxMessage.id == key).values(**empty, last_error=""))
    _settle(key, at)


def _forget_recipients(keys: Collection[int]) -> None:
    r = OutboxRecipient
    db.session.execute(update(r).where(r.id.in_(keys), r.state == "queued").values(state="failed"))
    db.session.execute(update(r).where(r.id.in_(keys)).values(address=f"removed@{DOMAIN}", error=""))


def _settle(key: int, at: datetime) -> None:
    """Mail that waited for nobody else waits no more."""
    waits = OutboxMessage.state == "queued"
    state = outbox.overall(key)
    if state.value not in ("queued", "sending"):
        ended = {"state": state.value, "finished_at": at}
        db.session.execute(update(OutboxMessage).where(OutboxMessage.id == key, waits).values(ended))


def _answers(person: _Person) -> None:
    """The answers of earlier requests, which a repeated one would get again."""
    _clean(Operation, (Operation.answer,), person, key=Operation.key)


def _log(person: _Person) -> None:
    """The log keeps every deed: who is the login's number, for whom the customer's. Words that name the person go."""
    a = AuditRecord
    rows = db.session.execute(
        select(a.id, a.login_id, a.subject_id, a.actor, a.text, a.parts, a.details).where(
            or_(
                a.subject_id == person.id,
                a.login_id.in_(person.logins),
                (a.subject_id.in_(person.neighbours) | a.subject_id.is_(None))
                & or_(_holds(a.text, person), _holds(a.parts, person), _holds(a.details, person)),
            )
        )
    ).all()
    for row in rows:
        details = person.eraser.value(row.details)
        if row.subject_id == person.id and "fields" in details:
            details["fields"] = {name: [GONE, GONE] for name in details["fields"]}
        actor = PERSON if row.login_id in person.logins else row.actor
        text, parts = person.eraser.text(row.text), person.eraser.value(row.parts)
        if (actor, text, parts, details) != (row.actor, row.text, row.parts, row.details):
            values = {"actor": actor, "text": text, "parts": parts, "details": {**details, "erased": person.public_id}}
            db.session.execute(update(cast(Table, a.__table__)).where(a.id == row.id).values(values))


# How ------------------------------------------------------------------------------------------------------------------


def _holds(column: Any, person: _Person) -> ColumnElement[bool]:
    """Whether a column may name the person; JSON is looked at as the text it is stored as."""
    text = as_type(column, Text)
    spellings = {spelling for word in person.eraser.words for spelling in (word, json.dumps(word)[1:-1])}
    return or_(*[text.icontains(spelling, autoescape=True) for spelling in sorted(spellings)])


def _clean(
    model: Any,
    columns: Iterable[InstrumentedAttribute[Any]],
    person: _Person,
    *where: ColumnElement[bool],
    key: Any = None,
) -> None:
    """Take the person's words out of some columns of the rows that match."""
    columns = list(columns)
    if not person.eraser.words:
        return
    key = model.id if key is None else key
    found = select(key, *columns).where(*where, or_(*[_holds(column, person) for column in columns]))
    for row in db.session.execute(found).all():
        values = {column.key: person.eraser.value(value) for column, value in zip(columns, row[1:], strict=True)}
        db.session.execute(update(cast(Table, model.__table__)).where(key == row[0]).values(values))


def _unused(candidates: set[int]) -> list[str]:
    """Drop the rows of files that no document, mail or job refers to any more; their digests."""
    if not candidates:
        return []
    used = set(db.session.scalars(select(Document.file_id).where(Document.file_id.in_(candidates))))
    attached = select(OutboxMessage.attachments).where(as_type(OutboxMessage.attachments, Text).contains("file_id"))
    for attachments in db.session.scalars(attached):
        used |= {int(cast(int, one["file_id"])) for one in attachments}
    made = select(Job.result).where(as_type(Job.result, Text).contains("file_id"))
    used |= {_file_of(result) for result in db.session.scalars(made)}
    gone = delete(StoredFile).where(StoredFile.id.in_(candidates - used)).returning(StoredFile.sha256)
    return list(db.session.scalars(gone))


def is_kept(sha256: str) -> bool:
    """Whether a file with this digest is kept, perhaps again."""
    return db.session.scalar(select(StoredFile.id).where(StoredFile.sha256 == sha256)) is not None
