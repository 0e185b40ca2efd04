"""The list of labels: added, renamed, retired; one that somebody wears is never deleted (G4)."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from portal.actions import access
from portal.db.audit import records as audit
from portal.db.engine import snapshot, writes
from portal.db.groups import labels as group_labels
from portal.db.groups.labels import Label as Label
from portal.rules import texts
from portal.rules.deciding import Actor
from portal.rules.errors import Invalid, Missing, NotAllowed, Reason, Refused
from portal.rules.groups import LONGEST_LABEL, Rule
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say


@snapshot
def labels() -> list[Label]:
    """The labels that can be chosen now."""
    return group_labels.labels()


@snapshot
def all_labels(actor: Actor) -> list[Label]:
    """Every label, retired ones included, for whoever edits the list. Raises NotAllowed."""
    _may(actor)
    return group_labels.labels(retired=True)


@writes
def add_label(actor: Actor, name: str) -> str:
    """A new label; its public id. Raises Invalid for a name that is empty, too long or there already."""
    _may(actor)
    name = _named(name)
    existing = group_labels.find(name)
    if existing is not None:
        raise Invalid({"name": _taken(existing)})
    try:
        public_id = group_labels.add(name)
    except IntegrityError as error:
        raise Invalid({"name": say("There is a label “{name}” already.", name=name)}) from error
    audit.record(actor, "group.label", say("Added the label “{name}”", name=name), label=public_id)
    return public_id


@writes
def rename_label(actor: Actor, label: str, name: str) -> None:
    """Call a label otherwise, on every member that wears it. Raises Invalid and Missing."""
    _may(actor)
    renamed, name = _find(label), _named(name)
    other = group_labels.find(name)
    if other is not None and other.id != renamed.id:
        raise Invalid({"name": _taken(other)})
    if renamed.name != name:
        group_labels.rename(renamed.id, name)
        text = say("Renamed the label “{before}” to “{after}”", before=renamed.name, after=name)
        audit.record(actor, "group.label", text, label=renamed.public_id)


@writes
def retire_label(actor: Actor, label: str, retired: bool) -> Label:
    """Offer a label no more, or again; members that wear it keep it. Raises Missing."""
    _may(actor)
    wanted = _find(label)
    if wanted.retired is not retired:
        group_labels.retire(wanted.id, retired)
        text = say("Retired the label “{name}”", name=wanted.name)
        if not retired:
            text = say("Offered again the label “{name}”", name=wanted.name)
        audit.record(actor, "group.label", text, label=wanted.public_id)
    return wanted


@writes
def remove_label(actor: Actor, label: str) -> Label:
    """Delete a label that nobody ever wore. Raises Refused for one in use (G4), and Missing."""
    _may(actor)
    unused = next((known for known in group_labels.labels(retired=True) if known.public_id == label), None)
    if unused is None:
        raise Missing()
    _refuse_used(unused)
    group_labels.remove(unused.id)
    text = say("Deleted the label “{name}”", name=unused.name)
    audit.record(actor, "group.label", text, label=unused.public_id)
    return unused


def _refuse_used(label: Label) -> None:
    if label.used:
        message = say(
            "The label “{name}” is in use. One member or invitation carries it.",
            "The label “{name}” is in use. {count} carry it.",
            count=label.used,
            name=label.name,
        )
        reason = Reason(Rule.LABEL, message, say("Retire it instead."))
        raise Refused([reason], say("“{name}” can’t be deleted", name=label.name))


def _may(actor: Actor) -> None:
    """The list is the whole installation's, so an administrator who is bound to one partner does not edit it."""
    access.require(actor, Permission.GROUP_LABELS)
    if actor.partner_id is not None:
        raise NotAllowed(say("The labels are the same for every partner, and you look after one. Ask the operator."))


def _find(label: str) -> Label:
    found = group_labels.find(label)
    if found is None:
        raise Missing()
    return found


def _named(name: str) -> str:
    name = texts.name(name)
    if not name:
        raise Invalid({"name": say("Enter the name of the label.")})
    if len(name) > LONGEST_LABEL:
        text = say(
            "Use at most {count} character for a label.",
            "Use at most {count} characters for a label.",
            count=LONGEST_LABEL,
        )
        raise Invalid({"name": text})
    return name


def _taken(existing: Label) -> Sentence:
    if existing.retired:
        return say("There is a label “{name}”, but it is retired. Offer it again instead.", name=existing.name)
    return say("There is a label “{name}” already.", name=existing.name)
