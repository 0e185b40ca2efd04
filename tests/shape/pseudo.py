"""A language made while tests run, and what pages say that is in no language: neither translated nor anybody's data.

Every translated text stands in ⟦brackets⟧, and its vowels carry áccents. So whatever has letters outside of the
brackets did not pass through a catalogue; and a word within them whose vowels are bare came in as a part of a sentence
that did not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from functools import cache
from gettext import NullTranslations
from typing import Any

import pytest
from flask_babel import get_babel
from lxml import etree, html
from sqlalchemy import JSON, Enum, String

from portal.actions.partners import config
from portal.db.engine import db
from portal.db.types import Identity
from portal.outside import pens
from portal.outside.pdf import words
from portal.web.account import pages as account

_BARE = "aeiouAEIOU"
_ACCENTED = str.maketrans(_BARE, "áéíóúÁÉÍÓÚ")
_KEPT = re.compile(r"(%\(\w+\)[sd]|%%|\{[^{}]*\}|<[^<>]*>|&#?\w+;)")
_NO_TEXT = frozenset({"script", "style", "noscript"})
_READ_OUT = ("title", "aria-label", "aria-description", "aria-roledescription", "aria-valuetext", "alt", "placeholder",
             "data-label", "hx-confirm", "label")  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+")
_ADDRESS = re.compile(r"https?://\S+|[\w.+-]+@[\w.-]+|\{\{ \w+ \}\}|\{[a-z ]+\}|[\w-]+\.(?:pdf|csv|xlsx)(?!\w)")
"""Addresses, placeholders of a partner's texts and names of files."""
_NAME = re.compile(r"(?<!\w)(?:Kith|CSV|XLSX|PDF|[A-Z]{2,3}|[A-F\d]{4,})(?!\w)")
"""What the portal and forms of files are called, initials, codes and ids: the same in every language."""
_TEMPLATES = {"audit_record.text", "outbox_message.subject", "blocking_notice.remark", "feature.name"}
"""Columns that keep sentences as they are said, or words of the program."""
_CODES = frozenset(
    [
        "action",
        "arguments",
        "details",
        "content_type",
        "folded",
        "folded_logins",
        "folded_main",
        "folded_name",
        "given",
        "grant",
        "html",
        "kind",
        "part",
        "password_hash",
        "permissions",
        "purpose",
        "role",
        "scopes",
        "taken",
        "token_hash",
    ]
)
"""Names of columns with what programs read."""
_DATES = {"format_date", "format_datetime", "format_skeleton", "format_interval"}
_UNSAID = frozenset({"say", "many", "template"})


class Pseudo(NullTranslations):
    """⟦Évéry téxt⟧ with its placeholders and marks as they were."""

    language = "en"

    def gettext(self, message: str) -> str:
        if not message:
            return f"Language: {self.language}"
        parts = _KEPT.split(message)
        parts[::2] = [part.translate(_ACCENTED) for part in parts[::2]]
        return f"⟦{''.join(parts)}⟧"

    def ngettext(self, one: str, many: str, count: int) -> str:
        return self.gettext(one if count == 1 else many)

    ugettext, ungettext = gettext, ngettext


def install(patch: pytest.MonkeyPatch, texts: NullTranslations, locale: str = pens.DEFAULT_LOCALE) -> None:
    """Let pages, sentences, mail and files of a locale say their texts from `texts`, and dates without words."""
    patch.setitem(get_babel().instance.domain_instance.cache, (locale, "messages"), texts)
    patch.setattr(pens, "texts_in", lambda _locale: texts)
    patch.setattr(pens, "format_list", lambda items, **_: "; ".join(items))
    for module in (account, config, pens, words):
        for name in _DATES & vars(module).keys():
            patch.setattr(module, name, _in_digits)
    pens.pen_for.cache_clear()


def _in_digits(*given: Any, **_: Any) -> str:
    return " ".join(f"{one:%Y-%m-%d}" for one in given if isinstance(one, date | datetime))


class Reader:
    """Reads as somebody who knows the pseudo-language only, and who knows the data of the database."""

    def __init__(self, *more: str, whole: Iterable[str] = ()) -> None:
        """`more` is data that no table keeps, `whole` such as stands alone."""
        lines = {" ".join(line.split()) for text in (*_stored(), *more) for line in text.splitlines()}
        known = sorted(filter(_WORD.search, lines), key=len, reverse=True)
        self._whole = frozenset(whole)
        self._data = re.compile("|".join(rf"(?<!\w){re.escape(text)}(?!\w)" for text in known))
        self.unsaid = cache(self._unsaid)

    def page(self, text: str) -> Iterator[str]:
        """What a page or the HTML of a mail says in no language: text that is seen or read out."""
        if not text.strip():
            return
        page, depth = html.document_fromstring(text), 0
        for seen in _seen(page):
            depth, found = self._pieces(seen, depth)
            yield from found
        assert depth == 0, "a text ends in the middle"
        for attribute in _read_out(page):
            yield from self.text(attribute)

    def text(self, text: str) -> list[str]:
        """The same of plain text."""
        return self._pieces(text, 0)[1]

    def within(self, text: str) -> list[str]:
        """The words with bare vowels of a text that has lost its brackets."""
        return [word for word in _WORD.findall(self._without_data(" ".join(text.split()))) if set(word) & set(_BARE)]

    def _pieces(self, text: str, depth: int) -> tuple[int, list[str]]:
        found = []
        for piece in re.split("([⟦⟧])", text):
            if piece in "⟦⟧" and piece:
                depth += 1 if piece == "⟦" else -1
            elif _WORD.search(piece) and (said := self.unsaid(" ".join(piece.split()), depth > 0)):
                found.append(said)
        return depth, found

    def _unsaid(self, piece: str, inside: bool) -> str:
        """What is left of a piece of text: with … for data and 0 for numbers, or nothing where all is well."""
        if piece in self._whole:
            return ""
        left = re.sub(r"\d+", "0", self._without_data(piece))
        wrong = [word for word in _WORD.findall(left) if not inside or set(word) & set(_BARE)]
        return left if wrong else ""

    def _without_data(self, text: str) -> str:
        return _NAME.sub("…", self._data.sub("…", _ADDRESS.sub("…", text)))


def _seen(element: Any) -> Iterator[str]:
    if isinstance(element.tag, str) and element.tag not in _NO_TEXT:
        yield element.text or ""
        for child in element:
            yield from _seen(child)
            yield child.tail or ""


def _read_out(page: Any) -> Iterator[str]:
    for element in page.iter(etree.Element):
        yield from (element.get(name) for name in _READ_OUT if element.get(name))
        if element.tag == "input" and element.get("type") in ("submit", "button", "reset"):
            yield element.get("value", "")


def _stored() -> Iterator[str]:
    """Every name, address and other text of the database."""
    for table in db.metadata.sorted_tables:
        columns = [
            column
            for column in table.columns
            if isinstance(column.type, String | JSON | Identity)
            and not isinstance(column.type, Enum)
            and column.name not in _CODES
            and f"{table.name}.{column.name}" not in _TEMPLATES
        ]
        if columns:
            for row in db.session.execute(db.select(*columns)):
                yield from strings(row)


def strings(value: object) -> Iterator[str]:
    """The texts in a value, but for the templates of its sentences."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from strings(part) if name not in _UNSAID else ()
    elif isinstance(value, Iterable):
        for part in value:
            yield from strings(part)
