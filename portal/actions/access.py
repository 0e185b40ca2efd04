"""Deciding whether somebody may do something for somebody, and remembering refusals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import structlog

from portal.db.audit import records as audit
from portal.db.audit import viewings
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile as Profile
from portal.db.engine import writes
from portal.db.groups import members as groups
from portal.outside import clock
from portal.rules.customers.removal import removed_reason
from portal.rules.customers.status import Status
from portal.rules.deciding import (
    OF_REMOVED,
    Actor,
    Answer,
    Decision,
    Grant,
    GroupDeed,
    Source,
    SubjectFacts,
    decide,
    decide_group,
    decide_scope,
)
from portal.rules.errors import Busy, Missing, NotAllowed, Refused
from portal.rules.groups import Kinship, is_adult, lasts
from portal.rules.links.facts import BillingMode
from portal.rules.permissions import Permission
from portal.rules.powers import rights
from portal.rules.roles import beyond, named
from portal.rules.scopes import Scope
from portal.rules.sentences import Sentence, say, together

log = structlog.get_logger("portal.access")

FINANCES = "finances"
"""The part of a customer's pages that administrators leave a trace on."""


def facts_for(actor: Actor, profile: Profile, permission: Permission | None = None) -> SubjectFacts:
    """What `rules.permissions` needs to know of `profile`, seen from `actor`.

    Groups are asked for where they decide: about somebody else, and about oneself for managing or creating them.
    """
    deciding = permission in (Permission.GROUP_MANAGE, Permission.GROUP_CREATE)
    own = deciding and profile.id == actor.customer_id and profile.settings.groups_on
    today = clock.today(profile.time_zone)
    mine = [one for one in groups.memberships(profile.id) if lasts(one.until, today)] if own else []
    return SubjectFacts(
        id=profile.id,
        public_id=profile.public_id,
        name=profile.name,
        partner_id=profile.partner_id,
        aggregated=profile.aggregated,
        payer_name=profile.payer_name,
        is_self=actor.customer_id == profile.id,
        linked_main=actor.customer_id is not None and profile.main_id == actor.customer_id,
        mode_independent=profile.mode is BillingMode.INDEPENDENT,
        management=profile.main_manages,
        kinships=kinships(actor, profile),
        own_roles=tuple(one.role for one in mine),
        may_create_group=may_begin(profile, len(mine)),
        settings=profile.settings,
        acted_for=profile.status.status.signs_in,
        may_order=profile.status.status is Status.ACTIVE,
    )


def may_begin(profile: Profile, live_groups: int) -> bool:
    """Whether a customer's partner, its number of groups and its age let it begin another (G2, G5, G15)."""
    settings = profile.settings
    of_age = is_adult(profile.born_on, settings.majority_age, clock.today(settings.time_zone))
    return settings.customers_create_groups and of_age and live_groups < settings.groups_per_customer


def kinships(actor: Actor, profile: Profile) -> tuple[Kinship, ...]:
    """The live groups that an actor's customer shares with another customer; none while the feature is off (G1)."""
    settings, other = profile.settings, actor.customer_id not in (None, profile.id)
    if not other or not settings.groups_on or actor.partner_id != profile.partner_id:
        return ()
    assert actor.customer_id is not None
    return groups.kinships(actor.customer_id, profile.id, settings.majority_age, clock.today(settings.time_zone))


def weigh(actor: Actor, permission: Permission, profile: Profile | None, facts: SubjectFacts | None = None) -> Decision:
    """The decision of `rules.permissions.decide` for a loaded profile, without raising.

    `facts` are those of `facts_for` where the caller has them already.
    """
    decision = decide(actor, permission, facts or (facts_for(actor, profile, permission) if profile else None))
    if decision and profile is not None and _is_over(permission, profile):
        return Decision(Answer.KNOWN, None, removed_reason(profile.name).message)
    return decision


def _is_over(permission: Permission, profile: Profile) -> bool:
    """Whether the customer was removed, and this is no reading of what is left of it (L12)."""
    return profile.removed_at is not None and permission not in OF_REMOVED


def weigh_scope(actor: Actor, scope: Scope, profile: Profile) -> Decision:
    """The decision of `rules.permissions.decide_scope` for a loaded profile."""
    return decide_scope(actor, scope, facts_for(actor, profile))


def require_group(actor: Actor, group: groups.Group, deed: GroupDeed | None = None) -> groups.Member | None:
    """The actor's own membership in a group where it may do `deed` (None: only look), or None for staff.

    Raises Missing for a group the actor is no live member of, or whose feature is off (G1), and NotAllowed (G6).
    """
    if actor.is_staff:
        require(actor, Permission.GROUPS_MANAGE, customers.by_id(group.owner_id))
        return None
    mine = groups.member_of(group.id, actor.customer_id) if actor.customer_id is not None and group.on else None
    if mine is None or not lasts(mine.until, clock.today(group.time_zone)):
        raise Missing()
    if deed is not None:
        require_whole_login(actor)
        decision = decide_group(mine.role, deed)
        if not decision:
            log.warning("denied", login=actor.login_id, permission=deed.value, group=group.public_id)
            raise NotAllowed(decision.sentence)
    return mine


def require_whole_login(actor: Actor) -> None:
    """Raises NotAllowed for a login that may only look: groups bind the customer it signs in for."""
    if not actor.is_staff and Scope.BOOK not in actor.scopes:
        raise NotAllowed(
            say(
                "Your sign-in does not include this: it would need the right to {right}.",
                right=rights((Scope.BOOK,)),
            )
        )


def note_look(actor: Actor, profile: Profile, part: str, grant: Grant) -> None:
    """Remember that a customer's login looked at a part of somebody else's pages, once a day (PRI4)."""
    if actor.login_id is None or actor.is_staff or grant.source is Source.SELF:
        return
    day = clock.today(profile.time_zone)
    if viewings.is_noted(profile.id, actor.login_id, day, part):
        return
    try:
        _note_look(profile.id, actor.login_id, day, part, grant.source)
    except Busy as error:  # reading goes on while nothing can be written
        log.warning("look not noted", login=actor.login_id, subject=profile.public_id, part=part, why=str(error))


@writes(in_passing=True)
def _note_look(subject_id: int, login_id: int, day: date, part: str, source: Source) -> None:
    viewings.note(subject_id, login_id, day, part, source.value)


def note_finances(actor: Actor, profile: Profile) -> None:
    """Let the log tell that an administrator looked at a customer's finances, once a day for each of both (SEC62)."""
    if actor.login_id is None or not actor.is_staff:
        return
    day = clock.today(profile.time_zone)
    if viewings.is_noted(profile.id, actor.login_id, day, FINANCES):
        return
    try:
        _note_finances(actor, profile.id, day)
    except Busy as error:  # reading goes on while nothing can be written
        log.warning("look not noted", login=actor.login_id, subject=profile.public_id, part=FINANCES, why=str(error))


@writes(in_passing=True)
def _note_finances(actor: Actor, subject_id: int, day: date) -> None:
    assert actor.login_id is not None
    if viewings.note(subject_id, actor.login_id, day, FINANCES, Source.STAFF.value):
        audit.record(actor, "finance.read", say("Looked at the finances"), subject_id=subject_id)


def require(
    actor: Actor, permission: Permission, profile: Profile | None = None, facts: SubjectFacts | None = None
) -> Grant:
    """The grant through which `actor` may. Raises NotAllowed (403) or Missing (404), and logs the denial (SEC51).

    Raises Refused where only the customer's removal stands in the way (L12).
    """
    decision = decide(actor, permission, facts or (facts_for(actor, profile, permission) if profile else None))
    if decision:
        if profile is not None and _is_over(permission, profile):
            raise Refused([removed_reason(profile.name)])
        assert decision.grant is not None
        return decision.grant
    log.warning(
        "denied",
        login=actor.login_id,
        permission=permission.value,
        subject=profile.public_id if profile else None,
        answer=decision.answer.value,
    )
    if decision.answer is Answer.KNOWN:
        raise NotAllowed(decision.sentence)
    raise Missing()


def require_no_more(actor: Actor, permissions: frozenset[Permission], refusal: Callable[[Sentence], Sentence]) -> None:
    """Nobody gives away, or looks after in others, what they do not hold themselves. Raises NotAllowed, and logs it.

    `refusal` says so, given the list of the permissions that are too much.
    """
    missing = beyond(actor, permissions)
    if missing:
        log.warning("denied", login=actor.login_id, beyond=sorted(one.value for one in missing))
        raise NotAllowed(refusal(together(*named(missing), by=", ")))


def may_do_more(name: str) -> Callable[[Sentence], Sentence]:
    """The refusal of somebody called `name` being looked after by one who may do less."""
    return lambda permissions: say(
        "{name} may do more than you may do yourself: {permissions}.", name=name, permissions=permissions
    )


def load_subject(actor: Actor, public_id: str | None) -> Profile:
    """The customer a page is about: the one in the address, or the actor's own. Raises Missing."""
    if public_id is None:
        if actor.customer_id is None:
            raise Missing()
        return customers.by_id(actor.customer_id)
    profile = customers.by_public_id(public_id)
    if profile is None:
        raise Missing()
    return profile
