"""What somebody gets to see in an answer: its text, the name of its file, and what stands inside files."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable
from functools import cache

from pypdf import PdfReader
from werkzeug.test import TestResponse

from tests.shape.world import CANARIES


def everything(answer: TestResponse) -> str:
    """The headers and the body as text; a PDF and a spreadsheet are read."""
    return f"{answer.headers}\n{_text(answer.mimetype, answer.get_data())}"


def _text(mimetype: str, data: bytes) -> str:
    if mimetype == "application/pdf":
        return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as inside:
            return "\n".join(inside.read(name).decode(errors="replace") for name in inside.namelist())
    return data.decode(errors="replace")


def notations(minor: int) -> tuple[str, ...]:
    """An amount of minor units as pages, files, JSON and the database write it."""
    whole, cents = divmod(minor, 100)
    thousands = [f"{whole:,}".replace(",", mark) for mark in (",", ".", " ", "\u00a0", "\u202f", "'", "’", "")]
    return (*(f"{written}{point}{cents:02}" for written in thousands for point in ".,"), str(minor))


def amounts(text: str, of: Iterable[str]) -> list[str]:
    """Whose canary amounts stand in a text; six digits within a random id or key are nobody's."""
    return [name for name in of if _pattern(name).search(text)]


@cache
def _pattern(name: str) -> re.Pattern[str]:
    *written, minor = notations(CANARIES[name])
    return re.compile("|".join([*map(re.escape, written), rf"(?<!\w){minor}(?!\w)"]))
