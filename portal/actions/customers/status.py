"""Changing a customer's own status, and what follows from it (C1, L11, O6)."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from types import MappingProxyType

from portal.actions import access, notices
from portal.actions.links.previews import Change
from portal.actions.notices import Outlook, Watch
from portal.db import idempotency as operations
from portal.db.audit import records as audit
from portal.db.audit.records import Deed
from portal.db.customers import changes as profiles
from portal.db.customers import profiles as customers
from portal.db.customers.changes import Follower
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.db.folding import fold
from portal.db.groups import guardians
from portal.db.groups import members as groups
from portal.db.types import new_public_id
from portal.outside import clock
from portal.rules import seen
from portal.rules.customers.status import BlockedCause, EffectiveStatus, Status, effective_status
from portal.rules.deciding import Actor
from portal.rules.errors import Invalid, Reason, Refused
from portal.rules.links.facts import BillingMode
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say

MEANINGS = MappingProxyType(
    {
        Status.NEW: say(
            "People can sign in and look around. Nothing recurring is billed, and nothing can be ordered or booked."
        ),
        Status.ACTIVE: say("People can sign in and do everything their access allows."),
        Status.BLOCKED: say(
            "People can still sign in, see, pay and download. They cannot order, book or change services."
        ),
        Status.INACTIVE: say("Nobody can sign in any more. Everybody who is signed in now is signed out."),
    }
)
"""What each status means for the people who sign in (C1)."""

LONGEST_REASON = 500
OTHERWISE = say("Something has changed since you looked. Check again what will follow before you go on.")


@dataclass(frozen=True, slots=True)
class Turn:
    """A sub-account whose status changes with its main account's."""

    sub: Follower
    before: Status
    after: Status


@dataclass(frozen=True, slots=True)
class StatusPreview:
    """What a change of the own status would do (O6, L11).

    `follow` are the aggregated sub-accounts whose status changes with it; `keep` those whose status stays as it is,
    with the reason. `effective` is what the customer itself shows afterwards; `told` says who will hear of a block.
    `mark` stands for what was shown, `reasons` say why it cannot be (G15).
    """

    headline: Sentence
    profile: Profile
    to: Status
    effective: Status
    changes: tuple[Change, ...]
    notes: tuple[Sentence, ...]
    follow: tuple[Turn, ...]
    keep: tuple[tuple[Follower, Sentence], ...]
    told: Outlook
    mark: str
    reasons: tuple[Reason, ...] = ()


@snapshot
def preview(actor: Actor, public_id: str, to: Status) -> StatusPreview:
    """What changing the own status would do. Raises Missing and NotAllowed."""
    profile = access.load_subject(actor, public_id)
    access.require(actor, Permission.CUSTOMERS_STATUS, profile)
    return _preview(profile, to)


@dataclass(frozen=True, slots=True)
class ManyPreview:
    """What setting many to one own status would do: `each` as by itself, and those that have it already.

    `reasons` say why not all of them can be set together (G15); `mark` stands for all of it.
    """

    to: Status
    each: tuple[StatusPreview, ...]
    same: tuple[Profile, ...]
    reasons: tuple[Reason, ...]
    mark: str


@snapshot
def preview_many(actor: Actor, public_ids: Sequence[str], to: Status) -> ManyPreview:
    """What setting the own status of some customers would do. Raises Missing and NotAllowed."""
    return _preview_many(_loaded(actor, public_ids), to)


@writes(once="status.many")
def change_many(
    actor: Actor, public_ids: Sequence[str], to: Status, *, mark: str | None = None, once: str | None = None
) -> None:
    """Set the own status of some customers: all of them, or none. Tells and raises what `change` does."""
    _hold(_loaded(actor, public_ids), to)
    shown = _preview_many(_loaded(actor, public_ids), to)
    seen.unchanged(mark, shown.mark, OTHERWISE)
    if shown.reasons:
        raise Refused(shown.reasons, say("Not all of them can be set to {status} yet", status=to.label))
    watch = Watch([one.profile.id for one in shown.each])
    deeds = [_set(one) for one in shown.each]
    if deeds:
        text = say(
            "Status of {count} customer changed to {status}",
            "Status of {count} customers changed to {status}",
            count=len(deeds),
            status=to.label,
        )
        batch = new_public_id()
        audit.record_many(actor, deeds, batch=batch)
        audit.record_together(actor, "customer.status", text, batch=batch)
    watch.write(actor)


def _loaded(actor: Actor, public_ids: Sequence[str]) -> list[Profile]:
    found = [access.load_subject(actor, public_id) for public_id in dict.fromkeys(public_ids)]
    for profile in found:
        access.require(actor, Permission.CUSTOMERS_STATUS, profile)
    return sorted(found, key=lambda profile: (fold(profile.name), profile.id))


def _preview_many(found: Sequence[Profile], to: Status) -> ManyPreview:
    each = tuple(_preview(profile, to) for profile in found if profile.own_status is not to)
    gone = {key for one in each for key in _gone(one.profile, one.effective, one.follow)}
    reasons = guardians.staying_away(gone, inactive=True) if gone else []
    same = tuple(profile for profile in found if profile.own_status is to)
    mark = operations.fingerprint([*(one.mark for one in each), *(profile.public_id for profile in same)])
    return ManyPreview(to, each, same, tuple(reasons), mark)


@writes(once="status")
def change(
    actor: Actor, public_id: str, to: Status, *, reason: str = "", mark: str | None = None, once: str | None = None
) -> None:
    """Change a customer's own status (C1); its aggregated sub-accounts follow where L11 says so.

    Whoever is blocked by it gets a notice, as the partner wants it (F9). The `reason` is for staff alone (O6).

    Raises Conflict when what the preview `mark` showed has changed, Refused where somebody would be left with nobody
    who acts for them (G15), Invalid for a reason that is too long, Missing and NotAllowed.
    """
    reason = " ".join(reason.split())
    if len(reason) > LONGEST_REASON:
        raise Invalid({"reason": say("Use at most {longest} characters here.", longest=LONGEST_REASON)})
    profile = access.load_subject(actor, public_id)
    access.require(actor, Permission.CUSTOMERS_STATUS, profile)
    _hold([profile], to)
    profile = customers.by_id(profile.id)
    access.require(actor, Permission.CUSTOMERS_STATUS, profile)  # it may have been removed meanwhile
    shown = _preview(profile, to)
    seen.unchanged(mark, shown.mark, OTHERWISE)
    if profile.own_status is to:
        return
    if shown.reasons:
        raise Refused(shown.reasons, _cannot(profile, to))
    watch = Watch([profile.id])
    audit.record_many(actor, [_set(shown, reason)])
    watch.write(actor)


@snapshot
def last_reason(actor: Actor, profile: Profile) -> str:
    """Why the own status of a loaded customer was changed last, as staff wrote it; "" where nobody did."""
    access.require(actor, Permission.CUSTOMERS_VIEW, profile)
    return str(audit.latest_details(profile.id, "customer.status").get("reason", ""))


def _set(shown: StatusPreview, reason: str = "") -> Deed:
    """Set a status; the line of the log about it."""
    profile, to = shown.profile, shown.to
    profiles.set_status(profile.id, to, BlockedCause.BY_HAND if to is Status.BLOCKED else None, clock.now())
    text = _changed(profile.own_status, to, len(shown.follow))
    why = {"reason": reason} if reason else {}
    return Deed(profile.id, "customer.status", text, {"before": profile.own_status.value, **why})


def _hold(held: Sequence[Profile], to: Status) -> None:
    """Hold the customers, and where they become Inactive whoever follows them and every group they are in (G15)."""
    ids = {profile.id for profile in held}
    if to is not Status.INACTIVE:
        customers.lock(ids, exclusive=True)
        return
    following = _following(ids)
    customers.lock(ids | following, exclusive=True)
    if more := _following(ids) - following:  # somebody was linked meanwhile; from here on nobody can be
        customers.lock(more, exclusive=True)
    groups.hold_of(ids | following | more)


def _following(ids: Set[int]) -> set[int]:
    return {key for found in profiles.paid_followers(ids).values() for key, _ in found}


def _cannot(profile: Profile, to: Status) -> Sentence:
    return say("{name} can’t be set to {status} yet", name=profile.name, status=to.label)


def _changed(before: Status, after: Status, followed: int) -> Sentence:
    if not followed:
        return say("Status changed from {before} to {after}", before=before.label, after=after.label)
    return say(
        "Status changed from {before} to {after}; {count} sub-account followed",
        "Status changed from {before} to {after}; {count} sub-accounts followed",
        count=followed,
        before=before.label,
        after=after.label,
    )


def _preview(profile: Profile, to: Status) -> StatusPreview:
    subs = profiles.followers(profile.id)
    follow, keep = _followers(profile, to, subs)
    main = profile.main_own_status if profile.aggregated else None
    becoming = effective_status(to, main)
    newly = becoming.status is Status.BLOCKED and profile.status.status is not Status.BLOCKED
    blocked = [turn.sub for turn in follow if turn.after is Status.BLOCKED]
    told = notices.outlook(profile, newly, blocked, follows=becoming.imposed)
    followed = [(sub.public_id, sub.own_status, sub.mode) for sub in subs]
    return StatusPreview(
        headline=say("Set {name} to {status}", name=profile.name, status=to.label),
        profile=profile,
        to=to,
        effective=becoming.status,
        changes=_changes(profile, to, becoming.status),
        notes=tuple(_notes(profile, to)),
        follow=tuple(follow),
        keep=tuple(keep),
        told=told,
        mark=operations.fingerprint([profile.own_status, to, main, followed, told.mark]),
        reasons=tuple(_refusals(profile, becoming.status, follow)),
    )


def _refusals(profile: Profile, becomes: Status, follow: Sequence[Turn]) -> list[Reason]:
    """G15: who becomes Inactive leaves nobody without somebody who acts for them."""
    gone = _gone(profile, becomes, follow)
    return guardians.staying_away(gone, inactive=True) if gone else []


def _gone(profile: Profile, becomes: Status, follow: Sequence[Turn]) -> list[str]:
    """Who becomes Inactive: public ids."""
    gone = [profile.public_id] if becomes is Status.INACTIVE and profile.status.status is not becomes else []
    return gone + [turn.sub.public_id for turn in follow if turn.after is Status.INACTIVE]


def _followers(
    profile: Profile, to: Status, subs: Sequence[Follower]
) -> tuple[list[Turn], list[tuple[Follower, Sentence]]]:
    """The sub-accounts whose status changes with it, and those whose status stays, each with the reason."""
    follow, keep = [], []
    for sub in subs:
        aggregated = sub.mode is BillingMode.AGGREGATED
        before = effective_status(sub.own_status, profile.own_status if aggregated else None).status
        after = effective_status(sub.own_status, to if aggregated else None)
        if before is not after.status:
            follow.append(Turn(sub, before, after.status))
        else:
            keep.append((sub, _why_kept(sub, after, profile.name)))
    return follow, keep


def _changes(profile: Profile, to: Status, becomes: Status) -> tuple[Change, ...]:
    now = profile.status.status
    own = Change(say("Own status"), profile.own_status.label, to.label)
    if not profile.aggregated or (now, becomes) == (profile.own_status, to):
        return (own,)
    return own, Change(say("Status shown"), now.label, becomes.label)


def _why_kept(sub: Follower, after: EffectiveStatus, main: str) -> Sentence:
    own = sub.own_status.label
    if sub.mode is BillingMode.INDEPENDENT:
        return say("stays {status}: it is billed independently", status=own)
    if after.imposed:
        return say("stays {status}: it follows {main} already", status=after.status.label, main=main)
    if sub.own_status in (Status.BLOCKED, Status.INACTIVE):
        return say("stays {status}: that is its own status", status=own)
    return say("stays {status}", status=own)


def _notes(profile: Profile, to: Status) -> list[Sentence]:
    """What to know before confirming, in sentences."""
    notes = [MEANINGS[to]]
    if to is Status.BLOCKED:
        notes.append(say("A block by hand is not lifted by paying: somebody has to lift it here."))
    above = profile.main_own_status
    if profile.aggregated and above in (Status.BLOCKED, Status.INACTIVE):
        notes.append(
            say(
                "{main} is {status}, and an aggregated sub-account is never better off than that.",
                main=profile.main_name or "",
                status=above.label,
            )
        )
    return notes
