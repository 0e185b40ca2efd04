"""What operators type: `flask` commands."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

import click
import flask_migrate
from flask import Flask
from flask.cli import ScriptInfo

from portal.cli.terminal import echo
from portal.db import health, soundness
from portal.rules.collecting import declared

LOOKS_BY_ITSELF = frozenset({"serve", "restore"})
"""Commands that begin before there is a database that can be used."""


def register(app: Flask) -> None:
    """Add the commands of every module, each of which lists its own as COMMANDS."""
    for command in commands():
        if command.name not in LOOKS_BY_ITSELF:
            _prepare(command)
        app.cli.add_command(command)


def commands() -> list[click.Command]:
    """Every command and group of commands that a module of this floor declares."""
    return [command for several in declared("portal.cli", "COMMANDS") for command in several]


def _prepare(command: click.Command) -> None:
    """Let a command look at the database first: make the tables of an empty one, and refuse one that is not ours."""
    if isinstance(command, click.Group):
        for part in command.commands.values():
            _prepare(part)
    elif command.callback is not None:
        original = getattr(command.callback, "portal_original", command.callback)
        command.callback = _with_tables(original)


def _with_tables(callback: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(callback)
    def run(*args: Any, **kwargs: Any) -> Any:
        # The application that the command runs for: commands are there once, however many applications are made.
        with click.get_current_context().ensure_object(ScriptInfo).load_app().app_context():
            if fault := soundness.trouble():
                echo(fault, err=True)
                sys.exit(1)
            if health.has_no_tables():
                echo("The database is empty; making its tables.", err=True)
                flask_migrate.upgrade()
        return callback(*args, **kwargs)

    run.portal_original = callback  # type: ignore[attr-defined]
    return run
