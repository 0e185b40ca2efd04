"""F4, F17: a line as it was typed, or written in a file or command."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.amounts import NoAmount, Notation, number_text, parse_number, read_number
from portal.rules.days import DayNotation, NoDay, parse_day, read_day
from portal.rules.errors import Invalid
from portal.rules.invoices.lines import Line
from portal.rules.invoices.reading import LineText, line_of_command, read_line
from portal.rules.periods import Period

ENGLISH, GERMAN, FRENCH = Notation(".", ","), Notation(",", "."), Notation(",", " ")


def text(**fields: str) -> LineText:
    return LineText(**{"description": "Tennis", "unit_price": "9.90", "tax_rate": "21", **fields})


def faults(**fields: str) -> dict[str, list[str]]:
    """What is said about a line that is wrong, by field."""
    with pytest.raises(Invalid) as error:
        read_line(text(**fields), "EUR")
    return {name: [str(sentence) for sentence in said] for name, said in error.value.fields.items()}


def test_f4_a_line_of_a_command() -> None:
    line = read_line(line_of_command("Court hire | -1.5|9.90|7.70|branch|12.5"), "EUR")
    assert line == Line("Court hire", Decimal("-1.5"), 990, Decimal("7.7"), "branch", Decimal("12.5"))
    assert read_line(line_of_command("Fee|1|-9.9|0"), "EUR") == Line("Fee", Decimal(1), -990, Decimal(0))


@pytest.mark.parametrize("written", ["", "Fee", "Fee|1|2", "Fee|1|2|3|acme|5|6"])
def test_f4_a_line_of_a_command_has_its_parts(written: str) -> None:
    with pytest.raises(Invalid, match="is not a line"):
        line_of_command(written)


def test_f4_a_line_has_what_it_is_not_told() -> None:
    line = read_line(LineText("  Two\n words ", unit_price="5"), "EUR", default_rate=Decimal("7.7"))
    assert line == Line("Two words", Decimal(1), 500, Decimal("7.7"))


def test_f4_a_line_is_for_a_period() -> None:
    line = read_line(text(first="2026-03-01", last="2026-03-31"), "EUR")
    assert line.period == Period(date(2026, 3, 1), date(2026, 3, 31))


@pytest.mark.parametrize(
    ("field", "written", "said"),
    [
        ("description", " ", "Say what this line is for."),
        ("description", "x" * 1001, "1001 characters; a line of an invoice takes 1000"),
        ("quantity", "two", "“two” is not a number. Write it like 1.5."),
        ("quantity", "1.23456", "“1.23456” has more than 4 decimal places."),
        ("quantity", "1e5", "is not a number"),
        ("quantity", "NaN", "is not a number"),
        ("quantity", "1,5", "is not a number"),
        ("quantity", "1000000000", "is not a number"),
        ("unit_price", "", "A unit price is needed."),
        ("unit_price", "9.999", "more decimal places than EUR has (2)"),
        ("unit_price", "ten", "is not an amount"),
        ("tax_rate", "", "A tax rate is needed; 0 where there is no tax."),
        ("tax_rate", "-1", "“-1” is not a percentage from 0 to 100."),
        ("tax_rate", "100.001", "is not a percentage from 0 to 100."),
        ("tax_rate", "7.7777", "has more than 3 decimal places"),
        ("discount", "101", "is not a percentage from 0 to 100."),
        ("discount", "much", "is not a number"),
        ("from", "2026-03-01", ""),
    ],
)
def test_f4_each_fault_of_a_line_is_named(field: str, written: str, said: str) -> None:
    if field == "from":
        assert faults(first=written) == {"to": ["A period has a first and a last day; give both, or neither."]}
        return
    found = faults(**{field: written})
    assert set(found) == {field}
    assert said in found[field][0]


def test_f4_all_faults_are_named_at_once() -> None:
    found = faults(quantity="x", unit_price="x", tax_rate="x", discount="x", first="x", last="2026-02-30")
    assert set(found) == {"quantity", "unit_price", "tax_rate", "discount", "from", "to"}


def test_f4_a_period_does_not_end_before_it_begins() -> None:
    said = "The period ends on 2026-02-28, before it begins on 2026-03-01."
    assert faults(first="2026-03-01", last="2026-02-28") == {"to": [said]}


def test_f4_a_line_beyond_the_largest_amount_is_refused() -> None:
    assert (
        "more than the 10000000000000.00 EUR that we keep" in faults(quantity="2", unit_price="9" * 13)["unit_price"][0]
    )


def test_f17_a_line_is_read_as_numbers_are_printed() -> None:
    read = partial(read_line, currency="EUR", notation=GERMAN, day=partial(read_day, notation=DayNotation()))
    written = text(
        quantity="1,5", unit_price="1.234,50", tax_rate="7,7 %", discount="2,5", first="1.3.2026", last="2 3 2026"
    )
    line = read(written)
    assert line == Line("Tennis", Decimal("1.5"), 123450, Decimal("7.7"), "", Decimal("2.5"),
                        Period(date(2026, 3, 1), date(2026, 3, 2)))  # fmt: skip


@pytest.mark.parametrize(
    ("written", "notation", "number"),
    [
        ("1.5", GERMAN, "1.5"),
        ("1,5", ENGLISH, "1.5"),
        ("1.500", ENGLISH, "1.5"),
        ("1.500", GERMAN, "1500"),
        ("1,500", ENGLISH, "1500"),
        ("-0,25", FRENCH, "-0.25"),
        ("−2", ENGLISH, "-2"),
        ("٢٫٥", ENGLISH, "2.5"),
        ("1 000", FRENCH, "1000"),
    ],
)
def test_f17_numbers_are_read_as_they_are_printed(written: str, notation: Notation, number: str) -> None:
    assert number_text(read_number(written, 4, notation)) == number


def test_f17_a_number_that_can_mean_two_things_is_refused_with_both() -> None:
    with pytest.raises(NoAmount, match="Did you mean 1.5 or 1500?"):
        read_number("1.500", 4, FRENCH)


@pytest.mark.parametrize("written", ["", "x", "1.2.3", "5 EUR", "1e3", "--1", "1" * 61, "1,00"[:2], "9999999999"])
def test_f17_what_is_no_number_is_refused(written: str) -> None:
    with pytest.raises(NoAmount):
        read_number(written, 4, ENGLISH)


@given(st.decimals(-999_999_999, 999_999_999, places=4), st.sampled_from([ENGLISH, GERMAN, FRENCH]))
def test_f17_a_number_that_is_written_is_read_back(number: Decimal, notation: Notation) -> None:
    assert parse_number(number_text(number), 4) == number
    assert str(parse_number(number_text(number), 4)) == number_text(number)
    shown = f"{number:f}".replace(".", notation.decimal)
    assert read_number(shown, 4, notation) == number


@given(st.text(max_size=20))
def test_f4_any_text_is_a_line_or_a_sentence(written: str) -> None:
    line = LineText(written, written, written, written, written, written, written, written)
    said = "."
    try:
        read_line(line, "EUR")
        read_line(line, "EUR", notation=GERMAN)
    except Invalid as error:
        said = str(error)
    assert said.endswith((".", "?"))


@pytest.mark.parametrize("written", ["", "2026-2-1", "2026-02-30", "1.2.2026", "20260201", "1969-12-31", "2200-01-01"])
def test_f4_what_is_no_day_is_refused(written: str) -> None:
    with pytest.raises(NoDay):
        parse_day(written)
