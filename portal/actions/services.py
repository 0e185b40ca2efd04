"""The services a customer has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from portal.actions import access
from portal.db import services as rows
from portal.db.audit import records as audit
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import writes
from portal.db.services import ServiceRow as ServiceRow
from portal.outside import clock
from portal.rules.deciding import Actor
from portal.rules.errors import Conflict, Missing
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
    customers.lock([profile.id], exclusive=True)
    found = find_service(actor, profile, service)
    if found.state is ServiceState.STOPPED:
        raise Conflict(say("{plan} is stopped already.", plan=found.plan))
    today = clock.today(profile.time_zone)
    rows.stop(service, max(today, found.started_on))
    text = say("Stopped the service {plan}", plan=found.plan)
    fields = {"state": [found.state.value, ServiceState.STOPPED.value]}
    audit.record(actor, "service.stop", text, subject_id=profile.id, service=service, fields=fields)
    return Stopped(found.plan, today)
