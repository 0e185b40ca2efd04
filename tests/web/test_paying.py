"""Paying in the portal: several invoices by one reference (F12, F16), and from one's own Customer Credit (F7)."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from portal.actions import groups
from portal.actions.bank import confirming, looking
from portal.actions.bank.confirming import Choice
from portal.actions.books import allocating
from portal.actions.invoices import viewing
from portal.actions.invoices.viewing import Filter
from portal.actions.links import partner_accounts
from portal.outside.bank.accounts import payer_reference
from portal.rules.deciding import SYSTEM
from portal.rules.groups import GroupRole
from portal.rules.scopes import Scope
from tests import families
from tests.banks import opened, take_in
from tests.families import family, switch
from tests.invoices import credit, issue, read
from tests.outside.bank.writing import camt, details, entry, statement
from tests.pages import PageClient
from tests.people import post, share
from tests.web.acme import NASTY, at, browser_of, company, configure, couple, person


@pytest.fixture
def petra(app: Flask) -> PageClient:
    """Acme's bookkeeper."""
    company()
    configure(iban="CZ6508000000192000145399", account_name="Harbour Net a.s.", bic="GIBACZPX")
    return browser_of(app, "acme")


def bank_line(amount: str, text: str) -> str:
    """The public id of a line that came from the bank."""
    body = entry(amount, details(text=text), day="2026-11-21")
    return opened(take_in(camt(statement("0.00", amount, [body]))).file).lines[0].line.public_id


def test_f12_f16_several_invoices_are_paid_by_one_reference(petra: PageClient) -> None:
    first = issue("acme", f"{NASTY}|1|100.00|20", on="2026-11-01", number="L-1")
    second = issue("acme", "Telephony|1|50.00|0|branch", on="2026-11-20", number="S-1")
    third = issue("acme", "Seat|1|170.00|0", on="2026-11-21", number="T-1")
    petra.get("/invoices")
    assert "/invoices/pay" in petra.page.links
    petra.get("/statements?from=2026-11-01&to=2026-11-30")
    assert "340.00 EUR is due now. How to pay" in petra.page.words
    assert payer_reference(at("acme").public_id) in petra.page.words
    petra.get(f"/statements?account={at('branch').public_id}")
    assert "How to pay" not in petra.page.words
    petra.get("/invoices/pay")
    assert NASTY in petra.page.words
    assert "All together 340.00" in petra.page.words
    form = dict(petra.page.hidden)
    assert petra.post("/invoices/pay", data=form).status_code == 422
    assert "Choose at least one invoice." in petra.page.words
    chosen = {**form, "invoice": [first.public_id, second.public_id]}
    url = petra.post("/invoices/pay", data=chosen).location
    assert petra.post("/invoices/pay", data=chosen).location == url, "a double click asks once"
    petra.get(url)
    assert "How to pay EUR 170.00" in petra.page.words
    assert "Together 170.00 170.00" in petra.page.words
    reference = re.search(r"Reference (RF\d\dPAY\d{9})", petra.page.words)[1]  # type: ignore[index]
    # The same again is the same; an overlap is said, and needs a word.
    petra.get("/invoices/pay")
    form = dict(petra.page.hidden)
    assert petra.post("/invoices/pay", data={**chosen, **form}).location == url
    petra.get("/invoices/pay")
    form = {**petra.page.hidden, "invoice": [first.public_id, third.public_id]}
    assert petra.post("/invoices/pay", data=form).status_code == 409
    assert f"L-1 is in the request {reference} of" in petra.page.words
    other = petra.post("/invoices/pay", data={**form, **petra.page.hidden, "again": "1"}).location
    assert other != url
    # The bank says only the reference: of two ways to 170.00 just the one that was asked for is settled.
    line = bank_line("170.00", f"payment {reference[:4]} {reference[4:]}")
    confirming.confirm(SYSTEM, [line], Choice())
    assert [read(one.public_id).open for one in (first, second, third)] == [0, 0, 17000]
    petra.get(url)
    assert "Nothing of it is open any more" in petra.page.words
    petra.get(other)
    assert "How to pay EUR 170.00" in petra.page.words


def test_f12_the_reference_of_statements_pays_what_is_due_the_longest(petra: PageClient) -> None:
    first = issue("acme", "A|1|100.00|0", on="2026-11-01")
    second = issue("acme", "B|1|50.00|0", on="2026-11-02")
    line = bank_line("120.00", payer_reference(at("acme").public_id))
    confirming.confirm(SYSTEM, [line], Choice())
    assert [read(one.public_id).open for one in (first, second)] == [0, 3000]


def test_f7_customers_pay_from_their_own_credit_where_the_partner_lets_them(petra: PageClient) -> None:
    made = issue("acme", "A|1|100.00|0", on="2026-11-01")
    post("acme", "credit", 3000, "2026-11-01", ledger="credit")
    url, page = f"/invoices/{made.public_id}/credit", f"/invoices/{made.public_id}"
    petra.get(page)
    assert url not in petra.page.links
    assert petra.get(url).status_code == 403
    configure(apply_credit=True)
    petra.get(page)
    assert "There is 30.00. It can pay 30.00 of this invoice at once." in petra.page.words
    petra.get(url)
    assert "House Account −100.00 becomes −70.00 EUR" in petra.page.words
    assert "Customer Credit 30.00 becomes 0.00 EUR" in petra.page.words
    form = {**petra.page.hidden, "amount": "40"}
    assert petra.post(url, data={**form, "step": "check"}).status_code == 409
    assert "would be 10.00 EUR below zero" in petra.page.words, petra.page.words[300:1500]
    petra.post(url, data={**form, "amount": "25", "step": "check"})
    final = {**petra.page.hidden, "step": "pay"}
    assert petra.post(url, data=final, follow_redirects=True).status_code == 200
    assert "25.00 EUR of Customer Credit paid this invoice" in petra.page.words
    petra.post(url, data=final)
    assert read(made.public_id).open == 7500, "a double click pays once"
    assert petra.post(url, data={**final, "idempotency_key": "another", "amount": "5"}).status_code == 409


def test_s9_who_may_ask_and_spend(app: Flask) -> None:
    company()
    couple()
    configure(apply_credit=True, iban="CZ6508000000192000145399", groups_per_customer=1)
    shared = issue("alex", "For Sam|1|10.00|0|sam")
    post("alex", "credit", 3000, "2026-11-01", ledger="credit")
    sam = browser_of(app, "sam")
    for path in ("/invoices/pay", f"/invoices/{shared.public_id}/credit"):
        assert sam.get(path).status_code in (403, 404), "whoever is paid for pays nothing here"
    assert browser_of(app, "branch").get("/invoices/pay").status_code == 403
    mine = issue("acme", "A|1|10.00|0")
    assert browser_of(app, "franchise").get(f"/invoices/{mine.public_id}/credit").status_code == 404


def test_f7_somebody_acting_for_a_member_pays_with_the_power_to(app: Flask) -> None:
    person("mum", name="Mum Field", called="Mum Field")
    person("child", name="Child Field", called="Child Field")
    person("nanny", name="Nanny Poole", called="Nanny Poole")
    switch()
    home = family("mum", nanny=GroupRole.ADMIN, child=GroupRole.DEPENDENT)
    edit = families.edit(home, "nanny", scopes=frozenset({Scope.VIEW, Scope.BOOK}))
    groups.change_member(SYSTEM, home, families.member(home, "nanny"), edit)
    configure(apply_credit=True)
    made = issue("child", "Swimming|1|10.00|0")
    post("child", "credit", 3000, "2026-11-01", ledger="credit")
    url = f"/for/{at('child').public_id}/invoices/{made.public_id}/credit"
    assert browser_of(app, "nanny").get(url).status_code == 403
    mum = browser_of(app, "mum")
    mum.get(url)
    answer = mum.post(url, data={**mum.page.hidden, "step": "pay"})
    assert answer.location == f"/for/{at('child').public_id}/invoices/{made.public_id}"
    assert read(made.public_id).open == 0


def test_f12_p2_a_request_goes_where_its_invoices_go(app: Flask) -> None:
    """Its page, its amount and what is proposed for a bank line: with whoever pays now, and as much as is open now."""
    company()
    configure(iban="CZ6508000000192000145399", account_name="Harbour Net a.s.")
    for name in ("alex", "sam"):
        person(name)
    made = [issue("sam", f"{number}|1|100.00|0", on="2026-11-01", number=number) for number in ("S-1", "S-2", "S-3")]
    sam, alex = browser_of(app, "sam"), browser_of(app, "alex")
    sam.get("/invoices/pay")
    url = sam.post("/invoices/pay", data={**sam.page.hidden, "invoice": [one.public_id for one in made]}).location
    sam.get(url)
    assert "How to pay EUR 300.00" in sam.page.words
    reference = re.search(r"Reference (RF\d\dPAY\d{9})", sam.page.words)[1]  # type: ignore[index]
    assert alex.get(url).status_code == 404
    assert "moved to" not in alex.page.words

    def agree(payer: PageClient, who: str, *open_: tuple[str, int]) -> None:
        amount = sum(minor for _, minor in open_) / 100
        payer.get(url)
        assert f"How to pay EUR {amount:.2f}" in payer.page.words
        payer.get("/invoices/pay")
        assert reference in payer.page.words
        proposals = looking.open_line(SYSTEM, bank_line("300.00", reference)).proposals
        assert [(one.customer, one.invoice, one.amount) for one in proposals] == [(who, *one) for one in open_]
        assert all(one.chosen for one in proposals)

    agree(sam, "sam", ("S-1", 10000), ("S-2", 10000), ("S-3", 10000))
    share("alex", "sam")
    assert sam.get(url).status_code == 403
    agree(alex, "alex", ("S-1", 10000), ("S-2", 10000), ("S-3", 10000))
    # So does the reference of the statements that Sam got before.
    standing = looking.open_line(SYSTEM, bank_line("300.00", payer_reference(at("sam").public_id))).proposals
    assert [(one.customer, one.invoice, one.chosen) for one in standing] == [
        ("alex", f"S-{n}", True) for n in (1, 2, 3)
    ]
    credit(made[0], amount=4000)
    paid = post("alex", "payment", 10000, "2026-11-10")
    allocating.allocate(SYSTEM, allocating.Wanted(paid.number, "S-3"))
    agree(alex, "alex", ("S-1", 6000), ("S-2", 10000))
    partner_accounts.unlink(SYSTEM, "sam")
    assert sam.get(url).status_code == 404, "what moved stays where it is"
    assert "The invoices of this payment moved to Alex." in sam.page.words
    sam.get("/invoices/pay")
    assert reference not in sam.page.words
    assert "S-1" not in sam.page.words
    sam.get("/invoices")
    assert sam.page.words.count("Moved to Alex") == 2, "what is open of S-1 and S-2"
    assert ("Overdue" in sam.page.words, "How to pay" in sam.page.words) == (False, False)
    for state, count in (("open", 0), ("paid", 1)):
        assert len(viewing.list_invoices(SYSTEM, at("sam"), Filter(state)).rows) == count
    sam.get(f"/invoices/{made[0].public_id}")
    assert "Invoice S-1 Moved to Alex" in sam.page.words
    assert "How to pay" not in sam.page.words
    agree(alex, "alex", ("S-1", 6000), ("S-2", 10000))
    line = bank_line("160.00", f"{reference} and thanks")
    (done,) = confirming.confirm(SYSTEM, [line], Choice())
    assert (done.customer, done.left_minor, [read(one.public_id).open for one in made]) == ("alex", 0, [0, 0, 0])
    alex.get(url)
    assert "Nothing of it is open any more" in alex.page.words
