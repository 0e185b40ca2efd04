"""What of somebody's memberships keeps them from being removed, and what of it goes with them (L12, PRI5)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import update

from portal.db.customers.erasing import Person
from portal.db.customers.profiles import Profile
from portal.db.customers.removal import Tie
from portal.db.engine import db
from portal.db.memberships import holding
from portal.db.tables import Membership, MembershipFreeze
from portal.outside import clock
from portal.rules.customers.removal import PERSON, membership_ties
from portal.rules.errors import Reason
from portal.rules.memberships.holding import Shown


def _ties(profile: Profile) -> list[Reason]:
    today = clock.today(profile.time_zone)
    held = holding.of_customers([profile.id])
    names = [one.plan.name for one in held if one.membership.shown_on(today) is not Shown.ENDED]
    return membership_ties(profile.name, profile.public_id, names)


def _erase(person: Person, _at: datetime) -> Collection[int]:
    """Memberships stay, since the books charge them; who acted is nobody any more."""
    for table in (Membership, MembershipFreeze):
        db.session.execute(update(table).where(table.actor.in_(person.emails)).values(actor=PERSON))
    return ()


TIES = Tie(45, _ties)
ERASES = _erase
