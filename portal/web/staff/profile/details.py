"""The Details tab: everything on file about a customer, and changing it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import redirect, request
from flask.typing import ResponseReturnValue

from portal.actions.customers import profile as profiles
from portal.actions.customers import search as customer_search
from portal.actions.customers.profile import FIELD_LABELS, FIELD_NAMES, Details, Head, Stale
from portal.actions.links import partner_accounts
from portal.rules.customers.status import BillingType, Kind
from portal.rules.errors import Invalid, Refused
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say
from portal.web.forms import add_errors, options, sent_key
from portal.web.guard import actor, may, needs, subject
from portal.web.places import Remedy, Tab
from portal.web.remedies import linked
from portal.web.staff.customers import bp
from portal.web.staff.forms import ContactForm, DetailsForm
from portal.web.staff.profile.head import Menu, MenuItem, at, tab
from portal.web.staff.profile.notices import told_rows
from portal.web.telling import tell_saved

TAB = Tab(say("Details"), "details", Permission.CUSTOMERS_VIEW, 20)
REMEDIES = (Remedy("customer-details", "staff_customers.details", say("Open its details"), Permission.CUSTOMERS_VIEW),)


def _menu(head: Head) -> list[MenuItem]:
    if not may(Permission.CUSTOMERS_CONTACT):
        return []
    return [MenuItem(say("Edit details"), "edit", at("edit", head.profile.public_id))]


MENU = Menu(3, 30, _menu)


@bp.get("/<public_id:subject>/details")
@needs(Permission.CUSTOMERS_VIEW)
def details() -> ResponseReturnValue:
    """Everything on file about the customer."""
    shared_since = partner_accounts.since(actor(), subject())
    kind = BillingType(subject().billing_type)
    return tab("details", "details", billing_type=kind, shared_since=shared_since, told=told_rows(subject()))


@bp.route("/<public_id:subject>/details/edit", methods=["GET", "POST"])
@needs(Permission.CUSTOMERS_CONTACT)
def edit() -> ResponseReturnValue:
    """Change the details. Whoever is second sees what the first one changed (R24)."""
    form = _form()
    if request.method == "GET":
        return _edit_page(form, subject().version)
    if not form.validate_on_submit():
        return _edit_page(form, _sent_version(), code=422)
    try:
        changed = profiles.edit_details(
            actor(), subject().public_id, _details(form), version=_sent_version(), once=sent_key()
        )
    except Invalid as error:
        add_errors(form, error)
        return _edit_page(form, _sent_version(), code=422)
    except Refused as error:
        return _edit_page(form, _sent_version(), code=409, reasons=linked(error.reasons), headline=error.headline)
    except Stale as stale:
        return _edit_page(form, stale.profile.version, code=409, stale=stale, now=_differing(form, stale))
    tell_saved(changed)
    return redirect(at("details", subject().public_id), 303)


def _form() -> DetailsForm | ContactForm:
    """The form with what the actor may change (C5)."""
    values = _values(profiles.details_of(subject()))
    if not may(Permission.CUSTOMERS_EDIT):
        return ContactForm(data=values)
    form = DetailsForm(data=values)
    form.partner.choices = options(customer_search.partners(actor()))
    return form


def _edit_page(
    form: DetailsForm | ContactForm, version: int, *, code: int = 200, **values: object
) -> ResponseReturnValue:
    return tab("details", "edit", code=code, form=form, version=version, field_names=FIELD_NAMES, **values)


def _values(found: Details) -> dict[str, object]:
    return {**asdict(found), "kind": found.kind.value, "billing_type": found.billing_type.value}


def _details(form: DetailsForm | ContactForm) -> Details:
    now = _values(profiles.details_of(subject()))
    data: dict[str, Any] = {name: form[name].data if name in form else now[name] for name in FIELD_NAMES}
    texts = {name: value or "" for name, value in data.items() if name not in ("born_on", "billing_day", "tax_rate")}
    return Details(
        **{
            **texts,
            "born_on": data["born_on"],
            "billing_day": data["billing_day"],
            "tax_rate": data["tax_rate"],
            "kind": Kind(data["kind"]),
            "billing_type": BillingType(data["billing_type"]),
            "partner": data["partner"] or subject().partner_public_id,
        }
    )


def _sent_version() -> int:
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _differing(form: DetailsForm | ContactForm, stale: Stale) -> list[tuple[Sentence, str, str]]:
    """The fields in which the form and what is stored now differ: name, stored, in the form."""
    now = _values(profiles.details_of(stale.profile))
    labels: dict[str, str] = dict(customer_search.partners(actor()))
    found = []
    for name, label in FIELD_LABELS.items():
        if name not in form:
            continue
        stored, typed = ("" if one is None else one for one in (now[name], form[name].data))
        if str(stored) != str(typed).replace("\r\n", "\n"):
            found.append((label, labels.get(str(stored), str(stored)), labels.get(str(typed), str(typed))))
    return found
