"""Partner accounts: linking with its transfers, unlinking, and every refusal, on both engines."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from portal.actions.books import posting
from portal.actions.links import partner_accounts, sub_accounts
from portal.actions.links.partner_accounts import SharingPreview
from portal.actions.statements import view as statements
from portal.actions.statements.view import StatementRequest
from portal.db.audit import records as audit
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import db, writes
from portal.db.links import linking as links
from portal.db.tables import AuditRecord, Customer, Entry, FutureItem, SharedBalance
from portal.outside import clock
from portal.rules.balances import Balances
from portal.rules.books import EntryKind, Ledger, Transfer
from portal.rules.deciding import ROLE_PERMISSIONS, SYSTEM, Actor
from portal.rules.errors import Conflict, Mismatch, Missing, NotAllowed, Refused
from portal.rules.holders import Role
from portal.rules.links.facts import BillingMode
from tests import books, people
from tests.importing import clean
from tests.log import log
from tests.queries import counted

TODAY = date(2026, 11, 22)
ADMIN = Actor(
    "Ada", None, "ada@example.test", role=Role.ADMINISTRATOR, permissions=ROLE_PERMISSIONS[Role.ADMINISTRATOR]
)
DESK = replace(ADMIN, role=Role.FRONT_OF_HOUSE, permissions=ROLE_PERMISSIONS[Role.FRONT_OF_HOUSE])
HOUSE, CREDIT = Ledger.HOUSE, Ledger.CREDIT


def profile(reference: str) -> Profile:
    found = customers.by_reference(reference)
    db.session.rollback()
    assert found is not None
    return found


def own(reference: str) -> tuple[int, int]:
    """House Account and Customer Credit of a customer's own books, as of today."""
    key = profile(reference).id
    facts = links.facts([key])[key]
    return facts.house.minor, facts.credit.minor


def as_customer(reference: str) -> Actor:
    me = profile(reference)
    return Actor("Somebody", None, f"{reference}@example.test", customer_id=me.id, partner_id=me.partner_id)


@writes
def change(reference: str, **columns: Any) -> None:
    db.session.execute(update(Customer).where(Customer.external_id == reference).values(**columns))


def rules_of(error: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [str(reason.rule) for reason in error.value.reasons]


def transfers() -> list[tuple[Ledger, date, int]]:
    """Every transfer in the books."""
    rows = db.session.execute(
        select(Entry.ledger, Entry.booked_on, Entry.amount_minor).where(Entry.kind == "transfer").order_by(Entry.id)
    ).all()
    db.session.rollback()
    return [(Ledger(kind), on, amount) for kind, on, amount in rows]


def planned(preview: SharingPreview) -> list[tuple[Ledger, date, int]]:
    return [(one.ledger, one.on, one.amount_minor) for one in preview.transfers]


def shares() -> tuple[int, int]:
    """How many shared balances there ever were, and how many hold."""
    ever, now = db.session.execute(
        select(func.count(), func.count().filter(SharedBalance.ended_at.is_(None))).select_from(SharedBalance)
    ).one()
    db.session.rollback()
    return ever, now


@pytest.fixture
def couple(app: Flask) -> None:
    """Alex and Sam, who do not share anything yet; Sam owes, holds credit, and has entries dated ahead."""
    people.customer("alex", billing_day=1)
    people.customer("sam", billing_day=9)
    people.post("alex", "payment", 10_000, "2026-11-02")
    people.post("sam", "invoice", 3_500, "2026-11-03")
    people.post("sam", "payment", 2_000, "2026-11-04", ledger="credit")
    people.post("sam", "invoice", 500, "2026-12-01")
    people.post("sam", "invoice", 70, "2026-12-01")
    people.post("sam", "refund", 300, "2026-12-24", ledger="credit")


MOVES = [
    (HOUSE, TODAY, -3_500),
    (HOUSE, date(2026, 12, 1), -570),
    (CREDIT, TODAY, 2_000),
    (CREDIT, date(2026, 12, 24), -300),
]


@pytest.mark.usefixtures("couple")
def test_p1_p2_linking_says_what_moves_and_moves_it() -> None:
    preview = partner_accounts.preview_link(ADMIN, "alex", "sam")
    assert (str(preview.headline), preview.reasons, preview.stays) == ("Link Alex and Sam", (), None)
    assert planned(preview) == MOVES
    assert preview.moved_minor == -2_370
    assert [(one.customer, one.ledger, one.before_minor, one.after_minor) for one in preview.balances] == [
        ("Alex", HOUSE, 10_000, 6_500),
        ("Alex", CREDIT, 0, 2_000),
        ("Sam", HOUSE, -3_500, 0),
        ("Sam", CREDIT, 2_000, 0),
    ]
    assert [(str(line.what), str(line.before), str(line.after)) for line in preview.changes] == [
        ("Who pays", "each pays for itself", "Alex pays for both"),
        ("Sam is billed", "by itself, on the 9th", "with Alex, on the 1st"),
        ("Statement of Alex", "its own lines", "the lines of both, by account"),
        ("Sam sees", "its own balances and lines", "the balances of Alex, and the lines issued for Sam"),
    ]
    assert tuple(map(str, preview.warnings)) == ("Alex takes over what Sam owes, 23.70 EUR, and pays it from now on.",)
    done = partner_accounts.link(ADMIN, "alex", "sam", mark=preview.mark)
    alex, sam = profile("alex"), profile("sam")
    assert (str(done.sentence), str(done.then), done.primary, done.secondary) == (
        "Sam shares the balances of Alex",
        "Alex took over 23.70 EUR that Sam owed, in 4 transfers.",
        alex.public_id,
        sam.public_id,
    )
    assert (sam.payer_id, sam.mate_id, sam.is_secondary) == (alex.id, alex.id, True)
    assert (alex.payer_id, alex.mate_id, alex.is_secondary) == (alex.id, sam.id, False)
    assert (own("alex"), own("sam")) == ((6_500, 2_000), (0, 0))
    assert transfers() == MOVES
    for one in (alex, sam):
        (line,) = [line for line in audit.for_subject(one.id) if line.action == "partner_accounts.link"]
        assert (line.actor, str(line.text)) == ("ada@example.test", str(done.sentence))
    books.check()


@pytest.mark.usefixtures("couple")
def test_p2_history_stays_and_reads_right_on_both_books() -> None:
    people.share("alex", "sam")
    whole = StatementRequest(date(2026, 1, 1), date(2026, 12, 31))
    shared = statements.view(SYSTEM, "alex", whole)
    assert (shared.closing_minor, shared.credit and shared.credit.closing_minor) == (5_930, 1_700)
    left = statements.view(SYSTEM, "sam", replace(whole, payer="sam"))
    assert [line.amount_minor for line in left.lines] == [-3_500, 3_500, -500, -70, 570]
    assert left.closing_minor == 0
    mine = statements.view(as_customer("sam"), "sam", whole)
    assert {line.account for line in mine.lines} == {"sam"}
    assert mine.payer.name == "Alex"
    people.post("sam", "payment", 4_070, "2026-11-22")
    assert own("alex") == (10_570, 2_000)
    assert own("sam") == (0, 0)
    books.check()
    books.statements_meet("alex", date(2026, 10, 1), TODAY, date(2026, 12, 1), date(2027, 1, 1))


@pytest.mark.usefixtures("couple")
def test_p2_every_day_stays_as_it_was_for_the_two_together() -> None:
    def together(on: date) -> tuple[int, int]:
        sums = [0, 0]
        for name in ("alex", "sam"):
            view = statements.view(SYSTEM, name, StatementRequest(date(2026, 1, 1), on, payer=name))
            sums[0] += view.closing_minor
            sums[1] += view.credit.closing_minor if view.credit else 0
        return sums[0], sums[1]

    days = [TODAY + timedelta(days) for days in (-30, -18, 0, 8, 9, 31, 32, 60)]
    before = [together(on) for on in days]
    people.share("alex", "sam")
    assert [together(on) for on in days] == before


def test_linking_two_who_hold_nothing_writes_nothing_but_the_link(app: Flask) -> None:
    people.customer("alex")
    people.customer("sam")
    people.post("sam", "invoice", 500, "2026-11-01")
    people.post("sam", "payment", 500, "2026-11-02")
    preview = partner_accounts.preview_link(ADMIN, "alex", "sam")
    assert (preview.transfers, preview.warnings) == ((), ())
    assert str(partner_accounts.link(ADMIN, "alex", "sam").then) == "There was nothing to transfer."
    assert transfers() == []
    assert profile("sam").payer_reference == "alex"
    books.check()


@pytest.mark.usefixtures("couple")
def test_p3_whatever_either_is_charged_lands_on_the_primary() -> None:
    people.share("alex", "sam")
    for name in ("alex", "sam"):
        people.post(name, "invoice", 100, "2026-11-22")
        people.post(name, "credit", 30, "2026-11-22", ledger="credit")
    assert (own("alex"), own("sam")) == ((6_300, 2_060), (0, 0))
    rows = db.session.execute(
        select(Entry.payer_id, Entry.issued_for_id).where(Entry.kind.in_(["invoice", "credit"])).order_by(Entry.id)
    ).all()[-4:]
    alex, sam = profile("alex").id, profile("sam").id
    assert [tuple(row) for row in rows] == [(alex, alex)] * 2 + [(alex, sam)] * 2


@pytest.mark.usefixtures("couple")
@pytest.mark.parametrize("either", ["alex", "sam"])
def test_p4_unlinking_from_either_profile_leaves_everything_on_the_primary(either: str) -> None:
    people.share("alex", "sam")
    people.post("sam", "invoice", 1_000, "2026-11-20")
    before = transfers()
    preview = partner_accounts.preview_unlink(ADMIN, either)
    assert (str(preview.headline), preview.reasons, preview.transfers) == ("Unlink Alex and Sam", (), ())
    assert preview.stays == Balances(5_500, 2_000)
    assert [(one.customer, one.ledger, one.before_minor, one.after_minor) for one in preview.balances] == [
        ("Alex", HOUSE, 5_500, 5_500),
        ("Alex", CREDIT, 2_000, 2_000),
        ("Sam", HOUSE, 0, 0),
        ("Sam", CREDIT, 0, 0),
    ]
    assert ("Who pays", "Alex pays for both", "each pays for itself") in [
        (str(line.what), str(line.before), str(line.after)) for line in preview.changes
    ]
    done = partner_accounts.unlink(ADMIN, either, mark=preview.mark)
    assert str(done.sentence) == "Alex and Sam no longer share balances"
    assert str(done.then) == (
        "55.00 EUR on the House Account and 20.00 EUR of Customer Credit stay with Alex. "
        "Sam pays for itself from now on."
    )
    assert (own("alex"), own("sam")) == ((5_500, 2_000), (0, 0))
    assert transfers() == before
    assert (profile("sam").payer_reference, profile("sam").mate_id, profile("alex").mate_id) == ("sam", None, None)
    people.post("sam", "invoice", 5, "2026-11-22")
    assert (own("alex"), own("sam")) == ((5_500, 2_000), (-5, 0))
    for name in ("alex", "sam"):
        actions = [line.action for line in audit.for_subject(profile(name).id)]
        assert actions.count("partner_accounts.unlink") == 1
    assert shares() == (1, 0)
    books.check()


@pytest.mark.usefixtures("couple")
def test_p4_the_two_can_be_linked_again_the_other_way_round() -> None:
    people.share("alex", "sam")
    partner_accounts.unlink(ADMIN, "sam")
    people.post("sam", "invoice", 5, "2026-11-22")
    partner_accounts.link(ADMIN, "sam", "alex")
    assert (own("sam"), own("alex")) == ((6_495, 2_000), (0, 0))
    assert profile("alex").payer_reference == "sam"
    assert shares() == (2, 1)
    books.check()


def test_p4_without_a_partner_account_there_is_nothing_to_unlink(app: Flask) -> None:
    people.customer("alex")
    for deed in (partner_accounts.preview_unlink, partner_accounts.unlink):
        with pytest.raises(Refused, match="Alex has no partner account") as error:
            deed(ADMIN, "alex")
        assert rules_of(error) == ["P4"]


@pytest.mark.usefixtures("couple")
def test_p5_p6_every_unmet_condition_at_once_with_its_remedy() -> None:
    people.customer("far", of="Lakeside", own_status="inactive")
    people.customer("dollar", currency="USD")
    for name in ("acme", "branch", "third", "kim"):
        people.customer(name)
    people.link("acme", "branch")
    people.share("third", "kim")
    cases = [
        ("alex", "alex", ["P5"]),
        ("alex", "far", ["P5", "P5"]),
        ("far", "alex", ["P5", "P5"]),
        ("alex", "dollar", ["P5"]),
        ("alex", "third", ["P5"]),
        ("kim", "alex", ["P5"]),
        ("third", "kim", ["P5", "P5"]),
        ("branch", "alex", ["P6"]),
        ("alex", "branch", ["P6"]),
        ("alex", "acme", ["P6"]),
        ("kim", "acme", ["P5", "P6"]),
        ("branch", "far", ["P5", "P5", "P6"]),
    ]
    before = (transfers(), shares())
    for primary, secondary, rules in cases:
        with pytest.raises(Refused) as error:
            partner_accounts.link(ADMIN, primary, secondary)
        assert sorted(rules_of(error)) == rules, (primary, secondary)
        assert str(error.value.headline).endswith("can’t share balances yet")
        assert all(str(reason.remedy).endswith(".") for reason in error.value.reasons)
        assert partner_accounts.preview_link(ADMIN, primary, secondary).reasons == error.value.reasons
    assert (transfers(), shares()) == before
    partner_accounts.link(ADMIN, "acme", "alex")
    assert {profile(name).payer_reference for name in ("acme", "branch", "alex")} == {"acme"}
    books.check()


@pytest.mark.usefixtures("couple")
def test_an_independent_sub_account_may_be_either(app: Flask) -> None:
    people.customer("acme")
    people.link("acme", "sam", "independent")
    partner_accounts.link(ADMIN, "alex", "sam")
    with pytest.raises(Refused) as error:
        sub_accounts.change_mode(SYSTEM, "sam", BillingMode.AGGREGATED)
    assert "Sam shares its balances with Alex." in [str(reason.message) for reason in error.value.reasons]
    partner_accounts.unlink(ADMIN, "alex")
    partner_accounts.link(ADMIN, "sam", "alex")
    books.check()


@pytest.mark.usefixtures("couple")
def test_what_is_easily_overlooked_is_said() -> None:
    people.customer("branch")
    people.link("alex", "branch")
    rows = "f1,sam,2026-12-01,future_item,1200\nf2,sam,2026-12-02,future_item,300\n"
    clean("transactions", f"external_id,customer,date,kind,amount\n{rows}")
    change("sam", own_status="blocked")
    total = db.session.scalar(select(func.sum(FutureItem.amount_minor)).where(FutureItem.external_id.in_(["f1", "f2"])))
    db.session.rollback()
    assert total == 150_000
    warnings = tuple(map(str, partner_accounts.preview_link(ADMIN, "alex", "sam").warnings))
    assert [text.split(".")[0] for text in warnings[:1]] == ["Alex takes over what Sam owes, 23"]
    assert warnings[1:] == (
        "2 future items of 1500.00 EUR for Sam are not invoiced yet: Alex will be billed.",
        "Alex also pays for a sub-account from these balances.",
        "Sam is Blocked. Sharing balances changes nothing about that, and does not block the other.",
    )
    people.share("alex", "sam")
    people.post("sam", "invoice", 20_000, "2026-11-22")
    assert tuple(map(str, partner_accounts.preview_unlink(ADMIN, "sam").warnings)) == (
        "Alex alone goes on owing 135.00 EUR, what was issued for Sam included.",
        "2 future items not invoiced yet go with Sam, which will be billed.",
    )


@pytest.mark.usefixtures("couple")
def test_p2_an_entry_from_before_is_taken_back_where_it_stands_now() -> None:
    earlier = people.post("sam", "invoice", 40, "2026-11-05")
    people.share("alex", "sam")
    before = own("alex")
    posting.reverse(SYSTEM, earlier.public_id, on=TODAY, reason="Mistaken")
    assert own("alex") == (before[0] + 40, before[1])
    assert own("sam") == (0, 0)
    partner_accounts.unlink(ADMIN, "sam")
    assert own("sam") == (0, 0)
    books.check()


@pytest.mark.usefixtures("couple")
def test_f10_taking_a_transfer_back_leaves_nobodys_credit_below_zero() -> None:
    people.share("alex", "sam")
    found = select(Entry.public_id).where(Entry.kind == "transfer", Entry.ledger == "credit").order_by(Entry.id)
    now, ahead = db.session.scalars(found).all()
    db.session.rollback()
    with pytest.raises(Refused, match=r"Customer Credit of Sam would be 3\.00 EUR below zero"):
        posting.reverse(SYSTEM, ahead, on=date(2026, 12, 24), reason="Mistaken")
    with pytest.raises(Refused, match=r"Customer Credit of Alex would be 3\.00 EUR below zero"):
        posting.reverse(SYSTEM, now, on=TODAY, reason="Mistaken")
    people.post("alex", "payment", 300, "2026-11-22", ledger="credit")
    posting.reverse(SYSTEM, now, on=TODAY, reason="Mistaken")
    assert own("sam") == (0, 2_000)
    books.check()


@pytest.mark.usefixtures("couple")
def test_r24_a_stale_preview_is_a_conflict() -> None:
    preview = partner_accounts.preview_link(ADMIN, "alex", "sam")
    people.post("sam", "invoice", 1, "2026-12-01")
    with pytest.raises(Conflict, match="figures have changed"):
        partner_accounts.link(ADMIN, "alex", "sam", mark=preview.mark)
    turned = partner_accounts.preview_link(ADMIN, "sam", "alex")
    with pytest.raises(Conflict):
        partner_accounts.link(ADMIN, "alex", "sam", mark=turned.mark)
    assert (transfers(), shares()) == ([], (0, 0))
    partner_accounts.link(ADMIN, "alex", "sam", mark=partner_accounts.preview_link(ADMIN, "alex", "sam").mark)
    preview = partner_accounts.preview_unlink(ADMIN, "alex")
    people.post("sam", "invoice", 1, "2026-11-01")
    with pytest.raises(Conflict):
        partner_accounts.unlink(ADMIN, "alex", mark=preview.mark)
    assert shares() == (1, 1)


@pytest.mark.usefixtures("couple")
def test_r11_each_deed_is_done_once_for_its_key() -> None:
    done = partner_accounts.link(ADMIN, "alex", "sam", once="link")
    assert partner_accounts.link(ADMIN, "alex", "sam", once="link") == done
    with pytest.raises(Mismatch):
        partner_accounts.link(ADMIN, "sam", "alex", once="link")
    assert transfers() == MOVES
    ended = partner_accounts.unlink(ADMIN, "sam", once="unlink")
    assert partner_accounts.unlink(ADMIN, "sam", once="unlink") == ended
    with pytest.raises(Mismatch):
        partner_accounts.unlink(ADMIN, "sam", once="link")
    assert len(log(AuditRecord.action.startswith("partner_accounts"))) == 4
    assert shares() == (1, 0)


@pytest.mark.usefixtures("couple")
def test_p1_who_may_not_link_learns_nothing() -> None:
    deeds: list[Callable[[Actor], object]] = [
        lambda actor: partner_accounts.preview_link(actor, "alex", "sam"),
        lambda actor: partner_accounts.link(actor, "alex", "sam", once="k"),
        lambda actor: partner_accounts.preview_unlink(actor, "alex"),
        lambda actor: partner_accounts.unlink(actor, "sam", once="k"),
    ]
    for deed in deeds:
        with pytest.raises(NotAllowed):
            deed(DESK)
        with pytest.raises(Missing):
            deed(as_customer("alex"))
        with pytest.raises(Missing):
            deed(replace(ADMIN, partner_id=999))
    people.share("alex", "sam")
    partner_accounts.unlink(ADMIN, "sam", once="mine")
    for actor in (DESK, as_customer("sam")):
        with pytest.raises(Mismatch):
            partner_accounts.unlink(actor, "sam", once="mine")
        with pytest.raises((NotAllowed, Missing)):
            partner_accounts.unlink(actor, "sam")
    for pair in (("alex", "nobody"), ("nobody", "alex")):
        with pytest.raises(Missing):
            partner_accounts.link(ADMIN, *pair)
    with pytest.raises(Missing):
        partner_accounts.unlink(ADMIN, "nobody")


def test_since_when(app: Flask) -> None:
    people.customer("alex")
    people.customer("sam")
    assert partner_accounts.since(DESK, profile("alex")) is None
    people.share("alex", "sam")
    for name in ("alex", "sam"):
        assert partner_accounts.since(DESK, profile(name)) == clock.now()


@pytest.mark.usefixtures("couple")
def test_a_preview_asks_as_much_for_many_entries_as_for_one() -> None:
    asked = []
    for number in range(4):
        with counted() as sent:
            partner_accounts.preview_link(ADMIN, "alex", "sam")
        asked.append(len(sent))
        for day in range(number * 5):
            people.post("sam", "invoice", 5, (TODAY + timedelta(day)).isoformat())
    assert len(set(asked)) == 1, asked
    assert asked[0] <= 9


AMOUNTS = st.integers(1, 5_000)
DAYS = st.integers(-40, 40).map(lambda days: TODAY + timedelta(days))
ENTRIES = st.lists(
    st.tuples(
        st.sampled_from(["invoice", "payment", "credit", "debit", "refund"]), AMOUNTS, DAYS, st.sampled_from(Ledger)
    ),
    max_size=12,
)
EXAMPLES = count()


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(ENTRIES, ENTRIES)
def test_p2_the_preview_is_what_happens(
    app: Flask, first: list[tuple[Any, ...]], second: list[tuple[Any, ...]]
) -> None:
    db.session.rollback()
    names = [f"pair-{next(EXAMPLES)}-{part}" for part in ("a", "b")]
    for name, entries in zip(names, (first, second), strict=True):
        people.customer(name, of=names[0])
        for kind, amount, on, book in entries:
            with contextlib.suppress(Refused):
                posting.post(SYSTEM, posting.Charge(name, EntryKind(kind), amount, on, book))
    preview = partner_accounts.preview_link(SYSTEM, *names)
    before = len(transfers())
    partner_accounts.link(SYSTEM, *names, mark=preview.mark)
    assert transfers()[before:] == planned(preview)
    after = {(one.reference, one.ledger): one.after_minor for one in preview.balances}
    assert {name: own(name) for name in names} == {name: (after[name, HOUSE], after[name, CREDIT]) for name in names}
    assert own(names[1]) == (0, 0)
    key = profile(names[1]).id
    assert links.held(key, "EUR", TODAY) == [], "nothing is left there on any day from today"
    db.session.rollback()
    parting = partner_accounts.preview_unlink(SYSTEM, names[1])
    assert parting.stays == Balances(*own(names[0]))
    partner_accounts.unlink(SYSTEM, names[0], mark=parting.mark)
    assert Balances(*own(names[0])) == parting.stays
    books.check()


def test_a_plan_of_transfers_needs_no_history(app: Flask) -> None:
    sam = people.customer("sam")
    people.post("sam", "invoice", 500, "2026-11-23")
    assert partner_accounts.held_by(sam) == (Transfer(HOUSE, date(2026, 11, 23), -500),)
