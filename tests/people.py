"""Named people and their accounts, made fresh in each test."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import insert, select

from portal.actions.books import posting as ledger
from portal.actions.books.posting import Charge, Posted
from portal.actions.links import partner_accounts, sub_accounts
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import db, writes
from portal.db.folding import fold, searched
from portal.db.links import linking as link_rows
from portal.db.tables import Customer, Partner, Service
from portal.db.types import new_public_id
from portal.outside import clock
from portal.rules.books import EntryKind, Ledger
from portal.rules.deciding import SYSTEM
from portal.rules.links.facts import BillingMode
from portal.rules.phones import tail

PASSWORD = "correct horse battery staple"


@writes
def partner(name: str = "Harbour Net", **more: Any) -> int:
    """A partner; its id. The same name gives the same partner."""
    found = db.session.query(Partner.id).filter_by(name=name).scalar()
    if found is not None:
        return int(found)
    values = {"currency": "EUR", "time_zone": "Europe/Prague", "address": "1 Quay Street\nBrno", **more}
    made = Partner(name=name, **values)
    db.session.add(made)
    db.session.flush()
    return made.id


def customer(reference: str, *, of: str = "Harbour Net", **more: Any) -> Profile:
    """A customer with this external id, Active, recurring, a business, without a login."""
    partner_id = partner(of)
    _add_customer(reference, partner_id, more)
    found = customers.by_reference(reference)
    assert found is not None
    return found


@writes
def _add_customer(reference: str, partner_id: int, more: dict[str, Any]) -> None:
    name = more.pop("name", reference.replace("-", " ").title())
    db.session.execute(insert(Customer).values(**_values(reference, name, partner_id, **more)))


def _values(reference: str, name: str, partner_id: int, **more: Any) -> dict[str, Any]:
    values = {"kind": "business", "email": f"{reference}@example.test", "own_status": "active", "currency": "EUR"}
    values |= more
    return {
        "public_id": new_public_id(),
        "external_id": reference,
        "partner_id": partner_id,
        "name": name,
        "folded_name": fold(name),
        "folded": searched(f"{name} {values['email']} {reference}"),
        "phone_tail": tail(str(more.get("phone", ""))),
        "created_at": clock.now(),
        **values,
    }


def link(main: str, sub: str, mode: str = "aggregated") -> None:
    """Link two customers as the system would."""
    sub_accounts.link(SYSTEM, main, sub, BillingMode(mode))


@writes
def sub_accounts_of(main: str, names: Mapping[str, str]) -> None:
    """Many aggregated sub-accounts at once, by external id and name."""
    payer = customers.by_reference(main)
    assert payer is not None
    rows = [_values(reference, name, payer.partner_id) for reference, name in names.items()]
    db.session.execute(insert(Customer), rows)
    ids = db.session.scalars(select(Customer.id).where(Customer.external_id.in_(names)).order_by(Customer.external_id))
    link_rows.begin_many(payer.partner_id, [(payer.id, sub) for sub in ids], BillingMode.AGGREGATED, clock.now())


def share(primary: str, secondary: str) -> None:
    """Make two customers partner accounts as the system would."""
    partner_accounts.link(SYSTEM, primary, secondary)


def post(customer: str, kind: str, amount: int, on: str, **more: Any) -> Posted:
    """Post an entry as the system; `amount` in minor units, `on` as ISO 8601."""
    book = Ledger(more.pop("ledger", "house"))
    charge = Charge(customer, EntryKind(kind), amount, date.fromisoformat(on), book, **more)
    return ledger.post(SYSTEM, charge)


@writes
def service(owner: Profile, plan: str, price: int, *, period: str = "month", state: str = "active") -> None:
    """A service that began this year."""
    db.session.add(
        Service(
            customer_id=owner.id,
            plan=plan,
            price_minor=price,
            period=period,
            state=state,
            started_on=date(2026, 1, 1),
        )
    )


def sign_in(client: FlaskClient, email: str, password: str = PASSWORD) -> FlaskClient:
    """Sign in through the page."""
    response = client.submit("/login", {"email": email, "password": password})  # type: ignore[attr-defined]
    assert response.status_code == 302, response.get_data(as_text=True)
    return client
