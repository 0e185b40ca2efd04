"""`flask message`: writing to many customers at once, what became of it, and what people decline (O2)."""

from __future__ import annotations

import click

from portal.actions.messages import preferences, sending, showing
from portal.actions.messages.sending import Foreseen, Wanted
from portal.actions.messages.showing import Shown
from portal.cli.answers import acting, acting_for, answering, as_anybody, as_json, as_login, show, told
from portal.cli.terminal import echo
from portal.rules.messages import filters as rules
from portal.rules.messages.states import CopyState, MessageKind, Way

_KINDS = click.Choice([one.value for one in MessageKind])


@click.group("message")
def message() -> None:
    """Messages to many customers."""


@message.command("send")
@click.option("--template", help="The template with its words, by its name.")
@click.option("--subject", help="What it is about, in one line.")
@click.option("--text", help="What it says; an empty line begins a paragraph.")
@click.option("--kind", required=True, type=_KINDS, help="What it is about: news and service can be declined.")
@click.option("--filter", "pairs", multiple=True, required=True, metavar="NAME=VALUE",
              help=f"Who is to get it; all of them hold at once. Names: {', '.join(rules.NAMES)}.")  # fmt: skip
@click.option("--channel", default=Way.EMAIL.value, show_default=True, metavar="WAYS",
              help="email, sms, portal: of several, each gets it by the first that reaches them.")  # fmt: skip
@click.option("--test-to", metavar="LOGIN", help="Send one copy to whoever signs in so, and none to anybody else.")
@click.option("--dry-run", is_flag=True, help="Say who would get it, and send nothing.")
@click.option("--external-id", help="An id of your own: the same again sends nothing more.")
@as_login
@as_json
@answering
def send(
    template: str | None,
    subject: str | None,
    text: str | None,
    kind: str,
    pairs: tuple[str, ...],
    channel: str,
    test_to: str | None,
    dry_run: bool,
    external_id: str | None,
    acting_as: str | None,
    json_wanted: bool,
) -> None:
    """Send a message to every customer that the filters find now."""
    if bool(template) == bool(subject or text):
        raise click.UsageError("Name a template, or write a subject and a text: one of the two.")
    actor = acting(acting_as)
    wanted = Wanted(
        MessageKind(kind),
        rules.read(_pairs(pairs)),
        subject or "",
        text or "",
        template or "",
        _ways(channel),
        external_id=external_id,
    )
    if test_to:
        address = sending.send_test(actor, wanted, test_to)
        _tested(address, json_wanted)
    elif dry_run:
        _foresee(sending.foresee_all(actor, wanted), json_wanted)
    else:
        _tell(showing.one(actor, sending.send(actor, wanted)), json_wanted)


@message.command("show")
@click.argument("number", metavar="MESSAGE")
@as_login
@as_json
@answering
def show_one(number: str, acting_as: str | None, json_wanted: bool) -> None:
    """Show MESSAGE with what became of everybody's copy."""
    _tell(showing.one(acting(acting_as), number), json_wanted)


@message.command("stop")
@click.argument("number", metavar="MESSAGE")
@as_login
@as_json
@answering
def stop(number: str, acting_as: str | None, json_wanted: bool) -> None:
    """Let MESSAGE go no further; what has left cannot be called back."""
    actor = acting(acting_as)
    sending.stop(actor, number)
    _tell(showing.one(actor, number), json_wanted)


@message.command("preference")
@click.argument("customer")
@click.argument("kind", type=_KINDS)
@click.argument("wanted", type=click.Choice(["on", "off"]))
@as_anybody
@as_json
@answering
def preference(customer: str, kind: str, wanted: str, acting_as: str | None, json_wanted: bool) -> None:
    """Let CUSTOMER get messages of KIND, or not. What concerns money always arrives."""
    done = preferences.switch(acting_for(acting_as), customer, MessageKind(kind), wanted == "on")
    if json_wanted:
        show({"customer": done.customer, "kind": done.kind.value, "on": done.on})
        return
    echo(f"{done.customer} {'gets' if done.on else 'gets no'} messages of the kind {done.kind.value}.")


COMMANDS = (message,)


def _pairs(pairs: tuple[str, ...]) -> tuple[str, ...]:
    for pair in pairs:
        if "=" not in pair:
            raise click.UsageError(f"“{pair}” is not NAME=VALUE.")
    return pairs


def _ways(text: str) -> tuple[Way, ...]:
    words = [one.strip().casefold() for one in text.split(",") if one.strip()]
    known = {one.value: one for one in Way}
    strange = [one for one in words if one not in known]
    if strange or not words:
        raise click.UsageError(f"“{text}” is not one or several of {', '.join(known)}.")
    return tuple(dict.fromkeys(known[one] for one in words))


def _tested(address: str, json_wanted: bool) -> None:
    if json_wanted:
        show({"message": None, "state": "test", "recipients": [_plain("", address, CopyState.WAITING, "")]})
        return
    echo(f"A test goes to {address}.")


def _foresee(found: list[Foreseen], json_wanted: bool) -> None:
    copies = [
        _plain(
            one.customer,
            one.address,
            CopyState.LEFT_OUT if one.why else CopyState.WAITING,
            told(one.why.sentence(one.address, one.other)),
        )
        for one in found
    ]
    if json_wanted:
        show({"message": None, "state": "preview", "recipients": copies})
        return
    _list(copies)
    echo(f"{sum(not one.why for one in found)} of {len(found)} would get it. Nothing was sent.")


def _tell(found: Shown, json_wanted: bool) -> None:
    copies = [_plain(one.customer, one.address, one.state, told(showing.reason(one))) for one in found.copies]
    if json_wanted:
        show({"message": found.row.reference, "state": found.state.value, "recipients": copies})
        return
    echo(f"{found.row.reference}: {found.row.subject} ({found.state.value})")
    _list(copies)
    echo(f"{found.done} of {found.copies_in_all} have left; {found.count(CopyState.LEFT_OUT)} get none.")


def _plain(customer: str, address: str, state: CopyState, reason: str) -> dict[str, str]:
    return {"customer": customer, "address": address, "state": state.value, "reason": reason}


def _list(copies: list[dict[str, str]]) -> None:
    for one in copies:
        words = (one["customer"], one["address"], one["state"], one["reason"])
        echo("  ".join(word for word in words if word))
