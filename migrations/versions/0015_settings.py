"""How partners bill and are paid, the tax rate of customers, and billing days up to the 31st.

On the way back those who are billed after the 28th are billed on the 28th.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COLUMNS = (
    ("consent_age", sa.Integer(), "16"),
    ("second_factor", sa.String(10), "off"),
    ("billing_schedule", sa.String(20), "off"),
    ("prices", sa.String(8), "net"),
    ("tax_rate", sa.Integer(), "0"),
    ("terms", sa.String(40), "14 days"),
    ("allocation", sa.String(10), "choice"),
    ("apply_credit", sa.Boolean(), sa.false()),
    ("blocking", sa.Boolean(), sa.false()),
    ("grace_days", sa.Integer(), "0"),
    ("reminders", sa.String(200), ""),
    ("reminder_minimum", BIG, "0"),
    ("account_name", sa.String(70), ""),
    ("iban", sa.String(34), ""),
    ("bic", sa.String(11), ""),
    ("reference", sa.String(10), "iso11649"),
    ("tax_id", sa.String(40), ""),
)


def upgrade() -> None:
    for name, kind, default in COLUMNS:
        op.add_column("partner", sa.Column(name, kind, nullable=False, server_default=default))
    _last_billing_day(28, 31)
    op.add_column("customer", sa.Column("tax_rate", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.execute("UPDATE customer SET billing_day = 28 WHERE billing_day > 28")
    op.execute("UPDATE partner SET default_billing_day = 28 WHERE default_billing_day > 28")
    _last_billing_day(31, 28)
    op.drop_column("customer", "tax_rate")
    for name, _kind, _default in reversed(COLUMNS):
        op.drop_column("partner", name)


def _last_billing_day(before: int, after: int) -> None:
    """Let billing days go up to `after`.

    SQLite cannot change a constraint, and making the table anew would cost its triggers and all that refers to it.
    Its documentation names this way for a constraint that rows are known to keep; the column that is added or dropped
    afterwards makes every other connection read the table's definition again.
    """
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint(op.f("ck_customer_billing_day"), "customer", type_="check")
        op.create_check_constraint(op.f("ck_customer_billing_day"), "customer", f"billing_day BETWEEN 1 AND {after}")
        return
    op.execute("PRAGMA writable_schema = ON")
    op.execute(
        "UPDATE sqlite_master SET sql = replace("
        f"sql, 'billing_day BETWEEN 1 AND {before}', 'billing_day BETWEEN 1 AND {after}') "
        "WHERE type = 'table' AND name = 'customer'"
    )
    op.execute("PRAGMA writable_schema = RESET")
