"""`flask service`: what a customer has, what is billed of it next, and what becomes of it (M1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import click

from portal.actions import services
from portal.actions.services import Coming, Shown, adding, changing
from portal.actions.services.adding import Wanted
from portal.actions.services.changing import Wish
from portal.actions.services.effects import Effect
from portal.cli import answers
from portal.cli.amounts import comes_to
from portal.cli.answers import acting_for, answering, as_anybody, as_json, end_refused, figure, foreseen, told
from portal.cli.terminal import echo
from portal.rules.amounts import NoAmount, number_text, parse_amount, parse_number
from portal.rules.days import NoDay, parse_day
from portal.rules.deciding import Actor
from portal.rules.errors import Invalid, Reason
from portal.rules.invoices.lines import QUANTITY_PLACES
from portal.rules.invoices.prices import Prices
from portal.rules.money import format_minor
from portal.rules.partners.settings import NotAllowedHere, tax_rate
from portal.rules.services import Deed, Period

_preview = click.option("--preview", is_flag=True, help="Say what would be done, and change nothing.")
_from = click.option("--from", "first", required=True, metavar="DAY", help="The day from which it counts.")
_periods = click.Choice([one.value for one in Period])


@click.group("service")
def service() -> None:
    """Services: recurring plans; add, change, pause, resume and stop them."""


@service.command("show")
@click.argument("customer")
@as_anybody
@as_json
@answering
def show_services(customer: str, acting_as: str | None, json_wanted: bool) -> None:
    """Show the services of CUSTOMER (external or public id), and what is billed of each next."""
    found = services.shown(acting_for(acting_as), customer)
    if json_wanted:
        answers.show({"services": [_as_json(one, found.currency) for one in found.rows]})
        return
    for one in found.rows:
        echo(_as_text(one, found.currency))
    if not found.rows:
        echo(f"{customer} has no services.")


@service.command("add")
@click.argument("customer")
@click.option("--plan", required=True, help="The text on the invoice.")
@click.option("--price", required=True, metavar="AMOUNT", help="For one of it and one period.")
@click.option("--number", default="1", metavar="N", help="How many of it; 1 by default.")
@click.option("--period", type=_periods, default=Period.MONTH.value, help="What the price is for; a month by default.")
@click.option("--tax-rate", "rate", metavar="PERCENT", help="The customer's by default.")
@click.option(
    "--prices",
    type=click.Choice([one.value for one in Prices]),
    help="What the price is; the partner's way by default.",
)
@_from
@click.option("--external-id", help="An id of your own: the same again adds nothing more.")
@_preview
@as_anybody
@as_json
@answering
def add(
    customer: str,
    plan: str,
    price: str,
    number: str,
    period: str,
    rate: str | None,
    prices: str | None,
    first: str,
    external_id: str | None,
    preview: bool,
    acting_as: str | None,
    json_wanted: bool,
) -> None:
    """Give CUSTOMER a service from a day on."""
    actor = acting_for(acting_as)
    wanted = Wanted(
        customer,
        plan,
        _amount(price, services.currency_of(actor, customer), "price"),
        _day(first),
        _number(number),
        Period(period),
        _rate(rate),
        Prices(prices) if prices else None,
        external_id,
    )
    if preview:
        _foresee(*adding.foresee(actor, wanted), json_wanted)
    else:
        _answer(adding.add(actor, wanted), json_wanted)


@service.command("change")
@click.argument("number_", metavar="SERVICE")
@_from
@click.option("--plan", help="Another plan.")
@click.option("--price", metavar="AMOUNT", help="Another price, for one of it and one period.")
@click.option("--number", metavar="N", help="Another number.")
@click.option("--period", type=_periods, help="Another period: a new one begins on that day.")
@click.option("--expect", metavar="AMOUNT", help="What it is meant to come to, with tax; refused where it does not.")
@_preview
@as_anybody
@as_json
@answering
def change(
    number_: str,
    first: str,
    plan: str | None,
    price: str | None,
    number: str | None,
    period: str | None,
    expect: str | None,
    preview: bool,
    acting_as: str | None,
    json_wanted: bool,
) -> None:
    """Change the plan, price, number or period of SERVICE from a day on."""
    actor = acting_for(acting_as)
    currency = services.currency_of_service(actor, number_)
    wish = Wish(
        number_,
        Deed.CHANGE,
        _day(first),
        plan,
        None if price is None else _amount(price, currency, "price"),
        None if number is None else _number(number),
        None if period is None else Period(period),
        None if expect is None else _amount(expect, currency, "expect"),
    )
    _do(actor, wish, preview, json_wanted)


def _deed(name: str, deed: Deed, text: str) -> click.Command:
    """A command that needs nothing but the service and the day."""

    @service.command(name, help=text)
    @click.argument("number", metavar="SERVICE")
    @_from
    @_preview
    @as_anybody
    @as_json
    @answering
    def command(number: str, first: str, preview: bool, acting_as: str | None, json_wanted: bool) -> None:
        _do(acting_for(acting_as), Wish(number, deed, _day(first)), preview, json_wanted)

    found: click.Command = command
    return found


_deed("pause", Deed.PAUSE, "Pause SERVICE; the day is the first one without it.")
_deed("resume", Deed.RESUME, "Let SERVICE go on from a day.")
_deed("stop", Deed.STOP, "Stop SERVICE; the day is the first one without it.")


# Answers --------------------------------------------------------------------------------------------------------------


def _do(actor: Actor, wish: Wish, preview: bool, json_wanted: bool) -> None:
    if preview:
        _foresee(*changing.foresee(actor, wish), json_wanted)
    else:
        _answer(changing.carry_out(actor, wish), json_wanted)


def _day(text: str) -> date:
    try:
        return parse_day(text)
    except NoDay as fault:
        raise Invalid({"from": fault.sentence}) from None


def _amount(text: str, currency: str, name: str) -> int:
    try:
        return parse_amount(text, currency)
    except NoAmount as fault:
        raise Invalid({name: fault.sentence}) from None


def _number(text: str) -> Decimal:
    try:
        return parse_number(text, QUANTITY_PLACES)
    except NoAmount as fault:
        raise Invalid({"number": fault.sentence}) from None


def _rate(text: str | None) -> Decimal | None:
    try:
        return None if text is None else tax_rate(text)
    except NotAllowedHere as fault:
        raise Invalid({"tax_rate": fault.sentence}) from None


def _foresee(effect: Effect | None, reasons: Sequence[Reason], json_wanted: bool) -> None:
    if effect is None:
        if json_wanted:
            refused = [
                {"rule": str(one.rule), "message": told(one.message), "remedy": told(one.remedy)} for one in reasons
            ]
            answers.show({"refused": refused})
    elif json_wanted:
        answers.show(foreseen(effect.headline, effect.changes, effect.dropped, reasons) | _plain(effect))
    else:
        _tell(effect)
    end_refused(reasons)


def _answer(effect: Effect, json_wanted: bool) -> None:
    answers.show(_plain(effect)) if json_wanted else _tell(effect)


def _tell(effect: Effect) -> None:
    name = f"  {effect.service}" if effect.service else ""
    echo(f"{told(effect.headline)}.{name}")
    for one in effect.amounts:
        days = f"{one.days.first.isoformat()} to {one.days.last.isoformat()}"
        share = f" ({one.number} of {one.of} days)" if one.number != one.of else ""
        echo(f"  {one.plan}, {days}{share}: {figure(one.gross, effect.currency)} {effect.currency}")
    if effect.amounts:
        echo(f"  {figure(effect.total, effect.currency)} {effect.currency}, paid by {effect.payer.name}")
    if effect.upcoming:
        echo(f"  next on {effect.upcoming.on.isoformat()}: {figure(effect.upcoming.minor, effect.currency)}")
    for sentence in effect.dropped:
        echo(f"  {told(sentence)}")


def _plain(effect: Effect) -> dict[str, object]:
    """What a deed does, as JSON."""
    currency = effect.currency
    found: dict[str, object] = {
        "service": effect.service or None,
        "public_id": effect.public_id or None,
        "plan": effect.plan,
        "customer": effect.holder.reference,
        "paid_by": effect.payer.reference,
        "state": effect.state.value,
        "from": effect.first.isoformat(),
        **comes_to(effect),
    }
    if effect.deed is Deed.STOP:
        found |= {"used": figure(effect.used, currency), "unused": figure(effect.unused, currency)}
    return found


def _as_json(one: Shown, currency: str) -> dict[str, object]:
    ahead, stopped, paid, now = one.ahead, one.row.stopped_on, one.row.paid_until, one.now
    return {
        "external_id": one.row.external_id,
        "public_id": one.row.public_id,
        "plan": now.plan,
        "price": format_minor(now.price_minor, currency),
        "number": number_text(now.number),
        "period": now.every.value,
        "state": one.state.value,
        "started_on": one.row.started_on.isoformat(),
        "stopped_on": stopped.isoformat() if stopped else None,
        "paid_until": paid.isoformat() if paid else None,
        "next": {
            "from": ahead.days.first.isoformat(),
            "to": ahead.days.last.isoformat(),
            "amount": format_minor(ahead.amount_minor, currency),
        }
        if ahead
        else None,
        "prices": one.row.prices.value,
        "tax_rate": number_text(one.rate),
        "changes": [_coming(each, currency) for each in one.coming],
    }


def _coming(one: Coming, currency: str) -> dict[str, Any]:
    return {
        "from": one.on.isoformat(),
        "deed": one.deed.value,
        "plan": one.plan,
        "price": format_minor(one.price_minor, currency),
        "number": number_text(one.number),
        "period": one.period.value,
        "state": one.state.value,
    }


def _as_text(one: Shown, currency: str) -> str:
    now = one.now
    price = f"{format_minor(now.price_minor, currency)} {currency} a {now.every.value}"
    number = number_text(now.number)
    parts = [now.plan, price if number == "1" else f"{number} × {price}", one.state.value]
    if one.ahead:
        days, amount = one.ahead.days, format_minor(one.ahead.amount_minor, currency)
        parts.append(f"next {amount} for {days.first.isoformat()} to {days.last.isoformat()}")
    parts += [f"{each.deed.value} on {each.on.isoformat()}" for each in one.coming]
    return ", ".join(parts)


COMMANDS = (service,)
