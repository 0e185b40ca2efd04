"""Which months of a partner are closed, and closing them (F8)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import func, insert, select

from portal.db.bank.files import undecided
from portal.db.bulk import among
from portal.db.engine import db, is_sqlite
from portal.db.tables import BankDecision, BankLine, BankPart, Entry, InvoiceDraft, Partner, PeriodClosing


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


class Dated(NamedTuple):
    """How much is dated into some months: entries, lines of bank files that nobody decided, drafts of invoices."""

    entries: int
    bank_lines: int
    drafts: int


def dated(partner_id: int, since: date | None, through: date) -> Dated:
    """What is dated from a day (or ever) up to another one, at a partner."""
    e, line, decision, draft = Entry, BankLine, BankDecision, InvoiceDraft
    split = select(BankPart.line_id).where(BankPart.part_of_id == line.id).exists()
    entries = select(func.count(e.id)).where(e.partner_id == partner_id, e.booked_on <= through)
    waiting = select(func.count(line.id)).outerjoin(decision, decision.line_id == line.id)
    waiting = waiting.where(line.partner_id == partner_id, line.booked_on <= through, undecided(), ~split)
    drafts = select(func.count(draft.id)).where(
        draft.partner_id == partner_id, draft.content["date"].as_string() <= through.isoformat()
    )
    if since is not None:
        entries, waiting = entries.where(e.booked_on >= since), waiting.where(line.booked_on >= since)
        drafts = drafts.where(draft.content["date"].as_string() >= since.isoformat())
    return Dated(*(int(db.session.scalar(query) or 0) for query in (entries, waiting, drafts)))


def history(partner_id: int) -> list[tuple[date, datetime, str]]:
    """What was closed, when and by whom, newest first."""
    c = PeriodClosing
    rows = db.session.execute(
        select(c.through, c.closed_at, c.actor).where(c.partner_id == partner_id).order_by(c.through.desc())
    )
    return [(through, at, actor) for through, at, actor in rows]
