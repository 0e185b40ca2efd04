"""The demo's club: what it offers, and when, for eight weeks from the Monday of this one; and a family's week in it.

What is booked goes through the actions that pages use, so its mails, log lines and charges are the real ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from portal.actions.bookings import booking, timetable
from portal.actions.bookings.planning import Wish
from portal.actions.demo.people import CLUB
from portal.actions.memberships import buying
from portal.actions.memberships.buying import Purchase
from portal.actions.partners import settings
from portal.db.bookings import timetable as rows
from portal.db.customers import profiles as customers
from portal.db.engine import writes
from portal.db.logins import people as logins
from portal.db.memberships import plans
from portal.outside import clock
from portal.rules.bookings.files import Timing
from portal.rules.bookings.series import read_rule
from portal.rules.deciding import SYSTEM, Actor
from portal.rules.invoices.prices import Prices
from portal.rules.memberships.states import Granted

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
          _for(10, None, cancel_until="2 days")),
    Offer("yoga", "Yoga", "Studio 1", "Priya Nair", 1100, "SA", "09:00", 60, 14, _for(16, None, benefit_class="yoga")),
    Offer("saturday", "Swimming, stage 3 (Saturday)", "Pool, lane 3", "Ann Becker", 1200, "SA", "10:00", 45, 8,
          _for(6, 12, benefit_class=SWIM)),
    Offer("judo", "Judo, taster", "Hall A", "Kenji Ōno", 850, "SA", "10:00", 60, 12, _for(6, 14)),
    Offer("family", "Family swim", "Pool, lane 1", "", 600, "SU", "10:00", 60, 30,
          _for(None, None, cancel_until="90 minutes")),
)  # fmt: skip


def set_up() -> None:
    """Add the club's activities and the sessions of eight weeks, a membership, and what the family has booked."""
    _make_timetable()
    _sell_a_membership()
    settings.change(SYSTEM, CLUB.name, {"charge_bookings": "next_invoice"})
    parent, nanny = _actor("parent"), _actor("nanny")
    today = clock.today(CLUB.time_zone)
    buying.buy(parent, Purchase("demo-junior-swim", "demo-child", today, external_id="demo-leo-swims"))
    for actor, wishes in (
        (SYSTEM, [("climbing", "alex"), ("climbing", "sam")]),
        (parent, [("saturday", "child"), ("swimming", "child"), ("ballet", "teen"), ("yoga", "parent")]),
        (parent, [("judo", "child"), ("family", "child"), ("family", "teen"), ("family", "parent")]),
        (nanny, [("chess", "child"), ("climbing", "teen")]),
    ):
        _book(actor, wishes)


def _book(actor: Actor, wishes: Sequence[tuple[str, str]]) -> None:
    """Each in the next session of an activity: in spite of a clash, and on the waiting list of a full one."""
    found = {key: _next(key) for key, _whom in wishes}
    booking.book(actor, [Wish(found[key], f"demo-{whom}", wait=True, anyway=True) for key, whom in wishes])


def _next(key: str) -> str:
    """The first session of an activity that begins in a few hours or later: while it can be cancelled still."""
    later = clock.now() + timedelta(hours=3)
    activity = rows.activity(f"demo-{key}")
    return next(one.public_id for one in rows.of_activity(activity.id, None, None) if one.starts_at > later)


@writes
def _sell_a_membership() -> None:
    """Four visits to the pool in a month."""
    partner = customers.partner_id(CLUB.name)
    values = {
        "external_id": "demo-junior-swim",
        "partner_id": partner,
        "name": "Junior Swim",
        "price_minor": 3200,
        "rate_e3": None,
        "prices": Prices.GROSS,
        "period": "1 month",
        "visits": None,
        "benefit_class": SWIM,
        "included": 4,
        "discount_e3": 20_000,
        "age_from": None,
        "age_to": 14,
        "freeze_days": 31,
        "granted": Granted.AT_ONCE,
        "renews": True,
    }
    plans.add(values, clock.now())


def _make_timetable() -> None:
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


def _actor(key: str) -> Actor:
    person = logins.by_email(f"{key}@demo.example")
    assert person is not None
    return person.actor


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
