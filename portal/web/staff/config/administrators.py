"""Administrators: who there is, inviting, roles, exceptions beside a role, and disabling (SEC12, O4)."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions import logins
from portal.actions.customers import search as customer_search
from portal.actions.staff import administrators as actions
from portal.actions.staff import roles
from portal.actions.staff.administrators import PermissionsPage, StaffMember
from portal.rules.errors import Conflict, Invalid, Refused
from portal.rules.permissions import Permission
from portal.rules.roles import AREAS, named
from portal.rules.sentences import NOTHING, Sentence, say
from portal.web.forms import add_errors, options, sent_mark
from portal.web.guard import actor, needs
from portal.web.places import Tab
from portal.web.remedies import LinkedReason, linked
from portal.web.session import current
from portal.web.staff.config.permission_forms import differing, ticked
from portal.web.staff.config.portal import bp, tab_items
from portal.web.staff.forms import AdministratorForm, PermissionsForm
from portal.web.telling import tell

TAB = Tab(say("Administrators"), "administrators", Permission.ADMINISTRATORS_MANAGE, 50)


@bp.get("/administrators")
@needs(Permission.ADMINISTRATORS_MANAGE)
def administrators() -> ResponseReturnValue:
    """Everybody of the operator's staff."""
    people = actions.list_administrators(actor())
    return render_template(
        "staff/config/administrators.html",
        people=[(person, actions.may_change(actor(), person)) for person in people],
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
    form.partner.choices = options(partners if bound else [("", say("Every partner")), *partners])
    offered = [role for role, lacking in roles.choices(actor()) if not lacking]
    form.role.choices = options((role.value, role.label) for role in offered)
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
            tell(
                say(
                    "{name} is invited as {role}. The link goes to {email}.",
                    name=made.name,
                    role=made.role.label,
                    email=made.email,
                )
            )
            return redirect(url_for("staff_config.administrators"), 303)
        except Invalid as error:
            add_errors(form, error)
    body = render_template(
        "staff/config/invite.html",
        form=form,
        can_do={role.value: role.description for role in offered},
        tab_items=tab_items("administrators"),
    )
    return body, 422 if request.method == "POST" else 200


@bp.route("/administrators/<public_id:login>/role", methods=["GET", "POST"])
@needs(Permission.ADMINISTRATORS_MANAGE)
def role(login: str) -> ResponseReturnValue:
    """Give an administrator another role."""
    person = actions.open_administrator(actor(), login)
    wanted = request.form.get("role", "")
    if request.method == "GET":
        return _role_page(person, person.role.value)
    try:
        changed = actions.change_role(actor(), login, wanted)
    except Invalid as error:
        return _role_page(person, person.role.value, code=422, wrong=error.sentence)
    except Refused as error:
        return _role_page(person, wanted, code=409, reasons=linked(error.reasons), headline=error.headline)
    tell(say("{name} has the role {role} now.", name=person.name, role=changed.role.label))
    return redirect(url_for(_next_page(changed)), 303)


@bp.route("/administrators/<public_id:login>/permissions", methods=["GET", "POST"])
@needs(Permission.ADMINISTRATORS_MANAGE)
def permissions(login: str) -> ResponseReturnValue:
    """What one administrator may do and why; exceptions beside the role are made here (O4, R24)."""
    page = actions.open_permissions(actor(), login)
    form = PermissionsForm(permissions=[one.value for one in page.member.permissions])
    if request.method == "GET":
        return _permissions_page(page, form)
    try:
        if not form.validate_on_submit():
            return _permissions_page(page, form, code=422)
        changed = actions.set_permissions(actor(), login, ticked(form.permissions) | _kept(page), mark=sent_mark())
    except Invalid as error:
        add_errors(form, error)
        return _permissions_page(page, form, code=422)
    except Refused as error:
        return _permissions_page(page, form, code=409, reasons=linked(error.reasons), headline=error.headline)
    except Conflict as error:
        return _permissions_page(page, form, code=409, conflict=error.sentence)
    tell(say("Saved what {name} may do. It counts from their next click on.", name=changed.name))
    if login == _own_login() and Permission.ADMINISTRATORS_MANAGE not in changed.permissions:
        return redirect(url_for("staff.home"), 303)
    return redirect(url_for("staff_config.permissions", login=login), 303)


@bp.route("/administrators/<public_id:login>/disable", methods=["GET", "POST"])
@needs(Permission.ADMINISTRATORS_MANAGE)
def disable_administrator(login: str) -> ResponseReturnValue:
    """Stop an administrator from signing in, after saying what that means."""
    person = actions.open_administrator(actor(), login)
    if request.method == "GET":
        refusal = actions.disable_refusal(actor(), login)
        if refusal is None:
            return _disable_page(person)
        return _disable_page(person, reasons=linked(refusal.reasons), headline=refusal.headline)
    try:
        actions.disable(actor(), login)
    except Refused as error:
        return _disable_page(person, code=409, reasons=linked(error.reasons), headline=error.headline)
    tell(say("{name} can no longer sign in.", name=person.name))
    return redirect(url_for("staff_config.administrators"), 303)


@bp.post("/administrators/<public_id:login>/enable")
@needs(Permission.ADMINISTRATORS_MANAGE)
def enable_administrator(login: str) -> ResponseReturnValue:
    """Let a disabled administrator sign in again."""
    person = actions.enable(actor(), login)
    tell(say("{name} can sign in again.", name=person.name))
    return redirect(url_for("staff_config.administrators"), 303)


def _role_page(
    person: StaffMember,
    chosen: str,
    *,
    code: int = 200,
    wrong: Sentence = NOTHING,
    reasons: list[LinkedReason] | None = None,
    headline: Sentence = NOTHING,
) -> ResponseReturnValue:
    body = render_template(
        "staff/config/role_of.html",
        person=person,
        chosen=chosen,
        roles=[(role, named(lacking)) for role, lacking in roles.choices(actor(), person.permissions)],
        exceptions=len(person.given | person.taken),
        wrong=wrong,
        reasons=reasons or [],
        headline=headline,
    )
    return body, code


def _permissions_page(
    page: PermissionsPage,
    form: PermissionsForm,
    *,
    code: int = 200,
    conflict: Sentence = NOTHING,
    reasons: list[LinkedReason] | None = None,
    headline: Sentence = NOTHING,
) -> ResponseReturnValue:
    chosen = ticked(form.permissions) | _kept(page) if code != 200 else page.member.permissions
    body = render_template(
        "staff/config/permissions.html",
        page=page,
        person=page.member,
        form=form,
        areas=AREAS,
        chosen=chosen,
        may_change=actions.may_change(actor(), page.member),
        is_me=page.member.public_id == _own_login(),
        mark=sent_mark() if code == 422 else page.mark,
        conflict=conflict,
        now=differing(page.member.permissions, chosen) if conflict else [],
        reasons=reasons or [],
        headline=headline,
    )
    return body, code


def _kept(page: PermissionsPage) -> frozenset[Permission]:
    """What the form could not change, because its boxes were not for this actor to tick."""
    return page.fixed & page.member.permissions


def _disable_page(
    person: StaffMember, *, code: int = 200, reasons: list[LinkedReason] | None = None, headline: Sentence = NOTHING
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


def _own_login() -> str:
    signed_in = current()
    return signed_in.login_public_id if signed_in else ""


def _next_page(changed: StaffMember) -> str:
    """The list, or one's own start for whoever just gave up looking after administrators."""
    manages = changed.public_id != _own_login() or Permission.ADMINISTRATORS_MANAGE in changed.permissions
    return "staff_config.administrators" if manages else "staff.home"
