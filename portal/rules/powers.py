"""What scopes let people do, in words: only what the portal has pages for is offered, given and explained (G17).

Each permission names the power it adds to its scope beside its holder (`rules/holders`), so that a new page turns its
power on everywhere. A scope that has none is kept where somebody was given it, and promised nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

from portal.rules.holders import OfCustomers, Power, holders
from portal.rules.scopes import Scope
from portal.rules.sentences import NOTHING, Sentence, say, together


def _powers(scope: Scope) -> tuple[Power, ...]:
    found = (one for one in holders().values() if isinstance(one, OfCustomers) and one.scope is scope)
    return tuple(one.power for one in found if one.power is not None)


POWERS = MappingProxyType({scope: powers for scope in Scope if (powers := _powers(scope))})
"""What each scope that is offered lets somebody do, in the order of the scopes."""

OFFERED = frozenset(POWERS)
"""The scopes that the portal has pages for."""


def everything(scopes: Iterable[Scope]) -> bool:
    """Whether somebody may do all that there is to do at present."""
    return frozenset(scopes) >= OFFERED


def chosen(ticked: Iterable[Scope], before: Iterable[Scope] = ()) -> frozenset[Scope]:
    """What a form that offers powers grants: those that were ticked.

    What it does not offer stays as it was `before`, unless something was taken away: who is narrowed keeps nothing that
    nobody saw.
    """
    now, held = frozenset(ticked) & OFFERED, frozenset(before)
    narrowed = held & OFFERED - {Scope.VIEW} - now
    return now if narrowed else now | held - OFFERED


def rights(scopes: Iterable[Scope]) -> Sentence:
    """ "see details and services, change details and see documents", in the order of the scopes; NOTHING for none."""
    held = _held(scopes)
    return say("{rights}", rights=tuple(power.text for power in held)) if held else NOTHING


def rights_line(scopes: Iterable[Scope]) -> Sentence:
    """The same as a line of its own: "See details and services, see documents"."""
    held = _held(scopes)
    return together(*[power.line for power in held[:1]], *[power.text for power in held[1:]], by=", ")


def lines(scopes: Iterable[Scope]) -> list[Sentence]:
    """A line for each power, without full stops."""
    return [power.line for power in _held(scopes)]


def choices() -> list[tuple[Scope, Sentence]]:
    """The scopes to choose from, each with what it lets somebody do."""
    return [(scope, rights_line((scope,))) for scope in POWERS]


def _held(scopes: Iterable[Scope]) -> list[Power]:
    wanted = set(scopes)
    return [power for scope, powers in POWERS.items() if scope in wanted for power in powers]
