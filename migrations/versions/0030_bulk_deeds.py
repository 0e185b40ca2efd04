"""Lines of the log that belong to one bulk deed name the line that tells of all of it."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("audit_record", sa.Column("batch", sa.String(20)))
    belongs = sa.text("batch IS NOT NULL")
    op.create_index(
        "ix_audit_record_batch", "audit_record", ["batch", "id"], sqlite_where=belongs, postgresql_where=belongs
    )


def downgrade() -> None:
    op.drop_index("ix_audit_record_batch", "audit_record")
    op.drop_column("audit_record", "batch")
