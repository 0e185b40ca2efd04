"""Where pages stand. Each page declares its own places beside its views, and what stands around pages collects them.

A module of `web` may give the names `OWN` (its place in the navigation of one's own pages), `WHEN_ACTING` (the same
when acting for somebody), `STAFF` (in the back office), `PART_OF` (its blueprint, and the one whose place it belongs
to) and `REMEDIES` (the pages that refusals lead to). Below `web/staff` a page may have a `TAB`, and entries of the
Actions `MENU`. `order` decides who comes first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from portal.actions.customers.people import Standing
from portal.rules.collecting import declared
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence
from portal.web import guard


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the navigation, for whoever holds `permission` and stands as `where` asks.

    `seen` names in the banner of somebody acting what the page shows of the other. `elsewhere` says that a menu leads
    there as well, so that it gives way where room is short.
    """

    label: Sentence
    icon: str
    endpoint: str
    permission: Permission
    order: int
    seen: Sentence = NOTHING
    where: Callable[[Standing], bool] = lambda _standing: True
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class Remedy:
    """The page behind a key that reasons name; `words` is what a link to it says."""

    page: str
    endpoint: str
    words: Sentence
    permission: Permission


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab of a profile or of Config, for whoever holds `permission`; not for administrators bound to one partner
    where it is `for_all_partners`. `view` is the name of its view.
    """

    label: Sentence
    view: str
    permission: Permission
    order: int
    for_all_partners: bool = False


def tabs(package: str) -> list[Tab]:
    """The tabs that the pages of a package declare, in order, for whoever is signed in."""
    bound = guard.actor().partner_id is not None
    return [tab for tab in _tabs(package) if guard.may(tab.permission) and not (bound and tab.for_all_partners)]


@cache
def _tabs(package: str) -> list[Tab]:
    return sorted(declared(package, "TAB"), key=lambda tab: tab.order)


@cache
def places(name: str) -> list[Place]:
    """The places that pages declare under `OWN`, `WHEN_ACTING` or `STAFF`, in order."""
    return sorted(declared("portal.web", name), key=lambda place: place.order)


@cache
def remedies() -> dict[str, Remedy]:
    """The pages that refusals lead to, by their keys."""
    found = [remedy for several in declared("portal.web", "REMEDIES") for remedy in several]
    by_key = {remedy.page: remedy for remedy in found}
    assert len(by_key) == len(found), "two remedies have one key"
    return by_key


@cache
def parts() -> dict[str, str]:
    """Blueprints without a place of their own, and the one they belong to."""
    return dict(declared("portal.web", "PART_OF"))
