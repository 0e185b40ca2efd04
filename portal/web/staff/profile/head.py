"""What stands around every tab of a customer's profile: the badges, the tabs and the Actions menu."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from portal.actions import groups
from portal.actions.access import Profile
from portal.actions.customers import profile as profiles
from portal.actions.customers import removal as customer_removal
from portal.actions.customers.profile import Head
from portal.outside import clock
from portal.rules.groups import GroupRole, lasts
from portal.rules.permissions import Permission
from portal.rules.sentences import ordinal
from portal.web.customers.status import StatusView, status_view
from portal.web.figures import day_short
from portal.web.guard import actor, may, subject

TABS = (
    ("Summary", "summary", Permission.CUSTOMERS_VIEW),
    ("Details", "details", Permission.CUSTOMERS_VIEW),
    ("Sub-accounts", "sub_accounts", Permission.CUSTOMERS_VIEW),
    ("Finance", "finance", Permission.CUSTOMERS_FINANCE),
    ("Services", "services", Permission.CUSTOMERS_VIEW),
    ("Documents", "documents", Permission.CUSTOMERS_VIEW),
    ("Logins", "logins", Permission.CUSTOMERS_INVITE),
    ("Log", "log", Permission.AUDIT_VIEW),
)


@dataclass(frozen=True, slots=True)
class MenuItem:
    """An entry of the Actions menu; `begins` draws a line above it."""

    label: str
    icon: str
    url: str
    detail: str = ""
    danger: bool = False
    begins: bool = False


def tab(name: str, template: str, *, code: int = 200, **values: Any) -> ResponseReturnValue:
    """A tab's page, or a page that belongs to it, with the head around it."""
    return render_template(f"staff/customers/{template}.html", **frame(name), **values), code


def frame(current: str) -> dict[str, object]:
    """The head of the profile for its templates; `current` is the tab that is open."""
    profile = subject()
    head = profiles.head(actor(), profile)
    return {
        "profile": profile,
        "head": head,
        "status": status_of(profile),
        "tab_items": _tabs(head, current),
        "menu_items": [] if profile.removed_at else _menu(head),
        "removed": customer_removal.removed_by(actor(), profile) if profile.removed_at else None,
        "ordinal": ordinal,
        "to": lambda view, **values: url_for(f"staff_customers.{view}", subject=profile.public_id, **values),
    }


def status_of(profile: Profile) -> StatusView:
    """The status with its reason (UX13)."""
    if profile.removed_at is not None:
        return StatusView("Removed", "bad", f"on {day_short(profile.removed_at)}")
    return status_view(profile.status, profile.main_name or "", profile.blocked_cause, profile.status_changed_at)


def at(view: str, public_id: str, **values: Any) -> str:
    """The address of a page of some customer's profile."""
    return url_for(f"staff_customers.{view}", subject=public_id, **values)


def group_url(owner: str, group: str = "") -> str:
    """The address of a group: its panel on the Summary of its Owner."""
    return at("summary", owner, _anchor=f"group-{group}" if group else "group")


def _tabs(head: Head, current: str) -> list[dict[str, object]]:
    items: list[dict[str, object]] = []
    for label, view, permission in TABS:
        if may(permission):
            count = head.sub_accounts if view == "sub_accounts" and head.sub_accounts else None
            url = at(view, head.profile.public_id)
            items.append({"label": label, "url": url, "current": view == current, "count": count})
    return items


def _menu(head: Head) -> list[MenuItem]:
    """What can be done with this customer by whoever asks, in the order of the Actions menu."""
    profile = head.profile
    here = profile.public_id
    items = _linking(head) if may(Permission.SUB_ACCOUNTS_LINK) else []
    if may(Permission.PARTNER_ACCOUNTS_LINK):
        items += _sharing(profile)
    if profile.settings.groups_on and may(Permission.GROUPS_MANAGE):
        items = _apart(items, _grouping(profile))
    others = []
    if may(Permission.CUSTOMERS_INVITE):
        others.append(MenuItem("Invite to the portal", "invite", at("invite", here)))
    if may(Permission.CUSTOMERS_FINANCE):
        others.append(MenuItem("Generate statement", "statements", at("finance", here)))
    if may(Permission.CUSTOMERS_EDIT):
        others.append(MenuItem("Edit details", "edit", at("edit", here)))
        others.append(MenuItem("Change status", "switch", at("status", here)))
    items = _apart(items, others)
    if may(Permission.CUSTOMERS_REMOVE):
        items = _apart(items, [MenuItem("Remove customer…", "remove", at("remove", here), danger=True)])
    return items


def _apart(items: list[MenuItem], others: list[MenuItem]) -> list[MenuItem]:
    """Two parts of the menu with a line between them."""
    if not items or not others:
        return items or others
    return [*items, replace(others[0], begins=True), *others[1:]]


def _sharing(profile: Profile) -> list[MenuItem]:
    """P1, P4. An aggregated sub-account cannot share balances, so that is not offered (P6)."""
    here = profile.public_id
    if profile.mate_id is not None:
        mate = f"Shares balances with {profile.mate_name}"
        return [MenuItem("Unlink Partner Account", "unlink", at("unlink_partner", here), mate, danger=True)]
    if profile.aggregated:
        return []
    text = f"{profile.name} and another share balances"
    return [MenuItem("Link Partner Account", "link", at("link_partner", here), text)]


def _grouping(profile: Profile) -> list[MenuItem]:
    """G2, G10. Who is in as many groups as its partner allows is not offered another one (G5)."""
    here, mine = profile.public_id, groups.lines_of(profile)
    items = [
        MenuItem("Add to Group", "invite", at("add_to_group", here, group=one.group))
        if one.role is GroupRole.OWNER
        else MenuItem("Manage group", "group", group_url(one.owner_public_id, one.group), f"Group of {one.owner_name}")
        for one in mine
    ]
    today = clock.today(profile.time_zone)
    if sum(lasts(one.until, today) for one in mine) < profile.settings.groups_per_customer:
        items.append(MenuItem("Create a Group", "group", at("create_group", here), f"{profile.name} becomes its Owner"))
    return items


def _linking(head: Head) -> list[MenuItem]:
    """L2, L10. A sub-account has no sub-accounts and a main account no main account, so those are not offered (L5)."""
    profile, here = head.profile, head.profile.public_id
    if profile.main_id is not None:
        return [
            MenuItem("Edit billing mode", "edit", at("mode", here), f"Sub-account of {profile.main_name}"),
            MenuItem("Unlink main account", "unlink", at("unlink", here), profile.main_name or "", danger=True),
        ]
    above = MenuItem(
        "Link main account", "link", at("link", here, **{"as": "main"}), f"{profile.name} becomes a sub-account"
    )
    below = MenuItem(
        "Link sub-account", "link", at("link", here, **{"as": "sub"}), f"{profile.name} becomes the main account"
    )
    return [below] if head.sub_accounts else [above, below]
