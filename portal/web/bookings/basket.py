"""The basket: one page that says who, when, what it costs, who pays and what does not fit, and one button (B6, B7)."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from portal.actions.bookings import baskets
from portal.actions.bookings.baskets import Look
from portal.actions.bookings.family import family
from portal.rules.bookings.states import BookingPayer
from portal.rules.errors import Conflict, Refused
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say
from portal.web.addresses import address, page
from portal.web.bookings.pages import bp, frame
from portal.web.forms import sent_key, sent_mark
from portal.web.guard import actor, needs, subject
from portal.web.remedies import linked
from portal.web.telling import tell

NEEDED = frozenset({"B2", "B3"})
"""What is decided at the line: a full session, a clash."""


@page(bp, "/bookings/basket", methods=("GET", "POST"))
@needs(Permission.BOOKINGS_BOOK)
def basket() -> ResponseReturnValue:
    """What is in the basket, as it would be booked; booking all of it."""
    if request.method == "GET":
        return _page()
    if not sent_mark():
        return _page(422, conflict=say("Look at your bookings first, then confirm them."))
    try:
        done = baskets.confirm(actor(), mark=sent_mark(), once=sent_key())
    except Conflict as error:
        return _page(409, conflict=error.sentence)
    except Refused as error:
        return _page(409, refused=linked(error.reasons))
    tell(
        _told(sum(one.state == "booked" for one in done.bookings), sum(one.state != "booked" for one in done.bookings))
    )
    return redirect(address("bookings.listed"), 303)


def _told(booked: int, waiting: int) -> Sentence:
    first = say("{count} place is booked.", "{count} places are booked.", count=booked)
    second = say("{count} waiting list joined.", "{count} waiting lists joined.", count=waiting)
    if booked and waiting:
        return say("{first} {second}", first=first, second=second)
    return first if booked else second


@page(bp, "/bookings/basket/<public_id:item>", methods=("POST",))
@needs(Permission.BOOKINGS_BOOK)
def decide(item: str) -> ResponseReturnValue:
    """Decide about one line, or take it out."""
    choice = request.form.get("choice", "")
    if choice == "remove":
        baskets.remove(actor(), item, once=sent_key())
    elif choice in ("wait", "no_wait"):
        baskets.decide(actor(), item, wait=choice == "wait", once=sent_key())
    elif choice in ("anyway", "not_anyway"):
        baskets.decide(actor(), item, anyway=choice == "anyway", once=sent_key())
    elif choice in ("instead", "not_instead"):
        baskets.decide(actor(), item, instead=choice == "instead", once=sent_key())
    return _again(item)


@page(bp, "/bookings/basket/payer", methods=("POST",))
@needs(Permission.BOOKINGS_BOOK)
def payer() -> ResponseReturnValue:
    """Choose who pays for everything, or for each person."""
    known = {one.value for one in BookingPayer}
    each = {name.removeprefix("payer-"): value for name, value in request.form.items() if name.startswith("payer-")}
    choice = request.form.get("payer", "")
    if each and set(each.values()) <= known:
        baskets.choose_payers(actor(), {name: BookingPayer(value) for name, value in each.items()}, once=sent_key())
    elif choice in known:
        baskets.choose_payer(actor(), BookingPayer(choice), once=sent_key())
    return _again("")


@page(bp, "/bookings/basket/hold", methods=("POST",))
@needs(Permission.BOOKINGS_BOOK)
def hold() -> ResponseReturnValue:
    """Hold the places for another five minutes."""
    baskets.hold_longer(actor(), once=sent_key())
    tell(say("Your places are held for another five minutes, as far as they are free."))
    return _again("")


def _again(item: str) -> ResponseReturnValue:
    return redirect(address("bookings.basket") + (f"#line-{item}" if item else ""), 303)


def _page(code: int = 200, **more: Any) -> ResponseReturnValue:
    found = baskets.look(actor())
    places = {one.id: one.place for one in family(actor(), subject())}
    values: dict[str, Any] = {
        "found": found,
        "people": _people(found, places) if found else [],
        "reasons": linked(_other(found)) if found else [],
        "conflict": NOTHING,
        "refused": [],
        **frame("basket"),
        **more,
    }
    return render_template("bookings/basket.html", **values), code


def _other(found: Look) -> list[Any]:
    """What stands against it besides what is decided at a line."""
    return [one for one in found.reasons if one.rule not in NEEDED]


def _people(found: Look, places: dict[int, int]) -> list[dict[str, Any]]:
    """The lines of each person, in the order in which people were added, with what they come to."""
    order = {key: index for index, key in enumerate(dict.fromkeys(line.item.customer_id for line in found.lines))}
    lines = sorted(found.lines, key=lambda line: order[line.item.customer_id])
    people = []
    for key, some in groupby(lines, key=lambda line: line.item.customer_id):
        own = list(some)
        total = sum(line.planned.price_minor for line in own if line.planned)
        people.append(
            {
                "name": own[0].item.name,
                "id": own[0].item.customer,
                "place": places.get(key, 0),
                "lines": [_line(line) for line in own],
                "total_minor": total,
            }
        )
    return people


def _line(line: baskets.Line) -> dict[str, Any]:
    planned = line.planned
    reasons = planned.reasons if planned else ()
    clash = [one for one in reasons if one.rule == "B3"]
    full = [one for one in reasons if one.rule == "B2"]
    return {
        "line": line,
        "item": line.item,
        "planned": planned,
        "clash": clash,
        "full": full,
        "can_wait": bool(full) and planned is not None and planned.facts.free <= planned.facts.waiting,
        "others": [one for one in reasons if one.rule not in NEEDED],
    }
