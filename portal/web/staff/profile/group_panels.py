"""Groups as the Summary of a profile and the Front of House dashboard show them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from portal.actions import groups as actions
from portal.actions.groups import GroupView, InvitationView, MemberView
from portal.rules.groups import GroupRole
from portal.rules.permissions import Permission
from portal.rules.powers import everything, rights
from portal.rules.sentences import NOTHING, Sentence, say, together
from portal.web.guard import actor, may, subject
from portal.web.staff.profile.head import at, group_url


def panels() -> list[dict[str, Any]]:
    """The groups of this page's customer as its Summary shows them; none while the feature is off (G1)."""
    return [_panel(group) for group in actions.of_customer(actor(), subject())]


def _panel(group: GroupView) -> dict[str, Any]:
    here = subject().public_id
    is_owner = group.owner == here
    manages = may(Permission.GROUPS_MANAGE)

    def to(view: str, **values: str) -> str:
        return at(view, here, group=group.public_id, **values)

    return {
        "group": group,
        "is_owner": is_owner,
        "members": [
            {
                "member": one,
                "profile_url": at("summary", one.customer) if one.customer != here else "",
                "detail": detail(one),
                "states": states(one),
                "edit_url": to("edit_member", member=one.public_id) if manages and is_owner else "",
                "remove_url": to("remove_member", member=one.public_id)
                if manages and is_owner and one.role is not GroupRole.OWNER
                else "",
            }
            for one in group.members
        ],
        "invitations": [_waiting(one, to) for one in group.invitations] if is_owner else [],
        "add_url": to("add_to_group") if manages and is_owner else "",
        "invite_url": to("invite_to_group") if manages and is_owner else "",
        "dissolve_url": to("dissolve_group") if manages and is_owner else "",
        "manage_url": group_url(group.owner, group.public_id) if manages and not is_owner else "",
    }


def detail(one: MemberView) -> Sentence:
    """The second line of a member: until when, and how far an Admin's rights go."""
    parts = []
    if one.role is GroupRole.DEPENDENT and not one.signs_in:
        parts.append(say("No login"))
    if one.until:
        parts.append(_until(one, one.until, first=not parts))
    if one.role is GroupRole.ADMIN and not everything(one.scopes):
        may_do = rights(one.scopes)
        parts.append(say("may {rights}", rights=may_do) if parts else say("May {rights}", rights=may_do))
    return together(*parts, by=" · ")


def _until(one: MemberView, until: date, *, first: bool) -> Sentence:
    if one.over:
        return say("Was a member until {day}", day=until) if first else say("was a member until {day}", day=until)
    return say("Member until {day}", day=until) if first else say("member until {day}", day=until)


def states(one: MemberView) -> list[tuple[Sentence, str, Sentence]]:
    """What suspends a member's place, each as a word, its tone and why."""
    found = []
    if one.over:
        found.append((say("Access ended"), "bad", NOTHING))
    if one.frozen:
        found.append((say("Paused"), "note", say("Guardianship frozen by staff")))
    elif one.paused:
        found.append((say("Paused"), "note", say("Of age, has not agreed to being acted for")))
    return found


def _waiting(one: InvitationView, to: Callable[..., str]) -> dict[str, Any]:
    return {
        "invitation": one,
        "title": one.name or one.email,
        "resend_url": to("resend_group_invitation", invitation=one.public_id)
        if one.may_change and not one.is_offer
        else "",
        "revoke_url": to("revoke_group_invitation", invitation=one.public_id) if one.may_change else "",
    }
