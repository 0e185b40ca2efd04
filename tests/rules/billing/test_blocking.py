"""F9: who is blocked for being overdue, and who no longer is."""

from __future__ import annotations

from datetime import date

import pytest

from portal.rules.billing.blocking import BlockingRun, OpenPart, Payer, is_behind, run

MAY, JUNE = OpenPart(date(2026, 5, 31), 24995), OpenPart(date(2026, 6, 30), 24995)


def test_f9_who_pays_in_time_stays_active_and_who_is_paid_back_is_blocked() -> None:
    """An invoice whose payment is paid back is open again and as old as it was (F6)."""
    assert run([Payer("acme", 0, ())], 30, date(2026, 7, 5)) == BlockingRun([], [])
    assert run([Payer("acme", -24995, (MAY,))], 30, date(2026, 7, 6)) == BlockingRun(["acme"], [])


def test_f9_an_invoice_within_its_grace_days_keeps_nobody_blocked() -> None:
    assert run([Payer("acme", -49990, (MAY, JUNE))], 30, date(2026, 7, 5)) == BlockingRun(["acme"], [])
    paid = Payer("acme", -24995, (JUNE,), active=False, blocked_by_overdue=True)
    assert run([paid], 30, date(2026, 7, 6)) == BlockingRun([], ["acme"])


@pytest.mark.parametrize(
    ("house", "on", "behind"),
    [
        (-1, date(2026, 6, 30), False),
        (-1, date(2026, 7, 1), True),
        (0, date(2026, 7, 1), False),
        (500, date(2026, 7, 1), False),
    ],
)
def test_f9_behind_is_who_has_both(house: int, on: date, behind: bool) -> None:
    assert is_behind(house, [MAY], 30, on) is behind
    assert not is_behind(house, [], 30, on)
    assert not is_behind(house, [MAY._replace(open=0)], 30, on)


def test_f9_without_grace_days_it_begins_the_day_after_due() -> None:
    assert not is_behind(-1, [MAY], 0, date(2026, 5, 31))
    assert is_behind(-1, [MAY], 0, date(2026, 6, 1))


def test_f9_who_is_blocked_by_hand_new_or_inactive_stays_so() -> None:
    by_hand = Payer("by hand", -24995, (MAY,), active=False)
    clear = Payer("by hand and clear", 0, (), active=False)
    still = Payer("still behind", -24995, (MAY,), active=False, blocked_by_overdue=True)
    assert run([by_hand, clear, still], 30, date(2026, 7, 5)) == BlockingRun([], [])
