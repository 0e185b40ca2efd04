"""Paying money back: a payment, or what a credit note made due, with a last look (F6)."""

from __future__ import annotations

from collections.abc import Sequence

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from wtforms import StringField

from portal.actions.books import entries, refunding
from portal.actions.books.entries import EntryView
from portal.actions.books.refunding import Look, Wanted
from portal.actions.statements.view import today_for
from portal.rules.books import EntryKind
from portal.rules.errors import Conflict, Invalid, Missing, Reason, Refused
from portal.rules.money import Money
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say
from portal.web.fields import AmountField, DayField, amounts_in
from portal.web.forms import PortalForm, add_errors, sent_key, sent_mark
from portal.web.guard import actor, needs, subject
from portal.web.remedies import linked
from portal.web.staff.customers import bp
from portal.web.staff.profile.checking import above_zero
from portal.web.staff.profile.head import at, tab
from portal.web.telling import tell

FIELDS = {"date": "on"}
PAID_BACK = (EntryKind.PAYMENT, EntryKind.CREDIT_NOTE)


class RefundForm(PortalForm):
    """How much goes back, and when."""

    amount = AmountField(_("Amount"), missing=_("Enter an amount."))
    on = DayField(_("Date"), missing=_("Enter the day on which the money goes back."))
    reason = StringField(_("Reason"))


@bp.route("/<public_id:subject>/finance/entries/<public_id:entry>/refund", methods=["GET", "POST"])
@needs(Permission.FINANCE_POST)
def refund(entry: str) -> ResponseReturnValue:
    """How much of a payment or a credit note goes back, a last look (UX8), and the deed."""
    found = entries.open_entry(actor(), subject().public_id, entry)
    if found.kind not in PAID_BACK or found.lowers:
        raise Missing()
    form = RefundForm(data={"on": today_for(subject())}, meta=amounts_in(found.currency))
    step = request.form.get("step", "")
    if request.method == "GET" or step == "edit":
        return _page(form, found)
    if not form.validate_on_submit() or not above_zero(form.amount):
        return _page(form, found, code=422)
    wanted = Wanted(found.public_id, form.amount.data, form.on.data, str(form.reason.data or "").strip())
    try:
        if step != "pay":
            return _check(form, found, refunding.foresee(actor(), wanted))
        deed = refunding.refund_payment if found.kind is EntryKind.PAYMENT else refunding.refund_credit_note
        done = deed(actor(), wanted, mark=sent_mark(), once=sent_key())
    except Invalid as error:
        add_errors(form, error, **FIELDS)
        return _page(form, found, code=422)
    except Refused as error:
        return _page(form, found, code=409, reasons=error.reasons)
    except Conflict as error:
        return _check(form, found, refunding.foresee(actor(), wanted), conflict=error.sentence)
    amount = Money(done.amount_minor, done.currency)
    tell(say("{amount} of {number} is paid back by {refund}.", amount=amount, number=done.of, refund=done.number))
    return redirect(at("entry", subject().public_id, entry=done.public_id), 303)


def _page(
    form: RefundForm, found: EntryView, *, code: int = 200, reasons: Sequence[Reason] = ()
) -> ResponseReturnValue:
    """The form, which begins with all that can be paid back."""
    most: Money | None = None
    try:
        whole = refunding.foresee(actor(), Wanted(found.public_id, None, today_for(subject())))
        most = Money(whole.answer.amount_minor, found.currency)
    except Refused as error:
        reasons = reasons or error.reasons
    if form.amount.data is None and not form.amount.text and most:
        form.amount.data = most.minor
    return tab(
        "finance", "refund", code=code, form=form, entry=found, most=most, reasons=linked(reasons), **_ways(found)
    )


def _check(form: RefundForm, found: EntryView, look: Look, *, conflict: Sentence = NOTHING) -> ResponseReturnValue:
    """What goes back from where, and what is open again then (UX8)."""
    against = look.foreseen.reasons
    return tab(
        "finance",
        "refund_check",
        code=409 if conflict or against else 200,
        form=form,
        entry=found,
        done=look.answer,
        foreseen=look.foreseen,
        conflict=conflict,
        reasons=linked(against),
        button=say("Pay back {amount}", amount=Money(look.answer.amount_minor, found.currency)),
        **_ways(found),
    )


def _ways(found: EntryView) -> dict[str, str]:
    """Where the form is sent, and where one came from."""
    here = at("refund", subject().public_id, entry=found.public_id)
    if found.kind is EntryKind.CREDIT_NOTE:
        return {"url": here, "back": url_for("staff_invoices.credit_note", note=found.public_id)}
    return {"url": here, "back": at("entry", subject().public_id, entry=found.public_id)}
