"""F10: a preview of a posting is computed by what decides: it refuses what is refused, and shows what is done."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from flask import Flask

from portal.actions.books import future_items, posting
from portal.actions.books.drafts import Charge
from portal.actions.links import settlement
from portal.db.engine import db
from portal.rules.books import EntryKind, Ledger
from portal.rules.deciding import SYSTEM
from portal.rules.errors import Conflict, Refused
from tests import books, foresight, people
from tests.actions.links.test_settlement import future

NOVEMBER, TODAY, ADVENT, CHRISTMAS = date(2026, 11, 2), date(2026, 11, 22), date(2026, 11, 29), date(2026, 12, 24)
CREDIT = Ledger.CREDIT


@pytest.fixture(autouse=True)
def office(app: Flask) -> None:
    """Acme pays for its branch, shares nothing, and holds 50.00 of credit of which 30.00 goes on Christmas Eve."""
    people.customer("acme")
    people.customer("branch")
    people.customer("pat")
    people.link("acme", "branch")
    people.post("acme", "credit", 5000, "2026-11-10", ledger="credit")
    people.post("acme", "refund", 3000, "2026-12-24", ledger="credit")
    people.post("acme", "invoice", 4000, "2026-11-12", external_id="taken", number="INV-000900")


CHARGES = [
    ("a payment", Charge("acme", EntryKind.PAYMENT, 1000, TODAY), []),
    ("an invoice for whom somebody else pays", Charge("branch", EntryKind.INVOICE, 1000, TODAY), []),
    ("dated ahead", Charge("acme", EntryKind.PAYMENT, 1000, ADVENT), []),
    ("dated back", Charge("acme", EntryKind.DEBIT, 1000, NOVEMBER), []),
    ("credit that is left at every date", Charge("acme", EntryKind.REFUND, 2000, TODAY, CREDIT), []),
    ("credit that is there today and not at Christmas", Charge("acme", EntryKind.REFUND, 2001, TODAY, CREDIT), ["F10"]),
    ("credit that was not there yet", Charge("acme", EntryKind.REFUND, 1, NOVEMBER, CREDIT), ["F10"]),
    ("credit that comes after Christmas", Charge("acme", EntryKind.REFUND, 2001, CHRISTMAS, CREDIT), ["F10"]),
    ("credit where there is no such account", Charge("pat", EntryKind.DEBIT, 1, TODAY, CREDIT), ["F10"]),
    ("names that are taken", Charge("acme", EntryKind.INVOICE, 1, TODAY, external_id="taken", number="INV-000900"),
     ["F2", "F2"]),
]  # fmt: skip


@pytest.mark.parametrize(("charge", "rules"), [row[1:] for row in CHARGES], ids=[row[0] for row in CHARGES])
def test_f10_what_is_foreseen_of_a_posting_is_what_happens(charge: Charge, rules: list[str]) -> None:
    shown = posting.foresee(SYSTEM, charge)
    assert [reason.rule for reason in shown.reasons] == rules
    assert bool(foresight.post(charge)) is not bool(rules)
    books.check()


APPLICATIONS = [
    ("all that is owed and lasts", "acme", 2000, TODAY, []),
    ("for a sub-account", "branch", 1500, TODAY, []),
    ("more than lasts", "acme", 2001, TODAY, ["F10"]),
    ("more than is owed", "acme", 4001, TODAY, ["F7", "F10"]),
    ("before anything was owed", "acme", 100, NOVEMBER, ["F7", "F10"]),
    ("dated ahead", "acme", 2000, ADVENT, []),
    ("without any account", "pat", 100, TODAY, ["F7", "F10"]),
]


@pytest.mark.parametrize(
    ("who", "amount", "on", "rules"), [row[1:] for row in APPLICATIONS], ids=[row[0] for row in APPLICATIONS]
)
def test_f10_what_is_foreseen_of_applying_is_what_happens(who: str, amount: int, on: date, rules: list[str]) -> None:
    shown = posting.foresee_application(SYSTEM, who, amount, on=on)
    assert [reason.rule for reason in shown.reasons] == rules
    assert bool(foresight.apply_credit(who, amount, on)) is not bool(rules)
    books.check()


def test_f10_what_is_foreseen_of_taking_back_is_what_happens() -> None:
    invoice = people.post("branch", "invoice", 1000, "2026-11-14").public_id
    credit = people.post("acme", "credit", 700, "2026-11-14", ledger="credit").public_id
    people.post("acme", "refund", 2500, "2026-11-20", ledger="credit")
    assert [one.rule for one in posting.foresee_reversal(SYSTEM, credit, on=TODAY).reasons] == ["F10"]
    assert foresight.reverse(credit, TODAY) == []
    assert foresight.reverse(invoice, TODAY)
    assert [one.rule for one in posting.foresee_reversal(SYSTEM, invoice, on=TODAY).reasons] == ["F1"]
    assert foresight.reverse(invoice, TODAY) == []
    applied = foresight.apply_credit("acme", 100, TODAY)[0]
    shown = posting.foresee_reversal(SYSTEM, applied.public_id, on=TODAY)
    assert [(one.account, one.after_minor - one.before_minor) for one in shown.changes] == [
        (Ledger.HOUSE, -100),
        (Ledger.CREDIT, 100),
    ]
    assert foresight.reverse(applied.public_id, TODAY)
    books.check()


def test_f10_both_customers_of_a_transfer_are_foreseen() -> None:
    people.customer("sam")
    people.post("sam", "credit", 900, "2026-11-01", ledger="credit")
    people.share("pat", "sam")
    moved = db.session.query(foresight.Entry.public_id).filter_by(kind="transfer").scalar()
    shown = posting.foresee_reversal(SYSTEM, moved, on=TODAY)
    assert sorted((one.owner, one.before_minor, one.after_minor) for one in shown.changes) == [
        ("Pat", 900, 0),
        ("Sam", 0, 900),
    ]
    assert foresight.reverse(moved, TODAY)


def test_f10_balances_are_foreseen_as_of_the_day_that_counts() -> None:
    back = posting.foresee(SYSTEM, Charge("acme", EntryKind.PAYMENT, 100, NOVEMBER))
    assert (back.on, back.ahead) == (TODAY, False)
    people.post("acme", "payment", 500, "2026-11-25")
    ahead = posting.foresee(SYSTEM, Charge("acme", EntryKind.PAYMENT, 100, ADVENT))
    assert (ahead.on, ahead.ahead) == (ADVENT, True)
    assert [(one.before_minor, one.after_minor) for one in ahead.changes] == [(-3500, -3400)]


def test_r24_an_entry_is_not_posted_to_figures_that_have_changed() -> None:
    charge = Charge("branch", EntryKind.PAYMENT, 1000, TODAY)
    mark = posting.foresee(SYSTEM, charge).mark
    people.post("acme", "payment", 1, "2026-11-20")
    with pytest.raises(Conflict, match="The figures have changed"):
        posting.post(SYSTEM, charge, mark=mark)
    mark = posting.foresee(SYSTEM, charge).mark
    with pytest.raises(Conflict):
        posting.post(SYSTEM, replace(charge, amount_minor=1001), mark=mark)
    assert posting.post(SYSTEM, charge, mark=mark).payer == "acme"


def test_f10_steps_of_a_settlement_are_refused_on_their_check_page() -> None:
    people.customer("shop")
    people.post("shop", "credit", 1000, "2026-11-01", ledger="credit")
    people.post("shop", "invoice", 400, "2026-11-01")
    people.post("shop", "debit", 700, "2026-12-24", ledger="credit")
    future("line", "5.00", "shop")
    seen: dict[str, list[str]] = {}
    for step in settlement.plan(SYSTEM, "acme", "shop").steps:
        for deed in step.deeds:
            look = settlement.look(SYSTEM, "acme", "shop", deed.key)[1]
            seen[deed.verb.value] = [reason.rule for reason in look.reasons]
            if look.reasons:
                with pytest.raises(Refused) as error:
                    settlement.carry_out(SYSTEM, "acme", "shop", deed.key, mark=look.mark)
                assert error.value.reasons == look.reasons
    assert seen == {"take-back": [], "invoice": [], "remove": [], "apply": ["F10"], "pay-out": ["F10"]}


def test_f10_future_items_are_foreseen() -> None:
    item = future("line", "5.00", "branch")
    look = future_items.look(SYSTEM, people.customers.require("branch").public_id, item)
    assert look.reasons == ()
