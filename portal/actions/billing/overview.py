"""Billing runs in the back office: a look ahead, starting one as a job, and what became of it (F5)."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from portal.actions import access, jobs
from portal.actions.billing import running
from portal.actions.billing.bills import PayerBill
from portal.actions.jobs import JobView, Report, Result, job_kind
from portal.actions.statements.work import person_of
from portal.db import idempotency as operations
from portal.db.billing import due as rows
from portal.db.billing import runs
from portal.db.billing.due import RunPartner
from portal.db.billing.runs import HeldRow, IssuedRow, RunRow
from portal.db.books import closing
from portal.db.engine import snapshot, writes
from portal.db.jobs import queue as job_rows
from portal.outside import clock
from portal.rules import seen
from portal.rules.books import EntryKind
from portal.rules.closing import closed_refusals
from portal.rules.deciding import Actor
from portal.rules.errors import Missing, Reason, Refused
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say

PAGE_SIZE = 50
MOST_ODD = 50
WORK_SECONDS = 480
"""A job works so long at most; what is left of a very long run goes on with one press."""

MUCH_MORE, AT_LEAST = 2, 5_000
"""Twice what the month before came to, and fifty more, is worth a look."""


@dataclass(frozen=True, slots=True)
class Expected:
    """One payer in a look ahead, in minor units. `usual` is what the month before came to; `why` says what is odd."""

    public_id: str
    name: str
    accounts: int
    lines: int
    total: int
    usual: int
    why: Sentence


@dataclass(frozen=True, slots=True)
class Category:
    """What is billed of one kind: how many lines, and their sum with tax."""

    name: Sentence
    lines: int
    total: int


@dataclass(frozen=True, slots=True)
class Check:
    """A look ahead at a run for a day of a partner. `passed` counts payers of whom days pass without being billed,
    `waits` those whose discounts wait; `mark` stands for all of it.
    """

    partner: RunPartner
    on: date
    invoices: int
    total: int
    credit_notes: int
    passed: int
    waits: int
    first_number: str
    categories: tuple[Category, ...]
    odd: tuple[Expected, ...]
    payers: tuple[Expected, ...]
    page: int
    pages: int
    reasons: tuple[Reason, ...]
    mark: str


@dataclass(frozen=True, slots=True)
class RunView:
    """A run as its page shows it. `job` is None where it was started elsewhere or is forgotten."""

    row: RunRow
    issued: tuple[IssuedRow, ...]
    held_up: tuple[HeldRow, ...]
    page: int
    pages: int
    job: JobView | None

    @property
    def going_on(self) -> bool:
        return self.job is not None and not self.job.finished

    @property
    def broken_off(self) -> bool:
        return self.row.finished_at is None and not self.going_on


@dataclass(frozen=True, slots=True)
class RunsPage:
    """Runs, newest first, and the partners for which one can be started, with their own today."""

    rows: tuple[RunRow, ...]
    partners: tuple[tuple[RunPartner, date], ...]
    number: int
    pages: int
    total: int


@dataclass(frozen=True, slots=True)
class Started:
    """The public id of a run."""

    run: str


@snapshot
def list_runs(actor: Actor, *, number: int = 1) -> RunsPage:
    """Earlier runs, fifty to a page. Raises NotAllowed."""
    access.require(actor, Permission.FINANCE_POST)
    number = max(1, number)
    found, total = runs.page(actor.partner_id, offset=(number - 1) * PAGE_SIZE, limit=PAGE_SIZE)
    partners = tuple((one, clock.today(one.time_zone)) for one in rows.partners(only=actor.partner_id))
    return RunsPage(tuple(found), partners, number, max(1, -(-total // PAGE_SIZE)), total)


@snapshot
def check(actor: Actor, partner: str, on: date, *, page: int = 1) -> Check:
    """What a run would do now; nothing is written. Raises Missing and NotAllowed."""
    one = _partner(actor, partner)
    found = running.foresee(one.id, on)
    return _check(one, on, found, max(1, page))


@writes(once="billing.start", answer=Started)
def start(actor: Actor, partner: str, on: date, *, mark: str = "", once: str | None = None) -> Started:
    """Start a run as a job. Raises Conflict when it would not do what the look ahead `mark` showed, Refused for a day
    in a closed month (F8), Missing and NotAllowed.
    """
    one = _partner(actor, partner)
    if mark:
        found = _check(one, on, running.foresee(one.id, on), 1)
        if found.reasons:
            raise Refused(found.reasons)
        seen.unchanged(mark, found.mark)
    title = say("Billing run of {day}", day=on)
    arguments = {"login": actor.login_id, "partner": one.public_id, "on": on.isoformat()}
    job = job_rows.start("billing_run", title, arguments, login_id=actor.login_id, unit=say("payers"))
    begun = runs.begin(one.id, on, actor=actor.label, at=clock.now(), job=job)
    assert begun is not None
    return Started(begun[1])


@snapshot
def open_run(actor: Actor, run: str, *, page: int = 1) -> RunView:
    """A run with what it issued, fifty to a page. Raises Missing and NotAllowed."""
    access.require(actor, Permission.FINANCE_POST)
    row = runs.find(run)
    if row is None or actor.partner_id not in (None, row.partner_id):
        raise Missing()
    page = max(1, page)
    issued = runs.issued(row.id, offset=(page - 1) * PAGE_SIZE, limit=PAGE_SIZE)
    job = jobs.seen(actor, row.job) if row.job else None
    pages = max(1, -(-row.issued // PAGE_SIZE))
    return RunView(row, tuple(issued), tuple(runs.held_up(row.id)), page, pages, job)


def stop(actor: Actor, run: str) -> None:
    """Stop a run of one's own after the payer at hand; what is issued stays. Raises Missing and NotAllowed."""
    view = open_run(actor, run)
    if view.job is not None:
        jobs.cancel(actor, view.job.public_id)


@job_kind("billing_run")
def work(arguments: Mapping[str, object], report: Report) -> Result:
    """Carry a run out, payer by payer; begun again, it goes on with the rest."""
    actor = person_of(arguments)
    began = time.monotonic()
    ran = running.run(
        actor,
        on=date.fromisoformat(str(arguments["on"])),
        partner=str(arguments["partner"]),
        job=str(arguments["job"]),
        report=report,
        keep_going=lambda: time.monotonic() - began < WORK_SECONDS,
    )
    message = say("One invoice issued.", "{count} invoices issued.", count=len(ran.invoices))
    return {"message": message}


def _partner(actor: Actor, partner: str) -> RunPartner:
    access.require(actor, Permission.FINANCE_POST)
    found = rows.partners(only=actor.partner_id, named=partner)
    if not found:
        raise Missing()
    return found[0]


def _check(one: RunPartner, on: date, found: Sequence[PayerBill], page: int) -> Check:
    billed = [each for each in found if each.bill.lines]
    usual = runs.usual([each.payer.id for each in billed], on - timedelta(days=31), on)
    expected = [_expected(each, usual) for each in billed]
    odd = [each for each in expected if each.why][:MOST_ODD]
    pages = max(1, -(-len(expected) // PAGE_SIZE))
    shown = expected[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    total = sum(each.total for each in expected)
    credited = sum(len({item.credits for item in each.bill.credits}) for each in found)
    numbers = rows.numbers_ahead(one.id, EntryKind.INVOICE, 1)
    reasons = tuple(closed_refusals(on, closing.closed_through(one.id)))
    mark = operations.fingerprint([on, one.id, credited, [(each.public_id, each.total) for each in expected]])
    return Check(
        one,
        on,
        len(billed),
        total,
        credited,
        sum(bool(each.bill.passed) for each in found),
        sum(bool(each.bill.waiting) for each in found),
        numbers[0],
        tuple(_categories(billed)),
        tuple(odd),
        tuple(shown),
        page,
        pages,
        reasons,
        mark,
    )


def _categories(billed: Sequence[PayerBill]) -> list[Category]:
    services, items = [0, 0], [0, 0]
    for each in billed:
        for line, computed in zip(each.bill.lines, each.bill.invoice.lines, strict=True):
            sums = services if line.charged is not None else items
            sums[0] += 1
            sums[1] += computed.gross
    names: tuple[tuple[Sentence, list[int]], ...] = ((say("Services"), services), (say("Future items"), items))
    return [Category(name, count, total) for name, (count, total) in names if count]


def _expected(each: PayerBill, usual: Mapping[int, tuple[int, int]]) -> Expected:
    payer, invoice = each.payer, each.bill.invoice
    before, ever = usual.get(payer.id, (0, 0))
    return Expected(
        payer.public_id,
        payer.name,
        len(invoice.accounts),
        len(invoice.lines),
        invoice.total,
        before,
        _why(invoice.total, before, bool(ever)),
    )


def _why(total: int, before: int, ever: bool) -> Sentence:
    """What is odd about an invoice; NOTHING where nothing is."""
    if total == 0:
        return say("Comes to nothing")
    if not ever:
        return say("The first invoice")
    if before and total >= MUCH_MORE * before and total - before >= AT_LEAST:
        return say("{times} times the month before", times=total // before)
    return NOTHING
