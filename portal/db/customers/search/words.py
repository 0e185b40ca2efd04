"""How words are looked for, by the index over everything that a customer is found by (migration 0006)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    String,
    and_,
    any_,
    bindparam,
    collate,
    false,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
)
from sqlalchemy import cast as as_type
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from portal.db.customers.search.asking import Shape, Word
from portal.db.engine import is_sqlite
from portal.db.links.live import above
from portal.db.tables import Customer, SubAccountLink
from portal.rules.customers.search_fields import USUAL, SearchField

_PHONE = "customer.phone"
for _mark in " -/.()":
    _PHONE = f"replace({_PHONE}, '{_mark}', '')"
_PLAIN_PHONE: Any = literal_column(_PHONE, String)
_OWN: Any = literal_column(f"(' ' || customer.folded || ' ' || customer.folded_logins || ' ' || {_PHONE})", String)
_ABOVE: Any = literal_column("(' ' || customer.folded_main)", String)
"""What PostgreSQL has indexed, written exactly as there."""


def indexed(shape: Shape) -> ColumnElement[bool]:
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


def found_by_words(shape: Shape, c: Any, *, main: bool) -> ColumnElement[bool]:
    """O1: every word is found in one of the fields; or all of it is a phone number, however it is spaced.

    `main` says whether the main account counts where it is among the fields.
    """
    every = []
    for place, word in enumerate(shape.words):
        ways = [_holds(part, shape, place) for part in _own_parts(shape, c, word)]
        if SearchField.NUMBER in shape.fields and word.coded:
            ways.append(begins(c.public_id, place))
        if main and SearchField.MAIN_ACCOUNT in shape.fields:
            ways.append(_holds(c.folded_main, shape, place))
            if word.coded:
                link, payer = aliased(SubAccountLink), aliased(Customer)
                of_main = select(link.id).join(payer, payer.id == link.main_id)
                of_main = of_main.where(above(link, c.id), begins(payer.public_id, place))
                ways.append(of_main.exists())
        every.append(or_(false(), *ways))
    words = and_(*every)
    if not shape.phone:
        return words
    number = func.instr(_PLAIN_PHONE, bindparam("digits")) > 0 if shape.lite else _PLAIN_PHONE.like(bindparam("digits"))
    return or_(words, number)


def _holds(text: Any, shape: Shape, place: int) -> ColumnElement[bool]:
    if shape.words[place].short:
        text = literal_column("' '", String).concat(text)
    return func.instr(text, bindparam(f"word{place}")) > 0 if shape.lite else text.like(bindparam(f"word{place}"))


def begins(public_id: Any, place: int) -> ColumnElement[bool]:
    begin = bindparam(f"begin{place}", type_=String)
    found: ColumnElement[bool] = func.substr(public_id, 1, func.length(begin)) == begin
    return found


def _own_parts(shape: Shape, c: Any, word: Word) -> list[Any]:
    """Where a word may stand: in everything on file at once, or in some parts of it only."""
    plain_phone = [_PLAIN_PHONE] if word.digits else []
    if shape.fields >= USUAL:
        return [c.folded, c.folded_logins, *plain_phone]
    others = [lower(part, shape.lite) for part in (c.email, c.billing_email, func.coalesce(c.external_id, ""))]
    phone = lower(c.phone, shape.lite)
    rest: Any = func.substr(c.folded, func.length(c.folded_name) + 1)
    for other in (*others, phone):
        rest = func.replace(rest, other, " ")
    parts: dict[SearchField, list[Any]] = {
        SearchField.NAME: [c.folded_name, func.replace(c.folded_name, "'", "")],
        SearchField.EMAIL: others[:2],
        SearchField.PHONE: [phone, *plain_phone],
        SearchField.LOGIN: [c.folded_logins],
        SearchField.NUMBER: others[2:],
        SearchField.ADDRESS: [rest],
        SearchField.MAIN_ACCOUNT: [],
    }
    return [part for field in SearchField if field in shape.fields for part in parts[field]]


def by_main(shape: Shape) -> ColumnElement[bool]:
    """Whether a row that matches does so by its main account alone."""
    if not shape.words or SearchField.MAIN_ACCOUNT not in shape.fields:
        return literal(False).label("by_main")
    return not_(found_by_words(shape, Customer, main=False)).label("by_main")


def plain(text: Any, lite: bool | None = None) -> Any:
    """A text that both engines compare in the same way."""
    return text if (is_sqlite() if lite is None else lite) else collate(text, "C")


def lower(text: Any, lite: bool) -> Any:
    return func.lower(text if lite else collate(text, "C"))
