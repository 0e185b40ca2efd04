"""Config, Finance: how a partner bills, is paid and follows up what is overdue (F5, F7, F9, F12, F14)."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from wtforms import BooleanField, RadioField, StringField

from portal.actions.partners import settings
from portal.actions.partners.settings import PartnerValues
from portal.outside.bank.accounts import grouped
from portal.rules.amounts import number_text
from portal.rules.customers.status import BillingType
from portal.rules.errors import Conflict, Invalid
from portal.rules.money import format_minor
from portal.rules.partners.settings import SETTINGS, tax_rate
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say
from portal.web.fields import AmountField, CountField, RateField, amounts_in
from portal.web.forms import PortalForm, add_errors, options, sent_key, sent_mark
from portal.web.guard import actor, needs
from portal.web.places import Tab
from portal.web.staff.config.portal import bp, tab_items
from portal.web.telling import tell_saved

TAB = Tab(say("Finance"), "finance", Permission.PORTAL_CONFIGURE, 15)


class FinanceForm(PortalForm):
    """How a partner bills, is paid, and follows up."""

    account_name = StringField(_("Account holder"))
    iban = StringField(_("IBAN"))
    bic = StringField(_("BIC"))
    reference = RadioField(
        _("Payment reference"),
        choices=options(
            [("iso11649", say("A reference with check digits (ISO 11649)")), ("number", say("The invoice’s number"))]
        ),
    )
    prices = RadioField(
        _("Prices"), choices=options([("net", say("Without tax, which is added")), ("gross", say("Including tax"))])
    )
    tax_rate = RateField(_("Tax rate"), missing=_("Enter a percentage; 0 where there is no tax."))
    tax_id = StringField(_("Tax number"))
    terms = StringField(_("Terms of payment"))
    default_billing_type = RadioField(
        _("Billing type of new customers"), choices=options((kind.value, kind.label) for kind in BillingType)
    )
    default_billing_day = CountField(_("Billing day of new customers"), missing=_("Enter a day from 1 to 31."))
    allocation = RadioField(
        _("What a payment settles"),
        choices=options([("choice", say("What somebody chooses")), ("oldest", say("The oldest due invoices first"))]),
    )
    apply_credit = BooleanField(_("Customers may pay with their Customer Credit in the portal"))
    blocking = BooleanField(_("Block customers who are overdue"))
    grace_days = CountField(_("Days of grace"), missing=_("Enter a number of days; 0 for none."))
    reminders = StringField(_("Levels of reminders"))
    reminder_minimum = AmountField(_("Smallest amount of a reminder"), missing=_("Enter an amount; 0 for any."))
    booking_payer = RadioField(
        _("Who pays for bookings"),
        choices=options(
            [
                ("choice", say("Whoever is chosen on the check page")),
                ("owner", say("The payer of the group’s Owner")),
                ("booker", say("The payer of whoever books")),
                ("subject", say("The payer of the person it is for")),
            ]
        ),
    )
    charge_bookings = RadioField(
        _("Bookings are charged"),
        choices=options([("invoice", say("By an invoice at once")), ("next_invoice", say("With the next invoice"))]),
    )
    waiting_hold = CountField(_("Hours for which a free place is held"), missing=_("Enter hours; 0 books at once."))
    waiting_cut_off = CountField(
        _("Minutes before the start when passing places on ends"), missing=_("Enter minutes; 0 is until the start.")
    )
    keep_bookings_of_blocked = BooleanField(_("Blocked customers keep what they have booked"))
    tickets_close_after = CountField(
        _("Days until a solved ticket is closed for good"), missing=_("Enter days, such as 14.")
    )
    documents_quota = CountField(
        _("Megabytes of documents for each customer"), missing=_("Enter megabytes, such as 500.")
    )


_NAMES = (
    *("account_name", "iban", "bic", "reference", "prices", "tax_rate", "tax_id", "terms", "default_billing_type"),
    *("default_billing_day", "allocation", "apply_credit", "blocking", "grace_days", "reminders", "reminder_minimum"),
    *("booking_payer", "charge_bookings", "waiting_hold", "waiting_cut_off", "keep_bookings_of_blocked"),
    *("documents_quota", "tickets_close_after"),
)
_SWITCHES = ("apply_credit", "blocking", "keep_bookings_of_blocked")


@bp.get("/finance")
@needs(Permission.PORTAL_CONFIGURE)
def finance() -> ResponseReturnValue:
    """The partners, each with how it is paid and when."""
    found = settings.list_values(actor())
    return render_template("staff/config/finance.html", found=found, grouped=grouped, tab_items=tab_items("finance"))


@bp.route("/finance/partners/<public_id:partner>", methods=["GET", "POST"])
@needs(Permission.PORTAL_CONFIGURE)
def partner_finance(partner: str) -> ResponseReturnValue:
    """One partner's settings of finance."""
    found = settings.values_of(actor(), partner)
    form = FinanceForm(data=_data(found), meta=amounts_in(found.currency))
    if request.method == "GET":
        return _page(form, found, found.mark)
    if not form.validate_on_submit():
        return _page(form, found, sent_mark(), code=422)
    try:
        given = _given(form, found.currency)
        changed = settings.change(actor(), partner, given, mark=sent_mark() or None, once=sent_key())
    except Invalid as error:
        add_errors(form, error)
        return _page(form, found, sent_mark(), code=422)
    except Conflict as error:
        return _page(form, found, found.mark, code=409, conflict=error.sentence)
    tell_saved(changed)
    return redirect(url_for("staff_config.partner_finance", partner=partner), 303)


def _data(found: PartnerValues) -> dict[str, object]:
    """What the form begins with: values as its fields hold them."""
    texts: dict[str, object] = {name: found.values[name] for name in _NAMES}
    minimum = SETTINGS["reminder_minimum"].read(str(texts["reminder_minimum"]), found.currency, settings.WORLD)
    return {
        **texts,
        "iban": grouped(str(texts["iban"])),
        "tax_rate": tax_rate(str(texts["tax_rate"])),
        **{name: texts[name] == "on" for name in _SWITCHES},
        "waiting_hold": texts["waiting_hold"] or 0,
        "reminder_minimum": minimum,
    }


def _given(form: FinanceForm, currency: str) -> dict[str, str]:
    """What was sent, as the texts of settings."""
    given = {name: str(form[name].data or "") for name in _NAMES}
    return {
        **given,
        "tax_rate": number_text(form.tax_rate.data),
        "default_billing_day": str(form.default_billing_day.data),
        "grace_days": str(form.grace_days.data),
        **{name: "on" if form[name].data else "off" for name in _SWITCHES},
        "waiting_cut_off": str(form.waiting_cut_off.data),
        "reminder_minimum": format_minor(form.reminder_minimum.data, currency),
    }


def _page(
    form: FinanceForm, found: PartnerValues, mark: str, *, code: int = 200, conflict: Sentence = NOTHING
) -> ResponseReturnValue:
    body = render_template("staff/config/finance_partner.html", form=form, partner=found, mark=mark, conflict=conflict)
    return body, code
