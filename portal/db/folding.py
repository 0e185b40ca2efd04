"""Text as search stores and compares it."""

from __future__ import annotations

from anyascii import anyascii

from portal.rules.texts import plain


def fold(text: str) -> str:
    """Plain lower-case letters with single spaces: "Łukasz  Café" is "lukasz cafe"."""
    return " ".join(anyascii(plain(text)).lower().split())


def literally(text: str) -> str:
    """Text for a pattern of LIKE with ESCAPE '/' in which it stands for itself."""
    return text.replace("/", "//").replace("%", "/%").replace("_", "/_")
