"""Changing how a document stands in its list, and taking it out (M3)."""

from __future__ import annotations

from dataclasses import dataclass

from portal.actions import access
from portal.actions.access import Profile
from portal.actions.documents import lists
from portal.actions.documents.adding import audiences as audiences_for
from portal.db import documents
from portal.db.audit import records as audit
from portal.db.customers import erasing
from portal.db.customers import profiles as customers
from portal.db.documents import DocumentRow
from portal.db.engine import snapshot, writes
from portal.outside import files
from portal.rules import documents as rules
from portal.rules.deciding import Actor, Grant
from portal.rules.documents import Audience, Wording
from portal.rules.errors import Invalid, NotAllowed
from portal.rules.permissions import Permission
from portal.rules.sentences import say


@dataclass(frozen=True, slots=True)
class Changeable:
    """A document that the actor may change, and for whom it may be."""

    document: DocumentRow
    audiences: tuple[Audience, ...]


@dataclass(frozen=True, slots=True)
class Removed:
    """A document that was taken out of its list, and the digests of files that nothing refers to any more."""

    title: str
    unused: tuple[str, ...]


@snapshot
def look_up(actor: Actor, customer: str, document: str) -> Changeable:
    """A document with what can be changed. Raises Missing, and NotAllowed for one that is not the actor's to change."""
    _profile, _grant, found = _mine(actor, customer, document)
    return Changeable(found, audiences_for(actor, customer))


@writes(once="document.change", answer=None)
def change(actor: Actor, customer: str, document: str, wanted: Wording, *, once: str | None = None) -> None:
    """Give a document another title or folder, or let others see it. Raises Invalid, Missing and NotAllowed."""
    profile, grant, found = _mine(actor, customer, document)
    wanted = rules.worded(wanted, found.filename)
    faults = rules.wording_faults(wanted)
    if wanted.audience not in (*audiences_for(actor, customer), found.audience):
        faults["audience"] = say("A document cannot be put here for these eyes only. Choose for whom it is again.")
    if faults:
        raise Invalid(faults)
    before = (found.title, found.folder, found.audience.value)
    after = (wanted.title, wanted.folder, wanted.audience.value)
    if before == after:
        return
    documents.change(document, wanted.title, wanted.folder, wanted.audience)
    hidden = Audience.STAFF in (found.audience, wanted.audience)
    pairs = zip(("title", "folder", "audience"), before, after, strict=True)
    fields = {} if hidden else {"fields": {name: [was, now] for name, was, now in pairs}}
    text = say("Changed a document that only staff see") if hidden else say("Changed “{title}”", title=wanted.title)
    audit.record(actor, "document.change", text, subject_id=profile.id, grant=grant, document=document, **fields)


def remove(actor: Actor, customer: str, document: str, *, once: str | None = None) -> str:
    """Take a document out of its list, for good; its title. Raises Missing, and NotAllowed.

    Its file goes from the disk when nothing else refers to it.
    """
    done = _remove(actor, customer, document, once=once)
    for sha256 in done.unused:
        if not erasing.is_kept(sha256):  # somebody may have stored the same bytes since
            files.remove(sha256)
    return done.title


@writes(once="document.remove", answer=Removed)
def _remove(actor: Actor, customer: str, document: str, *, once: str | None) -> Removed:
    profile, grant, found = _mine(actor, customer, document)
    unused = erasing.drop_unused({documents.remove(document)})
    text = say("Removed the document “{title}”", title=found.title)
    if found.audience is Audience.STAFF:
        text = say("Removed a document that only staff saw")
    audit.record(actor, "document.remove", text, subject_id=profile.id, grant=grant, document=document)
    return Removed(found.title, tuple(unused))


def _mine(actor: Actor, customer: str, document: str) -> tuple[Profile, Grant, DocumentRow]:
    profile = customers.require(customer)
    permission = Permission.DOCUMENTS_MANAGE if actor.is_staff else Permission.DOCUMENTS_ADD
    grant = access.require(actor, permission, profile)
    found = lists.find(actor, profile, grant, document)
    if not may_change(actor, found):
        raise NotAllowed(say("“{title}” is kept as it is. Ask the operator where it is wrong.", title=found.title))
    return profile, grant, found


def may_change(actor: Actor, found: DocumentRow) -> bool:
    """Whether a document in sight was brought, and by those whose it is to change; the right to it is asked before."""
    return found.kind == documents.UPLOAD and (actor.is_staff or not found.by_staff)
