"""Groups of customers, with labels, invitations, agreements and who looked at whom; the switch that turns them on."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
LABELS = ("Parent", "Nanny", "Child", "Carer")
PARTNER_COLUMNS = ("groups_on", "customers_create_groups", "groups_per_customer", "majority_age")
PARTNER_CHECKS = (
    ("ck_partner_groups_per_customer", "groups_per_customer >= 1"),
    ("ck_partner_majority_age", "majority_age BETWEEN 1 AND 150"),
)
ROLE = "role IN ('owner', 'admin', 'dependent')"
CURRENT = sa.text("left_at IS NULL")
OWNING = sa.text("left_at IS NULL AND role = 'owner'")
STANDING = sa.text("withdrawn_at IS NULL")
BORN = sa.text("born_on IS NOT NULL")


def upgrade() -> None:
    with op.batch_alter_table("partner") as partner:
        partner.add_column(sa.Column("groups_on", sa.Boolean(), nullable=True))
        partner.add_column(
            sa.Column("customers_create_groups", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        partner.add_column(sa.Column("groups_per_customer", sa.Integer(), nullable=False, server_default="1"))
        partner.add_column(sa.Column("majority_age", sa.Integer(), nullable=False, server_default="18"))
        for name, condition in PARTNER_CHECKS:
            partner.create_check_constraint(op.f(name), condition)
    op.create_index(op.f("ix_customer_born_on"), "customer", ["born_on"], sqlite_where=BORN, postgresql_where=BORN)
    op.create_table(
        "feature",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_feature")),
    )
    op.create_table(
        "customer_group",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=20), nullable=False),
        sa.Column("external_id", sa.String(length=100), nullable=True),
        sa.Column("partner_id", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("dissolved_at", INSTANT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_customer_group_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_group")),
        sa.UniqueConstraint("external_id", name=op.f("uq_customer_group_external_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_customer_group_public_id")),
        sa.UniqueConstraint("id", "partner_id", name=op.f("uq_customer_group_id_partner_id")),
    )
    labels = op.create_table(
        "group_label",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("folded_name", sa.String(length=200), nullable=False),
        sa.Column("retired_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_label")),
        sa.UniqueConstraint("folded_name", name=op.f("uq_group_label_folded_name")),
        sa.UniqueConstraint("public_id", name=op.f("uq_group_label_public_id")),
    )
    op.bulk_insert(
        labels,
        [{"public_id": secrets.token_hex(10), "name": name, "folded_name": name.lower()} for name in LABELS],
    )
    op.create_table(
        "group_member",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=20), nullable=False),
        sa.Column("partner_id", KEY, nullable=False),
        sa.Column("group_id", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("label_id", KEY, nullable=True),
        sa.Column("scopes", sa.String(length=200), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("joined_at", INSTANT, nullable=False),
        sa.Column("left_at", INSTANT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("end_told_for", sa.Date(), nullable=True),
        sa.Column("majority_told", sa.String(length=10), nullable=False),
        sa.CheckConstraint(ROLE, name=op.f("ck_group_member_role")),
        sa.CheckConstraint("role <> 'owner' OR until IS NULL", name=op.f("ck_group_member_owner_stays")),
        sa.ForeignKeyConstraint(
            ["group_id", "partner_id"], ["customer_group.id", "customer_group.partner_id"], name="fk_member_group"
        ),
        sa.ForeignKeyConstraint(
            ["customer_id", "partner_id"], ["customer.id", "customer.partner_id"], name="fk_member_customer"
        ),
        sa.ForeignKeyConstraint(["label_id"], ["group_label.id"], name=op.f("fk_group_member_label_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_member")),
        sa.UniqueConstraint("public_id", name=op.f("uq_group_member_public_id")),
    )
    op.create_index("ix_member_customer", "group_member", ["customer_id", "left_at"])
    op.create_index("ix_member_until", "group_member", ["until"])
    op.create_index(
        "uq_member_current",
        "group_member",
        ["group_id", "customer_id"],
        unique=True,
        sqlite_where=CURRENT,
        postgresql_where=CURRENT,
    )
    op.create_index(
        "uq_member_owner", "group_member", ["group_id"], unique=True, sqlite_where=OWNING, postgresql_where=OWNING
    )
    op.create_table(
        "acting_consent",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=20), nullable=False),
        sa.Column("member_id", KEY, nullable=False),
        sa.Column("wording", sa.String(length=20), nullable=False),
        sa.Column("scopes", sa.String(length=200), nullable=False),
        sa.Column("given_at", INSTANT, nullable=False),
        sa.Column("given_by", sa.String(length=254), nullable=False),
        sa.Column("withdrawn_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["group_member.id"], name=op.f("fk_acting_consent_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acting_consent")),
        sa.UniqueConstraint("public_id", name=op.f("uq_acting_consent_public_id")),
    )
    op.create_index(
        "uq_consent_current",
        "acting_consent",
        ["member_id"],
        unique=True,
        sqlite_where=STANDING,
        postgresql_where=STANDING,
    )
    op.create_table(
        "group_invitation",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("group_id", KEY, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("label_id", KEY, nullable=True),
        sa.Column("scopes", sa.String(length=200), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("inviter", sa.String(length=200), nullable=False),
        sa.Column("inviter_id", KEY, nullable=True),
        sa.Column("customer_id", KEY, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("accepted_at", INSTANT, nullable=True),
        sa.Column("declined_at", INSTANT, nullable=True),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.CheckConstraint("kind IN ('membership', 'ownership')", name=op.f("ck_group_invitation_kind")),
        sa.CheckConstraint(ROLE, name=op.f("ck_group_invitation_role")),
        sa.ForeignKeyConstraint(["group_id"], ["customer_group.id"], name=op.f("fk_group_invitation_group_id")),
        sa.ForeignKeyConstraint(["label_id"], ["group_label.id"], name=op.f("fk_group_invitation_label_id")),
        sa.ForeignKeyConstraint(["inviter_id"], ["customer.id"], name=op.f("fk_group_invitation_inviter_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_group_invitation_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_invitation")),
        sa.UniqueConstraint("public_id", name=op.f("uq_group_invitation_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_group_invitation_token_hash")),
    )
    op.create_index(op.f("ix_group_invitation_group_id"), "group_invitation", ["group_id"])
    op.create_index(op.f("ix_group_invitation_customer_id"), "group_invitation", ["customer_id"])
    op.create_index(op.f("ix_group_invitation_email"), "group_invitation", ["email"])
    op.create_table(
        "viewing",
        sa.Column("id", KEY, nullable=False),
        sa.Column("subject_id", KEY, nullable=False),
        sa.Column("login_id", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("part", sa.String(length=40), nullable=False),
        sa.Column("grant", sa.String(length=40), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["subject_id"], ["customer.id"], name=op.f("fk_viewing_subject_id")),
        sa.ForeignKeyConstraint(["login_id"], ["login.id"], name=op.f("fk_viewing_login_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_viewing")),
        sa.UniqueConstraint(
            "subject_id", "day", "login_id", "part", name=op.f("uq_viewing_subject_id_day_login_id_part")
        ),
    )


def downgrade() -> None:
    for table in ("viewing", "group_invitation", "acting_consent", "group_member", "group_label", "customer_group"):
        op.drop_table(table)
    op.drop_table("feature")
    op.drop_index(op.f("ix_customer_born_on"), table_name="customer")
    with op.batch_alter_table("partner") as partner:
        for name, _ in PARTNER_CHECKS:
            partner.drop_constraint(op.f(name), type_="check")
        for column in PARTNER_COLUMNS:
            partner.drop_column(column)
