"""F6: what credit notes take back of an invoice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.errors import Invalid, Refused
from portal.rules.invoices.crediting import (
    Choice,
    Creditable,
    Credited,
    CreditNoteState,
    choice_of_command,
    credit_amount,
    credit_lines,
    credit_whole,
    creditable,
    state,
)
from portal.rules.invoices.lines import Line, computed
from portal.rules.invoices.prices import Prices

RATES = st.sampled_from(["0", "7.7", "19", "20", "100"]).map(Decimal)
PRICES = st.integers(-400, 1500) | st.integers(-2, 3)
LINES = st.lists(st.builds(Line, st.just("x"), st.just(Decimal(1)), PRICES, RATES), min_size=1, max_size=6)


def issued(*prices: tuple[int, str]) -> list[Creditable]:
    """The lines of an invoice, of which nothing is credited."""
    return of(
        computed([Line("x", Decimal(1), price, Decimal(rate)) for price, rate in prices], Prices.NET, "EUR").lines
    )


def of(lines: Sequence[tuple[Line, int, int, int]]) -> list[Creditable]:
    return [Creditable(number, net, tax) for number, (_, net, tax, _) in enumerate(lines, 1)]


def after(lines: Sequence[Creditable], done: Sequence[Credited]) -> list[Creditable]:
    """The lines once a credit note is issued."""
    by_line = {one.line: one for one in done}
    return [
        line._replace(
            credited_net=line.credited_net + by_line[line.number].net,
            credited_tax=line.credited_tax + by_line[line.number].tax,
        )
        if line.number in by_line
        else line
        for line in lines
    ]


def refusal(credit: Callable[[], object]) -> str:
    with pytest.raises(Refused) as error:
        credit()
    assert {reason.rule for reason in error.value.reasons} == {"F6"}
    return str(error.value)


def test_f6_f4_the_last_credit_note_of_a_line_takes_the_remaining_cents() -> None:
    lines, notes = issued(*[(6833, "20")] * 4), []
    for choice in (Choice(1), Choice(2), Choice(3), Choice(4, 1640), Choice(4, 2680), Choice(4)):
        (note,) = credit_lines(lines, [choice], "EUR")
        lines = after(lines, [note])
        notes.append(note)
    assert [note.gross for note in notes] == [8200, 8200, 8199, 1640, 2680, 3879]
    assert [note.net for note in notes[3:]] == [1367, 2233, 3233]
    assert notes[-1].tax == 646
    assert (sum(note.net for note in notes), sum(note.tax for note in notes)) == (27332, 5466)
    assert creditable(lines) == 0


def test_f6_part_of_a_line_has_the_lines_share_of_tax() -> None:
    lines = issued((17900, "10"), (14900, "20"))
    assert creditable(lines) == 37570
    (note,) = credit_lines(lines, [Choice(2, 11767)], "EUR")
    assert note == Credited(2, 9806, 1961)
    assert creditable(after(lines, [note])) == 25803


@pytest.mark.parametrize("sign", [1, -1])
def test_f6_no_cent_of_a_part_is_above_what_remains_of_net_or_tax(sign: int) -> None:
    """Cent by cent each half of a cent would be rounded towards net, and tax would remain alone."""
    lines, notes = issued((1000, "0"), (sign * 3, "100")), []
    for _ in range(6):
        note = credit_lines(lines, [Choice(1, 2), Choice(2, sign)], "EUR")
        lines = after(lines, note)
        notes.append(note[1])
    assert [(note.net * sign, note.tax * sign) for note in notes] == [(1, 0), (1, 0), (1, 0), (0, 1), (0, 1), (0, 1)]


def test_f6_an_amount_is_handed_down_over_the_lines_in_their_order() -> None:
    lines = issued((1000, "20"), (1000, "0"), (1000, "10"))
    assert credit_amount(lines, 1500, "EUR") == (Credited(1, 1000, 200), Credited(2, 300, 0))
    lines = after(lines, credit_amount(lines, 1500, "EUR"))
    assert credit_amount(lines, 701, "EUR") == (Credited(2, 700, 0), Credited(3, 1, 0))


def test_f6_whole_credits_what_remains_of_each_line() -> None:
    lines = issued((1000, "20"), (0, "20"), (-300, "20"))
    assert credit_whole(lines, "EUR") == (Credited(1, 1000, 200), Credited(3, -300, -60))
    lines = after(lines, credit_lines(lines, [Choice(1, 600)], "EUR"))
    assert credit_whole(lines, "EUR") == (Credited(1, 500, 100), Credited(3, -300, -60))


def test_f6_an_amount_takes_back_a_lowering_line_when_its_turn_comes() -> None:
    lines = issued((10000, "0"), (-2000, "0"), (5000, "0"))
    assert credit_amount(lines, 9000, "EUR") == (Credited(1, 9000, 0),)
    assert credit_amount(lines, 11000, "EUR") == (Credited(1, 10000, 0), Credited(2, -2000, 0), Credited(3, 3000, 0))
    assert credit_amount(lines, 13000, "EUR") == credit_whole(lines, "EUR")


def test_f6_what_comes_to_all_that_remains_takes_back_lowering_lines_too() -> None:
    lines = issued((10000, "20"), (-2000, "0"))
    assert credit_lines(lines, [Choice(1, 10000)], "EUR") == (Credited(1, 10000, 2000), Credited(2, -2000, 0))
    assert credit_amount(lines, 10000, "EUR") == credit_whole(lines, "EUR")


def test_f6_lines_that_lower_are_credited_with_others() -> None:
    lines = issued((10000, "0"), (-2000, "0"))
    assert credit_lines(lines, [Choice(2), Choice(1, 5000)], "EUR") == (Credited(1, 5000, 0), Credited(2, -2000, 0))
    assert credit_lines(lines, [Choice(1, 5000), Choice(2, -500)], "EUR")[1] == Credited(2, -500, 0)


def test_f6_a_lowering_line_alone_is_no_credit_note() -> None:
    lines = issued((10000, "0"), (-2000, "0"))
    said = refusal(lambda: credit_lines(lines, [Choice(2)], "EUR"))
    assert "[F6] A credit note comes to more than zero, and this one to -20.00 EUR." in said


def test_f6_above_what_remains_is_refused_with_both_figures() -> None:
    lines = issued((17900, "10"), (14900, "20"))
    assert (
        refusal(lambda: credit_amount(lines, 37571, "EUR"))
        == "[F6] 375.71 EUR is above what remains of this invoice: 375.70 EUR. Credit 375.70 EUR at most."
    )
    lines = after(lines, credit_lines(lines, [Choice(2, 11767)], "EUR"))
    assert refusal(lambda: credit_lines(lines, [Choice(2, 6114)], "EUR")) == (
        "[F6] 61.14 EUR is above what remains of line 2: 61.13 EUR, as 117.67 EUR of its 178.80 EUR is credited. "
        "Credit 61.13 EUR of it at most."
    )


def test_f6_a_line_above_what_remains_of_the_invoice_names_the_lines_that_lower_it() -> None:
    said = refusal(lambda: credit_lines(issued((10000, "0"), (-2000, "0")), [Choice(1)], "EUR"))
    assert said == (
        "[F6] 100.00 EUR is above what remains of this invoice: 80.00 EUR. "
        "Credit the lines that lower it as well, 2 (-20.00 EUR), or 80.00 EUR at most."
    )


def test_f6_all_that_is_wrong_with_chosen_lines_is_said_at_once() -> None:
    lines = after(issued((100, "0"), (200, "0"), (-50, "0")), [Credited(1, 100, 0)])
    chosen = [Choice(1), Choice(2, 0), Choice(2), Choice(3, 10), Choice(4)]
    said = refusal(lambda: credit_lines(lines, chosen, "EUR"))
    for sentence in (
        "Nothing remains of line 1: all of its 1.00 EUR is credited.",
        "0.00 EUR cannot be credited of line 2, of which 2.00 EUR remains.",
        "Line 2 is named twice.",
        "0.10 EUR cannot be credited of line 3, of which -0.50 EUR remains. An amount has the sign of its line.",
        "There is no line 4 on this invoice. Its lines are 1, 2 and 3.",
    ):
        assert sentence in said


@pytest.mark.parametrize("amount", [0, -1])
def test_f6_nothing_is_no_amount_to_credit(amount: int) -> None:
    assert "Name an amount above zero." in refusal(lambda: credit_amount(issued((100, "0")), amount, "EUR"))
    assert "comes to more than zero" in refusal(lambda: credit_lines(issued((100, "0")), [], "EUR"))


def test_f6_an_invoice_that_is_credited_is_not_credited_again() -> None:
    lines = issued((1000, "20"))
    lines = after(lines, credit_whole(lines, "EUR"))
    for credit in (
        lambda: credit_whole(lines, "EUR"),
        lambda: credit_amount(lines, 1, "EUR"),
        lambda: credit_lines(lines, [Choice(1)], "EUR"),
    ):
        assert "Nothing remains of this invoice to be credited: it came to 12.00 EUR, and 12.00 EUR is" in refusal(
            credit
        )


def test_f6_nothing_can_be_credited_of_an_invoice_that_comes_to_zero() -> None:
    assert "it came to 0.00 EUR" in refusal(lambda: credit_whole(issued((1000, "20"), (-1000, "20")), "EUR"))


@given(LINES, st.sampled_from(Prices), st.data())
def test_f6_an_invoice_and_its_credit_notes_end_at_zero_whatever_the_order(
    written: list[Line], prices: Prices, data: st.DataObject
) -> None:
    done = computed(written, prices, "EUR")
    lines, credited = of(done.lines), 0
    for _ in range(30):
        left = creditable(lines)
        if left <= 0:
            break
        way = data.draw(st.sampled_from(["whole", "amount", "line", "part"]))
        try:
            note = credited_so(way, lines, left, data)
        except Refused:
            continue
        total = sum(one.gross for one in note)
        assert 0 < total <= left
        lines = after(lines, note)
        credited += total
        for line in lines:
            sign = -1 if line.gross < 0 else 1
            assert 0 <= sign * line.credited_net <= sign * line.net
            assert 0 <= sign * line.credited_tax <= sign * line.tax
    if creditable(lines) > 0:
        credited += sum(one.gross for one in credit_whole(lines, "EUR"))
        lines = after(lines, credit_whole(lines, "EUR"))
    if done.total > 0:
        assert credited == done.total
        assert [(line.left_net, line.left_tax) for line in lines] == [(0, 0)] * len(lines)


def credited_so(way: str, lines: list[Creditable], left: int, data: st.DataObject) -> tuple[Credited, ...]:
    if way == "whole":
        return credit_whole(lines, "EUR")
    if way == "amount":
        amount = data.draw(st.integers(1, left))
        note = credit_amount(lines, amount, "EUR")
        assert sum(one.gross for one in note) == amount
        return note
    number = data.draw(st.integers(1, len(lines)))
    if way == "line":
        return credit_lines(lines, [Choice(number)], "EUR")
    line_left = lines[number - 1].left
    return credit_lines(lines, [Choice(number, data.draw(st.integers(min(0, line_left), max(0, line_left))))], "EUR")


@pytest.mark.parametrize(
    ("total", "refunded", "refundable", "expected"),
    [
        (11767, 0, 11767, CreditNoteState.REFUND_DUE),
        (11767, 5000, 100, CreditNoteState.REFUND_DUE),
        (11767, 11767, 0, CreditNoteState.REFUNDED),
        (11767, 11767, 500, CreditNoteState.REFUNDED),
        (11767, 0, 0, CreditNoteState.CLOSED),
        (11767, 5000, 0, CreditNoteState.CLOSED),
    ],
)
def test_f6_the_state_of_a_credit_note(total: int, refunded: int, refundable: int, expected: CreditNoteState) -> None:
    assert state(total, refunded, refundable) is expected
    assert str(expected.label)


@pytest.mark.parametrize(
    ("text", "choice"), [("2", Choice(2)), (" 2:10.5 ", Choice(2, 1050)), ("12:-3", Choice(12, -300))]
)
def test_f6_a_line_of_a_command(text: str, choice: Choice) -> None:
    assert choice_of_command(text, "EUR") == choice


@pytest.mark.parametrize("text", ["", "x", "2:", "2:ten", ":5", "2:1:1", "²", "-1"])
def test_f6_what_names_no_line_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        choice_of_command(text, "EUR")
