"""The audit log and the outbox keep sentences with their parts, so that they can be read in any language.

What was written before stays as it is: text without parts. On the way back the parts are written out in English.
"""

from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

LOG = sa.table("audit_record", sa.column("id"), sa.column("text", sa.Text), sa.column("parts", sa.JSON))
LITE_GUARD = "audit_record_no_update"


def upgrade() -> None:
    op.add_column("audit_record", sa.Column("parts", sa.JSON(), nullable=True))
    op.add_column("outbox_message", sa.Column("subject_parts", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("outbox_message", "subject_parts")
    _write_out()
    op.drop_column("audit_record", "parts")


def _write_out() -> None:
    """The guard of the log refuses every change, so it is away for as long as this takes."""
    bind = op.get_bind()
    lite = bind.dialect.name == "sqlite"
    if lite:
        guard = bind.scalar(sa.text("SELECT sql FROM sqlite_master WHERE name = :name"), {"name": LITE_GUARD})
        op.execute(f"DROP TRIGGER {LITE_GUARD}")
    else:
        op.execute("ALTER TABLE audit_record DISABLE TRIGGER audit_record_no_change")
    rows = bind.execute(sa.select(LOG).where(LOG.c.parts.is_not(None))).all()
    for row in rows:
        if row.parts is not None:
            written = _written(row.text, row.parts)
            bind.execute(sa.update(LOG).where(LOG.c.id == row.id).values(text=written, parts=None))
    if lite:
        op.execute(guard)
    else:
        op.execute("ALTER TABLE audit_record ENABLE TRIGGER audit_record_no_change")


def _written(template: str, kept: dict) -> str:
    count = kept.get("count")
    parts = {name: _part(part) for name, part in kept["parts"].items()}
    if count is not None:
        parts["count"] = str(count)
    return (template if count in (None, 1) else kept["many"]).format_map(parts)


def _part(part: object) -> str:
    if isinstance(part, list):
        written = [_part(one) for one in part]
        return " and ".join(filter(None, (", ".join(written[:-1]), *written[-1:])))
    if not isinstance(part, dict):
        return str(part)
    if "say" in part:
        return _written(part["say"], part)
    if "minor" in part:
        places = part["places"]
        minor = part["minor"]
        whole, rest = divmod(abs(minor), 10**places)
        return f"{'-' if minor < 0 else ''}{whole}{f'.{rest:0{places}d}' if places else ''} {part['currency']}"
    return date.fromisoformat(part["day"]).isoformat() if "day" in part else str(part["at"])
