"""The back office's outbox and jobs: what leaves the house, what waits and why."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from portal.actions import jobs as work
from portal.actions import outbox
from portal.actions.jobs import JobRow
from portal.actions.outbox import OutboxMessageView, OutboxPage, OutboxRow
from portal.outside import clock
from portal.rules.errors import Missing
from portal.rules.outbox import LABELS, WORDS, Channel, MailState, RecipientState, State
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say, verbatim
from portal.web import jobs as progress
from portal.web.figures import Shown, moment, text
from portal.web.guard import actor, may, needs
from portal.web.listing import Listing, page_number
from portal.web.places import Place

bp = Blueprint("staff_outbox", __name__, url_prefix="/staff")

STAFF = Place(say("Outbox"), "outbox", "staff_outbox.index", Permission.OUTBOX_VIEW, 40)

TONES = {
    State.QUEUED: "",
    State.SENDING: "info",
    State.SENT: "good",
    State.PARTLY: "note",
    State.FAILED: "bad",
    State.KEPT: "info",
}
CHANNELS = {Channel.EMAIL: say("Email"), Channel.SMS: say("SMS")}
PURPOSES = {
    "statement": say("Statement"),
    "reset": say("Password reset"),
    "invitation": say("Invitation"),
    "activation": say("Activation"),
    "password_changed": say("Password changed"),
    "blocking": say("Notice of blocking"),
    "invoice": say("Invoice"),
    "reminder": say("Reminder"),
    "session": say("Bookings and sessions"),
    "message": say("Message to many"),
    "membership": say("Memberships"),
    "group_invitation": say("Group invitation"),
    "group_offer": say("Group offer"),
    "group_change": say("Group change"),
    "group_access_ends": say("Group access ends"),
    "group_of_age": say("Group of age"),
    "group_of_age_ahead": say("Group of age ahead"),
}


@bp.get("/outbox")
@needs(Permission.OUTBOX_VIEW)
def index() -> ResponseReturnValue:
    """All mail and text messages, newest first, by state."""
    state = _state(request.args.get("state"))
    page = outbox.list_messages(actor(), state=state, number=page_number())
    return render_template(
        "staff/outbox/index.html",
        page=page,
        rows=[_row(row) for row in page.rows],
        tab_items=_tabs(page, state),
        state_label=text(WORDS[state]) if state else "",
        **Listing(partial(url_for, "staff_outbox.index"), {"state": state.value if state else ""}).pages(
            page.number, page.pages
        ),
        first=(page.number - 1) * outbox.PAGE_SIZE + 1,
        last=(page.number - 1) * outbox.PAGE_SIZE + len(page.rows),
    )


@bp.get("/outbox/<public_id:message>")
@needs(Permission.OUTBOX_VIEW)
def view(message: str) -> ResponseReturnValue:
    """One message with its text, its attachments and what became of each recipient."""
    found = outbox.open_message(actor(), message)
    return render_template(
        "staff/outbox/view.html",
        message=found,
        subject=found.state.subject or _purpose(found.purpose),
        facts=_facts(found),
        recipients=[_recipient(one) for one in found.state.recipients],
        attachments=[(one.filename, _attached_at(found, index)) for index, one in enumerate(found.attachments)],
        sentence=_sentence(found.state),
        label=found.state.label,
        tone=TONES[found.state.state],
        customer_url=_customer_url(found),
    )


def _attached_at(found: outbox.OutboxMessageView, index: int) -> str | None:
    """Where an attachment is downloaded: nowhere for who may not see it, and before it is made."""
    if found.attachments_hidden or found.attachments[index].file_id is None:
        return None
    return url_for("staff_outbox.attachment", message=found.state.public_id, index=index)


@bp.post("/outbox/<public_id:message>/again")
@needs(Permission.OUTBOX_VIEW)
def again(message: str) -> ResponseReturnValue:
    """Try the recipients that failed once more."""
    outbox.queue_again(actor(), message)
    flash(text(say("The message is queued again.")), "success")
    return redirect(url_for("staff_outbox.view", message=message), 303)


@bp.get("/outbox/<public_id:message>/attachments/<int:index>")
@needs(Permission.OUTBOX_VIEW)
def attachment(message: str, index: int) -> ResponseReturnValue:
    """Download one attachment; never shown inside a page (SEC49)."""
    found = outbox.open_attachment(actor(), message, index)
    return send_file(
        found.file, mimetype=found.content_type, as_attachment=True, download_name=found.filename, max_age=0
    )


@bp.get("/jobs")
@needs(Permission.OUTBOX_VIEW)
def jobs() -> ResponseReturnValue:
    """Everybody's long work, newest first."""
    page = work.list_jobs(actor(), number=page_number())
    return render_template(
        "staff/outbox/jobs.html",
        page=page,
        rows=[_job_row(row) for row in page.rows],
        **Listing(partial(url_for, "staff_outbox.jobs"), {}).pages(page.number, page.pages),
        first=(page.number - 1) * work.PAGE_SIZE + 1,
        last=(page.number - 1) * work.PAGE_SIZE + len(page.rows),
    )


@bp.get("/jobs/<public_id:job>")
@needs(Permission.OUTBOX_VIEW)
def job(job: str) -> ResponseReturnValue:
    """One piece of work; its result only for whoever started it."""
    return progress.page(work.watch_any(actor(), job), "staff_outbox", back_url=url_for("staff_outbox.jobs"))


@bp.post("/jobs/<public_id:job>/cancel")
@needs(Permission.OUTBOX_VIEW)
def cancel_job(job: str) -> ResponseReturnValue:
    """I do not want my own work any more."""
    return progress.cancelled(work.cancel(actor(), job), "staff_outbox", back_url=url_for("staff_outbox.jobs"))


def _state(name: str | None) -> State | None:
    if not name:
        return None
    try:
        return State(name)
    except ValueError:
        raise Missing() from None


def _tabs(page: OutboxPage, current: State | None) -> list[dict[str, object]]:
    """A tab for all mail and one for each state that occurs."""
    tabs: list[dict[str, object]] = [
        {"label": say("All"), "url": url_for("staff_outbox.index"), "count": sum(page.counts.values())}
    ]
    tabs[0]["current"] = current is None
    return tabs + [
        {
            "label": LABELS[state],
            "url": url_for("staff_outbox.index", state=state.value),
            "count": count,
            "current": state is current,
        }
        for state, count in page.counts.items()
        if count or state is current
    ]


def _row(row: OutboxRow) -> dict[str, object]:
    addresses = [one.address for one in row.state.recipients]
    return {
        "subject": row.state.subject or _purpose(row.purpose),
        "url": url_for("staff_outbox.view", message=row.state.public_id),
        "to": _first_of(addresses),
        "purpose": _purpose(row.purpose),
        "sms": row.state.channel is Channel.SMS,
        "customer": row.customer_name,
        "label": row.state.label,
        "tone": TONES[row.state.state],
        "at": moment(row.state.created_at),
        "why": _why(row.state),
    }


def _first_of(addresses: list[str]) -> Sentence:
    if len(addresses) == 1:
        return verbatim(addresses[0])
    return say("{address} and {more} more", address=addresses[0], more=len(addresses) - 1)


def _purpose(purpose: str) -> Sentence:
    return PURPOSES.get(purpose, verbatim(purpose))


def _why(state: MailState) -> Sentence:
    if state.state in (State.QUEUED, State.FAILED, State.PARTLY) and state.error:
        return _sentence(state)
    return NOTHING


def _sentence(state: MailState) -> Sentence:
    return state.sentence(clock.now())


def _recipient(one: RecipientState) -> dict[str, object]:
    return {
        "address": one.address,
        "label": LABELS[one.state],
        "tone": TONES[one.state],
        "error": one.error,
        "at": moment(one.at) if one.at else "",
    }


def _facts(message: OutboxMessageView) -> list[tuple[Sentence, Shown]]:
    state = message.state
    facts: list[tuple[Sentence, Shown]] = [
        (say("Kind"), _purpose(message.purpose)),
        (say("Channel"), CHANNELS[state.channel]),
        (say("Written"), moment(state.created_at)),
        (say("Caused by"), message.sent_by),
        (say("Sender's name"), message.sender_name),
        (say("Replies go to"), message.reply_to),
        (say("Tries"), str(state.tries)),
        (say("Next try"), moment(state.due_at) if state.state is State.QUEUED else ""),
        (say("Finished"), moment(state.finished_at) if state.finished_at else ""),
        (say("Message-ID"), message.message_id if state.channel is Channel.EMAIL else ""),
    ]
    return [(term, value) for term, value in facts if value]


def _customer_url(message: OutboxMessageView) -> str:
    if not message.customer_public_id or not may(Permission.CUSTOMERS_VIEW):
        return ""
    return url_for("staff_customers.summary", subject=message.customer_public_id)


def _job_row(row: JobRow) -> dict[str, object]:
    word, tone = progress.STATES[row.job.state]
    return {
        "title": row.job.title,
        "url": url_for("staff_outbox.job", job=row.job.public_id),
        "by": row.started_by,
        "customer": row.customer_name,
        "label": word,
        "tone": tone,
        "percent": row.job.percent,
        "running": row.job.state == "running",
        "at": moment(row.job.created_at),
        "why": row.job.error,
    }
