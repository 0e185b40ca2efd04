"""What somebody sees first: their own Home, and the overview of a customer they act for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from portal.actions import access, looking_after
from portal.actions.bookings.calendars import Family, coming
from portal.actions.customers.people import Guardians, Standing, guardians_of
from portal.actions.groups import InvitationView, waiting_for
from portal.actions.invoices.viewing import Due, due_now
from portal.actions.looking_after import SOON, PausedCard, SubAccountCard, WardCard
from portal.actions.memberships import glance
from portal.actions.memberships.glance import Card
from portal.actions.services import Services
from portal.actions.statements.view import balance_of, today_for
from portal.db import services
from portal.db.books import recent
from portal.db.books.recent import Movement as Movement
from portal.db.books.recent import News as News
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot
from portal.db.groups.wards import Ending as Ending
from portal.outside import clock
from portal.rules.balances import Balances
from portal.rules.customers.status import Status, effective_status
from portal.rules.deciding import Actor
from portal.rules.links.facts import BillingMode
from portal.rules.permissions import Permission

LINES = 5
WEEK = 7
NEWS = 5
NEWS_AGE = timedelta(days=3)
"""Finished work and lost mail stay on Home for so long."""


@dataclass(frozen=True, slots=True)
class SubAccountSummary:
    """A main account's sub-accounts in figures; `by_status` counts effective statuses (L11), without zeros.

    `blocked_alone` counts those that are blocked by themselves, `monthly_minor` what active services cost a month.
    """

    count: int
    aggregated: int
    services: int
    monthly_minor: int
    by_status: dict[Status, int]
    blocked_alone: int


@dataclass(frozen=True, slots=True)
class Home:
    """What Home shows. `balances` and `movements` are None where the actor may not see finances.

    Balances are those of whoever pays, as of today; `due` is what is open of invoices of somebody who owes;
    `sub_accounts` is None for a customer that is no main account.
    `wards` are the Dependents one looks after, `more_wards` counts those beyond them, `paused` are those for whom staff
    let nobody act (G18), and `subs` are the sub-accounts of somebody who has few. `week` is what oneself and one's
    Dependents have booked, for whoever has either; `services` are one's own, for whoever looks after nobody and sees no
    `week`. `waiting` are invitations into groups and offers, `ending` memberships that end within SOON, or have ended.
    `memberships` are those that count today, of oneself and one's Dependents, and take the place of `movements`;
    `unread` counts messages in the portal that nobody read yet.
    """

    balances: Balances | None
    due: Due | None
    movements: Sequence[Movement] | None
    wards: Sequence[WardCard]
    more_wards: int
    paused: Sequence[PausedCard]
    sub_accounts: SubAccountSummary | None
    subs: Sequence[SubAccountCard]
    services: Services | None
    guardians: Guardians | None
    news: Sequence[News]
    waiting: Sequence[InvitationView]
    ending: Sequence[Ending]
    week: Family | None
    unread: int = 0
    memberships: Sequence[Card] = ()


@dataclass(frozen=True, slots=True)
class Overview:
    """What a customer's overview shows beside its profile; None where it may not be seen, and `balances` also where
    another pays for it.
    """

    services: Services | None
    balances: Balances | None


@snapshot
def home(actor: Actor, profile: Profile, stands: Standing) -> Home:
    """Home of the signed-in customer, in at most four queries, and one more for an invitation that waits or what is
    open of its invoices.

    Raises NotAllowed and Missing.
    """
    access.require(actor, Permission.HOME, profile)
    finances = bool(access.weigh(actor, Permission.STATEMENTS_VIEW, profile))
    sees = bool(access.weigh(actor, Permission.PROFILE_VIEW, profile))
    is_main = stands.has_sub_accounts
    found = looking_after.wards_and_balances(actor, profile, stands, finances=finances)
    subs = looking_after.sub_account_cards(actor, profile) if stands.few_sub_accounts and sees else []
    summary = None
    if is_main and sees:
        summary = _summed(subs) if subs else _summary(profile)
    shows_week = (found.wards or stands.booked) and not (is_main or stands.invited)
    week = _week(actor, profile, stands) if shows_week else None
    memberships = glance.held(actor, profile, stands.wards) if stands.holds and not is_main else []
    return Home(
        balances=found.balances,
        due=_due(profile, found.balances),
        movements=_movements(profile) if finances and not memberships else None,
        wards=found.wards,
        more_wards=found.more,
        paused=found.paused,
        sub_accounts=summary,
        subs=subs,
        services=None if is_main or found.wards or week is not None else _services(actor, profile),
        guardians=guardians_of(profile),
        news=_news(actor, profile),
        waiting=waiting_for(actor) if stands.invited else (),
        ending=_ending(profile, stands),
        week=week,
        memberships=memberships,
        unread=stands.unread if access.weigh(actor, Permission.MESSAGES_VIEW, profile) else 0,
    )


@snapshot
def overview(actor: Actor, profile: Profile) -> Overview:
    """A customer's overview for whoever acts for it. Raises NotAllowed and Missing."""
    access.require(actor, Permission.PROFILE_VIEW, profile)
    sees = profile.payer_id == profile.id and access.weigh(actor, Permission.STATEMENTS_VIEW, profile)
    return Overview(_services(actor, profile), balance_of(profile) if sees else None)


def _week(actor: Actor, profile: Profile, stands: Standing) -> Family | None:
    """What is booked for the next seven days."""
    if not access.weigh(actor, Permission.BOOKINGS_VIEW, profile):
        return None
    return coming(actor, profile, stands.wards, WEEK)


def _due(profile: Profile, balances: Balances | None) -> Due | None:
    """What is open of a payer's own invoices; nobody owes anything whose House Account is not below zero."""
    if balances is None or profile.payer_id != profile.id or not balances.owed_minor:
        return None
    return due_now(profile, clock.today(profile.time_zone))


def _services(actor: Actor, profile: Profile) -> Services | None:
    if not access.weigh(actor, Permission.SERVICES_VIEW, profile):
        return None
    return Services(services.of_customer(profile.id, clock.today(profile.time_zone)), profile.currency)


def _ending(profile: Profile, stands: Standing) -> Sequence[Ending]:
    """Memberships whose end is near or just over."""
    today = clock.today(profile.time_zone)
    return [one for one in stands.endings if today - SOON <= one.until <= today + SOON]


def _movements(profile: Profile) -> Sequence[Movement]:
    """S9: a payer sees everything on its books, a secondary account the lines issued for it."""
    issued_for = profile.id if profile.payer_id != profile.id else None
    return recent.movements(profile.payer_id, profile.currency, issued_for, today_for(profile), limit=LINES)


def _summary(profile: Profile) -> SubAccountSummary:
    shares = services.of_sub_accounts(profile.id)
    by_status: dict[Status, int] = {}
    for share in shares:
        status = effective_status(share.status, profile.own_status if share.mode == "aggregated" else None).status
        by_status[status] = by_status.get(status, 0) + share.count
    return SubAccountSummary(
        count=sum(share.count for share in shares),
        aggregated=sum(share.count for share in shares if share.mode == "aggregated"),
        services=sum(share.services for share in shares),
        monthly_minor=sum(share.monthly_minor for share in shares),
        by_status={status: by_status[status] for status in Status if status in by_status},
        blocked_alone=sum(share.count for share in shares if share.status is Status.BLOCKED),
    )


def _summed(subs: Sequence[SubAccountCard]) -> SubAccountSummary:
    """The same of a few, from their cards."""
    statuses = [one.shown.status.status for one in subs]
    return SubAccountSummary(
        count=len(subs),
        aggregated=sum(one.mode is BillingMode.AGGREGATED for one in subs),
        services=sum(one.services for one in subs),
        monthly_minor=sum(one.monthly_minor for one in subs),
        by_status={status: statuses.count(status) for status in Status if status in statuses},
        blocked_alone=sum(one.shown.blocked and not one.shown.status.imposed for one in subs),
    )


def _news(actor: Actor, profile: Profile) -> Sequence[News]:
    if actor.login_id is None:
        return ()
    return recent.news(actor.login_id, profile.id, clock.now() - NEWS_AGE, limit=NEWS)
