"""Long work that people watch: what is to be done, how far it is, and what came of it."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, Update, case, delete, func, insert, or_, select, update
from sqlalchemy.exc import DBAPIError

from portal.db.customers.erasing import Person, clean, file_of
from portal.db.customers.profiles import Profile
from portal.db.customers.removal import Tie
from portal.db.engine import db, to_write
from portal.db.jobs import waking
from portal.db.tables import Customer, Job, Login, WorkerBeat
from portal.db.types import new_public_id
from portal.outside import clock
from portal.rules.customers.removal import job_ties
from portal.rules.errors import Reason, Refused
from portal.rules.jobs import UNFINISHED, JobState
from portal.rules.sentences import NOTHING, Sentence, as_json, from_json, say, verbatim

LEASE = timedelta(minutes=1)
"""Renewed while the work reports how far it is; a stopped worker's job is taken over when it ends."""

ALIVE = timedelta(minutes=1)
MOST_TRIES = 3
MOST_UNFINISHED = 10
"""So many jobs one login can have waiting or running."""

STOPPED = say("The work was interrupted several times and was set aside. Nothing was kept; please start it again.")


@dataclass(frozen=True, slots=True)
class JobFacts:
    """A job as it stands. `done` and `total` count what `unit` names; `total` is 0 while unknown. Instants are UTC."""

    public_id: str
    kind: str
    title: Sentence
    unit: Sentence
    state: JobState
    done: int
    total: int
    cancel_asked: bool
    result: Mapping[str, object] | None
    error: Sentence
    login_id: int | None
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job that is ours to do until its lease ends."""

    id: int
    public_id: str
    kind: str
    arguments: Mapping[str, object]
    lease: str
    tries: int


def start(
    kind: str,
    title: Sentence,
    arguments: Mapping[str, object],
    *,
    login_id: int | None,
    subject_id: int | None = None,
    unit: Sentence = NOTHING,
) -> str:
    """Write one job into the caller's transaction and return its public id; the worker begins after the commit.

    `arguments` are what JSON can hold; the work finds the job's own public id among them as "job". `unit` names what
    is counted ("lines"). Raises Refused for a login that has ten unfinished ones.
    """
    if login_id is not None and _unfinished(login_id) >= MOST_UNFINISHED:
        message = say("You have {number} pieces of work waiting already.", number=MOST_UNFINISHED)
        raise Refused([Reason("UX11", message, say("Wait until one is ready, or cancel one."))])
    public_id = new_public_id()
    db.session.execute(
        insert(Job).values(
            public_id=public_id,
            kind=kind,
            title=str(title)[:300],
            login_id=login_id,
            subject_id=subject_id,
            arguments={
                **arguments,
                "job": public_id,
                "title": as_json(title),
                "unit": as_json(unit),
            },
            created_at=clock.now(),
        )
    )
    waking.after_commit()
    return public_id


def claim(now: datetime) -> Claimed | None:
    """Take the next job that waits, or whose worker stopped; None when there is none.

    A job that was begun three times without an end is set aside on the way.
    """
    for _ in range(100):
        job = db.session.scalars(_next(now)).first()
        if job is None:
            return None
        if job.cancel_asked:
            _end(job, JobState.CANCELLED, now)
        elif job.tries >= MOST_TRIES:
            _end(job, JobState.FAILED, now, error=STOPPED)
        else:
            return _take(job, now)
    return None


def due(now: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Which jobs are to be done: those that wait, and those whose worker stopped."""
    return Job.state == JobState.QUEUED, (Job.state == JobState.RUNNING) & (Job.leased_until < now)


def report(key: int, lease: str, done: int, total: int) -> str:
    """Write down how far a job is and renew its lease: "go on", "cancel" if that was asked, "lost" if it is not ours.

    Uses a connection of its own, so that the work may be in the middle of reading. A database that is occupied costs
    this report only.
    """
    return _renewed(key, lease, {"done": done, "total": total})


def renew(key: int, lease: str) -> str:
    """Renew the lease of a job that is being done but does not report; answers as `report` does."""
    return _renewed(key, lease, {})


def _renewed(key: int, lease: str, values: Mapping[str, int]) -> str:
    query = update(Job).where(Job.id == key, Job.lease == lease, Job.state == JobState.RUNNING)
    try:
        with to_write(db.engine) as connection:
            row = connection.execute(
                query.values(leased_until=clock.now() + LEASE, **values).returning(Job.cancel_asked)
            ).first()
            connection.commit()
    except DBAPIError:
        return "go on"
    if row is None:
        return "lost"
    return "cancel" if row.cancel_asked else "go on"


def finishing(claimed: Claimed) -> str:
    """Before a job's effects are written, in their transaction: "go on", "cancel", or "lost" as for `report`."""
    query = select(Job.cancel_asked).where(
        Job.id == claimed.id, Job.lease == claimed.lease, Job.state == JobState.RUNNING
    )
    row = db.session.execute(query.with_for_update()).first()
    if row is None:
        return "lost"
    return "cancel" if row.cancel_asked else "go on"


def finish(claimed: Claimed, result: Mapping[str, object]) -> None:
    """The job is done, in the same transaction as what it wrote. `result` may hold sentences."""
    db.session.execute(
        _ours(claimed).values(
            state=JobState.DONE,
            result={name: as_json(v) if isinstance(v, Sentence) else v for name, v in result.items()},
            lease="",
            leased_until=None,
            finished_at=clock.now(),
            done=case((Job.total > Job.done, Job.total), else_=Job.done),
        )
    )


def end(claimed: Claimed, state: JobState, error: Sentence = NOTHING) -> None:
    """The job is over without a result: `state` is "failed" or "cancelled"."""
    db.session.execute(
        _ours(claimed).values(state=state, error=error, lease="", leased_until=None, finished_at=clock.now())
    )


def give_back(claimed: Claimed, *, counts: bool) -> None:
    """Let the job wait for its next try; without `counts`, as if this one had not been."""
    values: dict[str, object] = {"state": "queued", "lease": "", "leased_until": None, "done": 0}
    if not counts:
        values["tries"] = Job.tries - 1
    db.session.execute(_ours(claimed).values(values))


def ask_to_cancel(public_id: str) -> None:
    """A waiting job is cancelled at once, a running one at its next report; a finished one stays as it is."""
    db.session.execute(
        update(Job)
        .where(Job.public_id == public_id, Job.state == JobState.QUEUED)
        .values(state=JobState.CANCELLED, cancel_asked=True, finished_at=clock.now())
    )
    db.session.execute(
        update(Job).where(Job.public_id == public_id, Job.state == JobState.RUNNING).values(cancel_asked=True)
    )


def facts(public_id: str) -> JobFacts | None:
    """One job."""
    job = db.session.scalars(select(Job).where(Job.public_id == public_id)).first()
    return _facts(job) if job else None


def in_partner(public_id: str, partner_id: int | None) -> bool:
    """Whether a job concerns a customer of this partner (None: whatever it concerns)."""
    if partner_id is None:
        return True
    query = select(Job.id).join(Customer, Customer.id == Job.subject_id)
    return db.session.scalar(query.where(Job.public_id == public_id, Customer.partner_id == partner_id)) is not None


def of_login(login_id: int, *, limit: int) -> list[JobFacts]:
    """The jobs a login started, newest first."""
    query = select(Job).where(Job.login_id == login_id).order_by(Job.id.desc()).limit(limit)
    return [_facts(job) for job in db.session.scalars(query)]


def page(*, partner_id: int | None, offset: int, limit: int) -> tuple[list[tuple[JobFacts, str, str]], int]:
    """A page of all jobs, newest first, each with who started it and its customer's name, and the number of all."""
    query = (
        select(Job, func.coalesce(Login.email, "").label("email"), func.coalesce(Customer.name, "").label("customer"))
        .outerjoin(Login, Login.id == Job.login_id)
        .outerjoin(Customer, Customer.id == Job.subject_id)
    )
    if partner_id is not None:
        query = query.where(Customer.partner_id == partner_id)
    total = db.session.scalar(select(func.count()).select_from(query.with_only_columns(Job.id).subquery())) or 0
    rows = db.session.execute(query.order_by(Job.id.desc()).offset(offset).limit(limit)).all()
    return [(_facts(row.Job), row.email, row.customer) for row in rows], total


def counts() -> dict[str, int]:
    """How many jobs there are in each state."""
    by_state = select(Job.state, func.count()).group_by(Job.state)
    found = {state: count for state, count in db.session.execute(by_state)}  # noqa: C416
    return {state: found.get(state, 0) for state in JobState}


def beat(name: str) -> None:
    """A worker is alive; the beats of workers long gone are forgotten."""
    now = clock.now()
    row = db.session.get(WorkerBeat, name)
    if row is None:
        db.session.add(WorkerBeat(name=name, at=now))
    else:
        row.at = now
    for gone in db.session.scalars(select(WorkerBeat).where(WorkerBeat.at < now - timedelta(days=1))):
        db.session.delete(gone)


def stop_beating(name: str) -> None:
    """A worker stops in order."""
    row = db.session.get(WorkerBeat, name)
    if row is not None:
        db.session.delete(row)


def last_beat() -> datetime | None:
    """When any worker was last alive."""
    return db.session.scalar(select(func.max(WorkerBeat.at)))


def worker_alive() -> bool:
    """Whether a worker beat within the last minute. Without one, pages say that nothing is being sent or done."""
    at = last_beat()
    return at is not None and clock.now() - at < ALIVE


def sent_with(arguments: Mapping[str, object]) -> str | None:
    """The digest of the uploaded file that a job is about, which it was given as "sent"."""
    sent = arguments.get("sent")
    return str(sent["sha256"]) if isinstance(sent, dict) else None


def files_wanted() -> set[tuple[int, str]]:
    """The uploaded files that jobs which are not over read: whose login they are of, and their digests."""
    query = select(Job.login_id, Job.arguments).where(Job.state.in_(UNFINISHED))
    found = ((login, sent_with(arguments)) for login, arguments in db.session.execute(query))
    return {(login, sha256) for login, sha256 in found if login is not None and sha256 is not None}


def stuck() -> list[Sentence]:
    """A sentence for each job that `flask doctor` reports: running, but its worker is gone for more than an hour."""
    left = db.session.scalars(
        select(Job.public_id)
        .where(
            Job.state == JobState.RUNNING,
            or_(Job.leased_until.is_(None), Job.leased_until < clock.now() - timedelta(hours=1)),
        )
        .limit(20)
    )
    return [say("Job {job} was left in the middle for more than an hour.", job=job) for job in left]


def _unfinished(login_id: int) -> int:
    query = select(func.count()).select_from(Job).where(Job.login_id == login_id, Job.state.in_(UNFINISHED))
    return db.session.scalar(query) or 0


def _next(now: datetime) -> Select[Job]:
    query = select(Job).where(or_(*due(now))).order_by(Job.tries, Job.id).limit(1)
    return query.with_for_update(skip_locked=True)


def _take(job: Job, now: datetime) -> Claimed:
    job.state = JobState.RUNNING
    job.tries += 1
    job.lease = secrets.token_hex(16)
    job.leased_until = now + LEASE
    db.session.flush()
    return Claimed(job.id, job.public_id, job.kind, job.arguments, job.lease, job.tries)


def _end(job: Job, state: JobState, now: datetime, error: Sentence = NOTHING) -> None:
    job.state, job.error, job.finished_at = state, error, now
    job.lease, job.leased_until = "", None
    db.session.flush()


def _ours(claimed: Claimed) -> Update:
    return update(Job).where(Job.id == claimed.id, Job.lease == claimed.lease, Job.state == JobState.RUNNING)


def _facts(job: Job) -> JobFacts:
    return JobFacts(
        public_id=job.public_id,
        kind=job.kind,
        title=_sentence(job.arguments.get("title", job.title)),
        unit=_sentence(job.arguments.get("unit", "")),
        state=job.state,
        done=job.done,
        total=job.total,
        cancel_asked=job.cancel_asked,
        result=None if job.result is None else {name: _read(value) for name, value in job.result.items()},
        error=job.error,
        login_id=job.login_id,
        created_at=job.created_at,
        finished_at=job.finished_at,
    )


def _sentence(kept: object) -> Sentence:
    """A sentence among the arguments; jobs of an earlier version have text there."""
    return from_json(kept) if isinstance(kept, dict) else verbatim(str(kept))


def _read(value: object) -> object:
    """A value of a result: a sentence where one was kept."""
    return from_json(value) if isinstance(value, dict) and "say" in value else value


# Erasing --------------------------------------------------------------------------------------------------------------


def _erase(person: Person, _at: datetime) -> Collection[int]:
    """Work for the customer or of its logins goes with what it made; other work loses the name."""
    mine = or_(Job.subject_id == person.id, Job.login_id.in_(person.logins))
    files = {file_of(result) for result in db.session.scalars(select(Job.result).where(mine))}
    db.session.execute(delete(Job).where(mine))
    columns = (Job.title, Job.error, Job.arguments, Job.result)
    clean(Job, columns, person, Job.subject_id.in_(person.neighbours))
    return files - {0}


ERASES = _erase


def _ties(profile: Profile) -> list[Reason]:
    theirs = select(Login.id).where(Login.customer_id == profile.id)
    mine = or_(Job.subject_id == profile.id, Job.login_id.in_(theirs))
    unfinished = select(func.count()).select_from(Job).where(mine, Job.state.in_(UNFINISHED))
    return job_ties(profile.name, db.session.scalar(unfinished) or 0)


TIES = Tie(60, _ties)
