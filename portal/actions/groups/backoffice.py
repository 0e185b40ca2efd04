"""What only the back office asks about groups: whether one can begin here, and how many there are."""

from __future__ import annotations

from dataclasses import dataclass

from portal.actions import access
from portal.actions.groups.parts import joining_facts
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot
from portal.db.groups import members as groups
from portal.db.partners import features
from portal.outside import clock
from portal.rules import groups as rules
from portal.rules.deciding import Actor
from portal.rules.errors import Reason
from portal.rules.permissions import Permission


@dataclass(frozen=True, slots=True)
class Tally:
    """How many groups there are and how many members they have."""

    groups: int = 0
    members: int = 0


@snapshot
def creating_refusals(actor: Actor, profile: Profile) -> list[Reason]:
    """Why a loaded profile cannot become the Owner of a new group; empty when it can (G2, G5, G15).

    Raises NotAllowed.
    """
    access.require(actor, Permission.GROUPS_MANAGE, profile)
    facts = joining_facts(profile, None, clock.today(profile.time_zone))
    most = profile.settings.groups_per_customer
    return rules.joining_refusals(facts, profile.partner_id, profile.partner_name, most, rules.GroupRole.OWNER)


@snapshot
def tallies(actor: Actor) -> dict[str, Tally]:
    """What a switch concerns, by the public id of each partner that the actor switches for (G1). Raises NotAllowed."""
    access.require(actor, Permission.FEATURES_MANAGE)
    counts = groups.tallies()
    partners = features.settings(actor.partner_id)
    return {partner.public_id: Tally(*counts.get(partner.id, (0, 0))) for partner in partners}
