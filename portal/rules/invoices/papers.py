"""Invoices and credit notes as they are read, whichever page, file or command shows them (F2, F4, F6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from portal.rules.books import EntryKind
from portal.rules.invoices.crediting import Creditable, CreditNoteState
from portal.rules.invoices.due import InvoiceState, days_overdue
from portal.rules.invoices.lines import RATE_PLACES, RateTotal
from portal.rules.invoices.prices import Prices
from portal.rules.money import divided
from portal.rules.periods import Period
from portal.rules.statements.figures import Party


class PaperLine(NamedTuple):
    """A line of an invoice with what it came to and what was credited of it, in minor units. `position` begins at 1."""

    position: int
    description: str
    quantity: Decimal
    unit_minor: int
    discount: Decimal
    rate: Decimal
    account: Party
    period: Period | None
    net: int
    tax: int
    gross: int
    credited_net: int = 0
    credited_tax: int = 0

    @property
    def creditable(self) -> Creditable:
        return Creditable(self.position, self.net, self.tax, self.credited_net, self.credited_tax)


class PartTotal(NamedTuple):
    """What the lines of one account come to, in minor units."""

    account: Party
    net: int
    tax: int
    gross: int


class Settlement(NamedTuple):
    """What settles an invoice: the payment or credit, its kind, how much of it in minor units, and from which day."""

    number: str
    public_id: str
    kind: EntryKind
    description: str
    amount: int
    on: date


class CreditedBy(NamedTuple):
    """A credit note of an invoice; `total` in minor units, positive."""

    number: str
    public_id: str
    on: date
    reason: str
    total: int


@dataclass(frozen=True, slots=True)
class Parties:
    """Seller and buyer as an invoice names them: as they were on the day it was issued."""

    seller: str
    seller_address: str
    seller_contact: str
    seller_tax_id: str
    buyer: str
    buyer_address: str


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice as of `today`, in minor units; a draft has no number, and nothing of it is open.

    `holder` is with whom it stands now, where balances are shared (P2). `announced` is what is allocated from a later
    day on, `refundable` what was paid on it and is not paid back, `creditable` the total less what is credited.
    `reversed_by` are number and public id of its reversal.
    """

    public_id: str
    number: str | None
    external_id: str | None
    description: str
    partner: str
    payer: Party
    holder: Party
    issued_for: Party
    on: date
    due: date
    today: date
    currency: str
    prices: Prices
    reference: str
    parties: Parties
    lines: tuple[PaperLine, ...]
    credited: int = 0
    allocated: int = 0
    announced: int = 0
    refundable: int = 0
    creditable: int = 0
    state: InvoiceState = InvoiceState.DRAFT
    settlements: tuple[Settlement, ...] = ()
    credit_notes: tuple[CreditedBy, ...] = ()
    reversed_by: tuple[str, str] | None = None

    @property
    def is_draft(self) -> bool:
        return self.state is InvoiceState.DRAFT

    @property
    def net(self) -> int:
        return sum(line.net for line in self.lines)

    @property
    def tax(self) -> int:
        return sum(line.tax for line in self.lines)

    @property
    def total(self) -> int:
        return sum(line.gross for line in self.lines)

    @property
    def open(self) -> int:
        return 0 if self.is_draft else self.total - self.credited - self.allocated

    @property
    def days_overdue(self) -> int:
        """Days past due; 0 of an invoice that is not overdue."""
        return days_overdue(self.due, self.today) if self.state is InvoiceState.OVERDUE else 0

    @property
    def taxes(self) -> tuple[RateTotal, ...]:
        return rates((line.rate, line.net, line.tax) for line in self.lines)

    @property
    def accounts(self) -> tuple[PartTotal, ...]:
        """What each account's lines come to, beginning with that of the first line."""
        return accounts(self.lines)


class CreditedLine(NamedTuple):
    """What a credit note takes back of a line of its invoice, in minor units."""

    position: int
    description: str
    account: Party
    rate: Decimal
    net: int
    tax: int
    gross: int


@dataclass(frozen=True, slots=True)
class CreditNote:
    """A credit note, in minor units; amounts are positive. `invoice` are number and public id of what it credits, None
    for one that was imported. `unallocated` is what of it settles nothing.
    """

    public_id: str
    number: str
    external_id: str | None
    invoice: tuple[str, str] | None
    partner: str
    payer: Party
    issued_for: Party
    on: date
    currency: str
    reason: str
    parties: Parties
    lines: tuple[CreditedLine, ...]
    refunded: int
    unallocated: int
    state: CreditNoteState
    reversed_by: tuple[str, str] | None = None

    @property
    def net(self) -> int:
        return sum(line.net for line in self.lines)

    @property
    def tax(self) -> int:
        return sum(line.tax for line in self.lines)

    @property
    def total(self) -> int:
        return sum(line.gross for line in self.lines)

    @property
    def taxes(self) -> tuple[RateTotal, ...]:
        return rates((line.rate, line.net, line.tax) for line in self.lines)


def rates(parts: Iterable[tuple[Decimal, int, int]]) -> tuple[RateTotal, ...]:
    """Net and tax by rate, the lowest rate first."""
    sums: dict[Decimal, tuple[int, int]] = {}
    for rate, net, tax in parts:
        before = sums.get(rate, (0, 0))
        sums[rate] = before[0] + net, before[1] + tax
    return tuple(RateTotal(rate, net, tax) for rate, (net, tax) in sorted(sums.items()))


def accounts(lines: Sequence[PaperLine]) -> tuple[PartTotal, ...]:
    """What each account's lines come to, in the order in which the accounts first come."""
    sums: dict[str, PartTotal] = {}
    for line in lines:
        key = line.account.public_id
        party, net, tax, gross = sums.get(key) or PartTotal(line.account, 0, 0, 0)
        sums[key] = PartTotal(party, net + line.net, tax + line.tax, gross + line.gross)
    return tuple(sums.values())


def contained_rate(gross: int, tax: int) -> Decimal:
    """The tax rate of an amount that came with the tax in it: the roundest percentage that gives just this tax.

    An invoice that came as one amount says no rate (F4).
    """
    net = gross - tax
    if not tax or net <= 0:
        return Decimal(0)
    for places in range(RATE_PLACES + 1):
        unit = int(10**places)
        percent = divided(tax * 100 * unit, net)
        if divided(gross * percent, 100 * unit + percent) == tax:
            return Decimal(percent) / Decimal(unit)
    most = int(10**RATE_PLACES)
    return Decimal(divided(tax * 100 * most, net)) / Decimal(most)
