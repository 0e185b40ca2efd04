"""`flask demo load`."""

from __future__ import annotations

import json
from typing import Any

import click
from flask.cli import AppGroup
from tqdm import tqdm

from portal.actions import demo as actions
from portal.rules.errors import PortalError

demo = AppGroup("demo", help="Data to try the portal with.")


@demo.command("load")
@click.option("--customers", type=click.IntRange(0, 2_000_000), default=0, help="How many made-up customers to add.")
@click.option("--postings", type=click.IntRange(0, 20_000_000), default=0, help="How many made-up entries to add.")
@click.option("--json", "as_json", is_flag=True, help="Print a machine-readable answer.")
def load(customers: int, postings: int, as_json: bool) -> None:
    """Load the demo people, or with --customers and --postings a large made-up data set."""
    try:
        if customers or postings:
            with tqdm(total=max(customers, 1) + postings, unit="row", disable=as_json or None) as bar:
                loaded = actions.load_synthetic(max(customers, 1), postings, lambda done, _: _move(bar, done))
        else:
            loaded = actions.load()
    except PortalError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        click.echo(json.dumps({"loaded": loaded.loaded, "customers": loaded.customers, "entries": loaded.entries}))
    elif loaded.loaded:
        click.echo(f"{loaded.customers} customers and {loaded.entries} entries loaded.")
    else:
        click.echo("The demo is loaded already; nothing was changed.")


def _move(bar: tqdm[Any], done: int) -> None:
    bar.update(done - bar.n)


COMMANDS = [demo]
