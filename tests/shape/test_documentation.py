"""What the documentation points at exists, and every page of it can be reached from the README."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from portal.config import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
EXAMPLE = "tickets"
"""What docs/adding-a-capability.md adds, and nobody has yet."""
TOPS = {path.name for path in ROOT.iterdir()}


def without_code(page: Path) -> str:
    return re.sub(r"^ {4}.*$|`[^`\n]*`", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE)


def links(page: Path) -> list[Path]:
    """What a page links to in this repository."""
    found = re.findall(r"\]\(([^)\s#]+)(?:#[^)]*)?\)", without_code(page))
    return [(page.parent / target).resolve() for target in found if "://" not in target]


def named_files(page: Path) -> list[str]:
    """Paths that a page names as `code`, as seen from the top of the repository or from `portal/`."""
    found = re.findall(r"`([a-z_]+(?:/[a-z0-9_.-]+)+/?)`", page.read_text(encoding="utf-8"))
    return [
        name for name in found if name.partition("/")[0] in TOPS or (ROOT / "portal" / name.partition("/")[0]).is_dir()
    ]


def spellings(name: str) -> list[str]:
    """Ways in which a path may be meant: `rules/deciding` is portal/rules/deciding.py."""
    return [name, f"portal/{name}", f"portal/{name}.py"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    assert [str(target) for target in links(page) if not target.exists()] == []


@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "CHANGELOG.md"], ids=lambda page: page.name)
def test_every_file_that_is_named_exists(page: Path) -> None:
    named = [name for name in named_files(page) if EXAMPLE not in name]
    gone = [name for name in named if not any((ROOT / one).exists() for one in spellings(name))]
    assert gone == []


def test_every_page_is_reached_from_the_readme() -> None:
    reached, next_ones = set(), [ROOT / "README.md"]
    while next_ones:
        page = next_ones.pop()
        if page not in reached and page.suffix == ".md":
            reached.add(page)
            next_ones += links(page)
    assert [page.name for page in PAGES if page not in reached] == []
