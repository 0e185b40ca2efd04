"""What Operations decide about groups: on or off for everybody or one partner, and a partner's limits (G1)."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from portal.actions import access
from portal.db import idempotency as operations
from portal.db.audit import records as audit
from portal.db.engine import snapshot, writes
from portal.db.partners import features
from portal.db.partners import settings as partners
from portal.db.partners.features import GroupSettings as GroupSettings
from portal.rules.deciding import Actor
from portal.rules.errors import Conflict, Invalid, Missing, NotAllowed
from portal.rules.permissions import Permission

MOST_GROUPS, YOUNGEST, OLDEST = 50, 1, 150
FIELD_NAMES = {
    "groups_on": "groups",
    "customers_create_groups": "customers may create groups",
    "groups_per_customer": "groups per customer",
    "majority_age": "majority age",
}


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
def switch_groups(actor: Actor, on: bool, partner: str | None = None) -> str:
    """Switch groups on or off for the installation, or for one partner (its name or public id); a sentence about it.

    Off hides groups and suspends what they grant; nothing is deleted. Raises Missing and NotAllowed.
    """
    access.require(actor, Permission.FEATURES_MANAGE)
    word = "on" if on else "off"
    if partner is None:
        if actor.partner_id is not None:
            raise NotAllowed("The installation’s switch is not yours: you look after one partner.")
        if features.is_on() is not on:
            features.switch(features.GROUPS, on)
            audit.record(actor, "features.groups", f"Groups switched {word} for the installation")
        return f"Groups are {word} for the installation"
    found = _partner(actor, partner)
    if found.groups_on is not on:
        features.save(found.id, {"groups_on": on})
        audit.record(actor, "features.groups", f"Groups switched {word} for {found.name}", partner=found.public_id)
    return f"Groups are {word} for {found.name}"


@snapshot
def choices_of(actor: Actor, partner: str) -> tuple[GroupSettings, str]:
    """A partner's choices and the mark of what is shown. Raises Missing and NotAllowed."""
    access.require(actor, Permission.FEATURES_MANAGE)
    found = _partner(actor, partner, hold=False)
    return found, _mark(found)


@writes
def change_choices(actor: Actor, partner: str, wanted: GroupChoices, *, mark: str | None = None) -> tuple[str, ...]:
    """Change a partner's choices; the names of what changed.

    Raises Conflict when they changed since `mark`, Invalid for fields, Missing and NotAllowed.
    """
    access.require(actor, Permission.FEATURES_MANAGE)
    _check(wanted)
    found = _partner(actor, partner)
    if mark is not None and mark != _mark(found):
        raise Conflict(f"Somebody else changed {found.name} since you opened this page. Nothing of yours was saved.")
    fields = {name: [getattr(found, name), value] for name, value in asdict(wanted).items()}
    fields = {name: pair for name, pair in fields.items() if pair[0] != pair[1]}
    if fields:
        features.save(found.id, {name: pair[1] for name, pair in fields.items()})
        text = f"Groups of {found.name}: changed {', '.join(FIELD_NAMES[name] for name in fields)}"
        audit.record(actor, "features.groups", text, partner=found.public_id, fields=fields)
    return tuple(FIELD_NAMES[name] for name in fields)


def _check(wanted: GroupChoices) -> None:
    wrong = {}
    if not 1 <= wanted.groups_per_customer <= MOST_GROUPS:
        wrong["groups_per_customer"] = f"Enter a number from 1 to {MOST_GROUPS}."
    if not YOUNGEST <= wanted.majority_age <= OLDEST:
        wrong["majority_age"] = f"Enter an age from {YOUNGEST} to {OLDEST} years."
    if wrong:
        raise Invalid(wrong)


def _partner(actor: Actor, named: str, *, hold: bool = True) -> GroupSettings:
    known = [pair for pair in partners.names(actor.partner_id) if named in pair[1:]]
    if not known:
        raise Missing(f"There is no partner “{named}”.")
    if hold:
        features.hold(known[0][0])
    return features.settings(known[0][0])[0]


def _mark(found: GroupSettings) -> str:
    return operations.fingerprint(asdict(found))
