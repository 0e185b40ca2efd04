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
from huey.consumer import Consumer, Scheduler

from portal.actions import groups, jobs, logins, notices, outbox, worker
from portal.cli.answers import answering, show
from portal.cli.job_runner import Runner, serve_jobs
from portal.db.engine import db
from portal.outside import queue

log = structlog.get_logger("portal.worker")

PULSE_SECONDS = 5
"""How often the worker looks by itself whether mail or jobs are due."""

BEAT_SECONDS = 9
TIDY_SECONDS = 24 * 60 * 60
"""How often old sign-in tries, links and sessions are deleted."""

ANNOUNCE_SECONDS = 60 * 60
"""How often it is looked for reminders that are due."""

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
    announced, released, total, done = groups.announce(), notices.release(), outbox.Tally(), 0
    for _ in range(MOST_ROUNDS):
        tally, finished = outbox.send_due(), jobs.run_due()
        total.add(tally)
        done += finished
        if tally.stuck or not (tally.handled or finished):
            break
    if json_wanted:
        told = {"announced": asdict(announced), "notices": asdict(released)}
        show({"mail": asdict(total), "jobs": done, **told})
        return
    click.echo(
        f"Mail: {total.sent} sent, {total.kept} kept here, {total.later} waiting, {total.failed} failed. "
        f"Jobs: {done}. Reminders: {announced.all}. Notices of blocking: {released.all}."
    )
    if total.server_trouble:
        click.echo(total.server_trouble, err=True)


COMMANDS = (command,)


class Workshop:
    """One worker process: a thread for mail, one for jobs, woken by the queue and by a pulse of its own."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._name = f"{socket.gethostname()[:40]}:{os.getpid()}"
        self._bell = queue.of(app)
        self._runner = Runner(app)
        self._mail, self._jobs = threading.Lock(), threading.Lock()
        self._stop = threading.Event()
        self._beat_at = 0.0
        self._tidied_at: float | None = None
        self._announced_at: float | None = None

    def run(self) -> None:
        """Work until SIGTERM or SIGINT, then finish what is at hand."""
        self._bell.listen(self.work)
        consumer = _PulsingConsumer(self)
        self._stop = consumer.stop_flag
        self._beat()
        db.session.remove()
        log.info("worker begins", name=self._name)
        consumer.run()
        self._leave()

    def work(self) -> None:
        """Send what is due and do what waits, unless another thread does so already.

        Each kind has one thread at most, so that a long job never keeps mail waiting, nor a slow server the jobs.
        """
        with self._app.app_context():
            self._alone(self._mail, self._announce)
            self._alone(self._mail, self._release)
            self._alone(self._mail, self._send)
            self._alone(self._jobs, self._do_jobs)
            self._alone(self._mail, self._tidy)

    def pulse(self) -> None:
        """Show that we are alive, and look for work even if nobody rang or the queue is out of reach."""
        if time.monotonic() - self._beat_at >= BEAT_SECONDS:
            self._beat()
        if not self._bell.ring():
            threading.Thread(target=self.work, daemon=True).start()

    def _beat(self) -> None:
        self._beat_at = time.monotonic()
        with self._app.app_context():
            try:
                worker.beat(self._name)
            except Exception as fault:  # the database may be away for a while; we are not
                log.warning("no beat", error=str(fault))

    def _alone(self, lock: threading.Lock, task: Callable[[], None]) -> None:
        if not lock.acquire(blocking=False):
            return
        try:
            task()
        except Exception as fault:  # the next pulse tries again; the worker itself must live
            log.error("worker stumbled", exc_info=fault)
        finally:
            db.session.remove()
            lock.release()

    def _announce(self) -> None:
        """Write the reminders that are due; as mail they leave with the next look into the outbox."""
        if self._announced_at is None or time.monotonic() - self._announced_at >= ANNOUNCE_SECONDS:
            self._announced_at = time.monotonic()
            announced = groups.announce(keep_going=lambda: not self._stop.is_set())
            if announced.all:
                log.info("reminders written", **asdict(announced))

    def _release(self) -> None:
        """Turn notices whose hour has come into messages of the outbox."""
        notices.release(keep_going=lambda: not self._stop.is_set())

    def _send(self) -> None:
        while not self._stop.is_set():
            tally = outbox.send_due(keep_going=lambda: not self._stop.is_set())
            if tally.stuck or not tally.handled:
                return

    def _tidy(self) -> None:
        if self._tidied_at is None or time.monotonic() - self._tidied_at >= TIDY_SECONDS:
            self._tidied_at = time.monotonic()
            log.info("old rows deleted", rows=logins.forget_old())

    def _do_jobs(self) -> None:
        while not self._stop.is_set():
            claimed = jobs.claim()
            if claimed is None:
                return
            self._runner.do(claimed)

    def _leave(self) -> None:
        """What was not finished in time is given back, and our name is taken off the list."""
        self._runner.abort()
        if self._jobs.acquire(timeout=5):
            self._runner.close()
        worker.stop_beating(self._name)
        db.session.remove()
        log.info("worker ends", name=self._name)
        sys.stderr.flush()


class _PulsingConsumer(Consumer):  # type: ignore[misc]
    """Huey's consumer, whose scheduler calls the workshop instead of looking for periodic tasks each minute."""

    def __init__(self, workshop: Workshop) -> None:
        class Pulse(Scheduler):  # type: ignore[misc]
            periodic_task_seconds = PULSE_SECONDS

            def enqueue_periodic_tasks(self, now: object) -> None:
                workshop.pulse()

        self.scheduler_class = Pulse
        super().__init__(
            workshop._bell.huey,
            workers=2,
            max_delay=1.0,
            backoff=1.1,
            shutdown_timeout=DRAIN_SECONDS,
            graceful_signal="TERM",
        )
