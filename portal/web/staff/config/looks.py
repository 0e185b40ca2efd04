"""The colour and the logo of a partner's portal (O5)."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions.partners import branding as actions
from portal.actions.partners.branding import Wanted
from portal.rules.errors import Conflict, Invalid
from portal.rules.partners.branding import Brand
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence
from portal.web.brand import logo_url, style_url
from portal.web.forms import add_errors, sent_key, sent_mark
from portal.web.guard import actor, needs
from portal.web.staff.config.portal import tab_items
from portal.web.staff.forms import LooksForm
from portal.web.telling import tell_saved

bp = Blueprint("staff_looks", __name__, url_prefix="/staff/config/partners")


@bp.route("/<public_id:partner>/looks", methods=["GET", "POST"])
@needs(Permission.PORTAL_CONFIGURE)
def edit(partner: str) -> ResponseReturnValue:
    """What a partner chose, and choosing otherwise."""
    brand, mark = actions.open_brand(actor(), partner)
    form = LooksForm(data={"colour": brand.colour})
    if request.method == "GET":
        return _page(form, brand, mark)
    if not form.validate_on_submit():
        return _page(form, brand, sent_mark(), code=422)
    wanted = Wanted(form.colour.data or "", form.picture, bool(form.without.data))
    try:
        changed = actions.save(actor(), partner, wanted, mark=sent_mark() or None, once=sent_key())
    except Invalid as error:
        add_errors(form, error)
        return _page(form, brand, sent_mark(), code=422)
    except Conflict as error:
        return _page(form, brand, mark, code=409, conflict=error.sentence)
    tell_saved(changed)
    return redirect(url_for("staff_looks.edit", partner=partner), 303)


def _page(
    form: LooksForm, brand: Brand, mark: str, *, code: int = 200, conflict: Sentence = NOTHING
) -> ResponseReturnValue:
    body = render_template(
        "staff/config/looks.html",
        form=form,
        partner=brand,
        style=style_url(brand),
        logo=logo_url(brand),
        mark=mark,
        conflict=conflict,
        tab_items=tab_items("index"),
    )
    return body, code
