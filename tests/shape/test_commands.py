"""Every command stands in the README's table, answers in JSON, and says in whose name it changes something."""

from __future__ import annotations

from collections.abc import Iterator

import click

from portal import cli
from portal.cli.answers import answering
from portal.config import ROOT
from portal.rules.imports import FileKind

README = (ROOT / "README.md").read_text(encoding="utf-8")
TABLE = README[README.index("## Commands") :].partition("\n## ")[0]


READING = {"customer show", "can", "statement", "doctor", "group show", "features show"}
"""Commands that change nothing. Any other one takes `--as`."""

MACHINERY = {"serve", "worker", "backup", "restore"}
"""What acts for nobody: processes, which do in somebody's name what somebody asked for, and copies of everything."""


def commands() -> Iterator[tuple[str, click.Command]]:
    for command in cli.commands():
        if isinstance(command, click.Group):
            yield from ((f"{command.name} {part}", found) for part, found in command.commands.items())
        else:
            yield str(command.name), command


def without(option: str) -> set[str]:
    """The commands that do not take an option."""
    return {name for name, command in commands() if not any(option in one.opts for one in command.params)}


def test_every_command_is_documented() -> None:
    assert [name for name, _ in commands() if f"`flask {name}" not in TABLE] == []


def test_every_command_answers_in_json() -> None:
    assert without("--json") == set()


def test_every_command_that_changes_something_says_in_whose_name() -> None:
    assert without("--as") - READING - MACHINERY == set()
    assert {name for name, _ in commands()} >= READING | MACHINERY, "a command that is gone"


def test_every_command_prints_refusals_alike() -> None:
    """`answering` is what turns an error into sentences, or into JSON by the name of the `--json` option."""
    for name, command in commands():
        assert command.callback is not None
        wrapped = getattr(command.callback, "portal_original", command.callback)
        layers = []
        while wrapped is not None:
            layers.append(getattr(wrapped, "__code__", None))
            wrapped = getattr(wrapped, "__wrapped__", None)
        assert answering(len).__code__ in layers, name  # type: ignore[attr-defined, arg-type]
        assert any(one.name == "json_wanted" for one in command.params), name


def test_what_links_removes_or_settles_can_be_previewed() -> None:
    previewed = {name for name, command in commands() if any("--preview" in one.opts for one in command.params)}
    assert previewed == {
        *("link", "mode", "unlink", "management", "partner link", "partner unlink", "book"),
        *("customer status", "customer remove", "allocate", "billing run"),
        "order place",
        *("service add", "service change", "service pause", "service resume", "service stop"),
        *("membership buy", "membership renew", "membership end"),
        *("membership freeze", "membership unfreeze", "membership change"),
    }


def test_every_kind_of_import_is_documented() -> None:
    (line,) = [line for line in TABLE.splitlines() if line.startswith("| `flask import ")]
    assert [kind for kind in FileKind if kind.value not in line] == []
