"""Closing months in the back office (F8)."""

from __future__ import annotations

from datetime import date

from flask import Flask

from portal.actions.books import periods
from portal.actions.invoices import issuing
from portal.rules.deciding import SYSTEM
from tests import people
from tests.invoices import wanted
from tests.web.staff.office import staff


def through() -> list[date | None]:
    return [one.through for one in periods.show(SYSTEM).partners]


def test_f8_a_month_is_closed_after_a_look_at_what_that_means(app: Flask) -> None:
    people.customer("acme")
    people.post("acme", "invoice", 10_000, "2026-10-01")
    issuing.draft(SYSTEM, wanted("acme", "Hall|1|5.00|0", on="2026-10-31"))
    office = staff(app, "admin")
    office.get("/staff/months")
    assert "No month is closed" in office.page.words
    assert "October 2026" in office.page.words
    assert "November 2026" not in office.page.words, "it is not over"
    partner = periods.show(SYSTEM).partners[0].public_id
    look = f"/staff/months/check?partner={partner}&month=2026-10"
    office.get(look)
    assert "Everything up to 31 Oct 2026" in office.page.words
    assert "Entries dated there 1" in office.page.words
    assert "One draft of an invoice has a date there." in office.page.words
    shown = dict(office.page.hidden)
    people.post("acme", "invoice", 10_000, "2026-09-01")
    assert office.post("/staff/months/close", data=shown).status_code == 409
    assert "Entries dated there 2" in office.page.words
    assert through() == [None]
    assert office.post("/staff/months/close", data=office.page.hidden).status_code == 303
    assert through() == [date(2026, 10, 31)]
    office.get("/staff/months")
    assert "Open from 1 Nov 2026" in office.page.words
    assert "Every month that is over is closed." in office.page.words
    assert office.get(look).status_code == 409
    assert "is closed already" in office.page.words
    assert office.get(look.replace("2026-10", "2026-12")).status_code == 409
    assert "has not begun" in office.page.words
    for wrong in ("2026-13", "never"):
        assert office.get(f"/staff/months/check?partner={partner}&month={wrong}").status_code == 404
