"""Home, and the overview of a customer somebody acts for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from flask import Blueprint, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.actions import home as actions
from portal.actions.access import Profile
from portal.actions.home import Ending, Home, Movement, News, SubAccountSummary
from portal.outside import clock
from portal.rules.books import EntryKind
from portal.rules.customers.status import Status
from portal.rules.deciding import Source
from portal.rules.money import Money
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say, together
from portal.web import looking_after
from portal.web.bookings.weeks import by_day
from portal.web.customers.status import TONES, status_view
from portal.web.figures import day_short, now_here
from portal.web.frame import standing
from portal.web.groups.pages import waiting_row
from portal.web.guard import actor, grant, may, needs, subject
from portal.web.places import Place, Remedy

bp = Blueprint("home", __name__)

OWN = Place(say("Home"), "home", "home.index", Permission.HOME, 10)
WHEN_ACTING = Place(say("Overview"), "summary", "home.overview", Permission.PROFILE_VIEW, 10, seen=say("details"))

REMEDIES = (Remedy("person", "home.overview", say("Open their pages"), Permission.PROFILE_VIEW),)

SERVICES_SHOWN = 5


@bp.get("/")
@needs(Permission.HOME)
def index() -> ResponseReturnValue:
    """Who I am, what I owe or have, and what needs me."""
    me = subject()
    found = actions.home(actor(), me, standing())
    needs = list(_needs(me, found))
    return render_template(
        "home/index.html",
        main=me,
        home=found,
        greeting=greeting(me),
        summed_up=looking_after.summed_up(me, found, len(needs)),
        families=looking_after.families(me, [*found.wards, *found.paused]),
        subs=looking_after.sub_accounts(me, found.subs),
        needs=needs,
        lines=[_line(me, movement) for movement in found.movements or ()],
        statuses=_statuses(found.sub_accounts),
        week=found.week,
        days=by_day(found.week) if found.week else [],
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
        balances=found.balances,
        status=status_view(about.status, about.main_name or "", about.blocked_cause, about.status_changed_at),
        shown=SERVICES_SHOWN,
        documents=may(Permission.DOCUMENTS_VIEW),
        may_edit=may(Permission.PROFILE_EDIT),
        grant=grant(),
        kin=grant().source in (Source.GROUP, Source.CARER),
    )


def greeting(me: Profile) -> Sentence:
    """By the hour on the partner's clock, with the first name of a person or the whole name of a company."""
    hour = now_here(clock.now()).hour
    if 5 <= hour < 12:
        return say("Good morning, {name}", name=_called(me))
    if 12 <= hour < 18:
        return say("Good afternoon, {name}", name=_called(me))
    return say("Good evening, {name}", name=_called(me))


def _called(me: Profile) -> str:
    name = actor().name or me.name
    if me.kind == "business" and name == me.name:
        return name
    return me.given_name if name == me.name and me.given_name else name.split()[0]


def _statuses(summary: SubAccountSummary | None) -> list[dict[str, object]]:
    """One tag for each status that some sub-account has, leading to those."""
    if summary is None:
        return []
    return [
        {
            "text": _counted(status, count),
            "tone": TONES[status],
            "url": url_for("sub_accounts.index", status=status.value),
        }
        for status, count in summary.by_status.items()
    ]


def _counted(status: Status, count: int) -> Sentence:
    """How many sub-accounts have a status."""
    if status is Status.NEW:
        return say("{count} new", "{count} new", count=count)
    if status is Status.ACTIVE:
        return say("{count} active", "{count} active", count=count)
    if status is Status.BLOCKED:
        return say("{count} blocked", "{count} blocked", count=count)
    return say("{count} inactive", "{count} inactive", count=count)


def _line(me: Profile, movement: Movement) -> dict[str, object]:
    """A movement as a row of a panel."""
    parts = [day_short(movement.booked_on), movement.number]
    if movement.account_id != me.id:
        parts.append(movement.account_name)
    return {
        "icon": "finance" if movement.amount_minor >= 0 else "statements",
        "title": movement.description or movement.kind.label,
        "url": _document(movement),
        "detail": " · ".join(parts),
        "amount": movement.amount_minor,
        "currency": me.currency,
    }


def _document(movement: Movement) -> str:
    """The page of a movement: its invoice or credit note, or its entry (S10)."""
    if movement.kind is EntryKind.INVOICE and movement.amount_minor < 0:
        return url_for("invoices.view", invoice=movement.entry)
    if movement.kind is EntryKind.CREDIT_NOTE and movement.amount_minor > 0:
        return url_for("invoices.credit_note", note=movement.entry)
    return url_for("entries.view", entry=movement.entry)


def _needs(me: Profile, found: Home) -> Iterator[dict[str, object]]:
    """What waits for this person, most pressing first, as rows of a panel."""
    yield from _due(me, found, overdue=True)
    yield from (waiting_row(one) for one in found.waiting)
    yield from _own_status(me)
    yield from (_ending(one) for one in found.ending)
    if found.unread:
        yield {
            "icon": "messages",
            "title": say("{count} message you have not read", "{count} messages you have not read", count=found.unread),
            "url": url_for("messages.index"),
            "tag": say("Unread"),
            "tone": "info",
        }
    if not found.subs:
        yield from _blocked_subs(me, found.sub_accounts)
    yield from _due(me, found, overdue=False)
    for news in found.news:
        yield _mail(news) if news.what == "mail" else _job(news)


def _due(me: Profile, found: Home, *, overdue: bool) -> Iterator[dict[str, object]]:
    """What is open of invoices: overdue comes first, what is not due yet after people (UX19)."""
    due = found.due
    if due is None or not due.number or bool(due.overdue) is not overdue:
        return
    alone = due.number == 1
    there = url_for("invoices.view", invoice=due.oldest) if alone else url_for("invoices.index", state="open")
    if overdue:
        title = say(
            "{amount} is overdue on an invoice",
            "{amount} is overdue on {count} invoices",
            count=due.overdue,
            amount=Money(due.overdue_minor, me.currency),
        )
    else:
        title = say(
            "{amount} is to be paid by {day}",
            amount=Money(due.open_minor, me.currency),
            day=due.next_due or due_today(),
        )
    yield {
        "icon": "invoices",
        "title": title,
        "detail": say("Invoice {number}", number=due.oldest_number)
        if alone
        else say("The oldest is {number}.", number=due.oldest_number),
        **({"tag": say("Overdue"), "tone": "bad"} if overdue else {}),
        "action": say("How to pay"),
        "action_url": there,
    }


def due_today() -> date:
    """Today on the partner's clock."""
    return now_here(clock.now()).date()


def _ending(one: Ending) -> dict[str, object]:
    """Access through a group that ends soon, or has just ended."""
    over = one.until < now_here(clock.now()).date()
    title = say("Your access to the group of {owner} ends on {day}", owner=one.owner_name, day=one.until)
    if over:
        title = say("Your access to the group of {owner} ended on {day}", owner=one.owner_name, day=one.until)
    return {
        "icon": "clock",
        "title": title,
        "detail": say("Ask them if you need it for longer."),
        "tag": say("Ended") if over else say("Ends soon"),
        "tone": "bad" if over else "note",
    }


def _own_status(me: Profile) -> Iterator[dict[str, object]]:
    status = me.status
    if status.status is Status.NEW:
        yield {
            "icon": "clock",
            "title": say("Your account is new"),
            "detail": say("Nothing recurring is billed until {partner} makes it active.", partner=me.partner_name),
            "tag": say("New"),
            "tone": "note",
        }
    if status.status is Status.BLOCKED:
        view = status_view(status, me.main_name or "", me.blocked_cause, me.status_changed_at)
        yield {
            "icon": "lock",
            "title": say("Your account is blocked {because}", because=view.because),
            "detail": together(say("You can see everything and pay, but not order."), _way_out(me)),
            "tag": say("Blocked"),
            "tone": "bad",
        }


def _way_out(me: Profile) -> Sentence:
    if me.status.imposed:
        return say("It follows {main} and becomes active together with it.", main=me.main_name or "")
    if me.blocked_cause == "overdue":
        return say("It becomes active again when everything is paid.")
    return say("{partner} can lift it.", partner=me.partner_name)


def _blocked_subs(me: Profile, summary: SubAccountSummary | None) -> Iterator[dict[str, object]]:
    if summary is None:
        return
    blocked = summary.by_status.get(Status.BLOCKED, 0)
    if not blocked:
        return
    following = blocked - summary.blocked_alone if me.own_status is Status.BLOCKED else 0
    why = say("The list of sub-accounts says why.")
    if following:
        why = say(
            "{count} because {name} is blocked.", "{count} because {name} is blocked.", count=following, name=me.name
        )
    yield {
        "icon": "sub-accounts",
        "title": say("One sub-account is blocked", "{count} sub-accounts are blocked", count=blocked),
        "detail": why,
        "action": say("See which"),
        "action_url": url_for("sub_accounts.index", status="blocked"),
    }


def _mail(news: News) -> dict[str, object]:
    title = say("“{title}” could not be delivered", title=news.title)
    if news.state == "partly":
        title = say("“{title}” did not reach everybody", title=news.title)
    return {
        "icon": "messages",
        "title": title,
        "detail": say("Sent {at}. Check the addresses and send it again.", at=news.at),
        "tag": say("Not delivered"),
        "tone": "bad",
    }


def _job(news: News) -> dict[str, object]:
    word, tone, action = {
        "queued": (say("Waiting"), "", say("Watch")),
        "running": (say("Under way"), "info", say("Watch")),
        "done": (say("Ready"), "good", say("Open")),
        "failed": (say("Failed"), "bad", say("Look")),
    }[news.state]
    counts = news.total and news.state == "running"
    counted = say("{done} of {total}", done=news.done, total=news.total) if counts else NOTHING
    return {
        "icon": "jobs",
        "title": news.title,
        "detail": together(counted, say("started {at}", at=news.at), by=" · "),
        "tag": word,
        "tone": tone,
        "action": action,
        "action_url": url_for("jobs.view", job=news.public_id),
    }
