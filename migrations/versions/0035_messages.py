"""Messages to many customers with their copies, templates and what is declined; notices ahead for memberships."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)
TABLES = ("message_recipient", "message", "message_template", "message_declined")
TOLD = ("renewal_told_for", "age_told_for")


def upgrade() -> None:
    op.add_column("outbox_message", sa.Column("unsubscribe", sa.String(300), nullable=False, server_default=""))
    for name in TOLD:
        op.add_column("membership", sa.Column(name, sa.Date(), nullable=True))
    op.create_table(
        "message",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(20), nullable=False),
        sa.Column("external_id", sa.String(100), nullable=True),
        sa.Column("partner_id", KEY, nullable=True),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("ways", sa.String(40), nullable=False),
        sa.Column("filters", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("due_at", AT, nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("actor", sa.String(254), nullable=False),
        sa.Column("finished_at", AT, nullable=True),
        sa.CheckConstraint("kind IN ('news', 'service', 'money')", name=op.f("ck_message_kind")),
        sa.CheckConstraint("state IN ('scheduled', 'sending', 'sent', 'stopped')", name=op.f("ck_message_state")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_message_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("public_id", name=op.f("uq_message_public_id")),
    )
    op.create_index(op.f("ix_message_partner_id_id"), "message", ["partner_id", "id"])
    op.create_index(op.f("ix_message_state_due_at"), "message", ["state", "due_at"])
    op.create_index(op.f("uq_message_external_id"), "message", ["external_id"], unique=True)
    op.create_table(
        "message_recipient",
        sa.Column("id", KEY, nullable=False),
        sa.Column("message_id", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("reader_id", KEY, nullable=True),
        sa.Column("way", sa.String(10), nullable=True),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("address_key", sa.String(270), nullable=True),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("why", sa.String(20), nullable=False),
        sa.Column("shared_with_id", KEY, nullable=True),
        sa.Column("outbox_id", KEY, nullable=True),
        sa.Column("handed_at", AT, nullable=True),
        sa.Column("read_at", AT, nullable=True),
        sa.CheckConstraint("way IN ('email', 'sms', 'portal')", name=op.f("ck_message_recipient_way")),
        sa.CheckConstraint(
            "state IN ('waiting', 'sent', 'failed', 'left_out')", name=op.f("ck_message_recipient_state")
        ),
        sa.CheckConstraint(
            "why IN ('', 'declined', 'no_address', 'same_address', 'inactive', 'removed', 'stopped')",
            name=op.f("ck_message_recipient_why"),
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_message_recipient_customer_id")),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_message_recipient_message_id")),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox_message.id"], name=op.f("fk_message_recipient_outbox_id")),
        sa.ForeignKeyConstraint(["reader_id"], ["customer.id"], name=op.f("fk_message_recipient_reader_id")),
        sa.ForeignKeyConstraint(["shared_with_id"], ["customer.id"], name=op.f("fk_message_recipient_shared_with_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_recipient")),
        sa.UniqueConstraint("message_id", "address_key", name=op.f("uq_message_recipient_message_id_address_key")),
        sa.UniqueConstraint("message_id", "customer_id", name=op.f("uq_message_recipient_message_id_customer_id")),
    )
    op.create_index(op.f("ix_message_recipient_customer_id"), "message_recipient", ["customer_id"])
    op.create_index(op.f("ix_message_recipient_handed_at"), "message_recipient", ["handed_at"])
    op.create_index(
        op.f("ix_message_recipient_message_id_state_id"), "message_recipient", ["message_id", "state", "id"]
    )
    op.create_index(op.f("ix_message_recipient_outbox_id"), "message_recipient", ["outbox_id"])
    op.create_index(op.f("ix_message_recipient_reader_id_way"), "message_recipient", ["reader_id", "way"])
    op.create_table(
        "message_template",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(20), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("actor", sa.String(254), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_template")),
        sa.UniqueConstraint("name", name=op.f("uq_message_template_name")),
        sa.UniqueConstraint("public_id", name=op.f("uq_message_template_public_id")),
    )
    op.create_table(
        "message_declined",
        sa.Column("customer_id", KEY, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("since", AT, nullable=False),
        sa.Column("actor", sa.String(254), nullable=False),
        sa.CheckConstraint("kind IN ('news', 'service', 'money')", name=op.f("ck_message_declined_kind")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_message_declined_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "kind", name=op.f("pk_message_declined")),
    )


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    for name in reversed(TOLD):
        op.drop_column("membership", name)
    op.drop_column("outbox_message", "unsubscribe")
