"""Texts on their way out to where characters have powers: a terminal, a line of a log, the name of a file."""

from __future__ import annotations

import re
import unicodedata

LONGEST_FILE_NAME = 255
"""Bytes of UTF-8 that file systems and archives take."""

_POWERFUL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069\ud800-\udfff\ufeff\ufff9-\ufffb]"
)
_JOINERS = "\u200c\u200d"
_RESERVED = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|]+')
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)", re.IGNORECASE)


def shown(text: str, *, keep: str = "") -> str:
    r"""The text for a terminal or a log: what would move the cursor, turn the direction or begin a line is spelt out.

    An escape becomes the four characters \x1b. Every letter of every script stays, and what is in `keep`.
    """
    return _POWERFUL.sub(lambda match: match[0] if match[0] in keep else _spelt(match[0]), text)


def shown_json(text: str) -> str:
    """The same for JSON, which has its own way of spelling characters out."""
    return _POWERFUL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _spelt(character: str) -> str:
    code = ord(character)
    plain = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(character)
    return plain or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")


def file_name(name: str, otherwise: str = "file") -> str:
    """A name that every file system, archive and browser takes, with every letter and mark of it (RFC 6266).

    Separators and reserved characters become "-", what cannot be seen goes, and it is shortened to 255 bytes of UTF-8
    in front of its ending, never within what is one letter to the eye. `otherwise` where nothing is left.
    """
    plain = _RESERVED.sub("-", unicodedata.normalize("NFC", name))
    plain = "".join(one for one in plain if one in _JOINERS or unicodedata.category(one) not in _UNSEEN)
    plain = plain.strip(" .-") or otherwise
    stem, dot, ending = plain.rpartition(".")
    if not dot or not stem or len(ending.encode()) > 16:
        stem, ending = plain, ""
    if _DEVICES.match(plain):
        stem = f"_{stem}"
    ending = f".{ending}" if ending else ""
    return shortened(stem, LONGEST_FILE_NAME - len(ending.encode())) + ending


_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def words(name: str, longest: int, otherwise: str) -> str:
    """The letters, marks and figures of a name with "-" between its words, in at most `longest` bytes of UTF-8."""
    kept = "".join(one if _belongs(one) else " " for one in unicodedata.normalize("NFC", name).lower())
    return shortened("-".join(kept.replace("_", " ").strip(_JOINERS).split()), longest).strip("-") or otherwise


def _belongs(character: str) -> bool:
    return character in _JOINERS or unicodedata.category(character)[0] in "LMN"


def shortened(text: str, longest: int) -> str:
    """As much of the text as fits into so many bytes of UTF-8, whole letters with their marks."""
    if len(text.encode()) <= longest:
        return text
    taken = text.encode()[:longest].decode(errors="ignore")
    rest = text[len(taken) :]
    while taken and rest and _continues(taken[-1], rest[0]):
        taken, rest = taken[:-1], taken[-1] + rest
    return taken


def _continues(before: str, after: str) -> bool:
    """Whether a character is part of the same letter as the one before it."""
    return unicodedata.category(after)[0] == "M" or before == "\u200d" or after in _JOINERS
