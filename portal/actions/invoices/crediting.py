"""Issuing a credit note: the exact mirror of what it takes back of an invoice, on the books that has moved to (F6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from portal.actions import access
from portal.actions.books import drafts as entries
from portal.actions.books.checks import date_problem, text_problems
from portal.actions.books.drafts import Draft, Move
from portal.actions.books.writing import written
from portal.actions.invoices import show
from portal.db import idempotency as operations
from portal.db.audit import records as audit
from portal.db.books import closing
from portal.db.books import posting as ledger
from portal.db.books.posting import AccountKey, Half, NewEntry
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.db.invoices import finding, reading, settling, writing
from portal.db.invoices.finding import Paper
from portal.db.invoices.reading import CREDITING
from portal.db.invoices.settling import NewAllocation
from portal.db.invoices.writing import NewCreditedLine
from portal.outside import clock
from portal.rules import seen
from portal.rules.amounts import NoAmount, parse_amount
from portal.rules.balances import Balances
from portal.rules.books import COUNTERPART, EntryKind, Ledger
from portal.rules.closing import first_open
from portal.rules.deciding import Actor
from portal.rules.errors import Invalid, Reason, Refused
from portal.rules.invoices import allocating
from portal.rules.invoices.allocating import Allocation
from portal.rules.invoices.crediting import Choice, Credited, credit_amount, credit_lines, credit_whole
from portal.rules.invoices.papers import Invoice, PaperLine
from portal.rules.invoices.settling import AllocationKind
from portal.rules.money import Money
from portal.rules.permissions import Permission
from portal.rules.sentences import Remark, say


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to credit of an invoice, named as people name it: all that remains, or lines, or an amount over the lines.

    Amounts are gross, in minor units. Without `on` it is dated today, or as the invoice where that is dated
    ahead, or the first open day where that is closed (F8).
    """

    invoice: str
    reason: str
    whole: bool = False
    lines: tuple[Choice, ...] = ()
    amount: int | None = None
    on: date | None = None
    external_id: str | None = None
    partner: str | None = None


@dataclass(frozen=True, slots=True)
class CreditNoteIssued:
    """A credit note: its public id and number. `created` is False for one that was there already."""

    public_id: str
    number: str
    created: bool = True


@dataclass(frozen=True, slots=True)
class CreditPreview:
    """What crediting would do: the parts of lines, what of it lowers what is open, and what it frees of payments.

    Amounts are minor units; `before` are the balances of whoever the invoice stands with, as of `on`.
    """

    paper: Invoice
    on: date
    parts: tuple[tuple[PaperLine, Credited], ...]
    net: int
    tax: int
    total: int
    freed: int
    before: Balances
    after_minor: int
    reasons: tuple[Reason, ...]
    mark: str


@writes(once="credit_note.issue", answer=CreditNoteIssued, joins=True)
def issue(actor: Actor, wanted: Wanted, *, mark: str | None = None, once: str | None = None) -> CreditNoteIssued:
    """Credit an invoice, wholly, by lines or by an amount; what is above what is open takes allocations back, newest
    first, which leaves that money unallocated (F6).

    The same external id with the same content credits nothing again. Raises Missing, NotAllowed, Invalid, Refused for
    what is above what remains, a reversed invoice, an external id that is taken (F2) and a closed month (F8), and
    Conflict when what the preview `mark` showed has changed.
    """
    _check(wanted)
    found = show.named(
        actor, EntryKind.INVOICE, wanted.invoice.strip(), partner=wanted.partner, permission=Permission.FINANCE_POST
    )
    customers.lock({found.issued_for_id, found.payer_id, found.holder_id}, exclusive=mark is not None)
    access.require(actor, Permission.FINANCE_POST, customers.by_id(finding.by_id(found.id).holder_id))
    return step(actor, found, wanted, mark=mark, once=once)


def step(
    actor: Actor, found: Paper, wanted: Wanted, *, mark: str | None = None, once: str | None = None
) -> CreditNoteIssued:
    """Credit an invoice within the caller's transaction, which decided that it may be done and holds the customers."""
    paying = settling.remaining(targets=[found.id], kinds=[AllocationKind.PAYMENT])
    settling.hold([found.id, *(one.source_id for one in paying)])
    found = finding.by_id(found.id)
    if (there := _there(wanted, found)) is not None:
        return there
    holder = customers.by_id(found.holder_id)
    paper = reading.invoice(found.id)
    credit = _credited(wanted, found, paper)
    draft = _entry_of(wanted, found, holder, paper, credit, once)
    if mark is not None:
        seen.unchanged(mark, _preview(found, paper, credit, draft, holder).mark)
    new = written(draft, actor)
    lines = _lines(found, paper, credit)
    writing.add_credit_note(new.id, found.id, lines)
    _settle(actor, found, new.id, draft.entry.booked_on, lines)
    text = say(
        "Credit note {number} of {amount} for {invoice}: {reason}",
        number=new.number,
        amount=Money(draft.entry.amount_minor, holder.currency),
        invoice=found.number,
        reason=Remark(wanted.reason),
    )
    audit.record(actor, "credit_note.issue", text, subject_id=draft.entry.issued_for_id, entry=new.public_id)
    return CreditNoteIssued(new.public_id, new.number)


@snapshot
def foresee(actor: Actor, wanted: Wanted) -> CreditPreview:
    """What crediting would do, and why it would be refused but for the lines. Raises as `issue`, but for Conflict."""
    _check(wanted)
    found = show.named(
        actor, EntryKind.INVOICE, wanted.invoice.strip(), partner=wanted.partner, permission=Permission.FINANCE_POST
    )
    holder = customers.by_id(found.holder_id)
    paper = reading.invoice(found.id)
    credit = _credited(wanted, found, paper)
    return _preview(found, paper, credit, _entry_of(wanted, found, holder, paper, credit, None, make=False), holder)


def amount_of(text: str, currency: str) -> int:
    """An amount as a command has it, in minor units. Raises Invalid."""
    try:
        return parse_amount(text.strip(), currency)
    except NoAmount as fault:
        raise Invalid({"amount": fault.sentence}) from None


# Steps ----------------------------------------------------------------------------------------------------------------


def _check(wanted: Wanted) -> None:
    problems = text_problems(reason=wanted.reason, external_id=wanted.external_id)
    if wanted.on is not None:
        problems |= date_problem(wanted.on)
    if not wanted.reason.strip():
        problems["reason"] = say("Say why it is credited.")
    ways = wanted.whole + bool(wanted.lines) + (wanted.amount is not None)
    if ways != 1:
        problems["what"] = say("Credit the whole invoice, or some lines, or an amount: one of the three.")
    if problems:
        raise Invalid(problems)


def _credited(wanted: Wanted, found: Paper, paper: Invoice) -> tuple[Credited, ...]:
    """What is taken back of which line. Raises Refused for more than remains, and for an invoice that was reversed."""
    if found.reversed_by:
        message = say("{number} was reversed by {other}.", number=found.number, other=found.reversed_by)
        raise Refused([Reason("F6", message, say("Nothing of it remains to be credited."))])
    lines = [line.creditable for line in paper.lines]
    if wanted.whole:
        return credit_whole(lines, paper.currency)
    if wanted.amount is not None:
        return credit_amount(lines, wanted.amount, paper.currency)
    return credit_lines(lines, wanted.lines, paper.currency)


def _entry_of(
    wanted: Wanted,
    found: Paper,
    holder: Profile,
    paper: Invoice,
    credit: Sequence[Credited],
    once: str | None,
    *,
    make: bool = True,
) -> Draft:
    """The entry on the books of whom the invoice stands with, a half for each account (F11, P2)."""
    own = AccountKey(found.partner_id, holder.id, Ledger.HOUSE.value, paper.currency)
    other = AccountKey(found.partner_id, None, COUNTERPART[EntryKind.CREDIT_NOTE], paper.currency)
    ids = ledger.account_ids([own, other], make=make)
    total = sum(part.gross for part in credit)
    by_account: dict[int, int] = defaultdict(int)
    for line in _lines(found, paper, credit):
        by_account[line.account_id] += line.gross
    halves = [Half(ids[own], gross, True, account) for account, gross in by_account.items()]
    today = clock.today(holder.time_zone)
    entry = NewEntry(
        partner_id=found.partner_id,
        payer_id=holder.id,
        issued_for_id=next(iter(by_account)) if len(by_account) == 1 else holder.id,
        booked_on=wanted.on or first_open(max(today, paper.on), closing.closed_through(found.partner_id)),
        kind=EntryKind.CREDIT_NOTE,
        ledger=Ledger.HOUSE.value,
        currency=paper.currency,
        amount_minor=total,
        halves=(*halves, Half(ids[other], -total, False)),
        external_id=wanted.external_id,
        tax_minor=sum(part.tax for part in credit),
        description=" ".join(wanted.reason.split())[:1_000],
        reason=wanted.reason.strip(),
        idempotency_key=once,
    )
    moves = tuple(Move(holder.id, holder.name, Ledger.HOUSE, half.amount_minor) for half in halves)
    return Draft(entry, moves, holder.time_zone)


def _lines(found: Paper, paper: Invoice, credit: Sequence[Credited]) -> list[NewCreditedLine]:
    lines = {line.position: line for line in paper.lines}
    accounts = customers.by_references({lines[part.line].account.public_id for part in credit})
    return [
        NewCreditedLine(
            part.line,
            int(lines[part.line].rate * 1_000),
            accounts[lines[part.line].account.public_id].id,
            part.net,
            part.tax,
            part.gross,
        )
        for part in credit
    ]


def _settle(actor: Actor, found: Paper, note_id: int, on: date, lines: Sequence[NewCreditedLine]) -> None:
    """Allocate a credit note to its invoice; what is above what is open takes what paid it back, newest first."""
    total = sum(line.gross for line in lines)
    standing = settling.remaining(targets=[found.id], kinds=[AllocationKind.PAYMENT])
    taken = allocating.freed_by_credit(total, reading.open_minor(found.id), [_standing(one) for one in standing])
    by_id = {one.id: one for one in standing}
    parts = settling.parts_left([one.key for one in taken]) if taken else {}
    charged: dict[int, int] = defaultdict(int)
    for line in lines:
        charged[line.account_id] += line.gross
    own = NewAllocation(note_id, found.id, total, max(on, found.booked_on), charged, AllocationKind.CREDIT_NOTE)
    back = [
        NewAllocation(
            by_id[one.key].source_id,
            found.id,
            -one.minor,
            max(on, by_id[one.key].counts_on),
            {account: -minor for account, minor in shared(one.minor, parts[one.key]).items()},
            by_id[one.key].kind,
            one.key,
        )
        for one in taken
    ]
    settling.settle([own, *back], actor=actor.label, at=clock.now())
    _even(actor, found.id, own.counts_on)


def _even(actor: Actor, invoice_id: int, on: date) -> None:
    """Shift what paid the credited accounts of an invoice to its other ones, so that none is settled beyond what is
    left of it while another is open: the newest allocation first, each without becoming larger or smaller (F7).
    """
    charged = settling.charged_by_account([invoice_id])[invoice_id]
    if len(charged) < 2:
        return
    standing = settling.remaining(targets=[invoice_id])
    parts = settling.parts_left([one.id for one in standing])
    rest = dict(charged)
    for one in standing:
        if one.kind in CREDITING:
            for account, minor in parts[one.id].items():
                rest[account] -= minor
    paying = [one for one in standing if one.kind not in CREDITING]
    paying.sort(key=lambda one: (one.counts_on, one.id), reverse=True)
    shifts = allocating.evened(rest, [parts[one.id] for one in paying])
    settling.settle(
        [
            NewAllocation(one.source_id, invoice_id, 0, max(on, one.counts_on), shift, one.kind, one.id)
            for one, shift in zip(paying, shifts, strict=True)
            if shift
        ],
        actor=actor.label,
        at=clock.now(),
    )


def shared(minor: int, parts: dict[int, int]) -> dict[int, int]:
    """A part of an allocation over the accounts that it was divided over, in their proportion."""
    return dict(parts) if minor == sum(parts.values()) else allocating.by_account(minor, parts)


def _standing(one: settling.Settled) -> Allocation[int]:
    return Allocation(one.id, one.counts_on, one.id, one.amount_minor)


# A look ahead, and what is there already ------------------------------------------------------------------------------


def _preview(found: Paper, paper: Invoice, credit: Sequence[Credited], draft: Draft, holder: Profile) -> CreditPreview:
    today = clock.today(holder.time_zone)
    on = max(today, draft.entry.booked_on)
    total, opened = draft.entry.amount_minor, reading.open_minor(found.id)
    before = ledger.balances({holder.id: paper.currency}, on)[holder.id]
    lines = {line.position: line for line in paper.lines}
    reasons = tuple(entries.refusals(draft))
    shown = [
        found.public_id,
        list(credit),
        draft.entry.booked_on,
        opened,
        before.house_minor,
        [str(one.message) for one in reasons],
    ]
    return CreditPreview(
        paper,
        draft.entry.booked_on,
        tuple((lines[part.line], part) for part in credit),
        sum(part.net for part in credit),
        sum(part.tax for part in credit),
        total,
        max(0, total - opened),
        before,
        before.house_minor + total,
        reasons,
        operations.fingerprint(shown),
    )


def _there(wanted: Wanted, invoice: Paper) -> CreditNoteIssued | None:
    """The credit note that has the external id already. Raises Refused where it says something else (F2)."""
    found = finding.by_external_id(wanted.external_id) if wanted.external_id else None
    if found is None:
        return None
    differing = ["kind"]
    if found.kind is EntryKind.CREDIT_NOTE:
        note = reading.credit_note(found.id)
        pairs = {
            "invoice": note.invoice is not None and note.invoice[1] == invoice.public_id,
            "date": wanted.on in (None, note.on),
            "reason": wanted.reason.strip() == note.reason,
            "amount": _same_amounts(wanted, {line.position: line.gross for line in note.lines}),
        }
        differing = [name for name, same in pairs.items() if not same]
    if differing:
        columns = ", ".join(differing)
        message = say(
            "“{id}” is in the books already with another {columns}.", id=found.external_id or "", columns=columns
        )
        raise Refused([Reason("F2", message, say("Choose another external id; what was issued never changes."))])
    return CreditNoteIssued(found.public_id, found.number, created=False)


def _same_amounts(wanted: Wanted, credited: dict[int, int]) -> bool:
    """Whether a credit note could have come of what is asked for: of what remained then, nobody knows any more."""
    if wanted.amount is not None:
        return sum(credited.values()) == wanted.amount
    if wanted.whole:
        return True
    return {choice.line for choice in wanted.lines} == set(credited) and all(
        choice.gross in (None, credited[choice.line]) for choice in wanted.lines
    )
