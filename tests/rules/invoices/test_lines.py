"""F4: lines of an invoice, and what they come to together."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.invoices.lines import Computed, Line, computed, line_amount, refusals
from portal.rules.invoices.prices import Prices
from portal.rules.money import LARGEST_MINOR, divided, handed_down

RATES = st.sampled_from(["0", "2.5", "7.7", "10", "19", "20", "21", "100", "0.001"]).map(Decimal)
LINES = st.builds(
    Line,
    st.just("Anything"),
    st.decimals(-10_000, 10_000, places=4),
    st.integers(-(10**8), 10**8),
    RATES,
    st.sampled_from(["acme", "branch", "depot"]),
    st.decimals(0, 100, places=3),
)
INVOICES = st.lists(LINES, min_size=1, max_size=25)
SMALL = st.lists(
    st.builds(Line, st.just("Small"), st.just(Decimal(1)), st.integers(-9, 9), RATES), min_size=1, max_size=9
)


def net(unit_minor: int, rate: str, account: str = "acme", discount: str = "0") -> Line:
    """One of something."""
    return Line("Something", Decimal(1), unit_minor, Decimal(rate), account, Decimal(discount))


def invoice(*lines: Line, prices: Prices = Prices.NET) -> Computed:
    return computed(lines, prices, "EUR")


def mirrored(lines: Sequence[Line]) -> list[Line]:
    return [Line(one.description, -one.quantity, one.unit_minor, one.tax_rate, one.account, one.discount)
            for one in lines]  # fmt: skip


def test_f4_tax_is_rounded_once_a_rate_and_handed_down_to_the_largest_remainders() -> None:
    done = invoice(*[net(8403, "19")] * 5)
    assert (done.net, done.tax, done.total) == (42015, 7983, 49998)
    assert [line.tax for line in done.lines] == [1597, 1597, 1597, 1596, 1596]


def test_f4_an_invoice_comes_to_zero_with_lines_of_both_signs() -> None:
    done = invoice(net(72081, "19"), net(1, "0"), net(-72081, "19"), net(-1, "0"))
    assert (done.net, done.tax, done.total) == (0, 0, 0)
    assert [line.tax for line in done.lines] == [13695, 0, -13695, 0]
    assert refusals(done) == []


def test_f4_a_discount_is_taken_off_each_line() -> None:
    lines = [net(price, rate, discount="5") for price, rate in ((10000, "10"), (5000, "0"), (3000, "20"), (2000, "20"))]
    done = invoice(*lines)
    assert [line.net for line in done.lines] == [9500, 4750, 2850, 1900]
    assert [line.tax for line in done.lines] == [950, 0, 570, 380]
    assert (done.net, done.tax, done.total) == (19000, 1900, 20900)


def test_f4_four_equal_lines_share_their_cents_from_the_first() -> None:
    done = invoice(*[net(6833, "20")] * 4)
    assert done.total == 32798
    assert [line.gross for line in done.lines] == [8200, 8200, 8199, 8199]


def test_f4_tax_is_taken_out_of_prices_that_include_it() -> None:
    done = invoice(*[net(10000, "19")] * 3, prices=Prices.GROSS)
    assert (done.net, done.tax, done.total) == (25210, 4790, 30000)
    assert [line.tax for line in done.lines] == [1597, 1597, 1596]
    assert {line.gross for line in done.lines} == {10000}


def test_f4_rates_and_accounts_have_totals_of_their_own() -> None:
    done = invoice(net(1000, "20", "branch"), net(1000, "7.7", "acme"), net(500, "20.0", "branch"))
    assert [(str(rate.rate), rate.net, rate.tax) for rate in done.taxes] == [("7.7", 1000, 77), ("20", 1500, 300)]
    assert [tuple(account) for account in done.accounts] == [("branch", 1500, 300, 1800), ("acme", 1000, 77, 1077)]


@pytest.mark.parametrize(
    ("quantity", "unit_minor", "discount", "amount"),
    [
        ("2", 990, "0", 1980),
        ("0.5", 1, "0", 1),
        ("-0.5", 1, "0", -1),
        ("0.4999", 1, "0", 0),
        ("1.3333", 999, "0", 1332),
        ("1", 1001, "50", 501),
        ("-1", 1001, "50", -501),
        ("3", 1999, "100", 0),
        ("1", 100, "0.5", 100),
        ("1", 100, "0.501", 99),
        ("999999999.9999", 999_999, "33.333", 666669333329933),
    ],
)
def test_f4_a_line_is_rounded_half_away_from_zero(quantity: str, unit_minor: int, discount: str, amount: int) -> None:
    assert line_amount(Line("x", Decimal(quantity), unit_minor, Decimal(0), "", Decimal(discount))) == amount


def test_f4_a_line_counts_in_whole_parts() -> None:
    line = Line("x", Decimal("-1.5"), 100, Decimal("7.7"), "", Decimal("12.125"))
    assert (line.quantity_e4, line.rate_e3, line.discount_e3) == (-15000, 7700, 12125)
    with pytest.raises(ValueError, match="more decimal places than are kept"):
        line_amount(Line("x", Decimal("1.00001"), 100, Decimal(0)))


@given(INVOICES, st.sampled_from(Prices))
def test_f4_lines_rates_accounts_and_totals_add_up(lines: list[Line], prices: Prices) -> None:
    done = computed(lines, prices, "EUR")
    assert sum(line.net for line in done.lines) == sum(rate.net for rate in done.taxes) == done.net
    assert sum(line.tax for line in done.lines) == sum(rate.tax for rate in done.taxes) == done.tax
    assert sum(account.net for account in done.accounts) == done.net
    assert sum(account.tax for account in done.accounts) == done.tax
    assert sum(account.gross for account in done.accounts) == sum(line.gross for line in done.lines) == done.total
    assert all(net_ + tax == gross for _, net_, tax, gross in (*done.lines, *done.accounts))
    assert [line.line for line in done.lines] == lines


@given(INVOICES | SMALL, st.sampled_from(Prices))
def test_f4_the_tax_of_a_rate_is_that_of_its_sum(lines: list[Line], prices: Prices) -> None:
    done = computed(lines, prices, "EUR")
    for rate in done.taxes:
        mine = [line for line in done.lines if line.line.tax_rate == rate.rate]
        charged = sum(line_amount(line.line) for line in mine)
        whole = 100 if prices is Prices.NET else 100 + rate.rate
        assert abs(rate.tax - charged * rate.rate / whole) <= Decimal("0.5")
        for line in mine:
            assert abs(line.tax - line_amount(line.line) * rate.rate / whole) < 1
            assert line.tax * line.net >= 0


@given(INVOICES | SMALL, st.sampled_from(Prices))
def test_f4_the_opposite_lines_come_to_the_opposite_cents(lines: list[Line], prices: Prices) -> None:
    one, other = computed(lines, prices, "EUR"), computed(mirrored(lines), prices, "EUR")
    assert [(line.net, line.tax) for line in other.lines] == [(-line.net, -line.tax) for line in one.lines]


def test_f4_less_than_nothing_is_refused_and_a_credit_note_offered() -> None:
    (reason,) = refusals(invoice(net(1000, "20"), net(-1001, "20")))
    assert reason.rule == "F4"
    assert str(reason.sentence) == (
        "[F4] The lines come to -0.01 EUR, and an invoice to nothing less than zero. "
        "To give money back, issue a credit note for the invoice that charged it."
    )


def test_f4_nothing_at_all_is_refused() -> None:
    (reason,) = refusals(invoice())
    assert "has no lines" in str(reason.message)


def test_f4_sums_stay_inside_64_bits() -> None:
    most = net(LARGEST_MINOR, "0")
    assert refusals(invoice(most)) == []
    (reason,) = refusals(invoice(most, net(1, "0")))
    assert "10000000000000.01 EUR altogether; an invoice takes 10000000000000.00 EUR" in str(reason.message)
    both = refusals(invoice(net(LARGEST_MINOR, "0"), net(-LARGEST_MINOR, "100")))
    assert [reason.rule for reason in both] == ["F4", "F4"]
    assert refusals(invoice(net(LARGEST_MINOR, "1")))


@given(st.integers(-(10**40), 10**40), st.integers(-(10**20), 10**20).filter(bool))
def test_f4_quotients_are_rounded_half_away_from_zero(numerator: int, denominator: int) -> None:
    amount = divided(numerator, denominator)
    off = abs(amount * denominator - numerator) * 2
    assert off <= abs(denominator)
    assert off < abs(denominator) or abs(amount * denominator) > abs(numerator)


@pytest.mark.parametrize(
    ("total", "numerators", "shares"),
    [
        (5, [25, 25], [3, 2]),
        (-5, [-25, -25], [-3, -2]),
        (0, [7, -7], [1, -1]),
        (0, [-7, 7], [-1, 1]),
        (0, [3, -3], [0, 0]),
        (1, [3, 3, 4], [0, 0, 1]),
        (0, [], []),
        (0, [0, 0], [0, 0]),
    ],
)
def test_f4_largest_remainders(total: int, numerators: list[int], shares: list[int]) -> None:
    assert handed_down(total, numerators, 10) == shares


def test_f4_what_is_not_the_sum_is_not_handed_down() -> None:
    for wrong in (-1, 3):
        with pytest.raises(ValueError, match="is not what the parts come to"):
            handed_down(wrong, [5, 5], 10)
