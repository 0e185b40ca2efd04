"""One's own account, alike for customers and staff: details, password, sessions; and for customers who did what."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_datetime

from portal.actions import logins
from portal.actions.access import Profile
from portal.actions.customers import search as customer_search
from portal.actions.logins import SignedIn
from portal.rules.customers.search_fields import SearchField
from portal.rules.deciding import Source
from portal.rules.errors import Invalid, Missing
from portal.rules.permissions import Permission
from portal.rules.roles import named
from portal.rules.sentences import NOTHING, Sentence, say
from portal.web import session as browser
from portal.web.account.browsers import describe
from portal.web.account.forms import SearchFieldsForm
from portal.web.addresses import PublicIdConverter
from portal.web.forms import add_errors
from portal.web.guard import actor, may, needs, subject
from portal.web.logins.forms import ChangePasswordForm
from portal.web.places import Place
from portal.web.telling import tell

bp = Blueprint("account", __name__)

OWN = Place(say("Account"), "account", "account.view", Permission.ACCOUNT, 70, elsewhere=True)

PUBLIC_ID = re.compile(PublicIdConverter.regex)

THROUGH = {
    Source.SELF: say("Yourself"),
    Source.GROUP: say("Through your group"),
    Source.CARER: say("As your carer"),
    Source.MAIN_ACCOUNT: say("As your main account"),
    Source.STAFF: say("As staff"),
    Source.SYSTEM: say("By itself"),
}
"""How somebody came to act for a customer, in the customer's words."""

PARTS = {
    "home": say("Overview"),
    "details": say("Details"),
    "services": say("Services"),
    "calendar": say("Calendar"),
    "memberships": say("Memberships"),
    "bookings": say("Bookings"),
    "documents": say("Documents"),
    "tickets": say("Tickets"),
    "orders": say("Orders"),
    "messages": say("Messages"),
    "statements": say("Statements"),
    "invoices": say("Invoices"),
    "entries": say("Entries"),
    "paying": say("Paying invoices"),
}
"""What was looked at, by the part of the portal that shows it."""


@bp.get("/account")
@needs(Permission.ACCOUNT)
def view() -> ResponseReturnValue:
    """Who I am here."""
    return _view()


@bp.get("/staff/account")
@needs(Permission.STAFF_HOME)
def staff_view() -> ResponseReturnValue:
    """Who I am here, for staff."""
    return _view()


@bp.route("/account/password", methods=["GET", "POST"])
@needs(Permission.ACCOUNT)
def password() -> ResponseReturnValue:
    """Change my password."""
    return _password()


@bp.route("/staff/account/password", methods=["GET", "POST"])
@needs(Permission.STAFF_HOME)
def staff_password() -> ResponseReturnValue:
    """Change my password, for staff."""
    return _password()


@bp.get("/account/sessions")
@needs(Permission.ACCOUNT)
def sessions() -> ResponseReturnValue:
    """Where I am signed in (SEC32)."""
    return _sessions()


@bp.get("/staff/account/sessions")
@needs(Permission.STAFF_HOME)
def staff_sessions() -> ResponseReturnValue:
    """Where I am signed in, for staff."""
    return _sessions()


@bp.post("/account/sessions/<public_id:session_id>/end")
@needs(Permission.ACCOUNT)
def end_session(session_id: str) -> ResponseReturnValue:
    """Sign one of my browsers out."""
    return _end_session(session_id)


@bp.post("/staff/account/sessions/<public_id:session_id>/end")
@needs(Permission.STAFF_HOME)
def staff_end_session(session_id: str) -> ResponseReturnValue:
    """Sign one of my browsers out, for staff."""
    return _end_session(session_id)


@bp.post("/account/sessions/end-others")
@needs(Permission.ACCOUNT)
def end_others() -> ResponseReturnValue:
    """Sign all my other browsers out."""
    return _end_others()


@bp.post("/staff/account/sessions/end-others")
@needs(Permission.STAFF_HOME)
def staff_end_others() -> ResponseReturnValue:
    """Sign all my other browsers out, for staff."""
    return _end_others()


@bp.route("/staff/account/search-fields", methods=["GET", "POST"])
@needs(Permission.CUSTOMERS_VIEW)
def search_fields() -> ResponseReturnValue:
    """What the customer search looks at for me (O1)."""
    form = SearchFieldsForm(fields=[field.value for field in customer_search.search_fields(actor())])
    if request.method == "GET":
        return _page("search_fields", form=form, fields=list(SearchField))
    if not form.validate_on_submit():
        return _page("search_fields", form=form, fields=list(SearchField)), 422
    try:
        chosen = frozenset(SearchField(word) for word in form.fields.data or ())
        customer_search.choose_search_fields(actor(), chosen)
    except Invalid as error:
        add_errors(form, error)
        return _page("search_fields", form=form, fields=list(SearchField)), 422
    tell(say("Saved. Your next customer search looks there."))
    return redirect(url_for("account.search_fields"), 303)


@bp.get("/account/log")
@needs(Permission.ACCOUNT)
def log() -> ResponseReturnValue:
    """Who did what for me (O8, PRI4)."""
    before = request.args.get("before", "")
    page = logins.my_log(actor(), before=before if PUBLIC_ID.fullmatch(before) else None)
    lines = [
        {"at": _moment(line.at), "text": line.text, "actor": line.actor, "through": THROUGH[Source(line.grant)]}
        for line in page.lines
    ]
    seen = [
        {
            "day": line.at,
            "name": line.name,
            "part": PARTS.get(line.part, line.part),
            "through": THROUGH[Source(line.grant)],
        }
        for line in page.seen
    ]
    older_url = url_for("account.log", before=page.older) if page.older else ""
    newest_url = url_for("account.log") if before else ""
    return _page("log", lines=lines, seen=seen, older_url=older_url, newest_url=newest_url)


def _view() -> ResponseReturnValue:
    me = _me()
    return _page(
        "view",
        person=me,
        operator=me.partner_name or say("a Super administrator"),
        powers=_powers(me),
        role=me.actor.role.label if me.actor.role else "",
        details_url=_details_url(me),
        messages_url=_messages_url(me),
        balances=NOTHING if me.is_staff else _balances(subject()),
    )


def _balances(me: Profile) -> Sentence:
    """With whom a customer shares balances, and whose they are (P1); NOTHING if with nobody."""
    if me.mate_id is None:
        return NOTHING
    mate = me.mate_name or ""
    if me.is_secondary:
        return say("Those of {name}, who shares them with you and pays for both", name=mate)
    return say("Yours, shared with {name}; you pay for both", name=mate)


def _details_url(me: SignedIn) -> str:
    """Where a customer changes its own details; "" for staff and for a login that may not."""
    return url_for("details.edit") if not me.is_staff and may(Permission.PROFILE_EDIT) else ""


def _messages_url(me: SignedIn) -> str:
    """Where a customer chooses what it wants to be told; "" for staff and for a login that may not."""
    return url_for("messages.index") if not me.is_staff and may(Permission.MESSAGES_VIEW) else ""


def _password() -> ResponseReturnValue:
    form = ChangePasswordForm()
    if form.validate_on_submit():
        try:
            token = logins.change_password(
                _me(), str(form.current_password.data), str(form.password.data), **browser.origin()
            )
        except Invalid as error:
            add_errors(form, error)
        else:
            browser.start(token)
            tell(say("Your password is changed. Every other device has been signed out."))
            return redirect(_url("view"))
    status = 422 if request.method == "POST" else 200
    return _page("password", form=form, email=_me().email), status


def _sessions() -> ResponseReturnValue:
    me = _me()
    lines = [
        {
            "browser": describe(line.browser),
            "address": line.address,
            "started": _moment(line.started_at),
            "seen": _moment(line.seen_at),
            "until": _moment(line.expires_at),
            "is_this": line.is_this,
            "end_url": _url("end_session", session_id=line.public_id),
        }
        for line in logins.my_sessions(me)
    ]
    return _page("sessions", lines=lines, end_others_url=_url("end_others"))


def _end_session(session_id: str) -> ResponseReturnValue:
    if logins.end_session(_me(), session_id):
        browser.end()
        return redirect(url_for("login.signed_out"))
    tell(say("That browser has been signed out."))
    return redirect(_url("sessions"))


def _end_others() -> ResponseReturnValue:
    ended = logins.end_other_sessions(_me())
    tell(_ended(ended))
    return redirect(_url("sessions"))


def _ended(count: int) -> Sentence:
    if count == 0:
        return say("You were not signed in anywhere else.")
    return say("One other browser has been signed out.", "{count} other browsers have been signed out.", count=count)


def _me() -> SignedIn:
    signed_in = browser.current()
    if signed_in is None:
        raise Missing()
    return signed_in


def _powers(me: SignedIn) -> Sequence[Sentence]:
    return logins.powers(me.actor.scopes) if not me.is_staff else named(me.actor.permissions)


def _url(endpoint: str, **values: Any) -> str:
    """The address of one of these pages on this person's side."""
    prefix = "account.staff_" if _me().is_staff else "account."
    return url_for(prefix + endpoint, **values)


def _page(name: str, **values: object) -> str:
    layout = "staff_layout.html" if _me().is_staff else "layout.html"
    tabs = [
        {"label": say("Details"), "url": _url("view"), "current": name in ("view", "password")},
        {"label": say("Signed in"), "url": _url("sessions"), "current": name == "sessions"},
    ]
    if may(Permission.CUSTOMERS_VIEW):
        url = url_for("account.search_fields")
        tabs.append({"label": say("Search fields"), "url": url, "current": name == "search_fields"})
    if not _me().is_staff:
        tabs.append({"label": say("Who did what"), "url": url_for("account.log"), "current": name == "log"})
    addresses = {"view_url": _url("view"), "password_url": _url("password")}
    return render_template(f"account/{name}.html", layout=layout, tab_items=tabs, **addresses, **values)


def _moment(instant: datetime) -> str:
    """An instant in the time zone and language of whoever is signed in."""
    return str(format_datetime(instant, "d MMM y, HH:mm"))
