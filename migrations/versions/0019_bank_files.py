"""Bank files with their statements and lines, what was decided about lines, and mappings of CSV files."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)
APPEND_ONLY = {
    "bank_file": "UPDATE",
    "bank_statement": "UPDATE OF id, file_id, position, bank_id, account, currency, opening_minor",
    "bank_line": "UPDATE",
}
"""What a statement closes with is known when its last line is written."""


def upgrade() -> None:
    op.create_table(
        "bank_file",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(20), nullable=False),
        sa.Column("partner_id", KEY, nullable=False),
        sa.Column("file_id", KEY, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("form", sa.String(20), nullable=False),
        sa.Column("imported_at", AT, nullable=False),
        sa.Column("actor", sa.String(254), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_bank_file_partner_id")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_bank_file_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_file")),
        sa.UniqueConstraint("public_id", name=op.f("uq_bank_file_public_id")),
        sa.UniqueConstraint("partner_id", "file_id", name=op.f("uq_bank_file_partner_id_file_id")),
    )
    op.create_table(
        "bank_statement",
        sa.Column("id", KEY, nullable=False),
        sa.Column("file_id", KEY, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("bank_id", sa.String(140), nullable=False),
        sa.Column("account", sa.String(60), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("opening_minor", KEY, nullable=True),
        sa.Column("closing_minor", KEY, nullable=True),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["bank_file.id"], name=op.f("fk_bank_statement_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_statement")),
        sa.UniqueConstraint("file_id", "position", name=op.f("uq_bank_statement_file_id_position")),
    )
    op.create_table(
        "bank_line",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(20), nullable=False),
        sa.Column("partner_id", KEY, nullable=False),
        sa.Column("statement_id", KEY, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(32), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("value_on", sa.Date(), nullable=True),
        sa.Column("amount_minor", KEY, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("account", sa.String(60), nullable=False),
        sa.Column("reference", sa.String(140), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_bank_line_partner_id")),
        sa.ForeignKeyConstraint(["statement_id"], ["bank_statement.id"], name=op.f("fk_bank_line_statement_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_line")),
        sa.UniqueConstraint("public_id", name=op.f("uq_bank_line_public_id")),
        sa.UniqueConstraint("partner_id", "fingerprint", name=op.f("uq_bank_line_partner_id_fingerprint")),
    )
    op.create_index("ix_bank_line_statement_id_position", "bank_line", ["statement_id", "position"])
    op.create_index("ix_bank_line_partner_id_account", "bank_line", ["partner_id", "account"])
    op.create_table(
        "bank_decision",
        sa.Column("line_id", KEY, autoincrement=False, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("entry_id", KEY, nullable=True),
        sa.Column("decided_at", AT, nullable=False),
        sa.Column("actor", sa.String(254), nullable=False),
        sa.CheckConstraint("state IN ('open', 'confirmed', 'ignored')", name=op.f("ck_bank_decision_state")),
        sa.ForeignKeyConstraint(["line_id"], ["bank_line.id"], name=op.f("fk_bank_decision_line_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_bank_decision_entry_id")),
        sa.PrimaryKeyConstraint("line_id", name=op.f("pk_bank_decision")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_bank_decision_entry_id")),
    )
    op.create_table(
        "bank_mapping",
        sa.Column("id", KEY, nullable=False),
        sa.Column("partner_id", KEY, nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_bank_mapping_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_mapping")),
        sa.UniqueConstraint("partner_id", "name", name=op.f("uq_bank_mapping_partner_id_name")),
    )
    for statement in _guards(op.get_bind().dialect.name == "sqlite"):
        op.execute(statement)


def downgrade() -> None:
    for table in ("bank_mapping", "bank_decision", "bank_line", "bank_statement", "bank_file"):
        op.drop_table(table)


def _guards(lite: bool) -> Iterator[str]:
    for table, change in APPEND_ONLY.items():
        if not lite:
            yield (
                f"CREATE TRIGGER {table}_no_change BEFORE {change} OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            )
            yield (
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
            continue
        for name, what in (("update", change), ("delete", "DELETE")):
            yield (
                f"CREATE TRIGGER {table}_no_{name} BEFORE {what} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        yield (
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id) "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
