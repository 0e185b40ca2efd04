"""Statements in the browser: looked at, kept, fetched as files, sent; and long ones made in the background."""

from __future__ import annotations

import csv
import io
import os
import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from openpyxl import load_workbook
from playwright.sync_api import Download, Locator, Page, expect
from pypdf import PdfReader

from tests.browser.conftest import WIDTHS, Portal, Visit, accessible, amount

MONTH_END = datetime.now(UTC).date().replace(day=1) - timedelta(days=1)
MONTH = MONTH_END.replace(day=1)
"""Last month: whole, whatever the day."""
HARBOUR = f"Activity of Harbour branch, {MONTH:%B %Y}"
LONG_YEAR, LINES, MORE_LINES = 2024, 3_000, 24_000


def closing(page: Page) -> str:
    """The last figure of the statement on the page: what it closes with, or what of a part is open."""
    return amount(page.locator(".figures dd").last.inner_text())


def lines(page: Page) -> list[tuple[str, str, str]]:
    """Number, charge and credit of the lines of a part on the page; it has no balance."""
    found = []
    for row in page.get_by_role("table", name="amounts in EUR").locator("tbody tr:not(.edge, .aside)").all():
        number = row.get_by_role("link").first.inner_text()
        charged, credited = (amount(text) for text in row.locator("td").all_inner_texts()[-2:])
        found.append((number, charged, credited))
    return found


def share(page: Page, width: str, desk: str, phone: str) -> Locator:
    """A way to keep or fetch the statement: a button of the bar on a desk, an entry of the menu on a phone."""
    if width == "desk":
        return page.locator("#statement").get_by_text(desk, exact=True).filter(visible=True)
    page.locator("summary", has_text="Share").click()
    return page.locator("#statement .menu-list").get_by_text(phone, exact=True)


def text_of(download: Download) -> str:
    """The words of a PDF."""
    path = Path(download.path())
    assert path.read_bytes().startswith(b"%PDF")
    return " ".join(" ".join(page.extract_text() for page in PdfReader(path).pages).split())


def look_at_harbour(page: Page, button: str = "View") -> None:
    """Ask for what Harbour branch moved last month, in the form."""
    page.get_by_label("Account", exact=True).select_option("Harbour branch")
    page.get_by_label("From", exact=True).fill(MONTH.isoformat())
    page.get_by_label("To", exact=True).fill(MONTH_END.isoformat())
    page.get_by_role("button", name=button).click()
    expect(page.get_by_role("heading", name=HARBOUR)).to_be_visible()


def test_a_statement_in_place_and_as_files(visit: Visit, width: str) -> None:
    page = visit("company", width, at="/statements")
    page.evaluate("window.__same = true")
    page.get_by_label("Records").select_option("Transactions")
    look_at_harbour(page)
    expect(page.get_by_role("heading", name=HARBOUR)).to_be_focused()
    expect(page.locator("#live")).to_contain_text("charged")
    shown = {number[:3] for number, *_ in lines(page)}
    assert "INV" not in shown
    page.get_by_label("Records").select_option("All")
    page.get_by_role("button", name="View").click()
    expect(page.get_by_role("row", name="Broadband 50")).to_be_visible()
    assert page.evaluate("window.__same === true")
    accessible(page)

    with page.expect_download() as fetched:
        share(page, width, "CSV", "Download CSV").click()
    records = list(csv.DictReader(io.StringIO(Path(fetched.value.path()).read_text("utf-8-sig"))))
    written = [(row["number"], row["debit"], row["credit"]) for row in records if row["record"] == "line"]
    assert written == lines(page)
    assert next(row["debit"] for row in records if row["record"] == "open") == closing(page)
    page.keyboard.press("Escape")

    with page.expect_download() as fetched:
        share(page, width, "Excel", "Download Excel").click()
    sheet = load_workbook(io.BytesIO(Path(fetched.value.path()).read_bytes()), read_only=True).worksheets[0]
    cells = [cell for row in sheet.iter_rows(values_only=True) for cell in row]
    assert all(number in cells for number, *_ in lines(page))
    assert float(closing(page)) in [float(cell) for cell in cells if isinstance(cell, int | float)]
    page.keyboard.press("Escape")

    with page.expect_download() as fetched:
        share(page, width, "PDF", "Download PDF").click()
    words = text_of(fetched.value)
    assert all(number in words for number, *_ in lines(page))
    assert page.locator(".figures dd").last.inner_text() in words


def test_periods_accounts_and_entries_lead_on(visit: Visit, width: str) -> None:
    page = visit("company", width, at="/statements")
    page.get_by_role("link", name="Last month").click()
    heading = page.get_by_role("heading", name=f"Acme Ltd, {MONTH:%B %Y}")
    expect(heading).to_be_focused()
    expect(page).to_have_url(f"/statements?account=all&from={MONTH}&to={MONTH_END}&type=all")
    page.get_by_role("link", name="By account").click()
    expect(page.get_by_role("link", name="By account")).to_have_attribute("aria-current", "true")
    accessible(page)
    page.get_by_role("region", name="Accounts").get_by_role("link", name="Harbour branch").click()
    expect(page.get_by_role("heading", name=HARBOUR)).to_be_focused()
    expect(page.get_by_label("Account", exact=True).locator("option:checked")).to_have_text("Harbour branch")
    page.go_back()
    expect(page.get_by_role("link", name="By account")).to_have_attribute("aria-current", "true")
    page.go_back()
    expect(page.get_by_role("link", name="By date")).to_have_attribute("aria-current", "true")
    expect(heading).to_be_visible()
    page.get_by_role("table", name="amounts in EUR").get_by_role("link", name="INV-").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("INV-")
    accessible(page)


def test_dates_that_cannot_be(visit: Visit) -> None:
    page = visit("company", "phone", at=f"/statements?account=all&from={MONTH}&to={MONTH_END}&type=all")
    page.get_by_label("From", exact=True).fill(MONTH_END.isoformat())
    page.get_by_label("To", exact=True).fill(MONTH.isoformat())
    page.get_by_role("button", name="View").click()
    summary = page.get_by_role("alert").filter(has_text="There is a problem")
    expect(summary).to_be_focused()
    expect(page).to_have_title("Error: Statements – Kith")
    expect(page.get_by_label("From", exact=True)).to_have_value(MONTH_END.isoformat())
    expect(page.get_by_label("To", exact=True)).to_have_value(MONTH.isoformat())
    accessible(page)
    summary.get_by_role("link").first.click()
    expect(page.get_by_label("From", exact=True)).to_be_focused()
    expect(page.get_by_label("From", exact=True)).to_have_attribute("aria-invalid", "true")
    page.get_by_label("From", exact=True).fill(MONTH.isoformat())
    page.get_by_label("To", exact=True).fill(MONTH_END.isoformat())
    page.keyboard.press("Enter")
    expect(summary).to_have_count(0)
    expect(page).to_have_title("Statements – Kith")
    expect(page.get_by_label("From", exact=True)).to_have_value(MONTH.isoformat())


def test_saving_twice_keeps_one_document(visit: Visit, width: str) -> None:
    page = visit("company", width, at="/documents")
    before = page.get_by_role("link", name="Download").count()
    page.goto("/statements")
    look_at_harbour(page)
    share(page, width, "Save to Documents", "Save to Documents").dblclick()
    expect(page.get_by_role("heading", name="Saved to Documents")).to_be_visible()
    accessible(page)
    page.get_by_role("link", name="Go to Documents").click()
    row = page.get_by_role("row", name="Harbour branch").first
    expect(row).to_contain_text(" kB")
    expect(page.get_by_role("link", name="Download")).to_have_count(before + 1)
    with page.expect_download() as fetched:
        row.get_by_role("link", name="Download").click()
    assert "Harbour branch" in text_of(fetched.value)
    assert fetched.value.suggested_filename.endswith(".pdf")


def test_sending_twice_sends_one_mail(visit: Visit, portal: Portal, width: str) -> None:
    subject = f"Harbour for the {width}"
    page = visit("company", width, at="/statements")
    look_at_harbour(page)
    end = closing(page)
    share(page, width, "Send…", "Send by email").click()
    expect(page.get_by_role("heading", name="Send a statement")).to_be_visible()
    accessible(page)
    page.get_by_label("Subject").fill("")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text("Enter a subject")
    page.get_by_label("Subject").fill(subject)
    page.get_by_label("Message", exact=True).fill("Good morning,\nhere is our branch.")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Check before sending")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Change message").click()
    expect(page.get_by_label("Message", exact=True)).to_have_value("Good morning,\nhere is our branch.")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Send the statement").dblclick()
    expect(page.get_by_role("region", name="What became of it")).to_contain_text("Sent", timeout=40_000)
    expect(page.get_by_role("heading", name="Statement queued")).to_be_visible()
    accessible(page)

    mail = portal.mail_about(subject)
    assert len(portal.mailbox.about(subject)) == 1
    assert "here is our branch" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    (attached,) = mail.iter_attachments()
    assert attached.get_content_type() == "application/pdf"
    words = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(attached.get_content())).pages)
    assert "Harbour branch" in words
    assert end.removeprefix("-") in words.replace(",", "")


def test_without_javascript(visit: Visit, portal: Portal) -> None:
    subject, width = "By whole pages", "phone"
    page = visit("company", width, at="/statements", java_script_enabled=False)
    look_at_harbour(page)
    address = page.url
    page.get_by_label("To", exact=True).fill("2001-01-01")
    page.get_by_role("button", name="View").click()
    expect(page.get_by_role("alert")).to_contain_text("There is a problem")
    page.goto(address)
    share(page, width, "Save to Documents", "Save to Documents").click()
    expect(page.get_by_role("heading", name="Saved to Documents")).to_be_visible()
    page.goto(address)
    share(page, width, "Send…", "Send by email").click()
    page.get_by_label("Subject").fill(subject)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Send the statement").click()
    portal.mail_about(subject)
    page.get_by_role("link", name="Look again").click()
    expect(page.get_by_role("region", name="What became of it")).to_contain_text("Sent")


def test_long_work_is_watched_left_and_cancelled(visit: Visit, portal: Portal) -> None:
    first = date(LONG_YEAR, 1, 1)
    portal.take_in(
        "transactions",
        "external_id,customer,date,kind,amount,description",
        *(
            f"long-{n},demo-stranger,{first + timedelta(days=day)},invoice,{n % 90 + 10}.50,Visit"
            for n, day in enumerate([n // 20 for n in range(LINES)] + [180 + n // 200 for n in range(MORE_LINES)])
        ),
    )
    page = visit("stranger", at=f"/statements?from={first}&to={LONG_YEAR}-01-31")
    page.get_by_role("link", name="Next").click()
    expect(page).to_have_title("Statements – page 2 of 4 – Kith")
    page.get_by_role("button", name="PDF", exact=True).click()
    with page.expect_download(timeout=60_000) as fetched:
        page.get_by_role("link", name="Download").click(timeout=60_000)
    assert Path(fetched.value.path()).read_bytes().startswith(b"%PDF")

    page.set_viewport_size(WIDTHS["phone"])  # type: ignore[arg-type]
    page.goto(f"/statements/download.pdf?from={first}&to={LONG_YEAR}-12-31")
    expect(page.get_by_role("heading", name="A long statement")).to_be_visible()
    accessible(page)
    with slow_work(portal) as almost_still:
        page.get_by_role("button", name="Make the file").click()
        bar = page.get_by_role("progressbar")
        expect(bar).to_have_attribute("max", re.compile(r"\d+"), timeout=60_000)
        address = page.url
        page.goto("/jobs")
        page.get_by_role("main").get_by_role("link", name="Statement of Pat Winter").first.click()
        expect(page).to_have_url(address)
        before = float(bar.get_attribute("value") or 0)
        page.wait_for_function("before => document.querySelector('progress').value > before", arg=before)
        almost_still.set()
        accessible(page)
        page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    expect(page.get_by_text("Cancelled. Nothing was kept.")).to_be_visible()
    expect(page.locator("#live")).to_contain_text("cancelled")
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    accessible(page)


@contextmanager
def slow_work(portal: Portal) -> Iterator[threading.Event]:
    """While this lasts, the process that does the portal's jobs runs for a small part of the time.

    Once the event it gives is set that becomes so little that what a test does next finds the work unfinished. It is
    never stopped for good: it may hold the database's lock.
    """
    enough, almost_still = threading.Event(), threading.Event()
    (runner,) = portal.processes("--runner")

    def brake() -> None:
        while not enough.wait(0.005 if almost_still.is_set() else 0.02):
            os.kill(runner, signal.SIGSTOP)
            enough.wait(1.0 if almost_still.is_set() else 0.3)
            os.kill(runner, signal.SIGCONT)

    braking = threading.Thread(target=brake)
    braking.start()
    try:
        yield almost_still
    finally:
        enough.set()
        braking.join()
