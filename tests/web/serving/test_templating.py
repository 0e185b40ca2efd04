"""What spares templates work keeps what they say: text stays text, and addresses stay apart."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask, render_template_string
from markupsafe import Markup

from portal import create_app
from portal.config import Settings
from portal.web.addresses import PLACEHOLDER, alike
from portal.web.serving.templating import ComponentEnvironment


def test_text_that_is_html_is_not_taken_for_the_same_text_that_is_not(app: Flask) -> None:
    drawing = '{{ tag(text, "good") }}'
    with app.test_request_context():
        for text, drawn in ((Markup("<b>x</b>"), "<b>x</b>"), ("<b>x</b>", "&lt;b&gt;x&lt;/b&gt;")):
            assert drawn in render_template_string(drawing, text=text)


def test_amounts_escape_what_they_are_given(app: Flask) -> None:
    def drawn(call: str) -> str:
        with app.test_request_context():
            return render_template_string("{{ " + call + " }}")

    cell = drawn("""money_cell(-1250, "EUR", label='a"><b>', extra="<i>")""")
    assert cell == '<td class="money owed &lt;i&gt;" data-label="a&#34;&gt;&lt;b&gt;">−12.50</td>'
    assert drawn('money_cell(none, "EUR", label="Debit")') == '<td class="money  " data-label="Debit"></td>'
    assert drawn('money_amount(5, "<b>", signed=True, show_currency=True)') == (
        '<span class="money in-credit">+0.05 &lt;b&gt;</span>'
    )
    assert drawn('money_amount(none, "EUR")') == ""


def test_names_in_texts_are_escaped_once(app: Flask) -> None:
    name = "Zoë <b>O'Brien</b>"
    with app.test_request_context():
        for said in ("{{ _('Hello %(who)s,', who=name) }}", "{% trans who=name %}Hello {{ who }},{% endtrans %}"):
            assert render_template_string(said, name=name) == "Hello Zoë &lt;b&gt;O&#39;Brien&lt;/b&gt;,"


def test_addresses_that_differ_in_an_id_are_made_once() -> None:
    made = []

    def make(public_id: str) -> str:
        made.append(public_id)
        return f"/for/{public_id}/?page=2"

    address = alike(make)
    assert [address("a" * 20), address("b" * 20)] == [f"/for/{'a' * 20}/?page=2", f"/for/{'b' * 20}/?page=2"]
    assert made == [PLACEHOLDER]
    assert alike(lambda _: "")("a" * 20) == ""


def test_who_asks_for_a_page_while_the_first_one_is_drawn_gets_it_whole(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = create_app(settings)
    compiled, listed = threading.Event(), ComponentEnvironment.list_templates

    def slowly(*args: Any, **kwargs: Any) -> list[str]:
        found = listed(*args, **kwargs)
        compiled.wait(0.3)
        return found

    monkeypatch.setattr(ComponentEnvironment, "list_templates", slowly)

    def draw() -> str:
        with app.test_request_context():
            return render_template_string('{{ money_amount(none, "EUR") }}!')

    with ThreadPoolExecutor(4) as pool:
        assert [drawn.result() for drawn in [pool.submit(draw) for _ in range(4)]] == ["!"] * 4
