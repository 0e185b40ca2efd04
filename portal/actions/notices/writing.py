"""Writing notices with the change that blocks somebody."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from portal.db import notices
from portal.db.audit import records as audit
from portal.db.audit.records import Deed
from portal.db.notices import Blocked
from portal.outside import clock
from portal.rules.deciding import Actor
from portal.rules.notices import NoticeSettings, due_at
from portal.rules.sentences import say


class Watch:
    """Who is Blocked before a change and who is after it; whoever became so gets a notice (L11).

    Made inside the transaction of the change, before it, for the customers whose own status, link or main account may
    change. Sub-accounts that follow them are watched as well. Customers that begin as Blocked are never watched.
    """

    def __init__(self, customer_ids: Iterable[int] = ()) -> None:
        self._wanted = notices.anybody_wants_them()
        self._ids: set[int] = set()
        self._before: set[int] = set()
        self.add(customer_ids)

    def add(self, customer_ids: Iterable[int]) -> None:
        """Watch more customers, before anything about them changes. Those already watched stay as they were seen."""
        ids = set(customer_ids) - self._ids
        if not self._wanted or not ids:
            return
        self._before |= set(notices.blocked_among(ids))
        self._ids |= ids

    def write(self, actor: Actor) -> int:
        """Write a notice for each who is Blocked now and was not before; how many there are."""
        if not self._ids:
            return 0
        blocked = [one for key, one in notices.blocked_among(self._ids).items() if key not in self._before]
        settings = notices.settings_of(one.partner_id for one in blocked)
        told = [one for one in blocked if _is_told(settings[one.partner_id], one)]
        now = clock.now()
        zones = notices.zones(one.partner_id for one in told)
        due = {key: due_at(now, settings[key].hour, zone) for key, zone in zones.items()}
        notices.write([(one, due[one.partner_id]) for one in told], now)
        audit.record_many(actor, [_deed(one, due[one.partner_id], zones[one.partner_id]) for one in told])
        return len(told)


def _is_told(settings: NoticeSettings, one: Blocked) -> bool:
    return settings.on and (settings.sub_accounts or one.because_of_id is None)


def _deed(one: Blocked, at: datetime, zone: str) -> Deed:
    text = say("Notice of the block goes out on {at}", at=at.astimezone(ZoneInfo(zone)))
    return Deed(one.customer_id, "notice.due", text, {"due_at": at.isoformat()})
