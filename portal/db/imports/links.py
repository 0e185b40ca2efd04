"""Links as an import begins and ends them, and what a secondary account holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import func, select, update

from portal.db.bulk import among, insert_many
from portal.db.engine import db
from portal.db.tables import Customer, LedgerAccount, Posting, SubAccountLink
from portal.db.types import new_public_ids


def ids_of(external_ids: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Id and partner of the customers with these external ids."""
    c = Customer
    rows = db.session.execute(select(c.external_id, c.id, c.partner_id).where(among(c.external_id, external_ids)))
    return {str(external_id): (key, partner) for external_id, key, partner in rows}


class NewLink(NamedTuple):
    """A link to be begun."""

    partner_id: int
    main_id: int
    sub_id: int
    mode: str


def end_links(sub_ids: Iterable[int], at: datetime) -> None:
    """End the current links of these sub-accounts."""
    link = SubAccountLink
    db.session.execute(update(link).where(among(link.sub_id, sub_ids), link.ended_at.is_(None)).values(ended_at=at))


def begin_links(links: Sequence[NewLink], at: datetime) -> None:
    """Begin many links."""
    columns = ("public_id", "partner_id", "main_id", "sub_id", "mode", "started_at")
    public_ids = new_public_ids(len(links))
    insert_many(SubAccountLink, columns, [(key, *link, at) for key, link in zip(public_ids, links, strict=True)])


def accounts_to_move(customer_id: int, currency: str) -> dict[str, list[tuple[date, int]]]:
    """What a customer holds on each of its accounts: sums by the day they were booked on, in minor units."""
    a, p = LedgerAccount, Posting
    rows = db.session.execute(
        select(a.kind, p.booked_on, func.sum(p.amount_minor))
        .join(p, p.ledger_account_id == a.id)
        .where(a.owner_id == customer_id, a.currency == currency)
        .group_by(a.kind, p.booked_on)
        .order_by(a.kind, p.booked_on)
    )
    found: dict[str, list[tuple[date, int]]] = {}
    for kind, on, amount in rows:
        found.setdefault(kind, []).append((on, int(amount)))
    return found
