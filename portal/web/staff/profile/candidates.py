"""Choosing another customer: the search that linking, sharing balances and joining a group begin with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from jinja2_fragments.flask import render_block

from portal.actions.customers.search import Candidate, Candidates
from portal.rules.errors import Invalid
from portal.rules.sentences import NOTHING, Sentence, say
from portal.web.customers.status import StatusView, status_view
from portal.web.frame import wants_fragment
from portal.web.staff.profile.head import frame, tab

CANNOT_BE_LINKED = say("Cannot be linked as it is:")


@dataclass(frozen=True, slots=True)
class Wording:
    """What a search page says and where it leads. `unfit` introduces why somebody cannot be chosen as they are.

    `nobody` is said first where nothing is found; `new_url` is where somebody who is no customer yet is added, "" where
    that is not possible.
    """

    title: Sentence
    label: Sentence
    search_url: str
    back_url: str
    noun: str = "customer"
    unfit: Sentence = CANNOT_BE_LINKED
    nobody: Sentence = NOTHING
    new_url: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A customer that was found, and the button beside it; `about` follows its words where they are read out."""

    found: Candidate
    status: StatusView
    url: str
    button: Sentence
    about: Sentence


def row(found: Candidate, url: str, button: Sentence, about: Sentence = NOTHING) -> Row:
    """A customer that was found, with its status."""
    other = found.customer
    return Row(found, status_view(other.status, other.main_name or "", other.blocked_cause), url, button, about)


def choose(found: Candidate, url: str) -> Row:
    """A row that leads on, also where the next page will say what is in the way."""
    return row(found, url, say("See why") if found.hint else say("Choose"))


def search(
    current: str,
    template: str,
    wording: Wording,
    look: Callable[[str], Candidates],
    row_of: Callable[[Candidate], Row],
    *,
    code: int = 200,
    **values: Any,
) -> ResponseReturnValue:
    """The page of a search below the tab `current`, or its results for htmx. `look` may raise Invalid for the text."""
    text = request.args.get("q", "")
    wrong: dict[str, list[Sentence]] = {}
    try:
        found = look(text)
    except Invalid as error:
        wrong, found = error.fields, Candidates([], 0)
    values |= {
        "text": text,
        "found": found,
        "wrong": wrong,
        "rows": [row_of(one) for one in found.rows],
        "say": wording,
    }
    if wants_fragment():
        return render_block("staff/customers/candidates.html", "results", **frame(current), **values)
    return tab(current, template, code=code, **values)
