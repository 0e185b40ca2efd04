"""`flask doctor` finds each thing that can be broken, and nothing in a sound database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

import pytest
from flask import Flask
from sqlalchemy import text

from portal.actions import doctor, groups
from portal.actions.books import posting as ledger
from portal.actions.groups import NewMember
from portal.actions.links import sub_accounts
from portal.db.engine import db, is_sqlite, to_write, writes
from portal.rules.deciding import SYSTEM
from portal.rules.groups import GroupRole
from portal.rules.sentences import Sentence
from tests import people
from tests.importing import clean


@pytest.fixture(autouse=True)
def fonts_of_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is installed on this machine is none of these tests' business, nor whether there is a virus scanner."""
    monkeypatch.setattr("portal.outside.pdf.scripts.missing", dict)
    monkeypatch.setattr("portal.db.doctor.installation._scanner", list)


@pytest.fixture
def story(app: Flask) -> None:
    """A small life: links, entries of all sorts, imported numbers, a reversal, future items, dates ahead, groups."""
    for name in ("acme", "branch", "other", "mate"):
        people.customer(name)
    people.customer("far", of="Lakeside")
    people.link("acme", "branch")
    people.link("acme", "other", "independent")
    people.share("far", people.customer("near", of="Lakeside").reference)
    rows = "i1,branch,2026-10-05,invoice,,50,,,\ni2,acme,2026-10-05,invoice,,5,INV-000002,,\n"
    rows += "i3,acme,2026-10-06,invoice,,7,,,\nc1,acme,2026-10-06,payment,credit,20,,,\n"
    rows += "c2,acme,2026-12-24,debit,credit,20,,,\nf1,acme,2026-12-01,future_item,,3,,,\n"
    rows += "r1,acme,2026-11-06,invoice,,7,,,i3\n"
    clean("transactions", "external_id,customer,date,kind,ledger,amount,number,tax,reverses\n" + rows)
    people.post("near", "payment", 900, "2026-11-01")
    ledger.post(SYSTEM, ledger.Charge("mate", ledger.EntryKind.DEBIT, 100, date(2026, 11, 1)), once="once-1")
    sub_accounts.unlink(SYSTEM, "other")
    groups.switch_groups(SYSTEM, True)
    for name in ("mum", "aunt", "gran", "kid"):
        people.customer(name, kind="individual")
    rows = "fam,mum,owner\nfam,aunt,admin\nfam,gran,dependent\nold,kid,owner\n"
    clean("groups", f"group,customer,role\n{rows}")
    for name in ("gran", "kid"):
        place = groups.find_place(SYSTEM, name)
        groups.remove_member(SYSTEM, place.group, place.member)
    groups.add_member(SYSTEM, groups.find_owned(SYSTEM, "mum"), NewMember("kid", GroupRole.DEPENDENT))


def break_it(*statements: str) -> None:
    """Do what the guards of the database would refuse. On SQLite, no check has to be dropped for that."""

    @writes
    def sabotage() -> None:
        if not is_sqlite():
            db.session.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            db.session.execute(text(statement))

    if not is_sqlite():
        sabotage()
        return
    db.session.remove()
    raw = db.engine.raw_connection()
    run = raw.driver_connection.execute  # type: ignore[union-attr]
    run("PRAGMA foreign_keys = OFF")
    run("PRAGMA ignore_check_constraints = ON")
    triggers = run("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        run(f"DROP TRIGGER {name}")
    for statement in statements:
        if not statement.startswith("ALTER TABLE"):
            run(statement)
    for _, sql in triggers:
        run(sql)
    run("PRAGMA foreign_keys = ON")
    run("PRAGMA ignore_check_constraints = OFF")
    raw.close()


def broken() -> dict[str, tuple[str, ...]]:
    findings = doctor.examine().findings
    return {str(one.claim): tuple(map(str, one.problems)) for one in findings if one.problems}


@pytest.mark.usefixtures("story")
def test_a_sound_database_is_sound(app: Flask) -> None:
    told: list[Sentence] = []
    found = doctor.examine(told.append)
    assert found.sound
    assert told == [finding.claim for finding in found.findings]
    assert len(told) >= 20


def test_an_empty_database_is_sound(app: Flask) -> None:
    assert doctor.examine().sound


def customer(reference: str) -> str:
    return f"(SELECT id FROM customer WHERE external_id = '{reference}')"


PARTNER = "(SELECT partner_id FROM customer WHERE external_id = 'acme')"
LINK = "INSERT INTO sub_account_link (id, public_id, partner_id, main_id, sub_id, mode, started_at) VALUES "
LATER = "'2026-11-22 10:30:00'"
ENTRY = """
    INSERT INTO entry (id, public_id, partner_id, payer_id, issued_for_id, booked_on, entered_at, kind, ledger,
        currency, amount_minor, tax_minor, series, number, description, category, actor, reason)
    SELECT 999, 'zz', partner_id, payer_id, issued_for_id, booked_on, entered_at, kind, ledger, currency,
        amount_minor, tax_minor, series, 'zz', '', '', '', '' FROM entry WHERE external_id = 'i1'
"""
MAIL = """
    INSERT INTO outbox_message (id, public_id, purpose, message_id, reply_to, sender_name, subject, text, html,
        attachments, secret, created_at, due_at, state, tries, lease, last_error)
    VALUES (1, 'm', 'x', 'm@x', '', '', 's', 't', '', '[]', false, '2026-11-01 00:00:00', '2026-11-01 00:00:00',
        'sending', 1, '', '')
"""
SUMS = "Stored balances|Month totals are"


class Break(NamedTuple):
    """Something broken: the claims it breaks, what is said of it, and how it comes about."""

    claims: str
    words: str
    sql: str


BREAKS = (
    Break(
        f"Every entry has two|Every posting agrees|{SUMS}",
        "is not balanced",
        "UPDATE posting SET amount_minor = amount_minor - 1 WHERE id = (SELECT min(id) FROM posting)",
    ),
    Break("Every posting agrees", "has no postings", ENTRY),
    Break("Every posting agrees", "does not exist", "DELETE FROM entry WHERE idempotency_key = 'once-1'"),
    Break(
        "Every reversal",
        "does not take back",
        "UPDATE entry SET reverses_id = (SELECT id FROM entry WHERE external_id = 'i1') WHERE external_id = 'r1'",
    ),
    Break(
        "Stored balances|What a statement opens",
        "stores a balance of",
        f"UPDATE ledger_account SET balance_minor = balance_minor + 1 WHERE owner_id = {customer('acme')}",
    ),
    Break("Month totals are", "The month 2026-1", "UPDATE account_month SET net_minor = net_minor + 1"),
    Break("Month totals are", "The month 2026-10", "DELETE FROM account_month WHERE month = '2026-10-01'"),
    Break("What a statement opens", "but closed the day before", "UPDATE account_month SET net_minor = net_minor + 1"),
    Break(
        "Every posting agrees|Month totals are|Customer Credit",
        "falls to -2000",
        "UPDATE posting SET booked_on = '2026-01-01' WHERE amount_minor < 0 AND ledger_account_id = "
        "(SELECT id FROM ledger_account WHERE kind = 'credit')",
    ),
    Break("Every idempotency key", "had 2 effects", "UPDATE future_item SET idempotency_key = 'once-1'"),
    Break("Every external id", "is both", "UPDATE future_item SET external_id = 'i1'"),
    Break(
        "Numbers are",
        "missing, the first being INV-000001",
        "UPDATE entry SET number = 'X', sequence = NULL WHERE external_id = 'i1'",
    ),
    Break(
        "Numbers are",
        "missing, the first being INV-000002",
        "UPDATE entry SET number = 'X' WHERE external_id = 'i2'",
    ),
    Break("Numbers are", "beyond the series", "UPDATE number_series SET next_value = 1 WHERE series = 'FUT'"),
    Break("Numbers are", "given twice", "UPDATE entry SET sequence = 1 WHERE series = 'INV' AND sequence > 0"),
    Break(
        "Nobody who is paid",
        "pays for others",
        f"{LINK} (901, 'z1', {PARTNER}, {customer('branch')}, {customer('other')}, 'independent', {LATER})",
    ),
    Break(
        "Nobody has two main|Every change of a link",
        "2 main accounts",
        "DROP INDEX uq_link_current; "
        f"{LINK} (902, 'z2', {PARTNER}, {customer('other')}, {customer('branch')}, 'independent', {LATER})",
    ),
    Break(
        "Linked customers",
        "different partners",
        "UPDATE customer SET partner_id = (SELECT max(id) FROM partner) WHERE external_id = 'branch'",
    ),
    Break(
        "Every change of a link",
        "the audit log knows of 0",
        f"DELETE FROM audit_record WHERE subject_id = {customer('branch')}",
    ),
    Break(
        "Every change of a link",
        "Near began or ended sharing balances 1 times, but the audit log knows of 0",
        f"DELETE FROM audit_record WHERE subject_id = {customer('near')} AND action = 'partner_accounts.link'",
    ),
    Break(
        "Every group has",
        "has no Owner",
        f"UPDATE group_member SET role = 'admin' WHERE customer_id = {customer('mum')}",
    ),
    Break(
        "Every group has",
        "has 2 Owners",
        f"DROP INDEX uq_member_owner; UPDATE group_member SET role = 'owner' WHERE customer_id = {customer('aunt')}",
    ),
    Break(
        "No Owner's membership",
        "Mum is the Owner of a group, and its membership ends on 2026-12-31",
        "ALTER TABLE group_member DROP CONSTRAINT ck_group_member_owner_stays;"
        f"UPDATE group_member SET until = '2026-12-31' WHERE customer_id = {customer('mum')}",
    ),
    Break(
        "Groups and their members",
        "Aunt and the group fam belong to different partners",
        "UPDATE customer SET partner_id = (SELECT max(id) FROM partner) WHERE external_id = 'aunt'",
    ),
    Break(
        "Nobody is in a group",
        "Aunt is a member of the group fam, which is dissolved",
        "UPDATE customer_group SET dissolved_at = created_at WHERE external_id = 'fam'",
    ),
    Break(
        "No agreement",
        "Gran left a group",
        "UPDATE acting_consent SET withdrawn_at = NULL",
    ),
    Break("The customer search looks", "main account of Branch", "UPDATE customer SET folded_main = 'acme'"),
    Break("The customer search looks", "logins of Acme", "UPDATE customer SET folded_logins = 'a@b.test'"),
    Break("No mail is stuck", "left in the middle", MAIL),
)


@pytest.mark.usefixtures("story")
@pytest.mark.parametrize("case", BREAKS, ids=lambda case: case.words)
def test_each_break_is_found_and_said(app: Flask, case: Break) -> None:
    break_it(*case.sql.split(";"))
    found = broken()
    for claim in case.claims.split("|"):
        assert any(name.startswith(claim) for name in found), found
    assert any(case.words in problem for problems in found.values() for problem in problems), found


@pytest.mark.usefixtures("story")
def test_a_missing_guard_is_found(app: Flask) -> None:
    drop: Callable[[str], str] = lambda name: f"DROP TRIGGER {name}" + ("" if is_sqlite() else " ON posting")  # noqa: E731
    with to_write(db.engine) as connection, connection.begin():
        connection.exec_driver_sql(drop("posting_open"))
    assert list(broken().values()) == [("The guard posting_open of the database is missing or switched off.",)]


def test_with_another_schema_nothing_else_is_looked_at(app: Flask) -> None:
    with to_write(db.engine) as connection, connection.begin():
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'older'")
    found = doctor.examine()
    assert len(found.findings) == 1
    assert "flask db upgrade" in str(found.findings[0].problems[0])


@pytest.mark.usefixtures("story")
def test_only_the_first_of_many_are_listed(app: Flask) -> None:
    rows = "".join(f"n{number},Name {number},Harbour Net\n" for number in range(25))
    clean("customers", f"external_id,name,partner\n{rows}")
    rows = "".join(f"t{number},n{number},2026-10-01,invoice,1\n" for number in range(25))
    clean("transactions", f"external_id,customer,date,kind,amount\n{rows}")
    break_it("UPDATE ledger_account SET balance_minor = balance_minor + 1 WHERE owner_id IS NOT NULL")
    problems = next(problems for claim, problems in broken().items() if claim.startswith("Stored balances"))
    assert len(problems) == 21
    assert problems[-1] == "There are more of the same kind."


def test_sec63_an_open_instance_folder_is_named(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sqlite3.sqlite_version_info", (3, 51, 3))
    folder = app.config["PORTAL_SETTINGS"].instance_dir
    for mode, said in ((0o700, 0), (0o750, 1), (0o705, 1), (0o710, 1)):
        folder.chmod(mode)
        found = doctor.examine().warnings
        assert len(found) == said, oct(mode)
        assert all(f"chmod -R go-rwx {folder}" in str(one) for one in found)
    folder.chmod(0o700)


def test_the_linked_sqlite_is_named(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sqlite3.sqlite_version_info", (3, 51, 2))
    assert len(doctor.examine().warnings) == (1 if is_sqlite() else 0)
    monkeypatch.setattr("sqlite3.sqlite_version_info", (3, 51, 3))
    assert doctor.examine().warnings == ()


def test_scripts_without_a_font_are_named_with_the_package(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sqlite3.sqlite_version_info", (3, 51, 3))
    monkeypatch.setattr("portal.outside.pdf.scripts.missing", lambda: {"fonts-noto-core": ["Gujarati", "Sinhala"]})
    (warning,) = doctor.examine().warnings
    assert str(warning) == (
        "Statements as PDF show ▯ for letters of Gujarati, Sinhala: no font here has them. Install fonts-noto-core."
    )
