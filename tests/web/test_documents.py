"""The Documents page: what is in whose list, and how it is found."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from werkzeug.test import TestResponse

from portal.db import documents
from portal.db import files as stored
from portal.db.documents import DocumentFilter
from portal.db.engine import db, writes
from portal.rules.holders import Role
from portal.rules.scopes import Scope
from tests.logins import administrator
from tests.outside import files
from tests.pages import PageClient
from tests.people import sign_in
from tests.queries import counted
from tests.web.acme import HTMX, NASTY, at, browser_of, company, configure, person


@writes
def document(owner: str, title: str, *, about: str = "", kind: str = "contract", data: bytes = b"%PDF-1.4 x") -> str:
    """A document in the list of `owner`; its public id."""
    return documents.add(
        customer_id=at(owner).id,
        about_id=at(about).id if about else None,
        kind=kind,
        title=title,
        filename=f"{title}.pdf",
        file_id=stored.keep(data, "application/pdf"),
        created_by="test",
    )


@pytest.fixture
def petra(app: Flask) -> PageClient:
    """Acme's bookkeeper."""
    company()
    return browser_of(app, "acme")


def order(browser: PageClient, query: str, *titles: str) -> list[str]:
    browser.get(f"/documents?{query}", headers=HTMX)
    words = browser.page.words
    return sorted((title for title in titles if title in words), key=words.index)


def test_the_list_says_what_each_is(petra: PageClient) -> None:
    made = document("acme", "October", about="branch", kind="statement", data=b"x" * 2000)
    document("acme", "Everything", kind="statement")
    document("acme", "Contract")
    petra.get("/documents")
    assert "October Riverside branch 22 Nov 2026, 10:30 2.0 kB Download" in petra.page.words
    assert "Everything All accounts" in petra.page.words
    assert f"/documents/{made}/download" in petra.page.links


def test_a_download_is_an_attachment(petra: PageClient) -> None:
    made = document("acme", "Smlouva č. 1")
    response = petra.get(f"/documents/{made}/download")
    assert response.data == b"%PDF-1.4 x"
    header = response.headers["Content-Disposition"]
    assert header.startswith('attachment; filename="smlouva-c-1.pdf"')
    assert "Smlouva%20%C4%8D" in header
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_search_account_order_and_pages(petra: PageClient, frozen: time_machine.Coordinates) -> None:
    document("acme", "Beta", about="branch", data=b"12")
    frozen.shift(timedelta(minutes=1))
    document("acme", "alpha", about="acme", data=b"123")
    frozen.shift(timedelta(minutes=1))
    document("acme", "Łódź 100%", data=b"1")
    three = ("Beta", "alpha", "Łódź 100%")
    assert order(petra, "", *three) == ["Łódź 100%", "alpha", "Beta"]
    assert order(petra, "sort=title&order=up", *three) == ["alpha", "Beta", "Łódź 100%"]
    assert order(petra, "sort=size", *three) == ["alpha", "Beta", "Łódź 100%"]
    assert order(petra, "q=ALP", *three) == ["alpha"]
    assert order(petra, "q=riverside", *three) == ["Beta"]
    assert order(petra, "q=100%25", *three) == ["Łódź 100%"]
    assert order(petra, "q=%25%25", *three) == []
    assert order(petra, f"about={at('branch').public_id}", *three) == ["Beta"]
    assert petra.get("/documents?sort=secrets").status_code == 422
    assert petra.get("/documents?page=99").status_code == 200
    assert petra.get("/documents?page=-1&q=" + "x" * 5000).status_code == 200
    for number in range(51):
        document("acme", f"Doc {number:02d}")
    petra.get("/documents?page=2")
    assert petra.page.title.startswith("Documents – page 2 of 2")
    assert "51–54 of 54 documents" in petra.page.words


def test_ux12_an_empty_list_says_how_to_fill_it(app: Flask, petra: PageClient) -> None:
    petra.get("/documents")
    assert "Save to Documents" in petra.page.words
    assert "/statements" in petra.page.links
    document("acme", "Contract")
    petra.get("/documents?q=zebra")
    assert "No document matches" in petra.page.words
    bo = browser_of(app, "branch")
    bo.get("/documents")
    assert "Add a document" in bo.page.words
    assert "Save to Documents" not in bo.page.words, "who has no finance pages saves no statements"


def test_the_fragment_is_contained_in_its_page(petra: PageClient) -> None:
    document("acme", "Contract")
    whole = petra.get("/documents").text
    part = petra.get("/documents", headers=HTMX).text
    core = part[: part.index("<title>")]
    assert core.lstrip().startswith("<section")
    assert " ".join(core.split()) in " ".join(whole.split())


def test_s9_each_list_is_its_owners(app: Flask, petra: PageClient) -> None:
    made = document("acme", "Acme canary", about="branch", kind="statement")
    person("stranger")
    for who in ("branch", "franchise", "stranger"):
        other = browser_of(app, who)
        other.get("/documents")
        assert "Acme canary" not in other.page.words
        assert other.get(f"/documents/{made}/download").status_code == 404
        assert other.get(f"/for/{at('acme').public_id}/documents").status_code == 404
        assert other.get(f"/for/{at('acme').public_id}/documents/{made}/download").status_code == 404


def test_s9_acting_for_somebody_shows_their_documents_but_no_finances(petra: PageClient) -> None:
    branch = at("branch").public_id
    contract = document("branch", "Branch contract")
    statement = document("branch", "Statement from before", kind="statement")
    petra.get(f"/for/{branch}/documents")
    assert "Branch contract" in petra.page.words
    assert "Statement from before" not in petra.page.words
    assert petra.get(f"/for/{branch}/documents/{contract}/download").status_code == 200
    assert petra.get(f"/for/{branch}/documents/{statement}/download").status_code == 404
    assert petra.get(f"/documents/{contract}/download").status_code == 404


def test_s9_an_independent_one_only_with_the_option(petra: PageClient) -> None:
    franchise = at("franchise").public_id
    statement = document("franchise", "Franchise statement", kind="statement")
    document("franchise", "Franchise contract")
    assert petra.get(f"/for/{franchise}/documents").status_code == 403
    configure(manages_independent=True)
    petra.get(f"/for/{franchise}/documents")
    assert "Franchise contract" in petra.page.words
    assert "Franchise statement" not in petra.page.words
    assert petra.get(f"/for/{franchise}/documents/{statement}/download").status_code == 404


def test_a_login_without_finance_reads_no_statements(app: Flask) -> None:
    person("acme", scopes=(Scope.VIEW, Scope.DOCUMENTS))
    document("acme", "Old statement", kind="statement")
    document("acme", "Contract")
    browser = browser_of(app, "acme")
    browser.get("/documents")
    assert "Contract" in browser.page.words
    assert "Old statement" not in browser.page.words
    person("quiet", scopes=(Scope.VIEW,))
    assert browser_of(app, "quiet").get("/documents").status_code == 403


def test_nobody_signed_in_is_asked_to(client: PageClient) -> None:
    assert client.get("/documents").status_code == 302


def test_titles_are_shown_unharmed(petra: PageClient) -> None:
    document("acme", f"<script>x</script> {NASTY}")
    assert "<script>x" not in petra.get("/documents").text
    assert NASTY in petra.page.words


def test_the_number_of_queries_does_not_grow(petra: PageClient) -> None:
    document("acme", "One", about="branch")
    petra.get("/documents")
    with counted() as few:
        petra.get("/documents")
    for number in range(30):
        document("acme", f"Doc {number}", about="branch")
    with counted() as many:
        petra.get("/documents")
    assert len(many) == len(few) <= 8, few


def send(browser: PageClient, data: bytes, name: str = "scan.pdf", at: str = "/documents", **more: str) -> TestResponse:
    return browser.submit(f"{at}/add", {"file": (io.BytesIO(data), name), **more}, content_type="multipart/form-data")


def test_m3_a_file_is_added_looked_at_changed_and_removed(petra: PageClient) -> None:
    assert send(petra, files.png(), title=NASTY, folder="Pictures", audience="own").status_code == 303
    petra.get("/documents")
    assert f"“{NASTY}” is added." in petra.page.words
    (row,) = rows_of("acme")
    here = f"/documents/{row.public_id}"
    assert {f"{here}/look", f"{here}/edit", f"{here}/download"} <= set(petra.page.links)
    shown = petra.get(f"{here}/look")
    assert (shown.mimetype, shown.data) == ("image/png", files.png())
    assert shown.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert shown.headers["Content-Disposition"].startswith('inline; filename="scan-pdf.png"')
    assert order(petra, "folder=Pictures", NASTY) == [NASTY]
    assert order(petra, "folder=Other", NASTY) == []
    assert petra.submit(f"{here}/edit", {"title": "A dot", "folder": "", "audience": "everybody"}).status_code == 303
    petra.get(f"{here}/remove")
    assert "Remove “A dot”?" in petra.page.words
    assert petra.submit(f"{here}/remove", {}).status_code == 303
    petra.get("/documents")
    assert "“A dot” is removed." in petra.page.words
    assert rows_of("acme") == []


def test_m3_what_is_not_taken_says_why_and_keeps_what_was_typed(petra: PageClient) -> None:
    refused = send(petra, b"<html>", title="My page")
    assert (refused.status_code, 'value="My page"' in refused.text) == (409, True)
    assert "The file was not taken" in petra.page.words
    assert "scan.pdf is a page with markup" in petra.page.words
    assert petra.submit("/documents/add", {"title": "x"}).status_code == 422
    assert "Choose a file." in petra.page.words
    assert send(petra, files.PDF, audience="staff").status_code == 422
    assert rows_of("acme") == []


def test_m3_a_pdf_is_no_page_of_ours(petra: PageClient) -> None:
    send(petra, files.PDF)
    (row,) = rows_of("acme")
    answer = petra.get(f"/documents/{row.public_id}/look")
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_m3_l15_a_main_account_adds_for_a_sub_account_and_staff_for_everybody(app: Flask, petra: PageClient) -> None:
    branch = at("branch").public_id
    assert send(petra, files.PDF, at=f"/for/{branch}/documents", title="From Petra").status_code == 303
    administrator("desk@staff.test", Role.FRONT_OF_HOUSE)
    desk = app.test_client()
    assert isinstance(desk, PageClient)
    sign_in(desk, "desk@staff.test")
    here = f"/staff/customers/{branch}/documents"
    assert send(desk, files.png(), at=here, title="Note to us", audience="staff").status_code == 303
    desk.get(here)
    assert "Only staff see it" in desk.page.words
    petra.get(f"/for/{branch}/documents")
    assert "From Petra" in petra.page.words
    assert "Note to us" not in petra.page.words
    hidden = next(row.public_id for row in rows_of("branch") if row.title == "Note to us")
    assert petra.get(f"/for/{branch}/documents/{hidden}/look").status_code == 404
    assert desk.get(f"{here}/{hidden}/look").mimetype == "image/png"
    assert desk.submit(f"{here}/{hidden}/edit", {"title": "For you", "audience": "everybody"}).status_code == 303
    assert petra.get(f"/for/{branch}/documents/{hidden}/look").status_code == 200
    desk.get(f"{here}/{hidden}/remove")
    assert desk.submit(f"{here}/{hidden}/remove", {}).status_code == 303
    assert [row.title for row in rows_of("branch")] == ["From Petra"]


def rows_of(owner: str) -> list[documents.DocumentRow]:
    db.session.rollback()
    return documents.page(at(owner).id, DocumentFilter(), "")[0]
