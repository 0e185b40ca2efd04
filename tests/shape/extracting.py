"""How Babel finds texts in Python, for babel.cfg: as it does anyway, and with both forms of `say`.

`say("{who} is gone.", who=…)` is one text, `say("{n} day", "{n} days", count=n)` one with a plural.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, BinaryIO

from babel.messages.extract import extract_python


def python(
    file: BinaryIO, keywords: Collection[str], comment_tags: Collection[str], options: dict[str, Any]
) -> Iterator[tuple[int, str, Any, list[str]]]:
    """What Babel's own extractor yields; a `say` without a second text goes by the name `say_one`."""
    for line, name, texts, comments in extract_python(file, keywords, comment_tags, options):
        if name == "say":
            first, second = (texts[0], texts[1]) if isinstance(texts, tuple) else (texts, None)
            yield (line, "say", (first, second), comments) if second else (line, "say_one", first, comments)
        else:
            yield line, name, texts, comments
