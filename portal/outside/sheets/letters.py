"""In which encoding a file that is not UTF-8 was saved, by what its letters would be in each.

A spreadsheet saves in the encoding of its country unless it is told otherwise. charset-normalizer says which encodings
give an orderly text; on the few letters of a list of names several do, and then the letters decide: those that the
languages of an encoding use, where they would stand in a word.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from typing import NamedTuple

from charset_normalizer import from_bytes

from portal.rules.sentences import Sentence, say

SAMPLED = 16_384
"""So many bytes of lines that are not ASCII decide."""
_PLAUSIBLE = 0.6
_ORDERLY = 0.25
"""How much messier than the best an encoding may be and still be looked at."""

_WEST: tuple[str, ...] = (
    "äöüßÄÖÜ",
    "àâçéèêëîïôûùüœæÀÂÇÉÈÊËÎÏÔÛŒ",
    "áéíóúñüÁÉÍÓÚÑÜçàòï",
    "áâãàçéêíóôõúÁÂÃÀÇÉÊÍÓÔÕÚ",
    "àèéìòùÀÈÉÌÒÙ",
)
_WEST += ("åäöøæéÅÄÖØÆ", "áéíóúýðþæöÁÉÍÓÚÝÐÞÆÖ")
_CENTRAL: tuple[str, ...] = (
    "ąćęłńóśźżĄĆĘŁŃÓŚŹŻ",
    "áčďéěíňřšťúůýžÁČĎÉĚÍŇŘŠŤÚŮÝŽäĺľôŕÄĽ",
    "áéíóöőúüűÁÉÍÓÖŐÚÜŰ",
    "äöüßÄÖÜ",
)
_CENTRAL += ("čćđšžČĆĐŠŽ", "ăâîşţĂÂÎŞŢ")
_BALTIC = ("āčēģīķļņšūžĀČĒĢĪĶĻŅŠŪŽ", "ąčęėįšųūžĄČĘĖĮŠŲŪŽ", "äöüõšžÄÖÜÕŠŽ")
_TURKISH = ("çğıöşüÇĞİÖŞÜâîû",)
_FREQUENT = frozenset("оеаинтсрвлαοιετσνηυρאהויילמרתשالميونرتبد")
"""The letters that other alphabets use most."""
_RARE = frozenset("œŒðþÐÞÿÝõÕûÛĺŕģķļņźŹ")
_ALONE = frozenset("àÀéÉèÈóÓòìáÁ")
"""Letters that are words by themselves."""
_MARKS = frozenset("’‘‚“”„–—…«»‹›·•°")


class Encoding(NamedTuple):
    """An encoding that spreadsheets save in: its name in Python, what people call it, and which letters are common.

    `languages` are the letters beyond ASCII of each language that it is for, where that is written in Latin letters.
    """

    codec: str
    label: Sentence
    common: Callable[[str], bool]
    languages: tuple[str, ...] = ()


def _latin(codec: str, label: Sentence, languages: tuple[str, ...]) -> Encoding:
    return Encoding(codec, label, frozenset("".join(languages)).__contains__, languages)


def _script(name: str) -> Callable[[str], bool]:
    return lambda character: unicodedata.name(character, "").startswith(name)


def _first_level(codec: str, first: int, last: int) -> Callable[[str], bool]:
    """Whether a character stands in the part of an East Asian set where the everyday ones are, by its first byte."""

    def everyday(character: str) -> bool:
        try:
            code = character.encode(codec)
        except UnicodeEncodeError:
            return False
        return len(code) == 2 and first <= code[0] <= last

    return everyday


ENCODINGS = (
    _latin("cp1252", say("Windows, Western Europe"), _WEST),
    _latin("cp1250", say("Windows, Central Europe"), _CENTRAL),
    _latin("mac_roman", say("Macintosh, Western Europe"), _WEST),
    _latin("cp1254", say("Windows, Turkish"), _TURKISH),
    _latin("cp1257", say("Windows, Baltic"), _BALTIC),
    _latin("mac_latin2", say("Macintosh, Central Europe"), _CENTRAL),
    Encoding("cp1251", say("Windows, Cyrillic"), _script("CYRILLIC")),
    Encoding("mac_cyrillic", say("Macintosh, Cyrillic"), _script("CYRILLIC")),
    Encoding("cp1253", say("Windows, Greek"), _script("GREEK")),
    Encoding("cp1255", say("Windows, Hebrew"), _script("HEBREW")),
    Encoding("cp1256", say("Windows, Arabic"), _script("ARABIC")),
    Encoding("cp874", say("Windows, Thai"), _script("THAI")),
    Encoding("cp932", say("Shift-JIS, Japanese"), _first_level("cp932", 0x81, 0x98)),
    Encoding("cp949", say("Windows, Korean"), _first_level("euc_kr", 0xA1, 0xC8)),
    Encoding("gb18030", say("GB 18030, simplified Chinese"), _first_level("gb2312", 0xA1, 0xD7)),
    Encoding("big5", say("Big5, traditional Chinese"), _first_level("big5", 0xA1, 0xC6)),
)
_BONUS = 0.02
"""Letters of one byte are hardly ever, two by two, everyday characters of East Asia."""
_WIDE = frozenset({"cp932", "gb18030", "big5", "cp949"})


def guessed(lines: Iterable[bytes]) -> Encoding | None:
    """The encoding in which these lines, none of them UTF-8, read best; None where none reads well."""
    sample = _sample(lines)
    found = from_bytes(sample, cp_isolation=[one.codec for one in ENCODINGS], threshold=0.6)
    texts = {name: (match.chaos, str(match)) for match in found for name in match.could_be_from_charset}
    least = min((chaos for chaos, _ in texts.values()), default=0.0)
    best: tuple[float, Encoding] | None = None
    for encoding in ENCODINGS:
        chaos, text = texts.get(encoding.codec, (1.0, ""))
        if not text or chaos > least + _ORDERLY:
            continue
        score = _score(encoding, text) - chaos / 4 + _BONUS * (encoding.codec in _WIDE)
        if score >= _PLAUSIBLE and (best is None or score > best[0] + 0.001):
            best = score, encoding
    return best[1] if best else None


def _sample(lines: Iterable[bytes]) -> bytes:
    taken = bytearray()
    for line in lines:
        taken += line.rstrip(b"\r\n") + b"\n"
        if len(taken) >= SAMPLED:
            break
    return bytes(taken)


def _score(encoding: Encoding, text: str) -> float:
    """How likely the text is in a language of the encoding: 1 where every letter beyond ASCII is one of its own."""
    latin, wide = bool(encoding.languages), encoding.codec in _WIDE
    padded = f" {text} "
    marks = total = points = 0.0
    for before, character, after in zip(padded, padded[1:], padded[2:], strict=False):
        if character.isascii():
            continue
        if character in _MARKS or character == "\u00a0":
            marks += 1
            continue
        total += 1
        if wide:
            points += encoding.common(character)
        elif latin and character.isalpha():
            points += _in_word(encoding, before, character, after)
        elif character.isalpha() or unicodedata.category(character).startswith("M"):
            points += _among_its_own(encoding, before, character, after)
        elif latin:
            points += 0.9 * (character in "€£§²³½¼º©®" and not after.isalpha())
    score = (points + marks) / (total + marks) if total + marks else 0.0
    return 0.8 * score + 0.2 * _of_one_language(encoding, text) if latin else score


def _of_one_language(encoding: Encoding, text: str) -> float:
    """How many of the letters beyond ASCII are those of one and the same language."""
    found = [character for character in text if not character.isascii() and character.isalpha()]
    return max(sum(one in language for one in found) for language in encoding.languages) / max(1, len(found))


def _in_word(encoding: Encoding, before: str, character: str, after: str) -> float:
    if not encoding.common(character):
        return 0.0
    if not (before.isalpha() or after.isalpha()):
        return 0.9 if character in _ALONE else 0.0
    if character.isupper() and before.islower():
        return 0.0
    return 0.5 if character in _RARE and (character, after) != ("õ", "e") else 1.0


def _among_its_own(encoding: Encoding, before: str, character: str, after: str) -> float:
    if not encoding.common(character):
        return 0.0
    beside = [one for one in (before, after) if not one.isascii() and encoding.common(one)]
    if not beside:
        return 0.0
    if character.islower() and not before.isalpha():
        return 0.4
    return 1.0 if character.lower() in _FREQUENT or not character.isalpha() else 0.9
