"""`flask link`, `mode`, `unlink` and `management`: sub-accounts, one at a time."""

from __future__ import annotations

import click

from portal.actions.customers.show import management_of
from portal.actions.links import sub_accounts
from portal.actions.links.previews import Change
from portal.actions.links.sub_accounts import LinkAnswer, LinkPreview
from portal.cli.answers import acting, answering, as_json, as_login, end_refused, foreseen, show, told
from portal.cli.terminal import echo
from portal.rules.links.facts import BillingMode
from portal.rules.sentences import say, verbatim

_mode = click.Choice([mode.value for mode in BillingMode])
_preview = click.option("--preview", is_flag=True, help="Say what would change, and change nothing.")


@click.command("link")
@click.argument("main")
@click.argument("sub")
@click.option("--mode", type=_mode, required=True, help="Who is billed: the main account, or the sub-account itself.")
@_preview
@as_login
@as_json
@answering
def link(main: str, sub: str, mode: str, preview: bool, acting_as: str | None, json_wanted: bool) -> None:
    """Make SUB a sub-account of MAIN."""
    actor, billing_mode = acting(acting_as), BillingMode(mode)
    if preview:
        _foresee(sub_accounts.preview_link(actor, main, sub, billing_mode), json_wanted)
    else:
        _tell(sub_accounts.link(actor, main, sub, billing_mode), json_wanted)


@click.command("mode")
@click.argument("sub")
@click.argument("mode", type=_mode)
@_preview
@as_login
@as_json
@answering
def change_mode(sub: str, mode: str, preview: bool, acting_as: str | None, json_wanted: bool) -> None:
    """Change the billing mode of SUB's link."""
    actor, billing_mode = acting(acting_as), BillingMode(mode)
    if preview:
        _foresee(sub_accounts.preview_mode(actor, sub, billing_mode), json_wanted)
    else:
        _tell(sub_accounts.change_mode(actor, sub, billing_mode), json_wanted)


@click.command("unlink")
@click.argument("sub")
@_preview
@as_login
@as_json
@answering
def unlink(sub: str, preview: bool, acting_as: str | None, json_wanted: bool) -> None:
    """End SUB's link to its main account."""
    actor = acting(acting_as)
    if preview:
        _foresee(sub_accounts.preview_unlink(actor, sub), json_wanted)
    else:
        _tell(sub_accounts.unlink(actor, sub), json_wanted)


@click.command("management")
@click.argument("main")
@click.argument("state", type=click.Choice(["on", "off"]))
@_preview
@as_login
@as_json
@answering
def management(main: str, state: str, preview: bool, acting_as: str | None, json_wanted: bool) -> None:
    """Switch sub-account management of MAIN on or off."""
    actor, on = acting(acting_as), state == "on"
    if preview:
        before = management_of(actor, main)
        sentence = f"Sub-account management of {before.name} would be switched {state}."
        if before.manages_sub_accounts is on:
            sentence = f"Sub-account management of {before.name} is {state} already."
        answer = {
            **foreseen(verbatim(sentence), [] if before.manages_sub_accounts is on else [_switch(on)]),
            "customer": before.reference,
            "before": before.manages_sub_accounts,
            "after": on,
        }
    else:
        after = sub_accounts.set_management(actor, main, on)
        sentence = f"{after.name}: sub-account management is {state}."
        answer = {"customer": after.reference, "management": after.manages_sub_accounts}
    show(answer) if json_wanted else echo(sentence)


def _switch(on: bool) -> Change:
    off, on_ = say("off"), say("on")
    return Change(say("Sub-account management"), off if on else on_, on_ if on else off)


def _tell(done: LinkAnswer, json_wanted: bool) -> None:
    if json_wanted:
        show({"done": told(done.sentence), "main": done.main, "sub": done.sub})
    else:
        echo(f"{told(done.sentence)}.")


def _foresee(preview: LinkPreview, json_wanted: bool) -> None:
    """Print a preview; exit 1 when rules refuse what it shows."""
    if json_wanted:
        show(
            {
                **foreseen(preview.headline, preview.changes, preview.warnings, preview.reasons),
                "main": preview.main.reference,
                "sub": preview.sub.reference,
                "mode": preview.mode.value,
            }
        )
    else:
        echo(told(preview.headline))
        for change in preview.changes:
            echo(f"  {told(change.what)}: {told(change.before)} → {told(change.after)}")
        for warning in preview.warnings:
            echo(f"  Note: {told(warning)}")
    end_refused(preview.reasons)


COMMANDS = (link, change_mode, unlink, management)
