"""Booking, waiting, promoting and cancelling, with what they come to on the books (B1 to B7, B12)."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import time_machine
from sqlalchemy import text

from portal.actions.bookings import attending, baskets, booking, calling_off, cancelling, upkeep, waiting
from portal.actions.bookings.booking import BookedOne
from portal.actions.bookings.calling_off import GivenBack
from portal.actions.bookings.planning import Wish
from portal.db.bookings import checks, ties
from portal.db.bookings import sessions as session_rows
from portal.db.books import future_items
from portal.db.books import posting as ledger
from portal.db.engine import db, writes
from portal.db.tables import AuditRecord
from portal.outside import clock
from portal.rules.bookings.states import BookingPayer, BookingState
from portal.rules.deciding import SYSTEM, Actor
from portal.rules.errors import Conflict, Missing, NotAllowed, Refused
from portal.rules.groups import GroupRole
from tests import families, people, sessions
from tests.families import posted
from tests.log import log

pytestmark = pytest.mark.usefixtures("app")


def book(actor: Actor, session: str, *customers: str, **more: object) -> list[BookedOne]:
    return list(booking.book(actor, [Wish(session, one, **more) for one in customers]).bookings)  # type: ignore[arg-type]


def rules_of(error: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [reason.rule for reason in error.value.reasons]


def balance(reference: str) -> int:
    profile = families.profile(reference)
    return ledger.balances({profile.id: profile.currency}, clock.today(profile.time_zone))[profile.id].house_minor


def family() -> Actor:
    """Olga owns a group with Adam as its Admin and Mia, six years old and without a login."""
    families.switch()
    owner, _ = families.person("olga"), families.person("adam")
    families.child("mia", born_on=date(2020, 3, 2))
    families.family("olga", adam=GroupRole.ADMIN, mia=GroupRole.DEPENDENT)
    return owner


def test_b7_b6_one_basket_is_one_invoice_of_the_owner_and_goes_back_line_by_line() -> None:
    olga = family()
    swim, yoga = sessions.session("swim/1", "2026-12-01T17:00"), sessions.session("yoga/1", "2026-12-02T18:00")
    shown = booking.foresee(olga, [Wish(swim, "mia"), Wish(yoga, "olga")])
    assert shown.reasons == ()
    done = booking.book(olga, [Wish(swim, "mia"), Wish(yoga, "olga")], mark=shown.mark).bookings
    assert [(one.state, one.price_minor, one.paid_by) for one in done] == [("booked", 1200, "olga")] * 2
    assert balance("olga") == -2400
    assert balance("mia") == 0
    assert sessions.taken(swim) == 1
    with pytest.raises(Conflict):
        booking.book(olga, [Wish(swim, "olga")], mark=shown.mark)
    back = cancelling.cancel(olga, done[0].booking)
    assert (back.reversed_minor, back.benefit_back, back.state) == (1200, False, "cancelled")
    assert balance("olga") == -1200
    with pytest.raises(Refused) as again:
        cancelling.cancel(olga, done[0].booking)
    assert rules_of(again) == ["B4"]
    assert cancelling.undo(olga, done[0].booking).state == "booked"
    assert balance("olga") == -2400
    assert [line.action for line in log(AuditRecord.action.startswith("booking."))] == [
        "booking.book",
        "booking.book",
        "booking.cancel",
        "booking.undo",
    ]
    assert ("session", "olga") in posted()


def test_b2_the_list_is_promoted_in_its_order_once_each() -> None:
    for name in ("a", "b", "c", "d"):
        people.customer(name)
    swim = sessions.session("swim/1", "2026-12-01T17:00", capacity=1)
    first = book(SYSTEM, swim, "d")[0]
    with pytest.raises(Refused) as full:
        book(SYSTEM, swim, "a")
    assert rules_of(full) == ["B2"]
    assert [one.state for one in book(SYSTEM, swim, "a", "b", "c", wait=True)] == ["waiting"] * 3
    assert waiting.leave(SYSTEM, swim, "b").customer == "b"
    cancelling.cancel(SYSTEM, first.booking)
    found = waiting.catch_up(SYSTEM, swim)
    assert found.promoted == (), "the cancellation promoted already"
    assert (balance("a"), balance("d"), balance("c")) == (-1200, 0, 0)
    with pytest.raises(Refused):
        waiting.leave(SYSTEM, swim, "b")
    one = [row for row in booking.rows.waiting_in(1) if row.state is BookingState.WAITING]
    assert [row.customer for row in one] == ["c"]
    assert sessions.taken(swim) == 1


def test_b2_an_offer_holds_the_place_until_its_hour(frozen: time_machine.Traveller) -> None:
    for name in ("a", "b", "other"):
        people.customer(name)
    families.choose(waiting_hold=24)
    frozen.move_to(datetime(2026, 3, 2, 10, tzinfo=UTC))
    swim = sessions.session("swim/1", "2026-03-09T17:00", capacity=1)
    first = book(SYSTEM, swim, "other")[0]
    book(SYSTEM, swim, "a", "b", wait=True)
    cancelling.cancel(SYSTEM, first.booking)
    offered = booking.rows.waiting_in(1)[0]
    assert (offered.customer, offered.offered_until) == ("a", datetime(2026, 3, 3, 10, tzinfo=UTC))
    with pytest.raises(Refused, match="held for somebody"):
        book(SYSTEM, swim, "other")
    frozen.move_to(datetime(2026, 3, 3, 9, 59, tzinfo=UTC))
    assert waiting.catch_up(SYSTEM).promoted == ()
    frozen.move_to(datetime(2026, 3, 3, 10, 1, tzinfo=UTC))
    with pytest.raises(Refused, match="was held until"):
        waiting.accept(SYSTEM, swim, "a")
    assert [(one.customer, one.state) for one in waiting.catch_up(SYSTEM).promoted] == [("b", "offered")]
    assert waiting.accept(SYSTEM, swim, "b").state == "booked"
    assert balance("b") == -1200
    assert booking.rows.waiting_in(1) == []


def test_b3_b4_clash_deadline_and_desk(frozen: time_machine.Traveller) -> None:
    people.customer("zoe")
    swim, yoga = sessions.session("swim/1", "2026-12-01T17:00"), sessions.session("yoga/1", "2026-12-01T17:30")
    touching = sessions.session("yoga/2", "2026-12-01T18:00")
    first = book(SYSTEM, swim, "zoe")[0]
    with pytest.raises(Refused) as clash:
        book(SYSTEM, yoga, "zoe")
    assert rules_of(clash) == ["B3"]
    with pytest.raises(Refused, match="booked into"):
        book(SYSTEM, swim, "zoe", anyway=True)
    book(SYSTEM, touching, "zoe")
    second = book(SYSTEM, yoga, "zoe", anyway=True)[0]
    frozen.move_to(datetime(2026, 11, 30, 16, 0, 1, tzinfo=UTC))
    with pytest.raises(Refused, match="2026-11-30") as late:
        cancelling.cancel(SYSTEM, first.booking)
    assert rules_of(late) == ["B4"]
    assert cancelling.cancel(SYSTEM, first.booking, late=True).reversed_minor == 0
    attending.note(SYSTEM, second.booking, BookingState.ATTENDED)
    with pytest.raises(Refused, match="attended"):
        cancelling.cancel(SYSTEM, second.booking, late=True)
    assert balance("zoe") == -3600


def test_b12_l15_b6_who_may_not_and_who_pays() -> None:
    olga = family()
    stranger = families.person("stranger")
    swim = sessions.session("swim/1", "2026-12-01T17:00", age_from=5, age_to=10)
    with pytest.raises(Missing):
        book(stranger, swim, "mia")
    with pytest.raises(NotAllowed):
        book(olga, swim, "adam")
    assert book(families.as_("adam"), swim, "mia", payer=BookingPayer.SUBJECT)[0].paid_by == "mia"
    with pytest.raises(Refused) as old:
        book(olga, swim, "olga", payer=BookingPayer.OWNER)
    assert rules_of(old) == ["B1"]
    families.change("olga", own_status="blocked", blocked_cause="by_hand", born_on=date(2017, 1, 1))
    with pytest.raises(Refused) as blocked:
        book(olga, swim, "olga")
    assert rules_of(blocked) == ["B12"]
    people.customer("main")
    people.customer("sub")
    people.link("main", "sub")
    assert book(SYSTEM, sessions.session("gym/1", "2026-12-03T10:00"), "sub")[0].paid_by == "main"


@writes
def call_off(session: str) -> list[GivenBack]:
    row = session_rows.by_references([session])[session]
    calling_off.hold_everybody([row.id])
    return calling_off.give_back(SYSTEM, session_rows.hold([row.id])[row.id], clock.now())


def test_b2_a_session_that_is_called_off_gives_everything_back_and_promotes_nobody() -> None:
    for name in ("a", "b", "c"):
        people.customer(name)
    families.choose(charge_bookings="next_invoice")
    swim = sessions.session("swim/1", "2026-12-01T17:00", capacity=2)
    done = [*book(SYSTEM, swim, "a", "b"), *book(SYSTEM, swim, "c", wait=True)]
    assert [len(future_items.waiting(families.profile(name).id, 9)) for name in ("a", "b", "c")] == [1, 1, 0]
    assert balance("a") == 0
    found = call_off(swim)
    assert [(one.subject.reference, one.waited, one.back_minor) for one in found] == [
        ("a", False, 1200),
        ("b", False, 1200),
        ("c", True, 0),
    ]
    assert sessions.taken(swim) == 0
    assert [future_items.waiting(families.profile(name).id, 9) for name in ("a", "b")] == [[], []]
    assert {booking.rows.find(one.booking).state.value for one in done} == {"cancelled"}  # type: ignore[union-attr]


def test_what_doctor_finds_of_places_and_charges_and_what_ties_a_customer() -> None:
    people.customer("a")
    swim = sessions.session("swim/1", "2026-12-01T17:00")
    done = book(SYSTEM, swim, "a")[0]
    found = checks.CHECKS
    assert [check.find() for check in found] == [[], [], []]
    assert [str(reason.message) for reason in ties.TIES.find(families.profile("a"))] == ["A has 1 booking to come."]
    spoil("UPDATE session SET taken = 2, state = 'cancelled'", "UPDATE booking SET price_minor = 1")
    said = " ".join(str(sentence) for check in found for sentence in check.find())
    assert "counts 2 places as taken, but 1 are booked" in said
    assert "is cancelled, but 1 are booked" in said
    assert f"Booking {done.booking}" in said


@writes
def spoil(*statements: str) -> None:
    for statement in statements:
        db.session.execute(text(statement))


def test_b2_the_worker_passes_on_what_a_basket_left_and_reminds_once(frozen: time_machine.Traveller) -> None:
    zoe = families.person("zoe")
    for name in ("a", "b"):
        people.customer(name)
    swim = sessions.session("swim/1", "2026-12-01T17:00", capacity=2)
    baskets.add(zoe, [sessions.public_id(swim)], [families.profile("zoe").public_id])
    book(SYSTEM, swim, "a")
    with pytest.raises(Refused, match="held for somebody"):
        book(SYSTEM, swim, "b")
    book(SYSTEM, swim, "b", wait=True)
    assert upkeep.run_due().promoted == 0
    frozen.move_to(datetime(2026, 11, 22, 9, 36, tzinfo=UTC))
    assert upkeep.run_due().promoted == 1
    looked = baskets.look(zoe)
    assert looked is not None
    assert looked.held_until is None
    assert [reason.rule for reason in looked.reasons] == ["B2"]
    frozen.move_to(datetime(2026, 11, 30, 17, 0, tzinfo=UTC))
    before = len(posted())
    assert (upkeep.run_due().reminded, upkeep.run_due().reminded) == (2, 0)
    assert [to for _, to in posted()[before:]] == ["a@example.test", "b@example.test"]
    assert baskets.look(zoe) is None


def test_b12_bookings_of_blocked_customers_stay_or_go_by_the_setting() -> None:
    for name in ("a", "b"):
        people.customer(name)
    swim = sessions.session("swim/1", "2026-12-01T17:00", capacity=1)
    book(SYSTEM, swim, "a")
    book(SYSTEM, swim, "b", wait=True)
    families.change("a", own_status="blocked", blocked_cause="by_hand")
    assert upkeep.run_due().cancelled == 0
    families.choose(keep_bookings_of_blocked=False)
    assert upkeep.run_due().cancelled == 1
    assert (balance("a"), balance("b"), sessions.taken(swim)) == (0, -1200, 1)
