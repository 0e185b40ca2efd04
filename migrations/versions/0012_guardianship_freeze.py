"""Staff can freeze the guardianship over a customer while there is a dispute."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LASTING = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "guardianship_freeze",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(20), nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("frozen_by", sa.String(254), nullable=False),
        sa.Column("end_reason", sa.String(500), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(254), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_guardianship_freeze_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guardianship_freeze")),
        sa.UniqueConstraint("public_id", name=op.f("uq_guardianship_freeze_public_id")),
    )
    op.create_index(
        "uq_freeze_current",
        "guardianship_freeze",
        ["customer_id"],
        unique=True,
        sqlite_where=LASTING,
        postgresql_where=LASTING,
    )


def downgrade() -> None:
    op.drop_table("guardianship_freeze")
