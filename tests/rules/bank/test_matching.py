"""F16: what a credit on the bank account pays."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.bank.matching import (
    MOST_BY_AMOUNT,
    BankEntry,
    Because,
    Candidate,
    Matcher,
    Payer,
    Proposal,
    Request,
    name_keys,
)

IBAN, OTHER_IBAN = "DE89370400440532013000", "FR1420041010050500013M02606"
RF = "RF18539007547034"
ACME = Payer("acme", ("Acme Ltd",), (IBAN,))
MAX = Payer("max", ("Max Müller",))


def invoice(number: str, customer: str = "acme", open_: int = 20000, due: int = 1, *references: str) -> Candidate:
    return Candidate(number, customer, open_, "EUR", date(2026, 3, due), references)


def paid(amount: int = 20000, **passed: str) -> BankEntry:
    return BankEntry(amount, "EUR", **passed)


def matched(matcher: Matcher, entry: BankEntry) -> list[tuple[str, int, str, bool]]:
    return [(one.invoice, one.amount, one.because.value, one.chosen) for one in matcher.proposals(entry)]


def test_f16_equal_amounts_alone_decide_nothing() -> None:
    matcher = Matcher([invoice("INV-900619", "one"), invoice("INV-712219", "two")])
    assert matcher.proposals(paid(text="INV-712219")) == [Proposal("two", "INV-712219", 20000, Because.REFERENCE, True)]
    assert matched(matcher, paid(text="thank you")) == [
        ("INV-900619", 20000, "amount", False),
        ("INV-712219", 20000, "amount", False),
    ]


def test_f16_not_even_where_there_is_one_invoice_of_that_amount() -> None:
    assert matched(Matcher([invoice("INV-900619")]), paid(text="thank you")) == [("INV-900619", 20000, "amount", False)]


def test_f16_an_amount_that_many_have_open_proposes_none() -> None:
    many = [invoice(f"INV-{number:06}", f"c{number}") for number in range(MOST_BY_AMOUNT + 1)]
    assert matched(Matcher(many), paid()) == []
    assert len(matched(Matcher(many[1:]), paid())) == MOST_BY_AMOUNT


@pytest.mark.parametrize(
    "text",
    [
        "INV-000123",
        "inv 000123",
        "Invoice INV000123, thank you",
        "RechnungINV-000123 vom 1.3.",
        "Zahlung INV-0001 23",
        "INV-000123 2 pieces",
        "ＩＮＶ－０００１２３",
        "RF18 5390 0754 7034",
        "pay rf18539007547034 now",
        "RF1853900754\n7034",
    ],
)
def test_f16_a_reference_is_found_however_banks_write_it(text: str) -> None:
    matcher = Matcher([invoice("INV-000123", "acme", 20000, 1, RF), invoice("INV-000124", "other")])
    assert matched(matcher, paid(text=text)) == [("INV-000123", 20000, "reference", True)]
    assert matched(matcher, paid(reference=text)) == [("INV-000123", 20000, "reference", True)]


@pytest.mark.parametrize("text", ["INV-0001234", "INV-00012", "XY-000123", "000123", "RF18539007547035", "INV", ""])
def test_f16_what_is_only_like_a_reference_is_none(text: str) -> None:
    assert matched(Matcher([invoice("INV-000123", "acme", 20001, 1, RF)]), paid(text=text)) == []


def test_f16_a_reference_decides_whatever_the_amount() -> None:
    matcher = Matcher([invoice("INV-000123")])
    assert matched(matcher, paid(5000, text="INV-000123")) == [("INV-000123", 5000, "reference", True)]
    assert matched(matcher, paid(90000, text="INV-000123")) == [("INV-000123", 20000, "reference", True)]


def test_f16_a_reference_comes_before_the_iban() -> None:
    matcher = Matcher([invoice("INV-000123", "max"), invoice("INV-000124", "acme")], payers=[ACME, MAX])
    assert matched(matcher, paid(text="INV-000123", iban=IBAN)) == [("INV-000123", 20000, "reference", True)]


def test_f16_several_invoices_of_one_payer_are_paid_the_oldest_first() -> None:
    matcher = Matcher([invoice("INV-000124", due=9), invoice("INV-000123", due=2)])
    entry = paid(30000, text="INV-000124 and INV-000123")
    assert matched(matcher, entry) == [
        ("INV-000123", 20000, "reference", True),
        ("INV-000124", 10000, "reference", True),
    ]


def test_f16_invoices_of_several_payers_are_for_somebody_to_choose() -> None:
    matcher = Matcher([invoice("INV-000123", "acme"), invoice("INV-000124", "max")])
    entry = paid(30000, text="INV-000123 INV-000124")
    assert matched(matcher, entry) == [
        ("INV-000123", 20000, "reference", False),
        ("INV-000124", 20000, "reference", False),
    ]


def test_f16_f12_a_payment_request_is_paid_by_its_reference() -> None:
    candidates = [invoice("INV-000123", due=2), invoice("INV-000124", due=1), invoice("INV-000125", open_=0)]
    request = Request("RF471234567", "acme", (("INV-000123", 20000), ("INV-000124", 5000), ("INV-000125", 700)))
    matcher = Matcher(candidates, [request])
    assert matched(matcher, paid(25000, reference="RF47 1234 567")) == [
        ("INV-000124", 5000, "reference", True),
        ("INV-000123", 20000, "reference", True),
    ]


def test_f16_a_request_pays_for_nobody_else() -> None:
    request = Request("RF471234567", "acme", (("INV-000123", 20000), ("INV-999999", 1)))
    assert matched(Matcher([invoice("INV-000123", "max")], [request]), paid(1, reference="RF471234567")) == []


def test_f16_a_number_of_digits_is_found_where_it_stands_by_itself() -> None:
    matcher = Matcher([invoice("20260517"), invoice("2026/0017", "max", 700)])
    assert matched(matcher, paid(text="Rechnung 20260517.")) == [("20260517", 20000, "reference", True)]
    assert matched(matcher, paid(700, text="Nr. 2026/0017")) == [("2026/0017", 700, "reference", True)]
    assert matched(matcher, paid(1, text="120260517 2026051")) == []


def test_f16_digits_in_a_text_decide_only_with_the_amount() -> None:
    matcher = Matcher([invoice("20260517"), invoice("INV-000123", "acme", 700)], payers=[ACME])
    assert matched(matcher, paid(500, text="customer 20260517")) == [("20260517", 500, "reference", False)]
    assert matched(matcher, paid(500, reference="20260517")) == [("20260517", 500, "reference", True)]
    assert matched(matcher, paid(700, text="customer 20260517", iban=IBAN)) == [("INV-000123", 700, "iban", True)]


@pytest.mark.parametrize("number", ["17", "A1", "2026"])
def test_f16_a_short_number_has_to_be_all_that_stands_there(number: str) -> None:
    matcher = Matcher([invoice(number, open_=300)])
    assert matched(matcher, paid(500, text=f" {number} ")) == [(number, 300, "reference", True)]
    assert matched(matcher, paid(500, text=f"on {number} May 2026 for A1 from 17")) == []


def test_f16_who_names_what_is_settled_pays_nothing_else_unasked() -> None:
    matcher = Matcher([invoice("INV-000123", open_=0), invoice("INV-000124")], payers=[ACME])
    assert matched(matcher, paid(text="INV-000123", iban=IBAN)) == [("INV-000124", 20000, "iban", False)]
    assert matched(matcher, paid(text="INV-000123", name="Acme Ltd")) == [("INV-000124", 20000, "name", False)]


@pytest.mark.parametrize("iban", [IBAN, "de89 3704 0044 0532 0130 00"])
def test_f16_iban_and_amount(iban: str) -> None:
    matcher = Matcher([invoice("INV-000123"), invoice("INV-000124", open_=100), invoice("INV-000125", "max")],
                      payers=[ACME, MAX])  # fmt: skip
    assert matched(matcher, paid(iban=iban, text="thank you")) == [("INV-000123", 20000, "iban", True)]


def test_f16_all_that_a_payer_has_open() -> None:
    matcher = Matcher([invoice("INV-000124", open_=100, due=3), invoice("INV-000123")], payers=[ACME])
    assert matched(matcher, paid(20100, iban=IBAN)) == [
        ("INV-000123", 20000, "iban", True),
        ("INV-000124", 100, "iban", True),
    ]


def test_f16_a_known_iban_without_the_amount_chooses_nothing() -> None:
    matcher = Matcher([invoice("INV-000123"), invoice("INV-000124", due=2), invoice("INV-000125", "max", 25000)],
                      payers=[ACME, MAX])  # fmt: skip
    assert matched(matcher, paid(25000, iban=IBAN)) == [
        ("INV-000123", 20000, "iban", False),
        ("INV-000124", 5000, "iban", False),
    ]


def test_f16_f7_equal_amounts_of_one_payer_are_chosen_by_the_partners_setting() -> None:
    candidates = [invoice("INV-000124", due=9), invoice("INV-000123", due=2)]
    entry = paid(iban=IBAN)
    assert matched(Matcher(candidates, payers=[ACME]), entry) == [
        ("INV-000123", 20000, "iban", False),
        ("INV-000124", 20000, "iban", False),
    ]
    assert matched(Matcher(candidates, payers=[ACME], oldest_first=True), entry) == [
        ("INV-000123", 20000, "iban", True)
    ]


def test_f16_an_iban_or_name_of_several_payers_chooses_nobody() -> None:
    candidates = [invoice("INV-000123", "acme"), invoice("INV-000124", "twin", 100)]
    twins = [ACME, Payer("twin", ("Acme Ltd",), (IBAN,))]
    for entry in (paid(iban=IBAN), paid(name="Acme Ltd")):
        ((number, amount, _, chosen),) = matched(Matcher(candidates, payers=twins), entry)
        assert (number, amount, chosen) == ("INV-000123", 20000, False)


@pytest.mark.parametrize("name", ["Max Müller", "MUELLER MAX", "Muller, Max", "Herr Max Müller", "Max Mu\u0308ller"])
def test_f16_name_and_amount(name: str) -> None:
    matcher = Matcher([invoice("INV-000123", "max"), invoice("INV-000124", "acme")], payers=[ACME, MAX])
    assert matched(matcher, paid(name=name)) == [("INV-000123", 20000, "name", True)]
    assert matched(matcher, paid(1, name=name)) == []


def test_f16_a_name_is_not_chosen_against_a_known_iban() -> None:
    matcher = Matcher([invoice("INV-000123", "max")], payers=[ACME, MAX])
    assert matched(matcher, paid(name="Max Müller", iban=IBAN)) == [("INV-000123", 20000, "name", False)]
    assert matched(matcher, paid(name="Max Müller", iban=OTHER_IBAN)) == [("INV-000123", 20000, "name", True)]


@pytest.mark.parametrize("name", ["", " ", "...", "Dr.", "株式会社", "Zoë <b>O'Brien</b>"])
def test_f16_any_name_is_compared(name: str) -> None:
    payer = Payer("who", (name,))
    found = matched(Matcher([invoice("INV-000123", "who")], payers=[payer]), paid(name=name))
    assert found == [("INV-000123", 20000, "name" if name_keys(name) else "amount", bool(name_keys(name)))]


def test_f16_another_currency_pays_nothing() -> None:
    matcher = Matcher([invoice("INV-000123")], payers=[ACME])
    assert matcher.proposals(BankEntry(20000, "CHF", "Acme Ltd", IBAN, "INV-000123", "INV-000123")) == []


@pytest.mark.parametrize("amount", [0, -20000])
def test_f16_a_debit_gets_no_proposals(amount: int) -> None:
    assert matched(Matcher([invoice("INV-000123")]), paid(amount, text="INV-000123")) == []


NUMBERS = st.sampled_from(["INV-000123", "INV-000124", "2026/17", "20260517", "17", "RF18539007547034"])
CANDIDATES = st.lists(
    st.builds(invoice, NUMBERS, st.sampled_from(["acme", "max"]), st.integers(0, 3), st.integers(1, 28)),
    unique_by=lambda one: one.invoice,
)
TEXTS = st.lists(NUMBERS | st.sampled_from(["thanks", "INV", "-", "17.05.2026"])).map(" ".join) | st.text(max_size=30)


@given(
    CANDIDATES,
    st.builds(BankEntry, st.integers(-2, 9), st.just("EUR"), st.sampled_from(["", "Acme Ltd"]),
              st.sampled_from(["", IBAN]), TEXTS, TEXTS),
    st.booleans(),
)  # fmt: skip
def test_f16_what_is_chosen_is_one_payers_and_fits(candidates: list[Candidate], entry: BankEntry, oldest: bool) -> None:
    found = Matcher(candidates, payers=[ACME, MAX], oldest_first=oldest).proposals(entry)
    opens = {one.invoice: one.open for one in candidates}
    assert all(0 < one.amount <= opens[one.invoice] for one in found)
    chosen = [one for one in found if one.chosen]
    assert sum(one.amount for one in chosen) <= max(0, entry.amount)
    assert len({one.customer for one in chosen}) <= 1
    assert not [one for one in chosen if one.because is Because.AMOUNT]
    assert len({one.invoice for one in found}) == len(found)
