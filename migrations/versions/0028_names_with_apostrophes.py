"""Customers are found with and without the apostrophes in their names."""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE customer SET folded = folded || ' ' || replace(folded, '''', '') WHERE folded LIKE '%''%'")


def downgrade() -> None:
    """What is found in more ways than before is no harm to an older version."""
