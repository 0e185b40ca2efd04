"""Family and care groups: roles, ages, how two members stand to each other, and when a change must be refused.

A group says who may act for whom; it never moves money (G14). Refusals list every unmet condition at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from portal.rules.errors import Reason
from portal.rules.powers import everything
from portal.rules.scopes import ALL_SCOPES, Scope
from portal.rules.sentences import NOTHING, Sentence, say

CONSENT_VERSION = "2026-11"
"""The wording of CONSENT that is agreed to; a new wording needs a new version (PRI2)."""

CONSENT = say(
    "The Owner and the Admins of the group may act for you in the portal, within what you tick here. "
    "Everything they look at or do is recorded, and you can read the record. You can end this at any time."
)

LONGEST_NAME, LONGEST_LABEL, LONGEST_REASON = 100, 40, 500


class GroupRole(StrEnum):
    """A member's place in its group (G3)."""

    OWNER = "owner"
    ADMIN = "admin"
    DEPENDENT = "dependent"

    @property
    def label(self) -> Sentence:
        if self is GroupRole.OWNER:
            return say("Owner")
        return say("Admin") if self is GroupRole.ADMIN else say("Dependent")

    @property
    def manages(self) -> bool:
        """Whether the role acts for Dependents and adds and removes them (G6, G11)."""
        return self is not GroupRole.DEPENDENT


class InvitationKind(StrEnum):
    """What an invitation offers: to become a member, or to a member the ownership."""

    MEMBERSHIP = "membership"
    OWNERSHIP = "ownership"


class MajorityNews(StrEnum):
    """What has been announced of a Dependent's coming of age: nothing, that it lies ahead, or that it is there."""

    NONE = ""
    AHEAD = "ahead"
    DUE = "due"


class Rule(StrEnum):
    OFF = "G1"
    ONE_OWNER = "G3"
    LABEL = "G4"
    GROUPS = "G5"
    CONSENT = "G7"
    OWNER_STAYS = "G8"
    SAME_PARTNER = "G9"
    ENDS = "G12"
    GUARDIANS = "G15"
    FROZEN = "G18"


@dataclass(frozen=True, slots=True)
class Kinship:
    """How an actor's customer and a subject stand to each other in one group they are both members of.

    `scopes` and `until` are of the actor's membership, `subject_until` is the end of the subject's, `subject_place` its
    place in the order in which members came. `consent` is what an adult subject agreed to, None without an agreement.
    `frozen` says that staff let nobody of a group act for the subject (G18).
    """

    group: str
    owner_name: str
    role: GroupRole
    subject_role: GroupRole
    label: str = ""
    subject_label: str = ""
    scopes: frozenset[Scope] = ALL_SCOPES
    until: date | None = None
    subject_until: date | None = None
    subject_is_adult: bool = False
    consent: frozenset[Scope] | None = None
    frozen: bool = False
    subject_place: int = 0

    @property
    def paused(self) -> bool:
        """Whether the subject is of age and has not agreed (G13, PRI2)."""
        return self.subject_is_adult and self.consent is None

    @property
    def reach(self) -> frozenset[Scope]:
        """What the actor may do for the subject: nothing unless an Owner or Admin acts for a Dependent (G11)."""
        if not self.guards or self.paused or self.frozen:
            return frozenset()
        return self.scopes & (self.consent or frozenset()) if self.subject_is_adult else self.scopes

    @property
    def guards(self) -> bool:
        """Whether the actor is Owner or Admin and the subject a Dependent (G11)."""
        return self.role.manages and self.subject_role is GroupRole.DEPENDENT

    def live(self, today: date) -> bool:
        """Whether both memberships last (G12: an end takes every right of a membership, by the calendar)."""
        return lasts(self.until, today) and lasts(self.subject_until, today)

    @property
    def limited(self) -> bool:
        """Whether it is a carer's grant: one with an end, or with less than all there is."""
        return self.role is GroupRole.ADMIN and (self.until is not None or not everything(self.scopes))


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """What the rules need to know of one member. `is_actor` says that the person who asks is this member.

    `child_until` is the day a member that is not of age comes of age, None for an adult.
    """

    name: str
    role: GroupRole
    until: date | None = None
    is_actor: bool = False
    child_until: date | None = None


@dataclass(frozen=True, slots=True)
class JoiningFacts:
    """A customer on its way into a group. `elsewhere` counts the live groups it is a member of already.

    `child_until` is the day a customer that is not of age comes of age, None for an adult.
    """

    name: str
    public_id: str
    partner_id: int
    partner_name: str
    elsewhere: int = 0
    is_member: bool = False
    inactive: bool = False
    child_until: date | None = None


def lasts(until: date | None, today: date) -> bool:
    """Whether a membership that ends with `until` (inclusive; None: never) still gives rights today."""
    return until is None or today <= until


def of_age_on(born_on: date, majority_age: int) -> date:
    """The day somebody comes of age. Born on 29 February, that is 1 March where there is no such day."""
    year = born_on.year + majority_age
    try:
        return born_on.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def born_between(first: date, last: date, majority_age: int) -> tuple[date, date]:
    """Two days between which everybody was born who comes of age from `first` to `last`; a little wider than needed."""
    born_from, born_to = (date(on.year - majority_age, on.month, min(on.day, 28)) for on in (first, last))
    return born_from - timedelta(days=1), born_to + timedelta(days=3)


def is_adult(born_on: date | None, majority_age: int, today: date) -> bool:
    """Whether somebody is of age. Without a date of birth everybody is taken to be: nobody is acted for unasked."""
    return child_until(born_on, majority_age, today) is None


def child_until(born_on: date | None, majority_age: int, today: date) -> date | None:
    """The day on which somebody who is not of age comes of age; None for an adult, and without a date of birth."""
    if born_on is None:
        return None
    day = of_age_on(born_on, majority_age)
    return day if today < day else None


def too_young(name: str, day: date | None, role: GroupRole) -> list[Reason]:
    """Why somebody who comes of age on `day` (None: is of age) cannot have a role (G15)."""
    if day is None or not role.manages:
        return []
    message = say("{name} is not of age, and the Owner and the Admins of a group are.", name=name)
    remedy = say("Choose the role Dependent. From {day} on, {name} can have another one.", day=day, name=name)
    return [Reason(Rule.GUARDIANS, message, remedy)]


def withheld(name: str, day: date | None) -> Sentence:
    """Why somebody who comes of age on `day` (None: is of age) is offered the role Dependent alone (G15)."""
    if day is None:
        return NOTHING
    return say("{name} is not of age. From {day} on, they can become Admin or Owner.", name=name, day=day)


def joining_refusals(
    joining: JoiningFacts,
    partner_id: int,
    partner_name: str,
    groups_per_customer: int,
    role: GroupRole = GroupRole.DEPENDENT,
) -> list[Reason]:
    """Why a customer cannot become a member as `role`; empty when it can (G5, G9, G15)."""
    reasons = []
    if joining.is_member:
        reasons.append(
            Reason(
                Rule.GROUPS,
                say("{name} is a member of this group already.", name=joining.name),
                say("Edit it instead."),
            )
        )
    if joining.partner_id != partner_id:
        reasons.append(
            Reason(
                Rule.SAME_PARTNER,
                say(
                    "{name} belongs to {partner} and the group to {group_partner}.",
                    name=joining.name,
                    partner=joining.partner_name,
                    group_partner=partner_name,
                ),
                say("Members of a group are of one partner."),
            )
        )
    if not joining.is_member and joining.elsewhere >= groups_per_customer:
        reasons.append(_too_many(joining, groups_per_customer))
    if joining.inactive:
        reasons.append(
            Reason(
                "C1",
                say("{name} is Inactive.", name=joining.name),
                say("Set it to New, Active or Blocked first."),
                "customer-details",
                joining.public_id,
            )
        )
    return reasons + too_young(joining.name, joining.child_until, role)


def _too_many(joining: JoiningFacts, most: int) -> Reason:
    message = say(
        "{name} is a member of {groups} already, and a customer may be in {allowed} at a time.",
        name=joining.name,
        groups=say("a group", "{count} groups", count=joining.elsewhere),
        allowed=say("one group", "{count} groups", count=most),
    )
    return Reason(
        Rule.GROUPS,
        message,
        say("Remove it there first, or have Operations allow more groups per customer."),
        "customer",
        joining.public_id,
    )


def ending_refusals(member: MemberFacts, others: int) -> list[Reason]:
    """Why a member cannot be removed or leave (G8). `others` counts the other members."""
    if member.role is not GroupRole.OWNER or not others:
        return []
    message = say(
        "{name} is the Owner, and one other member remains.",
        "{name} is the Owner, and {count} other members remain.",
        count=others,
        name=member.name,
    )
    remedy = say("Transfer the ownership first, remove the others, or dissolve the group.")
    return [Reason(Rule.OWNER_STAYS, message, remedy)]


def change_refusals(member: MemberFacts, role: GroupRole, until: date | None, today: date) -> list[Reason]:
    """Why a member cannot take `role` with an end of `until` (G3, G12, G15)."""
    reasons = []
    if member.role is GroupRole.OWNER and role is not GroupRole.OWNER:
        reasons.append(
            Reason(
                Rule.ONE_OWNER,
                say("{name} is the Owner, and a group has exactly one.", name=member.name),
                say("Choose the role Owner for another member: that transfers the ownership."),
            )
        )
    if role is GroupRole.OWNER and until is not None:
        reasons.append(
            Reason(Rule.ONE_OWNER, say("The Owner’s membership has no end."), say("Choose that it has none."))
        )
    if until is not None and until < today:
        reasons.append(
            Reason(
                Rule.ENDS,
                say("{day} is over already.", day=until),
                say("Choose today or a later day, or remove the member."),
            )
        )
    if member.is_actor and member.role is GroupRole.ADMIN and _later(until, member.until):
        reasons.append(
            Reason(
                Rule.ENDS,
                say("An Admin cannot extend its own membership."),
                say("Ask the Owner of the group to do it."),
            )
        )
    return reasons + (too_young(member.name, member.child_until, role) if role is not member.role else [])


def _later(wanted: date | None, now: date | None) -> bool:
    return now is not None and (wanted is None or wanted > now)
