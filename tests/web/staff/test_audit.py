"""The audit log: what is in it, narrowing it, and who may read it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import time_machine
from flask import Flask

from portal.actions import imports
from portal.actions.customers import status as customer_status
from portal.config import ROOT
from portal.rules.customers.status import Status
from portal.rules.deciding import SYSTEM
from portal.rules.deeds import concerns
from portal.rules.imports import FileKind
from tests.people import customer
from tests.web.acme import HTMX, browser_of, company
from tests.web.staff.office import now, path, staff

LOG = "/staff/audit"


@pytest.mark.parametrize(
    ("query", "there", "gone"),
    [
        ({}, "linked to Acme Ltd", "nothing like this"),
        ({"customer": "riverside"}, "Riverside branch: linked", "Franchise"),
        ({"customer": "ŁUKASZ"}, "No line of the log matches", "Riverside"),
        ({"action": "customer."}, "Status changed from Active to Blocked", "linked to"),
        ({"action": "sub_accounts.link"}, "linked to Acme Ltd", "Status changed"),
        ({"actor": "SYSTEM op"}, "linked to Acme Ltd", "No line"),
        ({"actor": "somebody"}, "No line of the log matches", "linked"),
        ({"from": "2026-11-22", "to": "2026-11-22"}, "linked to Acme Ltd", "Status changed"),
        ({"from": "23.11.2026"}, "Status changed from Active", "linked to Acme Ltd"),
        ({"to": "2026-11-21"}, "No line of the log matches", "linked"),
    ],
)
def test_the_log_is_narrowed(
    app: Flask, frozen: time_machine.Coordinates, query: dict[str, str], there: str, gone: str
) -> None:
    company()
    frozen.shift(24 * 3600)
    customer_status.change(SYSTEM, now("franchise").public_id, Status.BLOCKED)
    client = staff(app, "admin")
    client.get(LOG, query_string=query)
    assert there in client.page.words
    assert gone not in client.page.words.split("Newest")[0].split("Show")[-1]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [({"from": "soon"}, "“soon” is not a date."), ({"from": "2026-02-01", "to": "2026-01-01"}, "after the last one")],
)
def test_wrong_dates_are_named(app: Flask, query: dict[str, str], sentence: str) -> None:
    client = staff(app, "admin")
    assert client.get(LOG, query_string=query).status_code == 422
    assert sentence in client.page.words
    assert client.page.title.startswith("Error:")


def test_the_log_has_pages(app: Flask) -> None:
    customer("pat")
    for number in range(60):
        to = Status.BLOCKED if number % 2 == 0 else Status.ACTIVE
        customer_status.change(SYSTEM, now("pat").public_id, to)
    client = staff(app, "admin")
    html = client.get(LOG).get_data(as_text=True)
    assert html.count("Status changed from") == 50
    older = next(url for url in client.page.links if "before=" in url)
    html = client.get(older).get_data(as_text=True)
    assert html.count("Status changed from") == 10
    assert "before=" not in "".join(client.page.links)
    html = client.get(path("pat", "/log")).get_data(as_text=True)
    assert html.count("Status changed from") == 50
    assert "<html" not in client.get(LOG, headers=HTMX).get_data(as_text=True)


def test_o1_an_administrator_of_a_partner_reads_what_concerns_it(app: Flask) -> None:
    company()
    customer("far", name="Far Ltd", of="Other Net")
    customer_status.change(SYSTEM, now("far").public_id, Status.BLOCKED)
    client = staff(app, "admin", of="Other Net")
    client.get(LOG)
    assert "Far Ltd" in client.page.words
    assert "Acme" not in client.page.words


def test_only_readers_read(app: Flask) -> None:
    company()
    assert staff(app, "desk").get(LOG).status_code == 403
    assert staff(app, "operations").get(LOG).status_code == 200
    assert browser_of(app, "acme").get(LOG).status_code == 404
    assert app.test_client().get(LOG).status_code == 302


def test_o8_the_filter_is_the_list_of_deeds(app: Flask) -> None:
    html = staff(app, "admin").get(f"{LOG}?action=group.add").get_data(as_text=True)
    for deed in (
        "group.",
        "group.freeze",
        "features.",
        "notices.configure",
        "partner_accounts.link",
        "customer.edit",
    ):
        assert f'value="{deed}"' in html
    assert 'value="group.add" selected' in html


def test_o8_every_deed_has_a_place_in_the_list() -> None:
    """What is recorded anywhere begins like one of the nouns that the filter offers."""
    written = re.compile(r'(?:record|remember|Deed|_record)\([^"\']*?"([a-z_]+\.[a-z_]+)"', re.DOTALL)
    found = {deed for file in (ROOT / "portal" / "actions").rglob("*.py") for deed in written.findall(file.read_text())}
    assert len(found) > 30
    assert {deed for deed in found if not concerns(deed)} == set()


def test_o8_many_deeds_at_once_are_one_line_that_opens(app: Flask, tmp_path: Path) -> None:
    for name in ("acme", "a", "b"):
        customer(name)
    file = tmp_path / "links.csv"
    file.write_text("main,sub,billing_mode\nacme,a,aggregated\nacme,b,independent\n")
    imports.import_file(SYSTEM, FileKind.LINKS, file)
    client = staff(app, "admin")
    client.get(LOG)
    assert "2 links imported from links.csv" in client.page.words
    assert "A: linked to Acme" not in client.page.words
    (each,) = [link for link in client.page.links if "batch=" in link]
    client.get(each)
    assert client.page.words.count("linked to Acme") >= 2
    assert "links imported" not in client.page.words
    client.get(LOG, query_string={"customer": "acme"})
    assert "B: linked to Acme" in client.page.words, "what was done for one customer is told line by line"


def test_o8_a_file_of_customers_leaves_old_and_new_values(app: Flask, tmp_path: Path) -> None:
    customer("acme", phone="+420 541 555 111")
    file = tmp_path / "customers.csv"
    file.write_text("external_id,name,phone,billing_day\nacme,Acme,+420 541 555 222,15\n")
    assert imports.import_file(SYSTEM, FileKind.CUSTOMERS, file).error_count == 0
    client = staff(app, "admin")
    client.get(LOG, query_string={"customer": "acme"})
    words = client.page.words
    assert "+420 541 555 111 → +420 541 555 222" in words
    assert "1 → 15" in words
