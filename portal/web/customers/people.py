"""Everybody one may act for: where the switcher's list goes on."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from jinja2_fragments.flask import render_block

from portal.actions.customers import people
from portal.actions.customers.people import PeoplePage
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.web.frame import home_of, relation, wants_fragment
from portal.web.guard import actor, needs, subject
from portal.web.listing import Listing, page_number

bp = Blueprint("people", __name__)

PART_OF = "people", "sub_accounts"


@bp.get("/people")
@needs(Permission.HOME)
def index() -> ResponseReturnValue:
    """Search among the customers one may act for, and switch to one of them."""
    typed = request.args.get("q", "").strip()[:100]
    found = people.find(actor(), subject(), typed, page_number())
    values = _values(found, typed)
    if not wants_fragment():
        return render_template("people/index.html", **values)
    response = make_response("".join(render_block("people/index.html", name, **values) for name in ("list", "news")))
    response.headers["HX-Push-Url"] = _listing(typed).address(page=found.page)
    return response


def _values(found: PeoplePage, typed: str) -> dict[str, object]:
    first = found.before
    rows = [
        {
            "face": person.name,
            "place": person.place,
            "title": person.name,
            "url": home_of(person.public_id),
            "detail": relation(person),
            "action": say("Act for"),
            "action_url": home_of(person.public_id),
        }
        for person in found.people
    ]
    return {
        "main": subject(),
        "found": found,
        "typed": typed,
        "rows": rows,
        "first": first + 1 if rows else 0,
        "last": first + len(rows),
        **_listing(typed).pages(found.page, found.pages),
    }


def _listing(typed: str) -> Listing:
    return Listing(partial(url_for, "people.index"), {"q": typed})
