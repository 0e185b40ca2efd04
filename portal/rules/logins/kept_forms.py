"""What was typed into a form that could not be taken, kept for its owner until they have signed in again (I2)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from enum import Enum

from portal.rules.sentences import Sentence, say

LIFETIME = timedelta(hours=1)
MOST = 5
"""So many forms of one login are kept; the oldest gives way."""

LONGEST = 100_000
"""Characters of all that was typed; what is longer is not kept."""

_SECRET = re.compile(r"password|passwd|secret|token|code|csrf", re.IGNORECASE)
_OWN = frozenset({"idempotency_key", "whose"})

Pairs = list[tuple[str, str]]


class Over(Enum):
    """Why somebody is not signed in any more, as they are told."""

    IDLE = say("Nothing happened for a while, so you were signed out.")
    EXPIRED = say("You were signed in for as long as that lasts, so you were signed out.")
    ENDED = say("You have been signed out: here, from another device, or because your password changed.")
    LEFT = say("You signed out in another tab.")
    LOST = say("Your browser no longer knows that you were signed in: its cookie for this site is gone.")

    @property
    def sentence(self) -> Sentence:
        return self.value


def worth_keeping(fields: Iterable[tuple[str, str]]) -> tuple[Pairs, bool]:
    """What of a form may be kept, and whether something was left out: passwords and codes never are, nor the marks that
    belong to one showing of the form. Nothing at all where there is too much of it.
    """
    sent = [(name, text) for name, text in fields if name not in _OWN]
    kept = [(name, text) for name, text in sent if not _SECRET.search(name)]
    secret = any(text and name != "csrf_token" for name, text in sent if _SECRET.search(name))
    if sum(len(name) + len(text) for name, text in kept) > LONGEST:
        return [], True
    return kept, secret
