"""Issuing an invoice for a customer: its lines, a last look, and the deed; drafts on the way (F2 to F4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from jinja2_fragments.flask import render_block
from wtforms import RadioField

from portal.actions.books import accounts
from portal.actions.invoices import issuing, viewing
from portal.actions.invoices.issuing import Preview, StoredDraft
from portal.actions.invoices.wanted import Wanted, default_rate, from_content, text_of
from portal.actions.statements.view import today_for
from portal.outside.notation import notation_of
from portal.outside.pens import MINUS
from portal.rules.amounts import parse_amount, parse_number
from portal.rules.errors import Conflict, Invalid, Reason, Refused
from portal.rules.invoices.prices import Prices
from portal.rules.invoices.reading import LineText, read_line
from portal.rules.money import Money
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say
from portal.web import figures
from portal.web.fields import DayField, OptionalDayField
from portal.web.forms import PortalForm, add_errors, options, sent_key, sent_mark
from portal.web.frame import wants_fragment
from portal.web.guard import actor, may, needs, subject
from portal.web.invoices import list_values, state_of_paper, wanted_list
from portal.web.remedies import linked
from portal.web.staff.customers import bp
from portal.web.staff.profile.head import at, frame, tab
from portal.web.statements.forms import SELECT_UP_TO
from portal.web.telling import tell

MOST_LINES = 200
FIELDS = ("description", "quantity", "unit_price", "tax_rate", "discount", "account", "category")


class InvoiceForm(PortalForm):
    """What belongs to the whole invoice; its lines are read beside it."""

    on = DayField(_("Date"), missing=_("Enter the day it is issued."))
    due = OptionalDayField(_("Due"), _("By the terms of payment"), _("On a day"), _("Due on"))
    prices = RadioField(
        _("Prices"),
        choices=options([(Prices.NET.value, say("Without tax")), (Prices.GROSS.value, say("Tax included"))]),
    )


@dataclass(slots=True)
class TypedLine:
    """A line as it was typed, with what is wrong with its fields."""

    values: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nobody has touched it: it begins with a number and a rate."""
        return not any(self.values[name] for name in ("description", "unit_price", "discount"))


@bp.get("/<public_id:subject>/finance/invoices")
@needs(Permission.CUSTOMERS_FINANCE)
def invoices() -> ResponseReturnValue:
    """A customer's drafts, and the invoices on its books."""
    found = viewing.list_invoices(actor(), subject(), wanted_list())
    values = list_values(found, lambda **more: at("invoices", subject().public_id, **more))
    values["invoice_url"] = lambda public_id: url_for("staff_invoices.view", invoice=public_id)
    drafts = viewing.drafts(actor(), subject())
    if wants_fragment():
        return render_block("staff/customers/invoices.html", "results", **frame("finance"), **values, drafts=drafts)
    return tab("finance", "invoices", drafts=drafts, **values)


@bp.route("/<public_id:subject>/finance/invoices/new", methods=["GET", "POST"])
@needs(Permission.FINANCE_POST)
def new_invoice() -> ResponseReturnValue:
    """Write an invoice, look at it once more, issue it or keep it as a draft."""
    return _written("")


@bp.route("/<public_id:subject>/finance/drafts/<public_id:draft>", methods=["GET", "POST"])
@needs(Permission.FINANCE_POST)
def draft_invoice(draft: str) -> ResponseReturnValue:
    """The same with a draft: change it, issue it, throw it away."""
    return _written(draft)


def _written(draft: str) -> ResponseReturnValue:
    stored = issuing.stored_draft(actor(), draft) if draft else None
    if request.method == "GET":
        form, lines = _begun(stored)
        return _page(form, lines, draft, mark=issuing.draft_mark(stored) if stored else "")
    form, lines, step = InvoiceForm(), _typed(), request.form.get("step", "")
    if step == "drop" and draft:
        issuing.drop_draft(actor(), draft, once=sent_key())
        tell(say("The draft is thrown away."))
        return redirect(at("invoices", subject().public_id), 303)
    if step in ("add", "edit") or step.startswith("remove-"):
        return _page(form, _changed(lines, step), draft)
    wanted = _read(form, lines)
    if wanted is None:
        return _page(form, lines, draft, code=422)
    try:
        return _done(wanted, draft, step) if step in ("draft", "issue") else _check(form, lines, wanted, draft)
    except Invalid as error:
        add_errors(form, error)
        return _page(form, lines, draft, code=422)
    except Refused as error:
        if step == "issue":
            return _check(form, lines, wanted, draft, reasons=error.reasons)
        return _page(form, lines, draft, code=409, reasons=error.reasons)
    except Conflict as error:
        if step == "issue":
            return _check(form, lines, wanted, draft, conflict=error.sentence)
        return _page(form, lines, draft, code=409, conflict=error.sentence)


def _done(wanted: Wanted, draft: str, step: str) -> ResponseReturnValue:
    """Keep the draft, or issue it."""
    if step == "draft":
        seen = request.form.get("draft_mark") or None
        if draft:
            kept = issuing.change_draft(actor(), draft, wanted, mark=seen, once=sent_key())
        else:
            kept = issuing.draft(actor(), wanted, once=sent_key())
        tell(say("The draft is kept. Nothing is on the books."))
        return redirect(url_for("staff_invoices.view", invoice=kept.public_id), 303)
    done = issuing.issue_as(actor(), wanted, draft=draft or None, mark=sent_mark(), once=sent_key())
    tell(say("Invoice {number} is issued.", number=done.number or ""))
    return redirect(url_for("staff_invoices.view", invoice=done.public_id), 303)


# Reading the form -----------------------------------------------------------------------------------------------------


def _begun(stored: StoredDraft | None) -> tuple[InvoiceForm, list[TypedLine]]:
    """What the form begins with: an empty line, or the draft as this person writes numbers."""
    profile = subject()
    if stored is None:
        form = InvoiceForm(data={"on": today_for(profile), "prices": profile.settings.prices.value})
        return form, [_empty()]
    wanted = from_content(stored.content, stored.customer, stored.external_id)
    prices = wanted.prices or profile.settings.prices
    form = InvoiceForm(data={"on": wanted.on, "due": wanted.due, "prices": prices.value})
    return form, [_shown(line) for line in wanted.lines]


def _empty() -> TypedLine:
    values = dict.fromkeys(FIELDS, "")
    rate = default_rate(subject())
    return TypedLine({**values, "quantity": "1", "tax_rate": figures.decimal(rate), "account": subject().public_id})


def _shown(line: LineText) -> TypedLine:
    """A line of a draft as it is typed here."""
    currency = subject().currency

    def number(text: str) -> str:
        return figures.decimal(parse_number(text, 9)).replace(MINUS, "-") if text else ""

    price = figures.money(parse_amount(line.unit_price, currency), currency).replace(MINUS, "-")
    return TypedLine(
        {
            "description": line.description,
            "quantity": number(line.quantity),
            "unit_price": price,
            "tax_rate": number(line.tax_rate),
            "discount": number(line.discount),
            "account": line.account or subject().public_id,
            "category": line.category,
        }
    )


def _typed() -> list[TypedLine]:
    """The lines of the form that was sent, as they were typed."""
    sent: Mapping[str, str] = request.form
    count = 0
    while count < MOST_LINES and f"line-{count}-description" in sent:
        count += 1
    return [
        TypedLine({name: sent.get(f"line-{place}-{name}", "").strip()[:2_000] for name in FIELDS})
        for place in range(count)
    ] or [_empty()]


def _changed(lines: list[TypedLine], step: str) -> list[TypedLine]:
    """The lines with one more, or without one of them."""
    if step == "add" and len(lines) < MOST_LINES:
        return [*lines, _empty()]
    place = step.removeprefix("remove-")
    if place.isascii() and place.isdigit() and int(place) < len(lines):
        return [line for at_, line in enumerate(lines) if at_ != int(place)] or [_empty()]
    return lines


def _read(form: InvoiceForm, lines: list[TypedLine]) -> Wanted | None:
    """What was asked for, or None with what is wrong beside its field."""
    valid = form.validate_on_submit()
    profile, written = subject(), [line for line in lines if not line.is_empty]
    if not written:
        lines[0].errors["description"] = figures.text(say("Say what this line is for."))
    texts = [_read_line(line) for line in written]
    if not valid or not written or any(text is None for text in texts):
        return None
    return Wanted(
        profile.public_id,
        form.on.data,
        tuple(text for text in texts if text is not None),
        Prices(form.prices.data),
        form.due.data,
    )


def _read_line(line: TypedLine) -> LineText | None:
    profile, values = subject(), line.values
    typed = LineText(
        values["description"],
        values["quantity"],
        values["unit_price"],
        values["tax_rate"],
        discount=values["discount"],
        category=values["category"],
    )
    notation = notation_of(figures.locale(), profile.currency)
    wrong: dict[str, list[Sentence]] = {}
    read = account = None
    try:
        read = read_line(typed, profile.currency, default_rate=default_rate(profile), notation=notation)
    except Invalid as error:
        wrong |= error.fields
    try:
        named = values["account"][:300]
        account = accounts.named(actor(), profile, named)
    except Invalid as error:
        wrong |= error.fields
    line.errors = {name: " ".join(map(figures.text, sentences)) for name, sentences in wrong.items()}
    return text_of(read, account.public_id, profile.currency) if read and account else None


# Pages ----------------------------------------------------------------------------------------------------------------


def _page(
    form: InvoiceForm,
    lines: list[TypedLine],
    draft: str,
    *,
    code: int = 200,
    mark: str = "",
    reasons: Sequence[Reason] = (),
    conflict: Sentence = NOTHING,
) -> ResponseReturnValue:
    values: dict[str, Any] = {
        "form": form,
        "lines": lines,
        "accounts": _accounts(),
        "draft": draft,
        "draft_mark": request.form.get("draft_mark", mark),
        "url": _url(draft),
        "reasons": linked(reasons),
        "conflict": conflict,
        "wrong": [
            (f"line-{place}-{name}", figures.text(say("Line {number}: {said}", number=place + 1, said=said)))
            for place, line in enumerate(lines)
            for name, said in line.errors.items()
        ],
    }
    if wants_fragment() and request.method == "POST":
        return render_block("staff/customers/invoice_new.html", "lines", **frame("finance"), **values), code
    return tab("finance", "invoice_new", code=code, **values)


def _accounts() -> list[tuple[str, str]]:
    """The Account menu of each line (F3); empty where there are too many to list, which are typed."""
    found = accounts.choices(actor(), subject(), limit=SELECT_UP_TO)
    return [] if len(found) > SELECT_UP_TO else [(one.public_id, one.name) for one in found]


def _check(
    form: InvoiceForm,
    lines: list[TypedLine],
    wanted: Wanted,
    draft: str,
    *,
    reasons: Sequence[Reason] = (),
    conflict: Sentence = NOTHING,
) -> ResponseReturnValue:
    """The invoice as it would be, with what it changes (UX8)."""
    foreseen: Preview = issuing.foresee(actor(), wanted, draft=draft or None)
    against = (*foreseen.reasons, *(one for one in reasons if one not in foreseen.reasons))
    paper = foreseen.paper
    return tab(
        "finance",
        "invoice_check",
        code=409 if conflict or against else 200,
        form=form,
        lines=[line for line in lines if not line.is_empty],
        foreseen=foreseen,
        paper=paper,
        draft=draft,
        draft_mark=request.form.get("draft_mark", ""),
        url=_url(draft),
        button=say("Issue the invoice of {amount}", amount=Money(paper.total, paper.currency)),
        reasons=linked(against),
        conflict=conflict,
        state=state_of_paper(paper),
        may_post=may(Permission.FINANCE_POST),
    )


def _url(draft: str) -> str:
    owner = subject().public_id
    return at("draft_invoice", owner, draft=draft) if draft else at("new_invoice", owner)
