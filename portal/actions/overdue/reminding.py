"""Reminders of what is overdue: one message for each payer and run, each level once for an invoice (F14)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from portal.actions import access
from portal.actions.billing.mails import mail_reminder, reminded_at
from portal.actions.billing.running import chosen
from portal.actions.books.checks import date_problem
from portal.actions.books.words import on_the_books
from portal.db import idempotency as operations
from portal.db import imports
from portal.db.audit import records as audit
from portal.db.billing import overdue as rows
from portal.db.billing import reminders as told_rows
from portal.db.billing.due import RunPartner
from portal.db.billing.overdue import Late
from portal.db.billing.reminders import NewReminder
from portal.db.billing.reminders import ToldReminder as ToldReminder
from portal.db.books import posting as books
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.db.imports import NewFutureItem
from portal.db.invoices import items
from portal.db.invoices.items import Item
from portal.db.types import new_public_id
from portal.outside import clock
from portal.rules import seen
from portal.rules.billing.reminding import Overdue, Reminder, read_levels, reminders
from portal.rules.books import FUTURE_SERIES, EntryKind
from portal.rules.deciding import Actor
from portal.rules.errors import Invalid
from portal.rules.invoices.due import days_overdue
from portal.rules.partners import DEFAULTS
from portal.rules.permissions import Permission
from portal.rules.sentences import say

PAGE_SIZE = 50
MOST_TOLD = 5
"""So many of the reminders that somebody got last are on its profile."""


@dataclass(frozen=True, slots=True)
class Told:
    """A level told of an invoice, amounts in minor units. `message` is the same for those told together; `address` is
    "" where nobody could be reached.
    """

    payer: str
    payer_name: str
    public_id: str
    invoice: str
    level: int
    amount: int
    fee: int
    currency: str
    message: str
    address: str


def run(actor: Actor, *, on: date | None = None, partner: str | None = None, dry_run: bool = False) -> list[Told]:
    """Remind every payer of what is overdue, by default as of each partner's own today; with `dry_run` say only who
    would be (F14). Each payer is a transaction of its own, so a run can be repeated and broken off.

    Raises NotAllowed, Missing and Invalid.
    """
    if on is not None and (wrong := date_problem(on)):
        raise Invalid(wrong)
    found: list[Told] = []
    for one in chosen(actor, partner):
        day = on or clock.today(one.time_zone)
        for payer_id in _overdue(one, day):
            found += _foresee(payer_id, day) if dry_run else _remind(actor, payer_id, day)
    return found


@dataclass(frozen=True, slots=True)
class Outlook:
    """Whom a run of today would tell; `mark` stands for it."""

    told: tuple[Told, ...]
    mark: str


def outlook(actor: Actor) -> Outlook:
    """Whom a run of today would tell, for all partners of whoever asks. Raises NotAllowed."""
    told = tuple(run(actor, dry_run=True))
    return Outlook(told, operations.fingerprint([(one.payer, one.invoice, one.level, one.amount) for one in told]))


@dataclass(frozen=True, slots=True)
class LateRow:
    """A payer that is overdue: since how many days, and the last level that it was told, 0 for none, and when."""

    payer: Late
    days: int
    level: int
    told_on: date | None


@dataclass(frozen=True, slots=True)
class LatePage:
    """A page of everybody who is overdue, those due the longest first; `total` counts all of them."""

    rows: tuple[LateRow, ...]
    total: int
    page: int
    pages: int


@snapshot
def everybody_late(actor: Actor, *, page: int = 1) -> LatePage:
    """Everybody who is overdue today, whoever would be reminded. Raises NotAllowed."""
    access.require(actor, Permission.FINANCE_POST)
    today = clock.today(DEFAULTS.time_zone)
    total = rows.count_late(actor.partner_id, today)
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(max(1, page), pages)
    found = rows.late(actor.partner_id, today, offset=(page - 1) * PAGE_SIZE, limit=PAGE_SIZE)
    told = told_rows.last_to([one.id for one in found]) if found else {}
    return LatePage(
        tuple(LateRow(one, days_overdue(one.since, today), *told.get(one.id, (0, None))) for one in found),
        total,
        page,
        pages,
    )


def remind_as_shown(actor: Actor, *, mark: str) -> int:
    """Tell whom a page showed: how many reminders. Raises Conflict where it would be others now, and NotAllowed.

    Sent twice, the second one has nobody left to tell.
    """
    seen.unchanged(mark, outlook(actor).mark)
    return len(run(actor))


@writes(once="reminders.exempt")
def exempt(actor: Actor, customer: str, value: bool, *, once: str | None = None) -> str:
    """Let a customer get no reminders, or get them again; its reference. Raises Missing and NotAllowed."""
    profile = customers.require(customer)
    access.require(actor, Permission.FINANCE_POST, profile)
    if told_rows.is_exempt(profile.id) is not value:
        told_rows.exempt(profile.id, value)
        text = say("Gets no reminders any more") if value else say("Gets reminders again")
        audit.record(actor, "customer.reminders", text, subject_id=profile.id)
    return profile.reference


@snapshot
def told_lately(actor: Actor, profile: Profile) -> list[ToldReminder]:
    """What a loaded customer was told last. Raises NotAllowed."""
    access.require(actor, Permission.CUSTOMERS_FINANCE, profile)
    return told_rows.told_to(profile.id, MOST_TOLD)


@snapshot
def is_exempt(profile: Profile) -> bool:
    """Whether a loaded customer gets no reminders."""
    return told_rows.is_exempt(profile.id)


@snapshot
def _overdue(one: RunPartner, on: date) -> list[int]:
    return sorted(rows.with_something_overdue(one.id, on))


@snapshot
def _foresee(payer_id: int, on: date) -> list[Told]:
    profile, due = _due(payer_id, on)
    return _told(profile, due, new_public_id())


@writes
def _remind(actor: Actor, payer_id: int, on: date) -> list[Told]:
    customers.lock([payer_id], exclusive=True)
    profile, due = _due(payer_id, on)
    if not due:
        return []
    fees = _charge_fees(actor, profile, [(item, one) for item, one in due if one.fee], on)
    lines = [(item.number, one.amount, item.due_on, one.level) for item, one in due]
    message = mail_reminder(profile, lines, max(one.level for _, one in due)) or new_public_id()
    at = clock.now()
    told_rows.add(
        [NewReminder(item.id, payer_id, one.level, on, at, one.amount, fees.get(item.id), message) for item, one in due]
    )
    numbers = ", ".join(item.number for item, _ in due)
    audit.record(actor, "reminders.told", say("Reminded of {numbers}", numbers=numbers), subject_id=payer_id)
    return _told(profile, due, message)


def _due(payer_id: int, on: date) -> tuple[Profile, list[tuple[Item, Reminder[int]]]]:
    """What a payer is told of by a run for a day, with the invoices."""
    profile = customers.by_id(payer_id)
    found = items.open_of(payer_id, on)
    owes = sum(one.open_minor for one in found) < 0
    levels = read_levels(profile.settings.reminders, profile.currency)
    if not owes or not levels or profile.removed_at is not None:
        return profile, []
    charges = [one for one in found if one.open_minor < 0]
    before = told_rows.last_of([one.id for one in charges])
    overdue = [Overdue(one.id, one.due_on, -one.open_minor, *before.get(one.id, (0, None))) for one in charges]
    told = reminders(levels, overdue, profile.settings.reminder_minimum, on, exempt=told_rows.is_exempt(profile.id))
    known = {one.id: one for one in charges}
    return profile, [(known[one.key], one) for one in told if known[one.key].kind is EntryKind.INVOICE]


def _charge_fees(actor: Actor, profile: Profile, due: Sequence[tuple[Item, Reminder[int]]], on: date) -> dict[int, int]:
    """Let the next invoice charge the fees: the future item of each invoice."""
    if not due:
        return {}
    numbers = books.take_numbers(profile.partner_id, FUTURE_SERIES, len(due))
    ids = imports.reserve_future_ids(len(due))
    imports.add_future_items(
        [
            NewFutureItem(
                id=key,
                external_id=None,
                partner_id=profile.partner_id,
                issued_for_id=profile.id,
                booked_on=on,
                currency=profile.currency,
                amount_minor=one.fee,
                tax_minor=0,
                number=number,
                sequence=sequence,
                description=on_the_books(say("Reminder of {number}", number=item.number), profile),
                category=on_the_books(say("Reminder fees"), profile),
                reverses_id=None,
                idempotency_key=None,
            )
            for key, (sequence, number), (item, one) in zip(ids, numbers, due, strict=True)
        ],
        actor=actor.label,
        at=clock.now(),
    )
    return {item.id: key for key, (item, _) in zip(ids, due, strict=True)}


def _told(profile: Profile, due: Sequence[tuple[Item, Reminder[int]]], message: str) -> list[Told]:
    address = reminded_at(profile)
    return [
        Told(
            profile.reference,
            profile.name,
            profile.public_id,
            item.number,
            one.level,
            one.amount,
            one.fee,
            profile.currency,
            message,
            address,
        )
        for item, one in due
    ]
