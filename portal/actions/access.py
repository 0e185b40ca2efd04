"""Deciding whether somebody may do something for somebody, and remembering refusals."""

from __future__ import annotations

import structlog

from portal.db import customers
from portal.db.customers import Profile as Profile
from portal.rules.errors import Missing, NotAllowed
from portal.rules.links import BillingMode
from portal.rules.permissions import Actor, Answer, Decision, Grant, Permission, SubjectFacts, decide

log = structlog.get_logger("portal.access")


def facts_for(actor: Actor, profile: Profile) -> SubjectFacts:
    """What `rules.permissions` needs to know of `profile`, seen from `actor`."""
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
        independent_allowed=profile.manages_independent,
        independent_orders=profile.independent_orders,
    )


def weigh(actor: Actor, permission: Permission, profile: Profile | None) -> Decision:
    """The decision of `rules.permissions.decide` for a loaded profile, without raising."""
    return decide(actor, permission, facts_for(actor, profile) if profile else None)


def require(actor: Actor, permission: Permission, profile: Profile | None = None) -> Grant:
    """The grant through which `actor` may. Raises NotAllowed (403) or Missing (404), and logs the denial (SEC51)."""
    decision = weigh(actor, permission, profile)
    if decision:
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
