"""Services as a billing run and an import need them, and which days of them were billed (F5)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Select, String, and_, bindparam, func, or_, select, update

from portal.db.bulk import MOST_BOUND, among, chunks, insert_many
from portal.db.engine import db, executed
from portal.db.rows import columns, field_names, values_of
from portal.db.tables import Customer, Entry, FutureItem, InvoiceLine, Service, ServiceChange, ServiceCharge
from portal.db.types import new_public_ids, rate_of
from portal.rules.invoices.prices import Prices
from portal.rules.periods import Period as Days
from portal.rules.services import Deed, Period, ServiceState
from portal.rules.services.changing import Held
from portal.rules.services.timeline import Timeline, Version, never_changed

PLACES = 10_000


@dataclass(frozen=True, slots=True)
class BilledService:
    """A service with all that decides how it is billed; as the table has it.

    `versions` are what is in force from which day on, oldest first; empty for one that was never changed.
    """

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
    own_anchor: bool
    changed: bool
    versions: tuple[Version, ...] = ()

    @property
    def reference(self) -> str:
        """The external id, or the public id of one without."""
        return self.external_id or self.public_id

    @property
    def number(self) -> Decimal:
        return Decimal(self.number_e4) / PLACES

    @property
    def timeline(self) -> Timeline:
        """What is in force from which day on."""
        versions = self.versions or never_changed(
            self.state,
            self.plan,
            self.price_minor,
            self.number,
            self.period,
            self.started_on,
            self.stopped_on,
            self.anchor_on,
            self.anchor_day,
        )
        return Timeline(versions, self.started_on, self.paid_until)

    @property
    def tax_rate(self) -> Decimal | None:
        return None if self.rate_e3 is None else rate_of(self.rate_e3)


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
    """Days that billing has dealt with; see the table. `rate_e3` is the rate of the line or item that charges them,
    `item_id` the future item, `reversed` whether its invoice was taken back.
    """

    id: int
    first_on: date
    last_on: date
    amount_minor: int
    ended_on: date | None
    of_first_on: date | None
    of_last_on: date | None
    elsewhere: bool
    invoice_id: int | None
    position: int | None
    item_id: int | None
    rate_e3: int | None
    reversed: bool

    @property
    def held(self) -> Held:
        """The same as the rules take it."""
        days = Days(self.first_on, self.last_on)
        of = Days(self.of_first_on, self.of_last_on) if self.of_first_on and self.of_last_on else days
        charged = self.elsewhere or self.invoice_id is not None or self.item_id is not None
        free = self.reversed or not charged
        return Held(self.id, days, of, self.amount_minor, self.ended_on, free)


class NewChange(NamedTuple):
    """A dated row to be kept; see the table."""

    service_id: int
    from_on: date
    deed: Deed
    state: ServiceState
    plan: str
    price_minor: int
    number_e4: int
    period: Period
    anchor_on: date | None
    anchor_day: int | None
    own_anchor: bool


def _query() -> Select[*tuple[Any, ...]]:
    names = [name for name in field_names(BilledService) if name != "versions"]
    return select(*(getattr(Service, name).label(name) for name in names))


def _with_versions(found: list[BilledService]) -> list[BilledService]:
    """The same with the dated rows of those that were changed: one more query where there is any."""
    wanted = [one.id for one in found if one.changed]
    if not wanted:
        return found
    known: dict[int, list[Version]] = {}
    for some in chunks(wanted, MOST_BOUND):
        for row in executed(_versions(), {"services": some}):
            known.setdefault(row.service_id, []).append(
                Version(
                    row.id,
                    row.from_on,
                    row.deed,
                    row.state,
                    row.plan,
                    row.price_minor,
                    Decimal(row.number_e4) / PLACES,
                    row.period,
                    row.anchor_on,
                    row.anchor_day,
                    row.own_anchor,
                )
            )
    return [replace(one, versions=tuple(known[one.id])) if one.id in known else one for one in found]


@cache
def _versions() -> Select[*tuple[Any, ...]]:
    c = ServiceChange
    return (
        select(c)
        .with_only_columns(*(getattr(c, name) for name in ("id", *NewChange._fields)))
        .where(c.service_id.in_(bindparam("services", expanding=True)), c.replaced_at.is_(None))
        .order_by(c.service_id, c.from_on)
    )


def of_customers(customer_ids: Collection[int]) -> list[BilledService]:
    """Every service of these customers, in the order in which they were added."""
    found: list[BilledService] = []
    for some in chunks(customer_ids, MOST_BOUND):
        found += _read(executed(_of_customers(), {"customers": some}))
    return _with_versions(found)


@cache
def _of_customers() -> Select[*tuple[Any, ...]]:
    wanted = Service.customer_id.in_(bindparam("customers", expanding=True))
    return _query().where(wanted).order_by(Service.id)


def by_external_ids(external_ids: Iterable[str]) -> dict[str, BilledService]:
    """The services with these external ids."""
    rows = db.session.execute(_query().where(among(Service.external_id, external_ids)))
    return {one.external_id or "": one for one in _with_versions(_read(rows))}


def named(reference: str) -> BilledService | None:
    """The service with this external id or, failing that, this public id."""
    found = sorted(_read(executed(_named(), {"reference": reference})), key=lambda one: one.external_id != reference)
    return _with_versions(found[:1])[0] if found else None


@cache
def _named() -> Select[*tuple[Any, ...]]:
    reference = bindparam("reference", type_=String())
    return _query().where(or_(Service.external_id == reference, Service.public_id == reference))


def by_public_ids(public_ids: Iterable[str]) -> list[BilledService]:
    """The services with these public ids, in the order in which they were added."""
    rows = db.session.execute(_query().where(among(Service.public_id, public_ids)).order_by(Service.id))
    return _with_versions(_read(rows))


def _read(rows: Any) -> list[BilledService]:
    return [BilledService(*row) for row in rows]


def add_many(new: Sequence[NewService]) -> list[str]:
    """Add services: their public ids."""
    keys = new_public_ids(len(new))
    rows = [(*one, key) for one, key in zip(new, keys, strict=True)]
    insert_many(Service, (*NewService._fields, "public_id"), rows)
    return keys


# Changes --------------------------------------------------------------------------------------------------------------


def charges_of(service_id: int) -> list[BilledDays]:
    """All days of a service that billing has dealt with, oldest first."""
    return values_of(BilledDays, executed(_charges_of(), {"service": service_id}))


@cache
def _charges_of() -> Select[*tuple[Any, ...]]:
    c, line, item = ServiceCharge, InvoiceLine, FutureItem
    taken = select(Entry.id).where(Entry.reverses_id == func.coalesce(c.invoice_id, item.invoiced_by_id))
    own = {name: getattr(c, name) for name in BilledDays._fields if hasattr(c, name)}
    found = columns(
        BilledDays,
        **own,
        item_id=item.id,
        rate_e3=func.coalesce(line.rate_e3, item.rate_e3),
        reversed=taken.exists(),
    )
    return (
        select(*found)
        .select_from(c)
        .outerjoin(line, and_(line.invoice_id == c.invoice_id, line.position == c.position))
        .outerjoin(item, and_(item.charges_id == c.id, item.reverses_id.is_(None)))
        .where(c.service_id == bindparam("service"))
        .order_by(c.first_on, c.id)
    )


def keep(new: Sequence[NewChange], at: datetime) -> None:
    """Keep dated rows; what stands from the first of their days on is replaced by them."""
    c = ServiceChange
    first, service_id = min(one.from_on for one in new), new[0].service_id
    db.session.execute(
        update(c).where(c.service_id == service_id, c.from_on >= first, c.replaced_at.is_(None)).values(replaced_at=at)
    )
    insert_many(c, (*NewChange._fields, "made_at"), [(*one, at) for one in new])


def change(service_id: int, values: dict[str, Any]) -> None:
    """Change what the row of a service says."""
    db.session.execute(update(Service).where(Service.id == service_id).values(**values))


def end_days(charge_id: int, last: date) -> None:
    """Note the last day of a charge that stays charged (F13)."""
    db.session.execute(update(ServiceCharge).where(ServiceCharge.id == charge_id).values(ended_on=last))


def add_days(
    service_id: int,
    held: Held,
    at: datetime,
    *,
    elsewhere: bool = False,
    invoice_id: int | None = None,
    position: int | None = None,
) -> int:
    """Keep days that are charged, by a line, by a future item that names what is answered, or elsewhere: the key."""
    row = ServiceCharge(
        service_id=service_id,
        first_on=held.days.first,
        last_on=held.days.last,
        amount_minor=held.amount,
        ended_on=held.ended_on,
        of_first_on=held.of.first,
        of_last_on=held.of.last,
        elsewhere=elsewhere,
        invoice_id=invoice_id,
        position=position,
        billed_at=at,
    )
    db.session.add(row)
    db.session.flush()
    return row.id


def realign(service_ids: Collection[int]) -> None:
    """Let the dated rows of services keep the anchor that their services were just billed by (F5)."""
    c, s = ServiceChange, Service
    for one in service_ids:
        anchor = select(s.anchor_on, s.anchor_day).where(s.id == one).subquery()
        db.session.execute(
            update(c)
            .where(c.service_id == one, c.replaced_at.is_(None), c.own_anchor.is_(False))
            .values(
                anchor_on=select(anchor.c.anchor_on).scalar_subquery(),
                anchor_day=select(anchor.c.anchor_day).scalar_subquery(),
            )
            .execution_options(synchronize_session=False)
        )


class Due(NamedTuple):
    """A dated row whose day has come, with what it makes of its service."""

    id: int
    service_id: int
    state: ServiceState
    plan: str
    price_minor: int
    number_e4: int
    period: Period
    anchor_on: date | None
    anchor_day: int | None
    own_anchor: bool


def is_waiting(partner_id: int, on: date) -> bool:
    """Whether a change of a partner's services waits whose day has come."""
    c, s = ServiceChange, Service
    query = (
        select(c.id)
        .join(s, s.id == c.service_id)
        .join(Customer, Customer.id == s.customer_id)
        .where(c.replaced_at.is_(None), c.applied_at.is_(None), c.from_on <= on, Customer.partner_id == partner_id)
        .limit(1)
    )
    return db.session.scalar(query) is not None


def apply_due(partner_id: int, on: date, at: datetime) -> int:
    """Let the rows of services of a partner say what is in force on a day; how many changes came into force."""
    c, s = ServiceChange, Service
    owners = select(Customer.id).where(Customer.partner_id == partner_id)
    due = values_of(
        Due,
        db.session.execute(
            select(*columns(Due, **{name: getattr(c, name) for name in Due._fields}))
            .join(s, s.id == c.service_id)
            .where(c.replaced_at.is_(None), c.applied_at.is_(None), c.from_on <= on, s.customer_id.in_(owners))
            .order_by(c.service_id, c.from_on)
        ),
    )
    for one in due:
        change(one.service_id, {name: getattr(one, name) for name in Due._fields if name not in ("id", "service_id")})
    for some in chunks([one.id for one in due], MOST_BOUND):
        db.session.execute(
            update(c).where(c.id.in_(some)).values(applied_at=at).execution_options(synchronize_session=False)
        )
    return len(due)


def applied(service_id: int, on: date, at: datetime) -> None:
    """Note that the rows of one service up to a day are in its own columns."""
    c = ServiceChange
    db.session.execute(
        update(c)
        .where(c.service_id == service_id, c.from_on <= on, c.replaced_at.is_(None), c.applied_at.is_(None))
        .values(applied_at=at)
        .execution_options(synchronize_session=False)
    )
