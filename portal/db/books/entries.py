"""Reading single entries of the books."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Label, func, literal, select
from sqlalchemy.orm import aliased

from portal.db.engine import db
from portal.db.rows import columns, field_names, value_of
from portal.db.tables import Customer, Entry, LedgerAccount, Posting
from portal.rules.books import EntryKind, Ledger
from portal.rules.statements.figures import Party


@dataclass(frozen=True, slots=True)
class FoundEntry:
    """An entry with the names around it. Amounts are minor units, as they changed the payer's account.

    `reverses` and `reversed_by` are public id and number of the other entry.
    """

    id: int
    public_id: str
    external_id: str | None
    payer_id: int
    issued_for_id: int
    booked_on: date
    entered_at: datetime
    kind: EntryKind
    ledger: Ledger
    currency: str
    amount_minor: int
    tax_minor: int
    number: str
    description: str
    category: str
    actor: str
    reason: str
    payer: Party
    issued_for: Party
    reverses: tuple[str, str] | None
    reversed_by: tuple[str, str] | None


def find(public_id: str) -> FoundEntry | None:
    """One entry, in one query."""
    e = Entry
    payer, account = aliased(Customer, name="payer"), aliased(Customer, name="account")
    original, reversal = aliased(Entry, name="original"), aliased(Entry, name="reversal")
    own = [getattr(e, name) for name in field_names(FoundEntry) if hasattr(e, name)]
    query = (
        select(*own, *_party(payer, "payer_"), *_party(account, "account_"))
        .add_columns(original.public_id.label("original_id"), original.number.label("original_number"))
        .add_columns(reversal.public_id.label("reversal_id"), reversal.number.label("reversal_number"))
        .join(payer, payer.id == e.payer_id)
        .join(account, account.id == e.issued_for_id)
        .outerjoin(original, original.id == e.reverses_id)
        .outerjoin(reversal, reversal.reverses_id == e.id)
    )
    row = db.session.execute(query.where(e.public_id == public_id)).first()
    if row is None:
        return None
    return FoundEntry(
        **{column.key: row._mapping[column.key] for column in own},
        payer=value_of(Party, row, "payer_"),
        issued_for=value_of(Party, row, "account_"),
        reverses=(row.original_id, row.original_number) if row.original_id else None,
        reversed_by=(row.reversal_id, row.reversal_number) if row.reversal_id else None,
    )


def _party(customer: type[Customer], prefix: str) -> tuple[Label[Any], ...]:
    reference = func.coalesce(customer.external_id, customer.public_id)
    nowhere: Any = literal("")
    named = {"public_id": customer.public_id, "name": customer.name, "address": nowhere}
    return columns(Party, prefix, reference=reference, **named)


def effects_on(entry_id: int, owners: Collection[int]) -> list[tuple[str, int]]:
    """What an entry did to these customers' accounts: "house" or "credit", and the signed amount in minor units."""
    a, p = LedgerAccount, Posting
    rows = db.session.execute(
        select(a.kind, p.amount_minor)
        .join(a, a.id == p.ledger_account_id)
        .where(p.entry_id == entry_id, a.owner_id.in_(owners))
        .order_by(p.id)
    )
    return [(kind, amount) for kind, amount in rows]
