"""Importing services, and what is billed of them next (M1, F5, F13)."""

from __future__ import annotations

from datetime import date

import pytest

from portal.actions import services
from portal.rules.deciding import SYSTEM
from tests.importing import clean, sentences, wrong
from tests.people import customer, link

HEAD = "external_id,customer,plan,price,number,period,tax_rate,prices,started_on,stopped_on,state,paid_until\n"


def ahead(reference: str) -> list[tuple[str, str, int] | None]:
    """From, to and amount of what is billed next of each service."""
    found = services.shown(SYSTEM, reference).rows
    return [
        (str(one.ahead.days.first), str(one.ahead.days.last), one.ahead.amount_minor) if one.ahead else None
        for one in found
    ]


def test_m1_services_are_imported_once(app):
    customer("acme")
    text = HEAD + "s1,acme,Hall A,310.00,2,month,21,gross,2027-01-01,,,\ns2,acme,Phone,5,,,,,2027-01-01,,,\n"
    assert clean("services", text) == (2, 0, 0)
    assert clean("services", text) == (0, 0, 2)
    first, second = services.shown(SYSTEM, "acme").rows
    assert (first.row.plan, first.row.price_minor, first.row.number, first.rate) == ("Hall A", 31000, 2, 21)
    assert (first.row.prices, second.row.prices, second.row.period) == ("gross", "net", "month")
    assert ahead("acme") == [("2027-01-01", "2027-01-31", 62000), ("2027-01-01", "2027-01-31", 500)]


def test_m1_what_is_there_is_not_changed_by_a_file(app):
    customer("acme")
    clean("services", HEAD + "s1,acme,Hall A,310.00,,,,,2027-01-01,,,\n")
    assert wrong("services", HEAD + "s1,acme,Hall B,300.00,,,,,2027-01-01,,,\n") == [(2, "plan", "")]
    assert "with another plan, price" in sentences("services", HEAD + "s1,acme,Hall B,1,,,,,2027-01-01,,,\n")[0]


def test_f13_before_its_first_billing_day_a_part_is_billed(app):
    """310.00 a month, billing day 15, from 1 January: 14 of 31 days, then whole months."""
    customer("acme", billing_day=15)
    clean("services", HEAD + "s1,acme,Hall,310.00,,month,,,2011-01-01,2011-02-27,,\n")
    assert ahead("acme") == [("2011-01-01", "2011-01-14", 14000)]


@pytest.mark.parametrize(
    ("period", "paid", "expected"),
    [
        ("quarter", "2026-10-31", ("2026-11-01", "2027-01-31", 9000)),
        ("year", "2027-01-31", ("2027-02-01", "2028-01-31", 9000)),
        ("week", "2026-11-17", ("2026-11-18", "2026-11-18", 1286)),
        ("month", "2026-10-20", ("2026-10-21", "2026-10-31", 3194)),
    ],
)
def test_f5_longer_periods_count_their_months_from_the_first_billing_day(app, period, paid, expected):
    """Those that were billed elsewhere go on where that ended; weeks begin on the weekday of the start."""
    customer("acme")
    clean("services", HEAD + f"s1,acme,Hall,90.00,,{period},,,2026-01-15,,,{paid}\n")
    assert ahead("acme") == [expected]


def test_l7_a_part_is_billed_until_the_day_of_a_new_payer(app):
    """The sub-account's quarter began on the 1st; its main account is billed on the 10th."""
    customer("acme", billing_day=10)
    customer("branch", billing_day=1)
    clean("services", HEAD + "s1,branch,Hall,92.00,,quarter,,,2026-10-01,,,2026-12-31\n")
    assert ahead("branch") == [("2027-01-01", "2027-03-31", 9200)]
    link("acme", "branch")
    assert ahead("branch") == [("2027-01-01", "2027-01-09", 900)]  # 9 of the 92 days of 10 October to 9 January


def test_f5_the_anchor_of_the_31st_stays(app):
    customer("acme", billing_day=31)
    clean("services", HEAD + "s1,acme,Hall,28.00,,month,,,2027-01-31,,,2027-02-27\n")
    assert ahead("acme") == [("2027-02-28", "2027-03-30", 2800)]


def test_m1_paused_and_finished_ones_have_nothing_next(app):
    customer("acme")
    rows = "s1,acme,Hall,9,,,,,2026-01-01,,paused,\ns2,acme,Hall,9,,,,,2026-01-01,2026-02-01,stopped,\n"
    clean("services", HEAD + rows)
    assert ahead("acme") == [None, None]
    assert [one.state for one in services.shown(SYSTEM, "acme").rows] == ["paused", "stopped"]


@pytest.mark.parametrize(
    ("row", "column", "rule"),
    [
        ("s1,nobody,Hall,9,,,,,2026-01-01,,,", "customer", ""),
        ("s1,acme,,9,,,,,2026-01-01,,,", "plan", ""),
        ("s1,acme,Hall,-9,,,,,2026-01-01,,,", "price", ""),
        ("s1,acme,Hall,nine,,,,,2026-01-01,,,", "price", ""),
        ("s1,acme,Hall,9,0,,,,2026-01-01,,,", "number", ""),
        ("s1,acme,Hall,9,,fortnight,,,2026-01-01,,,", "period", ""),
        ("s1,acme,Hall,9,,,101,,2026-01-01,,,", "tax_rate", ""),
        ("s1,acme,Hall,9,,,,,,,,", "started_on", ""),
        ("s1,acme,Hall,9,,,,,2026-02-30,,,", "started_on", ""),
        ("s1,acme,Hall,9,,,,,2026-02-01,2026-01-31,,", "stopped_on", ""),
        ("s1,acme,Hall,9,,,,,2026-02-01,,stopped,", "stopped_on", ""),
        ("s1,acme,Hall,9,,,,,2026-02-01,,,2026-01-01", "paid_until", ""),
        ("s1,prepaid,Hall,9,,,,,2026-02-01,,,", "customer", "M1"),
    ],
)
def test_m1_each_thing_that_is_wrong_is_named(app, row, column, rule):
    customer("acme")
    customer("prepaid", billing_type="prepaid_custom")
    assert wrong("services", HEAD + row + "\n") == [(2, column, rule)]


def test_m1_an_end_ahead_is_kept_until_its_day(app):
    customer("acme")
    clean("services", HEAD + "s1,acme,Hall,9,,,,,2026-01-01,,,2026-11-30\n")
    assert clean("services", HEAD + "s1,acme,Hall,9,,,,,2026-01-01,2026-12-15,,\n") == (0, 1, 0)
    only = services.shown(SYSTEM, "acme").rows[0]
    assert (only.row.stopped_on, only.state) == (date(2026, 12, 15), "active")
    assert ahead("acme") == [("2026-12-01", "2026-12-14", 406)]  # 14 of 31 days
