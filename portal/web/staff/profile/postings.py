"""Entries of a customer's books: looking at one, recording one, taking one back."""

from __future__ import annotations

from collections.abc import Sequence

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from wtforms import RadioField, StringField

from portal.actions.books import accounts, entries, settled
from portal.actions.books import posting as ledger
from portal.actions.books.accounts import Account
from portal.actions.books.entries import EntryView
from portal.actions.books.posting import Charge
from portal.actions.statements.view import today_for
from portal.rules.amounts import NoAmount, parse_amount
from portal.rules.books import EntryKind, Ledger
from portal.rules.errors import Conflict, Invalid, Reason, Refused
from portal.rules.money import Money
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say, verbatim
from portal.web.fields import AccountField, AmountField, DayField, amounts_in
from portal.web.forms import add_errors, options, sent_key, sent_mark
from portal.web.guard import actor, needs, subject
from portal.web.remedies import linked
from portal.web.staff.customers import bp
from portal.web.staff.forms import ReverseForm
from portal.web.staff.profile.checking import EntryForm, above_zero, check_page
from portal.web.staff.profile.head import at, tab
from portal.web.telling import tell

POSTED_BY_HAND = (EntryKind.PAYMENT, EntryKind.CREDIT, EntryKind.DEBIT, EntryKind.REFUND)
FORM_FIELDS = {"amount": "amount", "date": "on", "description": "description"}
"""What the action calls a field, and what the form does."""


class PostForm(EntryForm):
    """Recording money or a correction on a customer's books. The documents with lines have forms of their own."""

    account = AccountField(_("Account"))
    kind = RadioField(_("What"), choices=options((kind.value, kind.label) for kind in POSTED_BY_HAND))
    amount = AmountField(_("Amount"), missing=_("Enter an amount."))
    on = DayField(_("Date"), missing=_("Enter the day it counts from."))
    ledger = RadioField(_("Balance"), choices=options((one.value, one.label) for one in Ledger))
    description = StringField(_("Description"))


@bp.get("/<public_id:subject>/finance/entries/<public_id:entry>")
@needs(Permission.CUSTOMERS_FINANCE)
def entry(entry: str) -> ResponseReturnValue:
    """An entry on the customer's books (S10)."""
    found = entries.open_entry(actor(), subject().public_id, entry)
    return tab("finance", "entry", entry=found, settled=settled.settlements(found))


@bp.route("/<public_id:subject>/finance/post", methods=["GET", "POST"])
@needs(Permission.FINANCE_POST)
def post() -> ResponseReturnValue:
    """Record a payment, a credit, a debit or a refund: the form, a last look (UX8), and the deed."""
    form = PostForm(data=_prefilled(), meta=amounts_in(subject().currency))
    form.offer_accounts()
    if request.method == "GET" or request.form.get("step") == "edit":
        return tab("finance", "post", form=form)
    if not form.validate_on_submit() or not above_zero(form.amount):
        return tab("finance", "post", code=422, form=form)
    try:
        account = form.read_account()
        charge = _charge(form, account)
        if request.form.get("step") != "post":
            return _check(form, account, charge)
        posted = ledger.post(actor(), charge, mark=sent_mark(), once=sent_key())
    except Invalid as error:
        add_errors(form, error, **FORM_FIELDS)
        return tab("finance", "post", code=422, form=form)
    except Refused as error:
        return _check(form, account, charge, reasons=error.reasons)
    except Conflict as error:
        return _check(form, account, charge, conflict=error.sentence)
    tell(say("{kind} {number} is on the books.", kind=charge.kind.label, number=posted.number))
    return redirect(at("entry", subject().public_id, entry=posted.public_id), 303)


@bp.get("/<public_id:subject>/finance/post/accounts")
@needs(Permission.FINANCE_POST)
def entry_accounts() -> ResponseReturnValue:
    """Suggestions for the Account menu of somebody who pays for many (F3)."""
    found = accounts.find(actor(), subject(), request.args.get("account", "")[:100])
    return render_template("statements/suggestions.html", found=found)


@bp.route("/<public_id:subject>/finance/entries/<public_id:entry>/reverse", methods=["GET", "POST"])
@needs(Permission.FINANCE_POST)
def reverse(entry: str) -> ResponseReturnValue:
    """Take an entry back by a reversing one, after saying what that means (F1). What is dated ahead goes on its day."""
    found = entries.open_entry(actor(), subject().public_id, entry)
    form = ReverseForm()
    if request.method == "GET":
        return _reversal(form, found)
    if not form.validate_on_submit():
        return _reversal(form, found, code=422)
    reason = str(form.reason.data)
    try:
        posted = ledger.reverse(actor(), found.public_id, reason=reason, mark=sent_mark(), once=sent_key())
    except Invalid as error:
        add_errors(form, error)
        return _reversal(form, found, code=422)
    except (Refused, Conflict) as error:
        return _reversal(form, found, code=409, conflict=error.sentence if isinstance(error, Conflict) else NOTHING)
    tell(say("{number} is taken back by {by}.", number=found.number, by=posted.number))
    return redirect(at("entry", subject().public_id, entry=posted.public_id), 303)


def _reversal(
    form: ReverseForm, found: EntryView, *, code: int = 200, conflict: Sentence = NOTHING
) -> ResponseReturnValue:
    """What taking back changes, or why it cannot be."""
    foreseen = ledger.foresee_reversal(actor(), found.public_id)
    reasons = linked(foreseen.reasons)
    return tab(
        "finance",
        "reverse",
        code=code,
        form=form,
        entry=found,
        foreseen=foreseen,
        freed=[row for row in settled.settlements(found).rows if row.freely],
        reasons=reasons,
        conflict=conflict,
    )


def _check(
    form: PostForm,
    account: Account,
    charge: Charge,
    *,
    conflict: Sentence = NOTHING,
    reasons: Sequence[Reason] = (),
) -> ResponseReturnValue:
    """What will be posted, and where the balance will be then."""
    form.keep_account(account)
    return check_page(
        form,
        account,
        ledger.foresee(actor(), charge),
        view="post",
        title=say("Check before posting"),
        button=say("Post the {kind}", kind=charge.kind.noun),
        facts=[
            (say("What"), charge.kind.label),
            (say("Amount"), say("{amount}", amount=Money(charge.amount_minor, subject().currency))),
            (say("Date"), say("{day}", day=charge.on)),
            (say("Balance"), charge.ledger.label),
            (say("Description"), verbatim(charge.description) if charge.description else say("None")),
        ],
        conflict=conflict,
        reasons=reasons,
    )


def _prefilled() -> dict[str, object]:
    return {
        "account": request.args.get("account", ""),
        "kind": request.args.get("kind", EntryKind.PAYMENT.value),
        "ledger": request.args.get("ledger", Ledger.HOUSE.value),
        "amount": _linked_amount(request.args.get("amount", "")),
        "on": today_for(subject()),
    }


def _linked_amount(text: str) -> int | None:
    """The amount in an address that we made."""
    try:
        return parse_amount(text, subject().currency)
    except NoAmount:
        return None


def _charge(form: PostForm, account: Account) -> Charge:
    return Charge(
        account.public_id,
        EntryKind(form.kind.data),
        form.amount.data,
        form.on.data,
        Ledger(form.ledger.data),
        str(form.description.data or "").strip(),
    )
