"""Links as an import begins and ends them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select, update

from portal.db.bulk import among, insert_many
from portal.db.engine import db
from portal.db.links.live import current
from portal.db.tables import Customer, SubAccountLink
from portal.db.types import new_public_ids


def ids_of(external_ids: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Id and partner of the customers with these external ids; of those that have none, with these public ids."""
    c, wanted = Customer, set(external_ids)
    found: dict[str, tuple[int, int]] = {}
    for named in (c.external_id, c.public_id):
        if missing := wanted - found.keys():
            rows = db.session.execute(select(named, c.id, c.partner_id).where(among(named, missing)))
            found |= {str(name): (key, partner) for name, key, partner in rows}
    return found


class NewLink(NamedTuple):
    """A link to be begun."""

    partner_id: int
    main_id: int
    sub_id: int
    mode: str


def end_links(sub_ids: Iterable[int], at: datetime) -> None:
    """End the current links of these sub-accounts."""
    link = SubAccountLink
    db.session.execute(update(link).where(among(link.sub_id, sub_ids), current(link)).values(ended_at=at))


def begin_links(links: Sequence[NewLink], at: datetime) -> None:
    """Begin many links."""
    columns = ("public_id", "partner_id", "main_id", "sub_id", "mode", "started_at")
    public_ids = new_public_ids(len(links))
    insert_many(SubAccountLink, columns, [(key, *link, at) for key, link in zip(public_ids, links, strict=True)])
