"""The Statements page: filters, figures, files, saving and sending, and who sees what."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from html import unescape as html_of
from typing import TypeVar

import pytest
from flask import Flask
from openpyxl import load_workbook
from pypdf import PdfReader

from portal.actions import jobs
from portal.actions.books import accounts
from portal.db.books import posting as ledger
from portal.db.books.posting import AccountKey, Half, NewEntry
from portal.db.customers import profiles as customers
from portal.db.engine import db, writes
from portal.db.tables import Document, Job, OutboxMessage, OutboxRecipient
from portal.outside import clock
from portal.rules.books import EntryKind
from portal.rules.deciding import SYSTEM
from portal.rules.scopes import Scope
from tests.logins import login
from tests.pages import PageClient
from tests.people import customer, link, post
from tests.queries import counted
from tests.web.acme import HTMX, NASTY, at, browser_of, company, couple, person

T = TypeVar("T")
OCTOBER = "from=2026-10-01&to=2026-10-31"


def books() -> None:
    """Two invoices and a payment of Acme's branch and itself in October and November, and one of the franchise."""
    post("acme", "invoice", 10000, "2026-09-30", description="Telephony, September")
    post("branch", "invoice", 4990, "2026-10-03", description="Broadband, October", category="Services")
    post("acme", "payment", 12000, "2026-10-18", description="Bank transfer, thank you")
    post("branch", "debit", 525, "2026-10-18", description="Extra traffic")
    post("branch", "invoice", 4990, "2026-11-03", description="Broadband, November")
    post("franchise", "invoice", 7490, "2026-10-05", description="Franchise canary")


@pytest.fixture
def petra(app: Flask) -> PageClient:
    """Acme's bookkeeper; Acme has books in two months."""
    company()
    books()
    return browser_of(app, "acme")


def key_of(html: str, action: str) -> str:
    """The idempotency key of the first form that is sent to `action`."""
    found = re.search(rf'action="{re.escape(action)}".*?name="idempotency_key" value="([^"]+)"', html, re.DOTALL)
    assert found, f"no form for {action}"
    return found[1]


def rows(table: type[T]) -> list[T]:
    """Every row there is now."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.query(table).all()


def only(table: type[T]) -> T:
    found = rows(table)
    assert len(found) == 1
    return found[0]


@writes
def many_lines(count: int) -> None:
    """Small debits of Acme on one day of October."""
    acme = at("acme")
    own = AccountKey(acme.partner_id, acme.id, "house", "EUR")
    other = AccountKey(acme.partner_id, None, "adjustments", "EUR")
    ids = ledger.account_ids([own, other])
    ledger.write_entries(
        [
            NewEntry(
                partner_id=acme.partner_id,
                payer_id=acme.id,
                issued_for_id=acme.id,
                booked_on=date(2026, 10, 10),
                kind=EntryKind.DEBIT,
                ledger="house",
                currency="EUR",
                amount_minor=-100,
                halves=(Half(ids[own], -100, True), Half(ids[other], 100, False)),
                description=f"Ride {number}",
            )
            for number in range(count)
        ],
        actor="test",
        at=clock.now(),
    )


# ---- Looking ---------------------------------------------------------------------------------------------------------


def test_s1_this_month_is_shown_first(petra: PageClient) -> None:
    petra.get("/statements")
    words = petra.page.words
    assert 'value="2026-11-01"' in petra.get("/statements").text
    assert "Acme Ltd, November 2026 so far" in words
    assert "Broadband, November" in words
    assert "Broadband, October" not in words


def test_s2_opening_lines_and_closing_add_up(petra: PageClient) -> None:
    petra.get(f"/statements?{OCTOBER}")
    words = petra.page.words
    assert "Opening balance −100.00" in words
    assert "INV-000002 Broadband, October Services Riverside branch 49.90 −149.90" in words
    assert "PAY-000001 Bank transfer, thank you Acme Ltd +120.00 −29.90" in words
    assert "Extra traffic Riverside branch 5.25 −35.15" in words
    assert "Closing balance 55.15 120.00 −35.15" in words
    petra.get("/statements?from=2026-11-01&to=2026-11-30")
    assert "Opening balance −35.15" in petra.page.words


def test_s3_a_record_type_still_adds_up(petra: PageClient) -> None:
    petra.get(f"/statements?{OCTOBER}&type=transactions")
    words = petra.page.words
    assert "Extra traffic" in words
    assert "Broadband, October" not in words
    assert "Not shown here invoices and payments 49.90 120.00" in words
    assert "Closing balance 55.15 120.00 −35.15" in words


def test_s3_a_record_type_that_hides_every_line_still_says_what_happened(petra: PageClient) -> None:
    post("acme", "invoice", 100, "2026-09-01")
    petra.get("/statements?from=2026-09-01&to=2026-09-30&type=transactions")
    assert "Nothing was charged" not in petra.page.words
    assert "Not shown here invoices and payments 101.00 0.00" in petra.page.words
    assert "Closing balance 101.00 0.00 −101.00" in petra.page.words


def test_s3_the_chart_is_drawn_from_all_lines(petra: PageClient) -> None:
    charts = [chart_of(petra, f"/statements?{OCTOBER}&type={kind}") for kind in ("all", "documents", "transactions")]
    assert "starts at −100.00, lowest −149.90" in charts[0]
    assert charts[0] == charts[1] == charts[2]


def test_s12_a_period_that_is_not_over_says_so_and_is_drawn_until_today(petra: PageClient) -> None:
    assert "Balance from 1 Nov 2026 to 22 Nov 2026" in chart_of(petra, "/statements")
    petra.get(f"/statements?{OCTOBER}")
    assert "so far" not in petra.page.words
    petra.get("/statements?from=2026-12-01&to=2026-12-31")
    assert "Acme Ltd, December 2026 so far" in petra.page.words


def chart_of(browser: PageClient, url: str) -> str:
    """The chart of a page as it is, words included."""
    found = re.search(r"<figure class=.chart.*?</figure>", browser.get(url).text, re.DOTALL)
    assert found is not None
    return found[0]


def test_s4_all_accounts_with_their_sums_and_account_by_account(petra: PageClient) -> None:
    petra.get(f"/statements?{OCTOBER}")
    sums = "Account Charged Credited Not yet paid Acme Ltd 0.00 120.00 0.00 Riverside branch 55.15 0.00"
    assert sums in petra.page.words
    assert "All accounts 55.15 120.00" in petra.page.words
    html = petra.get(f"/statements?{OCTOBER}&group=account").text
    words = petra.page.words
    order = ["Opening balance −100.00", "Bank transfer", "Total of Acme Ltd 0.00 120.00"]
    order += ["Extra traffic", "Total of Riverside branch 55.15 0.00", "Closing balance 55.15 120.00 −35.15"]
    assert [words.index(text) for text in order] == sorted(words.index(text) for text in order)
    assert "Extra traffic 5.25 Total" in words, "no balance of one account"
    form = re.search(r'action="/statements/save".*?</form>', html, re.DOTALL)
    assert form is not None
    assert 'name="group" value="account"' in form[0]
    for page in ("download.pdf", "download.csv", "download.xlsx", "send"):
        assert re.search(rf'href="/statements/{page}\?[^"]*group=account', html), page
    lines = petra.get(f"/statements/download.csv?{OCTOBER}&group=account").text.splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == [
        "opening", "line", "subtotal", "line", "line", "subtotal", "closing", "open", "open",
    ]  # fmt: skip


@pytest.mark.parametrize("account", ["branch", "acme"])
def test_s13_one_account_is_a_part_and_no_balance(petra: PageClient, account: str) -> None:
    public_id, name = at(account).public_id, at(account).name
    html = petra.get(f"/statements?{OCTOBER}&account={account}").text
    assert f'<option selected value="{public_id}">{name}' in html
    html = petra.get(f"/statements?{OCTOBER}&account={public_id}").text
    words = petra.page.words
    if account == "branch":
        assert "Activity of Riverside branch, October 2026" in words
        assert "55.15 EUR charged for Riverside branch, billed to Acme Ltd." in words
        assert "Total 55.15 0.00" in words
        assert "Bank transfer" not in words
    else:
        assert "Activity of Acme Ltd itself, October 2026" in words
        assert "0.00 EUR charged and 120.00 EUR credited for Acme Ltd itself." in words
        assert "Broadband" not in words
    assert "A part of the statement of Acme Ltd , which alone has a balance." in words
    assert 'href="/statements?account=all&amp;from=2026-10-01&amp;to=2026-10-31&amp;type=all"' in html
    region = html[html.index('id="statement-title"') :]
    for gone in ("Opening", "Closing", "Balance<", "owed", "<figure", "−"):
        assert gone not in region, gone


def test_s13_the_letter_of_a_part_says_what_was_charged(petra: PageClient) -> None:
    petra.get(f"/statements/send?{OCTOBER}&account={at('branch').public_id}")
    assert "Activity of Riverside branch (Acme Ltd), October 2026" in petra.page.words
    data = dict(petra.page.hidden) | {"recipient": "acme@example.test", "subject": "S", "message": "M", "step": "check"}
    petra.post("/statements/send", data=data)
    words = petra.page.words
    assert "Charged 55.15 EUR Credited 0.00 EUR" in words
    assert "balance" not in words


def test_s10_each_line_leads_to_its_invoice_or_entry(petra: PageClient) -> None:
    petra.get(f"/statements?{OCTOBER}")
    lines = [link for link in petra.page.links if re.match("/(invoices|statements/entries)/.", link)]
    assert [line.split("/")[1] for line in lines] == ["invoices", "statements", "statements"]
    for line, said in zip(lines, ("Broadband, October", "Bank transfer, thank you", "Extra traffic"), strict=True):
        assert petra.get(line).status_code == 200
        assert said in petra.page.words


def test_s11_links_stand_between_the_lines(petra: PageClient) -> None:
    petra.get("/statements")
    assert "Riverside branch became a sub-account of Acme Ltd (aggregated)" in petra.page.words


def test_s11_another_payer_in_the_period_is_named_to_the_account_itself(petra: PageClient, app: Flask) -> None:
    from portal.actions.links import sub_accounts
    from portal.rules.deciding import SYSTEM

    post("acme", "payment", 50000, "2026-11-01")
    sub_accounts.unlink(SYSTEM, "branch")
    post("branch", "invoice", 1000, "2026-11-22", description="Own books")
    bo = browser_of(app, "branch")
    bo.get("/statements")
    assert "Riverside branch had another payer in this period" in bo.page.words
    assert "Acme Ltd was billed and paid" in bo.page.words
    assert "Broadband, November" not in bo.page.words
    petra.get(f"/statements?account={at('branch').public_id}")
    assert "Broadband, November" in petra.page.words
    assert "Own books" not in petra.page.words
    assert "another payer" not in petra.page.words
    assert "Riverside branch (former)" in petra.page.words


def test_s12_customer_credit_is_a_second_table(petra: PageClient) -> None:
    post("acme", "credit", 5000, "2026-10-20", ledger="credit", description="Sorry for the outage")
    petra.get(f"/statements?{OCTOBER}")
    assert "Opening credit 0.00" in petra.page.words
    assert "Sorry for the outage +50.00 50.00" in petra.page.words
    assert "Closing credit 0.00 50.00 50.00" in petra.page.words
    petra.get(f"/statements?{OCTOBER}&account={at('acme').public_id}")
    assert "Sorry for the outage +50.00 31 Oct" not in petra.page.words
    assert "Sorry for the outage +50.00 Total 0.00 50.00" in petra.page.words
    assert "Opening credit" not in petra.page.words


def test_ux3_pages_of_lines_and_what_is_carried_between_them(petra: PageClient) -> None:
    many_lines(201)
    petra.get(f"/statements?{OCTOBER}")
    assert petra.page.title.startswith("Statements – page 1 of 2")
    assert "Carried forward" in petra.page.words
    petra.get(f"/statements?{OCTOBER}&page=2")
    words = petra.page.words
    assert petra.page.title.startswith("Statements – page 2 of 2")
    forward = re.search(r"Brought forward (−[\d.,]+)", words)
    assert forward is not None
    assert "201–204 of 204 lines" in words
    assert "Closing balance 256.15 120.00 −236.15" in words
    petra.get(f"/statements?{OCTOBER}&group=account&page=2")
    assert "(continued)" in petra.page.words


def test_the_chart_tells_its_story_in_words(petra: PageClient) -> None:
    html = petra.get(f"/statements?{OCTOBER}").text
    assert 'role="img"' in html
    assert "Balance from 1 Oct 2026 to 31 Oct 2026: starts at −100.00, lowest −149.90 on 3 Oct 2026" in html
    assert "ends at −35.15 EUR" in html


def test_ux12_an_empty_period_says_so(app: Flask) -> None:
    person("new", name="New Shop")
    browser = browser_of(app, "new")
    browser.get("/statements")
    assert "Nothing was charged or paid in this period" in browser.page.words
    assert "Show the whole year" in browser.page.words
    assert "Records" not in browser.page.words


def test_names_are_shown_unharmed(app: Flask) -> None:
    person("acme", name=NASTY)
    customer("branch", name=f"{NASTY} 2")
    link("acme", "branch")
    post("branch", "invoice", 100, "2026-11-02", description="<script>alert(1)</script> '; DROP TABLE entry")
    browser = browser_of(app, "acme")
    html = browser.get("/statements").text
    assert "<script>alert" not in html
    assert "<b>O" not in html
    assert NASTY in browser.page.words
    for form in ("pdf", "csv", "xlsx"):
        assert browser.get(f"/statements/download.{form}").status_code == 200


# ---- htmx ------------------------------------------------------------------------------------------------------------


def test_the_fragment_is_contained_in_its_page(petra: PageClient) -> None:
    whole = petra.get(f"/statements?{OCTOBER}").text
    part = petra.get(f"/statements?{OCTOBER}", headers=HTMX).text
    assert part.lstrip().startswith('<div id="statement"')
    assert "<title>Statements – Kith</title>" in part
    assert "3 lines, closing −35.15 EUR" in part
    core = part[: part.index("<title>")]
    steady = re.compile(r'(name="(csrf_token|idempotency_key)" value=")[^"]*')
    assert (
        steady.sub("", core).split()
        == steady.sub("", whole[whole.index('<div id="statement"') :]).split()[: len(steady.sub("", core).split())]
    )
    boosted = petra.get("/statements", headers={**HTMX, "HX-Boosted": "true"}).text
    assert "<html" in boosted


def test_ux1_the_heading_takes_the_focus(petra: PageClient) -> None:
    part = petra.get("/statements", headers=HTMX).text
    assert re.search(r"<h2[^>]*data-focus", part)


# ---- Bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("from=2026-10-31&to=2026-10-01", "is after the last one"),
        ("from=banana&to=2026-10-01", "“banana” is not a date"),
        ("from=30.2.2026&to=2026-10-01", "There is no 30.2.2026 in the calendar"),
        ("from=1.1.26&to=2026-10-01", "with four digits"),
        ("from=&to=2026-10-01", "Enter the first day"),
        ("from=1926-01-01&to=2026-01-01", "Enter a date from 1 Jan 1970 to 31 Dec 2199"),
        ("from=1990-01-01&to=2026-01-01", "ten years at most"),
        ("from=2026-10-01&to=2026-10-31&type=secrets", "There are no records called “secrets”"),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_bad_filters_are_told_beside_their_field(
    petra: PageClient, query: str, sentence: str, headers: dict[str, str]
) -> None:
    response = petra.get(f"/statements?{query}", headers=headers)
    assert response.status_code == 422
    assert petra.page.words.count(sentence) == 2
    assert petra.page.title.startswith("Error: Statements")
    assert "data-error-summary" in response.text


def test_g16_two_days_in_the_wrong_order_stay_in_their_calendars(petra: PageClient) -> None:
    html = petra.get("/statements?from=2026-10-31&to=2026-10-01").text
    for name, day in (("from", "2026-10-31"), ("to", "2026-10-01")):
        (field,) = re.findall(rf'<input[^>]*name="{name}"[^>]*>', html)
        assert 'type="date"' in field
        assert f'value="{day}"' in field
    (field,) = re.findall(r'<input[^>]*name="from"[^>]*>', petra.get("/statements?from=banana&to=2026-10-01").text)
    assert 'type="text"' in field


def test_ux4_what_was_typed_stays(petra: PageClient) -> None:
    html = petra.get("/statements?from=banana&to=2026-10-05").text
    assert 'value="banana"' in html
    assert 'value="2026-10-05"' in html


@pytest.mark.parametrize("account", ["franchise", "stranger", "nobody", "0" * 20])
def test_s9_an_account_that_is_not_ones_own_is_unknown(petra: PageClient, account: str) -> None:
    person("stranger", name="Secret Stranger")
    response = petra.get(f"/statements?account={account}")
    assert response.status_code == 404
    assert "Secret" not in response.text


# ---- Many accounts ---------------------------------------------------------------------------------------------------


def test_many_accounts_are_found_by_typing(app: Flask) -> None:
    person("acme", name="Acme Ltd")
    for number in range(52):
        customer(f"depot-{number:02d}")
        link("acme", f"depot-{number:02d}")
    post("depot-07", "invoice", 700, "2026-11-02", description="Lucky")
    browser = browser_of(app, "acme")
    html = browser.get("/statements").text
    assert '<datalist id="account-suggestions"' in html
    assert 'value="depot' not in html
    options = browser.get("/statements/accounts?account=Depot+0", headers=HTMX).text
    assert options.count("<option") == 10
    assert "Depot 07 (depot-07)" in options
    for typed in ("Depot 07 (depot-07)", "depot-07", "Depot 07", "epot 07"):
        browser.get("/statements", query_string={"account": typed})
        assert "Depot 07, November 2026" in browser.page.words
    assert browser.get("/statements?account=Depot").status_code == 422
    assert "Several accounts match" in browser.page.words
    assert browser.get("/statements?account=Zebra").status_code == 422
    assert browser.get("/statements?account=").status_code == 200


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("Depot (north)", "d-1"),
        ("Depot", "d (2) x"),
        ("Depot (a) (b", "(c)"),
        ('Depot "x" <b>', "d)4(1"),
        ("Depot 100%_", "d-5, (x)"),
        ("Depot ब)", "द (क)"),
    ],
)
def test_what_was_suggested_is_understood_when_it_comes_back(app: Flask, name: str, reference: str) -> None:
    """By its value, whatever brackets and marks are in the name and the reference, on both Account menus."""
    person("acme", name="Acme Ltd")
    for number in range(51):
        link("acme", customer(f"depot-{number:02d}").reference)
    link("acme", customer(reference, name=name).reference)
    browser = browser_of(app, "acme")
    options = browser.get("/statements/accounts", query_string={"account": reference}, headers=HTMX).text
    (suggested,) = [value for value in map(html_of, re.findall(r'value="([^"]*)"', options)) if value.startswith(name)]
    assert browser.get("/statements", query_string={"account": suggested}).status_code == 200
    assert f"{name}, November 2026" in browser.page.words
    payer = customers.by_reference("acme")
    assert payer is not None
    assert accounts.named(SYSTEM, payer, suggested).reference == reference


# ---- Who sees what (S9) ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["/statements", "/statements/download.pdf", "/statements/send", "/statements/accounts"],
)
def test_s9_an_aggregated_sub_account_reads_who_pays(app: Flask, petra: PageClient, path: str) -> None:
    bo = browser_of(app, "branch")
    response = bo.get(path)
    assert response.status_code == 403
    assert "Acme Ltd is billed and pays for Riverside branch" in bo.page.words
    response = petra.get(f"/for/{at('branch').public_id}{path}")
    assert response.status_code == 403
    assert "Acme Ltd is billed and pays for Riverside branch" in petra.page.words


def test_s9_an_independent_sub_accounts_books_are_its_own(app: Flask, petra: PageClient) -> None:
    assert "Franchise canary" not in petra.get(f"/statements?{OCTOBER}").text
    franchise = at("franchise").public_id
    assert petra.get(f"/for/{franchise}/statements").status_code == 403
    assert petra.get(f"/statements?{OCTOBER}&account={franchise}&payer={franchise}").status_code == 404
    fritz = browser_of(app, "franchise")
    assert "Franchise canary" in fritz.get(f"/statements?{OCTOBER}").text
    assert "Broadband" not in fritz.get(f"/statements?{OCTOBER}").text


def test_s9_management_makes_no_difference_to_what_a_payer_sees(app: Flask) -> None:
    company(management=False)
    books()
    browser = browser_of(app, "acme")
    assert "Broadband, October" in browser.get(f"/statements?{OCTOBER}").text


def test_s9_a_secondary_sees_the_lines_issued_for_it(app: Flask) -> None:
    couple()
    post("alex", "invoice", 1000, "2026-11-02", description="Only Alex")
    post("sam", "invoice", 2500, "2026-11-03", description="For Sam")
    sam = browser_of(app, "sam")
    for query in ("", f"?payer={at('alex').public_id}", f"?account={at('sam').public_id}"):
        html = sam.get(f"/statements{query}").text
        assert "For Sam" in html
        assert "Only Alex" not in html
    assert sam.get(f"/statements?account={at('alex').public_id}").status_code in (403, 404)
    alex = browser_of(app, "alex")
    html = alex.get("/statements").text
    assert "For Sam" in html
    assert "Only Alex" in html


def test_s9_strangers_and_narrow_logins(app: Flask, petra: PageClient) -> None:
    person("stranger")
    acme = at("acme").public_id
    other = browser_of(app, "stranger")
    for path in ("statements", f"statements/download.csv?{OCTOBER}", "statements/send"):
        assert other.get(f"/for/{acme}/{path}").status_code == 404
    login(at("acme"), "narrow@portal.test", "Nora Narrow", (Scope.VIEW, Scope.DOCUMENTS))
    nora = app.test_client()
    assert isinstance(nora, PageClient)
    nora.submit("/login", {"email": "narrow@portal.test", "password": "correct horse battery staple"})
    assert nora.get("/statements").status_code == 403


def test_nobody_signed_in_is_asked_to(app: Flask, client: PageClient) -> None:
    assert client.get("/statements").status_code == 302


# ---- Files -----------------------------------------------------------------------------------------------------------


def test_s5_all_files_give_the_figures_of_the_page(petra: PageClient) -> None:
    pdf = petra.get(f"/statements/download.pdf?{OCTOBER}")
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf.data)).pages)
    for figure in ("−100.00", "−149.90", "−29.90", "−35.15", "55.15", "120.00"):
        assert figure in text
    table = petra.get(f"/statements/download.csv?{OCTOBER}")
    rows = list(csv.DictReader(io.StringIO(table.data.decode("utf-8-sig"))))
    assert [row["balance"] for row in rows if row["record"] not in ("note", "open")] == [
        "-100.00", "-149.90", "-29.90", "-35.15", "-35.15",
    ]  # fmt: skip
    book = load_workbook(io.BytesIO(petra.get(f"/statements/download.xlsx?{OCTOBER}").data), data_only=True)
    cells = [row[8] for row in book["Statement"].iter_rows(min_row=2, values_only=True)]
    assert cells == [-100, -149.9, -29.9, -35.15, -35.15]


def test_files_are_attachments_with_a_speaking_name(petra: PageClient) -> None:
    response = petra.get(f"/statements/download.pdf?{OCTOBER}")
    assert response.content_type == "application/pdf"
    assert 'attachment; filename="statement-acme-ltd-2026-10.pdf"' in response.headers["Content-Disposition"]
    assert "filename*=UTF-8''statement-acme-ltd-2026-10.pdf" in response.headers["Content-Disposition"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-store"
    branch = petra.get(f"/statements/download.csv?from=2026-10-01&to=2026-10-15&account={at('branch').public_id}")
    assert "activity-riverside-branch-2026-10-01-to-2026-10-15.csv" in branch.headers["Content-Disposition"]
    assert petra.get("/statements/download.exe").status_code == 404
    assert petra.get("/statements/download.pdf?from=x&to=y").status_code == 422


def test_names_in_other_letters(app: Flask) -> None:
    person("cafe", name="Łukasz Café شركة")
    response = browser_of(app, "cafe").get("/statements/download.csv")
    header = response.headers["Content-Disposition"]
    assert 'filename="statement-lukasz-cafe-shrkh-2026-11.csv"' in header
    assert "%C5%82ukasz" in header


def test_ux11_a_long_pdf_is_made_in_the_background(petra: PageClient, app: Flask) -> None:
    many_lines(501)
    html = petra.get(f"/statements?{OCTOBER}").text
    assert "Made in the background" in html
    assert petra.get(f"/statements/download.pdf?{OCTOBER}").status_code == 200
    assert "more than 500 lines" in petra.page.words
    assert len(rows(Job)) == 0
    form = dict(petra.page.hidden)
    started = [petra.post("/statements/files", data=form) for _ in range(2)]
    assert started[0].location == started[1].location
    assert petra.get(started[0].location).status_code == 200
    jobs.run_due()
    petra.get(started[0].location)
    url = next(link for link in petra.page.links if "/statements/files/" in link)
    made = petra.get(url)
    assert made.data.startswith(b"%PDF")
    assert "statement-acme-ltd-2026-10.pdf" in made.headers["Content-Disposition"]
    person("stranger")
    assert browser_of(app, "stranger").get(url).status_code == 404
    assert petra.get(f"/statements/download.csv?{OCTOBER}").status_code == 200


# ---- Saving ----------------------------------------------------------------------------------------------------------


def test_s6_a_saved_statement_is_frozen_in_the_payers_documents(petra: PageClient, app: Flask) -> None:
    branch = at("branch").public_id
    html = petra.get(f"/statements?{OCTOBER}&account={branch}").text
    form = {"from": "2026-10-01", "to": "2026-10-31", "account": branch, "type": "all"}
    form |= {"csrf_token": petra.page.hidden["csrf_token"], "idempotency_key": key_of(html, "/statements/save")}
    first = petra.post("/statements/save", data=form, follow_redirects=True)
    assert "Saved to Documents" in petra.page.words
    again = petra.post("/statements/save", data=form)
    assert again.location == first.request.path
    assert len(rows(Document)) == 1
    document = only(Document)
    assert (document.customer_id, document.about_id) == (at("acme").id, at("branch").id)
    petra.get("/documents")
    assert "Activity of Riverside branch (Acme Ltd), October 2026 Riverside branch" in petra.page.words
    url = next(link for link in petra.page.links if link.endswith("/download"))
    before = petra.get(url).data
    post("branch", "invoice", 99900, "2026-10-20", description="Backdated")
    assert petra.get(url).data == before
    bo = browser_of(app, "branch")
    bo.get("/documents")
    assert "No documents yet" in bo.page.words
    assert bo.get(url).status_code == 404


def test_saving_with_other_contents_under_one_key_is_refused(petra: PageClient) -> None:
    html = petra.get("/statements").text
    form = {"csrf_token": petra.page.hidden["csrf_token"], "idempotency_key": key_of(html, "/statements/save")}
    form |= {"from": "2026-11-01", "to": "2026-11-30"}
    assert petra.post("/statements/save", data=form).status_code == 303
    assert petra.post("/statements/save", data={**form, "from": "2026-10-01"}).status_code == 422


def test_a_secondary_saves_into_its_own_list(app: Flask) -> None:
    couple()
    post("sam", "invoice", 2500, "2026-11-03", description="For Sam")
    sam = browser_of(app, "sam")
    sam.get("/statements")
    sam.post("/statements/save", data=dict(sam.page.hidden) | {"from": "2026-11-01", "to": "2026-11-30"})
    assert only(Document).customer_id == at("sam").id


def test_a_long_statement_is_saved_by_a_job(petra: PageClient) -> None:
    many_lines(501)
    html = petra.get(f"/statements?{OCTOBER}").text
    form = {"from": "2026-10-01", "to": "2026-10-31", "csrf_token": petra.page.hidden["csrf_token"]}
    form["idempotency_key"] = key_of(html, "/statements/save")
    response = petra.post("/statements/save", data=form)
    assert response.location.startswith("/jobs/")
    assert len(rows(Document)) == 0
    jobs.run_due()
    assert len(rows(Document)) == 1
    assert only(Job).state == "done"


# ---- Sending ---------------------------------------------------------------------------------------------------------


def sending(petra: PageClient, **more: str) -> dict[str, str]:
    """The letter's form as the page prefills it, with `more`."""
    petra.get(f"/statements/send?{OCTOBER}")
    hidden = dict(petra.page.hidden)
    letter = {
        "recipient": "acme@example.test",
        "subject": "Your statement",
        "message": "Hello,\n\nhere it is.\n\nPetra",
    }
    return {**hidden, **letter, "step": "check", **more}


def test_s7_a_statement_is_written_checked_and_sent(petra: PageClient) -> None:
    petra.get(f"/statements/send?{OCTOBER}")
    html = petra.get(f"/statements/send?{OCTOBER}").text
    assert "statement-acme-ltd-2026-10.pdf" in petra.page.words
    assert "35.15 EUR is owed" in html
    assert "kB" in petra.page.words or "KiB" in petra.page.words
    form = sending(petra)
    assert petra.post("/statements/send", data=form).status_code == 200
    words = petra.page.words
    assert "Check before sending" in words
    assert "Send the statement" in words
    assert len(rows(OutboxMessage)) == 0
    final = dict(petra.page.hidden)
    changed = petra.post("/statements/send", data={**final, "step": "edit"})
    assert changed.status_code == 200
    assert "here it is." in changed.text
    first = petra.post("/statements/send", data={**final, "step": "send"})
    again = petra.post("/statements/send", data={**final, "step": "send"})
    assert first.status_code == 303
    assert first.location == again.location
    message = only(OutboxMessage)
    assert message.subject == "Your statement"
    assert "here it is." in message.text
    assert "Closing balance: −35.15 EUR" in message.text
    assert message.attachments[0]["filename"] == "statement-acme-ltd-2026-10.pdf"
    assert only(OutboxRecipient).address == "acme@example.test"
    petra.get(first.location)
    assert "Queued: it leaves within a minute." in petra.page.words
    part = petra.get(f"{first.location}?asked=1", headers=HTMX).text
    assert part.lstrip().startswith("<section")
    assert "asked=2" in part


def test_s7_both_billing_addresses_are_offered(petra: PageClient) -> None:
    html = petra.get(f"/statements/send?{OCTOBER}&account={at('branch').public_id}").text
    assert 'value="acme@example.test"' in html
    assert 'value="branch@example.test"' in html
    assert "franchise@example.test" not in html
    assert 'value="branch@example.test"' not in petra.get("/statements/send").text


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"recipient": "somebody@else.example"}, "addresses on file only"),
        ({"recipient": ""}, "Choose who gets the statement"),
        ({"subject": ""}, "Enter a subject"),
        ({"subject": "Hi\r\nBcc: spy@evil.example"}, "one line of text"),
        ({"message": "x" * 5001}, "longer than 5,000 characters"),
        ({"message": ""}, "Enter a message"),
    ],
)
@pytest.mark.parametrize("step", ["check", "send"])
def test_sec47_a_letter_that_cannot_be_sent(petra: PageClient, more: dict[str, str], sentence: str, step: str) -> None:
    response = petra.post("/statements/send", data=sending(petra, **more, step=step))
    assert response.status_code == 422
    assert sentence in petra.page.words
    assert len(rows(OutboxMessage)) == 0


def test_r24_figures_that_changed_meanwhile_are_not_sent(petra: PageClient) -> None:
    petra.post("/statements/send", data=sending(petra))
    final = dict(petra.page.hidden)
    post("acme", "invoice", 100, "2026-10-31")
    assert petra.post("/statements/send", data={**final, "step": "send"}).status_code == 409
    assert "have changed since you opened it" in petra.page.words
    assert len(rows(OutboxMessage)) == 0


def test_a_long_statement_is_sent_by_a_job(petra: PageClient) -> None:
    many_lines(501)
    petra.post("/statements/send", data=sending(petra))
    assert "made in the background" in petra.page.words
    response = petra.post("/statements/send", data={**petra.page.hidden, "step": "send"})
    assert response.location.startswith("/jobs/")
    jobs.run_due()
    message = only(OutboxMessage)
    petra.get(response.location)
    assert f"/statements/sent/{message.public_id}" in petra.page.links


def test_somebody_elses_mail_is_unknown(petra: PageClient, app: Flask) -> None:
    petra.post("/statements/send", data=sending(petra))
    url = petra.post("/statements/send", data={**petra.page.hidden, "step": "send"}).location
    fritz = browser_of(app, "franchise")
    assert fritz.get(url).status_code == 404


def test_without_an_address_on_file_the_page_says_what_to_do(app: Flask) -> None:
    person("quiet", email="")
    browser = browser_of(app, "quiet")
    browser.get("/statements/send")
    assert "There is no address on file" in browser.page.words


# ---- Behind the page -------------------------------------------------------------------------------------------------


def test_the_number_of_queries_does_not_grow(petra: PageClient) -> None:
    petra.get(f"/statements?{OCTOBER}")
    with counted() as few:
        petra.get(f"/statements?{OCTOBER}")
    many_lines(60)
    for number in range(5):
        customer(f"more-{number}")
        link("acme", f"more-{number}")
        post(f"more-{number}", "invoice", 100, "2026-10-11")
    with counted() as many:
        petra.get(f"/statements?{OCTOBER}")
    assert len(many) == len(few)
    assert len(few) <= 8, few


def test_sec10_looking_changes_nothing(petra: PageClient) -> None:
    urls = [
        f"/statements?{OCTOBER}",
        f"/statements/send?{OCTOBER}",
        f"/statements/download.pdf?{OCTOBER}",
        "/documents",
    ]
    with counted() as sent:
        for url in urls:
            assert petra.get(url).status_code == 200
    assert [one for one in sent if not one.lstrip().upper().startswith(("SELECT", "WITH"))] == []
    assert petra.get("/statements/save").status_code == 405


def test_the_days_of_a_period_are_the_partners(app: Flask) -> None:
    person("acme")
    html = browser_of(app, "acme").get("/statements").text
    assert 'value="2026-11-30"' in html
    assert "from=2026-10-01&amp;to=2026-10-31" in html
