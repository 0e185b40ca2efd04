"""The Front of House dashboard: find a customer, see who it is, and go on to whom it is linked with (G10)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from jinja2_fragments.flask import render_block

from portal.actions import groups
from portal.actions.access import Profile
from portal.actions.customers import profile as profiles
from portal.actions.customers import search as customer_search
from portal.actions.customers.search import Wanted
from portal.actions.groups import GroupView
from portal.actions.links.listing import SubAccount, SubAccountFilter, list_sub_accounts
from portal.rules.errors import Invalid, Missing
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say
from portal.web.customers.status import StatusView, status_view
from portal.web.frame import wants_fragment
from portal.web.guard import actor, needs, shows_finances, subject
from portal.web.places import Place
from portal.web.staff.profile.group_panels import detail, states
from portal.web.staff.profile.head import at, status_of

bp = Blueprint("staff_front_desk", __name__, url_prefix="/staff/front-desk")

STAFF = Place(say("Front of House"), "dashboard", "staff_front_desk.index", Permission.CUSTOMERS_VIEW, 20)

SHOWN = 12
"""So many matches stand on the dashboard; the rest is a search among all customers."""


@bp.get("")
@needs(Permission.CUSTOMERS_VIEW)
def index() -> ResponseReturnValue:
    """Find a customer to load."""
    text = request.args.get("q", "")
    wrong: dict[str, list[Sentence]] = {}
    found = None
    if text.strip():
        try:
            found = customer_search.search(actor(), Wanted(text=text, size=SHOWN))
        except Invalid as error:
            wrong = error.fields
    values: dict[str, Any] = {
        "text": text,
        "wrong": wrong,
        "found": found,
        "rows": [
            (row, status_view(row.status, row.main_name or "", row.blocked_cause))
            for row in (found.rows if found else [])
        ],
    }
    if wants_fragment():
        return render_block("staff/front_desk/index.html", "desk", **values)
    return render_template("staff/front_desk/index.html", **values)


@bp.get("/<public_id:subject>")
@needs(Permission.CUSTOMERS_VIEW)
def customer() -> ResponseReturnValue:
    """A loaded customer at a glance."""
    values = _loaded("customer")
    shows_finances()
    return render_template("staff/front_desk/customer.html", found=profiles.summary(actor(), subject()), **values)


@bp.get("/<public_id:subject>/linked")
@needs(Permission.CUSTOMERS_VIEW)
def linked() -> ResponseReturnValue:
    """Whom the loaded customer is linked with: members of its groups (G10), its main account or sub-accounts, and who
    shares its balances.
    """
    values = _loaded("linked")
    if not values["groups"] and not values["panels"]:
        raise Missing()
    return render_template("staff/front_desk/linked.html", **values)


def _loaded(current: str) -> dict[str, Any]:
    """The loaded customer with its badges and tabs; Linked Accounts is there for whoever is linked with somebody."""
    profile = subject()
    mine = groups.of_customer(actor(), profile)
    here, head = profile.public_id, profiles.head(actor(), profile)
    panels = _panels(profile, head.sub_accounts, full=current == "linked")
    tabs: list[dict[str, Any]] = [
        {"label": say("At a glance"), "url": url_for("staff_front_desk.customer", subject=here), "count": None}
    ]
    if mine or panels:
        others = len({one.customer for group in mine for one in group.members} - {here})
        others += sum(panel["count"] for panel in panels)
        tabs.append(
            {"label": say("Linked Accounts"), "url": url_for("staff_front_desk.linked", subject=here), "count": others}
        )
    return {
        "text": "",
        "profile": profile,
        "profile_url": at("summary", here),
        "head": head,
        "panels": panels,
        "status": status_of(profile),
        "groups": [_group(group, here) for group in mine],
        "tab_items": [
            {**item, "current": item["url"] == url_for(f"staff_front_desk.{current}", subject=here)} for item in tabs
        ],
    }


def _panels(profile: Profile, sub_accounts: int, *, full: bool) -> list[dict[str, Any]]:
    """The links of the loaded customer besides its groups; without `full` only how many there are."""
    panels = []
    if profile.main_public_id and profile.mode:
        detail = say("{mode} sub-account of it", mode=profile.mode.label)
        panels.append(_panel(say("Main account"), [_row(profile.main_public_id, profile.main_name or "", detail)]))
    if sub_accounts:
        found = list_sub_accounts(actor(), profile, SubAccountFilter(size=SHOWN)).rows if full else []
        rows = [_row(one.public_id, one.name, one.mode.label, status_of_sub(one, profile.name)) for one in found]
        more = at("sub_accounts", profile.public_id) if sub_accounts > SHOWN else ""
        panels.append(_panel(say("Sub-accounts"), rows, sub_accounts, more))
    if profile.mate_public_id:
        detail = say("Holds the balances of both") if profile.is_secondary else say("Uses the balances of this one")
        panels.append(_panel(say("Shared balances"), [_row(profile.mate_public_id, profile.mate_name or "", detail)]))
    return panels


def _panel(title: Sentence, rows: list[dict[str, Any]], count: int = 1, more_url: str = "") -> dict[str, Any]:
    return {"title": title, "rows": rows, "count": count, "more_url": more_url}


def _row(public_id: str, name: str, detail: Sentence, status: StatusView | None = None) -> dict[str, Any]:
    return {
        "name": name,
        "detail": detail,
        "status": status,
        "load_url": url_for("staff_front_desk.customer", subject=public_id),
        "profile_url": at("summary", public_id),
    }


def status_of_sub(one: SubAccount, main: str) -> StatusView:
    """The status of a sub-account with its reason (UX13)."""
    return status_view(one.status, main, one.blocked_cause, one.status_changed_at)


def _group(group: GroupView, here: str) -> dict[str, Any]:
    """A group as its own member at the desk sees it: what the customer is in it, and the others."""
    own = next(one for one in group.members if one.customer == here)
    return {
        "group": group,
        "own": own,
        "members": [
            {
                "member": one,
                "detail": detail(one),
                "states": states(one),
                "load_url": url_for("staff_front_desk.customer", subject=one.customer),
                "profile_url": at("summary", one.customer),
            }
            for one in group.members
            if one.customer != here
        ],
    }
