"""The billing run: everybody who is due on a day gets one invoice (F5).

Each payer is billed in a transaction of its own, in the order of their keys. What is billed is marked in that same
transaction, under constraints of the database, so a run can be repeated, run by several at once, and broken off
anywhere: what is missing is made by the next one, and numbers stay without gaps.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

import structlog

from portal.actions import access
from portal.actions.billing.bills import PayerBill, bills, composed, held
from portal.actions.books.checks import date_problem
from portal.actions.books.words import on_the_books
from portal.actions.invoices import crediting, issuing
from portal.actions.invoices.composing import entry_of
from portal.actions.invoices.mailing import mail_invoice
from portal.db.audit import records as audit
from portal.db.billing import due as rows
from portal.db.billing import runs, services
from portal.db.billing.due import Advance, NewCharge, RunPartner
from portal.db.books import closing
from portal.db.books import posting as ledger
from portal.db.bulk import chunks
from portal.db.engine import snapshot, writes
from portal.db.invoices import finding, reading
from portal.db.memberships import writing as memberships
from portal.db.memberships.writing import NewPeriod
from portal.outside import clock
from portal.rules.billing.running import Charged, DueItem
from portal.rules.books import EntryKind
from portal.rules.closing import closed_refusals
from portal.rules.deciding import Actor
from portal.rules.errors import Conflict, Invalid, Missing, PortalError, Reason, Refused
from portal.rules.invoices.crediting import Choice
from portal.rules.money import Money
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say

log = structlog.get_logger("portal.billing")

AT_ONCE = 200
"""So many payers are looked at together before each of them is billed."""

FAULT = say("Something went wrong on our side. The fault is recorded; the next run tries again.")
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class HeldUp:
    """A payer for whom the run could not do something, and why."""

    payer: str
    name: str
    why: Sentence


@dataclass(slots=True)
class Ran:
    """What a run did, or would do. `invoices` and `credit_notes` are numbers; `totals` what the invoices come to, by
    currency, in minor units. `payers` counts those who got something. `runs` are the public ids of what was kept.
    """

    invoices: list[str] = field(default_factory=list)
    credit_notes: list[str] = field(default_factory=list)
    payers: int = 0
    totals: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    held_up: list[HeldUp] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)


def run(
    actor: Actor,
    *,
    on: date | None = None,
    partner: str | None = None,
    scheduled: bool = False,
    job: str = "",
    report: Progress = lambda _done, _total: None,
    keep_going: Callable[[], bool] = lambda: True,
) -> Ran:
    """Bill everybody who is due up to a day and was not billed: by default each partner's own today (F5).

    `report` is told how many of how many payers are dealt with. Raises NotAllowed, Missing for a partner that is not
    there, Invalid, and Refused where the day lies in a closed month (F8); whatever stands against one payer alone is in
    `held_up`, and does not keep the others from being billed.
    """
    ran = Ran()
    for one, day in _days(actor, on, partner):
        found = _candidates(one, day)
        if found or scheduled:
            _run_partner(actor, one, day, found, ran, scheduled=scheduled, job=job, report=report, going=keep_going)
    return ran


def preview(actor: Actor, *, on: date | None = None, partner: str | None = None) -> Ran:
    """What a run would do now; nothing is written. Numbers are those that come next. Raises as `run`."""
    ran = Ran()
    for one, day in _days(actor, on, partner):
        invoices = credited = 0
        for found in foresee(one.id, day):
            if found.bill.lines:
                invoices += 1
                ran.totals[found.bill.currency] += found.bill.invoice.total
            credited += len(_by_invoice(found))
            ran.payers += bool(found.bill.lines or found.bill.credits)
        ran.invoices += _numbers_ahead(one.id, EntryKind.INVOICE, invoices)
        ran.credit_notes += _numbers_ahead(one.id, EntryKind.CREDIT_NOTE, credited)
    return ran


@snapshot
def foresee(partner_id: int, on: date) -> list[PayerBill]:
    """What is due of each payer of a partner, in the order in which they are billed."""
    found = []
    for some in chunks(rows.candidates(partner_id, on), AT_ONCE):
        found += bills(some, on)
    return found


def chosen(actor: Actor, partner: str | None) -> list[RunPartner]:
    """The partners for which somebody may run: all of theirs, or the one that is named. Raises Missing, NotAllowed."""
    access.require(actor, Permission.FINANCE_POST)
    found = _partners(actor.partner_id, partner)
    if not found and partner is not None:
        raise Missing(say("There is no partner “{name}”.", name=partner[:60]))
    return found


@snapshot
def _partners(only: int | None, named: str | None) -> list[RunPartner]:
    return rows.partners(only=only, named=named)


def _days(actor: Actor, on: date | None, partner: str | None) -> list[tuple[RunPartner, date]]:
    """The partners with the day for which each is run; none whose month is closed."""
    if on is not None and (wrong := date_problem(on)):
        raise Invalid(wrong)
    found = [(one, on or clock.today(one.time_zone)) for one in chosen(actor, partner)]
    closed = _closed([one.id for one, _ in found])
    reasons: list[Reason] = []
    for one, day in found:
        reasons += closed_refusals(day, closed.get(one.id))
    if reasons:
        raise Refused(list(dict.fromkeys(reasons)))
    return found


@snapshot
def _closed(partner_ids: Sequence[int]) -> dict[int, date]:
    return closing.closed(partner_ids)


@snapshot
def _candidates(one: RunPartner, on: date) -> list[int]:
    return rows.candidates(one.id, on)


@snapshot
def _numbers_ahead(partner_id: int, kind: EntryKind, count: int) -> list[str]:
    return rows.numbers_ahead(partner_id, kind, count) if count else []


# One partner ----------------------------------------------------------------------------------------------------------


def _run_partner(
    actor: Actor,
    one: RunPartner,
    on: date,
    candidates: Sequence[int],
    ran: Ran,
    *,
    scheduled: bool,
    job: str,
    report: Progress,
    going: Callable[[], bool],
) -> None:
    begun = _begin(actor, one, on, scheduled, job)
    if begun is None:
        return
    run_id, public_id = begun
    ran.runs.append(public_id)
    done = 0
    for some in chunks(candidates, AT_ONCE):
        due = {found.payer.id: found for found in _look(some, on)}
        for payer_id in some:
            if not going():
                return
            if payer_id in due:
                ran.payers += _bill_one(actor, run_id, due[payer_id], on, ran)
            done += 1
            report(done, len(candidates))
    _finish(one, run_id, on)


@snapshot
def _look(payer_ids: Sequence[int], on: date) -> list[PayerBill]:
    return bills(payer_ids, on)


@writes
def _begin(actor: Actor, one: RunPartner, on: date, scheduled: bool, job: str) -> tuple[int, str] | None:
    return runs.begin(one.id, on, actor=actor.label, at=clock.now(), scheduled=scheduled, job=job)


@writes
def _finish(one: RunPartner, run_id: int, on: date) -> None:
    rows.end_stopped(one.id, on)
    services.apply_due(one.id, min(on, clock.today(one.time_zone)), clock.now())
    runs.finish(run_id, clock.now())


def _bill_one(actor: Actor, run_id: int, found: PayerBill, on: date, ran: Ran) -> bool:
    """Everything for one payer; whether it got anything. Its trouble stays its own (R29)."""
    payer, got = found.payer, False
    try:
        for invoice_id in _look_for_invoices(found):
            number = _credit(actor, run_id, payer.id, invoice_id, on)
            if number:
                ran.credit_notes.append(number)
                got = True
        issued = _issue(actor, run_id, payer.id, on)
        if issued is not None:
            number, minor = issued
            ran.invoices.append(number)
            ran.totals[payer.currency] += minor
            got = True
    except PortalError as fault:
        _hold_up(run_id, found, fault.sentences[0] if fault.sentences else FAULT, ran)
    except (ValueError, LookupError, AssertionError) as fault:
        log.error("payer cannot be billed", customer=payer.public_id, exc_info=fault)
        _hold_up(run_id, found, FAULT, ran)
    return got


def _hold_up(run_id: int, found: PayerBill, why: Sentence, ran: Ran) -> None:
    _note(run_id, found.payer.id, why)
    ran.held_up.append(HeldUp(found.payer.reference, found.payer.name, why))


@writes
def _note(run_id: int, payer_id: int, why: Sentence) -> None:
    runs.note(run_id, payer_id, why=why)


@writes
def _issue(actor: Actor, run_id: int, payer_id: int, on: date) -> tuple[str, int] | None:
    """Issue the invoice of one payer: its number and total; None where there is nothing to charge any more."""
    found = held(payer_id, on)
    if found is None:
        return None
    at = clock.now()
    for key in found.bill.over:
        memberships.end_where_it_stands(key, at)
    if not found.bill.lines:
        _mark(found, None, list(found.bill.passed))
        return None
    invoice = composed(found, on)
    new = issuing.write(invoice, entry_of(invoice, checked=True), actor)
    _mark(found, new.id, [one.charged for one in found.bill.lines], passed=found.bill.passed)
    _renew(found, new.id, on)
    if not rows.take_items([item.id for item in found.bill.items], new.id, at):
        raise Conflict(say("A future item was invoiced in the meantime."))
    payer, total = found.payer, invoice.invoice.total
    text = say(
        "Invoice {number} of {amount} by the billing run", number=new.number, amount=Money(total, payer.currency)
    )
    audit.record(actor, "billing.invoice", text, subject_id=invoice.issued_for.id, entry=new.public_id)
    runs.note(run_id, payer_id, entry_id=new.id, minor=total)
    reference, opened = issuing.reference_of(payer, new.number), reading.open_minor(new.id)
    mail_invoice(payer, new, total, invoice.due, reference, opened=opened)
    return new.number, total


def _mark(
    found: PayerBill, entry_id: int | None, lines: Sequence[Charged | None], *, passed: Sequence[Charged] = ()
) -> None:
    """Remember which days are dealt with: on which line of an invoice, or passed over."""
    new = [
        _charge(one, entry_id, position if entry_id else None)
        for position, one in enumerate(lines, start=1)
        if one is not None
    ]
    new += [_charge(one, None, None) for one in passed]
    rows.add_charges(new, clock.now())
    last = {one.service: one for one in (*lines, *passed) if one is not None}
    rows.advance(
        [Advance(key, one.days.last, one.schedule.anchor, one.schedule.day) for key, one in sorted(last.items())]
    )
    changed = {one.id for some in found.facts.services.values() for one in some if one.changed}
    services.realign(changed & last.keys())


def _charge(one: Charged, entry_id: int | None, position: int | None) -> NewCharge:
    of = one.schedule.period_of(one.days.first)
    return NewCharge(one.service, one.days.first, one.days.last, one.amount, entry_id, position, of.first, of.last)


def _renew(found: PayerBill, entry_id: int, on: date) -> None:
    """Add the periods of memberships that an invoice charges (B9)."""
    at = clock.now()
    for position, line in enumerate(found.bill.lines, start=1):
        if line.renewed is not None:
            key, made = line.renewed
            memberships.renew(key, made, at)
            period = NewPeriod(
                key,
                made.plan.id,
                made.days.first,
                made.days.last,
                made.amount,
                payer_id=found.payer.id,
                invoice_id=entry_id,
                position=position,
                charged_on=on,
            )
            memberships.add_periods([period], at)


# What gives back charges ----------------------------------------------------------------------------------------------


def _look_for_invoices(found: PayerBill) -> list[int]:
    """The invoices that charged what a payer gets back, where nothing sets it off."""
    return sorted(_by_invoice(found)) if found.bill.credits else []


@snapshot
def _by_invoice(found: PayerBill) -> dict[int, list[tuple[DueItem, int]]]:
    """The items that give something back, with the line that charged it, by its invoice."""
    charged = rows.charged_by([item.credits for item in found.bill.credits if item.credits is not None])
    by_invoice: dict[int, list[tuple[DueItem, int]]] = defaultdict(list)
    for item in found.bill.credits:
        if item.credits in charged:
            invoice_id, position = charged[item.credits]
            by_invoice[invoice_id].append((item, position))
    return by_invoice


@writes
def _credit(actor: Actor, run_id: int, payer_id: int, invoice_id: int, on: date) -> str:
    """Credit an invoice with what was given back of its lines: the number of the credit note, "" where nothing is."""
    found = held(payer_id, on)
    items = _by_invoice(found).get(invoice_id, []) if found is not None else []
    if found is None or not items:
        return ""
    paper = finding.by_id(invoice_id)
    left = {line.position: line.creditable.left for line in reading.invoice(invoice_id).lines}
    wanted: dict[int, int] = defaultdict(int)
    for item, position in items:
        wanted[position] -= item.amount
    choices = tuple(Choice(line, min(minor, left[line])) for line, minor in sorted(wanted.items()) if left[line] > 0)
    if not choices or paper.reversed_by:
        text = say(
            "{number} has nothing left to credit. Remove the future item that gives it back.", number=paper.number
        )
        raise Conflict(text)
    reason = on_the_books(say("Not used"), found.payer)
    wish = crediting.Wanted(paper.public_id, reason, lines=choices, on=max(on, paper.booked_on))
    note = crediting.issue(actor, wish)
    entry = ledger.original(public_id=note.public_id)
    assert entry is not None
    if not rows.take_items([item.id for item, _ in items], entry.id, clock.now()):
        raise Conflict(say("A future item was invoiced in the meantime."))
    runs.note(run_id, payer_id, entry_id=entry.id, minor=-entry.amount_minor)
    return note.number
