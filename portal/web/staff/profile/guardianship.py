"""Freezing the guardianship over a customer in a dispute, and ending that (G18)."""

from __future__ import annotations

from flask import redirect, request
from flask.typing import ResponseReturnValue

from portal.actions import groups as actions
from portal.actions.customers.profile import Head
from portal.actions.groups import GroupView
from portal.rules.errors import Invalid, Missing, Refused
from portal.rules.groups import GroupRole
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say
from portal.web.forms import add_errors, sent_key
from portal.web.guard import actor, may, needs, subject
from portal.web.remedies import linked
from portal.web.staff.customers import bp
from portal.web.staff.profile.group_forms import FreezeForm
from portal.web.staff.profile.head import Menu, MenuItem, at, tab
from portal.web.telling import tell_done


def _menu(head: Head) -> list[MenuItem]:
    profile = head.profile
    if not profile.settings.groups_on or profile.kind == "business" or not may(Permission.GROUPS_FREEZE):
        return []
    frozen = actions.freeze_of(actor(), profile) is not None
    label = say("End the freeze…") if frozen else say("Freeze guardianship…")
    detail = say("In a dispute about who acts for {name}", name=profile.name)
    return [MenuItem(label, "lock", at("guardianship", profile.public_id), detail)]


MENU = Menu(2, 20, _menu)


@bp.route("/<public_id:subject>/groups/guardianship", methods=["GET", "POST"])
@needs(Permission.GROUPS_FREEZE)
def guardianship() -> ResponseReturnValue:
    """What a freeze means, or the one that lasts; each with a reason that only staff read."""
    if not subject().settings.groups_on:
        raise Missing()
    form, wanted = FreezeForm(), request.form.get("deed", "")
    if request.method == "GET" or not form.validate_on_submit() or wanted not in ("freeze", "unfreeze"):
        return _page(form, 200 if request.method == "GET" else 422)
    deed = actions.freeze if wanted == "freeze" else actions.unfreeze
    try:
        done = deed(actor(), subject().public_id, form.reason.data or "", once=sent_key())
    except Invalid as error:
        add_errors(form, error)
        return _page(form, 422)
    except Refused as error:
        return _page(form, 409, reasons=linked(error.reasons), headline=error.headline)
    tell_done(done.sentence, say("Nobody outside staff learns why."))
    return redirect(at("summary", subject().public_id), 303)


def _page(form: FreezeForm, code: int, **values: object) -> ResponseReturnValue:
    freeze = actions.freeze_of(actor(), subject())
    groups = actions.of_customer(actor(), subject())
    return tab("summary", "guardianship", code=code, form=form, freeze=freeze, effects=_effects(groups), **values)


def _effects(groups: tuple[GroupView, ...]) -> list[Sentence]:
    """Who cannot act for the customer while it lasts, group by group."""
    name = subject().name
    texts = []
    for group in groups:
        mine = next((one for one in group.members if one.customer == subject().public_id), None)
        guardians = tuple(one.name for one in group.members if one.role.manages and not one.over)
        if mine is not None and mine.role is GroupRole.DEPENDENT and guardians:
            texts.append(say("{guardians} cannot act for {name}.", guardians=guardians, name=name))
    return texts or [say("Nobody acts for {name} through a group at present.", name=name)]
