"""What becomes of a line of a bank file."""

from __future__ import annotations

from enum import StrEnum

from portal.rules.sentences import Sentence, say


class LineState(StrEnum):
    """Open until somebody decides; a confirmed line is one payment, an ignored one can still be confirmed (F16)."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    IGNORED = "ignored"

    @property
    def label(self) -> Sentence:
        """The word for it."""
        return _LABELS[self]


_LABELS = {
    LineState.OPEN: say("Open"),
    LineState.CONFIRMED: say("Confirmed"),
    LineState.IGNORED: say("Ignored"),
}
