"""`flask worker`: writes the notices that are due, sends the outbox and does the jobs, until it is told to stop."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict

import click
import structlog
from flask import Flask, current_app

from portal.actions import groups, jobs, logins, notices, outbox, worker
from portal.actions.billing import schedule
from portal.actions.bookings import going_on, upkeep
from portal.actions.memberships import announcing
from portal.actions.messages import posting
from portal.actions.overdue import daily
from portal.actions.services import schedule as changes
from portal.actions.statements import monthly
from portal.actions.tickets import changing, receiving
from portal.cli.answers import answering, show
from portal.cli.job_runner import Runner, serve_jobs
from portal.cli.supervisor import Told
from portal.cli.terminal import echo
from portal.db.engine import db
from portal.outside import bell
from portal.rules.errors import Busy

log = structlog.get_logger("portal.worker")

LOOK_SECONDS = 1
"""How often the worker looks whether anything is due, when nobody rings."""

BEAT_SECONDS = 9
REST_SECONDS = 5
"""How long work that stumbled is left alone."""

ANNOUNCE_SECONDS = 60 * 60
"""How often it is looked for reminders that are due."""

SCHEDULE_SECONDS = 60
"""How often it is looked whether a partner's hour of billing has come."""

TIDY_SECONDS = 24 * 60 * 60
"""How often old sign-in tries, links and sessions are deleted."""

DRAIN_SECONDS = 18
"""How long a job may go on after SIGTERM; then it is given back for the next worker (R28)."""

MOST_ROUNDS = 1000


@click.command("worker")
@click.option("--once", is_flag=True, help="Send and do everything that is due, then end.")
@click.option("--json", "json_wanted", is_flag=True, help="With --once: say what was done as JSON.")
@click.option("--runner", is_flag=True, hidden=True)
@answering
def command(*, once: bool, json_wanted: bool, runner: bool) -> None:
    """Send the mail of the outbox and do the jobs that wait."""
    if runner:
        serve_jobs()
    elif once:
        _once(json_wanted=json_wanted)
    else:
        Workshop(current_app._get_current_object()).run()  # type: ignore[attr-defined]


def _once(*, json_wanted: bool) -> None:
    sessions, places = going_on.run_due(), upkeep.run_due()
    changes.run_due()
    billed, (blocks, reminders), statements = schedule.run_due(), daily.run_due(), monthly.run_due()
    closed, received = changing.close_due(), _received()
    announced, released, total, done = groups.announce(), notices.release(), outbox.Tally(), 0
    copies, ahead = posting.post_due(), announcing.announce()
    for _ in range(MOST_ROUNDS):
        tally, finished = outbox.send_due(), jobs.run_due()
        total.add(tally)
        done += finished
        if tally.stuck or not (tally.handled or finished):
            break
    if json_wanted:
        told = {"announced": asdict(announced), "notices": asdict(released), "billed": billed}
        told |= {
            "bookings": asdict(places),
            "blocks": blocks,
            "copies": copies,
            "memberships": asdict(ahead),
            "reminders": reminders,
            "sessions": sessions,
            "statements": statements,
            "tickets_closed": closed,
            "tickets_received": received,
        }
        show({"mail": {**asdict(total), "server_trouble": str(total.server_trouble)}, "jobs": done, **told})
        return
    echo(
        f"Mail: {total.sent} sent, {total.kept} kept here, {total.later} waiting, {total.failed} failed. "
        f"Jobs: {done}. Reminders: {announced.all}. Notices of blocking: {released.all}."
    )
    if total.server_trouble:
        echo(str(total.server_trouble), err=True)


def _received() -> int:
    """Take in what is in the mailbox of tickets; one that cannot be used is said and keeps nothing else waiting."""
    try:
        return receiving.fetch_due()
    except Busy as error:
        echo(str(error.sentence), err=True)
        return 0


COMMANDS = (command,)


class Workshop:
    """One worker process. Its main thread looks what is due, and each kind of work is done by a thread of its own.

    So a long job never keeps mail waiting, nor a slow server the jobs.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._name = f"{socket.gethostname()[:40]}:{os.getpid()}"
        self._bell = bell.of(app)
        self._runner = Runner(app)
        self._told = Told()
        self._jobs = Lane(app, self._do_jobs)
        self._messages = Lane(app, self._send)
        self._notices = Lane(app, self._release)
        self._copies = Lane(app, self._post)
        self._reminders = Lane(app, self._announce)
        self._tidying = Lane(app, self._tidy)
        self._scheduled = Lane(app, self._run_scheduled)
        self._overdue = Lane(app, self._run_overdue)
        self._mailbox = Lane(app, self._read_mailbox)
        self._beat_due = Every(BEAT_SECONDS)
        self._announcing_due = Every(ANNOUNCE_SECONDS)
        self._tidying_due = Every(TIDY_SECONDS)
        self._schedule_due = Every(SCHEDULE_SECONDS)
        self._mailbox_due = Every(SCHEDULE_SECONDS)
        self._overdue_due = Every(ANNOUNCE_SECONDS)

    def run(self) -> None:
        """Work until SIGTERM, SIGINT or SIGHUP, then finish what is at hand."""
        log.info("worker begins", name=self._name)
        while self._going_on():
            self._look()
            self._bell.wait(LOOK_SECONDS)
        self._leave()

    def _going_on(self) -> bool:
        return not self._told.to_stop

    def _look(self) -> None:
        """Show that we are alive, and begin what is due."""
        try:
            with self._app.app_context():
                if self._beat_due():
                    worker.beat(self._name)
                waiting = worker.look()
        except Exception as fault:  # the database may be away for a while; we are not
            log.warning("cannot look for work", error=str(fault))
            return
        self._jobs.begin(waiting.jobs)
        self._messages.begin(waiting.messages)
        self._notices.begin(waiting.notices)
        self._copies.begin(waiting.copies)
        self._reminders.begin(self._announcing_due())
        self._tidying.begin(self._tidying_due())
        self._scheduled.begin(self._schedule_due())
        self._overdue.begin(self._overdue_due())
        self._mailbox.begin(self._mailbox_due())

    def _release(self) -> None:
        """Turn notices whose hour has come into messages of the outbox."""
        notices.release(keep_going=self._going_on)

    def _post(self) -> None:
        """Turn copies of messages to many into messages of the outbox."""
        posting.post_due(keep_going=self._going_on)

    def _send(self) -> None:
        while self._going_on():
            tally = outbox.send_due(keep_going=self._going_on)
            if tally.stuck or not tally.handled:
                return

    def _do_jobs(self) -> None:
        while self._going_on():
            claimed = jobs.claim()
            if claimed is None:
                return
            self._runner.do(claimed)

    def _announce(self) -> None:
        """Write the reminders that are due; as mail they leave with the next look."""
        announced = groups.announce(keep_going=self._going_on)
        if announced.all:
            log.info("reminders written", **asdict(announced))
        announcing.announce(keep_going=self._going_on)

    def _run_scheduled(self) -> None:
        """What the clock asks for: sessions that begin or end, billing, monthly statements, solved tickets."""
        going_on.run_due(keep_going=self._going_on)
        upkeep.run_due(keep_going=self._going_on)
        changes.run_due(keep_going=self._going_on)
        schedule.run_due(keep_going=self._going_on)
        monthly.run_due(keep_going=self._going_on)
        changing.close_due(self._going_on)

    def _read_mailbox(self) -> None:
        """Take in answers to tickets."""
        receiving.fetch_due(self._going_on)

    def _run_overdue(self) -> None:
        """Block, activate and remind."""
        daily.run_due(keep_going=self._going_on)

    def _tidy(self) -> None:
        log.info("old rows deleted", rows=logins.forget_old())

    def _leave(self) -> None:
        """What was not finished in time is given back, and our name is taken off the list."""
        deadline = time.monotonic() + DRAIN_SECONDS
        for lane in (
            self._jobs,
            self._messages,
            self._notices,
            self._copies,
            self._reminders,
            self._tidying,
            self._scheduled,
            self._overdue,
            self._mailbox,
        ):
            lane.ended(deadline - time.monotonic())
        self._runner.abort()
        if self._jobs.ended(5):
            self._runner.close()
        worker.stop_beating(self._name)
        db.session.remove()
        log.info("worker ends", name=self._name)
        sys.stderr.flush()


class Lane:
    """Work of one kind: done by one thread at a time, with a rest after trouble."""

    def __init__(self, app: Flask, work: Callable[[], None]) -> None:
        self._app = app
        self._work = work
        self._thread: threading.Thread | None = None
        self._rests_until = 0.0

    def begin(self, due: bool) -> None:
        """Have the work done if it is `due`, unless that happens already."""
        if due and self.ended() and time.monotonic() >= self._rests_until:
            self._thread = threading.Thread(target=self._do, daemon=True)
            self._thread.start()

    def ended(self, seconds: float = 0) -> bool:
        """Whether nothing is being done, or it ends within so many seconds."""
        if self._thread is not None:
            self._thread.join(max(0.0, seconds))
        return self._thread is None or not self._thread.is_alive()

    def _do(self) -> None:
        try:
            with self._app.app_context():
                self._work()
        except Exception as fault:  # it is tried again; the worker itself must live
            log.error("worker stumbled", exc_info=fault)
            self._rests_until = time.monotonic() + REST_SECONDS


class Every:
    """Says yes when first asked, and then once in so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next = time.monotonic()

    def __call__(self) -> bool:
        due = time.monotonic() >= self._next
        if due:
            self._next = time.monotonic() + self._seconds
        return due
