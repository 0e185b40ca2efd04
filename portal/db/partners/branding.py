"""The colour and the logo of a partner (O5)."""

from __future__ import annotations

from sqlalchemy import Select, func, select

from portal.db.engine import db
from portal.db.rows import columns, first_of, value_of
from portal.db.tables import Partner, PartnerBrand
from portal.rules.partners.branding import Brand


def of_partner(public_id: str) -> Brand | None:
    """How the portal of a partner looks; None where there is no such partner."""
    return first_of(Brand, db.session.execute(_query().where(Partner.public_id == public_id)))


def of_the_only_one() -> Brand | None:
    """How the portal of the only partner looks; None where there are several, or none."""
    found = db.session.execute(_query().order_by(Partner.id).limit(2)).all()
    return value_of(Brand, found[0]) if len(found) == 1 else None


def logo(public_id: str) -> bytes | None:
    """The picture, as PNG."""
    query = select(PartnerBrand.logo).join(Partner, Partner.id == PartnerBrand.partner_id)
    return db.session.scalar(query.where(Partner.public_id == public_id))


def save(partner_id: int, colour: str, version: str, picture: bytes | None) -> None:
    """Set what a partner chose; `picture` None with a version keeps the one that is there."""
    row = db.session.get(PartnerBrand, partner_id)
    if row is None:
        row = PartnerBrand(partner_id=partner_id)
        db.session.add(row)
    row.colour, row.logo_version = colour, version
    if picture is not None or not version:
        row.logo = picture
    db.session.flush()


def _query() -> Select[tuple[str, str, str, str]]:
    found = columns(
        Brand,
        public_id=Partner.public_id,
        name=Partner.name,
        colour=func.coalesce(PartnerBrand.colour, ""),
        logo=func.coalesce(PartnerBrand.logo_version, ""),
    )
    return select(*found).select_from(Partner).outerjoin(PartnerBrand, PartnerBrand.partner_id == Partner.id)
