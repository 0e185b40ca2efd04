"""Signing in and out, and the links that arrive by mail."""

from __future__ import annotations

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions import logins
from portal.actions.logins import OpenedLink, SignedIn
from portal.rules.errors import Invalid
from portal.rules.sentences import say
from portal.web import session as browser
from portal.web.addresses import is_local
from portal.web.forms import add_errors
from portal.web.frame import ends
from portal.web.guard import public
from portal.web.logins import known, stale
from portal.web.logins.forms import ActivateForm, ChoosePasswordForm, ForgotForm, SignInForm
from portal.web.telling import tell

bp = Blueprint("login", __name__)

SIGN_IN_NOW = say("Your password is saved. Sign in with it.")


@bp.route("/login", methods=["GET", "POST"])
@public
def sign_in() -> ResponseReturnValue:
    """The sign-in page. One answer for everything that is not right (SEC16)."""
    signed_in = browser.current()
    form = SignInForm()
    if request.method == "GET" and signed_in is not None:
        return redirect(_landing(signed_in))
    if form.validate_on_submit():
        try:
            return _admit(str(form.email.data), str(form.password.data))
        except Invalid as error:
            add_errors(form, error)
    why, waits = stale.why_here(_wanted())
    return _page(form, "login/sign_in.html", for_staff=_wanted().startswith("/staff"), lede=why, waits=waits)


@bp.get("/session/stay")
@public
def stay() -> ResponseReturnValue:
    """Use the session, as any page does, and hear when it ends now; for a page that was only looked at for long."""
    signed_in = browser.current()
    if signed_in is None:
        return jsonify(signed_in=False), 401
    left = ends(signed_in)
    return jsonify(signed_in=True, seconds=left.seconds, warn=left.warn, may_stay=left.may_stay)


@bp.post("/logout")
@public
def sign_out() -> ResponseReturnValue:
    """End the session for good (SEC29)."""
    browser.end()
    target = request.form.get("next", "")
    return redirect(url_for("login.sign_in", next=target) if is_local(target) else url_for("login.signed_out"))


@bp.get("/logout/done")
@public
def signed_out() -> ResponseReturnValue:
    """The page after signing out."""
    return render_template("login/signed_out.html", reason="")


@bp.route("/login/forgot", methods=["GET", "POST"])
@public
def forgot() -> ResponseReturnValue:
    """Ask for a link to choose a new password; the answer never says whether the address is known."""
    form = ForgotForm()
    if form.validate_on_submit():
        logins.request_reset(str(form.email.data), address=browser.origin()["address"])
        return redirect(url_for("login.forgot_done"))
    return _page(form, "login/forgot.html")


@bp.get("/login/forgot/done")
@public
def forgot_done() -> ResponseReturnValue:
    """The page after asking for a link."""
    return render_template("login/forgot_done.html", minutes=60)


@bp.route("/login/activate", methods=["GET", "POST"])
@public
def activate() -> ResponseReturnValue:
    """Customer number and address on file lead to a first password (C2); the answer says nothing about either."""
    form = ActivateForm()
    if form.validate_on_submit():
        address = browser.origin()["address"]
        logins.request_activation(str(form.customer_number.data), str(form.email.data), address=address)
        return redirect(url_for("login.activate_done"))
    return _page(form, "login/activate.html")


@bp.get("/login/activate/done")
@public
def activate_done() -> ResponseReturnValue:
    """The page after asking for activation."""
    return render_template("login/activate_done.html")


@bp.route("/login/reset/<token>", methods=["GET", "POST"])
@public
def reset(token: str) -> ResponseReturnValue:
    """Choose a new password. Opening the page changes nothing (SEC23), and saving signs nobody in (SEC21)."""
    link = logins.look_at("reset", token)
    if not link.works:
        return _gone(link, url_for("login.forgot"))
    form = ChoosePasswordForm()
    if form.validate_on_submit():
        try:
            logins.reset_password(token, str(form.password.data))
            return _sign_in_now()
        except Invalid as error:
            add_errors(form, error)
    return _page(form, "login/reset.html", email=link.email)


@bp.route("/login/invitation/<token>", methods=["GET", "POST"])
@public
def invitation(token: str) -> ResponseReturnValue:
    """Accept an invitation by choosing a password."""
    return _accept(logins.look_at("invitation", token), token)


@bp.route("/login/activation/<token>", methods=["GET", "POST"])
@public
def activation(token: str) -> ResponseReturnValue:
    """Activate an account by choosing a password."""
    return _accept(logins.look_at("activation", token), token)


@bp.post("/login/invitation/<token>/again")
@public
def invitation_again(token: str) -> ResponseReturnValue:
    """Have an expired invitation sent again, to the address it was for (UX15)."""
    logins.renew_invitation(token, address=browser.origin()["address"])
    return redirect(url_for("login.invitation_sent"))


@bp.get("/login/invitation-sent")
@public
def invitation_sent() -> ResponseReturnValue:
    """The page after an invitation was sent again."""
    return render_template("login/invitation_sent.html")


def _admit(email: str, password: str) -> ResponseReturnValue:
    token = logins.sign_in(email, password, replacing=browser.token(), known=known.browser(), **browser.origin())
    browser.start(token)
    signed_in = browser.current()
    if signed_in is None:
        return redirect(url_for("login.sign_in"))
    return known.remember(redirect(_landing(signed_in)), signed_in.login_public_id)


def _landing(signed_in: SignedIn) -> str:
    """Where to go after signing in: what was asked for if it lies on this person's side, else their first page."""
    wanted = _wanted()
    if wanted and (wanted == "/staff" or wanted.startswith("/staff/")) == signed_in.is_staff:
        return wanted
    return url_for("staff.home" if signed_in.is_staff else "home.index")


def _wanted() -> str:
    """The page that was asked for before signing in, if it lies on this host (SEC43)."""
    target = request.args.get("next", "")
    return target if is_local(target) else ""


def _accept(link: OpenedLink, token: str) -> ResponseReturnValue:
    if not link.works:
        return _gone(link, _again(link, token))
    signed_in = browser.current()
    form = ChoosePasswordForm()
    if signed_in is not None and request.method == "GET":
        return render_template("login/somebody_else.html", link=link, signed_in=signed_in)
    if form.validate_on_submit():
        try:
            logins.accept(link.purpose.value, token, str(form.password.data), signed_in=signed_in)
            return _sign_in_now()
        except Invalid as error:
            add_errors(form, error)
    return _page(form, "login/invitation.html", invitation=link)


def _sign_in_now() -> ResponseReturnValue:
    tell(SIGN_IN_NOW)
    return redirect(url_for("login.sign_in"))


def _again(link: OpenedLink, token: str) -> str:
    if link.purpose.value == "activation":
        return url_for("login.activate")
    return url_for("login.invitation_again", token=token) if link.state.value == "expired" else ""


def _gone(link: OpenedLink, again_url: str) -> ResponseReturnValue:
    page = render_template(
        "login/token_used.html", kind=link.purpose.value, state=link.state.value, again_url=again_url
    )
    return page, 410


def _page(form: object, template: str, **values: object) -> ResponseReturnValue:
    """A form's page: 200 when it is asked for, 422 when what was sent is not right."""
    status = 422 if request.method == "POST" else 200
    return render_template(template, form=form, **values), status
