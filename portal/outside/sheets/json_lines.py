"""Tables as JSON Lines: an object a line, whose names are the columns."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence

from portal.rules.sentences import Sentence, say

Values = Sequence[str | None]
Report = Callable[[int, str, Sentence], None]
"""Takes a line, a column ("" for the line as a whole) and a sentence."""

MISSING = say("This column is required and missing.")
_NO_TEXT = say("The value must be a text.")
_UNFIT = say("The value holds a character that cannot be kept (NUL or half of a surrogate pair).")


class Stop(Exception):
    """Nothing after this line can be trusted; it has been reported."""


def rows(
    lines: Iterator[tuple[int, str]],
    columns: Sequence[str],
    required: Sequence[str],
    unknown: Callable[[str], Sentence],
    report: Report,
) -> Iterator[tuple[int, Values]]:
    """Each object as values in the order of the columns. `unknown` says so of a name that is none of them."""
    some = False
    for line, text in lines:
        if not text.strip():
            continue
        if not some and text.lstrip().startswith("["):
            report(line, "", say("This is a JSON list. Write one object a line instead, without brackets around."))
            raise Stop
        some = True
        row = _row(line, text, columns, required, unknown, report)
        if row is not None:
            yield line, row
    if not some:
        report(1, "", say("The file is empty."))
        raise Stop


def _row(
    line: int,
    text: str,
    columns: Sequence[str],
    required: Sequence[str],
    unknown: Callable[[str], Sentence],
    report: Report,
) -> Values | None:
    try:
        pairs = _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        report(line, "", _fault(error))
        return None
    if not isinstance(pairs, _Pairs):
        report(line, "", say("The line is not a JSON object."))
        return None
    values = dict(pairs)
    problems = [(name, unknown(name)) for name in values if name not in columns]
    if len(values) < len(pairs):
        problems.append(("", say("The line gives one name twice.")))
    problems += [(name, MISSING) for name in required if name not in values]
    problems += [(name, _NO_TEXT) for name, value in values.items() if not _is_text(value)]
    problems += [(name, _UNFIT) for name, value in values.items() if isinstance(value, str) and not _fit(value)]
    for name, sentence in problems:
        report(line, name, sentence)
    if problems:
        return None
    return [_stripped(values[name]) if name in values else None for name in columns]


class _Pairs(list[tuple[str, object]]):
    """The members of a JSON object as they stand in the file."""


def _number_as_written(text: str) -> str:
    return text


_DECODER = json.JSONDecoder(
    object_pairs_hook=_Pairs,
    parse_float=_number_as_written,
    parse_int=_number_as_written,
    parse_constant=_number_as_written,
)
"""Numbers stay as they are written, so that 12.50 is never rounded and 1e5 is seen."""


def _is_text(value: object) -> bool:
    return value is None or isinstance(value, str)


def _fit(value: str) -> bool:
    return "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value)


def _stripped(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _fault(error: Exception) -> Sentence:
    if isinstance(error, json.JSONDecodeError):
        fault, place = f"{error.msg[:1].lower()}{error.msg[1:]}", error.pos + 1
        return say("The line is not a JSON object: {fault} at character {place}.", fault=fault, place=place)
    if isinstance(error, RecursionError):
        return say("The line is not a JSON object: it is nested too deeply.")
    return say("The line is not a JSON object: {fault}.", fault=str(error))
