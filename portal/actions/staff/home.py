"""What staff see first: customers in figures, mail that waits or failed, and what happened to links lately."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portal.actions import access
from portal.db import outbox
from portal.db.audit import search as audit_search
from portal.db.audit.search import AuditFilter, AuditLine
from portal.db.customers.search import finding as customer_search
from portal.db.engine import snapshot
from portal.db.jobs import queue as jobs
from portal.rules.customers.status import Status
from portal.rules.deciding import Actor
from portal.rules.outbox import State
from portal.rules.permissions import Permission

LINES = 8


@dataclass(frozen=True, slots=True)
class Post:
    """The outbox in figures. `worker_alive` says whether anything is being sent at all."""

    waiting: int
    failed: int
    kept: int
    worker_alive: bool


@dataclass(frozen=True, slots=True)
class Dashboard:
    """What the first page shows. `post` and `links` are None without the rights to see them."""

    statuses: Mapping[Status, int]
    main_accounts: int
    sub_accounts: int
    post: Post | None
    links: Sequence[AuditLine] | None

    @property
    def customers(self) -> int:
        return sum(self.statuses.values())


@snapshot
def dashboard(actor: Actor) -> Dashboard:
    """The dashboard; an administrator bound to a partner sees that partner's figures."""
    access.require(actor, Permission.STAFF_HOME)
    bound_to = actor.partner_id
    links = None
    if actor.has(Permission.AUDIT_VIEW):
        links = audit_search.lines(AuditFilter(action="sub_accounts.", size=LINES * 2), bound_to=bound_to)
    return Dashboard(
        customer_search.status_counts(bound_to),
        *customer_search.link_counts(bound_to),
        _post(bound_to) if actor.has(Permission.OUTBOX_VIEW) else None,
        _once_each(links)[:LINES] if links is not None else None,
    )


def _post(bound_to: int | None) -> Post:
    counts = outbox.counts(bound_to)
    waiting = counts[State.QUEUED] + counts[State.SENDING]
    return Post(waiting, counts[State.FAILED] + counts[State.PARTLY], counts[State.KEPT], jobs.worker_alive())


def _once_each(lines: Sequence[AuditLine]) -> list[AuditLine]:
    """A change of a link is remembered for both customers; the main account's line repeats the other's."""
    return [line for line in lines if line.details.get("main") != line.customer_public_id]
