"""`flask serve`: the whole portal with one command, the pages and the worker, watched over until it is told to stop."""

from __future__ import annotations

import json
import resource
import socket
import sys

import click
import flask_migrate
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import func, select

from portal.cli.answers import answering, as_json
from portal.cli.supervisor import STOP_SECONDS, Child, supervise
from portal.cli.terminal import echo
from portal.config import Settings
from portal.db import soundness
from portal.db.engine import db
from portal.db.tables import Administrator, Customer, Login, StaffRole
from portal.rules.errors import PortalError
from portal.rules.sentences import say

DEMO_ADDRESSES = "%@demo.example"

HEADERS_MILLISECONDS = 20_000
"""A connection on which no whole request begins for so long is closed, new or old (R21)."""

LARGEST_HEADERS = 64 * 1024
BACKLOG = 4096
MOST_CONNECTIONS = 8192
"""Of each web process; what the system lets it open may be less."""
FILES_BESIDES = 256
"""What a web process opens besides connections: the database, files on their way, its own code."""


@click.command("serve")
@as_json
@with_appcontext
@answering
def serve(json_wanted: bool) -> None:
    """Migrate, load demo data into an empty database, and serve the portal with its worker."""
    settings: Settings = current_app.config["PORTAL_SETTINGS"]
    _refuse_taken_port(settings)
    if fault := soundness.trouble():
        raise PortalError(fault)
    flask_migrate.upgrade()
    if not settings.production and _is_empty():
        from portal.actions import demo  # only here: the demo's machinery is no part of an ordinary start

        demo.load()
    welcome = json.dumps(_address(settings), ensure_ascii=False) if json_wanted else _welcome(settings)
    db.engine.dispose()
    current_app.extensions["assets"].prepare()
    children = [
        Child("web", web_command(settings)),
        Child("worker", [sys.executable, "-m", "flask", "--app", "app", "worker"]),
    ]
    sys.exit(supervise(children, ready=lambda: _listens(settings), announce=lambda: echo(welcome)))


def web_command(settings: Settings) -> list[str]:
    """What starts the web server, from this process, which is allowed as many connections as it may have."""
    return [
        *(sys.executable, "-m", "granian", "--interface", "rsgi", "--no-ws", "--http", "1"),
        *("--host", settings.host, "--port", str(settings.port)),
        *("--workers", str(settings.web_workers)),
        *("--backlog", str(BACKLOG), "--backpressure", str(allow_connections())),
        *("--http1-header-read-timeout", str(HEADERS_MILLISECONDS), "--http1-buffer-size", str(LARGEST_HEADERS)),
        *("--workers-kill-timeout", str(STOP_SECONDS - 5), "--respawn-failed-workers"),
        *("--log-level", "debug" if settings.log_level == "DEBUG" else "warning"),
        "app:served",
    ]


def allow_connections() -> int:
    """Let this process and those it starts open as many files as they may; how many connections that allows (R21)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + FILES_BESIDES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    allowed = wanted if soft == resource.RLIM_INFINITY else min(wanted, soft)
    return max(128, allowed - FILES_BESIDES)


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _refuse_taken_port(settings: Settings) -> None:
    """Fail now, with a sentence, when another program has our port; the web server would share it in silence."""
    with socket.socket(_family(settings.host), socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise PortalError(
                say(
                    "Cannot listen at {address} ({reason}). Stop the program that does, or choose another port with "
                    "PORTAL_PORT.",
                    address=f"{settings.host}:{settings.port}",
                    reason=error.strerror or "",
                )
            ) from error


def _listens(settings: Settings) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104
    with socket.socket(_family(host), socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, settings.port)) == 0


def _is_empty() -> bool:
    """Whether nobody has used this database yet: it holds no customer and no login."""
    return not any(db.session.scalar(select(table.id).limit(1)) for table in (Customer, Login))


def _address(settings: Settings) -> dict[str, object]:
    """Where the portal is and who can sign in, as `--json` says it once everything answers."""
    people = [] if settings.production else _demo_people()
    return {
        "url": f"{settings.base_url}/",
        "staff": f"{settings.base_url}/staff",
        "demo_people": [{"email": email, "who": who} for email, who in people],
        "demo_password": settings.demo_password if people else None,
        "mail_kept_here": settings.mail_server is None,
    }


def _welcome(settings: Settings) -> str:
    lines = [f"\nKith is at {settings.base_url}/ (stop it with Ctrl-C)."]
    people = [] if settings.production else _demo_people()
    if people:
        width = max(len(email) for email, _ in people)
        lines.append(f"\nThese demo people can sign in, all with the password {settings.demo_password}\n")
        lines += [f"  {email:<{width}}  {who}" for email, who in people]
        lines.append(f"\nStaff sign in at {settings.base_url}/staff")
    if settings.mail_server is None:
        lines.append("No mail server is set (PORTAL_MAIL_URL): mail stays in the outbox, where staff can read it.")
    return "\n".join(lines) + "\n"


def _demo_people() -> list[tuple[str, str]]:
    """The demo logins with who they are, customers first."""
    rows = db.session.execute(
        select(Login.email, Login.name, func.coalesce(StaffRole.name, Administrator.role))
        .outerjoin(Administrator, Administrator.id == Login.administrator_id)
        .outerjoin(StaffRole, StaffRole.id == Administrator.role_id)
        .where(Login.email.like(DEMO_ADDRESSES), Login.disabled_at.is_(None))
        .order_by(Login.administrator_id.is_not(None), Login.id)
        .limit(40)
    )
    return [(email, f"{name} (staff: {role.replace('_', ' ')})" if role else name) for email, name, role in rows]


COMMANDS = [serve]
