"""O9: lists are exported as they are filtered, by one mechanism, and no cell is a formula (SEC46)."""

from __future__ import annotations

import csv
import io

import openpyxl
import pytest
from flask import Flask

from portal.actions.customers import removal, status
from portal.rules.customers.status import Status
from portal.rules.deciding import SYSTEM
from portal.web import listing
from tests.pages import PageClient
from tests.people import customer, link, sub_accounts_of
from tests.web.staff.office import now, path, staff


def read(client: PageClient, url: str) -> list[dict[str, str]]:
    answer = client.get(url)
    assert answer.status_code == 200, url
    assert "attachment" in answer.headers["Content-Disposition"]
    if url.partition("?")[0].endswith(".csv"):
        assert answer.mimetype == "text/csv"
        return list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    sheet = openpyxl.load_workbook(io.BytesIO(answer.get_data())).active
    heading, *rows = [["" if one is None else str(one) for one in row] for row in sheet.values]
    return [dict(zip(heading, row, strict=True)) for row in rows]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_o9_customers_are_exported_as_they_are_filtered(app: Flask, form: str) -> None:
    customer("acme", name="Acme Ltd", phone="+420 541 555 111")
    customer("branch", name="=Riverside", kind="individual")
    customer("far", name="Far Away", of="Other Net")
    link("acme", "branch")
    client = staff(app, "desk")
    client.get("/staff/customers?linked=sub&order=down")
    assert f"/staff/customers/export.{form}?linked=sub&order=down" in client.page.links
    assert [row["number"] for row in read(client, f"/staff/customers/export.{form}?order=down")] == [
        "far", "acme", "branch",
    ]  # fmt: skip
    (row,) = read(client, f"/staff/customers/export.{form}?linked=sub")
    assert row["name"] == ("'=Riverside" if form == "csv" else "=Riverside")
    assert (row["main_account"], row["billing"], row["status"]) == ("Acme Ltd", "aggregated", "active")
    assert read(client, f"/staff/customers/export.{form}?q=nobody") == []
    bound = staff(app, "admin", of="Other Net")
    assert [row["number"] for row in read(bound, f"/staff/customers/export.{form}")] == ["far"]


def test_o9_an_export_has_more_than_a_page(app: Flask) -> None:
    customer("acme", name="Acme Ltd")
    sub_accounts_of("acme", {f"sub-{number:04}": f"Kiosk {number:04}" for number in range(1200)})
    client = staff(app, "desk")
    assert len(read(client, "/staff/customers/export.csv")) == 1201
    assert len(read(client, path("acme", "/sub-accounts/export.csv"))) == 1200
    rows = read(client, path("acme", "/sub-accounts/export.xlsx?q=kiosk+000"))
    assert [row["name"] for row in rows] == [f"Kiosk {number:04}" for number in range(10)]


def test_o9_the_log_is_exported_as_it_is_narrowed(app: Flask) -> None:
    customer("acme", name="Acme Ltd")
    status.change(SYSTEM, now("acme").public_id, Status.BLOCKED)
    client = staff(app, "admin")
    staff(app, "desk").submit(path("acme", "/details/edit"), {"phone": "+44 1273 555 010"})
    client.get("/staff/audit?action=customer.")
    assert "/staff/audit/export.csv?action=customer." in client.page.links
    edited, blocked = read(client, "/staff/audit/export.csv?action=customer.")
    assert edited["changes"] == "Phone: - → +44 1273 555 010"
    assert edited["who"] == "desk.everywhere@staff.test"
    assert blocked["what"] == "Status changed from Active to Blocked"
    assert len(read(client, "/staff/audit/export.xlsx?action=customer.status")) == 1
    assert client.get("/staff/audit/export.csv?from=soon").status_code == 422


@pytest.mark.parametrize("url", ["/staff/customers/export.pdf", "/staff/audit/export.exe"])
def test_o9_other_forms_are_not_there(app: Flask, url: str) -> None:
    assert staff(app, "admin").get(url).status_code == 404


# What was removed, and what was changed -------------------------------------------------------------------------------


def test_o1_removed_customers_are_found_by_a_filter_of_their_own(app: Flask) -> None:
    customer("acme", name="Acme Ltd")
    customer("gone", name="Gone Person", own_status="inactive")
    gone = now("gone")
    removal.remove(SYSTEM, gone.public_id)
    client = staff(app, "desk")
    client.get("/staff/customers")
    assert f"/staff/customers/{gone.public_id}" not in client.page.links
    client.get("/staff/customers?status=removed")
    assert f"/staff/customers/{gone.public_id}" in client.page.links
    assert path("acme") not in client.page.links
    assert "Gone Person" not in client.page.words
    client.get("/staff/customers?status=removed&q=nothing+like+it")
    assert f"/staff/customers/{gone.public_id}" not in client.page.links


def test_o8_the_log_shows_old_and_new_values(app: Flask) -> None:
    customer("acme", name="Acme Ltd", phone="+44 1273 555 000")
    client = staff(app, "admin")
    staff(app, "desk").submit(path("acme", "/details/edit"), {"phone": "+44 1273 555 010"})
    for page in ("/staff/audit", path("acme", "/log")):
        client.get(page)
        assert "Phone: +44 1273 555 000 → +44 1273 555 010" in client.page.words


def test_o9_what_does_not_fit_is_refused_whole(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "EXPORTED", 2)
    for name in ("a", "b", "c"):
        customer(name)
    client = staff(app, "desk")
    assert client.get("/staff/customers/export.csv").status_code == 409
    assert "More than 2 rows match" in client.page.words
    assert len(read(client, "/staff/customers/export.csv?q=a")) == 1
