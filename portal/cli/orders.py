"""`flask order` and `flask catalogue`: what is ordered, and what can be (M2)."""

from __future__ import annotations

from collections.abc import Sequence

import click

from portal.actions import services
from portal.actions.orders import handling, placing, show
from portal.actions.orders.placing import OrderEffect, Wanted
from portal.actions.orders.show import Line, ShownOrder
from portal.cli import answers
from portal.cli.answers import acting_for, answering, as_anybody, as_json, end_refused, figure, foreseen
from portal.cli.terminal import echo
from portal.rules.amounts import NoAmount, number_text, parse_amount
from portal.rules.errors import Invalid, Reason
from portal.rules.orders import Item
from portal.rules.sentences import say


@click.group("order")
def order() -> None:
    """Orders: place, accept, fulfil and cancel them."""


@click.group("catalogue")
def catalogue() -> None:
    """The catalogue: what can be ordered."""


@order.command("place")
@click.argument("customer")
@click.argument("items", nargs=-1, required=True, metavar="ITEM[:NUMBER]...")
@click.option("--expect", metavar="AMOUNT", help="What it is meant to come to, with tax; refused where it does not.")
@click.option("--external-id", help="An id of your own: the same again orders nothing more.")
@click.option("--preview", is_flag=True, help="Say what would be done, and change nothing.")
@as_anybody
@as_json
@answering
def place(
    customer: str,
    items: tuple[str, ...],
    expect: str | None,
    external_id: str | None,
    preview: bool,
    acting_as: str | None,
    json_wanted: bool,
) -> None:
    """Order ITEM for CUSTOMER, or so many of it; stock is taken at once."""
    actor = acting_for(acting_as)
    expected = None
    if expect is not None:
        try:
            expected = parse_amount(expect, services.currency_of(actor, customer))
        except NoAmount as fault:
            raise Invalid({"expect": fault.sentence}) from None
    wanted = Wanted(customer, tuple(_item(one) for one in items), expected, external_id)
    if preview:
        _foresee(*placing.foresee(actor, wanted), json_wanted)
    else:
        _answer(placing.place(actor, wanted), json_wanted)


@order.command("show")
@click.argument("number", metavar="ORDER")
@as_anybody
@as_json
@answering
def show_one(number: str, acting_as: str | None, json_wanted: bool) -> None:
    """Show ORDER with its lines and how far it is."""
    _answer(show.one(acting_for(acting_as), number), json_wanted)


@order.command("accept")
@click.argument("number", metavar="ORDER")
@as_anybody
@as_json
@answering
def accept(number: str, acting_as: str | None, json_wanted: bool) -> None:
    """Accept ORDER: it waits for the payer's next invoice, and plans become services."""
    _answer(handling.accept(acting_for(acting_as), number), json_wanted)


@order.command("fulfil")
@click.argument("number", metavar="ORDER")
@as_anybody
@as_json
@answering
def fulfil(number: str, acting_as: str | None, json_wanted: bool) -> None:
    """Note that the customer has what ORDER asked for."""
    _answer(handling.fulfil(acting_for(acting_as), number), json_wanted)


@order.command("cancel")
@click.argument("number", metavar="ORDER")
@click.option("--reason", default="", help="Why.")
@as_anybody
@as_json
@answering
def cancel(number: str, reason: str, acting_as: str | None, json_wanted: bool) -> None:
    """Cancel ORDER: the stock gets back what it took, and what it charged is taken back."""
    _answer(handling.cancel(acting_for(acting_as), number, reason=reason), json_wanted)


@catalogue.command("show")
@click.argument("item")
@as_anybody
@as_json
@answering
def show_item(item: str, acting_as: str | None, json_wanted: bool) -> None:
    """Show ITEM of the catalogue: its price, and how many are left."""
    found = show.item(acting_for(acting_as), item)
    if json_wanted:
        answers.show(_item_plain(found))
        return
    stock = "" if found.stock is None else f", {found.stock} in stock"
    period = "" if found.kind.value == "item" else f" a {found.period.value}"
    echo(f"{found.name}: {_price(found)}{period}{stock}")


# Answers --------------------------------------------------------------------------------------------------------------


def _item(text: str) -> tuple[str, int]:
    """ITEM or ITEM:NUMBER; an id may hold a colon itself."""
    name, colon, number = text.rpartition(":")
    if not colon or not number.isascii() or not number.isdecimal():
        return text, 1
    if len(number) > 9:
        raise Invalid({"items": say("“{text}” is too many.", text=number[:40])})
    return name, int(number)


def _price(found: Item) -> str:
    price = found.price
    return f"{price:.2f}" if price == round(price, 2) else number_text(price)


def _item_plain(found: Item) -> dict[str, object]:
    return {
        "item": found.reference,
        "public_id": found.public_id,
        "name": found.name,
        "kind": found.kind.value,
        "price": _price(found),
        "prices": found.prices.value if found.prices else None,
        "tax_rate": number_text(found.rate) if found.rate is not None else None,
        "period": found.period.value if found.kind.value == "service" else None,
        "stock": found.stock,
        "offered": not found.retired,
    }


def _foresee(effect: OrderEffect, reasons: Sequence[Reason], json_wanted: bool) -> None:
    headline = say("An order for {name}", name=effect.customer.name)
    if json_wanted:
        plain = {
            "order": None,
            "state": None,
            "customer": effect.customer.reference,
            "paid_by": effect.payer.reference,
            "total": figure(effect.total, effect.currency),
            "lines": [_line(one, effect.currency) for one in effect.lines],
        }
        answers.show(foreseen(headline, (), (), reasons) | plain)
    else:
        echo(f"{answers.told(headline)}.")
        _tell(effect.lines, effect.currency, effect.total, effect.payer.name)
    end_refused(reasons)


def _answer(found: ShownOrder, json_wanted: bool) -> None:
    if json_wanted:
        plain = {
            "order": found.order,
            "public_id": found.public_id,
            "state": found.state.value,
            "customer": found.customer.reference,
            "paid_by": found.payer.reference,
            "total": figure(found.total, found.currency),
            "lines": [_line(one, found.currency) for one in found.lines],
        }
        answers.show(plain)
        return
    echo(f"Order {found.order} for {found.customer.name}: {found.state.value}")
    _tell(found.lines, found.currency, found.total, found.payer.name)


def _line(one: Line, currency: str) -> dict[str, object]:
    return {
        "item": one.item,
        "name": one.name,
        "number": str(one.number),
        "price": figure(one.price, currency),
        "net": figure(one.net, currency),
        "tax": figure(one.tax, currency),
        "gross": figure(one.gross, currency),
        "period": one.period.value if one.period else None,
    }


def _tell(lines: Sequence[Line], currency: str, total: int, payer: str) -> None:
    for one in lines:
        period = f" a {one.period.value}" if one.period else ""
        echo(f"  {one.number} × {one.name}: {figure(one.gross, currency)} {currency}{period}")
    echo(f"  {figure(total, currency)} {currency}, paid by {payer}")


COMMANDS = (order, catalogue)
