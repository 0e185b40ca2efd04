"""Texts that staff begin answers with."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import insert, or_, select, update

from portal.db.engine import db
from portal.db.rows import columns, values_of
from portal.db.tables import CannedAnswer, Partner
from portal.db.types import new_public_id


@dataclass(frozen=True, slots=True)
class Canned:
    """One text; `partner_name` is None where it is for every partner's customers."""

    public_id: str
    partner_id: int | None
    partner_name: str | None
    title: str
    text: str


def listed(partner_id: int | None) -> list[Canned]:
    """The texts for customers of a partner (None: all there are), by title."""
    a = CannedAnswer
    query = (
        select(
            *columns(
                Canned,
                public_id=a.public_id,
                partner_id=a.partner_id,
                partner_name=Partner.name,
                title=a.title,
                text=a.text,
            )
        )
        .outerjoin(Partner, Partner.id == a.partner_id)
        .where(a.retired.is_(False))
    )
    if partner_id is not None:
        query = query.where(or_(a.partner_id.is_(None), a.partner_id == partner_id))
    return values_of(Canned, db.session.execute(query.order_by(a.title, a.id)))


def add(partner_id: int | None, title: str, text: str) -> str:
    """Another text; its public id."""
    public_id = new_public_id()
    db.session.execute(insert(CannedAnswer).values(public_id=public_id, partner_id=partner_id, title=title, text=text))
    return public_id


def change(public_id: str, title: str, text: str) -> None:
    db.session.execute(update(CannedAnswer).where(CannedAnswer.public_id == public_id).values(title=title, text=text))


def retire(public_id: str) -> None:
    """Offer a text no more."""
    db.session.execute(update(CannedAnswer).where(CannedAnswer.public_id == public_id).values(retired=True))
