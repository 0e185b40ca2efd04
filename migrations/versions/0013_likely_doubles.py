"""Customers are found by their email address and phone number at once, so that likely doubles are asked about.

The index on phone numbers leaves out what stands between the digits.
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

BARE = (
    "replace(replace(replace(replace(replace(replace(replace(replace(phone, ' ', ''), '-', ''), '(', ''), ')', ''), "
    "'/', ''), '.', ''), '+', ''), '\u00a0', '')"
)


def upgrade() -> None:
    op.execute("CREATE INDEX customer_search_email ON customer (lower(email))")
    op.execute(f"CREATE INDEX customer_search_phone ON customer ({BARE})")


def downgrade() -> None:
    op.execute("DROP INDEX customer_search_phone")
    op.execute("DROP INDEX customer_search_email")
