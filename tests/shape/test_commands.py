"""Every command stands in the README's table of commands."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

import click

from portal.cli import MODULES
from portal.config import ROOT
from portal.rules.imports import FileKind

README = (ROOT / "README.md").read_text(encoding="utf-8")
TABLE = README[README.index("## Commands") : README.index("## The house")]


def commands() -> Iterator[str]:
    for name in MODULES:
        for command in import_module(f"portal.cli.{name}").COMMANDS:
            parts = command.commands if isinstance(command, click.Group) else {}
            yield from (f"{command.name} {part}" for part in parts) if parts else (str(command.name),)


def test_every_command_is_documented() -> None:
    assert [name for name in commands() if f"`flask {name}" not in TABLE] == []


def test_every_kind_of_import_is_documented() -> None:
    (line,) = [line for line in TABLE.splitlines() if line.startswith("| `flask import ")]
    assert [kind for kind in FileKind if kind.value not in line] == []
