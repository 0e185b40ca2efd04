"""`flask document`: what is put there, what it answers, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from tests.cli.commands import answer, run
from tests.logins import login
from tests.outside import files
from tests.people import customer
from tests.web.acme import browser_of, person


@pytest.fixture
def here(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with files, and Acme with a login."""
    monkeypatch.chdir(tmp_path)
    person("acme", name="Acme Ltd")
    Path("contract.pdf").write_bytes(files.PDF)
    Path("picture.pdf").write_bytes(files.png())
    Path("page.txt").write_bytes(b"<html><script>alert(1)</script>")
    return tmp_path


def test_m3_a_document_is_what_its_content_is(app: Flask, here: Path) -> None:
    said = answer(app, "document", "add", "acme", "contract.pdf")
    size = len(files.PDF)
    assert {**said, "document": "…"} == {
        "document": "…",
        "name": "contract.pdf",
        "content_type": "application/pdf",
        "size": size,
        "title": "contract",
    }
    got = browser_of(app, "acme").get(f"/documents/{said['document']}/download")
    assert (got.data, got.mimetype) == (files.PDF, "application/pdf")
    again = answer(app, "document", "add", "acme", "contract.pdf", "--title", "Once more")
    assert again["document"] == said["document"], "the same file twice is one document"
    lying = answer(app, "document", "add", "acme", "picture.pdf", "--name", "../../x.pdf", "--folder", "Odd")
    assert (lying["name"], lying["content_type"]) == ("x.pdf", "image/png")
    listed = answer(app, "document", "list", "acme")["documents"]
    assert [(one["document"], one["folder"]) for one in listed] == [(lying["document"], "Odd"), (said["document"], "")]
    refused = answer(app, "document", "add", "acme", "page.txt", code=1)["refused"]
    assert [one["rule"] for one in refused] == ["M3"]
    missing = run(app, "document", "add", "acme", "nothing.pdf", code=1)
    assert "nothing.pdf cannot be read: No such file or directory." in missing.stderr


def test_m3_hidden_ones_are_seen_by_staff_alone(app: Flask, here: Path) -> None:
    hidden = answer(app, "document", "add", "acme", "contract.pdf", "--hidden")["document"]
    me = ("--as", "acme@portal.test")
    assert answer(app, "document", "list", "acme", *me) == {"documents": []}
    assert browser_of(app, "acme").get(f"/documents/{hidden}/download").status_code == 404
    (one,) = answer(app, "document", "list", "acme")["documents"]
    assert one["hidden"] is True
    mine = answer(app, "document", "add", "acme", "contract.pdf", *me)["document"]
    assert mine != hidden, "that it is there already is not told"
    assert "invalid" in answer(app, "document", "add", "acme", "contract.pdf", "--hidden", *me, code=1)
    login(customer("other"), "other@portal.test")
    assert "failed" in answer(app, "document", "list", "acme", "--as", "other@portal.test", code=1)
