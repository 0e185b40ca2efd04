"""Importing shared balances: what the secondary account holds moves to the primary one (P1 to P6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from portal.actions.imports.links import load_facts
from portal.actions.imports.reading import Importer, Work
from portal.actions.links.sharing import held_by, share
from portal.db.customers import profiles as customers
from portal.outside import clock
from portal.rules.imports import FileKind, SharedBalanceRow, shared_balance_row
from portal.rules.links.partner_accounts import partner_account_refusals
from portal.rules.permissions import Permission
from portal.rules.sentences import say

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
            work.wrong(line, column, say("There is no customer “{name}”.", name=name))
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
        profile = customers.by_id(secondary.id)
        share(work.actor, primary, secondary, held_by(profile), profile)
        work.created += 1
        found[row.primary] = replace(
            primary, partner_account_id=secondary.id, partner_account_name=secondary.name, is_primary=True
        )
        found[row.secondary] = replace(
            secondary, partner_account_id=primary.id, partner_account_name=primary.name, is_primary=False
        )


IMPORT = Importer(FileKind.SHARED_BALANCES, Permission.PARTNER_ACCOUNTS_LINK, take)
