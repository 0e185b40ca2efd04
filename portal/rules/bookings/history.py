"""What a row of bookings must look like before anything is looked up: history that charges and tells nobody."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from portal.rules.bookings.states import BookingPayer, BookingState
from portal.rules.cells import Values, Wrong, identifier, one_of
from portal.rules.sentences import Sentence, say


class BookingFileRow(NamedTuple):
    """A row of bookings. `booked_at` may be a wall time, on the clock of the partner; None is now."""

    external_id: str
    session: str
    customer: str
    state: BookingState
    booked_at: datetime | None
    payer: BookingPayer


def booking_file_row(values: Values, wrong: Wrong) -> BookingFileRow | None:
    """A row of bookings."""
    failed = False

    def bad(column: str, sentence: Sentence) -> None:
        nonlocal failed
        failed = True
        wrong(column, sentence)

    external_id, session, customer, state, booked_at, payer = values
    kept = one_of(BookingState, state, "state", bad) or BookingState.BOOKED
    if kept is BookingState.OFFERED:
        bad("state", say("An offer cannot be imported: import whoever has one as waiting, and promote."))
    row = BookingFileRow(
        identifier(external_id, "external_id", bad),
        identifier(session, "session", bad),
        identifier(customer, "customer", bad),
        kept,
        _moment(booked_at, bad),
        one_of(BookingPayer, payer, "payer", bad) or BookingPayer.CHOICE,
    )
    return None if failed else row


def _moment(text: str | None, bad: Wrong) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        sentence = say(
            "“{text}” is not a time. Write it like 2026-03-02T18:00 or 2026-03-02T17:00:00Z.", text=text[:40]
        )
        bad("booked_at", sentence)
        return None
