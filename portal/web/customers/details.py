"""Changing one's own details, or those of somebody one may act for."""

from __future__ import annotations

from dataclasses import asdict, fields

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from wtforms import StringField, TextAreaField

from portal.actions.customers import details
from portal.actions.customers.details import ContactDetails
from portal.rules.errors import Conflict, Invalid
from portal.rules.permissions import Permission
from portal.web.addresses import address, page
from portal.web.fields import PhoneField
from portal.web.forms import PortalForm, add_errors, sent_key, sent_number
from portal.web.guard import actor, needs, subject
from portal.web.telling import tell_saved

bp = Blueprint("details", __name__)


class DetailsForm(PortalForm):
    """Names, address and phone."""

    name = StringField(_("Full name"))
    given_name = StringField(_("Given name"))
    family_name = StringField(_("Family name"))
    address = TextAreaField(_("Address"))
    phone = PhoneField(_("Phone"))


@page(bp, "/details", methods=("GET", "POST"))
@needs(Permission.PROFILE_EDIT)
def edit() -> ResponseReturnValue:
    """Change the details. Whoever is second sees that somebody was first (R24)."""
    about = subject()
    form = DetailsForm(data=asdict(details.details_of(about)))
    if request.method == "GET":
        return _page(form, about.version)
    if not form.validate_on_submit():
        return _page(form, sent_number("version"), 422)
    wanted = ContactDetails(**{field.name: str(form[field.name].data or "") for field in fields(ContactDetails)})
    try:
        changed = details.change(actor(), about.public_id, wanted, version=sent_number("version"), once=sent_key())
    except Invalid as error:
        add_errors(form, error)
        return _page(form, sent_number("version"), 422)
    except Conflict as error:
        return _page(form, about.version, 409, conflict=error.sentence, now=details.details_of(about))
    tell_saved(changed)
    return redirect(_back(), 303)


def _back() -> str:
    """One's own details are on Account, somebody else's on their overview."""
    return url_for("account.view") if subject().id == actor().customer_id else address("home.overview")


def _page(form: DetailsForm, version: int, code: int = 200, **values: object) -> ResponseReturnValue:
    return (
        render_template("details/edit.html", form=form, version=version, about=subject(), back_url=_back(), **values),
        code,
    )
