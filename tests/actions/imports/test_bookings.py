"""Importing bookings: history that takes places and charges nobody (B1, B2)."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.actions import imports
from portal.actions.bookings import waiting
from portal.db.bookings import bookings as rows
from portal.db.tables import Booking
from portal.rules.bookings.states import BookingState
from portal.rules.deciding import SYSTEM
from portal.rules.imports import FileKind
from tests import people, sessions

pytestmark = pytest.mark.usefixtures("app")

HEADER = "external_id,session,customer,state,booked_at,payer\n"


def load(folder: Path, *lines: str) -> imports.Outcome:
    path = folder / "bookings.csv"
    path.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    return imports.import_file(SYSTEM, FileKind.BOOKINGS, path)


def test_b2_history_is_taken_once_and_waits_in_its_order(tmp_path: Path) -> None:
    for name in ("a", "b", "c", "d"):
        people.customer(name)
    swim = sessions.session("swim/1", "2026-12-01T17:00", capacity=2)
    lines = (
        "1,swim/1,a,booked,2026-11-01T10:00,",
        "2,swim/1,b,waiting,2026-11-03T10:00:00Z,",
        "3,swim/1,c,waiting,2026-11-02T10:00:00Z,subject",
        "4,swim/1,d,cancelled,,",
    )
    assert load(tmp_path, *lines).created == 4
    assert load(tmp_path, *lines).skipped == 4
    assert sessions.taken(swim) == 1
    assert [(one.customer, one.state) for one in waiting.catch_up(SYSTEM).promoted] == [("c", "booked")]
    assert load(tmp_path, *lines).skipped == 4, "what was promoted since is the same row"
    wrong = load(
        tmp_path, "5,swim/1,d,booked,,", "6,swim/1,a,waiting,,", "7,nothing,a,booked,,", "8,swim/1,a,offered,x,"
    )
    assert sorted((problem.line, problem.column) for problem in wrong.errors) == [
        (2, "session"),
        (3, "customer"),
        (4, "session"),
        (5, "booked_at"),
        (5, "state"),
    ]
    assert len(rows.bookings(Booking.state == BookingState.CANCELLED)) == 1
