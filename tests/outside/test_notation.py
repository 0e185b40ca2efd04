"""How locales print amounts and days is how they are read (F17, UX16)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from babel.dates import format_date
from hypothesis import given
from hypothesis import strategies as st

from portal.outside.notation import days_of, notation_of
from portal.outside.pens import pen_for
from portal.rules.amounts import NoAmount, read_amount
from portal.rules.days import NoDay, read_day
from portal.rules.money import LARGEST_MINOR, Money

LOCALES = [
    "en_GB", "en_US", "en_IN", "en_ZA", "de_DE", "de_AT", "de_CH", "fr_FR", "fr_CH", "es_ES", "es_MX", "it_IT",
    "pt_PT", "pt_BR", "nl_NL", "pl_PL", "cs_CZ", "sk_SK", "hu_HU", "sv_SE", "nb_NO", "da_DK", "fi_FI", "lv_LV",
    "lt_LT", "et_EE", "bg_BG", "el_GR", "ru_RU", "tr_TR", "he_IL", "ar_EG", "ar_DZ", "fa_IR", "hi_IN", "th_TH",
    "ja_JP", "ko_KR", "zh_CN", "vi_VN", "eu_ES", "ga_IE",
]  # fmt: skip
CURRENCIES = ["EUR", "USD", "GBP", "CHF", "JPY", "BHD", "CLF"]
DAYS = st.integers(0, 365 * 200).map(lambda days: date(1970, 1, 1) + timedelta(days))


@given(st.integers(-LARGEST_MINOR, LARGEST_MINOR), st.sampled_from(LOCALES), st.sampled_from(CURRENCIES))
def test_f17_every_amount_is_read_as_it_is_printed(minor: int, locale: str, currency: str) -> None:
    pen, notation = pen_for(locale), notation_of(locale, currency)
    assert read_amount(pen.amount(minor, currency), currency, notation) == minor
    assert read_amount(pen.money(Money(minor, currency)), currency, notation) == minor


@given(DAYS, st.sampled_from(LOCALES), st.sampled_from(["medium", "long"]))
def test_ux16_every_day_is_read_as_it_is_printed(day: date, locale: str, width: str) -> None:
    assert read_day(format_date(day, width, locale), days_of(locale)) == day  # type: ignore[arg-type]
    assert read_day(day.isoformat(), days_of(locale)) == day


@pytest.mark.parametrize(
    ("text", "locale", "currency", "minor"),
    [
        ("$5", "en_US", "USD", 500),
        ("$5", "en_GB", "USD", 500),
        ("US$5", "en_GB", "USD", 500),
        ("$5", "en_AU", "AUD", 500),
        ("CA$5", "en_GB", "CAD", 500),
        ("$5", "en_GB", "CAD", 500),
        ("£5", "de_DE", "GBP", 500),
        ("5 kr.", "da_DK", "DKK", 500),
        ("5,00 Kč", "cs_CZ", "CZK", 500),
        ("5 euros", "en_GB", "EUR", 500),
        ("5 Euro", "de_DE", "EUR", 500),
        ("₹1,50,000", "hi_IN", "INR", 15000000),
    ],
)
def test_f17_currencies_are_known_by_their_signs_and_names(text: str, locale: str, currency: str, minor: int) -> None:
    assert read_amount(text, currency, notation_of(locale, currency)) == minor


@pytest.mark.parametrize("text", ["$5", "£5", "12 USD", "5 Kč", "¥100"])
def test_f17_signs_of_other_currencies_are_refused_as_such(text: str) -> None:
    with pytest.raises(NoAmount, match="in another currency"):
        read_amount(text, "EUR", notation_of("cs_CZ", "EUR"))


@pytest.mark.parametrize(
    "text",
    ["2026-11-01", "1.11.2026", "01/11/2026", "1 Nov 2026", "1st November 2026", "November 1, 2026", "2026/11/1",
     " 1. 11. 2026 ", "１.11.2026", "١/١١/٢٠٢٦", "1 NOV. 2026"],
)  # fmt: skip
def test_ux16_dates_as_people_write_them(text: str) -> None:
    assert read_day(text, days_of("en_GB")) == date(2026, 11, 1)


def test_ux16_strokes_follow_the_locale() -> None:
    assert read_day("11/1/2026", days_of("en_US")) == date(2026, 11, 1)
    assert read_day("11/1/2026", days_of("en_GB")) == date(2026, 1, 11)
    assert read_day("25/1/2026", days_of("en_US")) == date(2026, 1, 25)
    assert read_day("1/25/2026", days_of("en_GB")) == date(2026, 1, 25)
    assert read_day("1. März 2026", days_of("de_DE")) == date(2026, 3, 1)
    assert read_day("6 de dez. de 2026", days_of("pt_BR")) == date(2026, 12, 6)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is not a date"),
        ("soon", "is not a date"),
        ("1 Foo 2026", "is not a date"),
        ("06/12/26", "with four digits"),
        ("31.2.2026", "There is no 31.2.2026 in the calendar"),
        ("2026-13-01", "in the calendar"),
        ("1" * 61, "is not a date"),
    ],
)
def test_ux16_what_is_no_day_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(NoDay, match=sentence):
        read_day(text, days_of("en_GB"))


@given(st.text(max_size=20), st.sampled_from(LOCALES))
def test_ux16_any_text_is_a_day_or_a_sentence(text: str, locale: str) -> None:
    problem = "."
    try:
        read_day(text, days_of(locale))
    except NoDay as error:
        problem = str(error.sentence)
    assert problem.endswith(".")


@pytest.mark.parametrize("text", ["0001-01-01", "1.1.1969", "9999-12-31", "Jan 1, 2200"])
def test_f8_a_day_is_one_that_the_books_keep(text: str) -> None:
    with pytest.raises(NoDay, match="1970"):
        read_day(text, days_of("en_US"))
    assert read_day("1969-01-01", days_of("en_US"), date(1900, 1, 1)) == date(1969, 1, 1)
