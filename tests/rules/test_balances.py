"""House Account and Customer Credit in words: two figures wherever there are two."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.balances import Balances, balances_sentence, both, owing, staying
from portal.rules.money import Money, format_minor

MINOR = st.integers(-(10**9), 10**9)


@pytest.mark.parametrize(
    ("house", "credit", "words"),
    [
        (0, 0, "Nothing is owed."),
        (-2275, 0, "22.75 EUR is owed."),
        (2275, 0, "22.75 EUR is in credit."),
        (-2275, 5000, "22.75 EUR is owed on the House Account; 50.00 EUR is in Customer Credit."),
        (2275, 5000, "22.75 EUR is in credit on the House Account; 50.00 EUR is in Customer Credit."),
        (0, 5000, "Nothing is owed; 50.00 EUR is in Customer Credit."),
    ],
)
def test_f7_both_balances_in_words(house: int, credit: int, words: str) -> None:
    assert str(balances_sentence(Balances(house, credit), "EUR")) == words


@pytest.mark.parametrize(
    ("house", "credit", "kept"),
    [
        (-2275, 0, "A debt of 22.75 EUR stays with Mia."),
        (-2275, 5000, "A debt of 22.75 EUR on the House Account and 50.00 EUR of Customer Credit stay with Mia."),
        (2275, 5000, "22.75 EUR on the House Account and 50.00 EUR of Customer Credit stay with Mia."),
        (0, 5000, "50.00 EUR stays with Mia."),
        (2275, 0, "22.75 EUR stays with Mia."),
        (0, 0, "0.00 EUR stays with Mia."),
    ],
)
def test_f7_what_stays_with_somebody(house: int, credit: int, kept: str) -> None:
    assert str(staying(Balances(house, credit), "EUR", "Mia")) == kept


def test_f7_who_owes_although_there_is_credit() -> None:
    assert str(owing("Acme", Money(-5000, "EUR"), Money(0, "EUR"))) == "Acme owes 50.00 EUR."
    said = str(owing("Acme", Money(-5000, "EUR"), Money(2000, "EUR")))
    assert said == "Acme owes 50.00 EUR on the House Account, and 20.00 EUR of Customer Credit does not cover it."


@given(MINOR, st.integers(1, 10**9))
def test_f7_a_sum_of_both_is_never_said(house: int, credit: int) -> None:
    balances = Balances(house, credit)
    both_figures = {format_minor(abs(house), "EUR"), format_minor(credit, "EUR")}
    total = format_minor(abs(house + credit), "EUR")
    for said in (
        balances_sentence(balances, "EUR"),
        both(balances, "EUR"),
        staying(balances, "EUR", "Mia"),
    ):
        figures = {word.strip("−-") for word in str(said).split() if word[-1].isdigit()}
        assert figures <= both_figures
        assert total not in figures - both_figures
    assert balances.apart


@given(MINOR, st.integers(0, 10**9))
def test_f7_credit_pays_as_much_as_is_owed_and_no_more_than_there_is(house: int, credit: int) -> None:
    balances = Balances(house, credit)
    applied = balances.applicable_minor
    assert 0 <= applied <= min(balances.owed_minor, credit)
    assert Balances(house + applied, credit - applied).applicable_minor == 0
