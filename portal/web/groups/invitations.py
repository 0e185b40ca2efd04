"""The link in the mail that invites into a group: for somebody signed in, somebody who could be, and a newcomer."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions import groups
from portal.actions.groups import Opened
from portal.rules.errors import Invalid, Refused
from portal.rules.groups import CONSENT, GroupRole
from portal.rules.powers import rights
from portal.rules.sentences import say
from portal.web import session as browser
from portal.web.forms import add_errors
from portal.web.groups.forms import NewcomerForm, scopes_of
from portal.web.guard import public
from portal.web.remedies import linked
from portal.web.telling import tell

bp = Blueprint("invitations", __name__, url_prefix="/invitations")


@bp.route("/<token>", methods=["GET", "POST"])
@public
def view(token: str) -> ResponseReturnValue:
    """What the invitation offers. Opening it changes nothing (SEC23); only whom it is for can accept it (SEC24)."""
    opened = groups.look_at(token)
    signed_in = browser.current()
    if not opened.works:
        return _gone(opened, token)
    if signed_in is not None and signed_in.email == opened.email:
        return redirect(url_for("my_group.waiting", invitation=opened.public_id))
    if signed_in is not None:
        status = 409 if request.method == "POST" else 200
        return render_template("login/somebody_else.html", link=opened, signed_in=signed_in), status
    if opened.knows_login:
        return _page(opened, token, None)
    return _newcomer(opened, token)


def _newcomer(opened: Opened, token: str) -> ResponseReturnValue:
    """Somebody who does not sign in yet chooses a password and joins."""
    form = NewcomerForm(data=_called(opened) if request.method == "GET" else None)
    if opened.profile_name:
        del form.born_on
    if request.method == "GET":
        return _page(opened, token, form)
    if not form.validate_on_submit():
        return _page(opened, token, form, 422)
    try:
        groups.accept_as_newcomer(
            token,
            str(form.password.data),
            form.given_name.data or "",
            form.family_name.data or "",
            form.born_on.data if "born_on" in form else None,
            scopes_of(form.scopes.data),
        )
    except Invalid as error:
        add_errors(form, error)
        return _page(opened, token, form, 422)
    except Refused as error:
        return _page(opened, token, form, 409, reasons=linked(error.reasons), headline=error.headline)
    tell(say("You are in the group. Sign in with your new password."))
    return redirect(url_for("login.sign_in", next=url_for("my_group.index")), 303)


@bp.post("/<token>/decline")
@public
def decline(token: str) -> ResponseReturnValue:
    """Say no by the link, without a login."""
    groups.decline(None, token)
    return redirect(url_for("invitations.declined"), 303)


@bp.get("/declined")
@public
def declined() -> ResponseReturnValue:
    """The page after declining."""
    return render_template("invitations/declined.html")


@bp.post("/<token>/again")
@public
def again(token: str) -> ResponseReturnValue:
    """Have an expired invitation sent again, to the address it was for (UX15)."""
    groups.renew(token, address=browser.origin()["address"])
    return redirect(url_for("login.invitation_sent"), 303)


def _called(opened: Opened) -> dict[str, str]:
    given, _, family = opened.name.partition(" ")
    return {"given_name": given, "family_name": family}


def _page(opened: Opened, token: str, form: NewcomerForm | None, code: int = 200, **values: Any) -> ResponseReturnValue:
    page = render_template(
        "invitations/view.html",
        opened=opened,
        token=token,
        form=form,
        powers=rights(opened.scopes),
        consents=opened.role is GroupRole.DEPENDENT,
        wording=CONSENT,
        sign_in_url=url_for("login.sign_in", next=url_for("invitations.view", token=token)),
        **values,
    )
    return page, code


def _gone(opened: Opened, token: str) -> ResponseReturnValue:
    states = {"accepted": "used", "declined": "used", "revoked": "replaced", "expired": "expired"}
    again_url = url_for("invitations.again", token=token) if opened.state.value == "expired" else ""
    page = render_template(
        "login/token_used.html", kind="invitation", state=states[opened.state.value], again_url=again_url
    )
    return page, 410
