"""Who may be due for a billing run, with all that decides what is billed; and marking it as billed (F5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    BindParameter,
    CompoundSelect,
    Date,
    Select,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    union,
    update,
)
from sqlalchemy.orm import aliased

from portal.db.billing import services
from portal.db.billing.services import BilledService
from portal.db.books import future_items
from portal.db.bulk import MOST_BOUND, among, chunks, insert_many
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import db, executed
from portal.db.links.live import current, paid_above, payer, used
from portal.db.memberships import holding
from portal.db.memberships.holding import Holding
from portal.db.rows import columns, values_of
from portal.db.tables import (
    Customer,
    Entry,
    FutureItem,
    Membership,
    MembershipPlan,
    NumberSeries,
    Partner,
    Service,
    ServiceChange,
    ServiceCharge,
    SharedBalance,
    SubAccountLink,
)
from portal.rules.books import SERIES, EntryKind, format_number
from portal.rules.links.facts import BillingMode
from portal.rules.memberships.states import MembershipState
from portal.rules.services import ServiceState


class WaitingItem(NamedTuple):
    """A future item that waits, as a run needs it; amounts in minor units, the rate in thousandths of a per cent."""

    id: int
    issued_for_id: int
    booked_on: date
    currency: str
    amount_minor: int
    tax_minor: int
    number: str
    description: str
    category: str
    rate_e3: int | None
    credits_id: int | None
    from_on: date | None
    to_on: date | None
    payer_id: int | None

    @property
    def owner_id(self) -> int:
        """The customer whose payer gets it: the one that was named to pay (B6), or whom it is for."""
        return self.payer_id or self.issued_for_id


@dataclass(frozen=True, slots=True)
class PayerFacts:
    """A payer with the accounts it pays for, itself first and the others by name, their services and items.

    `others` are customers whose items or memberships name somebody of these accounts to pay (B6); nothing else of them
    is in it. `memberships` are those that may be renewed, by whom they are for.
    """

    payer: Profile
    accounts: tuple[Profile, ...]
    services: Mapping[int, Sequence[BilledService]]
    items: Mapping[int, Sequence[WaitingItem]]
    others: tuple[Profile, ...] = ()
    memberships: Mapping[int, Sequence[Holding]] = field(default_factory=dict)


class RunPartner(NamedTuple):
    """A partner as a run needs it."""

    id: int
    public_id: str
    name: str
    time_zone: str
    currency: str
    billing_schedule: str


def partners(*, only: int | None = None, named: str | None = None) -> list[RunPartner]:
    """The partners, by name: all of them, the one with a key, or the one with a name or public id."""
    query = select(*columns(RunPartner, **{name: getattr(Partner, name) for name in RunPartner._fields}))
    if only is not None:
        query = query.where(Partner.id == only)
    if named is not None:
        query = query.where(or_(Partner.name == named, Partner.public_id == named))
    return values_of(RunPartner, db.session.execute(query.order_by(Partner.name, Partner.id)))


def candidates(partner_id: int, on: date) -> list[int]:
    """The payers of a partner with something that may be due by a day, in the order of their keys."""
    return list(executed(_candidates(), {"partner": partner_id, "on": on}).scalars())


@cache
def _candidates() -> Select[int]:
    c, link, share, item, service = Customer, SubAccountLink, SharedBalance, FutureItem, Service
    on = bindparam("on", type_=Date())
    back = aliased(FutureItem)
    waiting = (
        select(func.coalesce(item.payer_id, item.issued_for_id).label("id"))
        .outerjoin(back, back.reverses_id == item.id)
        .where(item.booked_on <= on, item.invoiced_by_id.is_(None), item.reverses_id.is_(None), back.id.is_(None))
    )
    coming = select(ServiceChange.service_id).where(
        ServiceChange.from_on <= on,
        ServiceChange.state == ServiceState.ACTIVE,
        ServiceChange.applied_at.is_(None),
        ServiceChange.replaced_at.is_(None),
    )
    recurring = select(service.customer_id).where(
        or_(service.state != ServiceState.PAUSED, service.id.in_(coming)),
        service.started_on <= on,
        or_(service.paid_until.is_(None), service.paid_until < on),
        or_(service.stopped_on.is_(None), service.paid_until.is_(None), service.stopped_on > service.paid_until),
    )
    held, plan, later = Membership, aliased(MembershipPlan), aliased(MembershipPlan)
    renewing = (
        select(func.coalesce(held.payer_id, held.customer_id))
        .join(plan, plan.id == held.plan_id)
        .outerjoin(later, and_(later.id == held.next_plan_id, held.next_from_on <= on))
        .where(
            held.state == MembershipState.ACTIVE,
            held.until_on < on,
            or_(held.ends_on.is_(None), held.ends_on > held.until_on),
            func.coalesce(later.period, plan.period) != "",
            func.coalesce(later.renews, plan.renews),
        )
    )
    owners = union(waiting, recurring, renewing).subquery()
    paying = payer(c.id, link, share)
    return (
        select(paying.label("payer"))
        .select_from(c)
        .join(owners, owners.c.id == c.id)
        .outerjoin(link, paid_above(link, c.id))
        .outerjoin(share, used(share, c.id))
        .where(c.partner_id == bindparam("partner", type_=BigInteger()), c.removed_at.is_(None))
        .distinct()
        .order_by(paying)
    )


def accounts_of(payer_ids: Collection[int]) -> set[int]:
    """The keys of payers and of all accounts that they pay for now."""
    rows = executed(_paid_for(), {"payers": list(payer_ids)})
    return set(payer_ids) | set(rows.scalars())


@cache
def _paid_for() -> CompoundSelect[int]:
    link, share = SubAccountLink, SharedBalance
    payers: BindParameter[int] = bindparam("payers", expanding=True)
    subs = select(link.sub_id).where(link.main_id.in_(payers), current(link), link.mode == BillingMode.AGGREGATED)
    return subs.union_all(select(share.secondary_id).where(share.primary_id.in_(payers), current(share)))


def facts_of(payer_ids: Collection[int], on: date) -> list[PayerFacts]:
    """Payers with all that may be due of them by a day, in the order of their keys.

    It takes five queries, and a few more where memberships are renewed.

    Who does not pay for itself is left out.
    """
    wanted = accounts_of(payer_ids)
    found: dict[int, Profile] = {}
    for some in chunks(wanted, MOST_BOUND):
        found |= customers.by_ids(some)
    kept = _by(services.of_customers(wanted), lambda one: one.customer_id)
    items = _waiting(wanted, on)
    held = _renewing(wanted, on)
    if foreign := ({one.issued_for_id for one in items} | {one.row.customer_id for one in held}) - set(found):
        found |= customers.by_ids(foreign)
    waiting = _by(items, lambda one: one.owner_id)
    memberships = _by(held, lambda one: one.row.payer_id or one.row.customer_id)
    paid_for = _by((one for one in found.values() if one.id in wanted), lambda one: one.payer_id)
    made = []
    for key in sorted(payer_ids):
        own = found.get(key)
        if own is None or own.payer_id != key:
            continue
        others = sorted((one for one in paid_for[key] if one.id != key), key=lambda one: (one.name.casefold(), one.id))
        accounts = (own, *others)
        mine = {one.id for one in accounts}
        due = _by(chain.from_iterable(waiting[one] for one in sorted(mine)), lambda one: one.issued_for_id)
        renewed = _by(chain.from_iterable(memberships[one] for one in sorted(mine)), lambda one: one.row.customer_id)
        made.append(
            PayerFacts(
                own,
                accounts,
                {one.id: kept[one.id] for one in accounts if one.id in kept},
                due,
                tuple(found[subject] for subject in sorted({*due, *renewed}) if subject not in mine),
                renewed,
            )
        )
    return made


def _renewing(customer_ids: Collection[int], on: date) -> list[Holding]:
    """Memberships that end before a day and may go on, whose payers are among these customers."""
    found: list[int] = []
    for some in chunks(customer_ids, MOST_BOUND):
        found += executed(_renewing_ids(), {"customers": some, "on": on}).scalars()
    return list(holding.by_ids(found).values()) if found else []


@cache
def _renewing_ids() -> Select[int]:
    held = Membership
    customers_: BindParameter[int] = bindparam("customers", expanding=True)
    return select(held.id).where(
        or_(and_(held.payer_id.is_(None), held.customer_id.in_(customers_)), held.payer_id.in_(customers_)),
        held.state == MembershipState.ACTIVE,
        held.until_on < bindparam("on", type_=Date()),
        or_(held.ends_on.is_(None), held.ends_on > held.until_on),
    )


def _by(values: Iterable[Any], key: Any) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for one in values:
        found[key(one)].append(one)
    return found


def _waiting(customer_ids: Collection[int], on: date) -> list[WaitingItem]:
    found: list[WaitingItem] = []
    for some in chunks(customer_ids, MOST_BOUND):
        found += values_of(WaitingItem, executed(_waiting_items(), {"customers": some, "on": on}))
    return found


@cache
def _waiting_items() -> Select[*tuple[Any, ...]]:
    item, back = FutureItem, aliased(FutureItem)
    charge, charging = ServiceCharge, aliased(FutureItem)
    own = {name: getattr(item, name) for name in WaitingItem._fields if name != "credits_id"}
    # what gives back a charge that itself waits is set off with it
    invoiced = or_(charge.invoice_id.is_not(None), charging.invoiced_by_id.is_not(None))
    found = columns(WaitingItem, **own, credits_id=case((invoiced, item.credits_id)))
    return (
        select(*found)
        .outerjoin(back, back.reverses_id == item.id)
        .outerjoin(charge, charge.id == item.credits_id)
        .outerjoin(charging, and_(charging.charges_id == charge.id, charging.reverses_id.is_(None)))
        .where(
            or_(
                and_(item.payer_id.is_(None), item.issued_for_id.in_(bindparam("customers", expanding=True))),
                item.payer_id.in_(bindparam("customers", expanding=True)),
            ),
            item.booked_on <= bindparam("on", type_=Date()),
            item.invoiced_by_id.is_(None),
            item.reverses_id.is_(None),
            back.id.is_(None),
        )
        .order_by(item.booked_on, item.id)
    )


# Marking it as billed -------------------------------------------------------------------------------------------------


class NewCharge(NamedTuple):
    """Days of a service that a run has dealt with; see the table."""

    service_id: int
    first_on: date
    last_on: date
    amount_minor: int
    invoice_id: int | None
    position: int | None
    of_first_on: date | None = None
    of_last_on: date | None = None


class Advance(NamedTuple):
    """How far a service is billed now, and the anchor of its periods."""

    service_id: int
    paid_until: date
    anchor_on: date
    anchor_day: int


def add_charges(new: Sequence[NewCharge], at: datetime) -> None:
    """Remember days that were dealt with; the database refuses the same first day twice (F5)."""
    insert_many(ServiceCharge, (*NewCharge._fields, "billed_at"), [(*one, at) for one in new])


def advance(changes: Sequence[Advance]) -> None:
    """Note how far services are billed."""
    if changes:
        rows = [
            {"service": one.service_id, "until": one.paid_until, "anchor": one.anchor_on, "day": one.anchor_day}
            for one in changes
        ]
        executed(_ADVANCE, rows)


_service = Service.__table__
_ADVANCE = (
    update(_service)  # type: ignore[arg-type]
    .where(_service.c.id == bindparam("service"))
    .values(paid_until=bindparam("until"), anchor_on=bindparam("anchor"), anchor_day=bindparam("day"))
)


def take_items(item_ids: Collection[int], entry_id: int, at: datetime) -> bool:
    """Note that items are on an entry; False when something else took one of them first."""
    if not item_ids:
        return True
    taken = 0
    for some in chunks(item_ids, MOST_BOUND):
        taken += executed(_TAKE, {"items": some, "entry": entry_id, "at": at}).rowcount
    return taken == len(item_ids)


_item = FutureItem.__table__
_TAKE = (
    update(_item)  # type: ignore[arg-type]
    .where(_item.c.id.in_(bindparam("items", expanding=True)), _item.c.invoiced_by_id.is_(None))
    .values(invoiced_by_id=bindparam("entry"), invoiced_at=bindparam("at"))
)


def charged_by(charge_ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """Which invoice charged these days of services, and on which of its lines."""
    c, item = ServiceCharge, FutureItem
    rows = db.session.execute(
        select(c.id, c.invoice_id, c.position, item.id)
        .outerjoin(item, and_(item.charges_id == c.id, item.reverses_id.is_(None)))
        .where(among(c.id, charge_ids))
    )
    found = {}
    for key, invoice, position, item_id in rows:
        if invoice is None and item_id is not None:
            invoice, position = future_items.line_of(item_id)
        if invoice is not None:
            found[key] = (invoice, position or 0)
    return found


def end_stopped(partner_id: int, on: date) -> None:
    """Let those be stopped whose first day without them has come, and that have no dated rows which say so."""
    s, c = Service, Customer
    owners = select(c.id).where(c.partner_id == partner_id)
    db.session.execute(
        update(s)
        .where(s.stopped_on <= on, s.state == ServiceState.ACTIVE, s.changed.is_(False), s.customer_id.in_(owners))
        .values(state=ServiceState.STOPPED)
        .execution_options(synchronize_session=False)
    )


def numbers_ahead(partner_id: int, kind: EntryKind, count: int) -> list[str]:
    """The numbers that the next entries of a kind will have, if nobody else takes one."""
    series = SERIES[kind]
    row = db.session.execute(
        select(NumberSeries.next_value).where(NumberSeries.partner_id == partner_id, NumberSeries.series == series)
    ).scalar()
    found: list[str] = []
    value = int(row or 1)
    while len(found) < count:
        some = [format_number(series, value + step) for step in range(count - len(found))]
        value += len(some)
        taken = set(
            db.session.scalars(
                select(Entry.number).where(
                    Entry.partner_id == partner_id, Entry.series == series, among(Entry.number, some)
                )
            )
        )
        found += [one for one in some if one not in taken]
    return found
