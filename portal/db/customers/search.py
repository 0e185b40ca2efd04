"""Finding customers for staff: one page of matches, and how many there are of each status.

Words are found by an index over everything that a customer is found by (migration 0006). A search counts its matches
only up to MOST. A few thousand are put in order; where there are more, the list is read in its order until the page is
full. Statements are put together once for each kind of search.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    String,
    and_,
    any_,
    bindparam,
    case,
    collate,
    column,
    exists,
    false,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    table,
    tuple_,
    union_all,
)
from sqlalchemy import cast as as_type
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from portal.db.bulk import among
from portal.db.customers import status
from portal.db.engine import db, executed, is_sqlite
from portal.db.links.live import above, current, under
from portal.db.tables import Customer, Partner, SharedBalance, SubAccountLink
from portal.rules.customers.search_fields import USUAL, SearchField
from portal.rules.customers.status import EffectiveStatus, Kind, Status, effective_status
from portal.rules.links.facts import BillingMode

SORTS = ("name", "status", "partner", "added")
LINKINGS = ("main", "sub", "none")
MOST = 1_000
"""So many matches are counted, and can be looked through page by page; of more, only that there are more."""

GATHERED = {True: 5_000, False: 1_000}
"""On SQLite (True) and PostgreSQL: with more matches than this the list is read in its order instead of sorted."""

WALKED = 20_000
"""So many customers are read in the order of the list before all matches are sorted after all."""

_WORDS = 8
_DIGITS = re.compile(r"[\d\s+()./-]{4,}", re.ASCII)
_HEX = re.compile(r"[0-9a-f]{4,20}")
_SHORT = 3
"""Shorter words are found only where a word begins."""


@dataclass(frozen=True, slots=True)
class CustomerFilter:
    """Which customers, in which order, and which part. `text` is already folded; `page` counts from 1.

    `fields` are those that the text is looked for in.
    `linked` is "main", "sub", "none" or "" for any; `partner_id` the partner wanted, None for every one.
    """

    text: str = ""
    partner_id: int | None = None
    status: Status | None = None
    kind: Kind | None = None
    linked: str = ""
    sort: str = "name"
    descending: bool = False
    page: int = 1
    size: int = 50
    fields: frozenset[SearchField] = USUAL


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
    asked = _asked(wanted, bound_to)
    rows = _run(_counted(asked.shape), asked.values)
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


_UNDER = """
    FROM customer m CROSS JOIN sub_account_link l WHERE m.own_status {} AND m.removed_at IS NULL
    AND l.main_id = m.id AND l.ended_at IS NULL AND l.mode = 'aggregated'
"""
"""Those who show their main account's status. SQLite begins with what stands left of CROSS JOIN: the few main accounts,
whatever it believes of their number."""

_OTHERS = f"""
    SELECT s.own_status, u.own_status, count(*)
    FROM (SELECT m.own_status, m.partner_id, l.sub_id {_UNDER.format("IN ('blocked', 'inactive')")} {{0}}) u
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


_link = aliased(SubAccountLink, name="link")
_main = aliased(Customer, name="main")
_SHOWN = status.shown(Customer.own_status, _main.own_status, _link.mode)


def _columns(page: Any = None) -> Any:
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


# What is asked for ----------------------------------------------------------------------------------------------------


class _Word(NamedTuple):
    """What a statement depends on of a word: is it short, has it digits, may it begin a public id that exists."""

    short: bool
    digits: bool
    coded: bool


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a statement depends on. `phone` says that the whole text may be a phone number; `status` is "usual" for
    the one that most customers have, "rare" for another, "" for any.
    """

    lite: bool
    words: tuple[_Word, ...]
    phone: bool
    fields: frozenset[SearchField]
    bound: bool
    partner: bool
    status: str
    kind: bool
    linked: str
    sort: str
    descending: bool


class _Asked(NamedTuple):
    """A search as a shape and the values for its statements."""

    shape: _Shape
    values: dict[str, Any]


def _asked(wanted: CustomerFilter, bound_to: int | None) -> _Asked:
    lite, fields = is_sqlite(), wanted.fields
    texts = wanted.text.split()[:_WORDS]
    coded = _coded(texts, fields) if SearchField.NUMBER in fields else {}
    words = tuple(
        _Word(len(text) < _SHORT, any(letter.isdigit() for letter in text), place in coded)
        for place, text in enumerate(texts)
    )
    digits = re.sub(r"\D", "", wanted.text)
    phone = SearchField.PHONE in fields and bool(_DIGITS.fullmatch(wanted.text)) and len(digits) >= 4
    values: dict[str, Any] = {"size": wanted.size, "offset": (wanted.page - 1) * wanted.size, "bound": bound_to}
    values |= {"partner": wanted.partner_id, "kind": wanted.kind and wanted.kind.value, "text": wanted.text}
    values |= {"status": wanted.status and wanted.status.value, "digits": digits if lite else f"%{digits}%"}
    for place, text in enumerate(texts):
        sought = f" {text}" if words[place].short else text
        values[f"word{place}"] = sought if lite else f"%{_escaped(sought)}%"
        values[f"begin{place}"], values[f"coded{place}"] = text, coded.get(place)
    values["match"] = _match(texts, digits if phone else "", fields) if texts else ""
    shape = _Shape(
        *(lite, words, phone, fields, bound_to is not None, wanted.partner_id is not None, _often(wanted.status)),
        *(wanted.kind is not None, wanted.linked, wanted.sort if wanted.sort in SORTS else "name", wanted.descending),
    )
    return _Asked(shape, values | {"gathered": _gathered(shape) + 1})


def _often(status: Status | None) -> str:
    return "" if status is None else "usual" if status is Status.ACTIVE else "rare"


def _escaped(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)


def _match(texts: list[str], digits: str, fields: frozenset[SearchField]) -> str:
    """The words as FTS5 wants them: each a phrase in quotes, so that nothing in it means anything but itself."""
    words = " AND ".join(f'"{_phrase(text)}"' for text in texts)
    where = "{own main}" if SearchField.MAIN_ACCOUNT in fields else "own"
    return f'({where} : ({words})) OR (own : "{digits}")' if digits else f"{where} : ({words})"


def _phrase(text: str) -> str:
    return (" " * (_SHORT - len(text)) + text).replace('"', '""')


def _coded(texts: list[str], fields: frozenset[SearchField]) -> dict[int, Any]:
    """By the place of a word: customers whose public id it begins and, if wanted, the sub-accounts of those."""
    found: dict[int, Any] = {}
    for place, text in enumerate(texts):
        if not _HEX.fullmatch(text):
            continue
        ids = list(executed(_BEGINS, {"least": text, "most": f"{text}g"}).scalars())
        if ids and SearchField.MAIN_ACCOUNT in fields:
            link = SubAccountLink
            subs = select(link.sub_id).where(among(link.main_id, ids), current(link))
            ids = sorted({*ids, *db.session.scalars(subs)})
        if ids:
            found[place] = json.dumps(ids) if is_sqlite() else ids
    return found


_BEGINS = select(Customer.id).where(Customer.public_id >= bindparam("least"), Customer.public_id < bindparam("most"))


def _run(statement: Any, values: Mapping[str, Any]) -> list[Any]:
    return list(executed(statement, values).all())


def _gathered(shape: _Shape) -> int:
    return GATHERED[shape.lite] if shape.words else MOST


def _many(wanted: CustomerFilter, asked: _Asked, size: int) -> list[Any]:
    """A page out of more than MOST matches, all of them sorted only where nothing quicker fills the page."""
    shape, values = asked.shape, {**asked.values, "size": size}
    if not wanted.text and shape.sort in ("status", "partner"):
        return _by_groups(wanted, asked, size)
    if wanted.text and shape.sort == "name":
        edge = _run(_edge(shape), {**values, "walked": WALKED})
        if not (edge[0].exact if edge else _run(_exact_statement(shape.lite), values)):
            ends = {"edge_name": edge[0].folded_name, "edge_id": edge[0].id} if edge else {}
            rows = _run(_walk(shape, bool(edge)), {**values, **ends})
            if len(rows) == size or not edge:
                return rows
    return _run(_sorted(shape), values)


def _by_groups(wanted: CustomerFilter, asked: _Asked, size: int) -> list[Any]:
    """A page of the list by status or partner: one status, or partner, after the other until it is full."""
    shape, values = asked.shape, asked.values
    if shape.sort == "status":
        statuses = sorted(status for status in Status if wanted.status in (None, status))
        groups: list[tuple[dict[str, Any], _Shape]]
        groups = [({"status": one.value}, replace(shape, status=_often(one), sort="name")) for one in statuses]
    else:
        query = select(Partner.id).order_by(_plain(Partner.name), Partner.id)
        partners = [one for one in db.session.scalars(query) if {values["partner"], values["bound"]} <= {None, one}]
        groups = [({"partner": one}, replace(shape, partner=True, sort="name")) for one in partners]
    needed = values["offset"] + size
    ids: list[int] = []
    for group, inner in reversed(groups) if shape.descending else groups:
        ids += [row.id for row in _run(_keys(inner), {**values, **group, "size": needed - len(ids), "offset": 0})]
        if len(ids) >= needed:
            break
    wanted_ids = ids[values["offset"] :]
    rows = {row.id: row for row in db.session.execute(_columns().where(among(Customer.id, wanted_ids)))}
    return [rows[key] for key in wanted_ids]


# Statements -----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=512)
def _counted(shape: _Shape) -> Any:
    """The page out of as many matches as are gathered, as the index gives them, with how many those are."""
    orders = _orders(shape)
    query = _where(shape, select(Customer.id, *[order.label(f"key{place}") for place, order in enumerate(orders)]))
    some = query.limit(bindparam("gathered")).subquery("some")
    keys = [some.c[f"key{place}"] for place in range(len(orders))]
    ordered = select(some.c.id, *keys, func.count().over().label("total"))
    page = (
        ordered.order_by(*_directed(shape, keys)).limit(bindparam("size")).offset(bindparam("offset")).subquery("page")
    )
    columns = _columns(page).add_columns(page.c.total, _by_main(shape))
    return _planned(columns.order_by(*_directed(shape, [page.c[f"key{place}"] for place in range(len(orders))])))


@lru_cache(maxsize=512)
def _sorted(shape: _Shape) -> Any:
    """The page out of all matches."""
    orders = _orders(shape)
    keys = [order.label(f"key{place}") for place, order in enumerate(orders)]
    if shape.words and shape.sort == "name" and not shape.lite:
        # A walk was in vain; as an expression the name is no reason for PostgreSQL to try it again.
        orders[-2] = orders[-2].concat("")
    page = _where(shape, select(Customer.id, *keys)).order_by(*_directed(shape, orders))
    some = page.limit(bindparam("size")).offset(bindparam("offset")).subquery("page")
    columns = _columns(some).add_columns(_by_main(shape))
    return _planned(columns.order_by(*_directed(shape, [some.c[f"key{place}"] for place in range(len(orders))])))


@lru_cache(maxsize=512)
def _keys(shape: _Shape) -> Any:
    """Ids of a page out of all matches."""
    query = _where(shape, select(Customer.id)).order_by(*_directed(shape, _orders(shape)))
    return _planned(query.limit(bindparam("size")).offset(bindparam("offset")))


@lru_cache(maxsize=512)
def _walk(shape: _Shape, edged: bool) -> Any:
    """The page as reading the list in its order gives it, as far as the edge."""
    c = Customer
    query = select(c.id, c.folded_name).where(*_filters(shape), _words(shape, c, main=True))
    if edged:
        here, edge = tuple_(c.folded_name, c.id), tuple_(bindparam("edge_name", type_=String), bindparam("edge_id"))
        query = query.where(here >= edge if shape.descending else here <= edge)
    keys = _directed(shape, [c.folded_name, c.id])
    page = _joined(shape, query).order_by(*keys).limit(bindparam("size")).offset(bindparam("offset")).subquery("page")
    columns = _columns(page).add_columns(_by_main(shape))
    return _planned(columns.order_by(*_directed(shape, [page.c.folded_name, page.c.id])))


@lru_cache(maxsize=64)
def _edge(shape: _Shape) -> Any:
    """Where a walk ends, and whether somebody's number is exactly the text, who would have to come first."""
    c = Customer
    exact = _exact_statement(shape.lite).correlate(None).exists().label("exact")
    query = (
        select(c.folded_name, c.id, exact).where(*_partners(shape)).order_by(*_directed(shape, [c.folded_name, c.id]))
    )
    return query.offset(bindparam("walked")).limit(1)


@lru_cache(maxsize=2)
def _exact_statement(lite: bool) -> Any:
    return select(Customer.id).where(_exact(lite)).limit(1)


def _planned(query: Any) -> Any:
    """PostgreSQL plans it for the very words: one plan for all of them would read the whole table."""
    return query.execution_options(planned_anew=True)


def _exact(lite: bool) -> ColumnElement[bool]:
    number: Any = Customer.external_id
    return collate(number, "NOCASE") == bindparam("text") if lite else _lower(number, lite) == bindparam("text")


def _orders(shape: _Shape) -> list[Any]:
    """What the list is sorted by."""
    c = Customer
    keys: dict[str, Any] = {"name": [], "status": [_SHOWN], "added": [c.created_at]}
    key = [_plain(Partner.name, shape.lite)] if shape.sort == "partner" else keys[shape.sort]
    exact = [case((_exact(shape.lite), 0), else_=1)] if shape.words else []
    return [*exact, *key, c.folded_name, c.id]


def _directed(shape: _Shape, keys: list[Any]) -> list[Any]:
    first = 1 if shape.words and len(keys) > 2 else 0
    turned = keys[first:]
    return [*keys[:first], *[key.desc() if shape.descending else key.asc() for key in turned]]


def _plain(text: Any, lite: bool | None = None) -> Any:
    """A text that both engines compare in the same way."""
    return text if (is_sqlite() if lite is None else lite) else collate(text, "C")


def _lower(text: Any, lite: bool) -> Any:
    return func.lower(text if lite else collate(text, "C"))


def _where(shape: _Shape, query: Any) -> Any:
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
            query = query.where(_words(shape, c, main=True))
    elif shape.words:
        query = query.select_from(c).where(_indexed(shape))
        if not whole:
            query = query.where(_words(shape, c, main=True))
    else:
        query = query.select_from(c)
    return _joined(shape, query)


def _joined(shape: _Shape, query: Any) -> Any:
    if shape.sort == "partner":
        query = query.join(Partner, Partner.id == Customer.partner_id)
    if shape.status or shape.sort == "status" or shape.linked in ("sub", "none"):
        current = above(_link, Customer.id)
        query = query.outerjoin(_link, current).outerjoin(_main, _main.id == _link.main_id)
    return query


def _listed(place: int) -> Any:
    return select(func.json_each(bindparam(f"coded{place}")).table_valued("value").c.value)


def _partners(shape: _Shape) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if shape.bound:
        where.append(Customer.partner_id == bindparam("bound"))
    if shape.partner:
        where.append(Customer.partner_id == bindparam("partner"))
    return where


def _filters(shape: _Shape) -> list[ColumnElement[bool]]:
    where = [Customer.removed_at.is_(None), *_partners(shape)]
    if shape.status:
        where.append(_SHOWN.in_([bindparam("status")]))
    if shape.status == "rare":
        theirs: Any = sql(f"SELECT l.sub_id {_UNDER.format('= :status')}").columns(SubAccountLink.sub_id)
        shows: Any = (
            Customer.id.in_(theirs) if shape.lite else Customer.id == any_(func.array(theirs.scalar_subquery()))
        )
        where.append(or_(Customer.own_status == bindparam("status"), shows))
    if shape.kind:
        where.append(Customer.kind == bindparam("kind"))
    if shape.linked:
        link = aliased(SubAccountLink)
        has_subs = exists().where(under(link, Customer.id))
        ways = {"main": has_subs, "sub": _link.id.is_not(None), "none": and_(_link.id.is_(None), ~has_subs)}
        where.append(ways[shape.linked])
    return where


# Words ----------------------------------------------------------------------------------------------------------------

_PHONE = "customer.phone"
for _mark in " -/.()":
    _PHONE = f"replace({_PHONE}, '{_mark}', '')"
_PLAIN_PHONE: Any = literal_column(_PHONE, String)
_OWN: Any = literal_column(f"(' ' || customer.folded || ' ' || customer.folded_logins || ' ' || {_PHONE})", String)
_ABOVE: Any = literal_column("(' ' || customer.folded_main)", String)
"""What PostgreSQL has indexed, written exactly as there."""


def _indexed(shape: _Shape) -> ColumnElement[bool]:
    """PostgreSQL: what its index answers. With fields left out, more than what is asked for."""
    every = []
    for place, word in enumerate(shape.words):
        ways = [_OWN.like(bindparam(f"word{place}"))]
        if SearchField.MAIN_ACCOUNT in shape.fields:
            ways.append(_ABOVE.like(bindparam(f"word{place}")))
        if word.coded:
            ids: Any = as_type(bindparam(f"coded{place}"), ARRAY(BigInteger()))
            ways.append(Customer.id == any_(ids))
        every.append(or_(*ways))
    words = and_(*every)
    return or_(words, _OWN.like(bindparam("digits"))) if shape.phone else words


def _words(shape: _Shape, c: Any, *, main: bool) -> ColumnElement[bool]:
    """O1: every word is found in one of the fields; or all of it is a phone number, however it is spaced.

    `main` says whether the main account counts where it is among the fields.
    """
    every = []
    for place, word in enumerate(shape.words):
        ways = [_holds(part, shape, place) for part in _own_parts(shape, c, word)]
        if SearchField.NUMBER in shape.fields and word.coded:
            ways.append(_begins(c.public_id, place))
        if main and SearchField.MAIN_ACCOUNT in shape.fields:
            ways.append(_holds(c.folded_main, shape, place))
            if word.coded:
                link, payer = aliased(SubAccountLink), aliased(Customer)
                of_main = select(link.id).join(payer, payer.id == link.main_id)
                of_main = of_main.where(above(link, c.id), _begins(payer.public_id, place))
                ways.append(of_main.exists())
        every.append(or_(false(), *ways))
    words = and_(*every)
    if not shape.phone:
        return words
    number = func.instr(_PLAIN_PHONE, bindparam("digits")) > 0 if shape.lite else _PLAIN_PHONE.like(bindparam("digits"))
    return or_(words, number)


def _holds(text: Any, shape: _Shape, place: int) -> ColumnElement[bool]:
    if shape.words[place].short:
        text = literal_column("' '", String).concat(text)
    return func.instr(text, bindparam(f"word{place}")) > 0 if shape.lite else text.like(bindparam(f"word{place}"))


def _begins(public_id: Any, place: int) -> ColumnElement[bool]:
    begin = bindparam(f"begin{place}", type_=String)
    found: ColumnElement[bool] = func.substr(public_id, 1, func.length(begin)) == begin
    return found


def _own_parts(shape: _Shape, c: Any, word: _Word) -> list[Any]:
    """Where a word may stand: in everything on file at once, or in some parts of it only."""
    plain_phone = [_PLAIN_PHONE] if word.digits else []
    if shape.fields >= USUAL:
        return [c.folded, c.folded_logins, *plain_phone]
    others = [_lower(part, shape.lite) for part in (c.email, c.billing_email, func.coalesce(c.external_id, ""))]
    phone = _lower(c.phone, shape.lite)
    rest: Any = func.substr(c.folded, func.length(c.folded_name) + 1)
    for other in (*others, phone):
        rest = func.replace(rest, other, " ")
    parts: dict[SearchField, list[Any]] = {
        SearchField.NAME: [c.folded_name],
        SearchField.EMAIL: others[:2],
        SearchField.PHONE: [phone, *plain_phone],
        SearchField.LOGIN: [c.folded_logins],
        SearchField.NUMBER: others[2:],
        SearchField.ADDRESS: [rest],
        SearchField.MAIN_ACCOUNT: [],
    }
    return [part for field in SearchField if field in shape.fields for part in parts[field]]


def _by_main(shape: _Shape) -> ColumnElement[bool]:
    """Whether a row that matches does so by its main account alone."""
    if not shape.words or SearchField.MAIN_ACCOUNT not in shape.fields:
        return literal(False).label("by_main")
    return not_(_words(shape, Customer, main=False)).label("by_main")


def _found(row: Any) -> FoundCustomer:
    mode = BillingMode(row.mode) if row.mode else None
    above = Status(row.main_status) if mode is BillingMode.AGGREGATED else None
    return FoundCustomer(
        row.public_id,
        row.external_id,
        row.name,
        row.kind,
        row.email,
        row.phone,
        row.partner_id,
        row.partner_name,
        effective_status(Status(row.own_status), above),
        row.blocked_cause,
        row.main_public_id,
        row.main_name,
        mode,
        row.sub_accounts,
        bool(getattr(row, "by_main", False)),
    )
