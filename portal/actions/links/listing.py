"""The sub-accounts of a main account, as it sees them and as staff do (L14)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from portal.actions import access
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.folding import fold
from portal.db.links import sub_accounts as sub_account_rows
from portal.db.links.sub_accounts import SubAccount as SubAccount
from portal.db.links.sub_accounts import SubAccountFilter as SubAccountFilter
from portal.rules.deciding import Actor
from portal.rules.errors import Invalid
from portal.rules.permissions import Permission
from portal.rules.sentences import say

FURTHEST_PAGE, LARGEST_PAGE = 1_000_000, 1_000
"""Whatever an address asks for, a list goes no further and has no more rows to a page."""


@dataclass(frozen=True, slots=True)
class SubAccountPage:
    """One page of sub-accounts. `total` counts all that match, `everything` all there are.

    `services` and `monthly_minor` are sums over all that match: active services and their monthly cost.
    """

    rows: list[SubAccount]
    total: int
    everything: int
    services: int
    monthly_minor: int
    wanted: SubAccountFilter = field(default_factory=SubAccountFilter)

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.wanted.size))


def list_sub_accounts(actor: Actor, main: str | Profile, wanted: SubAccountFilter) -> SubAccountPage:
    """L14: a main account's current sub-accounts, for itself or for staff. Raises Missing, NotAllowed, Invalid.

    `main` is its public or external id, or its profile loaded in the same request.
    """
    profile, wanted = _asked(actor, main, wanted)
    page, size = min(max(1, wanted.page), FURTHEST_PAGE), min(max(1, wanted.size), LARGEST_PAGE)
    wanted = replace(wanted, page=page, size=size)
    rows, totals = sub_account_rows.sub_accounts(profile.id, profile.own_status, wanted)
    everything = totals.count
    if wanted.text or wanted.status or wanted.mode:
        everything = customers.count_sub_accounts(profile.id)[0]
    return SubAccountPage(rows, totals.count, everything, totals.services, totals.monthly_minor, wanted)


def export_sub_accounts(actor: Actor, main: Profile, wanted: SubAccountFilter, most: int) -> list[SubAccount]:
    """The first `most` sub-accounts that match, in their order (O9). Raises as `list_sub_accounts` does."""
    profile, wanted = _asked(actor, main, wanted)
    return sub_account_rows.sub_accounts(profile.id, profile.own_status, replace(wanted, page=1, size=most))[0]


def _asked(actor: Actor, main: str | Profile, wanted: SubAccountFilter) -> tuple[Profile, SubAccountFilter]:
    """The main account, which the actor may see the list of, and the filter with its text folded."""
    profile = main if isinstance(main, Profile) else customers.require(main)
    permission = Permission.CUSTOMERS_VIEW if actor.is_staff else Permission.SUB_ACCOUNTS_VIEW
    access.require(actor, permission, profile)
    if wanted.sort not in sub_account_rows.SORTS:
        raise Invalid({"sort": say("The list cannot be sorted by “{sort}”.", sort=wanted.sort[:40])})
    return profile, replace(wanted, text=fold(wanted.text))
