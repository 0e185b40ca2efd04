"""Allocating payments, credits and Customer Credit to what is owed, and taking that back (F7, F10)."""

from __future__ import annotations

from datetime import date

import pytest

from portal.actions.books import allocating, opened, posting
from portal.actions.books.allocating import Allocated, Wanted
from portal.actions.invoices import issuing
from portal.db.engine import db, writes
from portal.db.invoices import items, settling
from portal.db.invoices.items import Counted
from portal.db.tables import AllocationPart, AuditRecord, Partner
from portal.rules.deciding import SYSTEM
from portal.rules.errors import Conflict, Invalid, Missing, Refused
from portal.rules.partners import AllocationMode
from tests import books, log, people
from tests.importing import clean
from tests.invoices import issue, wanted
from tests.invoicing import spread_invoice

TODAY = date(2026, 11, 22)


@pytest.fixture(autouse=True)
def acme(app: object) -> None:
    people.customer("acme")


def pay(payment: str, invoice: str | None = None, amount: int | str | None = None, **more: object) -> Allocated:
    return allocating.allocate(SYSTEM, Wanted(payment, invoice, amount, **more))  # type: ignore[arg-type]


def opens(on: date = TODAY, customer: str = "acme") -> dict[str, int]:
    found = opened.open_items(SYSTEM, customer, on)
    assert sum(one.open_minor for one in found.unallocated) - sum(one.open_minor for one in found.open) == (
        found.house_minor
    )
    return {one.number: one.open_minor for one in (*found.open, *found.unallocated)}


@writes
def choose(mode: AllocationMode) -> None:
    db.session.query(Partner).update({"allocation": mode})


def rule_of(refused: pytest.ExceptionInfo[Refused]) -> str:
    return refused.value.reasons[0].rule


def test_f7_a_payment_settles_the_invoice_that_is_named() -> None:
    old, new = (people.post("acme", "invoice", 10_000, day) for day in ("2026-11-01", "2026-11-02"))
    paid = people.post("acme", "payment", 12_000, "2026-11-05")
    done = pay(paid.number, new.number)
    assert (done.left_minor, [(one.number, one.amount_minor, one.on, one.open_minor) for one in done.made]) == (
        2_000,
        [(new.number, 10_000, TODAY, 0)],
    )
    assert opens() == {old.number: 10_000, paid.number: 2_000}
    assert opens(date(2026, 11, 21)) == {old.number: 10_000, new.number: 10_000, paid.number: 12_000}
    assert "allocated to" in log.log(AuditRecord.action == "ledger.allocate")[0].text
    books.check()


def test_f7_without_an_invoice_the_oldest_due_comes_first() -> None:
    late = people.post("acme", "invoice", 5_000, "2026-11-10")
    first = people.post("acme", "invoice", 5_000, "2026-11-01")
    paid = people.post("acme", "payment", 7_000, "2026-11-12")
    done = pay(paid.number)
    assert [(one.number, one.amount_minor) for one in done.made] == [(first.number, 5_000), (late.number, 2_000)]
    assert opens() == {late.number: 3_000}
    books.check()


@pytest.mark.parametrize(
    ("amount", "says"),
    [
        ("100.01", "PAY-000001 has 60.00 EUR left, and INV-000001 has 100.00 EUR open"),
        ("60.01", "PAY-000001 has 60.00 EUR left"),
        ("0", "is no amount"),
    ],
)
def test_f7_more_than_there_is_is_refused_with_both_figures(amount: str, says: str) -> None:
    people.post("acme", "invoice", 10_000, "2026-11-01")
    people.post("acme", "payment", 6_000, "2026-11-05")
    with pytest.raises(Refused) as refused:
        pay("PAY-000001", "INV-000001", amount)
    assert rule_of(refused) == "F7"
    assert says in str(refused.value)
    assert "Allocate 60.00 EUR at most." in str(refused.value)
    assert opens() == {"INV-000001": 10_000, "PAY-000001": 6_000}
    with pytest.raises(Invalid):
        pay("PAY-000001", "INV-000001", "ten")


def test_f7_only_invoices_of_the_same_payer() -> None:
    people.customer("other")
    bill = people.post("other", "invoice", 1_000, "2026-11-01")
    paid = people.post("acme", "payment", 1_000, "2026-11-02")
    with pytest.raises(Refused) as refused:
        pay(paid.number, bill.number)
    assert "same payer" in str(refused.value)
    with pytest.raises(Missing):
        pay(bill.number, paid.number)
    with pytest.raises(Refused, match="nothing to allocate"):
        pay(paid.number)


def test_f10_what_is_paid_ahead_is_announced_until_its_day() -> None:
    bills = [people.post("acme", "invoice", 10_000, "2026-11-22") for _ in range(2)]
    paid = people.post("acme", "payment", 10_000, "2026-11-23")
    for bill in bills:
        pay(paid.number, bill.number, 5_000)
    tomorrow = date(2026, 11, 23)
    assert opens() == {bill.number: 10_000 for bill in bills}
    assert opens(tomorrow) == {bill.number: 5_000 for bill in bills}
    ids = [items.named(bill.number)[0].id for bill in bills]
    assert items.settled_on(ids, TODAY) == {key: Counted(0, 0, 5_000) for key in ids}
    assert items.settled_on(ids, tomorrow) == {key: Counted(0, 5_000, 0) for key in ids}
    books.check()


def test_f7_an_invoice_of_several_accounts_is_settled_in_proportion() -> None:
    branches = [people.customer(name) for name in ("branch-a", "branch-b", "branch-c")]
    for one in branches:
        people.link("acme", one.reference)
    bill = spread_invoice("acme", {one.reference: minor for one, minor in zip(branches, (100, 100, 100), strict=True)})
    paid = people.post("acme", "payment", 200, "2026-11-02")
    pay(paid.number, bill.number, 100)
    parts = db.session.query(AllocationPart.amount_minor).order_by(AllocationPart.account_id)
    assert [one for (one,) in parts] == [34, 33, 33]
    assert opened.open_items(SYSTEM, "acme").open[0].account is None
    pay(paid.number, bill.number, 100)
    assert sorted(one for (one,) in parts) == [33, 33, 33, 33, 34, 34]
    books.check(logged=False)


def test_f7_an_allocation_is_taken_back() -> None:
    bill = people.post("acme", "invoice", 10_000, "2026-11-01")
    paid = people.post("acme", "payment", 4_000, "2026-11-05")
    pay(paid.number, bill.number, on=date(2026, 11, 6))
    back = allocating.unallocate(SYSTEM, paid.number, bill.number)
    assert (back.left_minor, back.made[0].amount_minor, back.made[0].open_minor) == (4_000, 4_000, 10_000)
    assert opens() == {bill.number: 10_000, paid.number: 4_000}
    assert opens(date(2026, 11, 21)) == {bill.number: 6_000}
    with pytest.raises(Refused, match="settles nothing"):
        allocating.unallocate(SYSTEM, paid.number, bill.number)
    pay(paid.number, bill.number)
    assert opens() == {bill.number: 6_000}
    books.check()


def test_r24_what_was_previewed_is_what_is_done() -> None:
    people.post("acme", "invoice", 10_000, "2026-11-01")
    paid = people.post("acme", "payment", 4_000, "2026-11-05")
    shown = allocating.foresee(SYSTEM, Wanted(paid.number))
    assert opens()[paid.number] == 4_000
    people.post("acme", "invoice", 1_000, "2026-10-01")
    with pytest.raises(Conflict):
        allocating.allocate(SYSTEM, Wanted(paid.number), mark=shown.mark)
    shown = allocating.foresee(SYSTEM, Wanted(paid.number))
    done = allocating.allocate(SYSTEM, Wanted(paid.number), mark=shown.mark, once="k1")
    assert done == allocating.allocate(SYSTEM, Wanted(paid.number), mark=shown.mark, once="k1") == shown
    books.check()


def test_f7_where_a_partner_wants_it_payments_settle_the_oldest_by_themselves() -> None:
    bills = [people.post("acme", "invoice", 1_000, f"2026-11-0{day}") for day in (3, 1)]
    people.post("acme", "payment", 400, "2026-11-04")
    assert len(opens()) == 3
    choose(AllocationMode.OLDEST)
    people.post("acme", "payment", 1_500, "2026-11-05")
    assert opens() == {bills[0].number: 500, "PAY-000001": 400}
    people.post("acme", "credit", 2_000, "2026-11-06")
    assert opens() == {"TRX-000001": 1_500, "PAY-000001": 400}
    books.check()


def test_f7_there_a_new_charge_is_settled_by_what_is_unallocated_the_oldest_first() -> None:
    first = people.post("acme", "payment", 400, "2026-11-04")
    second = people.post("acme", "credit", 2_000, "2026-11-06")
    people.post("acme", "invoice", 50, "2026-11-07")
    assert opens()["INV-000001"] == 50, "where somebody chooses it is only offered"
    choose(AllocationMode.OLDEST)
    people.post("acme", "invoice", 600, "2026-11-07")
    assert opens() == {"INV-000001": 50, second.number: 1_800}
    assert opens(date(2026, 11, 6)) == {first.number: 400, second.number: 2_000}
    people.customer("branch")
    people.link("acme", "branch")
    seen = issuing.foresee(SYSTEM, wanted("acme", "A|1|10.00|0", "B|1|20.00|0|branch", on="2026-11-08"))
    assert (seen.settled, seen.paper.total) == (1_800, 3_000)
    paper = issue("acme", "A|1|10.00|0", "B|1|20.00|0|branch", on="2026-11-08")
    assert (paper.open, [(one.number, one.amount) for one in paper.settlements]) == (1_200, [(second.number, 1_800)])
    accounts = settling.open_by_account([items.named(paper.number)[0].id])
    assert sorted(next(iter(accounts.values())).values()) == [400, 800]
    clean(
        "transactions",
        "external_id,customer,date,kind,amount\n"
        "p,acme,2026-11-09,payment,20.00\ni,acme,2026-11-10,invoice,5.00\nj,acme,2026-11-11,debit,1.00\n",
    )
    assert opens() == {"PAY-000002": 150}, "12.50 were owed and 20.00 paid, which left enough for 6.00 more"
    books.check(logged=False)


# Customer Credit ------------------------------------------------------------------------------------------------------


def credit(amount: int = 20_000) -> None:
    people.post("acme", "credit", amount, "2026-11-01", ledger="credit")


def test_f7_credit_pays_an_invoice_and_comes_back_when_that_is_reversed() -> None:
    credit()
    bills = [people.post("acme", "invoice", minor, "2026-11-02") for minor in (10_000, 5_000)]
    posting.apply_credit(SYSTEM, "acme", 15_000, on=TODAY)
    assert opens() == {}
    assert balances() == (0, 5_000)
    posting.reverse(SYSTEM, bills[0].public_id, reason="wrong")
    assert opens() == {}
    assert balances() == (0, 15_000)
    posting.reverse(SYSTEM, bills[1].public_id, reason="wrong")
    assert balances() == (0, 20_000)
    books.check()


def test_f7_what_one_invoice_took_is_reversed_as_a_whole() -> None:
    credit()
    bill = people.post("acme", "invoice", 10_000, "2026-11-02")
    done = posting.apply_to(SYSTEM, "acme", bill.number, "60.00")
    assert (done.invoice, done.amount_minor, done.open_minor) == (bill.number, 6_000, 4_000)
    posting.reverse(SYSTEM, bill.public_id, reason="wrong")
    assert balances() == (0, 20_000)
    assert items.named(done.number)[0].reversed_by
    books.check()


def test_f7_credit_is_refused_beyond_what_is_open_or_there() -> None:
    credit(5_000)
    bill = people.post("acme", "invoice", 10_000, "2026-11-02")
    with pytest.raises(Refused, match=r"\[F10\]"):
        posting.apply_to(SYSTEM, "acme", bill.number, "60.00")
    with pytest.raises(Refused, match=r"100.00 EUR open, and 110.00 EUR is more"):
        posting.apply_to(SYSTEM, "acme", bill.number, "110.00")
    with pytest.raises(Invalid):
        posting.apply_to(SYSTEM, "acme", bill.number, "0")
    people.customer("other")
    with pytest.raises(Refused, match="same payer"):
        posting.apply_to(SYSTEM, "other", bill.number, "1")
    assert balances() == (-10_000, 5_000)
    done = posting.apply_to(SYSTEM, "acme", bill.number, "50.00")
    with pytest.raises(Refused, match="Reverse it"):
        allocating.unallocate(SYSTEM, done.number, bill.number)
    posting.reverse(SYSTEM, done.public_id, reason="after all")
    assert balances() == (-10_000, 5_000)
    assert opens() == {bill.number: 10_000}
    books.check()


def balances() -> tuple[int, int]:
    from portal.actions.statements.view import balance_of
    from portal.db.customers import profiles

    found = balance_of(profiles.require("acme"))
    return found.house_minor, found.credit_minor


# Reversing ------------------------------------------------------------------------------------------------------------


def test_f7_reversing_a_payment_opens_its_invoices_again() -> None:
    bill = people.post("acme", "invoice", 10_000, "2026-11-01")
    paid = people.post("acme", "payment", 10_000, "2026-11-05")
    pay(paid.number)
    posting.reverse(SYSTEM, paid.public_id, reason="bounced")
    assert opens() == {bill.number: 10_000}
    assert opens(date(2026, 11, 21)) == {bill.number: 10_000, paid.number: 10_000}
    books.check()


def test_f7_reversing_an_invoice_frees_its_payments() -> None:
    bill = people.post("acme", "invoice", 10_000, "2026-11-01")
    paid = people.post("acme", "payment", 10_000, "2026-11-05")
    pay(paid.number)
    posting.reverse(SYSTEM, bill.public_id, reason="wrong")
    assert opens() == {paid.number: 10_000}
    counted = items.settled_on([items.named(bill.number)[0].id], TODAY)
    assert list(counted.values()) == [Counted(10_000, 0, 0)]
    books.check()


def test_p2_a_reversal_lands_where_the_item_stands_by_now() -> None:
    people.customer("mate")
    bill = people.post("mate", "invoice", 5_000, "2026-11-01")
    people.share("acme", "mate")
    posting.reverse(SYSTEM, bill.public_id, reason="wrong")
    assert balances() == (0, 0)
    assert opens() == {}
    moved = items.named("TRF-000001")[0]
    with pytest.raises(Refused, match=r"\[P2\]"):
        posting.reverse(SYSTEM, moved.public_id, reason="no")
    books.check()


def test_f7_charges_of_one_file_are_settled_as_they_are_due() -> None:
    """Whatever their order in the file: the oldest due first, then the oldest, then as they stand there."""
    choose(AllocationMode.OLDEST)
    people.post("acme", "payment", 3_500, "2026-10-01")
    head = "external_id,customer,date,due,description,unit_price\n"
    rows = (
        "late,acme,2026-10-02,2026-11-30,a,10\n"
        "twin,acme,2026-10-03,2026-11-10,b,10\n"
        "older,acme,2026-10-02,2026-11-10,c,10\n"
        "third,acme,2026-10-03,2026-11-10,d,10\n"
    )
    clean("invoices", head + rows)
    left = {
        one.external_id: one.left_minor for one in items.by_external_ids(["late", "twin", "older", "third"]).values()
    }
    assert left == {"older": 0, "twin": 0, "third": 0, "late": 500}
    people.post("acme", "payment", 500, "2026-10-05")
    books.check(logged=False)


def test_f7_accounts_of_an_invoice_can_be_chosen() -> None:
    for name in ("branch-a", "branch-b", "branch-c", "stranger"):
        one = people.customer(name)
        if name != "stranger":
            people.link("acme", one.reference)
    bill = spread_invoice("acme", {"branch-a": 1_000, "branch-b": 500, "branch-c": -300})
    paid = people.post("acme", "payment", 2_000, "2026-11-02")

    def parts(done: Allocated) -> dict[str, int]:
        return {one.name: one.minor for one in done.parts}

    def opened_by() -> dict[str, int]:
        return {one.reference: one.open_minor for one in allocating.accounts_of(SYSTEM, bill.number)}

    for amount, accounts, says in (
        (None, ("stranger",), "has nothing for the account “stranger”"),
        (None, ("nobody",), "has nothing for the account “nobody”"),
        (501, ("branch-b",), "The chosen accounts have 5.00 EUR open of INV-000001"),
        (None, ("branch-c",), "The chosen accounts have -3.00 EUR open"),
        (1_250, ("branch-a", "branch-b"), "12.50 EUR is above what is open"),
    ):
        with pytest.raises(Refused, match=says) as refused:
            pay(paid.number, bill.number, amount, accounts=accounts)
        assert rule_of(refused) == "F7"
    with pytest.raises(Refused, match="Accounts are chosen of one invoice"):
        pay(paid.number, accounts=("branch-a",))
    assert opened_by() == {"branch-a": 1_000, "branch-b": 500, "branch-c": -300}
    wanted_ = Wanted(paid.number, bill.number, None, accounts=("branch-b",))
    mark = allocating.foresee(SYSTEM, wanted_).mark
    assert mark != allocating.foresee(SYSTEM, Wanted(paid.number, bill.number, 500)).mark, "another split"
    assert parts(allocating.allocate(SYSTEM, wanted_, mark=mark)) == {"Branch B": 500}
    assert opened_by() == {"branch-a": 1_000, "branch-b": 0, "branch-c": -300}
    done = pay(paid.number, bill.number, 600, accounts=("branch-a", "branch-b", "branch-a"))
    assert parts(done) == {"Branch A": 600}
    done = pay(paid.number, bill.number, accounts=("branch-a",))
    assert (done.made[0].amount_minor, done.made[0].open_minor, parts(done)) == (100, 0, {"Branch A": 100})
    assert opened_by() == {"branch-a": 300, "branch-b": 0, "branch-c": -300}
    allocating.unallocate(SYSTEM, paid.number, bill.number)
    assert opened_by() == {"branch-a": 1_000, "branch-b": 500, "branch-c": -300}
    assert parts(pay(paid.number, bill.number)) == {"Branch A": 1_000, "Branch B": 500, "Branch C": -300}
    books.check(logged=False)
