"""What a line pays is posted when somebody confirms it: one payment, allocated as confirmed."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from portal.actions import doctor
from portal.actions.bank import confirming, deciding
from portal.actions.bank.confirming import Choice, Confirmed, Part
from portal.actions.books import periods, posting
from portal.actions.partners import settings
from portal.db.books import closing
from portal.db.engine import db, writes
from portal.db.invoices import items
from portal.db.tables import BankDecision, BankFile, BankLine, BankStatement, Entry
from portal.outside import clock
from portal.rules.deciding import SYSTEM
from portal.rules.errors import Conflict, Invalid, Missing, NotAllowed, Refused
from portal.rules.holders import Role
from tests import books, people
from tests.banks import opened, shown, take_in
from tests.invoices import issue
from tests.log import log
from tests.logins import administrator
from tests.outside.bank.writing import camt, details, entry, statement


def lines(*entries: tuple[str, str], day: str = "2026-11-20") -> list[str]:
    """The lines of a file with these amounts and texts."""
    total = sum(float(amount) for amount, _ in entries)
    found = [
        entry(amount, details("Somebody", "DE89370400440532013000", text), day=day, ref=f"B{place}{text}")
        for place, (amount, text) in enumerate(entries)
    ]
    done = take_in(camt(statement("0.00", f"{total:.2f}", found)))
    return [one.line.public_id for one in opened(done.file).lines]


def confirm(ids: list[str], choice: Choice | None = None, **more: str) -> tuple[Confirmed, ...]:
    return confirming.confirm(SYSTEM, ids, choice or Choice(), **more)


def parts(*pairs: tuple[str, int | str | None]) -> tuple[Part, ...]:
    return tuple(Part(name, amount) for name, amount in pairs)


def open_of(number: str) -> int:
    db.session.rollback()
    return items.named(number)[0].left_minor


def payments() -> int:
    db.session.rollback()
    return int(db.session.scalar(select(func.count()).where(Entry.kind == "payment")) or 0)


@pytest.fixture
def acme(app: Flask) -> Flask:
    """Acme owes INV-000001 of 100.00 and INV-000002 of 50.00, Ben INV-000003 of 50.00."""
    people.customer("acme", name="Acme Ltd")
    people.customer("ben")
    for who, amount, day, number in (
        ("acme", 10000, "2026-11-01", "INV-000001"),
        ("acme", 5000, "2026-11-02", "INV-000002"),
        ("ben", 5000, "2026-11-03", "INV-000003"),
    ):
        people.post(who, "invoice", amount, day, number=number)
    return app


def test_f16_what_is_chosen_becomes_one_payment_that_settles_it(acme: Flask) -> None:
    (line,) = lines(("150.00", "INV-000001 INV-000002"))
    (done,) = confirm([line])
    assert (done.customer, done.amount_minor, done.on, done.left_minor) == ("acme", 15000, date(2026, 11, 20), 0)
    assert [(one.invoice, one.amount_minor) for one in done.allocated] == [("INV-000001", 10000), ("INV-000002", 5000)]
    assert (open_of("INV-000001"), open_of("INV-000002"), payments()) == (0, 0, 1)
    assert [one.line.payment for one in opened(_file(line)).lines] == [done.payment]
    (told,) = [one for one in log() if one.action == "bank.confirm"]
    assert told.text == f"Bank line of 2026-11-20 confirmed as {done.payment} over 150.00 EUR"
    assert told.details["settled"] == {"INV-000001": 10000, "INV-000002": 5000}
    books.check()


def _file(line: str) -> str:
    query = select(BankFile.public_id).join(BankStatement, BankStatement.file_id == BankFile.id)
    return str(
        db.session.scalar(
            query.join(BankLine, BankLine.statement_id == BankStatement.id).where(BankLine.public_id == line)
        )
    )


def test_f16_where_nothing_is_chosen_nothing_is_posted(acme: Flask) -> None:
    first, second = lines(("150.00", "INV-000001 INV-000002"), ("50.00", "thank you"))
    with pytest.raises(Refused, match=r"\[F16\] For the line of 2026-11-20 over 50.00 EUR nothing is chosen"):
        confirm([first, second])
    assert payments() == 0
    assert [state for _, state, _ in shown(_file(first))] == ["open", "open"]


def test_f16_somebody_says_what_it_pays(acme: Flask) -> None:
    first, second, third, fourth = lines(("60.00", "a"), ("50.00", "b"), ("10.00", "c"), ("20.00", "d"))
    (one,) = confirm([first], Choice(parts=parts(("INV-000001", 4000), ("INV-000002", None))))
    assert (one.customer, [it.amount_minor for it in one.allocated], one.left_minor) == ("acme", [4000, 2000], 0)
    (two,) = confirm([second], Choice("ben", parts(("INV-000003", "20.00"))))
    assert (two.left_minor, open_of("INV-000003")) == (3000, 3000)
    (three,) = confirm([third], Choice("ben"))
    assert (three.allocated, three.left_minor, open_of("INV-000003")) == ((), 1000, 3000)
    settings.change(SYSTEM, "Harbour Net", {"allocation": "oldest"})
    (four,) = confirm([fourth], Choice("acme"))
    assert [(it.invoice, it.amount_minor) for it in four.allocated] == [("INV-000001", 2000)]
    books.check()


def test_f16_a_line_is_open_again_where_its_payment_was_reversed(acme: Flask) -> None:
    (line,) = lines(("100.00", "INV-000001"))
    (done,) = confirm([line])
    posting.reverse(SYSTEM, done.public_id, reason="of somebody else")
    found = opened(_file(line))
    assert (found.file.open, found.file.confirmed, found.lines[0].line.state.value) == (1, 0, "open")
    assert found.lines[0].line.payment == done.payment
    assert [(one.invoice, one.chosen) for one in found.lines[0].proposals] == [("INV-000001", True)]
    (again,) = confirm([line], Choice("ben"))
    found = opened(_file(line))
    assert (found.file.open, found.file.confirmed, found.lines[0].line.payment) == (0, 1, again.payment)
    books.check()


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        (Choice(parts=parts(("INV-000003", 6000))), "it has 50.00 EUR open, and the payment has 80.00 EUR left"),
        (Choice(parts=parts(("INV-000001", 9000))), "it has 100.00 EUR open, and the payment has 80.00 EUR left"),
        (Choice(parts=parts(("INV-000001", 5000), ("INV-000002", 4000))), "the payment has 30.00 EUR left"),
        (Choice(parts=parts(("INV-000001", 0))), "Choose at most 80.00 EUR, and more than zero."),
        (Choice("ben", parts(("INV-000001", 10))), "INV-000001 is on the books of Acme Ltd"),
    ],
)
def test_f7_never_more_than_there_is_and_never_on_other_books(acme: Flask, choice: Choice, sentence: str) -> None:
    (line,) = lines(("80.00", "x"))
    with pytest.raises(Refused) as told:
        confirm([line], choice)
    assert sentence in str(told.value)
    assert payments() == 0


def test_f16_a_debit_another_currency_and_unknown_names_are_refused(acme: Flask) -> None:
    debit, credit = lines(("-5.00", "x"), ("9.00", "y"))
    with pytest.raises(Refused, match="is no credit"):
        confirm([debit], Choice("acme"))
    with pytest.raises(Missing):
        confirm([credit], Choice("nobody"))
    with pytest.raises(Missing):
        confirm([credit], Choice(parts=parts(("INV-999999", None))))
    with pytest.raises(Missing):
        confirm(["nothing"])
    with pytest.raises(Invalid):
        confirm([credit], Choice("acme", parts(("INV-000001", "much"))))
    with pytest.raises(Invalid, match="one line at a time"):
        confirm([debit, credit], Choice(parts=parts(("INV-000001", None))))
    people.customer("swiss", currency="CHF")
    with pytest.raises(Refused, match="another currency"):
        confirm([credit], Choice("swiss"))
    people.customer("other", of="Other Net")
    with pytest.raises(Refused, match="another partner"):
        confirm([credit], Choice("other"))
    assert payments() == 0


def test_f16_a_line_is_confirmed_once_and_one_set_aside_still_can_be(acme: Flask) -> None:
    (line,) = lines(("50.00", "INV-000002"))
    deciding.ignore(SYSTEM, [line])
    (done,) = confirm([line, line], once="k")
    assert confirm([line, line], once="k") == (done,)
    with pytest.raises(Conflict, match=f"it is {done.payment}"):
        confirm([line])
    with pytest.raises(Conflict):
        deciding.ignore(SYSTEM, [line])
    assert payments() == 1


def test_f16_two_lines_that_name_one_invoice_pay_it_once(acme: Flask) -> None:
    ids = lines(("50.00", "INV-000002"), ("50.00", "again INV-000002"))
    with pytest.raises(Refused):
        confirm(ids)
    assert (payments(), open_of("INV-000002")) == (0, 5000)
    confirm(ids[:1])
    assert [chosen for _, _, found in shown(_file(ids[0])) for *_, chosen in found if chosen] == []


def test_f16_an_account_that_paid_before_is_known(acme: Flask) -> None:
    (line,) = lines(("50.00", "INV-000003"))
    confirm([line])
    people.post("ben", "invoice", 700, "2026-11-10", number="INV-000004")
    (later,) = lines(("7.00", "swim"))
    (found,) = shown(_file(later))
    assert found[2] == [("ben", "INV-000004", 700, "iban", True)]


def test_f8_a_line_of_a_closed_month_takes_the_first_open_day(acme: Flask) -> None:
    (line,) = lines(("50.00", "INV-000002"), day="2026-10-20")

    partner = people.partner()

    @writes
    def close() -> None:
        closing.close(partner, date(2026, 10, 31), actor="x", at=clock.now())

    close()
    (done,) = confirm([line])
    assert done.on == date(2026, 11, 1)


def test_f11_a_sub_accounts_payment_is_its_payers(acme: Flask) -> None:
    people.customer("branch")
    people.link("acme", "branch")
    (line,) = lines(("100.00", "x"))
    (done,) = confirm([line], Choice("branch", parts(("INV-000001", None))))
    assert (done.customer, open_of("INV-000001")) == ("branch", 0)


def test_o4_who_may(acme: Flask) -> None:
    (line,) = lines(("50.00", "INV-000002"))
    desk = administrator("desk@staff.test", Role.FRONT_OF_HOUSE)
    bound = administrator("bound@staff.test", Role.ADMINISTRATOR, people.partner("Other Net"))
    with pytest.raises(NotAllowed):
        confirming.confirm(desk, [line])
    with pytest.raises(Missing):
        confirming.confirm(bound, [line])
    assert payments() == 0


def test_f16_doctor_compares_lines_with_their_payments(acme: Flask) -> None:
    first, second = lines(("50.00", "INV-000002"), ("9.00", "y"))
    confirm([first])
    books.check()

    @writes
    def disturb() -> None:
        decision = db.session.scalars(select(BankDecision)).one()
        line = db.session.scalars(select(BankLine).where(BankLine.public_id == second)).one()
        db.session.execute(update(BankDecision).values(line_id=line.id).where(BankDecision.line_id == decision.line_id))
        db.session.execute(update(BankStatement).values(closing_minor=1))

    disturb()
    told = [str(problem) for finding in doctor.examine().findings for problem in finding.problems]
    assert f"The bank line {second} and the payment it became do not agree." in told
    assert any("does not add up" in one for one in told)


def test_f7_a_line_settles_invoices_in_the_order_of_every_settlement(app: Flask) -> None:
    """Due on one day, the oldest comes first, then the one that was entered first, whatever the text says."""
    people.customer("acme", name="Acme Ltd")
    due = date(2026, 11, 30)
    for number, day in (("INV-000003", "2026-11-02"), ("INV-000002", "2026-11-02"), ("INV-000001", "2026-11-01")):
        issue("acme", "Seat|1|100.00|0", on=day, due=due, number=number)
    named = "INV-000002 INV-000003 INV-000001"
    first, second = lines(("150.00", named), ("60.00", "somebody"))
    wanted = [("acme", "INV-000001", 10000), ("acme", "INV-000003", 5000)]
    assert [proposal[:3] for proposal in shown(_file(first))[0][2]] == wanted
    settings.change(SYSTEM, "Harbour Net", {"allocation": "oldest"})
    (done,) = confirm([second], Choice("acme"))
    assert [(one.invoice, one.amount_minor) for one in done.allocated] == [("INV-000001", 6000)]
    (done,) = confirm([first], Choice("acme"))
    assert [(one.invoice, one.amount_minor) for one in done.allocated] == [
        ("INV-000001", 4000),
        ("INV-000003", 10000),
        ("INV-000002", 1000),
    ]
    books.check()


def test_f16_a_line_that_is_open_again_is_like_any_other(acme: Flask) -> None:
    """It counts as not decided where a month is closed, and can be split; doctor finds nothing wrong with that."""
    first, second = lines(("100.00", "INV-000001"), ("50.00", "INV-000002"))
    look = periods.foresee(SYSTEM, date(2026, 11, 1), "Harbour Net")
    assert look.bank_lines == 2
    done, _ = confirm([first, second])
    assert periods.foresee(SYSTEM, date(2026, 11, 1), "Harbour Net").bank_lines == 0
    posting.reverse(SYSTEM, done.public_id, reason="of two customers")
    again = periods.foresee(SYSTEM, date(2026, 11, 1), "Harbour Net")
    assert again.bank_lines == 1
    own, other = deciding.split(SYSTEM, first, [6000])
    assert periods.foresee(SYSTEM, date(2026, 11, 1), "Harbour Net").bank_lines == 2
    confirm([own], Choice("acme"))
    confirm([other], Choice("ben"))
    found = opened(_file(first)).file
    assert (found.lines, found.open, found.confirmed) == (3, 0, 3)
    books.check()
    assert not [problem for finding in doctor.examine().findings for problem in finding.problems]
