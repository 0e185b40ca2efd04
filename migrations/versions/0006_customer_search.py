"""An index over everything that a customer is found by, so that searching does not read every customer.

`folded_logins` holds the addresses with which people sign in for the customer, `folded_main` the name and the number of
its main account; triggers on `login`, `sub_account_link` and `customer` keep both. On SQLite a table of FTS5 indexes
them beside `folded` by every three characters, again kept by triggers: batch mode drops those of `customer`, `login` or
`sub_account_link`, so whoever rebuilds one of these makes them again. On PostgreSQL pg_trgm does the same as an
index. Every space is doubled for FTS5, so that even the beginning of a word of one character is three characters.
"""

import sqlite3

import sqlalchemy as sa
from alembic import op
from sqlalchemy.exc import DBAPIError

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEPT = sa.text("removed_at IS NULL")
INDEXES = (
    ("ix_customer_own_status_folded_name_id", ["own_status", "folded_name", "id"]),
    ("ix_customer_kind_folded_name_id", ["kind", "folded_name", "id"]),
    ("ix_customer_created_at_folded_name_id", ["created_at", "folded_name", "id"]),
    ("ix_customer_partner_id_own_status", ["partner_id", "own_status"]),
)
EXTENSION = (
    "The customer search needs PostgreSQL's extension pg_trgm, and {why}. {then} “CREATE EXTENSION pg_trgm” in this "
    "database as a superuser or as its owner; then run “flask db upgrade” again."
)

LOGINS = {
    True: "(SELECT coalesce(group_concat(email, ' '), '') FROM (SELECT email FROM login WHERE customer_id = {0} ORDER BY id))",
    False: "(SELECT coalesce(string_agg(email, ' ' ORDER BY id), '') FROM login WHERE customer_id = {0})",
}
MAIN = """
    coalesce((SELECT m.folded_name || ' ' || lower(coalesce(m.external_id, '') {c}) FROM sub_account_link l
    JOIN customer m ON m.id = l.main_id WHERE l.sub_id = {0} AND l.ended_at IS NULL), '')
"""
PLAIN = {True: "", False: 'COLLATE "C"'}
SUBS = "SELECT sub_id FROM sub_account_link WHERE main_id = NEW.id AND ended_at IS NULL"
PHONE = "{0}phone"
for _mark in " -/.()":
    PHONE = f"replace({PHONE}, '{_mark}', '')"


def _logins(of: str, *, lite: bool) -> str:
    return f"UPDATE customer SET folded_logins = {LOGINS[lite].format(of)} WHERE id = {of};"


def _main(of: str, *, lite: bool) -> str:
    return f"UPDATE customer SET folded_main = {MAIN.format(of, c=PLAIN[lite])} WHERE id = {of};"


# SQLite ---------------------------------------------------------------------------------------------------------------

OWN_TEXT = f"'  ' || replace({{0}}folded || ' ' || {{0}}folded_logins || ' ' || {PHONE}, ' ', '  ')"
MAIN_TEXT = "'  ' || replace({0}folded_main, ' ', '  ')"
TEXTS = ("folded", "folded_logins", "folded_main", "phone")


def _text(row: str) -> str:
    return f"{row}id, {OWN_TEXT.format(row)}, {MAIN_TEXT.format(row)}"


OUT = f"INSERT INTO customer_search (customer_search, rowid, own, main) SELECT 'delete', {_text('OLD.')};"
IN = f"INSERT INTO customer_search (rowid, own, main) SELECT {_text('NEW.')};"
OTHER_TEXT = " OR ".join(f"OLD.{name} <> NEW.{name}" for name in TEXTS)
OTHER_NAME = "OLD.folded_name <> NEW.folded_name OR OLD.external_id IS NOT NEW.external_id"

SQLITE_TRIGGERS = {
    "customer_search_insert": f"AFTER INSERT ON customer BEGIN {IN} END",
    "customer_search_update": f"AFTER UPDATE OF {', '.join(TEXTS)} ON customer WHEN {OTHER_TEXT} BEGIN {OUT} {IN} END",
    "customer_search_delete": f"AFTER DELETE ON customer BEGIN {OUT} END",
    "customer_search_rename": (
        f"AFTER UPDATE OF folded_name, external_id ON customer WHEN {OTHER_NAME} BEGIN UPDATE customer SET "
        f"folded_main = NEW.folded_name || ' ' || lower(coalesce(NEW.external_id, '')) WHERE id IN ({SUBS}); END"
    ),
    "customer_search_login_insert": (
        f"AFTER INSERT ON login WHEN NEW.customer_id IS NOT NULL BEGIN {_logins('NEW.customer_id', lite=True)} END"
    ),
    "customer_search_login_update": (
        "AFTER UPDATE OF email, customer_id ON login "
        "WHEN OLD.email <> NEW.email OR OLD.customer_id IS NOT NEW.customer_id "
        f"BEGIN {_logins('OLD.customer_id', lite=True)} {_logins('NEW.customer_id', lite=True)} END"
    ),
    "customer_search_login_delete": (
        f"AFTER DELETE ON login WHEN OLD.customer_id IS NOT NULL BEGIN {_logins('OLD.customer_id', lite=True)} END"
    ),
    "customer_search_link_insert": f"AFTER INSERT ON sub_account_link BEGIN {_main('NEW.sub_id', lite=True)} END",
    "customer_search_link_update": (
        "AFTER UPDATE OF main_id, sub_id, ended_at ON sub_account_link "
        f"BEGIN {_main('OLD.sub_id', lite=True)} {_main('NEW.sub_id', lite=True)} END"
    ),
    "customer_search_link_delete": f"AFTER DELETE ON sub_account_link BEGIN {_main('OLD.sub_id', lite=True)} END",
}


def _upgrade_sqlite() -> None:
    if sqlite3.sqlite_version_info < (3, 34):
        raise RuntimeError(
            f"The customer search needs SQLite 3.34 or newer, which indexes by three characters; this Python has "
            f"{sqlite3.sqlite_version}. Use a newer Python or SQLite, or PostgreSQL."
        )
    own, main = OWN_TEXT.format(""), MAIN_TEXT.format("")
    op.execute(f"CREATE VIEW customer_search_text AS SELECT id, {own} AS own, {main} AS main FROM customer")
    op.execute(
        "CREATE VIRTUAL TABLE customer_search USING fts5 "
        "(own, main, content='customer_search_text', content_rowid='id', tokenize='trigram case_sensitive 1')"
    )
    # The usual megabyte holds only a few thousand customers, and a bulk insert would write as many small pieces.
    op.execute("INSERT INTO customer_search (customer_search, rank) VALUES ('hashsize', 8388608)")
    op.execute("INSERT INTO customer_search (customer_search) VALUES ('rebuild')")
    op.execute("CREATE INDEX customer_search_number ON customer (external_id COLLATE NOCASE)")
    for name, what in SQLITE_TRIGGERS.items():
        op.execute(f"CREATE TRIGGER {name} {what}")


def _downgrade_sqlite() -> None:
    for name in SQLITE_TRIGGERS:
        op.execute(f"DROP TRIGGER {name}")
    op.execute("DROP INDEX customer_search_number")
    op.execute("DROP TABLE customer_search")
    op.execute("DROP VIEW customer_search_text")


# PostgreSQL -----------------------------------------------------------------------------------------------------------

LINKED = """
    UPDATE customer c SET folded_main = m.folded_name || ' ' || lower(coalesce(m.external_id, '') COLLATE "C")
    FROM added l JOIN customer m ON m.id = l.main_id WHERE c.id = l.sub_id AND l.ended_at IS NULL
        AND c.folded_main <> m.folded_name || ' ' || lower(coalesce(m.external_id, '') COLLATE "C");
"""
RENAMED = f"""
    UPDATE customer SET folded_main = NEW.folded_name || ' ' || lower(coalesce(NEW.external_id, '') COLLATE "C")
    WHERE id IN ({SUBS});
"""
POSTGRES_FUNCTIONS = {
    "customer_search_linked": LINKED,
    "customer_search_unlinked": (
        f"{_main('OLD.sub_id', lite=False)} IF TG_OP = 'UPDATE' THEN {_main('NEW.sub_id', lite=False)} END IF;"
    ),
    "customer_search_renamed": RENAMED,
    "customer_search_login": (
        f"IF TG_OP <> 'INSERT' THEN {_logins('OLD.customer_id', lite=False)} END IF; "
        f"IF TG_OP <> 'DELETE' THEN {_logins('NEW.customer_id', lite=False)} END IF;"
    ),
}
POSTGRES_TRIGGERS = (
    (
        *("customer_search_link_insert", "sub_account_link", "AFTER INSERT"),
        *("REFERENCING NEW TABLE AS added FOR EACH STATEMENT", "linked"),
    ),
    (
        *("customer_search_link_update", "sub_account_link", "AFTER UPDATE OF main_id, sub_id, ended_at OR DELETE"),
        *("FOR EACH ROW", "unlinked"),
    ),
    (
        *("customer_search_rename", "customer", "AFTER UPDATE OF folded_name, external_id"),
        "FOR EACH ROW WHEN (OLD.folded_name <> NEW.folded_name OR OLD.external_id IS DISTINCT FROM NEW.external_id)",
        "renamed",
    ),
    (
        *("customer_search_login_insert", "login", "AFTER INSERT"),
        *("FOR EACH ROW WHEN (NEW.customer_id IS NOT NULL)", "login"),
    ),
    (
        *("customer_search_login_update", "login", "AFTER UPDATE OF email, customer_id"),
        "FOR EACH ROW WHEN (OLD.email <> NEW.email OR OLD.customer_id IS DISTINCT FROM NEW.customer_id)",
        "login",
    ),
    (
        *("customer_search_login_delete", "login", "AFTER DELETE"),
        *("FOR EACH ROW WHEN (OLD.customer_id IS NOT NULL)", "login"),
    ),
)


def _upgrade_postgres() -> None:
    _extend()
    op.execute('ALTER TABLE customer ALTER COLUMN folded_name TYPE text COLLATE "C"')
    own = f"' ' || folded || ' ' || folded_logins || ' ' || {PHONE.format('')}"
    op.execute(
        f"CREATE INDEX customer_search_words ON customer USING gin (({own}) gin_trgm_ops, "
        "(' ' || folded_main) gin_trgm_ops)"
    )
    op.execute('CREATE INDEX customer_search_number ON customer (lower(external_id COLLATE "C"))')
    for column in (1, 2):
        op.execute(f"ALTER INDEX customer_search_words ALTER COLUMN {column} SET STATISTICS 1000")
    for name, body in POSTGRES_FUNCTIONS.items():
        op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NULL; END $$")
    for name, table, when, how, function in POSTGRES_TRIGGERS:
        op.execute(f"CREATE TRIGGER {name} {when} ON {table} {how} EXECUTE FUNCTION customer_search_{function}()")


def _extend() -> None:
    """Make sure of pg_trgm, or say what to run."""
    there = "SELECT count(*) FROM {} WHERE {} = 'pg_trgm'"
    if op.get_bind().scalar(sa.text(there.format("pg_extension", "extname"))):
        return
    if not op.get_bind().scalar(sa.text(there.format("pg_available_extensions", "name"))):
        why = "the server does not have it (on Debian and Ubuntu it is in the package postgresql-contrib)"
        raise RuntimeError(EXTENSION.format(why=why, then="Install it, and run"))
    try:
        op.execute("CREATE EXTENSION pg_trgm")
    except DBAPIError as error:
        why = f"this account cannot create it ({str(error.orig).splitlines()[0]})"
        raise RuntimeError(EXTENSION.format(why=why, then="Run")) from error


def _downgrade_postgres() -> None:
    """The extension stays: others may use it, and whoever made it may not have been us."""
    for name, table, *_ in POSTGRES_TRIGGERS:
        op.execute(f"DROP TRIGGER {name} ON {table}")
    for name in POSTGRES_FUNCTIONS:
        op.execute(f"DROP FUNCTION {name}()")
    op.execute("DROP INDEX customer_search_number")
    op.execute("DROP INDEX customer_search_words")
    op.execute('ALTER TABLE customer ALTER COLUMN folded_name TYPE text COLLATE "default"')


def upgrade() -> None:
    lite = op.get_bind().dialect.name == "sqlite"
    op.add_column("customer", sa.Column("folded_logins", sa.Text(), nullable=False, server_default=""))
    op.add_column("customer", sa.Column("folded_main", sa.Text(), nullable=False, server_default=""))
    op.execute(
        f"UPDATE customer SET folded_logins = {LOGINS[lite].format('customer.id')} "
        "WHERE id IN (SELECT customer_id FROM login)"
    )
    op.execute(
        f"UPDATE customer SET folded_main = {MAIN.format('customer.id', c=PLAIN[lite])} "
        "WHERE id IN (SELECT sub_id FROM sub_account_link WHERE ended_at IS NULL)"
    )
    for name, columns in INDEXES:
        op.create_index(op.f(name), "customer", columns, sqlite_where=KEPT, postgresql_where=KEPT)
    if lite:
        _upgrade_sqlite()
    else:
        _upgrade_postgres()


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _downgrade_sqlite()
    else:
        _downgrade_postgres()
    for name, _ in INDEXES:
        op.drop_index(op.f(name), table_name="customer")
    op.drop_column("customer", "folded_main")
    op.drop_column("customer", "folded_logins")
