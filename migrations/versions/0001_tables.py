"""Every table of the first release: people, links, books, documents, mail, jobs."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.schema.CreateSequence(sa.Sequence("entry_id_seq")))
    op.create_table(
        "operation",
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_operation")),
    )
    op.create_table(
        "partner",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("time_zone", sa.String(length=60), nullable=False),
        sa.Column("locale", sa.String(length=20), nullable=False),
        sa.Column("default_billing_type", sa.String(length=20), nullable=False),
        sa.Column("default_billing_day", sa.Integer(), nullable=False),
        sa.Column("manages_independent", sa.Boolean(), nullable=False),
        sa.Column("independent_orders", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner")),
        sa.UniqueConstraint("name", name=op.f("uq_partner_name")),
        sa.UniqueConstraint("public_id", name=op.f("uq_partner_public_id")),
    )
    op.create_table(
        "sign_in_try",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", INSTANT, nullable=False),
        sa.Column("blocked_until", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sign_in_try")),
    )
    op.create_table(
        "stored_file",
        sa.Column("id", KEY, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("content_type", sa.String(length=100), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_file")),
        sa.UniqueConstraint("sha256", name=op.f("uq_stored_file_sha256")),
    )
    op.create_table(
        "worker_beat",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_worker_beat")),
    )
    op.create_table(
        "administrator",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("partner_id", KEY, nullable=True),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_administrator_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_administrator")),
        sa.UniqueConstraint("public_id", name=op.f("uq_administrator_public_id")),
    )
    op.create_table(
        "customer",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=20), nullable=False),
        sa.Column("external_id", sa.String(length=100), nullable=True),
        sa.Column("partner_id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("given_name", sa.String(length=100), nullable=False),
        sa.Column("family_name", sa.String(length=100), nullable=False),
        sa.Column("folded_name", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("billing_email", sa.String(length=254), nullable=False),
        sa.Column("phone", sa.String(length=60), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("born_on", sa.Date(), nullable=True),
        sa.Column("own_status", sa.String(length=10), nullable=False),
        sa.Column("blocked_cause", sa.String(length=10), nullable=True),
        sa.Column("status_changed_at", INSTANT, nullable=True),
        sa.Column("billing_type", sa.String(length=20), nullable=False),
        sa.Column("billing_day", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("manages_sub_accounts", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "billing_type IN ('recurring', 'prepaid_custom', 'prepaid_daily')", name=op.f("ck_customer_billing_type")
        ),
        sa.CheckConstraint("kind IN ('individual', 'business')", name=op.f("ck_customer_kind")),
        sa.CheckConstraint(
            "own_status IN ('new', 'active', 'blocked', 'inactive')", name=op.f("ck_customer_own_status")
        ),
        sa.CheckConstraint("billing_day BETWEEN 1 AND 28", name=op.f("ck_customer_billing_day")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_customer_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer")),
        sa.UniqueConstraint("external_id", name=op.f("uq_customer_external_id")),
        sa.UniqueConstraint("id", "partner_id", name=op.f("uq_customer_id_partner_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_customer_public_id")),
    )
    op.create_index(op.f("ix_customer_folded_name_id"), "customer", ["folded_name", "id"], unique=False)
    op.create_index(
        op.f("ix_customer_partner_id_folded_name_id"), "customer", ["partner_id", "folded_name", "id"], unique=False
    )
    op.create_table(
        "number_series",
        sa.Column("partner_id", KEY, nullable=False),
        sa.Column("series", sa.String(length=4), nullable=False),
        sa.Column("next_value", KEY, nullable=False),
        sa.Column("imported_up_to", KEY, nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_number_series_partner_id")),
        sa.PrimaryKeyConstraint("partner_id", "series", name=op.f("pk_number_series")),
    )
    op.create_table(
        "document",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=20), nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("about_id", KEY, nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("file_id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", sa.String(length=254), nullable=False),
        sa.ForeignKeyConstraint(["about_id"], ["customer.id"], name=op.f("fk_document_about_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_document_customer_id")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_document_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint("public_id", name=op.f("uq_document_public_id")),
    )
    op.create_index(op.f("ix_document_customer_id_created_at"), "document", ["customer_id", "created_at"], unique=False)
    op.create_table(
        "entry",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("public_id", sa.String(length=20), nullable=False),
        sa.Column("external_id", sa.String(length=100), nullable=True),
        sa.Column("partner_id", KEY, nullable=False),
        sa.Column("payer_id", KEY, nullable=False),
        sa.Column("issued_for_id", KEY, nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("ledger", sa.String(length=8), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", KEY, nullable=False),
        sa.Column("tax_minor", KEY, nullable=False),
        sa.Column("series", sa.String(length=4), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("sequence", KEY, nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("category", sa.String(length=100), nullable=False),
        sa.Column("reverses_id", KEY, nullable=True),
        sa.Column("actor", sa.String(length=254), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=100), nullable=True),
        sa.CheckConstraint(
            "kind IN ('invoice', 'payment', 'credit_note', 'debit', 'credit', 'refund', 'transfer')",
            name=op.f("ck_entry_kind"),
        ),
        sa.CheckConstraint("ledger IN ('house', 'credit')", name=op.f("ck_entry_ledger")),
        sa.ForeignKeyConstraint(["issued_for_id"], ["customer.id"], name=op.f("fk_entry_issued_for_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_entry_partner_id")),
        sa.ForeignKeyConstraint(["payer_id"], ["customer.id"], name=op.f("fk_entry_payer_id")),
        sa.ForeignKeyConstraint(["reverses_id"], ["entry.id"], name=op.f("fk_entry_reverses_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry")),
        sa.UniqueConstraint("external_id", name=op.f("uq_entry_external_id")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_entry_idempotency_key")),
        sa.UniqueConstraint("partner_id", "series", "number", name=op.f("uq_entry_partner_id_series_number")),
        sa.UniqueConstraint("public_id", name=op.f("uq_entry_public_id")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_entry_reverses_id")),
    )
    op.create_index(op.f("ix_entry_issued_for_id_booked_on"), "entry", ["issued_for_id", "booked_on"], unique=False)
    op.create_table(
        "ledger_account",
        sa.Column("id", KEY, nullable=False),
        sa.Column("partner_id", KEY, nullable=False),
        sa.Column("owner_id", KEY, nullable=True),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("balance_minor", KEY, nullable=False),
        sa.CheckConstraint(
            "(owner_id IS NULL) = (kind NOT IN ('house', 'credit'))", name=op.f("ck_ledger_account_owner")
        ),
        sa.CheckConstraint(
            "kind <> 'credit' OR balance_minor >= 0", name=op.f("ck_ledger_account_credit_not_negative")
        ),
        sa.CheckConstraint(
            "kind IN ('house', 'credit', 'sales', 'bank', 'adjustments')", name=op.f("ck_ledger_account_kind")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["customer.id"], name=op.f("fk_ledger_account_owner_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_ledger_account_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_account")),
        sa.UniqueConstraint("owner_id", "kind", "currency", name=op.f("uq_ledger_account_owner_id_kind_currency")),
    )
    op.create_index(
        "uq_ledger_account_partner",
        "ledger_account",
        ["partner_id", "kind", "currency"],
        unique=True,
        sqlite_where=sa.text("owner_id IS NULL"),
        postgresql_where=sa.text("owner_id IS NULL"),
    )
    op.create_table(
        "login",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=20), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("customer_id", KEY, nullable=True),
        sa.Column("administrator_id", KEY, nullable=True),
        sa.Column("scopes", sa.String(length=200), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("disabled_at", INSTANT, nullable=True),
        sa.Column("password_changed_at", INSTANT, nullable=True),
        sa.CheckConstraint("(customer_id IS NULL) <> (administrator_id IS NULL)", name=op.f("ck_login_one_owner")),
        sa.ForeignKeyConstraint(["administrator_id"], ["administrator.id"], name=op.f("fk_login_administrator_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_login_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login")),
        sa.UniqueConstraint("administrator_id", name=op.f("uq_login_administrator_id")),
        sa.UniqueConstraint("email", name=op.f("uq_login_email")),
        sa.UniqueConstraint("public_id", name=op.f("uq_login_public_id")),
    )
    op.create_index(op.f("ix_login_customer_id"), "login", ["customer_id"], unique=False)
    op.create_table(
        "service",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=20), nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("plan", sa.String(length=200), nullable=False),
        sa.Column("price_minor", KEY, nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("stopped_on", sa.Date(), nullable=True),
        sa.CheckConstraint("period IN ('week', 'month', 'quarter', 'year')", name=op.f("ck_service_period")),
        sa.CheckConstraint("state IN ('active', 'paused', 'stopped')", name=op.f("ck_service_state")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_service_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service")),
        sa.UniqueConstraint("public_id", name=op.f("uq_service_public_id")),
    )
    op.create_index(op.f("ix_service_customer_id_state"), "service", ["customer_id", "state"], unique=False)
    op.create_table(
        "shared_balance",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=20), nullable=False),
        sa.Column("partner_id", KEY, nullable=False),
        sa.Column("primary_id", KEY, nullable=False),
        sa.Column("secondary_id", KEY, nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.CheckConstraint("primary_id <> secondary_id", name=op.f("ck_shared_balance_not_itself")),
        sa.ForeignKeyConstraint(
            ["primary_id", "partner_id"], ["customer.id", "customer.partner_id"], name="fk_share_primary"
        ),
        sa.ForeignKeyConstraint(
            ["secondary_id", "partner_id"], ["customer.id", "customer.partner_id"], name="fk_share_secondary"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shared_balance")),
        sa.UniqueConstraint("public_id", name=op.f("uq_shared_balance_public_id")),
    )
    op.create_index(
        "uq_share_primary",
        "shared_balance",
        ["primary_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "uq_share_secondary",
        "shared_balance",
        ["secondary_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "sub_account_link",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=20), nullable=False),
        sa.Column("partner_id", KEY, nullable=False),
        sa.Column("main_id", KEY, nullable=False),
        sa.Column("sub_id", KEY, nullable=False),
        sa.Column("mode", sa.String(length=12), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.CheckConstraint("mode IN ('aggregated', 'independent')", name=op.f("ck_sub_account_link_mode")),
        sa.CheckConstraint("main_id <> sub_id", name=op.f("ck_sub_account_link_not_itself")),
        sa.ForeignKeyConstraint(["main_id", "partner_id"], ["customer.id", "customer.partner_id"], name="fk_link_main"),
        sa.ForeignKeyConstraint(["sub_id", "partner_id"], ["customer.id", "customer.partner_id"], name="fk_link_sub"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sub_account_link")),
        sa.UniqueConstraint("public_id", name=op.f("uq_sub_account_link_public_id")),
    )
    op.create_index("ix_link_main", "sub_account_link", ["main_id", "ended_at"], unique=False)
    op.create_index("ix_link_sub", "sub_account_link", ["sub_id", "ended_at"], unique=False)
    op.create_index(
        "uq_link_current",
        "sub_account_link",
        ["sub_id"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
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
    op.create_table(
        "account_month",
        sa.Column("ledger_account_id", KEY, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("net_minor", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["ledger_account_id"], ["ledger_account.id"], name=op.f("fk_account_month_ledger_account_id")
        ),
        sa.PrimaryKeyConstraint("ledger_account_id", "month", name=op.f("pk_account_month")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit_record",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=20), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("login_id", KEY, nullable=True),
        sa.Column("actor", sa.String(length=254), nullable=False),
        sa.Column("grant", sa.String(length=40), nullable=False),
        sa.Column("subject_id", KEY, nullable=True),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["login_id"], ["login.id"], name=op.f("fk_audit_record_login_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["customer.id"], name=op.f("fk_audit_record_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_record")),
        sa.UniqueConstraint("public_id", name=op.f("uq_audit_record_public_id")),
    )
    op.create_index(op.f("ix_audit_record_login_id_id"), "audit_record", ["login_id", "id"], unique=False)
    op.create_index(op.f("ix_audit_record_subject_id_id"), "audit_record", ["subject_id", "id"], unique=False)
    op.create_table(
        "emailed_token",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=20), nullable=False),
        sa.Column("purpose", sa.String(length=12), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("scopes", sa.String(length=200), nullable=False),
        sa.Column("login_id", KEY, nullable=True),
        sa.Column("customer_id", KEY, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.CheckConstraint("purpose IN ('reset', 'invitation', 'activation')", name=op.f("ck_emailed_token_purpose")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_emailed_token_customer_id")),
        sa.ForeignKeyConstraint(["login_id"], ["login.id"], name=op.f("fk_emailed_token_login_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emailed_token")),
        sa.UniqueConstraint("public_id", name=op.f("uq_emailed_token_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_emailed_token_token_hash")),
    )
    op.create_index(op.f("ix_emailed_token_customer_id"), "emailed_token", ["customer_id"], unique=False)
    op.create_index(op.f("ix_emailed_token_login_id"), "emailed_token", ["login_id"], unique=False)
    op.create_table(
        "future_item",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=20), nullable=False),
        sa.Column("external_id", sa.String(length=100), nullable=True),
        sa.Column("partner_id", KEY, nullable=False),
        sa.Column("issued_for_id", KEY, nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", KEY, nullable=False),
        sa.Column("tax_minor", KEY, nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("sequence", KEY, nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("category", sa.String(length=100), nullable=False),
        sa.Column("reverses_id", KEY, nullable=True),
        sa.Column("invoiced_by_id", KEY, nullable=True),
        sa.Column("invoiced_at", INSTANT, nullable=True),
        sa.Column("actor", sa.String(length=254), nullable=False),
        sa.Column("idempotency_key", sa.String(length=100), nullable=True),
        sa.ForeignKeyConstraint(["invoiced_by_id"], ["entry.id"], name=op.f("fk_future_item_invoiced_by_id")),
        sa.ForeignKeyConstraint(["issued_for_id"], ["customer.id"], name=op.f("fk_future_item_issued_for_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_future_item_partner_id")),
        sa.ForeignKeyConstraint(["reverses_id"], ["future_item.id"], name=op.f("fk_future_item_reverses_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_future_item")),
        sa.UniqueConstraint("external_id", name=op.f("uq_future_item_external_id")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_future_item_idempotency_key")),
        sa.UniqueConstraint("partner_id", "number", name=op.f("uq_future_item_partner_id_number")),
        sa.UniqueConstraint("public_id", name=op.f("uq_future_item_public_id")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_future_item_reverses_id")),
    )
    op.create_index(
        op.f("ix_future_item_issued_for_id_booked_on"), "future_item", ["issued_for_id", "booked_on"], unique=False
    )
    op.create_table(
        "job",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("login_id", KEY, nullable=True),
        sa.Column("subject_id", KEY, nullable=True),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("cancel_asked", sa.Boolean(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("lease", sa.String(length=40), nullable=False),
        sa.Column("leased_until", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.CheckConstraint("state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name=op.f("ck_job_state")),
        sa.ForeignKeyConstraint(["login_id"], ["login.id"], name=op.f("fk_job_login_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["customer.id"], name=op.f("fk_job_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sa.UniqueConstraint("public_id", name=op.f("uq_job_public_id")),
    )
    op.create_index(op.f("ix_job_login_id_id"), "job", ["login_id", "id"], unique=False)
    op.create_index(op.f("ix_job_state_id"), "job", ["state", "id"], unique=False)
    op.create_table(
        "login_session",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=20), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("login_id", KEY, nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("address", sa.String(length=60), nullable=False),
        sa.Column("browser", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["login_id"], ["login.id"], name=op.f("fk_login_session_login_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_session")),
        sa.UniqueConstraint("public_id", name=op.f("uq_login_session_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_login_session_token_hash")),
    )
    op.create_index(op.f("ix_login_session_login_id_ended_at"), "login_session", ["login_id", "ended_at"], unique=False)
    op.create_table(
        "outbox_message",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=20), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("subject_id", KEY, nullable=True),
        sa.Column("login_id", KEY, nullable=True),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("reply_to", sa.String(length=254), nullable=False),
        sa.Column("sender_name", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("attachments", sa.JSON(), nullable=False),
        sa.Column("secret", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("leased_until", INSTANT, nullable=True),
        sa.Column("lease", sa.String(length=40), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'sending', 'sent', 'partly', 'failed', 'kept')", name=op.f("ck_outbox_message_state")
        ),
        sa.ForeignKeyConstraint(["login_id"], ["login.id"], name=op.f("fk_outbox_message_login_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["customer.id"], name=op.f("fk_outbox_message_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_message")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outbox_message_message_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_outbox_message_public_id")),
    )
    op.create_index("ix_outbox_due", "outbox_message", ["state", "due_at"], unique=False)
    op.create_index(op.f("ix_outbox_message_subject_id_id"), "outbox_message", ["subject_id", "id"], unique=False)
    op.create_table(
        "posting",
        sa.Column("id", KEY, nullable=False),
        sa.Column("entry_id", KEY, nullable=False),
        sa.Column("ledger_account_id", KEY, nullable=False),
        sa.Column("issued_for_id", KEY, nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entry.id"], name=op.f("fk_posting_entry_id"), initially="DEFERRED", deferrable=True
        ),
        sa.ForeignKeyConstraint(["issued_for_id"], ["customer.id"], name=op.f("fk_posting_issued_for_id")),
        sa.ForeignKeyConstraint(
            ["ledger_account_id"], ["ledger_account.id"], name=op.f("fk_posting_ledger_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posting")),
    )
    op.create_index(
        "ix_posting_account", "posting", ["ledger_account_id", "booked_on", "id", "amount_minor"], unique=False
    )
    op.create_index("ix_posting_entry", "posting", ["entry_id"], unique=False)
    op.create_index(
        "ix_posting_issued",
        "posting",
        ["ledger_account_id", "issued_for_id", "booked_on", "id", "amount_minor"],
        unique=False,
    )
    op.create_table(
        "outbox_recipient",
        sa.Column("id", KEY, nullable=False),
        sa.Column("outbox_message_id", KEY, nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=True),
        sa.CheckConstraint("state IN ('queued', 'sent', 'failed', 'kept')", name=op.f("ck_outbox_recipient_state")),
        sa.ForeignKeyConstraint(
            ["outbox_message_id"], ["outbox_message.id"], name=op.f("fk_outbox_recipient_outbox_message_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_recipient")),
    )
    op.create_index(
        op.f("ix_outbox_recipient_outbox_message_id"), "outbox_recipient", ["outbox_message_id"], unique=False
    )


def downgrade() -> None:

    op.drop_index(op.f("ix_outbox_recipient_outbox_message_id"), table_name="outbox_recipient")
    op.drop_table("outbox_recipient")
    op.drop_index("ix_posting_issued", table_name="posting")
    op.drop_index("ix_posting_entry", table_name="posting")
    op.drop_index("ix_posting_account", table_name="posting")
    op.drop_table("posting")
    op.drop_index(op.f("ix_outbox_message_subject_id_id"), table_name="outbox_message")
    op.drop_index("ix_outbox_due", table_name="outbox_message")
    op.drop_table("outbox_message")
    op.drop_index(op.f("ix_login_session_login_id_ended_at"), table_name="login_session")
    op.drop_table("login_session")
    op.drop_index(op.f("ix_job_state_id"), table_name="job")
    op.drop_index(op.f("ix_job_login_id_id"), table_name="job")
    op.drop_table("job")
    op.drop_index(op.f("ix_future_item_issued_for_id_booked_on"), table_name="future_item")
    op.drop_table("future_item")
    op.drop_index(op.f("ix_emailed_token_login_id"), table_name="emailed_token")
    op.drop_index(op.f("ix_emailed_token_customer_id"), table_name="emailed_token")
    op.drop_table("emailed_token")
    op.drop_index(op.f("ix_audit_record_subject_id_id"), table_name="audit_record")
    op.drop_index(op.f("ix_audit_record_login_id_id"), table_name="audit_record")
    op.drop_table("audit_record")
    op.drop_table("account_month")
    op.drop_index("ix_account_issued_month", table_name="account_issued_month")
    op.drop_table("account_issued_month")
    op.drop_table("account_issued")
    op.drop_index(
        "uq_link_current",
        table_name="sub_account_link",
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_index("ix_link_sub", table_name="sub_account_link")
    op.drop_index("ix_link_main", table_name="sub_account_link")
    op.drop_table("sub_account_link")
    op.drop_index(
        "uq_share_secondary",
        table_name="shared_balance",
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_index(
        "uq_share_primary",
        table_name="shared_balance",
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_table("shared_balance")
    op.drop_index(op.f("ix_service_customer_id_state"), table_name="service")
    op.drop_table("service")
    op.drop_index(op.f("ix_login_customer_id"), table_name="login")
    op.drop_table("login")
    op.drop_index(
        "uq_ledger_account_partner",
        table_name="ledger_account",
        sqlite_where=sa.text("owner_id IS NULL"),
        postgresql_where=sa.text("owner_id IS NULL"),
    )
    op.drop_table("ledger_account")
    op.drop_index(op.f("ix_entry_issued_for_id_booked_on"), table_name="entry")
    op.drop_table("entry")
    op.drop_index(op.f("ix_document_customer_id_created_at"), table_name="document")
    op.drop_table("document")
    op.drop_table("number_series")
    op.drop_index(op.f("ix_customer_partner_id_folded_name_id"), table_name="customer")
    op.drop_index(op.f("ix_customer_folded_name_id"), table_name="customer")
    op.drop_table("customer")
    op.drop_table("administrator")
    op.drop_table("worker_beat")
    op.drop_table("stored_file")
    op.drop_table("sign_in_try")
    op.drop_table("partner")
    op.drop_table("operation")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.schema.DropSequence(sa.Sequence("entry_id_seq")))
