"""Whom somebody may act for, and who may act for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portal.actions import access
from portal.actions.sub_accounts import fold
from portal.db import people as rows
from portal.db.customers import Profile
from portal.rules.errors import Missing
from portal.rules.links import BillingMode
from portal.rules.permissions import Actor, Permission, SubjectFacts, decide

NAMED = 10
"""So many sub-accounts stand in the switcher; beyond them there is a page to search."""

PAGE_ROWS = 50
MOST_NAMES = 5


@dataclass(frozen=True, slots=True)
class Person:
    """A customer that can be acted for."""

    public_id: str
    name: str
    mode: BillingMode


@dataclass(frozen=True, slots=True)
class Standing:
    """What the frame of every page knows of the signed-in customer.

    `people` are the first NAMED sub-accounts it may open, `more` says that there are others; `has_sub_accounts` that
    it has any or is ready to have some; `facts` are its own, for deciding about its own pages.
    """

    facts: SubjectFacts
    people: tuple[Person, ...] = ()
    more: bool = False
    has_sub_accounts: bool = False


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """One page of those who can be acted for; `total` counts all that match, `page` counts from 1."""

    people: tuple[Person, ...]
    total: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE_ROWS))


@dataclass(frozen=True, slots=True)
class Guardians:
    """Who may act for a sub-account: its main account, and the names of the people who sign in for that (L17)."""

    main_name: str
    names: Sequence[str]


def standing(actor: Actor) -> Standing:
    """Where a customer's actor stands: one query. Raises Missing for staff."""
    if actor.customer_id is None:
        raise Missing()
    found = rows.standing(actor.customer_id, NAMED + 1)
    openable = [
        sub
        for sub in found.subs
        if _opens(actor, sub.mode, found.manages, found.manages_independent, found.independent_orders)
    ]
    return Standing(
        facts=SubjectFacts(
            actor.customer_id, "", actor.name, actor.partner_id or 0, aggregated=found.aggregated, is_self=True
        ),
        people=tuple(Person(sub.public_id, sub.name, sub.mode) for sub in openable[:NAMED]),
        more=len(openable) > NAMED,
        has_sub_accounts=bool(found.subs) or found.manages,
    )


def modes_opened(actor: Actor, main: Profile) -> frozenset[BillingMode]:
    """The billing modes whose sub-accounts `actor` may open for its own customer `main` (L15, L16)."""
    toggles = main.manages_sub_accounts, main.manages_independent, main.independent_orders
    return frozenset(mode for mode in BillingMode if _opens(actor, mode, *toggles))


def find(actor: Actor, main: Profile, text: str, page: int) -> PeoplePage:
    """A page of the sub-accounts that `actor` may open, by name. `text` is what was typed; a page beyond the last
    one is the last one. Raises NotAllowed and Missing.
    """
    access.require(actor, Permission.SUB_ACCOUNTS_VIEW, main)
    modes = modes_opened(actor, main)
    if not modes:
        return PeoplePage((), 0, 1)
    page, folded = max(1, page), fold(text)
    found, total = rows.search(main.id, modes, folded, offset=(page - 1) * PAGE_ROWS, limit=PAGE_ROWS)
    last = max(1, -(-total // PAGE_ROWS))
    if page > last:
        page = last
        found, total = rows.search(main.id, modes, folded, offset=(page - 1) * PAGE_ROWS, limit=PAGE_ROWS)
    return PeoplePage(tuple(Person(sub.public_id, sub.name, sub.mode) for sub in found), total, page)


def guardians_of(profile: Profile) -> Guardians | None:
    """Who may act for a sub-account, or None where nobody may. For a caller that may see the customer (L17)."""
    if profile.main_id is None:
        return None
    main = Actor(name=profile.main_name or "", customer_id=profile.main_id, partner_id=profile.partner_id)
    if not access.weigh(main, Permission.PROFILE_VIEW, profile):
        return None
    return Guardians(main.name, rows.names_of_logins(profile.main_id, MOST_NAMES))


def _opens(
    actor: Actor, mode: BillingMode, management: bool, independent_allowed: bool, independent_orders: bool
) -> bool:
    """Whether `actor` may open a sub-account in `mode` of its own main account; `rules.permissions` decides."""
    about = SubjectFacts(
        id=0,
        public_id="",
        name="",
        partner_id=actor.partner_id or 0,
        aggregated=mode is BillingMode.AGGREGATED,
        linked_main=True,
        mode_independent=mode is BillingMode.INDEPENDENT,
        management=management,
        independent_allowed=independent_allowed,
        independent_orders=independent_orders,
    )
    return bool(decide(actor, Permission.PROFILE_VIEW, about))
