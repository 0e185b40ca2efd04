"""What customers and staff see of invoices and credit notes on pages and as files (S9, S10, F12)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from portal.actions import access
from portal.actions.invoices.show import draft_paper
from portal.db.billing import reminders as told_rows
from portal.db.billing.reminders import ToldReminder
from portal.db.books import posting as ledger
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot
from portal.db.invoices import finding, listing, origins, reading
from portal.db.invoices.finding import Paper
from portal.db.invoices.listing import Due as Due
from portal.db.invoices.listing import ListedInvoice as ListedInvoice
from portal.db.invoices.origins import Origin as Origin
from portal.outside import clock
from portal.outside.bank.paying import payment_block
from portal.rules.books import EntryKind
from portal.rules.deciding import Actor
from portal.rules.errors import Missing
from portal.rules.invoices.due import InvoiceState, days_overdue
from portal.rules.invoices.origins import OriginKind
from portal.rules.invoices.papers import CreditNote, Invoice
from portal.rules.paying import PaymentBlock
from portal.rules.permissions import Permission
from portal.rules.statements.figures import Letterhead

PAGE = 50
STATES = ("open", "overdue", "paid")
MOST_ORIGINS = 40
"""Lines that lead to where they come from; whoever pays for so many looks for the account first."""
OWN_ORIGINS = {
    OriginKind.SERVICE: Permission.SERVICES_VIEW,
    OriginKind.BOOKING: Permission.BOOKINGS_VIEW,
    OriginKind.MEMBERSHIP: Permission.MEMBERSHIPS_VIEW,
}
STAFF_ORIGINS = {
    OriginKind.SERVICE: Permission.CUSTOMERS_VIEW,
    OriginKind.BOOKING: Permission.BOOKINGS_DESK,
    OriginKind.MEMBERSHIP: Permission.BOOKINGS_DESK,
}
"""What one may look at, to be led there."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list of invoices shows: one of STATES or "" for all, a text in number or description, an account."""

    state: str = ""
    text: str = ""
    account: str = ""
    page: int = 1

    @property
    def filtered(self) -> bool:
        return bool(self.state or self.text or self.account)


@dataclass(frozen=True, slots=True)
class Row:
    """An invoice of the list, with what it is today."""

    invoice: ListedInvoice
    state: InvoiceState
    days_overdue: int


@dataclass(frozen=True, slots=True)
class InvoiceList:
    """A page of invoices as of `today`. `due` is None where the list shows a part of somebody's books (S13).

    `pay` says how to pay, where one invoice alone is open. `unallocated_minor` is credit that settles nothing yet.
    """

    rows: Sequence[Row]
    wanted: Filter
    total: int
    pages: int
    due: Due | None
    pay: PaymentBlock | None
    today: date
    currency: str


@dataclass(frozen=True, slots=True)
class InvoiceView:
    """An invoice on its page. `part_of` names who pays, where somebody sees only the lines issued for it (S9, S13), and
    `moved_to` who has what is open of it, where that is not whose page it is any more (P2).

    `pay` says how to pay what is open today; `credit_minor` is the payer's Customer Credit. `reminders`
    were told of it.
    """

    paper: Invoice
    letterhead: Letterhead
    pay: PaymentBlock | None
    credit_minor: int
    part_of: str = ""
    moved_to: str = ""
    reminders: tuple[ToldReminder, ...] = ()

    @property
    def shows_state(self) -> bool:
        """Whether what was paid and is open is theirs to see."""
        return not self.part_of


@snapshot
def list_invoices(actor: Actor, profile: Profile, wanted: Filter) -> InvoiceList:
    """A payer's invoices, or those issued for a secondary account. Raises NotAllowed and Missing."""
    access.require(actor, Permission.CUSTOMERS_FINANCE if actor.is_staff else Permission.STATEMENTS_VIEW, profile)
    today = clock.today(profile.time_zone)
    state = wanted.state if wanted.state in STATES else ""
    whole = profile.payer_id == profile.id
    asked = listing.Wanted(
        profile.payer_id, today, None if whole else profile.id, state, wanted.text.strip()[:100], wanted.account[:30]
    )
    total = listing.count(asked)
    pages = max(1, -(-total // PAGE))
    page = min(wanted.page, pages)
    rows = listing.page(asked, limit=PAGE, offset=(page - 1) * PAGE)
    due = listing.due(asked) if whole else None
    pay = None
    if due and due.number == 1:
        pay = payment_block(
            profile.settings, due.oldest_number, due.open_minor, profile.currency, holder=profile.partner_name
        )
    return InvoiceList(
        [_row(row, today) for row in rows],
        replace(wanted, state=state, page=page),
        total,
        pages,
        due,
        pay,
        today,
        profile.currency,
    )


def due_now(profile: Profile, on: date) -> Due:
    """What is open of a payer's invoices, for a caller inside a picture of its own."""
    return listing.due(listing.Wanted(profile.payer_id, on))


def _row(row: ListedInvoice, today: date) -> Row:
    late = row.due_on < today and row.open_minor > 0
    state = InvoiceState.OVERDUE if late else InvoiceState.OPEN if row.open_minor > 0 else InvoiceState.PAID
    return Row(row, state, days_overdue(row.due_on, today) if late else 0)


@snapshot
def open_invoice(actor: Actor, customer: str, public_id: str) -> InvoiceView:
    """An invoice or a draft on books that `customer` (public id) may see. Drafts are for staff.

    Raises Missing for any other, and NotAllowed for an aggregated sub-account.
    """
    profile = _profile(actor, customer)
    stored = finding.draft(public_id) if actor.is_staff else None
    if stored is not None:
        paper = draft_paper(stored)
        if stored.customer_id != profile.id and paper.payer.public_id != profile.public_id:
            raise Missing()
        return InvoiceView(paper, _letterhead(profile, paper), None, 0)
    found = _found(EntryKind.INVOICE, public_id)
    return _view(actor, profile, found)


@snapshot
def origins_of(actor: Actor, view: InvoiceView) -> dict[int, Origin]:
    """What the lines of an open invoice charge, by their positions: what the actor may look at."""
    found = origins.of_invoice(view.paper.public_id)
    if not found:
        return {}
    whose = customers.by_references(dict.fromkeys(one.customer for one in found[:MOST_ORIGINS]))
    needed = STAFF_ORIGINS if actor.is_staff else OWN_ORIGINS
    seen = {
        (key, kind)
        for key, profile in whose.items()
        for kind in {one.kind for one in found}
        if access.weigh(actor, needed[kind], profile)
    }
    return {one.position: one for one in found if (one.customer, one.kind) in seen}


@snapshot
def open_for_staff(actor: Actor, public_id: str) -> tuple[Profile, InvoiceView]:
    """An invoice or a draft, and on whose books it is. Raises Missing and NotAllowed."""
    stored = finding.draft(public_id)
    if stored is not None:
        profile = customers.by_id(stored.customer_id)
        access.require(actor, Permission.CUSTOMERS_FINANCE, profile)
        paper = draft_paper(stored)
        return profile, InvoiceView(paper, _letterhead(profile, paper), None, 0)
    found = _found(EntryKind.INVOICE, public_id)
    holder = customers.by_id(found.holder_id)
    access.require(actor, Permission.CUSTOMERS_FINANCE, holder)
    return holder, _view(actor, holder, found)


@snapshot
def open_credit_note(actor: Actor, customer: str, public_id: str) -> CreditNote:
    """A credit note on books that `customer` may see. Raises as `open_invoice` does."""
    profile = _profile(actor, customer)
    found = _found(EntryKind.CREDIT_NOTE, public_id)
    note = reading.credit_note(found.id)
    if profile.id in (found.payer_id, found.holder_id):
        return note
    lines = tuple(line for line in note.lines if line.account.public_id == profile.public_id)
    if not lines or not _may_see_part(actor, profile, found):
        raise Missing()
    return replace(note, lines=lines)


def _view(actor: Actor, profile: Profile, found: Paper) -> InvoiceView:
    paper = reading.invoice(found.id)
    if profile.id not in (found.payer_id, found.holder_id):
        lines = tuple(line for line in paper.lines if line.account.public_id == profile.public_id)
        if not lines or not _may_see_part(actor, profile, found):
            raise Missing()
        part = replace(paper, lines=lines, settlements=(), credit_notes=(), credited=0, allocated=0, announced=0)
        return InvoiceView(part, _letterhead(profile, part), None, 0, part_of=paper.holder.name)
    holder = profile if profile.id == found.holder_id else customers.by_id(found.holder_id)
    pay = payment_block(
        holder.settings,
        paper.number or "",
        paper.open,
        paper.currency,
        holder=holder.partner_name,
        reference=paper.reference,
    )
    credit = ledger.balances({holder.id: holder.currency}, paper.today)[holder.id].credit_minor
    told = tuple(told_rows.told_of(found.id))
    if profile.id != holder.id and paper.open > 0:
        return InvoiceView(paper, _letterhead(holder, paper), None, 0, moved_to=holder.name, reminders=told)
    return InvoiceView(paper, _letterhead(holder, paper), pay, credit, reminders=told)


def _profile(actor: Actor, customer: str) -> Profile:
    profile = customers.by_public_id(customer)
    if profile is None:
        raise Missing()
    access.require(actor, Permission.CUSTOMERS_FINANCE if actor.is_staff else Permission.STATEMENTS_VIEW, profile)
    return profile


def _found(kind: EntryKind, public_id: str) -> Paper:
    found = [one for one in finding.papers(kind, public_id) if one.public_id == public_id]
    if not found:
        raise Missing()
    return found[0]


def _may_see_part(actor: Actor, profile: Profile, found: Paper) -> bool:
    """S9: staff, and a secondary account on the balances it shares, see what was issued for it."""
    return actor.is_staff or (profile.is_secondary and profile.mate_id in (found.payer_id, found.holder_id))


def _letterhead(profile: Profile, paper: Invoice) -> Letterhead:
    """The seller as the invoice names it, in the language of its partner."""
    seller = paper.parties
    contact = "\n".join(text for text in (seller.seller_contact, seller.seller_tax_id) if text)
    return Letterhead(seller.seller, seller.seller_address, contact, profile.locale, profile.time_zone)


@snapshot
def drafts(actor: Actor, profile: Profile) -> list[Invoice]:
    """The drafts of invoices for a customer, the one changed last first; those whose lines can still be read."""
    access.require(actor, Permission.CUSTOMERS_FINANCE, profile)
    return [draft_paper(one) for one in finding.drafts_of([profile.id])]


@snapshot
def note_for_staff(actor: Actor, public_id: str) -> tuple[Profile, CreditNote]:
    """A credit note, and on whose books it is. Raises Missing and NotAllowed."""
    found = _found(EntryKind.CREDIT_NOTE, public_id)
    holder = customers.by_id(found.holder_id)
    access.require(actor, Permission.CUSTOMERS_FINANCE, holder)
    return holder, reading.credit_note(found.id)
