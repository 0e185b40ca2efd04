"""Every rule id that the code, the pages, the tests or the documentation name is explained, once, in docs/rules.md.

What counts as an id: one to three capital letters and a number without a leading zero, such as L6 or SEC42, that stand
as a word of their own in prose. Prose is a comment, a docstring, a Jinja comment, and a page of documentation outside
its `code`. In any other string an id counts where it is all there is ("L6") or stands in brackets (“[L6]”), as refusals
have it, and where its letters are those of a chapter of docs/rules.md. The name of a test may begin with ids
(`test_l9_l6_…`). “L3 to L6” names four.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.config import ROOT

PAGE = ROOT / "docs" / "rules.md"
PLACES = ("portal", "templates", "tests", "migrations", "bench", "docs")
TOP = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")

ID = re.compile(r"(?<![\w#%&/.$’'-])([A-Z]{1,3})([1-9][0-9]?)(?![\w%=/]|[.-]\w|:/)")
RANGE = re.compile(r"\b([A-Z]{1,3})([1-9][0-9]?) to \1([1-9][0-9]?)\b")
BARE = re.compile(r"\[?([A-Z]{1,3})([1-9][0-9]?)\]?")
NAME = re.compile(r"test((?:_[a-z]{1,3}[1-9][0-9]?)+)(?=_)")
EXPLAINED = re.compile(r"^- \*\*([A-Z]{1,3}[1-9][0-9]?)\*\* \S", re.MULTILINE)
CHAPTER = re.compile(r"^## ([A-Z]{1,3}): ", re.MULTILINE)

LOOK_LIKE_IDS = {"A4", "FTS5", "X11"}
"""Paper, SQLite's search and a window system: words that prose may use and that are no rules."""


def ids_in(prose: str) -> Iterator[str]:
    """The ids that a piece of prose names, those within a range included."""
    for letters, first, last in RANGE.findall(prose):
        yield from (f"{letters}{number}" for number in range(int(first), int(last) + 1))
    for letters, number in ID.findall(prose):
        if letters + number not in LOOK_LIKE_IDS:
            yield letters + number


def named_by_a_test(name: str) -> Iterator[str]:
    if found := NAME.match(name):
        yield from found[1].strip("_").upper().split("_")


def in_python(source: str, chapters: set[str]) -> Iterator[str]:
    """The ids in comments, docstrings, bare strings and the names of tests."""
    commented = re.search(r"#.*[A-Z][1-9]", source)  # looking at every token takes longest
    for token in tokenize.generate_tokens(io.StringIO(source).readline) if commented else ():
        if token.type == tokenize.COMMENT:
            yield from ids_in(token.string)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from named_by_a_test(node.name)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield from ids_in(node.value.value)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            bare = BARE.fullmatch(node.value)
            if bare and bare[1] in chapters:
                yield bare[1] + bare[2]


def in_page(text: str) -> Iterator[str]:
    """The ids in a page of documentation, outside its code."""
    return ids_in(re.sub(r"```.*?```|`[^`]*`|^ {4}[^\n]*$", "", text, flags=re.DOTALL | re.MULTILINE))


def in_file(path: Path, chapters: set[str]) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        yield from in_python(text, chapters)
    elif path.suffix == ".html":
        yield from (name for comment in re.findall(r"\{#.*?#\}", text, re.DOTALL) for name in ids_in(comment))
    elif path.suffix == ".md":
        yield from in_page(text)


def files() -> Iterator[Path]:
    for place in PLACES:
        yield from sorted(path for path in (ROOT / place).rglob("*") if path.suffix in {".py", ".html", ".md"})
    yield from (ROOT / name for name in TOP if (ROOT / name).exists())


def chapters() -> list[str]:
    return CHAPTER.findall(PAGE.read_text(encoding="utf-8"))


def explained() -> list[str]:
    return EXPLAINED.findall(PAGE.read_text(encoding="utf-8"))


def test_every_id_that_is_used_is_explained() -> None:
    known, letters = set(explained()), set(chapters())
    unknown = {
        name: str(path.relative_to(ROOT))
        for path in files()
        if path not in (PAGE, Path(__file__))
        for name in in_file(path, letters)
        if name not in known
    }
    assert unknown == {}, "say in one sentence in docs/rules.md what each of these means"


def test_every_id_is_explained_once_under_its_letters_and_in_order() -> None:
    names = explained()
    assert [name for name, count in Counter(names).items() if count > 1] == []
    shape = [re.fullmatch(r"([A-Z]+)([0-9]+)", name) for name in names]
    places = [(chapters().index(found[1]), int(found[2])) for found in shape if found]
    assert places == sorted(places)
    assert len(set(chapters())) == len(chapters()) == len({chapter for chapter, _ in places})


@pytest.mark.parametrize(
    ("prose", "names"),
    [
        ("Why it cannot be linked (L3 to L6, P6).", ["L3", "L4", "L5", "L6", "L3", "L6", "P6"]),
        ("R24: what was shown is what is there.", ["R24"]),
        ("SEC12. Only somebody who can sign in", ["SEC12"]),
        ("An A4 page of #F10, %C3%A1, U+00A0, M12.5, F401, Latin1, UTF-8, 1x2, P6-R1 and S3://bucket", []),
        ("noqa: S608", []),
    ],
)
def test_what_is_an_id_in_prose(prose: str, names: list[str]) -> None:
    assert list(ids_in(prose)) == names


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("def test_l9_l6_editing(): pass", ["L9", "L6"]),
        ("def test_utf8(): pass", []),
        ('Reason("L6", "Flat B2")', ["L6"]),
        ('assert "[F1]" in said', ["F1"]),
        ('sheet["N1"] = R2 + "Brighton F2 1AA"  # as S10 has it', ["S10"]),
        ('"""One level (L5)."""', ["L5"]),
    ],
)
def test_what_is_an_id_in_python(source: str, names: list[str]) -> None:
    assert list(in_python(source, {"F", "L", "R", "S"})) == names


def test_code_in_documentation_names_no_rule() -> None:
    assert list(in_page("Rule L6, `F99`,\n\n    flask can G99\n\n```\nS99\n```\nand P6.")) == ["L6", "P6"]
