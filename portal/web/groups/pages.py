"""My Group: who is in it, who may do what and until when; adding, inviting, changing, removing, agreeing, leaving."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions import groups
from portal.actions.groups import GroupView, InvitationView, MemberView, NewDependent, Opened, Outcome, Welcome
from portal.outside import clock
from portal.rules.customers.status import Kind
from portal.rules.deciding import GroupDeed
from portal.rules.errors import Conflict, Missing, NotAllowed, Refused
from portal.rules.groups import CONSENT, GroupRole
from portal.rules.groups.guardians import age_unknown
from portal.rules.permissions import Permission
from portal.rules.powers import everything, rights
from portal.rules.scopes import Scope
from portal.rules.sentences import NOTHING, Sentence, say
from portal.web.figures import now_here
from portal.web.forms import sent_key, sent_mark
from portal.web.frame import home_of, standing
from portal.web.groups.forms import (
    AgreementForm,
    CreateForm,
    DependentForm,
    InviteForm,
    label_choices,
    role_choices,
    scopes_of,
)
from portal.web.groups.steps import addresses, back_to_group, form_page
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
        "to": addresses(group.public_id),
    }


def _powers(me: MemberView) -> Sentence:
    """What the signed-in Owner or Admin may do, in a line; NOTHING for a Dependent."""
    if not me.role.manages:
        return NOTHING
    return say("do everything") if everything(me.scopes) else rights(me.scopes)


def _row(group: GroupView, one: MemberView) -> dict[str, Any]:
    """A member as a line of the page."""
    to = addresses(group.public_id)
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
    return say("May do everything for the dependents") if everything(one.scopes) else _may(one.scopes)


def _may(scopes: Iterable[Scope]) -> Sentence:
    return say("May {rights}", rights=rights(scopes))


def _invitation_row(group: GroupView, one: InvitationView) -> dict[str, Any]:
    to = addresses(group.public_id)
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

    me = subject()
    unknown = me.born_on is None and me.kind is not Kind.BUSINESS
    return form_page(form, "my_group/create.html", deed, say("Your group is there. Now invite whoever helps you."),
                      age_unknown=age_unknown(me.name) if unknown else NOTHING)  # fmt: skip


@bp.route(f"{GROUP}/add", methods=["GET", "POST"])
@needs(Permission.GROUP_MANAGE)
def add(group: str) -> ResponseReturnValue:
    """A dependent who is no customer yet (G7)."""
    found = groups.my_group(actor(), group, GroupDeed.ADD_DEPENDENT)
    form = DependentForm(data={"label": _usual("Child")})
    form.label.choices = label_choices(groups.labels())

    def deed() -> Outcome:
        return groups.add_dependent(actor(), group, _dependent(form), once=sent_key())

    then = say("You can act for them now.")
    return form_page(form, "my_group/add.html", deed, then, group=found, to=addresses(group))


def _usual(name: str) -> str:
    """A label to begin with, if it is still offered."""
    return name if any(label.name == name for label in groups.labels()) else ""


def _dependent(form: DependentForm) -> NewDependent:
    texts = form.given_name.data or "", form.family_name.data or ""
    return NewDependent(*texts, form.born_on.data, form.label.data or "", anyway="anyway" in request.form)


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
            form.until.end,
        )
        return groups.invite(actor(), group, wanted, once=sent_key())

    return form_page(
        form, "my_group/invite.html", deed, say("They decide, and you hear of it."), group=found, to=addresses(group)
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
        return back_to_group(groups.revoke(actor(), group, invitation), say("Its link no longer works."))
    found = groups.my_group(actor(), group, GroupDeed.ADD_DEPENDENT)
    one = found.invitation(invitation)
    if not one.may_change:
        raise NotAllowed(say("Only the Owner of a group takes this back."))
    return render_template("my_group/revoke.html", group=found, invitation=one, to=addresses(group))


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

    return form_page(form, "my_group/agreement.html", deed, say("You can change or end it at any time."),
                      group=found, place=me, wording=CONSENT, to=addresses(group))  # fmt: skip


@bp.post(f"{GROUP}/agreement/end")
@needs(Permission.GROUP_VIEW)
def end_agreement(group: str) -> ResponseReturnValue:
    """Take the agreement back: one button, as giving it is."""
    return back_to_group(groups.withdraw(actor(), group), say("You stay in the group."))


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
            if not sent_mark():
                return waiting_page(opened, 422, form, conflict=say("Read what will happen first, then confirm it."))
            return back_to_group(groups.accept_offer(actor(), invitation, mark=sent_mark()), NOTHING)
        agreed = scopes_of(form.scopes.data)
        done = groups.accept(actor(), invitation, agreed=agreed, once=sent_key())
    except Refused as error:
        return waiting_page(opened, 409, form, reasons=linked(error.reasons), headline=error.headline)
    except Conflict as error:
        now = groups.open_waiting(actor(), invitation)
        if not now.works:
            raise
        return waiting_page(now, 409, form, conflict=error.sentence)
    return back_to_group(done, NOTHING)


@bp.post("/my-group/waiting/<public_id:invitation>/decline")
@needs(Permission.ACCOUNT)
def decline(invitation: str) -> ResponseReturnValue:
    """Say no, without giving a reason."""
    groups.decline(actor(), invitation)
    tell(say("You declined. Whoever invited you hears of it."))
    return redirect(url_for("home.index"), 303)
