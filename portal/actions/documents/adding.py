"""Putting a file into a customer's documents (M3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from portal.actions import access
from portal.actions.access import Profile
from portal.db import documents, files
from portal.db.audit import records as audit
from portal.db.customers import profiles as customers
from portal.db.engine import snapshot, writes
from portal.outside import uploads
from portal.outside.uploads import Taken
from portal.rules import documents as rules
from portal.rules.deciding import Actor, Grant, Source
from portal.rules.documents import Audience, Wording
from portal.rules.errors import Invalid, Refused
from portal.rules.permissions import Permission
from portal.rules.sentences import say


@dataclass(frozen=True, slots=True)
class Added:
    """A document that is in the list now: `name` is its label, `size` in bytes. `before`: the same file was there."""

    document: str
    title: str
    name: str
    content_type: str
    size: int
    before: bool = False


@snapshot
def audiences(actor: Actor, customer: str) -> tuple[Audience, ...]:
    """For whom the actor may put documents there, the usual first. Raises Missing and NotAllowed."""
    return _audiences(actor, _permitted(actor, customer)[1])


def add(actor: Actor, customer: str, file: BinaryIO, name: str, wanted: Wording, *, once: str | None = None) -> Added:
    """Put a file, which can be rewound, into the documents of a customer (external or public id).

    `name` is what whoever brings it calls it. The same file twice for the same eyes is one document. Raises Refused for
    what is not taken (M3), Invalid, NotAllowed, Missing, and Busy where there is no room or the scanner is silent.
    """
    allowed = audiences(actor, customer)
    wanted = rules.worded(wanted, rules.label(name))
    faults = rules.wording_faults(wanted)
    if wanted.audience not in allowed:
        faults["audience"] = say("A document cannot be put here for these eyes only. Choose for whom it is again.")
    if faults:
        raise Invalid(faults)
    return _add(actor, customer, uploads.take(file, name), wanted, once=once)


@writes(once="document.add", answer=Added)
def _add(actor: Actor, customer: str, taken: Taken, wanted: Wording, *, once: str | None) -> Added:
    profile, grant = _permitted(actor, customer)
    customers.lock([profile.id], exclusive=True)
    found = documents.same(profile.id, taken.sha256, wanted.audience, by_staff=actor.is_staff)
    if found is not None:
        there = documents.find(profile.id, found)
        assert there is not None
        return Added(found, there.title, there.filename, there.content_type, there.size, before=True)
    quota = profile.settings.documents_quota * rules.MEGABYTE
    if reasons := rules.quota_reasons(documents.room_taken(profile.id), taken.size, quota):
        raise Refused(reasons)
    public_id = documents.add(
        customer_id=profile.id,
        about_id=None,
        kind=documents.UPLOAD,
        title=wanted.title,
        filename=taken.name,
        file_id=files.add(taken.sha256, taken.size, taken.content_type),
        created_by=actor.label,
        folder=wanted.folder,
        audience=wanted.audience,
        by_staff=actor.is_staff,
    )
    text = say("Added the document “{title}”", title=wanted.title)
    if wanted.audience is Audience.STAFF:
        text = say("Added a document that only staff see")
    audit.record(actor, "document.add", text, subject_id=profile.id, grant=grant, document=public_id)
    return Added(public_id, wanted.title, taken.name, taken.content_type, taken.size)


def _permitted(actor: Actor, customer: str) -> tuple[Profile, Grant]:
    profile = customers.require(customer)
    permission = Permission.DOCUMENTS_MANAGE if actor.is_staff else Permission.DOCUMENTS_ADD
    return profile, access.require(actor, permission, profile)


def _audiences(actor: Actor, grant: Grant) -> tuple[Audience, ...]:
    if actor.is_staff:
        return Audience.EVERYBODY, Audience.STAFF
    return (Audience.EVERYBODY, Audience.OWN) if grant.source is Source.SELF else (Audience.EVERYBODY,)
