"""Groups as the Summary of a profile and the Front of House dashboard show them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from portal.actions import groups as actions
from portal.actions.groups import GroupView, InvitationView, MemberView
from portal.rules.groups import GroupRole
from portal.rules.permissions import Permission
from portal.rules.scopes import ALL_SCOPES, rights
from portal.web.figures import day, text
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


def detail(one: MemberView) -> str:
    """The second line of a member: until when, and how far an Admin's rights go."""
    words = []
    if one.role is GroupRole.DEPENDENT and not one.signs_in:
        words.append("no login")
    if one.until:
        words.append(f"{'was a member' if one.over else 'member'} until {day(one.until)}")
    if one.role is GroupRole.ADMIN and one.scopes != ALL_SCOPES:
        words.append(f"may {text(rights(one.scopes))}")
    line = " · ".join(words)
    return line[:1].upper() + line[1:]


def states(one: MemberView) -> list[tuple[str, str, str]]:
    """What suspends a member's place, each as a word, its tone and why."""
    found = []
    if one.over:
        found.append(("Access ended", "bad", ""))
    if one.paused:
        found.append(("Paused", "note", "Of age, has not agreed to being acted for"))
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
