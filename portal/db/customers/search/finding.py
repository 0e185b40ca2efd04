"""Finding customers for staff: one page of matches, and how many there are of each status.

A search counts its matches only up to MOST. A few thousand are put in order; where there are more, the list is read in
its order until the page is full.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import Row, func, select, union_all
from sqlalchemy import text as sql
from sqlalchemy.orm import aliased

from portal.db.bulk import among
from portal.db.customers.search import statements
from portal.db.customers.search.asking import Asked, CustomerFilter, Shape, ask, often
from portal.db.customers.search.words import plain
from portal.db.engine import db, executed
from portal.db.links.live import current
from portal.db.rows import field_names
from portal.db.tables import Customer, Partner, SharedBalance, SubAccountLink
from portal.rules.customers.status import EffectiveStatus, Status, effective_status
from portal.rules.links.facts import BillingMode

MOST = 1_000
"""So many matches are counted, and can be looked through page by page; of more, only that there are more."""

GATHERED = {True: 5_000, False: 1_000}
"""On SQLite (True) and PostgreSQL: with more matches than this the list is read in its order instead of sorted."""

WALKED = 20_000
"""So many customers are read in the order of the list before all matches are sorted after all."""


@dataclass(frozen=True, slots=True)
class FoundCustomer:
    """A row of the search. `sub_accounts` counts the current ones; `by_main` says that its main account was found."""

    public_id: str
    external_id: str | None
    name: str
    kind: str
    email: str
    phone: str
    partner_id: int
    partner_name: str
    status: EffectiveStatus
    blocked_cause: str | None
    main_public_id: str | None
    main_name: str | None
    mode: BillingMode | None
    sub_accounts: int
    by_main: bool = False

    @property
    def reference(self) -> str:
        """The external id, or the public id of a customer without one."""
        return self.external_id or self.public_id


class Matches(NamedTuple):
    """A page of matches; how many there are in all, at most MOST; and whether there are more than that."""

    rows: list[FoundCustomer]
    total: int
    more: bool


def search(wanted: CustomerFilter, *, bound_to: int | None = None) -> Matches:
    """One page of the first MOST matches, by at most a few queries. `bound_to` is the partner of the asker.

    A customer whose number is exactly the text comes first, then they are in order; descending turns all of it round.
    """
    asked = ask(wanted, bound_to)
    rows = _run(statements.counted(asked.shape), asked.values | {"gathered": _gathered(asked.shape) + 1})
    if not rows:
        if wanted.page == 1:
            return Matches([], 0, False)
        first = search(replace(wanted, page=1, size=1), bound_to=bound_to)
        return Matches([], first.total, first.more)
    if rows[0].total > _gathered(asked.shape):
        rows = _many(wanted, asked, max(0, min(wanted.size, MOST - asked.values["offset"])))
        return Matches([_found(row) for row in rows], MOST, True)
    total, more = min(rows[0].total, MOST), rows[0].total > MOST
    return Matches([_found(row) for row in rows[: max(0, MOST - asked.values["offset"])]], total, more)


def every(wanted: CustomerFilter, most: int, *, bound_to: int | None = None) -> list[FoundCustomer]:
    """The first `most` of all matches, in their order, for an export (O9)."""
    asked = ask(replace(wanted, page=1, size=most), bound_to)
    return [_found(row) for row in _run(statements.in_order(asked.shape), asked.values)]


_OTHERS = f"""
    SELECT s.own_status, u.own_status, count(*)
    FROM (SELECT m.own_status, m.partner_id, l.sub_id {statements.UNDER.format("IN ('blocked', 'inactive')")} {{0}}) u
    JOIN customer s ON s.id = u.sub_id AND s.removed_at IS NULL AND s.own_status <> 'inactive'
    GROUP BY s.own_status, u.own_status
"""  # noqa: S608


def status_counts(bound_to: int | None = None) -> dict[Status, int]:
    """How many customers show each status (L11): their own ones, less those that show their main account's."""
    c = Customer
    own = select(c.own_status, func.count()).where(c.removed_at.is_(None)).group_by(c.own_status)
    if bound_to is not None:
        own = own.where(c.partner_id == bound_to)
    others = sql(_OTHERS.format("" if bound_to is None else "AND m.partner_id = :bound"))
    counts = dict.fromkeys(Status, 0)
    for shown, count in db.session.execute(own):
        counts[shown] += count
    for before, now, count in db.session.execute(others, {} if bound_to is None else {"bound": bound_to}):
        counts[Status(before)] -= count
        counts[Status(now)] += count
    return counts


def link_counts(bound_to: int | None = None) -> tuple[int, int]:
    """How many main accounts and how many sub-accounts there are now."""
    link = SubAccountLink
    query = select(func.count(link.main_id.distinct()), func.count()).where(current(link))
    if bound_to is not None:
        query = query.where(link.partner_id == bound_to)
    mains, subs = db.session.execute(query).one()
    return mains, subs


def mates_among(public_ids: Iterable[str]) -> dict[str, str]:
    """Those of these customers who share balances, by public id, with the name of whom they share them with."""
    share, mine, other = SharedBalance, aliased(Customer), aliased(Customer)
    pairs = union_all(
        select(share.primary_id.label("mine"), share.secondary_id.label("other")).where(current(share)),
        select(share.secondary_id, share.primary_id).where(current(share)),
    ).subquery()
    rows: Iterable[tuple[str, str]] = db.session.execute(
        select(mine.public_id, other.name)
        .join_from(mine, pairs, pairs.c.mine == mine.id)
        .join(other, other.id == pairs.c.other)
        .where(mine.public_id.in_(sorted(public_ids)))
    )
    return dict(iter(rows))


def _run(statement: Any, values: Mapping[str, Any]) -> list[Any]:
    return list(executed(statement, values).all())


def _gathered(shape: Shape) -> int:
    return GATHERED[shape.lite] if shape.words else MOST


def _many(wanted: CustomerFilter, asked: Asked, size: int) -> list[Any]:
    """A page out of more than MOST matches, all of them sorted only where nothing quicker fills the page."""
    shape, values = asked.shape, {**asked.values, "size": size}
    if not wanted.text and shape.sort in ("status", "partner"):
        return _by_groups(wanted, asked, size)
    if wanted.text and shape.sort == "name":
        edge = _run(statements.edge(shape), {**values, "walked": WALKED})
        if not (edge[0].exact if edge else _run(statements.of_number(shape.lite), values)):
            ends = {"edge_name": edge[0].folded_name, "edge_id": edge[0].id} if edge else {}
            rows = _run(statements.walk(shape, bool(edge)), {**values, **ends})
            if len(rows) == size or not edge:
                return rows
    return _run(statements.in_order(shape), values)


def _by_groups(wanted: CustomerFilter, asked: Asked, size: int) -> list[Any]:
    """A page of the list by status or partner: one status, or partner, after the other until it is full."""
    shape, values = asked.shape, asked.values
    if shape.sort == "status":
        statuses = sorted(status for status in Status if wanted.status in (None, status))
        groups: list[tuple[dict[str, Any], Shape]]
        groups = [({"status": one.value}, replace(shape, status=often(one), sort="name")) for one in statuses]
    else:
        query = select(Partner.id).order_by(plain(Partner.name), Partner.id)
        partners = [one for one in db.session.scalars(query) if {values["partner"], values["bound"]} <= {None, one}]
        groups = [({"partner": one}, replace(shape, partner=True, sort="name")) for one in partners]
    needed = values["offset"] + size
    ids: list[int] = []
    for group, inner in reversed(groups) if shape.descending else groups:
        ids += [
            row.id
            for row in _run(statements.keys_of(inner), {**values, **group, "size": needed - len(ids), "offset": 0})
        ]
        if len(ids) >= needed:
            break
    wanted_ids = ids[values["offset"] :]
    rows = {row.id: row for row in db.session.execute(statements.row_columns().where(among(Customer.id, wanted_ids)))}
    return [rows[key] for key in wanted_ids]


def _found(row: Row[*tuple[Any, ...]]) -> FoundCustomer:
    imposing = row.main_status if row.mode is BillingMode.AGGREGATED else None
    others = {name: row._mapping[name] for name in field_names(FoundCustomer) if name not in ("status", "by_main")}
    status, by_main = effective_status(row.own_status, imposing), bool(row._mapping.get("by_main", False))
    return FoundCustomer(**others, status=status, by_main=by_main)
