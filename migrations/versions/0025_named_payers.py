"""Future items that name who pays are found by whom they name."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    named = sa.text("payer_id IS NOT NULL")
    op.create_index(
        "ix_future_item_payer", "future_item", ["payer_id", "booked_on"], sqlite_where=named, postgresql_where=named
    )


def downgrade() -> None:
    op.drop_index("ix_future_item_payer", "future_item")
