"""Creating a group and changing who is in it: what staff do at the desk, and Owners and Admins in the portal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date

from portal.actions import access
from portal.actions.groups import mails
from portal.actions.groups.parts import (
    Held,
    check_version,
    customer,
    deed_on,
    held,
    is_adult,
    join,
    joining_facts,
    label_id,
    make_owner,
    member_facts,
    refuse_off,
    remember,
    scopes_for,
    today_of,
)
from portal.db import idempotency as operations
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import NewCustomer, Profile
from portal.db.engine import writes
from portal.db.groups import invitations as group_invitations
from portal.db.groups import members as groups
from portal.db.groups.members import Group, Member
from portal.db.partners import settings as partners
from portal.outside import clock
from portal.rules import groups as rules
from portal.rules.deciding import Actor, GroupDeed
from portal.rules.errors import Invalid, NotAllowed, Reason, Refused
from portal.rules.groups import LONGEST_NAME, GroupRole, Rule, lasts
from portal.rules.permissions import Permission
from portal.rules.scopes import ALL_SCOPES, Scope

EARLIEST_BIRTH = date(1900, 1, 1)


@dataclass(frozen=True, slots=True)
class NewMember:
    """A customer that staff add. `customer` is a public or external id, `label` a public id or name ("": none)."""

    customer: str
    role: GroupRole
    label: str = ""
    scopes: frozenset[Scope] = ALL_SCOPES
    until: date | None = None


@dataclass(frozen=True, slots=True)
class NewDependent:
    """Somebody who is not a customer yet, such as a child (G7, C3)."""

    given_name: str
    family_name: str
    born_on: date | None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """What a member is to be. `scopes` count for an Admin only; `until` is inclusive, None never ends."""

    role: GroupRole
    label: str = ""
    scopes: frozenset[Scope] = ALL_SCOPES
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, in a sentence; `group` and `member` are public ids ("" where it is gone or concerns nobody).

    `alone` says that only the Owner is left.
    """

    sentence: str
    group: str = ""
    member: str = ""
    alone: bool = False


@writes
def create(
    actor: Actor,
    owner: str,
    label: str = "",
    first: NewMember | NewDependent | None = None,
    *,
    once: str | None = None,
) -> Done:
    """Create a group whose Owner is the customer `owner` (public or external id), with its `first` other member (G2).

    Staff create it for anybody; a customer for itself where the partner lets it, with a dependent. Raises Refused with
    every unmet condition, Invalid for fields, Missing and NotAllowed. The same `once` again gives the same answer.
    """
    profile = customer(owner)
    _may_create(actor, profile)
    refuse_off(profile.settings.groups_on, profile.partner_name)
    other = _other(actor, first) if isinstance(first, NewMember) else None
    body = [owner, label, repr(first)]
    if (earlier := operations.claim(once, "group.create", body)) is not None:
        return Done(**earlier)  # type: ignore[arg-type]
    customers.lock([profile.id, *([other.id] if other else [])], exclusive=True)
    profile = customers.by_id(profile.id)
    today = clock.today(profile.time_zone)
    reasons = rules.joining_refusals(
        joining_facts(profile, None, today),
        profile.partner_id,
        profile.partner_name,
        profile.settings.groups_per_customer,
    )
    if other is not None:
        reasons += _joining(customers.by_id(other.id), profile, today)
        reasons += _itself(profile, other)
    if reasons:
        raise Refused(reasons, f"A group of {profile.name} can’t be created yet")
    worn = label_id(label)
    group_id, _public_id = groups.add_group(profile.partner_id)
    groups.add_member(
        partner_id=profile.partner_id, group_id=group_id, customer_id=profile.id, role=GroupRole.OWNER, label_id=worn
    )
    group = _found(group_id)
    remember(actor, "group.create", f"A group was created with {profile.name} as its Owner", profile.id, group)
    mails.tell(actor, group, profile.id, ["You are the Owner of a new group."])
    member = ""
    if isinstance(first, NewDependent):
        member = _add_dependent(actor, group, first)
    elif first is not None and other is not None:
        member = _add(actor, group, customers.by_id(other.id), first)
    done = Done(f"The group of {profile.name} is created", group.public_id, member)
    operations.settle(once, asdict(done))
    return done


@writes
def add_member(actor: Actor, group: str, new: NewMember, *, once: str | None = None) -> Done:
    """Add a customer that exists to a group, for staff (G7). The role Owner transfers the ownership (G3).

    Raises as `create` does.
    """
    profile = _other(actor, new)
    if (earlier := operations.claim(once, "group.add", [group, repr(new)])) is not None:
        return Done(**earlier)  # type: ignore[arg-type]
    found = held(actor, group, None, profile.id)
    profile = customers.by_id(profile.id)
    reasons = rules.joining_refusals(
        joining_facts(profile, found.group.id, today_of(found.group)),
        found.group.partner_id,
        found.group.partner_name,
        found.group.settings.groups_per_customer,
    )
    if reasons:
        raise Refused(reasons, f"{profile.name} can’t be added to the group yet")
    member = _add(actor, found.group, profile, new)
    done = Done(f"{profile.name} is in the group of {_found(found.group.id).owner_name}", group, member)
    operations.settle(once, asdict(done))
    return done


@writes
def add_dependent(actor: Actor, group: str, new: NewDependent, *, once: str | None = None) -> Done:
    """Make a new customer without a login and add it as a Dependent (G7, C3).

    Raises Invalid for fields, Refused for an adult, who has to be invited (PRI2), Missing and NotAllowed.
    """
    if (earlier := operations.claim(once, "group.dependent", [group, repr(new)])) is not None:
        return Done(**earlier)  # type: ignore[arg-type]
    found = held(actor, group, GroupDeed.ADD_DEPENDENT)
    member = _add_dependent(actor, found.group, new)
    done = Done(f"{_full_name(new)} is in the group now", group, member)
    operations.settle(once, asdict(done))
    return done


@writes
def change_member(
    actor: Actor, group: str, member: str, wanted: Edit, *, version: int | None = None, once: str | None = None
) -> Done:
    """Change a member's role, label, scopes and end. For staff the role Owner transfers the ownership (G3).

    `version` is the one the form was opened with. Raises Conflict when the member changed since (R24), Refused,
    Invalid for fields, Missing and NotAllowed.
    """
    if (earlier := operations.claim(once, "group.change", [group, member, repr(wanted), version])) is not None:
        return Done(**earlier)  # type: ignore[arg-type]
    found = held(actor, group, None, *_whose(member))
    one = found.member(member)
    access.require_group(actor, found.group, deed_on(one.role, wanted.role))
    check_version(version, one.version)
    _refuse_change(actor, found, one, wanted)
    worn = label_id(wanted.label, one.label_id)
    changed = _changed(one, wanted, worn)
    if wanted.role is GroupRole.OWNER and one.role is not GroupRole.OWNER:
        make_owner(actor, found.group, found.owner, one)
        mails.tell(actor, found.group, one.customer_id, ["You are the Owner of the group now."])
        mails.tell(actor, found.group, found.owner.customer_id, [f"You are an Admin now. The Owner is {one.name}."])
        one = _again(one)
    if changed:
        _change(actor, found.group, one, wanted, worn, changed)
    done = Done(f"{one.name}: {', '.join(changed)}" if changed else f"{one.name} is as before", group, member)
    operations.settle(once, asdict(done))
    return done


@writes
def remove_member(
    actor: Actor, group: str, member: str, *, version: int | None = None, once: str | None = None
) -> Done:
    """End a membership: every grant it gave is gone with the next request (G8, SEC5).

    The last member's removal ends the group. Raises as `change_member` does.
    """
    if (earlier := operations.claim(once, "group.remove", [group, member])) is not None:
        return Done(**earlier)  # type: ignore[arg-type]
    found = held(actor, group)
    one = found.member(member)
    access.require_group(actor, found.group, deed_on(one.role))
    check_version(version, one.version)
    done = _end(actor, found, one, "group.remove", f"{one.name} was removed from the group of {found.group.owner_name}")
    mails.tell(actor, found.group, one.customer_id, ["You are no longer in the group."])
    operations.settle(once, asdict(done))
    return done


@writes
def leave(actor: Actor, group: str, *, once: str | None = None) -> Done:
    """Leave a group. Its Owner stays while others remain (G8), and a child does not leave by itself.

    Raises Refused, Missing and NotAllowed.
    """
    if (earlier := operations.claim(once, "group.leave", [group, actor.customer_id])) is not None:
        return Done(**earlier)  # type: ignore[arg-type]
    access.require_whole_login(actor)
    found = held(actor, group)
    if found.mine is None:
        raise NotAllowed("Staff are in no group. Remove the member instead.")
    one = found.mine
    if one.role is GroupRole.DEPENDENT and not is_adult(one.born_on, found.group):
        raise NotAllowed("The Owner or an Admin of the group can remove you from it.")
    done = _end(actor, found, one, "group.leave", f"{one.name} left the group of {found.group.owner_name}")
    mails.tell(actor, found.group, found.owner.customer_id, [f"{one.name} left the group."])
    operations.settle(once, asdict(done))
    return done


@writes
def dissolve(actor: Actor, group: str, *, version: int | None = None, once: str | None = None) -> Done:
    """End a group and every membership in it (G6). Customers, their balances and bookings stay as they are.

    `version` is the group's that was shown. Raises Conflict, Missing and NotAllowed.
    """
    if (earlier := operations.claim(once, "group.dissolve", [group])) is not None:
        return Done(**earlier)  # type: ignore[arg-type]
    found = held(actor, group, GroupDeed.OWN)
    check_version(version, found.group.version)
    owner = found.group.owner_name
    _dissolve(actor, found)
    for one in found.everybody:
        mails.tell(actor, found.group, one.customer_id, [f"The group of {owner} was dissolved."])
    done = Done(f"The group of {owner} is dissolved")
    operations.settle(once, asdict(done))
    return done


# Steps ----------------------------------------------------------------------------------------------------------------


def _may_create(actor: Actor, profile: Profile) -> None:
    """Staff for anybody (G2); a customer for itself where its partner lets it."""
    if actor.is_staff:
        access.require(actor, Permission.GROUPS_MANAGE, profile)
    else:
        access.require(actor, Permission.GROUP_CREATE, profile)


def _other(actor: Actor, new: NewMember) -> Profile:
    """A customer that exists already, whom only staff add without an invitation (G7)."""
    if not actor.is_staff:
        raise NotAllowed("Invite them by email: somebody who is a customer already has to agree.")
    profile = customer(new.customer)
    access.require(actor, Permission.GROUPS_MANAGE, profile)
    return profile


def _whose(member: str) -> list[int]:
    """The customer of a membership: held with the group, so that two ends cannot move past the limit at once (G5)."""
    found = groups.member(member)
    return [found.customer_id] if found is not None else []


def _joining(profile: Profile, owner: Profile, today: date) -> list[Reason]:
    facts = joining_facts(profile, None, today)
    return rules.joining_refusals(facts, owner.partner_id, owner.partner_name, owner.settings.groups_per_customer)


def _itself(owner: Profile, other: Profile) -> list[Reason]:
    if owner.id != other.id:
        return []
    return [Reason(Rule.ONE_OWNER, f"{owner.name} is the Owner already.", "Choose another customer to add.")]


def _found(group_id: int) -> Group:
    group = groups.by_id(group_id)
    assert group is not None
    return group


def _again(member: Member) -> Member:
    found = groups.member(member.public_id)
    assert found is not None
    return found


def _add(actor: Actor, group: Group, profile: Profile, new: NewMember) -> str:
    """Add a customer for staff; as Owner it takes the group over."""
    wanted = GroupRole.ADMIN if new.role is GroupRole.OWNER else new.role
    _refuse_end(new, today_of(group))
    worn = label_id(new.label)
    member = join(actor, group, profile, wanted, worn, new.scopes, new.until, by_staff=True)
    if new.role is GroupRole.OWNER:
        one = groups.member(member)
        old = groups.member_of(group.id, group.owner_id)
        assert one is not None
        assert old is not None
        make_owner(actor, group, old, one)
        mails.tell(actor, group, group.owner_id, [f"You are an Admin now. The Owner is {profile.name}."])
    mails.tell(actor, group, profile.id, [f"You are in the group now, as {new.role.label}."])
    return member


def _refuse_end(new: NewMember, today: date) -> None:
    if new.until is not None and new.role is GroupRole.OWNER:
        raise Invalid({"until": "The Owner’s membership has no end. Leave the end date empty."})
    if not lasts(new.until, today):
        raise Invalid({"until": "That day is over. Choose today or a later day."})


def _check(new: NewDependent, today: date) -> None:
    """Raises Invalid for all wrong fields at once."""
    wrong = {}
    given, family = _squeezed(new.given_name), _squeezed(new.family_name)
    if not given:
        wrong["given_name"] = "Enter the given name."
    for name, text in (("given_name", given), ("family_name", family)):
        if len(text) > LONGEST_NAME:
            wrong[name] = f"Use at most {LONGEST_NAME} characters here."
    if new.born_on is None:
        wrong["born_on"] = "Enter the date of birth."
    elif not EARLIEST_BIRTH <= new.born_on <= today:
        wrong["born_on"] = "A date of birth lies between 1900 and today."
    if wrong:
        raise Invalid(wrong)


def _full_name(new: NewDependent) -> str:
    return _squeezed(f"{new.given_name} {new.family_name}")


def _squeezed(text: str) -> str:
    return " ".join(text.replace("\0", "").split())


def _add_dependent(actor: Actor, group: Group, new: NewDependent) -> str:
    """A customer with the partner's default billing and no login, added as Dependent (C3)."""
    _check(new, today_of(group))
    if is_adult(new.born_on, group):
        raise Refused(
            [
                Reason(
                    Rule.CONSENT,
                    f"{_full_name(new)} is of age, and an adult agrees to being acted for.",
                    "The Owner or an Admin can invite them." if actor.is_staff else "Invite them by email instead.",
                )
            ],
            f"{_full_name(new)} can’t be added like this",
        )
    worn = label_id(new.label)
    defaults = partners.billing_defaults(group.partner_id)
    customer_id = customers.add_customer(
        NewCustomer(
            partner_id=group.partner_id,
            name=_full_name(new),
            given_name=_squeezed(new.given_name),
            family_name=_squeezed(new.family_name),
            born_on=new.born_on,
            billing_type=defaults.billing_type,
            billing_day=defaults.billing_day,
            currency=defaults.currency,
            created_at=clock.now(),
        )
    )
    profile = customers.by_id(customer_id)
    text = f"{profile.name} was added to the group of {group.owner_name} as a new Dependent"
    return join(actor, group, profile, GroupRole.DEPENDENT, worn, text=text)


def _refuse_change(actor: Actor, found: Held, one: Member, wanted: Edit) -> None:
    today = today_of(found.group)
    reasons = rules.change_refusals(member_facts(one, found.group, actor), wanted.role, wanted.until, today)
    if wanted.role is GroupRole.OWNER and one.role is not GroupRole.OWNER and not actor.is_staff:
        reasons.append(
            Reason(
                Rule.ONE_OWNER,
                f"{one.name} has to accept the ownership.",
                "Offer it to them instead; you stay the Owner until they accept.",
            )
        )
    reasons += _extends_beyond_limit(found, one, wanted, today)
    if reasons:
        raise Refused(reasons, f"{one.name} can’t be changed like this")


def _extends_beyond_limit(found: Held, one: Member, wanted: Edit, today: date) -> list[Reason]:
    """G5: a membership that has ended begins to count again when its end moves."""
    if lasts(one.until, today) or not lasts(wanted.until, today):
        return []
    facts = joining_facts(customers.by_id(one.customer_id), None, today)
    group = found.group
    return rules.joining_refusals(facts, group.partner_id, group.partner_name, group.settings.groups_per_customer)


def _changed(one: Member, wanted: Edit, worn: int | None) -> list[str]:
    """What will differ, in plain words."""
    words = []
    if wanted.role is not one.role:
        words.append(f"role {wanted.role.label}")
    if worn != one.label_id:
        words.append("another label" if worn is not None else "no label")
    if wanted.role is GroupRole.ADMIN and scopes_for(wanted.role, wanted.scopes) != one.scopes:
        words.append("other rights")
    if wanted.role is not GroupRole.OWNER and wanted.until != one.until:
        words.append(f"until {wanted.until.isoformat()}" if wanted.until else "without an end")
    return words


def _change(actor: Actor, group: Group, one: Member, wanted: Edit, worn: int | None, changed: Iterable[str]) -> None:
    groups.change_member(
        one, role=wanted.role, label_id=worn, scopes=scopes_for(wanted.role, wanted.scopes), until=wanted.until
    )
    if wanted.role is not GroupRole.DEPENDENT:
        groups.withdraw_consent(one.id)
    elif one.role is not GroupRole.DEPENDENT and actor.is_staff and is_adult(one.born_on, group):
        groups.give_consent(one.id, ALL_SCOPES, f"recorded by {actor.label}")
    if one.role is GroupRole.ADMIN and wanted.role is GroupRole.DEPENDENT:
        group_invitations.revoke_offers(group.id, one.customer_id)
    text = f"{one.name} in the group of {group.owner_name}: {', '.join(changed)}"
    remember(actor, "group.change", text, one.customer_id, group)
    if wanted.role is not GroupRole.OWNER:
        mails.tell(actor, group, one.customer_id, mails.standing_lines(_again(one), group))


def _end(actor: Actor, found: Held, one: Member, action: str, text: str) -> Done:
    """End one membership, and with the last one the group."""
    others = found.others(one)
    reasons = rules.ending_refusals(member_facts(one, found.group, actor), len(others))
    if reasons:
        raise Refused(reasons, f"{one.name} can’t leave the group yet")
    if not others:
        _dissolve(actor, found)
        return Done(f"The group of {found.group.owner_name} is dissolved")
    groups.end_member(one)
    group_invitations.revoke_offers(found.group.id, one.customer_id)
    remember(actor, action, text, one.customer_id, found.group)
    return Done(f"{one.name} is no longer in the group", found.group.public_id, alone=len(others) == 1)


def _dissolve(actor: Actor, found: Held) -> None:
    group_invitations.revoke_all(found.group.id)
    groups.dissolve(found.group, found.everybody)
    for one in found.everybody:
        text = f"The group of {found.group.owner_name} was dissolved"
        remember(actor, "group.dissolve", text, one.customer_id, found.group)
