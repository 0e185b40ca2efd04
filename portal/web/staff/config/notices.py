"""Config, Finance, Notifications: what a partner's customers are told when they are blocked (O3)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from jinja2_fragments.flask import render_block

from portal.actions import notices
from portal.actions.notices import NoticePage, NoticePreview
from portal.rules.errors import Conflict, Invalid
from portal.rules.notices import LONGEST_BODY, LONGEST_SMS, LONGEST_SUBJECT, PLACEHOLDERS, NoticeSettings, by_words
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say
from portal.web.forms import add_errors, sent_key, sent_mark
from portal.web.frame import wants_fragment
from portal.web.guard import actor, needs
from portal.web.places import Tab
from portal.web.staff.config.portal import bp, tab_items
from portal.web.staff.forms import NoticesForm
from portal.web.telling import tell_saved

TAB = Tab(say("Notifications"), "notifications", Permission.PORTAL_CONFIGURE, 20)

TEMPLATE = "staff/config/notifications_partner.html"
SWITCHES = ("on", "sub_accounts", "by_email", "by_sms")
TEXTS = ("subject", "body", "sms")


@bp.get("/finance/notifications")
@needs(Permission.PORTAL_CONFIGURE)
def notifications() -> ResponseReturnValue:
    """The partners, each with what its blocked customers are told."""
    found = notices.list_partners(actor())
    return render_template(
        "staff/config/notifications.html",
        found=[(one.partner, one.settings, by_words(one.settings.channels)) for one in found],
        tab_items=tab_items("notifications"),
    )


@bp.route("/finance/notifications/<public_id:partner>", methods=["GET", "POST"])
@needs(Permission.PORTAL_CONFIGURE)
def partner_notifications(partner: str) -> ResponseReturnValue:
    """One partner's notices: switches, channels, hour and texts, with a preview."""
    page = notices.open_partner(actor(), partner)
    form = NoticesForm(data=asdict(page.settings))
    if request.method == "GET":
        return _page(form, page, page.mark, _previews(page, page.settings))
    valid = form.validate_on_submit()
    wanted = _wanted(form)
    if request.form.get("do") == "preview":
        return _preview(form, page, wanted)
    if not valid:
        return _page(form, page, sent_mark(), (), code=422)
    try:
        changed = notices.save(actor(), partner, wanted, mark=sent_mark() or None, once=sent_key())
    except Invalid as error:
        add_errors(form, error)
        return _page(form, page, sent_mark(), (), code=422)
    except Conflict as error:
        return _page(form, page, page.mark, _previews(page, wanted), code=409, conflict=error.sentence)
    tell_saved(changed)
    return redirect(url_for("staff_config.partner_notifications", partner=partner), 303)


def _preview(form: NoticesForm, page: NoticePage, wanted: NoticeSettings) -> ResponseReturnValue:
    """What was typed, as it would look. Nothing is saved."""
    try:
        shown = _previews(page, wanted)
    except Invalid as error:
        add_errors(form, error)
        return _page(form, page, sent_mark(), (), code=422)
    return _page(form, page, sent_mark(), shown)


def _previews(page: NoticePage, wanted: NoticeSettings) -> tuple[NoticePreview, ...]:
    return notices.preview(actor(), page.partner.public_id, wanted)


def _wanted(form: NoticesForm) -> NoticeSettings:
    values: dict[str, Any] = {name: bool(form[name].data) for name in SWITCHES}
    values |= {name: form[name].data or "" for name in TEXTS}
    hour = str(form.hour.data or "")
    return NoticeSettings(**values, hour=int(hour) if hour.isascii() and hour.isdigit() and len(hour) < 3 else -1)


def _page(
    form: NoticesForm,
    page: NoticePage,
    mark: str,
    previews: tuple[NoticePreview, ...],
    *,
    code: int = 200,
    conflict: Sentence = NOTHING,
) -> ResponseReturnValue:
    values: dict[str, Any] = {
        "form": form,
        "page": page,
        "partner": page.partner,
        "mark": mark,
        "previews": previews,
        "conflict": conflict,
        "placeholders": PLACEHOLDERS,
        "longest": {"subject": LONGEST_SUBJECT, "body": LONGEST_BODY, "sms": LONGEST_SMS},
        "address": url_for("staff_config.partner_notifications", partner=page.partner.public_id),
        "asked": request.headers.get("HX-Trigger") == "show-preview",
    }
    if wants_fragment():
        return render_block(TEMPLATE, "preview", **values), code
    return render_template(TEMPLATE, **values), code
