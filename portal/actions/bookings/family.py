"""Whom the bookings pages are about: oneself and those one books for, or the one person somebody acts for (B3)."""

from __future__ import annotations

from dataclasses import dataclass

from portal.actions.customers.people import looked_after
from portal.db.customers.profiles import Profile
from portal.db.groups import wards
from portal.outside import clock
from portal.rules.deciding import Actor, decide
from portal.rules.permissions import Permission


@dataclass(frozen=True, slots=True)
class Relative:
    """Somebody on the pages. `place` is their place in the group, `me` whether it is the actor's own customer; `books`
    says that the actor may book for them.
    """

    id: int
    public_id: str
    name: str
    place: int
    me: bool
    books: bool


def family(actor: Actor, about: Profile, *, books: bool = True) -> list[Relative]:
    """Everybody whose bookings the actor may see from the pages of `about`: on one's own, all Dependents as well, each
    by their place in the group, oneself last; on somebody else's, that person alone.

    `books` says whether the actor may book for `about`.
    """
    own = about.id == actor.customer_id
    if not own or actor.customer_id is None or not about.settings.groups_on:
        return [Relative(about.id, about.public_id, about.name, 0, own, books)]
    settings = about.settings
    around = wards.around(actor.customer_id, settings.majority_age, clock.today(settings.time_zone))
    found = []
    for ward, facts in looked_after(actor, around.wards, settings):
        if decide(actor, Permission.BOOKINGS_VIEW, facts):
            may_book = bool(decide(actor, Permission.BOOKINGS_BOOK, facts))
            place = ward.kinship.subject_place
            found.append(Relative(ward.customer_id, ward.public_id, ward.name, place, False, may_book))
    found.sort(key=lambda one: (one.place, one.name.casefold()))
    return [*found, Relative(about.id, about.public_id, about.name, 0, True, books)]
