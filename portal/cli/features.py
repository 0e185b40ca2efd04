"""`flask features`: what Operations switch on and off."""

from __future__ import annotations

import click

from portal.actions import groups
from portal.actions.groups import Switches
from portal.cli.answers import acting, answering, as_json, as_login, show
from portal.cli.terminal import echo

FEATURES = ("groups",)


@click.group("features")
def features() -> None:
    """Features that are switched on and off as a whole."""


@features.command("set")
@click.argument("feature", type=click.Choice(FEATURES))
@click.argument("state", type=click.Choice(["on", "off"]))
@click.option("--partner", metavar="PARTNER", help="Only for this partner (name or public id), whatever the others do.")
@as_login
@as_json
@answering
def switch(feature: str, state: str, partner: str | None, acting_as: str | None, json_wanted: bool) -> None:
    """Switch FEATURE on or off. Off hides it and suspends its grants; nothing is deleted."""
    sentence = groups.switch_groups(acting(acting_as), state == "on", partner)
    if json_wanted:
        show({"done": str(sentence), "feature": feature, "on": state == "on", "partner": partner})
    else:
        echo(f"{sentence}.")


@features.command("show")
@as_login
@as_json
@answering
def show_features(acting_as: str | None, json_wanted: bool) -> None:
    """Show how the features are switched, and what partners chose about them."""
    found = groups.group_switches(acting(acting_as))
    if json_wanted:
        show(_as_json(found))
    else:
        echo(_as_text(found))


def _as_json(found: Switches) -> dict[str, object]:
    return {
        "groups": {
            "on": found.installation,
            "partners": [
                {
                    "partner": one.name,
                    "own": one.groups_on,
                    "on": one.in_force,
                    "customers_create_groups": one.customers_create_groups,
                    "groups_per_customer": one.groups_per_customer,
                    "majority_age": one.majority_age,
                }
                for one in found.partners
            ],
        }
    }


def _as_text(found: Switches) -> str:
    lines = []
    if found.installation is not None:
        lines.append(f"Groups are {_word(found.installation)} for the installation.")
    for one in found.partners:
        own = "" if one.groups_on is None else ", its own choice"
        limit = "one group" if one.groups_per_customer == 1 else f"{one.groups_per_customer} groups"
        create = "; customers may create groups" if one.customers_create_groups else ""
        lines.append(
            f"{one.name}: {_word(one.in_force)}{own}; {limit} a customer, of age at {one.majority_age}{create}."
        )
    return "\n".join(lines)


def _word(on: bool) -> str:
    return "on" if on else "off"


COMMANDS = (features,)
