"""Mail about bookings, to everybody who signs in for a person or acts for them (B2, B8)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from portal.actions.letters import Envelope, send, short
from portal.actions.notices.texts import portal_address
from portal.db.bookings.timetable import SessionFacts
from portal.db.customers.profiles import Profile
from portal.db.groups import members
from portal.db.groups.guarding import managers_of
from portal.db.logins import people as logins
from portal.db.logins.people import Person
from portal.outside import clock
from portal.outside.pens import pen_for
from portal.rules.bookings.words import when
from portal.rules.scopes import Scope
from portal.rules.sentences import Remark, Sentence, say


def people_for(profile: Profile) -> list[tuple[Person, bool]]:
    """Who hears of a person's bookings: who signs in for it, and the Owners and Admins who may book for it today."""
    own = [person for person in logins.of_customer(profile.id) if person.may_sign_in]
    found = [(person, Scope.FINANCE in person.scopes and not profile.aggregated) for person in own]
    if profile.settings.groups_on:
        today, age = clock.today(profile.time_zone), profile.settings.majority_age
        for manager in managers_of(profile.id):
            reach = {scope for one in members.kinships(manager, profile.id, age, today) for scope in one.reach}
            if Scope.BOOK in reach:
                theirs = [one for one in logins.of_customer(manager) if one.may_sign_in and Scope.BOOK in one.scopes]
                found += [(one, Scope.FINANCE in reach & one.scopes) for one in theirs]
    return list({person.id: (person, sees) for person, sees in reversed(found)}.values())[::-1]


def tell(
    profile: Profile,
    headline: Sentence,
    lines: Sequence[Sentence],
    *,
    purpose: str = "session",
    page: str = "calendar",
    besides: Iterable[int] = (),
) -> int:
    """Queue a mail about a person's bookings in the running transaction; how many get it.

    `headline` is its subject, `lines` are paragraphs, `page` is the part of the portal that it leads to. Logins among
    `besides` know already. A person for whom nobody signs in is written to at its own address where there is one.
    """
    people, known = people_for(profile), set(besides)
    to = [
        (one.email, one.id, one.name, one.customer_id == profile.id, sees)
        for one, sees in people
        if one.id not in known
    ]
    if not people and profile.email:
        to.append((profile.email, 0, profile.name, True, not profile.aggregated))
    for email, login_id, name, own, sees in to:
        pen = pen_for(profile.locale, profile.time_zone, sees)
        path = page if own else f"for/{profile.public_id}/{page}"
        send(
            purpose,
            Envelope(email, pen, profile.partner_name, profile.id, login_id or None),
            headline,
            person=name,
            lines=list(lines),
            partner=profile.partner_name,
            link=f"{portal_address()}/{path}" if login_id else "",
        )
    return len(to)


def moved(profile: Profile, before: SessionFacts, after: SessionFacts) -> int:
    """Tell that a session is at another time."""
    name = short(after.activity_name)
    headline = say("{activity} was moved to {day}", activity=name, day=after.starts_on)
    lines = [
        say("{activity} for {person} is at another time.", activity=after.activity_name, person=profile.name),
        say("Before: {when}", when=when_of(before, profile.time_zone)),
        say("Now: {when}", when=when_of(after, profile.time_zone)),
    ]
    if after.place:
        lines.append(say("Place: {place}", place=after.place))
    return tell(profile, headline, lines)


def cancelled(profile: Profile, session: SessionFacts, reason: str, given_back: Sequence[Sentence]) -> int:
    """Tell that a session does not take place, why, and what became of what was paid for it."""
    headline = say("{activity} on {day} is cancelled", activity=short(session.activity_name), day=session.starts_on)
    lines = [
        say("{activity} for {person} does not take place: {when}.", activity=session.activity_name,
            person=profile.name, when=when_of(session, profile.time_zone)),
        say("Why: {reason}", reason=Remark(reason)),
        *given_back,
    ]  # fmt: skip
    return tell(profile, headline, lines)


def when_of(session: SessionFacts, home: str) -> Sentence:
    """When a session is; its zone is named where it is not `home`."""
    found = session.span
    return when(
        found.starts, found.ends, whole_day=session.whole_day, zone="" if session.zone == home else session.zone
    )
