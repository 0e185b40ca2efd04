"""Staff look at the portal as one customer sees it: to read alone, for a reason, for half an hour (O7)."""

from __future__ import annotations

from datetime import timedelta

from portal.actions import access
from portal.db.audit import records as audit
from portal.db.customers import profiles as customers
from portal.db.engine import writes
from portal.db.logins import sessions
from portal.outside import clock
from portal.rules.deciding import Actor, Source
from portal.rules.errors import Invalid, Missing
from portal.rules.permissions import Permission
from portal.rules.sentences import Remark, say

LASTS = timedelta(minutes=30)
LONGEST_REASON = 500


@writes(once="customer.view_as", answer=None)
def begin(actor: Actor, session: str, customer: str, reason: str, *, once: str | None = None) -> None:
    """Let a signed-in session (its public id) show the portal as a customer sees it, from now for half an hour.

    The customer's own log tells it, with the reason. Raises Invalid without a reason, NotAllowed and Missing.
    """
    profile = customers.require(customer)
    access.require(actor, Permission.CUSTOMERS_VIEW_AS, profile)
    reason = " ".join(reason.split())
    if not reason:
        raise Invalid({"reason": say("Enter why you look. The customer can read it.")})
    if len(reason) > LONGEST_REASON:
        raise Invalid({"reason": say("Use at most {longest} characters here.", longest=LONGEST_REASON)})
    if actor.login_id is None or not sessions.belongs(actor.login_id, session):
        raise Missing()
    sessions.view(session, profile.id, clock.now() + LASTS)
    text = say("Looked at the portal as the customer sees it: {reason}", reason=Remark(reason))
    audit.record(actor, "customer.view_as", text, subject_id=profile.id, reason=reason)


@writes
def end(viewer: Actor, session: str) -> None:
    """Let the session show what it did before; where it shows no customer, nothing happens."""
    if viewer.login_id is None or not sessions.belongs(viewer.login_id, session):
        return
    if sessions.view(session, None, None) and viewer.customer_id is not None:
        text = say("Stopped looking at the portal as the customer sees it")
        audit.record(viewer, "customer.view_as_ended", text, subject_id=viewer.customer_id, grant=Source.STAFF)


@writes
def refused(viewer: Actor, what: str) -> None:
    """Remember that somebody who only looks tried to change something; `what` is the address."""
    text = say("Tried to change something while looking as the customer")
    audit.record(
        viewer, "customer.view_as_refused", text, subject_id=viewer.customer_id, grant=Source.STAFF, address=what[:200]
    )
