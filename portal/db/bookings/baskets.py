"""Baskets: what somebody has chosen, and the places that it holds for a while (B7)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, exists, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from portal.db.bulk import among
from portal.db.engine import db, is_sqlite
from portal.db.rows import columns, values_of
from portal.db.tables import Basket, BasketItem, Customer, Membership, Session
from portal.db.types import new_public_id
from portal.rules.bookings.states import BookingPayer


class Item(NamedTuple):
    """One person and session; both by key and public id. `held_until` is None where no place is held."""

    id: int
    public_id: str
    basket_id: int
    session_id: int
    session: str
    customer_id: int
    customer: str
    name: str
    added_at: datetime
    held_until: datetime | None
    wait: bool
    anyway: bool
    instead: bool
    payer: BookingPayer
    membership: str | None


def basket_of(login_id: int) -> int | None:
    """The key of the basket of a login, None without one."""
    return db.session.scalar(select(Basket.id).where(Basket.login_id == login_id))


def begin(login_id: int, at: datetime) -> int:
    """The basket of a login, made where there is none, and held; its key."""
    dialect = sqlite if is_sqlite() else postgresql
    values = {"public_id": new_public_id(), "login_id": login_id, "created_at": at, "changed_at": at}
    db.session.execute(dialect.insert(Basket).values(values).on_conflict_do_nothing(index_elements=["login_id"]))
    there = hold(login_id)
    assert there is not None
    return there


def hold(login_id: int) -> int | None:
    """Hold the basket of a login with all its lines until the transaction ends, before anybody and any session is held;
    its key, None without one.
    """
    query = select(Basket.id).where(Basket.login_id == login_id)
    key = db.session.scalar(query if is_sqlite() else query.with_for_update())
    if key is not None and not is_sqlite():
        lines = select(BasketItem.id).where(BasketItem.basket_id == key).order_by(BasketItem.id)
        db.session.execute(lines.with_for_update()).all()
    return key


def items(basket_id: int) -> list[Item]:
    """What is in a basket, as it was added."""
    i = BasketItem
    same = (
        "id",
        "public_id",
        "basket_id",
        "session_id",
        "customer_id",
        "added_at",
        "held_until",
        "wait",
        "anyway",
        "instead",
    )
    found = columns(
        Item,
        **{name: getattr(i, name) for name in (*same, "payer")},
        session=Session.public_id,
        customer=Customer.public_id,
        name=Customer.name,
        membership=Membership.public_id,
    )
    query = (
        select(*found)
        .select_from(i)
        .join(Session, Session.id == i.session_id)
        .join(Customer, Customer.id == i.customer_id)
        .outerjoin(Membership, Membership.id == i.membership_id)
        .where(i.basket_id == basket_id)
        .order_by(i.id)
    )
    return values_of(Item, db.session.execute(query))


def add(basket_id: int, session_id: int, customer_id: int, *, held_until: datetime | None, at: datetime) -> None:
    """Put one person and session into a basket."""
    db.session.execute(
        insert(BasketItem).values(
            public_id=new_public_id(),
            basket_id=basket_id,
            session_id=session_id,
            customer_id=customer_id,
            added_at=at,
            held_until=held_until,
        )
    )


def change(item_id: int, **values: object) -> None:
    """Change one item."""
    db.session.execute(update(BasketItem).where(BasketItem.id == item_id).values(**values))


def remove(basket_id: int, item_ids: Collection[int]) -> None:
    """Take items out of a basket, and the basket away once nothing is in it."""
    db.session.execute(delete(BasketItem).where(BasketItem.basket_id == basket_id, among(BasketItem.id, item_ids)))
    left = exists().where(BasketItem.basket_id == basket_id)
    db.session.execute(delete(Basket).where(Basket.id == basket_id, ~left))


def left_before(at: datetime) -> list[int]:
    """Baskets that nobody has changed since, by the keys of their logins."""
    return list(db.session.scalars(select(Basket.login_id).where(Basket.changed_at < at)))


def empty(login_id: int, before: datetime) -> bool:
    """Take everything out of a basket that nobody has changed since, and the basket away; whether it was there."""
    key = hold(login_id)
    gone = db.session.scalar(select(Basket.id).where(Basket.id == key, Basket.changed_at < before))
    if gone is None:
        return False
    db.session.execute(delete(BasketItem).where(BasketItem.basket_id == gone))
    db.session.execute(delete(Basket).where(Basket.id == gone))
    return True


def touch(basket_id: int, at: datetime) -> None:
    """Note that somebody looks after a basket."""
    db.session.execute(update(Basket).where(Basket.id == basket_id).values(changed_at=at))
