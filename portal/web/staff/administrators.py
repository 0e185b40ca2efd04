"""Administrators: who there is, inviting, roles, and disabling (SEC12)."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions import administrators as actions
from portal.actions import customer_search, logins
from portal.actions.administrators import StaffMember
from portal.rules.errors import Invalid, Refused
from portal.rules.permissions import ROLE_PERMISSIONS, Permission, Role
from portal.web.guard import actor, needs
from portal.web.login_forms import add_errors
from portal.web.remedies import LinkedReason, linked
from portal.web.session import current
from portal.web.staff.config import bp, tab_items
from portal.web.staff.forms import AdministratorForm, chosen, options

CAN = {
    Role.SUPER: "Everything, links of sub-accounts and administrators included.",
    Role.ADMINISTRATOR: "Customers, their finances, portal config, outbox and audit log. Does not link sub-accounts.",
    Role.FRONT_OF_HOUSE: "Find customers and invite them to the portal. Sees no finances.",
    Role.OPERATIONS: "Portal config, outbox, audit log and features. Sees customers, changes nothing about them.",
}
"""What each role is for, in a sentence."""


@bp.get("/administrators")
@needs(Permission.ADMINISTRATORS_MANAGE)
def administrators() -> ResponseReturnValue:
    """Everybody of the operator's staff."""
    return render_template(
        "staff/config/administrators.html",
        people=actions.list_administrators(actor()),
        me_login=_own_login(),
        tab_items=tab_items("administrators"),
    )


@bp.route("/administrators/invite", methods=["GET", "POST"])
@needs(Permission.ADMINISTRATORS_MANAGE)
def invite_administrator() -> ResponseReturnValue:
    """Invite somebody; they choose their password themselves (SEC25)."""
    form = AdministratorForm()
    bound = actor().partner_id is not None
    partners = customer_search.partners(actor())
    form.partner.choices = options(partners if bound else [("", "Every partner"), *partners])
    if request.method == "POST" and form.validate_on_submit():
        try:
            partner = form.partner.data or (partners[0][0] if bound else None)
            made = logins.create_administrator(
                actor(),
                email=str(form.email.data),
                name=str(form.name.data),
                role=str(form.role.data),
                partner=partner,
                by_mail=True,
            )
            flash(f"{made.name} is invited as {made.role.label}. The link goes to {made.email}.", "success")
            return redirect(url_for("staff_config.administrators"), 303)
        except Invalid as error:
            add_errors(form, error)
    body = render_template(
        "staff/config/invite.html", form=form, can_do=_can_do(), tab_items=tab_items("administrators")
    )
    return body, 422 if request.method == "POST" else 200


@bp.route("/administrators/<public_id:login>/role", methods=["GET", "POST"])
@needs(Permission.ADMINISTRATORS_MANAGE)
def role(login: str) -> ResponseReturnValue:
    """Give an administrator another role."""
    person = actions.open_administrator(actor(), login)
    wanted = chosen(Role, "role") if request.method == "POST" else None
    if wanted is None:
        return _role_page(person, person.role, code=422 if request.method == "POST" else 200)
    try:
        actions.change_role(actor(), login, wanted.value)
    except Refused as error:
        return _role_page(person, wanted, code=409, reasons=linked(error.reasons), headline=error.headline)
    flash(f"{person.name} has the role {wanted.label} now.", "success")
    return redirect(url_for("staff_config.administrators" if _still_manages(login, wanted) else "staff.home"), 303)


@bp.route("/administrators/<public_id:login>/disable", methods=["GET", "POST"])
@needs(Permission.ADMINISTRATORS_MANAGE)
def disable_administrator(login: str) -> ResponseReturnValue:
    """Stop an administrator from signing in, after saying what that means."""
    person = actions.open_administrator(actor(), login)
    if request.method == "GET":
        return _disable_page(person)
    try:
        actions.disable(actor(), login)
    except Refused as error:
        return _disable_page(person, code=409, reasons=linked(error.reasons), headline=error.headline)
    flash(f"{person.name} can no longer sign in.", "success")
    return redirect(url_for("staff_config.administrators"), 303)


@bp.post("/administrators/<public_id:login>/enable")
@needs(Permission.ADMINISTRATORS_MANAGE)
def enable_administrator(login: str) -> ResponseReturnValue:
    """Let a disabled administrator sign in again."""
    person = actions.enable(actor(), login)
    flash(f"{person.name} can sign in again.", "success")
    return redirect(url_for("staff_config.administrators"), 303)


def _role_page(
    person: StaffMember, role: Role, *, code: int = 200, reasons: list[LinkedReason] | None = None, headline: str = ""
) -> ResponseReturnValue:
    body = render_template(
        "staff/config/role.html",
        person=person,
        role=role,
        roles=[(role.value, role.label, CAN[role]) for role in Role],
        reasons=reasons or [],
        headline=headline,
        tab_items=tab_items("administrators"),
    )
    return body, code


def _disable_page(
    person: StaffMember, *, code: int = 200, reasons: list[LinkedReason] | None = None, headline: str = ""
) -> ResponseReturnValue:
    body = render_template(
        "staff/config/disable.html",
        person=person,
        is_me=person.public_id == _own_login(),
        reasons=reasons or [],
        headline=headline,
        tab_items=tab_items("administrators"),
    )
    return body, code


def _can_do() -> dict[str, str]:
    return {role.value: CAN[role] for role in Role}


def _own_login() -> str:
    signed_in = current()
    return signed_in.login_public_id if signed_in else ""


def _still_manages(login: str, role: Role) -> bool:
    return login != _own_login() or Permission.ADMINISTRATORS_MANAGE in ROLE_PERMISSIONS[role]
