"""Figures, dates and sentences as the partner's locale writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from flask import Flask, g, render_template_string
from markupsafe import escape

from portal.outside.pens import pen_for
from portal.rules.money import Money
from portal.rules.sentences import say
from portal.web import figures
from tests.web.acme import browser_of, change, company


@pytest.mark.parametrize(
    ("locale", "written", "counted_", "on", "short"),
    [
        ("en_GB", "−1,234.50", "1,234", "2 Nov 2026", "2 Nov"),
        ("cs_CZ", "−1\xa0234,50", "1\xa0234", "2. 11. 2026", "2. 11."),
        ("de_DE", "−1.234,50", "1.234", "02.11.2026", "2. Nov."),
        ("no such place", "−1,234.50", "1,234", "2 Nov 2026", "2 Nov"),
    ],
)
def test_figures_and_days_follow_the_locale(
    app: Flask, locale: str, written: str, counted_: str, on: str, short: str
) -> None:
    g.pen = pen_for(locale)
    assert figures.money(-123450, "EUR") == written
    assert figures.number(1234) == counted_
    assert figures.day(date(2026, 11, 2)) == on
    assert figures.day_short(date(2026, 11, 2)) == short
    assert figures.day_short(date(2025, 11, 2)) == figures.day(date(2025, 11, 2))


def test_amounts_have_the_decimals_of_their_currency_and_a_sign_of_their_own(app: Flask) -> None:
    assert figures.money(-1234, "JPY") == "−1,234"
    assert figures.money(1234567, "BHD") == "1,234.567"
    assert figures.signed_money(5, "EUR") == "+0.05"
    assert figures.signed_money(0, "EUR") == "0.00"
    assert figures.signed_money(-5, "EUR") == "−0.05"
    assert figures.money(10**15, "EUR") == "10,000,000,000,000.00"


def test_instants_are_told_on_the_partners_clock(app: Flask) -> None:
    company()
    change(
        "branch",
        own_status="blocked",
        blocked_cause="by_hand",
        status_changed_at=datetime(2026, 11, 11, 23, 30, tzinfo=UTC),
    )
    browser = browser_of(app, "acme")
    browser.get("/sub-accounts")
    assert "Blocked by staff on 12 Nov" in browser.page.words
    assert figures.moment(datetime(2026, 11, 22, 23, 30, tzinfo=UTC)) == "22 Nov 2026, 23:30"
    assert figures.moment(None) == figures.day(None) == figures.day_short(None) == ""


def test_sentences_on_pages_are_written_for_their_reader(app: Flask) -> None:
    said = say("{who} owes {amount} since {day}.", who="<Acme>", amount=Money(-120450, "EUR"), day=date(2026, 11, 2))
    with app.test_request_context():
        g.pen = pen_for("de_DE")
        assert f"{escape(said)}" == "&lt;Acme&gt; owes −1.204,50 EUR since 02.11.2026."
        assert render_template_string("{{ said }}", said=said) == f"{escape(said)}"
        assert figures.text(said) == "<Acme> owes −1.204,50 EUR since 02.11.2026."
        g.pen = pen_for("en_GB", finance=False)
        assert figures.text(said) == "<Acme> owes ••• since 2 Nov 2026."
    assert str(said) == "<Acme> owes -1204.50 EUR since 2026-11-02."
