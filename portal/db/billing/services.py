"""Services as a billing run and an import need them, and which days of them were billed (F5)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, bindparam, select, update

from portal.db.bulk import MOST_BOUND, among, chunks, insert_many
from portal.db.engine import db, executed
from portal.db.rows import columns, field_names, values_of
from portal.db.tables import Entry, InvoiceLine, Service, ServiceCharge
from portal.db.types import new_public_ids, rate_of
from portal.rules.billing.terms import Terms
from portal.rules.invoices.prices import Prices
from portal.rules.services import Period, ServiceState

PLACES = 10_000


@dataclass(frozen=True, slots=True)
class BilledService:
    """A service with all that decides how it is billed; as the table has it."""

    id: int
    public_id: str
    external_id: str | None
    customer_id: int
    plan: str
    price_minor: int
    number_e4: int
    period: Period
    rate_e3: int | None
    prices: Prices
    state: ServiceState
    started_on: date
    stopped_on: date | None
    paid_until: date | None
    anchor_on: date | None
    anchor_day: int | None

    @property
    def number(self) -> Decimal:
        return Decimal(self.number_e4) / PLACES

    @property
    def tax_rate(self) -> Decimal | None:
        return None if self.rate_e3 is None else rate_of(self.rate_e3)

    @property
    def terms(self) -> Terms:
        return Terms(
            self.period,
            self.price_minor,
            self.number,
            self.state,
            self.started_on,
            self.stopped_on,
            self.paid_until,
            self.anchor_on,
            self.anchor_day,
        )


class NewService(NamedTuple):
    """A service to be added."""

    external_id: str | None
    customer_id: int
    plan: str
    price_minor: int
    number_e4: int
    period: str
    rate_e3: int | None
    prices: str
    state: str
    started_on: date
    stopped_on: date | None
    paid_until: date | None
    anchor_on: date | None
    anchor_day: int | None


class BilledDays(NamedTuple):
    """Days that an invoice charged, with what they cost as the price is meant, and the rate of its line."""

    id: int
    first_on: date
    last_on: date
    amount_minor: int
    rate_e3: int

    @property
    def rate(self) -> Decimal:
        return rate_of(self.rate_e3)


def _query() -> Select[*tuple[Any, ...]]:
    return select(*columns(BilledService, **{name: getattr(Service, name) for name in field_names(BilledService)}))


def of_customers(customer_ids: Collection[int]) -> list[BilledService]:
    """Every service of these customers, in the order in which they were added."""
    found: list[BilledService] = []
    for some in chunks(customer_ids, MOST_BOUND):
        found += values_of(BilledService, executed(_of_customers(), {"customers": some}))
    return found


@cache
def _of_customers() -> Select[*tuple[Any, ...]]:
    wanted = Service.customer_id.in_(bindparam("customers", expanding=True))
    return _query().where(wanted).order_by(Service.id)


def by_external_ids(external_ids: Iterable[str]) -> dict[str, BilledService]:
    """The services with these external ids."""
    rows = db.session.execute(_query().where(among(Service.external_id, external_ids)))
    return {one.external_id or "": one for one in values_of(BilledService, rows)}


def add_many(new: Sequence[NewService]) -> None:
    """Add services."""
    rows = [(*one, key) for one, key in zip(new, new_public_ids(len(new)), strict=True)]
    insert_many(Service, (*NewService._fields, "public_id"), rows)


def stop(service_id: int, on: date, state: ServiceState) -> None:
    """Keep the first day without a service, and its state now."""
    db.session.execute(update(Service).where(Service.id == service_id).values(stopped_on=on, state=state))


def charged_from(service_id: int, on: date) -> list[BilledDays]:
    """What invoices charged of a service for days from one on, oldest first; none that was reversed."""
    c, line = ServiceCharge, InvoiceLine
    reversed_ones = select(Entry.reverses_id).where(Entry.reverses_id.is_not(None))
    rows = db.session.execute(
        select(c.id, c.first_on, c.last_on, c.amount_minor, line.rate_e3)
        .join(line, and_(line.invoice_id == c.invoice_id, line.position == c.position))
        .where(c.service_id == service_id, c.last_on >= on, c.invoice_id.not_in(reversed_ones))
        .order_by(c.first_on)
    )
    return values_of(BilledDays, rows)
