"""Groups as pages show them: the portal's own, a customer's in the back office, and one line of each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from portal.actions import access
from portal.actions.groups.parts import find, is_adult, keeps_place, today_of
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot
from portal.db.groups import invitations as group_invitations
from portal.db.groups import members as groups
from portal.db.groups.invitations import InvitationState
from portal.db.groups.members import Group, Member, Membership
from portal.outside import clock
from portal.rules.deciding import Actor, GroupDeed, decide, decide_group
from portal.rules.errors import Missing
from portal.rules.groups import GroupRole, InvitationKind, Kinship, lasts, of_age_on
from portal.rules.permissions import Permission
from portal.rules.scopes import Scope


@dataclass(frozen=True, slots=True)
class MemberView:
    """A member as a group's page shows it.

    `place` is its place in the order in which members came, by which its colour goes. `over` says that its membership
    has ended, `paused` that it is of age and has not agreed to being acted for, `frozen` that staff let nobody of a
    group act for it (G18), `of_age_on` when a child comes of age. `acts` says that the actor may open this member's
    pages, `may_change` and `may_offer` what the actor may do about it.
    """

    public_id: str
    place: int
    customer: str
    reference: str
    name: str
    role: GroupRole
    label: str
    scopes: frozenset[Scope]
    until: date | None
    joined_at: datetime
    version: int
    is_me: bool
    over: bool
    adult: bool
    paused: bool
    frozen: bool
    consent: frozenset[Scope] | None
    consent_by: str
    consent_at: datetime | None
    of_age_on: date | None
    signs_in: bool
    has_email: bool
    inactive: bool
    acts: bool
    may_change: bool
    may_offer: bool


@dataclass(frozen=True, slots=True)
class InvitationView:
    """An invitation or offer that waits. `may_change` says that the actor may send it again or take it back."""

    public_id: str
    is_offer: bool
    email: str
    name: str
    role: GroupRole
    label: str
    scopes: frozenset[Scope]
    until: date | None
    inviter: str
    sent_at: datetime
    expires_at: datetime
    expired: bool
    may_change: bool


@dataclass(frozen=True, slots=True)
class GroupView:
    """A group with everybody in it. `me` is the actor's own line, None for staff; `deeds` what the actor may do."""

    public_id: str
    owner_name: str
    owner: str
    partner_name: str
    version: int
    majority_age: int
    members: tuple[MemberView, ...]
    invitations: tuple[InvitationView, ...]
    me: MemberView | None
    deeds: frozenset[GroupDeed]

    def member(self, public_id: str) -> MemberView:
        """One of its members. Raises Missing."""
        for one in self.members:
            if one.public_id == public_id:
                return one
        raise Missing()

    def invitation(self, public_id: str) -> InvitationView:
        """One of its invitations that wait. Raises Missing."""
        for one in self.invitations:
            if one.public_id == public_id:
                return one
        raise Missing()

    @property
    def manages(self) -> bool:
        """Whether the actor adds and removes Dependents."""
        return GroupDeed.ADD_DEPENDENT in self.deeds

    @property
    def owns(self) -> bool:
        return GroupDeed.OWN in self.deeds

    @property
    def may_dissolve(self) -> bool:
        """Whether the Owner may: everybody's place can be changed (G18)."""
        return self.owns and all(one.may_change for one in self.members)


@dataclass(frozen=True, slots=True)
class Mine:
    """What My Group begins with: live groups, memberships that have ended, what waits, and whether one may begin."""

    groups: tuple[GroupView, ...]
    over: tuple[Membership, ...]
    waiting: tuple[InvitationView, ...]
    may_create: bool


@snapshot
def my_groups(actor: Actor, profile: Profile, *, invited: bool = True) -> Mine:
    """Every group of the signed-in customer, apart from each other. Raises Missing while the feature is off (G1).

    `invited` is False for somebody known not to be: that saves a query.
    """
    access.require(actor, Permission.GROUP_VIEW, profile)
    today = clock.today(profile.time_zone)
    mine = groups.memberships(profile.id)
    live = [one for one in mine if lasts(one.until, today)]
    facts = replace(access.facts_for(actor, profile), may_create_group=access.may_begin(profile, len(live)))
    return Mine(
        tuple(view_of(actor, find(one.group)) for one in live),
        tuple(one for one in mine if not lasts(one.until, today)),
        tuple(_waiting(actor)) if invited else (),
        bool(decide(actor, Permission.GROUP_CREATE, facts)),
    )


@snapshot
def my_group(actor: Actor, group: str, deed: GroupDeed | None = None) -> GroupView:
    """One group the actor may see, or do `deed` in. Raises Missing and NotAllowed."""
    wanted = find(group)
    access.require_group(actor, wanted, deed)
    return view_of(actor, wanted)


@snapshot
def of_customer(actor: Actor, profile: Profile) -> tuple[GroupView, ...]:
    """The groups of a loaded profile, for staff; none while the feature is off (G1)."""
    access.require(actor, Permission.CUSTOMERS_VIEW, profile)
    if not profile.settings.groups_on:
        return ()
    return tuple(view_of(actor, find(one.group), check=False) for one in groups.memberships(profile.id))


@snapshot
def group_of(actor: Actor, profile: Profile, group: str) -> GroupView:
    """One of the groups of a loaded profile, for staff who manage groups. Raises Missing and NotAllowed (G1)."""
    access.require(actor, Permission.GROUPS_MANAGE, profile)
    wanted = find(group)
    if not wanted.on or groups.member_of(wanted.id, profile.id) is None:
        raise Missing()
    return view_of(actor, wanted)


def lines_of(profile: Profile) -> list[Membership]:
    """A customer's memberships for `flask customer show`. For a caller that may see the customer."""
    return groups.memberships(profile.id)


def view_of(actor: Actor, group: Group, *, check: bool = True) -> GroupView:
    """A group as the actor sees it. Without `check` staff who do not manage groups see it, and may do nothing in it."""
    everybody = groups.members(group.id)
    mine = next((one for one in everybody if one.customer_id == actor.customer_id), None)
    deeds = _deeds(actor, mine, group, check)
    lines = {one.id: _member(actor, one, mine, group, deeds) for one in everybody}
    waiting = group_invitations.unanswered(group.id) if GroupDeed.ADD_DEPENDENT in deeds else []
    return GroupView(
        group.public_id,
        group.owner_name,
        group.owner_public_id,
        group.partner_name,
        group.version,
        group.settings.majority_age,
        tuple(lines.values()),
        tuple(_invitation(one, _may_take_back(one, deeds)) for one in waiting),
        lines[mine.id] if mine is not None and not actor.is_staff else None,
        deeds,
    )


def _deeds(actor: Actor, mine: Member | None, group: Group, check: bool) -> frozenset[GroupDeed]:
    if actor.is_staff:
        manages = actor.has(Permission.GROUPS_MANAGE)
        return frozenset(GroupDeed) if manages or check else frozenset()
    if mine is None or not lasts(mine.until, today_of(group)):
        return frozenset()
    return frozenset(deed for deed in GroupDeed if decide_group(mine.role, deed))


def _member(actor: Actor, one: Member, mine: Member | None, group: Group, deeds: frozenset[GroupDeed]) -> MemberView:
    adult = is_adult(one.born_on, group)
    dependent = one.role is GroupRole.DEPENDENT
    is_me = mine is not None and one.id == mine.id
    needed = {
        GroupRole.OWNER: GroupDeed.OWN,
        GroupRole.ADMIN: GroupDeed.CHANGE_ADMIN,
        GroupRole.DEPENDENT: GroupDeed.CHANGE_DEPENDENT,
    }[one.role]
    over = not lasts(one.until, today_of(group))
    young = dependent and not adult and one.born_on is not None
    return MemberView(
        public_id=one.public_id,
        place=one.place,
        customer=one.customer_public_id,
        reference=one.reference,
        name=one.name,
        role=one.role,
        label=one.label,
        scopes=one.scopes,
        until=one.until,
        joined_at=one.joined_at,
        version=one.version,
        is_me=is_me,
        over=over,
        adult=adult,
        paused=dependent and adult and one.consent is None,
        frozen=dependent and one.frozen,
        consent=one.consent,
        consent_by=one.consent_by,
        consent_at=one.consent_at,
        of_age_on=of_age_on(one.born_on, group.settings.majority_age) if young and one.born_on else None,
        signs_in=bool(one.logins),
        has_email=bool(one.email),
        inactive=one.inactive,
        acts=_acts(actor, one, mine, group, adult, over),
        may_change=needed in deeds and not keeps_place(actor, one),
        may_offer=GroupDeed.OWN in deeds
        and one.role is not GroupRole.OWNER
        and adult
        and bool(one.logins)
        and not over,
    )


def _acts(actor: Actor, one: Member, mine: Member | None, group: Group, adult: bool, over: bool) -> bool:
    if mine is None or over or one.inactive or one.id == mine.id:
        return False
    kin = Kinship(
        group.public_id,
        group.owner_name,
        mine.role,
        one.role,
        scopes=mine.scopes,
        until=mine.until,
        subject_is_adult=adult,
        consent=one.consent,
        frozen=one.frozen,
    )
    return Scope.VIEW in kin.reach & actor.scopes


def _may_take_back(one: group_invitations.Invitation, deeds: frozenset[GroupDeed]) -> bool:
    if one.kind is InvitationKind.OWNERSHIP:
        return GroupDeed.OWN in deeds
    return (GroupDeed.CHANGE_ADMIN if one.role is GroupRole.ADMIN else GroupDeed.ADD_DEPENDENT) in deeds


def _invitation(one: group_invitations.Invitation, may_change: bool) -> InvitationView:
    return InvitationView(
        one.public_id,
        one.kind is InvitationKind.OWNERSHIP,
        one.email,
        one.name,
        one.role,
        one.label,
        one.scopes,
        one.until,
        one.inviter,
        one.created_at,
        one.expires_at,
        one.state is InvitationState.EXPIRED,
        may_change,
    )


def waiting_for(actor: Actor) -> list[InvitationView]:
    """The invitations and offers that wait for the signed-in person, for a caller that shows them their own pages."""
    return _waiting(actor)


def _waiting(actor: Actor) -> list[InvitationView]:
    if actor.customer_id is None:
        return []
    return [_invitation(one, False) for one in group_invitations.waiting_for(actor.email, actor.customer_id)]
