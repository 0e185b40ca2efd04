"""Applying Customer Credit to what is owed (F7)."""

from __future__ import annotations

from flask import redirect, request
from flask.typing import ResponseReturnValue

from portal.actions.books import applying as actions
from portal.actions.books.applying import Look
from portal.rules.errors import Conflict, Refused
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say
from portal.web.forms import sent_key, sent_mark
from portal.web.guard import actor, needs, subject
from portal.web.remedies import linked
from portal.web.staff.customers import bp
from portal.web.staff.profile.head import at, tab
from portal.web.telling import tell_done


@bp.route("/<public_id:subject>/finance/apply-credit", methods=["GET", "POST"])
@needs(Permission.FINANCE_POST)
def apply_credit() -> ResponseReturnValue:
    """What Customer Credit can pay, once more before it does (UX8), and the deed; 409 when there is nothing to pay."""
    customer = subject().public_id
    if request.method == "GET":
        return _check(actions.look(actor(), customer))
    try:
        sentence = actions.apply_credit(actor(), customer, mark=sent_mark(), once=sent_key())
    except Conflict as error:
        return _check(actions.look(actor(), customer), code=409, conflict=error.sentence)
    except Refused as error:
        return _check(actions.look(actor(), customer), code=409, reasons=linked(error.reasons))
    tell_done(sentence)
    return redirect(at("finance", customer), 303)


def _check(found: Look, *, code: int = 200, conflict: Sentence = NOTHING, reasons: object = ()) -> ResponseReturnValue:
    deed, now = found.deed, found.balances
    return tab(
        "finance",
        "money_check",
        code=code,
        deed=deed,
        accounts=[
            (say("House Account"), now.house_minor, now.house_minor + deed.house_minor),
            (say("Customer Credit"), now.credit_minor, now.credit_minor + deed.credit_minor),
        ],
        owner=subject().payer_name,
        url=at("apply_credit", subject().public_id),
        back_url=at("finance", subject().public_id),
        fields={"mark": found.mark},
        conflict=conflict,
        reasons=reasons,
    )
