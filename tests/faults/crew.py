"""Processes of their own that do things to one database at once, or die in the middle of them."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from queue import Empty
from typing import Any

from sqlalchemy import event

import portal.cli
import portal.web
from portal import create_app
from portal.actions.books import allocating, periods
from portal.actions.books import posting as ledger
from portal.actions.books.posting import Charge
from portal.actions.customers import status as customer_status
from portal.actions.links import partner_accounts, sub_accounts
from portal.db.customers import profiles
from portal.db.engine import db
from portal.extensions import babel
from portal.rules.books import EntryKind, Ledger
from portal.rules.customers.status import Status
from portal.rules.deciding import SYSTEM
from portal.rules.errors import PortalError, Refused
from portal.rules.links.facts import BillingMode
from tests import forked
from tests.conftest import settings_for

PATIENCE = 180
"""Seconds after which a process that has not answered is given up."""

Answer = tuple[str, Any]
Job = Callable[..., Any]


def _work(url: str, folder: str, job: Job, arguments: tuple[Any, ...], start: Any, answers: Any, place: int) -> None:
    with _application(url, folder).app_context():
        db.session.remove()
        start.wait(PATIENCE)
        answers.put((place, _tried(job, arguments)))


def _application(url: str, folder: str) -> Any:
    """The actions and their database; of pages and commands only the language that mail is written in."""
    portal.web.register = babel.init_app  # type: ignore[assignment]
    portal.cli.register = lambda app: None  # type: ignore[assignment]
    return create_app(settings_for(Path(folder), url, PORTAL_CLOCK="2026-11-22T09:30:00Z"))


def _tried(job: Job, arguments: tuple[Any, ...]) -> Answer:
    try:
        return "done", job(*arguments)
    except PortalError as error:
        return type(error).__name__, tuple(map(str, error.sentences))


@dataclass
class Crew:
    """Runs jobs, functions of a module, on the database at `url`, each in a process of its own."""

    url: str
    folder: Path
    began: list[BaseProcess] = field(default_factory=list)
    _start: Any = None

    def begin(self, jobs: Sequence[tuple[Any, ...]]) -> Callable[[], list[Answer]]:
        """Start every job at the same moment; the result waits for their answers, in order."""
        context = forked.context()
        answers: Any = context.Queue()
        start = context.Barrier(len(jobs))
        for place, (job, *arguments) in enumerate(jobs):
            values = (self.url, str(self.folder), job, tuple(arguments), start, answers, place)
            process = context.Process(target=_work, args=values)
            process.start()
            self.began.append(process)
        self._start = start  # a child that is slow to begin must still find it
        return lambda: self._collected(answers, len(jobs))

    def run(self, *jobs: tuple[Any, ...]) -> list[Answer]:
        """Start jobs together and wait for all of them."""
        return self.begin(jobs)()

    def _collected(self, answers: Any, expected: int) -> list[Answer]:
        found: dict[int, Answer] = {}
        deadline = time.monotonic() + PATIENCE
        while len(found) < expected and time.monotonic() < deadline:
            with suppress(Empty):
                place, answer = answers.get(timeout=0.2)
                found[place] = answer
                continue
            if not any(process.is_alive() for process in self.began) and answers.empty():
                break
        self.end()
        return [found.get(place, ("dead", None)) for place in range(expected)]

    def end(self) -> None:
        """Leave no process behind."""
        for process in self.began:
            process.join(timeout=5)
            if process.is_alive():
                process.kill()
                process.join()
        self.began.clear()


def charge(
    customer: str, amount: int = 100, kind: str = "invoice", on: str = "2026-11-20", book: str = "house"
) -> Charge:
    return Charge(customer, EntryKind(kind), amount, date.fromisoformat(on), Ledger(book))


def post(customer: str, once: str | None, amount: int = 100, kind: str = "invoice", book: str = "house") -> str:
    """Post one entry; its number."""
    return ledger.post(SYSTEM, charge(customer, amount, kind, book=book), once=once).number


def post_many(seconds: float, customer: str, on: str) -> list[str]:
    """Post small payments of one day until the time is over or one is refused; why that was, by rule."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            ledger.post(SYSTEM, Charge(customer, EntryKind.PAYMENT, 1, date.fromisoformat(on)))
        except Refused as error:
            return [reason.rule for reason in error.reasons]
    return []


def close(month: str) -> str:
    """Close a month of every partner."""
    return str(periods.close(SYSTEM, date.fromisoformat(month)).partners[0].changed)


def allocate(payment: str, invoice: str) -> int:
    """Allocate as much as fits; how much that was."""
    return sum(one.amount_minor for one in allocating.allocate(SYSTEM, allocating.Wanted(payment, invoice)).made)


def link(main: str, sub: str, once: str | None = None, mode: str = "aggregated") -> str:
    """Link two customers; the sentence."""
    return str(sub_accounts.link(SYSTEM, main, sub, BillingMode(mode), once=once).sentence)


def unlink(sub: str, once: str | None = None) -> str:
    """Unlink a sub-account; the sentence."""
    return str(sub_accounts.unlink(SYSTEM, sub, once=once).sentence)


def change_mode(sub: str, mode: str, once: str | None = None) -> str:
    """Change the billing mode of a link; the sentence."""
    return str(sub_accounts.change_mode(SYSTEM, sub, BillingMode(mode), once=once).sentence)


def set_status(customer: str, to: str, once: str | None = None) -> str:
    """Change an own status, as it is and without a look at what will follow; the new one."""
    found = profiles.by_reference(customer)
    assert found is not None
    db.session.rollback()
    customer_status.change(SYSTEM, found.public_id, Status(to), once=once)
    changed = profiles.by_id(found.id).own_status.value
    db.session.rollback()
    return changed


def later(seconds: float, job: Job, *arguments: Any) -> Any:
    """Do a job a little after the others began."""
    time.sleep(seconds)
    return job(*arguments)


def share(primary: str, secondary: str, once: str | None = None) -> str:
    """Let two customers share balances; the sentence."""
    return str(partner_accounts.link(SYSTEM, primary, secondary, once=once).sentence)


def part(customer: str, once: str | None = None) -> str:
    """End the sharing of balances; the sentence."""
    return str(partner_accounts.unlink(SYSTEM, customer, once=once).sentence)


def in_threads(count: int, job: Job, *arguments: Any) -> list[Answer]:
    """The same job in many threads of this process, all started together; their answers."""
    app: Any = _current_app()
    start = threading.Barrier(count)
    answers: list[Answer] = []

    def work() -> None:
        with app.app_context():
            start.wait(PATIENCE)
            answers.append(_tried(job, arguments))

    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    return answers


def _current_app() -> Any:
    from flask import current_app

    return current_app._get_current_object()  # type: ignore[attr-defined]


def trade(seconds: float, seed: int, customers: Sequence[str]) -> dict[str, int]:
    """Charge, pay, and put in and spend credit at random until time is up; what was taken, refused and moved."""
    dice = random.Random(seed)
    until = time.monotonic() + seconds
    done = {"taken": 0, "refused": 0, "moved": 0}
    while time.monotonic() < until:
        kind, book = dice.choice(
            [("invoice", "house"), ("payment", "house"), ("payment", "credit"), ("refund", "credit")]
        )
        on = date(2026, 11, 22) + timedelta(days=dice.randint(-60, 30))
        try:
            wanted = charge(dice.choice(customers), dice.randint(1, 300), kind, on.isoformat(), book)
            done["moved"] += ledger.post(SYSTEM, wanted).amount_minor
            done["taken"] += 1
        except Refused as refused:
            done["refused"] += all(reason.rule == "F10" for reason in refused.reasons)
    return done


def relink(seconds: float, mains: Sequence[str], sub: str) -> dict[str, int]:
    """Move a sub-account from one main account to another and back until time is up."""
    until = time.monotonic() + seconds
    done = {"taken": 0, "refused": 0, "moved": 0}
    while time.monotonic() < until:
        for main in mains:
            try:
                link(main, sub, mode="independent")
                unlink(sub)
                done["taken"] += 1
            except Refused:
                done["refused"] += 1
    return done


def die(at: int | str, job: Job, *arguments: Any) -> Any:
    """Do a job in which this process kills itself: at its n-th statement, at its first one that begins with these
    words in capitals, before its commit, or after it.
    """
    if isinstance(at, int):
        event.listen(db.engine, "before_cursor_execute", _Countdown(at))
    elif at.split()[0].isupper():
        event.listen(db.engine, "before_cursor_execute", _Ambush(at))
    elif at == "before commit":
        event.listen(db.engine, "commit", _kill)
    answer = job(*arguments)
    if at == "after commit":
        _kill()
    return answer


class _Countdown:
    def __init__(self, left: int) -> None:
        self.left = left

    def __call__(self, *_: object) -> None:
        self.left -= 1
        if self.left < 0:
            _kill()


class _Ambush:
    """Strikes when a statement begins with certain words."""

    def __init__(self, words: str) -> None:
        self.words = words

    def __call__(self, _connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith(self.words):
            _kill()


def _kill(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)
