"""Changing a customer's own status, and what follows from it (C1, L11, O6)."""

from __future__ import annotations

from dataclasses import dataclass

from portal.actions import access, notices
from portal.actions.links.sub_accounts import Change
from portal.actions.notices import Outlook, Watch
from portal.db import idempotency as operations
from portal.db.audit import records as audit
from portal.db.customers import changes as profiles
from portal.db.customers import profiles as customers
from portal.db.customers.changes import Follower
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.outside import clock
from portal.rules.customers.status import BlockedCause, EffectiveStatus, Status, effective_status
from portal.rules.deciding import Actor
from portal.rules.errors import Conflict
from portal.rules.links.facts import BillingMode
from portal.rules.permissions import Permission

MEANINGS = {
    Status.NEW: "People can sign in and look around. Nothing recurring is billed, and nothing can be ordered "
    "or booked.",
    Status.ACTIVE: "People can sign in and do everything their access allows.",
    Status.BLOCKED: "People can still sign in, see, pay, download and write tickets. They cannot order, book or "
    "change services.",
    Status.INACTIVE: "Nobody can sign in any more. Everybody who is signed in now is signed out.",
}
"""What each status means for the people who sign in (C1)."""


@dataclass(frozen=True, slots=True)
class StatusPreview:
    """What a change of the own status would do (O6, L11).

    `follow` are the aggregated sub-accounts whose status changes with it, each with before and after; `keep` those
    whose status stays as it is, with the reason. `effective` is what the customer itself shows afterwards; `told` says
    who will hear of a block. `mark` stands for what was shown.
    """

    profile: Profile
    to: Status
    effective: Status
    changes: tuple[Change, ...]
    notes: tuple[str, ...]
    follow: tuple[tuple[Follower, Change], ...]
    keep: tuple[tuple[Follower, str], ...]
    told: Outlook
    mark: str


@snapshot
def preview(actor: Actor, public_id: str, to: Status) -> StatusPreview:
    """What changing the own status would do. Raises Missing and NotAllowed."""
    profile = access.load_subject(actor, public_id)
    access.require(actor, Permission.CUSTOMERS_EDIT, profile)
    return _preview(profile, to)


@writes
def change(actor: Actor, public_id: str, to: Status, *, mark: str | None = None, once: str | None = None) -> Profile:
    """Change a customer's own status (C1); its aggregated sub-accounts follow where L11 says so.

    Whoever is blocked by it gets a notice, as the partner wants it (F9).

    Raises Conflict when what the preview `mark` showed has changed, Missing and NotAllowed.
    """
    profile = access.load_subject(actor, public_id)
    access.require(actor, Permission.CUSTOMERS_EDIT, profile)
    if operations.claim(once, "status", [public_id, to]) is not None:
        return profile
    customers.lock([profile.id], exclusive=True)
    profile = customers.by_id(profile.id)
    access.require(actor, Permission.CUSTOMERS_EDIT, profile)  # it may have been removed meanwhile
    shown = _preview(profile, to)
    if mark is not None and mark != shown.mark:
        raise Conflict("Something has changed since you looked. Check again what will follow before you go on.")
    if profile.own_status is not to:
        watch = Watch([profile.id])
        profiles.set_status(profile.id, to, BlockedCause.BY_HAND if to is Status.BLOCKED else None, clock.now())
        text = f"Status changed from {profile.own_status.label} to {to.label}{_following(shown)}"
        audit.record(actor, "customer.status", text, subject_id=profile.id, before=profile.own_status.value)
        watch.write(actor)
    operations.settle(once, {})
    return customers.by_id(profile.id)


def _following(shown: StatusPreview) -> str:
    count = len(shown.follow)
    return f"; {count} sub-account{'s' if count != 1 else ''} followed" if count else ""


def _preview(profile: Profile, to: Status) -> StatusPreview:
    subs = profiles.followers(profile.id)
    follow, keep, blocked = [], [], []
    for sub in subs:
        aggregated = sub.mode is BillingMode.AGGREGATED
        before = effective_status(sub.own_status, profile.own_status if aggregated else None).status
        after = effective_status(sub.own_status, to if aggregated else None)
        if before is not after.status:
            follow.append((sub, Change(sub.name, before.label, after.status.label)))
            blocked += [sub] if after.status is Status.BLOCKED else []
        else:
            keep.append((sub, _why_kept(sub, after, profile.name)))
    main = profile.main_own_status if profile.aggregated else None
    now, becoming = profile.status.status, effective_status(to, main)
    becomes = becoming.status
    newly = becomes is Status.BLOCKED and now is not Status.BLOCKED
    told = notices.outlook(profile, newly, blocked, follows=becoming.imposed)
    changes = [Change("Own status", profile.own_status.label, to.label)]
    if main is not None and (now.label, becomes.label) != (profile.own_status.label, to.label):
        changes.append(Change("Status shown", now.label, becomes.label))
    return StatusPreview(
        profile,
        to,
        becomes,
        tuple(changes),
        tuple(_notes(profile, to)),
        tuple(follow),
        tuple(keep),
        told,
        operations.fingerprint(
            [profile.own_status, to, main, [(s.public_id, s.own_status, s.mode) for s in subs], told.mark]
        ),
    )


def _why_kept(sub: Follower, after: EffectiveStatus, main: str) -> str:
    if sub.mode is BillingMode.INDEPENDENT:
        return f"stays {sub.own_status.label}: it is billed independently"
    if after.imposed:
        return f"stays {after.status.label}: it follows {main} already"
    if sub.own_status in (Status.BLOCKED, Status.INACTIVE):
        return f"stays {sub.own_status.label}: that is its own status"
    return f"stays {sub.own_status.label}"


def _notes(profile: Profile, to: Status) -> list[str]:
    """What to know before confirming, in sentences."""
    notes = [MEANINGS[to]]
    if to is Status.BLOCKED:
        notes.append("A block by hand is not lifted by paying: somebody has to lift it here.")
    if profile.aggregated and profile.main_own_status in (Status.BLOCKED, Status.INACTIVE):
        above = profile.main_own_status.label
        notes.append(f"{profile.main_name} is {above}, and an aggregated sub-account is never better off than that.")
    return notes
