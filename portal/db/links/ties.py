"""Links that keep a customer from being removed (L12)."""

from __future__ import annotations

from portal.db.customers.profiles import Profile
from portal.db.customers.removal import Tie
from portal.db.links import linking
from portal.rules.customers.removal import link_ties
from portal.rules.errors import Reason


def _find(profile: Profile) -> list[Reason]:
    return link_ties(linking.facts([profile.id])[profile.id])


TIES = Tie(20, _find)
