"""What operators type: `flask` commands."""

from __future__ import annotations

from importlib import import_module

from flask import Flask

MODULES = ("admin", "customers", "demo", "doctor", "imports", "serve", "statements", "worker")


def register(app: Flask) -> None:
    """Add the commands of every module, each of which lists its own as COMMANDS."""
    for name in MODULES:
        for command in import_module(f"portal.cli.{name}").COMMANDS:
            app.cli.add_command(command)
