"""What Operations decide about groups: on or off for everybody or one partner, and a partner's limits (G1)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from types import MappingProxyType

from portal.actions import access
from portal.db import idempotency as operations
from portal.db.audit import records as audit
from portal.db.engine import snapshot, writes
from portal.db.groups import guardians
from portal.db.partners import features
from portal.db.partners import settings as partners
from portal.db.partners.features import GroupSettings as GroupSettings
from portal.rules import seen
from portal.rules.deciding import Actor
from portal.rules.errors import Invalid, Missing, NotAllowed
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say

MOST_NAMED = 5
MOST_GROUPS, YOUNGEST, OLDEST = 50, 1, 150
FIELD_NAMES = MappingProxyType(
    {
        "groups_on": say("groups"),
        "customers_create_groups": say("customers may create groups"),
        "groups_per_customer": say("groups per customer"),
        "majority_age": say("majority age"),
    }
)


@dataclass(frozen=True, slots=True)
class GroupChoices:
    """What a partner chose. `groups_on` None follows the installation; the majority age is in years."""

    groups_on: bool | None
    customers_create_groups: bool
    groups_per_customer: int
    majority_age: int


@dataclass(frozen=True, slots=True)
class Switches:
    """The installation's switch (None for an administrator who looks after one partner) and the partners' choices."""

    installation: bool | None
    partners: list[GroupSettings]


@snapshot
def group_switches(actor: Actor) -> Switches:
    """How groups are switched. Raises NotAllowed."""
    access.require(actor, Permission.FEATURES_MANAGE)
    return Switches(features.is_on() if actor.partner_id is None else None, features.settings(actor.partner_id))


@writes
def switch_groups(actor: Actor, on: bool, partner: str | None = None) -> Sentence:
    """Switch groups on or off for the installation, or for one partner (its name or public id); a sentence about it.

    Off hides groups and suspends what they grant; nothing is deleted. Raises Missing and NotAllowed.
    """
    access.require(actor, Permission.FEATURES_MANAGE)
    return _switch_everywhere(actor, on) if partner is None else _switch_for(actor, on, partner)


def _switch_everywhere(actor: Actor, on: bool) -> Sentence:
    if actor.partner_id is not None:
        raise NotAllowed(say("The installation’s switch is not yours: you look after one partner."))
    if features.is_on() is not on:
        features.switch(features.GROUPS, on)
        switched_on = say("Groups switched on for the installation")
        text = switched_on if on else say("Groups switched off for the installation")
        audit.record(actor, "features.groups", text)
    return say("Groups are on for the installation") if on else say("Groups are off for the installation")


def _switch_for(actor: Actor, on: bool, partner: str) -> Sentence:
    settings = _partner(actor, partner)
    name = settings.name
    if settings.groups_on is not on:
        features.save(settings.id, {"groups_on": on})
        switched_on = say("Groups switched on for {partner}", partner=name)
        text = switched_on if on else say("Groups switched off for {partner}", partner=name)
        audit.record(actor, "features.groups", text, partner=settings.public_id)
    return say("Groups are on for {partner}", partner=name) if on else say("Groups are off for {partner}", partner=name)


@snapshot
def choices_of(actor: Actor, partner: str) -> tuple[GroupSettings, str]:
    """A partner's choices and the mark of what is shown. Raises Missing and NotAllowed."""
    access.require(actor, Permission.FEATURES_MANAGE)
    found = _partner(actor, partner, hold=False)
    return found, _mark(found)


@writes
def change_choices(
    actor: Actor, partner: str, wanted: GroupChoices, *, mark: str | None = None
) -> tuple[Sentence, ...]:
    """Change a partner's choices; the names of what changed.

    Raises Conflict when they changed since `mark`, Invalid for fields, Missing and NotAllowed.
    """
    access.require(actor, Permission.FEATURES_MANAGE)
    _check(wanted)
    settings = _partner(actor, partner)
    seen.unchanged(mark, _mark(settings), _changed_meanwhile(settings))
    check_managers(settings, wanted.majority_age)
    fields = {name: [getattr(settings, name), value] for name, value in asdict(wanted).items()}
    fields = {name: pair for name, pair in fields.items() if pair[0] != pair[1]}
    changed = tuple(FIELD_NAMES[name] for name in fields)
    if fields:
        features.save(settings.id, {name: pair[1] for name, pair in fields.items()})
        text = say("Groups of {partner}: changed {fields}", partner=settings.name, fields=changed)
        audit.record(actor, "features.groups", text, partner=settings.public_id, fields=fields)
    return changed


def _changed_meanwhile(settings: GroupSettings) -> Sentence:
    return say(
        "Somebody else changed {partner} since you opened this page. Nothing of yours was saved.",
        partner=settings.name,
    )


def _check(wanted: GroupChoices) -> None:
    wrong = {}
    if not 1 <= wanted.groups_per_customer <= MOST_GROUPS:
        wrong["groups_per_customer"] = say("Enter a number from 1 to {most}.", most=MOST_GROUPS)
    if not YOUNGEST <= wanted.majority_age <= OLDEST:
        wrong["majority_age"] = say("Enter an age from {least} to {most} years.", least=YOUNGEST, most=OLDEST)
    if wrong:
        raise Invalid(wrong)


def check_managers(settings: GroupSettings, majority_age: int) -> None:
    """G15: no Owner or Admin becomes a child because the age of majority rises. Raises Invalid."""
    if majority_age <= settings.majority_age:
        return
    names = guardians.managers_below(settings.id, majority_age)
    if names:
        text = say(
            "{names} would not be of age at {age}, and is Owner or Admin of a group. Change the role first.",
            "{names} would not be of age at {age}, and are Owner or Admin of a group. Change their roles first.",
            count=len(names),
            names=(*names[:MOST_NAMED], *([say("others")] if len(names) > MOST_NAMED else [])),
            age=majority_age,
        )
        raise Invalid({"majority_age": text})


def _partner(actor: Actor, named: str, *, hold: bool = True) -> GroupSettings:
    known = [pair for pair in partners.names(actor.partner_id) if named in pair[1:]]
    if not known:
        raise Missing(say("There is no partner “{name}”.", name=named))
    if hold:
        features.hold(known[0][0])
    return features.settings(known[0][0])[0]


def _mark(found: GroupSettings) -> str:
    return operations.fingerprint(asdict(found))
