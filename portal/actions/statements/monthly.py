"""Statements by email every month, for customers that asked for them (S8).

Each one's file is made outside of any transaction. One short transaction then takes the month for the customer, under a
constraint of the database, and queues the mail: broken off anywhere and run again, by several at once, each goes once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

import structlog

from portal.actions import access
from portal.actions.billing.running import chosen
from portal.actions.invoices.mailing import bill_addresses
from portal.actions.notices.texts import portal_address
from portal.actions.statements import mail as letters
from portal.actions.statements import view as statements
from portal.actions.statements.mail import Letter
from portal.actions.statements.view import StatementRequest
from portal.actions.statements.work import Drawn, drawn
from portal.db import outbox
from portal.db import statements as rows
from portal.db.audit import records as audit
from portal.db.billing.due import RunPartner
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.db.statements import Subscriber
from portal.db.statements import Trouble as Trouble
from portal.outside import clock
from portal.outside.pens import pen_for
from portal.rules.deciding import SYSTEM, Actor, Grant
from portal.rules.errors import NotAllowed, PortalError
from portal.rules.outbox import MailState
from portal.rules.periods import Period, month_with
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say, write
from portal.rules.statements.figures import Statement
from portal.rules.statements.monthly import month_due, read_month, wanted_then
from portal.rules.statements.words import title_of

log = structlog.get_logger("portal.statements")

MONTHS_SHOWN = 12
MOST_TROUBLES = 50
FAULT = say("Something went wrong on our side. The fault is recorded; it is tried again every day.")
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class SentMonth:
    """A month that was sent, and what became of its mail; None where that is forgotten."""

    month: Period
    mail: MailState | None


@dataclass(frozen=True, slots=True)
class Monthly:
    """Whether a payer gets its statement every month, where it goes, and what was sent, the newest month first.

    `next` is the month that comes next by itself; `troubles` are months that did not go out, which only staff see.
    """

    on: bool
    addresses: tuple[str, ...]
    sent: tuple[SentMonth, ...]
    next: Period
    troubles: tuple[Trouble, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A customer whose statement could not go out, and why."""

    customer: str
    name: str
    why: Sentence


@dataclass(slots=True)
class SentOut:
    """What a run sent: references of customers. `before` counts those that had got it already."""

    month: Period
    sent: list[str] = field(default_factory=list)
    before: int = 0
    left_out: list[LeftOut] = field(default_factory=list)


# Wanting them ---------------------------------------------------------------------------------------------------------


@snapshot
def look(actor: Actor, profile: Profile) -> Monthly:
    """Whether a payer gets statements, for whoever may see its finances. Raises NotAllowed and Missing."""
    _require(actor, profile)
    today = clock.today(profile.time_zone)
    since = rows.since(profile.id)
    found = rows.mailed(profile.id, limit=MONTHS_SHOWN)
    states = {one.public_id: one for one in outbox.states_for(public_ids=[one.mail for one in found])} if found else {}
    sent = tuple(SentMonth(month_with(one.month), states.get(one.mail)) for one in found)
    troubles = rows.troubles(customer_id=profile.id, limit=MONTHS_SHOWN) if actor.is_staff else ()
    return Monthly(since is not None, tuple(bill_addresses(profile)), sent, month_with(today), tuple(troubles))


@snapshot
def troubles(actor: Actor) -> list[Trouble]:
    """Whose statements did not go out, the newest month first, at most fifty. Raises NotAllowed."""
    access.require(actor, Permission.FINANCE_POST)
    return list(rows.troubles(partner_id=actor.partner_id, limit=MOST_TROUBLES))


@writes(once="statement.monthly")
def choose(actor: Actor, customer: str, value: bool, *, once: str | None = None) -> str:
    """Let a payer get its statement by email every month, or no more; its reference.

    Raises Missing, and NotAllowed for somebody who does not pay.
    """
    profile = customers.require(customer)
    grant = _require(actor, profile, changes=True)
    if (rows.since(profile.id) is not None) is not value:
        if value:
            rows.subscribe(profile.id, actor=actor.label, at=clock.now())
        else:
            rows.unsubscribe(profile.id)
            rows.forget_trouble(profile.id)
        text = say("Gets statements every month") if value else say("Gets no statements every month any more")
        audit.record(actor, "statement.monthly", text, subject_id=profile.id, grant=grant)
    return profile.reference


def _require(actor: Actor, profile: Profile, *, changes: bool = False) -> Grant:
    staff = Permission.FINANCE_POST if changes else Permission.CUSTOMERS_FINANCE
    grant = access.require(actor, staff if actor.is_staff else Permission.STATEMENTS_SEND, profile)
    if profile.payer_id != profile.id:
        raise NotAllowed(_not_a_payer(profile))
    return grant


def _not_a_payer(profile: Profile) -> Sentence:
    return say("{payer} pays for {name}, and gets the statements.", payer=profile.payer_name, name=profile.name)


# Sending them ---------------------------------------------------------------------------------------------------------


def send(
    actor: Actor, month: str, *, dry_run: bool = False, report: Progress = lambda _done, _total: None
) -> list[SentOut]:
    """Send the statement of a month to everybody who wants it and has not got it, partner by partner.

    `report` is told how many of how many are dealt with. With `dry_run` nothing is made or sent. Raises NotAllowed,
    Invalid, and Refused for a month that is not over.
    """
    found = []
    for one in chosen(actor, None):
        period = read_month(month, clock.today(one.time_zone))
        found.append((one, SentOut(period), _waiting(one, period)))
    total, done = sum(len(waiting) for _, _, waiting in found), 0
    for one, out, waiting in found:
        out.before = _before(one, out.month)
        for subscriber in waiting:
            _send_one(actor, subscriber, out, dry_run=dry_run)
            done += 1
            report(done, total)
    return [out for _, out, _ in found]


def run_due(keep_going: Callable[[], bool] = lambda: True) -> int:
    """Send the last month's statements where the hour for them has come; how many went out.

    Run again, it sends none twice. What does not go out is tried again the next day, and staff see why.
    """
    sent = 0
    for one in chosen(SYSTEM, None):
        month = month_due(clock.now().astimezone(ZoneInfo(one.time_zone)))
        if month is None:
            continue
        out = SentOut(month)
        for subscriber in _waiting(one, month, untried_on=clock.today(one.time_zone)):
            if not keep_going():
                return sent
            if wanted_then(subscriber.since.astimezone(ZoneInfo(one.time_zone)).date(), month):
                _send_one(SYSTEM, subscriber, out)
        if out.sent:
            log.info("statements sent", partner=one.name, month=f"{month.first:%Y-%m}", sent=len(out.sent))
        sent += len(out.sent)
    return sent


@snapshot
def _waiting(one: RunPartner, month: Period, *, untried_on: date | None = None) -> list[Subscriber]:
    return rows.waiting(one.id, month.first, untried_on=untried_on)


@snapshot
def _before(one: RunPartner, month: Period) -> int:
    return rows.count_mailed(one.id, month.first)


@snapshot
def _against(subscriber: Subscriber) -> tuple[Profile, Sentence]:
    """The customer, and why nothing can be sent to it; NOTHING where it can."""
    profile = customers.by_id(subscriber.id)
    if profile.payer_id != profile.id:
        return profile, _not_a_payer(profile)
    if not bill_addresses(profile):
        return profile, say("There is no address to which its bills go.")
    return profile, NOTHING


def _send_one(actor: Actor, subscriber: Subscriber, out: SentOut, *, dry_run: bool = False) -> None:
    """The statement of one customer. Its trouble stays its own (R29), and is kept for staff."""
    name, reference, why = subscriber.name, subscriber.reference, NOTHING
    try:
        profile, why = _against(subscriber)
        if not why and dry_run:
            out.sent.append(profile.reference)
        elif not why:
            wanted = StatementRequest(out.month.first, out.month.last)
            made = drawn(statements.view(SYSTEM, profile.public_id, wanted), mailed=True)
            if _queue(actor, profile.public_id, out.month, made):
                out.sent.append(profile.reference)
            else:
                out.before += 1
    except PortalError as fault:
        why = fault.sentence
    except Exception as fault:  # whatever one statement raises must not stop the others
        log.error("statement cannot be sent", customer=subscriber.public_id, exc_info=fault)
        why = FAULT
    if why:
        out.left_out.append(LeftOut(reference, name, why))
        if not dry_run:
            _note(subscriber, out.month, why)


@writes
def _note(subscriber: Subscriber, month: Period, why: Sentence) -> None:
    """Keep why a statement did not go out; it is not tried again by itself before tomorrow.

    Whoever is paid for now gets none, and that is no trouble: there is no page on which to end it either.
    """
    profile = customers.by_id(subscriber.id)
    if profile.payer_id != profile.id:
        rows.forget_trouble(profile.id)
        return
    rows.note_trouble(profile.id, month.first, why, on=clock.today(profile.time_zone))


@writes
def _queue(actor: Actor, customer: str, month: Period, made: Drawn) -> bool:
    """Take the month and queue the mail, both or neither; False where somebody was faster."""
    profile = customers.require(customer)
    if rows.since(profile.id) is None or not rows.take(profile.id, month.first, "", at=clock.now()):
        return False
    mails = [
        letters.queue(actor, customer, _letter(made.statement, address), made, monthly=True)
        for address in bill_addresses(profile)
    ]
    rows.name_mail(profile.id, month.first, mails[0])
    rows.forget_trouble(profile.id, month.first)
    return True


def _letter(statement: Statement, address: str) -> Letter:
    pen = pen_for(statement.letterhead.locale, statement.letterhead.time_zone)
    why = say(
        "This comes every month, because it was asked for. It can be ended here: {link}",
        link=f"{portal_address()}/statements/monthly",
    )
    subject = write(title_of(statement), pen)[: letters.LONGEST_SUBJECT]
    return Letter(address, subject, f"{letters.message(SYSTEM, statement)}\n\n{write(why, pen)}")
