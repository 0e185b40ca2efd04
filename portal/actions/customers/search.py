"""Finding customers in the back office (O1), the other account of a link (L2, P1), and a new member of a group (G2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from portal.actions import access
from portal.db.customers.profiles import Profile
from portal.db.customers.search import finding as rows
from portal.db.customers.search import owing
from portal.db.customers.search.asking import LINKINGS, OWING, SORTS, CustomerFilter
from portal.db.customers.search.finding import FoundCustomer as FoundCustomer
from portal.db.customers.search.owing import House as House
from portal.db.engine import snapshot, writes
from portal.db.folding import fold
from portal.db.groups import members as group_rows
from portal.db.groups.members import SeenGroup
from portal.db.partners import settings as partner_rows
from portal.db.staff import administrators
from portal.outside import clock
from portal.rules.customers.search_fields import USUAL, SearchField
from portal.rules.customers.status import Kind, Status
from portal.rules.deciding import Actor
from portal.rules.errors import Invalid
from portal.rules.groups import lasts
from portal.rules.links.facts import BillingMode
from portal.rules.partners import DEFAULTS
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say

LONGEST_SEARCH = 200
CANDIDATES = 12


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for, as typed. `partner` is a public id; `linked` is "main", "sub", "none" or ""; `owes` is "owes"
    for a House Account below zero, "late" for something past due, or "".

    `page` counts from 1 and has `size` rows. `removed` are the customers that were removed, and no others.
    """

    text: str = ""
    partner: str = ""
    status: Status | None = None
    kind: Kind | None = None
    linked: str = ""
    sort: str = "name"
    descending: bool = False
    page: int = 1
    size: int = 50
    removed: bool = False
    owes: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the search; `page` counts from 1 and never lies beyond the last.

    `total` counts all that match, at most a thousand; with `more` there are more than that, which no page shows.
    `fields` are those that were looked at. `houses` are House Accounts by public id, for an actor who may see finances:
    none of customers that others pay for.
    """

    rows: list[FoundCustomer]
    total: int
    page: int
    size: int
    fields: frozenset[SearchField] = USUAL
    more: bool = False
    houses: Mapping[str, House] = field(default_factory=dict)

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def first(self) -> int:
        return (self.page - 1) * self.size + 1 if self.total else 0

    @property
    def last(self) -> int:
        return min(self.page * self.size, self.total)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A customer to link or to add to a group, and what speaks against it at first sight, if anything."""

    customer: FoundCustomer
    hint: Sentence


@dataclass(frozen=True, slots=True)
class Candidates:
    """The first candidates; `total` counts all that match, at most a thousand; with `more` there are more than that."""

    rows: list[Candidate]
    total: int
    more: bool = False


@snapshot
def search(actor: Actor, wanted: Wanted) -> Page:
    """One page of customers; an administrator bound to a partner finds only its own.

    Raises NotAllowed, Missing, and Invalid for `partner`, `sort` and `q` (a text that is too long).
    """
    access.require(actor, Permission.CUSTOMERS_VIEW)
    query = replace(_filter(actor, wanted), fields=_fields(actor))
    found = rows.search(query, bound_to=actor.partner_id)
    last = max(1, -(-found.total // query.size))
    if query.page > last:
        query = replace(query, page=last)
        found = rows.search(query, bound_to=actor.partner_id)
    return Page(found.rows, found.total, query.page, query.size, query.fields, found.more, _houses(actor, found.rows))


@snapshot
def export(actor: Actor, wanted: Wanted, most: int) -> list[tuple[FoundCustomer, House | None]]:
    """The first `most` customers that match, in their order, with what `houses` of a page has (O9).

    Raises as `search` does.
    """
    access.require(actor, Permission.CUSTOMERS_VIEW)
    query = replace(_filter(actor, wanted), fields=_fields(actor))
    found = rows.every(query, most, bound_to=actor.partner_id)
    houses = _houses(actor, found)
    return [(one, houses.get(one.public_id)) for one in found]


def sees_houses(actor: Actor) -> bool:
    """Whether lists of customers say what these owe (S9)."""
    return bool(access.weigh(actor, Permission.CUSTOMERS_FINANCE, None))


def _houses(actor: Actor, found: Sequence[FoundCustomer]) -> dict[str, House]:
    if not sees_houses(actor):
        return {}
    paying = [one.public_id for one in found if one.mode is not BillingMode.AGGREGATED]
    return owing.houses(paying, _today()) if paying else {}


def _today() -> date:
    return clock.today(DEFAULTS.time_zone)


@snapshot
def search_fields(actor: Actor) -> frozenset[SearchField]:
    """What the search looks at for this administrator (O1)."""
    access.require(actor, Permission.CUSTOMERS_VIEW)
    return _fields(actor)


@writes
def choose_search_fields(actor: Actor, fields: frozenset[SearchField]) -> None:
    """Let the search look at these fields for this administrator alone. Raises Invalid for none at all."""
    access.require(actor, Permission.CUSTOMERS_VIEW)
    if not fields - {SearchField.MAIN_ACCOUNT}:
        raise Invalid({"fields": say("Choose at least one field of the customer itself; otherwise nobody is found.")})
    if actor.login_id is not None:
        administrators.set_search_fields(actor.login_id, fields)


@snapshot
def partners(actor: Actor) -> list[tuple[str, str]]:
    """Public id and name of the partners whose customers the actor sees."""
    access.require(actor, Permission.CUSTOMERS_VIEW)
    return [(public_id, name) for _, public_id, name in partner_rows.names(actor.partner_id)]


@snapshot
def find_other(actor: Actor, about: Profile, text: str, *, as_main: bool) -> Candidates:
    """Accounts that may become the main account of `about` (`as_main`), or a sub-account of it.

    Those that cannot be linked are listed last, with the reason, so that nobody searches for them in vain. Without a
    text the customers of the same partner are listed.
    """
    access.require(actor, Permission.SUB_ACCOUNTS_LINK, about)
    folded = _folded(text)
    wanted = CustomerFilter(text=folded, partner_id=None if folded else about.partner_id, size=CANDIDATES + 1)
    found = rows.search(wanted, bound_to=actor.partner_id)
    others = [row for row in found.rows if row.public_id != about.public_id]
    shown = [Candidate(row, _against(about, row, as_main)) for row in others[:CANDIDATES]]
    return _candidates(shown, found, len(found.rows) - len(others))


@snapshot
def find_mate(actor: Actor, about: Profile, text: str) -> Candidates:
    """Customers of the same partner that `about` may come to share balances with (P1).

    Those that cannot are listed last, with the reason. Without a text the partner's customers are listed by name.
    """
    access.require(actor, Permission.PARTNER_ACCOUNTS_LINK, about)
    wanted = CustomerFilter(text=_folded(text), partner_id=about.partner_id, size=CANDIDATES + 1)
    found = rows.search(wanted, bound_to=actor.partner_id)
    others = [row for row in found.rows if row.public_id != about.public_id]
    mates = rows.mates_among([row.public_id for row in others])
    shown = [Candidate(row, _against_sharing(row, mates.get(row.public_id, ""))) for row in others[:CANDIDATES]]
    return _candidates(shown, found, len(found.rows) - len(others))


@snapshot
def find_member(actor: Actor, about: Profile, text: str, group: str = "") -> Candidates:
    """Customers of the same partner that may become members of `group` (a public id), or of a new group of `about`.

    Those that cannot are listed last, with the reason. Without a text the partner's customers are listed by name.
    """
    access.require(actor, Permission.GROUPS_MANAGE, about)
    wanted = CustomerFilter(text=_folded(text), partner_id=about.partner_id, size=CANDIDATES + 1)
    found = rows.search(wanted, bound_to=actor.partner_id)
    others = [row for row in found.rows if row.public_id != about.public_id]
    in_groups = group_rows.groups_among([row.public_id for row in others])
    shown = [
        Candidate(row, _against_membership(about, row, in_groups.get(row.public_id, []), group))
        for row in others[:CANDIDATES]
    ]
    return _candidates(shown, found, len(found.rows) - len(others))


def _candidates(shown: list[Candidate], found: rows.Matches, left_out: int) -> Candidates:
    shown.sort(key=lambda candidate: bool(candidate.hint))
    return Candidates(shown, found.total - (0 if found.more else left_out), found.more)


def _fields(actor: Actor) -> frozenset[SearchField]:
    chosen = administrators.search_fields(actor.login_id) if actor.login_id is not None else None
    return USUAL if chosen is None else chosen


def _filter(actor: Actor, wanted: Wanted) -> CustomerFilter:
    if wanted.sort not in SORTS:
        raise Invalid({"sort": say("The list cannot be sorted by “{sort}”.", sort=wanted.sort[:40])})
    if wanted.linked and wanted.linked not in LINKINGS:
        raise Invalid({"linked": say("“{word}” is not something to filter by.", word=wanted.linked[:40])})
    if wanted.owes and wanted.owes not in OWING:
        raise Invalid({"owes": say("“{word}” is not something to filter by.", word=wanted.owes[:40])})
    if wanted.owes:
        access.require(actor, Permission.CUSTOMERS_FINANCE)
    partner_id = None
    if wanted.partner:
        known = {public_id: key for key, public_id, _ in partner_rows.names(actor.partner_id)}
        if wanted.partner not in known:
            raise Invalid({"partner": say("There is no such partner.")})
        partner_id = known[wanted.partner]
    return CustomerFilter(
        text=_folded(wanted.text),
        partner_id=partner_id,
        status=wanted.status,
        kind=wanted.kind,
        linked=wanted.linked,
        sort=wanted.sort,
        descending=wanted.descending,
        page=min(max(1, wanted.page), rows.MOST),
        size=wanted.size,
        removed=wanted.removed,
        owes=wanted.owes,
        today=_today(),
    )


def _folded(text: str) -> str:
    if len(text) > LONGEST_SEARCH:
        raise Invalid({"q": say("Search for at most {longest} characters.", longest=LONGEST_SEARCH)})
    return fold(text.replace("\x00", " "))


def _against(about: Profile, other: FoundCustomer, as_main: bool) -> Sentence:
    """What stands out of L3 to L5; the preview of the link lists everything."""
    if other.partner_id != about.partner_id:
        return say("belongs to {partner}", partner=other.partner_name)
    if other.status.status is Status.INACTIVE:
        return say("is Inactive")
    if other.main_public_id == about.public_id:
        return say("is a sub-account of {main} already", main=about.name)
    if other.main_name:
        return say("is a sub-account of {main}", main=other.main_name)
    if not as_main and other.sub_accounts:
        return say("has sub-accounts of its own")
    return NOTHING


def _against_sharing(other: FoundCustomer, mate: str) -> Sentence:
    """What stands out of P5 and P6; the preview lists everything."""
    if other.status.status is Status.INACTIVE:
        return say("is Inactive")
    if mate:
        return say("shares balances with {other} already", other=mate)
    if other.mode is BillingMode.AGGREGATED:
        return say("is paid for by {main}", main=other.main_name or "")
    return NOTHING


def _against_membership(about: Profile, other: FoundCustomer, groups: list[SeenGroup], group: str) -> Sentence:
    """What stands out of G5 and C1; adding it lists everything."""
    if group and group in {one.group for one in groups}:
        return say("is a member of this group already")
    if other.status.status is Status.INACTIVE:
        return say("is Inactive")
    today = clock.today(about.time_zone)
    owners = sorted(one.owner_name for one in groups if lasts(one.until, today))
    if len(owners) < about.settings.groups_per_customer:
        return NOTHING
    if owners == [other.name]:
        return say("has a group of its own")
    return say("is in the group of {owners}", owners=tuple(owners))
