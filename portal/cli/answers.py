"""What every command shares: `--json`, `--as`, and how a refusal is printed."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import ParamSpec, Protocol, TypeVar

import click
from sqlalchemy.exc import DBAPIError

from portal.actions import logins
from portal.cli.terminal import echo
from portal.rules import outward
from portal.rules.deciding import SYSTEM, Actor
from portal.rules.errors import Invalid, PortalError, Reason, Refused
from portal.rules.money import format_minor
from portal.rules.sentences import MASKED, Sentence, plain, say, verbatim

P = ParamSpec("P")
R = TypeVar("R")

as_json = click.option("--json", "json_wanted", is_flag=True, help="Answer in JSON.")
as_login = click.option("--as", "acting_as", metavar="LOGIN", help="Act in the name of this administrator.")

as_anybody = click.option(
    "--as", "acting_as", metavar="LOGIN", help="Act in the name of this administrator, or of this customer's login."
)


def acting_for(login: str | None) -> Actor:
    """Whoever is named with `--as`, a customer's login too, or the system operator. Raises Missing.

    For what customers do on their pages: then everything is decided as it is there.
    """
    actor = logins.somebody(login) if login else SYSTEM
    click.get_current_context().meta[_ACTOR] = actor
    return actor


def acting(login: str | None) -> Actor:
    """The administrator named with `--as`, or the system operator. Raises Missing."""
    actor = logins.administrator(login) if login else SYSTEM
    click.get_current_context().meta[_ACTOR] = actor
    return actor


def told(said: Sentence) -> str:
    """A sentence in plain English, without amounts for an administrator who may not see finances (S9)."""
    actor: Actor = click.get_current_context().meta.get(_ACTOR, SYSTEM)
    return plain(said, figures=actor.sees_finances)


def figure(minor: int, currency: str) -> str:
    """An amount without its currency, or what stands for one that the administrator may not see (S9)."""
    actor: Actor = click.get_current_context().meta.get(_ACTOR, SYSTEM)
    return format_minor(minor, currency) if actor.sees_finances else MASKED


_ACTOR = "portal.cli.actor"


def answering(command: Callable[P, R]) -> Callable[P, R]:
    """Print what an action refuses as sentences on standard error, or as JSON when that was asked for; exit 1."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except PortalError as error:
            fault = error
        except DBAPIError as error:
            if not _cannot_be_used(error):
                raise
            fault = PortalError(_unusable(error))
        if kwargs.get("json_wanted"):
            show(problem(fault))
        for sentence in fault.sentences:
            echo(told(sentence), err=True)
        sys.exit(1)

    return run


def _unusable(error: DBAPIError) -> Sentence:
    reason = verbatim(_first_line(error))
    if "malformed" in str(error.orig) or "not a database" in str(error.orig):
        return say(
            "The database is damaged: {reason}. Stop the portal and restore a backup with “flask restore FILE”.",
            reason=reason,
        )
    return say("The database cannot be used: {reason}. Is it there, and migrated?", reason=reason)


def _cannot_be_used(error: DBAPIError) -> bool:
    """Whether the database is out of reach or lacks its tables, which is no fault of the command's."""
    text = str(error.orig).lower()
    known = ("no such table", "unable to open", "not a database", "connection", "does not exist", "malformed")
    return error.connection_invalidated or any(words in text for words in known)


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().partition("\n")[0].rstrip(".")


def problem(error: PortalError) -> dict[str, object]:
    """What went wrong, for `--json`: refusals with their reasons, wrong values by name, else sentences."""
    if isinstance(error, Refused):
        return {"refused": _listed(error.reasons)}
    if isinstance(error, Invalid):
        return {"invalid": {name: list(map(told, texts)) for name, texts in error.fields.items()}}
    return {"failed": list(map(told, error.sentences))}


def _listed(reasons: Iterable[Reason]) -> list[dict[str, str]]:
    return [{"rule": str(r.rule), "message": told(r.message), "remedy": told(r.remedy)} for r in reasons]


class _Line(Protocol):
    """One line of a preview: what changes, from what, to what."""

    @property
    def what(self) -> Sentence: ...
    @property
    def before(self) -> Sentence: ...
    @property
    def after(self) -> Sentence: ...


def foreseen(
    headline: Sentence, changes: Iterable[_Line], warnings: Iterable[Sentence] = (), reasons: Iterable[Reason] = ()
) -> dict[str, object]:
    """What every `--preview --json` begins with: `preview`, `changes`, `warnings`, and `refused` where rules say no.

    Commands add what is theirs. `preview` is the deed in words, without a full stop.
    """
    answer: dict[str, object] = {
        "preview": told(headline).removesuffix("."),
        "changes": [{"what": told(c.what), "before": told(c.before), "after": told(c.after)} for c in changes],
        "warnings": list(map(told, warnings)),
    }
    refused = _listed(reasons)
    return answer | ({"refused": refused} if refused else {})


def end_refused(reasons: Sequence[Reason]) -> None:
    """Print why a preview cannot be carried out, if so, and exit 1."""
    for sentence in Refused(reasons).sentences:
        echo(told(sentence), err=True)
    if reasons:
        sys.exit(1)


def show(answer: object) -> None:
    """Print an answer as JSON."""
    echo(outward.shown_json(json.dumps(answer, ensure_ascii=False)))
