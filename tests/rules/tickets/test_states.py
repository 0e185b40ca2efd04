"""M4: what an answer makes of a ticket, when it is closed for good, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from portal.rules.tickets import states as rules
from portal.rules.tickets.states import OURS, Priority, TicketState, after_answer, standing

OPEN, US, CUSTOMER = TicketState.OPEN, TicketState.WAITING_FOR_US, TicketState.WAITING_FOR_CUSTOMER
SOLVED, CLOSED = TicketState.SOLVED, TicketState.CLOSED
ON_2_MARCH = datetime(2026, 3, 2, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "by_customer", "by_staff"),
    [
        (OPEN, OPEN, CUSTOMER),
        (US, US, CUSTOMER),
        (CUSTOMER, US, CUSTOMER),
        (SOLVED, OPEN, OPEN),
        (CLOSED, None, None),
    ],
)
def test_m4_what_an_answer_makes_of_a_ticket(
    state: TicketState, by_customer: TicketState | None, by_staff: TicketState | None
) -> None:
    assert (after_answer(state, by_staff=False), after_answer(state, by_staff=True)) == (by_customer, by_staff)


@pytest.mark.parametrize(
    ("replied", "found"),
    [
        (datetime(2026, 3, 3, 10, tzinfo=UTC), SOLVED),
        (datetime(2026, 3, 4, 9, 59, tzinfo=UTC), SOLVED),
        (datetime(2026, 3, 4, 10, tzinfo=UTC), CLOSED),
        (datetime(2026, 3, 20, 10, tzinfo=UTC), CLOSED),
    ],
)
def test_m4_solved_on_2_march_it_is_closed_for_good_after_two_days(replied: datetime, found: TicketState) -> None:
    assert standing(SOLVED, ON_2_MARCH, replied, 2) is found


def test_m4_who_may_set_which_state() -> None:
    for now in TicketState:
        for wanted in TicketState:
            refused_staff = rules.change_refusals(now, wanted, by_staff=True)
            refused_customer = rules.change_refusals(now, wanted, by_staff=False)
            assert bool(refused_staff) is (now is CLOSED and wanted is not CLOSED)
            assert bool(refused_customer) is (wanted is not SOLVED or now is CLOSED)
            for reason in (*refused_staff, *refused_customer):
                assert (reason.rule, bool(reason.remedy)) == ("M4", True)


def test_m4_all_that_keeps_two_tickets_apart_is_said_at_once() -> None:
    assert not rules.merge_refusals(same_customer=True, same_ticket=False, into_closed=False)
    reasons = rules.merge_refusals(same_customer=False, same_ticket=True, into_closed=True)
    assert len(reasons) == 3
    assert all(reason.rule == "M4" and reason.remedy for reason in reasons)


def test_texts_and_numbers() -> None:
    assert rules.written(" a\x00b\r\n\tc\x1b[31m \r\n") == "ab\n\tc[31m"
    assert set(rules.faults("", "")) == {"text", "subject"}
    assert set(rules.faults("x" * 20_001, "y" * 201)) == {"text", "subject"}
    assert rules.faults("x", "y") == {}
    assert rules.number(118) == "TK-000118"
    assert [one.rank for one in Priority] == [0, 1, 2, 3]
    assert {state for state in TicketState if state.tone == "note"} == set(OURS)
