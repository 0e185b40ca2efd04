"""Templates of messages to many: words that are used again (O2)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.exc import IntegrityError

from portal.actions import access
from portal.db.audit import records as audit
from portal.db.engine import snapshot, writes
from portal.db.messages import templates as rows
from portal.db.messages.templates import TemplateRow as TemplateRow
from portal.outside import clock
from portal.rules.deciding import Actor
from portal.rules.errors import Conflict, Invalid, Missing
from portal.rules.messages.states import Way
from portal.rules.messages.texts import check
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.rules.texts import name as tidied

LONGEST_NAME = 100
CHANGED = say("Somebody else changed this template in the meantime. Look at it again.")


@snapshot
def every(actor: Actor) -> Sequence[TemplateRow]:
    """All of them by name. Raises NotAllowed."""
    access.require(actor, Permission.MESSAGES_SEND)
    return rows.every()


@snapshot
def one(actor: Actor, template: str) -> TemplateRow:
    """One of them by its public id. Raises Missing and NotAllowed."""
    return _found(actor, template)


@writes(once="message.template", answer=str)
def keep(
    actor: Actor,
    template: str | None,
    name: str,
    subject: str,
    text: str,
    *,
    version: int = 0,
    once: str | None = None,
) -> str:
    """Keep a new template, or change one by its public id; its public id.

    Raises Invalid, Conflict, Missing and NotAllowed.
    """
    found = _found(actor, template) if template else None
    access.require(actor, Permission.MESSAGES_SEND)
    name, subject, text = tidied(name), subject.strip(), text.replace("\r\n", "\n").strip()
    if not name or len(name) > LONGEST_NAME:
        raise Invalid({"name": say("Enter a name of at most {longest} characters.", longest=LONGEST_NAME)})
    check(subject, text, (Way.EMAIL,))
    other = rows.named(name)
    if other is not None and (found is None or other.id != found.id):
        raise Invalid({"name": say("There is a template “{name}” already.", name=other.name)})
    public_id = _kept(actor, found, name, subject, text, version)
    audit.record(actor, "message.template", say("Template “{name}” kept", name=name), template=public_id)
    return public_id


def _kept(actor: Actor, found: TemplateRow | None, name: str, subject: str, text: str, version: int) -> str:
    if found is None:
        try:
            return rows.add(name, subject, text, actor.label, clock.now())
        except IntegrityError as taken:
            raise Conflict(say("There is a template “{name}” already.", name=name)) from taken
    values = {"name": name, "subject": subject, "text": text}
    if found.version != version or not rows.change(found.id, values, version):
        raise Conflict(CHANGED)
    return found.public_id


@writes(once="message.template.remove", answer=None)
def remove(actor: Actor, template: str, *, once: str | None = None) -> None:
    """Forget a template; what was sent keeps its words. Raises Missing and NotAllowed."""
    found = _found(actor, template)
    rows.remove(found.id)
    text = say("Template “{name}” removed", name=found.name)
    audit.record(actor, "message.template", text, template=found.public_id)


def _found(actor: Actor, template: str) -> TemplateRow:
    access.require(actor, Permission.MESSAGES_SEND)
    found = rows.by_public_id(template)
    if found is None:
        raise Missing()
    return found
