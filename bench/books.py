"""Made-up books to measure on: payers with sub-accounts and many postings, the same each time."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta

from portal.db.books import posting as ledger
from portal.db.books.posting import AccountKey, Half, NewEntry
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import NewCustomer, NewPartner
from portal.db.engine import db, writes
from portal.db.links import linking as links
from portal.outside import clock
from portal.rules.books import COUNTERPART, EntryKind
from portal.rules.links.facts import BillingMode

FIRST, LAST = date(2021, 12, 1), date(2026, 11, 20)
MONTHS = 60
CHUNK = 10_000
KINDS = (EntryKind.INVOICE, EntryKind.INVOICE, EntryKind.PAYMENT, EntryKind.DEBIT)


@writes
def partner(name: str) -> int:
    """A partner; its id."""
    return customers.add_partner(NewPartner(name, "1 Quay Street\nBristol"))


@writes
def people(partner_id: int, prefix: str, count: int) -> list[int]:
    """Customers with the external ids `prefix-0` and so on; their ids."""
    return customers.add_customers(
        [
            NewCustomer(partner_id, f"{prefix.title()} {n}", clock.now(), external_id=f"{prefix}-{n}", kind="business")
            for n in range(count)
        ]
    )


@writes
def under(partner_id: int, main: int, subs: Sequence[int]) -> None:
    """Link sub-accounts, aggregated."""
    for sub in subs:
        links.begin(partner_id, main, sub, BillingMode.AGGREGATED, clock.now())


def history(
    partner_id: int, payer: int, accounts: Sequence[int], count: int, first: date = FIRST, days: int = 0
) -> None:
    """Write `count` entries on the payer's House Account, for its accounts in turn, over `days` from `first` on."""
    days = days or (LAST - first).days
    dice = random.Random(7)
    for start in range(0, count, CHUNK):
        _chunk(partner_id, payer, accounts, range(start, min(count, start + CHUNK)), (first, days, count), dice)
    db.session.remove()


@writes
def _chunk(
    partner_id: int,
    payer: int,
    accounts: Sequence[int],
    numbers: range,
    when: tuple[date, int, int],
    dice: random.Random,
) -> None:
    first, days, count = when
    own = AccountKey(partner_id, payer, "house", "EUR")
    others = {kind: AccountKey(partner_id, None, COUNTERPART[kind], "EUR") for kind in KINDS}
    ids = ledger.account_ids([own, *others.values()])
    entries = []
    for number in numbers:
        kind = dice.choice(KINDS)
        amount = kind.sign * dice.randint(100, 50_000)
        entries.append(
            NewEntry(
                partner_id=partner_id,
                payer_id=payer,
                issued_for_id=accounts[number % len(accounts)],
                booked_on=first + timedelta(days=number * days // count),
                kind=kind,
                ledger="house",
                currency="EUR",
                amount_minor=amount,
                halves=(Half(ids[own], amount, True), Half(ids[others[kind]], -amount, False)),
                description=f"Broadband, {dice.randrange(10_000)}",
                category="Internet",
            )
        )
    ledger.write_entries(entries, actor="bench", at=clock.now())
