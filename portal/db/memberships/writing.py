"""Keeping memberships: new ones, what is granted of them, and what became of them (B5, B9, B10)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, case, insert, select, update

from portal.db.bulk import insert_many
from portal.db.engine import db
from portal.db.tables import Membership, MembershipFreeze, MembershipPeriod
from portal.db.types import new_public_id
from portal.rules.bookings.states import BookingPayer
from portal.rules.memberships.renewing import Renewal
from portal.rules.memberships.states import MembershipState


class NewMembership(NamedTuple):
    """A membership to be added; see the table."""

    external_id: str | None
    plan_id: int
    customer_id: int
    state: MembershipState
    from_on: date
    anchor_on: date
    until_on: date | None
    ends_on: date | None
    payer: BookingPayer
    payer_id: int | None
    booker_id: int | None
    imported: bool
    actor: str


class NewPeriod(NamedTuple):
    """Granted days to be added; see the table."""

    membership_id: int
    plan_id: int
    first_on: date
    last_on: date | None
    amount_minor: int
    payer_id: int | None = None
    invoice_id: int | None = None
    position: int | None = None
    item_id: int | None = None
    payment_id: int | None = None
    charged_on: date | None = None


def add(new: NewMembership, at: datetime) -> tuple[int, str]:
    """Add a membership: its key and public id."""
    public_id = new_public_id()
    values = new._asdict() | {"public_id": public_id, "created_at": at, "changed_at": at}
    key = db.session.execute(insert(Membership).values(values).returning(Membership.id)).scalar_one()
    return key, public_id


def add_periods(new: Sequence[NewPeriod], at: datetime) -> None:
    """Add granted days; the database refuses the same first day twice (B9)."""
    insert_many(MembershipPeriod, (*NewPeriod._fields, "created_at"), [(*one, at) for one in new])


def change(membership_id: int, values: Mapping[str, Any], at: datetime) -> None:
    """Change a membership; its version rises."""
    m = Membership
    db.session.execute(update(m).where(m.id == membership_id).values(**values, changed_at=at, version=m.version + 1))


def mark(membership_id: int, values: Mapping[str, Any]) -> None:
    """Note what was told of a membership, which is no change of it."""
    db.session.execute(update(Membership).where(Membership.id == membership_id).values(**values))


def renew(membership_id: int, made: Renewal, at: datetime) -> None:
    """Move a membership on to a period that was added; a change to come that begins with it is in force then."""
    m = Membership
    came = and_(m.next_from_on.is_not(None), m.next_from_on <= made.days.first)
    db.session.execute(
        update(m)
        .where(m.id == membership_id)
        .values(
            plan_id=made.plan.id,
            anchor_on=made.anchor,
            until_on=made.days.last,
            next_plan_id=case((came, None), else_=m.next_plan_id),
            next_from_on=case((came, None), else_=m.next_from_on),
            changed_at=at,
            version=m.version + 1,
        )
        .execution_options(synchronize_session=False)
    )


def end_where_it_stands(membership_id: int, at: datetime) -> None:
    """Let a membership end with the last day that is granted."""
    m = Membership
    db.session.execute(
        update(m)
        .where(m.id == membership_id)
        .values(ends_on=m.until_on, changed_at=at, version=m.version + 1)
        .execution_options(synchronize_session=False)
    )


def change_periods(changes: Iterable[tuple[int, Mapping[str, Any]]]) -> None:
    """Change granted days by their keys, one after the other: who moves them begins where no first day is met."""
    for key, values in changes:
        db.session.execute(update(MembershipPeriod).where(MembershipPeriod.id == key).values(**values))


def renewed_by(payment_id: int) -> int | None:
    """The membership that a payment renewed, if there is one."""
    p = MembershipPeriod
    return db.session.execute(select(p.membership_id).where(p.payment_id == payment_id)).scalar()


def add_freeze(membership_id: int, first: date, last: date, actor: str, at: datetime) -> None:
    """Add days of rest."""
    values = {"membership_id": membership_id, "from_on": first, "to_on": last, "actor": actor, "created_at": at}
    db.session.execute(insert(MembershipFreeze).values(values))


def end_freeze(freeze_id: int, last: date) -> None:
    """End days of rest early, with their last day."""
    db.session.execute(update(MembershipFreeze).where(MembershipFreeze.id == freeze_id).values(ended_on=last))
