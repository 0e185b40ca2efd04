"""Whom somebody may act for, and who may act for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from portal.actions import access
from portal.db.customers import people as rows
from portal.db.customers.people import Linked, Surroundings
from portal.db.customers.profiles import Profile
from portal.db.folding import fold
from portal.db.groups import wards as groups
from portal.db.groups.wards import NOBODY_AROUND, Around, Ending, Ward
from portal.outside import clock
from portal.rules.deciding import Actor, SubjectFacts, decide
from portal.rules.errors import Missing
from portal.rules.groups import Kinship
from portal.rules.links.facts import BillingMode
from portal.rules.partners import PartnerSettings
from portal.rules.permissions import Permission
from portal.rules.scopes import Scope

NAMED = 10
"""So many sub-accounts stand in the switcher; beyond them there is a page to search."""

FEW = 12
"""A main account with so many sub-accounts sees each of them on Home."""

PAGE_ROWS = 50
MOST_NAMES = 5


@dataclass(frozen=True, slots=True)
class Person:
    """A customer that can be acted for: a sub-account in a billing `mode`, or a Dependent of a group.

    `label` is the Dependent's, `owner` names the Owner of the group it is through, `place` is its place in the order in
    which members came. `facts` are what decides which of its pages may be opened; the search has none.
    """

    public_id: str
    name: str
    mode: BillingMode | None
    label: str = ""
    owner: str = ""
    facts: SubjectFacts | None = None
    place: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """What the frame of every page knows of the signed-in customer.

    `people` are the Dependents and the first sub-accounts it may open, NAMED at most; `more` says that there are
    others; `has_sub_accounts` that it has any or is ready to have some, `few_sub_accounts` that it has FEW at most;
    `has_groups` that it is in a group, invited into one, or may begin one; `invited` that an invitation waits; `booked`
    that something it booked is soon; `wards` are its Dependents, a row for each group, and `endings` the ends of its
    own memberships; `facts` are its own, for deciding about its own pages. `has_messages` says that it got messages in
    the portal, `unread` how many of them it has not read; `holds` that it or a Dependent of its groups holds a
    membership.
    """

    facts: SubjectFacts
    people: tuple[Person, ...] = ()
    more: bool = False
    has_sub_accounts: bool = False
    has_groups: bool = False
    invited: bool = False
    booked: bool = False
    few_sub_accounts: bool = False
    wards: tuple[Ward, ...] = ()
    endings: tuple[Ending, ...] = ()
    has_messages: bool = False
    unread: int = 0
    holds: bool = False


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """One page of those who can be acted for; `total` counts all that match, `page` counts from 1.

    `before` are on earlier pages: the first page has the Dependents besides its sub-accounts.
    """

    people: tuple[Person, ...]
    total: int
    page: int
    pages: int = 1
    before: int = 0


@dataclass(frozen=True, slots=True)
class Guardians:
    """Who may act for a sub-account: its main account, and the names of the people who sign in for that (L17)."""

    main_name: str
    names: Sequence[str]


def standing(actor: Actor) -> Standing:
    """Where a customer's actor stands: one query, and one more for somebody in a group. Raises Missing for staff."""
    if actor.customer_id is None:
        raise Missing()
    around, subs = rows.surroundings(actor.customer_id, actor.email, max(NAMED, FEW) + 1)
    groups_on = around.settings.groups_on
    theirs = _around(actor, around.settings) if groups_on and around.in_group else NOBODY_AROUND
    wards = _wards(actor, theirs, around.settings)
    openable = [sub for sub in subs if _opens(actor, sub.mode, around.manages, around.settings)]
    return Standing(
        facts=SubjectFacts(
            actor.customer_id,
            "",
            actor.name,
            actor.partner_id or 0,
            aggregated=around.aggregated,
            is_self=True,
            settings=around.settings,
        ),
        people=(*wards, *(_sub(actor, sub, around) for sub in openable))[:NAMED],
        more=len(wards) + len(openable) > NAMED,
        has_sub_accounts=bool(subs) or around.manages,
        has_groups=groups_on and (around.in_group or around.invited or around.settings.customers_create_groups),
        invited=around.invited,
        booked=around.booked,
        few_sub_accounts=0 < len(subs) <= FEW,
        wards=tuple(theirs.wards),
        endings=tuple(theirs.endings),
        has_messages=around.got > 0,
        unread=around.unread,
        holds=around.holds,
    )


def _around(actor: Actor, settings: PartnerSettings) -> Around:
    assert actor.customer_id is not None
    return groups.around(actor.customer_id, settings.majority_age, clock.today(settings.time_zone))


def looked_after(actor: Actor, wards: Iterable[Ward], settings: PartnerSettings) -> list[tuple[Ward, SubjectFacts]]:
    """The Dependents that an Owner or Admin may open, each once with the first group that lets it be seen, and what
    deciding about it needs to know: all the groups that it is in with them.
    """
    first: dict[int, Ward] = {}
    kin: dict[int, tuple[Kinship, ...]] = {}
    for ward in wards:
        kin[ward.customer_id] = (*kin.get(ward.customer_id, ()), ward.kinship)
        if Scope.VIEW in ward.kinship.reach & actor.scopes:
            first.setdefault(ward.customer_id, ward)
    return [(ward, _ward_facts(actor, ward, kin[key], settings)) for key, ward in first.items()]


def paused_for(actor: Actor, wards: Iterable[Ward]) -> list[Ward]:
    """The Dependents that an Owner or Admin could open if staff did not let nobody act for them, each once (G18)."""
    first: dict[int, Ward] = {}
    for ward in wards:
        if ward.kinship.frozen and Scope.VIEW in replace(ward.kinship, frozen=False).reach & actor.scopes:
            first.setdefault(ward.customer_id, ward)
    return list(first.values())


def _ward_facts(actor: Actor, ward: Ward, kin: tuple[Kinship, ...], settings: PartnerSettings) -> SubjectFacts:
    """A Dependent is of the same partner (G9)."""
    return SubjectFacts(
        id=ward.customer_id,
        public_id=ward.public_id,
        name=ward.name,
        partner_id=actor.partner_id or 0,
        aggregated=ward.facts.mode is BillingMode.AGGREGATED,
        payer_name=ward.facts.payer_name,
        kinships=kin,
        settings=settings,
    )


def _wards(actor: Actor, theirs: Around, settings: PartnerSettings) -> list[Person]:
    return [
        Person(ward.public_id, ward.name, None, kin.subject_label, kin.owner_name, facts, kin.subject_place)
        for ward, facts in looked_after(actor, theirs.wards, settings)
        for kin in [ward.kinship]
    ]


def _sub(actor: Actor, sub: Linked, around: Surroundings) -> Person:
    facts = _sub_facts(actor, sub.mode, around.manages, around.settings)
    return Person(sub.public_id, sub.name, sub.mode, facts=facts)


def modes_opened(actor: Actor, main: Profile) -> frozenset[BillingMode]:
    """The billing modes whose sub-accounts `actor` may open for its own customer `main` (L15, L16)."""
    return frozenset(mode for mode in BillingMode if _opens(actor, mode, main.manages_sub_accounts, main.settings))


def find(actor: Actor, main: Profile, text: str, page: int) -> PeoplePage:
    """A page of whom `actor` may open: Dependents on the first one, then sub-accounts by name. `text` is what was
    typed; a page beyond the last one is the last one. Raises NotAllowed and Missing.
    """
    access.require(actor, Permission.HOME, main)
    page, folded = max(1, page), fold(text)
    wards = _wards(actor, _around(actor, main.settings), main.settings) if main.settings.groups_on else []
    wards = [ward for ward in wards if folded in fold(ward.name)]
    modes = modes_opened(actor, main) if access.weigh(actor, Permission.SUB_ACCOUNTS_VIEW, main) else frozenset()
    if not modes:
        return PeoplePage(tuple(wards), len(wards), 1)
    found, total = rows.search(main.id, modes, folded, offset=(page - 1) * PAGE_ROWS, limit=PAGE_ROWS)
    last = max(1, -(-total // PAGE_ROWS))
    if page > last:
        page = last
        found, total = rows.search(main.id, modes, folded, offset=(page - 1) * PAGE_ROWS, limit=PAGE_ROWS)
    subs = tuple(Person(sub.public_id, sub.name, sub.mode) for sub in found)
    if page == 1:
        return PeoplePage((*wards, *subs), total + len(wards), 1, last)
    return PeoplePage(subs, total + len(wards), page, last, (page - 1) * PAGE_ROWS + len(wards))


def guardians_of(profile: Profile) -> Guardians | None:
    """Who may act for a sub-account, or None where nobody may. For a caller that may see the customer (L17)."""
    if profile.main_id is None:
        return None
    main = Actor(name=profile.main_name or "", customer_id=profile.main_id, partner_id=profile.partner_id)
    if not access.weigh(main, Permission.PROFILE_VIEW, profile):
        return None
    return Guardians(main.name, rows.names_of_logins(profile.main_id, MOST_NAMES))


def _opens(actor: Actor, mode: BillingMode, management: bool, settings: PartnerSettings) -> bool:
    """Whether `actor` may open a sub-account in `mode` of its own main account; `rules.permissions` decides."""
    return bool(decide(actor, Permission.PROFILE_VIEW, _sub_facts(actor, mode, management, settings)))


def _sub_facts(actor: Actor, mode: BillingMode, management: bool, settings: PartnerSettings) -> SubjectFacts:
    """What deciding needs to know of any sub-account in `mode`."""
    return SubjectFacts(
        id=0,
        public_id="",
        name="",
        partner_id=actor.partner_id or 0,
        aggregated=mode is BillingMode.AGGREGATED,
        linked_main=True,
        mode_independent=mode is BillingMode.INDEPENDENT,
        management=management,
        settings=settings,
    )
