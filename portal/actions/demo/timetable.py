"""The demo's club: what it offers, and when, for eight weeks from the Monday of this one."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from portal.actions.bookings import timetable
from portal.actions.demo.people import CLUB
from portal.db.bookings import timetable as rows
from portal.db.customers import profiles as customers
from portal.db.engine import writes
from portal.outside import clock
from portal.rules.bookings.files import Timing
from portal.rules.bookings.series import read_rule
from portal.rules.deciding import SYSTEM

WEEKS = 8


class Offer(NamedTuple):
    """An activity with the days of the week on which it is, at what time, and for how many."""

    key: str
    name: str
    place: str
    instructor: str
    price: int
    days: str
    at: str
    minutes: int
    capacity: int
    more: dict[str, Any]


def _for(first: int | None, last: int | None, **more: Any) -> dict[str, Any]:
    return {"age_from": first, "age_to": last, "cancel_until": "1 day", "book_from": "8 weeks", **more}


SWIM = "swim"
OFFERS = (
    Offer("swimming", "Swimming, stage 3", "Pool, lane 3", "Ann Becker", 1200, "MO,FR", "16:00", 45, 8,
          _for(6, 12, benefit_class=SWIM, description="Front crawl and diving, in the small group.")),
    Offer("ballet", "Ballet, grade 2", "Studio 2", "Mei Lin 林", 1400, "TU", "16:00", 60, 10, _for(6, 16)),
    Offer("music", "Toddler music", "Studio 1", "Jonas Weil", 800, "WE", "09:30", 45, 12, _for(1, 5)),
    Offer("chess", "Chess club", "Library room", "", 0, "WE", "16:30", 60, 16, _for(7, None)),
    Offer("climbing", "Climbing", "Hall A", "Tariq عزيز", 900, "TH", "17:00", 90, 2,
          _for(10, 17, cancel_until="2 days")),
    Offer("yoga", "Yoga", "Studio 1", "Priya Nair", 1100, "SA", "09:00", 60, 14, _for(16, None, benefit_class="yoga")),
    Offer("saturday", "Swimming, stage 3 (Saturday)", "Pool, lane 3", "Ann Becker", 1200, "SA", "10:00", 45, 8,
          _for(6, 12, benefit_class=SWIM)),
    Offer("judo", "Judo, taster", "Hall A", "Kenji Ōno", 850, "SA", "10:00", 60, 12, _for(6, 14)),
    Offer("family", "Family swim", "Pool, lane 1", "", 600, "SU", "10:00", 60, 30,
          _for(None, None, benefit_class=SWIM, cancel_until="90 minutes")),
)  # fmt: skip


def set_up() -> None:
    """Add the club's activities, and the sessions of eight weeks."""
    today = clock.today(CLUB.time_zone)
    monday = today - timedelta(days=today.weekday())
    _add_activities()
    for offer in OFFERS:
        _add_series(offer, monday)


@writes
def _add_activities() -> None:
    partner = customers.partner_id(CLUB.name)
    assert partner is not None
    for offer in OFFERS:
        values = {"place": offer.place, "instructor": offer.instructor, "price_minor": offer.price, **offer.more}
        rows.add_activity(partner, {"external_id": f"demo-{offer.key}", "name": offer.name, **values})


def _add_series(offer: Offer, monday: date) -> None:
    """From the first of its days on: a series begins with the date it is asked for."""
    first = monday + timedelta(days=("MO", "TU", "WE", "TH", "FR", "SA", "SU").index(offer.days[:2]))
    count = WEEKS * len(offer.days.split(","))
    timing = Timing(
        datetime.combine(first, time.fromisoformat(offer.at)),
        offer.minutes,
        rule=read_rule(f"FREQ=WEEKLY;BYDAY={offer.days};COUNT={count}"),
    )
    timetable.add_sessions(SYSTEM, f"demo-{offer.key}", timing, offer.capacity, external_id=f"demo-{offer.key}")
