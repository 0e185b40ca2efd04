"""`flask membership`: what people hold, and what becomes of it (B5, B9, B10)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import click

from portal.actions.memberships import buying, changing, ending, freezing, renewing, show
from portal.actions.memberships.buying import Purchase
from portal.actions.memberships.effects import Effect
from portal.actions.memberships.show import ShownMembership
from portal.cli import answers
from portal.cli.amounts import billed_next, comes_to
from portal.cli.answers import acting_for, answering, as_anybody, as_json, end_refused, figure, foreseen, told
from portal.cli.terminal import echo
from portal.rules.bookings.states import BookingPayer
from portal.rules.days import NoDay, parse_day
from portal.rules.errors import Invalid, Reason
from portal.rules.periods import Period

_PAYERS = [one.value for one in BookingPayer if one is not BookingPayer.CHOICE]
_preview = click.option("--preview", is_flag=True, help="Say what would be done, and change nothing.")


@click.group("membership")
def membership() -> None:
    """Memberships: buy, renew, freeze, change and end them."""


@membership.command("buy")
@click.argument("plan")
@click.argument("customer")
@click.option("--from", "first", required=True, metavar="DAY", help="Its first day.")
@click.option("--payer", type=click.Choice(_PAYERS), help="Whose payer is charged; by the partner's rule by default.")
@click.option("--external-id", help="An id of your own: the same again buys nothing more.")
@_preview
@as_anybody
@as_json
@answering
def buy(
    plan: str,
    customer: str,
    first: str,
    payer: str | None,
    external_id: str | None,
    preview: bool,
    acting_as: str | None,
    json_wanted: bool,
) -> None:
    """Buy PLAN for CUSTOMER."""
    actor = acting_for(acting_as)
    through = BookingPayer(payer) if payer else BookingPayer.CHOICE
    wanted = Purchase(plan, customer, _day(first, "from"), through, external_id)
    if preview:
        found = buying.foresee(actor, wanted)
        _foresee(found.effect, found.reasons, json_wanted)
    else:
        _answer(buying.buy(actor, wanted), json_wanted)


@membership.command("show")
@click.argument("number", metavar="MEMBERSHIP")
@as_anybody
@as_json
@answering
def show_one(number: str, acting_as: str | None, json_wanted: bool) -> None:
    """Show MEMBERSHIP with its periods, what is left of it, and what was charged."""
    found = show.one(acting_for(acting_as), number)
    if json_wanted:
        answers.show(_as_json(found))
        return
    for line in _as_text(found):
        echo(line)


@membership.command("renew")
@click.argument("number", metavar="MEMBERSHIP")
@click.option("--payment", help="The payment that pays for it; one payment renews once.")
@_preview
@as_anybody
@as_json
@answering
def renew(number: str, payment: str | None, preview: bool, acting_as: str | None, json_wanted: bool) -> None:
    """Renew MEMBERSHIP by hand: it adds to the end, or begins anew today where that is over."""
    actor = acting_for(acting_as)
    if preview:
        _foresee(*renewing.foresee(actor, number, payment=payment), json_wanted)
    else:
        _answer(renewing.renew(actor, number, payment=payment), json_wanted)


@membership.command("end")
@click.argument("number", metavar="MEMBERSHIP")
@click.option("--on", "last", metavar="LAST DAY", help="Its last day; the end of what is granted by default.")
@click.option("--undo", is_flag=True, help="Take the end back while its last day is not over.")
@_preview
@as_anybody
@as_json
@answering
def end(number: str, last: str | None, undo: bool, preview: bool, acting_as: str | None, json_wanted: bool) -> None:
    """End MEMBERSHIP; until its last day everything works."""
    actor = acting_for(acting_as)
    if undo and last:
        raise click.UsageError("Name a last day, or take the end back: one of the two.")
    on = _day(last, "on") if last else None
    if undo and preview:
        _foresee(*ending.foresee_undo(actor, number), json_wanted)
    elif preview:
        _foresee(*ending.foresee(actor, number, on=on), json_wanted)
    else:
        _answer(ending.undo(actor, number) if undo else ending.end(actor, number, on=on), json_wanted)


@membership.command("freeze")
@click.argument("number", metavar="MEMBERSHIP")
@click.option("--from", "first", required=True, metavar="DAY", help="The first day of rest.")
@click.option("--to", "last", required=True, metavar="DAY", help="The last day of rest.")
@_preview
@as_anybody
@as_json
@answering
def freeze(number: str, first: str, last: str, preview: bool, acting_as: str | None, json_wanted: bool) -> None:
    """Freeze MEMBERSHIP: bookings on it in these days are cancelled, and the days are added to its end."""
    actor, days = acting_for(acting_as), Period(_day(first, "from"), _day(last, "to"))
    if preview:
        _foresee(*freezing.foresee(actor, number, days), json_wanted, bookings=True)
    else:
        _answer(freezing.freeze(actor, number, days), json_wanted, bookings=True)


@membership.command("unfreeze")
@click.argument("number", metavar="MEMBERSHIP")
@click.option("--from", "first", required=True, metavar="DAY", help="The first day in use again.")
@_preview
@as_anybody
@as_json
@answering
def unfreeze(number: str, first: str, preview: bool, acting_as: str | None, json_wanted: bool) -> None:
    """Use MEMBERSHIP again before its freeze is over; the rest of it is taken off the end."""
    actor, on = acting_for(acting_as), _day(first, "from")
    if preview:
        _foresee(*freezing.foresee_unfreeze(actor, number, on), json_wanted)
    else:
        _answer(freezing.unfreeze(actor, number, on), json_wanted)


@membership.command("change")
@click.argument("number", metavar="MEMBERSHIP")
@click.argument("plan")
@click.option("--from", "first", metavar="DAY", help="From when; today by default.")
@_preview
@as_anybody
@as_json
@answering
def change(number: str, plan: str, first: str | None, preview: bool, acting_as: str | None, json_wanted: bool) -> None:
    """Change MEMBERSHIP to PLAN: a dearer one at once, any other with the next period."""
    actor, on = acting_for(acting_as), _day(first, "from") if first else None
    if preview:
        _foresee(*changing.foresee(actor, number, plan, on=on), json_wanted)
    else:
        _answer(changing.change(actor, number, plan, on=on), json_wanted)


# Answers --------------------------------------------------------------------------------------------------------------


def _day(text: str, name: str) -> date:
    try:
        return parse_day(text)
    except NoDay as fault:
        raise Invalid({name: fault.sentence}) from None


def _foresee(effect: Effect | None, reasons: Sequence[Reason], json_wanted: bool, *, bookings: bool = False) -> None:
    if effect is None:
        if json_wanted:
            answers.show({"refused": [_reason(one) for one in reasons]})
    elif json_wanted:
        head = foreseen(effect.headline, effect.changes, effect.warnings, reasons)
        answers.show(head | _plain(effect, bookings=bookings))
    else:
        _tell(effect)
    end_refused(reasons)


def _reason(one: Reason) -> dict[str, str]:
    return {"rule": str(one.rule), "message": told(one.message), "remedy": told(one.remedy)}


def _answer(effect: Effect, json_wanted: bool, *, bookings: bool = False) -> None:
    answers.show(_plain(effect, bookings=bookings)) if json_wanted else _tell(effect)


def _tell(effect: Effect) -> None:
    name = f"  {effect.membership}" if effect.membership else ""
    echo(f"{told(effect.headline)}.{name}")
    for one in effect.amounts:
        days = f"{one.days.first.isoformat()} to {one.days.last.isoformat()}"
        share = f" ({one.number} of {one.of} days)" if one.number != one.of else ""
        echo(f"  {days}{share}: {figure(one.gross, effect.currency)} {effect.currency}")
    if effect.amounts:
        echo(f"  {figure(effect.total, effect.currency)} {effect.currency}, paid by {effect.payer.name}")
    for each in effect.bookings:
        echo(f"  cancels {told(each.what)}")
    for warning in effect.warnings:
        echo(f"  {told(warning)}")


def _plain(effect: Effect, *, bookings: bool) -> dict[str, object]:
    """What a deed does, as JSON."""
    found: dict[str, object] = {
        "membership": effect.membership or None,
        "plan": effect.plan,
        "customer": effect.holder.reference,
        "paid_by": effect.payer.reference,
        "state": effect.state.value,
        "from": effect.first.isoformat(),
        "until": _iso(effect.until),
        "ends_on": _iso(effect.ends_on),
        **comes_to(effect),
    }
    if bookings:
        found["bookings"] = [
            {"booking": one.booking, "starts_at": one.starts_at.isoformat(timespec="minutes")}
            for one in effect.bookings
        ]
    return found


def _iso(on: date | None) -> str | None:
    return on.isoformat() if on else None


def _as_json(found: ShownMembership) -> dict[str, object]:
    currency = found.payer.currency
    return {
        "membership": found.reference,
        "plan": found.plan.name,
        "customer": found.holder.reference,
        "paid_by": found.payer.reference,
        "state": found.state.value,
        "from": found.from_on.isoformat(),
        "until": _iso(found.until),
        "ends_on": _iso(found.ends_on),
        "periods": [
            {
                "from": one.first.isoformat(),
                "to": _iso(one.last),
                "plan": one.plan,
                "charged": figure(one.charged, currency),
                "charged_on": _iso(one.charged_on),
                "document": one.document or None,
            }
            for one in found.periods
        ],
        "included_left": found.included_left,
        "frozen": [{"from": one.first.isoformat(), "to": one.last.isoformat()} for one in found.frozen],
        "next": billed_next(found.upcoming, currency),
        "next_plan": found.next_plan[0] if found.next_plan else None,
    }


def _as_text(found: ShownMembership) -> list[str]:
    until = f"until {found.over_on.isoformat()}" if found.over_on else "without an end"
    lines = [f"{found.plan.name} of {found.holder.name}: {found.state.value}, from {found.from_on.isoformat()} {until}"]
    if found.included_left is not None:
        lines.append(f"  {found.included_left} visits left")
    for one in found.periods:
        last = one.last.isoformat() if one.last else "…"
        charged = f"{figure(one.charged, found.payer.currency)} {found.payer.currency} {one.document}".rstrip()
        lines.append(f"  {one.first.isoformat()} to {last}: {one.plan}, {charged}")
    lines += [f"  frozen from {one.first.isoformat()} to {one.last.isoformat()}" for one in found.frozen]
    if found.upcoming:
        amount = f"{figure(found.upcoming.minor, found.payer.currency)} {found.payer.currency}"
        lines.append(f"  renews on {found.upcoming.on.isoformat()} for {amount}")
    return lines


COMMANDS = (membership,)
