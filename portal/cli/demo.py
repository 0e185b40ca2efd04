"""`flask demo load`."""

from __future__ import annotations

from typing import Any

import click
from flask.cli import AppGroup
from tqdm import tqdm

from portal.actions import demo as actions
from portal.cli.answers import acting, answering, as_json, as_login, show
from portal.cli.terminal import echo

demo = AppGroup("demo", help="Data to try the portal with.")


@demo.command("load")
@click.option("--customers", type=click.IntRange(0, 2_000_000), default=0, help="How many made-up customers to add.")
@click.option("--postings", type=click.IntRange(0, 20_000_000), default=0, help="How many made-up entries to add.")
@as_login
@as_json
@answering
def load(customers: int, postings: int, acting_as: str | None, json_wanted: bool) -> None:
    """Load the demo people, or with --customers and --postings a large made-up data set."""
    actor = acting(acting_as)
    if customers or postings:
        with tqdm(total=max(customers, 1) + postings, unit="row", disable=json_wanted or None) as bar:
            loaded = actions.load_synthetic(actor, max(customers, 1), postings, lambda done, _: _move(bar, done))
    else:
        loaded = actions.load(actor)
    if json_wanted:
        show({"loaded": loaded.loaded, "customers": loaded.customers, "entries": loaded.entries})
    elif loaded.loaded:
        echo(f"{loaded.customers} customers and {loaded.entries} entries loaded.")
    else:
        echo("The demo is loaded already; nothing was changed.")


def _move(bar: tqdm[Any], done: int) -> None:
    bar.update(done - bar.n)


COMMANDS = [demo]
