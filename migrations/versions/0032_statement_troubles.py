"""Monthly statements that could not be made or queued: why, and when that was tried last."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "statement_trouble",
        sa.Column("customer_id", KEY, autoincrement=False, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("tried_on", sa.Date(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_statement_trouble_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "month", name=op.f("pk_statement_trouble")),
    )


def downgrade() -> None:
    op.drop_table("statement_trouble")
