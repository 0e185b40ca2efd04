"""Adding members: customers whom staff add, and people who are not customers yet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from portal.actions import access
from portal.actions.customers.people import looked_after
from portal.actions.groups import guardians, mails
from portal.actions.groups.checks import DAY_IS_OVER, squeezed, wrong_birth, wrong_names
from portal.actions.groups.guardians import Foresight
from portal.actions.groups.parts import (
    HeldGroup,
    Outcome,
    by_id,
    hold,
    is_adult,
    join,
    joining_refusals,
    label_id,
    look,
    make_owner,
    member_by_id,
    scopes_for,
    stepped_down,
    today_of,
)
from portal.db.customers import doubles as double_rows
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import NewCustomer, Profile
from portal.db.engine import snapshot, writes
from portal.db.folding import fold
from portal.db.groups import members as groups
from portal.db.groups import wards
from portal.db.groups.members import Group
from portal.db.partners import settings as partners
from portal.outside import clock
from portal.rules import seen
from portal.rules.customers.doubles import Double, Identity, in_common, questions
from portal.rules.customers.status import Kind
from portal.rules.deciding import Actor, GroupDeed
from portal.rules.errors import Invalid, NotAllowed, Reason, Refused
from portal.rules.groups import GroupRole, Rule, lasts
from portal.rules.groups.ends import NO_END, End, last_day
from portal.rules.groups.guardians import changed
from portal.rules.permissions import Permission
from portal.rules.scopes import ALL_SCOPES, Scope
from portal.rules.sentences import say


@dataclass(frozen=True, slots=True)
class NewMember:
    """A customer that staff add. `customer` is a public or external id, `label` a public id or name ("": none).

    `until` is the last day.
    """

    customer: str
    role: GroupRole
    label: str = ""
    scopes: frozenset[Scope] = ALL_SCOPES
    until: End = NO_END


@dataclass(frozen=True, slots=True)
class NewDependent:
    """Somebody who is not a customer yet, such as a child (G7, C3). `anyway`: a likely double is somebody else (C5)."""

    given_name: str
    family_name: str
    born_on: date | None
    label: str = ""
    anyway: bool = False

    @property
    def name(self) -> str:
        return squeezed(f"{self.given_name} {self.family_name}")


@writes(once="group.add", answer=Outcome)
def add_member(
    actor: Actor, group: str, new: NewMember, *, mark: str | None = None, once: str | None = None
) -> Outcome:
    """Add a customer that exists to a group, for staff (G7). The role Owner transfers the ownership (G3).

    `mark` stands for the consequences that were shown. Raises as `create` does, and Conflict when they changed since.
    """
    profile = named_customer(actor, new)
    held = hold(actor, group, None, profile.id)
    profile = customers.by_id(profile.id)
    foreseen = _foresee(held, profile, new)
    if foreseen.reasons:
        raise Refused(foreseen.reasons, foreseen.headline)
    seen.unchanged(mark, foreseen.mark, guardians.CHANGED)
    member = add_customer(actor, held.group, profile, new)
    owner = by_id(held.group.id).owner_name
    return Outcome(say("{name} is in the group of {owner}", name=profile.name, owner=owner), group, member)


@snapshot
def foresee_adding(actor: Actor, group: str, new: NewMember) -> Foresight:
    """What adding a customer as `new` says would mean for who acts for whom (G15).

    Raises Invalid for fields, Missing and NotAllowed.
    """
    profile = named_customer(actor, new)
    held = look(actor, group)
    _refuse_end(new, today_of(held.group))
    label_id(new.label)
    return _foresee(held, profile, new)


def _foresee(held: HeldGroup, profile: Profile, new: NewMember) -> Foresight:
    before = guardians.places_of(held)
    place = replace(
        guardians.joining_place(profile.id, profile.name, new.role),
        adult=is_adult(profile.born_on, held.group),
        age_known=profile.born_on is not None or profile.kind is Kind.BUSINESS,
        scopes=scopes_for(new.role, new.scopes),
        until=last_day(new.until),
    )
    after = changed((*before, place), place.key, new.role) if new.role is GroupRole.OWNER else (*before, place)
    headline = say("{name} can’t be added to the group yet", name=profile.name)
    return guardians.foresee(before, after, held, joining_refusals(profile, held.group, new.role), headline)


@writes(once="group.dependent", answer=Outcome)
def add_dependent(actor: Actor, group: str, new: NewDependent, *, once: str | None = None) -> Outcome:
    """Make a new customer without a login and add it as a Dependent (G7, C3).

    Raises Invalid for fields, Refused for an adult, who has to be invited (PRI2), Missing and NotAllowed.
    """
    held = hold(actor, group, GroupDeed.ADD_DEPENDENT)
    member = add_newcomer(actor, held.group, new)
    return Outcome(say("{name} is in the group now", name=new.name), group, member)


# Steps ----------------------------------------------------------------------------------------------------------------


def named_customer(actor: Actor, new: NewMember) -> Profile:
    """A customer that exists already, whom only staff add without an invitation (G7)."""
    if not actor.is_staff:
        raise NotAllowed(say("Invite them by email: somebody who is a customer already has to agree."))
    profile = customers.require(new.customer)
    access.require(actor, Permission.GROUPS_MANAGE, profile)
    return profile


def add_customer(actor: Actor, group: Group, profile: Profile, new: NewMember) -> str:
    """Add a customer for staff; as Owner it takes the group over. Returns the membership's public id."""
    wanted = GroupRole.ADMIN if new.role is GroupRole.OWNER else new.role
    _refuse_end(new, today_of(group))
    worn = label_id(new.label)
    member = join(actor, group, profile, wanted, worn, new.scopes, last_day(new.until), by_staff=True)
    if new.role is GroupRole.OWNER:
        old = groups.member_of(group.id, group.owner_id)
        assert old is not None
        make_owner(actor, group, old, member_by_id(member))
        mails.tell(actor, group, group.owner_id, stepped_down(old, group, profile.name))
    mails.tell(actor, group, profile.id, say("You are in the group now, as {role}.", role=new.role.label))
    return member


def add_newcomer(actor: Actor, group: Group, new: NewDependent) -> str:
    """A customer with the partner's default billing and no login, added as Dependent (C3)."""
    _check(new, today_of(group))
    if is_adult(new.born_on, group):
        raise Refused([_of_age(actor, new)], say("{name} can’t be added like this", name=new.name))
    _ask_about_doubles(actor, group, new)
    worn = label_id(new.label)
    profile = _new_customer(group, new)
    text = say("{name} was added to the group of {owner} as a new Dependent", name=profile.name, owner=group.owner_name)
    return join(actor, group, profile, GroupRole.DEPENDENT, worn, text=text)


def _ask_about_doubles(actor: Actor, group: Group, new: NewDependent) -> None:
    """Raises Refused with those who may be the new one (C5): for staff among all customers of the partner, for members
    among those they look after already, since they learn of nobody else.
    """
    if new.anyway:
        return
    identity = Identity(fold(new.name), new.born_on)
    found = (
        double_rows.likely(group.partner_id, identity) if actor.is_staff else _doubles_around(actor, group, identity)
    )
    if found:
        raise Refused(questions(found, by_staff=actor.is_staff), say("Is {name} there already?", name=new.name))


def _doubles_around(actor: Actor, group: Group, new: Identity) -> list[Double]:
    if actor.customer_id is None:
        return []
    around = wards.around(actor.customer_id, group.settings.majority_age, today_of(group))
    seen = looked_after(actor, around.wards, group.settings)
    known = ((ward, in_common(new, Identity(fold(ward.name), ward.facts.born_on))) for ward, _ in seen)
    return [Double(ward.public_id, ward.name, "", ward.facts.born_on, why) for ward, why in known if why]


def _new_customer(group: Group, new: NewDependent) -> Profile:
    defaults = partners.billing_defaults(group.partner_id)
    customer_id = customers.add_customer(
        NewCustomer(
            partner_id=group.partner_id,
            name=new.name,
            given_name=squeezed(new.given_name),
            family_name=squeezed(new.family_name),
            born_on=new.born_on,
            billing_type=defaults.billing_type,
            billing_day=defaults.billing_day,
            currency=defaults.currency,
            created_at=clock.now(),
        )
    )
    return customers.by_id(customer_id)


def _refuse_end(new: NewMember, today: date) -> None:
    until = last_day(new.until)
    if until is not None and new.role is GroupRole.OWNER:
        raise Invalid({"until": say("The Owner’s membership has no end. Choose that it has none.")})
    if not lasts(until, today):
        raise Invalid({"until": DAY_IS_OVER})


def _check(new: NewDependent, today: date) -> None:
    """Raises Invalid for all wrong fields at once."""
    given, family = squeezed(new.given_name), squeezed(new.family_name)
    wrong = wrong_names(given, family, say("Enter the given name."))
    if birth := wrong_birth(new.born_on, today, say("Enter the date of birth.")):
        wrong["born_on"] = birth
    if wrong:
        raise Invalid(wrong)


def _of_age(actor: Actor, new: NewDependent) -> Reason:
    message = say("{name} is of age, and an adult agrees to being acted for.", name=new.name)
    staff, member = say("The Owner or an Admin can invite them."), say("Invite them by email instead.")
    return Reason(Rule.CONSENT, message, staff if actor.is_staff else member)
