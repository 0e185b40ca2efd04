"""How to pay: the block, and the code that bank apps read."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
import segno
from flask import Flask, render_template_string
from reportlab.pdfgen.canvas import Canvas
from xhtml2pdf import pisa

from portal.outside.bank.paying import payment_block, payment_reference
from portal.outside.pdf import tags
from portal.outside.pdf.paycode import PayCode
from portal.rules.partners import DEFAULTS, ReferenceForm
from portal.rules.paying import Code, PaymentBlock

MAX = replace(DEFAULTS, account_name="Max Mustermann", iban="DE89370400440532013000")
NUMBER = replace(MAX, reference=ReferenceForm.NUMBER)


def block(**changes: object) -> PaymentBlock:
    given: dict[str, object] = {
        "settings": MAX,
        "number": "INV-000405",
        "open_minor": 1234,
        "currency": "EUR",
        **changes,
    }
    found = payment_block(**given)  # type: ignore[arg-type]
    assert found is not None
    return found


def code_of(*lines: str, charset: str = "2", encoding: str = "iso-8859-1") -> tuple[str, ...]:
    """The code of these lines, made without the helper that ours is made with."""
    text = "\n".join(["BCD", "002", charset, "SCT", *lines])
    made = segno.make_qr(text.encode(encoding), error="m", boost_error=False)
    return tuple("".join(str(int(bool(dark))) for dark in row) for row in made.matrix)


def test_f12_the_worked_example_is_one_code_with_the_open_amount() -> None:
    """20.00 of which 7.66 are paid: EUR12.34 in line 8, the reference in line 10 and nothing in line 11."""
    found = block(open_minor=2000 - 766)
    assert found.code is not None
    assert found.code.rows == code_of("", "Max Mustermann", "DE89370400440532013000", "EUR12.34", "", "RF25INV000405")
    assert (found.holder, found.iban, found.reference, found.amount_minor) == (
        "Max Mustermann",
        "DE89 3704 0044 0532 0130 00",
        "RF25INV000405",
        1234,
    )


def test_f12_where_the_number_is_the_reference_it_stands_in_line_11() -> None:
    found = block(settings=NUMBER)
    assert found.reference == "INV-000405"
    assert found.code is not None
    assert found.code.rows == code_of("", "Max Mustermann", "DE89370400440532013000", "EUR12.34", "", "", "INV-000405")


def test_f12_other_letters_and_the_bic_are_in_the_code_too() -> None:
    found = block(settings=replace(MAX, account_name="Łódź 株式会社", bic="GIBACZPX"), open_minor=100_00)
    assert found.code is not None
    lines = ("GIBACZPX", "Łódź 株式会社", "DE89370400440532013000", "EUR100", "", "RF25INV000405")
    assert found.code.rows == code_of(*lines, charset="1", encoding="utf-8")


@pytest.mark.parametrize("open_minor", [0, -1])
def test_f12_nothing_open_asks_for_nothing(open_minor: int) -> None:
    assert payment_block(MAX, "INV-1", open_minor, "EUR") is None


def test_f12_without_an_account_nothing_says_how_to_pay() -> None:
    assert payment_block(DEFAULTS, "INV-1", 100, "EUR") is None


@pytest.mark.parametrize(
    "changes",
    [
        {"currency": "CZK"},
        {"currency": "JPY", "open_minor": 12},
        {"settings": replace(MAX, account_name="")},
        {"settings": replace(MAX, account_name="株" * 70), "number": "X" * 120},
        {"open_minor": 10**12},
        {"settings": NUMBER, "number": "9" * 141},
    ],
)
def test_f12_the_block_stands_without_a_code_where_there_can_be_none(changes: dict[str, object]) -> None:
    assert block(**changes).code is None


def test_f12_the_partner_holds_an_account_that_names_nobody() -> None:
    assert block(settings=replace(MAX, account_name=""), holder="Harbour Net").holder == "Harbour Net"
    assert block(holder="Harbour Net").holder == "Max Mustermann"


def test_f12_what_was_issued_keeps_its_reference() -> None:
    assert block(settings=NUMBER, reference="RF25INV000405").reference == "RF25INV000405"
    assert payment_reference(MAX, "X" * 30) == "X" * 30
    assert payment_reference(MAX, "発票") == "発票"


def test_a_code_is_its_dark_stretches_and_one_word() -> None:
    code = Code(("110", "001", "101"))
    assert list(code.bars()) == [(0, 0, 2), (2, 1, 1), (0, 2, 1), (2, 2, 1)]
    assert code.path == "M0 0.5h2M2 1.5h1M0 2.5h1M2 2.5h1"
    assert Code.unpacked(code.packed) == code
    made = block().code
    assert made is not None
    assert Code.unpacked(made.packed) == made


def test_f12_a_page_shows_it_with_no_style_of_its_own(app: Flask) -> None:
    nasty = block(settings=replace(MAX, account_name="Zoë <b>O'Brien</b>"))
    with app.test_request_context():
        html = render_template_string("{{ pay_panel(block, note) }}", block=nasty, note="Due on Friday.")
        nothing = render_template_string("{{ pay_panel(block) }}{{ pay_block(block) }}", block=None)
        plain = render_template_string("{{ pay_block(block) }}", block=block(currency="CZK"))
    assert "style" not in html.replace("plain", "")
    assert "Zoë &lt;b&gt;" in html
    assert html.count("<svg viewBox=") >= 2
    assert "12.34" in html
    assert nothing.strip() == ""
    assert ("<svg" in plain, "DE89 3704" in plain) == (False, True)


def test_f12_a_pdf_shows_it_as_vectors() -> None:
    found = block().code
    assert found is not None
    tags.install()
    paper = io.BytesIO()
    cell = f'<td><paycode modules="{found.packed}" points="120"></paycode></td>'
    html = f"<p>Pay</p><table><tr>{cell}<td>x</td></tr></table>"
    assert not pisa.CreatePDF(html, dest=paper).err
    drawn = io.BytesIO()
    canvas = Canvas(drawn, pageCompression=0)
    drawing = PayCode(found, 120)
    assert drawing.wrap(50, 50) == (120, 120)
    drawing.drawOn(canvas, 10, 10)
    canvas.save()
    assert drawn.getvalue().count(b" re") >= len(list(found.bars()))
