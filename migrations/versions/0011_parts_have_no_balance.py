"""Nothing is kept any more for statements of parts to open with: a part of somebody's books has no balance."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.drop_index("ix_account_issued_month", table_name="account_issued_month")
    op.drop_table("account_issued_month")
    op.drop_table("account_issued")


def downgrade() -> None:
    """Make the sums again, from the postings of customers' accounts."""
    op.create_table(
        "account_issued",
        sa.Column("ledger_account_id", KEY, nullable=False),
        sa.Column("issued_for_id", KEY, nullable=False),
        sa.Column("balance_minor", KEY, nullable=False),
        sa.ForeignKeyConstraint(["issued_for_id"], ["customer.id"], name=op.f("fk_account_issued_issued_for_id")),
        sa.ForeignKeyConstraint(
            ["ledger_account_id"], ["ledger_account.id"], name=op.f("fk_account_issued_ledger_account_id")
        ),
        sa.PrimaryKeyConstraint("ledger_account_id", "issued_for_id", name=op.f("pk_account_issued")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "account_issued_month",
        sa.Column("ledger_account_id", KEY, nullable=False),
        sa.Column("issued_for_id", KEY, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("net_minor", KEY, nullable=False),
        sa.ForeignKeyConstraint(["issued_for_id"], ["customer.id"], name=op.f("fk_account_issued_month_issued_for_id")),
        sa.ForeignKeyConstraint(
            ["ledger_account_id"], ["ledger_account.id"], name=op.f("fk_account_issued_month_ledger_account_id")
        ),
        sa.PrimaryKeyConstraint("ledger_account_id", "issued_for_id", "month", name=op.f("pk_account_issued_month")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_account_issued_month", "account_issued_month", ["ledger_account_id", "month"], unique=False)
    lite = op.get_bind().dialect.name == "sqlite"
    month = "strftime('%Y-%m-01', p.booked_on)" if lite else "CAST(date_trunc('month', p.booked_on) AS DATE)"
    of_customers = "FROM posting p JOIN ledger_account a ON a.id = p.ledger_account_id WHERE a.owner_id IS NOT NULL"
    op.execute(
        "INSERT INTO account_issued (ledger_account_id, issued_for_id, balance_minor) "
        f"SELECT p.ledger_account_id, p.issued_for_id, sum(p.amount_minor) {of_customers} "
        "GROUP BY p.ledger_account_id, p.issued_for_id"
    )
    op.execute(
        "INSERT INTO account_issued_month (ledger_account_id, issued_for_id, month, net_minor) "
        f"SELECT p.ledger_account_id, p.issued_for_id, {month}, sum(p.amount_minor) {of_customers} "
        f"GROUP BY p.ledger_account_id, p.issued_for_id, {month}"
    )
