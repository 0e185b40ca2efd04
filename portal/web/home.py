"""Home, and the overview of a customer somebody acts for."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.actions import home as actions
from portal.actions.access import Profile
from portal.actions.home import Home, Membership, Movement, News, SubAccountSummary
from portal.outside import clock
from portal.rules.customers.status import Status
from portal.rules.deciding import Source
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.web.customers.status import TONES, status_view
from portal.web.figures import day, day_short, moment, money, now_here, number
from portal.web.frame import standing
from portal.web.groups.pages import waiting_row
from portal.web.guard import actor, grant, may, needs, subject
from portal.web.places import Place

bp = Blueprint("home", __name__)

OWN = Place(say("Home"), "home", "home.index", Permission.HOME, 10)
WHEN_ACTING = Place(say("Overview"), "summary", "home.overview", Permission.PROFILE_VIEW, 10, seen=say("details"))

SERVICES_SHOWN = 5


@bp.get("/")
@needs(Permission.HOME)
def index() -> ResponseReturnValue:
    """Who I am, what I owe or have, and what needs me."""
    me = subject()
    found = actions.home(actor(), me, standing())
    return render_template(
        "home/index.html",
        main=me,
        home=found,
        greeting=greeting(me),
        needs=list(_needs(me, found)),
        lines=[_line(me, movement) for movement in found.movements or ()],
        statuses=_statuses(found.sub_accounts),
        shown=SERVICES_SHOWN,
    )


@bp.get("/for/<public_id:subject>/")
@needs(Permission.PROFILE_VIEW)
def overview() -> ResponseReturnValue:
    """The customer somebody acts for: details, status and why, services. One's own overview is Home."""
    if g.subject_is_self:
        return redirect(url_for("home.index"))
    about = subject()
    found = actions.overview(actor(), about)
    return render_template(
        "home/overview.html",
        about=about,
        services=found.services,
        status=status_view(about.status, about.main_name or "", about.blocked_cause, about.status_changed_at),
        shown=SERVICES_SHOWN,
        documents=may(Permission.DOCUMENTS_VIEW),
        may_edit=may(Permission.PROFILE_EDIT),
        grant=grant(),
        kin=grant().source in (Source.GROUP, Source.CARER),
    )


def greeting(me: Profile) -> str:
    """By the hour on the partner's clock, with the first name of a person or the whole name of a company."""
    hour = now_here(clock.now()).hour
    part = "morning" if 5 <= hour < 12 else "afternoon" if 12 <= hour < 18 else "evening"
    return f"Good {part}, {_called(me)}"


def _called(me: Profile) -> str:
    name = actor().name or me.name
    if me.kind == "business" and name == me.name:
        return name
    return me.given_name if name == me.name and me.given_name else name.split()[0]


def _statuses(summary: SubAccountSummary | None) -> list[dict[str, str]]:
    """One tag for each status that some sub-account has, leading to those."""
    if summary is None:
        return []
    return [
        {
            "text": f"{number(count)} {status.value}",
            "tone": TONES[status],
            "url": url_for("sub_accounts.index", status=status.value),
        }
        for status, count in summary.by_status.items()
    ]


def _line(me: Profile, movement: Movement) -> dict[str, object]:
    """A movement as a row of a panel."""
    parts = [day_short(movement.booked_on), movement.number]
    if movement.account_id != me.id:
        parts.append(movement.account_name)
    return {
        "icon": "finance" if movement.amount_minor >= 0 else "statements",
        "title": movement.description or movement.kind.label,
        "url": url_for("entries.view", entry=movement.entry),
        "detail": " · ".join(parts),
        "amount": movement.amount_minor,
        "currency": me.currency,
    }


def _needs(me: Profile, found: Home) -> Iterator[dict[str, str]]:
    """What waits for this person, most pressing first, as rows of a panel."""
    yield from (waiting_row(one) for one in found.waiting)
    yield from _own_status(me)
    yield from (_ending(one) for one in found.ending)
    yield from _owed(me, found)
    yield from _blocked_subs(me, found.sub_accounts)
    for news in found.news:
        yield _mail(news) if news.what == "mail" else _job(news)


def _ending(one: Membership) -> dict[str, str]:
    """Access through a group that ends soon, or has just ended."""
    assert one.until is not None
    over = one.until < now_here(clock.now()).date()
    return {
        "icon": "clock",
        "title": f"Your access to the group of {one.owner_name} {'ended' if over else 'ends'} on {day(one.until)}",
        "detail": "Ask them if you need it for longer.",
        "tag": "Ended" if over else "Ends soon",
        "tone": "bad" if over else "note",
    }


def _own_status(me: Profile) -> Iterator[dict[str, str]]:
    status = me.status
    if status.status is Status.NEW:
        yield {
            "icon": "clock",
            "title": "Your account is new",
            "detail": f"Nothing recurring is billed until {me.partner_name} makes it active.",
            "tag": "New",
            "tone": "note",
        }
    if status.status is Status.BLOCKED:
        view = status_view(status, me.main_name or "", me.blocked_cause, me.status_changed_at)
        yield {
            "icon": "lock",
            "title": f"Your account is blocked {view.because}",
            "detail": f"You can see everything and pay, but not order. {_way_out(me)}",
            "tag": "Blocked",
            "tone": "bad",
        }


def _way_out(me: Profile) -> str:
    if me.status.imposed:
        return f"It follows {me.main_name} and becomes active together with it."
    if me.blocked_cause == "overdue":
        return "It becomes active again when everything is paid."
    return f"{me.partner_name} can lift it."


def _owed(me: Profile, found: Home) -> Iterator[dict[str, str]]:
    if found.balances is None or found.balances.total_minor >= 0:
        return
    owed = money(-found.balances.total_minor, me.currency)
    yield {
        "icon": "finance",
        "title": f"{owed} {me.currency} to pay",
        "detail": f"{me.payer_name} owes this as of today." if me.payer_id != me.id else "What is owed as of today.",
        "tag": "Owed",
        "tone": "bad",
        "action": "See why",
        "action_url": url_for("statements.view"),
    }


def _blocked_subs(me: Profile, summary: SubAccountSummary | None) -> Iterator[dict[str, str]]:
    if summary is None:
        return
    blocked = summary.by_status.get(Status.BLOCKED, 0)
    if not blocked:
        return
    following = blocked - summary.blocked_alone if me.own_status is Status.BLOCKED else 0
    why = f"{number(following)} because {me.name} is blocked." if following else "The list of sub-accounts says why."
    yield {
        "icon": "sub-accounts",
        "title": "One sub-account is blocked" if blocked == 1 else f"{number(blocked)} sub-accounts are blocked",
        "detail": why,
        "action": "See which",
        "action_url": url_for("sub_accounts.index", status="blocked"),
    }


def _mail(news: News) -> dict[str, str]:
    some = "did not reach everybody" if news.state == "partly" else "could not be delivered"
    return {
        "icon": "messages",
        "title": f"“{news.title}” {some}",
        "detail": f"Sent {moment(news.at)}. Check the addresses and send it again.",
        "tag": "Not delivered",
        "tone": "bad",
    }


def _job(news: News) -> dict[str, str]:
    word, tone, action = {
        "queued": ("Waiting", "", "Watch"),
        "running": ("Under way", "info", "Watch"),
        "done": ("Ready", "good", "Open"),
        "failed": ("Failed", "bad", "Look"),
    }[news.state]
    counted = f"{number(news.done)} of {number(news.total)}" if news.total and news.state == "running" else ""
    return {
        "icon": "jobs",
        "title": news.title,
        "detail": " · ".join(part for part in (counted, f"started {moment(news.at)}") if part),
        "tag": word,
        "tone": tone,
        "action": action,
        "action_url": url_for("jobs.view", job=news.public_id),
    }
