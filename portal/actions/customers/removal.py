"""Removing a customer: what still ties it (L12), what would go, and erasing the person behind it (PRI5)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

import structlog

from portal.actions import access
from portal.actions.books.words import on_the_books
from portal.db import idempotency as operations
from portal.db.audit import records as audit
from portal.db.customers import erasing
from portal.db.customers import profiles as customers
from portal.db.customers import removal as removals
from portal.db.customers.profiles import Profile
from portal.db.customers.removal import Extent as Extent
from portal.db.engine import snapshot, writes
from portal.db.folding import fold
from portal.outside import clock, files
from portal.rules import seen
from portal.rules.customers.removal import removed_reason
from portal.rules.deciding import Actor
from portal.rules.errors import Reason, Refused
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say

log = structlog.get_logger("portal.removal")


@dataclass(frozen=True, slots=True)
class RemovalPreview:
    """What removing would do; `reasons` says why it cannot be done yet, empty when it can.

    `pseudonym` is the name that the books will show, `refused` the headline above the reasons. `mark` stands for what
    was shown.
    """

    profile: Profile
    pseudonym: str
    refused: Sentence
    reasons: tuple[Reason, ...]
    extent: Extent
    mark: str


@dataclass(frozen=True, slots=True)
class Removed:
    """What is left of a customer: its public id, the name its books show, and how much was erased."""

    customer: str
    name: str
    logins: int
    documents: int
    mails: int
    entries: int


@snapshot
def preview(actor: Actor, customer: str) -> RemovalPreview:
    """What removing a customer, named by external or public id, would do. Raises Missing and NotAllowed."""
    return _preview(_permitted(actor, customer))


def remove(actor: Actor, customer: str, *, mark: str | None = None, once: str | None = None) -> Removed:
    """Remove a customer for good: erase the person, and leave the books with a pseudonym (L12, PRI5).

    Raises Refused with everything that still ties it, Conflict when what the preview `mark` showed has changed,
    Missing and NotAllowed. The same `once` again gives the same answer.
    """
    erased = _remove(actor, customer, mark=mark, once=once)
    for sha256 in erased.unused:
        if not erasing.is_kept(sha256):  # somebody may have stored the same bytes since
            files.remove(sha256)
    return erased.removed


@dataclass(frozen=True, slots=True)
class _Erased:
    """What was done, and the digests of files that nothing refers to any more."""

    removed: Removed
    unused: tuple[str, ...]


@writes(once="remove", answer=_Erased)
def _remove(actor: Actor, customer: str, *, mark: str | None, once: str | None) -> _Erased:
    profile = _permitted(actor, customer)
    customers.lock([profile.id], exclusive=True)
    profile = customers.by_id(profile.id)
    shown = _preview(profile)
    if shown.reasons:
        raise Refused(shown.reasons, shown.refused)
    otherwise = say("Something has changed since you looked. Check again what will be erased before you go on.")
    seen.unchanged(mark, shown.mark, otherwise)
    unused = erasing.erase(profile, shown.pseudonym, clock.now())
    text = say("Removed the customer and erased the person")
    audit.record(actor, removals.REMOVED, text, subject_id=profile.id)
    log.info("customer removed", customer=profile.public_id, actor=actor.login_id)
    return _Erased(Removed(profile.public_id, shown.pseudonym, **asdict(shown.extent)), tuple(unused))


@snapshot
def removed_by(actor: Actor, profile: Profile) -> tuple[str, datetime] | None:
    """Who removed a loaded customer, and when; None when nobody did. Raises NotAllowed."""
    access.require(actor, Permission.CUSTOMERS_VIEW, profile)
    return removals.removed_by(profile.id) if profile.removed_at is not None else None


def names(typed: str, profile: Profile) -> bool:
    """Whether what somebody typed to confirm names the customer: its name, or one of its numbers."""
    known = {fold(name) for name in (profile.name, profile.external_id or "", profile.public_id) if fold(name)}
    return fold(typed) in known


def _permitted(actor: Actor, customer: str) -> Profile:
    profile = customers.require(customer)
    access.require(actor, Permission.CUSTOMERS_REMOVE, profile)
    return profile


def _preview(profile: Profile) -> RemovalPreview:
    extent = removals.extent(profile.id)
    refused = say("{name} can’t be removed yet", name=profile.name)
    if profile.removed_at is not None:
        return RemovalPreview(profile, profile.name, refused, (removed_reason(profile.name),), extent, "")
    ties = removals.ties(profile)
    pseudonym = on_the_books(say("Removed customer {number}", number=profile.public_id[:8]), profile)
    mark = operations.fingerprint([profile.version, ties, extent])
    return RemovalPreview(profile, pseudonym, refused, ties, extent, mark)
