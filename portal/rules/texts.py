"""What looks the same is the same (SEC60): each kind of text that people are known by has one form.

Every door takes a text through the function of its kind before it is judged, kept, compared or looked for. The columns
of `db/tables` do so once more (`db/types.py`), so that nothing else is ever kept or asked for.
"""

from __future__ import annotations

import re
import unicodedata

import idna

_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\ud800-\udfff\ufe00-\ufe0f\ufeff\ufff0-\ufff8\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Control characters, marks of direction, soft hyphens and whatever else draws nothing by itself."""

_SHAPING = frozenset("\u200c\u200d\u180b\u180c\u180d\u180f") | frozenset(map(chr, range(0xFE00, 0xFE10)))
"""Draw nothing by themselves, and choose the form of the letter before them: of Persian, Hindi, Mongolian, emoji."""

_VARIANTS = re.compile("[\U000e0100-\U000e01ef]")
"""Choose between the forms of one Chinese character, of which a family may write only one."""

_BLANK = re.compile("[\u2800\u3164\uffa0]+")
"""Look like a space and are letters to Unicode."""

_VISIBLE = ("L", "N", "P", "S")


def email(text: str) -> str:
    """An address as it is kept: its domain in one form, in small letters and as people write it (not as punycode), and
    nothing in it that nobody sees. Capitals before the @ stay. Whether it can be an address is not asked.
    """
    bare = text.strip() if text.isascii() and text.isprintable() else _bare(text).strip()
    local, at, domain = bare.rpartition("@")
    return f"{local}@{_domain(domain)}" if at else bare


def email_key(text: str) -> str:
    """An address as it is compared and signed in with: as `email` has it, in small letters."""
    return _composed(email(text).lower())


def ascii_domain(domain: str) -> str:
    """A domain as mail servers ask for it (IDNA 2008). Raises UnicodeError for what cannot be one."""
    if domain.isascii():
        if not all(0 < len(label) < 64 for label in domain.removesuffix(".").split(".")):
            raise UnicodeError("a part of a domain has 1 to 63 characters")
        return domain
    return idna.encode(domain, uts46=True).decode("ascii")


def password(text: str) -> str:
    """A password as it is hashed: composed characters, and otherwise exactly as it was typed."""
    return _composed(text)


def identifier(text: str) -> str:
    """The number or id of something as it is kept and looked for: composed, nothing unseen, nothing around it."""
    return text.strip() if text.isascii() and text.isprintable() else _bare(text).strip()


def name(text: str) -> str:
    """A name as it is kept: composed, single spaces, nothing unseen that shapes no letter; "" where nothing shows."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    spaced = " ".join(_BLANK.sub(" ", _composed(text)).split())
    kept = "".join(one for at, one in enumerate(spaced) if not _UNSEEN.match(one) or _shapes(spaced, at))
    tidy = _composed(" ".join(kept.split()))
    return tidy if any(unicodedata.category(one)[0] in _VISIBLE and not _UNSEEN.match(one) for one in tidy) else ""


def plain(text: str) -> str:
    """Any text for comparing and searching: composed, without what nobody sees, domains as people write them."""
    bare = text if text.isascii() and text.isprintable() else _BLANK.sub(" ", _bare(text))
    if "xn--" not in bare.lower():
        return bare
    return " ".join(email(word) if "@" in word else _domain(word) for word in bare.split())


def _bare(text: str) -> str:
    return _composed(_UNSEEN.sub("", _composed(text)))


def _composed(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _domain(text: str) -> str:
    low = text.lower()
    if low.isascii() and "xn--" not in low:
        return low
    try:
        return idna.decode(idna.encode(low, uts46=True))
    except UnicodeError:
        return _composed(low)


def _shapes(text: str, at: int) -> bool:
    """Whether the unseen character at this place changes the look of the one before it."""
    before = text[at - 1] if at else ""
    if not before:
        return False
    if _VARIANTS.match(text[at]):
        return unicodedata.category(before) == "Lo"
    if text[at] not in _SHAPING:
        return False
    if text[at] in "\u200c\u200d" and (at + 1 == len(text) or text[at + 1].isspace()):
        return False
    return (
        unicodedata.bidirectional(before) == "AL"
        or unicodedata.category(before) in ("So", "Sk", "Mn", "Mc")
        or 0x0900 <= ord(before) < 0x1100
        or 0x1800 <= ord(before) < 0x18B0
    )
