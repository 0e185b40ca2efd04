"""Who may do what, for whom: the one place that decides.

A customer's login acts through grants: for itself, as Owner or Admin of a group for its Dependents, as a carer whose
membership has an end or a narrower scope, or as the main account of a managed sub-account. Grants never chain. An
administrator acts through the permissions of a role and the exceptions beside it (`rules/roles.py`). Actions and the
web guard both ask `decide`; templates ask it only to hide controls.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import TypeAlias

from portal.rules.groups import GroupRole, Kinship
from portal.rules.holders import OfCustomers, OfStaff, Role, holders
from portal.rules.partners import DEFAULTS, PartnerSettings
from portal.rules.permissions import FINANCE, Permission
from portal.rules.powers import rights
from portal.rules.scopes import ALL_SCOPES, Scope
from portal.rules.sentences import NOTHING, Sentence, say, verbatim


class Source(StrEnum):
    """Where a grant comes from."""

    SELF = "self"
    GROUP = "group"
    CARER = "carer grant"
    MAIN_ACCOUNT = "main account"
    STAFF = "staff"
    SYSTEM = "system"


_SCOPES = MappingProxyType(
    {permission: holder.scope for permission, holder in holders().items() if isinstance(holder, OfCustomers)}
)
"""Customers' permissions with the scope a login and a grant must have for them; None needs none."""

GROUPS = frozenset({Permission.GROUP_VIEW, Permission.GROUP_MANAGE, Permission.GROUP_CREATE})
"""Permissions about one's own groups; none of them exists while the feature is off (G1)."""

OWN_ONLY = frozenset(
    permission for permission, holder in holders().items() if isinstance(holder, OfCustomers) and holder.own_only
)
"""Permissions that are never held over somebody else."""

NOT_OF_MAIN = frozenset(
    permission for permission, holder in holders().items() if isinstance(holder, OfCustomers) and not holder.of_main
)
"""Permissions that a main account never holds over its sub-accounts (L15)."""

STAFF_PERMISSIONS = Role.SUPER.permissions

OF_REMOVED = frozenset(
    permission for permission, holder in holders().items() if isinstance(holder, OfStaff) and holder.of_removed
)
"""What is left to do with a customer that was removed: reading its books, and hearing that it is gone (L12)."""

ROLE_PERMISSIONS = MappingProxyType({role: role.permissions for role in Role})
"""L1, O4: only the Super administrator links sub-accounts until the permission is given to others."""


@dataclass(frozen=True, slots=True)
class CustomRole:
    """A role that the operator made. It reads like a default one: `value` stands in addresses and forms."""

    public_id: str
    name: str
    description: str
    permissions: frozenset[Permission]

    @property
    def value(self) -> str:
        return self.public_id

    @property
    def label(self) -> Sentence:
        return verbatim(self.name)


AnyRole: TypeAlias = Role | CustomRole


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks. A customer's login has a `customer_id`, an administrator a `role`, the system neither.

    `partner_id` is a customer's partner, or the one an administrator is bound to (None: every partner).
    """

    name: str
    login_id: int | None = None
    email: str = ""
    customer_id: int | None = None
    partner_id: int | None = None
    role: AnyRole | None = None
    permissions: frozenset[Permission] = frozenset()
    scopes: frozenset[Scope] = ALL_SCOPES
    system: bool = False

    @property
    def is_staff(self) -> bool:
        return self.role is not None or self.system

    def has(self, permission: Permission) -> bool:
        """Whether an administrator holds a back-office permission."""
        return self.system or permission in self.permissions

    @property
    def sees_finances(self) -> bool:
        """Whether amounts may be told to the actor at all (S9); about whom is decided for each customer."""
        return self.has(Permission.CUSTOMERS_FINANCE) if self.is_staff else Scope.FINANCE in self.scopes

    @property
    def label(self) -> str:
        """How the books and the audit log name the actor."""
        return self.email or self.name


SYSTEM = Actor(name="system operator", system=True)
"""Commands without `--as`, schedules and the worker."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A right of an actor over a subject: how far it goes, where it comes from, and until when (inclusive) it lasts.

    `reference` is the public id of the group it comes from, "" for other sources.
    """

    source: Source
    scopes: frozenset[Scope] = ALL_SCOPES
    until: date | None = None
    reference: str = ""
    relation: str = ""

    @property
    def text(self) -> Sentence:
        """ "see details and services, see documents and write tickets", in the order of the scopes."""
        return rights(self.scopes)


@dataclass(frozen=True, slots=True)
class SubjectFacts:
    """What deciding needs to know of the customer acted for, seen from one actor.

    `linked_main` says that the actor's customer is its main account, whatever that allows;
    `aggregated` that another customer pays for it by an aggregated link.
    `kinships` are the groups that both are members of, as of today and with the feature on; `own_roles` are the
    actor's own live roles in groups where the subject is itself, and `may_create_group` says that it may begin another.
    `settings` are its partner's. `acted_for` is False for an Inactive customer, `may_order` for a Blocked or New one.
    """

    id: int
    public_id: str
    name: str
    partner_id: int
    aggregated: bool = False
    payer_name: str = ""
    is_self: bool = False
    linked_main: bool = False
    mode_independent: bool = False
    management: bool = False
    kinships: tuple[Kinship, ...] = ()
    own_roles: tuple[GroupRole, ...] = ()
    may_create_group: bool = False
    settings: PartnerSettings = DEFAULTS
    acted_for: bool = True
    may_order: bool = True


class Answer(Enum):
    """ALLOWED; KNOWN: the actor knows of it but may not (403); HIDDEN: it may not know (404)."""

    ALLOWED = "allowed"
    KNOWN = "known"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Decision:
    answer: Answer
    grant: Grant | None = None
    sentence: Sentence = NOTHING

    def __bool__(self) -> bool:
        return self.answer is Answer.ALLOWED


_HIDDEN = Decision(Answer.HIDDEN)
_MANAGED = frozenset({Scope.VIEW, Scope.ORDER, Scope.DOCUMENTS, Scope.TICKETS})
_BY_STATUS = frozenset({Scope.BOOK, Scope.ORDER})


def grants_over(actor: Actor, subject: SubjectFacts) -> tuple[Grant, ...]:
    """The grants `actor` holds over `subject`; none of them chains (L15, L16, G11, G12, S9)."""
    if actor.system:
        return (Grant(Source.SYSTEM),)
    if actor.is_staff:
        return (Grant(Source.STAFF),) if actor.partner_id in (None, subject.partner_id) else ()
    if subject.is_self:
        return (Grant(Source.SELF, actor.scopes),)
    main = _main_account_grant(actor, subject)
    return (*_group_grants(actor, subject), *((main,) if main else ()))


def _group_grants(actor: Actor, subject: SubjectFacts) -> tuple[Grant, ...]:
    return tuple(
        Grant(
            Source.CARER if kin.limited else Source.GROUP,
            kin.reach & actor.scopes,
            kin.until,
            kin.group,
            kin.subject_label,
        )
        for kin in subject.kinships
        if kin.reach & actor.scopes
    )


def _main_account_grant(actor: Actor, subject: SubjectFacts) -> Grant | None:
    if not subject.linked_main or not subject.management:
        return None
    if not subject.mode_independent:
        return Grant(Source.MAIN_ACCOUNT, _MANAGED & actor.scopes)
    if not subject.settings.manages_independent:
        return None
    scopes = _MANAGED if subject.settings.independent_orders else _MANAGED - {Scope.ORDER}
    return Grant(Source.MAIN_ACCOUNT, scopes & actor.scopes)


def decide(actor: Actor, permission: Permission, subject: SubjectFacts | None = None) -> Decision:
    """Whether `actor` may, and through which grant. A staff permission needs a subject only where one is named."""
    if permission in STAFF_PERMISSIONS:
        return _decide_staff(actor, permission, subject)
    if actor.is_staff or subject is None:
        return _HIDDEN
    grants = grants_over(actor, subject)
    if not grants:
        return _without_grant(subject)
    if (refused := _refused_whatever_the_grant(permission, subject, grants[0])) is not None:
        return refused
    if permission in NOT_OF_MAIN and grants[-1].source is Source.MAIN_ACCOUNT:
        if len(grants) == 1:
            text = say("A main account does not book for its sub-accounts. {name} does so itself.", name=subject.name)
            return Decision(Answer.KNOWN, grants[0], text)
        grants = grants[:-1]
    return _through(grants, _SCOPES[permission], subject)


def decide_scope(actor: Actor, scope: Scope, subject: SubjectFacts) -> Decision:
    """Whether `actor` holds one scope over a customer, within what the customer may do itself (SEC6, C1)."""
    grants = grants_over(actor, subject)
    if actor.is_staff or not grants:
        return _HIDDEN if actor.is_staff else _without_grant(subject)
    probes = {
        Scope.FINANCE: Permission.STATEMENTS_VIEW,
        Scope.DOCUMENTS: Permission.DOCUMENTS_VIEW,
        Scope.TICKETS: Permission.TICKETS_VIEW,
    }
    probe = probes.get(scope, Permission.PROFILE_VIEW)
    if (refused := _refused_whatever_the_grant(probe, subject, grants[0])) is not None:
        return refused
    if scope in _BY_STATUS and not subject.may_order:
        text = say("{name} is not Active, so nothing is booked or ordered for it.", name=subject.name)
        return Decision(Answer.KNOWN, grants[0], text)
    return _through(grants, scope, subject)


def _refused_whatever_the_grant(permission: Permission, subject: SubjectFacts, grant: Grant) -> Decision | None:
    """What no grant changes: sections that are not shown, pages for oneself alone, groups, who pays, and a customer
    that may do nothing itself.
    """
    if subject.settings.hides(permission):
        return _HIDDEN
    if not subject.is_self and permission in OWN_ONLY:
        return Decision(Answer.KNOWN, grant, say("This page is only for {name}.", name=subject.name))
    if permission in GROUPS:
        return _about_own_groups(permission, subject)
    if permission in FINANCE and subject.aggregated:
        text = say(
            "{payer} is billed and pays for {name}, so there are no finance pages here.",
            payer=subject.payer_name,
            name=subject.name,
        )
        return Decision(Answer.KNOWN, grant, text)
    if not subject.acted_for and grant.source in (Source.GROUP, Source.CARER):
        text = say("{name} is Inactive, so nobody can act for it.", name=subject.name)
        return Decision(Answer.KNOWN, grant, text)
    return None


def _about_own_groups(permission: Permission, subject: SubjectFacts) -> Decision | None:
    if not subject.settings.groups_on:
        return _HIDDEN
    if permission is Permission.GROUP_CREATE and not subject.may_create_group:
        return _HIDDEN
    if permission is Permission.GROUP_MANAGE and not any(role.manages for role in subject.own_roles):
        if not subject.own_roles:
            return _HIDDEN
        return Decision(Answer.KNOWN, None, _ONLY_MANAGERS)
    return None


def _through(grants: tuple[Grant, ...], scope: Scope | None, subject: SubjectFacts) -> Decision:
    """The first grant that covers `scope`."""
    for grant in grants:
        if scope is None or scope in grant.scopes:
            return Decision(Answer.ALLOWED, grant)
    assert scope is not None
    return Decision(Answer.KNOWN, grants[0], _outside_scope(subject, scope))


class GroupDeed(Enum):
    """What is done to a group, by members or by staff."""

    ADD_DEPENDENT = "add a dependent"
    CHANGE_DEPENDENT = "change a dependent"
    CHANGE_ADMIN = "add, change or remove an Admin"
    OWN = "transfer the ownership or dissolve the group"


_GROUP_DEEDS = MappingProxyType(
    {
        GroupDeed.ADD_DEPENDENT: frozenset({GroupRole.OWNER, GroupRole.ADMIN}),
        GroupDeed.CHANGE_DEPENDENT: frozenset({GroupRole.OWNER, GroupRole.ADMIN}),
        GroupDeed.CHANGE_ADMIN: frozenset({GroupRole.OWNER}),
        GroupDeed.OWN: frozenset({GroupRole.OWNER}),
    }
)


_ONLY_OWNER = MappingProxyType(
    {
        GroupDeed.CHANGE_ADMIN: say("Only the Owner of a group may add, change or remove an Admin."),
        GroupDeed.OWN: say("Only the Owner of a group may transfer the ownership or dissolve the group."),
    }
)
_ONLY_MANAGERS = say("Only the Owner and the Admins manage the members of a group.")


def decide_group(role: GroupRole | None, deed: GroupDeed) -> Decision:
    """Whether a member with a live `role` in a group may do `deed` there (G6); None is no member of it."""
    if role is None:
        return _HIDDEN
    if role in _GROUP_DEEDS[deed]:
        return Decision(Answer.ALLOWED, Grant(Source.SELF))
    if role is GroupRole.ADMIN:
        return Decision(Answer.KNOWN, None, _ONLY_OWNER[deed])
    return Decision(Answer.KNOWN, None, _ONLY_MANAGERS)


def _decide_staff(actor: Actor, permission: Permission, subject: SubjectFacts | None) -> Decision:
    if not actor.is_staff:
        return _HIDDEN
    if subject is not None and not grants_over(actor, subject):
        return _HIDDEN
    if not actor.has(permission):
        text = say("Your role does not include this. A Super administrator can change that.")
        return Decision(Answer.KNOWN, None, text)
    return Decision(Answer.ALLOWED, Grant(Source.SYSTEM if actor.system else Source.STAFF))


def _without_grant(subject: SubjectFacts) -> Decision:
    if subject.kinships:
        return Decision(Answer.KNOWN, None, _kin_sentence(subject))
    if not subject.linked_main:
        return _HIDDEN
    if not subject.management:
        text = say(
            "Sub-account management is off, so {name} cannot be opened. The operator can switch it on.",
            name=subject.name,
        )
    else:
        text = say(
            "{name} is billed independently, and the operator does not let main accounts open those.",
            name=subject.name,
        )
    return Decision(Answer.KNOWN, None, text)


def _kin_sentence(subject: SubjectFacts) -> Sentence:
    """Why members of one group do not act for each other here."""
    if any(kin.guards and kin.frozen for kin in subject.kinships):
        return say("Acting for {name} is paused at present. Whatever they need, the operator does.", name=subject.name)
    if any(kin.guards and kin.paused for kin in subject.kinships):
        return say("{name} is of age, and decides who may act for them. They have not agreed to it.", name=subject.name)
    if not any(kin.role.manages for kin in subject.kinships):
        return say("Only the Owner and the Admins of a group act for others, and only for its Dependents.")
    if any(kin.subject_role is GroupRole.DEPENDENT for kin in subject.kinships):
        return say("Your access to {name} does not include anything you may do here.", name=subject.name)
    return say("The Owner and the Admins of a group act for its Dependents, not for one another.")


def _outside_scope(subject: SubjectFacts, scope: Scope) -> Sentence:
    right = rights((scope,))
    if not right:
        return say("Your access to {name} does not include this.", name=subject.name)
    if subject.is_self:
        return say("Your access does not include this: it would need the right to {right}.", right=right)
    return say(
        "Your access to {name} does not include this: it would need the right to {right}.",
        name=subject.name,
        right=right,
    )
