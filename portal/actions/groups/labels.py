"""The list of labels: added, renamed, retired; one that somebody wears is never deleted (G4)."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from portal.actions import access
from portal.db.audit import records as audit
from portal.db.engine import snapshot, writes
from portal.db.groups import labels as group_labels
from portal.db.groups.labels import Label as Label
from portal.rules.deciding import Actor
from portal.rules.errors import Invalid, Missing, NotAllowed, Reason, Refused
from portal.rules.groups import LONGEST_LABEL, Rule
from portal.rules.permissions import Permission


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
        raise Invalid({"name": f"There is a label “{name}” already."}) from error
    audit.record(actor, "group.label", f"Added the label “{name}”", label=public_id)
    return public_id


@writes
def rename_label(actor: Actor, label: str, name: str) -> None:
    """Call a label otherwise, on every member that wears it. Raises Invalid and Missing."""
    _may(actor)
    found, name = _found(label), _named(name)
    other = group_labels.find(name)
    if other is not None and other.id != found.id:
        raise Invalid({"name": _taken(other)})
    if found.name != name:
        group_labels.rename(found.id, name)
        audit.record(actor, "group.label", f"Renamed the label “{found.name}” to “{name}”", label=found.public_id)


@writes
def retire_label(actor: Actor, label: str, retired: bool) -> Label:
    """Offer a label no more, or again; members that wear it keep it. Raises Missing."""
    _may(actor)
    found = _found(label)
    if found.retired is not retired:
        group_labels.retire(found.id, retired)
        word = "Retired the label" if retired else "Offered again the label"
        audit.record(actor, "group.label", f"{word} “{found.name}”", label=found.public_id)
    return found


@writes
def remove_label(actor: Actor, label: str) -> Label:
    """Delete a label that nobody ever wore. Raises Refused for one in use (G4), and Missing."""
    _may(actor)
    found = next((one for one in group_labels.labels(retired=True) if one.public_id == label), None)
    if found is None:
        raise Missing()
    if found.used:
        who = "One member or invitation carries it." if found.used == 1 else f"{found.used} carry it."
        raise Refused(
            [Reason(Rule.LABEL, f"The label “{found.name}” is in use. {who}", "Retire it instead.")],
            f"“{found.name}” can’t be deleted",
        )
    group_labels.remove(found.id)
    audit.record(actor, "group.label", f"Deleted the label “{found.name}”", label=found.public_id)
    return found


def _may(actor: Actor) -> None:
    """The list is the whole installation's, so an administrator who is bound to one partner does not edit it."""
    access.require(actor, Permission.GROUP_LABELS)
    if actor.partner_id is not None:
        raise NotAllowed("The labels are the same for every partner, and you look after one. Ask the operator.")


def _found(label: str) -> Label:
    found = group_labels.find(label)
    if found is None:
        raise Missing()
    return found


def _named(name: str) -> str:
    name = " ".join(name.replace("\0", "").split())
    if not name:
        raise Invalid({"name": "Enter the name of the label."})
    if len(name) > LONGEST_LABEL:
        raise Invalid({"name": f"Use at most {LONGEST_LABEL} characters for a label."})
    return name


def _taken(existing: Label) -> str:
    more = ", but it is retired. Offer it again instead" if existing.retired else " already"
    return f"There is a label “{existing.name}”{more}."
