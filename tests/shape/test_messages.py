"""What translators get: every text of the source, and nothing that is no text any more."""

from __future__ import annotations

import ast
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


def test_what_is_said_of_a_number_says_it_for_one_and_for_many() -> None:
    """`say` refuses a count with one text, and two texts without a count: only where it is reached."""
    wrong = []
    for file in sorted((ROOT / "portal").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say":
                counted = any(keyword.arg == "count" for keyword in node.keywords)
                if counted != (len(node.args) == 2):
                    wrong.append(f"{file.relative_to(ROOT)}:{node.lineno}")
    assert wrong == []
