"""What is announced ahead of memberships: that one renews, and that one does not because of an age limit (B5, B9).

Each is told once, to whoever signs in for its holder or acts for it, unless they declined such messages (O2). Nothing
depends on it having run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, timedelta

import structlog

from portal.actions.bookings import news
from portal.actions.invoices.wanted import default_rate
from portal.actions.letters import short
from portal.actions.memberships.effects import upcoming
from portal.actions.memberships.finding import payer_of
from portal.db.audit import records as audit
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.db.memberships import holding, writing
from portal.db.memberships.holding import Holding
from portal.db.messages import preferences
from portal.outside import clock
from portal.rules.deciding import SYSTEM
from portal.rules.messages.states import MessageKind
from portal.rules.money import Money
from portal.rules.sentences import Sentence, say

log = structlog.get_logger("portal.memberships")

RENEWS_AHEAD, TOO_OLD_AHEAD = timedelta(days=7), timedelta(days=30)
SHORTEST = timedelta(days=28)
"""The renewal of a shorter period is nothing to be told about each time."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Announced:
    """How many renewals and how many age limits were announced."""

    renewals: int = 0
    ages: int = 0


def announce(keep_going: Callable[[], bool] = lambda: True) -> Announced:
    """Announce all that is due and was not yet; run again, or twice at once, it tells nothing twice."""
    renewals = ages = 0
    for key in _perhaps_due():
        if not keep_going():
            break
        told = _announce(key)
        renewals += told == "renewal"
        ages += told == "age"
    found = Announced(renewals, ages)
    if renewals or ages:
        log.info("memberships announced", **asdict(found))
    return found


@snapshot
def _perhaps_due() -> list[int]:
    """Those worth a look: their last day is near, wherever they are."""
    today = clock.today("UTC")
    return holding.running_out(today - _DAY, today + TOO_OLD_AHEAD + _DAY)


@writes
def _announce(key: int) -> str:
    """Announce what is ahead of one membership: "renewal", "age", or "" where nothing is to be told."""
    holding.hold([key])
    held = holding.by_ids([key]).get(key)
    if held is None or held.membership.until is None:
        return ""
    holder = customers.by_id(held.row.customer_id)
    today, first = clock.today(holder.time_zone), held.membership.until + _DAY
    if holder.removed_at is not None or not today < first:
        return ""
    if held.plan.plan.goes_on and held.membership.too_old_on(first):
        return "age" if _tell_age(held, holder, first, today) else ""
    return "renewal" if _tell_renewal(held, holder, first, today) else ""


def _tell_renewal(held: Holding, holder: Profile, first: date, today: date) -> bool:
    made = held.membership.next_renewal()
    if made is None or first > today + RENEWS_AHEAD or held.row.renewal_told_for == first:
        return False
    plan, ahead = made
    if ahead.days.last - ahead.days.first + _DAY < SHORTEST or not _wanted(holder):
        return False
    payer = payer_of(held, holder)
    found = upcoming(held.membership, holder, payer, default_rate(holder))
    price = Money(found.minor if found else 0, payer.currency)
    lines = [
        say("{plan} for {name} renews on {day}, until {last}.", plan=plan.name, name=holder.name, day=first,
            last=ahead.days.last),
        say("It comes to {amount} and is charged to {payer}.", amount=price, payer=payer.name),
        say("If it is not wanted any more, end it before that day; it works until {day}.", day=first - _DAY),
    ]  # fmt: skip
    headline = say("{plan} for {name} renews on {day}", plan=short(plan.name), name=short(holder.name), day=first)
    return _told(held, holder, headline, lines, {"renewal_told_for": first})


def _tell_age(held: Holding, holder: Profile, first: date, today: date) -> bool:
    if first > today + TOO_OLD_AHEAD or held.row.age_told_for == first or not _wanted(holder):
        return False
    plan = held.membership.plan_from(first)
    lines = [
        say("{plan} for {name} is not renewed: its last day is {day}.", plan=plan.name, name=holder.name,
            day=first - _DAY),
        say("It is for people up to {age} years, and {name} is older then.", age=plan.age_to or 0, name=holder.name),
        say("Other plans stand beside it in the portal."),
    ]  # fmt: skip
    headline = say("{plan} for {name} ends on {day}", plan=short(plan.name), name=short(holder.name), day=first - _DAY)
    return _told(held, holder, headline, lines, {"age_told_for": first})


def _wanted(holder: Profile) -> bool:
    return MessageKind.SERVICE not in preferences.declined(holder.id)


def _told(held: Holding, holder: Profile, headline: Sentence, lines: list[Sentence], marks: dict[str, date]) -> bool:
    writing.mark(held.row.id, marks)
    if not news.tell(holder, headline, lines, purpose="membership", page="memberships"):
        return False
    audit.record(SYSTEM, "membership.reminder", headline, subject_id=holder.id, membership=held.row.public_id)
    return True
