"""Looking at the portal as the customer sees it (O7)."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from wtforms import TextAreaField
from wtforms.validators import DataRequired

from portal.actions.customers import viewing
from portal.actions.customers.profile import Head
from portal.rules.errors import Invalid, Missing
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.web.forms import PortalForm, add_errors, sent_key
from portal.web.guard import actor, may, needs, subject
from portal.web.session import current
from portal.web.staff.customers import bp
from portal.web.staff.profile.head import Menu, MenuItem, at, tab


class ViewForm(PortalForm):
    """Why somebody looks."""

    reason = TextAreaField(_("Reason"), validators=[DataRequired(_("Enter why you look. The customer can read it."))])


def _menu(head: Head) -> list[MenuItem]:
    if not may(Permission.CUSTOMERS_VIEW_AS):
        return []
    return [MenuItem(say("View as customer…"), "person", at("view_as", head.profile.public_id), say("To look only"))]


MENU = Menu(3, 60, _menu)


@bp.route("/<public_id:subject>/view-as", methods=["GET", "POST"])
@needs(Permission.CUSTOMERS_VIEW_AS)
def view_as() -> ResponseReturnValue:
    """Say why, then look at the customer's own pages."""
    form, signed_in = ViewForm(), current()
    if signed_in is None:
        raise Missing()
    if not form.validate_on_submit():
        return tab("summary", "view_as", code=200 if request.method == "GET" else 422, form=form)
    session = signed_in.session_public_id
    try:
        viewing.begin(actor(), session, subject().public_id, form.reason.data or "", once=sent_key())
    except Invalid as error:
        add_errors(form, error)
        return tab("summary", "view_as", code=422, form=form)
    return redirect(url_for("home.index"), 303)
