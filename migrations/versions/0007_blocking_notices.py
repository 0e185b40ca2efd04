"""Notices of blocking, what each partner wants of them, and text messages in the outbox."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    with op.batch_alter_table("outbox_message") as outbox:
        outbox.add_column(sa.Column("channel", sa.String(length=10), nullable=False, server_default="email"))
        outbox.create_check_constraint(op.f("ck_outbox_message_channel"), "channel IN ('email', 'sms')")
    op.create_table(
        "notice_setting",
        sa.Column("partner_id", KEY, autoincrement=False, nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("sub_accounts", sa.Boolean(), nullable=False),
        sa.Column("by_email", sa.Boolean(), nullable=False),
        sa.Column("by_sms", sa.Boolean(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sms", sa.Text(), nullable=False),
        sa.CheckConstraint("hour BETWEEN 0 AND 23", name=op.f("ck_notice_setting_hour")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_notice_setting_partner_id")),
        sa.PrimaryKeyConstraint("partner_id", name=op.f("pk_notice_setting")),
    )
    op.create_table(
        "blocking_notice",
        sa.Column("id", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("because_of_id", KEY, nullable=True),
        sa.Column("written_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.Column("mail_id", KEY, nullable=True),
        sa.Column("sms_id", KEY, nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'written', 'dropped', 'nobody')", name=op.f("ck_blocking_notice_state")
        ),
        sa.CheckConstraint(
            "state <> 'written' OR mail_id IS NOT NULL OR sms_id IS NOT NULL", name=op.f("ck_blocking_notice_written")
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_blocking_notice_customer_id")),
        sa.ForeignKeyConstraint(["because_of_id"], ["customer.id"], name=op.f("fk_blocking_notice_because_of_id")),
        sa.ForeignKeyConstraint(["mail_id"], ["outbox_message.id"], name=op.f("fk_blocking_notice_mail_id")),
        sa.ForeignKeyConstraint(["sms_id"], ["outbox_message.id"], name=op.f("fk_blocking_notice_sms_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blocking_notice")),
    )
    op.create_index(
        "uq_blocking_notice_waiting",
        "blocking_notice",
        ["customer_id"],
        unique=True,
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
    op.create_index(op.f("ix_blocking_notice_state_due_at"), "blocking_notice", ["state", "due_at"])
    op.create_index(op.f("ix_blocking_notice_customer_id_id"), "blocking_notice", ["customer_id", "id"])


def downgrade() -> None:
    """Text messages stay in the outbox as a record. Without their channel they would be sent as mail, so none waits."""
    unfinished = "SELECT id FROM outbox_message WHERE channel = 'sms' AND state IN ('queued', 'sending')"
    op.execute(
        f"UPDATE outbox_recipient SET state = 'failed' WHERE state = 'queued' AND outbox_message_id IN ({unfinished})"
    )
    op.execute(
        "UPDATE outbox_message SET state = 'failed', lease = '', leased_until = NULL, finished_at = CURRENT_TIMESTAMP, "
        f"last_error = 'Text messages are not sent by this version.' WHERE id IN ({unfinished})"
    )
    op.drop_table("blocking_notice")
    op.drop_table("notice_setting")
    with op.batch_alter_table("outbox_message") as outbox:
        outbox.drop_constraint(op.f("ck_outbox_message_channel"), type_="check")
        outbox.drop_column("channel")
