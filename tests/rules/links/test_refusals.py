"""Linking accounts: each condition of each rule on its own, all of them together, and who pays in the end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.customers.status import BillingType, Status
from portal.rules.errors import Reason
from portal.rules.links.facts import BillingMode, LinkFacts, payer
from portal.rules.links.partner_accounts import partner_account_refusals
from portal.rules.links.sub_accounts import (
    aggregation_refusals,
    billing_type_refusals,
    link_refusals,
    link_warnings,
    mode_refusals,
    unlink_refusals,
)
from portal.rules.money import Money

AGGREGATED, INDEPENDENT = BillingMode.AGGREGATED, BillingMode.INDEPENDENT


def facts(key: int, name: str, **more: Any) -> LinkFacts:
    """A settled, Active, recurring customer of Harbour Net without links."""
    plain = LinkFacts(
        id=key,
        public_id=f"{key:020x}",
        name=name,
        partner_id=1,
        partner_name="Harbour Net",
        currency="EUR",
        status=Status.ACTIVE,
        billing_type=BillingType.RECURRING,
        billing_day=1,
        house=Money(0, "EUR"),
        credit=Money(0, "EUR"),
    )
    return replace(plain, **more)


ACME, BRANCH = facts(1, "Acme"), facts(2, "Branch")


def said(reasons: list[Reason]) -> list[tuple[str, str]]:
    return [(reason.rule, str(reason.message)) for reason in reasons]


@pytest.mark.parametrize("mode", BillingMode)
def test_two_settled_customers_can_be_linked(mode: BillingMode) -> None:
    assert link_refusals(ACME, BRANCH, mode) == []
    assert link_warnings(ACME, BRANCH, mode) == []


@pytest.mark.parametrize("mode", BillingMode)
def test_l3_the_partner_is_the_same(mode: BillingMode) -> None:
    elsewhere = replace(BRANCH, partner_id=2, partner_name="Lakeside")
    assert said(link_refusals(ACME, elsewhere, mode)) == [
        ("L3", "Acme belongs to Harbour Net and Branch to Lakeside."),
    ]


@pytest.mark.parametrize("mode", BillingMode)
@pytest.mark.parametrize("status", [Status.NEW, Status.BLOCKED])
def test_l4_new_and_blocked_customers_can_be_linked(mode: BillingMode, status: Status) -> None:
    assert link_refusals(replace(ACME, status=status), replace(BRANCH, status=status), mode) == []


@pytest.mark.parametrize("mode", BillingMode)
def test_l4_inactive_ones_cannot(mode: BillingMode) -> None:
    asleep = replace(ACME, status=Status.INACTIVE), replace(BRANCH, status=Status.INACTIVE)
    assert said(link_refusals(*asleep, mode)) == [("L4", "Acme is Inactive."), ("L4", "Branch is Inactive.")]


def test_l4_a_blocked_main_account_blocks_what_it_will_pay_for() -> None:
    blocked = replace(ACME, status=Status.BLOCKED)
    assert list(map(str, link_warnings(blocked, BRANCH, AGGREGATED))) == [
        "Acme is Blocked, so Branch will be blocked at once."
    ]
    assert link_warnings(blocked, BRANCH, INDEPENDENT) == []
    assert link_warnings(blocked, replace(BRANCH, status=Status.BLOCKED), AGGREGATED) == []


def test_l5_nobody_is_linked_to_itself() -> None:
    assert said(link_refusals(ACME, ACME, AGGREGATED)) == [("L5", "Acme cannot be linked to itself.")]


def test_l5_a_sub_account_has_one_main_account() -> None:
    taken = replace(BRANCH, main_id=7, main_name="Rival", mode=INDEPENDENT)
    (reason,) = link_refusals(ACME, taken, INDEPENDENT)
    assert (reason.rule, str(reason.message)) == ("L5", "Branch is already a sub-account of Rival.")
    assert str(reason.remedy) == "Unlink it there first."
    assert reason.remedy_for == BRANCH.public_id


def test_l5_linking_twice_points_to_the_billing_mode() -> None:
    ours = replace(BRANCH, main_id=ACME.id, main_name="Acme", mode=INDEPENDENT)
    (reason,) = link_refusals(ACME, ours, AGGREGATED)
    assert (str(reason.message), str(reason.remedy)) == (
        "Branch is already linked to Acme.",
        "Edit its billing mode instead.",
    )


def test_f7_credit_that_can_pay_leads_to_where_it_is_applied() -> None:
    reasons = link_refusals(ACME, replace(BRANCH, house=Money(-500, "EUR"), credit=Money(2000, "EUR")), AGGREGATED)
    assert [(str(one.remedy).split(". ")[0], one.remedy_page) for one in reasons] == [
        ("Record a payment", "customer-finance"),
        ("Apply it to what is owed, and pay out what is left", "customer-apply-credit"),
    ]


@pytest.mark.parametrize(("count", "text"), [(1, "a sub-account"), (3, "3 sub-accounts")])
def test_l5_a_main_account_cannot_become_a_sub_account(count: int, text: str) -> None:
    assert said(link_refusals(ACME, replace(BRANCH, sub_accounts=count), INDEPENDENT)) == [
        ("L5", f"Branch has {text} of its own."),
    ]


def test_l5_a_sub_account_cannot_become_a_main_account() -> None:
    under = replace(ACME, main_id=7, main_name="Rival", mode=INDEPENDENT)
    assert said(link_refusals(under, BRANCH, INDEPENDENT)) == [("L5", "Acme is itself a sub-account of Rival.")]


L6 = [
    ({"house": Money(-1250, "EUR")}, "Branch owes 12.50 EUR.", "Record a payment."),
    ({"house": Money(300, "EUR")}, "Branch has 3.00 EUR overpaid on its House Account.", "Refund it"),
    ({"credit": Money(2000, "EUR")}, "Branch holds 20.00 EUR of Customer Credit.", "Pay it out."),
    ({"ahead": 1}, "Branch has one entry dated ahead.", "Take it back"),
    ({"ahead": 4}, "Branch has 4 entries dated ahead.", "Take them back"),
    (
        {"future_items": 1, "future_total": Money(500, "EUR")},
        "One future item of 5.00 EUR waits for the next invoice of Branch.",
        "Invoice it",
    ),
    ({"future_items": 2}, "2 future items wait for the next invoice of Branch.", "remove them"),
    ({"billing_type": BillingType.PREPAID_DAILY}, "Branch has the billing type “Prepaid, daily”.", "Change the"),
    (
        {"partner_account_id": 9, "partner_account_name": "Sam", "is_primary": True},
        "Branch shares its balances with Sam.",
        "Unlink the partner account",
    ),
    ({"partner_account_id": 9, "partner_account_name": "Sam"}, "Branch shares its balances with Sam.", "Unlink the"),
]


@pytest.mark.parametrize(("more", "message", "remedy"), L6)
def test_l6_an_aggregated_sub_account_starts_settled(more: dict[str, Any], message: str, remedy: str) -> None:
    (reason,) = link_refusals(ACME, replace(BRANCH, **more), AGGREGATED)
    assert (reason.rule, str(reason.message)) == ("L6", message)
    assert remedy in str(reason.remedy)
    assert reason.remedy_page
    assert reason.remedy_for == BRANCH.public_id


@pytest.mark.parametrize(("more", "message", "remedy"), L6)
def test_l6_an_independent_one_keeps_what_it_has(more: dict[str, Any], message: str, remedy: str) -> None:
    assert link_refusals(ACME, replace(BRANCH, **more), INDEPENDENT) == [], (message, remedy)


def test_l6_amounts_that_cancel_out_are_not_settled() -> None:
    both = replace(BRANCH, house=Money(-500, "EUR"), credit=Money(500, "EUR"))
    assert [rule for rule, _ in said(link_refusals(ACME, both, AGGREGATED))] == ["L6", "L6"]


def test_l6_the_main_account_is_recurring_too() -> None:
    prepaid = replace(ACME, billing_type=BillingType.PREPAID_CUSTOM)
    assert said(link_refusals(prepaid, BRANCH, AGGREGATED)) == [
        ("L6", "Acme has the billing type “Prepaid, custom”."),
    ]
    assert link_refusals(prepaid, BRANCH, INDEPENDENT) == []


def test_l6_the_main_account_may_owe_and_may_share_its_balances() -> None:
    busy = replace(ACME, house=Money(-99, "EUR"), ahead=3, partner_account_id=9, is_primary=True)
    assert link_refusals(busy, BRANCH, AGGREGATED) == []


def test_l6_both_are_billed_in_one_currency() -> None:
    dollars = replace(BRANCH, currency="USD", house=Money(0, "USD"), credit=Money(0, "USD"))
    assert said(link_refusals(ACME, dollars, AGGREGATED)) == [("L6", "Branch is billed in USD and Acme in EUR.")]
    assert link_refusals(ACME, dollars, INDEPENDENT) == []


def test_all_unmet_conditions_are_listed_at_once() -> None:
    main = replace(
        ACME,
        status=Status.INACTIVE,
        main_id=7,
        main_name="Rival",
        mode=INDEPENDENT,
        partner_account_id=8,
        partner_account_name="Alex",
        billing_type=BillingType.PREPAID_DAILY,
    )
    sub = replace(
        BRANCH,
        partner_id=2,
        partner_name="Lakeside",
        status=Status.INACTIVE,
        sub_accounts=2,
        house=Money(-100, "EUR"),
        credit=Money(50, "EUR"),
        ahead=1,
        future_items=1,
        billing_type=BillingType.PREPAID_CUSTOM,
        partner_account_id=9,
        partner_account_name="Sam",
    )
    rules = [reason.rule for reason in link_refusals(main, sub, AGGREGATED)]
    assert rules == ["L3", "L4", "L4", "L5", "L5", "P6", *["L6"] * 7]


@pytest.mark.parametrize("before", BillingMode)
def test_l8_the_billing_type_of_a_sub_account_stays(before: BillingMode) -> None:
    linked = replace(BRANCH, main_id=1, main_name="Acme", mode=before)
    assert said(billing_type_refusals(linked)) == [("L8", "Branch is a sub-account of Acme.")]


def test_l8_so_does_that_of_a_main_account_that_pays_for_others() -> None:
    paying = replace(ACME, sub_accounts=3, aggregated_subs=2)
    assert said(billing_type_refusals(paying)) == [("L8", "Acme pays for 2 aggregated sub-accounts.")]
    assert billing_type_refusals(replace(ACME, sub_accounts=3)) == []
    assert billing_type_refusals(ACME) == []


LINKED = replace(BRANCH, main_id=1, main_name="Acme", mode=INDEPENDENT)


@pytest.mark.parametrize("status", [Status.NEW, Status.BLOCKED, Status.INACTIVE])
@pytest.mark.parametrize("mode", BillingMode)
def test_l9_the_mode_is_edited_while_the_main_account_is_active(status: Status, mode: BillingMode) -> None:
    other = AGGREGATED if mode is INDEPENDENT else INDEPENDENT
    linked = replace(LINKED, mode=mode)
    assert said(mode_refusals(replace(ACME, status=status), linked, other)) == [("L9", f"Acme is {status.label}.")]


@pytest.mark.parametrize(
    ("house", "credit", "allowed"),
    [(0, 0, True), (500, 0, True), (-1, 0, False), (-500, 500, True), (-501, 500, False)],
)
def test_l9_and_its_balance_at_least_zero(house: int, credit: int, allowed: bool) -> None:
    main = replace(ACME, house=Money(house, "EUR"), credit=Money(credit, "EUR"))
    reasons = mode_refusals(main, LINKED, AGGREGATED)
    assert (not reasons) is allowed
    owes = "Acme owes 5.01 EUR on the House Account, and 5.00 EUR of Customer Credit does not cover it."
    assert allowed or said(reasons) == [("L9", owes if credit else "Acme owes 0.01 EUR.")]


def test_l9_towards_aggregated_l6_is_checked_again() -> None:
    owing = replace(LINKED, house=Money(-100, "EUR"))
    main = replace(ACME, status=Status.BLOCKED)
    assert [rule for rule, _ in said(mode_refusals(main, owing, AGGREGATED))] == ["L9", "L6"]
    assert mode_refusals(ACME, replace(owing, mode=AGGREGATED), INDEPENDENT) == []


def test_l9_the_same_mode_needs_nothing() -> None:
    assert mode_refusals(replace(ACME, status=Status.BLOCKED), LINKED, INDEPENDENT) == []


def test_l10_an_independent_sub_account_can_always_be_unlinked() -> None:
    worst = replace(ACME, status=Status.INACTIVE, house=Money(-1, "EUR"))
    assert unlink_refusals(worst, INDEPENDENT) == []


def test_l10_an_aggregated_one_needs_a_main_account_in_order() -> None:
    worst = replace(ACME, status=Status.BLOCKED, house=Money(-100, "EUR"))
    assert said(unlink_refusals(worst, AGGREGATED)) == [("L10", "Acme is Blocked."), ("L10", "Acme owes 1.00 EUR.")]
    assert unlink_refusals(ACME, AGGREGATED) == []


def test_p5_two_customers_can_share_balances() -> None:
    assert partner_account_refusals(ACME, BRANCH) == []
    assert partner_account_refusals(replace(ACME, sub_accounts=2, aggregated_subs=2), BRANCH) == []


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"partner_id": 2, "partner_name": "Lakeside"}, "Acme belongs to Harbour Net and Branch to Lakeside."),
        ({"currency": "USD"}, "Acme is billed in EUR and Branch in USD."),
        ({"status": Status.INACTIVE}, "Branch is Inactive."),
        ({"partner_account_id": 9, "partner_account_name": "Sam"}, "Branch already shares balances with Sam."),
    ],
)
def test_p5_each_condition(more: dict[str, Any], message: str) -> None:
    assert said(partner_account_refusals(ACME, replace(BRANCH, **more))) == [("P5", message)]


def test_p5_nobody_is_their_own_partner_account() -> None:
    assert said(partner_account_refusals(ACME, ACME)) == [("P5", "Acme cannot be its own partner account.")]


def test_p6_whoever_is_paid_for_pays_for_nobody() -> None:
    paid_for = replace(BRANCH, main_id=7, main_name="Rival", mode=AGGREGATED)
    assert said(partner_account_refusals(paid_for, ACME)) == [("P6", "Rival pays for Branch.")]
    assert said(partner_account_refusals(ACME, paid_for)) == [("P6", "Rival pays for Branch.")]
    assert said(partner_account_refusals(ACME, replace(BRANCH, sub_accounts=1))) == [
        ("P6", "Branch is a main account.")
    ]


def test_p6_a_secondary_account_cannot_become_a_main_account() -> None:
    secondary = replace(ACME, partner_account_id=9, partner_account_name="Alex")
    for mode in BillingMode:
        assert said(link_refusals(secondary, BRANCH, mode)) == [
            ("P6", "Acme is the secondary account of Alex, which pays for it."),
        ]


def test_every_refusal_has_a_remedy() -> None:
    worst = replace(ACME, status=Status.BLOCKED, house=Money(-1, "EUR"), aggregated_subs=1)
    reasons = [
        *link_refusals(ACME, replace(BRANCH, partner_id=2, status=Status.INACTIVE, sub_accounts=1), AGGREGATED),
        *aggregation_refusals(ACME, replace(BRANCH, ahead=1, currency="USD", partner_account_id=4)),
        *mode_refusals(worst, LINKED, AGGREGATED),
        *unlink_refusals(worst, AGGREGATED),
        *billing_type_refusals(worst),
    ]
    for reason in reasons:
        assert str(reason.remedy).endswith("."), reason
        assert str(reason.message).endswith("."), reason


Step = tuple[str, int, int]
STEPS = st.lists(
    st.tuples(st.sampled_from(["aggregated", "independent", "share"]), st.integers(0, 6), st.integers(0, 6))
)


class World:
    """Seven customers and the links that the rules let through."""

    def __init__(self) -> None:
        self.main: dict[int, int] = {}
        self.mode: dict[int, BillingMode] = {}
        self.secondary_of: dict[int, int] = {}

    def facts(self, key: int) -> LinkFacts:
        subs = [sub for sub, main in self.main.items() if main == key]
        mates = {second: first for second, first in self.secondary_of.items() if key in (first, second)}
        mate = next((second if first == key else first for second, first in mates.items()), None)
        return facts(
            key + 1,
            f"C{key}",
            main_id=self.main.get(key, -1) + 1 or None,
            mode=self.mode.get(key),
            sub_accounts=len(subs),
            aggregated_subs=sum(self.mode[sub] is AGGREGATED for sub in subs),
            partner_account_id=None if mate is None else mate + 1,
            is_primary=key in self.secondary_of.values(),
        )

    def take(self, step: Step) -> None:
        what, first, second = step
        a, b = self.facts(first), self.facts(second)
        if what == "share":
            if not partner_account_refusals(a, b):
                self.secondary_of[second] = first
        elif not link_refusals(a, b, BillingMode(what)):
            self.main[second], self.mode[second] = first, BillingMode(what)

    def payer(self, key: int) -> int:
        under = {sub + 1: main + 1 for sub, main in self.main.items() if self.mode[sub] is AGGREGATED}
        second = {second + 1: first + 1 for second, first in self.secondary_of.items()}
        return payer(key + 1, under, second) - 1


@given(STEPS)
def test_p6_the_payer_of_the_payer_is_the_payer(steps: list[Step]) -> None:
    world = World()
    for step in steps:
        world.take(step)
        for key in range(7):
            assert world.payer(world.payer(key)) == world.payer(key)
    assert not set(world.main) & set(world.main.values())
