"""Every combination of circumstances against the tables of `tests.link_table`: exactly the right rules, all at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import Any

import pytest

from portal.rules.customers.removal import book_ties, link_ties, status_ties
from portal.rules.customers.status import BillingType, Status
from portal.rules.errors import Reason
from portal.rules.links import sub_accounts
from portal.rules.links.facts import BillingMode, LinkFacts
from portal.rules.links.partner_accounts import partner_account_refusals
from portal.rules.money import Money
from tests import link_table as tables
from tests.link_table import Case, Row, applying, expected

FIRST, SECOND, ANOTHER = 1, 2, 9
SIGNS = {"negative": -1250, "zero": 0, "positive": 700}
TYPES = {"recurring": BillingType.RECURRING, "prepaid": BillingType.PREPAID_DAILY}


@cache
def customer(
    key: int,
    *,
    status: str = "active",
    partner: str = "same",
    house: str = "zero",
    credit: str = "zero",
    ahead: str = "none",
    future: str = "none",
    billing: str = "recurring",
    shares: str = "nothing",
    under: int | None = None,
    mode: str = "",
    subs: tuple[int, int] = (0, 0),
) -> LinkFacts:
    """A customer in these circumstances; `subs` counts independent and aggregated sub-accounts."""
    return LinkFacts(
        id=key,
        public_id=f"{key:020x}",
        name=f"Customer {key}",
        partner_id=1 if partner == "same" else 2,
        partner_name="Harbour Net" if partner == "same" else "Lakeside",
        currency="EUR",
        status=Status(status),
        billing_type=TYPES[billing],
        billing_day=1,
        house=Money(SIGNS[house], "EUR"),
        credit=Money(SIGNS[credit], "EUR"),
        ahead=2 if ahead == "some" else 0,
        future_items=1 if future == "some" else 0,
        future_total=Money(500, "EUR") if future == "some" else None,
        main_id=under,
        main_name=f"Customer {under}" if under else "",
        mode=BillingMode(mode) if mode else None,
        sub_accounts=sum(subs),
        aggregated_subs=subs[1],
        partner_account_id=None if shares == "nothing" else ANOTHER,
        partner_account_name="" if shares == "nothing" else "Customer 9",
        is_primary=shares == "as-primary",
    )


def settled(case: Case, who: str = "sub") -> dict[str, str]:
    """What L6 asks of a sub-account, as it is in this case."""
    return {
        **{name: case[name] for name in ("house", "credit", "ahead", "future")},
        "status": case[who],
        "billing": case["sub type"],
        "shares": case["sub shares"],
    }


def compare(table: Sequence[Row], cases: Iterable[Case], refusals: Callable[[Case], list[Reason]]) -> int:
    """Hold each case against the table; how many there were. Every row and every way out must have had its turn."""
    count, free, seen = 0, 0, set()
    for case in cases:
        rows = applying(table, case)
        found = refusals(case)
        rules = sorted(reason.rule for reason in found)
        assert rules == sorted(row.rule for row in rows), (case, [reason.message for reason in found])
        assert len({reason.message for reason in found}) == len(found), f"said twice: {found}"
        seen.update(row.says for row in rows)
        free += not rows
        count += 1
    assert seen == {row.says for row in table}, "a condition that never applied"
    assert free, "nothing was ever allowed"
    return count


# Linking --------------------------------------------------------------------------------------------------------------


def linking(case: Case) -> tuple[LinkFacts, LinkFacts, BillingMode]:
    under = {"sub-of-this-main": FIRST, "sub-of-another": ANOTHER}.get(case["links"])
    above = {"main-is-independent-sub": "independent", "main-is-aggregated-sub": "aggregated"}.get(case["links"], "")
    below = {"sub-has-independent": (1, 0), "sub-has-aggregated": (0, 1)}.get(case["links"], (0, 0))
    main = customer(
        FIRST,
        status=case["main"],
        billing=case["main type"],
        shares=case["main shares"],
        house="negative",  # L6 asks nothing of the main account's own money
        under=ANOTHER if above else None,
        mode=above,
        subs=(1, 0) if case["links"] == "sub-of-this-main" else (0, 2),
    )
    sub = customer(
        SECOND,
        **settled(case),
        partner=case["partner"],
        under=under,
        mode="independent" if under else "",
        subs=below,
    )
    return main, sub, BillingMode(case["mode"])


def money_and_statuses() -> Iterator[Case]:
    """Status × status × mode × balances × entries ahead × future items × partner × billing types, and no ties."""
    return tables.cases(tables.LINKING, sub_shares="nothing", main_shares="nothing", links="none")


def ties() -> Iterator[Case]:
    """Status × status × mode × partner × every tie that either may have, with and without something owed."""
    return tables.cases(
        tables.LINKING,
        house="zero negative",
        credit="zero",
        ahead="none",
        future="none",
        sub_type="recurring",
        main_type="recurring",
    )


def test_l3_l4_l5_l6_p6_linking_is_refused_as_the_table_says() -> None:
    cases = [*money_and_statuses(), *ties()]
    assert compare(tables.LINKING_REFUSED, cases, lambda case: sub_accounts.link_refusals(*linking(case))) > 11_000


def test_l4_what_is_warned_of_when_linking() -> None:
    for case in (*money_and_statuses(), *ties()):
        main, sub, mode = linking(case)
        warned = [f"{main.name} is Blocked, so {sub.name} will be blocked at once."]
        wanted = warned if applying(tables.LINKING_WARNED, case) else []
        assert list(map(str, sub_accounts.link_warnings(main, sub, mode))) == wanted, case


@pytest.mark.parametrize("mode", BillingMode)
@pytest.mark.parametrize("status", Status)
def test_l5_a_customer_is_never_linked_to_itself(mode: BillingMode, status: Status) -> None:
    """That says it all: nothing else is listed beside it."""
    alone = customer(FIRST, status=status.value, house="negative", ahead="some", billing="prepaid", subs=(1, 1))
    assert [reason.rule for reason in sub_accounts.link_refusals(alone, alone, mode)] == ["L5"]


# Editing the mode and unlinking ---------------------------------------------------------------------------------------


def editing(case: Case) -> tuple[LinkFacts, LinkFacts, BillingMode]:
    before, after = {
        "to-aggregated": ("independent", "aggregated"),
        "to-independent": ("aggregated", "independent"),
        "stays-aggregated": ("aggregated", "aggregated"),
        "stays-independent": ("independent", "independent"),
    }[case["edit"]]
    main = customer(
        FIRST, status=case["main"], house=case["main balance"], billing=case["main type"], subs=(1, 1), ahead="some"
    )
    return main, customer(SECOND, **settled(case), under=FIRST, mode=before), BillingMode(after)


def test_l9_l6_editing_the_mode_is_refused_as_the_table_says() -> None:
    statuses = tables.cases(tables.EDITING, ahead="none", future="none", sub_type="recurring", main_type="recurring")
    money = tables.cases(tables.EDITING, sub="active")
    cases = [*statuses, *money]
    assert compare(tables.EDITING_REFUSED, cases, lambda case: sub_accounts.mode_refusals(*editing(case))) > 16_000


def unlinking(case: Case) -> tuple[LinkFacts, BillingMode]:
    main = customer(
        FIRST,
        status=case["main"],
        house=case["main balance"],
        billing=case["main type"],
        shares=case["main shares"],
        future=case["future"],
        subs=(0, 1),
    )
    return main, BillingMode(case["mode"])


def test_l10_unlinking_is_refused_as_the_table_says() -> None:
    cases = tables.cases(tables.UNLINKING)
    assert compare(tables.UNLINKING_REFUSED, cases, lambda case: sub_accounts.unlink_refusals(*unlinking(case))) == 768


BALANCES = [
    # House Account, Customer Credit, and what the two are together
    (0, 0, "zero"),
    (1, 0, "positive"),
    (-1, 0, "negative"),
    (0, 500, "positive"),
    (-500, 500, "zero"),
    (-499, 500, "positive"),
    (-501, 500, "negative"),
    (500, 500, "positive"),
]


@pytest.mark.parametrize(("house", "credit", "together"), BALANCES)
def test_l9_l10_the_balance_is_both_accounts_together(house: int, credit: int, together: str) -> None:
    """What the glossary calls the balance: the House Account and Customer Credit."""
    plain = customer(FIRST)
    main = LinkFacts(**{name: getattr(plain, name) for name in LinkFacts.__slots__} | money(house, credit))
    sub = customer(SECOND, under=FIRST, mode="aggregated")
    edit = {"edit": "to-independent", "main": "active", "main balance": together}
    unlink = {"mode": "aggregated", "main": "active", "main balance": together}
    found = sub_accounts.mode_refusals(main, sub, BillingMode.INDEPENDENT)
    assert [reason.rule for reason in found] == expected(tables.EDITING_REFUSED[:2], edit)
    found = sub_accounts.unlink_refusals(main, BillingMode.AGGREGATED)
    assert [reason.rule for reason in found] == expected(tables.UNLINKING_REFUSED, unlink)


def money(house: int, credit: int) -> dict[str, Any]:
    return {"house": Money(house, "EUR"), "credit": Money(credit, "EUR")}


# Sharing balances -----------------------------------------------------------------------------------------------------


def sharing(case: Case) -> tuple[LinkFacts, LinkFacts]:
    def one(key: int, who: str, **more: str) -> LinkFacts:
        tied = case[f"{who} links"]
        mode = tied.removesuffix("-sub") if tied.endswith("-sub") else ""
        return customer(
            key,
            status=case[who],
            shares=case[f"{who} shares"],
            under=ANOTHER if mode else None,
            mode=mode,
            subs=(1, 0) if tied == "main" else (0, 0),
            **more,  # type: ignore[arg-type]
        )

    second = {"partner": case["partner"], "house": case["second house"], "future": case["second future"]}
    return one(FIRST, "first"), one(SECOND, "second", **second)


def test_p5_p6_sharing_balances_is_refused_as_the_table_says() -> None:
    """What the second holds moves over, so it stands in nobody's way."""
    tied = tables.cases(tables.SHARING, second_house="zero", second_future="none")
    cases = [*tied, *tables.cases(tables.SHARING, partner="same", first_links="none", second_links="none")]
    assert compare(tables.SHARING_REFUSED, cases, lambda case: partner_account_refusals(*sharing(case))) > 5_000


@pytest.mark.parametrize("status", Status)
def test_p5_a_customer_is_never_its_own_partner_account(status: Status) -> None:
    alone = customer(FIRST, status=status.value, shares="as-primary", under=ANOTHER, mode="aggregated")
    assert [reason.rule for reason in partner_account_refusals(alone, alone)] == ["P5"]


# Billing type and removal ---------------------------------------------------------------------------------------------

SUBS = {"main-of-independent": (2, 0), "main-of-aggregated": (0, 1), "main-of-both": (1, 2), "main": (1, 0)}


def tied(case: Case, **more: str) -> LinkFacts:
    mode = case["links"].removesuffix("-sub") if case["links"].endswith("-sub") else ""
    return customer(
        FIRST,
        status=case["status"],
        shares=case["shares"],
        house=case["house"],
        under=ANOTHER if mode else None,
        mode=mode,
        subs=SUBS.get(case["links"], (0, 0)),
        **more,  # type: ignore[arg-type]
    )


def test_l8_changing_the_billing_type_is_refused_as_the_table_says() -> None:
    cases = tables.cases(tables.RETYPING)
    assert compare(tables.RETYPING_REFUSED, cases, lambda case: sub_accounts.billing_type_refusals(tied(case))) == 216


def removing(case: Case) -> list[Reason]:
    facts = tied(case, credit=case["credit"], ahead=case["ahead"], future=case["future"])
    return [*status_ties(facts), *link_ties(facts), *book_ties(facts, ())]


def test_l12_removing_is_refused_as_the_table_says() -> None:
    cases = tables.cases(tables.REMOVING)
    assert compare(tables.REMOVING_REFUSED, cases, removing) == 1_152


# The tables themselves ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "table"),
    [
        (tables.LINKING, tables.LINKING_REFUSED),
        (tables.LINKING, tables.LINKING_WARNED),
        (tables.EDITING, tables.EDITING_REFUSED),
        (tables.UNLINKING, tables.UNLINKING_REFUSED),
        (tables.SHARING, tables.SHARING_REFUSED),
        (tables.RETYPING, tables.RETYPING_REFUSED),
        (tables.REMOVING, tables.REMOVING_REFUSED),
    ],
    ids=["link", "link warned", "mode", "unlink", "share", "billing type", "remove"],
)
def test_no_row_of_a_table_is_idle(fields: tables.Fields, table: tuple[Row, ...]) -> None:
    tables.check_words(fields, table)
