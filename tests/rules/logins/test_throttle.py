"""SEC17: pauses grow, and end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.logins.throttle import FREE_FOR_ACCOUNT, LONGEST_PAUSE, faded, network, pause_after


def test_sec17_the_first_tries_cost_nothing_and_then_the_pause_doubles() -> None:
    pauses = [pause_after(n, FREE_FOR_ACCOUNT).total_seconds() for n in range(1, 13)]
    assert pauses == [0, 0, 0, 0, 15, 30, 60, 120, 240, 480, 900, 900]


@given(st.integers(0, 10**9), st.integers(1, 100))
def test_sec17_no_pause_is_longer_than_a_quarter_of_an_hour(failures: int, free: int) -> None:
    assert timedelta(0) <= pause_after(failures, free) <= LONGEST_PAUSE == timedelta(minutes=15)


def test_sec59_tries_fade_one_by_one() -> None:
    assert faded(7, timedelta(minutes=14)) == (7, timedelta(minutes=14))
    assert faded(7, timedelta(minutes=46)) == (4, timedelta(minutes=1))
    assert faded(2, timedelta(days=30))[0] == 0
    assert faded(3, timedelta(seconds=-5)) == (3, timedelta(0))


@given(st.integers(0, 50), st.lists(st.integers(0, 5000), max_size=20))
def test_sec59_what_fades_does_not_depend_on_how_often_one_looks(failures: int, seconds: list[int]) -> None:
    left, rest = failures, timedelta(0)
    for each in seconds:
        left, rest = faded(left, rest + timedelta(seconds=each))
    assert left == faded(failures, timedelta(seconds=sum(seconds)))[0]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("192.0.2.7:5123", "192.0.2.7"),
        ("[2001:db8:1:2:3:4:5:6]:443", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2:3:4:5:6]", "2001:db8:1:2::/64"),
        ('"[2001:db8:1:2::9]:443"', "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:c000:207", "192.0.2.7"),
        ("[::ffff:192.0.2.7]:80", "192.0.2.7"),
        ("64:ff9b::c000:207", "192.0.2.7"),
        (" 192.0.2.7 ", "192.0.2.7"),
        ("", ""),
        ("unknown", "unknown"),
        ("no address", "no address"),
    ],
)
def test_sec59_one_household_counts_as_one_address(address: str, expected: str) -> None:
    assert network(address) == expected
