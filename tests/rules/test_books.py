"""Kinds of entries, their signs, series and numbers."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.books import COUNTERPART, SERIES, EntryKind, Ledger, format_number, own_value
from portal.rules.periods import month_after, month_before, month_end, month_of, month_with
from portal.rules.statements.figures import DOCUMENT_KINDS, LOWERING_KINDS


@pytest.mark.parametrize(
    ("kind", "sign"),
    [("invoice", -1), ("debit", -1), ("refund", -1), ("payment", 1), ("credit_note", 1), ("credit", 1)],
)
def test_the_kind_gives_an_amount_its_sign(kind: str, sign: int) -> None:
    assert EntryKind(kind).sign == sign
    assert (kind in LOWERING_KINDS) == (sign < 0)


def test_every_kind_has_a_label_a_series_and_all_but_transfers_a_counterpart() -> None:
    for kind in EntryKind:
        assert kind.label
        assert 0 < len(SERIES[kind]) <= 4
    assert set(COUNTERPART) == set(EntryKind) - {EntryKind.TRANSFER}
    assert set(EntryKind) >= DOCUMENT_KINDS


def test_ledgers_are_called_what_people_call_them() -> None:
    assert [str(book.label) for book in Ledger] == ["House Account", "Customer Credit"]


@pytest.mark.parametrize(
    ("series", "number", "value"),
    [
        ("INV", "INV-000123", 123),
        ("INV", "INV-1000000", 1000000),
        ("INV", "INV-0000123", None),
        ("INV", "INV-000000", None),
        ("INV", "INV-123", None),
        ("INV", "PAY-000123", None),
        ("INV", "INV-000123a", None),
        ("INV", "2024/77", None),
        ("INV", "INV-１２３４５６", None),
        ("INV", "", None),
    ],
)
def test_f2_imported_numbers_that_look_like_ours(series: str, number: str, value: int | None) -> None:
    assert own_value(series, number) == value


@given(st.sampled_from(sorted(set(SERIES.values()))), st.integers(1, 10**14))
def test_f2_our_numbers_are_recognised(series: str, value: int) -> None:
    assert own_value(series, format_number(series, value)) == value


@given(st.dates(date(1970, 1, 1), date(2199, 12, 31)))
def test_months_are_contiguous(on: date) -> None:
    assert month_of(on) <= on < month_after(on)
    assert month_of(month_after(on)) == month_after(on)
    assert (month_after(on) - month_of(on)).days in (28, 29, 30, 31)
    assert (month_end(on) - month_of(on)).days == (month_after(on) - month_of(on)).days - 1
    assert month_before(month_after(on)) == month_of(on) == month_with(on).first
    assert month_with(on).is_month
