"""Sentences as values: a template and its typed parts, written out for whoever reads them.

`say("{who} owes {amount} since {day}.", who="Acme Ltd", amount=Money(1250, "EUR"), day=date(2026, 11, 1))` says what
is so and leaves open how it reads. A `Pen` writes it: in the reader's language (the template is the message id of the
catalogues), with the amounts, dates and counts of their locale, and without amounts for somebody who may not see
finances. `str(sentence)` is the plain English of the command line and of JSON: ISO dates and amounts with a point.
Where HTML is put together, a sentence writes and escapes itself with the pen of the page (`write_pages_with`).
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol, TypeAlias

from portal.rules.money import Money, exponent
from portal.rules.periods import Period

MASKED = "•••"
"""Stands where an amount would be that the reader may not see (S9)."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What a person wrote about money: amounts may stand in it. Who may not see any reads it while it has no digits."""

    text: str

    @property
    def masked(self) -> str:
        return MASKED if any(map(str.isdigit, self.text)) else self.text


Part: TypeAlias = "str | int | Money | Remark | date | Period | Sentence | tuple[Part, ...]"
"""What may stand in a sentence: a name or other text as it is, a count, an amount, what somebody wrote about money, a
day or instant, a stretch of days, a sentence or word of its own, or several of these as a list ("A, B and C")."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is said. `many` is the template for every count but one; `count` decides, and is a part as well."""

    template: str
    parts: tuple[tuple[str, Part], ...] = ()
    many: str = ""
    count: int | None = None

    def __str__(self) -> str:
        return write(self, PLAIN)

    def __html__(self) -> str:
        return html.escape(write(self, _of_pages[0]))

    def __bool__(self) -> bool:
        return bool(self.template)


class Pen(Protocol):
    """How things are written for one reader."""

    def message(self, one: str, many: str, count: int | None) -> str:
        """The template in the reader's language; `many` and `count` where a number decides."""

    def money(self, amount: Money) -> str:
        """An amount with its currency, or what stands for one that the reader may not see."""

    def remark(self, remark: Remark) -> str:
        """What a person wrote about money, or what stands for it."""

    def day(self, on: date) -> str:
        """A day."""

    def moment(self, at: datetime) -> str:
        """An instant on the reader's clock."""

    def period(self, days: Period) -> str:
        """A stretch of days: a year or month by its name, anything else by its first and last day."""

    def number(self, value: int) -> str:
        """A count."""

    def listed(self, items: Sequence[str]) -> str:
        """Several things after each other: "A, B and C"."""


def say(template: str, many: str = "", /, *, count: int | None = None, **parts: Part) -> Sentence:
    """A sentence. `template` names its parts in braces; `many` is used instead where `count` is not one.

    Both are message ids of the catalogues, so they are written where they are said: `say("{name} is Inactive.", …)`.
    """
    if (count is None) != (not many):
        raise ValueError("a sentence in two numbers needs a count, and a count two templates")
    return Sentence(template, tuple(parts.items()), many, count)


NOTHING = Sentence("")
"""Where nothing is said."""


def verbatim(text: str) -> Sentence:
    """Text that is nobody's to translate: what a person wrote, or what another system answered."""
    return Sentence("{text}", (("text", text),)) if text else NOTHING


def together(*sentences: Sentence, by: str = " ") -> Sentence:
    """Several sentences as one, with `by` between those that say anything."""
    said = [one for one in sentences if one]
    template = by.replace("{", "{{").replace("}", "}}").join(f"{{s{index}}}" for index in range(len(said)))
    return Sentence(template, tuple((f"s{index}", one) for index, one in enumerate(said)))


def write(sentence: Sentence, pen: Pen) -> str:
    """The sentence as text."""
    if not sentence.template:
        return ""
    parts = {name: _part(part, pen) for name, part in sentence.parts}
    if sentence.count is not None:
        parts["count"] = pen.number(sentence.count)
    return pen.message(sentence.template, sentence.many, sentence.count).format_map(parts)


def _part(part: Part, pen: Pen) -> str:
    if isinstance(part, Sentence):
        return write(part, pen)
    if isinstance(part, Money):
        return pen.money(part)
    if isinstance(part, Remark):
        return pen.remark(part)
    if isinstance(part, datetime):
        return pen.moment(part)
    if isinstance(part, date):
        return pen.day(part)
    if isinstance(part, Period):
        return pen.period(part)
    if isinstance(part, tuple):
        return pen.listed([_part(one, pen) for one in part])
    return part if isinstance(part, str) else pen.number(part)


def without_figures(sentence: Sentence) -> Sentence:
    """The same sentence for somebody who may not see finances, whoever writes it out (S9)."""
    return Sentence(
        sentence.template,
        tuple((name, _without(part)) for name, part in sentence.parts),
        sentence.many,
        sentence.count,
    )


def plain(sentence: Sentence, *, figures: bool) -> str:
    """In plain English, for a program or a terminal; without amounts unless the reader may see `figures` (S9)."""
    return str(sentence if figures else without_figures(sentence))


def _without(part: Part) -> Part:
    if isinstance(part, Money):
        return MASKED
    if isinstance(part, Remark):
        return part.masked
    if isinstance(part, Sentence):
        return without_figures(part)
    return tuple(map(_without, part)) if isinstance(part, tuple) else part


def ordinal(number: int) -> Sentence:
    """1 is "1st", 22 is "22nd"."""
    last = 0 if 10 <= number % 100 <= 20 else number % 10
    if last == 1:
        return say("{number}st", number=number)
    if last == 2:
        return say("{number}nd", number=number)
    return say("{number}rd", number=number) if last == 3 else say("{number}th", number=number)


class _Plain:
    """English with ISO dates and plain amounts, for the command line, JSON and logs."""

    def message(self, one: str, many: str, count: int | None) -> str:
        return one if count in (None, 1) else many

    def money(self, amount: Money) -> str:
        return str(amount)

    def remark(self, remark: Remark) -> str:
        return remark.text

    def day(self, on: date) -> str:
        return on.isoformat()

    def moment(self, at: datetime) -> str:
        return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

    def period(self, days: Period) -> str:
        if days.is_year:
            return str(days.first.year)
        if days.is_month:
            return f"{days.first:%B %Y}"
        return str(days.first) if days.is_day else f"{days.first} to {days.last}"

    def number(self, value: int) -> str:
        return str(value)

    def listed(self, items: Sequence[str]) -> str:
        return " and ".join(filter(None, (", ".join(items[:-1]), *items[-1:])))


PLAIN: Pen = _Plain()

_of_pages: list[Pen] = [PLAIN]


def write_pages_with(pen: Pen) -> None:
    """Let sentences inside HTML be written by `pen`, which finds out itself who reads the page."""
    _of_pages[0] = pen


# Stored ---------------------------------------------------------------------------------------------------------------


def stored_parts(sentence: Sentence) -> dict[str, object]:
    """All of a sentence but its template, as JSON can keep it; `from_stored` reads it back."""
    kept: dict[str, object] = {"parts": {name: _stored(part) for name, part in sentence.parts}}
    return kept | ({"many": sentence.many, "count": sentence.count} if sentence.count is not None else {})


def from_stored(template: str, kept: Mapping[str, object] | None) -> Sentence:
    """The sentence that was stored. Without parts (None) the template is text from before, where amounts may stand."""
    if kept is None:
        return Sentence("{text}", (("text", Remark(template)),)) if template else NOTHING
    parts, many, count = kept["parts"], kept.get("many", ""), kept.get("count")
    assert isinstance(parts, dict)
    assert isinstance(many, str)
    return Sentence(
        template,
        tuple((name, _read(part)) for name, part in parts.items()),
        many,
        count if isinstance(count, int) else None,
    )


def as_json(sentence: Sentence) -> dict[str, object]:
    """A whole sentence as JSON can keep it, its template under "say"; `from_json` reads it back."""
    return {"say": sentence.template, **stored_parts(sentence)}


def from_json(kept: Mapping[str, object]) -> Sentence:
    """The sentence that was kept whole."""
    return from_stored(str(kept["say"]), kept)


def _stored(part: Part) -> object:
    if isinstance(part, Sentence):
        return as_json(part)
    if isinstance(part, Money):
        return {"minor": part.minor, "currency": part.currency, "places": exponent(part.currency)}
    if isinstance(part, Remark):
        return {"remark": part.text}
    if isinstance(part, datetime):
        return {"at": part.isoformat()}
    if isinstance(part, date):
        return {"day": part.isoformat()}
    if isinstance(part, Period):
        return {"first": part.first.isoformat(), "last": part.last.isoformat()}
    if isinstance(part, tuple):
        return [_stored(one) for one in part]
    return part


def _read(kept: object) -> Part:
    if isinstance(kept, list):
        return tuple(_read(one) for one in kept)
    if not isinstance(kept, dict):
        assert isinstance(kept, str | int)
        return kept
    if "say" in kept:
        return from_json(kept)
    if "minor" in kept:
        return Money(kept["minor"], kept["currency"])
    if "remark" in kept:
        return Remark(kept["remark"])
    if "first" in kept:
        return Period(date.fromisoformat(kept["first"]), date.fromisoformat(kept["last"]))
    return datetime.fromisoformat(kept["at"]) if "at" in kept else date.fromisoformat(kept["day"])
