"""Crediting an invoice: by line, by an amount or whole, with a last look (F6)."""

from __future__ import annotations

from collections.abc import Sequence

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from wtforms import RadioField, StringField
from wtforms.validators import DataRequired

from portal.actions.invoices import crediting, viewing
from portal.actions.invoices.crediting import Wanted
from portal.actions.statements.view import today_for
from portal.outside.notation import notation_of
from portal.rules.amounts import NoAmount, read_amount
from portal.rules.errors import Conflict, Invalid, Reason, Refused
from portal.rules.invoices.crediting import Choice
from portal.rules.invoices.papers import Invoice
from portal.rules.money import Money
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say
from portal.web import figures
from portal.web.fields import AmountField, DayField, amounts_in
from portal.web.forms import PortalForm, add_errors, options, sent_key, sent_mark
from portal.web.guard import actor, needs, subject
from portal.web.remedies import linked
from portal.web.staff.customers import bp
from portal.web.staff.profile.head import at, tab
from portal.web.telling import tell

WAYS = (("lines", say("Some lines")), ("amount", say("An amount")), ("whole", say("All that remains")))
FIELDS = {"date": "on", "what": "way"}


class CreditForm(PortalForm):
    """What to credit besides the lines, which are read beside it."""

    way = RadioField(_("What to credit"), choices=options(WAYS))
    amount = AmountField(_("Amount, with tax"))
    on = DayField(_("Date"), missing=_("Enter the day it counts from."))
    reason = StringField(_("Reason"), validators=[DataRequired(_("Say why it is credited."))])


@bp.route("/<public_id:subject>/finance/invoices/<public_id:invoice>/credit", methods=["GET", "POST"])
@needs(Permission.FINANCE_POST)
def credit_invoice(invoice: str) -> ResponseReturnValue:
    """Choose what to credit, look at it once more, issue the credit note."""
    paper = viewing.open_invoice(actor(), subject().public_id, invoice).paper
    begun = {"way": "whole" if len(paper.lines) == 1 else "lines", "on": max(today_for(subject()), paper.on)}
    form = CreditForm(data=begun, meta=amounts_in(paper.currency))
    step = request.form.get("step", "")
    if request.method == "GET" or step == "edit":
        return _page(form, paper)
    chosen, wrong = _chosen(paper)
    if not form.validate_on_submit() or wrong or not _has_amount(form):
        return _page(form, paper, code=422, wrong=wrong)
    way = form.way.data
    wanted = Wanted(
        paper.public_id,
        str(form.reason.data).strip(),
        way == "whole",
        chosen if way == "lines" else (),
        form.amount.data if way == "amount" else None,
        form.on.data,
    )
    try:
        if step != "issue":
            return _check(form, paper, wanted)
        done = crediting.issue(actor(), wanted, mark=sent_mark(), once=sent_key())
    except Invalid as error:
        add_errors(form, error, **FIELDS)
        return _page(form, paper, code=422)
    except Refused as error:
        return _page(form, paper, code=409, reasons=error.reasons)
    except Conflict as error:
        return _check(form, paper, wanted, conflict=error.sentence)
    tell(say("Credit note {number} is issued.", number=done.number))
    return redirect(url_for("staff_invoices.credit_note", note=done.public_id), 303)


def _has_amount(form: CreditForm) -> bool:
    if form.way.data == "amount" and form.amount.data is None:
        form.amount.say(say("Enter an amount."))
        return False
    return True


def _chosen(paper: Invoice) -> tuple[tuple[Choice, ...], dict[str, str]]:
    """The lines that are ticked, with the amounts beside them; and what is wrong with those, by field."""
    chosen, wrong = [], {}
    if request.form.get("way") != "lines":
        return (), {}
    for line in paper.lines:
        if not request.form.get(f"line-{line.position}"):
            continue
        name = f"amount-{line.position}"
        typed = request.form.get(name, "").strip()[:60]
        try:
            notation = notation_of(figures.locale(), paper.currency)
            chosen.append(Choice(line.position, read_amount(typed, paper.currency, notation) if typed else None))
        except NoAmount as fault:
            wrong[name] = figures.text(fault.sentence)
    if not chosen and not wrong:
        wrong["line-1"] = figures.text(say("Choose a line."))
    return tuple(chosen), wrong


def _page(
    form: CreditForm,
    paper: Invoice,
    *,
    code: int = 200,
    wrong: dict[str, str] | None = None,
    reasons: Sequence[Reason] = (),
) -> ResponseReturnValue:
    return tab(
        "finance",
        "credit",
        code=code,
        form=form,
        paper=paper,
        wrong=wrong or {},
        reasons=linked(reasons),
        sent=request.form,
        url=at("credit_invoice", subject().public_id, invoice=paper.public_id),
    )


def _check(form: CreditForm, paper: Invoice, wanted: Wanted, *, conflict: Sentence = NOTHING) -> ResponseReturnValue:
    """The credit note as it would be, with what it frees and changes (UX8)."""
    foreseen = crediting.foresee(actor(), wanted)
    return tab(
        "finance",
        "credit_check",
        code=409 if conflict or foreseen.reasons else 200,
        form=form,
        paper=paper,
        foreseen=foreseen,
        conflict=conflict,
        reasons=linked(foreseen.reasons),
        sent={name: value for name, value in request.form.items() if name.startswith(("line-", "amount-"))},
        button=say("Credit {amount}", amount=Money(foreseen.total, paper.currency)),
        url=at("credit_invoice", subject().public_id, invoice=paper.public_id),
    )
