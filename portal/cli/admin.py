"""`flask admin create`, `flask login reset` and `flask sessions end`: tools for whoever runs the portal."""

from __future__ import annotations

import json
import sys

import click

from portal.actions import logins
from portal.actions.logins import NewAdministrator
from portal.cli.answers import acting, answering, as_json, as_login
from portal.cli.terminal import echo
from portal.rules.holders import Role


@click.group("admin")
def admin() -> None:
    """Administrators."""


@admin.command("create")
@click.option("--email", required=True, help="The address that signs in.")
@click.option("--name", required=True, help="The person's name.")
@click.option("--role", required=True, help=f"{', '.join(Role)}, or the name of a custom role.")
@click.option("--partner", help="Bind the administrator to this partner (name or public id).")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input, one line.")
@click.option("--mail", "by_mail", is_flag=True, help="Mail the link to choose a password instead of printing it.")
@as_login
@as_json
@answering
def create(
    email: str,
    name: str,
    role: str,
    partner: str | None,
    password_stdin: bool,
    by_mail: bool,
    acting_as: str | None,
    json_wanted: bool,
) -> None:
    """Add an administrator. Without a password, print or mail a link with which they choose one."""
    if password_stdin and by_mail:
        raise click.UsageError("Give a password or have a link mailed, not both.")
    made = logins.create_administrator(
        acting(acting_as),
        email=email,
        name=name,
        role=role,
        partner=partner,
        password=sys.stdin.readline().rstrip("\r\n") if password_stdin else None,
        by_mail=by_mail,
    )
    echo(_as_json(made) if json_wanted else _as_text(made))


@click.group("login")
def login() -> None:
    """Logins."""


@login.command("reset")
@click.argument("email", metavar="LOGIN")
@click.option("--show-link", is_flag=True, help="Print the link as well; for administrators whom no mail reaches.")
@as_login
@as_json
@answering
def reset(email: str, show_link: bool, acting_as: str | None, json_wanted: bool) -> None:
    """Mail LOGIN a link to choose a new password, and end the pause after failed tries."""
    sent = logins.reset_login(acting(acting_as), email, show_link=show_link)
    if json_wanted:
        echo(json.dumps({"email": sent.email, "until": sent.until.isoformat(), "link": sent.link}))
        return
    echo(f"A link to choose a new password is on its way to {sent.email}.")
    if sent.link:
        echo(f"It works once, until {sent.until:%Y-%m-%d %H:%M} UTC:\n{sent.link}")


@click.group("sessions")
def sessions() -> None:
    """Signed-in browsers."""


@sessions.command("end")
@click.argument("email", metavar="LOGIN", required=False)
@click.option("--all", "everybody", is_flag=True, help="Sign everybody out.")
@as_login
@as_json
@answering
def end(email: str | None, everybody: bool, acting_as: str | None, json_wanted: bool) -> None:
    """Sign LOGIN out everywhere, or everybody with --all."""
    if (email is None) == (not everybody):
        raise click.UsageError("Name one login, or say --all.")
    ended = logins.end_sessions(acting(acting_as), email)
    if json_wanted:
        echo(json.dumps({"ended": ended}))
    else:
        echo("One session ended." if ended == 1 else f"{ended} sessions ended.")


def _as_json(made: NewAdministrator) -> str:
    return json.dumps(
        {
            "public_id": made.public_id,
            "email": made.email,
            "name": made.name,
            "role": made.role.value if isinstance(made.role, Role) else made.role.name,
            "partner": made.partner or None,
            "link": made.link,
            "until": made.until.isoformat() if made.until else None,
        },
        ensure_ascii=False,
    )


def _as_text(made: NewAdministrator) -> str:
    where = f" for {made.partner}" if made.partner else ""
    lines = [f"{made.name} ({made.email}) is {made.role.label}{where}."]
    if made.link and made.until:
        lines += [f"They choose a password here, once, until {made.until:%Y-%m-%d %H:%M} UTC:", made.link]
    elif made.until:
        lines.append(f"A link to choose a password is on its way to {made.email}.")
    return "\n".join(lines)


COMMANDS = (admin, login, sessions)
