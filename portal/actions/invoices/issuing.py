"""Issuing an invoice, at once or by way of a draft (F2 to F4, F11)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date

from portal.actions import access
from portal.actions.books import drafts as entries
from portal.actions.books.drafts import Draft
from portal.actions.books.settling import settle_charges
from portal.actions.books.writing import written
from portal.actions.invoices.composing import Composed, as_paper, compose, entry_of, parties_of
from portal.actions.invoices.mailing import mail_invoice
from portal.actions.invoices.wanted import Wanted, as_content, from_content, read_lines
from portal.db import idempotency as operations
from portal.db.audit import records as audit
from portal.db.books import posting as ledger
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.db.invoices import comparing, finding, items, reading, writing
from portal.db.invoices.comparing import Stored
from portal.db.invoices.finding import StoredDraft as StoredDraft
from portal.db.invoices.writing import NewInvoice
from portal.outside import clock
from portal.outside.bank.accounts import iso_reference
from portal.rules import seen
from portal.rules.balances import Balances
from portal.rules.books import EntryKind
from portal.rules.deciding import Actor
from portal.rules.errors import Missing, Reason, Refused
from portal.rules.invoices.lines import ComputedLine, Line
from portal.rules.invoices.papers import Invoice
from portal.rules.money import Money
from portal.rules.partners import AllocationMode, ReferenceForm
from portal.rules.permissions import Permission
from portal.rules.sentences import say

TRIES = 5


@dataclass(frozen=True, slots=True)
class Issued:
    """An invoice or a draft: its public id, and its number, None of a draft. `created` is False for one that was there
    already with the same content.
    """

    public_id: str
    number: str | None
    created: bool = True


@dataclass(frozen=True, slots=True)
class Preview:
    """What issuing would do: the invoice as it would read, and the payer's balances before and after it as of `on`,
    today or the day of an invoice that is dated ahead. `settled` is what of it unallocated credit pays at once (F7).
    `reasons` say why it is refused; `mark` stands for all of it.
    """

    paper: Invoice
    on: date
    before: Balances
    after_minor: int
    settled: int
    reasons: tuple[Reason, ...]
    mark: str


@writes(once="invoice.issue", answer=Issued, joins=True)
def issue(actor: Actor, wanted: Wanted, *, mark: str | None = None, once: str | None = None) -> Issued:
    """Issue an invoice on the books of whoever pays for the customer now (F11).

    The same external id with the same content issues nothing and answers with what is there. Raises Missing,
    NotAllowed, Invalid, and Refused with everything that stands against it: an external id or a number that is taken
    (F2), accounts that are not paid for (F3), a total below zero (F4), a closed month (F8); and Conflict when what the
    preview `mark` showed has changed.
    """
    profile = _held(wanted, exclusive=mark is not None)
    access.require(actor, Permission.FINANCE_POST, profile)
    if (there := _there(wanted, profile)) is not None:
        return there
    return _issued(actor, _composed(profile, wanted), mark=mark, once=once)


@writes(once="invoice.draft", answer=Issued)
def draft(actor: Actor, wanted: Wanted, *, once: str | None = None) -> Issued:
    """Keep an invoice as a draft, which has no number and touches nothing. Raises as `issue` does."""
    profile = _held(wanted)
    access.require(actor, Permission.FINANCE_POST, profile)
    if (there := _there(wanted, profile, as_draft=True)) is not None:
        return there
    composed = _composed(profile, wanted)
    _refuse([*composed.against, *_taken(wanted)])
    public_id = writing.add_draft(
        profile.partner_id,
        profile.id,
        as_content(wanted),
        external_id=wanted.external_id,
        actor=actor.label,
        at=clock.now(),
    )
    text = say("Draft of an invoice of {amount}", amount=Money(composed.invoice.total, profile.currency))
    audit.record(actor, "invoice.draft", text, subject_id=profile.id, draft=public_id)
    return Issued(public_id, None)


@writes(once="invoice.draft.change", answer=Issued)
def change_draft(
    actor: Actor, draft: str, wanted: Wanted, *, mark: str | None = None, once: str | None = None
) -> Issued:
    """Change a draft. `mark` is what `draft_mark` said of the one that was opened; raises Conflict where somebody else
    has changed it meanwhile, else as `issue` does.
    """
    profile = _held(wanted)
    access.require(actor, Permission.FINANCE_POST, profile)
    stored = _stored(actor, draft)
    seen.unchanged(mark, draft_mark(stored))
    composed = _composed(profile, replace(wanted, external_id=stored.external_id))
    _refuse(composed.against)
    writing.change_draft(stored.id, as_content(wanted), actor=actor.label, at=clock.now())
    text = say("Draft of an invoice changed to {amount}", amount=Money(composed.invoice.total, profile.currency))
    audit.record(actor, "invoice.draft", text, subject_id=profile.id, draft=stored.public_id)
    return Issued(stored.public_id, None)


@writes(once="invoice.draft.drop", answer=None)
def drop_draft(actor: Actor, draft: str, *, once: str | None = None) -> None:
    """Throw a draft away. Raises Missing and NotAllowed."""
    stored = _stored(actor, draft)
    writing.drop_draft(stored.id)
    audit.record(
        actor, "invoice.draft", say("Draft of an invoice thrown away"), subject_id=stored.customer_id, draft=draft
    )


@writes(once="invoice.issue", answer=Issued)
def confirm(
    actor: Actor, draft: str, *, on: date | None = None, mark: str | None = None, once: str | None = None
) -> Issued:
    """Issue a draft, named by its external or public id, under its own date or another; it keeps its public id.

    One that was confirmed before is answered again. Raises as `issue` does.
    """
    stored = _stored_or_issued(actor, draft)
    if isinstance(stored, Issued):
        return stored
    wanted = from_content(stored.content, stored.customer, stored.external_id).dated(on)
    profile = _held(wanted, exclusive=mark is not None)
    composed = _composed(profile, wanted)
    issued = _issued(actor, composed, public_id=stored.public_id, mark=mark, once=once)
    writing.drop_draft(stored.id)
    return issued


@writes(once="invoice.issue", answer=Issued)
def issue_as(
    actor: Actor, wanted: Wanted, *, draft: str | None = None, mark: str | None = None, once: str | None = None
) -> Issued:
    """Issue what was written, and with it end the draft it came from, whose public id it keeps. Raises as `issue`."""
    stored = _stored(actor, draft) if draft else None
    if stored is not None:
        wanted = replace(wanted, external_id=stored.external_id)
    profile = _held(wanted, exclusive=mark is not None)
    access.require(actor, Permission.FINANCE_POST, profile)
    public_id = stored.public_id if stored else None
    issued = _issued(actor, _composed(profile, wanted), public_id=public_id, mark=mark, once=once)
    if stored is not None:
        writing.drop_draft(stored.id)
    return issued


@snapshot
def foresee(actor: Actor, wanted: Wanted, *, draft: str | None = None) -> Preview:
    """What issuing would do, and why it would be refused; `draft` is the public id of the draft it comes from.

    Raises Missing, NotAllowed and Invalid.
    """
    profile = customers.require(wanted.customer)
    access.require(actor, Permission.FINANCE_POST, profile)
    composed = _composed(profile, wanted)
    return _preview(composed, entry_of(composed, public_id=draft, make=False), draft or "")


@snapshot
def stored_draft(actor: Actor, draft: str) -> StoredDraft:
    """A draft as it is kept, named by its external or public id. Raises Missing and NotAllowed."""
    return _stored(actor, draft, hold=False)


# Steps ----------------------------------------------------------------------------------------------------------------


def write(composed: Composed, draft: Draft, actor: Actor, *, mark: str | None = None) -> ledger.Written:
    """Write an invoice with its entry and lines. Raises Refused with all that stands against it, and Conflict."""
    new = written(draft, actor) if mark is None else _as_shown(composed, draft, actor, mark)
    payer = composed.payer
    parties, lines = asdict(parties_of(payer)), lines_of(composed)
    writing.add_invoices([NewInvoice(new.id, composed.invoice.prices, reference_of(payer, new.number), parties, lines)])
    if settles_by_itself(payer):
        settle_charges(actor, [new.id])
    return new


def lines_of(composed: Composed) -> list[tuple[ComputedLine, int, str]]:
    """The lines of an invoice as they are written, each with its account and category."""
    return [(one, composed.accounts[one.line.account].id, one.line.category) for one in composed.invoice.lines]


def settles_by_itself(payer: Profile) -> bool:
    """Whether what is unallocated settles a new invoice at once, by the partner's setting (F7)."""
    return payer.settings.allocation is AllocationMode.OLDEST


def reference_of(payer: Profile, number: str) -> str:
    """By what a payment names an invoice (F12): its ISO 11649 reference, or its number where there is none."""
    iso = iso_reference(number) if payer.settings.reference is ReferenceForm.ISO11649 else ""
    return iso or number


def _as_shown(composed: Composed, draft: Draft, actor: Actor, mark: str) -> ledger.Written:
    _refuse(entries.refusals(draft))
    seen.unchanged(mark, _preview(composed, draft, draft.entry.public_id or "").mark)
    return written(draft, actor)


def _issued(
    actor: Actor, composed: Composed, *, public_id: str | None = None, mark: str | None, once: str | None
) -> Issued:
    new = write(composed, entry_of(composed, public_id=public_id, once=once), actor, mark=mark)
    profile = composed.profile
    text = say(
        "Invoice {number} of {amount}", number=new.number, amount=Money(composed.invoice.total, profile.currency)
    )
    audit.record(actor, "invoice.issue", text, subject_id=composed.issued_for.id, entry=new.public_id)
    payer, total = composed.payer, composed.invoice.total
    reference = reference_of(payer, new.number)
    mail_invoice(payer, new, total, composed.due, reference, opened=reading.open_minor(new.id))
    return Issued(new.public_id, new.number)


def _composed(profile: Profile, wanted: Wanted) -> Composed:
    payer = profile if profile.payer_id == profile.id else customers.by_id(profile.payer_id)
    return compose(profile, payer, wanted)


def _preview(composed: Composed, draft: Draft, public_id: str) -> Preview:
    today = clock.today(draft.time_zone)
    on = max(today, draft.entry.booked_on)
    payer = composed.payer
    before = ledger.balances({payer.id: payer.currency}, on)[payer.id]
    reasons = tuple(entries.refusals(draft))
    paper = as_paper(composed, public_id, today)
    after = before.house_minor - composed.invoice.total
    settled = min(composed.invoice.total, _unallocated(payer)) if settles_by_itself(payer) else 0
    shown = [
        draft.entry.payer_id,
        paper.on,
        paper.due,
        paper.lines,
        before.house_minor,
        settled,
        [str(r.message) for r in reasons],
    ]
    return Preview(paper, on, before, after, settled, reasons, operations.fingerprint(shown))


def _unallocated(payer: Profile) -> int:
    """What of payments and credits of a payer settles nothing yet, in its currency."""
    return sum(one.left_minor for one in items.open_credits([payer.id]) if one.currency == payer.currency)


def _refuse(reasons: Iterable[Reason]) -> None:
    if reasons := tuple(reasons):
        raise Refused(reasons)


def _held(wanted: Wanted, *, exclusive: bool = False) -> Profile:
    """The customer; with it, who pays for it and the accounts of the lines held against a change of links."""
    accounts = {line.account.strip() for line in wanted.lines if line.account.strip()}
    profile = customers.by_reference(wanted.customer)
    for _ in range(TRIES):
        if profile is None:
            raise Missing(say("There is no customer “{reference}”.", reference=wanted.customer))
        if customers.locks_are_final():
            return profile
        others = customers.by_references(accounts).values() if accounts else ()
        alone = exclusive or settles_by_itself(profile)
        customers.lock({profile.id, profile.payer_id, *(one.id for one in others)}, exclusive=alone)
        again = customers.by_reference(wanted.customer)
        if again is not None and again.payer_id == profile.payer_id:
            return again
        profile = again
    raise AssertionError("links change faster than we can issue")


# What is there already ------------------------------------------------------------------------------------------------


def draft_mark(stored: StoredDraft) -> str:
    """What stands for a draft as it is: an older page of it is out of date."""
    return operations.fingerprint([stored.public_id, stored.content, stored.changed_at])


def _stored(actor: Actor, draft: str, *, hold: bool = True) -> StoredDraft:
    stored = finding.draft(draft, hold=hold)
    if stored is None:
        raise Missing(say("There is no draft “{name}”.", name=draft[:100]))
    access.require(actor, Permission.FINANCE_POST, customers.by_id(stored.customer_id))
    return stored


def _stored_or_issued(actor: Actor, draft: str) -> StoredDraft | Issued:
    """The draft, or the invoice that it became."""
    if finding.draft(draft) is None:
        found = [one for one in finding.papers(EntryKind.INVOICE, draft) if draft in (one.external_id, one.public_id)]
        if found:
            access.require(actor, Permission.FINANCE_POST, customers.by_id(found[0].holder_id))
            return Issued(found[0].public_id, found[0].number, created=False)
    return _stored(actor, draft)


def _there(wanted: Wanted, profile: Profile, *, as_draft: bool = False) -> Issued | None:
    """What the external id names already. Raises Refused where it says something else (F2)."""
    if wanted.external_id is None:
        return None
    stored = finding.draft(wanted.external_id)
    if stored is not None and stored.external_id == wanted.external_id and as_draft:
        if stored.customer_id == profile.id and stored.content == as_content(wanted):
            return Issued(stored.public_id, None, created=False)
        raise Refused([_other(wanted.external_id, ("content",))])
    found = comparing.stored([wanted.external_id]).get(wanted.external_id)
    if found is None:
        return None
    differing = differences(wanted, profile, read_lines(wanted.lines, profile), found)
    if differing:
        raise Refused([_other(wanted.external_id, differing)])
    return Issued(found.public_id, found.number, created=False)


def _taken(wanted: Wanted) -> list[Reason]:
    if wanted.external_id is None or finding.by_external_id(wanted.external_id) is None:
        return []
    return [_other(wanted.external_id, ("content",))]


def _other(external_id: str, differing: Iterable[str]) -> Reason:
    columns = ", ".join(differing)
    message = say("“{id}” is in the books already with another {columns}.", id=external_id, columns=columns)
    return Reason("F2", message, say("Choose another external id; what was issued never changes."))


def differences(wanted: Wanted, profile: Profile, lines: Sequence[Line], there: Stored) -> tuple[str, ...]:
    """In what an invoice in the books differs from what was asked for; nothing where we chose the value ourselves."""
    if there.prices is None:
        return ("kind",)
    same_lines = len(lines) == len(there.lines) and all(
        stored.says(line, account=line.account or profile.public_id, names_rate=bool(text.tax_rate.strip()))
        for text, line, stored in zip(wanted.lines, lines, there.lines, strict=True)
    )
    pairs = {
        "date": wanted.on == there.on,
        "due": wanted.due in (None, there.due),
        "number": wanted.number in (None, there.number),
        "prices": wanted.prices in (None, there.prices),
        "lines": same_lines,
    }
    return tuple(name for name, same in pairs.items() if not same)
