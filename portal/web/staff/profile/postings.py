"""Entries of a customer's books: looking at one, recording one, taking one back."""

from __future__ import annotations

from flask import redirect, request
from flask.typing import ResponseReturnValue

from portal.actions.books import entries
from portal.actions.books import posting as ledger
from portal.actions.books.posting import Charge
from portal.actions.customers import profile as profiles
from portal.actions.statements.view import today_for
from portal.rules.amounts import NoAmount, parse_amount
from portal.rules.books import EntryKind, Ledger
from portal.rules.errors import Invalid, Refused
from portal.rules.money import Money
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.web import figures
from portal.web.fields import amounts_in
from portal.web.forms import add_errors, sent_key
from portal.web.guard import actor, needs, subject
from portal.web.remedies import linked
from portal.web.staff.customers import bp
from portal.web.staff.forms import PostForm, ReverseForm
from portal.web.staff.profile.head import at, tab
from portal.web.telling import tell

FORM_FIELDS = {"amount": "amount", "date": "on", "description": "description"}
"""What the action calls a field, and what the form does."""


@bp.get("/<public_id:subject>/finance/entries/<public_id:entry>")
@needs(Permission.CUSTOMERS_FINANCE)
def entry(entry: str) -> ResponseReturnValue:
    """An entry on the customer's books (S10)."""
    return tab("finance", "entry", entry=entries.open_entry(actor(), subject().public_id, entry))


@bp.route("/<public_id:subject>/finance/post", methods=["GET", "POST"])
@needs(Permission.FINANCE_POST)
def post() -> ResponseReturnValue:
    """Record a payment, a credit, a debit or a refund: the form, a last look (UX8), and the deed."""
    form = PostForm(data=_prefilled(), meta=amounts_in(subject().currency))
    if request.method == "GET":
        return tab("finance", "post", form=form)
    if not form.validate_on_submit() or (charge := _charge(form)) is None:
        return tab("finance", "post", code=422, form=form)
    if request.form.get("step") == "edit":
        return tab("finance", "post", form=form)
    if request.form.get("step") != "post":
        return _check_page(form, charge)
    try:
        posted = ledger.post(actor(), charge, once=sent_key())
    except Invalid as error:
        add_errors(form, error, **FORM_FIELDS)
        return tab("finance", "post", code=422, form=form)
    except Refused as error:
        return tab("finance", "post", code=409, form=form, reasons=linked(error.reasons))
    tell(say("{kind} {number} is on the books.", kind=charge.kind.label, number=posted.number))
    return redirect(at("entry", subject().public_id, entry=posted.public_id), 303)


@bp.route("/<public_id:subject>/finance/entries/<public_id:entry>/reverse", methods=["GET", "POST"])
@needs(Permission.FINANCE_POST)
def reverse(entry: str) -> ResponseReturnValue:
    """Take an entry back by a reversing one, after saying what that means (F1). What is dated ahead goes on its day."""
    found = entries.open_entry(actor(), subject().public_id, entry)
    form, today = ReverseForm(), today_for(subject())
    ahead = found.on > today
    if request.method == "GET" or not form.validate_on_submit():
        return tab(
            "finance", "reverse", code=200 if request.method == "GET" else 422, form=form, entry=found, ahead=ahead
        )
    try:
        on = max(found.on, today)
        posted = ledger.reverse(actor(), found.public_id, on=on, reason=str(form.reason.data), once=sent_key())
    except Refused as error:
        return tab("finance", "reverse", code=409, form=form, entry=found, ahead=ahead, reasons=linked(error.reasons))
    tell(say("{number} is taken back by {by}.", number=found.number, by=posted.number))
    return redirect(at("entry", subject().public_id, entry=posted.public_id), 303)


def _check_page(form: PostForm, charge: Charge) -> ResponseReturnValue:
    """What will be posted, and where the balance will be then."""
    now = profiles.balances(actor(), subject())
    before = now.house_minor if charge.ledger is Ledger.HOUSE else now.credit_minor
    after = before + charge.kind.sign * charge.amount_minor
    return tab("finance", "post_check", form=form, charge=charge, before=before, after=after)


def _prefilled() -> dict[str, object]:
    return {
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


def _charge(form: PostForm) -> Charge | None:
    """What to post, or None with the errors beside the fields."""
    amount: int = form.amount.data
    if amount <= 0:
        above = say("Enter an amount above {amount}.", amount=Money(0, subject().currency))
        form.amount.errors = [*form.amount.errors, figures.text(above)]
        return None
    return Charge(
        subject().public_id,
        EntryKind(form.kind.data),
        amount,
        form.on.data or today_for(subject()),
        Ledger(form.ledger.data),
        str(form.description.data or "").strip(),
    )
