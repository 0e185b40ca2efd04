"""Who holds which permission: each noun declares its own here, and `rules/deciding` and `rules/roles` collect them.

A module of this package gives `HOLDERS`, from each permission of its noun to `OfCustomers` or `OfStaff`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import TypeAlias

from portal.rules.collecting import declared
from portal.rules.permissions import Permission
from portal.rules.scopes import Scope
from portal.rules.sentences import NOTHING, Sentence, say


class Role(StrEnum):
    """The default roles of administrators; they are fixed."""

    SUPER = "super_administrator"
    ADMINISTRATOR = "administrator"
    FRONT_OF_HOUSE = "front_of_house"
    OPERATIONS = "operations"

    @property
    def label(self) -> Sentence:
        return _ROLES[self][0]

    @property
    def description(self) -> Sentence:
        """What the role is for."""
        return _ROLES[self][1]

    @property
    def permissions(self) -> frozenset[Permission]:
        """What it holds. The Super administrator holds everything of the back office."""
        return frozenset(
            permission
            for permission, holder in holders().items()
            if isinstance(holder, OfStaff) and (self is Role.SUPER or self in holder.roles)
        )


_ROLES = MappingProxyType(
    {
        Role.SUPER: (
            say("Super administrator"),
            say("Everything, links of sub-accounts and administrators included."),
        ),
        Role.ADMINISTRATOR: (
            say("Administrator"),
            say("Customers, their finances, portal config, outbox and audit log. Links no sub-accounts."),
        ),
        Role.FRONT_OF_HOUSE: (
            say("Front of house"),
            say("Find and add customers, correct how they are reached, and invite them. Sees no finances."),
        ),
        Role.OPERATIONS: (
            say("Operations"),
            say("Portal config, outbox, audit log and features. Sees customers, changes nothing about them."),
        ),
    }
)

ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})
DESK = frozenset({Role.ADMINISTRATOR, Role.FRONT_OF_HOUSE})
RUNNING = frozenset({Role.ADMINISTRATOR, Role.OPERATIONS})


class Area(Enum):
    """Under which heading a permission of the back office stands where roles are made, in the order of the pages."""

    CUSTOMERS = say("Customers")
    SUB_ACCOUNTS = say("Sub-accounts")
    FINANCE = say("Finance")
    GROUPS = say("Groups")
    BOOKINGS = say("Bookings and memberships")
    RUNNING = say("The portal and its running")
    ADMINISTRATORS = say("Administrators")


@dataclass(frozen=True, slots=True)
class Power:
    """What somebody is told a scope lets them do, because there is a page for it: within a sentence, and as a line."""

    text: Sentence
    line: Sentence


@dataclass(frozen=True, slots=True)
class OfCustomers:
    """Held by customers' logins through a grant with `scope`; None needs no scope. `own_only`: never over others.

    `of_main`: a main account holds it over sub-accounts it manages, where the scope is among theirs (L15).

    `power` names what the permission adds to its scope where it is offered and explained; a scope without any is
    offered nowhere (G17).
    """

    scope: Scope | None
    own_only: bool = False
    of_main: bool = True
    power: Power | None = None


@dataclass(frozen=True, slots=True)
class OfStaff:
    """Held by administrators through `roles`, and always by the Super administrator.

    `label` and `text` are what people who make roles read in `area`; without an area it is no choice. `needs` is
    another permission without which it opens nothing. `of_removed`: what is left to do with a customer that was
    removed (L12).
    """

    roles: frozenset[Role] = frozenset()
    area: Area | None = None
    label: Sentence = NOTHING
    text: Sentence = NOTHING
    needs: Permission | None = None
    of_removed: bool = False


Holder: TypeAlias = OfCustomers | OfStaff


def holders() -> Mapping[Permission, Holder]:
    """Every permission with who holds it, in the order of the list. A permission without a holder is a mistake."""
    if not _collected:
        found = {permission: holder for each in declared(__name__, "HOLDERS") for permission, holder in each.items()}
        _collected.update({permission: found[permission] for permission in Permission})
    return _collected


_collected: dict[Permission, Holder] = {}
