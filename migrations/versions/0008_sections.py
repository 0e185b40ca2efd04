"""Which sections of the portal each partner shows its customers."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

SECTIONS = ("shows_statements", "shows_services", "shows_documents")


def upgrade() -> None:
    for name in SECTIONS:
        op.add_column("partner", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.true()))


def downgrade() -> None:
    for name in SECTIONS:
        op.drop_column("partner", name)
