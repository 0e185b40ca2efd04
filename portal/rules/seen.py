"""What somebody was shown before they decided: a deed goes ahead only while it is still so."""

from __future__ import annotations

from portal.rules.errors import Conflict
from portal.rules.sentences import Sentence, say

CHANGED = say("The figures have changed since you looked. Check them again before you go on.")


def unchanged(shown: str | int | None, now: str | int, otherwise: Sentence = CHANGED) -> None:
    """Raise Conflict with `otherwise` when the mark or version that was shown is not the one of now.

    None was shown to nobody: commands and other systems that decide without looking.
    """
    if shown is not None and shown != now:
        raise Conflict(otherwise)
