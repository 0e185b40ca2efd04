"""What somebody holds: one membership, and all those of a customer (B5, B9)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from portal.actions import access
from portal.actions.bookings.people import concerned
from portal.actions.memberships import finding
from portal.actions.memberships.effects import Upcoming, upcoming
from portal.actions.memberships.finding import Found, needed
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot
from portal.db.memberships import holding
from portal.db.memberships.holding import Holding, PeriodRow, Visit
from portal.outside import clock
from portal.rules.deciding import Actor
from portal.rules.errors import Missing
from portal.rules.memberships.holding import Shown
from portal.rules.memberships.periods import frozen_on
from portal.rules.memberships.plans import Plan
from portal.rules.periods import Period
from portal.rules.permissions import Permission


class ShownDays(NamedTuple):
    """Days that were granted, `last` None without an end, with what they were charged for, in minor units with tax.

    `document` is the number of the invoice or future item, "" where nothing was charged; `document_id` the public id by
    which pages open the invoice, "" where the actor may not see it.
    """

    first: date
    last: date | None
    plan: str
    charged: int
    charged_on: date | None
    document: str
    document_id: str


@dataclass(frozen=True, slots=True)
class ShownMembership:
    """A membership as pages and commands show it. `included_left` are the visits left of today's period, None for any
    number; `included` how many there are in it, `booked` how many are booked for sessions to come. `visits` are the
    bookings of today's period, where they were asked for.
    """

    reference: str
    public_id: str
    plan: Plan
    holder: Profile
    payer: Profile
    state: Shown
    from_on: date
    until: date | None
    ends_on: date | None
    periods: tuple[ShownDays, ...]
    frozen: tuple[Period, ...]
    included_left: int | None
    included: int | None
    upcoming: Upcoming | None
    next_plan: tuple[str, date] | None
    today: date
    period: Period | None
    booked: int
    visits: tuple[Visit, ...] = ()

    @property
    def over_on(self) -> date | None:
        """The last day on which it counts."""
        days = [one for one in (self.until, self.ends_on) if one is not None]
        return min(days) if days else None

    @property
    def frozen_now(self) -> Period | None:
        """The freeze of today."""
        return frozen_on(self.today, self.frozen)

    @property
    def freezes_ahead(self) -> tuple[Period, ...]:
        """Freezes that are not over."""
        return tuple(one for one in self.frozen if one.last >= self.today)

    @property
    def is_over(self) -> bool:
        return self.state is Shown.ENDED


@snapshot
def one(actor: Actor, membership: str) -> ShownMembership:
    """A membership by its external or public id, with the visits of today's period. Raises Missing and NotAllowed."""
    found = finding.membership(actor, membership)
    shown = _shown(found, sees=_sees(actor, found.payer))
    return replace(shown, visits=tuple(holding.visits_of(found.holding.row.id, shown.period)))


@snapshot
def of(actor: Actor, profile: Profile, membership: str) -> ShownMembership:
    """The same of one customer; raises Missing for that of another one, too."""
    found = one(actor, membership)
    if found.holder.id != profile.id:
        raise Missing()
    return found


@snapshot
def of_customer(actor: Actor, profile: Profile) -> list[ShownMembership]:
    """Everything a customer holds: what counts first, then what is over, the newest first. Raises NotAllowed."""
    grant = access.require(actor, needed(actor, Permission.MEMBERSHIPS_VIEW), profile)
    about = concerned(actor, profile, grant)
    today = clock.today(profile.time_zone)
    held = holding.of_customers([profile.id])
    payers = finding.payers_of(held, profile)
    sees = {one.id: _sees(actor, one) for one in {one.id: one for one in payers}.values()}
    found = [
        _shown(Found(each, about, payer, today), sees=sees[payer.id]) for each, payer in zip(held, payers, strict=True)
    ]
    return sorted(found, key=lambda each: each.is_over)


def _shown(found: Found, *, sees: bool) -> ShownMembership:
    held, today, rules = found.holding, found.today, found.holding.membership
    left, included = _left(held, today)
    following = (held.next_plan.name, rules.next_from) if held.next_plan and rules.next_from else None
    return ShownMembership(
        held.row.reference,
        held.row.public_id,
        held.plan.plan,
        found.holder,
        found.payer,
        rules.shown_on(today),
        rules.from_on,
        rules.until,
        rules.ends_on,
        tuple(_days(found, each, sees=sees) for each in held.periods if _counts(each)),
        rules.freezes,
        left,
        included,
        upcoming(rules, found.holder, found.payer, found.rate),
        following,
        today,
        _period(held, today),
        sum(one.visit and one.stands and one.starts_at > clock.now() for one in held.uses),
    )


def _left(held: Holding, today: date) -> tuple[int | None, int | None]:
    """What is left of today's period, and of how many; of all of it where it has no periods."""
    known = held.held
    stretch = known.on(max(today, held.row.from_on))
    if known.visits_left is not None:
        return known.visits_left, held.plan.visits
    if stretch is None:
        return (0, held.plan.plan.counted) if held.plan.plan.counted is not None else (None, None)
    return stretch.left, stretch.included


def _period(held: Holding, today: date) -> Period | None:
    """The period of today, or the first one, of which the visits are counted; None where it has no periods."""
    days = held.membership.days_of(max(today, held.row.from_on))
    if days is None or days.last is None or held.plan.plan.visits_in_all is not None:
        return None
    return Period(min(each.first for each in held.membership.granted if each.last == days.last), days.last)


def _counts(row: PeriodRow) -> bool:
    """Whether a day of it counted: a change on its first day leaves none."""
    return row.ended_on is None or row.ended_on >= row.first_on


def _days(found: Found, row: PeriodRow, *, sees: bool) -> ShownDays:
    plan = found.holding.plans[row.plan_id].plan
    last = row.last_on if row.ended_on is None else row.ended_on
    return ShownDays(
        row.first_on,
        last,
        plan.name,
        row.gross_minor or 0,
        row.charged_on,
        (row.document or row.item or "") if sees else "",
        (row.document_id or "") if sees else "",
    )


def _sees(actor: Actor, payer: Profile) -> bool:
    """Whether the actor may see the books on which it is charged (S9)."""
    if actor.is_staff:
        return actor.sees_finances
    return bool(access.weigh(actor, Permission.STATEMENTS_VIEW, payer))
