"""The people of the back office: a Super administrator, an administrator, the front desk, operations."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import func, select

from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import db
from portal.db.tables import SubAccountLink
from portal.rules.holders import Role
from tests.log import log
from tests.logins import administrator
from tests.pages import PageClient
from tests.people import partner, sign_in

ROLES = {"super": Role.SUPER, "admin": Role.ADMINISTRATOR, "desk": Role.FRONT_OF_HOUSE, "operations": Role.OPERATIONS}


def staff(app: Flask, who: str, *, of: str | None = None) -> PageClient:
    """A browser signed in as a new administrator called by their role, bound to the partner `of` if there is one."""
    email = f"{who}.{(of or 'everywhere').lower().replace(' ', '-')}@staff.test"
    administrator(email, ROLES[who], partner(of) if of else None)
    client = app.test_client()
    assert isinstance(client, PageClient)
    sign_in(client, email)
    return client


def now(reference: str) -> Profile:
    """A customer as it is stored now."""
    db.session.rollback()
    db.session.expire_all()
    found = customers.by_reference(reference)
    assert found is not None
    return found


def path(reference: str, page: str = "") -> str:
    """The address of a page of a customer's profile."""
    return f"/staff/customers/{now(reference).public_id}{page}"


def audit() -> list[tuple[str, str]]:
    """Actions and sentences of the log, oldest first."""
    db.session.rollback()
    return [(line.action, line.text) for line in log()]


def links_ever() -> int:
    """How many links there were in all, ended ones included."""
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(SubAccountLink)) or 0
