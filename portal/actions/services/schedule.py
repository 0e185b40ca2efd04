"""What comes into force by itself: changes of services whose day has come where their partner is (M1)."""

from __future__ import annotations

from collections.abc import Callable

from portal.db.billing import due, services
from portal.db.engine import snapshot, writes
from portal.outside import clock


def run_due(keep_going: Callable[[], bool] = lambda: True) -> int:
    """Let lists say what is in force today: how many changes came into force. Nothing is charged by it."""
    applied = 0
    for partner_id, time_zone in _waiting():
        if not keep_going():
            break
        applied += _apply(partner_id, time_zone)
    return applied


@snapshot
def _waiting() -> list[tuple[int, str]]:
    """The partners for which a change waits whose day has come."""
    return [
        (one.id, one.time_zone) for one in due.partners() if services.is_waiting(one.id, clock.today(one.time_zone))
    ]


@writes
def _apply(partner_id: int, time_zone: str) -> int:
    return services.apply_due(partner_id, clock.today(time_zone), clock.now())
