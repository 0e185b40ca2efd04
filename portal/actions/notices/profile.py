"""What a customer was told of its blocks, for its profile in the back office."""

from __future__ import annotations

from portal.actions import access
from portal.db import notices
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot
from portal.db.notices import Told as Told
from portal.rules.deciding import Actor
from portal.rules.permissions import Permission


@snapshot
def told(actor: Actor, profile: Profile) -> list[Told]:
    """The latest notices of blocking to a loaded profile, newest first."""
    access.require(actor, Permission.CUSTOMERS_VIEW, profile)
    return notices.told(profile.id)
