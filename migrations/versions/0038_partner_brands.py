"""The colour and the logo of a partner's portal (O5)."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "partner_brand",
        sa.Column("partner_id", KEY, nullable=False),
        sa.Column("colour", sa.String(7), nullable=False),
        sa.Column("logo", sa.LargeBinary(), nullable=True),
        sa.Column("logo_version", sa.String(12), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_partner_brand_partner_id")),
        sa.PrimaryKeyConstraint("partner_id", name=op.f("pk_partner_brand")),
    )


def downgrade() -> None:
    op.drop_table("partner_brand")
