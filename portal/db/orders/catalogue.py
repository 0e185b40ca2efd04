"""The catalogue: what can be ordered, and how many are left (M2)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, func, insert, or_, select, update

from portal.db.bulk import among
from portal.db.engine import db, executed
from portal.db.rows import columns, field_names, values_of
from portal.db.tables import CatalogueItem, OrderWish
from portal.db.types import new_public_id
from portal.rules.orders import Item


def _query() -> Select[*tuple[Any, ...]]:
    c = CatalogueItem
    own = {name: getattr(c, name) for name in field_names(Item) if name != "retired"}
    return select(*columns(Item, **own, retired=c.retired_at.is_not(None)))


def offered(partner_id: int) -> list[Item]:
    """What a partner's customers can order, by name."""
    c = CatalogueItem
    query = _query().where(or_(c.partner_id.is_(None), c.partner_id == partner_id), c.retired_at.is_(None))
    return values_of(Item, db.session.execute(query.order_by(func.lower(c.name), c.id)))


def page(partner_id: int | None, *, offset: int, limit: int) -> tuple[list[Item], int]:
    """What an administrator looks after, retired ones last, and how many there are."""
    c = CatalogueItem
    mine = [] if partner_id is None else [or_(c.partner_id.is_(None), c.partner_id == partner_id)]
    count = db.session.scalar(select(func.count()).select_from(c).where(*mine)) or 0
    query = _query().where(*mine).order_by(c.retired_at.is_not(None), func.lower(c.name), c.id)
    return values_of(Item, db.session.execute(query.offset(offset).limit(limit))), count


def named(references: Iterable[str]) -> dict[str, Item]:
    """The items with these external ids or, failing that, public ids, by what names them."""
    wanted = list(dict.fromkeys(references))
    c = CatalogueItem
    rows = db.session.execute(_query().where(or_(among(c.external_id, wanted), among(c.public_id, wanted))))
    found = values_of(Item, rows)
    known = {one.public_id: one for one in found} | {one.external_id: one for one in found if one.external_id}
    return {reference: known[reference] for reference in wanted if reference in known}


def by_ids(ids: Collection[int]) -> dict[int, Item]:
    """Items by their keys."""
    rows = db.session.execute(_query().where(among(CatalogueItem.id, ids)))
    return {one.id: one for one in values_of(Item, rows)}


def add(values: dict[str, Any]) -> str:
    """Add an item: its public id."""
    public_id = new_public_id()
    executed(insert(CatalogueItem), {"description": "", "external_id": None, **values, "public_id": public_id})
    return public_id


def change(item_id: int, values: dict[str, Any]) -> None:
    """Change what an item says."""
    db.session.execute(update(CatalogueItem).where(CatalogueItem.id == item_id).values(**values))


def take(item_id: int, number: int) -> bool:
    """Take so many off the stock in one guarded update; False where fewer are left (M2)."""
    c = CatalogueItem
    statement = update(c).where(c.id == item_id, c.stock >= number).values(stock=c.stock - number)
    return executed(statement).rowcount == 1


def put_back(item_id: int, number: int) -> None:
    """Put so many back, where a stock is kept still."""
    c = CatalogueItem
    executed(update(c).where(c.id == item_id, c.stock.is_not(None)).values(stock=c.stock + number))


# Baskets --------------------------------------------------------------------------------------------------------------


class InBasket(NamedTuple):
    """What is in a basket: how many, and the price that was shown, in ten thousandths."""

    item_id: int
    number: int
    price_e4: int


def basket(login_id: int, customer_id: int) -> list[InBasket]:
    """What a login wants for an account, in the order in which it was chosen."""
    w = OrderWish
    query = select(*columns(InBasket, item_id=w.item_id, number=w.number, price_e4=w.price_e4))
    rows = db.session.execute(query.where(w.login_id == login_id, w.customer_id == customer_id).order_by(w.id))
    return values_of(InBasket, rows)


def put(login_id: int, customer_id: int, item: Item, number: int, at: datetime) -> None:
    """Have so many of an item in a basket, none for 0."""
    w = OrderWish
    here = (w.login_id == login_id, w.customer_id == customer_id, w.item_id == item.id)
    if number == 0:
        db.session.execute(w.__table__.delete().where(*here))  # type: ignore[attr-defined]
        return
    changed = executed(update(w).where(*here).values(number=number, price_e4=item.price_e4))
    if not changed.rowcount:
        row = {"login_id": login_id, "customer_id": customer_id, "item_id": item.id, "number": number}
        executed(insert(w), row | {"price_e4": item.price_e4, "added_at": at})


def empty(login_id: int, customer_id: int) -> None:
    """Nothing is wanted for an account any more."""
    w = OrderWish
    db.session.execute(
        w.__table__.delete().where(w.login_id == login_id, w.customer_id == customer_id)  # type: ignore[attr-defined]
    )
