"""Loading customers, their partner, their links and who pays for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, bindparam, false, func, insert, or_, select
from sqlalchemy.orm import aliased

from portal.db.bulk import among
from portal.db.engine import db, executed, is_sqlite
from portal.db.folding import fold, searched
from portal.db.links.live import above, lent, under, used
from portal.db.partners.settings import settings_columns
from portal.db.rows import columns, field_names, first_of, value_of, values_of
from portal.db.tables import Customer, Login, Partner, SharedBalance, SubAccountLink
from portal.db.types import new_public_id
from portal.rules.customers.status import (
    BillingType,
    BlockedCause,
    EffectiveStatus,
    Kind,
    Status,
    effective_billing_day,
    effective_status,
)
from portal.rules.errors import Missing
from portal.rules.links.facts import BillingMode, payer
from portal.rules.partners import PartnerSettings
from portal.rules.phones import tail
from portal.rules.sentences import say
from portal.rules.texts import email_key, identifier

LINKS_LOCK = 7_305_461
"""The advisory lock of PostgreSQL that stands for all links together."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A customer with its partner, its main account and its partner account: one row, one query.

    `payer_id` follows `rules.links.facts.payer`. Days are of the month. `settings` are its partner's. With `removed_at`
    only its books are left.
    """

    id: int
    public_id: str
    external_id: str | None
    name: str
    given_name: str
    family_name: str
    kind: Kind
    email: str
    billing_email: str
    phone: str
    address: str
    born_on: date | None
    own_status: Status
    blocked_cause: BlockedCause | None
    status_changed_at: datetime | None
    billing_type: BillingType
    own_billing_day: int
    currency: str
    tax_rate: Decimal | None
    manages_sub_accounts: bool
    version: int
    partner_id: int
    partner_public_id: str
    partner_name: str
    partner_address: str
    partner_contact: str
    main_id: int | None
    main_public_id: str | None
    main_external_id: str | None
    main_name: str | None
    main_own_status: Status | None
    main_billing_day: int | None
    main_manages: bool
    mode: BillingMode | None
    mate_id: int | None
    mate_public_id: str | None
    mate_external_id: str | None
    mate_name: str | None
    is_secondary: bool
    removed_at: datetime | None
    settings: PartnerSettings

    @property
    def reference(self) -> str:
        """The external id, or the public id of a customer without one."""
        return self.external_id or self.public_id

    @property
    def time_zone(self) -> str:
        return self.settings.time_zone

    @property
    def locale(self) -> str:
        return self.settings.locale

    @property
    def aggregated(self) -> bool:
        return self.mode is BillingMode.AGGREGATED

    @property
    def status(self) -> EffectiveStatus:
        return effective_status(self.own_status, self.main_own_status if self.aggregated else None)

    @property
    def billing_day(self) -> int:
        return effective_billing_day(self.own_billing_day, self.main_billing_day if self.aggregated else None)

    @property
    def payer_id(self) -> int:
        under = {self.id: self.main_id} if self.aggregated and self.main_id else {}
        secondary = {self.id: self.mate_id} if self.is_secondary and self.mate_id else {}
        return payer(self.id, under, secondary)

    @property
    def payer_name(self) -> str:
        if self.aggregated:
            return self.main_name or ""
        return (self.mate_name or "") if self.is_secondary else self.name

    @property
    def payer_reference(self) -> str:
        if self.aggregated:
            return self.main_external_id or self.main_public_id or ""
        if self.is_secondary:
            return self.mate_external_id or self.mate_public_id or ""
        return self.reference

    @property
    def payer_public_id(self) -> str:
        if self.aggregated:
            return self.main_public_id or ""
        return (self.mate_public_id or "") if self.is_secondary else self.public_id


@cache
def _profile_query() -> Select[*tuple[Any, ...]]:
    """The columns of a profile, put together once: that takes longer than running them.

    Shared balances are joined once from each side, since joining them by either at once would read all there are.
    """
    c, main, mate = Customer, aliased(Customer, name="main"), aliased(Customer, name="mate")
    link, lends, uses = SubAccountLink, aliased(SharedBalance), aliased(SharedBalance)
    own = {name: getattr(c, name) for name in field_names(Profile) if hasattr(c, name)}
    more = {
        "own_billing_day": c.billing_day,
        "partner_public_id": Partner.public_id,
        "partner_name": Partner.name,
        "partner_address": Partner.address,
        "partner_contact": Partner.contact,
        "main_id": main.id,
        "main_public_id": main.public_id,
        "main_external_id": main.external_id,
        "main_name": main.name,
        "main_own_status": main.own_status,
        "main_billing_day": main.billing_day,
        "main_manages": func.coalesce(main.manages_sub_accounts, false()),
        "mode": link.mode,
        "mate_id": mate.id,
        "mate_public_id": mate.public_id,
        "mate_external_id": mate.external_id,
        "mate_name": mate.name,
        "is_secondary": uses.id.is_not(None),
        "settings": settings_columns(),
    }
    return (
        select(*columns(Profile, **own, **more))
        .select_from(c)
        .join(Partner, Partner.id == c.partner_id)
        .outerjoin(link, above(link, c.id))
        .outerjoin(main, main.id == link.main_id)
        .outerjoin(lends, lent(lends, c.id))
        .outerjoin(uses, used(uses, c.id))
        .outerjoin(mate, mate.id == func.coalesce(lends.secondary_id, uses.primary_id))
    )


def profiles(condition: ColumnElement[bool]) -> list[Profile]:
    """The profiles matching a condition on `Customer`, in no particular order."""
    return values_of(Profile, db.session.execute(_profile_query().where(condition)))


def by_id(customer_id: int) -> Profile:
    return value_of(Profile, executed(_by_id(), {"customer": customer_id}).one())


@cache
def _by_id() -> Select[*tuple[Any, ...]]:
    return _profile_query().where(Customer.id == bindparam("customer"))


@cache
def _by_reference() -> Select[*tuple[Any, ...]]:
    reference = bindparam("reference", type_=String())
    return _profile_query().where(or_(Customer.external_id == reference, Customer.public_id == reference))


def by_ids(ids: Iterable[int]) -> dict[int, Profile]:
    found = values_of(Profile, executed(_by_ids(), {"ids": list(ids)}))
    return {profile.id: profile for profile in found}


@cache
def _by_ids() -> Select[*tuple[Any, ...]]:
    return _profile_query().where(Customer.id.in_(bindparam("ids", expanding=True)))


def by_public_id(public_id: str) -> Profile | None:
    return first_of(Profile, executed(_by_public_id(), {"public_id": public_id}))


@cache
def _by_public_id() -> Select[*tuple[Any, ...]]:
    return _profile_query().where(Customer.public_id == bindparam("public_id"))


def by_reference(reference: str) -> Profile | None:
    """The customer with this external id or, failing that, this public id."""
    reference = identifier(reference)
    found = values_of(Profile, executed(_by_reference(), {"reference": reference}))
    found.sort(key=lambda profile: profile.external_id != reference)
    return found[0] if found else None


def by_references(references: Iterable[str]) -> dict[str, Profile]:
    """The customers with these external ids or, failing that, these public ids, by what names them."""
    wanted = list(references)
    found = profiles(or_(among(Customer.external_id, wanted), among(Customer.public_id, wanted)))
    known = {one.public_id: one for one in found} | {one.external_id: one for one in found if one.external_id}
    return {reference: known[reference] for reference in wanted if reference in known}


def require(reference: str) -> Profile:
    """The customer with this external or public id. Raises Missing."""
    profile = by_reference(reference)
    if profile is None:
        raise Missing(say("There is no customer “{reference}”.", reference=reference))
    return profile


def lock(ids: Iterable[int], *, exclusive: bool) -> None:
    """Hold customers for this transaction, in the order of their ids: shared to post, exclusive to link (R7, R13).

    SQLite's one writer holds everything anyway. An exclusive lock waits while `hold_links` is held elsewhere.
    """
    if is_sqlite():
        return
    if exclusive:
        db.session.execute(select(func.pg_advisory_xact_lock_shared(LINKS_LOCK)))
    executed(_locking(exclusive), {"ids": sorted(set(ids))}).all()


@cache
def _locking(exclusive: bool) -> Select[int]:
    wanted = Customer.id.in_(bindparam("ids", expanding=True))
    return select(Customer.id).where(wanted).order_by(Customer.id).with_for_update(read=not exclusive)


def hold_links() -> None:
    """Let nobody else change who pays for whom until this transaction ends: for work on very many customers.

    Posting goes on meanwhile.
    """
    if not is_sqlite():
        db.session.execute(select(func.pg_advisory_xact_lock(LINKS_LOCK)))


def locks_are_final() -> bool:
    """Whether nothing can have changed between a first read and `lock`: so it is with SQLite's single writer."""
    return is_sqlite()


def count_sub_accounts(main_id: int) -> tuple[int, int]:
    """How many current sub-accounts a main account has, and how many of them are aggregated."""
    link = SubAccountLink
    aggregated = func.count().filter(link.mode == BillingMode.AGGREGATED).label("aggregated")
    row = db.session.execute(select(func.count().label("total"), aggregated).where(under(link, main_id))).one()
    return row.total, row.aggregated


@dataclass(frozen=True, slots=True)
class NewPartner:
    """A partner to be added; the columns of its letterhead may hold line breaks. Sections are shown or hidden (O5)."""

    name: str
    address: str = ""
    contact: str = ""
    currency: str = "EUR"
    time_zone: str = "Europe/London"
    locale: str = "en_GB"
    shows_bookings: bool = True
    shows_memberships: bool = True


def partner_id(name: str) -> int | None:
    """The id of the partner with exactly this name."""
    return db.session.scalar(select(Partner.id).where(Partner.name == name))


def add_partner(new: NewPartner) -> int:
    """Add a partner; its id."""
    partner = Partner(**asdict(new))
    db.session.add(partner)
    db.session.flush()
    return partner.id


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """A customer to be added. `external_id` may be None; the currency is usually the partner's."""

    partner_id: int
    name: str
    created_at: datetime
    external_id: str | None = None
    kind: Kind = Kind.INDIVIDUAL
    given_name: str = ""
    family_name: str = ""
    email: str = ""
    billing_email: str = ""
    phone: str = ""
    address: str = ""
    born_on: date | None = None
    own_status: Status = Status.ACTIVE
    blocked_cause: BlockedCause | None = None
    status_changed_at: datetime | None = None
    billing_type: BillingType = BillingType.RECURRING
    billing_day: int = 1
    currency: str = "EUR"
    tax_rate: Decimal | None = None


def searchable(name: str, *more: str | None, phone: str = "") -> dict[str, str]:
    """The columns for a name, a phone number and whatever else a customer is found by: two folded ones, and the last
    digits of the number.
    """
    return {
        "folded_name": fold(name),
        "folded": searched(" ".join(part for part in (name, *more, phone) if part)),
        "phone_tail": tail(phone) if phone else "",
    }


def add_customer(new: NewCustomer) -> int:
    """Add one customer; its id."""
    return add_customers([new])[0]


def add_customers(new: Sequence[NewCustomer]) -> list[int]:
    """Add many customers at once; their ids, in order."""
    rows = [
        {
            **asdict(customer),
            "public_id": new_public_id(),
            **searchable(
                customer.name,
                customer.email,
                customer.billing_email,
                customer.address,
                customer.external_id,
                phone=customer.phone,
            ),
        }
        for customer in new
    ]
    added = db.session.execute(insert(Customer).returning(Customer.id, sort_by_parameter_order=True), rows)
    return list(added.scalars())


def without_login_by_email(email: str, partner_id: int) -> Profile | None:
    """The individual of a partner who alone has this address on file, where nobody signs in for it yet."""
    found = profiles(and_(func.lower(Customer.email) == email_key(email), Customer.partner_id == partner_id))
    if len(found) != 1 or found[0].kind is not Kind.INDIVIDUAL or not found[0].status.status.signs_in:
        return None
    signs_in = db.session.scalar(select(func.count()).where(Login.customer_id == found[0].id))
    return None if signs_in else found[0]
