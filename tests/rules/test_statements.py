"""Adding statements up: whatever is shown or hidden, opening and movements give the closing balance."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.sentences import verbatim
from portal.rules.statements.figures import (
    AccountTotals,
    Added,
    Balance,
    Letterhead,
    Line,
    Note,
    Party,
    RecordType,
    Row,
    Statement,
    add_up,
    chart_steps,
    shown,
)
from portal.rules.statements.layout import Edge, Kind, laid_out, with_notes

FIRST, LAST = date(2026, 1, 1), date(2026, 1, 31)
PARTIES = {key: Party(f"c{key}", f"{key:020x}", f"Customer {key}") for key in range(4)}
OF = {key: (key, party.reference, party.public_id, party.name) for key, party in PARTIES.items()}
KINDS = ("invoice", "payment", "credit_note", "debit", "credit", "refund", "transfer")
MOVES = st.lists(
    st.tuples(st.integers(0, 30), st.sampled_from(KINDS), st.integers(-(10**12), 10**12), st.integers(0, 3)),
    max_size=40,
)
Move = tuple[int, str, int, int]


def rows_of(moves: list[Move]) -> list[Row]:
    return [
        Row(FIRST + timedelta(days=day), f"N-{n}", "", "", kind, amount, *OF[account], None, f"e{n}")
        for n, (day, kind, amount, account) in enumerate(sorted(moves, key=lambda move: move[0]))
    ]


def statement_of(opening: int | None, rows: list[Row], wanted: RecordType = RecordType.ALL, **fields: Any) -> Statement:
    """A payer's statement, or without an opening the activity statement of customer 1 on its books."""
    rows = rows if opening is not None else [row for row in rows if row.issued_for_id == 1]
    added = add_up(opening, rows, wanted)
    made: dict[str, Any] = {
        "letterhead": Letterhead("Harbour Net"),
        "payer": PARTIES[0],
        "account": None if opening is not None else PARTIES[1],
        "first": FIRST,
        "last": LAST,
        "currency": "EUR",
        "record_type": wanted,
        "balance": added.balance,
        "lines": added.lines,
        "hidden_debit_minor": added.hidden_debit_minor,
        "hidden_credit_minor": added.hidden_credit_minor,
        "accounts": added.accounts,
        "made_on": LAST + timedelta(days=1),
    }
    return Statement(**{**made, **fields})


def closing(added: Added) -> int:
    assert added.balance is not None
    return added.balance.closing_minor


def test_s2_an_example() -> None:
    rows = rows_of([(0, "invoice", -1250, 1), (0, "payment", 1000, 0), (5, "debit", -50, 1)])
    added = add_up(100, rows, RecordType.ALL)
    assert [line.balance_minor for line in added.lines] == [-1150, -150, -200]
    assert [(line.debit_minor, line.credit_minor) for line in added.lines] == [(1250, None), (None, 1000), (50, None)]
    assert [line.account for line in added.lines] == ["c1", "c0", "c1"]
    assert added.accounts == [AccountTotals(PARTIES[0], 0, 1000), AccountTotals(PARTIES[1], 1300, 0)]
    assert added.balance == Balance(100, -200, ((FIRST, -150), (FIRST + timedelta(days=5), -200)))


@given(st.integers(-(10**12), 10**12), MOVES)
def test_s2_opening_plus_credits_less_debits_is_closing_and_the_next_opening(opening: int, moves: list[Move]) -> None:
    rows = rows_of(moves)
    added = add_up(opening, rows, RecordType.ALL)
    debit = sum(line.debit_minor or 0 for line in added.lines)
    credit = sum(line.credit_minor or 0 for line in added.lines)
    assert opening + credit - debit == closing(added)
    for cut in range(len(rows) + 1):
        before = add_up(opening, rows[:cut], RecordType.ALL)
        after = add_up(closing(before), rows[cut:], RecordType.ALL)
        assert closing(after) == closing(added)
        assert [*before.lines, *after.lines] == added.lines


@given(st.integers(-(10**12), 10**12), MOVES, st.sampled_from(RecordType))
def test_s3_what_is_hidden_is_summed_so_that_it_still_adds_up(
    opening: int, moves: list[Move], wanted: RecordType
) -> None:
    everything = add_up(opening, rows_of(moves), RecordType.ALL)
    some = add_up(opening, rows_of(moves), wanted)
    assert some.balance == everything.balance, "what is drawn and what it closes with do not depend on what is shown"
    assert some.accounts == everything.accounts
    assert some.lines == [line for line in everything.lines if shown(line.kind, wanted)]
    moved = sum(line.amount_minor for line in some.lines)
    assert opening + moved + some.hidden_credit_minor - some.hidden_debit_minor == closing(some)
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


OPENINGS = st.integers(-(10**9), 10**9)
GROUPED = st.booleans()


def edges(statement: Statement, *kinds: Kind) -> list[Edge]:
    return [row for row in laid_out(statement) if isinstance(row, Edge) and row.kind in kinds]


@given(OPENINGS, MOVES, st.sampled_from(RecordType), GROUPED)
def test_s4_accounts_add_up_to_the_whole(opening: int, moves: list[Move], wanted: RecordType, grouped: bool) -> None:
    statement = statement_of(opening, rows_of(moves), wanted, grouped=grouped)
    assert sum(one.charged_minor for one in statement.accounts) == statement.charged_minor
    assert sum(one.credited_minor for one in statement.accounts) == statement.credited_minor
    (end,) = edges(statement, Kind.CLOSING)
    assert (end.debit_minor, end.credit_minor) == (statement.charged_minor, statement.credited_minor)
    assert opening + statement.credited_minor - statement.charged_minor == end.balance_minor
    hidden = edges(statement, Kind.HIDDEN)
    assert sum(one.debit_minor or 0 for one in hidden) == statement.hidden_debit_minor
    assert sum(one.credit_minor or 0 for one in hidden) == statement.hidden_credit_minor
    lines = [row for row in laid_out(statement) if isinstance(row, Line)]
    assert sorted(line.entry for line in lines) == sorted(line.entry for line in statement.lines)


@given(OPENINGS, MOVES, st.sampled_from(RecordType))
def test_s4_account_by_account_each_has_subtotals_and_none_a_balance(
    opening: int, moves: list[Move], wanted: RecordType
) -> None:
    statement = statement_of(opening, rows_of(moves), wanted, grouped=True)
    subtotals = edges(statement, Kind.SUBTOTAL)
    if not statement.several:
        assert subtotals == []
        return
    assert [(one.account, one.debit_minor, one.credit_minor) for one in subtotals] == [
        (one.account, one.charged_minor, one.credited_minor) for one in statement.accounts
    ]
    about: Party | None = None
    for row in laid_out(statement):
        if isinstance(row, Edge):
            about = row.account
            assert (row.balance_minor is None) is (row.kind not in (Kind.OPENING, Kind.CLOSING))
        elif isinstance(row, Line):
            assert (row.balance_minor, row.account) == (None, about and about.reference)


@given(MOVES, st.sampled_from(RecordType), GROUPED)
def test_s13_a_part_is_not_a_balance(moves: list[Move], wanted: RecordType, grouped: bool) -> None:
    part = statement_of(None, rows_of(moves), wanted, grouped=grouped)
    assert (part.balance, part.opening_minor, part.closing_minor, chart_steps(part)) == (None, None, None, [])
    assert all(row.balance_minor is None for row in laid_out(part) if not isinstance(row, Note))
    assert {edge.kind for edge in edges(part, *Kind)} <= {Kind.HIDDEN, Kind.TOTAL, Kind.OPEN}
    (total,) = edges(part, Kind.TOTAL)
    assert (total.debit_minor, total.credit_minor) == (part.charged_minor, part.credited_minor)
    own = [amount for _, _, amount, account in moves if account == 1]
    assert part.charged_minor == sum(-amount for amount in own if amount < 0)
    assert part.credited_minor == sum(amount for amount in own if amount > 0)


@given(OPENINGS, MOVES, st.sampled_from(RecordType), st.integers(-3, 40))
def test_s12_the_chart_goes_from_the_opening_balance_to_today_or_the_end(
    opening: int, moves: list[Move], wanted: RecordType, today: int
) -> None:
    rows, made_on = rows_of(moves), FIRST + timedelta(days=today)
    statement = statement_of(opening, rows, wanted, made_on=made_on)
    steps = chart_steps(statement)
    assert statement.so_far is (made_on <= LAST)
    if made_on < FIRST:
        assert steps == []
        return
    until = min(made_on, LAST)
    after = [row.amount_minor for row in rows if row.booked_on <= until]
    assert steps[0] == (FIRST, opening)
    assert steps[-1] == (until, opening + sum(after))
    assert [day for day, _ in steps] == sorted(day for day, _ in steps)
    everything = statement_of(opening, rows, made_on=made_on)
    assert steps == chart_steps(everything), "drawn from all lines, whatever is hidden (S3)"


def test_the_chart_of_one_day() -> None:
    statement = statement_of(500, rows_of([(30, "invoice", -100, 0)]))
    assert chart_steps(statement) == [(FIRST, 500), (LAST, 400)]


def test_s11_notes_stand_before_the_lines_of_their_day() -> None:
    notes = [Note(FIRST + timedelta(days=day), verbatim(f"note {day}")) for day in (9, 5, 0)]
    noted = with_notes(statement_of(0, rows_of([(2, "invoice", -1, 0), (5, "payment", 1, 0)]), notes=notes))
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
    assert add_up(-7, [], RecordType.DOCUMENTS) == Added([], 0, 0, [], Balance(-7, -7))
    assert add_up(None, [], RecordType.DOCUMENTS) == Added([], 0, 0, [], None)
