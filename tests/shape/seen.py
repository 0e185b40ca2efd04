"""What somebody gets to see in an answer: its text, the name of its file, and what stands inside files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable

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
    """Whose canary amounts stand in a text."""
    return [name for name in of if any(written in text for written in notations(CANARIES[name]))]
