"""Tickets: their threads, files, people and mail, canned answers, and how a partner takes them."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)
TABLES = ("ticket_file", "ticket_person", "ticket_mail", "ticket_letter", "ticket_entry", "ticket", "canned_answer")


def upgrade() -> None:
    op.add_column("partner", sa.Column("shows_tickets", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("partner", sa.Column("tickets_close_after", sa.Integer(), nullable=False, server_default="14"))
    op.create_table(
        "canned_answer",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(20), nullable=False),
        sa.Column("partner_id", KEY, nullable=True),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("retired", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_canned_answer_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canned_answer")),
        sa.UniqueConstraint("public_id", name=op.f("uq_canned_answer_public_id")),
    )
    op.create_table(
        "ticket",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(20), nullable=False),
        sa.Column("token", sa.String(20), nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("subject", sa.String(300), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("priority", sa.String(10), nullable=False),
        sa.Column("assignee_id", KEY, nullable=True),
        sa.Column("opened_at", AT, nullable=False),
        sa.Column("changed_at", AT, nullable=False),
        sa.Column("solved_at", AT, nullable=True),
        sa.Column("follows_id", KEY, nullable=True),
        sa.Column("merged_into_id", KEY, nullable=True),
        sa.ForeignKeyConstraint(["assignee_id"], ["login.id"], name=op.f("fk_ticket_assignee_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_ticket_customer_id")),
        sa.ForeignKeyConstraint(["follows_id"], ["ticket.id"], name=op.f("fk_ticket_follows_id")),
        sa.ForeignKeyConstraint(["merged_into_id"], ["ticket.id"], name=op.f("fk_ticket_merged_into_id")),
        sa.CheckConstraint(
            "state IN ('open', 'waiting_for_us', 'waiting_for_customer', 'solved', 'closed')",
            name=op.f("ck_ticket_state"),
        ),
        sa.CheckConstraint("priority IN ('low', 'normal', 'high', 'urgent')", name=op.f("ck_ticket_priority")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket")),
        sa.UniqueConstraint("public_id", name=op.f("uq_ticket_public_id")),
        sa.UniqueConstraint("token", name=op.f("uq_ticket_token")),
    )
    op.create_index(op.f("ix_ticket_assignee_id_state"), "ticket", ["assignee_id", "state"])
    op.create_index(op.f("ix_ticket_customer_id_changed_at"), "ticket", ["customer_id", "changed_at"])
    op.create_index(op.f("ix_ticket_state_changed_at_id"), "ticket", ["state", "changed_at", "id"])

    op.create_table(
        "ticket_entry",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(20), nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("via", sa.String(10), nullable=False),
        sa.Column("by", sa.String(254), nullable=False),
        sa.Column("login_id", KEY, nullable=True),
        sa.Column("by_staff", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), server_default="", nullable=False),
        sa.Column("left_out", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["login_id"], ["login.id"], name=op.f("fk_ticket_entry_login_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_entry_ticket_id")),
        sa.CheckConstraint("kind IN ('answer', 'note', 'change', 'held')", name=op.f("ck_ticket_entry_kind")),
        sa.CheckConstraint("via IN ('page', 'mail', 'command')", name=op.f("ck_ticket_entry_via")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_entry")),
        sa.UniqueConstraint("public_id", name=op.f("uq_ticket_entry_public_id")),
    )
    op.create_index(op.f("ix_ticket_entry_ticket_id_id"), "ticket_entry", ["ticket_id", "id"])

    op.create_table(
        "ticket_letter",
        sa.Column("id", KEY, nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("message_id", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_letter_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_letter")),
        sa.UniqueConstraint("message_id", name=op.f("uq_ticket_letter_message_id")),
    )
    op.create_index(op.f("ix_ticket_letter_ticket_id"), "ticket_letter", ["ticket_id"])

    op.create_table(
        "ticket_mail",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(20), nullable=False),
        sa.Column("received_at", AT, nullable=False),
        sa.Column("message_id", sa.String(300), nullable=False),
        sa.Column("sender", sa.String(254), nullable=False),
        sa.Column("sender_name", sa.String(254), nullable=False),
        sa.Column("subject", sa.String(300), nullable=False),
        sa.Column("outcome", sa.String(10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ticket_id", KEY, nullable=True),
        sa.Column("file_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_ticket_mail_file_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_mail_ticket_id")),
        sa.CheckConstraint(
            "outcome IN ('answered', 'opened', 'held', 'unknown', 'ignored')", name=op.f("ck_ticket_mail_outcome")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_mail")),
        sa.UniqueConstraint("message_id", name=op.f("uq_ticket_mail_message_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_ticket_mail_public_id")),
    )
    op.create_index(op.f("ix_ticket_mail_file_id"), "ticket_mail", ["file_id"])
    op.create_index(op.f("ix_ticket_mail_outcome_id"), "ticket_mail", ["outcome", "id"])
    op.create_index(op.f("ix_ticket_mail_ticket_id"), "ticket_mail", ["ticket_id"])

    op.create_table(
        "ticket_person",
        sa.Column("id", KEY, nullable=False),
        sa.Column("ticket_id", KEY, nullable=False),
        sa.Column("login_id", KEY, nullable=True),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("name", sa.String(254), nullable=False),
        sa.ForeignKeyConstraint(["login_id"], ["login.id"], name=op.f("fk_ticket_person_login_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_person_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_person")),
        sa.UniqueConstraint("ticket_id", "email", name=op.f("uq_ticket_person_ticket_id_email")),
    )
    op.create_index(op.f("ix_ticket_person_login_id"), "ticket_person", ["login_id"])

    op.create_table(
        "ticket_file",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(20), nullable=False),
        sa.Column("entry_id", KEY, nullable=False),
        sa.Column("file_id", KEY, nullable=False),
        sa.Column("filename", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["ticket_entry.id"], name=op.f("fk_ticket_file_entry_id")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_ticket_file_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_file")),
        sa.UniqueConstraint("public_id", name=op.f("uq_ticket_file_public_id")),
    )
    op.create_index(op.f("ix_ticket_file_entry_id"), "ticket_file", ["entry_id"])
    op.create_index(op.f("ix_ticket_file_file_id"), "ticket_file", ["file_id"])


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.drop_column("partner", "tickets_close_after")
    op.drop_column("partner", "shows_tickets")
