"""Customers and partners as an import compares, adds and changes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, or_, select, update

from portal.db.bulk import among, insert_many
from portal.db.customers.profiles import searchable
from portal.db.engine import db
from portal.db.tables import (
    Customer,
    Entry,
    FutureItem,
    GroupMember,
    LedgerAccount,
    Partner,
    SharedBalance,
    SubAccountLink,
)
from portal.db.types import new_public_id, new_public_ids
from portal.rules.customers.status import BlockedCause, Status


def partners() -> dict[str, Partner]:
    """Every partner by its name."""
    return {partner.name: partner for partner in db.session.scalars(select(Partner))}


def add_partner(name: str, currency: str) -> Partner:
    """A new partner with nothing but a name and a currency; the rest takes its defaults."""
    partner = Partner(name=name, currency=currency, public_id=new_public_id())
    db.session.add(partner)
    db.session.flush()
    db.session.refresh(partner)
    return partner


@dataclass(frozen=True, slots=True)
class StoredCustomer:
    """A customer as an import compares it with its row. `settled` says that nothing binds its partner or currency:
    no link and no group, past or present, no entry and no future item.
    """

    id: int
    external_id: str
    partner_id: int
    partner_name: str
    values: dict[str, Any]
    address: str
    settled: bool


CUSTOMER_COLUMNS = (
    *("kind", "name", "given_name", "family_name", "email", "billing_email", "phone", "born_on"),
    *("own_status", "billing_type", "billing_day", "currency", "tax_rate"),
)


def stored_customers(external_ids: Iterable[str]) -> dict[str, StoredCustomer]:
    """The customers with these external ids."""
    c, link, share, item = Customer, SubAccountLink, SharedBalance, FutureItem
    bound = or_(
        exists().where(or_(link.main_id == c.id, link.sub_id == c.id)),
        exists().where(or_(share.primary_id == c.id, share.secondary_id == c.id)),
        exists().where(LedgerAccount.owner_id == c.id),
        exists().where(Entry.issued_for_id == c.id),
        exists().where(item.issued_for_id == c.id),
        exists().where(GroupMember.customer_id == c.id),
    )
    own = ("id", "external_id", "partner_id", "address", *CUSTOMER_COLUMNS)
    rows = db.session.execute(
        select(*[getattr(c, name) for name in own], Partner.name.label("partner_name"), bound.label("bound"))
        .join(Partner, Partner.id == c.partner_id)
        .where(among(c.external_id, external_ids))
    )
    return {
        row.external_id: StoredCustomer(
            id=row.id,
            external_id=row.external_id,
            partner_id=row.partner_id,
            partner_name=row.partner_name,
            values={name: getattr(row, name) for name in CUSTOMER_COLUMNS},
            address=row.address,
            settled=not row.bound,
        )
        for row in rows
    }


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """A customer to be added; `values` are those of CUSTOMER_COLUMNS."""

    external_id: str
    partner_id: int
    values: dict[str, Any]


def add_customers(new: Sequence[NewCustomer], at: datetime) -> None:
    """Add many customers."""
    columns = (
        *("public_id", "external_id", "partner_id", "created_at", "version", "manages_sub_accounts", "address"),
        *("blocked_cause", "status_changed_at", "folded_name", "folded", "phone_tail", *CUSTOMER_COLUMNS),
    )
    rows = []
    for public_id, customer in zip(new_public_ids(len(new)), new, strict=True):
        blocked = customer.values["own_status"] == Status.BLOCKED
        cause = BlockedCause.BY_HAND.value if blocked else None
        folded = _folded(customer.external_id, "", customer.values)
        rows.append(
            (
                *(public_id, customer.external_id, customer.partner_id, at, 1, False, ""),
                *(cause, at if blocked else None, folded["folded_name"], folded["folded"], folded["phone_tail"]),
                *(customer.values[name] for name in CUSTOMER_COLUMNS),
            )
        )
    insert_many(Customer, columns, rows)


def change_customer(stored: StoredCustomer, partner_id: int, values: Mapping[str, Any], at: datetime) -> None:
    """Change a customer to `values`, all of CUSTOMER_COLUMNS."""
    change: dict[str, Any] = {**values, "partner_id": partner_id, "version": Customer.version + 1}
    if values["own_status"] != stored.values["own_status"]:
        blocked = values["own_status"] == Status.BLOCKED
        change |= {"blocked_cause": BlockedCause.BY_HAND if blocked else None, "status_changed_at": at}
    change |= _folded(stored.external_id, stored.address, values)
    db.session.execute(update(Customer).where(Customer.id == stored.id).values(**change))


def _folded(external_id: str, address: str, values: Mapping[str, Any]) -> dict[str, str]:
    return searchable(
        values["name"], values["email"], values["billing_email"], address, external_id, phone=values["phone"]
    )
