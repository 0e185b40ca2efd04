"""Roles that the operator makes, exceptions beside a role, and the fields of each administrator's customer search."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "staff_role",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("folded_name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("permissions", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_role")),
        sa.UniqueConstraint("folded_name", name=op.f("uq_staff_role_folded_name")),
        sa.UniqueConstraint("public_id", name=op.f("uq_staff_role_public_id")),
    )
    with op.batch_alter_table("administrator") as administrator:
        administrator.add_column(sa.Column("role_id", KEY, nullable=True))
        administrator.add_column(sa.Column("given", sa.Text(), nullable=False, server_default=""))
        administrator.add_column(sa.Column("taken", sa.Text(), nullable=False, server_default=""))
        administrator.add_column(sa.Column("search_fields", sa.String(length=200), nullable=True))
        administrator.create_foreign_key(op.f("fk_administrator_role_id"), "staff_role", ["role_id"], ["id"])
        administrator.create_check_constraint(
            op.f("ck_administrator_custom_role"), "(role = 'custom') = (role_id IS NOT NULL)"
        )
        administrator.create_index(op.f("ix_administrator_role_id"), ["role_id"])


def downgrade() -> None:
    """Whoever has a custom role gets the smallest default one, and what was taken away beside a role comes back: both may
    allow more than before, so that these people cannot sign in until somebody enables them again."""
    custom = "SELECT id FROM administrator WHERE role = 'custom' OR taken <> ''"
    op.execute(
        f"UPDATE login SET disabled_at = CURRENT_TIMESTAMP WHERE disabled_at IS NULL AND administrator_id IN ({custom})"
    )
    with op.batch_alter_table("administrator") as administrator:
        administrator.drop_index(op.f("ix_administrator_role_id"))
        administrator.drop_constraint(op.f("ck_administrator_custom_role"), type_="check")
        administrator.drop_constraint(op.f("fk_administrator_role_id"), type_="foreignkey")
        for column in ("search_fields", "taken", "given", "role_id"):
            administrator.drop_column(column)
    op.execute("UPDATE administrator SET role = 'front_of_house' WHERE role = 'custom'")
    op.drop_table("staff_role")
