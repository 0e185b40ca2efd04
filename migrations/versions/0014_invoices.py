"""Invoices with lines, credit notes, what settles what, and months that are closed.

What is in the books already is settled oldest due first, so that open items add up to each House Account from the
first day on. Older invoices are due fourteen days after their date.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import groupby, islice
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)
OPEN, MOVED = sa.text("open_minor <> 0"), sa.text("moved_to_id IS NOT NULL")
BETWEEN = "(open_minor >= 0 AND open_minor <= amount_minor) OR (open_minor <= 0 AND open_minor >= amount_minor)"
FIXED = (
    "id, public_id, external_id, partner_id, payer_id, issued_for_id, booked_on, entered_at, kind, ledger, currency, "
    "amount_minor, tax_minor, series, number, sequence, description, category, reverses_id, actor, reason, "
    "idempotency_key, due_on"
)
"""What of an entry never changes; what is open of it and with whom it stands do."""
APPEND_ONLY = ("invoice", "invoice_line", "credit_note", "credit_note_line", "refund", "allocation", "item_move")
KEYS = {"invoice": "entry_id", "credit_note": "entry_id", "refund": "entry_id", "credit_note_line": ""}
AT_ONCE = 5_000


def upgrade() -> None:
    lite = op.get_bind().dialect.name == "sqlite"
    op.execute("DROP TRIGGER entry_no_update" if lite else "DROP TRIGGER entry_no_change ON entry")
    if lite:
        op.execute("ALTER TABLE entry ADD COLUMN due_on DATE")
        op.execute(
            f"ALTER TABLE entry ADD COLUMN open_minor INTEGER NOT NULL DEFAULT 0 CONSTRAINT ck_entry_open CHECK ({BETWEEN})"
        )
        op.execute("ALTER TABLE entry ADD COLUMN moved_to_id INTEGER")
    else:
        op.add_column("entry", sa.Column("due_on", sa.Date(), nullable=True))
        op.add_column("entry", sa.Column("open_minor", KEY, nullable=False, server_default="0"))
        op.add_column("entry", sa.Column("moved_to_id", KEY, nullable=True))
        op.create_check_constraint(op.f("ck_entry_open"), "entry", BETWEEN)
    _papers()
    _settling()
    _settle_what_is_there(lite)
    op.create_index("ix_entry_open", "entry", ["payer_id", "due_on"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index("ix_entry_moved", "entry", ["moved_to_id"], sqlite_where=MOVED, postgresql_where=MOVED)
    for statement in _guards(lite):
        op.execute(statement)


def downgrade() -> None:
    lite = op.get_bind().dialect.name == "sqlite"
    op.execute("DROP TRIGGER entry_no_update" if lite else "DROP TRIGGER entry_no_change ON entry")
    op.execute("DROP TRIGGER entry_period_open" if lite else "DROP TRIGGER entry_period_open ON entry")
    if not lite:
        op.execute("DROP FUNCTION entry_period_open()")
    op.drop_index("ix_entry_moved", table_name="entry")
    op.drop_index("ix_entry_open", table_name="entry")
    if lite:
        for name in ("moved_to_id", "open_minor", "due_on"):
            op.execute(f"ALTER TABLE entry DROP COLUMN {name}")
        op.execute(
            "CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'entry is append-only'); END"
        )
    else:
        op.drop_constraint(op.f("ck_entry_open"), "entry")
        for name in ("moved_to_id", "open_minor", "due_on"):
            op.drop_column("entry", name)
        op.execute(
            "CREATE TRIGGER entry_no_change BEFORE UPDATE OR DELETE ON entry FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    for table in (
        *("period_closing", "item_move", "allocation_part", "allocation", "refund", "credit_note_line", "credit_note"),
        *("invoice_draft", "invoice_line", "invoice"),
    ):
        op.drop_table(table)


# Tables ---------------------------------------------------------------------------------------------------------------


def _papers() -> None:
    op.create_table(
        "invoice",
        sa.Column("entry_id", KEY, autoincrement=False, nullable=False),
        sa.Column("prices", sa.String(8), nullable=False),
        sa.Column("reference", sa.String(60), nullable=False),
        sa.Column("parties", sa.JSON(), nullable=False),
        sa.CheckConstraint("prices IN ('net', 'gross')", name=op.f("ck_invoice_prices")),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_invoice_entry_id")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_invoice")),
    )
    op.create_index("ix_invoice_reference", "invoice", ["reference"])
    op.create_table(
        "invoice_line",
        sa.Column("id", KEY, nullable=False),
        sa.Column("invoice_id", KEY, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("category", sa.String(100), nullable=False),
        sa.Column("quantity_e4", KEY, nullable=False),
        sa.Column("unit_price_minor", KEY, nullable=False),
        sa.Column("discount_e3", sa.Integer(), nullable=False),
        sa.Column("rate_e3", sa.Integer(), nullable=False),
        sa.Column("account_id", KEY, nullable=False),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("net_minor", KEY, nullable=False),
        sa.Column("tax_minor", KEY, nullable=False),
        sa.Column("gross_minor", KEY, nullable=False),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.entry_id"], name=op.f("fk_invoice_line_invoice_id")),
        sa.ForeignKeyConstraint(["account_id"], ["customer.id"], name=op.f("fk_invoice_line_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_line")),
        sa.UniqueConstraint("invoice_id", "position", name=op.f("uq_invoice_line_invoice_id_position")),
    )
    op.create_index("ix_invoice_line_account_id", "invoice_line", ["account_id"])
    op.create_table(
        "invoice_draft",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(20), nullable=False),
        sa.Column("external_id", sa.String(100), nullable=True),
        sa.Column("partner_id", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("changed_at", AT, nullable=False),
        sa.Column("actor", sa.String(254), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_invoice_draft_partner_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_invoice_draft_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_draft")),
        sa.UniqueConstraint("public_id", name=op.f("uq_invoice_draft_public_id")),
        sa.UniqueConstraint("external_id", name=op.f("uq_invoice_draft_external_id")),
    )
    op.create_index("ix_invoice_draft_customer_id", "invoice_draft", ["customer_id"])
    op.create_table(
        "credit_note",
        sa.Column("entry_id", KEY, autoincrement=False, nullable=False),
        sa.Column("invoice_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_credit_note_entry_id")),
        sa.ForeignKeyConstraint(["invoice_id"], ["entry.id"], name=op.f("fk_credit_note_invoice_id")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_credit_note")),
    )
    op.create_index("ix_credit_note_invoice_id", "credit_note", ["invoice_id"])
    op.create_table(
        "credit_note_line",
        sa.Column("credit_note_id", KEY, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rate_e3", sa.Integer(), nullable=False),
        sa.Column("account_id", KEY, nullable=False),
        sa.Column("net_minor", KEY, nullable=False),
        sa.Column("tax_minor", KEY, nullable=False),
        sa.Column("gross_minor", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["credit_note_id"], ["credit_note.entry_id"], name=op.f("fk_credit_note_line_credit_note_id")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["customer.id"], name=op.f("fk_credit_note_line_account_id")),
        sa.PrimaryKeyConstraint("credit_note_id", "position", name=op.f("pk_credit_note_line")),
    )
    op.create_table(
        "refund",
        sa.Column("entry_id", KEY, autoincrement=False, nullable=False),
        sa.Column("of_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_refund_entry_id")),
        sa.ForeignKeyConstraint(["of_id"], ["entry.id"], name=op.f("fk_refund_of_id")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_refund")),
    )
    op.create_index("ix_refund_of_id", "refund", ["of_id"])


def _settling() -> None:
    op.create_table(
        "allocation",
        sa.Column("id", KEY, nullable=False),
        sa.Column("source_id", KEY, nullable=False),
        sa.Column("target_id", KEY, nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("amount_minor", KEY, nullable=False),
        sa.Column("counts_on", sa.Date(), nullable=False),
        sa.Column("entered_at", AT, nullable=False),
        sa.Column("actor", sa.String(254), nullable=False),
        sa.Column("takes_back_id", KEY, nullable=True),
        sa.CheckConstraint("kind IN ('payment', 'credit_note', 'refund', 'reversal')", name=op.f("ck_allocation_kind")),
        sa.CheckConstraint("(takes_back_id IS NULL) = (amount_minor > 0)", name=op.f("ck_allocation_direction")),
        sa.CheckConstraint("source_id <> target_id", name=op.f("ck_allocation_apart")),
        sa.ForeignKeyConstraint(["source_id"], ["entry.id"], name=op.f("fk_allocation_source_id")),
        sa.ForeignKeyConstraint(["target_id"], ["entry.id"], name=op.f("fk_allocation_target_id")),
        sa.ForeignKeyConstraint(["takes_back_id"], ["allocation.id"], name=op.f("fk_allocation_takes_back_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocation")),
    )
    for name in ("source_id", "target_id", "counts_on", "takes_back_id"):
        op.create_index(f"ix_allocation_{name}", "allocation", [name])
    op.create_table(
        "allocation_part",
        sa.Column("allocation_id", KEY, nullable=False),
        sa.Column("account_id", KEY, nullable=False),
        sa.Column("amount_minor", KEY, nullable=False),
        sa.ForeignKeyConstraint(["allocation_id"], ["allocation.id"], name=op.f("fk_allocation_part_allocation_id")),
        sa.ForeignKeyConstraint(["account_id"], ["customer.id"], name=op.f("fk_allocation_part_account_id")),
        sa.PrimaryKeyConstraint("allocation_id", "account_id", name=op.f("pk_allocation_part")),
    )
    op.create_index("ix_allocation_part_account_id", "allocation_part", ["account_id"])
    op.create_table(
        "item_move",
        sa.Column("id", KEY, nullable=False),
        sa.Column("entry_id", KEY, nullable=False),
        sa.Column("from_id", KEY, nullable=False),
        sa.Column("to_id", KEY, nullable=False),
        sa.Column("moved_on", sa.Date(), nullable=False),
        sa.Column("moved_at", AT, nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_item_move_entry_id")),
        sa.ForeignKeyConstraint(["from_id"], ["customer.id"], name=op.f("fk_item_move_from_id")),
        sa.ForeignKeyConstraint(["to_id"], ["customer.id"], name=op.f("fk_item_move_to_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_move")),
    )
    for name in ("entry_id", "from_id", "to_id"):
        op.create_index(f"ix_item_move_{name}", "item_move", [name])
    op.create_table(
        "period_closing",
        sa.Column("partner_id", KEY, nullable=False),
        sa.Column("through", sa.Date(), nullable=False),
        sa.Column("closed_at", AT, nullable=False),
        sa.Column("actor", sa.String(254), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_period_closing_partner_id")),
        sa.PrimaryKeyConstraint("partner_id", "through", name=op.f("pk_period_closing")),
    )


# Guards ---------------------------------------------------------------------------------------------------------------


def _guards(lite: bool) -> Iterator[str]:
    """Papers and allocations never change; an entry changes only in what is open of it and with whom it stands.

    An entry into a closed month is refused (F8). PostgreSQL looks once for all rows of a statement, when its foreign
    keys hold the partner already: closing a month takes the partner for itself and so waits for writers, or they for it.
    """
    closed = (
        "EXISTS (SELECT 1 FROM period_closing c WHERE c.partner_id = {row}.partner_id AND c.through >= {row}.booked_on)"
    )
    if lite:
        yield (
            f"CREATE TRIGGER entry_no_update BEFORE UPDATE OF {FIXED} ON entry "
            "BEGIN SELECT RAISE(ABORT, 'entry is append-only'); END"
        )
        yield (
            f"CREATE TRIGGER entry_period_open BEFORE INSERT ON entry WHEN {closed.format(row='NEW')} "
            "BEGIN SELECT RAISE(ABORT, 'the month is closed'); END"
        )
        for table in APPEND_ONLY:
            for what in ("UPDATE", "DELETE"):
                yield (
                    f"CREATE TRIGGER {table}_no_{what.lower()} BEFORE {what} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
            if key := KEYS.get(table, "id"):
                yield (
                    f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
                    f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key}) "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
        return
    yield (
        f"CREATE TRIGGER entry_no_change BEFORE UPDATE OF {FIXED} OR DELETE ON entry "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    yield (
        "CREATE FUNCTION entry_period_open() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF EXISTS (SELECT 1 FROM fresh WHERE {closed.format(row='fresh')}) THEN "
        "RAISE EXCEPTION 'the month is closed' USING ERRCODE = '23514'; END IF; RETURN NULL; END $$"
    )
    yield (
        "CREATE TRIGGER entry_period_open AFTER INSERT ON entry REFERENCING NEW TABLE AS fresh "
        "FOR EACH STATEMENT EXECUTE FUNCTION entry_period_open()"
    )
    for table in APPEND_ONLY:
        yield (
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        yield (
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


# What is in the books already -----------------------------------------------------------------------------------------


def _settle_what_is_there(lite: bool) -> None:
    fortnight = "date(booked_on, '+14 days')" if lite else "booked_on + 14"
    op.execute(f"UPDATE entry SET due_on = {fortnight} WHERE kind = 'invoice' AND reverses_id IS NULL")
    op.execute(
        "UPDATE entry SET open_minor = amount_minor WHERE ledger = 'house' AND NOT (kind = 'transfer' AND ("
        "SELECT count(DISTINCT a.owner_id) FROM posting p JOIN ledger_account a ON a.id = p.ledger_account_id "
        "WHERE p.entry_id = entry.id) > 1)"
    )
    _move_shared()
    now = datetime.now(UTC)
    next_id = 1
    for some in _chunks(_allocations(), AT_ONCE):
        _write(some, next_id, now)
        next_id += len(some)
    if not lite:
        op.execute(
            "SELECT setval(pg_get_serial_sequence('allocation', 'id'), greatest(max(id), 1), max(id) IS NOT NULL) FROM allocation"
        )


def _move_shared() -> None:
    """What a secondary account had before its balance moved to a primary one stands with that one since (P2)."""
    bind = op.get_bind()
    shares = bind.execute(
        sa.text("SELECT secondary_id, primary_id, started_at FROM shared_balance ORDER BY started_at, id")
    ).all()
    for secondary, primary, at in shares:
        names = {"secondary": secondary, "primary": primary, "at": at, "day": str(at)[:10]}
        mine = (
            "ledger = 'house' AND coalesce(moved_to_id, payer_id) = :secondary AND entered_at < :at AND open_minor <> 0"
        )
        day = ":day" if bind.dialect.name == "sqlite" else "CAST(:day AS date)"
        bind.execute(
            sa.text(
                "INSERT INTO item_move (entry_id, from_id, to_id, moved_on, moved_at) "
                f"SELECT id, :secondary, :primary, {day}, :at FROM entry WHERE {mine}"
            ),
            names,
        )
        bind.execute(sa.text(f"UPDATE entry SET moved_to_id = :primary WHERE {mine}"), names)


Item = tuple[int, str, int]
"""Id, day (ISO), and how much is open, positive."""
Settled = tuple[int, int, str, int, str]
"""Source, target, kind, amount, and the day from which it counts."""


def _allocations() -> Iterator[Settled]:
    """Reversals with their originals, then everything else oldest due first, by whoever holds it."""
    bind = op.get_bind()
    pairs = bind.execute(
        sa.text(
            "SELECT r.id, o.id, r.amount_minor, r.booked_on, o.booked_on FROM entry r JOIN entry o ON o.id = r.reverses_id "
            "WHERE r.open_minor <> 0 AND o.open_minor <> 0 AND coalesce(r.moved_to_id, r.payer_id) = "
            "coalesce(o.moved_to_id, o.payer_id) ORDER BY r.id"
        )
    ).all()
    reversed_ids = {key for pair in pairs for key in pair[:2]}
    for reversal, original, amount, on, first in pairs:
        source, target = (reversal, original) if amount > 0 else (original, reversal)
        yield source, target, "reversal", abs(amount), max(str(on), str(first))
    rows = bind.execute(
        sa.text(
            "SELECT coalesce(moved_to_id, payer_id) AS holder, id, open_minor, booked_on, coalesce(due_on, booked_on) AS due "
            "FROM entry WHERE open_minor <> 0 ORDER BY 1, 5, 2"
        )
    )
    for _, items in groupby(rows.all(), key=lambda row: row[0]):
        mine = [row for row in items if row[1] not in reversed_ids]
        sources = sorted(
            ((row[3], row[1], row[2]) for row in mine if row[2] > 0), key=lambda one: (str(one[0]), one[1])
        )
        targets = [(row[3], row[1], -row[2]) for row in mine if row[2] < 0]
        yield from _oldest_first(sources, targets)


def _oldest_first(sources: list[Any], targets: list[Any]) -> Iterator[Settled]:
    left = iter(sources)
    source = next(left, None)
    for on, target, owed in targets:
        while owed and source is not None:
            paid_on, key, amount = source
            settled = min(owed, amount)
            yield key, target, "payment", settled, max(str(paid_on), str(on))
            owed -= settled
            source = (paid_on, key, amount - settled) if amount > settled else next(left, None)


def _write(settled: list[Settled], first_id: int, now: datetime) -> None:
    bind = op.get_bind()
    lite = bind.dialect.name == "sqlite"
    day = ":day" if lite else "CAST(:day AS date)"
    rows = [
        {
            "id": first_id + n,
            "source": s,
            "target": t,
            "kind": k,
            "amount": a,
            "day": d,
            "at": str(now.replace(tzinfo=None)) if lite else now,
        }
        for n, (s, t, k, a, d) in enumerate(settled)
    ]
    bind.execute(
        sa.text(
            "INSERT INTO allocation (id, source_id, target_id, kind, amount_minor, counts_on, entered_at, actor) "
            f"VALUES (:id, :source, :target, :kind, :amount, {day}, :at, 'upgrade')"
        ),
        rows,
    )
    bind.execute(
        sa.text(
            "INSERT INTO allocation_part (allocation_id, account_id, amount_minor) "
            "SELECT :id, issued_for_id, :amount FROM entry WHERE id = :target"
        ),
        [{name: row[name] for name in ("id", "amount", "target")} for row in rows],
    )
    for name, sign in (("source", "-"), ("target", "+")):
        bind.execute(
            sa.text(f"UPDATE entry SET open_minor = open_minor {sign} :amount WHERE id = :key"),
            [{"amount": row["amount"], "key": row[name]} for row in rows],
        )


def _chunks(rows: Iterable[Settled], size: int) -> Iterator[list[Settled]]:
    rest = iter(rows)
    while some := list(islice(rest, size)):
        yield some
