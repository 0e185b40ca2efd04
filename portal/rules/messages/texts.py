"""What a message to many says: its words, and the places at which each person's own stand (O2)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from portal.rules.errors import Invalid
from portal.rules.messages.states import Way
from portal.rules.outbox import check_header
from portal.rules.sentences import Sentence, say

LONGEST_SUBJECT = 200
LONGEST_TEXT = 10_000
LONGEST_SMS = 600
PLACES = ("first name", "name", "people")
"""What can be put in: the first name or the whole name of whoever gets it, and the names of all whom it concerns."""

_PLACE = re.compile(r"\{([^{}\n]{0,40})\}")
_PARAGRAPHS = re.compile(r"\n\s*\n")


def check(subject: str, text: str, ways: Sequence[Way]) -> None:
    """Raise Invalid with everything that is wrong with the words of a message."""
    faults: dict[str, Sentence] = {}
    if not subject.strip():
        faults["subject"] = say("Write a subject.")
    if not text.strip():
        faults["text"] = say("Write a text.")
    if len(text) > LONGEST_TEXT:
        faults["text"] = say("This is longer than {longest} characters. Please shorten it.", longest=LONGEST_TEXT)
    if Way.SMS in ways and len(text) > LONGEST_SMS:
        message = say("A text message has {longest} characters at most. Please shorten it.", longest=LONGEST_SMS)
        faults["text"] = message
    for name, words in (("subject", subject), ("text", text)):
        strange = next((one for one in _PLACE.findall(words) if one.strip().casefold() not in PLACES), None)
        if strange is not None:
            message = say(
                "There is nothing called {word} that could be put in. There are: {words}.",
                word=f"{{{strange}}}",
                words=tuple(f"{{{one}}}" for one in PLACES),
            )
            faults.setdefault(name, message)
    if faults:
        raise Invalid(faults)
    check_header("subject", subject, LONGEST_SUBJECT)


def filled(text: str, places: Mapping[str, str]) -> str:
    """A text with each person's own words at its places; what was put in is not looked at again."""
    return _PLACE.sub(lambda match: places.get(match[1].strip().casefold(), match[0]), text)


def paragraphs(text: str) -> list[list[str]]:
    """A text by paragraphs, each with its lines, as an empty line parts them."""
    whole = text.replace("\r\n", "\n").strip()
    return [[line.rstrip() for line in one.split("\n")] for one in _PARAGRAPHS.split(whole)]
