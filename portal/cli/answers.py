"""What every command shares: `--json`, `--as`, and how a refusal is printed."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import click

from portal.actions import logins
from portal.rules.errors import Invalid, PortalError, Refused
from portal.rules.permissions import SYSTEM, Actor

P = ParamSpec("P")
R = TypeVar("R")

as_json = click.option("--json", "json_wanted", is_flag=True, help="Answer in JSON.")
as_login = click.option("--as", "acting_as", metavar="LOGIN", help="Act in the name of this administrator.")


def acting(login: str | None) -> Actor:
    """The administrator named with `--as`, or the system operator. Raises Missing."""
    return logins.administrator(login) if login else SYSTEM


def answering(command: Callable[P, R]) -> Callable[P, R]:
    """Print what an action refuses as sentences on standard error, or as JSON when that was asked for; exit 1."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except PortalError as error:
            if kwargs.get("json_wanted"):
                click.echo(json.dumps(problem(error), ensure_ascii=False))
            for sentence in error.sentences:
                click.echo(sentence, err=True)
            sys.exit(1)

    return run


def problem(error: PortalError) -> dict[str, object]:
    """What went wrong, for `--json`: refusals with their reasons, wrong values by name, else sentences."""
    if isinstance(error, Refused):
        reasons = [{"rule": r.rule, "message": r.message, "remedy": r.remedy} for r in error.reasons]
        return {"refused": reasons}
    if isinstance(error, Invalid):
        return {"invalid": error.fields}
    return {"failed": list(error.sentences)}
