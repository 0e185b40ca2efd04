"""Contact details, the other details and the status of customers are permissions of their own.

Whoever was given the joint one has all three, and whoever it was taken from has none of them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

JOINT = "customers.edit"
NEW = ("customers.contact", "customers.status")
ROLE = sa.table("staff_role", sa.column("id"), sa.column("permissions", sa.Text))
ADMINISTRATOR = sa.table("administrator", sa.column("id"), sa.column("given", sa.Text), sa.column("taken", sa.Text))
COLUMNS = ((ROLE, ROLE.c.permissions), (ADMINISTRATOR, ADMINISTRATOR.c.given), (ADMINISTRATOR, ADMINISTRATOR.c.taken))


def upgrade() -> None:
    _change(lambda held: held | set(NEW) if JOINT in held else held)


def downgrade() -> None:
    _change(lambda held: held - set(NEW))


def _change(changed) -> None:
    bind = op.get_bind()
    for table, column in COLUMNS:
        for key, text in bind.execute(sa.select(table.c.id, column).where(column != "")).all():
            held = set(text.split(","))
            if (after := changed(held)) != held:
                values = {column.name: ",".join(sorted(after))}
                bind.execute(sa.update(table).where(table.c.id == key).values(values))
