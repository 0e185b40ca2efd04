"""`flask config`: the settings of a partner."""

from __future__ import annotations

import click

from portal.actions.partners import settings
from portal.cli.answers import acting, answering, as_json, as_login, show, told
from portal.cli.terminal import echo
from portal.rules.errors import Invalid
from portal.rules.sentences import say


@click.group("config")
def config() -> None:
    """What a partner chose."""


@config.command("show")
@click.argument("partner")
@as_login
@as_json
@answering
def show_config(partner: str, acting_as: str | None, json_wanted: bool) -> None:
    """Show every setting of PARTNER (its name or public id)."""
    found = settings.values_of(acting(acting_as), partner)
    if json_wanted:
        show({"partner": found.name, "public_id": found.public_id, "currency": found.currency, **found.values})
        return
    echo(f"{found.name}, {found.currency}")
    for name, value in found.values.items():
        echo(f"{name}={value}".replace("\n", "\\n"))


@config.command("set")
@click.argument("partner")
@click.argument("values", nargs=-1, required=True, metavar="NAME=VALUE...")
@as_login
@as_json
@answering
def set_config(partner: str, values: tuple[str, ...], acting_as: str | None, json_wanted: bool) -> None:
    """Set settings of PARTNER (its name or public id), all of them or none. An address has \\n between its lines."""
    given: dict[str, str] = {}
    for one in values:
        name, sign, text = one.partition("=")
        if not sign or name in given:
            raise Invalid({name: say("“{text}” is not one NAME=VALUE for each setting.", text=one[:60])})
        given[name] = text.replace("\\n", "\n")
    actor = acting(acting_as)
    changed = settings.change(actor, partner, given)
    if json_wanted:
        found = settings.values_of(actor, partner)
        show(
            {
                "done": [told(one) for one in changed],
                "partner": found.name,
                "settings": {name: found.values[name] for name in given},
            }
        )
    elif changed:
        echo(f"Changed {', '.join(told(one) for one in changed)}.")
    else:
        echo("Nothing changed.")


COMMANDS = (config,)
