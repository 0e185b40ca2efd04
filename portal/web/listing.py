"""A list as its address asks for it: what it is filtered by, how it is sorted, and which page of it is shown.

Every list of the portal and the back office reads its address here and makes the addresses of its headings, its pages
and its exports here, so that they all keep what somebody chose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from flask import Response, request, stream_with_context

from portal.outside.sheets.tables import Cell, Column, table_csv, table_xlsx
from portal.rules.errors import Missing, Reason, Refused
from portal.rules.sentences import say
from portal.web.figures import Shown
from portal.web.serving import downloads

Row = TypeVar("Row")

FURTHEST_PAGE = 1_000_000
EXPORTED = 100_000
"""So many rows of a list are exported at most. Of a longer one nothing is: a file that ends early looks whole."""

FORMS = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
"""The forms of an export and their types."""


def page_number(name: str = "page") -> int:
    """Which page of a list is wanted, from 1; anything that is no number means the first."""
    text = request.args.get(name, "")
    return min(max(1, int(text)), FURTHEST_PAGE) if text.isascii() and text.isdigit() and len(text) < 10 else 1


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading that sorts. `direction` is "ascending", "descending" or "" for one the list is not sorted by."""

    key: str
    label: Shown
    url: str
    direction: str


@dataclass(frozen=True, slots=True)
class Listing:
    """What makes the addresses of one list.

    `url` gives the address of the list with some query values; `filters` are those in force, by their names in the
    address. `sort` and `descending` say how it is sorted, `usual` how it is when nothing is said. `words` are what
    stands in the address for ascending and descending. `largest_first` are sorted descending when first pressed.
    """

    url: Callable[..., str]
    filters: Mapping[str, str]
    sort: str = ""
    descending: bool = False
    usual: str = "name"
    usually_descending: bool = False
    words: tuple[str, str] = ("up", "down")
    largest_first: frozenset[str] = frozenset()

    @property
    def filtered(self) -> bool:
        """Whether anything is filtered."""
        return any(self.filters.values())

    def address(self, *, page: int = 1, sort: str | None = None, descending: bool | None = None) -> str:
        """The shortest address of this list: what is as usual is left out."""
        sort = self.sort if sort is None else sort
        descending = self.descending if descending is None else descending
        values = {
            **self.filters,
            "sort": "" if sort == self.usual else sort,
            "order": "" if descending is self.usually_descending else self.words[descending],
            "page": str(page) if page > 1 else "",
        }
        return self.url(**{name: value for name, value in values.items() if value})

    def exports(self, url: Callable[..., str]) -> dict[str, str]:
        """The address of each form of an export of this list, as it is filtered and sorted (O9): `url` takes `form`."""
        values = {
            **self.filters,
            "sort": "" if self.sort == self.usual else self.sort,
            "order": "" if self.descending is self.usually_descending else self.words[self.descending],
        }
        kept = {name: value for name, value in values.items() if value}
        return {form: url(form=form, **kept) for form in FORMS}

    def headings(self, columns: Iterable[tuple[str, Shown]]) -> list[Heading]:
        """The headings that sort, from their keys and labels. Pressing the current one turns the order around."""
        return [self._heading(key, label) for key, label in columns]

    def pages(self, page: int, last: int) -> dict[str, str]:
        """The addresses of the pages before and after one of `last`, "" where there is none."""
        return {
            "previous_url": self.address(page=page - 1) if page > 1 else "",
            "next_url": self.address(page=page + 1) if page < last else "",
        }

    def _heading(self, key: str, label: Shown) -> Heading:
        current = key == self.sort
        turned = not self.descending if current else key in self.largest_first
        direction = ("descending" if self.descending else "ascending") if current else ""
        return Heading(key, label, self.address(sort=key, descending=turned), direction)


def whole(export: Callable[[int], Sequence[Row]]) -> Sequence[Row]:
    """All rows that `export` gives when asked for so many at most. Raises Refused for more than EXPORTED."""
    rows = export(EXPORTED + 1)
    if len(rows) > EXPORTED:
        text = say("More than {most} rows match, which is more than a file of this list holds.", most=EXPORTED)
        raise Refused([Reason("O9", text, say("Narrow the list, then export it in parts."))], say("Not exported"))
    return rows


def exported(form: str, name: str, columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> Response:
    """A list as a file called `name`, in one of FORMS. Raises Missing for another form."""
    if form not in FORMS:
        raise Missing()
    pieces = stream_with_context(table_csv(columns, rows)) if form == "csv" else [table_xlsx(name, columns, rows)]
    return downloads.attached(pieces, f"{name}.{form}", FORMS[form])
