"""What previews of links have in common: their lines, the two customers held, and the last check before the deed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.rules import seen
from portal.rules.errors import Reason, Refused
from portal.rules.sentences import Sentence


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a preview: what changes, from what, to what."""

    what: Sentence
    before: Sentence
    after: Sentence


def held(first: Profile, second: Profile) -> tuple[Profile, Profile]:
    """Both customers read again while nobody can change their links or post to them."""
    customers.lock([first.id, second.id], exclusive=True)
    profiles = customers.by_ids([first.id, second.id])
    return profiles[first.id], profiles[second.id]


def go_ahead(reasons: Sequence[Reason], headline: Sentence, *, shown: str | None, now: str) -> None:
    """Raise Refused with `reasons`, if there are any, and Conflict when the mark `shown` is not the one of `now`."""
    if reasons:
        raise Refused(reasons, headline)
    seen.unchanged(shown, now)
