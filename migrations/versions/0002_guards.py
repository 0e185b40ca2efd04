"""What no program error may break: append-only books and audit, balanced entries, one level of links, no chains.

Postings are written first and the entry last: inserting the entry seals it. The seal checks that its postings, two
or more of them, sum to zero in the entry's currency; a sealed entry takes no further posting. The deferred foreign
key of `posting.entry_id` makes sure that no posting is left without its entry at commit.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY = ("entry", "posting", "audit_record")

SQLITE_APPEND_ONLY = (
    "CREATE TRIGGER {t}_no_update BEFORE UPDATE ON {t} BEGIN SELECT RAISE(ABORT, '{t} is append-only'); END",
    "CREATE TRIGGER {t}_no_delete BEFORE DELETE ON {t} BEGIN SELECT RAISE(ABORT, '{t} is append-only'); END",
    "CREATE TRIGGER {t}_no_replace BEFORE INSERT ON {t} WHEN EXISTS (SELECT 1 FROM {t} WHERE id = NEW.id) "
    "BEGIN SELECT RAISE(ABORT, '{t} is append-only'); END",
)

# The currencies are looked up one by one: joined, PostgreSQL may choose to read every account for every entry.
BALANCED = """
    (SELECT count(*) >= 2 AND sum(p.amount_minor) = 0 AND min(p.currency) = NEW.currency AND max(p.currency) = NEW.currency
     FROM (SELECT amount_minor, (SELECT a.currency FROM ledger_account a WHERE a.id = ledger_account_id) AS currency
           FROM posting WHERE entry_id = NEW.id) p)
"""

LINK_CHAIN = """
    SELECT 1 FROM sub_account_link l WHERE l.ended_at IS NULL AND l.id <> NEW.id
        AND (l.sub_id = NEW.main_id OR l.main_id = NEW.sub_id)
    UNION ALL
    SELECT 1 FROM shared_balance s WHERE s.ended_at IS NULL AND (
        s.secondary_id = NEW.main_id
        OR (NEW.mode = 'aggregated' AND (s.primary_id = NEW.sub_id OR s.secondary_id = NEW.sub_id)))
"""

SHARE_CHAIN = """
    SELECT 1 FROM shared_balance s WHERE s.ended_at IS NULL AND s.id <> NEW.id
        AND (s.primary_id IN (NEW.primary_id, NEW.secondary_id) OR s.secondary_id IN (NEW.primary_id, NEW.secondary_id))
    UNION ALL
    SELECT 1 FROM sub_account_link l WHERE l.ended_at IS NULL AND (
        l.main_id = NEW.secondary_id
        OR (l.mode = 'aggregated' AND l.sub_id IN (NEW.primary_id, NEW.secondary_id)))
"""

SQLITE = (
    "CREATE TRIGGER posting_open BEFORE INSERT ON posting WHEN EXISTS (SELECT 1 FROM entry WHERE id = NEW.entry_id) "
    "BEGIN SELECT RAISE(ABORT, 'the entry is sealed'); END",
    f"CREATE TRIGGER entry_balanced BEFORE INSERT ON entry WHEN NOT {BALANCED} "
    "BEGIN SELECT RAISE(ABORT, 'the entry is not balanced'); END",
    *(
        f"CREATE TRIGGER {table}_no_chain_{when.lower()} BEFORE {when} ON {table} "
        f"WHEN NEW.ended_at IS NULL AND EXISTS ({chain}) "
        "BEGIN SELECT RAISE(ABORT, 'links have one level and payers no chain'); END"
        for table, chain in (("sub_account_link", LINK_CHAIN), ("shared_balance", SHARE_CHAIN))
        for when in ("INSERT", "UPDATE")
    ),
)
SQLITE_NAMES = (
    "posting_open",
    "entry_balanced",
    *(f"{t}_no_chain_{w}" for t in ("sub_account_link", "shared_balance") for w in ("insert", "update")),
)


def _function(name: str, body: str) -> str:
    return f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$"


def _raise(text: str) -> str:
    return f"RAISE EXCEPTION '{text}' USING ERRCODE = '23514';"


POSTGRES = (
    _function("refuse_change", "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '23514';"),
    *(
        f"CREATE TRIGGER {t}_no_change BEFORE UPDATE OR DELETE ON {t} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        for t in APPEND_ONLY
    ),
    *(
        f"CREATE TRIGGER {t}_no_truncate BEFORE TRUNCATE ON {t} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        for t in APPEND_ONLY
    ),
    _function(
        "posting_open",
        f"IF EXISTS (SELECT 1 FROM entry WHERE id = NEW.entry_id) THEN {_raise('the entry is sealed')} END IF; "
        "RETURN NEW;",
    ),
    "CREATE TRIGGER posting_open BEFORE INSERT ON posting FOR EACH ROW EXECUTE FUNCTION posting_open()",
    _function(
        "entry_balanced",
        f"IF NOT {BALANCED} THEN {_raise('the entry is not balanced')} END IF; RETURN NEW;",
    ),
    "CREATE TRIGGER entry_balanced BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION entry_balanced()",
    *(
        _function(
            f"{table}_no_chain",
            f"IF NEW.ended_at IS NULL AND EXISTS ({chain}) THEN "
            f"{_raise('links have one level and payers no chain')} END IF; RETURN NEW;",
        )
        for table, chain in (("sub_account_link", LINK_CHAIN), ("shared_balance", SHARE_CHAIN))
    ),
    *(
        f"CREATE TRIGGER {table}_no_chain BEFORE INSERT OR UPDATE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_no_chain()"
        for table in ("sub_account_link", "shared_balance")
    ),
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in APPEND_ONLY:
            for statement in SQLITE_APPEND_ONLY:
                op.execute(statement.format(t=table))
        for statement in SQLITE:
            op.execute(statement)
    else:
        for statement in POSTGRES:
            op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        names = [f"{t}_no_{what}" for t in APPEND_ONLY for what in ("update", "delete", "replace")]
        for name in (*names, *SQLITE_NAMES):
            op.execute(f"DROP TRIGGER {name}")
        return
    for table in APPEND_ONLY:
        op.execute(f"DROP TRIGGER {table}_no_change ON {table}")
        op.execute(f"DROP TRIGGER {table}_no_truncate ON {table}")
    for table, name in (
        ("posting", "posting_open"),
        ("entry", "entry_balanced"),
        ("sub_account_link", "sub_account_link_no_chain"),
        ("shared_balance", "shared_balance_no_chain"),
    ):
        op.execute(f"DROP TRIGGER {name} ON {table}")
        op.execute(f"DROP FUNCTION {name}()")
    op.execute("DROP FUNCTION refuse_change()")
