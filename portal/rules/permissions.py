"""Who may do what, for whom: the one place that decides.

A customer's login acts through grants: for itself, or as the main account of a managed sub-account. An administrator
acts through the permissions of a role. Actions and the web guard both ask `decide`; templates ask it only to hide
controls.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from types import MappingProxyType


class Scope(StrEnum):
    """What a grant or a login covers."""

    VIEW = "view"
    BOOK = "book"
    ORDER = "order"
    DOCUMENTS = "documents"
    TICKETS = "tickets"
    FINANCE = "finance"


ALL_SCOPES = frozenset(Scope)

SCOPE_TEXTS = MappingProxyType(
    {
        Scope.VIEW: "see details and services",
        Scope.BOOK: "book",
        Scope.ORDER: "order",
        Scope.DOCUMENTS: "see documents",
        Scope.TICKETS: "write tickets",
        Scope.FINANCE: "see finances",
    }
)


class Source(StrEnum):
    """Where a grant comes from."""

    SELF = "self"
    MAIN_ACCOUNT = "main account"
    STAFF = "staff"
    SYSTEM = "system"


class Need(Enum):
    """On whose side a permission lives."""

    CUSTOMER = "customer"
    STAFF = "staff"
    ANYBODY = "anybody"


class Permission(Enum):
    """Everything that can be allowed. The value is what the audit log and `flask can` call it."""

    HOME = "home.view"
    """See one's own Home page."""
    ACCOUNT = "account.manage"
    """See and change one's own sign-in details, and read who did what on one's behalf."""
    PROFILE_VIEW = "profile.view"
    """See a customer's details and services."""
    SUB_ACCOUNTS_VIEW = "sub_accounts.view"
    """See the list of one's own sub-accounts."""
    STATEMENTS_VIEW = "statements.view"
    """See statements, entries and balances, and export them."""
    STATEMENTS_SEND = "statements.send"
    """Send a statement by email."""
    STATEMENTS_SAVE = "statements.save"
    """Save a statement to Documents."""
    DOCUMENTS_VIEW = "documents.view"
    """See and download documents."""
    JOBS_VIEW = "jobs.view"
    """Watch and cancel one's own long-running work."""

    STAFF_HOME = "staff.home"
    """Enter the back office."""
    CUSTOMERS_VIEW = "customers.view"
    """Search customers and open their profiles."""
    CUSTOMERS_EDIT = "customers.edit"
    """Change a customer's details and own status."""
    CUSTOMERS_INVITE = "customers.invite"
    """Invite people to the portal, and end their sessions."""
    CUSTOMERS_FINANCE = "customers.finance"
    """See a customer's balances and statements in the back office."""
    FINANCE_POST = "finance.post"
    """Post to a customer's books and reverse entries."""
    SUB_ACCOUNTS_LINK = "sub_accounts.link"
    """Link, edit and unlink sub-accounts (L1)."""
    SUB_ACCOUNTS_MANAGE = "sub_accounts.manage"
    """Switch sub-account management on a main account (L15)."""
    PORTAL_CONFIGURE = "portal.configure"
    """Change what a partner's customers see in the portal."""
    OUTBOX_VIEW = "outbox.view"
    """Read the outbox and the list of jobs, and queue failed mail again."""
    AUDIT_VIEW = "audit.view"
    """Read the audit log."""
    ADMINISTRATORS_MANAGE = "administrators.manage"
    """Add administrators and change their roles."""
    FEATURES_MANAGE = "features.manage"
    """Switch whole features on and off (operations)."""


_SCOPES = MappingProxyType(
    {
        Permission.HOME: None,
        Permission.ACCOUNT: None,
        Permission.JOBS_VIEW: None,
        Permission.SUB_ACCOUNTS_VIEW: Scope.VIEW,
        Permission.PROFILE_VIEW: Scope.VIEW,
        Permission.STATEMENTS_VIEW: Scope.FINANCE,
        Permission.STATEMENTS_SEND: Scope.FINANCE,
        Permission.STATEMENTS_SAVE: Scope.FINANCE,
        Permission.DOCUMENTS_VIEW: Scope.DOCUMENTS,
    }
)
"""Customers' permissions with the scope a login and a grant must have for them; None needs none."""

SCOPES_IN_USE = frozenset(scope for scope in _SCOPES.values() if scope is not None)
"""The scopes that the portal has pages for; what people are told they may do speaks of no others."""

OWN_ONLY = frozenset({Permission.HOME, Permission.ACCOUNT, Permission.SUB_ACCOUNTS_VIEW, Permission.JOBS_VIEW})
"""Permissions that are never held over somebody else."""

FINANCE = frozenset({Permission.STATEMENTS_VIEW, Permission.STATEMENTS_SEND, Permission.STATEMENTS_SAVE})

STAFF_PERMISSIONS = frozenset(set(Permission) - set(_SCOPES))


class Role(StrEnum):
    """The default roles of administrators; they are fixed."""

    SUPER = "super_administrator"
    ADMINISTRATOR = "administrator"
    FRONT_OF_HOUSE = "front_of_house"
    OPERATIONS = "operations"

    @property
    def label(self) -> str:
        return {
            "super_administrator": "Super administrator",
            "administrator": "Administrator",
            "front_of_house": "Front of house",
            "operations": "Operations",
        }[self.value]


_DESK = frozenset({Permission.STAFF_HOME, Permission.CUSTOMERS_VIEW, Permission.CUSTOMERS_INVITE})

ROLE_PERMISSIONS = MappingProxyType(
    {
        Role.SUPER: STAFF_PERMISSIONS,
        Role.ADMINISTRATOR: _DESK
        | {
            Permission.CUSTOMERS_EDIT,
            Permission.CUSTOMERS_FINANCE,
            Permission.FINANCE_POST,
            Permission.PORTAL_CONFIGURE,
            Permission.OUTBOX_VIEW,
            Permission.AUDIT_VIEW,
        },
        Role.FRONT_OF_HOUSE: _DESK,
        Role.OPERATIONS: frozenset(
            {
                Permission.STAFF_HOME,
                Permission.CUSTOMERS_VIEW,
                Permission.OUTBOX_VIEW,
                Permission.AUDIT_VIEW,
                Permission.PORTAL_CONFIGURE,
                Permission.FEATURES_MANAGE,
            }
        ),
    }
)
"""L1, O4: only the Super administrator links sub-accounts until the permission is given to others."""


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
    role: Role | None = None
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
    def label(self) -> str:
        """How the books and the audit log name the actor."""
        return self.email or self.name


SYSTEM = Actor(name="system operator", system=True)
"""Commands without `--as`, schedules and the worker."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A right of an actor over a subject: how far it goes and where it comes from."""

    source: Source
    scopes: frozenset[Scope] = ALL_SCOPES

    @property
    def text(self) -> str:
        """ "see details and services, see documents and write tickets", in the order of the scopes."""
        parts = [SCOPE_TEXTS[scope] for scope in Scope if scope in self.scopes]
        return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1] if parts else ""


@dataclass(frozen=True, slots=True)
class SubjectFacts:
    """What deciding needs to know of the customer acted for, seen from one actor.

    `linked_main` says that the actor's customer is its main account, whatever that allows;
    `aggregated` that another customer pays for it by an aggregated link.
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
    independent_allowed: bool = False
    independent_orders: bool = True


class Answer(Enum):
    """ALLOWED; KNOWN: the actor knows of it but may not (403); HIDDEN: it may not know (404)."""

    ALLOWED = "allowed"
    KNOWN = "known"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Decision:
    answer: Answer
    grant: Grant | None = None
    sentence: str = ""

    def __bool__(self) -> bool:
        return self.answer is Answer.ALLOWED


_HIDDEN = Decision(Answer.HIDDEN)
_MANAGED = frozenset({Scope.VIEW, Scope.ORDER, Scope.DOCUMENTS, Scope.TICKETS})


def grant_over(actor: Actor, subject: SubjectFacts) -> Grant | None:
    """The grant `actor` holds over `subject`, or None (L15, L16, S9). Grants never chain."""
    if actor.system:
        return Grant(Source.SYSTEM)
    if actor.is_staff:
        return Grant(Source.STAFF) if actor.partner_id in (None, subject.partner_id) else None
    if subject.is_self:
        return Grant(Source.SELF, actor.scopes)
    if not subject.linked_main or not subject.management:
        return None
    if not subject.mode_independent:
        return Grant(Source.MAIN_ACCOUNT, _MANAGED & actor.scopes)
    if not subject.independent_allowed:
        return None
    scopes = _MANAGED if subject.independent_orders else _MANAGED - {Scope.ORDER}
    return Grant(Source.MAIN_ACCOUNT, scopes & actor.scopes)


def decide(actor: Actor, permission: Permission, subject: SubjectFacts | None = None) -> Decision:
    """Whether `actor` may, and through which grant. A staff permission needs a subject only where one is named."""
    if permission in STAFF_PERMISSIONS:
        return _decide_staff(actor, permission, subject)
    if actor.is_staff or subject is None:
        return _HIDDEN
    grant = grant_over(actor, subject)
    if grant is None:
        return _without_grant(subject)
    if not subject.is_self and permission in OWN_ONLY:
        return Decision(Answer.KNOWN, grant, f"This page is only for {subject.name}.")
    if permission in FINANCE and subject.aggregated:
        return Decision(
            Answer.KNOWN,
            grant,
            f"{subject.payer_name} is billed and pays for {subject.name}, so there are no finance pages here.",
        )
    scope = _SCOPES[permission]
    if scope is not None and scope not in grant.scopes:
        return Decision(Answer.KNOWN, grant, _outside_scope(subject, scope))
    return Decision(Answer.ALLOWED, grant)


def _decide_staff(actor: Actor, permission: Permission, subject: SubjectFacts | None) -> Decision:
    if not actor.is_staff:
        return _HIDDEN
    if subject is not None and grant_over(actor, subject) is None:
        return _HIDDEN
    if not actor.has(permission):
        return Decision(Answer.KNOWN, None, "Your role does not include this. A Super administrator can change that.")
    return Decision(Answer.ALLOWED, Grant(Source.SYSTEM if actor.system else Source.STAFF))


def _without_grant(subject: SubjectFacts) -> Decision:
    if not subject.linked_main:
        return _HIDDEN
    if not subject.management:
        text = f"Sub-account management is off, so {subject.name} cannot be opened. The operator can switch it on."
    else:
        text = f"{subject.name} is billed independently, and the operator does not let main accounts open those."
    return Decision(Answer.KNOWN, None, text)


def _outside_scope(subject: SubjectFacts, scope: Scope) -> str:
    whose = "Your access" if subject.is_self else f"Your access to {subject.name}"
    return f"{whose} does not include this: it would need the right to {SCOPE_TEXTS[scope]}."
