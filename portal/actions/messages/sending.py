"""Sending a message to many: a look at it, a test to oneself, freezing who gets it, and stopping it (O2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from portal.actions import access
from portal.actions.messages import choosing, writing
from portal.db.audit import records as audit
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.db.logins import people as logins
from portal.db.messages import reading, templates
from portal.db.messages import sending as rows
from portal.db.messages.reading import MessageRow
from portal.db.messages.sending import NewMessage
from portal.db.partners import settings as partners
from portal.outside import clock
from portal.rules.deciding import Actor
from portal.rules.errors import Invalid, Missing, Reason, Refused
from portal.rules.messages import texts
from portal.rules.messages.filters import Filters
from portal.rules.messages.sharing import Copy
from portal.rules.messages.states import MessageKind, MessageState, Way, Why
from portal.rules.partners import DEFAULTS
from portal.rules.permissions import Permission
from portal.rules.sentences import say

RULE = "O2"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A message as somebody wrote it. A `template` by its name gives the words; `due_at` is when it is to leave, None
    for at once.
    """

    kind: MessageKind
    filters: Filters
    subject: str = ""
    text: str = ""
    template: str = ""
    ways: tuple[Way, ...] = (Way.EMAIL,)
    due_at: datetime | None = None
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """Who gets a copy, because of whom (whose names are `people`), and by which way."""

    reader: Profile
    because_of: Profile
    way: Way
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What sending would do: how many match and get a copy, how many do not and why, the first of those who do, and
    the message as the one at `place` among them gets it.
    """

    subject: str
    matching: int
    gets: int
    left_out: dict[Why, int]
    first: tuple[Reader, ...]
    place: int = 0
    seen_subject: str = ""
    seen: list[list[str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would become of one customer's copy; `other` is the customer whose copy goes to the same address."""

    customer: str
    address: str
    way: Way | None
    why: Why
    other: str = ""


@writes(once="message.send", answer=str)
def send(actor: Actor, wanted: Wanted, *, once: str | None = None) -> str:
    """Send a message to everybody who matches now; its reference. The same external id sends nothing again.

    Raises Invalid, Missing, NotAllowed, and Refused where the external id is another message's or nobody gets it.
    """
    wanted = _checked(actor, wanted)
    if (there := _there(actor, wanted)) is not None:
        return there.reference
    found, at = choosing.chosen(actor, wanted.filters), clock.now()
    due_at = wanted.due_at or at
    new = NewMessage(
        external_id=wanted.external_id,
        partner_id=found.partner_id,
        kind=wanted.kind,
        subject=wanted.subject,
        text=wanted.text,
        ways=",".join(one.value for one in wanted.ways),
        filters=wanted.filters.kept,
        state=MessageState.SCHEDULED if due_at > at else MessageState.SENDING,
        due_at=due_at,
        actor=actor.label,
    )
    key, public_id = rows.add(new, at)
    gets = 0
    for some in choosing.copies(found, wanted.kind, wanted.ways, wanted.filters):
        rows.add_copies(key, some)
        gets += sum(not one.why for one in some)
    if not gets:
        raise Refused([_nobody(len(found.ids))])
    text = say(
        "“{subject}” sent to {count} customer", "“{subject}” sent to {count} customers",
        count=gets, subject=wanted.subject,
    )  # fmt: skip
    audit.record(actor, "message.send", text, message=public_id, filters=wanted.filters.kept, kind=wanted.kind.value)
    return wanted.external_id or public_id


@snapshot
def zone_of(actor: Actor, partner: str) -> str:
    """The time zone of the partner with this public id, or the usual one where none is chosen. Raises NotAllowed."""
    access.require(actor, Permission.MESSAGES_SEND)
    known = {one.public_id: one.settings.time_zone for one in partners.partners(actor.partner_id)}
    return known.get(partner, DEFAULTS.time_zone)


@snapshot
def foresee(actor: Actor, wanted: Wanted, *, place: int = 0) -> Preview:
    """What sending would do. Raises as `send` does, but for nobody who gets it."""
    wanted = _checked(actor, wanted)
    counted = choosing.counted(choosing.chosen(actor, wanted.filters), wanted.kind, wanted.ways, wanted.filters)
    ids = {key for one in counted.first for key in (one.customer_id, one.reader_id or 0)}
    people = customers.by_ids(ids.union(*counted.shared.values()))
    first = tuple(
        Reader(
            people[one.reader_id],
            people[one.customer_id],
            one.way,
            tuple(people[key].name for key in (one.customer_id, *counted.shared[one.customer_id])),
        )
        for one in counted.first
        if one.reader_id and one.way
    )
    preview = Preview(wanted.subject, counted.matching, counted.gets, counted.left_out, first)
    if not first:
        return preview
    one = first[place % len(first)]
    subject, seen = writing.words(wanted.subject, wanted.text, one.reader, one.people)
    return replace(preview, place=place % len(first), seen_subject=subject, seen=seen)


@snapshot
def foresee_all(actor: Actor, wanted: Wanted) -> list[Foreseen]:
    """What would become of everybody's copy. Raises as `foresee` does."""
    wanted = _checked(actor, wanted)
    found = choosing.chosen(actor, wanted.filters)
    told: list[Foreseen] = []
    for some in choosing.copies(found, wanted.kind, wanted.ways, wanted.filters):
        told += _foreseen(some)
    return told


def _foreseen(some: Sequence[Copy]) -> list[Foreseen]:
    people = customers.by_ids({key for one in some for key in (one.customer_id, one.shared_with) if key is not None})
    return [
        Foreseen(
            people[one.customer_id].reference,
            one.address,
            one.way,
            one.why,
            people[one.shared_with].reference if one.shared_with else "",
        )
        for one in some
    ]


@writes(once="message.test", answer=str)
def send_test(actor: Actor, wanted: Wanted, login: str, *, once: str | None = None) -> str:
    """Send one copy by email to somebody who signs in, as the first of those who get it would have it; to where.

    Nobody else gets anything. Raises Invalid, Missing and NotAllowed.
    """
    wanted = _checked(actor, wanted)
    person = logins.by_email(login)
    if person is None or (actor.partner_id is not None and actor.partner_id != person.partner_id):
        raise Missing(say("Nobody signs in with {email}.", email=login[:200]))
    found = choosing.chosen(actor, wanted.filters)
    counted = choosing.counted(found, wanted.kind, wanted.ways, wanted.filters)
    people = customers.by_ids({one.reader_id for one in counted.first if one.reader_id})
    writing.hand_in_test(wanted.kind, wanted.subject, wanted.text, person, next(iter(people.values()), None))
    return person.email


@writes(once="message.stop", answer=int)
def stop(actor: Actor, message: str, *, once: str | None = None) -> int:
    """Let a message go no further; how many copies do not leave. Raises Missing, NotAllowed, and Refused where it is
    over already.
    """
    row = found_for(actor, message)
    if row.state in (MessageState.SENT, MessageState.STOPPED):
        text = say("“{subject}” is over: nothing of it waits.", subject=row.subject)
        raise Refused([Reason(RULE, text, say("What has left cannot be called back."))])
    number = rows.stop(row.id, clock.now())
    text = say(
        "“{subject}” stopped: {count} copy did not leave", "“{subject}” stopped: {count} copies did not leave",
        count=number, subject=row.subject,
    )  # fmt: skip
    audit.record(actor, "message.stop", text, message=row.public_id)
    return number


def found_for(actor: Actor, message: str) -> MessageRow:
    """A message that the actor may see. Raises Missing and NotAllowed."""
    access.require(actor, Permission.MESSAGES_SEND)
    row = reading.named(message.strip())
    if row is None or actor.partner_id not in (None, row.partner_id):
        raise Missing(say("There is no message “{name}”.", name=message[:100]))
    return row


def _checked(actor: Actor, wanted: Wanted) -> Wanted:
    """A message with its words, which are as they must be. Raises Invalid, Missing and NotAllowed."""
    access.require(actor, Permission.MESSAGES_SEND)
    if wanted.template:
        found = templates.named(wanted.template)
        if found is None:
            raise Missing(say("There is no template “{name}”.", name=wanted.template[:100]))
        wanted = replace(wanted, subject=found.subject, text=found.text, template="")
    wanted = replace(wanted, subject=wanted.subject.strip(), text=wanted.text.replace("\r\n", "\n").strip())
    if not wanted.ways:
        raise Invalid({"ways": say("Choose by which way it comes.")})
    texts.check(wanted.subject, wanted.text, wanted.ways)
    return wanted


def _there(actor: Actor, wanted: Wanted) -> MessageRow | None:
    """The message that has the external id already. Raises Refused where it says something else."""
    row = reading.named(wanted.external_id) if wanted.external_id else None
    if row is None:
        return None
    same = (row.kind, row.subject, row.text, row.filters, row.asked_ways)
    if same == (wanted.kind, wanted.subject, wanted.text, wanted.filters.kept, wanted.ways) and (
        actor.partner_id in (None, row.partner_id)
    ):
        return row
    message = say("“{id}” is a message already, with other words or for others.", id=wanted.external_id or "")
    raise Refused([Reason(RULE, message, say("Choose another external id."))])


def _nobody(matching: int) -> Reason:
    message = say(
        "Nobody would get it: {count} customer matches.", "Nobody would get it: {count} customers match.",
        count=matching,
    )  # fmt: skip
    return Reason(RULE, message, say("Choose other filters, or another way."))
