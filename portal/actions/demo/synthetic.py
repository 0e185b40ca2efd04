"""A large made-up data set, the same each time for the same sizes: for trying the portal at scale."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta

from portal.db.audit import records as audit
from portal.db.books import posting as ledger
from portal.db.books.posting import AccountKey, Half, NewEntry
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import NewCustomer, NewPartner
from portal.db.links import linking as links
from portal.outside import clock
from portal.rules.books import COUNTERPART, EntryKind
from portal.rules.customers.status import Kind
from portal.rules.deciding import SYSTEM
from portal.rules.links.facts import BillingMode
from portal.rules.sentences import say

CHUNK = 10_000
DAYS = 3 * 365
GIVEN = ("Ada", "Björn", "Carmen", "Dmitri", "Eleni", "Farid", "Grace", "Hana", "Iris", "Jonas", "Kofi", "Łucja")
FAMILY = ("Almeida", "Becker", "Costa", "Dubois", "Eriksen", "Fischer", "Galli", "Horák", "Ivanova", "Jensen")
TRADES = ("Bakery", "Garage", "Studio", "Clinic", "Depot", "Works", "Store", "Kitchen")
KINDS = (EntryKind.INVOICE, EntryKind.INVOICE, EntryKind.PAYMENT, EntryKind.DEBIT, EntryKind.CREDIT)


def write(customer_count: int, posting_count: int, report: Callable[[int, int], None]) -> int:
    """Add customers (each tenth a main account of the nine after it) and entries; how many entries."""
    dice = random.Random(20260101)  # noqa: S311
    partner = customers.add_partner(NewPartner(name=_free_name("Synthetic Partner")))
    prefix = f"synthetic-{partner}"
    total = customer_count + posting_count
    ids = _customers(customer_count, partner, prefix, dice, lambda done: report(done, total))
    payers = _link(ids, partner)
    _entries(ids, payers, posting_count, partner, dice, lambda done: report(customer_count + done, total))
    return posting_count


def _free_name(name: str) -> str:
    number = 1
    while customers.partner_id(f"{name} {number}") is not None:
        number += 1
    return f"{name} {number}"


def _customers(count: int, partner: int, prefix: str, dice: random.Random, report: Callable[[int], None]) -> list[int]:
    ids: list[int] = []
    for start in range(0, count, CHUNK):
        rows = [_customer(number, partner, prefix, dice) for number in range(start, min(count, start + CHUNK))]
        ids += customers.add_customers(rows)
        report(len(ids))
    return ids


def _customer(number: int, partner: int, prefix: str, dice: random.Random) -> NewCustomer:
    given, family = dice.choice(GIVEN), dice.choice(FAMILY)
    business = number % 10 == 0
    name = f"{family} {dice.choice(TRADES)} {number}" if business else f"{given} {family} {number}"
    return NewCustomer(
        external_id=f"{prefix}-{number}",
        partner_id=partner,
        kind=Kind.BUSINESS if business else Kind.INDIVIDUAL,
        name=name,
        email=f"{prefix}-{number}@demo.example",
        created_at=clock.now(),
    )


def _link(ids: list[int], partner: int) -> dict[int, int]:
    """Each tenth customer pays for the nine after it; the payer of each."""
    payers = {key: ids[place - place % 10] for place, key in enumerate(ids)}
    pairs = [(main, key) for key, main in payers.items() if key != main]
    for start in range(0, len(pairs), CHUNK):
        chunk = pairs[start : start + CHUNK]
        links.begin_many(partner, chunk, BillingMode.AGGREGATED, clock.now())
        deeds = [audit.Deed(key, "sub_accounts.link", say("Linked as made-up data"), {}) for _, key in chunk]
        audit.record_many(SYSTEM, deeds)
    return payers


def _entries(
    ids: list[int],
    payers: dict[int, int],
    count: int,
    partner: int,
    dice: random.Random,
    report: Callable[[int], None],
) -> None:
    today = clock.today("UTC")
    kinds = {kind: AccountKey(partner, None, COUNTERPART[kind], "EUR") for kind in KINDS}
    for start in range(0, count if ids else 0, CHUNK):
        size = min(CHUNK, count - start)
        chosen = [dice.choice(ids) for _ in range(size)]
        own = {key: AccountKey(partner, payers[key], "house", "EUR") for key in chosen}
        accounts = ledger.account_ids([*own.values(), *kinds.values()])
        rows = [_row(key, payers, own, kinds, accounts, partner, today, dice) for key in chosen]
        ledger.write_entries(rows, actor="demo", at=clock.now())
        report(start + size)


def _row(
    key: int,
    payers: dict[int, int],
    own: dict[int, AccountKey],
    kinds: dict[EntryKind, AccountKey],
    accounts: dict[AccountKey, int],
    partner: int,
    today: date,
    dice: random.Random,
) -> NewEntry:
    kind = dice.choice(KINDS)
    signed = kind.sign * dice.randint(100, 50_000)
    return NewEntry(
        partner_id=partner,
        payer_id=payers[key],
        issued_for_id=key,
        booked_on=today - timedelta(days=dice.randrange(DAYS)),
        kind=kind,
        ledger="house",
        currency="EUR",
        amount_minor=signed,
        halves=(Half(accounts[own[key]], signed, True), Half(accounts[kinds[kind]], -signed, False)),
        description=f"Made-up {kind.noun}",
    )
