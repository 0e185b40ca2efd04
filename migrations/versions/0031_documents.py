"""Documents that people bring: folders, for whom they may be seen, and how much room a customer has."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("document", sa.Column("folder", sa.String(100), nullable=False, server_default=""))
    op.add_column("document", sa.Column("audience", sa.String(10), nullable=False, server_default="everybody"))
    op.add_column("document", sa.Column("by_staff", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("partner", sa.Column("documents_quota", sa.Integer(), nullable=False, server_default="500"))


def downgrade() -> None:
    op.drop_column("partner", "documents_quota")
    for name in ("by_staff", "audience", "folder"):
        op.drop_column("document", name)
