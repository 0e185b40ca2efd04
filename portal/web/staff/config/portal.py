"""Portal config: what a partner's customers see, and the letterhead of what they receive (O5, L16)."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions.partners import config as portal_config
from portal.actions.partners.config import PartnerPage
from portal.rules.errors import Conflict, Invalid
from portal.rules.partners import SECTIONS
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say
from portal.web.forms import add_errors, options, sent_key, sent_mark
from portal.web.guard import actor, needs
from portal.web.places import Place, Tab, tabs
from portal.web.staff.forms import ConfigForm
from portal.web.telling import tell_saved

bp = Blueprint("staff_config", __name__, url_prefix="/staff/config")

STAFF = Place(say("Config"), "config", "staff_config.index", Permission.PORTAL_CONFIGURE, 60)
TAB = Tab(say("Portal"), "index", Permission.PORTAL_CONFIGURE, 10)


@bp.get("")
@needs(Permission.PORTAL_CONFIGURE)
def index() -> ResponseReturnValue:
    """The partners, each with what its customers' portals allow."""
    partners = portal_config.list_partners(actor())
    return render_template("staff/config/index.html", partners=partners, tab_items=tab_items("index"))


@bp.route("/partners/<public_id:partner>", methods=["GET", "POST"])
@needs(Permission.PORTAL_CONFIGURE)
def partner(partner: str) -> ResponseReturnValue:
    """One partner's portal and letterhead."""
    page = portal_config.open_partner(actor(), partner)
    now = portal_config.config_of(page.partner)
    form = ConfigForm(data=now.values())
    _offer(form)
    if request.method == "GET":
        return _page(form, page, page.mark)
    if not form.validate_on_submit():
        return _page(form, page, sent_mark(), code=422)
    try:
        wanted = now.changed(form.data)
        changed = portal_config.save(actor(), partner, wanted, mark=sent_mark() or None, once=sent_key())
    except Invalid as error:
        add_errors(form, error)
        return _page(form, page, sent_mark(), code=422)
    except Conflict as error:
        return _page(form, page, page.mark, code=409, conflict=error.sentence)
    tell_saved(changed)
    return redirect(url_for("staff_config.partner", partner=partner), 303)


def tab_items(current: str) -> list[dict[str, object]]:
    """The tabs of Config for whoever is signed in. The labels are the same for every partner (G4)."""
    return [
        {"label": tab.label, "url": url_for(f"staff_config.{tab.view}"), "current": tab.view == current}
        for tab in tabs("portal.web.staff.config")
    ]


def _offer(form: ConfigForm) -> None:
    """Fill the choices; what is stored can always be kept, even if it is not among them."""
    zones = portal_config.time_zones()
    kept = [form.time_zone.data] if form.time_zone.data and form.time_zone.data not in zones else []
    form.time_zone.choices = options((zone, zone.replace("_", " ")) for zone in (*kept, *zones))
    locales = portal_config.locales()
    other = form.locale.data
    more = [(other, other)] if other and other not in dict(locales) else []
    form.locale.choices = options([*more, *locales])


def _page(
    form: ConfigForm, page: PartnerPage, mark: str, *, code: int = 200, conflict: Sentence = NOTHING
) -> ResponseReturnValue:
    body = render_template(
        "staff/config/partner.html",
        form=form,
        partner=page.partner,
        mark=mark,
        conflict=conflict,
        sample_day=portal_config.sample_day(page.partner),
        sample_amount=portal_config.sample_amount(page.partner),
        sections=tuple(SECTIONS),
        tab_items=tab_items("index"),
    )
    return body, code
