"""Acting on customers that were ticked in the list: what it would do to each, then all of it or nothing (O9)."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions.customers import search as customer_search
from portal.actions.customers import status as customer_status
from portal.actions.customers.search import FoundCustomer, Wanted
from portal.actions.statements import ticked as statements
from portal.rules.customers.status import Status
from portal.rules.errors import Conflict, Invalid, Missing, Refused
from portal.rules.imports import Action
from portal.rules.links.facts import BillingMode
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say
from portal.web.forms import chosen, sent_key, sent_mark
from portal.web.guard import actor, needs
from portal.web.remedies import linked
from portal.web.staff.customers import LINK, MODE, SEND, STATUS, UNLINK, bp, deeds
from portal.web.staff.link_files import MOST_TICKED
from portal.web.telling import tell

MAINS = 12
"""So many accounts are offered to link to; the rest is found by typing more of the name."""


@bp.get("/ticked")
@needs(Permission.CUSTOMERS_VIEW)
def ticked() -> ResponseReturnValue:
    """Choose what a deed still needs to know: the account to link to, a billing mode, a status."""
    chosen_deed = request.args.get("deed", "")
    some = _ticked(request.args.getlist("ticked"))
    if chosen_deed not in dict(deeds()) or not some:
        return render_template("staff/customers/ticked.html", deed="", some=some, deeds=deeds())
    to = chosen(Status, "to")
    if chosen_deed == STATUS and to is not None:
        return _check_status(some, to)
    if chosen_deed == SEND and request.args.get("month"):
        return _check_sending(some, request.args["month"][:7])
    return _choose(chosen_deed, some)


@bp.post("/ticked/status")
@needs(Permission.CUSTOMERS_STATUS)
def ticked_status() -> ResponseReturnValue:
    """Set the own status of all that were ticked."""
    to, some = chosen(Status, "to"), _ticked(request.form.getlist("ticked"))
    if to is None or not some:
        raise Missing()
    if not sent_mark():
        return _check_status(some, to, code=422)
    try:
        customer_status.change_many(actor(), some, to, mark=sent_mark(), once=sent_key())
    except Conflict as error:
        return _check_status(some, to, code=409, conflict=error.sentence)
    except Refused:
        return _check_status(some, to, code=409)
    text = say(
        "{count} customer is {status} now.", "{count} customers are {status} now.", count=len(some), status=to.label
    )
    tell(text)
    return redirect(url_for("staff_customers.search"), 303)


@bp.post("/ticked/statements")
@needs(Permission.CUSTOMERS_FINANCE)
def ticked_statements() -> ResponseReturnValue:
    """Start sending the statement of a month to each that was ticked."""
    some = _ticked(request.form.getlist("ticked"))
    if not some:
        raise Missing()
    job = statements.start(actor(), some, request.form.get("month", "")[:7], once=sent_key())
    return redirect(url_for("staff_outbox.job", job=job), 303)


def _check_sending(some: list[str], month: str) -> ResponseReturnValue:
    goes = statements.foresee(actor(), some, month)
    count = sum(bool(one.addresses) for one in goes)
    values: dict[str, Any] = {
        "goes": goes,
        "some": some,
        "month": month,
        "named": dict(_months()).get(month, month),
        "button": say("Send {count} statement", "Send {count} statements", count=count) if count else NOTHING,
    }
    return render_template("staff/customers/ticked_statements.html", **values)


def _months() -> list[tuple[str, Sentence]]:
    """The months that are over, newest first, as the address has them and as people say them."""
    return [(f"{month.first:%Y-%m}", say("{month}", month=month)) for month in statements.months()]


def _ticked(sent: list[str]) -> list[str]:
    return list(dict.fromkeys(one for one in sent if one))[:MOST_TICKED]


def _choose(deed: str, some: list[str]) -> ResponseReturnValue:
    text = request.args.get("q", "")
    wrong: list[Sentence] = []
    mains: list[FoundCustomer] = []
    if deed == LINK:
        try:
            found = customer_search.search(actor(), Wanted(text=text, linked="" if text else "main", size=MAINS))
            mains = [row for row in found.rows if row.main_name is None and row.public_id not in some]
        except Invalid as error:
            wrong = error.fields.get("q", [])
    values: dict[str, Any] = {
        "deed": deed,
        "title": dict(deeds())[deed],
        "some": some,
        "text": text,
        "wrong": wrong,
        "mains": mains,
        "actions": {LINK: Action.LINK.value, MODE: Action.MODE.value, UNLINK: Action.UNLINK.value},
        "modes": [(mode.value, mode.label) for mode in BillingMode],
        "months": _months() if deed == SEND else [],
        "statuses": [(status.value, status.label, customer_status.MEANINGS[status]) for status in Status],
    }
    return render_template("staff/customers/ticked.html", **values)


def _check_status(some: list[str], to: Status, *, code: int = 200, conflict: Sentence = NOTHING) -> ResponseReturnValue:
    preview = customer_status.preview_many(actor(), some, to)
    values: dict[str, Any] = {
        "preview": preview,
        "some": some,
        "conflict": conflict,
        "meaning": customer_status.MEANINGS[to],
        "reasons": linked(preview.reasons),
        "button": say(
            "Set status of {count} customer to {status}",
            "Set status of {count} customers to {status}",
            count=len(preview.each),
            status=to.label,
        ),
    }
    return render_template("staff/customers/ticked_status.html", **values), code
