"""What translators get: every text of the source, and nothing that is no text any more."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from babel.messages.pofile import read_po

from tests.shape.wording import ROOT

TEMPLATE = ROOT / "portal" / "translations" / "messages.pot"


def test_the_template_of_catalogues_is_up_to_date(tmp_path: Path) -> None:
    made = tmp_path / "messages.pot"
    make = (ROOT / "Makefile").read_text(encoding="utf-8")
    options = make.split("EXTRACT := ")[1].split("\n\n")[0].replace("\\\n", " ").split()
    command = [sys.executable, "-m", "babel.messages.frontend", *options, f"--output={made}", "."]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    assert made.read_text(encoding="utf-8") == TEMPLATE.read_text(encoding="utf-8"), "run make messages"


def test_messages_end_where_their_text_ends() -> None:
    with TEMPLATE.open("rb") as file:
        messages = [message for message in read_po(file) if message.id]
    texts = [text for message in messages for text in (message.id if message.pluralizable else [message.id])]
    assert [text for text in texts if text != text.strip()] == []
