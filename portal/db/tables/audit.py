"""Who did what for whom (append-only), and the answers of requests that must not happen twice."""

from __future__ import annotations

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy import text as sql_text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.engine import Base
from portal.db.types import At, Key, PublicId


class AuditRecord(Base):
    """One thing done: by whom, through which grant, for which customer (O8). Rows are never changed or deleted.

    `text` is the template of a sentence with its `parts`; without parts (None) it is text as it was written. `batch` is
    the public id of the line that tells of many deeds at once, of which this is one.
    """

    __tablename__ = "audit_record"
    __table_args__ = (
        Index(None, "subject_id", "id"),
        Index(None, "login_id", "id"),
        Index(
            "ix_audit_record_batch",
            "batch",
            "id",
            sqlite_where=sql_text("batch IS NOT NULL"),
            postgresql_where=sql_text("batch IS NOT NULL"),
        ),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    at: Mapped[At]
    login_id: Mapped[int | None] = mapped_column(ForeignKey("login.id"))
    actor: Mapped[str] = mapped_column(String(254))
    grant: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))
    action: Mapped[str] = mapped_column(String(60))
    text: Mapped[str] = mapped_column(Text)
    parts: Mapped[dict[str, object] | None] = mapped_column(JSON(none_as_null=True))
    details: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    batch: Mapped[str | None] = mapped_column(String(20))


class Operation(Base):
    """An idempotency key with the request's fingerprint and its answer, written with the effect itself."""

    __tablename__ = "operation"

    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    action: Mapped[str] = mapped_column(String(60))
    fingerprint: Mapped[str] = mapped_column(String(64))
    answer: Mapped[dict[str, object]] = mapped_column(JSON)
    at: Mapped[At]
