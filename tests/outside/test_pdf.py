"""The PDF of a statement: what its text says, how it breaks into pages, and how it looks."""

from __future__ import annotations

import dataclasses
import io
import os
import re
import shutil
import subprocess
import threading
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime
from gettext import NullTranslations
from pathlib import Path
from typing import Any, ClassVar

import pypdf
import pytest
from PIL import Image, ImageChops, ImageStat

from portal.outside.pdf import LONGEST, TookTooLong, TooLong, render_statement
from portal.outside.pdf.chart import Steps
from portal.outside.pdf.words import Labels
from portal.outside.pens import pen_for
from portal.rules.money import format_minor
from portal.rules.paying import Code, PaymentBlock
from portal.rules.sentences import PLAIN, say, verbatim
from portal.rules.statements.figures import Letterhead, Line, Note, Party, RecordType, Statement
from tests.outside.statements import ACME, HARBOUR, MOVES, NORTHWIND, RIVERSIDE, full, many, part, statement
from tests.wanting import without

MADE_AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
APPROVED = Path(__file__).parent / "approved"
NASTY = 'Zoë <b>O\'Brien</b> & <img src="http://127.0.0.1:9/x"> {{ 7*7 }} </ledger>'
WORLD = "Łukasz Ελένη Олег ₹ €"

Draw = Callable[..., bytes]


@pytest.fixture(scope="session")
def fonts_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fonts")


@pytest.fixture
def draw(fonts_dir: Path) -> Draw:
    """Draw a statement with the tests' fonts folder."""

    def drawn(made: Statement, **options: object) -> bytes:
        return render_statement(made, fonts_dir=fonts_dir, **options)  # type: ignore[arg-type]

    return drawn


def pages(pdf: bytes) -> list[str]:
    """The text of each page."""
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def text(pdf: bytes) -> str:
    return re.sub(r"[ \u00a0]+", " ", "\n".join(pages(pdf)))


def amount(minor: int, currency: str = "EUR") -> str:
    """An amount as British English groups it."""
    whole, point, part = format_minor(abs(minor), currency).partition(".")
    return ("−" if minor < 0 else "") + f"{int(whole):,}{point}{part}"


def poppler(program: str) -> str:
    """The program's path."""
    found = shutil.which(program)
    if found is None:
        without(f"{program} (poppler-utils) is missing")
    return found


# What it says --------------------------------------------------------------------------------------------------------


def test_every_figure_of_the_statement_stands_in_the_pdf(draw: Draw) -> None:
    made = full()
    said = text(draw(made, made_at=MADE_AT, reference="ST-2026-10"))
    for line in [*made.lines, *made.credit.lines]:  # type: ignore[union-attr]
        side = amount(-line.amount_minor) if line.amount_minor < 0 else "+" + amount(line.amount_minor)
        side = "0.00" if line.amount_minor == 0 else side
        pattern = (
            rf"{line.booked_on.day} Oct {line.number} .*?{re.escape(side)} ?{re.escape(amount(line.balance_minor))}"
        )
        assert re.search(pattern, said, re.DOTALL), (line, said)
    closing = f"{amount(made.charged_minor)} {amount(made.credited_minor)} {amount(made.closing_minor or 0)}"
    assert f"Closing balance {closing}" in said
    assert amount(made.opening_minor or 0) in said
    assert "Account Charged Credited" in said
    for totals in made.accounts:
        assert f"{amount(totals.charged_minor)} {amount(totals.credited_minor)}" in said
    assert f"Total {amount(made.charged_minor)} {amount(made.credited_minor)}" in said
    for words in (
        "Northwind Telecom",
        "Harbour Street 12",
        "Billed to\nAcme Ltd",
        "All accounts",
        "1–31 Oct",
        "Amounts in EUR",
        "Harbour branch was linked.",
        "Riverside branch was unlinked.",
        "also paid for by Globex plc from 1 October 2026 to 6 October 2026",
        "Customer Credit",
        "By account",
        "Waiting for the next invoice",
        "FI-000001 Broadband, November Riverside branch 49.90",
        "ST-2026-10",
        "Made on 22 November 2026",
        "Internet",
    ):
        assert words in said, words
    assert said.count("EUR") == 1


def test_f12_it_says_how_to_pay_what_is_due(draw: Draw) -> None:
    pay = PaymentBlock("Zoë & <b>Sons", "CZ65 0800", "", "RF18 539", 1234, "EUR", Code(("10", "01")))
    shown = text(draw(statement(), pay=pay))
    for fact in ("Please pay, open on", "12.34 EUR", "Zoë & <b>Sons", "CZ65 0800", "RF18 539", "Scan the code"):
        assert fact in shown
    assert "Please pay" not in text(draw(statement()))


def test_a_note_stands_before_the_lines_of_its_day_and_the_closing_row_last(draw: Draw) -> None:
    said = text(draw(full()))
    order = [
        "Opening balance",
        "INV-004211",
        "Harbour branch was linked.",
        "INV-004212",
        "TRX-000901",
        "Riverside branch was unlinked.",
        "Closing balance",
    ]
    places = [said.index(words) for words in order]
    assert places == sorted(places)


def test_s5_a_line_without_a_description_says_what_it_is_as_on_the_page(draw: Draw) -> None:
    said = text(draw(statement([(3, "TRX-7", "", ACME, "", "debit", -100)])))
    assert "3 Oct TRX-7 Debit Acme" in said


def test_poppler_reads_the_rows_too(draw: Draw, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(draw(full()))
    command = [poppler("pdftotext"), "-layout", str(tmp_path / "a.pdf"), "-"]
    said = subprocess.run(command, check=True, capture_output=True, timeout=180).stdout.decode()
    assert re.search(r"3 Oct +INV-004211 +Broadband, October Internet +Riverside branch +49\.90 +−1,254\.40", said)


@pytest.mark.parametrize("account", [ACME, RIVERSIDE])
def test_one_account_has_no_account_column_and_no_table_by_account(draw: Draw, account: Party) -> None:
    moves = [move for move in MOVES if move[3] is account]
    made = statement(moves, accounts=[account], account=account, balance=None)
    said = text(draw(made))
    assert "By account" not in said
    assert "Date Number Description Charged Credited\n" in said
    assert f"Account\n{account.name}" in said


@pytest.mark.parametrize("account", [ACME, RIVERSIDE, HARBOUR])
def test_s13_a_part_has_charges_and_credits_and_no_balance(draw: Draw, account: Party) -> None:
    made = part(account)
    pdf = draw(made, made_at=MADE_AT)
    said = text(pdf)
    charged, credited = amount(made.charged_minor), amount(made.credited_minor)
    assert "Activity\n" in said
    assert f"Total {charged} {credited}" in said
    whose = "for Acme Ltd itself." if account is ACME else f"for {account.name}, billed to Acme Ltd."
    both = f"{charged} EUR charged and {credited} EUR credited" if made.credited_minor else f"{charged} EUR charged"
    assert f"{both} {whose}" in said
    for word in ("Opening", "Closing", "Balance", "balance", "Lowest", "owed", "owe"):
        assert word not in said, word
    assert "−" not in said, "nothing of a part is below zero"
    assert pypdf.PdfReader(io.BytesIO(pdf)).metadata.title.startswith("Activity of")  # type: ignore[union-attr]


def test_s4_account_by_account_each_has_its_lines_and_subtotals(draw: Draw) -> None:
    said = text(draw(full(grouped=True)))
    order = ["Opening balance", "Acme Ltd", "PAY-001902", "Total of Acme Ltd 0.00 2,000.00", "Riverside branch"]
    order += [
        "INV-004211",
        "Total of Riverside branch 575.80 0.00",
        "INV-004212",
        "Total of Harbour branch 583.80 0.00",
    ]
    at = 0
    for words in order:
        at = said.index(words, at)
    assert "Closing balance 1,159.60 2,000.00 −364.10" in said


def test_s12_a_period_that_is_not_over_says_so_far_and_is_drawn_until_today(draw: Draw) -> None:
    today = date(2026, 10, 20)
    said = text(draw(full(made_on=today)))
    assert "1–31 Oct 2026 so far" in said
    assert "Lowest −2,310.20 on 14 Oct" in said
    assert "so far" not in text(draw(full()))
    drawn = drawing(full(made_on=today))
    assert drawn is not None
    assert (drawn.first, drawn.last) == ("1 Oct", "20 Oct")
    assert drawn.steps[-1] == (today, -81_020)


@pytest.mark.parametrize("shown", RecordType)
def test_s3_the_chart_is_drawn_from_all_lines(shown: RecordType) -> None:
    drawn, everything = drawing(statement(record_type=shown)), drawing(statement())
    assert drawn is not None
    assert drawn == everything


def drawing(made: Statement) -> Steps | None:
    """The chart that is drawn for a statement."""
    from portal.outside.pdf.render import _Document

    return _Document(made, None, Labels(PLAIN), "", None).chart


def test_a_record_type_sums_up_what_it_hides(draw: Draw) -> None:
    made = statement(record_type=RecordType.DOCUMENTS)
    said = text(draw(made))
    assert f"Not shown here {amount(made.hidden_debit_minor)} {amount(made.hidden_credit_minor)}" in said
    assert "Shown: Invoices and payments." in said
    assert "TRX-000873" not in said
    assert amount(made.charged_minor) in said


def test_without_lines_it_says_so_and_draws_no_chart(draw: Draw) -> None:
    made = statement([])
    said = text(draw(made))
    assert "Nothing was charged or paid in this period." in said
    assert said.count(amount(made.opening_minor or 0)) == 2 + 2
    assert "Lowest" not in said


@pytest.mark.parametrize(
    ("currency", "opening", "shown"),
    [
        ("JPY", -120_450, "−120,450"),
        ("BHD", -120_450, "−120.450"),
        ("EUR", 0, "0.00"),
        ("CLF", 10**15, "100,000,000,000.0000"),
    ],
)
def test_currencies_have_their_own_decimal_places(draw: Draw, currency: str, opening: int, shown: str) -> None:
    said = text(draw(statement([], currency=currency, opening=opening)))
    assert f"Opening balance {shown}" in said


@pytest.mark.parametrize(
    ("locale", "shown", "day"),
    [
        ("en_GB", "−1,204.50", "3 Oct"),
        ("de_DE", "−1.204,50", "3. Okt."),
        ("de-CH", "−1’204.50", "3. Okt."),
        ("fr_FR", "−1 204,50", "3 oct."),
        ("ar_EG", "−1,204.50", "INV-004211"),
        ("xx_XX", "−1,204.50", "3 Oct"),
    ],
)
def test_amounts_and_days_follow_the_letterhead(draw: Draw, locale: str, shown: str, day: str) -> None:
    said = text(draw(statement(letterhead=dataclasses.replace(NORTHWIND, locale=locale))))
    assert f"Opening balance {shown}" in said
    assert day in said


def test_indian_figures_are_grouped_by_two(draw: Draw) -> None:
    said = text(
        draw(
            statement(
                [], letterhead=dataclasses.replace(NORTHWIND, locale="en_IN"), opening=-1_234_567_89, currency="INR"
            )
        )
    )
    assert "−12,34,567.89" in said


def forms_of(page: pypdf.PageObject) -> list[Any]:
    """The drawings that a page refers to."""
    return list(page["/Resources"]["/XObject"].values())  # type: ignore[index]


class German(NullTranslations):
    """A few words of a catalogue."""

    TEXTS: ClassVar = {
        "Statement": "Kontoauszug",
        "Page {page} of {pages}": "Seite {page} von {pages} Seiten",
        "Opening balance": "Anfang",
        "{name} was linked.": "{name} wurde verknüpft.",
        "Lowest {amount} on {day}": "Tiefster Stand am {day}: {amount}",
        "All": "Alles",
    }

    def gettext(self, message: str) -> str:
        return self.TEXTS.get(message, message)

    ugettext = gettext


def test_a_statement_is_in_the_language_of_its_letterhead(draw: Draw, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.outside.pens.texts_in", lambda _locale: German())
    pen_for.cache_clear()
    linked = Note(date(2026, 10, 7), say("{name} was linked.", name="Harbour branch"))
    pdf = draw(statement(letterhead=dataclasses.replace(NORTHWIND, locale="de_DE"), notes=[linked]))
    pen_for.cache_clear()
    said = text(pdf)
    assert "Kontoauszug" in said
    assert "Anfang −1.204,50" in said
    assert "Harbour branch wurde verknüpft." in said
    assert "Tiefster Stand am " in said
    assert "Seite 1 von" in said
    (form,) = [found.get_object() for found in forms_of(pypdf.PdfReader(io.BytesIO(pdf)).pages[0])]
    assert b"(1 Seiten)" in form.get_data()


def test_lines_over_several_years_carry_the_year(draw: Draw) -> None:
    said = text(draw(statement(first=date(2025, 12, 1))))
    assert "3 Oct 2026 INV-004211" in said


# Names ---------------------------------------------------------------------------------------------------------------


def test_markup_in_names_is_shown_and_nothing_is_fetched(draw: Draw, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("something was fetched")

    party = dataclasses.replace(ACME, name=NASTY, address=NASTY)
    made = full(
        payer=party,
        account=party,
        letterhead=Letterhead(NASTY, NASTY, NASTY),
        notes=[Note(date(2026, 10, 5), verbatim(NASTY))],
    )
    made = dataclasses.replace(made, lines=[line._replace(description=NASTY) for line in made.lines])
    draw(statement([]))
    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("urllib.request.urlopen", refuse)
    monkeypatch.setattr("xhtml2pdf.files.getFile", refuse)
    said = re.sub(r"\s+", "", text(draw(made)))
    assert said.count(re.sub(r"\s+", "", NASTY)) >= 5


def test_even_a_template_that_asks_gets_nothing_from_elsewhere(draw: Draw) -> None:
    from jinja2 import DictLoader, Environment

    page = """<html><head><style>@import url("file:///etc/passwd");</style></head><body>
    <img src="http://127.0.0.1:9/x"/><img src="/etc/passwd"/><p>{{ payer }}</p><pagetotal></pagetotal></body></html>"""
    environment = Environment(loader=DictLoader({"statements/pdf.html": page}), autoescape=True)
    said = text(draw(statement(), environment=environment))
    assert "Acme Ltd" in said
    assert "root:" not in said


def test_names_from_all_over_the_world_are_drawn_and_can_be_copied(draw: Draw, tmp_path: Path) -> None:
    names = (WORLD, "株式会社", "简体中文有限公司", "繁體中文", "한국어", "עברית", "عربى شركة", "ไทย")
    moves = [(3, f"INV-{n}", name, ACME, "", "invoice", -100) for n, name in enumerate(names)]
    pdf = draw(statement(moves, payer=dataclasses.replace(ACME, name="株式会社 Łukasz")))
    said = text(pdf)
    for name in (WORLD, "株式会社", "简体中文有限公司", "繁體中文", "한국어", "ไทย"):
        assert name in said, name
    (tmp_path / "a.pdf").write_bytes(pdf)
    command = [poppler("pdftotext"), str(tmp_path / "a.pdf"), "-"]
    read = subprocess.run(command, check=True, capture_output=True, timeout=180).stdout.decode()
    plain = "".join(letter for letter in read if unicodedata.category(letter) != "Cf")
    for name in ("עברית", "عربى شركة", "株式会社 Łukasz"):
        assert name in plain, name


def test_what_no_face_has_becomes_a_visible_placeholder(draw: Draw) -> None:
    odd = "a\x00b\x07c \ud800 😀 👨‍👩‍👧 \u202eevil\u202c e\u0301 tab\tnew\nline \U0002070e end"
    made = statement([(3, odd, odd, ACME, odd, "invoice", -100)], payer=dataclasses.replace(ACME, name=odd))
    said = text(draw(made))
    assert "abc ▯ ▯ ▯▯▯ evil é tab new line ▯ end" in re.sub(r"\s+", " ", said)


@pytest.mark.parametrize("long", ["word " * 2_000, "X" * 10_000, "株" * 10_000, "<" * 10_000, "ع" * 10_000])
def test_endless_texts_are_cut_and_change_nothing_else(draw: Draw, long: str) -> None:
    party = Party(long, "p", long, long)
    moves = [*MOVES[:2], (9, long, long, party, long, "invoice", -100), *MOVES[2:]]
    made = statement(
        moves, accounts=(ACME, RIVERSIDE, HARBOUR, party), payer=party, letterhead=Letterhead(long, long, long)
    )
    pdf = draw(made)
    assert len(pages(pdf)) < 8
    said = text(pdf)
    assert "…" in said
    for move in MOVES:
        assert move[1] in said


def test_huge_amounts_never_overlap(draw: Draw) -> None:
    moves = [(3, "INV-1", "Something with a longer description", ACME, "Internet", "invoice", -(10**15))] * 3
    said = text(draw(statement(moves, opening=-(10**16))))
    assert "Acme Ltd 10,000,000,000,000.00 −110,000,000,000,000.00" in said


# Pages ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lines", [1, *range(25, 34), 70, 71, 72, 500])
def test_no_line_is_lost_or_doubled_at_a_page_break(draw: Draw, lines: int) -> None:
    made = many(lines)
    sheets = pages(draw(made))
    numbers = re.findall(r"INV-\d{6}", "\n".join(sheets))
    assert numbers == [line.number for line in made.lines]
    for number, sheet in enumerate(sheets, start=1):
        assert f"Page {number} of" in sheet
        assert sheet.count("Balance") - sheet.count("Balances") <= 1
        if "INV-" in sheet:
            assert re.search(r"Date\s+Number\s+Description\s+Account\s+Debit\s+Credit\s+Balance", sheet)
    with_closing = next(sheet for sheet in sheets if "Closing balance" in sheet)
    assert re.search(r"INV-\d{6}", with_closing), "the closing balance stands alone on its page"


def test_the_number_of_pages_is_the_same_on_every_page(draw: Draw) -> None:
    pdf = draw(many(120))
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    for page in reader.pages:
        (form,) = [found.get_object() for found in forms_of(page)]
        assert f"({len(reader.pages)})".encode() in form.get_data()


def test_a_note_breaks_into_lines_too(draw: Draw) -> None:
    note = "Harbour branch was linked as a sub-account and is billed together with Acme Ltd " * 3
    said = re.sub(r"\s+", " ", text(draw(statement(notes=[Note(date(2026, 10, 7), verbatim(note))]))))
    assert note.strip() in said


# The file ------------------------------------------------------------------------------------------------------------


def test_equal_statements_give_equal_bytes(draw: Draw) -> None:
    assert draw(full(), made_at=MADE_AT) == draw(full(), made_at=MADE_AT)


def test_the_file_says_what_it_is(draw: Draw) -> None:
    reader = pypdf.PdfReader(io.BytesIO(draw(full(), made_at=MADE_AT)))
    assert reader.metadata is not None
    assert reader.metadata.title == "Statement of Acme Ltd, October 2026"
    assert reader.metadata.author == "Northwind Telecom"
    assert reader.metadata.creation_date == MADE_AT
    assert reader.trailer["/Root"]["/Lang"] == "en-GB"  # type: ignore[index]
    assert [float(edge) for edge in reader.pages[0].mediabox][2:] == pytest.approx([595.28, 841.89], abs=0.1)


def test_progress_counts_to_the_end_and_raising_in_it_cancels(draw: Draw) -> None:
    class Enough(Exception):
        pass

    seen: list[tuple[int, int]] = []
    draw(many(200), progress=lambda done, total: seen.append((done, total)))
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    assert seen[-1] == (206, 206)

    def cancel(done: int, total: int) -> None:
        raise Enough(f"{done} of {total}")

    with pytest.raises(Enough, match=r"^\d+ of 206$"):
        draw(many(200), progress=cancel)
    assert draw(full()) == draw(full())


def test_it_gives_up_after_the_time_it_is_allowed(draw: Draw) -> None:
    with pytest.raises(TookTooLong, match=r"not ready after 0\.01 seconds"):
        draw(many(300), seconds=0.01)
    assert draw(statement())


def test_an_enormous_statement_is_refused_with_a_way_out(draw: Draw) -> None:
    made = statement()
    with pytest.raises(TooLong, match=r"at most 100.000 lines; this statement has 100.002\. Choose a shorter period"):
        draw(dataclasses.replace(made, lines=made.lines[:1] * (LONGEST + 2)))


def test_threads_take_turns(draw: Draw) -> None:
    expected = [draw(many(lines)) for lines in (40, 80)]
    made: dict[int, bytes] = {}
    threads = [threading.Thread(target=lambda n=n: made.update({n: draw(many(40 * (1 + n % 2)))})) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [made[n] for n in range(4)] == expected * 2


# Its looks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "page"), [("first-page", 1), ("last-page", 2), ("activity", 1)])
def test_a_page_looks_as_approved(draw: Draw, tmp_path: Path, name: str, page: int) -> None:
    """To approve a new look: run this test with KITH_APPROVE=1, and look at the picture that it wrote."""
    made = part() if name == "activity" else full(moves=[move for move in MOVES for _ in range(3)])
    (tmp_path / "a.pdf").write_bytes(draw(made, made_at=MADE_AT, reference="ST-2026-10"))
    command = [poppler("pdftoppm"), "-r", "50", "-f", str(page), "-l", str(page), "-singlefile", "-png"]
    subprocess.run([*command, str(tmp_path / "a.pdf"), str(tmp_path / "seen")], check=True, timeout=180)
    approved = APPROVED / f"statement-{name}.png"
    if os.environ.get("KITH_APPROVE"):
        APPROVED.mkdir(exist_ok=True)
        Image.open(tmp_path / "seen.png").convert("P", palette=Image.Palette.ADAPTIVE, colors=128).save(
            approved, optimize=True
        )
    with Image.open(approved) as wanted, Image.open(tmp_path / "seen.png") as seen:
        assert wanted.size == seen.size
        difference = ImageChops.difference(wanted.convert("L"), seen.convert("L"))
    assert ImageStat.Stat(difference).mean[0] < 1.0
    far = sum(difference.histogram()[96:]) / (difference.width * difference.height)
    assert far < 0.004, f"{far:.2%} of the page is far from the approved picture"


def test_line_is_the_type_that_feeds_it() -> None:
    """The renderer reads these fields by name; a new one must be considered in all forms of a statement."""
    assert Line._fields == (
        "booked_on",
        "number",
        "description",
        "account",
        "account_name",
        "category",
        "kind",
        "amount_minor",
        "balance_minor",
        "external_id",
        "entry",
    )
