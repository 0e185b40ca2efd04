"""Mail about bookings: to whoever signs in for the person, or else to those of the group who act for it.

It is queued in the transaction of the deed, so that it goes out once, and only if that happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from portal.actions.groups.mails import people_of
from portal.actions.letters import Envelope, send, short
from portal.actions.notices.texts import portal_address
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.groups import members as groups
from portal.db.logins.people import Person
from portal.outside import clock
from portal.outside.pens import pen_for
from portal.rules.deciding import Actor
from portal.rules.groups import GroupRole, lasts
from portal.rules.scopes import Scope
from portal.rules.sentences import Sentence, say


def tell(subject: Profile, headline: Sentence, lines: Sequence[Sentence], *, but: Actor | None = None) -> int:
    """Tell whoever acts for a customer; to how many. `but` is who did it and knows it already."""
    told = 0
    for person in who_acts_for(subject):
        if but is not None and person.id == but.login_id:
            continue
        own = person.customer_id == subject.id
        path = "/bookings" if own else f"/for/{subject.public_id}/bookings"
        send(
            "booking",
            Envelope(
                person.email, pen_for(subject.locale, subject.time_zone), subject.partner_name, subject.id, person.id
            ),
            headline,
            person=person.name,
            title=headline,
            lines=list(lines),
            link=f"{portal_address()}{path}",
        )
        told += 1
    return told


def who_acts_for(subject: Profile) -> list[Person]:
    """Everybody who signs in for a customer; for one without a login, those of its groups who may book for it."""
    own = people_of(subject.id)
    if own or not subject.settings.groups_on:
        return own
    today = clock.today(subject.time_zone)
    found: dict[int, Person] = {}
    for membership in groups.memberships(subject.id):
        if not membership.on or membership.role is not GroupRole.DEPENDENT or not lasts(membership.until, today):
            continue
        for member in groups.members(membership.group_id):
            if member.role.manages and Scope.BOOK in member.scopes and lasts(member.until, today):
                found |= {one.id: one for one in people_of(member.customer_id) if Scope.BOOK in one.scopes}
    return list(found.values())


def titled(what: Sentence, name: str) -> Sentence:
    """A subject that names the person: "Booked: Swimming, 7 Dec 2026, 17:30 for Mia"."""
    return say("{what} for {name}", what=what, name=short(name))


def named(ids: Iterable[int]) -> dict[int, Profile]:
    """The people to be told, by their keys."""
    return customers.by_ids(set(ids))
