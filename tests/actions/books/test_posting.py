"""Posting and reversing: on whose books, with which number, and what is refused."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.actions.books import posting as ledger
from portal.actions.books.posting import Charge, Posted
from portal.actions.links import sub_accounts
from portal.actions.statements import view as statements
from portal.actions.statements.view import StatementRequest
from portal.db.customers import profiles as customers
from portal.db.engine import db
from portal.db.tables import Entry, Operation
from portal.rules.balances import NO_BALANCE, Balances
from portal.rules.books import EntryKind, Ledger
from portal.rules.deciding import ROLE_PERMISSIONS, SYSTEM, Actor
from portal.rules.errors import Invalid, Mismatch, Missing, NotAllowed, Refused
from portal.rules.holders import Role
from portal.rules.statements.figures import RecordType
from tests import books, people
from tests.log import log

ADMIN = Actor(
    "Adam", None, "adam@example.test", role=Role.ADMINISTRATOR, permissions=ROLE_PERMISSIONS[Role.ADMINISTRATOR]
)
CHARGE = Charge("acme", EntryKind.INVOICE, 1250, date(2026, 11, 20), description="Broadband")


def balance(reference: str) -> Balances:
    """The balances of whoever pays for the customer, today."""
    profile = customers.by_reference(reference)
    assert profile is not None
    found = statements.balance_of(profile)
    db.session.rollback()
    return found


def entries() -> int:
    return db.session.scalar(select(func.count()).select_from(Entry)) or 0


def refusal(error: pytest.ExceptionInfo[Refused]) -> list[tuple[str, str]]:
    return [(reason.rule, str(reason.message)) for reason in error.value.reasons]


@pytest.mark.parametrize(
    ("kind", "series", "signed"),
    [
        ("invoice", "INV", -1250),
        ("payment", "PAY", 1250),
        ("credit_note", "CN", 1250),
        ("debit", "TRX", -1250),
        ("credit", "TRX", 1250),
        ("refund", "REF", -1250),
    ],
)
def test_each_kind_has_its_sign_and_series(app: Flask, kind: str, series: str, signed: int) -> None:
    people.customer("acme")
    posted = people.post("acme", kind, 1250, "2026-11-20", description="Broadband", category="Internet", tax_minor=250)
    assert (posted.number, posted.amount_minor, posted.currency) == (f"{series}-000001", signed, "EUR")
    assert (posted.payer, posted.customer) == ("acme", "acme")
    assert balance("acme") == Balances(signed, 0, 0)
    entry = db.session.scalars(select(Entry)).one()
    assert (entry.public_id, entry.kind, entry.tax_minor, entry.actor) == (
        posted.public_id,
        kind,
        250,
        "system operator",
    )
    books.check()


def test_f11_the_payer_is_resolved_when_posting(app: Flask) -> None:
    for name in ("acme", "branch", "franchise", "alex", "sam"):
        people.customer(name)
    assert people.post("branch", "invoice", 100, "2026-10-01").payer == "branch"
    people.post("branch", "payment", 100, "2026-10-01")
    people.link("acme", "branch")
    people.link("acme", "franchise", "independent")
    people.share("alex", "sam")
    assert people.post("branch", "invoice", 1, "2026-11-01").payer == "acme"
    assert people.post("branch", "invoice", 2, "2026-09-01").payer == "acme", "whatever its date"
    assert people.post("franchise", "invoice", 4, "2026-11-01").payer == "franchise"
    assert people.post("sam", "invoice", 8, "2026-11-01").payer == "alex"
    assert people.post("sam", "payment", 16, "2026-11-01", ledger="credit").payer == "alex"
    assert people.post("alex", "invoice", 32, "2026-11-01").payer == "alex"
    people.post("acme", "payment", 3, "2026-11-01")
    sub_accounts.unlink(SYSTEM, "branch")
    assert people.post("branch", "invoice", 64, "2026-11-01").payer == "branch"
    assert (balance("acme"), balance("branch")) == (NO_BALANCE, Balances(-64, 0, 0))
    assert balance("sam") == balance("alex") == Balances(-40, 16, 0)
    books.check()


def test_f1_a_reversal_follows_the_original_to_its_books(app: Flask) -> None:
    for name in ("acme", "branch"):
        people.customer(name)
    people.link("acme", "branch")
    first = people.post("branch", "invoice", 500, "2026-11-01", external_id="first")
    people.post("acme", "payment", 500, "2026-11-02")
    sub_accounts.unlink(SYSTEM, "branch")
    back = ledger.reverse(ADMIN, "first", on=date(2026, 11, 22), reason="Billed twice", external_id="back")
    assert (back.payer, back.customer, back.amount_minor) == ("acme", "branch", 500)
    assert back.number == "INV-000002"
    assert (balance("acme").house_minor, balance("branch")) == (500, NO_BALANCE)
    entry = db.session.scalars(select(Entry).where(Entry.external_id == "back")).one()
    assert (entry.reason, entry.actor, entry.description) == (
        "Billed twice",
        "adam@example.test",
        "Reversal of INV-000001",
    )
    with pytest.raises(Refused) as error:
        ledger.reverse(ADMIN, first.public_id, on=date(2026, 11, 22), reason="Again")
    assert refusal(error) == [("F1", "INV-000001 was reversed by INV-000002.")]
    again = ledger.reverse(ADMIN, back.public_id, on=date(2026, 11, 22), reason="It was right after all")
    assert (again.payer, again.amount_minor) == ("acme", -500)
    books.check()


def test_f1_a_reversal_needs_a_reason_a_date_and_an_entry(app: Flask) -> None:
    people.customer("acme")
    people.post("acme", "invoice", 500, "2026-11-01", external_id="first")
    with pytest.raises(Invalid) as error:
        ledger.reverse(SYSTEM, "first", on=date(1066, 10, 14), reason="  ")
    assert set(error.value.fields) == {"date", "reason"}
    with pytest.raises(Missing, match="no entry “second”"):
        ledger.reverse(SYSTEM, "second", on=date(2026, 11, 22), reason="Why")
    with pytest.raises(Refused, match="F2"):
        ledger.reverse(SYSTEM, "first", on=date(2026, 11, 22), reason="Why", external_id="first")
    assert entries() == 1


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"amount_minor": 0}, "amount"),
        ({"amount_minor": -1}, "amount"),
        ({"amount_minor": 10**15 + 1}, "amount"),
        ({"tax_minor": 10**15 + 1}, "tax"),
        ({"on": date(1969, 12, 31)}, "date"),
        ({"on": date(2200, 1, 1)}, "date"),
        ({"description": "x" * 10_001}, "description"),
        ({"description": "a\0b"}, "description"),
        ({"category": "x" * 101}, "category"),
        ({"external_id": "x" * 101}, "external_id"),
        ({"number": "9" * 61}, "number"),
    ],
)
def test_wrong_fields_are_named(app: Flask, more: dict[str, Any], field: str) -> None:
    people.customer("acme")
    with pytest.raises(Invalid) as error:
        ledger.post(SYSTEM, replace(CHARGE, **{"kind": EntryKind.DEBIT} | more))
    assert set(error.value.fields) == {field}
    assert entries() == 0


def test_f4_an_invoice_may_come_to_zero(app: Flask) -> None:
    people.customer("acme")
    assert people.post("acme", "invoice", 0, "2026-11-20").amount_minor == 0
    books.check()


def test_texts_are_kept_as_they_are(app: Flask) -> None:
    people.customer("acme")
    text = "Łukasz <script>alert(1)</script> '; DROP TABLE entry; -- عربى 👩‍👧 \u202e\n" + "x" * 9000
    people.post("acme", "invoice", 5, "2026-11-20", description=text)
    assert db.session.scalars(select(Entry.description)).one() == text


def test_f2_numbers_are_gapless_after_refusals(app: Flask) -> None:
    people.customer("acme")
    assert people.post("acme", "debit", 5, "2026-11-20").number == "TRX-000001"
    with pytest.raises(Refused):
        people.post("acme", "debit", 5, "2026-11-20", ledger="credit")
    with pytest.raises(Refused):
        people.post("acme", "debit", 5, "2026-11-20", number="TRX-000001")
    assert people.post("acme", "credit", 5, "2026-11-20").number == "TRX-000002"
    assert people.post("acme", "debit", 5, "2026-11-20", number="TRX-000003").number == "TRX-000003"
    assert people.post("acme", "debit", 5, "2026-11-20").number == "TRX-000004"
    books.check()


def test_f2_taken_names_are_refused_together(app: Flask) -> None:
    people.customer("acme")
    people.customer("far", of="Lakeside")
    people.post("acme", "invoice", 5, "2026-11-20", external_id="X", number="2026/1")
    with pytest.raises(Refused) as error:
        people.post("acme", "invoice", 5, "2026-11-20", external_id="X", number="2026/1")
    assert refusal(error) == [
        ("F2", "An entry with the external id “X” is in the books already."),
        ("F2", "The number “2026/1” is taken."),
    ]
    people.post("acme", "payment", 5, "2026-11-20", number="2026/1")
    people.post("far", "invoice", 5, "2026-11-20", number="2026/1")
    books.check()


CREDIT_CASES = [
    # (kind, amount, day) in turn, and whether the last one is taken
    ([("payment", 100, "2026-11-01"), ("refund", 100, "2026-11-01")], True),
    ([("payment", 100, "2026-11-01"), ("refund", 101, "2026-11-01")], False),
    ([("refund", 1, "2026-11-01")], False),
    ([("payment", 100, "2026-11-10"), ("refund", 50, "2026-11-09")], False),
    ([("payment", 100, "2026-12-10"), ("refund", 50, "2026-11-22")], False),
    ([("payment", 100, "2026-12-10"), ("refund", 50, "2026-12-10")], True),
    ([("payment", 100, "2026-11-01"), ("refund", 80, "2027-01-01"), ("refund", 50, "2026-11-02")], False),
    ([("payment", 100, "2026-11-01"), ("refund", 80, "2027-01-01"), ("refund", 20, "2026-11-02")], True),
    ([("payment", 100, "2026-11-01"), ("refund", 80, "2026-11-02"), ("payment", 80, "2026-12-01"),
      ("refund", 30, "2026-11-01")], False),
    ([("payment", 100, "2026-11-01"), ("refund", 80, "2026-11-02"), ("payment", 80, "2026-12-01"),
      ("refund", 30, "2026-12-01")], True),
]  # fmt: skip


@pytest.mark.parametrize(("steps", "taken"), CREDIT_CASES)
def test_f10_credit_is_never_below_zero_at_any_date(app: Flask, steps: list[tuple[str, int, str]], taken: bool) -> None:
    people.customer("acme")
    for kind, amount, on in steps[:-1]:
        people.post("acme", kind, amount, on, ledger="credit")
    kind, amount, on = steps[-1]
    if taken:
        people.post("acme", kind, amount, on, ledger="credit")
    else:
        with pytest.raises(Refused) as error:
            people.post("acme", kind, amount, on, ledger="credit")
        ((rule, message),) = refusal(error)
        assert rule == "F10"
        assert message.startswith("Customer Credit of Acme would be ")
    books.check()


def test_f10_the_refusal_has_the_figures_and_names_the_payer(app: Flask) -> None:
    for name in ("alex", "sam"):
        people.customer(name)
    people.share("alex", "sam")
    people.post("alex", "payment", 100, "2026-11-01", ledger="credit")
    with pytest.raises(Refused, match=r"Customer Credit of Alex would be 1\.50 EUR below zero on "):
        people.post("sam", "debit", 250, "2026-11-22", ledger="credit")


def test_f10_a_reversal_does_not_take_credit_that_was_spent(app: Flask) -> None:
    people.customer("acme")
    people.post("acme", "payment", 100, "2026-11-01", ledger="credit", external_id="paid")
    people.post("acme", "refund", 60, "2026-11-02", ledger="credit", external_id="spent")
    with pytest.raises(Refused, match=r"F10.*0\.60 EUR below zero"):
        ledger.reverse(SYSTEM, "paid", on=date(2026, 11, 22), reason="Bounced")
    ledger.reverse(SYSTEM, "spent", on=date(2026, 11, 22), reason="Sent back")
    ledger.reverse(SYSTEM, "paid", on=date(2026, 11, 22), reason="Bounced")
    assert balance("acme") == NO_BALANCE
    books.check()


def test_f10_what_is_dated_ahead_counts_from_its_date(app: Flask, frozen: Any) -> None:
    people.customer("acme")
    people.post("acme", "invoice", 100, "2026-11-22")
    people.post("acme", "invoice", 30, "2026-11-23")
    people.post("acme", "payment", 7, "2026-12-24", ledger="credit")
    assert balance("acme") == Balances(-100, 0, 2)
    frozen.move_to("2026-11-22T22:59:00Z")
    assert balance("acme") == Balances(-100, 0, 2)
    frozen.move_to("2026-11-22T23:00:00Z")
    assert balance("acme") == Balances(-130, 0, 1), "it is the 23rd in Prague"
    frozen.move_to("2026-12-24T12:00:00Z")
    assert balance("acme") == Balances(-130, 7, 0)


def test_the_same_key_has_one_effect_and_one_answer(app: Flask) -> None:
    people.customer("acme")
    first = ledger.post(SYSTEM, CHARGE, once="k1")
    assert ledger.post(SYSTEM, CHARGE, once="k1") == first
    assert entries() == 1
    with pytest.raises(Mismatch):
        ledger.post(SYSTEM, replace(CHARGE, amount_minor=1251), once="k1")
    with pytest.raises(Mismatch):
        ledger.reverse(SYSTEM, first.public_id, on=date(2026, 11, 22), reason="Why", once="k1")
    back = ledger.reverse(SYSTEM, first.public_id, on=date(2026, 11, 22), reason="Why", once="k2")
    assert ledger.reverse(SYSTEM, first.public_id, on=date(2026, 11, 22), reason="Why", once="k2") == back
    assert entries() == 2
    assert db.session.scalars(select(Operation.answer).where(Operation.key == "k1")).one() == asdict(first)
    books.check()


def test_a_refused_request_does_not_use_its_key_up(app: Flask) -> None:
    people.customer("acme")
    charge = replace(CHARGE, kind=EntryKind.REFUND, ledger=Ledger.CREDIT)
    with pytest.raises(Refused):
        ledger.post(SYSTEM, charge, once="k1")
    people.post("acme", "payment", 5000, "2026-11-01", ledger="credit")
    assert isinstance(ledger.post(SYSTEM, charge, once="k1"), Posted)
    books.check()


def test_what_was_done_is_in_the_log(app: Flask) -> None:
    acme = people.customer("acme")
    posted = ledger.post(ADMIN, CHARGE)
    ledger.reverse(ADMIN, posted.public_id, on=date(2026, 11, 22), reason="Typo")
    assert [(line.actor, line.grant, line.subject_id, line.action, line.text) for line in log()] == [
        ("adam@example.test", "staff", acme.id, "ledger.post", "Invoice INV-000001 of 12.50 EUR"),
        ("adam@example.test", "staff", acme.id, "ledger.reverse", "INV-000001 reversed by INV-000002: Typo"),
    ]


@pytest.mark.parametrize(
    ("actor", "error"),
    [
        (Actor("Owner", customer_id=1, partner_id=1), Missing),
        (replace(ADMIN, role=Role.FRONT_OF_HOUSE, permissions=ROLE_PERMISSIONS[Role.FRONT_OF_HOUSE]), NotAllowed),
        (replace(ADMIN, partner_id=999), Missing),
    ],
)
def test_only_staff_with_the_permission_posts(app: Flask, actor: Actor, error: type[Exception]) -> None:
    people.customer("acme")
    posted = ledger.post(ADMIN, CHARGE)
    with pytest.raises(error):
        ledger.post(actor, CHARGE)
    with pytest.raises(error):
        ledger.reverse(actor, posted.public_id, on=date(2026, 11, 22), reason="Why")
    assert entries() == 1


def test_nobody_posts_to_a_customer_that_is_not_there(app: Flask) -> None:
    with pytest.raises(Missing, match="no customer “acme”"):
        ledger.post(SYSTEM, CHARGE)


def test_f1_two_currencies_never_meet(app: Flask) -> None:
    people.customer("acme")
    people.customer("tokyo", currency="JPY")
    people.post("tokyo", "invoice", 1500, "2026-11-20")
    people.post("acme", "invoice", 1500, "2026-11-20")
    books.check()
    view = statements.view(
        SYSTEM, "tokyo", StatementRequest(date(2026, 11, 1), date(2026, 11, 30), record_type=RecordType.ALL)
    )
    assert (view.currency, view.closing_minor) == ("JPY", -1500)
