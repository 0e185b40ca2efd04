"""Adding statements up: whatever is shown or hidden, opening and movements give the closing balance."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.sentences import verbatim
from portal.rules.statements.figures import (
    AccountTotals,
    Added,
    Letterhead,
    Line,
    Note,
    Party,
    RecordType,
    Row,
    Statement,
    add_up,
    balance_steps,
    by_account,
    shown,
    with_notes,
)

FIRST, LAST = date(2026, 1, 1), date(2026, 1, 31)
PARTIES = {key: Party(f"c{key}", f"{key:020x}", f"Customer {key}") for key in range(4)}
KINDS = ("invoice", "payment", "credit_note", "debit", "credit", "refund", "transfer")
MOVES = st.lists(
    st.tuples(st.integers(0, 30), st.sampled_from(KINDS), st.integers(-(10**12), 10**12), st.integers(0, 3)),
    max_size=40,
)
Move = tuple[int, str, int, int]


def rows_of(moves: list[Move]) -> list[Row]:
    return [
        Row(FIRST + timedelta(days=day), f"N-{n}", "", "", kind, amount, account, None, f"e{n}")
        for n, (day, kind, amount, account) in enumerate(sorted(moves, key=lambda move: move[0]))
    ]


def statement_of(openings: dict[int, int], rows: list[Row], wanted: RecordType = RecordType.ALL) -> Statement:
    added = add_up(sum(openings.values()), rows, PARTIES, wanted)
    keys = sorted(openings.keys() | added.movements.keys())
    totals = [AccountTotals(PARTIES[k], openings.get(k, 0), *added.movements.get(k, (0, 0))) for k in keys]
    return Statement(
        letterhead=Letterhead("Harbour Net"),
        payer=PARTIES[0],
        account=None,
        first=FIRST,
        last=LAST,
        currency="EUR",
        record_type=wanted,
        opening_minor=sum(openings.values()),
        lines=added.lines,
        hidden_debit_minor=added.hidden_debit_minor,
        hidden_credit_minor=added.hidden_credit_minor,
        closing_minor=added.closing_minor,
        accounts=totals,
        lowest=added.lowest,
    )


def test_s2_an_example() -> None:
    rows = rows_of([(0, "invoice", -1250, 1), (0, "payment", 1000, 0), (5, "debit", -50, 1)])
    added = add_up(100, rows, PARTIES, RecordType.ALL)
    assert [line.balance_minor for line in added.lines] == [-1150, -150, -200]
    assert [(line.debit_minor, line.credit_minor) for line in added.lines] == [(1250, None), (None, 1000), (50, None)]
    assert [line.account for line in added.lines] == ["c1", "c0", "c1"]
    assert added.closing_minor == -200
    assert added.movements == {1: (1300, 0), 0: (0, 1000)}
    assert added.lowest == (FIRST, -1150)


@given(st.integers(-(10**12), 10**12), MOVES)
def test_s2_opening_plus_credits_less_debits_is_closing_and_the_next_opening(opening: int, moves: list[Move]) -> None:
    rows = rows_of(moves)
    added = add_up(opening, rows, PARTIES, RecordType.ALL)
    debit = sum(line.debit_minor or 0 for line in added.lines)
    credit = sum(line.credit_minor or 0 for line in added.lines)
    assert opening + credit - debit == added.closing_minor
    for cut in range(len(rows) + 1):
        before = add_up(opening, rows[:cut], PARTIES, RecordType.ALL)
        after = add_up(before.closing_minor, rows[cut:], PARTIES, RecordType.ALL)
        assert after.closing_minor == added.closing_minor
        assert [*before.lines, *after.lines] == added.lines


@given(st.integers(-(10**12), 10**12), MOVES, st.sampled_from(RecordType))
def test_s3_what_is_hidden_is_summed_so_that_it_still_adds_up(
    opening: int, moves: list[Move], wanted: RecordType
) -> None:
    everything = add_up(opening, rows_of(moves), PARTIES, RecordType.ALL)
    some = add_up(opening, rows_of(moves), PARTIES, wanted)
    assert some.closing_minor == everything.closing_minor
    assert some.movements == everything.movements
    assert some.lowest == everything.lowest
    assert some.lines == [line for line in everything.lines if shown(line.kind, wanted)]
    moved = sum(line.amount_minor for line in some.lines)
    assert opening + moved + some.hidden_credit_minor - some.hidden_debit_minor == some.closing_minor
    assert wanted is not RecordType.ALL or (some.hidden_debit_minor, some.hidden_credit_minor) == (0, 0)


@pytest.mark.parametrize(
    ("kind", "documents"),
    [
        ("invoice", True),
        ("payment", True),
        ("credit_note", True),
        ("refund", True),
        ("debit", False),
        ("credit", False),
        ("transfer", False),
    ],
)
def test_s1_record_types_share_all_kinds_out(kind: str, documents: bool) -> None:
    assert shown(kind, RecordType.ALL)
    assert shown(kind, RecordType.DOCUMENTS) is documents
    assert shown(kind, RecordType.TRANSACTIONS) is not documents
    assert str(RecordType.DOCUMENTS.label) == "Invoices and payments"


OPENINGS = st.dictionaries(st.integers(0, 3), st.integers(-(10**9), 10**9))


@given(OPENINGS, MOVES, st.sampled_from(RecordType))
def test_s4_accounts_add_up_to_the_whole(openings: dict[int, int], moves: list[Move], wanted: RecordType) -> None:
    statement = statement_of(openings, rows_of(moves), wanted)
    groups = by_account(statement)
    assert sum(group.totals.opening_minor for group in groups) == statement.opening_minor
    assert sum(group.totals.closing_minor for group in groups) == statement.closing_minor
    assert sum(group.totals.debit_minor for group in groups) == statement.debit_minor
    assert sum(group.totals.credit_minor for group in groups) == statement.credit_minor
    assert sum(group.hidden_debit_minor for group in groups) == statement.hidden_debit_minor
    assert sum(group.hidden_credit_minor for group in groups) == statement.hidden_credit_minor
    assert sorted(line.entry for group in groups for line in group.lines) == sorted(x.entry for x in statement.lines)
    for totals, lines, hidden_debit, hidden_credit in groups:
        end = lines[-1].balance_minor if lines else totals.opening_minor
        assert end + hidden_credit - hidden_debit == totals.closing_minor
        assert {line.account for line in lines} <= {totals.account.reference}


@given(OPENINGS, MOVES)
def test_the_chart_goes_from_opening_to_closing(openings: dict[int, int], moves: list[Move]) -> None:
    statement = statement_of(openings, rows_of(moves))
    steps = balance_steps(statement)
    days = [day for day, _ in steps]
    assert days == sorted(set(days))
    assert (days[0], days[-1]) == (FIRST, LAST)
    assert steps[-1][1] == statement.closing_minor
    if not statement.lines or statement.lines[0].booked_on > FIRST:
        assert steps[0] == (FIRST, statement.opening_minor)
    assert dict(steps).items() >= {line.booked_on: line.balance_minor for line in statement.lines}.items()


def test_the_chart_of_one_day() -> None:
    statement = statement_of({0: 500}, rows_of([(30, "invoice", -100, 0)]))
    assert balance_steps(statement) == [(FIRST, 500), (LAST, 400)]


@given(OPENINGS, MOVES)
def test_the_lowest_balance_is_one_of_the_lines(openings: dict[int, int], moves: list[Move]) -> None:
    statement = statement_of(openings, rows_of(moves))
    if statement.lines:
        low = min(line.balance_minor for line in statement.lines)
        assert statement.lowest == (next(x.booked_on for x in statement.lines if x.balance_minor == low), low)
    else:
        assert statement.lowest is None


def test_s11_notes_stand_before_the_lines_of_their_day() -> None:
    statement = statement_of({}, rows_of([(2, "invoice", -1, 0), (5, "payment", 1, 0)]))
    notes = [Note(FIRST + timedelta(days=day), verbatim(f"note {day}")) for day in (9, 5, 0)]
    noted = with_notes(Statement(**{name: getattr(statement, name) for name in statement.__slots__} | {"notes": notes}))
    order = [str(item.text) if isinstance(item, Note) else item.number for item in noted]
    assert order == ["note 0", "N-0", "note 5", "N-1", "note 9"]


@pytest.mark.parametrize(
    ("kind", "debit"), [("invoice", True), ("refund", True), ("debit", True), ("payment", False), ("credit", False)]
)
def test_an_amount_of_zero_stands_where_its_kind_puts_it(kind: str, debit: bool) -> None:
    line = Line(FIRST, "N", "", "c0", "C", "", kind, 0, 0, None, "e")
    assert (line.debit_minor, line.credit_minor) == ((0, None) if debit else (None, 0))


def test_a_reversed_payment_is_a_debit() -> None:
    line = Line(FIRST, "N", "", "c0", "C", "", "payment", -100, 0, None, "e")
    assert (line.debit_minor, line.credit_minor) == (100, None)


def test_nothing_adds_up_to_the_opening() -> None:
    assert add_up(-7, [], PARTIES, RecordType.DOCUMENTS) == Added([], 0, 0, -7, {}, None)
