"""Applying Customer Credit to what is owed (F7)."""

from __future__ import annotations

from collections.abc import Sequence

from flask import redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _

from portal.actions.books import applying
from portal.actions.books import posting as ledger
from portal.actions.books.accounts import Account
from portal.rules.errors import Conflict, Invalid, Reason, Refused
from portal.rules.money import Money
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say
from portal.web.fields import AccountField, AmountField, DayField, amounts_in
from portal.web.forms import add_errors, sent_key, sent_mark
from portal.web.guard import actor, needs, subject
from portal.web.places import Remedy
from portal.web.staff.customers import bp
from portal.web.staff.profile.checking import EntryForm, above_zero, check_page
from portal.web.staff.profile.head import at, tab
from portal.web.telling import tell_done

REMEDIES = (
    Remedy(
        "customer-apply-credit", "staff_customers.apply_credit", say("Apply Customer Credit"), Permission.FINANCE_POST
    ),
)


class ApplyForm(EntryForm):
    """How much of Customer Credit pays what is owed, and from which day on."""

    account = AccountField(_("Account"))
    amount = AmountField(_("Amount"), missing=_("Enter an amount."))
    on = DayField(_("Date"), missing=_("Enter the day it counts from."))


@bp.route("/<public_id:subject>/finance/apply-credit", methods=["GET", "POST"])
@needs(Permission.FINANCE_POST)
def apply_credit() -> ResponseReturnValue:
    """How much of Customer Credit to apply, a last look (UX8), and the deed; 409 when there is nothing to pay."""
    form = _form()
    if request.method == "GET" or request.form.get("step") == "edit":
        return _form_page(form)
    if not form.validate_on_submit() or not above_zero(form.amount):
        return _form_page(form, 422)
    amount, on = form.amount.data, form.on.data
    try:
        account = form.read_account()
        if request.form.get("step") != "post":
            return _check(form, account)
        posted = ledger.apply_credit(actor(), account.public_id, amount, on=on, mark=sent_mark(), once=sent_key())
    except Invalid as error:
        add_errors(form, error, date="on")
        return _form_page(form, 422)
    except Refused as error:
        return _check(form, account, reasons=error.reasons)
    except Conflict as error:
        return _check(form, account, conflict=error.sentence)
    tell_done(
        say(
            "{amount} of Customer Credit is applied to the House Account by {number}",
            amount=Money(amount, subject().currency),
            number=posted.number,
        )
    )
    return redirect(at("entry", subject().public_id, entry=posted.public_id), 303)


def _form() -> ApplyForm:
    form = ApplyForm(meta=amounts_in(subject().currency))
    form.offer_accounts()
    return form


def _form_page(form: ApplyForm, code: int = 200) -> ResponseReturnValue:
    """The form, which begins with all that can be applied today."""
    try:
        found = applying.offer(actor(), subject())
    except Conflict as error:
        return tab("finance", "apply_nothing", code=409, why=error.sentence)
    if request.method == "GET":
        form.amount.data, form.on.data = found.amount_minor or None, found.on
    return tab("finance", "apply_credit", code=code, form=form, balances=found.balances)


def _check(
    form: ApplyForm, account: Account, *, conflict: Sentence = NOTHING, reasons: Sequence[Reason] = ()
) -> ResponseReturnValue:
    form.keep_account(account)
    amount = Money(form.amount.data, subject().currency)
    return check_page(
        form,
        account,
        ledger.foresee_application(actor(), account.public_id, amount.minor, on=form.on.data),
        view="apply_credit",
        title=say("Apply {amount} of Customer Credit?", amount=amount),
        button=say("Apply {amount}", amount=amount),
        facts=[
            (say("Amount"), say("{amount}", amount=amount)),
            (say("Date"), say("{day}", day=form.on.data)),
        ],
        conflict=conflict,
        reasons=reasons,
    )
