"""Every text that people and things are known by has a column that keeps its one form (SEC60)."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import String, literal, select

from portal.config import ROOT
from portal.db.engine import Base, db
from portal.db.types import EmailKey, EmailText, Identity, IdText, NameText

KINDS = {"name": NameText, "email": EmailText | EmailKey, "external_id": IdText, "reply_to": EmailText}
OTHERS = {
    "feature.name": "a word of the program",
    "worker_beat.name": "a word of the program",
    "entry.external_id": "a million at once: `rules/imports.py` is the only door",
    "future_item.external_id": "as entry.external_id",
    "sender_name": "copied from names, and checked as a header",
    "bank_file.name": "what a file was called, no name of a person",
    "bank_line.name": "as the bank wrote it; `rules/bank/matching.py` compares it",
    "filename": "no name of a person",
    "folded_name": "made for comparing",
}
BY_HAND = re.compile(
    r"(?:mail|address)\w*\.(?:lower|casefold)\(|validate_email\(|encode\(\"idna\"\)|normalize\(\"NFC\""
)
MAY = {
    *(
        "portal/rules/texts.py",
        "portal/rules/digits.py",
        "portal/rules/outward.py",
        "portal/outside/pdf/fonts.py",
        "portal/rules/bank/matching.py",
    ),
    "portal/actions/logins/checks.py",
}


def test_sec60_names_addresses_and_ids_are_kept_in_one_form() -> None:
    for table in Base.metadata.tables.values():
        for column in table.c:
            names = {column.name, f"{table.name}.{column.name}"}
            if names & OTHERS.keys() or not isinstance(column.type, String | Identity):
                continue
            for word, kind in KINDS.items():
                if column.name == word or column.name.endswith(f"_{word}"):
                    assert isinstance(column.type, kind), f"{table.name}.{column.name}"


def test_sec60_nothing_makes_a_form_of_its_own() -> None:
    for path in (ROOT / "portal").rglob("*.py"):
        name = str(path.relative_to(ROOT))
        found = BY_HAND.search(path.read_text(encoding="utf-8"))
        assert name in MAY or not found, f"{name}: {found and found[0]}: use portal.rules.texts"


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    ("kind", "written", "kept"),
    [
        (EmailKey, "Zoe@xn--mnchen-3ya.example", "zoe@münchen.example"),
        (EmailText, "Zoe@xn--mnchen-3ya.example", "Zoe@münchen.example"),
        (NameText, " Zoe\u0308\u200b ", "Zoë"),
        (IdText, "\ufeff n-1 ", "n-1"),
    ],
)
def test_sec60_a_column_writes_and_asks_for_the_one_form(kind: type[Identity], written: str, kept: str) -> None:
    assert db.session.scalar(select(literal(written, kind(254)))) == kept
    db.session.rollback()
