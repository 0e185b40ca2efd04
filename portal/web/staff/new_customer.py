"""Making a new customer at the desk, after a look at those who may be the same one (C5)."""

from __future__ import annotations

from collections.abc import Sequence

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from wtforms import EmailField, RadioField, SelectField, StringField, TextAreaField

from portal.actions.customers import adding as actions
from portal.actions.customers import search as customer_search
from portal.rules import texts
from portal.rules.customers.status import BillingType, Kind
from portal.rules.errors import Conflict, Invalid, Refused
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say
from portal.web.fields import BirthField, CountField, PhoneField
from portal.web.forms import PortalForm, add_errors, options, sent_key
from portal.web.guard import actor, needs
from portal.web.remedies import linked
from portal.web.staff.customers import bp
from portal.web.staff.profile.head import at
from portal.web.telling import tell_done
from portal.web.wording import KINDS

TEXTS = ("given_name", "family_name", "email", "billing_email", "phone", "billing_type", "billing_day", "external_id")


class NewCustomerForm(PortalForm):
    """A new customer; the choices of `partner` are set by the page. What is left empty is as the partner has it."""

    kind = RadioField(_("Kind"), choices=options((kind.value, KINDS[kind.value]) for kind in Kind))
    given_name = StringField(_("Given name"))
    family_name = StringField(_("Family name"))
    name = StringField(_("Name of the business"))
    born_on = BirthField(_("Date of birth"))
    external_id = StringField(_("Customer number"))
    partner = SelectField(_("Partner"), validate_choice=False)
    email = EmailField(_("Email address"))
    billing_email = EmailField(_("Billing email address"))
    phone = PhoneField(_("Phone"))
    address = TextAreaField(_("Address"))
    billing_type = SelectField(_("Billing type"), validate_choice=False)
    billing_day = CountField(_("Billing day"))


@bp.route("/new", methods=["GET", "POST"])
@needs(Permission.CUSTOMERS_ADD)
def new() -> ResponseReturnValue:
    """The form of a new customer; once more with its likely doubles, and the profile when it is made."""
    partners = customer_search.partners(actor())
    form = NewCustomerForm(data={"kind": Kind.INDIVIDUAL.value, **_begun(request.args.get("q", ""))})
    form.partner.choices = options((name, name) for _public_id, name in partners)
    known = [name for _public_id, name in partners]
    form.billing_type.choices = options(
        [("", say("As the partner bills")), *((one.value, one.label) for one in BillingType)]
    )
    if request.method == "GET":
        return _page(form)
    if not form.validate_on_submit() or _wrong(form, known):
        return _page(form, code=422)
    try:
        made = actions.add(
            actor(),
            _given(form, known),
            address=(form.address.data or "").replace("\r\n", "\n").strip(),
            anyway="anyway" in request.form,
            once=sent_key(),
        )
    except Invalid as error:
        add_errors(form, error)
        return _page(form, code=422)
    except Refused as error:
        return _page(form, code=409, doubles=linked(error.reasons), headline=error.headline)
    except Conflict as error:
        return _page(form, code=409, conflict=error.sentence)
    tell_done(say("{name} is a customer of {partner} now", name=made.name, partner=made.partner))
    return redirect(at("summary", made.public_id), 303)


def _page(
    form: NewCustomerForm,
    *,
    code: int = 200,
    doubles: object = (),
    headline: Sentence = NOTHING,
    conflict: Sentence = NOTHING,
) -> ResponseReturnValue:
    values = {"doubles": doubles, "headline": headline, "conflict": conflict}
    return render_template("staff/customers/new.html", form=form, **values), code


def _begun(typed: str) -> dict[str, str]:
    """What was searched for in vain, as the beginning of the form."""
    typed = " ".join(typed.split())[:100]
    if "@" in typed:
        return {"email": typed}
    if typed and not any(one.isalpha() for one in typed):
        return {"phone": typed}
    given, _space, family = typed.rpartition(" ")
    return {"given_name": given or family, "family_name": family if given else "", "name": typed}


def _wrong(form: NewCustomerForm, partners: Sequence[str]) -> bool:
    """Whether the name of that kind of customer or its partner is missing, which the form then says."""
    if form.kind.data == Kind.BUSINESS.value:
        if not texts.name(form.name.data or ""):
            add_errors(form, Invalid({"name": say("Enter the customer’s name.")}))
    elif not texts.name(f"{form.given_name.data or ''} {form.family_name.data or ''}"):
        add_errors(form, Invalid({"given_name": say("Enter the given name.")}))
    if len(partners) != 1 and form.partner.data not in partners:
        add_errors(form, Invalid({"partner": say("Choose one of the partners in the list.")}))
    return bool(form.errors)


def _given(form: NewCustomerForm, partners: Sequence[str]) -> dict[str, str]:
    """The form as a row of the customers import."""
    business = form.kind.data == Kind.BUSINESS.value
    given = {name: str(form[name].data or "").strip() for name in TEXTS}
    person = texts.name(f"{given['given_name']} {given['family_name']}")
    return {
        **given,
        **({"given_name": "", "family_name": ""} if business else {}),
        "kind": form.kind.data,
        "name": (form.name.data or "").strip() if business else person,
        "born_on": form.born_on.data.isoformat() if form.born_on.data else "",
        "partner": partners[0] if len(partners) == 1 else form.partner.data,
    }
