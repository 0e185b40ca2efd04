"""Checks of services that were changed: any day's state and any charge follow again from the dated rows (M1, F13)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from sqlalchemy import and_, func, or_, select

from portal.db.billing.services import BilledService, by_public_ids
from portal.db.bulk import among, chunks
from portal.db.doctor import Check
from portal.db.engine import db
from portal.db.rows import columns, values_of
from portal.db.tables import Customer, FutureItem, Partner, Service, ServiceChange, ServiceCharge
from portal.outside import clock
from portal.rules.billing.periods import Part
from portal.rules.billing.proration import charge
from portal.rules.invoices.prices import Prices
from portal.rules.periods import Period
from portal.rules.sentences import Sentence, say
from portal.rules.services import ServiceState
from portal.rules.services.changing import Held

AT_ONCE = 500


class _Row(NamedTuple):
    """A charge of a changed service, with what future items give back of it, in minor units."""

    id: int
    service_id: int
    first_on: date
    last_on: date
    amount_minor: int
    ended_on: date | None
    of_first_on: date | None
    of_last_on: date | None
    invoice_id: int | None
    item_id: int | None
    elsewhere: bool

    @property
    def held(self) -> Held:
        days = Period(self.first_on, self.last_on)
        of = Period(self.of_first_on, self.of_last_on) if self.of_first_on and self.of_last_on else days
        return Held(self.id, days, of, self.amount_minor, self.ended_on)

    @property
    def is_charged(self) -> bool:
        return self.elsewhere or self.invoice_id is not None or self.item_id is not None


def states() -> list[Sentence]:
    """M1: a changed service is what its dated rows say for the last day that was looked at, and ends where they end."""
    found = []
    for service, name, zone in _changed():
        timeline = service.timeline
        today = clock.today(zone)
        known = {
            (one.state, one.plan, one.price_minor, one.number, one.every)
            for one in timeline.versions
            if one.on <= today
        }
        row = (service.state, service.plan, service.price_minor, service.number, service.period)
        if row not in known or service.stopped_on != timeline.stopped_on:
            found.append(say("{plan} of {name} is not what its changes make of it.", plan=service.plan, name=name))
    return found


def charges() -> list[Sentence]:
    """F13: what was charged of a changed service follows from what was in force on its first day, no day after its end
    or in a pause stays charged, and what is given back is the charge less its used part.
    """
    found = []
    for some in chunks(list(_changed()), AT_ONCE):
        rows = _rows([service.id for service, _, _ in some])
        back = _given_back([one.id for mine in rows.values() for one in mine])
        for service, name, _zone in some:
            for one in rows.get(service.id, ()):
                wrong = _wrong(service, one)
                held = one.held
                if not wrong and one.is_charged and one.ended_on is not None and back.get(one.id) is not None:
                    wrong = back[one.id][service.prices] != held.amount - held.in_force
                if wrong:
                    text = say(
                        "What {plan} of {name} charged from {day} does not follow from its changes.",
                        plan=service.plan,
                        name=name,
                        day=one.first_on,
                    )
                    found.append(text)
    return found


def _wrong(service: BilledService, row: _Row) -> bool:
    """Whether a charge is not what the version of its first day costs, or outlasts it."""
    held, timeline = row.held, service.timeline
    if not row.is_charged or held.last < held.days.first:
        return False
    there = timeline.on(row.first_on)
    ends = [one.on for one in timeline.after(row.first_on)]
    outlasts = bool(ends) and held.last >= ends[0] and not there.says_the_same(timeline.on(ends[0]))
    if there.state is not ServiceState.ACTIVE or outlasts:
        return True
    return row.of_first_on is not None and row.amount_minor != charge(there.price, Part(held.days, held.of))


def _changed() -> Iterator[tuple[BilledService, str, str]]:
    query = (
        select(Service.public_id, Customer.name, Partner.time_zone)
        .join(Customer, Customer.id == Service.customer_id)
        .join(Partner, Partner.id == Customer.partner_id)
        .where(Service.changed)
        .order_by(Service.id)
    )
    for some in chunks(list(db.session.execute(query)), AT_ONCE):
        known = {row.public_id: row for row in some}
        for service in by_public_ids(known):
            row = known[service.public_id]
            yield service, row.name, row.time_zone


def _rows(service_ids: list[int]) -> dict[int, list[_Row]]:
    c, item = ServiceCharge, FutureItem
    own = {name: getattr(c, name) for name in _Row._fields if hasattr(c, name)}
    query = (
        select(*columns(_Row, **own, item_id=item.id))
        .select_from(c)
        .outerjoin(item, and_(item.charges_id == c.id, item.reverses_id.is_(None)))
        .where(among(c.service_id, service_ids))
    )
    found: dict[int, list[_Row]] = {}
    for one in values_of(_Row, db.session.execute(query)):
        found.setdefault(one.service_id, []).append(one)
    return found


def _given_back(charge_ids: list[int]) -> dict[int, dict[Prices, int]]:
    """What items that were not taken back give back of charges, net and gross."""
    item, undone = FutureItem, FutureItem.__table__.alias()
    query = (
        select(
            item.credits_id,
            func.sum(item.amount_minor).label("gross"),
            func.sum(item.amount_minor - item.tax_minor).label("net"),
        )
        .outerjoin(undone, undone.c.reverses_id == item.id)
        .where(among(item.credits_id, charge_ids), item.reverses_id.is_(None), undone.c.id.is_(None))
        .group_by(item.credits_id)
    )
    rows = db.session.execute(query)
    return {key or 0: {Prices.GROSS: -int(gross), Prices.NET: -int(net)} for key, gross, net in rows}


def rows_of() -> list[Sentence]:
    """M1: a service is changed where it has dated rows, and only there."""
    kept = select(ServiceChange.id).where(ServiceChange.service_id == Service.id, ServiceChange.replaced_at.is_(None))
    query = (
        select(Service.plan, Customer.name)
        .join(Customer, Customer.id == Service.customer_id)
        .where(or_(and_(Service.changed, ~kept.exists()), and_(~Service.changed, kept.exists())))
    )
    return [
        say("{plan} of {name} has lost its changes.", plan=row.plan, name=row.name) for row in db.session.execute(query)
    ]


CHECKS = (
    Check(167, say("Changed services are what their changes make of them"), states),
    Check(168, say("What was charged of changed services follows from their changes"), charges),
    Check(169, say("Changes belong to services that were changed"), rows_of),
)
