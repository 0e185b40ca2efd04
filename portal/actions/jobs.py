"""Long work in the background: starting is part of the action that wants it, doing it is the worker's.

A kind of work is a function that takes the job's arguments and a way to report how far it is:

    @job_kind("statement_pdf")
    def make_pdf(arguments, report):
        ...
        report(done, total)
        ...
        return lambda: {"document": documents.add(...)}

It runs outside of any transaction. What it returns is the result, or a function that writes the effects and returns
the result: that one runs in the transaction that marks the job as done, so that work which is repeated after a crash
has its effect once. A result may hold "document" (a public id), "url" (an address here) with the sentence "label" and
an "icon" for the link that leads there, and the sentence "message".
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog

from portal.actions import access
from portal.db.engine import db, snapshot, writes
from portal.db.jobs import queue as jobs
from portal.db.jobs.queue import Claimed, JobFacts
from portal.outside import clock
from portal.rules.deciding import Actor
from portal.rules.errors import Busy, Missing, PortalError
from portal.rules.jobs import UNFINISHED, JobState
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say

log = structlog.get_logger("portal.jobs")

LONGEST_SECONDS = 600
"""A job that takes longer is ended at its next report; the worker kills one that does not report (R26)."""

REPORT_SECONDS = 0.4
PAGE_SIZE = 50
FAULT = say("Something went wrong on our side. The fault is recorded, nothing was kept, and trying again does no harm.")
TOO_LONG = say(
    "It took longer than {minutes} minutes and was stopped. Choose a shorter period or fewer accounts.",
    minutes=LONGEST_SECONDS // 60,
)
TOO_LARGE = say("It needs more memory than one piece of work may use. Choose a shorter period or fewer accounts.")
UNKNOWN = say("This version of the portal does not know this kind of work.")

Result = Mapping[str, object]
Report = Callable[[int, int], None]
Work = Callable[[Mapping[str, object], Report], Result | Callable[[], Result]]

KINDS: dict[str, Work] = {}
AFTERWARDS: dict[str, Callable[[Mapping[str, object]], None]] = {}


class Cancelled(Exception):
    """The person who started the work does not want it any more. Let it pass through."""


class TookTooLong(Exception):
    """The work is beyond its time."""


class LeaseLost(Exception):
    """Another worker has taken the job over."""


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as its page shows it. `state` is queued, running, done, failed or cancelled; `percent` is whole."""

    public_id: str
    kind: str
    title: Sentence
    unit: Sentence
    state: JobState
    done: int
    total: int
    stopping: bool
    result: Mapping[str, object] | None
    error: Sentence
    created_at: datetime
    finished_at: datetime | None
    worker_alive: bool
    own: bool

    @property
    def percent(self) -> int:
        if self.state == "done":
            return 100
        return min(100, 100 * self.done // self.total) if self.total else 0

    @property
    def finished(self) -> bool:
        return self.state not in UNFINISHED


@dataclass(frozen=True, slots=True)
class JobRow:
    """A line of the back office's list of jobs."""

    job: JobView
    started_by: str
    customer_name: str


@dataclass(frozen=True, slots=True)
class JobsPage:
    """A page of all jobs; `number` counts pages from 1."""

    rows: tuple[JobRow, ...]
    total: int
    number: int
    pages: int
    worker_alive: bool


def job_kind(name: str, *, afterwards: Callable[[Mapping[str, object]], None] | None = None) -> Callable[[Work], Work]:
    """Register a function as the work of jobs of kind `name`.

    `afterwards` hears the arguments of a job that is done once its effects are committed, to tidy up; it may not come
    to that.
    """

    def register(work: Work) -> Work:
        if name in KINDS:
            raise RuntimeError(f"two kinds of job are called {name}")
        KINDS[name] = work
        if afterwards is not None:
            AFTERWARDS[name] = afterwards
        return work

    return register


@snapshot
def watch(actor: Actor, public_id: str) -> JobView:
    """A job of the actor's own. Raises Missing for anybody else's."""
    return _view(_own(actor, public_id), own=True)


@snapshot
def seen(actor: Actor, public_id: str) -> JobView | None:
    """A job for whoever may see what it is about, which the caller has looked at; None where it is forgotten."""
    job = jobs.facts(public_id)
    return None if job is None else _view(job, own=_is_own(actor, job))


@snapshot
def recent(actor: Actor, limit: int = 20) -> list[JobView]:
    """The actor's own jobs, newest first."""
    if actor.login_id is None:
        return []
    return [_view(one, own=True) for one in jobs.of_login(actor.login_id, limit=limit)]


@snapshot
def watch_any(actor: Actor, public_id: str) -> JobView:
    """Any job, for staff. Raises Missing."""
    access.require(actor, Permission.OUTBOX_VIEW)
    job = jobs.facts(public_id)
    if job is None or not jobs.in_partner(public_id, actor.partner_id):
        raise Missing()
    return _view(job, own=_is_own(actor, job))


@snapshot
def list_jobs(actor: Actor, *, number: int = 1) -> JobsPage:
    """A page of all jobs, fifty, newest first; of one partner for staff bound to it."""
    access.require(actor, Permission.OUTBOX_VIEW)
    number = max(number, 1)
    rows, total = jobs.page(partner_id=actor.partner_id, offset=(number - 1) * PAGE_SIZE, limit=PAGE_SIZE)
    return JobsPage(
        rows=tuple(JobRow(_view(job, own=_is_own(actor, job)), email, name) for job, email, name in rows),
        total=total,
        number=number,
        pages=max(1, -(-total // PAGE_SIZE)),
        worker_alive=jobs.worker_alive(),
    )


@writes
def cancel(actor: Actor, public_id: str) -> JobView:
    """Cancel a job of the actor's own: at once while it waits, at its next report while it runs. Raises Missing.

    A job that is finished stays as it is.
    """
    _own(actor, public_id)
    jobs.ask_to_cancel(public_id)
    return _view(_own(actor, public_id), own=True)


def run_due(limit: int = 100, keep_going: Callable[[], bool] = lambda: True) -> int:
    """Do up to `limit` jobs that wait, in this process; how many were taken."""
    for number in range(limit):
        claimed = claim() if keep_going() else None
        if claimed is None:
            return number
        run(claimed)
    return limit


@writes
def claim() -> Claimed | None:
    """Take the next job, or one whose worker stopped, for a lease of a minute that its reports renew."""
    return jobs.claim(clock.now())


@writes
def give_back(claimed: Claimed, *, counts: bool) -> None:
    """Let another try begin at once; `counts` unless it was we who interrupted it."""
    jobs.give_back(claimed, counts=counts)


def renew(claimed: Claimed) -> str:
    """Keep the lease of a job that another process does: "go on", "cancel" if that was asked, "lost" if it is gone."""
    return jobs.renew(claimed.id, claimed.lease)


@writes
def stop(claimed: Claimed, state: JobState = JobState.FAILED) -> None:
    """The work was ended from outside, because it took too long ("failed") or was not wanted any more ("cancelled")."""
    jobs.end(claimed, state, TOO_LONG if state is JobState.FAILED else NOTHING)


def run(claimed: Claimed) -> None:
    """Do one job that was claimed. Never raises for the work itself: its trouble is written beside it."""
    log.info("job begins", job=claimed.public_id, kind=claimed.kind, tries=claimed.tries)
    try:
        work = KINDS.get(claimed.kind)
        if work is None:
            _end(claimed, JobState.FAILED, UNKNOWN)
            return
        _finish(claimed, work(claimed.arguments, _reporter(claimed)))
        if (afterwards := AFTERWARDS.get(claimed.kind)) is not None:
            afterwards(claimed.arguments)
    except Cancelled:
        _end(claimed, JobState.CANCELLED)
    except LeaseLost:
        log.warning("job taken over", job=claimed.public_id)
    except TookTooLong:
        _end(claimed, JobState.FAILED, TOO_LONG)
    except Busy:
        give_back(claimed, counts=True)
    except MemoryError:
        _end(claimed, JobState.FAILED, TOO_LARGE)
    except PortalError as error:
        _end(claimed, JobState.FAILED, error.sentence)
    except Exception as error:  # whatever the work raises ends the job, not the worker
        log.error("job failed", job=claimed.public_id, kind=claimed.kind, exc_info=error)
        _end(claimed, JobState.FAILED, FAULT)
    finally:
        db.session.rollback()


def _reporter(claimed: Claimed) -> Report:
    """A function that writes progress down a few times a second, and raises when the work is to end."""
    began = time.monotonic()
    last = began - REPORT_SECONDS

    def report(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - began > LONGEST_SECONDS:
            raise TookTooLong
        if now - last < REPORT_SECONDS and done < total:
            return
        if db.session().info.get("writing"):
            raise RuntimeError("report progress outside of transactions")
        last = now
        answer = jobs.report(claimed.id, claimed.lease, done, total)
        if answer == "cancel":
            raise Cancelled
        if answer == "lost":
            raise LeaseLost

    return report


@writes
def _finish(claimed: Claimed, outcome: Result | Callable[[], Result]) -> None:
    answer = jobs.finishing(claimed)
    if answer == "lost":
        raise LeaseLost
    if answer == "cancel":
        raise Cancelled
    jobs.finish(claimed, outcome() if callable(outcome) else outcome)
    log.info("job done", job=claimed.public_id, kind=claimed.kind)


@writes
def _end(claimed: Claimed, state: JobState, error: Sentence = NOTHING) -> None:
    jobs.end(claimed, state, error)


def _own(actor: Actor, public_id: str) -> JobFacts:
    job = jobs.facts(public_id)
    if job is None or not _is_own(actor, job):
        raise Missing()
    return job


def _is_own(actor: Actor, job: JobFacts) -> bool:
    return actor.login_id is not None and job.login_id == actor.login_id


def _view(job: JobFacts, *, own: bool) -> JobView:
    return JobView(
        public_id=job.public_id,
        kind=job.kind,
        title=job.title,
        unit=job.unit,
        state=job.state,
        done=job.done,
        total=job.total,
        stopping=job.cancel_asked and job.state == "running",
        result=job.result,
        error=job.error,
        created_at=job.created_at,
        finished_at=job.finished_at,
        worker_alive=jobs.worker_alive() if job.state == "queued" else True,
        own=own,
    )
