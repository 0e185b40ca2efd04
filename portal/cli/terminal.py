"""What commands print: nothing in a name or a text has powers over the terminal."""

from __future__ import annotations

import click

from portal.rules import outward


def echo(text: object = "", *, err: bool = False) -> None:
    """Print lines; what would move the cursor, colour or hide something is spelt out."""
    click.echo(outward.shown(str(text), keep="\n"), err=err)
