"""Paying invoices in the portal: several at once by one reference (F12), and from one's own Customer Credit (F7)."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _

from portal.actions.books.drafts import Foreseen
from portal.actions.invoices import own_credit, requesting
from portal.actions.invoices.own_credit import CreditOffer
from portal.rules.errors import Conflict, Invalid, Reason, Refused
from portal.rules.money import Money
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say
from portal.web.addresses import address, page
from portal.web.fields import AmountField, amounts_in
from portal.web.forms import PortalForm, add_errors, sent_key, sent_mark
from portal.web.guard import actor, needs, subject
from portal.web.remedies import linked
from portal.web.telling import tell

bp = Blueprint("paying", __name__)

PART_OF = "paying", "invoices"


class ChooseForm(PortalForm):
    """Which invoices are paid together; the page draws its boxes itself."""


class CreditForm(PortalForm):
    """How much of Customer Credit pays the invoice."""

    amount = AmountField(_("Amount"), missing=_("Enter an amount."))


# Several at once ------------------------------------------------------------------------------------------------------


@page(bp, "/invoices/pay")
@needs(Permission.INVOICES_PAY)
def choose() -> ResponseReturnValue:
    """Which open invoices to pay together: all of them, unless somebody takes some out."""
    return _choosing()


@page(bp, "/invoices/pay", methods=("POST",))
@needs(Permission.INVOICES_PAY)
def ask() -> ResponseReturnValue:
    """Make one payment of what was chosen."""
    chosen = [one[:20] for one in request.form.getlist("invoice")[: requesting.MOST]]
    again = request.form.get("again") == "1"
    try:
        done = requesting.request(actor(), subject().public_id, chosen, again=again, once=sent_key())
    except Invalid as error:
        return _choosing(chosen, error=error, code=422)
    except Refused as error:
        return _choosing(chosen, reasons=error.reasons, code=409)
    if not done.created:
        tell(say("You asked for just this before, so it is the same payment as then."))
    return redirect(address("paying.view", request=done.public_id), 303)


@page(bp, "/invoices/requests/<public_id:request>")
@needs(Permission.INVOICES_PAY)
def view(request: str) -> ResponseReturnValue:
    """A payment over several invoices: how to pay it, and what it pays."""
    return render_template("paying/view.html", found=requesting.open_request(actor(), subject(), request))


def _choosing(
    chosen: Sequence[str] | None = None,
    *,
    error: Invalid | None = None,
    reasons: Sequence[Reason] = (),
    code: int = 200,
) -> ResponseReturnValue:
    form = ChooseForm()
    if error is not None:
        add_errors(form, error)
    found = requesting.choices(actor(), subject())
    ticked = {one.invoice.public_id for one in found.rows} if chosen is None else set(chosen)
    values = {"form": form, "found": found, "ticked": ticked, "reasons": linked(reasons)}
    doubled = any(one.asked for one in found.rows if one.invoice.public_id in ticked)
    return render_template("paying/choose.html", **values, doubled=doubled and bool(reasons)), code


# From Customer Credit -------------------------------------------------------------------------------------------------


@page(bp, "/invoices/<public_id:invoice>/credit")
@needs(Permission.INVOICES_PAY)
def credit(invoice: str) -> ResponseReturnValue:
    """How much of Customer Credit pays an invoice, and what that changes."""
    return _crediting(invoice, code=200)


@page(bp, "/invoices/<public_id:invoice>/credit", methods=("POST",))
@needs(Permission.INVOICES_PAY)
def pay_by_credit(invoice: str) -> ResponseReturnValue:
    """A last look (UX8), and the deed."""
    form = _form()
    if not form.validate_on_submit():
        return _crediting(invoice, form, code=422)
    try:
        if request.form.get("step") != "pay":
            return _crediting(invoice, form)
        done = own_credit.pay(
            actor(), subject().public_id, invoice, form.amount.data, mark=sent_mark(), once=sent_key()
        )
    except Invalid as error:
        add_errors(form, error)
        return _crediting(invoice, form, code=422)
    except Refused as error:
        return _crediting(invoice, form, reasons=error.reasons)
    except Conflict as error:
        return _crediting(invoice, form, conflict=error.sentence)
    tell(
        say(
            "{amount} of Customer Credit paid this invoice, by {number}.",
            amount=Money(form.amount.data, subject().currency),
            number=done.number,
        )
    )
    return redirect(address("invoices.view", invoice=invoice), 303)


def _form() -> CreditForm:
    return CreditForm(meta=amounts_in(subject().currency))


def _crediting(
    invoice: str,
    form: CreditForm | None = None,
    *,
    code: int = 0,
    reasons: Sequence[Reason] = (),
    conflict: Sentence = NOTHING,
) -> ResponseReturnValue:
    """The form with what it would do; `code` 0 finds out whether that is possible."""
    begins = form is None
    form = form or _form()
    try:
        found: CreditOffer = own_credit.offer(actor(), subject(), invoice)
    except Refused as error:
        return render_template("paying/no_credit.html", invoice=invoice, reasons=linked(error.reasons)), 409
    if begins:
        form.amount.data = found.most_minor
    foreseen = _foreseen(invoice, form)
    against = dict.fromkeys((*(foreseen.reasons if foreseen else ()), *reasons))
    values = {"form": form, "found": found, "foreseen": foreseen, "conflict": conflict, "reasons": linked(against)}
    if code != 422:
        code = 409 if conflict or against else 200
    return render_template("paying/credit.html", **values), code


def _foreseen(invoice: str, form: CreditForm) -> Foreseen | None:
    if form.errors or not form.amount.data:
        return None
    try:
        return own_credit.foresee(actor(), subject(), invoice, form.amount.data)
    except Invalid as error:
        add_errors(form, error)
        return None
