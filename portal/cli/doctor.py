"""`flask doctor`: whether what is stored is sound."""

from __future__ import annotations

import sys

import click

from portal.actions import doctor as actions
from portal.actions.doctor import Examination
from portal.cli.answers import answering, as_json, show
from portal.cli.terminal import echo


@click.command("doctor")
@as_json
@answering
def doctor(json_wanted: bool) -> None:
    """Check everything that must always be true of the data; exit 1 with what is broken."""
    found = actions.examine()
    if json_wanted:
        show(_as_json(found))
    else:
        for finding in found.findings:
            echo(f"{'BROKEN' if finding.problems else 'ok':<6}  {finding.claim}")
        echo("Everything is sound." if found.sound else "Something is broken; see above and below.")
    for warning in found.warnings:
        echo(f"Warning: {warning}", err=True)
    for finding in found.findings:
        for problem in finding.problems:
            echo(problem, err=True)
    if not found.sound:
        sys.exit(1)


def _as_json(found: Examination) -> dict[str, object]:
    return {
        "sound": found.sound,
        "checks": [
            {"check": str(f.claim), "ok": not f.problems, "problems": list(map(str, f.problems))}
            for f in found.findings
        ],
        "warnings": list(map(str, found.warnings)),
    }


COMMANDS = (doctor,)
