"""What is due of payers, as a preview shows it and a run bills it: both make the same of the same facts (F10)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache

from portal.actions.books.words import MEMBERSHIPS, SERVICES
from portal.actions.invoices.composing import Composed
from portal.actions.invoices.wanted import Wanted, default_rate
from portal.db.billing import due as rows
from portal.db.billing.due import PayerFacts, WaitingItem
from portal.db.billing.services import BilledService
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.types import rate_of
from portal.outside.pens import pen_for
from portal.rules.billing.running import Bill, Categories, DueAccount, DueItem, DueMembership, DueService, bill
from portal.rules.customers.status import Status
from portal.rules.invoices.due import read_terms
from portal.rules.memberships.renewing import due
from portal.rules.periods import Period
from portal.rules.sentences import write

TRIES = 5
_NOT_BILLED = (Status.NEW, Status.INACTIVE)


@dataclass(frozen=True, slots=True)
class PayerBill:
    """What a run makes of one payer now."""

    facts: PayerFacts
    bill: Bill

    @property
    def payer(self) -> Profile:
        return self.facts.payer


def bills(payer_ids: Sequence[int], on: date) -> list[PayerBill]:
    """What a run for a day would make of each of these payers for whom there is anything."""
    found = (PayerBill(facts, bill_of(facts, on)) for facts in rows.facts_of(payer_ids, on))
    return [one for one in found if one.bill]


def held(payer_id: int, on: date) -> PayerBill | None:
    """The same of one payer, who is held with its accounts until the transaction ends; None where nothing is due."""
    if customers.locks_are_final():
        return next(iter(bills([payer_id], on)), None)
    known = rows.accounts_of([payer_id])
    for _ in range(TRIES):
        customers.lock(known, exclusive=True)
        again = rows.accounts_of([payer_id])
        if again <= known:
            return next(iter(bills([payer_id], on)), None)
        known |= again
    raise AssertionError("links change faster than we can bill")


def bill_of(facts: PayerFacts, on: date) -> Bill:
    """What is due of a payer."""
    payer = facts.payer
    accounts = [
        DueAccount(
            account.public_id,
            _is_billed(account),
            [due for one in facts.services.get(account.id, ()) for due in _service(one, account)],
            [_item(one) for one in facts.items.get(account.id, ()) if one.currency == payer.currency],
            [
                DueMembership(one.row.id, renewals, default_rate(account))
                for one in facts.memberships.get(account.id, ())
                if one.plan.currency == payer.currency and (renewals := tuple(due(one.membership, on)))
            ],
        )
        for account in (*facts.accounts, *facts.others)
    ]
    return bill(
        payer.own_billing_day,
        on,
        accounts,
        payer.currency,
        payer.settings.prices,
        billed=_is_billed(payer),
        categories=_categories(payer.locale),
    )


def composed(found: PayerBill, on: date) -> Composed:
    """The invoice of a payer as it is going to be issued."""
    payer, invoice = found.payer, found.bill.invoice
    known = {one.public_id: one for one in (*found.facts.accounts, *found.facts.others)}
    accounts = {part.account: known[part.account] for part in invoice.accounts}
    last_day = read_terms(payer.settings.terms).due(on)
    wanted = Wanted(payer.public_id, on, (), due=last_day)
    return Composed(wanted, payer, payer, accounts, invoice, last_day, ())


@cache
def _categories(locale: str) -> Categories:
    pen = pen_for(locale)
    return Categories(write(SERVICES, pen), write(MEMBERSHIPS, pen))


def _is_billed(profile: Profile) -> bool:
    """C1: who is New or Inactive is not billed."""
    return profile.removed_at is None and profile.status.status not in _NOT_BILLED


def _service(one: BilledService, account: Profile) -> list[DueService]:
    """A service as what it is from each change on: each costs something for itself (M1)."""
    own: Decimal = account.settings.tax_rate if account.tax_rate is None else account.tax_rate
    rate = own if one.tax_rate is None else one.tax_rate
    return [DueService(one.id, version.plan, terms, rate, one.prices) for version, terms in one.timeline.segments()]


def _item(one: WaitingItem) -> DueItem:
    days = Period(one.from_on, one.to_on) if one.from_on and one.to_on else None
    rate = None if one.rate_e3 is None else rate_of(one.rate_e3)
    return DueItem(
        one.id,
        one.booked_on,
        one.amount_minor,
        one.tax_minor,
        one.description.strip() or one.number,
        one.category,
        rate,
        one.credits_id,
        days,
    )


def together(found: Iterable[PayerBill]) -> dict[str, int]:
    """What the invoices of payers come to, by currency, in minor units."""
    sums: dict[str, int] = {}
    for one in found:
        if one.bill.lines:
            sums[one.bill.currency] = sums.get(one.bill.currency, 0) + one.bill.invoice.total
    return sums
