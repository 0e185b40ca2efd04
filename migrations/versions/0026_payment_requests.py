"""Payment requests: several invoices that are paid together, under one reference."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
APPEND_ONLY = {
    "payment_request": (
        "UPDATE OF id, public_id, partner_id, holder_id, reference, currency, created_at",
        "id = NEW.id",
    ),
    "payment_request_part": ("UPDATE", "request_id = NEW.request_id AND entry_id = NEW.entry_id"),
}
"""Who asked for one is forgotten with the person."""


def upgrade() -> None:
    op.create_table(
        "payment_request",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(20), nullable=False),
        sa.Column("partner_id", KEY, nullable=False),
        sa.Column("holder_id", KEY, nullable=False),
        sa.Column("reference", sa.String(25), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(254), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_payment_request_partner_id")),
        sa.ForeignKeyConstraint(["holder_id"], ["customer.id"], name=op.f("fk_payment_request_holder_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_request")),
        sa.UniqueConstraint("public_id", name=op.f("uq_payment_request_public_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_payment_request_reference")),
    )
    op.create_index("ix_payment_request_holder_id_id", "payment_request", ["holder_id", "id"])
    op.create_index("ix_payment_request_partner_id_id", "payment_request", ["partner_id", "id"])
    op.create_table(
        "payment_request_part",
        sa.Column("request_id", KEY, autoincrement=False, nullable=False),
        sa.Column("entry_id", KEY, autoincrement=False, nullable=False),
        sa.Column("amount_minor", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["payment_request.id"], name=op.f("fk_payment_request_part_request_id")
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_payment_request_part_entry_id")),
        sa.PrimaryKeyConstraint("request_id", "entry_id", name=op.f("pk_payment_request_part")),
    )
    op.create_index(op.f("ix_payment_request_part_entry_id"), "payment_request_part", ["entry_id"])
    for statement in _guards(op.get_bind().dialect.name == "sqlite"):
        op.execute(statement)


def downgrade() -> None:
    for table in ("payment_request_part", "payment_request"):
        op.drop_table(table)


def _guards(lite: bool) -> Iterator[str]:
    for table, (change, same) in APPEND_ONLY.items():
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
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
