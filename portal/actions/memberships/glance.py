"""Memberships on Home: what oneself and those one looks after hold today, and what is left of it (B5, B9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from portal.actions import access
from portal.actions.customers.people import looked_after
from portal.db.customers.profiles import Profile
from portal.db.groups.wards import Ward
from portal.db.memberships import glance as rows
from portal.db.memberships.glance import Glance
from portal.outside import clock
from portal.rules.deciding import Actor, decide
from portal.rules.permissions import Permission


@dataclass(frozen=True, slots=True)
class Card:
    """A membership that counts today: so many visits `left` of `of`, None for any number. `subject` is the public id of
    whoever holds it, "" for oneself; `last` is the last day of its period, `renews_on` None where it does not renew.
    """

    public_id: str
    subject: str
    name: str
    holder: str
    left: int | None
    of: int | None
    frozen: bool
    last: date | None
    renews_on: date | None


def held(actor: Actor, profile: Profile, wards: Sequence[Ward]) -> list[Card]:
    """What a customer and its `wards` hold, within the caller's transaction; at most one query."""
    people = {
        ward.customer_id: (ward.public_id, ward.name)
        for ward, facts in looked_after(actor, wards, profile.settings)
        if decide(actor, Permission.MEMBERSHIPS_VIEW, facts)
    }
    if access.weigh(actor, Permission.MEMBERSHIPS_VIEW, profile):
        people[profile.id] = ("", profile.name)
    found = rows.of_customers(list(people), clock.today(profile.time_zone)) if people else []
    return [_card(one, *people[one.seen.customer_id]) for one in found]


def _card(one: Glance, subject: str, holder: str) -> Card:
    seen = one.seen
    last = seen.ends_on or seen.last
    return Card(seen.public_id, subject, one.plan.name, holder, one.left, one.of, seen.frozen, last, one.renews_on)
