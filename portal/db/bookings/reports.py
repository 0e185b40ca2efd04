"""How full sessions were, who did not come, and what they brought in, by activity (B11)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import case, func, select

from portal.db.engine import db
from portal.db.tables import Activity, Booking, BookingCharge, Partner, Session
from portal.db.types import total
from portal.rules.bookings.states import TAKES_A_PLACE, BookingState, SessionState
from portal.rules.periods import Period


@dataclass(frozen=True, slots=True)
class ActivityFigures:
    """An activity in some days: its sessions that were not cancelled with their places, and what became of these.

    `attended` came, `missed` did not, `taken` are all who had a place; `visits` of these were included in a membership.
    `revenue_minor` is what was charged and not taken back, with tax.
    """

    activity: str
    public_id: str
    partner: str
    currency: str
    sessions: int
    places: int
    taken: int
    attended: int
    missed: int
    visits: int
    revenue_minor: int


def by_activity(days: Period, partner_id: int | None) -> list[ActivityFigures]:
    """The figures of every activity with a session in some days, by partner and name."""
    a, s, b, c = Activity, Session, Booking, BookingCharge
    open_ones = (s.starts_on >= days.first, s.starts_on <= days.last, s.state == SessionState.OPEN)
    sessions = db.session.execute(
        select(a.id, a.name, a.public_id, Partner.name, Partner.currency, func.count(), func.sum(s.capacity))
        .select_from(s)
        .join(a, a.id == s.activity_id)
        .join(Partner, Partner.id == a.partner_id)
        .where(*open_ones, *([] if partner_id is None else [a.partner_id == partner_id]))
        .group_by(a.id, a.name, a.public_id, Partner.name, Partner.currency)
        .order_by(Partner.name, a.name, a.id)
    ).all()
    places = {
        key: values
        for key, *values in db.session.execute(
            select(
                s.activity_id,
                func.count(),
                func.sum(case((b.state == BookingState.ATTENDED, 1), else_=0)),
                func.sum(case((b.state == BookingState.MISSED, 1), else_=0)),
                func.sum(case((b.visit, 1), else_=0)),
            )
            .select_from(b)
            .join(s, s.id == b.session_id)
            .where(*open_ones, b.state.in_(sorted(TAKES_A_PLACE)))
            .group_by(s.activity_id)
        )
    }
    charged = {
        key: int(minor)
        for key, minor in db.session.execute(
            select(s.activity_id, total(c.amount_minor))
            .select_from(c)
            .join(b, b.id == c.booking_id)
            .join(s, s.id == b.session_id)
            .where(s.starts_on >= days.first, s.starts_on <= days.last, c.reversed_at.is_(None))
            .group_by(s.activity_id)
        )
    }
    found = []
    for key, name, public_id, partner, currency, count, capacity in sessions:
        taken, attended, missed, visits = (int(value or 0) for value in places.get(key, (0, 0, 0, 0)))
        whole = int(capacity or 0)
        of_session = (int(count), whole, taken, attended, missed, visits)
        found.append(ActivityFigures(name, public_id, partner, currency, *of_session, charged.get(key, 0)))
    return found
