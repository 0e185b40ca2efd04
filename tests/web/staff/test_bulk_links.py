"""Links in bulk from a file: every line checked, the confirmation, what is refused, long files by a job (L18)."""

from __future__ import annotations

import os
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from werkzeug.test import TestResponse

from portal.actions import jobs
from portal.config import Settings
from portal.db.jobs import queue as job_rows
from portal.rules.links.facts import BillingMode
from tests import books, people
from tests.outside.sheets.spreadsheets import COUNTRIES, Country, files
from tests.pages import PageClient
from tests.people import customer, link, post
from tests.web.staff.office import audit, links_ever, now, staff

HEAD = "main,sub,billing_mode,action\n"
PAGE = "/staff/links/import"
CARRY_OUT = f"{PAGE}/carry-out"


@pytest.fixture
def office(app: Flask) -> PageClient:
    for name in ("acme", "a", "b", "c"):
        customer(name)
    return staff(app, "super")


def send(client: PageClient, text: str | bytes, name: str = "links.csv") -> TestResponse:
    """Choose a file and have it checked."""
    client.get(PAGE)
    data = text.encode() if isinstance(text, str) else text
    return client.post(PAGE, data={**client.page.hidden, "file": (BytesIO(data), name)})


def confirm(client: PageClient, **more: str) -> TestResponse:
    """Press the button of the report that is open."""
    return client.post(CARRY_OUT, data={**client.page.hidden, **more})


def kept(settings: Settings) -> list[Path]:
    return sorted(settings.instance_dir.glob("uploads/*"))


@pytest.mark.parametrize("country", COUNTRIES, ids=[country.name for country in COUNTRIES])
def test_l18_what_spreadsheets_save_is_read(office: PageClient, country: Country) -> None:
    rows = [HEAD.strip().split(","), ["acme", "a", "AGGREGATED", "Link"], ["acme", "b", "independent", ""]]
    for name in country.people:
        customer(name)
        rows += [["acme", name, "Independent", ""]]
    for kind, content in files(country, rows):
        assert send(office, content).status_code == 200, kind
        assert "Carry out 5 changes" in office.page.words, kind
        assert ("not in UTF-8" in office.page.words) == (
            kind in ("Excel, CSV", "Excel, CSV for Macintosh", "LibreOffice, system encoding")
        )


def test_l18_every_line_is_told_and_all_are_carried_out(office: PageClient, settings: Settings) -> None:
    link("acme", "c", "independent")
    office.get("/staff/customers")
    assert PAGE in office.page.links
    text = HEAD + "acme,a,aggregated,\nacme,b,independent,link\nacme,c,aggregated,mode\nacme,c,aggregated,mode\n"
    assert send(office, text).status_code == 200
    words = office.page.words
    for told in (
        "Link A to Acme, aggregated",
        "Link B to Acme, independent",
        "Change the billing mode of C under Acme to aggregated",
        "C: nothing to do, it is so already",
        "Carry out 3 changes",
    ):
        assert told in words
    assert (links_ever(), len(kept(settings))) == (1, 1)
    sent = dict(office.page.hidden)
    assert confirm(office).status_code == 303
    assert kept(settings) == []
    assert [now(name).mode for name in "abc"] == [
        BillingMode.AGGREGATED,
        BillingMode.INDEPENDENT,
        BillingMode.AGGREGATED,
    ]
    assert ("import.links", "3 links imported from links.csv") in audit()
    assert office.post(CARRY_OUT, data=sent).status_code == 303, "a double click"
    office.get(PAGE)
    assert "3 changes of links.csv carried out." in office.page.words
    assert office.post(CARRY_OUT, data={**sent, "idempotency_key": "other"}).status_code == 404
    assert len([action for action, _ in audit() if action == "import.links"]) == 1
    books.check()


def test_l18_every_unmet_condition_is_listed_by_line(office: PageClient) -> None:
    post("a", "invoice", 500, "2026-11-01")
    post("a", "credit", 300, "2026-11-01", ledger="credit")
    answer = send(office, HEAD + "acme,a,aggregated,\nacme,nobody,aggregated,\nacme,b,shared,\nacme,c,independent,\n")
    assert answer.status_code == 422
    words = office.page.words
    assert "Nothing was changed: 4 things are in the way." in words
    assert "2 sub A owes 5.00 EUR. Record a payment." in words
    assert "A holds 3.00 EUR of Customer Credit." in words
    assert "3 sub There is no customer “nobody”." in words
    assert "Link C to Acme, independent" in words
    assert "L6" in words
    assert "Carry out" not in words
    assert links_ever() == 0


def test_l18_l9_l10_edits_and_ends_are_refused_line_by_line(office: PageClient) -> None:
    link("acme", "a")
    link("acme", "b")
    post("acme", "invoice", 500, "2026-11-01")
    text = HEAD + "acme,a,independent,mode\nacme,b,,unlink\nacme,c,independent,link\nacme,c,independent,link\n"
    assert send(office, text).status_code == 422
    words = office.page.words
    assert "Nothing was changed: 2 things are in the way." in words
    assert "2 billing_mode Acme owes 5.00 EUR. The billing mode can be edited when" in words
    assert "3 sub Acme owes 5.00 EUR. An aggregated sub-account can be unlinked when" in words
    for told in ("L9", "L10", "Link C to Acme, independent", "C: nothing to do, it is so already"):
        assert told in words
    assert links_ever() == 2
    post("acme", "payment", 500, "2026-11-02")
    assert send(office, text + "acme,c,,unlink\n").status_code == 200
    words = office.page.words
    for told in (
        "Change the billing mode of A under Acme to independent",
        "Unlink B from Acme",
        "Unlink C from Acme",
        "Carry out 4 changes",
    ):
        assert told in words
    assert confirm(office).status_code == 303
    assert [now(name).mode for name in "abc"] == [BillingMode.INDEPENDENT, None, None]
    books.check()


def test_l18_two_thousand_lines_are_checked_and_carried_out(office: PageClient) -> None:
    """As work in the background; the report shows them page by page."""
    people.sub_accounts_of("acme", {f"s{number}": f"Sub {number}" for number in range(1_000)})
    lines = [f"acme,s{number},{wanted}\n" for wanted in ("independent,mode", ",unlink") for number in range(1_000)]
    answer = send(office, HEAD + "".join(lines))
    assert (answer.status_code, jobs.run_due()) == (303, 1)
    office.get(answer.location)
    office.get(next(one for one in office.page.links if one.startswith(f"{PAGE}/")))
    assert "Carry out 2,000 changes" in office.page.words
    assert "1–100 of 2,000 lines" in office.page.words
    answer = confirm(office)
    assert jobs.run_due() == 1
    office.get(answer.location)
    assert "2,000 changes carried out." in office.page.words
    assert {now("s0").mode, now("s999").mode} == {None}
    assert links_ever() == 2_000
    books.check()


def test_l18_every_problem_of_a_short_file_is_listed(office: PageClient) -> None:
    send(office, HEAD + "".join(f"acme,nobody{number},aggregated,\n" for number in range(150)))
    assert "150 things are in the way" in office.page.words
    assert office.page.words.count("There is no customer “nobody") == 150


def test_what_the_check_said_must_still_hold(office: PageClient) -> None:
    text = HEAD + "acme,a,aggregated,\nacme,b,aggregated,\n"
    send(office, text)
    sent = dict(office.page.hidden)
    post("a", "invoice", 500, "2026-11-01")
    assert office.post(CARRY_OUT, data=sent).status_code == 409
    assert "The books have changed since you looked, so nothing was carried out." in office.page.words
    assert "A owes 5.00 EUR." in office.page.words
    post("a", "payment", 500, "2026-11-01")
    link("acme", "b")
    assert office.post(CARRY_OUT, data={**sent, "idempotency_key": "k2"}).status_code == 409
    assert "Carry out one change" in office.page.words
    assert now("a").main_id is None
    assert confirm(office).status_code == 303
    assert now("a").mode is BillingMode.AGGREGATED


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "Choose a file."),
        (b" \n", "The file is empty."),
        (b"PK\x03\x04workbook", "This is not a CSV file."),
        (b"main,sub\n\0\0", "This is not a CSV file."),
        (b"\x89PNG\r\n\x1a\n\0\0", "This is not a CSV file."),
    ],
)
def test_sec49_what_is_no_text_is_not_kept(office: PageClient, settings: Settings, data: bytes, told: str) -> None:
    assert send(office, data, name="links.csv" if data else "").status_code == 422
    assert told in office.page.words
    assert kept(settings) == []


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"main,sub,mode\na,b,c\n", "mode “mode” is not a column we know. Known are main, sub, billing_mode, action."),
        (b"main,billing_mode\na,aggregated\n", "This column is required and missing."),
        (b"main;sub;x\na;b;c\n", "x “x” is not a column we know. Known are main, sub, billing_mode, action."),
        (HEAD.encode() + b'acme,"a,aggregated,\nacme,b,aggregated,\n', "quot"),
        (HEAD.encode() + b"acme,\xff,aggregated,\n", "The line is not UTF-8: byte 6 of it is not valid."),
        (b'[{"main": "acme"}]', "This is a JSON list. Write one object a line instead"),
        (b'{"main": "acme", "sub": [5]}\n', "The value must be a text."),
    ],
)
def test_r20_what_is_wrong_with_the_file_is_said(office: PageClient, data: bytes, told: str) -> None:
    assert send(office, data, name="odd name.csv" if not data.startswith((b"{", b"[")) else "x").status_code == 422
    assert told in office.page.words
    assert links_ever() == 0


def test_json_lines_are_taken_as_well(office: PageClient) -> None:
    assert send(office, '{"main": "acme", "sub": "a", "billing_mode": "independent"}\n', "l.jsonl").status_code == 200
    assert confirm(office).status_code == 303
    assert now("a").mode is BillingMode.INDEPENDENT


def test_r19_a_file_that_is_too_large_is_refused(office: PageClient, settings: Settings) -> None:
    office.application.config["MAX_CONTENT_LENGTH"] = 2_000
    assert send(office, HEAD + "acme,a,aggregated,\n" * 500).status_code == 413
    assert kept(settings) == []
    office.application.config["MAX_CONTENT_LENGTH"] = settings.upload_limit_bytes
    assert send(office, HEAD + "a,b,independent,\n" * 20_001).status_code == 422
    assert "more than 20,000 lines" in office.page.words
    assert kept(settings) == []


def test_an_upload_nobody_confirms_is_deleted_after_a_day(
    office: PageClient, settings: Settings, frozen: time_machine.Traveller
) -> None:
    send(office, HEAD + "acme,a,aggregated,\n")
    (first,) = kept(settings)
    long_ago = first.stat().st_mtime - 10 * 365 * 86_400
    os.utime(first, (long_ago, long_ago))
    send(office, HEAD + "acme,b,aggregated,\n")
    assert first not in kept(settings)
    frozen.shift(timedelta(seconds=1))


def test_names_of_files_are_shown_without_harm(office: PageClient) -> None:
    send(office, HEAD + "acme,a,aggregated,\n", name="../../<b>Tom &amp; Zoë's.csv")
    assert "Check of b-Tom &amp; Zoë's.csv" in office.page.words


def test_a_file_with_nothing_to_do_has_nothing_to_confirm(office: PageClient) -> None:
    send(office, HEAD)
    assert "There is nothing to carry out." in office.page.words
    assert "mark" not in office.page.hidden


def test_one_persons_file_is_nobody_elses(app: Flask, office: PageClient) -> None:
    send(office, HEAD + "acme,a,aggregated,\n")
    sent = {name: office.page.hidden[name] for name in ("file", "name", "lines", "mark")}
    other = staff(app, "super", of="Harbour Net")
    other.get(PAGE)
    assert other.post(CARRY_OUT, data={**other.page.hidden, **sent}).status_code == 404
    assert other.post(CARRY_OUT, data={**other.page.hidden, **sent, "file": "../../etc"}).status_code == 404
    assert staff(app, "admin").get(PAGE).status_code == 403


def test_the_template_is_a_file_of_the_right_shape(office: PageClient) -> None:
    answer = office.get(f"{PAGE}/template.csv")
    assert answer.get_data(as_text=True).startswith(HEAD)
    assert "attachment" in answer.headers["Content-Disposition"]
    send(office, answer.get_data())
    assert "is not a column" not in office.page.words


def test_ux11_a_long_file_is_checked_and_carried_out_by_jobs(office: PageClient, settings: Settings) -> None:
    lines = "acme,a,aggregated,link\nacme,b,independent,link\n" + "acme,b,independent,link\n" * 600
    answer = send(office, HEAD + lines)
    assert (answer.status_code, jobs.run_due()) == (303, 1)
    office.get(answer.location)
    assert "Checked. Nothing is in the way." in office.page.words
    report = next(one for one in office.page.links if one.startswith(f"{PAGE}/"))
    office.get(report)
    assert "Carry out 2 changes" in office.page.words
    assert "1–100 of 602 lines" in office.page.words
    sent = dict(office.page.hidden)
    answers = [office.post(CARRY_OUT, data=sent) for _ in range(2)]
    assert answers[0].location == answers[1].location
    assert jobs.run_due() == 1
    office.get(answers[0].location)
    assert "2 changes carried out." in office.page.words
    assert (now("a").mode, now("b").mode) == (BillingMode.AGGREGATED, BillingMode.INDEPENDENT)
    assert len(kept(settings)) == 1, "only what the check found, for a day"
    books.check()


def test_l18_every_line_of_a_long_file_can_be_read(office: PageClient) -> None:
    lines = "acme,nobody,independent,link\n" * 150 + "acme,a,independent,link\n" * 400
    answer = send(office, HEAD + lines, name="=sum.csv")
    jobs.run_due()
    office.get(answer.location)
    report = next(one for one in office.page.links if one.startswith(f"{PAGE}/"))
    office.get(f"{report}?problems=2&page=99")
    words = office.page.words
    assert ("101–150 of 150 things" in words, "301–400 of 400 lines" in words) == (True, True)
    assert words.count("There is no customer “nobody”.") == 50
    assert "551 A: nothing to do, it is so already" in words
    assert f"{report}?problems=2&page=3" in office.page.links
    download = office.get(next(one for one in office.page.links if one.endswith(".csv")))
    told = download.get_data(as_text=True).removeprefix("\ufeff").splitlines()
    assert told[0] == "line,outcome,column,what,remedy,rule"
    assert told[1] == "2,problem,sub,There is no customer “nobody”.,,"
    assert [line.split(",")[:2] for line in told[150:153]] == [["151", "problem"], ["152", "change"], ["153", "none"]]
    assert len(told) == 551
    assert staff(office.application, "super", of="Harbour Net").get(f"{report}.csv").status_code == 404


def test_ux11_progress_moves_with_the_lines_judged(office: PageClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "REPORT_SECONDS", 0)
    told: list[tuple[int, int]] = []
    written = job_rows.report

    def report(key: int, lease: str, done: int, total: int) -> str:
        told.append((done, total))
        return written(key, lease, done, total)

    monkeypatch.setattr(job_rows, "report", report)
    answer = send(office, HEAD + "acme,a,independent,link\n" * 1_000)
    jobs.run_due()
    steps = [(done, 1_001) for done in (0, 251, 501, 751, 1_001, 1_001)]
    assert told == steps
    office.get(answer.location)
    office.get(next(one for one in office.page.links if one.startswith(f"{PAGE}/")))
    told.clear()
    confirm(office)
    jobs.run_due()
    assert told == steps


def test_a_long_file_that_no_longer_fits_the_books_is_not_carried_out(office: PageClient) -> None:
    answer = send(office, HEAD + "acme,a,aggregated,link\n" * 501)
    jobs.run_due()
    office.get(answer.location)
    office.get(next(one for one in office.page.links if one.startswith(f"{PAGE}/")))
    post("a", "invoice", 500, "2026-11-01")
    answer = confirm(office)
    jobs.run_due()
    office.get(answer.location)
    assert "The books have changed since the file was checked, so nothing was carried out." in office.page.words
    assert now("a").main_id is None
