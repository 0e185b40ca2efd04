"""What runs by itself once a day: billing where a partner has an hour for it (F5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from zoneinfo import ZoneInfo

import structlog

from portal.actions.billing import running
from portal.db.billing import due as rows
from portal.db.billing import runs
from portal.db.billing.due import RunPartner
from portal.db.engine import snapshot
from portal.outside import clock
from portal.rules.deciding import SYSTEM
from portal.rules.errors import PortalError

log = structlog.get_logger("portal.billing")


def run_due(keep_going: Callable[[], bool] = lambda: True) -> int:
    """Bill for every partner whose hour has come and that was not run today; how many invoices came of it.

    By several at once it happens once, and what was broken off is finished.
    """
    issued = 0
    for one, on in _due():
        if not keep_going():
            break
        try:
            ran = running.run(SYSTEM, on=on, partner=one.public_id, scheduled=True, keep_going=keep_going)
        except PortalError as fault:  # such as a closed month: it must not stop the others
            log.warning("billing run refused", partner=one.name, error=str(fault.sentence))
            continue
        issued += len(ran.invoices)
        log.info("billing run", partner=one.name, on=on.isoformat(), invoices=len(ran.invoices), held=len(ran.held_up))
    return issued


@snapshot
def _due() -> list[tuple[RunPartner, date]]:
    found = []
    for one in rows.partners():
        if one.billing_schedule == "off":
            continue
        now = clock.now().astimezone(ZoneInfo(one.time_zone))
        if now.strftime("%H:%M") >= one.billing_schedule and not runs.is_scheduled(one.id, now.date()):
            found.append((one, now.date()))
    return found
