"""What looks the same is the same: stored names, addresses and ids get the one form in which they are looked for.

Where that would make two of them the same that must differ, both stay as they are, and `flask doctor` names them. The
forms are those of the program that migrates, so that what it looks for is what it finds. There is no way back to how
a text was written before, and none is needed.
"""

import sqlalchemy as sa
from alembic import op

from portal.db.folding import fold
from portal.rules import texts

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

FORMS = {
    "partner": {"name": texts.name},
    "customer": {
        "external_id": texts.identifier,
        "name": texts.name,
        "given_name": texts.name,
        "family_name": texts.name,
        "email": texts.email,
        "billing_email": texts.email,
    },
    "customer_group": {"external_id": texts.identifier},
    "group_label": {"name": texts.name},
    "group_invitation": {"email": texts.email_key, "name": texts.name},
    "staff_role": {"name": texts.name},
    "administrator": {"name": texts.name},
    "login": {"email": texts.email_key, "name": texts.name},
    "emailed_token": {"email": texts.email_key, "name": texts.name},
    "outbox_message": {"reply_to": texts.email},
    "outbox_recipient": {"address": texts.email},
}
UNIQUE = {("partner", "name"), ("customer", "external_id"), ("customer_group", "external_id"), ("login", "email")}
NEEDED = ("name", "email", "external_id", "address")
"""Columns that are not left empty: where nothing shows, something else stands in."""

SEARCHED = ("name", "email", "billing_email", "phone", "address", "external_id")


def upgrade() -> None:
    bind = op.get_bind()
    for table, forms in FORMS.items():
        columns = sa.table(table, sa.column("id"), *(sa.column(name, sa.String) for name in forms))
        for row in bind.execute(sa.text(f"SELECT * FROM {table} WHERE {_may_differ(forms)}")).mappings().all():
            changed = _changed(bind, columns, forms, row)
            if changed:
                bind.execute(sa.update(columns).where(columns.c.id == row["id"]).values(changed))
                if table == "customer":
                    _fold(bind, {**row, **changed})


def downgrade() -> None:
    pass


def _may_differ(forms: dict) -> str:
    """What can be in another form at all: most texts are plain, and are not even read."""
    odd = "{0} GLOB '*[^ -~]*'" if op.get_bind().dialect.name == "sqlite" else "{0} ~ '[^\\x20-\\x7e]'"
    one = f"{odd} OR {{0}} LIKE ' %' OR {{0}} LIKE '% ' OR {{0}} LIKE '%  %'"
    address = f"{one} OR {{0}} <> lower({{0}}) OR {{0}} LIKE '%xn--%'"
    addressed = (texts.email, texts.email_key)
    return " OR ".join((address if form in addressed else one).format(name) for name, form in forms.items())


def _changed(bind: sa.Connection, table: sa.TableClause, forms: dict, row: sa.RowMapping) -> dict:
    found = {}
    for name, form in forms.items():
        before = row[name]
        after = form(before) if before else before
        if after == before:
            continue
        if not after and name in NEEDED:
            after = _instead(row)
        if (table.name, name) in UNIQUE:
            same = sa.select(table.c.id).where(table.c[name] == after)
            if bind.execute(same).first() is not None:
                continue
        found[name] = after
    return found


def _instead(row: sa.RowMapping) -> str:
    """What stands for a text of which nothing shows."""
    forms = {"given_name": texts.name, "family_name": texts.name, "email": texts.email, "external_id": texts.identifier}
    others = (form(row.get(name) or "") for name, form in forms.items())
    return next(filter(None, others), "") or row.get("public_id") or str(row["id"])


def _fold(bind: sa.Connection, row: dict) -> None:
    words = fold(" ".join(row[name] for name in SEARCHED if row[name]))
    bind.execute(
        sa.text("UPDATE customer SET folded_name = :name, folded = :words WHERE id = :id"),
        {"name": fold(row["name"]), "words": words, "id": row["id"]},
    )
