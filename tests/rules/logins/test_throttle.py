"""SEC17: pauses grow, and end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.logins.throttle import FREE_FOR_ACCOUNT, LONGEST_PAUSE, network, pause_after


def test_sec17_the_first_tries_cost_nothing_and_then_the_pause_doubles() -> None:
    pauses = [pause_after(n, FREE_FOR_ACCOUNT).total_seconds() for n in range(1, 13)]
    assert pauses == [0, 0, 0, 0, 15, 30, 60, 120, 240, 480, 900, 900]


@given(st.integers(0, 10**9), st.integers(1, 100))
def test_sec17_no_pause_is_longer_than_a_quarter_of_an_hour(failures: int, free: int) -> None:
    assert timedelta(0) <= pause_after(failures, free) <= LONGEST_PAUSE == timedelta(minutes=15)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", ""),
        ("no address", "no address"),
    ],
)
def test_one_household_counts_as_one_address(address: str, expected: str) -> None:
    assert network(address) == expected
