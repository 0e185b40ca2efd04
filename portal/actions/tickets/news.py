"""Mail about what was answered in a ticket, to whoever is on it and may still read it, and to whom staff gave it."""

from __future__ import annotations

from flask import current_app

from portal.actions.access import Profile
from portal.actions.letters import Envelope, send, short
from portal.actions.notices.texts import portal_address
from portal.actions.tickets import finding
from portal.config import Settings
from portal.db import outbox
from portal.db.logins import people as logins
from portal.db.tickets import reading, writing
from portal.db.tickets.reading import PersonRow, TicketFacts
from portal.outside.pens import pen_for
from portal.rules.deciding import Actor
from portal.rules.sentences import NOTHING, Sentence, say, verbatim
from portal.rules.tickets import mail as rules

LONGEST = 5_000
"""Characters of an answer in its mail; all of it is on the page."""


def tell(actor: Actor, ticket: TicketFacts, profile: Profile, text: str, files: int) -> None:
    """Queue a mail to everybody on a ticket but who wrote, in the running transaction. Notes are never told."""
    others = [one for one in reading.people(ticket.id) if one.login_id is None or one.login_id != actor.login_id]
    sent = [_to_customer(actor, ticket, profile, one, text, files) for one in others if finding.hears(one, profile)]
    if not actor.is_staff and ticket.assignee_id is not None:
        sent += _to_assignee(actor, ticket, profile, text, files)
    writing.sent(ticket.id, outbox.message_ids(sent))


def _to_customer(actor: Actor, ticket: TicketFacts, profile: Profile, one: PersonRow, text: str, files: int) -> str:
    person = logins.by_id(one.login_id) if one.login_id is not None else None
    own = person is None or person.customer_id == profile.id
    path = f"tickets/{ticket.public_id}" if own else f"for/{profile.public_id}/tickets/{ticket.public_id}"
    link = f"{portal_address()}/{path}" if person is not None else ""
    by = profile.partner_name if actor.system else actor.name
    return _send(ticket, profile, one.email, one.login_id, one.name, by, text, files, link)


def _to_assignee(actor: Actor, ticket: TicketFacts, profile: Profile, text: str, files: int) -> list[str]:
    assert ticket.assignee_id is not None
    person = logins.by_id(ticket.assignee_id)
    if person is None or not person.may_sign_in:
        return []
    link = f"{portal_address()}/staff/tickets/{ticket.public_id}"
    return [_send(ticket, profile, person.email, person.id, person.name, actor.name, text, files, link, by_mail=False)]


def _attached(files: int) -> Sentence:
    if not files:
        return NOTHING
    return say(
        "There is {count} file with it, which is in the portal.",
        "There are {count} files with it, which are in the portal.",
        count=files,
    )


def _send(
    ticket: TicketFacts,
    profile: Profile,
    to: str,
    login_id: int | None,
    name: str,
    by: str,
    text: str,
    files: int,
    link: str,
    *,
    by_mail: bool = True,
) -> str:
    settings: Settings = current_app.config["PORTAL_SETTINGS"]
    address = settings.tickets_address if by_mail else None
    about = short(ticket.subject)
    subject = verbatim(rules.tagged(about, ticket.token) if by_mail else about)
    return send(
        "ticket",
        Envelope(
            to,
            pen_for(profile.locale, profile.time_zone),
            profile.partner_name,
            profile.id,
            login_id,
            reply_to=rules.reply_address(address, ticket.token) if address else "",
        ),
        subject,
        person=name,
        by=by,
        about=profile.name,
        text=text if len(text) <= LONGEST else f"{text[:LONGEST]}…",
        attached=_attached(files),
        partner=profile.partner_name,
        link=link,
        can_reply=bool(address),
    )
