"""Notices of blocking for tests: switching them on, letting their hour come, and a gateway for text messages."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sqlalchemy import select

from portal.actions import notices
from portal.actions.customers import status as customer_status
from portal.db import notices as rows
from portal.db.customers import profiles as customers
from portal.db.engine import db
from portal.db.notices import Told
from portal.db.tables import BlockingNotice, Partner
from portal.rules.customers.status import Status
from portal.rules.deciding import SYSTEM, Actor
from portal.rules.notices import NoticeSettings

HOUR = 18
"""At which notices go out here: in Prague it is 10:30 when the tests begin, so seven and a half hours later."""


def wanted(**changes: Any) -> NoticeSettings:
    return replace(NoticeSettings(on=True, hour=HOUR), **changes)


def switch_on(of: str = "Harbour Net", **changes: Any) -> None:
    """Let a partner's blocked customers be told."""
    notices.save(SYSTEM, partner_id(of), wanted(**changes))


def partner_id(name: str = "Harbour Net") -> str:
    """The public id of a partner."""
    db.session.rollback()
    return db.session.scalars(select(Partner.public_id).where(Partner.name == name)).one()


def set_to(reference: str, status: Status, actor: Actor = SYSTEM) -> None:
    """Change a customer's own status by hand."""
    db.session.rollback()
    found = customers.by_reference(reference)
    assert found is not None
    customer_status.change(actor, found.public_id, status)


def block(reference: str) -> None:
    set_to(reference, Status.BLOCKED)


def told(reference: str) -> list[Told]:
    """The notices to a customer, newest first."""
    db.session.rollback()
    db.session.expire_all()
    found = customers.by_reference(reference)
    assert found is not None
    return rows.told(found.id)


def waiting() -> list[BlockingNotice]:
    """Every notice that waits for its hour, in the order in which they were written."""
    db.session.rollback()
    db.session.expire_all()
    query = select(BlockingNotice).where(BlockingNotice.state == "waiting")
    return list(db.session.scalars(query.order_by(BlockingNotice.id)))


@dataclass
class SmsGateway:
    """What an SMS gateway took, and how it answers. `on_message` is called before it does."""

    port: int = 0
    arrived: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    on_message: Callable[[], None] | None = None

    @property
    def url(self) -> str:
        """For PORTAL_SMS_URL."""
        return f"json://kith:sesame@127.0.0.1:{self.port}/send?:to={{to}}"


@contextmanager
def sms_gateway() -> Iterator[SmsGateway]:
    """A gateway on loopback that takes JSON, until the block ends."""
    gateway = SmsGateway()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            gateway.arrived.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            if gateway.on_message is not None:
                gateway.on_message()
            self.send_response(gateway.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    gateway.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield gateway
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
