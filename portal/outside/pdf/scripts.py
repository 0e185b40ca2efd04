"""The scripts that FiraGO and Noto Sans lack, the Noto fonts that draw them, and where those are on this machine.

Some come with packages of Python that we install; the others with Debian's `fonts-noto-core`, `fonts-droid-fallback`
and `fonts-nanum`, where those are installed. Each is loaded when a text first needs it.
"""

from __future__ import annotations

import importlib.util
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

NOTO, DROID, NANUM = "fonts-noto-core", "fonts-droid-fallback", "fonts-nanum"
_FOLDERS = tuple(
    Path(root) / folder
    for root in ("/usr/share/fonts", "/usr/local/share/fonts")
    for folder in (
        "truetype/noto",
        "truetype/droid",
        "truetype/nanum",
        "noto",
        "google-noto",
        "droid",
        "nanum",
        "TTF",
        "",
    )
)
_PACKS = ("justmytype_intl_south_asia", "justmytype_intl_sea", "justmytype_intl_africa")


class Script(NamedTuple):
    """A script: its English name, the font that draws it (as its file is called), and the package that has the font."""

    name: str
    font: str
    ranges: Sequence[tuple[int, int]]
    package: str = NOTO
    shaped: bool = True

    @property
    def family(self) -> str:
        """The name of its font in our PDFs."""
        return f"Kith-{self.font}"


_EAST_ASIA = (
    *((0x2E80, 0x312F), (0x3190, 0x9FFF), (0xF900, 0xFAFF), (0xFE30, 0xFE4F), (0xFF00, 0xFFEF), (0x20000, 0x3FFFF)),
)
_HANGUL = ((0x1100, 0x11FF), (0x3130, 0x318F), (0xA960, 0xA97F), (0xAC00, 0xD7FF))
SCRIPTS = (
    Script("Armenian", "NotoSansArmenian", ((0x0530, 0x058F), (0xFB13, 0xFB17)), shaped=False),
    Script("Syriac", "NotoSansSyriac", ((0x0700, 0x074F),)),
    Script("Thaana", "NotoSansThaana", ((0x0780, 0x07BF),)),
    Script("N’Ko", "NotoSansNKo", ((0x07C0, 0x07FF),)),
    Script("Devanagari", "NotoSansDevanagari", ((0x0900, 0x097F), (0x1CD0, 0x1CFF), (0xA8E0, 0xA8FF))),
    Script("Bengali", "NotoSansBengali", ((0x0980, 0x09FF),)),
    Script("Gurmukhi", "NotoSansGurmukhi", ((0x0A00, 0x0A7F),)),
    Script("Gujarati", "NotoSansGujarati", ((0x0A80, 0x0AFF),)),
    Script("Oriya", "NotoSansOriya", ((0x0B00, 0x0B7F),)),
    Script("Tamil", "NotoSansTamil", ((0x0B80, 0x0BFF),)),
    Script("Telugu", "NotoSansTelugu", ((0x0C00, 0x0C7F),)),
    Script("Kannada", "NotoSansKannada", ((0x0C80, 0x0CFF),)),
    Script("Malayalam", "NotoSansMalayalam", ((0x0D00, 0x0D7F),)),
    Script("Sinhala", "NotoSansSinhala", ((0x0D80, 0x0DFF),)),
    Script("Thai", "NotoSansThai", ((0x0E00, 0x0E7F),)),
    Script("Lao", "NotoSansLao", ((0x0E80, 0x0EFF),)),
    Script("Tibetan", "NotoSerifTibetan", ((0x0F00, 0x0FFF),)),
    Script("Burmese", "NotoSansMyanmar", ((0x1000, 0x109F), (0xA9E0, 0xA9FF), (0xAA60, 0xAA7F))),
    Script("Georgian", "NotoSansGeorgian", ((0x10A0, 0x10FF), (0x1C90, 0x1CBF), (0x2D00, 0x2D2F)), shaped=False),
    Script("Ethiopic", "NotoSansEthiopic", ((0x1200, 0x139F), (0x2D80, 0x2DDF), (0xAB00, 0xAB2F)), shaped=False),
    Script("Cherokee", "NotoSansCherokee", ((0x13A0, 0x13FF), (0xAB70, 0xABBF)), shaped=False),
    Script("Canadian syllabics", "NotoSansCanadianAboriginal", ((0x1400, 0x167F), (0x18B0, 0x18FF)), shaped=False),
    Script("Tagalog", "NotoSansTagalog", ((0x1700, 0x171F),)),
    Script("Khmer", "NotoSansKhmer", ((0x1780, 0x17FF), (0x19E0, 0x19FF))),
    Script("Mongolian", "NotoSansMongolian", ((0x1800, 0x18AF),)),
    Script("Limbu", "NotoSansLimbu", ((0x1900, 0x194F),)),
    Script("Tai Le", "NotoSansTaiLe", ((0x1950, 0x197F),)),
    Script("New Tai Lue", "NotoSansNewTaiLue", ((0x1980, 0x19DF),)),
    Script("Buginese", "NotoSansBuginese", ((0x1A00, 0x1A1F),)),
    Script("Tai Tham", "NotoSansTaiTham", ((0x1A20, 0x1AAF),)),
    Script("Balinese", "NotoSansBalinese", ((0x1B00, 0x1B7F),)),
    Script("Sundanese", "NotoSansSundanese", ((0x1B80, 0x1BBF), (0x1CC0, 0x1CCF))),
    Script("Batak", "NotoSansBatak", ((0x1BC0, 0x1BFF),)),
    Script("Lepcha", "NotoSansLepcha", ((0x1C00, 0x1C4F),)),
    Script("Ol Chiki", "NotoSansOlChiki", ((0x1C50, 0x1C7F),), shaped=False),
    Script("Tifinagh", "NotoSansTifinagh", ((0x2D30, 0x2D7F),)),
    Script("Yi", "NotoSansYi", ((0xA000, 0xA4CF),), shaped=False),
    Script("Lisu", "NotoSansLisu", ((0xA4D0, 0xA4FF),), shaped=False),
    Script("Vai", "NotoSansVai", ((0xA500, 0xA63F),), shaped=False),
    Script("Sylheti", "NotoSansSylotiNagri", ((0xA800, 0xA82F),)),
    Script("Saurashtra", "NotoSansSaurashtra", ((0xA880, 0xA8DF),)),
    Script("Kayah Li", "NotoSansKayahLi", ((0xA900, 0xA92F),)),
    Script("Javanese", "NotoSansJavanese", ((0xA980, 0xA9DF),)),
    Script("Cham", "NotoSansCham", ((0xAA00, 0xAA5F),)),
    Script("Tai Viet", "NotoSansTaiViet", ((0xAA80, 0xAADF),)),
    Script("Meitei", "NotoSansMeeteiMayek", ((0xAAE0, 0xAAFF), (0xABC0, 0xABFF))),
    Script("Chakma", "NotoSansChakma", ((0x11100, 0x1114F),)),
    Script("Adlam", "NotoSansAdlam", ((0x1E900, 0x1E95F),)),
    Script("Chinese and Japanese", "DroidSansFallbackFull", _EAST_ASIA, DROID, shaped=False),
    Script("Korean", "NanumGothic", _HANGUL, NANUM, shaped=False),
)
_STARTS = sorted((first, last, script) for script in SCRIPTS for first, last in script.ranges)
_FIRSTS = [first for first, _, _ in _STARTS]


@lru_cache(maxsize=4096)
def script_of(code: int) -> Script | None:
    """The script of a code point, None for those that FiraGO and Noto Sans draw, and for what has none."""
    place = bisect_right(_FIRSTS, code) - 1
    if place < 0:
        return None
    _, last, script = _STARTS[place]
    return script if code <= last else None


@lru_cache(maxsize=len(SCRIPTS))
def file_of(script: Script) -> Path | None:
    """The font file of a script on this machine: that of our packages, else the system's; None where it is missing."""
    stem = script.font.lower()
    for pack in _PACKS:
        found = importlib.util.find_spec(pack)
        for place in found.submodule_search_locations or () if found else ():
            path = Path(place) / "fonts" / "ofl" / stem / f"{script.font}[wdth,wght].ttf"
            if path.is_file():
                return path
    for folder in _FOLDERS:
        for name in (f"{script.font}-Regular.ttf", f"{script.font}.ttf"):
            if (path := folder / name).is_file():
                return path
    return None


def missing() -> dict[str, list[str]]:
    """The scripts that cannot be drawn here, by the Debian package that has their font.

    East Asian scripts are never among them: without the font every viewer brings its own.
    """
    found: dict[str, list[str]] = {}
    for script in SCRIPTS:
        if script.package == NOTO and file_of(script) is None:
            found.setdefault(script.package, []).append(script.name)
    return found
