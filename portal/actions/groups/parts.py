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
from portal.rules import seen
from portal.rules.deciding import Actor, Grant, GroupDeed, Source
from portal.rules.errors import Invalid, Missing, NotAllowed, Reason, Refused
from portal.rules.groups import GroupRole, JoiningFacts, MemberFacts, Rule
from portal.rules.groups.guardians import stepping_down
from portal.rules.scopes import ALL_SCOPES, Scope
from portal.rules.sentences import NOTHING, Sentence, say, together, verbatim

STALE = say("Somebody changed this since you opened the page. Nothing of yours was saved; look again before you go on.")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done to a group, in a sentence without a full stop.

    `group` and `member` are public ids ("" where it is gone or concerns nobody). `alone` says that only the Owner is
    left.
    """

    sentence: Sentence
    group: str = ""
    member: str = ""
    alone: bool = False


@dataclass(frozen=True, slots=True)
class HeldGroup:
    """A group nobody else can change until this transaction ends, and the actor's own membership (None: staff)."""

    group: Group
    mine: Member | None
    everybody: list[Member]

    def member(self, public_id: str) -> Member:
        """One of its members. Raises Missing."""
        for member in self.everybody:
            if member.public_id == public_id:
                return member
        raise Missing()

    @property
    def owner(self) -> Member:
        return next(member for member in self.everybody if member.role is GroupRole.OWNER)

    def others(self, member: Member) -> list[Member]:
        return [other for other in self.everybody if other.id != member.id]


def hold(actor: Actor, group: str, deed: GroupDeed | None = None, *joining: int) -> HeldGroup:
    """A group in which the actor may do `deed`, held together with the customers that are `joining`.

    Raises Missing, NotAllowed, and Refused while the feature is off (G1).
    """
    seen_before = find(group)
    access.require_group(actor, seen_before)
    if joining:
        customers.lock(joining, exclusive=True)
    groups.hold(seen_before.id)
    held = find(group)
    mine = access.require_group(actor, held, deed)
    refuse_off(held.on, held.partner_name)
    return HeldGroup(held, mine, groups.members(held.id))


def look(actor: Actor, group: str, deed: GroupDeed | None = None) -> HeldGroup:
    """The same without holding it, for a preview. Raises Missing and NotAllowed."""
    found = find(group)
    return HeldGroup(found, access.require_group(actor, found, deed), groups.members(found.id))


def keeps_place(actor: Actor, member: Member) -> bool:
    """Whether the actor cannot change the place of a member because staff act for it (G18)."""
    return member.frozen and not actor.is_staff and member.customer_id != actor.customer_id


def refuse_frozen(actor: Actor, *members: Member) -> None:
    """G18: while staff act for somebody, no Owner or Admin changes that one's place. Raises NotAllowed."""
    for one in members:
        if keeps_place(actor, one):
            text = say("Acting for {name} is paused at present, and their place in the group stays.", name=one.name)
            raise NotAllowed(text)


def find(group: str) -> Group:
    """The group of that public id. Raises Missing."""
    found = groups.find(group)
    if found is None:
        raise Missing()
    return found


def by_id(group_id: int) -> Group:
    """A group that is known to be there."""
    group = groups.by_id(group_id)
    assert group is not None
    return group


def member_by_id(public_id: str) -> Member:
    """A member that is known to be there, as it is now."""
    member = groups.member(public_id)
    assert member is not None
    return member


def refuse_off(on: bool, partner: str) -> None:
    """G1: while the feature is off, nothing is changed."""
    if not on:
        message = say("Groups are switched off for {partner}.", partner=partner)
        reason = Reason(Rule.OFF, message, say("Operations can switch them on."))
        raise Refused([reason], say("Groups are switched off"))


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
        rules.child_until(profile.born_on, profile.settings.majority_age, today),
    )


def joining_refusals(
    profile: Profile, group: Group, role: GroupRole = GroupRole.DEPENDENT, *, anew: bool = True
) -> list[Reason]:
    """Why a customer cannot join a group as `role` (G5, G9, G15); `anew` is False for a member that is to count
    again.
    """
    facts = joining_facts(profile, group.id if anew else None, today_of(group))
    most = group.settings.groups_per_customer
    return rules.joining_refusals(facts, group.partner_id, group.partner_name, most, role)


def member_facts(member: Member, group: Group, actor: Actor) -> MemberFacts:
    return MemberFacts(
        member.name,
        member.role,
        member.until,
        member.customer_id == actor.customer_id,
        rules.child_until(member.born_on, group.settings.majority_age, today_of(group)),
    )


def label_id(wanted: str, current: int | None = None) -> int | None:
    """The id of a label by its public id or name; a retired one only where it is worn already (G4). Raises Invalid."""
    if not wanted:
        return None
    found = group_labels.find(wanted)
    if found is None or (found.retired and found.id != current):
        names = together(*(verbatim(label.name) for label in group_labels.labels()), by=", ")
        raise Invalid({"label": say("“{label}” is not one of the labels: {names}.", label=wanted[:40], names=names)})
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


def unchanged(shown: int | None, now: int) -> None:
    """R24: what was shown is what is there. Raises Conflict."""
    seen.unchanged(shown, now, STALE)


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
    text: Sentence = NOTHING,
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
    joined = say(
        "{name} joined the group of {owner} as {role}", name=profile.name, owner=group.owner_name, role=role.label
    )
    remember(actor, "group.add", text or joined, profile.id, group)
    return public_id


def remember(actor: Actor, action: str, text: Sentence, subject_id: int, group: Group, **details: object) -> None:
    """Write a line into the log of a member; what an Owner or Admin does for others is done through the group."""
    source = None
    if not actor.is_staff and subject_id != actor.customer_id:
        source = Grant(Source.GROUP, reference=group.public_id)
    audit.record(actor, action, text, subject_id=subject_id, grant=source, group=group.public_id, **details)


def stepped_down(old: Member, group: Group, new: str) -> Sentence:
    """What the former Owner is told once `new` owns the group."""
    if stepping_down(is_adult(old.born_on, group)) is GroupRole.DEPENDENT:
        return say("You are a Dependent now. The Owner is {name}.", name=new)
    return say("You are an Admin now. The Owner is {name}.", name=new)


def make_owner(actor: Actor, group: Group, old: Member, new: Member) -> None:
    """Transfer the ownership in one step: the previous Owner becomes Admin, and what it offered lapses (G3).

    One who is not of age becomes a Dependent (G15).
    """
    group_invitations.revoke_offers(group.id)
    former = stepping_down(is_adult(old.born_on, group))
    groups.change_member(old, role=former, scopes=scopes_for(former, ALL_SCOPES))
    groups.withdraw_consent(new.id)
    groups.change_member(new, role=GroupRole.OWNER, scopes=ALL_SCOPES, until=None, end_told_for=None)
    text = say("{new} became the Owner of the group, before that {old}", new=new.name, old=old.name)
    remember(actor, "group.transfer", text, new.customer_id, group)
    text = say("{old} became an Admin; the Owner is now {new}", new=new.name, old=old.name)
    if former is GroupRole.DEPENDENT:
        text = say("{old} became a Dependent; the Owner is now {new}", new=new.name, old=old.name)
    remember(actor, "group.transfer", text, old.customer_id, group)
