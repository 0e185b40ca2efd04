"""Blocking and reminders by themselves, where a partner has switched them on (F9, F14)."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from portal.actions.overdue import blocking, reminding
from portal.db.billing import due
from portal.db.engine import snapshot
from portal.rules.deciding import SYSTEM
from portal.rules.errors import PortalError

log = structlog.get_logger("portal.overdue")


def run_due(keep_going: Callable[[], bool] = lambda: True) -> tuple[int, int]:
    """Block, activate and remind for every partner as of its own today: how many changed, and how many reminders.

    Run again, or by several at once, it does nothing twice.
    """
    changed = told = 0
    for one in _partners():
        if not keep_going():
            break
        try:
            ran = blocking.run(SYSTEM, partner=one)
            changed += len(ran.blocked) + len(ran.activated)
            told += len(reminding.run(SYSTEM, partner=one))
        except PortalError as fault:  # it must not stop the others
            log.warning("overdue run refused", partner=one, error=str(fault.sentence))
    if changed or told:
        log.info("overdue", changed=changed, reminders=told)
    return changed, told


@snapshot
def _partners() -> list[str]:
    return [one.public_id for one in due.partners()]
