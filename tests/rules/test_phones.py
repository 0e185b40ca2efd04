"""F17: phone numbers are kept as they were written, in digits that can be dialled."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from portal.rules.phones import TAIL, NoPhone, dialled, read_phone, same_phone, tail
from portal.rules.sms import number


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("+44 (0)1273 555-010", "+44 (0)1273 555-010"),
        ("  555  010 ", "555 010"),
        ("+٤٤ ١٢٧٣ ٥٥٥٠١٠", "+44 1273 555010"),
        ("\u202a+44\u00a01273\u2011555\u202c", "+44 1273-555"),
        ("01273 555010, mornings", "01273 555010, mornings"),
    ],
)
def test_f17_phones_are_kept_as_written_in_western_digits(typed: str, kept: str) -> None:
    assert read_phone(typed) == kept


@pytest.mark.parametrize("typed", ["none", "-", "n/a", "½"])
def test_f17_what_cannot_be_dialled_is_no_phone(typed: str) -> None:
    with pytest.raises(NoPhone, match="is not a phone number"):
        read_phone(typed)


def test_o3_a_phone_in_other_digits_gets_messages() -> None:
    assert number("+٤٤ (٠)١٢٧٣ ٥٥٥٠١٠") == number("+44 (0)1273 555010") == "+441273555010"
    assert number("+44 1273 555 010 (Rosa)") == "+441273555010"


@pytest.mark.parametrize(
    ("written", "number_", "last"),
    [
        ("+44 1273 555-041", "+441273555041", "3555041"),
        ("0044 (1273) 555.041", "+441273555041", "3555041"),
        ("+44 (0)20 7946 0000 (Rosa)", "+442079460000", "9460000"),
        ("Rosa: 020 7946 0000, mornings", "02079460000", "9460000"),
        ("020 7946 0000 ext 12", "02079460000", "9460000"),
        ("01273/555\u00a0041", "01273555041", "3555041"),
        ("0170 1234567 / 0171 7654321", "01701234567", "1234567"),
        ("+٤٤ ١٢٧٣ ٥٥٥٠٤١", "+441273555041", "3555041"),
        ("ask Rosa (2 rings), 555041", "555041", "555041"),
        ("12345", "", ""),
        ("", "", ""),
    ],
)
def test_c5_a_number_is_found_among_notes(written: str, number_: str, last: str) -> None:
    assert dialled(written) == number_
    assert tail(written) == last


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("+44 20 7946 0000 (Rosa)", "+44 20 7946 0000", True),
        ("+44 20 7946 0000", "020 7946 0000", True),
        ("0044 20 7946 0000", "7946 0000", True),
        ("+420 541 555 111", "541555111", True),
        ("+44 20 7946 0000", "+49 20 7946 0000", False),
        ("020 7946 0000", "021 7946 0000", False),
        ("555041", "555041", True),
        ("555041", "01273 555041", False),
        ("none", "none", False),
    ],
)
def test_c5_a_number_is_the_same_at_home_and_from_abroad(one: str, other: str, same: bool) -> None:
    assert same_phone(dialled(one), dialled(other)) is same
    assert same_phone(dialled(other), dialled(one)) is same


@given(st.text("0123456789", min_size=8, max_size=13), st.lists(st.sampled_from(" -()."), max_size=8))
def test_c5_what_stands_between_digits_says_nothing(digits: str, between: list[str]) -> None:
    digits = f"1{digits}"
    written = "".join(one + (between[place] if place < len(between) else "") for place, one in enumerate(digits))
    assume("(0)" not in written)  # what is dialled at home alone
    assert dialled(written) == dialled(digits) == digits


@given(st.from_regex(r"[1-9][0-9]{7,9}", fullmatch=True), st.from_regex(r"[1-9][0-9]{0,2}", fullmatch=True))
def test_c5_what_may_be_the_same_is_looked_up_together(at_home: str, country: str) -> None:
    here, abroad = f"0{at_home}", f"+{country}{at_home}"
    assert same_phone(dialled(here), dialled(abroad))
    assert tail(here) == tail(abroad)
    assert len(tail(here)) == TAIL
