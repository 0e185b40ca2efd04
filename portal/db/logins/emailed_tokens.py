"""Single-use links sent by mail: resets, invitations, activations. Only their hashes are stored (SEC22)."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, or_, select, update

from portal.db.engine import db, is_sqlite
from portal.db.logins.people import digest, normalised
from portal.db.tables import EmailedToken
from portal.db.types import new_public_id, scopes_of, scopes_text
from portal.outside import clock
from portal.rules.logins.emailed_links import LIFETIMES, LinkState, Purpose
from portal.rules.scopes import Scope


@dataclass(frozen=True, slots=True)
class Link:
    """A link that was sent. It leads to a login that exists, or to one that its use makes for a customer."""

    id: int
    public_id: str
    purpose: Purpose
    email: str
    name: str
    scopes: frozenset[Scope]
    login_id: int | None
    customer_id: int | None
    created_at: datetime
    expires_at: datetime
    state: LinkState


def issue(
    purpose: Purpose,
    email: str,
    *,
    name: str = "",
    scopes: Iterable[Scope] = (),
    login_id: int | None = None,
    customer_id: int | None = None,
) -> tuple[str, datetime]:
    """A new token for `email`, in place of the open ones of its kind; returns it and when it expires."""
    now = clock.now()
    hold(email)
    revoke(
        EmailedToken.purpose == purpose.value,
        EmailedToken.email == normalised(email),
        EmailedToken.login_id.is_not_distinct_from(login_id),
        EmailedToken.customer_id.is_not_distinct_from(customer_id),
    )
    token = secrets.token_urlsafe(32)
    db.session.add(
        EmailedToken(
            public_id=new_public_id(),
            purpose=purpose.value,
            token_hash=digest(token),
            email=normalised(email),
            name=name,
            scopes=scopes_text(scopes),
            login_id=login_id,
            customer_id=customer_id,
            created_at=now,
            expires_at=now + LIFETIMES[purpose],
        )
    )
    db.session.flush()
    return token, now + LIFETIMES[purpose]


def find(token: str) -> Link | None:
    """The link that `token` opens, in whatever state."""
    query = select(EmailedToken).where(EmailedToken.token_hash == digest(token))
    row = db.session.scalars(query, execution_options={"populate_existing": True}).first()
    return _link(row) if row else None


def hold(email: str) -> None:
    """Hold every link that was sent to `email` for this transaction, in the order of their ids: each works once.

    SQLite's one writer holds everything anyway.
    """
    if not is_sqlite():
        rows = select(EmailedToken.id).where(EmailedToken.email == normalised(email)).order_by(EmailedToken.id)
        db.session.execute(rows.with_for_update()).all()


def invitations(customer_id: int) -> Sequence[Link]:
    """Every invitation ever sent for a customer, latest first."""
    query = select(EmailedToken).where(
        EmailedToken.customer_id == customer_id, EmailedToken.purpose == Purpose.INVITATION.value
    )
    return [_link(row) for row in db.session.scalars(query.order_by(EmailedToken.id.desc()))]


def invitation(public_id: str) -> Link | None:
    query = select(EmailedToken).where(
        EmailedToken.public_id == public_id, EmailedToken.purpose == Purpose.INVITATION.value
    )
    row = db.session.scalars(query, execution_options={"populate_existing": True}).first()
    return _link(row) if row else None


def use(link_id: int) -> None:
    db.session.execute(update(EmailedToken).where(EmailedToken.id == link_id).values(used_at=clock.now()))


def revoke(*which: ColumnElement[bool]) -> None:
    """Take back the open links that match."""
    open_ones = (EmailedToken.used_at.is_(None), EmailedToken.revoked_at.is_(None))
    db.session.execute(update(EmailedToken).where(*open_ones, *which).values(revoked_at=clock.now()))


def revoke_one(link_id: int) -> None:
    revoke(EmailedToken.id == link_id)


def revoke_of_login(login_id: int, email: str) -> None:
    """Take back every open link that could set this login's password. The login is held already."""
    hold(email)
    revoke(or_(EmailedToken.login_id == login_id, EmailedToken.email == email))


def forget_before(instant: datetime) -> int:
    """Delete links that expired before `instant`; returns how many."""
    gone = db.session.execute(delete(EmailedToken).where(EmailedToken.expires_at < instant).returning(EmailedToken.id))
    return len(gone.all())


def _link(row: EmailedToken) -> Link:
    return Link(
        id=row.id,
        public_id=row.public_id,
        purpose=Purpose(row.purpose),
        email=row.email,
        name=row.name,
        scopes=scopes_of(row.scopes),
        login_id=row.login_id,
        customer_id=row.customer_id,
        created_at=row.created_at,
        expires_at=row.expires_at,
        state=_state(row),
    )


def _state(row: EmailedToken) -> LinkState:
    if row.used_at is not None:
        return LinkState.USED
    if row.revoked_at is not None:
        return LinkState.REPLACED
    return LinkState.EXPIRED if row.expires_at <= clock.now() else LinkState.OPEN
