"""Groups of customers: creating one, adding, changing and removing its members, and its invitations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import redirect, request
from flask.typing import ResponseReturnValue

from portal.actions import access
from portal.actions import groups as actions
from portal.actions.access import Profile
from portal.actions.customers import profile as profiles
from portal.actions.customers import search as customer_search
from portal.actions.customers.profile import Head
from portal.actions.customers.search import Candidate
from portal.actions.groups import Edit, GroupView, MemberView, NewDependent, NewMember, Outcome, Welcome, lines_of
from portal.outside import clock
from portal.rules.balances import staying
from portal.rules.customers.status import Kind
from portal.rules.errors import Conflict, Invalid, Missing, Reason, Refused
from portal.rules.groups import GroupRole, child_until, lasts, withheld
from portal.rules.groups.ends import last_day
from portal.rules.groups.guardians import age_unknown
from portal.rules.permissions import Permission
from portal.rules.powers import rights_line
from portal.rules.scopes import Scope
from portal.rules.sentences import NOTHING, Sentence, say
from portal.web.figures import day, text
from portal.web.forms import PortalForm, add_errors, sent_key, sent_mark, sent_number
from portal.web.groups.forms import label_choices, scopes_of
from portal.web.guard import actor, may, needs, shows_finances, subject
from portal.web.remedies import linked
from portal.web.staff.customers import bp
from portal.web.staff.profile import candidates
from portal.web.staff.profile.candidates import Row, Wording
from portal.web.staff.profile.group_forms import CHOSEN_SCOPES, InviteForm, MemberForm, NewcomerForm
from portal.web.staff.profile.head import Menu, MenuItem, at, group_url, tab
from portal.web.telling import tell, tell_done


def _menu(head: Head) -> list[MenuItem]:
    """G2, G10. Who is in as many groups as its partner allows is not offered another one (G5)."""
    profile, here = head.profile, head.profile.public_id
    if not profile.settings.groups_on or not may(Permission.GROUPS_MANAGE):
        return []
    mine = lines_of(profile)
    items = [
        MenuItem(say("Add to Group"), "invite", at("add_to_group", here, group=one.group))
        if one.role is GroupRole.OWNER
        else MenuItem(
            say("Manage group"),
            "group",
            group_url(one.owner_public_id, one.group),
            say("Group of {owner}", owner=one.owner_name),
        )
        for one in mine
    ]
    today = clock.today(profile.time_zone)
    if sum(lasts(one.until, today) for one in mine) < profile.settings.groups_per_customer:
        items.append(
            MenuItem(
                say("Create a Group"),
                "group",
                at("create_group", here),
                say("{name} becomes its Owner", name=profile.name),
            )
        )
    return items


MENU = Menu(2, 10, _menu)


GROUP = "/<public_id:subject>/groups/<public_id:group>"
MEMBER = f"{GROUP}/members/<public_id:member>"
FASTER = say("Somebody was faster: check, then save again")


# Creating and adding --------------------------------------------------------------------------------------------------


@bp.route("/<public_id:subject>/groups/create", methods=["GET", "POST"])
@needs(Permission.GROUPS_MANAGE)
def create_group() -> ResponseReturnValue:
    """Create a group: this customer becomes its Owner, and somebody joins it in the same step (G2)."""
    _refuse_off()
    return _join(None)


@bp.route(f"{GROUP}/add", methods=["GET", "POST"])
@needs(Permission.GROUPS_MANAGE)
def add_to_group(group: str) -> ResponseReturnValue:
    """Add a customer of the same partner, or somebody who is not a customer yet, to a group (G2, G7)."""
    return _join(_group(group))


def _join(group: GroupView | None) -> ResponseReturnValue:
    """The search, and once somebody is chosen the form; without a group the form also creates it."""
    chosen, newcomer = request.values.get("member", ""), request.values.get("way") == "new"
    if newcomer:
        return _join_newcomer(group)
    if chosen:
        return _join_customer(group, _customer(chosen))
    return _search(group, code=422 if request.method == "POST" else 200)


def _search(group: GroupView | None, *, code: int = 200) -> ResponseReturnValue:
    owner_label = request.args.get("owner_label", "")[:60]
    shared = _joining_values(group)
    wording = Wording(
        title=shared["title"],
        label=say("Search for a customer to add to this group"),
        search_url=shared["step_url"](),
        back_url=shared["back_url"],
        unfit=say("Cannot be added as it is:"),
        nobody=say("Only customers of {partner} can join.", partner=subject().partner_name),
        new_url=shared["step_url"](way="new", owner_label=owner_label),
    )

    def row(one: Candidate) -> Row:
        other = one.customer.public_id
        if one.hint:
            return candidates.row(
                one, at("summary", other), say("Go to Profile"), say("of {name}", name=one.customer.name)
            )
        return candidates.row(one, shared["step_url"](member=other, owner_label=owner_label), say("Select Customer"))

    return candidates.search(
        "summary",
        "group_search",
        wording,
        lambda text: customer_search.find_member(actor(), subject(), text, group.public_id if group else ""),
        row,
        code=code,
        group=group,
        reasons=linked(actions.creating_refusals(actor(), subject())) if group is None else [],
        owner_label=owner_label,
        labels=[(choice.value, choice.label) for choice in label_choices(actions.labels())],
    )


def _join_customer(group: GroupView | None, other: Profile) -> ResponseReturnValue:
    form = MemberForm(data={"owner_label": request.args.get("owner_label", "")})
    _offer_labels(form, group)
    if group is None:
        form.allow([GroupRole.ADMIN, GroupRole.DEPENDENT])
    child = child_until(other.born_on, subject().settings.majority_age, clock.today(subject().time_zone))
    form.role.withhold_from_children(child is not None)
    values: dict[str, Any] = {
        "other": other,
        "of_age": child is None,
        "withheld": withheld(other.name, child),
        "ages": _ages_unknown(group, other),
    }
    if request.method == "GET" or not form.validate_on_submit():
        return _joining_page("group_join", form, group, code=_code(), **values)
    role = GroupRole(form.role.data)
    if request.form.get("step") == "edit":
        return _joining_page("group_join", form, group, **values)
    new = NewMember(other.public_id, role, form.label.data or "", scopes_of(form.scopes.data), form.end)
    try:
        if group is None:
            done = actions.create(actor(), subject().public_id, form.owner_label.data or "", new, once=sent_key())
        elif role.manages and not sent_mark():
            return _check_adding(form, group, new, **values)
        else:
            mark = sent_mark() or None
            done = actions.add_member(actor(), group.public_id, new, mark=mark, once=sent_key())
    except Conflict as error:
        if group is None or not sent_mark():
            raise
        return _check_adding(form, _group(group.public_id), new, code=409, conflict=error.sentence, **values)
    except (Invalid, Refused) as error:
        return _again(
            error, form, lambda code, **more: _joining_page("group_join", form, group, code=code, **values, **more)
        )
    tell(_joined(group, done, other.name, role))
    return redirect(group_url(_owner_after(group, role, other.public_id), done.group), 303)


def _check_adding(
    form: MemberForm, group: GroupView, new: NewMember, *, code: int = 200, conflict: Sentence = NOTHING, **values: Any
) -> ResponseReturnValue:
    """What adding an Admin or another Owner means for who acts for whom, before it is done (G15). Raises Refused."""
    foreseen = actions.foresee_adding(actor(), group.public_id, new)
    if foreseen.reasons:
        raise Refused(foreseen.reasons, foreseen.headline)
    values |= {"foreseen": foreseen, "conflict": conflict}
    return _joining_page("group_adding", form, group, code=code, **values)


def _ages_unknown(group: GroupView | None, other: Profile | None = None) -> list[Sentence]:
    """Who counts as an adult without a date of birth, should they act for others (G15)."""
    asked = [*([subject()] if group is None else []), *([other] if other else [])]
    unknown = (one for one in asked if one.born_on is None and one.kind is not Kind.BUSINESS)
    return [age_unknown(one.name) for one in unknown]


def _join_newcomer(group: GroupView | None) -> ResponseReturnValue:
    form = NewcomerForm(data={"owner_label": request.args.get("owner_label", ""), "family_name": subject().family_name})
    _offer_labels(form, group)
    values = {"ages": _ages_unknown(group)}
    if request.method == "GET" or not form.validate_on_submit():
        return _joining_page("group_newcomer", form, group, code=_code(), **values)
    new = NewDependent(
        form.given_name.data or "",
        form.family_name.data or "",
        form.born_on.data,
        form.label.data or "",
        anyway="anyway" in request.form,
    )
    try:
        if group is None:
            done = actions.create(actor(), subject().public_id, form.owner_label.data or "", new, once=sent_key())
        else:
            done = actions.add_dependent(actor(), group.public_id, new, once=sent_key())
    except (Invalid, Refused) as error:
        return _again(
            error, form, lambda code, **more: _joining_page("group_newcomer", form, group, code=code, **values, **more)
        )
    name = " ".join(f"{new.given_name} {new.family_name}".split())
    tell(_joined(group, done, name, GroupRole.DEPENDENT))
    return redirect(group_url(group.owner if group else subject().public_id, done.group), 303)


@bp.route(f"{GROUP}/invite", methods=["GET", "POST"])
@needs(Permission.GROUPS_MANAGE)
def invite_to_group(group: str) -> ResponseReturnValue:
    """Invite somebody into a group by email; they decide whether to join (G7, UX15)."""
    found = _group(group)
    form = InviteForm(data={"scopes": [Scope.BOOK.value, Scope.DOCUMENTS.value]})
    del form.owner_label
    form.label.choices = label_choices(actions.labels())

    def page(code: int, **values: Any) -> ResponseReturnValue:
        back_url = group_url(found.owner, found.public_id)
        return tab("summary", "group_invite", code=code, form=form, group=found, back_url=back_url, **values)

    if request.method == "GET" or not form.validate_on_submit():
        return page(_code())
    role = GroupRole(form.role.data)
    email, name, label = form.email.data or "", form.name.data or "", form.label.data or ""
    wanted = Welcome(email, name, role, label, scopes_of(form.scopes.data), form.end)
    try:
        done = actions.invite(actor(), group, wanted, once=sent_key())
    except (Invalid, Refused) as error:
        return _again(error, form, page)
    tell_done(done.sentence)
    return redirect(group_url(found.owner, found.public_id), 303)


def _joined(group: GroupView | None, done: Outcome, name: str, role: GroupRole) -> Sentence:
    if role is GroupRole.OWNER:
        return say("{name} is the Owner of the group now, and the previous Owner an Admin.", name=name)
    if group is None:
        return say("{deed}, with {name} as {role}.", deed=done.sentence, name=name, role=role.label)
    return say("{name} is in the group now, as {role}.", name=name, role=role.label)


def _owner_after(group: GroupView | None, role: GroupRole, member: str) -> str:
    if role is GroupRole.OWNER:
        return member
    return group.owner if group else subject().public_id


def _joining_page(
    template: str, form: PortalForm, group: GroupView | None, *, code: int = 200, **values: Any
) -> ResponseReturnValue:
    return tab("summary", template, code=code, form=form, **_joining_values(group), **values)


def _joining_values(group: GroupView | None) -> dict[str, Any]:
    """What the pages of creating and adding share: the words, and the addresses of the other steps."""
    here = subject().public_id
    view = "add_to_group" if group else "create_group"
    more = {"group": group.public_id} if group else {}
    return {
        "group": group,
        "deed": say("Add to Group") if group else say("Create Group"),
        "title": say("Add to Group") if group else say("Create a Group"),
        "step_url": lambda **values: at(view, here, **more, **{key: text for key, text in values.items() if text}),
        "back_url": group_url(group.owner, group.public_id) if group else at("summary", here),
    }


# Changing and removing ------------------------------------------------------------------------------------------------


@bp.route(MEMBER, methods=["GET", "POST"])
@needs(Permission.GROUPS_MANAGE)
def edit_member(group: str, member: str) -> ResponseReturnValue:
    """Change a member's role, label, rights and end; whoever is second sees what there is now (R24)."""
    found = _group(group)
    one = found.member(member)
    form = MemberForm(data=_values(one))
    del form.owner_label
    form.label.choices = label_choices(actions.labels(), one.label)
    form.role.withhold_from_children(one.of_age_on is not None, one.role)
    if one.role is GroupRole.OWNER:
        del form.until
    if request.method == "GET":
        return _edit_page(form, found, one, one.version)
    sent = sent_number("version")
    if not form.validate_on_submit():
        return _edit_page(form, found, one, sent, code=422)
    role = GroupRole(form.role.data)
    wanted = Edit(role, form.label.data or "", scopes_of(form.scopes.data), form.end, offered=True)
    if request.form.get("step") == "edit":
        return _edit_page(form, found, one, sent)
    if role is not one.role and not sent_mark():
        return _check_role(form, found, one, wanted)
    try:
        mark = sent_mark() or None
        done = actions.change_member(actor(), group, member, wanted, version=sent, mark=mark, once=sent_key())
    except Conflict as error:
        now = _group(group)
        if sent_mark() and now.member(member).version == sent:
            return _check_role(form, now, now.member(member), wanted, code=409, conflict=error.sentence)
        one = now.member(member)
        return _edit_page(form, now, one, one.version, code=409, conflict=error.sentence, now=_differing(form, one))
    except (Invalid, Refused) as error:
        return _again(error, form, lambda code, **more: _edit_page(form, found, one, sent, code=code, **more))
    became_owner = role is GroupRole.OWNER and one.customer != found.owner
    if became_owner:
        tell(say("{name} is the Owner now, and {before} an Admin.", name=one.name, before=found.owner_name))
    else:
        tell_done(done.sentence)
    return redirect(group_url(one.customer if became_owner else found.owner, found.public_id), 303)


@bp.route(f"{MEMBER}/remove", methods=["GET", "POST"])
@needs(Permission.GROUPS_MANAGE)
def remove_member(group: str, member: str) -> ResponseReturnValue:
    """End a membership, after saying what that means for everybody concerned (G8)."""
    found = _group_if_there(group) if request.method == "POST" else _group(group)
    if request.method == "GET":
        assert found is not None
        return _remove_page(found, member)
    try:
        done = actions.remove_member(actor(), group, member, version=sent_number("version"), once=sent_key())
    except Refused as error:
        return _remove_page(_group(group), member, code=409, reasons=error.reasons, headline=error.headline)
    except Conflict as error:
        return _remove_page(_group(group), member, code=409, conflict=error.sentence)
    only = say("Nobody else is left in it; you can dissolve it, or add somebody.")
    tell_done(done.sentence, only if done.alone else NOTHING)
    return redirect(group_url(found.owner if found else subject().public_id, done.group), 303)


@bp.route(f"{GROUP}/dissolve", methods=["GET", "POST"])
@needs(Permission.GROUPS_MANAGE)
def dissolve_group(group: str) -> ResponseReturnValue:
    """End a group and every membership in it, after saying what that means (G6)."""
    if request.method == "GET":
        return _dissolve_page(_group(group))
    found = _group_if_there(group)
    try:
        done = actions.dissolve(actor(), group, version=sent_number("version"), once=sent_key())
    except Conflict as error:
        return _dissolve_page(_group(group), code=409, conflict=error.sentence)
    tell_done(done.sentence, say("Customers, bookings and balances stay as they are."))
    return redirect(at("summary", found.owner if found else subject().public_id), 303)


def _values(one: MemberView) -> dict[str, object]:
    return {
        "role": one.role.value,
        "label": one.label,
        "scopes": [scope.value for scope in CHOSEN_SCOPES if scope in one.scopes or not one.role.manages],
        "until": one.until,
    }


def _edit_page(
    form: MemberForm, group: GroupView, one: MemberView, version: int, *, code: int = 200, **values: Any
) -> ResponseReturnValue:
    return tab(
        "summary",
        "group_member",
        code=code,
        form=form,
        group=group,
        member=one,
        version=version,
        title=FASTER,
        withheld=withheld(one.name, one.of_age_on),
        back_url=group_url(group.owner, group.public_id),
        **values,
    )


def _check_role(
    form: MemberForm, group: GroupView, one: MemberView, wanted: Edit, *, code: int = 200, conflict: Sentence = NOTHING
) -> ResponseReturnValue:
    """What another role means for who acts for whom, before it is given (G15)."""
    foreseen = actions.foresee_change(actor(), group.public_id, one.public_id, wanted)
    if foreseen.reasons:
        reasons = linked(foreseen.reasons)
        return _edit_page(form, group, one, one.version, code=409, reasons=reasons, headline=foreseen.headline)
    values = {"form": form, "member": one, "version": one.version, "foreseen": foreseen, "conflict": conflict}
    back_url = group_url(group.owner, group.public_id)
    return tab("summary", "group_role", code=code, group=group, back_url=back_url, **values)


def _differing(form: MemberForm, one: MemberView) -> list[tuple[Sentence, str, str]]:
    """The fields in which the form and what is stored now differ: name, stored, in the form."""
    role = GroupRole(form.role.data)
    typed = scopes_of(form.scopes.data)
    until = last_day(form.end)
    pairs = [
        (say("Role"), text(one.role.label), text(role.label)),
        (say("Label"), one.label or text(say("No label")), form.label.data or text(say("No label"))),
        (say("Until"), day(one.until) or text(say("No end")), day(until) or text(say("No end"))),
    ]
    if one.role is role is GroupRole.ADMIN:
        pairs.append((say("Rights"), _rights(one.scopes), _rights(typed)))
    return [(name, stored, wanted) for name, stored, wanted in pairs if stored != wanted]


def _rights(scopes: Any) -> str:
    return text(rights_line({scope for scope in CHOSEN_SCOPES if scope in scopes})) or text(say("See details only"))


def _remove_page(
    group: GroupView,
    member: str,
    *,
    code: int = 200,
    reasons: tuple[Reason, ...] = (),
    headline: Sentence = NOTHING,
    conflict: Sentence = NOTHING,
) -> ResponseReturnValue:
    one = group.member(member)
    foreseen = actions.foresee_removal(actor(), group.public_id, member)
    reasons = reasons or foreseen.reasons
    return tab(
        "summary",
        "group_remove",
        code=code,
        group=group,
        member=one,
        reasons=linked(reasons),
        headline=headline or say("{name} can’t leave the group yet", name=one.name),
        conflict=conflict,
        effects=[*foreseen.consequences, *_without(group, one)],
        stays=_stays(one),
        back_url=group_url(group.owner, group.public_id),
    )


def _without(group: GroupView, one: MemberView) -> list[Sentence]:
    """What else removing a member changes, besides who acts for whom."""
    texts = []
    if one.role is GroupRole.ADMIN:
        texts.append(say("{name} no longer manages the group.", name=one.name))
    if len(group.members) == 2 and one.role is not GroupRole.OWNER:
        texts.append(
            say(
                "{owner} is then alone in the group, which can be dissolved or get other members.",
                owner=group.owner_name,
            )
        )
    if len(group.members) == 1:
        texts.append(say("Nobody else is in the group, so it is dissolved."))
    return texts


def _stays(one: MemberView) -> list[Sentence]:
    """What removing a member leaves as it is, with figures."""
    profile = _customer(one.customer)
    found = profiles.summary(actor(), profile)
    shows_finances(profile)
    texts = [_going_on(one.name, found.counts.services)]
    if found.balances is not None and profile.payer_id == profile.id:
        texts.append(staying(found.balances, profile.currency, one.name))
    elif found.balances is None or profile.payer_id == profile.id:
        texts.append(say("The balance stays where it is."))
    if profile.payer_id != profile.id:
        texts.append(
            say(
                "{payer} goes on paying for {name}: groups never change who pays.",
                payer=profile.payer_name,
                name=one.name,
            )
        )
    if one.signs_in:
        texts.append(say("{name} signs in as before, for their own account alone.", name=one.name))
    return texts


def _going_on(name: str, services: int) -> Sentence:
    if not services:
        return say("Every booking of {name} goes on as it is.", name=name)
    return say(
        "{count} active service and every booking of {name} go on as they are.",
        "{count} active services and every booking of {name} go on as they are.",
        count=services,
        name=name,
    )


def _dissolve_page(group: GroupView, *, code: int = 200, conflict: Sentence = NOTHING) -> ResponseReturnValue:
    return tab(
        "summary",
        "group_dissolve",
        code=code,
        group=group,
        conflict=conflict,
        effects=_dissolved(group),
        back_url=group_url(group.owner, group.public_id),
    )


def _dissolved(group: GroupView) -> list[Sentence]:
    """What dissolving the group means."""
    foreseen = actions.foresee_dissolution(actor(), group.public_id)
    texts = [
        say("One membership ends at once.", "{count} memberships end at once.", count=len(group.members)),
        *foreseen.consequences,
    ]
    if group.invitations:
        texts.append(
            say(
                "One invitation without an answer is taken back.",
                "{count} invitations without an answer are taken back.",
                count=len(group.invitations),
            )
        )
    return texts


# Invitations ----------------------------------------------------------------------------------------------------------


@bp.post(f"{GROUP}/invitations/<public_id:invitation>/resend")
@needs(Permission.GROUPS_MANAGE)
def resend_group_invitation(group: str, invitation: str) -> ResponseReturnValue:
    """Send an invitation into the group again, with a new link (UX15)."""
    return _answered(group, lambda: actions.resend(actor(), group, invitation, once=sent_key()))


@bp.post(f"{GROUP}/invitations/<public_id:invitation>/revoke")
@needs(Permission.GROUPS_MANAGE)
def revoke_group_invitation(group: str, invitation: str) -> ResponseReturnValue:
    """Take an invitation or an offer of the ownership back."""
    return _answered(group, lambda: actions.revoke(actor(), group, invitation))


def _answered(group: str, deed: Callable[[], Outcome]) -> ResponseReturnValue:
    """Do it and go back to the group, which shows how it stands even where somebody was faster."""
    found = _group(group)
    try:
        tell_done(deed().sentence)
    except Conflict as error:
        tell(error.sentence, "warning")
    return redirect(group_url(found.owner, found.public_id), 303)


# What the pages share -------------------------------------------------------------------------------------------------


def _refuse_off() -> None:
    """Where the feature is off there are no such pages (G1)."""
    if not subject().settings.groups_on:
        raise Missing()


def _group(group: str) -> GroupView:
    """A group of this page's customer. Raises Missing for anybody else's, and while the feature is off (G1)."""
    return actions.group_of(actor(), subject(), group)


def _group_if_there(group: str) -> GroupView | None:
    """The same for a form that ends something: None where the group is gone, because the form may have come twice."""
    _refuse_off()
    try:
        found = actions.my_group(actor(), group)
    except Missing:
        return None
    return found if any(one.customer == subject().public_id for one in found.members) else _group(group)


def _customer(public_id: str) -> Profile:
    """Another customer, of those the actor may manage groups of. Raises Missing."""
    profile = access.load_subject(actor(), public_id)
    access.require(actor(), Permission.GROUPS_MANAGE, profile)
    return profile


def _offer_labels(form: MemberForm | NewcomerForm, group: GroupView | None) -> None:
    choices = label_choices(actions.labels())
    form.label.choices = choices
    if group is None:
        form.owner_label.choices = choices
    else:
        del form.owner_label


def _code() -> int:
    return 422 if request.method == "POST" else 200


def _again(error: Invalid | Refused, form: PortalForm, page: Callable[..., ResponseReturnValue]) -> ResponseReturnValue:
    """The form once more with what is wrong: beside its fields, or as a list of conditions."""
    if isinstance(error, Refused):
        return page(409, reasons=linked(error.reasons), headline=error.headline)
    add_errors(form, error)
    return page(422)
