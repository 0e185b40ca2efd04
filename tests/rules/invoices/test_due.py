"""F12, F9: when an invoice is due, and what it is at a date."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.errors import Invalid
from portal.rules.invoices.due import DEFAULT_TERMS, InvoiceState, Terms, days_overdue, invoice_state, read_terms

DAYS = st.dates(date(1970, 1, 1), date(2199, 12, 31))


@pytest.mark.parametrize(
    ("text", "on", "due"),
    [
        ("14 days", date(2026, 3, 1), date(2026, 3, 15)),
        ("0 days", date(2026, 5, 31), date(2026, 5, 31)),
        ("1 day", date(2026, 2, 28), date(2026, 3, 1)),
        ("month end", date(2024, 2, 10), date(2024, 2, 29)),
        ("month end", date(2026, 12, 31), date(2026, 12, 31)),
        ("month end + 45 days", date(2026, 1, 10), date(2026, 3, 17)),
        ("Month  End +45 Days", date(2026, 1, 31), date(2026, 3, 17)),
        ("month end + 0 days", date(2026, 4, 1), date(2026, 4, 30)),
    ],
)
def test_f12_an_invoice_is_due_after_the_partners_terms(text: str, on: date, due: date) -> None:
    assert read_terms(text).due(on) == due


def test_f12_terms_are_14_days_where_none_are_named() -> None:
    assert read_terms("14 days") == DEFAULT_TERMS


@pytest.mark.parametrize(
    "text",
    ["", "14", "days", "-1 days", "1000 days", "14 days + month end", "month", "month end + 45", "１４ days", "x"],
)
def test_f12_what_are_no_terms_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="are no terms of payment"):
        read_terms(text)


@given(st.builds(Terms, st.integers(0, 999), st.booleans()), DAYS)
def test_f12_terms_that_are_written_are_read_back_and_never_due_before_the_invoice(terms: Terms, on: date) -> None:
    assert read_terms(str(terms)) == terms
    assert terms.due(on) >= on + timedelta(days=terms.days)
    if terms.month_end:
        assert (terms.due(on) - timedelta(days=terms.days) + timedelta(days=1)).day == 1


@pytest.mark.parametrize(
    ("total", "credited", "allocated", "late", "state"),
    [
        (10000, 0, 0, 0, InvoiceState.OPEN),
        (10000, 0, 0, 1, InvoiceState.OVERDUE),
        (10000, 0, 9999, 1, InvoiceState.OVERDUE),
        (10000, 9999, 0, 0, InvoiceState.OPEN),
        (10000, 0, 10000, 400, InvoiceState.PAID),
        (10000, 4000, 6000, 400, InvoiceState.PAID),
        (10000, 10000, 0, 400, InvoiceState.CREDITED),
        (0, 0, 0, 400, InvoiceState.PAID),
    ],
)
def test_f9_the_state_of_an_invoice_at_a_date(
    total: int, credited: int, allocated: int, late: int, state: InvoiceState
) -> None:
    due = date(2026, 1, 31)
    assert invoice_state(total, credited, allocated, due, due + timedelta(days=late)) is state
    assert str(state.label).lower() == state.value


def test_f9_overdue_begins_the_day_after_the_due_date() -> None:
    due = date(2026, 1, 31)
    assert [days_overdue(due, due + timedelta(days=days)) for days in (-5, 0, 1, 31)] == [0, 0, 1, 31]
