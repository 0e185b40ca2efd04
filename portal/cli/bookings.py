"""`flask book`, `flask booking` and `flask waiting`: places in sessions."""

from __future__ import annotations

from typing import NamedTuple

import click

from portal.actions.bookings import attending, booking, cancelling, waiting
from portal.actions.bookings.answers import BookedOne, told
from portal.actions.bookings.planning import Plan, Planned, Wish
from portal.cli.answers import acting_for, answering, as_anybody, as_json, end_refused, figure, foreseen, show
from portal.cli.terminal import echo
from portal.rules.bookings.states import BookingPayer, BookingState
from portal.rules.money import Money
from portal.rules.sentences import Sentence, ordinal, say

_PAYERS = [one.value for one in BookingPayer if one is not BookingPayer.CHOICE]
_preview = click.option("--preview", is_flag=True, help="Say what would be booked, and book nothing.")


@click.command("book")
@click.argument("places", nargs=-1, required=True, metavar="SESSION CUSTOMER … | SESSION:CUSTOMER …")
@click.option("--payer", type=click.Choice(_PAYERS), help="Whose payer is charged; by the partner's rule by default.")
@click.option("--membership", help="The membership that is to count; one that does not is refused.")
@click.option("--wait", is_flag=True, help="Join the waiting list where no place is free.")
@click.option("--anyway", is_flag=True, help="Book it in spite of a clash.")
@_preview
@as_anybody
@as_json
@answering
def book(
    places: tuple[str, ...],
    payer: str | None,
    membership: str | None,
    wait: bool,
    anyway: bool,
    preview: bool,
    acting_as: str | None,
    json_wanted: bool,
) -> None:
    """Book places: SESSION for each CUSTOMER, or pairs with a colon between them. All of them or none."""
    actor = acting_for(acting_as)
    through = BookingPayer(payer) if payer else BookingPayer.CHOICE
    wishes = tuple(Wish(session, customer, through, membership, wait, anyway) for session, customer in _pairs(places))
    if preview:
        _foresee(booking.foresee(actor, wishes), json_wanted)
        return
    done = booking.book(actor, wishes)
    if json_wanted:
        show({"bookings": [as_plain(one) for one in done.bookings]})
        return
    for one in done.bookings:
        echo(_line(one))


def _pairs(places: tuple[str, ...]) -> list[tuple[str, str]]:
    """Session and customer of each place: the first word names the session unless it holds the customer too."""
    if len(places) > 1 and all(":" not in place for place in places[1:]):
        return [(places[0], customer) for customer in places[1:]]
    pairs = [(session, customer) for session, _, customer in (place.rpartition(":") for place in places)]
    if all(session and customer for session, customer in pairs):
        return pairs
    raise click.UsageError("Name a session and customers, or pairs such as SESSION:CUSTOMER.")


def as_plain(one: BookedOne) -> dict[str, object]:
    """A booking as JSON has it."""
    return {
        "booking": one.booking or None,
        "session": one.session,
        "customer": one.customer,
        "state": one.state,
        "price": figure(one.price_minor, one.currency),
        "paid_by": one.paid_by,
        "membership": one.membership,
    }


def _line(one: BookedOne) -> str:
    price = f"{figure(one.price_minor, one.currency)} {one.currency}"
    how = f"{price}, paid by {one.paid_by}" if one.membership is None else f"{price} with {one.membership}"
    if one.state == BookingState.WAITING.value:
        how = "nothing is charged yet"
    return f"{one.customer}, {one.session}: {one.state}, {how}.  {one.booking}".rstrip()


def _foresee(found: Plan, json_wanted: bool) -> None:
    lines = [told(one) for one in found.items]
    if json_wanted:
        headline = say("It would book {count} place", "It would book {count} places", count=len(lines))
        changes = [_change(one, plain) for one, plain in zip(found.items, lines, strict=True)]
        show({**foreseen(headline, changes, reasons=found.reasons), "bookings": [as_plain(one) for one in lines]})
    else:
        for one in lines:
            echo(_line(one))
    end_refused(found.reasons)


class _Change(NamedTuple):
    """A line of a preview."""

    what: Sentence
    before: Sentence
    after: Sentence


def _change(one: Planned, plain: BookedOne) -> _Change:
    what = say("{name} in {session}", name=one.subject.name, session=one.facts.title)
    if one.state is BookingState.WAITING:
        return _Change(what, say("no place"), say("waiting list, {place}", place=ordinal(one.place)))
    cost = Money(plain.price_minor, plain.currency)
    return _Change(
        what, say("no place"), say("booked for {amount}, paid by {payer}", amount=cost, payer=one.payer.name)
    )


@click.group("booking")
def one_booking() -> None:
    """One booking: cancel it, undo that, check in."""


@one_booking.command("cancel")
@click.argument("number", metavar="BOOKING")
@click.option("--late", is_flag=True, help="Cancel after the deadline; what it cost stays charged.")
@click.option("--reason", default="", help="Why; it stays with the booking.")
@as_anybody
@as_json
@answering
def cancel(number: str, late: bool, reason: str, acting_as: str | None, json_wanted: bool) -> None:
    """Cancel BOOKING, and pass its place on to who waits."""
    done = cancelling.cancel(acting_for(acting_as), number, late=late, reason=reason)
    back = figure(done.reversed_minor, done.currency)
    if json_wanted:
        show({"booking": done.booking, "state": done.state, "reversed": back, "benefit_back": done.benefit_back})
    else:
        echo(f"{done.booking} is cancelled; {back} {done.currency} taken back.")


@one_booking.command("undo")
@click.argument("number", metavar="BOOKING")
@as_anybody
@as_json
@answering
def undo(number: str, acting_as: str | None, json_wanted: bool) -> None:
    """Undo the cancellation of BOOKING while there is a place."""
    done = cancelling.undo(acting_for(acting_as), number)
    show(as_plain(done)) if json_wanted else echo(_line(done))


@one_booking.command("check-in")
@click.argument("number", metavar="BOOKING")
@as_anybody
@as_json
@answering
def check_in(number: str, acting_as: str | None, json_wanted: bool) -> None:
    """Note that whoever has BOOKING came."""
    done = attending.note(acting_for(acting_as), number, BookingState.ATTENDED)
    if json_wanted:
        show({"booking": done.booking, "customer": done.customer, "state": done.state})
    else:
        echo(f"{done.customer} is checked in.")


@click.group("waiting")
def waiting_list() -> None:
    """Waiting lists: promote, accept, leave."""


@waiting_list.command("promote")
@click.argument("session", required=False)
@click.argument("customer", required=False)
@as_anybody
@as_json
@answering
def promote(session: str | None, customer: str | None, acting_as: str | None, json_wanted: bool) -> None:
    """Give free places to who waits longest: in SESSION, or wherever somebody waits. With CUSTOMER to that one."""
    actor = acting_for(acting_as)
    done = waiting.catch_up(actor, session) if customer is None else waiting.promote_one(actor, session or "", customer)
    if json_wanted:
        show(
            {
                "promoted": [
                    {"booking": one.booking, "session": one.session, "customer": one.customer, "state": one.state}
                    for one in done.promoted
                ]
            }
        )
        return
    for one in done.promoted:
        echo(f"{one.customer}, {one.session}: {one.state}.")
    if not done.promoted:
        echo("Nobody could be promoted.")


@waiting_list.command("accept")
@click.argument("session")
@click.argument("customer")
@as_anybody
@as_json
@answering
def accept(session: str, customer: str, acting_as: str | None, json_wanted: bool) -> None:
    """Take the place in SESSION that is held for CUSTOMER."""
    done = waiting.accept(acting_for(acting_as), session, customer)
    show(as_plain(done)) if json_wanted else echo(_line(done))


@waiting_list.command("leave")
@click.argument("session")
@click.argument("customer")
@as_anybody
@as_json
@answering
def leave(session: str, customer: str, acting_as: str | None, json_wanted: bool) -> None:
    """Take CUSTOMER off the waiting list of SESSION."""
    done = waiting.leave(acting_for(acting_as), session, customer)
    if json_wanted:
        show({"booking": done.booking, "session": done.session, "customer": done.customer, "state": "cancelled"})
    else:
        echo(f"{done.customer} does not wait for {done.session} any more.")


COMMANDS = (book, one_booking, waiting_list)
