"""The Documents page: what is in whose list, and how it is found."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from portal.db import documents
from portal.db import files as stored
from portal.db.engine import writes
from portal.rules.scopes import Scope
from tests.pages import PageClient
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
    assert "Files that are shared with you appear here" in bo.page.words


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
