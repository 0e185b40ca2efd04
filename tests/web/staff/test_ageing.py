"""Who owes, by days past due (F15, O9, O10)."""

from __future__ import annotations

import csv
import io

import pytest
from flask import Flask

from tests import people
from tests.pages import PageClient
from tests.web.staff.office import staff


@pytest.fixture
def office(app: Flask) -> PageClient:
    people.customer("acme", name="Zoë <b>O'Brien</b> 株式会社")
    people.customer("calm")
    people.post("acme", "invoice", 12_000, "2026-10-20")
    people.post("calm", "invoice", 500, "2026-11-20")
    people.post("calm", "payment", 200, "2026-11-21")
    return staff(app, "admin")


def test_f15_the_most_past_due_comes_first_and_sums_stand_above(office: PageClient) -> None:
    html = office.get("/staff/ageing").text
    words = office.page.words
    assert "125.00 EUR open 120.00 of it past due; 2.00 paid and not allocated" in words
    assert "1–30 days 120.00 1 customer" in words
    assert words.index("Zoë <b>O'Brien</b>") < words.index("Calm")
    assert "<b>O'Brien" not in html
    assert "Calm" not in office.get("/staff/ageing?who=late").text
    office.get("/staff/ageing?on=2026-10-25")
    assert "Not due 120.00 1 customer" in office.page.words
    office.get("/staff/ageing?q=nobody")
    assert "Nobody like that" in office.page.words
    assert office.get("/staff/ageing?on=soon").status_code == 422


def test_o9_the_list_is_exported_as_it_is_filtered(office: PageClient) -> None:
    text = office.get("/staff/ageing/export.csv?who=late").data.decode("utf-8-sig")
    [row] = csv.DictReader(io.StringIO(text))
    assert (row["payer"], row["1-30"], row["not_due"], row["total"]) == ("acme", "120.00", "0.00", "120.00")
    assert office.get("/staff/ageing/export.xlsx").status_code == 200
    assert office.get("/staff/ageing/export.exe").status_code == 404
