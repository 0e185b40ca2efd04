"""Config, Labels: the relationships that members of groups can have (G4)."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions import groups as actions
from portal.actions.groups import Label
from portal.rules.errors import Invalid, Missing, Refused
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say
from portal.web.forms import add_errors
from portal.web.guard import actor, needs
from portal.web.places import Tab
from portal.web.remedies import LinkedReason, linked
from portal.web.staff.config.portal import bp, tab_items
from portal.web.staff.profile.group_forms import LabelForm
from portal.web.telling import tell

TAB = Tab(say("Labels"), "labels", Permission.GROUP_LABELS, 30, for_all_partners=True)

LABEL = "/labels/<public_id:label>"


@bp.route("/labels", methods=["GET", "POST"])
@needs(Permission.GROUP_LABELS)
def labels() -> ResponseReturnValue:
    """Every label with how often it is in use, and a form for another one."""
    form = LabelForm()
    if request.method == "GET":
        return _list_page(form)
    if not form.validate_on_submit():
        return _list_page(form, code=422)
    try:
        actions.add_label(actor(), form.name.data or "")
    except Invalid as error:
        add_errors(form, error)
        return _list_page(form, code=422)
    tell(say("The label “{name}” can be chosen now.", name=form.name.data or ""))
    return redirect(url_for("staff_config.labels"), 303)


@bp.route(LABEL, methods=["GET", "POST"])
@needs(Permission.GROUP_LABELS)
def rename_label(label: str) -> ResponseReturnValue:
    """Call a label otherwise, on everybody who carries it."""
    found = _label(label)
    form = LabelForm(data={"name": found.name})
    if request.method == "GET":
        return _rename_page(form, found)
    if not form.validate_on_submit():
        return _rename_page(form, found, code=422)
    try:
        actions.rename_label(actor(), label, form.name.data or "")
    except Invalid as error:
        add_errors(form, error)
        return _rename_page(form, found, code=422)
    tell(say("“{name}” is called “{now}” now.", name=found.name, now=form.name.data or ""))
    return redirect(url_for("staff_config.labels"), 303)


@bp.post(f"{LABEL}/retire")
@needs(Permission.GROUP_LABELS)
def retire_label(label: str) -> ResponseReturnValue:
    """Offer a label no more. Whoever carries it keeps it."""
    found = actions.retire_label(actor(), label, True)
    tell(say("“{name}” is retired: nobody else gets it, and whoever carries it keeps it.", name=found.name))
    return redirect(url_for("staff_config.labels"), 303)


@bp.post(f"{LABEL}/offer")
@needs(Permission.GROUP_LABELS)
def offer_label(label: str) -> ResponseReturnValue:
    """Offer a retired label again."""
    found = actions.retire_label(actor(), label, False)
    tell(say("“{name}” can be chosen again.", name=found.name))
    return redirect(url_for("staff_config.labels"), 303)


@bp.route(f"{LABEL}/delete", methods=["GET", "POST"])
@needs(Permission.GROUP_LABELS)
def delete_label(label: str) -> ResponseReturnValue:
    """Delete a label that nobody ever carried."""
    found = _label(label)
    if request.method == "GET":
        return _delete_page(found)
    try:
        actions.remove_label(actor(), label)
    except Refused as error:
        return _delete_page(found, code=409, reasons=linked(error.reasons), headline=error.headline)
    tell(say("The label “{name}” is deleted.", name=found.name))
    return redirect(url_for("staff_config.labels"), 303)


def _label(public_id: str) -> Label:
    for one in actions.all_labels(actor()):
        if one.public_id == public_id:
            return one
    raise Missing(say("There is no such label. Perhaps somebody deleted it."))


def _list_page(form: LabelForm, *, code: int = 200) -> ResponseReturnValue:
    found = actions.all_labels(actor())
    body = render_template("staff/config/labels.html", form=form, labels=found, tab_items=tab_items("labels"))
    return body, code


def _rename_page(form: LabelForm, label: Label, *, code: int = 200) -> ResponseReturnValue:
    return render_template("staff/config/label.html", form=form, label=label), code


def _delete_page(
    label: Label, *, code: int = 200, reasons: list[LinkedReason] | None = None, headline: Sentence = NOTHING
) -> ResponseReturnValue:
    body = render_template("staff/config/label_delete.html", label=label, reasons=reasons or [], headline=headline)
    return body, code
