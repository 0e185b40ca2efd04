"""Customers that were removed, and the one change the audit log takes: erasing a removed person's words (PRI5).

A row of the log stays, with its action, instant, login, grant and customer. Only `actor`, `text` and `details` may
change, and only when the new details say under "erased" for which customer, and that one is marked as removed.
The guard reads `customer`; on SQLite drop it while that table is made anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KEPT = ("id", "public_id", "at", "login_id", '"grant"', "subject_id", "action")
REMOVED = "EXISTS (SELECT 1 FROM customer c WHERE c.removed_at IS NOT NULL AND c.public_id = {erased})"
REFUSE = "BEGIN SELECT RAISE(ABORT, 'audit_record is append-only'); END"

SQLITE_SAME = " AND ".join(f"NEW.{column} IS OLD.{column}" for column in KEPT)
SQLITE_REMOVED = REMOVED.format(erased="json_extract(NEW.details, '$.erased')")
SQLITE = (
    "CREATE TRIGGER audit_record_no_update BEFORE UPDATE ON audit_record "
    f"WHEN NOT ({SQLITE_SAME} AND {SQLITE_REMOVED}) {REFUSE}"
)
POSTGRES_SAME = " AND ".join(f"NEW.{column} IS NOT DISTINCT FROM OLD.{column}" for column in KEPT)
POSTGRES_REMOVED = REMOVED.format(erased="NEW.details ->> 'erased'")
POSTGRES = f"""
    CREATE FUNCTION audit_record_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF TG_OP = 'UPDATE' THEN
            IF {POSTGRES_SAME} AND {POSTGRES_REMOVED} THEN
                RETURN NEW;
            END IF;
        END IF;
        RAISE EXCEPTION 'audit_record is append-only' USING ERRCODE = '23514';
    END $$
"""
POSTGRES_TRIGGER = (
    "CREATE TRIGGER audit_record_no_change BEFORE UPDATE OR DELETE ON audit_record FOR EACH ROW EXECUTE FUNCTION {}()"
)


def upgrade() -> None:
    op.add_column("customer", sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True))
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER audit_record_no_update")
        op.execute(SQLITE)
    else:
        op.execute("DROP TRIGGER audit_record_no_change ON audit_record")
        op.execute(POSTGRES)
        op.execute(POSTGRES_TRIGGER.format("audit_record_kept"))


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER audit_record_no_update")
        op.execute(f"CREATE TRIGGER audit_record_no_update BEFORE UPDATE ON audit_record {REFUSE}")
    else:
        op.execute("DROP TRIGGER audit_record_no_change ON audit_record")
        op.execute("DROP FUNCTION audit_record_kept()")
        op.execute(POSTGRES_TRIGGER.format("refuse_change"))
    op.drop_column("customer", "removed_at")
