"""Reading phone numbers that people write."""

from __future__ import annotations

from portal.rules.digits import tidied
from portal.rules.sentences import Sentence, say


class NoPhone(ValueError):
    """What was written is no phone number; `sentence` says why."""

    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence
        super().__init__(str(sentence))


def read_phone(text: str) -> str:
    """A phone number as it is kept: the way it was written ("+44 (0)1273 555-010, mornings"), in Western digits and
    without invisible marks. Raises NoPhone for text in which nothing could be dialled.
    """
    typed = tidied(text)
    if not any(character.isdecimal() for character in typed):
        raise NoPhone(say("“{text}” is not a phone number. Write it like +44 1273 555 010.", text=typed[:40]))
    return typed
