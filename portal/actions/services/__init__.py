"""The services a customer has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from portal.actions import access
from portal.actions.services.offers import Plan, plans
from portal.db import services as rows
from portal.db.billing import services as billed
from portal.db.billing.services import BilledService
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot
from portal.db.services import ServiceBelow as ServiceBelow
from portal.db.services import ServiceRow as ServiceRow
from portal.outside import clock
from portal.rules.deciding import Actor
from portal.rules.errors import Missing
from portal.rules.periods import Period
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.rules.services import Deed, ServiceState
from portal.rules.services import Period as Every
from portal.rules.services.timeline import Version


@dataclass(frozen=True, slots=True)
class Services:
    """A customer's services, active ones first. `monthly_minor` is what the `active` ones cost a month together."""

    rows: Sequence[ServiceRow]
    currency: str

    @property
    def active(self) -> int:
        return sum(row.state == "active" for row in self.rows)

    @property
    def monthly_minor(self) -> int:
        return sum(row.monthly_minor for row in self.rows if row.state == "active")


def list_services(actor: Actor, profile: Profile) -> Services:
    """Every service of a customer, stopped ones included (M1). Raises NotAllowed and Missing."""
    access.require(actor, Permission.SERVICES_VIEW, profile)
    return Services(list_rows(profile), profile.currency)


def find_service(actor: Actor, profile: Profile, service: str) -> ServiceRow:
    """One service of a customer by its public id, as it is today. Raises Missing and NotAllowed."""
    access.require(actor, Permission.CUSTOMERS_VIEW if actor.is_staff else Permission.SERVICES_VIEW, profile)
    found = next((one for one in list_rows(profile) if one.public_id == service), None)
    if found is None:
        raise Missing()
    return found


def list_rows(profile: Profile) -> Sequence[ServiceRow]:
    """The services of a customer as they are today."""
    return rows.of_customer(profile.id, clock.today(profile.time_zone))


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is billed of a service next, in minor units as its price is meant: net or gross."""

    days: Period
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Coming:
    """A change that is decided and whose day has not come."""

    on: date
    deed: Deed
    plan: str
    price_minor: int
    number: Decimal
    period: Every
    state: ServiceState


@dataclass(frozen=True, slots=True)
class Shown:
    """A service as it is today, its tax rate, what is billed next, None where nothing is any more, and what comes."""

    row: BilledService
    now: Version
    rate: Decimal
    ahead: Ahead | None
    coming: tuple[Coming, ...]

    @property
    def state(self) -> ServiceState:
        return self.now.state


@dataclass(frozen=True, slots=True)
class ShownServices:
    """The services of one customer as they are billed, in the order in which they were added."""

    rows: tuple[Shown, ...]
    currency: str


@snapshot
def shown(actor: Actor, customer: str) -> ShownServices:
    """The services of a customer, named by external or public id, as they are billed. Raises Missing and NotAllowed."""
    profile = customers.require(customer)
    access.require(actor, Permission.CUSTOMERS_VIEW if actor.is_staff else Permission.SERVICES_VIEW, profile)
    payer = profile if profile.payer_id == profile.id else customers.by_id(profile.payer_id)
    return ShownServices(
        tuple(shown_one(one, profile, payer.own_billing_day) for one in billed.of_customers([profile.id])),
        profile.currency,
    )


def shown_one(row: BilledService, owner: Profile, day: int) -> Shown:
    """A service as it is today; `day` is the billing day of whoever pays."""
    timeline, today = row.timeline, clock.today(owner.time_zone)
    found = timeline.next_part(day)
    own = owner.settings.tax_rate if owner.tax_rate is None else owner.tax_rate
    return Shown(
        row,
        timeline.on(today),
        own if row.tax_rate is None else row.tax_rate,
        Ahead(found[1].days, found[2]) if found else None,
        tuple(
            Coming(one.on, one.deed, one.plan, one.price_minor, one.number, one.every, one.state)
            for one in timeline.after(today)
        ),
    )


def currency_of(actor: Actor, customer: str) -> str:
    """The currency in which a customer's services are priced. Raises Missing and NotAllowed."""
    profile = customers.require(customer)
    access.require(actor, Permission.CUSTOMERS_VIEW if actor.is_staff else Permission.SERVICES_VIEW, profile)
    return profile.currency


def currency_of_service(actor: Actor, service: str) -> str:
    """The currency of one service, named by external or public id. Raises Missing and NotAllowed."""
    found = billed.named(service.strip())
    if found is None:
        raise Missing(say("There is no service “{name}”.", name=service[:100]))
    profile = customers.by_id(found.customer_id)
    access.require(actor, Permission.CUSTOMERS_VIEW if actor.is_staff else Permission.SERVICES_VIEW, profile)
    return profile.currency


@dataclass(frozen=True, slots=True)
class ShownService:
    """One service with its changes, who pays, and the plans it can change to. `changes` may be made by who looks."""

    shown: Shown
    payer: str
    plans: tuple[Plan, ...]
    changes: bool

    @property
    def public_id(self) -> str:
        return self.shown.row.public_id

    @property
    def row(self) -> BilledService:
        return self.shown.row

    @property
    def now(self) -> Version:
        return self.shown.now

    @property
    def past(self) -> tuple[Version, ...]:
        """What was in force up to now, oldest first."""
        versions = self.row.timeline.versions
        coming = len(self.shown.coming)
        return versions[: len(versions) - coming]


@snapshot
def one(actor: Actor, profile: Profile, service: str) -> ShownService:
    """One service of a customer by its public id. Raises Missing and NotAllowed."""
    access.require(actor, Permission.CUSTOMERS_VIEW if actor.is_staff else Permission.SERVICES_VIEW, profile)
    found = next((each for each in billed.by_public_ids([service]) if each.customer_id == profile.id), None)
    if found is None:
        raise Missing()
    payer = profile if profile.payer_id == profile.id else customers.by_id(profile.payer_id)
    needed = Permission.SERVICES_MANAGE if actor.is_staff else Permission.SERVICES_ORDER
    shown_ = shown_one(found, profile, payer.own_billing_day)
    offered = tuple(each for each in plans(profile, found.prices) if each.name != shown_.now.plan)
    return ShownService(shown_, payer.name, offered, bool(access.weigh(actor, needed, profile)))


MOST_TOGETHER = 200
"""So many services of sub-accounts are offered to be changed together."""


@snapshot
def below(actor: Actor, profile: Profile) -> Sequence[ServiceBelow]:
    """The services of the sub-accounts that a main account manages, which it may change together (L15, L16).

    Raises NotAllowed and Missing. None while management is off.
    """
    access.require(actor, Permission.SERVICES_ORDER, profile)
    if not profile.manages_sub_accounts:
        return ()
    settings = profile.settings
    independent = settings.manages_independent and settings.independent_orders
    return rows.below(profile.id, independent=independent, limit=MOST_TOGETHER)
