"""Changes of services as dated rows, and which days of a service stay charged (M1, F13)."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SERVICE = ("own_anchor", "changed")
STANDS = sa.text("replaced_at IS NULL")
CHARGED = sa.text("ended_on IS NULL OR ended_on >= first_on")
OF_SERVICE = sa.text("charges_id IS NOT NULL")
BACK = sa.text("credits_id IS NOT NULL")


COLUMNS = ("id", "service_id", "first_on", "last_on", "amount_minor", "invoice_id", "position", "billed_at")
MORE = ("ended_on", "of_first_on", "of_last_on", "elsewhere")


def _charges(*, unique: bool) -> None:
    """Give the table of charges its columns of then; on SQLite it is made anew, because it cannot lose a constraint."""
    constraint = op.f("uq_service_charge_service_id_first_on")
    if op.get_bind().dialect.name != "sqlite":
        if unique:
            for name in MORE:
                op.drop_column("service_charge", name)
            op.create_unique_constraint(constraint, "service_charge", ["service_id", "first_on"])
            return
        op.drop_constraint(constraint, "service_charge", type_="unique")
        for name in ("ended_on", "of_first_on", "of_last_on"):
            op.add_column("service_charge", sa.Column(name, sa.Date(), nullable=True))
        op.add_column("service_charge", sa.Column("elsewhere", sa.Boolean(), nullable=False, server_default=sa.false()))
        return
    more = [
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("of_first_on", sa.Date(), nullable=True),
        sa.Column("of_last_on", sa.Date(), nullable=True),
        sa.Column("elsewhere", sa.Boolean(), nullable=False, server_default=sa.false()),
    ]
    op.create_table(
        "service_charge_new",
        sa.Column("id", KEY, nullable=False),
        sa.Column("service_id", KEY, nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", KEY, nullable=False),
        sa.Column("invoice_id", KEY, nullable=True),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("billed_at", sa.DateTime(timezone=True), nullable=False),
        *([] if unique else more),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_service_charge_service_id")),
        sa.ForeignKeyConstraint(["invoice_id"], ["entry.id"], name=op.f("fk_service_charge_invoice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_charge")),
        *([sa.UniqueConstraint("service_id", "first_on", name=constraint)] if unique else []),
    )
    listed = ", ".join(COLUMNS)
    op.execute(f"INSERT INTO service_charge_new ({listed}) SELECT {listed} FROM service_charge")
    op.drop_table("service_charge")
    op.rename_table("service_charge_new", "service_charge")
    op.create_index("ix_service_charge_invoice_id", "service_charge", ["invoice_id"])


def upgrade() -> None:
    for name in SERVICE:
        op.add_column("service", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "service_change",
        sa.Column("id", KEY, nullable=False),
        sa.Column("service_id", KEY, nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("deed", sa.String(10), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("plan", sa.String(200), nullable=False),
        sa.Column("price_minor", KEY, nullable=False),
        sa.Column("number_e4", KEY, nullable=False),
        sa.Column("period", sa.String(10), nullable=False),
        sa.Column("anchor_on", sa.Date(), nullable=True),
        sa.Column("anchor_day", sa.Integer(), nullable=True),
        sa.Column("own_anchor", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("deed IN ('add', 'change', 'pause', 'resume', 'stop')", name=op.f("ck_service_change_deed")),
        sa.CheckConstraint("state IN ('active', 'paused', 'stopped')", name=op.f("ck_service_change_state")),
        sa.CheckConstraint("period IN ('week', 'month', 'quarter', 'year')", name=op.f("ck_service_change_period")),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_service_change_service_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_change")),
    )
    op.create_index(
        "uq_service_change_stands",
        "service_change",
        ["service_id", "from_on"],
        unique=True,
        sqlite_where=STANDS,
        postgresql_where=STANDS,
    )
    due = sa.text("replaced_at IS NULL AND applied_at IS NULL")
    op.create_index("ix_service_change_due", "service_change", ["from_on"], sqlite_where=due, postgresql_where=due)
    _charges(unique=False)
    op.create_index(
        "uq_service_charge_service_id_first_on",
        "service_charge",
        ["service_id", "first_on"],
        unique=True,
        sqlite_where=CHARGED,
        postgresql_where=CHARGED,
    )
    op.create_index("ix_service_charge_service_id", "service_charge", ["service_id"])
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "ALTER TABLE future_item ADD COLUMN charges_id INTEGER "
            "CONSTRAINT fk_future_item_charges_id REFERENCES service_charge (id)"
        )
    else:
        op.add_column("future_item", sa.Column("charges_id", KEY, nullable=True))
        op.create_foreign_key(
            op.f("fk_future_item_charges_id"), "future_item", "service_charge", ["charges_id"], ["id"]
        )
    op.create_index(
        "ix_future_item_charges_id",
        "future_item",
        ["charges_id"],
        sqlite_where=OF_SERVICE,
        postgresql_where=OF_SERVICE,
    )
    op.create_index(
        "ix_future_item_credits_id", "future_item", ["credits_id"], sqlite_where=BACK, postgresql_where=BACK
    )


def downgrade() -> None:
    op.drop_index("ix_future_item_credits_id", table_name="future_item")
    op.drop_index("ix_future_item_charges_id", table_name="future_item")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("ALTER TABLE future_item DROP COLUMN charges_id")
    else:
        op.drop_constraint(op.f("fk_future_item_charges_id"), "future_item", type_="foreignkey")
        op.drop_column("future_item", "charges_id")
    op.drop_index("ix_service_charge_service_id", table_name="service_charge")
    op.drop_index("uq_service_charge_service_id_first_on", table_name="service_charge")
    _charges(unique=True)
    op.drop_table("service_change")
    for name in reversed(SERVICE):
        op.drop_column("service", name)
