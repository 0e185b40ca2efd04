"""Letting a payment or credit settle what is owed, and taking that back, in the back office (F7)."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from wtforms import Form, SelectField

from portal.actions.books import allocating, entries, opened
from portal.actions.books.allocating import AccountOpen, Allocated, Wanted
from portal.actions.books.entries import EntryView
from portal.rules.errors import Conflict, Missing, Reason, Refused
from portal.rules.money import Money
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say
from portal.web.fields import AmountField, amounts_in
from portal.web.forms import sent_key, sent_mark
from portal.web.guard import actor, needs, subject
from portal.web.remedies import linked
from portal.web.staff.customers import bp
from portal.web.staff.profile.head import at, tab
from portal.web.telling import tell

MOST_CHOICES = 200
"""So many open charges can be chosen from; the oldest due are settled without a choice."""


class AllocateForm(Form):
    """What a payment is to settle, and how much of it; nothing is written by sending it."""

    invoice = SelectField(_("It settles"), validate_choice=False, choices=[])
    amount = AmountField(_("Amount"))


@bp.get("/<public_id:subject>/finance/entries/<public_id:entry>/allocate")
@needs(Permission.FINANCE_POST)
def allocate(entry: str) -> ResponseReturnValue:
    """What a payment would settle: the oldest due first, or what is chosen."""
    found = entries.open_entry(actor(), subject().public_id, entry)
    return _page(found)


@bp.post("/<public_id:subject>/finance/entries/<public_id:entry>/allocate")
@needs(Permission.FINANCE_POST)
def allocate_now(entry: str) -> ResponseReturnValue:
    """Let it settle what was shown."""
    found = entries.open_entry(actor(), subject().public_id, entry)
    form = _form(found)
    if not form.validate():
        return _page(found)
    try:
        done = allocating.allocate(actor(), _wanted(found, form), mark=sent_mark(), once=sent_key())
    except Refused:
        return _page(found)
    except Conflict as error:
        return _page(found, conflict=error.sentence)
    amount = Money(sum(one.amount_minor for one in done.made), done.currency)
    tell(say("{amount} of {number} is allocated.", amount=amount, number=done.number))
    return redirect(at("entry", subject().public_id, entry=found.public_id), 303)


@bp.route(
    "/<public_id:subject>/finance/entries/<public_id:entry>/allocations/<public_id:invoice>",
    methods=["GET", "POST"],
)
@needs(Permission.FINANCE_POST)
def take_back(entry: str, invoice: str) -> ResponseReturnValue:
    """Take back what a payment settles of an invoice, after saying what is open again then (F7)."""
    found = entries.open_entry(actor(), subject().public_id, entry)
    back = _back(found, invoice)
    if request.method == "GET":
        return _taking_back(found, invoice, back)
    try:
        done = allocating.unallocate(actor(), found.public_id, invoice, mark=sent_mark(), once=sent_key())
    except Refused as error:
        return _taking_back(found, invoice, back, reasons=error.reasons)
    except Conflict as error:
        return _taking_back(found, invoice, back, conflict=error.sentence)
    amount = Money(done.made[0].amount_minor, done.currency)
    tell(say("{amount} of {number} is unallocated again.", amount=amount, number=done.number))
    return redirect(back, 303)


def _back(found: EntryView, invoice: str) -> str:
    """Where one came from: the page of the invoice or that of the payment."""
    if request.values.get("from") == "invoice":
        return url_for("staff_invoices.view", invoice=invoice)
    return at("entry", subject().public_id, entry=found.public_id)


def _taking_back(
    found: EntryView, invoice: str, back: str, *, reasons: tuple[Reason, ...] = (), conflict: Sentence = NOTHING
) -> ResponseReturnValue:
    shown = None
    try:
        shown = allocating.foresee_unallocation(actor(), found.public_id, invoice)
    except Refused as error:
        reasons = reasons or error.reasons
    came = {"from": "invoice"} if request.values.get("from") == "invoice" else {}
    return tab(
        "finance",
        "take_back",
        code=409 if reasons or conflict else 200,
        entry=found,
        shown=shown,
        reasons=linked(reasons),
        conflict=conflict,
        back=back,
        url=at("take_back", subject().public_id, entry=found.public_id, invoice=invoice),
        fields={"mark": shown.mark, **came} if shown else {},
    )


def _form(found: EntryView) -> AllocateForm:
    return AllocateForm(request.values, meta=amounts_in(found.currency))


def _choices(found: EntryView) -> list[tuple[str, Sentence]]:
    rows = opened.open_items(actor(), subject()).open[:MOST_CHOICES]
    choices = [(row.public_id, _choice(row.number, Money(row.open_minor, found.currency))) for row in rows]
    return [("", say("What is due the longest")), *choices]


def _choice(number: str, amount: Money) -> Sentence:
    return say("{number}, {amount} open", number=number, amount=amount)


def _wanted(found: EntryView, form: AllocateForm) -> Wanted:
    accounts = tuple(_ticked(form)) if form.invoice.data else ()
    return Wanted(found.public_id, form.invoice.data or None, form.amount.data or None, accounts=accounts)


def _ticked(form: AllocateForm) -> list[str]:
    """The accounts that were chosen of the invoice that was chosen with them: of another one they mean nothing."""
    return [one[:20] for one in request.values.getlist("account")] if _same_invoice(form) else []


def _same_invoice(form: AllocateForm) -> bool:
    return bool(request.values.get("accounts_of", "") == form.invoice.data)


def _page(found: EntryView, *, conflict: Sentence = NOTHING) -> ResponseReturnValue:
    form, shown = _form(found), None
    reasons: tuple[Reason, ...] = ()
    if form.validate():
        try:
            shown = allocating.foresee(actor(), _wanted(found, form))
        except Refused as error:
            reasons = error.reasons
    return _shown(found, form, shown, reasons, conflict)


def _shown(
    found: EntryView, form: AllocateForm, shown: Allocated | None, reasons: tuple[Reason, ...], conflict: Sentence
) -> ResponseReturnValue:
    code = 422 if form.errors else 409 if reasons or conflict else 200
    return tab(
        "finance",
        "allocate",
        code=code,
        form=form,
        entry=found,
        shown=shown,
        reasons=linked(reasons),
        conflict=conflict,
        choices=_choices(found),
        accounts=_accounts(form),
        ticked=_ticked(form),
        fields={
            "mark": shown.mark,
            "invoice": form.invoice.data or "",
            "amount": form.amount.text,
            "accounts_of": form.invoice.data or "",
        }
        if shown
        else {},
    )


def _accounts(form: AllocateForm) -> list[AccountOpen]:
    """The accounts among which one can choose: those of the chosen invoice, where there are several."""
    if not form.invoice.data:
        return []
    try:
        found = allocating.accounts_of(actor(), form.invoice.data)
    except (Missing, Refused):
        return []
    return found if len(found) > 1 else []
