"""Future items on the Finance tab: invoice one now, or remove it, after a last look (UX8)."""

from __future__ import annotations

from collections.abc import Callable

from flask import redirect, request
from flask.typing import ResponseReturnValue

from portal.actions.books import future_items as actions
from portal.actions.books.future_items import Look
from portal.rules.errors import Conflict, Refused
from portal.rules.links.settlement import item_step
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say
from portal.web.forms import sent_key, sent_mark
from portal.web.guard import actor, needs, subject
from portal.web.remedies import linked
from portal.web.staff.customers import bp
from portal.web.staff.profile.head import at, tab
from portal.web.telling import tell_done


@bp.route("/<public_id:subject>/finance/future-items/<public_id:item>/invoice", methods=["GET", "POST"])
@needs(Permission.FINANCE_POST)
def invoice_item(item: str) -> ResponseReturnValue:
    """Put a future item on an invoice of its own, today."""
    return _page(item, "invoice_item", actions.invoice)


@bp.route("/<public_id:subject>/finance/future-items/<public_id:item>/remove", methods=["GET", "POST"])
@needs(Permission.FINANCE_POST)
def remove_item(item: str) -> ResponseReturnValue:
    """Take a future item back."""
    return _page(item, "remove_item", actions.remove)


def _page(item: str, view: str, deed: Callable[..., Sentence]) -> ResponseReturnValue:
    who, customer = actor(), subject().public_id
    if request.method == "GET":
        return _check(view, actions.look(who, customer, item))
    try:
        sentence = deed(who, customer, item, mark=sent_mark(), once=sent_key())
    except Conflict as error:
        return _check(view, actions.look(who, customer, item), code=409, conflict=error.sentence)
    except Refused:
        return _check(view, actions.look(who, customer, item), code=409)
    tell_done(sentence)
    return redirect(at("finance", customer, _anchor="future-items"), 303)


def _check(view: str, seen: Look, *, code: int = 200, conflict: Sentence = NOTHING) -> ResponseReturnValue:
    invoice, remove = item_step(seen.item, seen.on, False).deeds
    deed = invoice if view == "invoice_item" else remove
    before = seen.balances.house_minor
    return tab(
        "finance",
        "money_check",
        code=code,
        deed=deed,
        accounts=[(say("House Account"), before, before + deed.house_minor)] if deed.house_minor else [],
        owner=subject().payer_name,
        url=at(view, subject().public_id, item=seen.item.public_id),
        back_url=at("finance", subject().public_id, _anchor="future-items"),
        fields={"mark": seen.mark},
        conflict=conflict,
        reasons=linked(seen.reasons) if deed is invoice else [],
    )
