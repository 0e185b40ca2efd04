"""IBAN, BIC and the references of ISO 11649."""

from __future__ import annotations

import pytest

from portal.outside.bank.accounts import bic, grouped, iban, iso_reference, reference_of


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("de89 3704 0044 0532 0130 00", "DE89370400440532013000"),
        ("CZ6508000000192000145399", "CZ6508000000192000145399"),
        ("DE89370400440532013001", None),  # check digits
        ("DE8937040044053201300", None),  # too short
        ("XX89370400440532013000", None),
        ("DE８９370400440532013000", None),
        ("", None),
        ("x" * 5000, None),
    ],
)
def test_f12_an_iban_has_the_length_of_its_country_and_right_check_digits(text: str, found: str | None) -> None:
    assert iban(text) == found


def test_f12_a_bic_has_eight_or_eleven_places() -> None:
    assert (bic("gibaczpx"), bic("DEUT DE FF 500"), bic("GIBAXXPX"), bic("GIBA"), bic("")) == (
        "GIBACZPX",
        "DEUTDEFF500",
        None,
        None,
        None,
    )


def test_f12_an_account_is_printed_in_groups_of_four() -> None:
    assert grouped("CZ6508000000192000145399") == "CZ65 0800 0000 1920 0014 5399"
    assert grouped("19-2000145399/0800") == "19-2000145399/0800"


def test_f12_a_reference_carries_the_number_and_can_be_checked() -> None:
    assert iso_reference("INV-000405") == "RF25INV000405"
    assert reference_of("rf25 INV0 0040 5") == "RF25INV000405"
    assert reference_of("RF26INV000405") == ""
    assert reference_of("INV-000405") == ""
    assert (iso_reference("発票-"), iso_reference("X" * 22), iso_reference("")) == ("", "", "")
    for number in ("1", "2026/000001", "INV-999999999999", "ab 12"):
        assert reference_of(iso_reference(number)) == iso_reference(number)
