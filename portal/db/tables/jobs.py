"""Long work that a person can watch, leave and cancel (UX11)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.engine import Base
from portal.db.types import At, Instant, Key, PublicId, Saying, words
from portal.rules.jobs import JobState
from portal.rules.sentences import NOTHING, Sentence


class Job(Base):
    """One piece of long work: `arguments` say what, `done` of `total` how far, `result` what came of it.

    Among the arguments are "title" and "unit" as stored sentences; the column `title` is the same in plain English.
    """

    __tablename__ = "job"
    __table_args__ = (
        Index(None, "state", "id"),
        Index(None, "login_id", "id"),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    kind: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(300))
    login_id: Mapped[int | None] = mapped_column(ForeignKey("login.id"))
    subject_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))
    arguments: Mapped[dict[str, object]] = mapped_column(JSON)
    state: Mapped[JobState] = mapped_column(words(JobState, 10, check="state"), default=JobState.QUEUED)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    cancel_asked: Mapped[bool] = mapped_column(default=False)
    result: Mapped[dict[str, object] | None] = mapped_column(JSON)
    error: Mapped[Sentence] = mapped_column(Saying, default=NOTHING)
    tries: Mapped[int] = mapped_column(default=0)
    lease: Mapped[str] = mapped_column(String(40), default="")
    leased_until: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[At]
    finished_at: Mapped[datetime | None] = mapped_column(Instant)


class WorkerBeat(Base):
    """When a worker was last alive; pages say so when mail waits and nobody sends."""

    __tablename__ = "worker_beat"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    at: Mapped[At]
