"""Amounts: what is read, what is refused, what is shared out."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.amounts import parse_amount
from portal.rules.money import (
    LARGEST_MINOR,
    Money,
    allocate,
    exponent,
    format_minor,
    is_currency,
    rounded,
)

CURRENCIES = st.sampled_from(["EUR", "JPY", "BHD", "CLF", "USD"])
AMOUNTS = st.integers(-LARGEST_MINOR, LARGEST_MINOR)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12.50", "EUR", 1250),
        ("-12.50", "EUR", -1250),
        ("+12.5", "EUR", 1250),
        ("0", "EUR", 0),
        ("-0.00", "EUR", 0),
        ("007", "EUR", 700),
        ("12.5000", "EUR", 1250),
        ("1500", "JPY", 1500),
        ("1500.0", "JPY", 1500),
        ("1.234", "BHD", 1234),
        ("0.0001", "CLF", 1),
        ("10000000000000.00", "EUR", LARGEST_MINOR),
    ],
)
def test_amounts_that_are_read(text: str, currency: str, minor: int) -> None:
    assert parse_amount(text, currency) == minor


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "1e5",
        "1E5",
        "NaN",
        "nan",
        "Infinity",
        "-inf",
        "１２",
        "１２.５０",
        "٣",
        "1,234.50",
        "1 234.50",
        "1'234",
        "12,50",
        "12.",
        ".50",
        "--1",
        "+-1",
        "1_000",
        "€5",
        "5 EUR",
        " 5",
        "5 ",
        "5\n",
        "0x10",
        "1.2.3",
        "−5",
        "1.23456",
        "99999999999999999",
        "1" * 5000,
    ],
)
def test_texts_that_are_no_amounts(text: str) -> None:
    with pytest.raises(ValueError, match="is not an amount"):
        parse_amount(text, "EUR")


@pytest.mark.parametrize(("text", "currency"), [("0.001", "EUR"), ("1.5", "JPY"), ("1.2345", "BHD")])
def test_more_decimal_places_than_the_currency_has_are_refused(text: str, currency: str) -> None:
    with pytest.raises(ValueError, match=f"more decimal places than {currency} has"):
        parse_amount(text, currency)


@pytest.mark.parametrize("text", ["10000000000000.01", "-10000000000000.01", "999999999999999", "9999999999999999"])
def test_an_amount_beyond_the_largest_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="larger than any amount"):
        parse_amount(text, "EUR")


@given(AMOUNTS, CURRENCIES)
def test_what_is_written_is_read_back(minor: int, currency: str) -> None:
    assert parse_amount(format_minor(minor, currency), currency) == minor


@given(st.text(max_size=20), CURRENCIES)
def test_any_text_is_an_amount_or_a_sentence(text: str, currency: str) -> None:
    problem = ""
    try:
        minor = parse_amount(text, currency)
    except ValueError as error:
        problem = str(error)
    else:
        assert Decimal(minor) == Decimal(text).scaleb(exponent(currency))
    assert problem == "" or problem.endswith(".")


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (0, "EUR", "0.00"),
        (-5, "EUR", "-0.05"),
        (123456, "EUR", "1234.56"),
        (-1500, "JPY", "-1500"),
        (7, "BHD", "0.007"),
        (-12345, "CLF", "-1.2345"),
    ],
)
def test_amounts_as_files_carry_them(minor: int, currency: str, text: str) -> None:
    assert format_minor(minor, currency) == text


@pytest.mark.parametrize(
    ("amount", "minor"),
    [("0.5", 1), ("-0.5", -1), ("1.5", 2), ("2.5", 3), ("-2.5", -3), ("2.4999", 2), ("-2.51", -3), ("0", 0)],
)
def test_f4_rounds_half_away_from_zero(amount: str, minor: int) -> None:
    assert rounded(Decimal(amount)) == minor


@pytest.mark.parametrize(
    ("total", "weights", "shares"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (-100, [1, 1, 1], [-34, -33, -33]),
        (5, [0, 1, 0], [0, 5, 0]),
        (0, [3, 4], [0, 0]),
        (10, [1, 2, 3, 4], [1, 2, 3, 4]),
        (1, [1, 1], [1, 0]),
    ],
)
def test_shares(total: int, weights: list[int], shares: list[int]) -> None:
    assert allocate(total, weights) == shares


@given(AMOUNTS, st.lists(st.integers(0, 10**9), min_size=1, max_size=20).filter(any))
def test_sharing_out_loses_no_cent(total: int, weights: list[int]) -> None:
    shares = allocate(total, weights)
    assert sum(shares) == total
    whole = sum(weights)
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share * whole - total * weight) < whole
        assert share * total >= 0
        assert weight or not share


@pytest.mark.parametrize("weights", [[], [0], [0, 0], [1, -1], [-1, 5]])
def test_weights_that_share_nothing(weights: list[int]) -> None:
    with pytest.raises(ValueError):
        allocate(1, weights)


def test_money_adds_within_one_currency() -> None:
    assert Money(5, "EUR") + Money(7, "EUR") == Money(12, "EUR")
    assert Money(5, "EUR") - Money(7, "EUR") == Money(-2, "EUR")
    assert -Money(5, "EUR") == Money(-5, "EUR")
    assert str(Money(-1250, "EUR")) == "-12.50 EUR"
    assert not Money(0, "EUR")
    with pytest.raises(ValueError, match="EUR and JPY cannot be added"):
        Money(1, "EUR") + Money(1, "JPY")


@pytest.mark.parametrize(
    ("code", "answer"),
    [("EUR", True), ("eur", False), ("EU", False), ("EURO", False), ("ЕUR", False), ("EUR\n", False)],
)
def test_currency_codes(code: str, answer: bool) -> None:
    assert is_currency(code) is answer
