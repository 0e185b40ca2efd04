"""The words of a message as each person gets them, and a copy as mail or text message (O2)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence

from flask import current_app

from portal.actions.letters import Envelope, send
from portal.actions.notices.texts import portal_address
from portal.db import outbox
from portal.db.customers.profiles import Profile
from portal.db.logins.people import Person
from portal.db.messages.sending import Waiting
from portal.outside.pens import pen_for
from portal.rules.messages.states import MessageKind, Way
from portal.rules.messages.texts import filled, paragraphs
from portal.rules.sentences import say, verbatim

PURPOSE = "message"
_MAC = 15


def words(subject: str, text: str, reader: Profile, people: Sequence[str]) -> tuple[str, list[list[str]]]:
    """Subject and paragraphs as one person gets them; `people` are the names of all whom it concerns."""
    pen = pen_for(reader.locale, reader.time_zone)
    places = {
        "first name": reader.given_name or reader.name,
        "name": reader.name,
        "people": pen.listed(list(people)) if people else reader.name,
    }
    line = " ".join(filled(subject, places).split())
    return line[:300], paragraphs(filled(text, places))


def hand_in(one: Waiting, reader: Profile, people: Sequence[str]) -> str:
    """Put a copy into the outbox in the running transaction: its public id there, "" for one in the portal."""
    if one.way is Way.PORTAL:
        return ""
    subject, text = words(one.subject, one.text, reader, people)
    if one.way is Way.SMS:
        return outbox.queue_sms(
            purpose=PURPOSE,
            to=one.address,
            subject=verbatim(subject),
            text="\n\n".join("\n".join(lines) for lines in text),
            customer_id=one.customer_id,
        )
    decline = f"{portal_address()}/unsubscribe/{token(one.id)}" if one.kind is MessageKind.NEWS else ""
    pen = pen_for(reader.locale, reader.time_zone)
    envelope = Envelope(one.address, pen, reader.partner_name, one.customer_id, None, unsubscribe=decline)
    return send(PURPOSE, envelope, verbatim(subject), paragraphs=text, partner=reader.partner_name, decline_url=decline)


def hand_in_test(kind: MessageKind, subject: str, text: str, person: Person, reader: Profile | None) -> str:
    """Put a test into the outbox in the running transaction, as `reader` would get it."""
    settings = person.settings
    line, body = words(subject, text, reader, [reader.name]) if reader else (subject, paragraphs(text))
    partner = reader.partner_name if reader else person.partner_name
    decline = f"{portal_address()}/" if kind is MessageKind.NEWS else ""
    envelope = Envelope(person.email, pen_for(settings.locale, settings.time_zone), partner, None, person.id)
    headline = say("Test: {subject}", subject=line[:250])
    return send(PURPOSE, envelope, headline, paragraphs=body, partner=partner, decline_url=decline)


def token(copy_id: int) -> str:
    """What stands for a copy in the address that declines news, with its proof: nothing of it is stored."""
    secret = str(current_app.config["SECRET_KEY"]).encode()
    mac = hmac.new(secret, f"unsubscribe:{copy_id}".encode(), hashlib.sha256).digest()[:_MAC]
    return f"{copy_id}-{base64.urlsafe_b64encode(mac).decode()}"


def copy_of(given: str) -> int | None:
    """The key of the copy behind such an address; None for one that is none."""
    number, _, _ = given.partition("-")
    if not (given.isascii() and number.isdecimal() and len(number) <= 18):
        return None
    return int(number) if hmac.compare_digest(given, token(int(number))) else None
