"""Telling people above the next page what they have done."""

from __future__ import annotations

from collections.abc import Sequence

from flask import flash

from portal.rules.sentences import NOTHING, Sentence, say, together
from portal.web.figures import text


def tell(sentence: Sentence, tone: str = "success") -> None:
    """Say something above the next page, in the language of whoever sees it."""
    flash(text(sentence), tone)


def tell_done(deed: Sentence, then: Sentence = NOTHING) -> None:
    """Say what was done, which actions say without a stop, and what follows from it."""
    tell(together(say("{deed}.", deed=deed), then))


def tell_saved(changed: Sequence[Sentence]) -> None:
    """Say which fields a form has changed, by their names."""
    if changed:
        tell(say("Saved: {names}.", names=together(*changed, by=", ")))
    else:
        tell(say("Nothing was different, so nothing changed."))
