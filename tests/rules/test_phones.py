"""F17: phone numbers are kept as they were written, in digits that can be dialled."""

from __future__ import annotations

import pytest

from portal.rules.phones import NoPhone, read_phone
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
