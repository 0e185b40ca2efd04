"""Reads from a TrueType file which glyphs are its figures of one width, so that columns of amounts stand straight.

Source: OpenType specification, tables GSUB and coverage; lookup type 1 puts one glyph in another's place.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence


def tabular_figures(font: bytes, figures: Sequence[int]) -> Iterable[tuple[int, int]]:
    """(index in `figures`, glyph) pairs of the font's `tnum` feature; nothing where the font has no such feature."""
    base = _table(font, b"GSUB")
    if base is None:
        return
    _, _, _, features, lookups = struct.unpack_from(">5H", font, base)
    for lookup in _lookups_of(font, base + features, b"tnum"):
        start = base + lookups + _u16(font, base + lookups + 2 + 2 * lookup)
        for number in range(_u16(font, start + 4)):
            substitute = _single_substitution(font, start + _u16(font, start + 6 + 2 * number))
            yield from ((index, substitute[glyph]) for index, glyph in enumerate(figures) if glyph in substitute)


def _u16(font: bytes, at: int) -> int:
    return int(struct.unpack_from(">H", font, at)[0])


def _table(font: bytes, tag: bytes) -> int | None:
    for number in range(_u16(font, 4)):
        name, _, offset, _ = struct.unpack_from(">4s3L", font, 12 + 16 * number)
        if name == tag:
            return int(offset)
    return None


def _lookups_of(font: bytes, features: int, tag: bytes) -> set[int]:
    found: set[int] = set()
    for number in range(_u16(font, features)):
        name, offset = struct.unpack_from(">4sH", font, features + 2 + 6 * number)
        if name == tag:
            count = _u16(font, features + offset + 2)
            found.update(struct.unpack_from(f">{count}H", font, features + offset + 4))
    return found


def _single_substitution(font: bytes, at: int) -> dict[int, int]:
    kind, coverage = struct.unpack_from(">2H", font, at)
    covered = _covered(font, at + coverage)
    if kind == 1:
        delta = struct.unpack_from(">h", font, at + 4)[0]
        return {glyph: (glyph + delta) & 0xFFFF for glyph in covered}
    return dict(zip(covered, struct.unpack_from(f">{len(covered)}H", font, at + 6), strict=True))


def _covered(font: bytes, at: int) -> list[int]:
    kind, count = struct.unpack_from(">2H", font, at)
    if kind == 1:
        return list(struct.unpack_from(f">{count}H", font, at + 4))
    ranges = (struct.unpack_from(">3H", font, at + 4 + 6 * number) for number in range(count))
    return [glyph for first, last, _ in ranges for glyph in range(first, last + 1)]
