"""Settling a customer before it is aggregated (L6): the steps, the deeds, Customer Credit applied (F7), and races."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from portal.actions.books import future_items
from portal.actions.books import posting as ledger
from portal.actions.links import settlement, sub_accounts
from portal.actions.links.settlement import Settlement
from portal.db.customers import profiles as customers
from portal.db.engine import db
from portal.db.tables import Entry, FutureItem
from portal.rules.balances import Balances
from portal.rules.deciding import ROLE_PERMISSIONS, SYSTEM, Actor
from portal.rules.errors import Conflict, Invalid, Mismatch, Missing, NotAllowed, PortalError, Refused
from portal.rules.holders import Role
from portal.rules.links.facts import BillingMode
from portal.rules.permissions import Permission
from tests import books, people
from tests.actions.books.test_posting import balance, refusal
from tests.importing import clean
from tests.web.acme import change

SUPER = Actor("Sue", None, "sue@example.test", role=Role.SUPER, permissions=ROLE_PERMISSIONS[Role.SUPER])
TODAY = date(2026, 11, 22)
LATER = date(2026, 12, 24)


@pytest.fixture
def pair(app: Flask) -> None:
    for name in ("acme", "branch"):
        people.customer(name)


def future(external_id: str, amount: str, customer: str = "branch") -> str:
    """A future item; its public id."""
    head = "external_id,customer,date,kind,amount,tax,description,category\n"
    row = f"{external_id},{customer},2026-11-05,future_item,{amount},0.50,Line rental,Telephony\n"
    assert clean("transactions", head + row) == (1, 0, 0)
    db.session.rollback()
    return str(db.session.scalar(select(FutureItem.public_id).where(FutureItem.external_id == external_id)))


def found() -> Settlement:
    return settlement.plan(SUPER, "acme", "branch")


def keys() -> list[str]:
    """The deeds that are offered for each open step."""
    return [" ".join(deed.verb.value for deed in step.deeds) for step in found().steps if not step.done]


def do(verb: str, *, once: str | None = None) -> str:
    """Look at the first deed of this verb and do it."""
    key = next(deed.key for step in found().steps for deed in step.deeds if deed.verb == verb)
    _, seen = settlement.look(SUPER, "acme", "branch", key)
    return str(settlement.carry_out(SUPER, "acme", "branch", key, mark=seen.mark, once=once))


@pytest.mark.usefixtures("pair")
def test_l6_everything_is_settled_step_by_step_and_then_linked() -> None:
    people.post("branch", "invoice", 12000, "2026-11-01")
    people.post("branch", "credit", 3000, "2026-11-01", ledger="credit")
    people.post("branch", "invoice", 500, LATER.isoformat(), description="Christmas lights")
    future("line", "5.00")
    future("gone", "7.00")
    assert keys() == ["take-back", "invoice remove", "invoice remove", "apply", "pay"]
    assert found().left == 5
    assert do("take-back") == "INV-000002 is taken back by INV-000003"
    assert do("invoice") == "FUT-000001 is invoiced as INV-000004"
    assert balance("branch") == Balances(-12500, 3000, 0 + 2)
    assert do("remove") == "FUT-000002 is removed"
    assert do("apply") == "30.00 EUR of Customer Credit is applied to the House Account by TRF-000001"
    assert do("pay") == "Payment PAY-000001 of 95.00 EUR is on the books"
    assert found().ready
    assert [str(step.title) for step in found().steps] == [
        "No entry is dated ahead.",
        "No future item waits for an invoice.",
        "Customer Credit is at zero.",
        "The House Account is at zero.",
    ]
    sub_accounts.link(SUPER, "acme", "branch", BillingMode.AGGREGATED)
    books.check()
    invoiced = db.session.scalars(select(Entry).where(Entry.number == "INV-000004")).one()
    assert (invoiced.tax_minor, invoiced.description, invoiced.category) == (50, "Line rental", "Telephony")
    assert invoiced.reason == "Settled before it is billed to Acme"
    back = db.session.scalars(select(FutureItem).where(FutureItem.reverses_id.is_not(None))).one()
    assert (back.number, back.amount_minor, back.tax_minor) == ("FUT-000003", -700, -50)


@pytest.mark.usefixtures("pair")
def test_what_is_overpaid_is_refunded_and_credit_paid_out() -> None:
    people.post("branch", "payment", 700, "2026-11-01")
    people.post("branch", "credit", 300, "2026-11-01", ledger="credit")
    assert keys() == ["refund", "pay-out"]
    do("pay-out")
    do("refund")
    assert balance("branch") == Balances(0, 0, 0)
    assert found().ready
    books.check()


@pytest.mark.usefixtures("pair")
def test_more_credit_than_is_owed_is_applied_and_the_rest_paid_out() -> None:
    people.post("branch", "invoice", 300, "2026-11-01")
    people.post("branch", "credit", 1000, "2026-11-01", ledger="credit")
    assert keys() == ["apply", "pay-out"]
    do("pay-out")
    assert balance("branch") == Balances(-300, 300, 0)
    do("apply")
    assert found().ready
    books.check()


@pytest.mark.usefixtures("pair")
def test_f10_credit_spent_ahead_of_today_is_not_paid_out_before_that_is_taken_back() -> None:
    people.post("branch", "credit", 1000, "2026-11-01", ledger="credit")
    people.post("branch", "refund", 400, LATER.isoformat(), ledger="credit")
    with pytest.raises(Refused) as error:
        do("pay-out")
    assert refusal(error)[0][0] == "F10"
    do("take-back")
    do("pay-out")
    assert found().ready
    books.check()


@pytest.mark.usefixtures("pair")
def test_a_look_shows_what_will_be_posted_and_where_the_balance_will_be() -> None:
    people.post("branch", "invoice", 300, "2026-11-01")
    people.post("branch", "payment", 900, LATER.isoformat())
    plan = found()
    back, pay = (deed for step in plan.steps for deed in step.deeds)
    _, seen = settlement.look(SUPER, "acme", "branch", back.key)
    assert (seen.deed.on, seen.before.house_minor, seen.house_after) == (LATER, 600, -300)
    _, seen = settlement.look(SUPER, "acme", "branch", pay.key)
    assert (seen.deed.on, seen.before.house_minor, seen.house_after) == (TODAY, -300, 0)


@pytest.mark.usefixtures("pair")
def test_r10_the_same_key_has_one_effect_and_a_stale_step_none() -> None:
    people.post("branch", "invoice", 300, "2026-11-01")
    _, seen = settlement.look(SUPER, "acme", "branch", "pay")
    people.post("branch", "payment", 100, "2026-11-22")
    with pytest.raises(Conflict, match="figures have changed"):
        settlement.carry_out(SUPER, "acme", "branch", "pay", mark=seen.mark, once="k")
    _, seen = settlement.look(SUPER, "acme", "branch", "pay")
    first = settlement.carry_out(SUPER, "acme", "branch", "pay", mark=seen.mark, once="k")
    assert settlement.carry_out(SUPER, "acme", "branch", "pay", mark=seen.mark, once="k") == first
    with pytest.raises(Mismatch):
        settlement.carry_out(SUPER, "acme", "branch", "refund", mark=seen.mark, once="k")
    with pytest.raises(Conflict, match="settled already"):
        settlement.carry_out(SUPER, "acme", "branch", "pay", mark=seen.mark, once="other")
    assert balance("branch") == Balances(0, 0, 0)
    books.check()


@pytest.mark.usefixtures("pair")
def test_what_is_no_money_is_a_condition() -> None:
    change("branch", billing_type="prepaid_daily", currency="CZK")
    people.customer("mate", currency="CZK")
    people.share("mate", "branch")
    people.post("branch", "invoice", 100, "2026-11-01")
    plan = found()
    assert plan.left == 0
    assert not plan.ready
    text = " ".join(str(reason.message) for reason in plan.conditions)
    assert "“Prepaid, daily”" in text
    assert "shares its balances with Mate" in text
    assert "billed in CZK" in text


@pytest.mark.usefixtures("pair")
def test_money_that_would_land_on_other_books_is_not_offered() -> None:
    people.customer("mate")
    people.post("branch", "credit", 100, "2026-11-01", ledger="credit")
    spent = people.post("branch", "debit", 100, "2026-11-01", ledger="credit")
    people.share("mate", "branch")
    ledger.reverse(SYSTEM, spent.public_id, on=TODAY, reason="Wrong")
    future("line", "5.00")
    assert found().paid_by == "Mate"
    assert keys() == ["remove", ""]
    with pytest.raises(Conflict):
        settlement.look(SUPER, "acme", "branch", "refund")


@pytest.mark.usefixtures("pair")
def test_an_entry_taken_back_on_another_day_has_to_wait_for_its_date() -> None:
    people.post("branch", "invoice", 500, LATER.isoformat(), external_id="ahead")
    ledger.reverse(SYSTEM, "ahead", on=TODAY, reason="Too early")
    assert keys() == ["", "refund"]
    assert "INV-000002 on another day" in str(found().steps[0].detail)


@pytest.mark.usefixtures("pair")
def test_a_reversal_of_a_reversal_counts_again_until_that_is_taken_back() -> None:
    people.post("branch", "invoice", 500, LATER.isoformat(), external_id="a0")
    for number in range(4):
        assert keys() == (["take-back"] if number % 2 == 0 else [])
        ledger.reverse(SYSTEM, f"a{number}", on=LATER, reason="Again", external_id=f"a{number + 1}")


@pytest.mark.usefixtures("pair")
def test_towards_aggregated_an_independent_sub_account_is_settled_as_well() -> None:
    people.link("acme", "branch", "independent")
    people.post("branch", "invoice", 500, "2026-11-01")
    people.post("acme", "invoice", 100, "2026-11-01")
    assert [reason.rule for reason in found().conditions] == ["L9"]
    do("pay")
    people.post("acme", "payment", 100, "2026-11-01")
    assert found().ready
    sub_accounts.change_mode(SUPER, "branch", BillingMode.AGGREGATED)


@pytest.mark.usefixtures("pair")
def test_it_needs_both_permissions_and_two_customers() -> None:
    for missing in (Permission.FINANCE_POST, Permission.SUB_ACCOUNTS_LINK):
        some = ROLE_PERMISSIONS[Role.SUPER] - {missing}
        less = Actor("Les", None, "les@example.test", role=Role.ADMINISTRATOR, permissions=some)
        with pytest.raises(NotAllowed):
            settlement.plan(less, "acme", "branch")
        with pytest.raises(NotAllowed):
            settlement.carry_out(less, "acme", "branch", "pay", mark="x")
    with pytest.raises(Missing):
        settlement.plan(SUPER, "acme", "nobody")


# Customer Credit (F7) -------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("pair")
def test_f7_credit_is_applied_by_one_entry_on_both_accounts() -> None:
    people.post("branch", "invoice", 500, "2026-11-01")
    people.post("branch", "credit", 800, "2026-11-01", ledger="credit")
    posted = ledger.apply_credit(SUPER, "branch", 200, on=TODAY, once="k")
    assert ledger.apply_credit(SUPER, "branch", 200, on=TODAY, once="k") == posted
    assert (posted.number, posted.amount_minor, balance("branch")) == ("TRF-000001", 200, Balances(-300, 600, 0))
    with pytest.raises(Refused) as error:
        ledger.apply_credit(SUPER, "branch", 301, on=TODAY)
    assert refusal(error) == [("F7", "Branch owes 3.00 EUR on the House Account, and 3.01 EUR is more.")]
    with pytest.raises(Invalid):
        ledger.apply_credit(SUPER, "branch", 0, on=TODAY)
    back = ledger.reverse(SYSTEM, posted.public_id, on=TODAY, reason="Not yet")
    assert balance("branch") == Balances(-500, 800, 0)
    people.post("branch", "refund", 700, "2026-11-22", ledger="credit")
    with pytest.raises(Refused, match="F10"):
        ledger.reverse(SYSTEM, back.public_id, on=TODAY, reason="After all")
    books.check()


@pytest.mark.usefixtures("pair")
def test_f10_credit_that_is_spent_later_cannot_be_applied_today() -> None:
    people.post("branch", "invoice", 500, "2026-11-01")
    people.post("branch", "credit", 500, "2026-11-01", ledger="credit")
    people.post("branch", "refund", 300, LATER.isoformat(), ledger="credit")
    with pytest.raises(Refused) as error:
        ledger.apply_credit(SUPER, "branch", 201, on=TODAY)
    assert refusal(error) == [("F10", "Customer Credit of Branch would be 0.01 EUR below zero on 2026-12-24.")]
    ledger.apply_credit(SUPER, "branch", 200, on=TODAY)
    books.check()


@pytest.mark.usefixtures("pair")
def test_f7_parallel_applications_never_spend_more_than_there_is_or_is_owed(app: Flask) -> None:
    people.post("branch", "invoice", 500, "2026-11-01")
    people.post("branch", "credit", 800, "2026-11-01", ledger="credit")
    answers: list[str] = []

    def apply() -> None:
        with app.app_context():
            try:
                answers.append(ledger.apply_credit(SYSTEM, "branch", 200, on=TODAY).number)
            except PortalError as error:
                answers.append(type(error).__name__)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=apply) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["Refused"] * 6 + ["TRF-000001", "TRF-000002"]
    assert balance("branch") == Balances(-100, 400, 0)
    books.check()


# Future items ---------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("pair")
def test_a_future_item_is_dealt_with_once() -> None:
    item = future("line", "5.00")
    branch = customers.by_reference("branch")
    assert branch is not None
    assert [one.number for one in future_items.waiting(SUPER, branch)] == ["FUT-000001"]
    seen = future_items.look(SUPER, branch.public_id, item)
    first = future_items.invoice(SUPER, branch.public_id, item, mark=seen.mark, once="k")
    assert future_items.invoice(SUPER, branch.public_id, item, mark=seen.mark, once="k") == first
    for deed in (future_items.invoice, future_items.remove):
        with pytest.raises(Conflict, match="on the invoice INV-000001 already"):
            deed(SUPER, branch.public_id, item, mark=seen.mark)
    assert balance("branch") == Balances(-500, 0, 0)
    assert future_items.waiting(SUPER, branch) == []
    books.check()


@pytest.mark.usefixtures("pair")
def test_a_removed_item_cannot_be_invoiced_and_another_ones_not_found() -> None:
    item = future("line", "5.00")
    branch, acme = customers.by_reference("branch"), customers.by_reference("acme")
    assert branch is not None
    assert acme is not None
    with pytest.raises(Missing):
        future_items.look(SUPER, acme.public_id, item)
    seen = future_items.look(SUPER, branch.public_id, item)
    future_items.remove(SUPER, branch.public_id, item, mark=seen.mark)
    with pytest.raises(Conflict, match="removed already"):
        future_items.look(SUPER, branch.public_id, item)
    again = future("line2", "5.00")
    seen = future_items.look(SUPER, branch.public_id, again)
    people.post("branch", "payment", 1, "2026-11-22")
    with pytest.raises(Conflict, match="figures have changed"):
        future_items.invoice(SUPER, branch.public_id, again, mark=seen.mark)
    books.check()
