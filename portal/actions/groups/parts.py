"""Steps that several actions on groups share, inside their transactions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from portal.actions import access
from portal.db.audit import records as audit
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.groups import invitations as group_invitations
from portal.db.groups import labels as group_labels
from portal.db.groups import members as groups
from portal.db.groups.members import Group, Member
from portal.outside import clock
from portal.rules import groups as rules
from portal.rules.deciding import Actor, Grant, GroupDeed, Source
from portal.rules.errors import Conflict, Invalid, Missing, Reason, Refused
from portal.rules.groups import GroupRole, JoiningFacts, MemberFacts, Rule
from portal.rules.scopes import ALL_SCOPES, Scope

STALE = "Somebody changed this since you opened the page. Nothing of yours was saved; look again before you go on."


@dataclass(frozen=True, slots=True)
class Held:
    """A group nobody else can change until this transaction ends, and the actor's own membership (None: staff)."""

    group: Group
    mine: Member | None
    everybody: list[Member]

    def member(self, public_id: str) -> Member:
        """One of its members. Raises Missing."""
        for one in self.everybody:
            if one.public_id == public_id:
                return one
        raise Missing()

    @property
    def owner(self) -> Member:
        return next(one for one in self.everybody if one.role is GroupRole.OWNER)

    def others(self, member: Member) -> list[Member]:
        return [one for one in self.everybody if one.id != member.id]


def held(actor: Actor, group: str, deed: GroupDeed | None = None, *joining: int) -> Held:
    """A group in which the actor may do `deed`, held together with the customers that are `joining`.

    Raises Missing, NotAllowed, and Refused while the feature is off (G1).
    """
    found = find(group)
    access.require_group(actor, found)
    if joining:
        customers.lock(joining, exclusive=True)
    groups.hold(found.id)
    found = find(group)
    mine = access.require_group(actor, found, deed)
    refuse_off(found.on, found.partner_name)
    return Held(found, mine, groups.members(found.id))


def find(group: str) -> Group:
    """The group of that public id. Raises Missing."""
    found = groups.find(group)
    if found is None:
        raise Missing()
    return found


def customer(reference: str) -> Profile:
    """The customer of that external or public id. Raises Missing."""
    found = customers.by_reference(reference)
    if found is None:
        raise Missing(f"There is no customer “{reference}”.")
    return found


def refuse_off(on: bool, partner: str) -> None:
    """G1: while the feature is off, nothing is changed."""
    if not on:
        raise Refused([off_reason(partner)], "Groups are switched off")


def off_reason(partner: str) -> Reason:
    return Reason(Rule.OFF, f"Groups are switched off for {partner}.", "Operations can switch them on.")


def today_of(group: Group) -> date:
    return clock.today(group.time_zone)


def is_adult(born_on: date | None, group: Group) -> bool:
    return rules.is_adult(born_on, group.settings.majority_age, today_of(group))


def joining_facts(profile: Profile, group_id: int | None, today: date) -> JoiningFacts:
    """What the rules need to know of a customer that is on its way into a group."""
    return JoiningFacts(
        profile.name,
        profile.public_id,
        profile.partner_id,
        profile.partner_name,
        groups.live_groups(profile.id, today),
        group_id is not None and groups.member_of(group_id, profile.id) is not None,
        not profile.status.status.signs_in,
    )


def member_facts(member: Member, group: Group, actor: Actor) -> MemberFacts:
    return MemberFacts(
        member.name,
        member.role,
        member.until,
        member.customer_id == actor.customer_id,
        bool(member.logins),
        is_adult(member.born_on, group),
    )


def label_id(wanted: str, current: int | None = None) -> int | None:
    """The id of a label by its public id or name; a retired one only where it is worn already (G4). Raises Invalid."""
    if not wanted:
        return None
    found = group_labels.find(wanted)
    if found is None or (found.retired and found.id != current):
        names = ", ".join(label.name for label in group_labels.labels())
        raise Invalid({"label": f"“{wanted[:40]}” is not one of the labels: {names}."})
    return found.id


def scopes_for(role: GroupRole, wanted: Iterable[Scope]) -> frozenset[Scope]:
    """What a role may do for Dependents: an Owner everything, an Admin what was chosen and always see (G12)."""
    if role is GroupRole.OWNER:
        return ALL_SCOPES
    return frozenset(wanted) | {Scope.VIEW} if role is GroupRole.ADMIN else frozenset()


def deed_on(role: GroupRole, new: GroupRole | None = None) -> GroupDeed:
    """What changing a member of `role`, perhaps into `new`, takes (G6)."""
    roles = {role, new or role}
    if GroupRole.OWNER in roles:
        return GroupDeed.OWN
    return GroupDeed.CHANGE_ADMIN if GroupRole.ADMIN in roles else GroupDeed.CHANGE_DEPENDENT


def check_version(shown: int | None, now: int) -> None:
    """R24: what was shown is what is there. Raises Conflict."""
    if shown is not None and shown != now:
        raise Conflict(STALE)


def join(
    actor: Actor,
    group: Group,
    profile: Profile,
    role: GroupRole,
    label: int | None,
    scopes: Iterable[Scope] = ALL_SCOPES,
    until: date | None = None,
    *,
    by_staff: bool = False,
    text: str = "",
) -> str:
    """Make a customer a member, remember it, and for an adult Dependent added by staff their agreement (PRI2).

    Returns the membership's public id. The rules were asked before; the customer and the group are held.
    """
    member_id, public_id = groups.add_member(
        partner_id=group.partner_id,
        group_id=group.id,
        customer_id=profile.id,
        role=role,
        label_id=label,
        scopes=scopes_for(role, scopes),
        until=until,
    )
    if role is GroupRole.DEPENDENT and by_staff and is_adult(profile.born_on, group):
        groups.give_consent(member_id, ALL_SCOPES, f"recorded by {actor.label}")
    remember(actor, "group.add", text or f"{profile.name} joined the group of {group.owner_name} as {role.label}",
             profile.id, group)  # fmt: skip
    return public_id


def remember(actor: Actor, action: str, text: str, subject_id: int, group: Group, **details: object) -> None:
    """Write a line into the log of a member; what an Owner or Admin does for others is done through the group."""
    source = None
    if not actor.is_staff and subject_id != actor.customer_id:
        source = Grant(Source.GROUP, reference=group.public_id)
    audit.record(actor, action, text, subject_id=subject_id, grant=source, group=group.public_id, **details)


def make_owner(actor: Actor, group: Group, old: Member, new: Member) -> None:
    """Transfer the ownership in one step: the previous Owner becomes Admin, and what it offered lapses (G3)."""
    group_invitations.revoke_offers(group.id)
    groups.change_member(old, role=GroupRole.ADMIN, scopes=ALL_SCOPES)
    groups.withdraw_consent(new.id)
    groups.change_member(new, role=GroupRole.OWNER, scopes=ALL_SCOPES, until=None, end_told_for=None)
    remember(actor, "group.transfer", f"{new.name} became the Owner of the group, before that {old.name}",
             new.customer_id, group)  # fmt: skip
    remember(actor, "group.transfer", f"{old.name} became an Admin; the Owner is now {new.name}",
             old.customer_id, group)  # fmt: skip
