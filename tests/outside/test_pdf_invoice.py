"""An invoice as PDF: what stands on it, whatever its length, script and currency (F4, F12)."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from portal.outside.bank.paying import payment_block
from portal.outside.pdf import render_invoice
from portal.rules.invoices import lines as arithmetic
from portal.rules.invoices.due import InvoiceState
from portal.rules.invoices.papers import Invoice, PaperLine, Parties
from portal.rules.invoices.prices import Prices
from portal.rules.partners import PartnerSettings
from portal.rules.periods import Period
from portal.rules.statements.figures import Letterhead, Party

NASTY = "Zoë <b>O'Brien</b> 株式会社"
HEAD = Letterhead("Harbour Broadband", "Nábřeží 4\n602 00 Brno", "accounts@harbour.example")
BANK = PartnerSettings(iban="DE89370400440532013000", account_name="Max Mustermann")
MONTH = Period(date(2026, 11, 1), date(2026, 11, 30))


def invoice(
    count: int, *, accounts: int = 1, currency: str = "EUR", text: str = "Broadband", buyer: str = "Acme Ltd"
) -> Invoice:
    """An invoice of so many lines, of which nothing is paid."""
    parties = [Party(f"a{n}", f"{n:020}", buyer if n == 0 else f"Account {n} {NASTY}") for n in range(accounts)]
    wanted = [
        arithmetic.Line(f"{text} {n}", Decimal("1.5"), 6190 + n, Decimal(21), str(n % accounts), period=MONTH)
        for n in range(count)
    ]
    lines = tuple(
        PaperLine(
            *(place, one.line.description, one.line.quantity, one.line.unit_minor, one.line.discount),
            *(one.line.tax_rate, parties[int(one.line.account)], one.line.period, one.net, one.tax, one.gross),
        )
        for place, one in enumerate(arithmetic.computed(wanted, Prices.NET, currency).lines, start=1)
    )
    return Invoice(
        public_id="0" * 20,
        number="INV-000405",
        external_id=None,
        description=text,
        partner=HEAD.name,
        payer=parties[0],
        holder=parties[0],
        issued_for=parties[0],
        on=date(2026, 11, 13),
        due=date(2026, 11, 27),
        today=date(2026, 11, 30),
        currency=currency,
        prices=Prices.NET,
        reference="",
        parties=Parties(HEAD.name, HEAD.address, HEAD.contact, "", buyer, "Pekařská 12\n602 00 Brno"),
        lines=lines,
        state=InvoiceState.OVERDUE,
    )


def drawn(paper: Invoice, folder: Path, *, settings: PartnerSettings = BANK) -> tuple[str, int]:
    """The words of its PDF, and how many pages it has."""
    pay = payment_block(settings, paper.number or "", paper.open, paper.currency)
    made_at = datetime(2026, 11, 30, 9, tzinfo=UTC)
    data = render_invoice(paper, HEAD, pay, fonts_dir=folder / "fonts", made_at=made_at)
    assert data == render_invoice(paper, HEAD, pay, fonts_dir=folder / "fonts", made_at=made_at)
    path = folder / "invoice.pdf"
    path.write_bytes(data)
    words = " ".join(_run("pdftotext", "-layout", path, "-").split())
    pages = next(line for line in _run("pdfinfo", path).splitlines() if line.startswith("Pages:"))
    return words, int(pages.split()[1])


def _run(*command: str | Path) -> str:
    return subprocess.run([*map(str, command)], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(("count", "accounts", "pages"), [(1, 1, 1), (20, 4, 1), (26, 1, 1), (45, 3, 2), (200, 40, 6)])
def test_invoices_of_every_length(tmp_path: Path, count: int, accounts: int, pages: int) -> None:
    paper = invoice(count, accounts=accounts)
    words, found = drawn(paper, tmp_path)
    assert found == pages
    assert f"Page {pages} of {pages}" in words
    for place in range(count):
        assert f"Broadband {place} 1–30 Nov 2026" in words
    assert words.count("Please pay, open on 30 November 2026") == 1
    total = f"{paper.total / 100:,.2f}"
    assert f"Together {paper.net / 100:,.2f} {paper.tax / 100:,.2f} {total}" in words
    assert f"{total} EUR" in words
    if accounts > 1:
        assert f"Account 1 {NASTY}" in words


def test_f12_what_is_open_is_asked_for_and_nothing_once_it_is_paid(tmp_path: Path) -> None:
    paper = invoice(1)
    part = replace(paper, allocated=1000)
    words, _ = drawn(part, tmp_path)
    assert f"{(paper.total - 1000) / 100:.2f} EUR" in words
    assert "By 30 November 2026, 10.00 of it are paid and 0.00 credited." in words
    words, _ = drawn(replace(paper, allocated=paper.total, state=InvoiceState.PAID), tmp_path)
    assert "Please pay" not in words
    assert "On 30 November 2026 nothing of it is open." in words
    assert f"{paper.total / 100:.2f}" in words


def test_f12_the_code_of_the_worked_example(tmp_path: Path) -> None:
    block = payment_block(BANK, "INV-000001", 2000 - 766, "EUR")
    assert block is not None
    assert block.code is not None
    assert (block.holder, block.amount_minor, block.currency) == ("Max Mustermann", 1234, "EUR")
    assert payment_block(BANK, "INV-000001", 0, "EUR") is None
    other = payment_block(BANK, "INV-000001", 1234, "CZK")
    assert other is not None
    assert other.code is None


@pytest.mark.parametrize(("currency", "each"), [("JPY", "6,190"), ("BHD", "6.190")])
def test_currencies_without_and_with_three_decimals(tmp_path: Path, currency: str, each: str) -> None:
    words, _ = drawn(invoice(1, currency=currency), tmp_path)
    assert each in words
    assert f"Net, {currency}" in words


@pytest.mark.parametrize(
    ("text", "buyer"), [("اشتراك الإنترنت", "شركة النور"), ("מנוי אינטרנט", "אור בע״מ"), ("日本語のサービス", NASTY)]
)
def test_every_script_is_drawn(tmp_path: Path, text: str, buyer: str) -> None:
    words, pages = drawn(invoice(3, text=text, buyer=buyer), tmp_path)
    assert pages == 1
    assert "INV-000405" in words
    assert "�" not in words


def test_a_partner_without_an_account_says_what_is_open(tmp_path: Path) -> None:
    words, _ = drawn(invoice(1), tmp_path, settings=PartnerSettings())
    assert "of it are open." in words
    assert "IBAN" not in words


def test_a_draft_says_so(tmp_path: Path) -> None:
    draft: Sequence[str] = drawn(replace(invoice(1), number=None, state=InvoiceState.DRAFT), tmp_path)[0].split()
    assert "Draft of an invoice" in " ".join(draft)
    assert "nothing is to be paid yet" in " ".join(draft)
