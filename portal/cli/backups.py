"""`flask backup` and `flask restore`: one file with the database and the stored files."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from portal.actions import backups
from portal.cli.answers import answering, as_json, show
from portal.cli.terminal import echo


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@as_json
@answering
def backup(file: Path, json_wanted: bool) -> None:
    """Write the database and the stored files into FILE, also while the portal runs."""
    done = backups.back_up(file)
    if json_wanted:
        show(asdict(done))
        return
    echo(f"{done.path}: the database and {_files(done.files)}, {done.size} bytes. Settings and keys are not in it.")


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--replace", is_flag=True, help="Also over a database that is in use; the old one is kept aside (SQLite)."
)
@as_json
@answering
def restore(file: Path, replace: bool, json_wanted: bool) -> None:
    """Bring FILE back, which `flask backup` wrote, with the portal stopped."""
    done = backups.restore(file, replace=replace)
    if json_wanted:
        show(asdict(done))
        return
    echo(f"Restored what was backed up on {done.made_at}, with {_files(done.files)} that were not here.")
    echo("Now run: flask db upgrade, and flask doctor. Whoever was removed since then is back: remove them again.")


def _files(count: int) -> str:
    return "one file" if count == 1 else f"{count} files"


COMMANDS = (backup, restore)
