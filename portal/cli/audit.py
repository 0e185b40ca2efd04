"""`flask audit`: who did what for whom (O8)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import click

from portal.actions import audit as log
from portal.actions.audit import AuditLine
from portal.cli.answers import acting, answering, as_json, as_login, show, told
from portal.cli.terminal import echo

_day = click.DateTime(["%Y-%m-%d"])


@click.command("audit")
@click.option("--customer", default="", help="Only what concerned this one (external or public id).")
@click.option("--action", default="", help="Only this deed, or with a point at its end all of its kind: invoice.")
@click.option("--from", "first", type=_day, help="From this day on.")
@click.option("--to", "last", type=_day, help="Until this day, itself included.")
@as_login
@as_json
@answering
def audit(
    customer: str,
    action: str,
    first: datetime | None,
    last: datetime | None,
    acting_as: str | None,
    json_wanted: bool,
) -> None:
    """Show the audit log, newest first: at most ten thousand lines."""
    found = log.entries(
        acting(acting_as),
        customer=customer.strip(),
        action=action.strip(),
        first=first.date() if first else None,
        last=last.date() if last else None,
    )
    if json_wanted:
        show({"entries": [_as_json(line) for line in found]})
        return
    for line in found:
        about = f" [{line.customer_reference}]" if line.customer_reference else ""
        echo(f"{line.at:%Y-%m-%d %H:%M:%S}  {line.actor}  {line.action}{about}  {told(line.text)}")
    if not found:
        echo("Nothing is in the log.")


def _as_json(line: AuditLine) -> dict[str, object]:
    old, new = _values(line.details)
    return {
        "at": line.at.isoformat(),
        "actor": line.actor,
        "subject": line.customer_reference or None,
        "grant": line.grant,
        "deed": line.action,
        "text": told(line.text),
        "reason": str(line.details.get("reason", "")),
        "old": old,
        "new": new,
        "details": {name: value for name, value in line.details.items() if name not in ("fields", "reason")},
    }


def _values(details: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Old and new values of the fields that were changed."""
    fields = details.get("fields")
    pairs = fields if isinstance(fields, Mapping) else {}
    changed = {name: pair for name, pair in pairs.items() if isinstance(pair, list | tuple) and len(pair) == 2}
    return {name: pair[0] for name, pair in changed.items()}, {name: pair[1] for name, pair in changed.items()}


COMMANDS = (audit,)
