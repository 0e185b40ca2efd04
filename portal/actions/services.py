"""The services a customer has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from portal.actions import access
from portal.actions.billing.giving_back import give_back
from portal.db import services as rows
from portal.db.audit import records as audit
from portal.db.billing import services as billed
from portal.db.billing.services import BilledService
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.db.services import ServiceRow as ServiceRow
from portal.outside import clock
from portal.rules.deciding import Actor
from portal.rules.errors import Conflict, Missing
from portal.rules.periods import Period
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.rules.services import ServiceState


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
    return Services(rows.of_customer(profile.id), profile.currency)


@dataclass(frozen=True, slots=True)
class Stopped:
    """A service that was stopped, with its last day."""

    plan: str
    on: date


def find_service(actor: Actor, profile: Profile, service: str) -> ServiceRow:
    """One service of a customer, for the page that stops it. Raises Missing and NotAllowed."""
    access.require(actor, Permission.CUSTOMERS_EDIT, profile)
    found = rows.find(profile.id, service)
    if found is None:
        raise Missing()
    return found


@writes(once="service.stop", answer=Stopped)
def stop(actor: Actor, customer: str, service: str, *, once: str | None = None) -> Stopped:
    """Stop a service of a customer today (C6). Raises Conflict where it is stopped already, Missing and NotAllowed."""
    profile = access.load_subject(actor, customer)
    customers.lock({profile.id, profile.payer_id}, exclusive=True)
    found = find_service(actor, profile, service)
    if found.state is ServiceState.STOPPED:
        raise Conflict(say("{plan} is stopped already.", plan=found.plan))
    today = clock.today(profile.time_zone)
    on = max(today, found.started_on)
    rows.stop(service, on)
    for one in billed.of_customers([profile.id]):
        if one.public_id == service:
            give_back(actor, one, profile, on)
    text = say("Stopped the service {plan}", plan=found.plan)
    fields = {"state": [found.state.value, ServiceState.STOPPED.value]}
    audit.record(actor, "service.stop", text, subject_id=profile.id, service=service, fields=fields)
    return Stopped(found.plan, today)


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is billed of a service next, in minor units as its price is meant: net or gross."""

    days: Period
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A service with its state of today, its tax rate, and what is billed next; None where nothing is any more."""

    row: BilledService
    state: ServiceState
    rate: Decimal
    ahead: Ahead | None


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
        tuple(_shown(one, profile, payer.own_billing_day) for one in billed.of_customers([profile.id])),
        profile.currency,
    )


def _shown(row: BilledService, owner: Profile, day: int) -> Shown:
    terms = row.terms
    part = terms.next_part(day)
    own = owner.settings.tax_rate if owner.tax_rate is None else owner.tax_rate
    return Shown(
        row,
        terms.state_on(clock.today(owner.time_zone)),
        own if row.tax_rate is None else row.tax_rate,
        Ahead(part.days, terms.amount(part)) if part else None,
    )
