"""Billing runs and what became of each payer in them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from portal.db.engine import db, executed, is_sqlite
from portal.db.tables import BillingOutcome, BillingRun
from portal.db.types import new_public_id
from portal.rules.sentences import NOTHING, Sentence


def begin(
    partner_id: int, on: date, *, actor: str, at: datetime, scheduled: bool = False, job: str = ""
) -> tuple[int, str] | None:
    """Begin a run: its key and public id. A scheduled one of the same day goes on; None where that is finished."""
    public_id = new_public_id()
    row = {
        "public_id": public_id,
        "partner_id": partner_id,
        "run_on": on,
        "actor": actor,
        "started_at": at,
        "scheduled_on": on if scheduled else None,
        "job": job,
    }
    query = (sqlite if is_sqlite() else postgresql).insert(BillingRun).values(**row)
    added = db.session.execute(query.on_conflict_do_nothing().returning(BillingRun.id)).scalar()
    if added is not None:
        return added, public_id
    run = BillingRun
    there = db.session.execute(
        select(run.id, run.public_id, run.finished_at).where(run.partner_id == partner_id, run.scheduled_on == on)
    ).one()
    return None if there.finished_at is not None else (there.id, there.public_id)


def finish(run_id: int, at: datetime) -> None:
    """The run is through."""
    db.session.execute(update(BillingRun).where(BillingRun.id == run_id).values(finished_at=at))


def note(run_id: int, payer_id: int, *, entry_id: int | None = None, minor: int = 0, why: Sentence = NOTHING) -> None:
    """What became of a payer."""
    row = {"run_id": run_id, "payer_id": payer_id, "entry_id": entry_id, "amount_minor": minor, "note": why}
    executed(insert(BillingOutcome), row)
