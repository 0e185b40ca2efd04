"""F17: amounts are read as they are printed for whoever types them, and what can mean two things is asked about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.amounts import NoAmount, Notation, read_amount, read_count

MARKS = {"€": frozenset({"EUR"}), "eur": frozenset({"EUR"}), "usd": frozenset({"USD"}), "$": frozenset({"USD", "CAD"})}
ENGLISH = Notation(".", ",", (3, 3), MARKS)
GERMAN = Notation(",", ".", (3, 3), MARKS)
FRENCH = Notation(",", " ", (3, 3), MARKS)
SWISS = Notation(".", "’", (3, 3), MARKS)
INDIAN = Notation(".", ",", (3, 2), MARKS)
ALL = st.sampled_from([ENGLISH, GERMAN, FRENCH, SWISS, INDIAN])


def refusal(text: str, notation: Notation, currency: str = "EUR") -> str:
    """The sentence with which an amount is refused; fails when it is taken."""
    with pytest.raises(NoAmount) as error:
        read_amount(text, currency, notation)
    return str(error.value.sentence)


@pytest.mark.parametrize("notation", [ENGLISH, GERMAN, FRENCH, SWISS, INDIAN])
@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("1,234.50", 123450),
        ("1.234,50", 123450),
        ("1 234,50", 123450),
        ("1\u00a0234,50", 123450),
        ("1\u202f234.50", 123450),
        ("1'234.50", 123450),
        ("1’234,50", 123450),
        ("1234.5", 123450),
        ("12,50", 1250),
        ("12.50", 1250),
        (".5", 50),
        ("1 500", 150000),
        ("1,500,000", 150000000),
        ("€5", 500),
        ("5 €", 500),
        ("€ 5.00 EUR", 500),
        ("12 eur", 1200),
        ("-5", -500),
        ("−5", -500),
        ("-€5", -500),
        ("€-5", -500),
        ("+5", 500),
        ("٣٤٫٥٠", 3450),
        ("١٬٢٣٤٫٥", 123450),
        ("१२.५०", 1250),
        ("１２．５０", 1250),
        ("\u200e12.50\u200e", 1250),
        ("  7  ", 700),
        ("0", 0),
        ("007", 700),
        ("5.", 500),
        ("5,", 500),
        ("5.-", 500),
        ("5,– €", 500),
        ("1 500.", 150000),
        ("01.234,50", 123450),
        ("01,234.50", 123450),
    ],
)
def test_f17_what_can_mean_one_thing_is_read_in_every_notation(text: str, minor: int, notation: Notation) -> None:
    assert read_amount(text, "EUR", notation) == minor


def test_f17_a_group_of_thousands_is_one_as_it_is_printed() -> None:
    assert read_amount("1,500", "EUR", ENGLISH) == 150000
    assert read_amount("1.500", "EUR", GERMAN) == 150000
    assert read_amount("1’500", "EUR", SWISS) == 150000
    assert read_amount("1,50,000", "EUR", INDIAN) == 15000000
    assert read_amount("1,500", "BHD", GERMAN) == 1500


@pytest.mark.parametrize(
    ("text", "notation", "currency", "first", "second"),
    [
        ("1,500", GERMAN, "EUR", "1500.00 EUR", "1.50 EUR"),
        ("1,500", FRENCH, "EUR", "1500.00 EUR", "1.50 EUR"),
        ("1.500", FRENCH, "EUR", "1500.00 EUR", "1.50 EUR"),
        ("12.500", ENGLISH, "EUR", "12500.00 EUR", "12.50 EUR"),
        ("1,500", SWISS, "EUR", "1500.00 EUR", "1.50 EUR"),
        ("-1,500", GERMAN, "EUR", "1500.00 EUR", "1.50 EUR"),
        ("1.500", FRENCH, "BHD", "1.500 BHD", "1500.000 BHD"),
        ("01,000", ENGLISH, "EUR", "1000.00 EUR", "1.00 EUR"),
        ("01,000", GERMAN, "EUR", "1000.00 EUR", "1.00 EUR"),
        ("012.000", GERMAN, "EUR", "12000.00 EUR", "12.00 EUR"),
    ],
)
def test_f17_what_can_mean_two_things_is_refused_with_both(
    text: str, notation: Notation, currency: str, first: str, second: str
) -> None:
    assert f"Did you mean {first} or {second}?" in refusal(text, notation, currency)


@pytest.mark.parametrize(
    ("text", "notation", "currency", "instead"),
    [
        ("12.345", ENGLISH, "EUR", "12345.00 EUR"),
        ("1,234", GERMAN, "EUR", "1234.00 EUR"),
        ("1.500", FRENCH, "JPY", "1500 JPY"),
        ("12.5", ENGLISH, "JPY", ""),
        ("0.125", ENGLISH, "EUR", ""),
        ("1234.500", ENGLISH, "EUR", ""),
        ("1,234.567", ENGLISH, "EUR", ""),
    ],
)
def test_f17_more_decimal_places_than_the_currency_has_are_refused(
    text: str, notation: Notation, currency: str, instead: str
) -> None:
    sentence = refusal(text, notation, currency)
    assert f"has more decimal places than {currency} has" in sentence
    assert (f"If you mean {instead}," in sentence) if instead else "If you mean" not in sentence


@pytest.mark.parametrize(("text", "amount"), [("5-", "-5.00 EUR"), ("1,234.50 -", "-1234.50 EUR"), ("5−", "-5.00 EUR")])
def test_f17_a_minus_sign_behind_is_explained(text: str, amount: str) -> None:
    assert f"has its minus sign at the end. If you mean {amount}, write it like that." in refusal(text, ENGLISH)


@pytest.mark.parametrize("text", ["12 USD", "$5", "USD 5.00", "5$"])
def test_f17_another_currency_is_refused(text: str) -> None:
    assert "is in another currency: amounts here are in EUR" in refusal(text, ENGLISH)


@pytest.mark.parametrize(
    "text",
    ["", " ", "abc", "€", "1e5", "NaN", "5..", "1.2.3", "1,2,3", "1 2", "1 5000", "12 apples", "5²", "½", "--1", "+-1",
     "-5-", "1'234’567", "1,234'567", "0x10", "5 EUR USDX", "Rs.50", "1 234 56", "9" * 61],
)  # fmt: skip
def test_f17_what_is_no_amount_is_refused(text: str) -> None:
    assert "is not an amount. Write it like 1234.56 EUR." in refusal(text, ENGLISH)


def test_f17_an_amount_beyond_the_largest_is_refused() -> None:
    assert "larger than any amount" in refusal("10,000,000,000,000.01", ENGLISH)


@given(st.text(max_size=30), ALL, st.sampled_from(["EUR", "JPY", "BHD"]))
def test_f17_any_text_is_an_amount_or_a_sentence(text: str, notation: Notation, currency: str) -> None:
    problem = "."
    try:
        read_amount(text, currency, notation)
    except NoAmount as error:
        problem = str(error.sentence)
    assert problem.endswith((".", "?"))


@given(st.text("0123456789.,' €-", max_size=12), ALL)
def test_f17_two_notations_never_give_two_amounts_of_one_text_unless_it_is_printed_so(text: str, one: Notation) -> None:
    """Where English and another notation read the same text differently, each of them prints it as it reads it."""
    found = []
    for notation in (ENGLISH, one):
        try:
            found.append(read_amount(text, "EUR", notation))
        except NoAmount:
            return
    if found[0] != found[1]:
        assert {notation.group for notation in (ENGLISH, one)} & set(text)


@pytest.mark.parametrize(
    ("text", "number"), [("12", 12), ("1,200", 1200), (" 28 ", 28), ("-3", -3), ("٢٨", 28), ("1 200", 1200), ("+7", 7)]
)
def test_f17_whole_numbers_are_read_alike(text: str, number: int) -> None:
    assert read_count(text, ENGLISH) == number


@pytest.mark.parametrize("text", ["", "1.5", "twelve", "1e3", "12 days", "--1", "1,20", "9" * 61])
def test_f17_what_is_no_whole_number_is_refused(text: str) -> None:
    with pytest.raises(NoAmount, match="is not a whole number"):
        read_count(text, ENGLISH)
