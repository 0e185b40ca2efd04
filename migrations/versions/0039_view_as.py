"""A session of staff can show the portal as one customer sees it, for a while."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "ALTER TABLE login_session ADD COLUMN viewing_id INTEGER CONSTRAINT fk_login_session_viewing_id "
            "REFERENCES customer (id)"
        )
    else:
        op.add_column("login_session", sa.Column("viewing_id", KEY, nullable=True))
        op.create_foreign_key(op.f("fk_login_session_viewing_id"), "login_session", "customer", ["viewing_id"], ["id"])
    op.add_column("login_session", sa.Column("viewing_until", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("login_session", "viewing_until")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("ALTER TABLE login_session DROP COLUMN viewing_id")
    else:
        op.drop_constraint(op.f("fk_login_session_viewing_id"), "login_session", type_="foreignkey")
        op.drop_column("login_session", "viewing_id")
