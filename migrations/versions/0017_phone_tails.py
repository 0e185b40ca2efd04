"""Likely doubles are found by the last digits of their phone number, whatever is noted beside it and wherever it is
dialled from.
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

BARE = (
    "replace(replace(replace(replace(replace(replace(replace(replace(phone, ' ', ''), '-', ''), '(', ''), ')', ''), "
    "'/', ''), '.', ''), '+', ''), '\u00a0', '')"
)
CALLED = sa.text("phone_tail <> ''")
CUSTOMER = sa.table("customer", sa.column("id"), sa.column("phone"), sa.column("phone_tail"))
MOST = 5_000
WRITTEN = re.compile(r"\+?[\d(][\d\s().\-/+]*", re.ASCII)


def upgrade() -> None:
    op.add_column("customer", sa.Column("phone_tail", sa.String(7), nullable=False, server_default=""))
    _fill()
    op.create_index(
        op.f("ix_customer_phone_tail"), "customer", ["phone_tail"], sqlite_where=CALLED, postgresql_where=CALLED
    )
    op.execute("DROP INDEX customer_search_phone")


def downgrade() -> None:
    op.execute(f"CREATE INDEX customer_search_phone ON customer ({BARE})")
    op.drop_index(op.f("ix_customer_phone_tail"), "customer")
    op.drop_column("customer", "phone_tail")


def _fill() -> None:
    bind, last = op.get_bind(), 0
    query = sa.select(CUSTOMER.c.id, CUSTOMER.c.phone).where(CUSTOMER.c.phone != "").order_by(CUSTOMER.c.id)
    change = sa.update(CUSTOMER).where(CUSTOMER.c.id == sa.bindparam("key")).values(phone_tail=sa.bindparam("tail"))
    while rows := bind.execute(query.where(CUSTOMER.c.id > last).limit(MOST)).all():
        last = rows[-1].id
        known = [{"key": row.id, "tail": found} for row in rows if (found := _tail(row.phone))]
        if known:
            bind.execute(change, known)


def _tail(phone: str) -> str:
    """The last seven digits of the first number in a text."""
    for written in WRITTEN.findall(phone.replace("\u00a0", " ").replace("(0)", " ")):
        count = sum(map(str.isdecimal, written))
        for part in [written] if count <= 15 else re.split(r"[/+]", written):
            digits = "".join(filter(str.isdecimal, part))
            if 6 <= len(digits.removeprefix("00")) <= 15:
                return digits[-7:]
    return ""
