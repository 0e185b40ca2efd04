"""The Logins tab: who signs in for a customer, invitations, and ending sessions."""

from __future__ import annotations

from flask import redirect, request
from flask.typing import ResponseReturnValue

from portal.actions import logins as actions
from portal.actions.customers.profile import Head
from portal.actions.logins import Invitation, LoginLine
from portal.rules.errors import Invalid, Missing, Refused
from portal.rules.permissions import Permission
from portal.rules.powers import chosen, everything
from portal.rules.scopes import ALL_SCOPES
from portal.rules.sentences import say
from portal.web.forms import add_errors, sent_key
from portal.web.groups.forms import scopes_of
from portal.web.guard import actor, may, needs, subject
from portal.web.places import Tab
from portal.web.remedies import linked
from portal.web.staff.customers import bp
from portal.web.staff.forms import InviteForm
from portal.web.staff.profile.head import Menu, MenuItem, at, tab
from portal.web.telling import tell

TAB = Tab(say("Logins"), "logins", Permission.CUSTOMERS_INVITE, 70)


def _menu(head: Head) -> list[MenuItem]:
    if not may(Permission.CUSTOMERS_INVITE):
        return []
    return [MenuItem(say("Invite to the portal"), "invite", at("invite", head.profile.public_id))]


MENU = Menu(3, 10, _menu)


@bp.get("/<public_id:subject>/logins")
@needs(Permission.CUSTOMERS_INVITE)
def logins() -> ResponseReturnValue:
    """Who signs in, and which invitations wait."""
    here = subject().public_id
    return tab(
        "logins",
        "logins",
        people=actions.logins_of(actor(), here),
        invitations=actions.invitations_of(actor(), here),
    )


@bp.route("/<public_id:subject>/logins/invite", methods=["GET", "POST"])
@needs(Permission.CUSTOMERS_INVITE)
def invite() -> ResponseReturnValue:
    """Invite somebody to the portal (C2)."""
    profile = subject()
    form = InviteForm(data=_suggestion())
    if request.method == "GET":
        return _invite_page(form)
    if not form.validate_on_submit():
        return _invite_page(form, 422)
    ticked = chosen(scopes_of(form.scopes.data))
    scopes = ALL_SCOPES if everything(ticked) else ticked
    try:
        email, name = str(form.email.data), str(form.name.data)
        sent = actions.invite_login(actor(), profile.public_id, email, name, scopes, once=sent_key())
    except Invalid as error:
        add_errors(form, error)
        return _invite_page(form, 422)
    except Refused as error:
        return _invite_page(form, 409, reasons=linked(error.reasons))
    tell(
        say(
            "{name} is invited. The link goes to {email} and works until {until}.",
            name=sent.name,
            email=sent.email,
            until=sent.until,
        )
    )
    return redirect(at("logins", profile.public_id), 303)


@bp.post("/<public_id:subject>/logins/invitations/<public_id:invitation>/resend")
@needs(Permission.CUSTOMERS_INVITE)
def resend(invitation: str) -> ResponseReturnValue:
    """Send an invitation again, with a new link."""
    sent = actions.resend_invitation(actor(), _invitation(invitation).public_id)
    tell(say("The invitation of {email} is sent again and works until {until}.", email=sent.email, until=sent.until))
    return redirect(at("logins", subject().public_id), 303)


@bp.post("/<public_id:subject>/logins/invitations/<public_id:invitation>/revoke")
@needs(Permission.CUSTOMERS_INVITE)
def revoke(invitation: str) -> ResponseReturnValue:
    """Take an invitation back."""
    found = _invitation(invitation)
    actions.revoke_invitation(actor(), found.public_id)
    tell(say("The invitation of {email} is taken back; its link no longer works.", email=found.email))
    return redirect(at("logins", subject().public_id), 303)


@bp.post("/<public_id:subject>/logins/<public_id:login>/end-sessions")
@needs(Permission.CUSTOMERS_INVITE)
def end_sessions(login: str) -> ResponseReturnValue:
    """Sign somebody out everywhere (SEC32)."""
    person = _login(login)
    ended = actions.end_sessions_of(actor(), person.public_id)
    done = say("Nobody was signed in with {email}.", email=person.email)
    if ended:
        done = say(
            "One session ended with {email}.", "{count} sessions ended with {email}.", count=ended, email=person.email
        )
    tell(done)
    return redirect(at("logins", subject().public_id), 303)


@bp.route("/<public_id:subject>/logins/<public_id:login>/disable", methods=["GET", "POST"])
@needs(Permission.CUSTOMERS_INVITE)
def disable(login: str) -> ResponseReturnValue:
    """Stop a login from signing in, after saying what that means."""
    person = _login(login)
    if request.method == "GET":
        return tab("logins", "disable", person=person)
    try:
        actions.disable_login(actor(), person.public_id)
    except Refused as error:
        reasons = linked(error.reasons)
        return tab("logins", "disable", code=409, person=person, reasons=reasons, headline=error.headline)
    tell(say("{name} can no longer sign in.", name=person.email))
    return redirect(at("logins", subject().public_id), 303)


@bp.post("/<public_id:subject>/logins/<public_id:login>/enable")
@needs(Permission.CUSTOMERS_INVITE)
def enable(login: str) -> ResponseReturnValue:
    """Let a disabled login sign in again."""
    person = _login(login)
    actions.enable_login(actor(), person.public_id)
    tell(say("{name} can sign in again.", name=person.email))
    return redirect(at("logins", subject().public_id), 303)


def _invite_page(form: InviteForm, code: int = 200, **values: object) -> ResponseReturnValue:
    """The form, beside it what to do where somebody else signs in with the address already."""
    asked = form.email.data if request.method == "POST" else subject().email
    taken = actions.address_taken(actor(), subject().public_id, asked or "")
    own = taken is not None and taken.public_id == subject().public_id
    return tab("logins", "invite", code=code, form=form, taken=None if own else taken, **values)


def _suggestion() -> dict[str, str]:
    """An individual without a login is likely the one to be invited, with the address on file unless it is taken."""
    profile = subject()
    if profile.kind != "individual" or actions.logins_of(actor(), profile.public_id):
        return {}
    taken = actions.address_taken(actor(), profile.public_id, profile.email)
    return {"name": profile.name, "email": "" if taken else profile.email}


def _login(public_id: str) -> LoginLine:
    """A login of this customer, of nobody else."""
    for person in actions.logins_of(actor(), subject().public_id):
        if person.public_id == public_id:
            return person
    raise Missing()


def _invitation(public_id: str) -> Invitation:
    """An unanswered invitation of this customer, of nobody else."""
    for found in actions.invitations_of(actor(), subject().public_id):
        if found.public_id == public_id:
            return found
    raise Missing(say("This invitation was accepted, taken back or sent again meanwhile."))
