"""Settling a customer step by step before it becomes an aggregated sub-account (L6)."""

from __future__ import annotations

from typing import Any

from flask import redirect, request
from flask.typing import ResponseReturnValue

from portal.actions.links import settlement as actions
from portal.actions.links.settlement import Look, Settlement
from portal.rules.errors import Conflict, Missing, Refused
from portal.rules.links.facts import BillingMode
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say
from portal.web.forms import sent_key, sent_mark
from portal.web.guard import actor, needs, shows_finances, subject
from portal.web.remedies import linked
from portal.web.staff.customers import bp
from portal.web.staff.profile.head import at, tab
from portal.web.telling import tell_done


@bp.get("/<public_id:subject>/settle")
@needs(Permission.SUB_ACCOUNTS_LINK)
def settle() -> ResponseReturnValue:
    """The list of what has to be settled, each with what clears it; when nothing is left, on to the link."""
    return _list(actions.plan(actor(), _main(), subject().public_id))


@bp.route("/<public_id:subject>/settle/step", methods=["GET", "POST"])
@needs(Permission.SUB_ACCOUNTS_LINK)
def settle_step() -> ResponseReturnValue:
    """One step once more before it is done (UX8), and the deed; afterwards back to the list."""
    main, sub, key = _main(), subject().public_id, request.values.get("step", "")[:80]
    if request.method == "GET":
        return _again(main, sub, key, NOTHING)
    try:
        sentence = actions.carry_out(actor(), main, sub, key, mark=sent_mark(), once=sent_key())
    except Conflict as error:
        return _again(main, sub, key, error.sentence)
    except Refused:
        return _check(*actions.look(actor(), main, sub, key), code=409)
    tell_done(sentence)
    return redirect(at("settle", sub, **_kept(main)), 303)


def _main() -> str:
    """The public id of the main account to be."""
    main = request.values.get("main", "") or subject().main_public_id or ""
    if not main:
        raise Missing()
    return main


def _kept(main: str) -> dict[str, str]:
    """What every address of these pages holds: the main account, and whether the link was begun on its profile."""
    return {"main": main, "as": "sub"} if request.values.get("as") == "sub" else {"main": main}


def _again(main: str, sub: str, key: str, conflict: Sentence) -> ResponseReturnValue:
    """The step as it is now, or the list when there is nothing to do about it any more."""
    try:
        found, seen = actions.look(actor(), main, sub, key)
    except Conflict as error:
        return _list(actions.plan(actor(), main, sub), code=409, conflict=error.sentence)
    return _check(found, seen, code=409 if conflict else 200, conflict=conflict)


def _list(found: Settlement, *, code: int = 200, conflict: Sentence = NOTHING) -> ResponseReturnValue:
    shows_finances()
    main, sub = found.main.public_id, found.sub.public_id
    if found.sub.main_id == found.main.id:
        next_url, next_button = at("mode", sub, mode=BillingMode.AGGREGATED.value), say("Check the billing mode")
    else:
        here, other = (main, sub) if "as" in _kept(main) else (sub, main)
        chosen = {"as": "main" if here == sub else "sub", "other": other, "mode": BillingMode.AGGREGATED.value}
        next_url, next_button = at("link", here, **chosen), say("Check the link")
    values: dict[str, Any] = {
        "found": found,
        "conditions": linked(found.conditions),
        "next_url": next_url,
        "next_button": next_button,
        "conflict": conflict,
        "kept": _kept(main),
    }
    return tab("sub_accounts", "settle", code=code, **values)


def _check(found: Settlement, seen: Look, *, code: int = 200, conflict: Sentence = NOTHING) -> ResponseReturnValue:
    shows_finances()
    deed, sub = seen.deed, found.sub
    accounts = [
        (say("House Account"), seen.before.house_minor, seen.house_after),
        (say("Customer Credit"), seen.before.credit_minor, seen.credit_after),
    ]
    return tab(
        "sub_accounts",
        "money_check",
        code=code,
        deed=deed,
        accounts=[one for one in accounts if one[1] != one[2]],
        owner=sub.name,
        url=at("settle_step", sub.public_id),
        back_url=at("settle", sub.public_id, **_kept(found.main.public_id)),
        fields={**_kept(found.main.public_id), "step": deed.key, "mark": seen.mark},
        conflict=conflict,
        reasons=linked(seen.reasons),
    )
