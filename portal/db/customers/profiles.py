"""Loading customers, their partner, their links and who pays for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import String, and_, bindparam, func, insert, or_, select
from sqlalchemy.orm import aliased

from portal.db.engine import db, executed, is_sqlite
from portal.db.folding import fold
from portal.db.partners.features import groups_on_for
from portal.db.tables import Customer, Login, Partner, SharedBalance, SubAccountLink
from portal.db.types import new_public_id
from portal.rules.customers.status import EffectiveStatus, Status, effective_billing_day, effective_status
from portal.rules.errors import Missing
from portal.rules.links.facts import BillingMode, payer
from portal.rules.permissions import Permission, hidden_where
from portal.rules.sentences import say

LINKS_LOCK = 7_305_461
"""The advisory lock of PostgreSQL that stands for all links together."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A customer with its partner, its main account and its partner account: one row, one query.

    `payer_id` follows `rules.links.facts.payer`. Days are of the month. `groups_on` is the feature as it is for its
    partner. With `removed_at` only its books are left.
    """

    id: int
    public_id: str
    external_id: str | None
    name: str
    given_name: str
    family_name: str
    kind: str
    email: str
    billing_email: str
    phone: str
    address: str
    born_on: date | None
    own_status: Status
    blocked_cause: str | None
    status_changed_at: datetime | None
    billing_type: str
    own_billing_day: int
    currency: str
    manages_sub_accounts: bool
    version: int
    partner_id: int
    partner_public_id: str
    partner_name: str
    partner_address: str
    partner_contact: str
    time_zone: str
    locale: str
    manages_independent: bool
    independent_orders: bool
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
    groups_on: bool
    customers_create_groups: bool
    groups_per_customer: int
    majority_age: int
    removed_at: datetime | None
    shows_statements: bool
    shows_services: bool
    shows_documents: bool

    @property
    def reference(self) -> str:
        """The external id, or the public id of a customer without one."""
        return self.external_id or self.public_id

    @property
    def hidden(self) -> frozenset[Permission]:
        """What the portal of its partner does not show (O5)."""
        return hidden_where(
            statements=self.shows_statements, services=self.shows_services, documents=self.shows_documents
        )

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
def _profile_query() -> Any:
    """The columns of a profile, put together once: that takes longer than running them.

    Shared balances are joined once from each side, since joining them by either at once would read all there are.
    """
    main, mate = aliased(Customer, name="main"), aliased(Customer, name="mate")
    link, lends, uses = SubAccountLink, aliased(SharedBalance), aliased(SharedBalance)
    return (
        select(
            Customer.id,
            Customer.public_id,
            Customer.external_id,
            Customer.name,
            Customer.given_name,
            Customer.family_name,
            Customer.kind,
            Customer.email,
            Customer.billing_email,
            Customer.phone,
            Customer.address,
            Customer.born_on,
            Customer.own_status,
            Customer.blocked_cause,
            Customer.status_changed_at,
            Customer.billing_type,
            Customer.billing_day,
            Customer.currency,
            Customer.manages_sub_accounts,
            Customer.version,
            Partner.id,
            Partner.public_id,
            Partner.name,
            Partner.address,
            Partner.contact,
            Partner.time_zone,
            Partner.locale,
            Partner.manages_independent,
            Partner.independent_orders,
            main.id,
            main.public_id,
            main.external_id,
            main.name,
            main.own_status,
            main.billing_day,
            main.manages_sub_accounts,
            link.mode,
            mate.id,
            mate.public_id,
            mate.external_id,
            mate.name,
            uses.id.is_not(None),
            groups_on_for(Partner.groups_on),
            Partner.customers_create_groups,
            Partner.groups_per_customer,
            Partner.majority_age,
            Customer.removed_at,
            Partner.shows_statements,
            Partner.shows_services,
            Partner.shows_documents,
        )
        .join(Partner, Partner.id == Customer.partner_id)
        .outerjoin(link, and_(link.sub_id == Customer.id, link.ended_at.is_(None)))
        .outerjoin(main, main.id == link.main_id)
        .outerjoin(lends, and_(lends.primary_id == Customer.id, lends.ended_at.is_(None)))
        .outerjoin(uses, and_(uses.secondary_id == Customer.id, uses.ended_at.is_(None)))
        .outerjoin(mate, mate.id == func.coalesce(lends.secondary_id, uses.primary_id))
    )


def _profile(row: Sequence[object]) -> Profile:
    values = list(row)
    values[12] = Status(str(values[12]))
    values[33] = Status(str(values[33])) if values[33] else None
    values[35] = bool(values[35])
    values[36] = BillingMode(str(values[36])) if values[36] else None
    values[41], values[42] = bool(values[41]), bool(values[42])
    return Profile(*values)  # type: ignore[arg-type]


def profiles(condition: object) -> list[Profile]:
    """The profiles matching a condition on `Customer`, in no particular order."""
    return [_profile(row) for row in db.session.execute(_profile_query().where(condition))]


def by_id(customer_id: int) -> Profile:
    return _profile(executed(_by_id(), {"customer": customer_id}).one())


@cache
def _by_id() -> Any:
    return _profile_query().where(Customer.id == bindparam("customer"))


@cache
def _by_reference() -> Any:
    reference: Any = bindparam("reference", type_=String())
    return _profile_query().where(or_(Customer.external_id == reference, Customer.public_id == reference))


def by_ids(ids: Iterable[int]) -> dict[int, Profile]:
    return {profile.id: profile for profile in profiles(Customer.id.in_(list(ids)))}


def by_public_id(public_id: str) -> Profile | None:
    row = executed(_by_public_id(), {"public_id": public_id}).first()
    return _profile(row) if row else None


@cache
def _by_public_id() -> Any:
    return _profile_query().where(Customer.public_id == bindparam("public_id"))


def by_reference(reference: str) -> Profile | None:
    """The customer with this external id or, failing that, this public id."""
    found = [_profile(row) for row in executed(_by_reference(), {"reference": reference})]
    found.sort(key=lambda profile: profile.external_id != reference)
    return found[0] if found else None


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
def _locking(exclusive: bool) -> Any:
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
    total, aggregated = db.session.execute(
        select(func.count(), func.count().filter(link.mode == "aggregated")).where(
            link.main_id == main_id, link.ended_at.is_(None)
        )
    ).one()
    return total, aggregated


@dataclass(frozen=True, slots=True)
class NewPartner:
    """A partner to be added; the columns of its letterhead may hold line breaks."""

    name: str
    address: str = ""
    contact: str = ""
    currency: str = "EUR"
    time_zone: str = "Europe/London"
    locale: str = "en_GB"


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
    kind: str = "individual"
    given_name: str = ""
    family_name: str = ""
    email: str = ""
    billing_email: str = ""
    phone: str = ""
    address: str = ""
    born_on: date | None = None
    own_status: str = "active"
    blocked_cause: str | None = None
    status_changed_at: datetime | None = None
    billing_type: str = "recurring"
    billing_day: int = 1
    currency: str = "EUR"


def searchable(name: str, *more: str | None) -> dict[str, str]:
    """The two folded columns for a name and whatever else a customer is found by."""
    return {"folded_name": fold(name), "folded": fold(" ".join(part for part in (name, *more) if part))}


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
                customer.phone,
                customer.address,
                customer.external_id,
            ),
        }
        for customer in new
    ]
    added = db.session.execute(insert(Customer).returning(Customer.id, sort_by_parameter_order=True), rows)
    return list(added.scalars())


def without_login_by_email(email: str, partner_id: int) -> Profile | None:
    """The individual of a partner who alone has this address on file, where nobody signs in for it yet."""
    found = profiles(and_(func.lower(Customer.email) == email, Customer.partner_id == partner_id))
    if len(found) != 1 or found[0].kind != "individual" or not found[0].status.status.signs_in:
        return None
    signs_in = db.session.scalar(select(func.count()).where(Login.customer_id == found[0].id))
    return None if signs_in else found[0]
