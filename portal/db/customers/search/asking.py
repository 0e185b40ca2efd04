"""What is asked of the search: a filter becomes the shape of a statement and the values for it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select

from portal.db.bulk import among
from portal.db.engine import db, executed, is_sqlite
from portal.db.links.live import current
from portal.db.tables import Customer, SubAccountLink
from portal.rules.customers.search_fields import USUAL, SearchField
from portal.rules.customers.status import Kind, Status

SORTS = ("name", "status", "partner", "added")
LINKINGS = ("main", "sub", "none")
OWING = ("owes", "late")

_WORDS = 8
_DIGITS = re.compile(r"[\d\s+()./-]{4,}", re.ASCII)
_HEX = re.compile(r"[0-9a-f]{4,20}")
_SHORT = 3
"""Shorter words are found only where a word begins."""


@dataclass(frozen=True, slots=True)
class CustomerFilter:
    """Which customers, in which order, and which part. `text` is already folded; `page` counts from 1.

    `fields` are those that the text is looked for in.
    `removed` are the customers that were removed, by the names that the books keep, and no others.
    `linked` is "main", "sub", "none" or "" for any; `partner_id` the partner wanted, None for every one. `owes` is
    "owes" for whose own House Account is below zero at the end of `today`, "late" for who has something open past due.
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
    removed: bool = False
    owes: str = ""
    today: date | None = None


class Word(NamedTuple):
    """What a statement depends on of a word: is it short, has it digits, may it begin a public id that exists."""

    short: bool
    digits: bool
    coded: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """What a statement depends on. `phone` says that the whole text may be a phone number; `status` is "usual" for
    the one that most customers have, "rare" for another, "" for any.
    """

    lite: bool
    words: tuple[Word, ...]
    phone: bool
    fields: frozenset[SearchField]
    bound: bool
    partner: bool
    status: str
    kind: bool
    linked: str
    sort: str
    descending: bool
    removed: bool = False
    owes: str = ""


class Asked(NamedTuple):
    """A search as a shape and the values for its statements."""

    shape: Shape
    values: dict[str, Any]


def ask(wanted: CustomerFilter, bound_to: int | None) -> Asked:
    lite, fields = is_sqlite(), wanted.fields
    texts = [] if wanted.removed else wanted.text.split()[:_WORDS]
    coded = _coded(texts, fields) if SearchField.NUMBER in fields else {}
    words = tuple(
        Word(len(text) < _SHORT, any(letter.isdigit() for letter in text), place in coded)
        for place, text in enumerate(texts)
    )
    digits = re.sub(r"\D", "", wanted.text)
    phone = (
        not wanted.removed and SearchField.PHONE in fields and bool(_DIGITS.fullmatch(wanted.text)) and len(digits) >= 4
    )
    values: dict[str, Any] = {"size": wanted.size, "offset": (wanted.page - 1) * wanted.size, "bound": bound_to}
    values |= {"partner": wanted.partner_id, "kind": wanted.kind and wanted.kind.value, "text": wanted.text}
    values |= {"status": wanted.status and wanted.status.value, "digits": digits if lite else f"%{digits}%"}
    for place, text in enumerate(texts):
        sought = f" {text}" if words[place].short else text
        values[f"word{place}"] = sought if lite else f"%{_escaped(sought)}%"
        values[f"begin{place}"], values[f"coded{place}"] = text, coded.get(place)
    values["match"] = _match(texts, digits if phone else "", fields) if texts else ""
    shape = Shape(
        *(lite, words, phone, fields, bound_to is not None, wanted.partner_id is not None, often(wanted.status)),
        *(wanted.kind is not None, wanted.linked, wanted.sort if wanted.sort in SORTS else "name", wanted.descending),
        removed=wanted.removed,
        owes=wanted.owes,
    )
    if wanted.owes:
        values["today"] = wanted.today
    if wanted.removed:
        values["kept_name"] = f"%{_escaped(wanted.text)}%"
    return Asked(shape, values)


def often(status: Status | None) -> str:
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
