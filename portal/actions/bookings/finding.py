"""Finding something to book: by day, place, words and who fits; and one session with its other dates (B1, B2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from portal.actions import access
from portal.actions.bookings.family import Relative, family
from portal.actions.bookings.people import Concerned, concerned, person_of
from portal.actions.bookings.planning import Planned, Wish, alone, price_of, world
from portal.db.bookings import bookings as rows
from portal.db.bookings import search, sessions
from portal.db.bookings.bookings import BookingRow
from portal.db.bookings.sessions import Counted, SessionRow
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot
from portal.outside import clock
from portal.rules.bookings import fitting
from portal.rules.bookings.facts import SessionFacts
from portal.rules.deciding import Actor
from portal.rules.errors import Missing, Reason
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say

DAYS = 14
MOST_DATES = 12
MOST = 120
"""So many sessions stand on a page; the rest is on the next one, which begins with a day."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for: words of the activity, a place, from which day on, and for whom (public ids) it has to fit."""

    text: str = ""
    place: str = ""
    first: date | None = None
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Offered:
    """A session in the list. `mine` are the people of the pages who are in it or wait, with what they have."""

    session: SessionRow
    facts: SessionFacts
    price_minor: int
    mine: tuple[tuple[Relative, BookingRow], ...]

    @property
    def ages(self) -> Sentence:
        """Whom it is for; NOTHING for everybody."""
        return fitting.for_ages(self.session.age_from, self.session.age_to)


@dataclass(frozen=True, slots=True)
class Found:
    """Sessions by the day on which they begin at their place; `later` is the day with which the next page begins."""

    wanted: Wanted
    first: date
    days: tuple[tuple[date, tuple[Offered, ...]], ...]
    later: date | None
    places: tuple[str, ...]
    people: tuple[Relative, ...]

    @property
    def count(self) -> int:
        return sum(len(some) for _, some in self.days)


@dataclass(frozen=True, slots=True)
class For:
    """What one session is for one person: the price and state if it is booked, or why it cannot be."""

    relative: Relative
    planned: Planned
    has: BookingRow | None

    @property
    def wrong_age(self) -> tuple[Reason, ...]:
        facts = self.planned.facts
        person, majority = person_of(self.planned.subject), self.planned.subject.settings.majority_age
        return tuple(fitting.age_reasons(person, facts.age_from, facts.age_to, facts.starts_on, majority, facts.title))

    @property
    def why_not(self) -> Sentence:
        """Why it does not fit, in a few words: "15, it is for ages 5 to 10"."""
        facts, born_on = self.planned.facts, self.planned.subject.born_on
        if born_on is None:
            return say("No date of birth is known")
        age = fitting.age_on(born_on, facts.starts_on)
        return say("{age}, it is for {ages}", age=age, ages=fitting.for_ages(facts.age_from, facts.age_to))

    @property
    def can(self) -> bool:
        """Whether it can be put into the basket: what does not fit can be decided there, but for age and status."""
        return (
            self.relative.books
            and self.has is None
            and not any(one.rule in ("B1", "B12", "C1") for one in self.planned.reasons)
        )


@dataclass(frozen=True, slots=True)
class Dated:
    """One date of an activity, with what it is for each person."""

    session: SessionRow
    facts: SessionFacts
    people: tuple[For, ...]

    @property
    def can(self) -> bool:
        return any(one.can for one in self.people)


@dataclass(frozen=True, slots=True)
class Looked:
    """A session with its activity's dates to come, this one first among them."""

    session: SessionRow
    facts: SessionFacts
    people: tuple[Relative, ...]
    dates: tuple[Dated, ...]
    later: bool
    price_minor: int
    now: datetime

    @property
    def ages(self) -> Sentence:
        """Whom it is for; NOTHING for everybody."""
        return fitting.for_ages(self.session.age_from, self.session.age_to)

    @property
    def this(self) -> Dated:
        return next(one for one in self.dates if one.session.id == self.session.id)


@snapshot
def find(actor: Actor, about: Profile, wanted: Wanted) -> Found:
    """What can be booked from a day on, for the people of these pages. Raises NotAllowed and Missing."""
    access.require(actor, Permission.BOOKINGS_VIEW, about)
    now, today = clock.now(), clock.today(about.time_zone)
    first = max(wanted.first or today, today)
    people = family(actor, about)
    rows_ = search.sessions(
        about.partner_id, now, first, first + timedelta(days=DAYS), wanted.text, wanted.place, MOST + 1
    )
    chosen = [one for one in people if one.public_id in wanted.people]
    if chosen:
        profiles = customers.by_ids({one.id for one in chosen})
        rows_ = [one for one in rows_ if any(_fits(profiles[each.id], one) for each in chosen)]
    later = None
    if len(rows_) > MOST:
        later = rows_[MOST].starts_on
        kept = [one for one in rows_ if one.starts_on < later]
        rows_ = kept or rows_[:MOST]
        later = later if kept else later + timedelta(days=1)
    elif search.any_after(about.partner_id, first + timedelta(days=DAYS)):
        later = first + timedelta(days=DAYS)
    return Found(
        wanted, first, _by_day(rows_, people, about, now), later, search.places(about.partner_id, now), tuple(people)
    )


@snapshot
def look(actor: Actor, about: Profile, session: str) -> Looked:
    """One session by its public id, and the other dates of its activity. Raises Missing, also for another partner's."""
    access.require(actor, Permission.BOOKINGS_VIEW, about)
    found = sessions.by_references([session]).get(session)
    if found is None or found.partner_id != about.partner_id:
        raise Missing()
    now = clock.now()
    dates = search.dates(found.activity_id, now, MOST_DATES + 1)
    if all(one.id != found.id for one in dates):
        dates = [found, *dates]
    kept = dates[:MOST_DATES]
    people = family(actor, about)
    profiles = customers.by_ids({one.id for one in people})
    known = {one.id: one for one in kept}
    own = {(one.session_id, one.customer_id): one for one in rows.live_of_people(list(known), list(profiles), now)}
    counted = sessions.counted(list(known), now)
    parties = {one.id: _concerned(actor, profiles[one.id]) for one in people}
    around = world(known, parties.values(), now)
    looked = []
    for one in kept:
        every = []
        for each in people:
            wish = Wish(one.public_id, each.public_id, wait=True)
            every.append(For(each, alone(wish, one.id, parties[each.id], around), own.get((one.id, each.id))))
        looked.append(Dated(one, one.facts(counted.get(one.id)), tuple(every)))
    this = next(one for one in looked if one.session.id == found.id)
    return Looked(found, this.facts, tuple(people), tuple(looked), len(dates) > MOST_DATES, price_of(found, about), now)


def _concerned(actor: Actor, profile: Profile) -> Concerned:
    grant = access.weigh(actor, Permission.BOOKINGS_VIEW, profile).grant
    assert grant is not None
    return concerned(actor, profile, grant)


def _fits(profile: Profile, session: SessionRow) -> bool:
    facts = session.facts()
    majority = profile.settings.majority_age
    return not fitting.age_reasons(
        person_of(profile), session.age_from, session.age_to, session.starts_on, majority, facts.title
    )


def _by_day(
    found: Sequence[SessionRow], people: Sequence[Relative], about: Profile, now: datetime
) -> tuple[tuple[date, tuple[Offered, ...]], ...]:
    keys: Collection[int] = [one.id for one in found]
    counted = sessions.counted(keys, now)
    mine: dict[int, list[tuple[Relative, BookingRow]]] = defaultdict(list)
    known = {one.id: one for one in people}
    for one in rows.live_of_people(list(keys), list(known), now) if keys else ():
        mine[one.session_id].append((known[one.customer_id], one))
    days: dict[date, list[Offered]] = defaultdict(list)
    for row in found:
        facts = row.facts(counted.get(row.id, Counted()))
        days[row.starts_on].append(Offered(row, facts, price_of(row, about), tuple(mine[row.id])))
    return tuple((day, tuple(some)) for day, some in sorted(days.items()))
