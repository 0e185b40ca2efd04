"""An invoice before it is issued: whom its lines are for, what it comes to, and why it cannot be issued.

Issuing, its preview and drafts compose with the same function, so a preview shows and refuses what issuing does (F10).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from portal.actions.books import drafts
from portal.actions.books.drafts import Move
from portal.actions.books.words import on_the_books
from portal.actions.invoices.wanted import Wanted, check, read_lines
from portal.db.books import posting as ledger
from portal.db.books.posting import AccountKey, Half, NewEntry
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.invoices import finding
from portal.rules.books import COUNTERPART, EntryKind, Ledger
from portal.rules.errors import Reason
from portal.rules.invoices import lines as arithmetic
from portal.rules.invoices.due import read_terms
from portal.rules.invoices.lines import Computed, Line
from portal.rules.invoices.papers import Invoice, PaperLine, Parties
from portal.rules.sentences import Sentence, say, verbatim
from portal.rules.statements.figures import Party


@dataclass(frozen=True, slots=True)
class Composed:
    """An invoice that could be issued. The account of each line is a key of `accounts`, a public id.

    `against` is what stands against it by its lines alone: their accounts (F3) and what they come to (F4).
    """

    wanted: Wanted
    profile: Profile
    payer: Profile
    accounts: dict[str, Profile]
    invoice: Computed
    due: date
    against: tuple[Reason, ...]

    @property
    def issued_for(self) -> Profile:
        """Whom it is issued for: the account of its lines where that is one, else who pays."""
        return next(iter(self.accounts.values())) if len(self.accounts) == 1 else self.payer


Find = Callable[[list[str]], dict[str, Profile]]
"""Gives customers by their references, as far as they are there."""


def compose(
    profile: Profile,
    payer: Profile,
    wanted: Wanted,
    *,
    lines: Sequence[Line] | None = None,
    find: Find = customers.by_references,
) -> Composed:
    """What was asked for on the books of whoever pays for a customer. Raises Invalid for what cannot be read.

    `lines` are those of `wanted` where they were read already.
    """
    if lines is None:
        check(wanted)
        lines = read_lines(wanted.lines, profile)
    accounts, reasons = _accounts(profile, payer, lines, find)
    named = [replace(line, account=accounts[line.account].public_id) for line in lines if line.account in accounts]
    prices = wanted.prices or profile.settings.prices
    invoice = arithmetic.computed(named, prices, profile.currency)
    if not reasons:
        reasons = arithmetic.refusals(invoice)
    return Composed(
        wanted,
        profile,
        payer,
        {one.public_id: one for one in accounts.values()},
        invoice,
        wanted.due or read_terms(profile.settings.terms).due(wanted.on),
        tuple(reasons),
    )


def _accounts(
    profile: Profile, payer: Profile, lines: Iterable[Line], find: Find
) -> tuple[dict[str, Profile], list[Reason]]:
    """Whom the lines are for, by what each of them wrote, in their order; and who is not paid for here (F3)."""
    written = list(dict.fromkeys(line.account for line in lines))
    known = {reference: one for one in (payer, profile) for reference in (one.reference, one.public_id)}
    if unknown := [text for text in written if text and text not in known]:
        known |= find(unknown)
    found: dict[str, Profile] = {}
    reasons = []
    for text in written:
        account = known.get(text) if text else profile
        if account is not None and account.removed_at is None and account.payer_id == payer.id:
            found[text] = account
        else:
            reasons.append(not_paid_for(text, payer))
    return found, reasons


def not_paid_for(text: str, payer: Profile) -> Reason:
    """Why a line cannot be for an account (F3)."""
    message = say("{payer} pays for no account called “{account}”.", payer=payer.name, account=text[:100])
    remedy = say("A line is for {payer} itself, or for somebody whom it pays for now.", payer=payer.name)
    return Reason("F3", message, remedy)


# Its entry ------------------------------------------------------------------------------------------------------------


def entry_of(
    composed: Composed,
    *,
    public_id: str | None = None,
    once: str | None = None,
    make: bool = True,
    checked: bool = False,
) -> drafts.Draft:
    """The entry that issuing writes: a half for each account on the payer's House Account (F2, F11).

    `checked` says that its external id was looked up already.
    """
    profile, payer, wanted, invoice = composed.profile, composed.payer, composed.wanted, composed.invoice
    own = AccountKey(profile.partner_id, payer.id, Ledger.HOUSE.value, profile.currency)
    other = AccountKey(profile.partner_id, None, COUNTERPART[EntryKind.INVOICE], profile.currency)
    ids = ledger.account_ids([own, other], make=make)
    charged = [Half(ids[own], -part.gross, True, composed.accounts[part.account].id) for part in invoice.accounts]
    entry = NewEntry(
        partner_id=profile.partner_id,
        payer_id=payer.id,
        issued_for_id=composed.issued_for.id,
        booked_on=wanted.on,
        kind=EntryKind.INVOICE,
        ledger=Ledger.HOUSE.value,
        currency=profile.currency,
        amount_minor=-invoice.total,
        halves=(*charged, Half(ids[other], invoice.total, False)),
        external_id=wanted.external_id,
        number=wanted.number,
        tax_minor=invoice.tax,
        description=on_the_books(_heading(invoice), profile),
        category=_category(invoice),
        idempotency_key=once,
        due_on=composed.due,
        public_id=public_id,
    )
    moves = tuple(Move(payer.id, payer.name, Ledger.HOUSE, half.amount_minor) for half in charged)
    elsewhere = [] if checked else _drafted_elsewhere(wanted.external_id, public_id)
    against = (*composed.against, *elsewhere)
    return drafts.Draft(entry, moves, profile.time_zone, against)


def _heading(invoice: Computed) -> Sentence:
    """What the line of a statement says of it: its first line, and how many more there are."""
    if not invoice.lines:
        return verbatim("")
    first, more = verbatim(invoice.lines[0].line.description), len(invoice.lines) - 1
    if not more:
        return first
    return say("{first} and {number} more", first=first, number=more)


def _category(invoice: Computed) -> str:
    """The category of the whole where all its lines have the same."""
    found = {one.line.category for one in invoice.lines}
    return found.pop() if len(found) == 1 else ""


def _drafted_elsewhere(external_id: str | None, public_id: str | None) -> list[Reason]:
    """F2: an external id is that of one paper, drafts included."""
    there = finding.draft(external_id) if external_id else None
    if there is None or external_id is None or there.external_id != external_id or there.public_id == public_id:
        return []
    message = say("A draft has the external id “{id}”.", id=external_id)
    return [Reason("F2", message, say("Confirm the draft, or choose another external id."))]


def parties_of(payer: Profile) -> Parties:
    """Seller and buyer as they are now."""
    return Parties(
        payer.partner_name,
        payer.partner_address,
        payer.partner_contact,
        payer.settings.tax_id,
        payer.name,
        payer.address,
    )


# As it reads before it is issued --------------------------------------------------------------------------------------


def as_paper(composed: Composed, public_id: str, today: date) -> Invoice:
    """What it would say: no number, and nothing of it is open."""
    return Invoice(
        public_id=public_id,
        number=None,
        external_id=composed.wanted.external_id,
        description=on_the_books(_heading(composed.invoice), composed.profile),
        partner=composed.profile.partner_name,
        payer=party_of(composed.payer),
        holder=party_of(composed.payer),
        issued_for=party_of(composed.issued_for),
        on=composed.wanted.on,
        due=composed.due,
        today=today,
        currency=composed.invoice.currency,
        prices=composed.invoice.prices,
        reference="",
        parties=parties_of(composed.payer),
        lines=tuple(
            PaperLine(
                position,
                one.line.description,
                one.line.quantity,
                one.line.unit_minor,
                one.line.discount,
                one.line.tax_rate,
                party_of(composed.accounts[one.line.account]),
                one.line.period,
                one.net,
                one.tax,
                one.gross,
            )
            for position, one in enumerate(composed.invoice.lines, start=1)
        ),
    )


def party_of(profile: Profile) -> Party:
    """A customer as papers name it."""
    return Party(profile.reference, profile.public_id, profile.name, profile.address)
