"""The services a customer has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portal.actions import access
from portal.db import services as rows
from portal.db.customers.profiles import Profile
from portal.db.services import ServiceRow as ServiceRow
from portal.rules.deciding import Actor
from portal.rules.permissions import Permission


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
