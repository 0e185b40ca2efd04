"""Text as search stores and compares it."""

from __future__ import annotations

from anyascii import anyascii

from portal.rules.texts import plain


def fold(text: str) -> str:
    """Plain lower-case letters with single spaces: "Łukasz  Café" is "lukasz cafe"."""
    return " ".join(anyascii(plain(text)).lower().split())


def searched(text: str) -> str:
    """What a text is found by: as `fold` has it, and words with an apostrophe without it as well.

    "Zoë O’Brien" is "zoe o'brien obrien", so that neither way of typing it finds nobody.
    """
    folded = fold(text)
    return " ".join([folded, *(word.replace("'", "") for word in folded.split() if "'" in word.strip("'"))]).strip()


def literally(text: str) -> str:
    """Text for a pattern of LIKE with ESCAPE '/' in which it stands for itself."""
    return text.replace("/", "//").replace("%", "/%").replace("_", "/_")
