"""Config, Roles: the default ones to read and copy, and those that the operator makes (O4)."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions.staff import roles as actions
from portal.actions.staff.roles import Draft, RolePage
from portal.rules.deciding import CustomRole
from portal.rules.errors import Conflict, Invalid, Missing, NotAllowed, Refused
from portal.rules.permissions import Permission
from portal.rules.roles import AREAS, beyond, named
from portal.rules.sentences import NOTHING, Sentence, say
from portal.web import figures
from portal.web.figures import Shown
from portal.web.forms import add_errors, sent_key, sent_mark
from portal.web.guard import actor, needs
from portal.web.places import Tab
from portal.web.remedies import LinkedReason, linked
from portal.web.staff.config.permission_forms import differing, ticked
from portal.web.staff.config.portal import bp, tab_items
from portal.web.staff.forms import RoleForm
from portal.web.telling import tell, tell_saved

TAB = Tab(say("Roles"), "roles", Permission.ADMINISTRATORS_MANAGE, 60)

ROLE = "/roles/<public_id:role>"


@bp.get("/roles")
@needs(Permission.ADMINISTRATORS_MANAGE)
def roles() -> ResponseReturnValue:
    """Every role with what it is for and how many have it."""
    lines = actions.list_roles(actor())
    return render_template(
        "staff/config/roles.html",
        defaults=[line for line in lines if line.is_default],
        custom=[line for line in lines if not line.is_default],
        may_make=actions.may_make(actor()),
        tab_items=tab_items("roles"),
    )


@bp.get("/roles/<role>")
@needs(Permission.ADMINISTRATORS_MANAGE)
def show_role(role: str) -> ResponseReturnValue:
    """What one role allows, and who has it."""
    page = actions.open_role(actor(), role)
    return render_template("staff/config/role.html", page=page, areas=AREAS, may_make=actions.may_make(actor()))


@bp.route("/roles/new", methods=["GET", "POST"])
@needs(Permission.ADMINISTRATORS_MANAGE)
def new_role() -> ResponseReturnValue:
    """Make a role, from nothing or as a copy of another one."""
    actions.require_maker(actor())
    form = RoleForm()
    left_out: list[Sentence] = []
    if request.method == "GET":
        left_out = _copy_into(form, request.args.get("from", ""))
        return _new_page(form, left_out)
    if not form.validate_on_submit():
        return _new_page(form, code=422)
    try:
        made = actions.add_role(actor(), _draft(form), once=sent_key())
    except Invalid as error:
        add_errors(form, error)
        return _new_page(form, code=422)
    tell(say("The role “{name}” can be given now.", name=form.name.data or ""))
    return redirect(url_for("staff_config.show_role", role=made), 303)


@bp.route(f"{ROLE}/edit", methods=["GET", "POST"])
@needs(Permission.ADMINISTRATORS_MANAGE)
def edit_role(role: str) -> ResponseReturnValue:
    """Change a role for everybody who has it. Whoever is second sees what the first one changed (R24)."""
    page = _changeable(role)
    form = RoleForm(
        name=page.role.label,
        description=page.role.description,
        permissions=[one.value for one in page.role.permissions],
    )
    if request.method == "GET":
        return _edit_page(form, page, page.mark)
    if not form.validate_on_submit():
        return _edit_page(form, page, sent_mark(), code=422)
    try:
        changed = actions.change_role(actor(), role, _draft(form), mark=sent_mark())
    except Invalid as error:
        add_errors(form, error)
        return _edit_page(form, page, sent_mark(), code=422)
    except Conflict as error:
        return _edit_page(form, page, page.mark, code=409, conflict=error.sentence, now=_differing(form, page))
    if changed:
        tell(say("Saved the role “{name}”.", name=form.name.data or ""))
    else:
        tell_saved(())
    return redirect(url_for(_next_page(page, form), role=role), 303)


@bp.route(f"{ROLE}/delete", methods=["GET", "POST"])
@needs(Permission.ADMINISTRATORS_MANAGE)
def delete_role(role: str) -> ResponseReturnValue:
    """Delete a role that nobody has."""
    page = _changeable(role)
    if request.method == "GET":
        return _delete_page(page)
    try:
        name = actions.remove_role(actor(), role)
    except Refused as error:
        return _delete_page(page, code=409, reasons=linked(error.reasons), headline=error.headline)
    tell(say("The role “{name}” is deleted.", name=name))
    return redirect(url_for("staff_config.roles"), 303)


def _changeable(role: str) -> RolePage:
    page = actions.open_role(actor(), role)
    if page.why_not:
        raise NotAllowed(page.why_not)
    return page


def _copy_into(form: RoleForm, word: str) -> list[Sentence]:
    """Fill an empty form from another role; the labels of what the actor does not hold and so cannot copy."""
    if not word:
        return []
    try:
        copied = actions.open_role(actor(), word).role
    except Missing:
        return []
    lacking = beyond(actor(), copied.permissions)
    form.name.data = figures.text(say("{name} (copy)", name=copied.label))[:60]
    form.description.data = (
        copied.description if isinstance(copied.description, str) else figures.text(copied.description)
    )
    form.permissions.data = [one.value for one in copied.permissions - lacking]
    return named(lacking)


def _draft(form: RoleForm) -> Draft:
    return Draft(form.name.data or "", form.description.data or "", ticked(form.permissions))


def _differing(form: RoleForm, page: RolePage) -> list[tuple[Shown, Shown, Shown]]:
    """Where the form and what is stored now differ: the field, stored, in the form."""
    draft, stored = _draft(form), page.role
    found: list[tuple[Shown, Shown, Shown]] = []
    assert isinstance(stored, CustomRole)
    if stored.name != draft.name:
        found.append((say("Name"), stored.name, draft.name))
    if stored.description != draft.description:
        found.append((say("What it is for"), stored.description, draft.description))
    return [*found, *differing(stored.permissions, draft.permissions)]


def _next_page(page: RolePage, form: RoleForm) -> str:
    """The role, or one's own start for whoever just took the right to look at roles away from themselves."""
    mine = actor().role
    keeps = Permission.ADMINISTRATORS_MANAGE in ticked(form.permissions)
    return "staff_config.show_role" if keeps or mine is None or mine.value != page.role.value else "staff.home"


def _new_page(form: RoleForm, left_out: list[Sentence] | None = None, *, code: int = 200) -> ResponseReturnValue:
    body = render_template(
        "staff/config/role_new.html",
        form=form,
        left_out=left_out or [],
        areas=AREAS,
        chosen=ticked(form.permissions),
        fixed=_not_to_give(),
    )
    return body, code


def _edit_page(
    form: RoleForm,
    page: RolePage,
    mark: str,
    *,
    code: int = 200,
    conflict: Sentence = NOTHING,
    now: list[tuple[Shown, Shown, Shown]] | None = None,
) -> ResponseReturnValue:
    body = render_template(
        "staff/config/role_edit.html",
        form=form,
        page=page,
        mark=mark,
        conflict=conflict,
        now=now or [],
        areas=AREAS,
        chosen=ticked(form.permissions),
        fixed=_not_to_give(),
    )
    return body, code


def _not_to_give() -> frozenset[Permission]:
    """The permissions that the actor does not hold, and so cannot put into a role."""
    return beyond(actor(), frozenset(one.permission for _, area in AREAS for one in area))


def _delete_page(
    page: RolePage, *, code: int = 200, reasons: list[LinkedReason] | None = None, headline: Sentence = NOTHING
) -> ResponseReturnValue:
    body = render_template("staff/config/role_delete.html", page=page, reasons=reasons or [], headline=headline)
    return body, code
