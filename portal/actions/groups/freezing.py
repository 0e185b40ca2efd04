"""Freezing the guardianship over a customer in a dispute, and ending that (G18, PRI1).

While it lasts no right of a group over the customer is exercised: staff act. The reason is theirs alone; the log that
customers read says only that acting was paused.
"""

from __future__ import annotations

from dataclasses import dataclass

from portal.actions import access
from portal.actions.groups.parts import refuse_off
from portal.db.audit import records as audit
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.db.groups import freezes
from portal.db.groups.freezes import Freeze as Freeze
from portal.rules.deciding import Actor
from portal.rules.errors import Invalid, Reason, Refused
from portal.rules.groups import LONGEST_REASON, Rule
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say


@dataclass(frozen=True, slots=True)
class Frozen:
    """What was done, in a sentence without a full stop."""

    sentence: Sentence


@snapshot
def freeze_of(actor: Actor, profile: Profile) -> Freeze | None:
    """The freeze of a loaded profile with its reason, for whoever may end it. Raises NotAllowed and Missing."""
    access.require(actor, Permission.GROUPS_FREEZE, profile)
    return freezes.current(profile.id)


@writes(once="group.freeze", answer=Frozen)
def freeze(actor: Actor, customer: str, reason: str, *, once: str | None = None) -> Frozen:
    """Let nobody of a group act for a customer (public or external id) from the next request on.

    Bookings stay, and staff act. Raises Invalid without a reason, Refused where it is frozen already or groups are
    off, Missing and NotAllowed.
    """
    profile, why = _held(actor, customer, reason)
    if freezes.current(profile.id) is not None:
        message = say("The guardianship over {name} is frozen already.", name=profile.name)
        raise Refused([Reason(Rule.FROZEN, message, say("End that first, to begin with another reason."))])
    public_id = freezes.begin(profile.id, why, actor.label)
    text = say("Acting for {name} through groups is paused", name=profile.name)
    audit.record(actor, "group.freeze", text, subject_id=profile.id, freeze=public_id, reason=why)
    return Frozen(say("The guardianship over {name} is frozen", name=profile.name))


@writes(once="group.unfreeze", answer=Frozen)
def unfreeze(actor: Actor, customer: str, reason: str, *, once: str | None = None) -> Frozen:
    """Give the rights of groups over a customer back as they stand now.

    Raises Invalid without a reason, Refused where nothing is frozen or groups are off, Missing and NotAllowed.
    """
    profile, why = _held(actor, customer, reason)
    found = freezes.current(profile.id)
    if found is None:
        message = say("The guardianship over {name} is not frozen.", name=profile.name)
        raise Refused([Reason(Rule.FROZEN, message, say("There is nothing to end."))])
    freezes.end(found, why, actor.label)
    text = say("Acting for {name} through groups is possible again", name=profile.name)
    audit.record(actor, "group.unfreeze", text, subject_id=profile.id, freeze=found.public_id, reason=why)
    return Frozen(say("The guardianship over {name} is no longer frozen", name=profile.name))


def _held(actor: Actor, customer: str, reason: str) -> tuple[Profile, str]:
    """The customer, which nobody else changes until the end of the transaction, and the reason as it is kept."""
    profile = customers.require(customer)
    access.require(actor, Permission.GROUPS_FREEZE, profile)
    customers.lock([profile.id], exclusive=True)
    profile = customers.by_id(profile.id)
    refuse_off(profile.settings.groups_on, profile.partner_name)
    return profile, _reason(reason)


def _reason(reason: str) -> str:
    why = " ".join(reason.replace("\0", "").split())
    if not why:
        raise Invalid({"reason": say("Enter the reason. Only staff can read it.")})
    if len(why) > LONGEST_REASON:
        text = say("Use at most {count} character here.", "Use at most {count} characters here.", count=LONGEST_REASON)
        raise Invalid({"reason": text})
    return why
