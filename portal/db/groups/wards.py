"""Whom somebody looks after: the Dependents of the groups that a customer is Owner or Admin of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Select, case, exists, func
from sqlalchemy.orm import aliased

from portal.db.engine import executed
from portal.db.groups.members import Above, Kin, kin_query
from portal.db.links.live import used
from portal.db.rows import columns, value_of
from portal.db.tables import Customer, Login, SharedBalance
from portal.rules.customers.status import BlockedCause, Status
from portal.rules.groups import Kinship
from portal.rules.links.facts import BillingMode

_WARD = "ward_"


@dataclass(frozen=True, slots=True)
class WardFacts:
    """What Home says of a Dependent: its own status and why, who pays for it, and whether somebody signs in for it.

    `mode` is of its link to the main account of these names, None without one.
    """

    born_on: date | None
    own_status: Status
    blocked_cause: BlockedCause | None
    status_changed_at: datetime | None
    currency: str
    main_name: str | None
    main_own_status: Status | None
    mode: BillingMode | None
    payer_id: int
    payer_name: str
    signs_in: bool


@dataclass(frozen=True, slots=True)
class Ward:
    """A Dependent that an Owner or Admin may come to act for, with the membership it is through."""

    customer_id: int
    public_id: str
    name: str
    kinship: Kinship
    facts: WardFacts


class Ending(NamedTuple):
    """The last day of a membership of one's own, and whose group it is in."""

    owner_name: str
    until: date


class Around(NamedTuple):
    """Whom somebody looks after by its groups, and which of its own memberships have an end."""

    wards: list[Ward]
    endings: list[Ending]


NOBODY_AROUND = Around([], [])


def around(actor_customer: int, majority_age: int, today: date) -> Around:
    """The Dependents of the live groups that a customer is Owner or Admin of, by group and name, and the ends of all of
    its memberships; one query.

    Nobody acts for an Inactive customer, so those are left out.
    """
    wards: list[Ward] = []
    endings: dict[str, Ending] = {}
    for row in executed(_wards(), {"actor": actor_customer}):
        kin = value_of(Kin, row)
        if kin.until is not None:
            endings[kin.group] = Ending(kin.owner_name, kin.until)
        if kin.customer_id is None or row.inactive:
            continue
        kinship = kin.kinship(majority_age, today)
        if kinship.live(today):
            facts = value_of(WardFacts, row, _WARD)
            wards.append(Ward(kin.customer_id, kin.public_id, kin.name, kinship, facts))
    return Around(wards, list(endings.values()))


@cache
def _wards() -> Select[*tuple[Any, ...]]:
    """The query of Dependents with what Home says of each, put together once."""
    c, above_it = Customer, Above()
    uses, primary = aliased(SharedBalance, name="uses"), aliased(Customer, name="primary_account")
    paid = above_it.link.mode == BillingMode.AGGREGATED
    facts = columns(
        WardFacts,
        _WARD,
        born_on=c.born_on,
        own_status=c.own_status,
        blocked_cause=c.blocked_cause,
        status_changed_at=c.status_changed_at,
        currency=c.currency,
        main_name=above_it.main.name,
        main_own_status=above_it.main.own_status,
        mode=above_it.link.mode,
        payer_id=case((paid, above_it.main.id), else_=func.coalesce(primary.id, c.id)),
        payer_name=case((paid, above_it.main.name), else_=func.coalesce(primary.name, c.name)),
        signs_in=exists().where(Login.customer_id == c.id, Login.disabled_at.is_(None)),
    )
    joined = (
        above_it.joined(kin_query(False))
        .outerjoin(uses, used(uses, c.id))
        .outerjoin(primary, primary.id == uses.primary_id)
    )
    return joined.add_columns(*facts, above_it.inactive.label("inactive"))
