"""Rules for templates that neither ruff nor djlint knows; `make lint` runs `python -m tests.shape.wording`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 120
UNESCAPED = re.compile(r"\|\s*safe\b|\bautoescape\s+false\b")
RAW_ECHO = re.compile(r"\bclick\.s?echo\(")
HTML_BY_HAND = re.compile(r"\bMarkup\(|\.from_string\(")

OUR_TEXTS = ROOT / "portal" / "outside" / "languages.py"
"""Makes the texts of templates safe, which are ours; what is put into them is escaped."""

TERMINAL = {ROOT / "portal" / "cli" / "terminal.py"}
"""What is printed passes here, where nothing keeps powers over the terminal."""


def wrong() -> Iterator[str]:
    """What is wrong, as file:line: and a sentence."""
    for path in sorted((ROOT / "templates").rglob("*.*")):
        for place, line in _lines(path):
            if UNESCAPED.search(line):
                yield f"{place}: what people typed is escaped, always."
            if path.suffix == ".html" and len(line) > LONGEST:
                yield f"{place}: longer than {LONGEST} characters."
    for path in sorted(set((ROOT / "portal").rglob("*.py")) - {OUR_TEXTS}):
        yield from (f"{place}: HTML is drawn by templates." for place, _ in _lines(path, HTML_BY_HAND))
    for path in sorted(set((ROOT / "portal" / "cli").glob("*.py")) - TERMINAL):
        yield from (f"{place}: commands print with portal.cli.terminal." for place, _ in _lines(path, RAW_ECHO))


def _lines(path: Path, pattern: re.Pattern[str] | None = None) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if pattern is None or pattern.search(line):
            yield f"{path.relative_to(ROOT)}:{number}", line


if __name__ == "__main__":
    found = list(wrong())
    sys.stderr.writelines(f"{line}\n" for line in found)
    sys.exit(bool(found))
