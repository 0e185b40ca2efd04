"""What stands around every tab of a customer's profile: the badges, the tabs and the Actions menu."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby
from typing import Any

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from portal.actions.access import Profile
from portal.actions.customers import profile as profiles
from portal.actions.customers import removal as customer_removal
from portal.actions.customers.profile import Head
from portal.rules.collecting import declared
from portal.rules.sentences import NOTHING, Sentence, ordinal, say, verbatim
from portal.web.customers.status import StatusView, status_view
from portal.web.figures import day_short
from portal.web.guard import actor, subject
from portal.web.places import tabs

HERE = "portal.web.staff.profile"


@dataclass(frozen=True, slots=True)
class MenuItem:
    """An entry of the Actions menu; `begins` draws a line above it."""

    label: Sentence
    icon: str
    url: str
    detail: Sentence = NOTHING
    danger: bool = False
    begins: bool = False


@dataclass(frozen=True, slots=True)
class Menu:
    """Entries of the Actions menu that a page declares. There is a line between `section`s; `order` sorts inside one.

    `items` gives none to somebody who may not.
    """

    section: int
    order: int
    items: Callable[[Head], list[MenuItem]]


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
        return StatusView(say("Removed"), "bad", say("on {day}", day=verbatim(day_short(profile.removed_at))))
    return status_view(profile.status, profile.main_name or "", profile.blocked_cause, profile.status_changed_at)


def at(view: str, public_id: str, **values: Any) -> str:
    """The address of a page of some customer's profile."""
    return url_for(f"staff_customers.{view}", subject=public_id, **values)


def group_url(owner: str, group: str = "") -> str:
    """The address of a group: its panel on the Summary of its Owner."""
    return at("summary", owner, _anchor=f"group-{group}" if group else "group")


def _tabs(head: Head, current: str) -> list[dict[str, object]]:
    counts = {"sub_accounts": head.sub_accounts or None}
    return [
        {
            "label": tab.label,
            "url": at(tab.view, head.profile.public_id),
            "current": tab.view == current,
            "count": counts.get(tab.view),
        }
        for tab in tabs(HERE)
    ]


def _menu(head: Head) -> list[MenuItem]:
    """What can be done with this customer by whoever asks, in the order of the Actions menu."""
    items: list[MenuItem] = []
    for _section, menus in groupby(_menus(), key=lambda menu: menu.section):
        begun = [item for menu in menus for item in menu.items(head)]
        if items and begun:
            begun[0] = replace(begun[0], begins=True)
        items += begun
    return items


@cache
def _menus() -> list[Menu]:
    return sorted(declared(HERE, "MENU"), key=lambda menu: (menu.section, menu.order))
