"""Importing shared balances: what the secondary account holds moves to the primary one (P1 to P6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from portal.actions.imports.links import load_facts
from portal.actions.imports.reading import Work
from portal.db import audit, customers, imports, ledger, links
from portal.db.audit import Deed
from portal.db.ledger import AccountKey, Half, NewEntry
from portal.outside import clock
from portal.rules.imports import SharedBalanceRow, shared_balance_row
from portal.rules.ledger import EntryKind, Ledger
from portal.rules.links import LinkFacts, partner_account_refusals

CHUNK = 2_000


def take(work: Work) -> None:
    """Carry out an import of shared balances."""
    customers.hold_links()
    at = clock.now()
    for rows in work.chunks(shared_balance_row, CHUNK):
        _take(work, rows, at)


def _take(work: Work, rows: list[tuple[int, SharedBalanceRow]], at: datetime) -> None:
    found = load_facts(work, {name for _, row in rows for name in row})
    for line, row in rows:
        absent = [(column, name) for column, name in row._asdict().items() if name not in found]
        for column, name in absent:
            work.wrong(line, column, f"There is no customer “{name}”.")
        if absent:
            continue
        primary, secondary = found[row.primary], found[row.secondary]
        if primary.is_primary and primary.partner_account_id == secondary.id:
            work.skipped += 1
            continue
        reasons = partner_account_refusals(primary, secondary)
        work.refused(line, "secondary", reasons)
        if reasons:
            continue
        _share(work, primary, secondary, at)
        work.created += 1
        found[row.primary] = replace(
            primary, partner_account_id=secondary.id, partner_account_name=secondary.name, is_primary=True
        )
        found[row.secondary] = replace(
            secondary, partner_account_id=primary.id, partner_account_name=primary.name, is_primary=False
        )


def _share(work: Work, primary: LinkFacts, secondary: LinkFacts, at: datetime) -> None:
    _move(work, primary, secondary, at)
    links.begin_sharing(primary.partner_id, primary.id, secondary.id, at)
    text = f"{secondary.name} shares the balances of {primary.name}"
    details: dict[str, object] = {"primary": primary.public_id, "secondary": secondary.public_id}
    deeds = [Deed(one.id, "partner_accounts.link", text, details) for one in (secondary, primary)]
    audit.record_many(work.actor, deeds)


def _move(work: Work, primary: LinkFacts, secondary: LinkFacts, at: datetime) -> None:
    """P2: paired transfer entries, one as of today and one for each later day with entries dated ahead."""
    today = clock.today(customers.by_id(secondary.id).time_zone)
    entries = []
    for kind, days in imports.accounts_to_move(secondary.id, secondary.currency).items():
        for on, amount in _by_day(days, today):
            entries.append(_transfer(primary, secondary, Ledger(kind), on, amount))
    if entries:
        ledger.write_entries(entries, actor=work.actor.label, at=at)


def _by_day(days: list[tuple[date, int]], today: date) -> list[tuple[date, int]]:
    now = sum(amount for on, amount in days if on <= today)
    return [(on, amount) for on, amount in ((today, now), *(day for day in days if day[0] > today)) if amount]


def _transfer(primary: LinkFacts, secondary: LinkFacts, book: Ledger, on: date, amount: int) -> NewEntry:
    """An entry that takes `amount` (signed) off the secondary's account and puts it on the primary's."""
    keys = [AccountKey(one.partner_id, one.id, book.value, one.currency) for one in (primary, secondary)]
    ids = ledger.account_ids(keys)
    return NewEntry(
        partner_id=primary.partner_id,
        payer_id=primary.id,
        issued_for_id=secondary.id,
        booked_on=on,
        kind=EntryKind.TRANSFER,
        ledger=book.value,
        currency=primary.currency,
        amount_minor=amount,
        halves=(Half(ids[keys[0]], amount, True), Half(ids[keys[1]], -amount, True)),
        description=f"{book.label} of {secondary.name}, shared from here on",
        reason="balances shared",
    )
