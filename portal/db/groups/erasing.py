"""What is erased of somebody in groups: invitations, agreements, and why the guardianship was frozen."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import or_, update

from portal.db.customers.erasing import Person
from portal.db.engine import db
from portal.db.groups.live import unanswered
from portal.db.tables import (
    ActingConsent,
    GroupInvitation,
    GuardianshipFreeze,
)
from portal.rules.customers.removal import DOMAIN, PERSON


def _erase(person: Person, at: datetime) -> Collection[int]:
    _invitations(person, at)
    _consents(person)
    _freezes(person)
    return ()


def _invitations(person: Person, at: datetime) -> None:
    """Invitations into groups: those to the person are taken back and name nobody, those from it lose its name."""
    one = GroupInvitation
    to_them = or_(one.customer_id == person.id, one.email.in_(person.emails))
    db.session.execute(update(one).where(to_them, unanswered(one)).values(revoked_at=at))
    db.session.execute(update(one).where(to_them).values(email=f"removed@{DOMAIN}", name=PERSON))
    db.session.execute(update(one).where(one.inviter_id == person.id).values(inviter=PERSON))


def _consents(person: Person) -> None:
    given = ActingConsent.given_by.in_(person.emails)
    db.session.execute(update(ActingConsent).where(given).values(given_by=PERSON))


def _freezes(person: Person) -> None:
    """Why the guardianship over the person was frozen names people."""
    query = update(GuardianshipFreeze).where(GuardianshipFreeze.customer_id == person.id)
    db.session.execute(query.values(reason="", end_reason=""))


ERASES = _erase
