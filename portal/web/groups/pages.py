"""My Group: who is in it, who may do what and until when; adding, inviting, changing, removing, agreeing, leaving."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions import groups
from portal.actions.groups import Edit, GroupView, InvitationView, MemberView, NewDependent, Opened, Outcome, Welcome
from portal.outside import clock
from portal.rules.deciding import GroupDeed
from portal.rules.errors import Conflict, Invalid, Missing, NotAllowed, Refused
from portal.rules.groups import CONSENT, GroupRole
from portal.rules.permissions import Permission
from portal.rules.scopes import ALL_SCOPES, Scope, rights
from portal.rules.sentences import NOTHING, Sentence, say
from portal.web.figures import now_here
from portal.web.forms import add_errors, sent_key, sent_number
from portal.web.frame import home_of, standing
from portal.web.groups.forms import (
    AgreementForm,
    CreateForm,
    DependentForm,
    InviteForm,
    MemberForm,
    label_choices,
    role_choices,
    scopes_of,
)
from portal.web.guard import actor, needs, subject
from portal.web.places import Place
from portal.web.remedies import linked
from portal.web.telling import tell, tell_done

bp = Blueprint("my_group", __name__)

OWN = Place(
    say("My Group"), "group", "my_group.index", Permission.GROUP_VIEW, 20, where=lambda standing: standing.has_groups
)

GROUP = "/my-group/<public_id:group>"


# Looking --------------------------------------------------------------------------------------------------------------


@bp.get("/my-group")
@needs(Permission.GROUP_VIEW)
def index() -> ResponseReturnValue:
    """My group; with several, each apart from the others; with none, why and what to do."""
    mine = groups.my_groups(actor(), subject(), invited=standing().invited)
    values = {"mine": mine, "me": subject(), "waiting": [waiting_row(one) for one in mine.waiting]}
    if len(mine.groups) == 1:
        return render_template("my_group/group.html", **values, **_shown(mine.groups[0], several=False))
    return render_template("my_group/index.html", **values, cards=[_card(group) for group in mine.groups])


@bp.get(GROUP)
@needs(Permission.GROUP_VIEW)
def view(group: str) -> ResponseReturnValue:
    """One of my groups."""
    mine = groups.my_groups(actor(), subject(), invited=False)
    found = next((one for one in mine.groups if one.public_id == group), None)
    if found is None:
        raise Missing()
    shown = _shown(found, several=len(mine.groups) > 1)
    return render_template("my_group/group.html", mine=None, waiting=[], **shown)


def _shown(group: GroupView, *, several: bool) -> dict[str, Any]:
    """A group as its page shows it; `several` where there are others to go back to."""
    me = group.me
    if me is None:
        raise Missing()
    return {
        "group": group,
        "several": several,
        "members": [_row(group, one) for one in group.members],
        "invitations": [_invitation_row(group, one) for one in group.invitations],
        "place": me,
        "powers": _powers(me),
        "guardians": [one for one in group.members if one.role.manages and not one.over],
        "consent": rights(me.consent or ()),
        "may_leave": me.role is not GroupRole.OWNER and (me.role is GroupRole.ADMIN or me.adult),
        "to": _to(group.public_id),
    }


def _powers(me: MemberView) -> Sentence:
    """What the signed-in Owner or Admin may do, in a line; NOTHING for a Dependent."""
    if not me.role.manages:
        return NOTHING
    return say("do everything") if me.scopes == ALL_SCOPES else rights(me.scopes)


def _to(group: str) -> Callable[..., str]:
    return lambda endpoint, **values: url_for(f"my_group.{endpoint}", group=group, **values)


def _row(group: GroupView, one: MemberView) -> dict[str, Any]:
    """A member as a line of the page."""
    to = _to(group.public_id)
    return {
        "member": one,
        "open_url": home_of(one.customer) if one.acts else "",
        "edit_url": to("edit", member=one.public_id) if one.may_change and not one.is_me else "",
        "may": _may_words(one),
        "of_age_on": one.of_age_on if one.of_age_on and one.of_age_on <= _before_long() else None,
    }


def _before_long() -> date:
    """A coming of age is worth a line from two years ahead."""
    return now_here(clock.now()).date() + timedelta(days=730)


def _may_words(one: MemberView) -> Sentence:
    """What somebody may do, in a line."""
    if one.role is GroupRole.DEPENDENT:
        agreed = one.consent if one.adult else None
        return say("Agreed that the group may {rights}", rights=rights(agreed)) if agreed else NOTHING
    return _may(one.scopes) if one.scopes != ALL_SCOPES else say("May do everything for the dependents")


def _may(scopes: Iterable[Scope]) -> Sentence:
    return say("May {rights}", rights=rights(scopes))


def _invitation_row(group: GroupView, one: InvitationView) -> dict[str, Any]:
    to = _to(group.public_id)
    return {
        "invitation": one,
        "title": say("{name} is offered the ownership", name=one.name) if one.is_offer else one.name or one.email,
        "may": _may(one.scopes) if one.role is GroupRole.ADMIN else NOTHING,
        "resend_url": to("resend", invitation=one.public_id) if one.may_change and not one.is_offer else "",
        "revoke_url": to("revoke", invitation=one.public_id) if one.may_change else "",
    }


def waiting_row(one: InvitationView) -> dict[str, Any]:
    """An invitation to oneself, as a line of a panel."""
    title = say("{name} invites you into a group as {role}", name=one.inviter, role=one.role.label)
    if one.is_offer:
        title = say("{name} offers you the ownership of a group", name=one.inviter)
    return {
        "icon": "invite",
        "title": title,
        "url": url_for("my_group.waiting", invitation=one.public_id),
        "action": say("Look at it"),
        "action_url": url_for("my_group.waiting", invitation=one.public_id),
    }


def _card(group: GroupView) -> dict[str, Any]:
    """One of several groups."""
    assert group.me is not None
    return {
        "group": group,
        "place": group.me,
        "url": url_for("my_group.view", group=group.public_id),
        "acts_for": [one for one in group.members if one.acts],
    }


# Beginning and adding -------------------------------------------------------------------------------------------------


@bp.route("/my-group/create", methods=["GET", "POST"])
@needs(Permission.GROUP_CREATE)
def create() -> ResponseReturnValue:
    """A group of one's own with its first dependent (G2)."""
    form = CreateForm(data={"own_label": _usual("Parent"), "label": _usual("Child")})
    form.label.choices = label_choices(groups.labels())
    form.own_label.choices = label_choices(groups.labels())

    def deed() -> Outcome:
        return groups.create(actor(), subject().public_id, form.own_label.data or "", _dependent(form), once=sent_key())

    return _form_page(form, "my_group/create.html", deed, say("Your group is there. Now invite whoever helps you."))


@bp.route(f"{GROUP}/add", methods=["GET", "POST"])
@needs(Permission.GROUP_MANAGE)
def add(group: str) -> ResponseReturnValue:
    """A dependent who is no customer yet (G7)."""
    found = groups.my_group(actor(), group, GroupDeed.ADD_DEPENDENT)
    form = DependentForm(data={"label": _usual("Child")})
    form.label.choices = label_choices(groups.labels())

    def deed() -> Outcome:
        return groups.add_dependent(actor(), group, _dependent(form), once=sent_key())

    return _form_page(form, "my_group/add.html", deed, say("You can act for them now."), group=found, to=_to(group))


def _usual(name: str) -> str:
    """A label to begin with, if it is still offered."""
    return name if any(label.name == name for label in groups.labels()) else ""


def _dependent(form: DependentForm) -> NewDependent:
    texts = form.given_name.data or "", form.family_name.data or ""
    return NewDependent(*texts, form.born_on.data, form.label.data or "")


@bp.route(f"{GROUP}/invite", methods=["GET", "POST"])
@needs(Permission.GROUP_MANAGE)
def invite(group: str) -> ResponseReturnValue:
    """Invite somebody by email (UX15). An Admin invites Dependents; Admins are the Owner's to invite (G6)."""
    found = groups.my_group(actor(), group, GroupDeed.ADD_DEPENDENT)
    form = InviteForm(data={"label": _usual("Carer")})
    form.label.choices = label_choices(groups.labels())
    if GroupDeed.CHANGE_ADMIN not in found.deeds:
        form.role.choices = role_choices(GroupRole.DEPENDENT.value)
        form.role.default = GroupRole.DEPENDENT.value
        form.process(request.form if request.method == "POST" else None, data={"label": _usual("Carer")})

    def deed() -> Outcome:
        wanted = Welcome(
            form.email.data or "",
            form.name.data or "",
            GroupRole(form.role.data),
            form.label.data or "",
            scopes_of(form.scopes.data),
            form.until.data,
        )
        return groups.invite(actor(), group, wanted, once=sent_key())

    return _form_page(
        form, "my_group/invite.html", deed, say("They decide, and you hear of it."), group=found, to=_to(group)
    )


@bp.post(f"{GROUP}/invitations/<public_id:invitation>/again")
@needs(Permission.GROUP_MANAGE)
def resend(group: str, invitation: str) -> ResponseReturnValue:
    """Send an invitation again; the old link stops working."""
    done = groups.resend(actor(), group, invitation, once=sent_key())
    tell_done(done.sentence, say("The earlier link no longer works."))
    return redirect(url_for("my_group.view", group=group), 303)


@bp.route(f"{GROUP}/invitations/<public_id:invitation>/revoke", methods=["GET", "POST"])
@needs(Permission.GROUP_MANAGE)
def revoke(group: str, invitation: str) -> ResponseReturnValue:
    """Take an invitation or an offer back, after saying what that means."""
    if request.method == "POST":
        return _done(groups.revoke(actor(), group, invitation), say("Its link no longer works."))
    found = groups.my_group(actor(), group, GroupDeed.ADD_DEPENDENT)
    one = found.invitation(invitation)
    if not one.may_change:
        raise NotAllowed(say("Only the Owner of a group takes this back."))
    return render_template("my_group/revoke.html", group=found, invitation=one, to=_to(group))


# Changing -------------------------------------------------------------------------------------------------------------


@bp.route(f"{GROUP}/members/<public_id:member>", methods=["GET", "POST"])
@needs(Permission.GROUP_MANAGE)
def edit(group: str, member: str) -> ResponseReturnValue:
    """Change a member's role, label, rights and end."""
    found = groups.my_group(actor(), group, GroupDeed.ADD_DEPENDENT)
    one = found.member(member)
    form = MemberForm(data=_values(one))
    form.label.choices = label_choices(groups.labels(), one.label)
    if not found.owns:
        form.role.choices = role_choices(GroupRole.DEPENDENT.value)
    values: dict[str, Any] = {"group": found, "member": one, "to": _to(group), "version": one.version}
    if request.method == "POST":
        values["version"] = sent_number("version")

    def deed() -> Outcome:
        role = one.role if one.role is GroupRole.OWNER else GroupRole(form.role.data)
        wanted = Edit(role, form.label.data or "", scopes_of(form.scopes.data), form.until.data)
        return groups.change_member(actor(), group, member, wanted, version=values["version"], once=sent_key())

    def stale(error: Conflict) -> ResponseReturnValue:
        values["version"] = one.version
        return _page(form, "my_group/edit.html", 409, **values, conflict=error.sentence)

    return _form_page(form, "my_group/edit.html", deed, NOTHING, stale=stale, **values)


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

    def deed() -> Outcome:
        return groups.remove_member(actor(), group, member, version=sent_number("version"), once=sent_key())

    return _confirm("my_group/remove.html", deed, say("They have no access through the group any more."),
                    version=one.version, group=found, member=one, to=_to(group))  # fmt: skip


@bp.route(f"{GROUP}/members/<public_id:member>/offer", methods=["GET", "POST"])
@needs(Permission.GROUP_MANAGE)
def offer(group: str, member: str) -> ResponseReturnValue:
    """Offer the ownership to a member, who accepts or declines it (G3)."""
    found = groups.my_group(actor(), group, GroupDeed.OWN)
    one = found.member(member)

    def deed() -> Outcome:
        return groups.offer_ownership(actor(), group, member, once=sent_key())

    return _confirm("my_group/offer.html", deed, say("You stay the Owner until they accept."),
                    version=one.version, group=found, member=one, to=_to(group))  # fmt: skip


@bp.route(f"{GROUP}/leave", methods=["GET", "POST"])
@needs(Permission.GROUP_VIEW)
def leave(group: str) -> ResponseReturnValue:
    """Leave the group."""
    found = groups.my_group(actor(), group)
    me = found.me
    if me is None or (me.role is GroupRole.DEPENDENT and not me.adult):
        raise NotAllowed(say("The Owner or an Admin of the group can remove you from it."))

    def deed() -> Outcome:
        return groups.leave(actor(), group, once=sent_key())

    return _confirm("my_group/leave.html", deed, say("You have no access through the group any more."),
                    version=me.version, group=found, place=found.me, to=_to(group))  # fmt: skip


@bp.route(f"{GROUP}/dissolve", methods=["GET", "POST"])
@needs(Permission.GROUP_MANAGE)
def dissolve(group: str) -> ResponseReturnValue:
    """End the whole group (G6)."""
    found = groups.my_group(actor(), group, GroupDeed.OWN)

    def deed() -> Outcome:
        return groups.dissolve(actor(), group, version=sent_number("version"), once=sent_key())

    return _confirm("my_group/dissolve.html", deed, say("Customers, balances and bookings stay as they are."),
                    version=found.version, group=found, to=_to(group))  # fmt: skip


# Agreeing -------------------------------------------------------------------------------------------------------------


@bp.route(f"{GROUP}/agreement", methods=["GET", "POST"])
@needs(Permission.GROUP_VIEW)
def agreement(group: str) -> ResponseReturnValue:
    """How far an adult lets the group act for them (PRI2)."""
    found = groups.my_group(actor(), group)
    me = found.me
    if me is None or me.role is not GroupRole.DEPENDENT or not me.adult:
        raise Missing()
    form = AgreementForm(data={"scopes": [scope.value for scope in me.consent]} if me.consent else None)

    def deed() -> Outcome:
        return groups.agree(actor(), group, scopes_of(form.scopes.data))

    return _form_page(form, "my_group/agreement.html", deed, say("You can change or end it at any time."),
                      group=found, place=me, wording=CONSENT, to=_to(group))  # fmt: skip


@bp.post(f"{GROUP}/agreement/end")
@needs(Permission.GROUP_VIEW)
def end_agreement(group: str) -> ResponseReturnValue:
    """Take the agreement back: one button, as giving it is."""
    return _done(groups.withdraw(actor(), group), say("You stay in the group."))


# What waits for me ----------------------------------------------------------------------------------------------------


@bp.get("/my-group/waiting/<public_id:invitation>")
@needs(Permission.ACCOUNT)
def waiting(invitation: str) -> ResponseReturnValue:
    """An invitation or an offer to me, with its buttons."""
    return waiting_page(groups.open_waiting(actor(), invitation))


def waiting_page(
    opened: Opened, code: int = 200, form: AgreementForm | None = None, **values: Any
) -> ResponseReturnValue:
    """The page of an invitation for the signed-in person it is for."""
    adult = opened.role is GroupRole.DEPENDENT
    return render_template(
        "my_group/waiting.html",
        opened=opened,
        powers=rights(opened.scopes),
        agreement=form or AgreementForm(),
        consents=adult,
        wording=CONSENT,
        **values,
    ), code if opened.works else 410


@bp.post("/my-group/waiting/<public_id:invitation>/accept")
@needs(Permission.ACCOUNT)
def accept(invitation: str) -> ResponseReturnValue:
    """Join, or take the ownership over: only by this button (SEC23)."""
    opened = groups.open_waiting(actor(), invitation)
    form = AgreementForm()
    try:
        if opened.kind.value == "ownership":
            return _done(groups.accept_offer(actor(), invitation), say("The former Owner is an Admin now."))
        agreed = scopes_of(form.scopes.data)
        done = groups.accept(actor(), invitation, agreed=agreed, once=sent_key())
    except Refused as error:
        return waiting_page(opened, 409, form, reasons=linked(error.reasons), headline=error.headline)
    return _done(done, NOTHING)


@bp.post("/my-group/waiting/<public_id:invitation>/decline")
@needs(Permission.ACCOUNT)
def decline(invitation: str) -> ResponseReturnValue:
    """Say no, without giving a reason."""
    groups.decline(actor(), invitation)
    tell(say("You declined. Whoever invited you hears of it."))
    return redirect(url_for("home.index"), 303)


# Steps ----------------------------------------------------------------------------------------------------------------


def _done(done: Outcome, then: Sentence) -> ResponseReturnValue:
    """Back to the group with a sentence about what was done; to Home when the group is gone."""
    tell_done(done.sentence, then)
    if done.alone:
        tell(say("You are the only one left in the group. You can dissolve it, or add somebody."), "info")
    stays = done.group and actor().customer_id is not None
    return redirect(url_for("my_group.view", group=done.group) if stays else url_for("my_group.index"), 303)


def _page(form: object, template: str, code: int = 200, **values: Any) -> ResponseReturnValue:
    return render_template(template, form=form, **values), code


def _form_page(
    form: Any,
    template: str,
    deed: Callable[[], Outcome],
    then: Sentence,
    *,
    stale: Callable[[Conflict], ResponseReturnValue] | None = None,
    **values: Any,
) -> ResponseReturnValue:
    """A form's page, what it does when it is sent, and the page again with what stands in the way."""
    if request.method == "GET":
        return _page(form, template, **values)
    if not form.validate_on_submit():
        return _page(form, template, 422, **values)
    try:
        return _done(deed(), then)
    except Invalid as error:
        add_errors(form, error)
        return _page(form, template, 422, **values)
    except Refused as error:
        return _page(form, template, 409, **values, reasons=linked(error.reasons), headline=error.headline)
    except Conflict as error:
        if stale is None:
            raise
        return stale(error)


def _confirm(
    template: str, deed: Callable[[], Outcome], then: Sentence, *, version: int, **values: Any
) -> ResponseReturnValue:
    """A page that states the consequences (UX9), and the deed when its button is pressed.

    `version` is of what the page shows: without having seen it, nothing is done (SEC11).
    """
    values["version"] = version
    if request.method == "GET":
        return render_template(template, **values)
    if "version" not in request.form:
        return render_template(template, **values, conflict=say("Read what will happen first, then confirm it.")), 422
    try:
        done = deed()
    except Refused as error:
        reasons = linked(error.reasons)
        return render_template(template, **values, reasons=reasons, headline=error.headline), 409
    except Conflict as error:
        return render_template(template, **values, conflict=error.sentence), 409
    if template == "my_group/leave.html":
        tell_done(done.sentence, then)
        return redirect(url_for("my_group.index"), 303)
    return _done(done, then)
