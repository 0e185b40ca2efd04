"""The roles of administrators: four fixed ones, and those that the operator makes, copies, changes and deletes (O4).

Roles are the whole installation's, so an administrator who is bound to one partner reads them and changes none.
Nobody puts into a role what they do not hold themselves, nor changes a role that allows more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError

from portal.actions import access
from portal.db import idempotency as operations
from portal.db.audit import records as audit
from portal.db.engine import snapshot, writes
from portal.db.folding import fold
from portal.db.staff import administrators
from portal.db.staff import roles as staff_roles
from portal.db.staff.roles import StoredRole
from portal.rules import texts
from portal.rules.deciding import Actor, AnyRole, CustomRole
from portal.rules.errors import Invalid, Missing, NotAllowed, Reason, Refused
from portal.rules.holders import Role
from portal.rules.permissions import Permission
from portal.rules.roles import (
    ALWAYS,
    LONGEST_DESCRIPTION,
    LONGEST_NAME,
    WORDINGS,
    beyond,
    named,
    unmet,
)
from portal.rules.seen import unchanged
from portal.rules.sentences import NOTHING, Sentence, say, together, verbatim

_DEFAULT = say("This is a default role, the same everywhere. Copy it to change something.")


@dataclass(frozen=True, slots=True)
class RoleLine:
    """A role in the list; `holders` counts the administrators that the actor sees."""

    role: AnyRole
    holders: int

    @property
    def is_default(self) -> bool:
        return isinstance(self.role, Role)


@dataclass(frozen=True, slots=True)
class RolePage:
    """A role with who has it. `why_not` says why the actor cannot change it, NOTHING where it can.

    `mark` is that of what is shown; saving refuses when it has changed since.
    """

    role: AnyRole
    holders: list[str]
    why_not: Sentence
    mark: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A role as it is to be: what somebody typed and ticked."""

    name: str
    description: str
    permissions: frozenset[Permission]


@snapshot
def list_roles(actor: Actor) -> list[RoleLine]:
    """The default roles, then the custom ones by name."""
    access.require(actor, Permission.ADMINISTRATORS_MANAGE)
    return _all(actor)


@snapshot
def choices(actor: Actor, held: frozenset[Permission] = ALWAYS) -> list[tuple[AnyRole, frozenset[Permission]]]:
    """Every role for somebody who holds `held`, with what of it the actor cannot give because it lacks it itself."""
    access.require(actor, Permission.ADMINISTRATORS_MANAGE)
    return [(line.role, beyond(actor, line.role.permissions - held)) for line in _all(actor)]


@snapshot
def open_role(actor: Actor, word: str) -> RolePage:
    """One role, by its word or public id, with whoever of it the actor sees. Raises NotAllowed and Missing."""
    access.require(actor, Permission.ADMINISTRATORS_MANAGE)
    if word in {known.value for known in Role}:
        role = Role(word)
        people = [one.name for one in administrators.everybody(actor.partner_id) if one.role is role]
        return RolePage(role, people, _DEFAULT, "")
    found = _find(word)
    people = administrators.with_role(found.id, actor.partner_id)
    return RolePage(found.role, people, _why_not(actor, found.role), _mark(found.role))


def may_make(actor: Actor) -> bool:
    """Whether the actor makes and changes roles at all."""
    return actor.partner_id is None


@snapshot
def require_maker(actor: Actor) -> None:
    """Raises NotAllowed for whoever makes no roles."""
    _require_maker(actor)


@writes(once="role.create", answer=str)
def add_role(actor: Actor, draft: Draft, *, once: str | None = None) -> str:
    """A new role; its public id. Raises Invalid for `name`, `description` and `permissions`, and NotAllowed."""
    _require_maker(actor)
    draft = _checked(draft)
    access.require_no_more(actor, draft.permissions, _new_role_allows)
    _unique(draft.name)
    try:
        public_id = staff_roles.add(draft.name, draft.description, draft.permissions)
    except IntegrityError as error:
        raise Invalid({"name": _taken(draft.name)}) from error
    listed = _listed(draft.permissions)
    text = say("Added the role “{name}”: {permissions}", name=draft.name, permissions=listed)
    audit.record(actor, "role.create", text, role=public_id, permissions=sorted(p.value for p in draft.permissions))
    return public_id


@writes
def change_role(actor: Actor, public_id: str, draft: Draft, *, mark: str | None = None) -> bool:
    """Change a role for everybody who has it, from their next request on; whether anything was different.

    Raises Conflict when it changed since `mark`, Invalid for `name`, `description` and `permissions`, NotAllowed for
    a role that allows or would allow more than the actor, and Missing.
    """
    _require_maker(actor)
    found = _find(public_id, hold=True)
    access.require_no_more(actor, found.role.permissions, allows_more(found.role))
    stale = say("Somebody else changed {name} since you opened this page. Nothing was saved.", name=found.role.name)
    unchanged(mark, _mark(found.role), stale)
    draft = _checked(draft)
    before, after = found.role.permissions, draft.permissions
    access.require_no_more(actor, after - before, _would_allow(found.role))
    if (draft.name, draft.description, after) == (found.role.name, found.role.description, before):
        return False
    _unique(draft.name, besides=found.id)
    try:
        staff_roles.save(found.id, draft.name, draft.description, after)
    except IntegrityError as error:
        raise Invalid({"name": _taken(draft.name)}) from error
    values = [sorted(one.value for one in held) for held in (before, after)]
    audit.record(actor, "role.change", _change_text(found.role, draft), role=public_id, permissions=values)
    return True


@writes
def remove_role(actor: Actor, public_id: str) -> str:
    """Delete a role that nobody has; its name. Raises Refused with who has it, NotAllowed and Missing."""
    _require_maker(actor)
    found = _find(public_id, hold=True)
    access.require_no_more(actor, found.role.permissions, allows_more(found.role))
    people = administrators.with_role(found.id)
    if people:
        headline = say("“{name}” can’t be deleted yet", name=found.role.name)
        raise Refused([_in_use(people)], headline)
    staff_roles.remove(found.id)
    text = say("Deleted the role “{name}”", name=found.role.name)
    audit.record(actor, "role.delete", text, role=public_id)
    return found.role.name


def _in_use(people: list[str]) -> Reason:
    """O4: who has a role; the first ten by name."""
    names = together(*map(verbatim, people[:10]), by=", ")
    message = say("{names} has this role.", "{names} have this role.", count=len(people), names=names)
    if len(people) > 10:
        message = say(
            "{names} and {count} more has this role.",
            "{names} and {count} more have this role.",
            count=len(people) - 10,
            names=names,
        )
    return Reason("O4", message, say("Give them another role first."))


def _all(actor: Actor) -> list[RoleLine]:
    counts = staff_roles.default_holders(actor.partner_id)
    defaults = [RoleLine(role, counts.get(role, 0)) for role in Role]
    return [*defaults, *(RoleLine(one.role, one.holders) for one in staff_roles.every(actor.partner_id))]


def _require_maker(actor: Actor) -> None:
    access.require(actor, Permission.ADMINISTRATORS_MANAGE)
    if not may_make(actor):
        raise NotAllowed(say("Roles are the same for every partner, and you look after one. Ask the operator."))


def _find(public_id: str, *, hold: bool = False) -> StoredRole:
    found = staff_roles.find(public_id, hold=hold)
    if found is None:
        raise Missing(say("There is no such role. Perhaps somebody deleted it."))
    return found


def _why_not(actor: Actor, role: CustomRole) -> Sentence:
    if not may_make(actor):
        return say("Roles are the same for every partner, and you look after one. The operator changes them.")
    missing = beyond(actor, role.permissions)
    if not missing:
        return NOTHING
    return say("It allows more than you may do yourself: {permissions}.", permissions=_listed(missing))


def _checked(draft: Draft) -> Draft:
    """The role as it is stored. Raises Invalid for all wrong fields at once."""
    name = texts.name(draft.name)
    description = " ".join(draft.description.replace("\0", "").split())
    wrong: dict[str, Sentence | list[Sentence]] = {}
    if not name or not fold(name):
        wrong["name"] = say("Enter the name of the role.")
    elif len(name) > LONGEST_NAME:
        wrong["name"] = say(
            "Use at most {count} character for a name.",
            "Use at most {count} characters for a name.",
            count=LONGEST_NAME,
        )
    elif fold(name) in {fold(text) for role in Role for text in (role.value, str(role.label))}:
        wrong["name"] = say("“{name}” is a default role. Choose another name.", name=name)
    if len(description) > LONGEST_DESCRIPTION:
        wrong["description"] = say(
            "Use at most {count} character here.", "Use at most {count} characters here.", count=LONGEST_DESCRIPTION
        )
    permissions = draft.permissions & frozenset(WORDINGS)
    if not permissions:
        wrong["permissions"] = say("Choose at least one permission; a role without any opens nothing.")
    elif sentences := unmet(permissions):
        wrong["permissions"] = sentences
    if wrong:
        raise Invalid(wrong)
    return Draft(name, description, permissions)


def _unique(name: str, besides: int | None = None) -> None:
    found = staff_roles.called(name)
    if found is not None and found.id != besides:
        raise Invalid({"name": _taken(found.role.name)})


def _taken(name: str) -> Sentence:
    return say("There is a role “{name}” already.", name=name)


def _listed(permissions: frozenset[Permission]) -> Sentence:
    return together(*named(permissions), by=", ")


def _change_text(before: CustomRole, after: Draft) -> Sentence:
    changes = [say("renamed to “{name}”", name=after.name)] if after.name != before.name else []
    changes += [say("described otherwise")] if after.description != before.description else []
    if new := after.permissions - before.permissions:
        changes.append(say("added {permissions}", permissions=_listed(new)))
    if old := before.permissions - after.permissions:
        changes.append(say("took away {permissions}", permissions=_listed(old)))
    return say("Role “{name}”: {changes}", name=before.name, changes=together(*changes, by="; "))


def allows_more(role: AnyRole) -> Callable[[Sentence], Sentence]:
    """The refusal of a role being given or changed by somebody who may do less."""
    return lambda permissions: say(
        "{role} allows more than you may do yourself: {permissions}.", role=role.label, permissions=permissions
    )


def _would_allow(role: CustomRole) -> Callable[[Sentence], Sentence]:
    return lambda permissions: say(
        "{role} would allow more than you may do yourself: {permissions}.", role=role.name, permissions=permissions
    )


def _new_role_allows(permissions: Sentence) -> Sentence:
    return say("This role would allow more than you may do yourself: {permissions}.", permissions=permissions)


def _mark(role: CustomRole) -> str:
    return operations.fingerprint([role.name, role.description, sorted(one.value for one in role.permissions)])
