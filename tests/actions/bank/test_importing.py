"""Bank files are taken in whole, once, and only if they add up."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from portal.actions.bank import deciding, importing, looking
from portal.actions.partners import settings
from portal.db.engine import db, to_write
from portal.db.tables import BankFile, BankLine, Entry, StoredFile
from portal.outside import files
from portal.rules.deciding import SYSTEM
from portal.rules.errors import Invalid, Missing, NotAllowed, Refused
from portal.rules.holders import Role
from tests import people
from tests.banks import opened, shown, take_in
from tests.log import log
from tests.logins import administrator
from tests.outside.bank.writing import ACCOUNT, camt, details, entry, mt940, statement

ONE = camt(statement("0.00", "3.00", [entry("1.00", details("A"), ref="B1"), entry("2.00", details("B"), ref="B2")]))


def counted(table: type) -> int:
    db.session.rollback()
    return int(db.session.scalar(select(func.count()).select_from(table)) or 0)


def test_f16_a_file_is_kept_whole_and_posts_nothing(app: Flask) -> None:
    people.partner()
    done = take_in(ONE)
    assert (done.added, done.skipped) == (2, 0)
    page = opened(done.file)
    assert [(one.line.amount_minor, one.line.name, one.line.state) for one in page.lines] == [
        (100, "A", "open"),
        (200, "B", "open"),
    ]
    (one,) = page.statements
    assert (one.account, one.currency, one.opening_minor, one.closing_minor) == (ACCOUNT, "EUR", 0, 300)
    assert (page.file.name, page.file.form, page.file.partner, page.file.lines) == (
        "bank.xml",
        "camt.053",
        "Harbour Net",
        2,
    )
    kept = db.session.scalars(select(StoredFile)).one()
    with files.open_stored(kept.sha256) as stored:
        assert stored.read() == ONE
    assert counted(Entry) == 0
    (line,) = [one for one in log() if one.action == "bank.import"]
    assert line.text == "Bank file bank.xml of Harbour Net taken in: 2 lines, 0 known already"


def test_f16_the_same_file_and_the_same_entry_change_nothing(app: Flask) -> None:
    people.partner()
    first = take_in(ONE)
    again = take_in(ONE)
    assert (again.file, again.added, again.skipped) == (first.file, 0, 2)
    more = camt(
        statement("0.00", "7.00", [entry("1.00", details("A"), ref="B1"), entry("2.00", ref="B2"), entry("4.00")])
    )
    third = take_in(more)
    assert (third.added, third.skipped) == (1, 2)
    assert [amount for amount, _, _ in shown(third.file)] == [400]
    assert (counted(BankFile), counted(BankLine)) == (2, 3)
    people.partner("Other Net")
    assert take_in(ONE, partner="Other Net").added == 2


def test_f16_what_does_not_add_up_leaves_nothing(app: Flask) -> None:
    people.partner()
    good, bad = statement("0.00", "1.00", [entry("1.00")]), statement("0.00", "5.00", [entry("1.00")], number="S2")
    with pytest.raises(Refused, match="The difference is 4.00 EUR"):
        take_in(camt(good, bad))
    with pytest.raises(Invalid):
        take_in(ONE[:-30])
    assert (counted(BankFile), counted(BankLine)) == (0, 0)
    assert take_in(camt(statement("5.00", "5.00"))).added == 0


def test_f16_an_mt940_and_a_csv_are_taken_in_too(app: Flask) -> None:
    people.partner()
    assert take_in(mt940(":61:2611281128C5,00NTRFNONREF//B1", closing="C261128EUR1005,")).added == 1
    csv = b"day;sum;who\n28.11.2026;5,00;Ann\n"
    with pytest.raises(Invalid, match="A CSV needs a mapping"):
        take_in(csv)
    with pytest.raises(Invalid, match="There is none yet"):
        take_in(csv, mapping="giro")
    given = {"date": "day", "amount": "sum", "name": "who", "dates": "dd.mm.yyyy", "decimal": ","}
    importing.save_mapping(SYSTEM, "giro", given, partner="Harbour Net")
    assert [one.line.name for one in opened(take_in(csv, mapping="giro").file).lines] == ["Ann"]
    with pytest.raises(Invalid, match="There are giro"):
        take_in(csv, mapping="other")
    with pytest.raises(Invalid):
        importing.save_mapping(SYSTEM, "bad", {"date": "day"}, partner="Harbour Net")
    importing.save_mapping(SYSTEM, "giro", {**given, "text": "who"}, partner="Harbour Net")


def test_f16_whose_file_it_is(app: Flask) -> None:
    people.partner()
    assert importing.import_file(SYSTEM, io.BytesIO(ONE), "x").added == 2
    people.partner("Other Net")
    other = camt(statement("0.00", "9.00", [entry("9.00")]))
    with pytest.raises(Invalid, match="Harbour Net, Other Net"):
        importing.import_file(SYSTEM, io.BytesIO(other), "x")
    settings.change(SYSTEM, "Other Net", {"iban": ACCOUNT})
    done = importing.import_file(SYSTEM, io.BytesIO(other), "a/b\\c\x07.xml")
    assert (opened(done.file).file.partner, opened(done.file).file.name) == ("Other Net", "c .xml")
    with pytest.raises(Missing):
        take_in(other, partner="Nobody")


def test_f16_who_may(app: Flask) -> None:
    other = people.partner("Other Net")
    people.partner()
    desk = administrator("desk@staff.test", Role.FRONT_OF_HOUSE)
    bound = administrator("bound@staff.test", Role.ADMINISTRATOR, other)
    with pytest.raises(NotAllowed):
        take_in(ONE, actor=desk)
    with pytest.raises(Missing):
        take_in(ONE, actor=bound)
    done = take_in(ONE)
    line = opened(done.file).lines[0].line.public_id
    for deed in (
        lambda: looking.open_file(bound, done.file),
        lambda: looking.open_line(bound, line),
        lambda: deciding.ignore(bound, [line]),
    ):
        with pytest.raises(Missing):
            deed()
    with pytest.raises(NotAllowed):
        looking.list_files(desk)
    assert looking.list_files(bound) == []
    assert [one.public_id for one in looking.list_files(SYSTEM)] == [done.file]


def test_f16_a_line_is_set_aside_once(app: Flask) -> None:
    people.partner()
    done = take_in(ONE)
    ids = [one.line.public_id for one in opened(done.file).lines]
    assert deciding.ignore(SYSTEM, ids[:1]) == (ids[0],)
    assert deciding.ignore(SYSTEM, ids[:1]) == ()
    assert [state for _, state, _ in shown(done.file)] == ["ignored", "open"]
    assert looking.open_file(SYSTEM, done.file, states=[looking.LineState.OPEN], size=1).count == 1
    assert [one.text for one in log() if one.action == "bank.ignore"] == [
        "Bank line of 2026-11-28 over 1.00 EUR set aside"
    ]
    with pytest.raises(Missing):
        deciding.ignore(SYSTEM, ["nothing"])


def test_f16_what_was_read_never_changes(app: Flask) -> None:
    people.partner()
    take_in(ONE)
    for statement_ in (
        "UPDATE bank_line SET amount_minor = 5",
        "DELETE FROM bank_line",
        "UPDATE bank_statement SET opening_minor = 5",
        "UPDATE bank_file SET name = 'x'",
        "DELETE FROM bank_file",
    ):
        with pytest.raises(DBAPIError), to_write(db.engine) as connection:
            connection.execute(text(statement_))


def test_f16_the_worked_example_of_equal_amounts(app: Flask) -> None:
    """Two customers with 200.00 open each; "INV-712219" and "thank you", each of 200.00."""
    for name, number in (("ann", "INV-900619"), ("ben", "INV-712219")):
        people.customer(name)
        people.post(name, "invoice", 20000, "2026-11-01", number=number)
    entries = [
        entry("200.00", details(text="INV-712219"), ref="B1"),
        entry("200.00", details(text="thank you"), ref="B2"),
    ]
    found = shown(take_in(camt(statement("0.00", "400.00", entries))).file)
    assert found[0][2] == [("ben", "INV-712219", 20000, "reference", True)]
    assert {one[:2] for one in found[1][2]} in (set(), {("ann", "INV-900619"), ("ben", "INV-712219")})
    assert not any(chosen for *_, chosen in found[1][2])
