"""Who is to get a message: the filters of the customer search, resolved for whoever asks (O1, O2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from portal.actions import access
from portal.db.bulk import chunks
from portal.db.customers import profiles as customers
from portal.db.customers.search.asking import CustomerFilter
from portal.db.folding import fold
from portal.db.messages import choosing as rows
from portal.db.messages.choosing import Matching
from portal.db.partners import settings as partners
from portal.outside import clock
from portal.rules.deciding import Actor
from portal.rules.errors import Invalid, Missing
from portal.rules.messages.filters import Filters
from portal.rules.messages.sharing import Copy, Sharing
from portal.rules.messages.states import MessageKind, Way, Why
from portal.rules.partners import DEFAULTS
from portal.rules.permissions import Permission
from portal.rules.sentences import say

TOGETHER = 1_000
"""So many customers are looked at in one go."""

LONGEST_SEARCH = 200
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Chosen:
    """All that match, by their keys, and the partner whose customers they are, None for those of several."""

    ids: list[int]
    partner_id: int | None


@dataclass(frozen=True, slots=True)
class Counted:
    """How many match, how many get a copy, and how many do not, by why; with the first copies, and for each of
    these the customers whose copy goes to the same address.
    """

    matching: int
    gets: int
    left_out: dict[Why, int]
    first: tuple[Copy, ...]
    shared: dict[int, list[int]]


def chosen(actor: Actor, filters: Filters) -> Chosen:
    """Whom the filters find for this administrator. Raises Invalid, Missing and NotAllowed."""
    if filters.owes:
        access.require(actor, Permission.CUSTOMERS_FINANCE)
    if len(filters.text) > LONGEST_SEARCH:
        raise Invalid({"filter": say("Search for at most {longest} characters.", longest=LONGEST_SEARCH)})
    partner_id = _partner(actor, filters.partner) if filters.partner else actor.partner_id
    search = CustomerFilter(
        text=fold(filters.text.replace("\x00", " ")),
        partner_id=partner_id,
        kind=filters.kind,
        linked=filters.linked,
        owes=filters.owes,
        today=clock.today(DEFAULTS.time_zone),
    )
    wanted = Matching(
        search,
        filters.statuses,
        _customer(actor, filters.main) if filters.main else None,
        _customer(actor, filters.group) if filters.group else None,
    )
    return Chosen(rows.ids_of(wanted, bound_to=actor.partner_id), partner_id)


def copies(found: Chosen, kind: MessageKind, ways: tuple[Way, ...], filters: Filters) -> Iterator[list[Copy]]:
    """What becomes of everybody's copy, some of them at a time."""
    sharing = Sharing(kind, ways, inactive_too=filters.inactive_too)
    for ids in chunks(found.ids, TOGETHER):
        yield [sharing.copy_for(one) for one in rows.candidates(ids, kind)]


def counted(found: Chosen, kind: MessageKind, ways: tuple[Way, ...], filters: Filters) -> Counted:
    """How many get a copy and how many do not."""
    left_out: Counter[Why] = Counter()
    first: list[Copy] = []
    shared: dict[int, list[int]] = {}
    gets = 0
    for some in copies(found, kind, ways, filters):
        for one in some:
            if one.why:
                left_out[one.why] += 1
                if one.shared_with in shared:
                    shared[one.shared_with].append(one.customer_id)
                continue
            gets += 1
            if len(first) < SHOWN:
                first.append(one)
                shared[one.customer_id] = []
    return Counted(len(found.ids), gets, dict(left_out), tuple(first), shared)


def _partner(actor: Actor, reference: str) -> int:
    """The partner of this name or public id. Raises Invalid for one that the actor does not look after."""
    for key, public_id, name in partners.names(actor.partner_id):
        if reference in (public_id, name):
            return key
    raise Invalid({"filter": say("There is no partner “{name}”.", name=reference[:100])})


def _customer(actor: Actor, reference: str) -> int:
    """The customer that a filter names. Raises Missing for one that the actor may not see."""
    profile = customers.require(reference)
    if actor.partner_id not in (None, profile.partner_id):
        raise Missing(say("There is no customer “{reference}”.", reference=reference[:100]))
    return profile.id
