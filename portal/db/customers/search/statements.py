"""The statements of the search on each engine, put together once for each shape of what is asked."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    String,
    and_,
    any_,
    bindparam,
    case,
    collate,
    column,
    exists,
    func,
    literal_column,
    or_,
    select,
    table,
    tuple_,
    union_all,
)
from sqlalchemy import text as sql
from sqlalchemy.orm import aliased

from portal.db.customers import status
from portal.db.customers.search import owing
from portal.db.customers.search.asking import Shape
from portal.db.customers.search.words import by_main, found_by_words, indexed, lower, plain
from portal.db.links.live import above, under
from portal.db.tables import Customer, Partner, SubAccountLink
from portal.rules.customers.search_fields import USUAL

UNDER = """
    FROM customer m CROSS JOIN sub_account_link l WHERE m.own_status {} AND m.removed_at IS NULL
    AND l.main_id = m.id AND l.ended_at IS NULL AND l.mode = 'aggregated'
"""
"""Those who show their main account's status. SQLite begins with what stands left of CROSS JOIN: the few main accounts,
whatever it believes of their number."""


_link = aliased(SubAccountLink, name="link")
_main = aliased(Customer, name="main")
_SHOWN = status.shown(Customer.own_status, _main.own_status, _link.mode)


def row_columns(page: Any = None) -> Any:
    """The columns of a row of the list, of the customers of `page`."""
    c, below = Customer, aliased(SubAccountLink)
    subs = select(func.count()).where(under(below, c.id)).scalar_subquery()
    query = select(
        c.id,
        c.public_id,
        c.external_id,
        c.name,
        c.kind,
        c.email,
        c.phone,
        c.partner_id,
        Partner.name.label("partner_name"),
        c.own_status,
        c.blocked_cause,
        _main.public_id.label("main_public_id"),
        _main.name.label("main_name"),
        _main.own_status.label("main_status"),
        _link.mode,
        subs.label("sub_accounts"),
    )
    query = query.select_from(c) if page is None else query.select_from(page).join(c, c.id == page.c.id)
    return (
        query.join(Partner, Partner.id == c.partner_id)
        .outerjoin(_link, above(_link, c.id))
        .outerjoin(_main, _main.id == _link.main_id)
    )


@lru_cache(maxsize=512)
def counted(shape: Shape) -> Any:
    """The page out of as many matches as are gathered, as the index gives them, with how many those are."""
    orders = _orders(shape)
    query = _where(shape, select(Customer.id, *[order.label(f"key{place}") for place, order in enumerate(orders)]))
    some = query.limit(bindparam("gathered")).subquery("some")
    keys = [some.c[f"key{place}"] for place in range(len(orders))]
    ordered = select(some.c.id, *keys, func.count().over().label("total"))
    page = (
        ordered.order_by(*_directed(shape, keys)).limit(bindparam("size")).offset(bindparam("offset")).subquery("page")
    )
    columns = row_columns(page).add_columns(page.c.total, by_main(shape))
    return _planned(columns.order_by(*_directed(shape, [page.c[f"key{place}"] for place in range(len(orders))])))


@lru_cache(maxsize=512)
def in_order(shape: Shape) -> Any:
    """The page out of all matches."""
    orders = _orders(shape)
    keys = [order.label(f"key{place}") for place, order in enumerate(orders)]
    if shape.words and shape.sort == "name" and not shape.lite:
        # A walk was in vain; as an expression the name is no reason for PostgreSQL to try it again.
        orders[-2] = orders[-2].concat("")
    page = _where(shape, select(Customer.id, *keys)).order_by(*_directed(shape, orders))
    some = page.limit(bindparam("size")).offset(bindparam("offset")).subquery("page")
    columns = row_columns(some).add_columns(by_main(shape))
    return _planned(columns.order_by(*_directed(shape, [some.c[f"key{place}"] for place in range(len(orders))])))


@lru_cache(maxsize=512)
def keys_of(shape: Shape) -> Any:
    """Ids of a page out of all matches."""
    query = _where(shape, select(Customer.id)).order_by(*_directed(shape, _orders(shape)))
    return _planned(query.limit(bindparam("size")).offset(bindparam("offset")))


@lru_cache(maxsize=512)
def walk(shape: Shape, edged: bool) -> Any:
    """The page as reading the list in its order gives it, as far as the edge."""
    c = Customer
    query = select(c.id, c.folded_name).where(*_filters(shape), found_by_words(shape, c, main=True))
    if edged:
        here, edge = tuple_(c.folded_name, c.id), tuple_(bindparam("edge_name", type_=String), bindparam("edge_id"))
        query = query.where(here >= edge if shape.descending else here <= edge)
    keys = _directed(shape, [c.folded_name, c.id])
    page = _joined(shape, query).order_by(*keys).limit(bindparam("size")).offset(bindparam("offset")).subquery("page")
    columns = row_columns(page).add_columns(by_main(shape))
    return _planned(columns.order_by(*_directed(shape, [page.c.folded_name, page.c.id])))


@lru_cache(maxsize=64)
def edge(shape: Shape) -> Any:
    """Where a walk ends, and whether somebody's number is exactly the text, who would have to come first."""
    c = Customer
    exact = of_number(shape.lite).correlate(None).exists().label("exact")
    query = (
        select(c.folded_name, c.id, exact).where(*_partners(shape)).order_by(*_directed(shape, [c.folded_name, c.id]))
    )
    return query.offset(bindparam("walked")).limit(1)


@lru_cache(maxsize=2)
def of_number(lite: bool) -> Any:
    return select(Customer.id).where(_exact(lite)).limit(1)


def _planned(query: Any) -> Any:
    """PostgreSQL plans it for the very words: one plan for all of them would read the whole table."""
    return query.execution_options(planned_anew=True)


def _exact(lite: bool) -> ColumnElement[bool]:
    number: Any = Customer.external_id
    return collate(number, "NOCASE") == bindparam("text") if lite else lower(number, lite) == bindparam("text")


def _orders(shape: Shape) -> list[Any]:
    """What the list is sorted by."""
    c = Customer
    keys: dict[str, Any] = {"name": [], "status": [_SHOWN], "added": [c.created_at]}
    key = [plain(Partner.name, shape.lite)] if shape.sort == "partner" else keys[shape.sort]
    exact = [case((_exact(shape.lite), 0), else_=1)] if shape.words else []
    return [*exact, *key, c.folded_name, c.id]


def _directed(shape: Shape, keys: list[Any]) -> list[Any]:
    first = 1 if shape.words and len(keys) > 2 else 0
    turned = keys[first:]
    return [*keys[:first], *[key.desc() if shape.descending else key.asc() for key in turned]]


def _where(shape: Shape, query: Any) -> Any:
    """`query` with everything that is asked for, beginning from the index where there are words."""
    c = Customer
    query = query.where(*_filters(shape))
    whole = shape.fields >= USUAL
    coded = any(word.coded for word in shape.words)
    if shape.words and shape.lite:
        search = table("customer_search", column("rowid"))
        matching = literal_column("customer_search").op("MATCH")(bindparam("match"))
        if coded:
            lists = [_listed(place) for place, word in enumerate(shape.words) if word.coded]
            ids = union_all(*lists).subquery("coded")
            unlisted = search.c.rowid.not_in(select(ids.c.value))
            found = union_all(
                select(search.c.rowid.label("id")).where(matching, unlisted), select(ids.c.value).distinct()
            ).subquery("found")
            query = query.select_from(found).join(c, c.id == found.c.id)
        else:
            query = query.select_from(search).join(c, c.id == search.c.rowid).where(matching)
        if coded or not whole:
            query = query.where(found_by_words(shape, c, main=True))
    elif shape.words:
        query = query.select_from(c).where(indexed(shape))
        if not whole:
            query = query.where(found_by_words(shape, c, main=True))
    else:
        query = query.select_from(c)
    return _joined(shape, query)


def _joined(shape: Shape, query: Any) -> Any:
    if shape.sort == "partner":
        query = query.join(Partner, Partner.id == Customer.partner_id)
    if shape.status or shape.sort == "status" or shape.linked in ("sub", "none"):
        current = above(_link, Customer.id)
        query = query.outerjoin(_link, current).outerjoin(_main, _main.id == _link.main_id)
    return query


def _listed(place: int) -> Any:
    return select(func.json_each(bindparam(f"coded{place}")).table_valued("value").c.value)


def _partners(shape: Shape) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if shape.bound:
        where.append(Customer.partner_id == bindparam("bound"))
    if shape.partner:
        where.append(Customer.partner_id == bindparam("partner"))
    return where


def _filters(shape: Shape) -> list[ColumnElement[bool]]:
    where = [Customer.removed_at.is_(None), *_partners(shape)]
    if shape.removed:
        named = Customer.folded_name.like(bindparam("kept_name"), escape="\\")
        where = [Customer.removed_at.is_not(None), named, *_partners(shape)]
    if shape.status:
        where.append(_SHOWN.in_([bindparam("status")]))
    if shape.status == "rare":
        theirs: Any = sql(f"SELECT l.sub_id {UNDER.format('= :status')}").columns(SubAccountLink.sub_id)
        shows: Any = (
            Customer.id.in_(theirs) if shape.lite else Customer.id == any_(func.array(theirs.scalar_subquery()))
        )
        where.append(or_(Customer.own_status == bindparam("status"), shows))
    if shape.kind:
        where.append(Customer.kind == bindparam("kind"))
    if shape.owes:
        where.append(Customer.id.in_(owing.below_zero() if shape.owes == "owes" else owing.late()))
    if shape.linked:
        link = aliased(SubAccountLink)
        has_subs = exists().where(under(link, Customer.id))
        ways = {"main": has_subs, "sub": _link.id.is_not(None), "none": and_(_link.id.is_(None), ~has_subs)}
        where.append(ways[shape.linked])
    return where
