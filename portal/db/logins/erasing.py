"""What is erased of somebody’s logins."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, func, or_, update

from portal.db.customers.erasing import Person
from portal.db.engine import db
from portal.db.tables import (
    EmailedToken,
    KeptForm,
    Login,
    LoginSession,
)
from portal.rules.customers.removal import DOMAIN, PERSON


def _erase(person: Person, at: datetime) -> Collection[int]:
    """Logins stay as rows, since the log refers to them, but nobody signs in with them and they name nobody."""
    db.session.execute(
        update(Login)
        .where(Login.id.in_(person.logins))
        .values(
            email="removed-" + Login.public_id + f"@{DOMAIN}",
            name=PERSON,
            password_hash=None,
            scopes="",
            disabled_at=func.coalesce(Login.disabled_at, at),
        )
    )
    theirs = LoginSession.login_id.in_(person.logins)
    db.session.execute(update(LoginSession).where(theirs, LoginSession.ended_at.is_(None)).values(ended_at=at))
    db.session.execute(update(LoginSession).where(theirs).values(address="", browser=""))
    token = EmailedToken
    sent = or_(token.customer_id == person.id, token.login_id.in_(person.logins), token.email.in_(person.emails))
    db.session.execute(delete(token).where(sent))
    db.session.execute(delete(KeptForm).where(KeptForm.login_id.in_(person.logins)))
    return ()


ERASES = _erase
