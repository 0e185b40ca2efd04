"""What roles are made of: every permission of the back office in plain words, and what somebody holds in the end (O4).

An administrator holds what the role allows, and what was given beside it, without what was taken away. The Super
administrator holds everything and has no exceptions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType

from portal.rules.deciding import STAFF_PERMISSIONS, Actor, AnyRole
from portal.rules.holders import Area, OfStaff, Role, holders
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say

LONGEST_NAME = 60
LONGEST_DESCRIPTION = 300

ALWAYS = frozenset({Permission.STAFF_HOME})
"""What every administrator holds, so that it is not a choice: without it nobody gets in."""


@dataclass(frozen=True, slots=True)
class Wording:
    """A permission as people who make roles read it. `needs` is another one without which it opens nothing."""

    permission: Permission
    label: Sentence
    text: Sentence
    needs: Permission | None = None

    @property
    def value(self) -> str:
        return self.permission.value


AREAS: tuple[tuple[Sentence, tuple[Wording, ...]], ...] = tuple(
    (
        area.value,
        tuple(
            Wording(permission, holder.label, holder.text, holder.needs)
            for permission, holder in holders().items()
            if isinstance(holder, OfStaff) and holder.area is area
        ),
    )
    for area in Area
)
"""Every permission that a role can hold, grouped as the pages show them."""

WORDINGS = MappingProxyType({one.permission: one for _, area in AREAS for one in area})


def named(permissions: Iterable[Permission]) -> list[Sentence]:
    """The permissions by their labels, in the order of the pages."""
    wanted = frozenset(permissions)
    return [one.label for one in WORDINGS.values() if one.permission in wanted]


def unmet(permissions: frozenset[Permission]) -> list[Sentence]:
    """A sentence for every permission that opens nothing because the one it needs is not there."""
    return [
        say("“{permission}” needs “{other}” as well.", permission=one.label, other=WORDINGS[one.needs].label)
        for one in WORDINGS.values()
        if one.permission in permissions and one.needs is not None and one.needs not in permissions
    ]


def in_force(role: AnyRole, given: frozenset[Permission], taken: frozenset[Permission]) -> frozenset[Permission]:
    """What somebody with this role and these exceptions may do.

    A permission counts only together with the one it needs, so that taking away the sight of customers takes away
    everything about them.
    """
    if role is Role.SUPER:
        return STAFF_PERMISSIONS
    held = ((role.permissions | given) - taken) & STAFF_PERMISSIONS
    while True:
        idle = {one.permission for one in WORDINGS.values() if one.needs is not None and one.needs not in held} & held
        if not idle:
            return held | ALWAYS
        held -= idle


def beyond(actor: Actor, permissions: frozenset[Permission]) -> frozenset[Permission]:
    """Those of `permissions` that `actor` does not hold, and so can neither give nor look after in others."""
    return frozenset() if actor.system else permissions - actor.permissions


@dataclass(frozen=True, slots=True)
class Holding:
    """How somebody comes by one permission: whether the role allows it, what was decided beside it, the result."""

    wording: Wording
    by_role: bool
    given: bool
    taken: bool
    held: bool

    @property
    def origin(self) -> tuple[Sentence, str]:
        """Where the result comes from, in words, and the tone of the tag that says so."""
        if self.taken:
            return say("Taken away"), "bad"
        if (self.by_role or self.given) and not self.held:
            assert self.wording.needs is not None
            return say("Idle without “{permission}”", permission=WORDINGS[self.wording.needs].label), "note"
        if self.given:
            return say("Given beside the role"), "good"
        return say("From the role") if self.by_role else NOTHING, ""


def holdings(role: AnyRole, given: frozenset[Permission], taken: frozenset[Permission]) -> dict[Permission, Holding]:
    """Every permission with where it comes from."""
    held = in_force(role, given, taken)
    return {
        permission: Holding(
            wording, permission in role.permissions, permission in given, permission in taken, permission in held
        )
        for permission, wording in WORDINGS.items()
    }
