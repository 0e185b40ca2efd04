"""Memberships for the tests of their rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import islice

from portal.rules.invoices.prices import Prices
from portal.rules.memberships.holding import GrantedDays, Membership
from portal.rules.memberships.lengths import read_length
from portal.rules.memberships.periods import periods
from portal.rules.memberships.plans import Plan
from portal.rules.memberships.states import MembershipState
from portal.rules.periods import Period


def day(text: str) -> date:
    return date.fromisoformat(text)


def days(text: str) -> Period:
    """The stretch of "2026-03-01 2026-03-31"."""
    return Period(*map(day, text.split()))


def plan(price: int = 1000, length: str = "month", key: int = 1, **values: object) -> Plan:
    made = Plan(key, f"Plan {key}", price, Prices.GROSS, read_length(length) if length else None, freeze_days=60)
    return replace(made, **values)  # type: ignore[arg-type]


def held(first: str, number: int = 1, of: Plan | None = None, **values: object) -> Membership:
    """A membership of which so many periods are granted."""
    of = of or plan()
    assert of.length is not None
    made = islice(periods(of.length, day(first)), number)
    granted = tuple(GrantedDays(key, of, one.first, one.last, of.price) for key, one in enumerate(made, start=1))
    membership = Membership(of, MembershipState.ACTIVE, day(first), day(first), granted)
    return replace(membership, **values)  # type: ignore[arg-type]
