"""Linking, editing, unlinking and listing sub-accounts, on both engines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.actions.books import posting as ledger
from portal.actions.links import sub_accounts
from portal.actions.links.listing import SubAccountFilter, list_sub_accounts
from portal.actions.links.sub_accounts import LinkAnswer, LinkPreview
from portal.db.audit import records as audit
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import db, writes
from portal.db.tables import AuditRecord, Customer, SubAccountLink
from portal.rules.customers.status import EffectiveStatus, Status
from portal.rules.deciding import ROLE_PERMISSIONS, SYSTEM, Actor
from portal.rules.errors import Conflict, Invalid, Mismatch, Missing, NotAllowed, Refused
from portal.rules.holders import Role
from portal.rules.links.facts import BillingMode
from tests import books, people
from tests.queries import counted

AGGREGATED, INDEPENDENT = BillingMode.AGGREGATED, BillingMode.INDEPENDENT
SUPER = Actor("Sue", None, "sue@example.test", role=Role.SUPER, permissions=ROLE_PERMISSIONS[Role.SUPER])
ADMIN = replace(SUPER, role=Role.ADMINISTRATOR, permissions=ROLE_PERMISSIONS[Role.ADMINISTRATOR])


def profile(reference: str) -> Profile:
    found = customers.by_reference(reference)
    db.session.rollback()
    assert found is not None
    return found


def as_customer(reference: str) -> Actor:
    me = profile(reference)
    return Actor("Somebody", None, f"{reference}@example.test", customer_id=me.id, partner_id=me.partner_id)


@writes
def change(reference: str, **columns: Any) -> None:
    db.session.execute(update(Customer).where(Customer.external_id == reference).values(**columns))


def rules_of(error: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [reason.rule for reason in error.value.reasons]


@pytest.fixture
def pair(app: Flask) -> None:
    """Two customers that can be linked."""
    people.customer("acme", billing_day=1)
    people.customer("branch", billing_day=9)


@pytest.mark.usefixtures("pair")
def test_linking_says_what_changes_and_does_it() -> None:
    preview = sub_accounts.preview_link(SUPER, "acme", "branch", AGGREGATED)
    assert (str(preview.headline), preview.reasons, preview.warnings) == ("Link Branch to Acme", (), ())
    assert [(str(line.what), str(line.before), str(line.after)) for line in preview.changes] == [
        ("Billing mode", "Not linked", "Aggregated"),
        ("Pays", "Branch", "Acme"),
        ("Billing day", "9th", "1st"),
        ("Status", "Active", "Active, follows Acme"),
        ("Finance pages", "Branch sees its own", "hidden; Acme sees them"),
    ]
    done = sub_accounts.link(SUPER, "acme", "branch", AGGREGATED, mark=preview.mark)
    acme, branch = profile("acme"), profile("branch")
    assert (str(done.sentence), done.main, done.sub) == (
        "Branch: linked to Acme, aggregated",
        acme.public_id,
        branch.public_id,
    )
    assert (branch.main_id, branch.mode, branch.payer_id) == (acme.id, AGGREGATED, acme.id)
    for subject, text in ((branch, str(done.sentence)), (acme, f"Sub-account {done.sentence}")):
        (line,) = audit.for_subject(subject.id)
        assert (line.actor, line.grant, line.action, str(line.text)) == (
            "sue@example.test",
            "staff",
            "sub_accounts.link",
            text,
        )
    books.check()


@pytest.mark.usefixtures("pair")
def test_l7_the_billing_day_is_lent_and_given_back() -> None:
    people.link("acme", "branch")
    assert (profile("branch").billing_day, profile("branch").own_billing_day) == (1, 9)
    change("acme", billing_day=20)
    assert profile("branch").billing_day == 20
    sub_accounts.unlink(SUPER, "branch")
    assert profile("branch").billing_day == 9
    people.link("acme", "branch", "independent")
    assert profile("branch").billing_day == 9


@pytest.mark.usefixtures("pair")
def test_l11_the_main_account_imposes_and_lifts_its_status() -> None:
    people.customer("depot")
    people.customer("shop", own_status="new")
    people.link("acme", "branch")
    people.link("acme", "shop")
    people.link("acme", "depot", "independent")
    change("branch", own_status="blocked")
    change("acme", own_status="blocked")
    assert profile("branch").status == EffectiveStatus(Status.BLOCKED)
    assert profile("shop").status == EffectiveStatus(Status.BLOCKED, imposed=True)
    assert profile("depot").status == EffectiveStatus(Status.ACTIVE)
    change("acme", own_status="inactive")
    assert profile("branch").status == EffectiveStatus(Status.INACTIVE, imposed=True)
    change("acme", own_status="active")
    assert profile("branch").status == EffectiveStatus(Status.BLOCKED)
    assert profile("shop").status == EffectiveStatus(Status.NEW)


@pytest.mark.usefixtures("pair")
def test_l4_linking_to_a_blocked_main_account_warns() -> None:
    change("acme", own_status="blocked")
    preview = sub_accounts.preview_link(SUPER, "acme", "branch", AGGREGATED)
    assert tuple(map(str, preview.warnings)) == (
        "Acme is Blocked, so Branch will be blocked at once.",
        "Nobody is told of it: notices of blocking are off at Harbour Net.",
    )
    assert ("Status", "Active", "Blocked, follows Acme") in [
        (str(c.what), str(c.before), str(c.after)) for c in preview.changes
    ]
    sub_accounts.link(SUPER, "acme", "branch", AGGREGATED, mark=preview.mark)
    assert profile("branch").status == EffectiveStatus(Status.BLOCKED, imposed=True)


@pytest.mark.usefixtures("pair")
def test_l6_the_figures_of_every_open_amount_are_in_the_refusal() -> None:
    people.post("branch", "invoice", 12_050, "2026-11-01")
    people.post("branch", "payment", 300, "2026-11-01", ledger="credit")
    people.post("branch", "debit", 7, "2026-12-01")
    change("branch", billing_type="prepaid_daily")
    with pytest.raises(Refused) as error:
        sub_accounts.link(SUPER, "acme", "branch", AGGREGATED)
    assert rules_of(error) == ["L6"] * 4
    assert str(error.value.headline) == "Branch can’t be linked to Acme yet"
    text = str(error.value)
    for figure in ("owes 120.50 EUR", "holds 3.00 EUR of Customer Credit", "one entry dated ahead", "“Prepaid, daily”"):
        assert figure in text
    assert profile("branch").main_id is None
    assert db.session.scalars(select(SubAccountLink)).all() == []
    assert sub_accounts.preview_link(SUPER, "acme", "branch", AGGREGATED).reasons == error.value.reasons
    people.link("acme", "branch", "independent")


@pytest.mark.usefixtures("pair")
def test_l6_an_entry_dated_ahead_stands_in_the_way_though_the_balance_is_zero() -> None:
    people.post("branch", "invoice", 5, "2026-11-01")
    people.post("branch", "payment", 5, "2026-11-22")
    people.post("branch", "invoice", 5, "2026-11-23", external_id="ahead")
    with pytest.raises(Refused, match="one entry dated ahead"):
        people.link("acme", "branch")
    ledger.reverse(SYSTEM, "ahead", on=date(2026, 11, 24), reason="A day too late")
    with pytest.raises(Refused, match="2 entries dated ahead"):
        people.link("acme", "branch")
    people.customer("depot")
    people.post("depot", "invoice", 5, "2026-11-23", external_id="taken back on its own day")
    ledger.reverse(SYSTEM, "taken back on its own day", on=date(2026, 11, 23), reason="Too early")
    people.link("acme", "depot")


@pytest.mark.usefixtures("pair")
def test_l3_l4_l5_are_refused_from_the_stored_facts() -> None:
    people.customer("far", of="Lakeside")
    people.customer("asleep", own_status="inactive")
    people.customer("depot")
    people.link("acme", "branch", "independent")
    cases = [
        ("acme", "far", ["L3"]),
        ("acme", "asleep", ["L4"]),
        ("depot", "branch", ["L5"]),
        ("branch", "depot", ["L5"]),
        ("depot", "acme", ["L5"]),
        ("acme", "acme", ["L5"]),
        ("acme", "branch", ["L5"]),
    ]
    for main, sub, rules in cases:
        with pytest.raises(Refused) as error:
            people.link(main, sub)
        assert rules_of(error) == rules, (main, sub)


@pytest.mark.usefixtures("pair")
def test_p6_partner_accounts_and_links_never_chain() -> None:
    for name in ("alex", "sam"):
        people.customer(name)
    people.share("alex", "sam")
    with pytest.raises(Refused) as error:
        people.link("sam", "branch", "independent")
    assert rules_of(error) == ["P6"]
    for name in ("alex", "sam"):
        with pytest.raises(Refused) as error:
            people.link("acme", name)
        assert rules_of(error) == ["L6"]
    people.link("alex", "branch")
    assert profile("branch").payer_reference == "alex"
    books.check()


@pytest.mark.usefixtures("pair")
def test_l9_the_billing_mode_is_edited() -> None:
    people.link("acme", "branch", "independent")
    people.post("branch", "invoice", 500, "2026-11-01")
    with pytest.raises(Refused) as error:
        sub_accounts.change_mode(SUPER, "branch", AGGREGATED)
    assert rules_of(error) == ["L6"]
    people.post("branch", "payment", 500, "2026-11-02")
    people.post("acme", "invoice", 1, "2026-11-01")
    with pytest.raises(Refused, match="Acme owes 0.01 EUR") as error:
        sub_accounts.change_mode(SUPER, "branch", AGGREGATED)
    assert rules_of(error) == ["L9"]
    people.post("acme", "payment", 1, "2026-11-01")
    preview = sub_accounts.preview_mode(SUPER, "branch", AGGREGATED)
    assert str(preview.headline) == "Change the billing mode of Branch"
    assert [str(line.what) for line in preview.changes] == [
        "Billing mode",
        "Pays",
        "Billing day",
        "Status",
        "Finance pages",
    ]
    done = sub_accounts.change_mode(SUPER, "branch", AGGREGATED, mark=preview.mark)
    assert str(done.sentence) == "Branch: billing mode changed to aggregated"
    assert profile("branch").mode is AGGREGATED
    rows = db.session.execute(
        select(SubAccountLink.mode, SubAccountLink.ended_at.is_(None)).order_by(SubAccountLink.id)
    )
    assert [tuple(row) for row in rows] == [("independent", False), ("aggregated", True)]
    assert "already" in str(sub_accounts.change_mode(SUPER, "branch", AGGREGATED).sentence)
    sub_accounts.change_mode(SUPER, "branch", INDEPENDENT)
    assert profile("branch").payer_reference == "branch"
    books.check()


@pytest.mark.usefixtures("pair")
def test_l9_l10_without_a_link_there_is_nothing_to_edit_or_to_end() -> None:
    """Each says so under its own rule, the preview as the deed."""
    deeds: list[tuple[str, Callable[[], object]]] = [
        ("L9", lambda: sub_accounts.preview_mode(SUPER, "branch", AGGREGATED)),
        ("L9", lambda: sub_accounts.change_mode(SUPER, "branch", AGGREGATED)),
        ("L10", lambda: sub_accounts.preview_unlink(SUPER, "branch")),
        ("L10", lambda: sub_accounts.unlink(SUPER, "branch")),
    ]
    for rule, deed in deeds:
        with pytest.raises(Refused, match="Branch is not a sub-account") as error:
            deed()
        assert rules_of(error) == [rule]


@pytest.mark.usefixtures("pair")
def test_l9_not_under_a_blocked_main_account() -> None:
    people.link("acme", "branch")
    change("acme", own_status="blocked")
    with pytest.raises(Refused, match=r"L9.*Acme is Blocked"):
        sub_accounts.change_mode(SUPER, "branch", INDEPENDENT)


@pytest.mark.usefixtures("pair")
def test_l10_unlinking_leaves_history_where_it_was_billed() -> None:
    people.link("acme", "branch")
    people.post("branch", "invoice", 500, "2026-11-01")
    with pytest.raises(Refused, match=r"Acme owes 5\.00 EUR") as error:
        sub_accounts.unlink(SUPER, "branch")
    assert rules_of(error) == ["L10"]
    assert str(error.value.headline) == "Branch can’t be unlinked from Acme yet"
    people.post("branch", "payment", 500, "2026-11-02")
    preview = sub_accounts.preview_unlink(SUPER, "branch")
    first = preview.changes[0]
    assert (str(first.what), str(first.before), str(first.after)) == ("Billing mode", "Aggregated", "Not linked")
    done = sub_accounts.unlink(SUPER, "branch", mark=preview.mark)
    assert str(done.sentence) == "Branch: unlinked from Acme"
    assert profile("branch").main_id is None
    with pytest.raises(Refused, match="is not a sub-account"):
        sub_accounts.unlink(SUPER, "branch")
    books.check()


@pytest.mark.usefixtures("pair")
def test_l10_an_independent_one_can_always_be_unlinked() -> None:
    people.link("acme", "branch", "independent")
    people.post("acme", "invoice", 500, "2026-11-01")
    change("acme", own_status="inactive")
    sub_accounts.unlink(SUPER, "branch")
    assert profile("branch").main_id is None


def test_r24_a_stale_preview_is_a_conflict(pair: None) -> None:
    preview = sub_accounts.preview_link(SUPER, "acme", "branch", INDEPENDENT)
    people.post("branch", "invoice", 5, "2026-11-01")
    with pytest.raises(Conflict, match="figures have changed"):
        sub_accounts.link(SUPER, "acme", "branch", INDEPENDENT, mark=preview.mark)
    assert profile("branch").main_id is None
    people.link("acme", "branch", "independent")
    people.post("branch", "payment", 5, "2026-11-01")
    stale: list[tuple[LinkPreview, Callable[..., LinkAnswer]]] = [
        (
            sub_accounts.preview_mode(SUPER, "branch", AGGREGATED),
            lambda **more: sub_accounts.change_mode(SUPER, "branch", AGGREGATED, **more),
        ),
        (sub_accounts.preview_unlink(SUPER, "branch"), lambda **more: sub_accounts.unlink(SUPER, "branch", **more)),
    ]
    people.post("acme", "payment", 5, "2026-11-01")
    for before, deed in stale:
        with pytest.raises(Conflict):
            deed(mark=before.mark)
    assert profile("branch").mode is INDEPENDENT
    sub_accounts.unlink(SUPER, "branch", mark=sub_accounts.preview_unlink(SUPER, "branch").mark)


@pytest.mark.usefixtures("pair")
def test_r11_each_deed_is_done_once_for_its_key() -> None:
    done = sub_accounts.link(SUPER, "acme", "branch", INDEPENDENT, once="link")
    assert sub_accounts.link(SUPER, "acme", "branch", INDEPENDENT, once="link") == done
    with pytest.raises(Mismatch):
        sub_accounts.link(SUPER, "acme", "branch", AGGREGATED, once="link")
    changed = sub_accounts.change_mode(SUPER, "branch", AGGREGATED, once="mode")
    assert sub_accounts.change_mode(SUPER, "branch", AGGREGATED, once="mode") == changed
    already = sub_accounts.change_mode(SUPER, "branch", AGGREGATED, once="again")
    assert sub_accounts.change_mode(SUPER, "branch", AGGREGATED, once="again") == already
    ended = sub_accounts.unlink(SUPER, "branch", once="unlink")
    assert sub_accounts.unlink(SUPER, "branch", once="unlink") == ended
    assert len(db.session.scalars(select(AuditRecord)).all()) == 6
    with pytest.raises(Mismatch):
        sub_accounts.unlink(SUPER, "branch", once="link")


@pytest.mark.usefixtures("pair")
def test_l1_who_may_not_link_learns_nothing() -> None:
    deeds: list[Callable[[Actor], object]] = [
        lambda actor: sub_accounts.preview_link(actor, "acme", "branch", AGGREGATED),
        lambda actor: sub_accounts.link(actor, "acme", "branch", AGGREGATED, once="k"),
        lambda actor: sub_accounts.set_management(actor, "acme", True),
    ]
    for deed in deeds:
        with pytest.raises(NotAllowed):
            deed(ADMIN)
        with pytest.raises(Missing):
            deed(as_customer("acme"))
        with pytest.raises(Missing):
            deed(replace(SUPER, partner_id=999))
    people.link("acme", "branch")
    later: list[Callable[[Actor], object]] = [
        lambda actor: sub_accounts.preview_mode(actor, "branch", INDEPENDENT),
        lambda actor: sub_accounts.change_mode(actor, "branch", INDEPENDENT),
        lambda actor: sub_accounts.preview_unlink(actor, "branch"),
        lambda actor: sub_accounts.unlink(actor, "branch"),
    ]
    for deed in later:
        with pytest.raises(NotAllowed):
            deed(ADMIN)
        with pytest.raises(Missing):
            deed(as_customer("acme"))
    for reference in ("acme", "nobody"):
        with pytest.raises(Missing):
            sub_accounts.link(SUPER, "nobody", reference, AGGREGATED)
    assert profile("branch").mode is AGGREGATED


@pytest.mark.usefixtures("pair")
def test_an_answer_kept_under_a_key_is_only_for_who_may() -> None:
    people.link("acme", "branch")
    sub_accounts.unlink(SUPER, "branch", once="k")
    for actor in (ADMIN, as_customer("branch")):
        with pytest.raises(Mismatch):
            sub_accounts.unlink(actor, "branch", once="k")
        with pytest.raises((NotAllowed, Missing)):
            sub_accounts.unlink(actor, "branch")


@pytest.mark.usefixtures("pair")
def test_l15_management_is_switched_and_logged() -> None:
    assert sub_accounts.set_management(SUPER, "acme", True).manages_sub_accounts
    assert profile("acme").manages_sub_accounts
    sub_accounts.set_management(SUPER, "acme", True)
    assert not sub_accounts.set_management(SUPER, "acme", False).manages_sub_accounts
    texts = [str(line.text) for line in audit.for_subject(profile("acme").id)]
    assert texts == ["sub-account management switched off", "sub-account management switched on"]


SHOPS = [
    # reference, name, own status, mode, [(price, period, state)]
    ("a", "Łukasz Bakery", "active", "aggregated", [(1000, "month", "active"), (1200, "year", "active")]),
    ("b", "Éclair", "blocked", "aggregated", []),
    ("c", "Corner", "new", "independent", [(100, "week", "active"), (9999, "month", "stopped")]),
    ("d", "corner shop", "active", "independent", [(100, "quarter", "active")] * 3),
    ("e", "50% Off_Shop", "inactive", "independent", [(5000, "month", "paused")]),
]


@pytest.fixture
def shops(pair: None) -> None:
    """Five sub-accounts of acme and one of somebody else's."""
    people.customer("rival")
    people.link("rival", "branch")
    for reference, name, status, mode, services in SHOPS:
        made = people.customer(reference, name=name)
        people.link("acme", reference, mode)
        for price, period, state in services:
            people.service(made, "Plan", price, period=period, state=state)
        change(reference, own_status=status)


def listed(**wanted: Any) -> str:
    page = list_sub_accounts(SYSTEM, "acme", SubAccountFilter(**wanted))
    return "".join(row.external_id or "" for row in page.rows)


@pytest.mark.usefixtures("shops")
def test_l14_the_list_filters_sorts_and_sums() -> None:
    page = list_sub_accounts(SYSTEM, "acme", SubAccountFilter())
    rows = {row.external_id: row for row in page.rows}
    assert [row.external_id for row in page.rows] == list("ecdba")
    assert {key: (row.services, row.monthly_minor) for key, row in rows.items()} == {
        "a": (2, 1100),
        "b": (0, 0),
        "c": (1, 433),
        "d": (3, 99),
        "e": (0, 0),
    }
    assert (page.total, page.everything, page.services, page.monthly_minor, page.pages) == (5, 5, 6, 1632, 1)
    assert listed(sort="cost", descending=True) == "acdeb"
    assert listed(sort="services") == "ebcad"
    assert listed(sort="mode") == "baecd"
    assert listed(sort="status") == "dabec"
    assert listed(sort="name", descending=True) == "abdce"
    assert listed(mode=AGGREGATED) == "ba"
    assert listed(status=Status.BLOCKED) == "b"
    assert listed(text="LUKASZ  bak") == "a"
    assert listed(text="corner") == "cd"
    assert listed(text="eclair") == "b"
    assert listed(text="%") == "e"
    assert listed(text="f_s") == "e"
    assert listed(text="corner", mode=AGGREGATED) == ""
    some = list_sub_accounts(SYSTEM, "acme", SubAccountFilter(text="corner"))
    assert (some.total, some.everything, some.services, some.monthly_minor) == (2, 5, 4, 532)


@pytest.mark.usefixtures("shops")
def test_l14_the_list_goes_by_effective_status() -> None:
    change("acme", own_status="blocked")
    assert listed(status=Status.BLOCKED) == "ba"
    assert listed(status=Status.ACTIVE) == "d"
    change("acme", own_status="inactive")
    assert listed(status=Status.INACTIVE) == "eba"
    assert listed(status=Status.NEW) == "c"
    page = list_sub_accounts(SYSTEM, "acme", SubAccountFilter(text="lukasz"))
    assert page.rows[0].status == EffectiveStatus(Status.INACTIVE, imposed=True)


@pytest.mark.usefixtures("shops")
def test_l14_the_list_has_pages() -> None:
    pages = [listed(page=number, size=2) for number in (1, 2, 3, 4)]
    assert pages == ["ec", "db", "a", ""]
    assert list_sub_accounts(SYSTEM, "acme", SubAccountFilter(size=2)).pages == 3
    assert listed(page=-3) == listed(page=0) == listed(page=1)
    assert listed(page=10**30) == ""
    assert len(listed(size=10**30)) == 5
    assert len(listed(size=-1)) == 1
    with pytest.raises(Invalid) as error:
        listed(sort="password")
    assert set(error.value.fields) == {"sort"}


@pytest.mark.usefixtures("shops")
def test_l15_a_main_account_sees_its_own_list_and_nobody_elses() -> None:
    page = list_sub_accounts(as_customer("acme"), "acme", SubAccountFilter())
    assert page.total == 5
    assert list_sub_accounts(as_customer("branch"), "branch", SubAccountFilter()).total == 0
    for actor, main, error in [
        (as_customer("branch"), "rival", Missing),
        (as_customer("acme"), "rival", Missing),
        (as_customer("rival"), "branch", NotAllowed),
        (replace(SUPER, partner_id=999), "acme", Missing),
    ]:
        with pytest.raises(error):
            list_sub_accounts(actor, main, SubAccountFilter())


@pytest.mark.usefixtures("pair")
def test_the_list_asks_as_much_for_many_as_for_one() -> None:
    counts = []
    for number in range(12):
        made = people.customer(f"shop-{number}")
        people.service(made, "Plan", 100)
        people.link("acme", f"shop-{number}")
        db.session.rollback()
        with counted() as sent:
            list_sub_accounts(SYSTEM, "acme", SubAccountFilter())
        counts.append(len(sent))
    assert len(set(counts)) == 1
    assert counts[0] <= 3
