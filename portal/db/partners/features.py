"""Features that Operations switch on and off: for the installation, and otherwise for one partner (G1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import false, func, select, update

from portal.db.engine import db, is_sqlite
from portal.db.tables import Feature, Partner
from portal.outside import clock

GROUPS = "groups"


@dataclass(frozen=True, slots=True)
class GroupSettings:
    """What a partner chose about groups. `groups_on` is None where it follows the installation, as `in_force` shows."""

    id: int
    public_id: str
    name: str
    groups_on: bool | None
    customers_create_groups: bool
    groups_per_customer: int
    majority_age: int
    in_force: bool


def groups_on_for(own: Any) -> Any:
    """The feature as an expression: what the partner's column `own` says or, without a word of its own, everybody's."""
    everybody = select(Feature.is_on).where(Feature.name == GROUPS).scalar_subquery()
    return func.coalesce(own, everybody, false())


def is_on(name: str = GROUPS) -> bool:
    """The switch of the installation; off until somebody switches it on."""
    return bool(db.session.scalar(select(Feature.is_on).where(Feature.name == name)))


def switch(name: str, on: bool) -> None:
    """Set the switch of the installation."""
    found = db.session.get(Feature, name, with_for_update=not is_sqlite())
    if found is None:
        db.session.add(Feature(name=name, is_on=on, changed_at=clock.now()))
    else:
        found.is_on, found.changed_at = on, clock.now()
    db.session.flush()


def settings(partner_id: int | None = None) -> list[GroupSettings]:
    """Every partner's choices by name, or those of one partner."""
    query = select(
        Partner.id,
        Partner.public_id,
        Partner.name,
        Partner.groups_on,
        Partner.customers_create_groups,
        Partner.groups_per_customer,
        Partner.majority_age,
        groups_on_for(Partner.groups_on),
    ).order_by(Partner.name, Partner.id)
    if partner_id is not None:
        query = query.where(Partner.id == partner_id)
    return [
        GroupSettings(id_, public_id, name, own, create, most, age, bool(force))
        for id_, public_id, name, own, create, most, age, force in db.session.execute(query)
    ]


def hold(partner_id: int) -> None:
    """Hold a partner's row for this transaction."""
    if not is_sqlite():
        db.session.execute(select(Partner.id).where(Partner.id == partner_id).with_for_update()).one()


def save(partner_id: int, values: dict[str, object]) -> None:
    """Change a partner's choices."""
    db.session.execute(update(Partner).where(Partner.id == partner_id).values(values))
