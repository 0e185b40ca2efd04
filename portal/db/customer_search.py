"""Finding customers for staff: one page of matches, and how many there are of each status."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, func, literal, not_, or_, select, union_all
from sqlalchemy.orm import aliased

from portal.db.engine import db
from portal.db.tables import Customer, Login, Partner, SharedBalance, SubAccountLink
from portal.rules.customers import EffectiveStatus, Kind, Status, effective_status
from portal.rules.links import BillingMode
from portal.rules.search_fields import USUAL, SearchField

SORTS = ("name", "status", "partner", "added")
LINKINGS = ("main", "sub", "none")
_DIGITS = re.compile(r"[\d\s+()./-]{4,}")
_HEX = re.compile(r"[0-9a-f]{4,20}")


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


def search(wanted: CustomerFilter, *, bound_to: int | None = None) -> tuple[list[FoundCustomer], int]:
    """One page of matches and how many there are in all; three queries. `bound_to` is the partner of the asker."""
    where = _conditions(wanted, bound_to)
    total = db.session.scalar(_from(select(func.count()).select_from(Customer)).where(*where)) or 0
    rows = db.session.execute(
        _from(_columns().add_columns(_by_main(wanted)))
        .where(*where)
        .order_by(*_order(wanted))
        .limit(wanted.size)
        .offset((wanted.page - 1) * wanted.size)
    ).all()
    counts = _sub_accounts([row.id for row in rows])
    return [_found(row, counts.get(row.id, 0)) for row in rows], total


def status_counts(bound_to: int | None = None) -> dict[Status, int]:
    """How many customers show each status (L11)."""
    query = _from(select(_EFFECTIVE, func.count()).select_from(Customer)).group_by(_EFFECTIVE)
    query = query.where(Customer.removed_at.is_(None))
    if bound_to is not None:
        query = query.where(Customer.partner_id == bound_to)
    found = {Status(status): count for status, count in db.session.execute(query)}
    return {status: found.get(status, 0) for status in Status}


def link_counts(bound_to: int | None = None) -> tuple[int, int]:
    """How many main accounts and how many sub-accounts there are now."""
    link = SubAccountLink
    query = select(func.count(link.main_id.distinct()), func.count()).where(link.ended_at.is_(None))
    if bound_to is not None:
        query = query.where(link.partner_id == bound_to)
    mains, subs = db.session.execute(query).one()
    return mains, subs


_link = aliased(SubAccountLink, name="link")
_main = aliased(Customer, name="main")
_EFFECTIVE: ColumnElement[str] = case(
    (and_(_link.mode == "aggregated", _main.own_status == "inactive"), "inactive"),
    (and_(_link.mode == "aggregated", _main.own_status == "blocked", Customer.own_status != "inactive"), "blocked"),
    else_=Customer.own_status,
)


def _from(query: Any) -> Any:
    return (
        query.join(Partner, Partner.id == Customer.partner_id)
        .outerjoin(_link, and_(_link.sub_id == Customer.id, _link.ended_at.is_(None)))
        .outerjoin(_main, _main.id == _link.main_id)
    )


def _columns() -> Any:
    c = Customer
    return select(
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
    ).select_from(c)


def mates_among(public_ids: Iterable[str]) -> dict[str, str]:
    """Those of these customers who share balances, by public id, with the name of whom they share them with."""
    share, mine, other = SharedBalance, aliased(Customer), aliased(Customer)
    pairs = union_all(
        select(share.primary_id.label("mine"), share.secondary_id.label("other")).where(share.ended_at.is_(None)),
        select(share.secondary_id, share.primary_id).where(share.ended_at.is_(None)),
    ).subquery()
    rows: Iterable[tuple[str, str]] = db.session.execute(
        select(mine.public_id, other.name)
        .join_from(mine, pairs, pairs.c.mine == mine.id)
        .join(other, other.id == pairs.c.other)
        .where(mine.public_id.in_(sorted(public_ids)))
    )
    return dict(iter(rows))


def _conditions(wanted: CustomerFilter, bound_to: int | None) -> list[ColumnElement[bool]]:
    where = [Customer.removed_at.is_(None), *_matches(wanted.text, wanted.fields)]
    if bound_to is not None:
        where.append(Customer.partner_id == bound_to)
    if wanted.partner_id is not None:
        where.append(Customer.partner_id == wanted.partner_id)
    if wanted.status is not None:
        where.append(_EFFECTIVE.in_([wanted.status.value]))
    if wanted.kind is not None:
        where.append(Customer.kind == wanted.kind.value)
    if wanted.linked:
        where.append(_linked(wanted.linked))
    return where


def _linked(which: str) -> ColumnElement[bool]:
    mains = select(SubAccountLink.main_id).where(SubAccountLink.ended_at.is_(None))
    if which == "main":
        return Customer.id.in_(mains)
    if which == "sub":
        return _link.id.is_not(None)
    return and_(_link.id.is_(None), Customer.id.not_in(mains))


def _matches(text: str, fields: frozenset[SearchField]) -> list[ColumnElement[bool]]:
    """O1: every word is found in one of the fields; or it is a phone number, however it is spaced."""
    if not text:
        return []
    words = and_(*[_word(word, fields) for word in text.split()[:8]])
    digits = re.sub(r"\D", "", text)
    if SearchField.PHONE not in fields or not _DIGITS.fullmatch(text) or len(digits) < 4:
        return [words]
    plain: Any = Customer.phone
    for mark in " -/.()":
        plain = func.replace(plain, mark, "")
    return [or_(words, plain.contains(digits, autoescape=True))]


def _by_main(wanted: CustomerFilter) -> ColumnElement[bool]:
    """Whether a row that matches does so by its main account alone."""
    if not wanted.text or SearchField.MAIN_ACCOUNT not in wanted.fields:
        return literal(False).label("by_main")
    return not_(and_(*_matches(wanted.text, wanted.fields - {SearchField.MAIN_ACCOUNT}))).label("by_main")


def _word(word: str, fields: frozenset[SearchField]) -> ColumnElement[bool]:
    ways = _own_texts(word, fields)
    if SearchField.LOGIN in fields:
        signs_in = select(Login.customer_id).where(
            Login.customer_id.is_not(None), Login.email.contains(word, autoescape=True)
        )
        ways.append(Customer.id.in_(signs_in))
    if SearchField.NUMBER in fields and _HEX.fullmatch(word):
        ways.append(Customer.public_id.startswith(word, autoescape=True))
    if SearchField.MAIN_ACCOUNT in fields:
        ways.append(Customer.id.in_(_subs_of_mains(word)))
    return or_(false(), *ways)


_ON_FILE = frozenset({SearchField.NAME, SearchField.EMAIL, SearchField.PHONE, SearchField.NUMBER, SearchField.ADDRESS})
"""The fields whose texts stand together in `customer.folded`."""


def _own_texts(word: str, fields: frozenset[SearchField]) -> list[ColumnElement[bool]]:
    """Ways to find a word on file: in all of it at once, or in some of its parts only."""
    anywhere = Customer.folded.contains(word, autoescape=True)
    if fields >= _ON_FILE:
        return [anywhere]
    parts = [part.contains(word, autoescape=True) for field in fields & _ON_FILE for part in _parts(field)]
    return [and_(anywhere, or_(*parts))] if parts else []


def _parts(field: SearchField) -> list[Any]:
    """Where the text of one field stands. Addresses are folded only among the rest, so the rest is taken out."""
    c = Customer
    others = [func.lower(c.email), func.lower(c.billing_email), func.lower(func.coalesce(c.external_id, ""))]
    if field is not SearchField.ADDRESS:
        plain: dict[SearchField, list[Any]] = {
            SearchField.NAME: [c.folded_name],
            SearchField.EMAIL: others[:2],
            SearchField.PHONE: [func.lower(c.phone)],
            SearchField.NUMBER: others[2:],
        }
        return plain[field]
    rest: Any = func.substr(c.folded, func.length(c.folded_name) + 1)
    for other in (*others, func.lower(c.phone)):
        rest = func.replace(rest, other, " ")
    return [rest]


def _subs_of_mains(word: str) -> Any:
    """The sub-accounts of main accounts whose name or number has this word in it: made once, from the links."""
    link, main = aliased(SubAccountLink), aliased(Customer)
    ways: list[ColumnElement[bool]] = [
        main.folded_name.contains(word, autoescape=True),
        func.lower(main.external_id).contains(word, autoescape=True),
    ]
    if _HEX.fullmatch(word):
        ways.append(main.public_id.startswith(word, autoescape=True))
    return select(link.sub_id).join(main, main.id == link.main_id).where(link.ended_at.is_(None), or_(*ways))


def _order(wanted: CustomerFilter) -> list[Any]:
    c = Customer
    keys: dict[str, Any] = {"name": c.folded_name, "status": _EFFECTIVE, "partner": Partner.name, "added": c.created_at}
    key = keys.get(wanted.sort, c.folded_name)
    exact = [case((func.lower(c.external_id) == wanted.text, 0), else_=1)] if wanted.text else []
    return [*exact, key.desc() if wanted.descending else key.asc(), c.folded_name, c.id]


def _sub_accounts(ids: list[int]) -> dict[int, int]:
    link = SubAccountLink
    rows = db.session.execute(
        select(link.main_id, func.count()).where(link.main_id.in_(ids), link.ended_at.is_(None)).group_by(link.main_id)
    )
    return {row[0]: row[1] for row in rows}


def _found(row: Any, sub_accounts: int) -> FoundCustomer:
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
        sub_accounts,
        bool(row.by_main),
    )
