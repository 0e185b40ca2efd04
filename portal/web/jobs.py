"""Watching one's own long work: a page that can be left and come back to (UX11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from jinja2_fragments.flask import render_block

from portal.actions import jobs
from portal.actions.jobs import JobView
from portal.rules.jobs import JobState
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say, verbatim
from portal.web.addresses import is_local
from portal.web.frame import wants_fragment
from portal.web.guard import actor, needs

bp = Blueprint("jobs", __name__)

KEPT = {"billing_run"}
"""Kinds of work that keep what they have done when they are stopped."""

STATES = {
    JobState.QUEUED: (say("Waiting"), ""),
    JobState.RUNNING: (say("Running"), "info"),
    JobState.DONE: (say("Ready"), "good"),
    JobState.FAILED: (say("Failed"), "bad"),
    JobState.CANCELLED: (say("Cancelled"), ""),
}
"""What each state is called, and the tone of its tag."""


@dataclass(frozen=True, slots=True)
class ProgressCard:
    """A job as `components/progress.html` draws it."""

    title: Sentence
    state: str
    done: int
    total: int
    unit: Sentence
    message: Sentence
    result_url: str
    result_label: Sentence
    result_icon: str


@bp.get("/jobs")
@needs(Permission.JOBS_VIEW)
def index() -> ResponseReturnValue:
    """The work I started lately."""
    found = jobs.recent(actor())
    return render_template("jobs/index.html", rows=[_row(job) for job in found])


@bp.get("/jobs/<public_id:job>")
@needs(Permission.JOBS_VIEW)
def view(job: str) -> ResponseReturnValue:
    """One piece of work, with its bar; htmx asks for the bar alone each second."""
    return page(jobs.watch(actor(), job), "jobs", back_url=url_for("jobs.index"))


@bp.post("/jobs/<public_id:job>/cancel")
@needs(Permission.JOBS_VIEW)
def cancel(job: str) -> ResponseReturnValue:
    """I do not want it any more."""
    return cancelled(jobs.cancel(actor(), job), "jobs", back_url=url_for("jobs.index"))


def page(job: JobView, blueprint: str, *, back_url: str) -> str:
    """The page of a job, or its bar for htmx; `blueprint` has the endpoints `view` and `cancel` of this side."""
    values = {
        "job": job,
        "card": card(job),
        "layout": "layout.html" if blueprint == "jobs" else "staff_layout.html",
        "url": url_for(f"{blueprint}.{'view' if blueprint == 'jobs' else 'job'}", job=job.public_id),
        "cancel_url": _cancel_url(job, blueprint),
        "back_url": back_url,
        "spoken": _ended(job),
        "in_place": wants_fragment(),
    }
    if wants_fragment():
        return render_block("jobs/view.html", "progress", **values)
    return render_template("jobs/view.html", **values)


def cancelled(job: JobView, blueprint: str, *, back_url: str) -> ResponseReturnValue:
    """After cancelling: the bar for htmx, the page otherwise."""
    if wants_fragment():
        return page(job, blueprint, back_url=back_url)
    endpoint = "jobs.view" if blueprint == "jobs" else f"{blueprint}.job"
    return redirect(url_for(endpoint, job=job.public_id), 303)


def card(job: JobView) -> ProgressCard:
    """What the bar shows of `job`; only whoever started it gets the link to its result."""
    result = dict(job.result or {}) if job.own else {}
    url = _result_url(result)
    saved = say("Open Documents") if "document" in result else say("Open")
    return ProgressCard(
        title=job.title,
        state="waiting" if job.state == "queued" else job.state,
        done=job.done,
        total=job.total,
        unit=job.unit,
        message=_message(job, _said(result.get("message"))),
        result_url=url,
        result_label=_said(result.get("label")) or (saved if url else NOTHING),
        result_icon=str(result.get("icon", "next")),
    )


def _row(job: JobView) -> dict[str, object]:
    word, tone = STATES[job.state]
    return {
        "title": job.title,
        "url": url_for("jobs.view", job=job.public_id),
        "detail": _detail(job),
        "icon": "jobs",
        "tag": word,
        "tone": tone,
    }


def _ended(job: JobView) -> Sentence:
    if job.state == JobState.DONE:
        return say("{title}: ready", title=job.title)
    if job.state == JobState.FAILED:
        return say("{title}: failed", title=job.title)
    return say("{title}: cancelled", title=job.title)


def _detail(job: JobView) -> Sentence:
    if job.state == JobState.RUNNING:
        return say("Started {at} · {percent} %", at=job.created_at, percent=job.percent)
    return say("Started {at}", at=job.created_at)


def _said(value: object) -> Sentence:
    return value if isinstance(value, Sentence) else verbatim(str(value or ""))


def _message(job: JobView, of_result: Sentence) -> Sentence:
    if job.state == "failed":
        return job.error
    if job.kind in KEPT and job.state == "cancelled":
        return say("Stopped. What was issued so far is kept; starting again goes on with the rest.")
    if job.stopping:
        return say("Stopping. It ends at its next step.")
    if job.state == "queued" and not job.worker_alive:
        return say("The worker is not running at the moment. This begins as soon as it is; you can leave this page.")
    return of_result if job.state == "done" else NOTHING


def _result_url(result: Mapping[str, object]) -> str:
    """Where the result is: its own address, or its place in Documents. Never on another host (SEC43)."""
    url = str(result.get("url", ""))
    if url:
        return url if is_local(url) else ""
    document = result.get("document")
    return url_for("documents.index", _anchor=f"document-{document}") if document else ""


def _cancel_url(job: JobView, blueprint: str) -> str:
    if job.finished or job.stopping or not job.own:
        return ""
    endpoint = "jobs.cancel" if blueprint == "jobs" else f"{blueprint}.cancel_job"
    return url_for(endpoint, job=job.public_id)
