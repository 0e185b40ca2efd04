"""Reading single entries of the books."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import aliased

from portal.db.engine import db
from portal.db.tables import Customer, Entry, LedgerAccount, Posting
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
    kind: str
    ledger: str
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
    row = db.session.execute(
        select(
            e,
            payer.external_id, payer.public_id, payer.name,
            account.external_id, account.public_id, account.name,
            original.public_id, original.number,
            reversal.public_id, reversal.number,
        )
        .join(payer, payer.id == e.payer_id)
        .join(account, account.id == e.issued_for_id)
        .outerjoin(original, original.id == e.reverses_id)
        .outerjoin(reversal, reversal.reverses_id == e.id)
        .where(e.public_id == public_id)
    ).first()  # fmt: skip
    if row is None:
        return None
    entry: Entry = row[0]
    return FoundEntry(
        id=entry.id,
        public_id=entry.public_id,
        external_id=entry.external_id,
        payer_id=entry.payer_id,
        issued_for_id=entry.issued_for_id,
        booked_on=entry.booked_on,
        entered_at=entry.entered_at,
        kind=entry.kind,
        ledger=entry.ledger,
        currency=entry.currency,
        amount_minor=entry.amount_minor,
        tax_minor=entry.tax_minor,
        number=entry.number,
        description=entry.description,
        category=entry.category,
        actor=entry.actor,
        reason=entry.reason,
        payer=Party(row[1] or row[2], row[2], row[3]),
        issued_for=Party(row[4] or row[5], row[5], row[6]),
        reverses=(row[7], row[8]) if row[7] else None,
        reversed_by=(row[9], row[10]) if row[9] else None,
    )


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
