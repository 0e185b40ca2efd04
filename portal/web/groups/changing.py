"""Changing who is in a group of one's own and as what: each step says first what it means."""

from __future__ import annotations

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from portal.actions import groups
from portal.actions.groups import Edit, MemberView, Outcome
from portal.rules.deciding import GroupDeed
from portal.rules.errors import Conflict, NotAllowed
from portal.rules.groups import GroupRole, withheld
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say
from portal.web.forms import sent_key, sent_mark, sent_number
from portal.web.groups.forms import MemberForm, label_choices, role_choices, scopes_of
from portal.web.groups.pages import GROUP, bp
from portal.web.groups.steps import addresses, confirm, form_page, page
from portal.web.guard import actor, needs
from portal.web.remedies import linked


@bp.route(f"{GROUP}/members/<public_id:member>", methods=["GET", "POST"])
@needs(Permission.GROUP_MANAGE)
def edit(group: str, member: str) -> ResponseReturnValue:
    """Change a member's role, label, rights and end; another role only after a page that says what it means (G15)."""
    found = groups.my_group(actor(), group, GroupDeed.ADD_DEPENDENT)
    one = found.member(member)
    groups.require_changeable(actor(), group, member)
    form = MemberForm(data=_values(one))
    form.label.choices = label_choices(groups.labels(), one.label)
    if one.role is GroupRole.OWNER:
        del form.until
    if not found.owns:
        form.role.choices = role_choices(GroupRole.DEPENDENT.value)
    form.role.withhold_from_children(one.of_age_on is not None, one.role)
    values: dict[str, Any] = {"group": found, "member": one, "to": addresses(group), "version": one.version}
    values["withheld"] = withheld(one.name, one.of_age_on)
    if request.method == "POST":
        values["version"] = sent_number("version")
    if request.form.get("step") == "edit":
        return page(form, "my_group/edit.html", **values)
    if request.method == "POST" and not sent_mark() and form.validate() and _wanted(form, one).role is not one.role:
        return _check_role(form, one, values)

    def deed() -> Outcome:
        version, mark = values["version"], sent_mark() or None
        wanted = _wanted(form, one)
        return groups.change_member(actor(), group, member, wanted, version=version, mark=mark, once=sent_key())

    def stale(error: Conflict) -> ResponseReturnValue:
        if sent_mark() and values["version"] == one.version:
            return _check_role(form, one, values, 409, error.sentence)
        values["version"] = one.version
        return page(form, "my_group/edit.html", 409, **values, conflict=error.sentence)

    return form_page(form, "my_group/edit.html", deed, NOTHING, stale=stale, **values)


def _wanted(form: MemberForm, one: MemberView) -> Edit:
    role = one.role if one.role is GroupRole.OWNER else GroupRole(form.role.data)
    return Edit(role, form.label.data or "", scopes_of(form.scopes.data), form.end, offered=True)


def _check_role(
    form: MemberForm, one: MemberView, values: dict[str, Any], code: int = 200, conflict: Sentence = NOTHING
) -> ResponseReturnValue:
    """What another role means for who acts for whom, or why it cannot be given."""
    foreseen = groups.foresee_change(actor(), values["group"].public_id, one.public_id, _wanted(form, one))
    if foreseen.reasons:
        values = values | {"reasons": linked(foreseen.reasons), "headline": foreseen.headline}
        return page(form, "my_group/edit.html", 409, **values)
    return page(form, "my_group/role_check.html", code, **values, foreseen=foreseen, conflict=conflict)


def _values(one: MemberView) -> dict[str, object]:
    return {
        "role": one.role.value,
        "label": one.label,
        "scopes": [scope.value for scope in one.scopes],
        "until": one.until,
    }


@bp.route(f"{GROUP}/members/<public_id:member>/remove", methods=["GET", "POST"])
@needs(Permission.GROUP_MANAGE)
def remove(group: str, member: str) -> ResponseReturnValue:
    """Remove a member, after saying what that means for them (G8)."""
    found = groups.my_group(actor(), group, GroupDeed.ADD_DEPENDENT)
    one = found.member(member)
    groups.require_changeable(actor(), group, member)
    foreseen = groups.foresee_removal(actor(), group, member)

    def deed() -> Outcome:
        return groups.remove_member(actor(), group, member, version=sent_number("version"), once=sent_key())

    return confirm("my_group/remove.html", deed, say("They have no access through the group any more."),
                    version=one.version, group=found, member=one, foreseen=foreseen, to=addresses(group),
                    reasons=linked(foreseen.reasons), headline=foreseen.headline)  # fmt: skip


@bp.route(f"{GROUP}/members/<public_id:member>/offer", methods=["GET", "POST"])
@needs(Permission.GROUP_MANAGE)
def offer(group: str, member: str) -> ResponseReturnValue:
    """Offer the ownership to a member, who accepts or declines it (G3)."""
    found = groups.my_group(actor(), group, GroupDeed.OWN)
    one = found.member(member)

    foreseen = groups.foresee_offer(actor(), group, member)

    def deed() -> Outcome:
        return groups.offer_ownership(actor(), group, member, mark=sent_mark(), once=sent_key())

    return confirm("my_group/offer.html", deed, say("You stay the Owner until they accept."), version=one.version,
                    group=found, member=one, foreseen=foreseen, to=addresses(group),
                    reasons=linked(foreseen.reasons), headline=foreseen.headline)  # fmt: skip


@bp.route(f"{GROUP}/leave", methods=["GET", "POST"])
@needs(Permission.GROUP_VIEW)
def leave(group: str) -> ResponseReturnValue:
    """Leave the group."""
    found = groups.my_group(actor(), group)
    me = found.me
    if me is None or (me.role is GroupRole.DEPENDENT and not me.adult):
        raise NotAllowed(say("The Owner or an Admin of the group can remove you from it."))

    foreseen = groups.foresee_removal(actor(), group, me.public_id)

    def deed() -> Outcome:
        return groups.leave(actor(), group, once=sent_key())

    return confirm("my_group/leave.html", deed, say("You have no access through the group any more."),
                    version=me.version, group=found, place=found.me, foreseen=foreseen, to=addresses(group),
                    reasons=linked(foreseen.reasons), headline=foreseen.headline)  # fmt: skip


@bp.route(f"{GROUP}/dissolve", methods=["GET", "POST"])
@needs(Permission.GROUP_MANAGE)
def dissolve(group: str) -> ResponseReturnValue:
    """End the whole group (G6)."""
    found = groups.my_group(actor(), group, GroupDeed.OWN)
    foreseen = groups.foresee_dissolution(actor(), group)

    def deed() -> Outcome:
        return groups.dissolve(actor(), group, version=sent_number("version"), once=sent_key())

    return confirm("my_group/dissolve.html", deed, say("Customers, balances and bookings stay as they are."),
                    version=found.version, group=found, foreseen=foreseen, to=addresses(group))  # fmt: skip
