"""A company with branches, a franchise, a couple and a stranger, each with a login named after them."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import update

from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import db, writes
from portal.db.tables import Customer, Partner
from portal.rules.scopes import Scope
from tests.logins import login
from tests.pages import PageClient
from tests.people import customer, link, service, share, sign_in

HTMX = {"HX-Request": "true"}
NASTY = "Zoë <b>O'Brien</b> 株式会社 عربى"


def browser_of(app: Flask, who: str) -> PageClient:
    """A browser signed in as `who`, the external id of a customer."""
    client = app.test_client()
    assert isinstance(client, PageClient)
    sign_in(client, f"{who}@portal.test")
    return client


def person(
    reference: str, *, called: str = "Dana Novák", scopes: tuple[Scope, ...] = tuple(Scope), **more: object
) -> Profile:
    """A customer with a login."""
    made = customer(reference, **more)
    login(made, f"{reference}@portal.test", called, scopes)
    return made


def company(*, management: bool = True) -> Profile:
    """Acme Ltd with an aggregated branch that has two services, and an independent franchise with one."""
    person("acme", name="Acme Ltd", called="Petra Acme", manages_sub_accounts=management)
    branch = person("branch", name="Riverside branch", called="Bo Branch", address="4 Quay Street\nBrno")
    franchise = person("franchise", name="Franchise Süd GmbH", called="Fritz Süd")
    link("acme", "branch")
    link("acme", "franchise", "independent")
    service(branch, "Broadband 50", 4990)
    service(branch, "Telephony", 30000, period="quarter")
    service(branch, "Old plan", 99900, state="stopped")
    service(franchise, "Broadband 200", 7490)
    return at("acme")


def couple() -> None:
    """Alex, primary, and Sam, who share balances."""
    person("alex", name="Alex Moreau", called="Alex Moreau", kind="individual", given_name="Alex")
    person("sam", name="Sam Moreau", called="Sam Moreau", kind="individual", given_name="Sam")
    share("alex", "sam")


def at(reference: str) -> Profile:
    """A customer as it is now."""
    found = customers.by_reference(reference)
    assert found is not None
    return found


@writes
def change(reference: str, **values: object) -> None:
    """Change a customer's row."""
    db.session.execute(update(Customer).where(Customer.external_id == reference).values(**values))


@writes
def configure(**values: object) -> None:
    """Change what every partner's portal shows."""
    db.session.execute(update(Partner).values(**values))
