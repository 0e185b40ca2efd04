"""Notices of blocking keep their remark as a sentence with its parts, so that it can be read in any language."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("blocking_notice", sa.Column("remark_parts", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("blocking_notice", "remark_parts")
