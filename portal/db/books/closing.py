"""Which months of a partner are closed, and closing them (F8)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import func, insert, select

from portal.db.bulk import among
from portal.db.engine import db, is_sqlite
from portal.db.tables import Partner, PeriodClosing


def closed_through(partner_id: int) -> date | None:
    """The last day of the last closed month; None where none is."""
    return db.session.scalar(select(func.max(PeriodClosing.through)).where(PeriodClosing.partner_id == partner_id))


def closed(partner_ids: Collection[int]) -> dict[int, date]:
    """The last closed day of each of these partners that has one."""
    query = select(PeriodClosing.partner_id, func.max(PeriodClosing.through))
    rows = db.session.execute(
        query.where(among(PeriodClosing.partner_id, partner_ids)).group_by(PeriodClosing.partner_id)
    )
    return {key: through for key, through in rows}  # noqa: C416


def held_open(partner_id: int) -> date | None:
    """`closed_through`, which stays so until the transaction ends: closing waits, as it does for whoever posts."""
    if not is_sqlite():
        db.session.execute(
            select(Partner.id).where(Partner.id == partner_id).with_for_update(read=True, key_share=True)
        )
    return closed_through(partner_id)


def take(partner_id: int) -> None:
    """Wait for everybody who writes to the partner's books, and let nobody else begin until the transaction ends."""
    if not is_sqlite():
        db.session.execute(select(Partner.id).where(Partner.id == partner_id).with_for_update())


def close(partner_id: int, through: date, *, actor: str, at: datetime) -> None:
    """Close every month up to one, given its last day."""
    row = {"partner_id": partner_id, "through": through, "closed_at": at, "actor": actor}
    db.session.execute(insert(PeriodClosing).values(**row))


def history(partner_id: int) -> list[tuple[date, datetime, str]]:
    """What was closed, when and by whom, newest first."""
    c = PeriodClosing
    rows = db.session.execute(
        select(c.through, c.closed_at, c.actor).where(c.partner_id == partner_id).order_by(c.through.desc())
    )
    return [(through, at, actor) for through, at, actor in rows]
