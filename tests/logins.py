"""Logins for the named people, the mail they get, and what is stored about their sessions."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sqlalchemy import select, update

from portal.actions import logins as actions
from portal.actions.logins import SignedIn
from portal.db.customers.profiles import Profile
from portal.db.engine import db, writes
from portal.db.logins import people as logins
from portal.db.tables import Customer, LoginSession, OutboxMessage, OutboxRecipient
from portal.outside import passwords
from portal.rules.deciding import Actor
from portal.rules.holders import Role
from portal.rules.scopes import Scope
from tests.people import PASSWORD

HERE = {"address": "192.0.2.7", "browser": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}


@writes
def login(customer: Profile, email: str, name: str = "Dana Novák", scopes: Iterable[Scope] = tuple(Scope)) -> Actor:
    """A login of `customer` with the usual password."""
    made = logins.add_customer_login(
        customer_id=customer.id, email=email, name=name, password_hash=passwords.hashed(PASSWORD), scopes=scopes
    )
    return _actor(made)


@writes
def administrator(email: str, role: Role = Role.SUPER, partner_id: int | None = None) -> Actor:
    """An administrator with the usual password."""
    made = logins.add_administrator(
        email=email, name="Sol Berg", role=role, password_hash=passwords.hashed(PASSWORD), partner_id=partner_id
    )
    return _actor(made)


def sign_in(email: str, password: str = PASSWORD) -> str:
    """A session's token."""
    return actions.sign_in(email, password, **HERE)


def resume(token: str) -> SignedIn | None:
    """Who holds `token`, as a new request would find it."""
    db.session.rollback()
    return actions.resume(token)


def signed_in(email: str, password: str = PASSWORD) -> SignedIn:
    """Who is signed in after signing in."""
    me = resume(sign_in(email, password))
    assert me is not None
    return me


@writes
def set_status(customer: Profile, status: str) -> None:
    db.session.execute(update(Customer).where(Customer.id == customer.id).values(own_status=status))


def mails() -> list[OutboxMessage]:
    """What is in the outbox, oldest first."""
    db.session.rollback()
    db.session.expire_all()
    return list(db.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))


def recipients(message: OutboxMessage) -> list[str]:
    query = select(OutboxRecipient.address).where(OutboxRecipient.outbox_message_id == message.id)
    return list(db.session.scalars(query))


def link_in(message: OutboxMessage) -> str:
    """The address of the one link to the portal in a mail."""
    found = set(re.findall(r"http://127\.0\.0\.1:8000(/login/\S+)", message.text))
    assert len(found) == 1, message.text
    return str(found.pop())


def token_in(message: OutboxMessage) -> str:
    return link_in(message).rsplit("/", 1)[1]


def sessions() -> list[LoginSession]:
    db.session.rollback()
    db.session.expire_all()
    return list(db.session.scalars(select(LoginSession).order_by(LoginSession.id)))


def _actor(login_id: int) -> Actor:
    person = logins.by_id(login_id)
    assert person is not None
    return person.actor
