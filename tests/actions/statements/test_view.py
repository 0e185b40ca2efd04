"""Statements from stored books: what they say, on whose books they are, and who sees them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert

from portal.actions.books import posting as ledger
from portal.actions.links import partner_accounts, sub_accounts
from portal.actions.statements import view as statements
from portal.actions.statements.view import PAGE_LINES, StatementRequest
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import db, writes
from portal.db.tables import FutureItem
from portal.outside import clock
from portal.rules.deciding import ROLE_PERMISSIONS, SYSTEM, Actor
from portal.rules.errors import Invalid, Missing, NotAllowed, PortalError, Refused
from portal.rules.holders import Role
from portal.rules.links.facts import BillingMode
from portal.rules.scopes import Scope
from portal.rules.statements.figures import RecordType, Statement, chart_steps
from tests import books, people
from tests.queries import counted

ADMIN = Actor(
    "Adam", None, "adam@example.test", role=Role.ADMINISTRATOR, permissions=ROLE_PERMISSIONS[Role.ADMINISTRATOR]
)
NOVEMBER = StatementRequest(date(2026, 11, 1), date(2026, 11, 30))


def profile(reference: str) -> Profile:
    found = customers.by_reference(reference)
    db.session.rollback()
    assert found is not None
    return found


def as_customer(reference: str, **more: Any) -> Actor:
    me = profile(reference)
    return Actor("Somebody", None, f"{reference}@example.test", customer_id=me.id, partner_id=me.partner_id, **more)


def view(customer: str, actor: Actor = SYSTEM, **more: Any) -> Statement:
    return statements.view(actor, customer, replace(NOVEMBER, **more))


def drawn(statement: Statement) -> list[tuple[str, str, str, int, int | None]]:
    return [(f"{x.booked_on:%d.%m}", x.number, x.account, x.amount_minor, x.balance_minor) for x in statement.lines]


@pytest.fixture
def company(app: Flask, frozen: Any) -> None:
    """Acme pays for branch; franchise is independent; depot was paid for until it was unlinked; rival is a stranger."""
    for name in ("acme", "branch", "depot", "franchise", "rival"):
        people.customer(name)
    people.post("acme", "payment", 500, "2026-10-31")
    people.link("acme", "depot")
    people.post("depot", "invoice", 200, "2026-11-02")
    frozen.shift(60)
    sub_accounts.unlink(SYSTEM, "depot")
    people.link("acme", "branch")
    people.link("acme", "franchise", "independent")
    people.post("branch", "invoice", 1000, "2026-11-10", description="Broadband")
    people.post("acme", "debit", 50, "2026-11-10", description="Paper")
    people.post("branch", "payment", 300, "2026-11-20")
    people.post("franchise", "invoice", 77, "2026-11-11")
    people.post("depot", "invoice", 9, "2026-11-12")
    people.post("rival", "invoice", 5, "2026-11-12")
    people.post("branch", "invoice", 40, "2026-12-01")


@pytest.mark.usefixtures("company")
def test_s2_opening_lines_and_closing() -> None:
    november = view("acme")
    assert (november.opening_minor, november.closing_minor, november.currency) == (500, -450, "EUR")
    assert drawn(november) == [
        ("02.11", "INV-000001", "depot", -200, 300),
        ("10.11", "INV-000002", "branch", -1000, -700),
        ("10.11", "TRX-000001", "acme", -50, -750),
        ("20.11", "PAY-000002", "branch", 300, -450),
    ]
    assert (november.charged_minor, november.credited_minor) == (1250, 300)
    assert november.balance is not None
    assert november.balance.steps == (
        (date(2026, 11, 2), 300),
        (date(2026, 11, 10), -750),
        (date(2026, 11, 20), -450),
    )
    assert (november.letterhead.name, november.payer.name, november.account) == ("Harbour Net", "Acme", None)
    december = view("acme", first=date(2026, 12, 1), last=date(2026, 12, 31))
    assert (december.opening_minor, december.closing_minor) == (-450, -490)
    books.statements_meet("acme", *[date(2026, month, day) for month in (10, 11, 12) for day in (1, 10, 11, 20, 28)])
    books.check()


@pytest.mark.usefixtures("company")
def test_s2_days_at_both_ends_belong_to_it() -> None:
    ends = view("acme", first=date(2026, 11, 10), last=date(2026, 11, 20))
    assert (ends.opening_minor, len(ends.lines), ends.closing_minor) == (300, 3, -450)
    one = view("acme", first=date(2026, 11, 10), last=date(2026, 11, 10))
    assert (one.opening_minor, len(one.lines), one.closing_minor) == (300, 2, -750)


@pytest.mark.usefixtures("company")
def test_s4_the_accounts_columns_add_up_to_the_whole() -> None:
    whole = view("acme")
    assert [(t.account.name, t.charged_minor, t.credited_minor) for t in whole.accounts] == [
        ("Acme", 50, 0),
        ("Branch", 1000, 300),
        ("Depot", 200, 0),
    ]
    assert sum(t.charged_minor for t in whole.accounts) == whole.charged_minor == 1250
    assert sum(t.credited_minor for t in whole.accounts) == whole.credited_minor == 300


@pytest.mark.usefixtures("company")
def test_s13_one_account_of_a_payer_is_no_balance() -> None:
    branch = view("acme", account="branch")
    assert branch.account is not None
    assert (branch.account.name, branch.payer.name) == ("Branch", "Acme")
    assert (branch.opening_minor, branch.closing_minor, branch.balance) == (None, None, None)
    assert (branch.charged_minor, branch.credited_minor, len(branch.lines)) == (1000, 300, 2)
    assert {line.balance_minor for line in branch.lines} == {None}
    own = view("acme", account="acme")
    assert (own.balance, own.charged_minor, own.credited_minor, len(own.lines)) == (None, 50, 0, 1)
    former = view("acme", account=profile("depot").public_id)
    assert (former.balance, former.charged_minor, len(former.lines)) == (None, 200, 1)
    unnamed = view("branch")
    assert (unnamed.account, unnamed.balance, unnamed.lines) == (branch.account, None, branch.lines)
    assert view("depot", payer="acme").balance is None, "what an earlier payer paid for is a part of its books"


@pytest.mark.usefixtures("company")
def test_s12_a_period_that_is_not_over_knows_the_day(frozen: Any) -> None:
    assert view("acme").so_far
    assert view("acme").made_on == date(2026, 11, 22)
    assert not view("acme", last=date(2026, 11, 21)).so_far
    assert [day for day, _ in chart_steps(view("acme"))][-1] == date(2026, 11, 22)


@pytest.mark.usefixtures("company")
def test_s3_hidden_records_are_summed() -> None:
    documents = view("acme", record_type=RecordType.DOCUMENTS)
    assert (documents.opening_minor, documents.closing_minor) == (500, -450)
    assert [line.number for line in documents.lines] == ["INV-000001", "INV-000002", "PAY-000002"]
    assert (documents.hidden_debit_minor, documents.hidden_credit_minor) == (50, 0)
    assert documents.lines[-1].balance_minor == -450
    assert chart_steps(documents) == chart_steps(view("acme")), "drawn from all lines"
    part = view("acme", account="branch", record_type=RecordType.TRANSACTIONS)
    assert (part.lines, part.hidden_debit_minor, part.hidden_credit_minor) == ([], 1000, 300)
    assert (part.charged_minor, part.credited_minor) == (1000, 300), "and still adds up"
    transactions = view("acme", record_type=RecordType.TRANSACTIONS)
    assert [line.number for line in transactions.lines] == ["TRX-000001"]
    assert (transactions.hidden_debit_minor, transactions.hidden_credit_minor) == (1200, 300)
    assert transactions.accounts == documents.accounts


@pytest.mark.usefixtures("company")
def test_s2_what_is_posted_later_stands_after_what_was_posted_before() -> None:
    people.post("branch", "invoice", 1, "2026-11-02", description="backdated")
    assert [line.number for line in view("acme").lines][:2] == ["INV-000001", "INV-000007"]
    assert view("acme", first=date(2026, 12, 1), last=date(2026, 12, 1)).opening_minor == -451
    books.check()


@pytest.mark.usefixtures("company")
def test_s11_other_payers_and_links_are_noted() -> None:
    depot = view("depot")
    assert [(o.payer.name, o.first, o.last) for o in depot.other_payers] == [
        ("Acme", date(2026, 11, 2), date(2026, 11, 2))
    ]
    assert [(note.on, str(note.text)) for note in depot.notes] == [
        (date(2026, 11, 22), "Depot became a sub-account of Acme (aggregated)"),
        (date(2026, 11, 22), "Depot is no longer a sub-account of Acme (aggregated)"),
    ]
    then = view("depot", payer="acme")
    assert (then.payer.name, then.charged_minor) == ("Acme", 200)
    assert [o.payer.name for o in then.other_payers] == ["Depot"]
    assert view("depot", last=date(2026, 11, 21)).notes == []
    assert len(view("acme").notes) == 4


def test_s11_a_note_stands_on_the_day_it_was_in_the_partners_time_zone(app: Flask, frozen: Any) -> None:
    people.customer("acme")
    people.customer("branch")
    frozen.move_to("2026-10-31T23:30:00Z")
    people.link("acme", "branch", "independent")
    assert [note.on for note in view("acme").notes] == [date(2026, 11, 1)]
    assert view("acme", first=date(2026, 10, 1), last=date(2026, 10, 31)).notes == []


def test_s12_customer_credit_is_a_second_table(app: Flask) -> None:
    people.customer("acme")
    assert view("acme").credit is None
    people.post("acme", "payment", 900, "2026-10-31", ledger="credit")
    people.post("acme", "invoice", 900, "2026-11-05")
    unmoved = view("acme").credit
    assert unmoved is not None
    assert (unmoved.opening_minor, list(unmoved.lines), unmoved.closing_minor) == (900, [], 900)
    people.post("acme", "debit", 900, "2026-11-05", ledger="credit")
    spent = view("acme").credit
    assert spent is not None
    assert (spent.opening_minor, spent.closing_minor) == (900, 0)
    assert [(line.amount_minor, line.balance_minor) for line in spent.lines] == [(-900, 0)]
    assert view("acme").closing_minor == -900
    assert view("acme", first=date(2026, 12, 1), last=date(2026, 12, 31)).credit is None


def test_s13_customer_credit_of_a_part_is_lines_without_a_balance(app: Flask) -> None:
    for name in ("alex", "sam"):
        people.customer(name)
    people.share("alex", "sam")
    people.post("alex", "payment", 900, "2026-10-31", ledger="credit")
    people.post("sam", "payment", 100, "2026-11-03", ledger="credit")
    people.post("sam", "debit", 40, "2026-11-04", ledger="credit")
    whole, part = view("alex").credit, view("sam").credit
    assert whole is not None
    assert (whole.opening_minor, whole.closing_minor, len(whole.lines)) == (900, 960, 2)
    assert part is not None
    assert (part.opening_minor, part.closing_minor) == (None, None)
    assert [(line.amount_minor, line.balance_minor) for line in part.lines] == [(100, None), (-40, None)]
    assert (part.used_minor, part.added_minor) == (40, 100)
    assert view("alex", account="alex").credit is None, "nothing of it moved for Alex in November"


@writes
def wait(reference: str, amount: int, number: str, **more: Any) -> int:
    """A future item; its id."""
    customer = customers.by_reference(reference)
    assert customer is not None
    made = db.session.execute(
        insert(FutureItem)
        .values(
            partner_id=customer.partner_id,
            issued_for_id=customer.id,
            booked_on=date(2026, 12, 1),
            entered_at=clock.now(),
            currency="EUR",
            amount_minor=amount,
            number=number,
            actor="test",
            **more,
        )
        .returning(FutureItem.id)
    )
    return int(made.scalar_one())


@pytest.mark.usefixtures("company")
def test_s2_future_items_are_listed_apart() -> None:
    before = view("acme")
    wait("branch", 400, "FUT-000001", description="Router")
    gone = wait("acme", 70, "FUT-000002")
    wait("acme", -70, "FUT-000003", reverses_id=gone)
    wait("franchise", 5, "FUT-000004")
    wait("depot", 6, "FUT-000005")
    after = view("acme")
    assert [(item.number, item.account.name, item.amount_minor) for item in after.waiting] == [
        ("FUT-000001", "Branch", 400)
    ]
    assert (after.closing_minor, after.lines) == (before.closing_minor, before.lines)
    assert [item.number for item in view("branch").waiting] == ["FUT-000001"]
    assert [item.number for item in view("depot", payer="acme").waiting] == []
    assert [item.number for item in view("franchise").waiting] == ["FUT-000004"]
    with pytest.raises(Refused, match="One future item of 0.05 EUR waits"):
        sub_accounts.change_mode(SYSTEM, "franchise", BillingMode.AGGREGATED)


def test_nothing_is_a_statement_too(app: Flask) -> None:
    people.customer("acme")
    empty = view("acme")
    assert (empty.opening_minor, empty.lines, empty.closing_minor, empty.accounts) == (0, [], 0, [])
    assert statements.count_lines(SYSTEM, "acme", NOVEMBER) == 0


@pytest.mark.parametrize(
    ("more", "field", "sentence"),
    [
        ({"first": date(2026, 12, 1)}, "from", "The first day, 2026-12-01, is after the last one, 2026-11-30."),
        ({"first": date(1926, 1, 1)}, "from", "1926-01-01 is not a date we keep books for."),
        ({"last": date(2200, 1, 1)}, "to", "2200-01-01 is not a date we keep books for."),
        ({"first": date(2000, 1, 1), "last": date(2099, 12, 31)}, "to", "A statement covers ten years at most."),
    ],
)
def test_wrong_dates_are_named(app: Flask, more: dict[str, Any], field: str, sentence: str) -> None:
    people.customer("acme")
    for ask in (statements.view, statements.count_lines):
        with pytest.raises(Invalid) as error:
            ask(SYSTEM, "acme", replace(NOVEMBER, **more))
        assert list(error.value.fields) == [field]
        assert str(error.value.fields[field][0]).startswith(sentence)


S9 = [
    # who asks, for whom, account, payer, and the answer: a closing balance, what a part was charged, or the refusal
    ("acme", "acme", None, None, -450),
    ("acme", "acme", "acme", None, "50 charged"),
    ("acme", "acme", "branch", None, "1000 charged"),
    ("acme", "acme", "depot", None, "200 charged"),
    ("acme", "acme", "franchise", None, Missing),
    ("acme", "acme", "rival", None, Missing),
    ("acme", "acme", "nobody", None, Missing),
    ("acme", "acme", "rival", "rival", Missing),
    ("acme", "acme", "depot", "depot", Missing),
    ("acme", "acme", None, "rival", Missing),
    ("acme", "branch", None, None, NotAllowed),
    ("acme", "franchise", None, None, NotAllowed),
    ("acme", "depot", None, None, Missing),
    ("acme", "rival", None, None, Missing),
    ("branch", "branch", None, None, NotAllowed),
    ("branch", "acme", None, None, Missing),
    ("branch", "acme", "branch", None, Missing),
    ("depot", "depot", None, None, -9),
    ("depot", "depot", None, "acme", NotAllowed),
    ("depot", "depot", "acme", "acme", Missing),
    ("depot", "depot", "acme", None, Missing),
    ("franchise", "franchise", None, None, -77),
    ("franchise", "franchise", None, "acme", Missing),
    ("rival", "rival", None, "acme", Missing),
    ("rival", "rival", "branch", "acme", Missing),
]


@pytest.mark.parametrize("management", [False, True])
@pytest.mark.usefixtures("company")
def test_s9_who_sees_what(management: bool) -> None:
    sub_accounts.set_management(SYSTEM, "acme", management)
    told: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    for who, whom, account, payer, expected in S9:
        actor = as_customer(who)
        wanted = replace(NOVEMBER, account=account, payer=payer)
        try:
            seen = statements.view(actor, whom, wanted)
            answer: object = f"{seen.charged_minor} charged" if seen.balance is None else seen.closing_minor
        except PortalError as error:
            answer = type(error)
            if answer is Missing:
                told.setdefault((who,), set()).add(error.sentences)
        assert answer == expected, (who, whom, account, payer)
    assert {sentences for each in told.values() for sentences in each} == {Missing().sentences}, "all strangers alike"


@pytest.mark.usefixtures("company")
def test_s9_a_former_payer_never_learns_who_pays_later(frozen: Any) -> None:
    frozen.shift(60)
    people.post("depot", "payment", 9, "2026-11-22")
    people.link("rival", "depot")
    people.post("depot", "invoice", 31, "2026-11-15")
    for account in ("depot", None):
        seen = view("acme", as_customer("acme"), account=account)
        assert "Depot is no longer a sub-account of Acme (aggregated)" in [str(note.text) for note in seen.notes]
        assert "rival" not in repr(seen).casefold()
    known = view("acme", account="depot")
    assert "Depot became a sub-account of Rival (aggregated)" in [str(note.text) for note in known.notes]
    assert [other.payer.name for other in known.other_payers] == ["Depot", "Rival"], "staff see all of it"


@pytest.mark.usefixtures("company")
def test_s9_staff_by_role_and_partner() -> None:
    assert view("acme", ADMIN).closing_minor == -450
    assert view("branch", ADMIN).charged_minor == 1000
    with pytest.raises(NotAllowed):
        view("acme", replace(ADMIN, permissions=ROLE_PERMISSIONS[Role.FRONT_OF_HOUSE]))
    people.customer("far", of="Lakeside")
    bound = replace(ADMIN, partner_id=profile("acme").partner_id)
    assert view("acme", bound).closing_minor == -450
    for more in ({"account": "far"}, {"payer": "far"}):
        with pytest.raises(Missing) as error:
            view("acme", bound, **more)
        assert str(error.value) == "There is no customer “far”."
    with pytest.raises(Missing):
        view("far", bound)
    with pytest.raises(Missing, match="Rival never paid for Acme"):
        view("acme", ADMIN, payer="rival")


@pytest.mark.usefixtures("company")
def test_s9_a_login_without_finance_sees_no_statement() -> None:
    with pytest.raises(NotAllowed, match="the right to see finances"):
        view("acme", as_customer("acme", scopes=frozenset({Scope.VIEW})))


def test_s9_partner_accounts(app: Flask) -> None:
    for name in ("alex", "sam"):
        people.customer(name)
    people.post("sam", "invoice", 3, "2026-11-01")
    people.share("alex", "sam")
    people.post("alex", "invoice", 100, "2026-11-02")
    people.post("sam", "invoice", 20, "2026-11-03")
    both = view("alex", as_customer("alex"))
    assert [(line.account, line.amount_minor) for line in both.lines] == [("alex", -100), ("sam", -20), ("sam", -3)]
    mine = view("sam", as_customer("sam"))
    assert [(line.account, line.amount_minor) for line in mine.lines] == [("sam", -20), ("sam", -3)]
    assert [other.payer.name for other in mine.other_payers] == ["Sam"]
    own = view("sam", as_customer("sam"), payer="sam")
    assert [line.amount_minor for line in own.lines] == [-3, 3]
    with pytest.raises(Missing):
        view("sam", as_customer("sam"), account="alex")
    partner_accounts.unlink(SYSTEM, "sam")
    with pytest.raises(NotAllowed):
        view("sam", as_customer("sam"), payer="alex")
    assert view("sam", as_customer("sam")).closing_minor == 0
    assert view("alex", as_customer("alex")).closing_minor == -123


@pytest.mark.usefixtures("company")
def test_s1_the_accounts_to_choose_from() -> None:
    found = [(choice.reference, choice.former) for choice in statements.choices(as_customer("acme"), "acme")]
    assert found == [("acme", False), ("branch", False), ("depot", True)]
    assert [choice.reference for choice in statements.choices(SYSTEM, "branch")] == ["branch"]
    assert [choice.reference for choice in statements.choices(as_customer("depot"), "depot")] == ["depot"]
    with pytest.raises(NotAllowed):
        statements.choices(as_customer("branch"), "branch")
    with pytest.raises(Missing):
        statements.choices(as_customer("rival"), "acme")


@pytest.mark.usefixtures("company")
def test_counting_lines_before_making_a_statement() -> None:
    assert statements.count_lines(SYSTEM, "acme", NOVEMBER) == 4
    assert statements.count_lines(SYSTEM, "acme", replace(NOVEMBER, account="branch")) == 2
    assert statements.count_lines(SYSTEM, "acme", replace(NOVEMBER, record_type=RecordType.TRANSACTIONS)) == 4
    with pytest.raises(NotAllowed):
        statements.count_lines(as_customer("branch"), "branch", NOVEMBER)
    assert PAGE_LINES == 500


def test_a_statement_asks_as_much_for_many_lines_as_for_one(app: Flask) -> None:
    people.customer("acme")
    counts = []
    for number in range(6):
        people.customer(f"shop-{number}")
        people.link("acme", f"shop-{number}")
        for _ in range(number):
            people.post(f"shop-{number}", "invoice", 5, "2026-11-05")
        people.post("acme", "payment", 5, "2026-11-06", ledger="credit")
        with counted() as sent:
            view("acme")
        counts.append(len(sent))
    assert len(set(counts[1:])) == 1, counts
    assert counts[-1] <= 20


def test_reversals_are_lines_like_others(app: Flask) -> None:
    people.customer("acme")
    people.post("acme", "payment", 50, "2026-11-02", external_id="paid")
    ledger.reverse(SYSTEM, "paid", on=date(2026, 11, 3), reason="Bounced")
    (first, back) = view("acme").lines
    assert (first.credit_minor, back.debit_minor, back.description) == (50, 50, "Reversal of PAY-000001")
