"""Lines of bank files that are parts of another line, which is split."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "bank_part",
        sa.Column("line_id", KEY, autoincrement=False, nullable=False),
        sa.Column("part_of_id", KEY, nullable=False),
        sa.CheckConstraint("line_id <> part_of_id", name=op.f("ck_bank_part_apart")),
        sa.ForeignKeyConstraint(["line_id"], ["bank_line.id"], name=op.f("fk_bank_part_line_id")),
        sa.ForeignKeyConstraint(["part_of_id"], ["bank_line.id"], name=op.f("fk_bank_part_part_of_id")),
        sa.PrimaryKeyConstraint("line_id", name=op.f("pk_bank_part")),
    )
    op.create_index("ix_bank_part_part_of_id", "bank_part", ["part_of_id"])
    if op.get_bind().dialect.name != "sqlite":
        op.execute(
            "CREATE TRIGGER bank_part_no_change BEFORE UPDATE OR DELETE ON bank_part "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            "CREATE TRIGGER bank_part_no_truncate BEFORE TRUNCATE ON bank_part "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for what in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER bank_part_no_{what.lower()} BEFORE {what} ON bank_part "
            "BEGIN SELECT RAISE(ABORT, 'bank_part is append-only'); END"
        )
    op.execute(
        "CREATE TRIGGER bank_part_no_replace BEFORE INSERT ON bank_part "
        "WHEN EXISTS (SELECT 1 FROM bank_part WHERE line_id = NEW.line_id) "
        "BEGIN SELECT RAISE(ABORT, 'bank_part is append-only'); END"
    )


def downgrade() -> None:
    op.drop_table("bank_part")
