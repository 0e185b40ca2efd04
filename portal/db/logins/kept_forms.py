"""Forms that wait until their owner has signed in again (I2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from portal.db.engine import db
from portal.db.tables import KeptForm
from portal.db.types import new_public_id
from portal.outside import clock
from portal.rules.logins.kept_forms import LIFETIME, MOST, Pairs


@dataclass(frozen=True, slots=True)
class Kept:
    """What was typed, and on which page. `left_out` says that a password, code or file was there too."""

    path: str
    fields: Pairs
    left_out: bool


def keep(login_id: int, kept: Kept) -> str:
    """Keep a form for a login, the oldest of too many giving way; its public id."""
    older = select(KeptForm.id).where(KeptForm.login_id == login_id).order_by(KeptForm.id.desc()).offset(MOST - 1)
    db.session.execute(delete(KeptForm).where(KeptForm.id.in_(db.session.scalars(older).all())))
    made = KeptForm(
        public_id=new_public_id(),
        login_id=login_id,
        path=kept.path,
        fields=[list(pair) for pair in kept.fields],
        left_out=kept.left_out,
        expires_at=clock.now() + LIFETIME,
    )
    db.session.add(made)
    db.session.flush()
    return made.public_id


def find(login_id: int, public_id: str) -> Kept | None:
    """A form that is still kept for this login, and for no other."""
    query = select(KeptForm).where(
        KeptForm.login_id == login_id, KeptForm.public_id == public_id, KeptForm.expires_at > clock.now()
    )
    row = db.session.scalars(query).first()
    return Kept(row.path, [(name, text) for name, text in row.fields], row.left_out) if row else None


def forget_before(instant: datetime) -> int:
    """Delete what was to be kept until `instant`; returns how many."""
    gone = db.session.execute(delete(KeptForm).where(KeptForm.expires_at < instant).returning(KeptForm.id))
    return len(gone.all())
