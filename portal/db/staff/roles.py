"""Roles that the operator made, and reading whatever role an administrator has (O4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, func, select, update

from portal.db.engine import db, is_sqlite
from portal.db.folding import fold
from portal.db.tables import Administrator, StaffRole
from portal.db.types import new_public_id
from portal.outside import clock
from portal.rules.deciding import AnyRole, CustomRole
from portal.rules.holders import Role
from portal.rules.permissions import Permission
from portal.rules.roles import in_force

CUSTOM = "custom"
"""What stands in `administrator.role` beside a `role_id`."""

COLUMNS = (
    StaffRole.public_id.label("role_public_id"),
    StaffRole.name.label("role_name"),
    StaffRole.description.label("role_description"),
    StaffRole.permissions.label("role_permissions"),
    Administrator.given,
    Administrator.taken,
)
"""What `role_of` and `held` read beside `administrator.role`, from an outer join of `staff_role`."""

_KNOWN = {permission.value: permission for permission in Permission}


@dataclass(frozen=True, slots=True)
class StoredRole:
    """A role with its key, and how many administrators have it."""

    id: int
    role: CustomRole
    holders: int = 0


def stored(permissions: Iterable[Permission]) -> str:
    """Permissions as a column holds them."""
    return ",".join(sorted(permission.value for permission in permissions))


def permissions_in(text: str | None) -> frozenset[Permission]:
    """Permissions from a column; a word that is no permission any more allows nothing."""
    return frozenset(_KNOWN[word] for word in (text or "").split(",") if word in _KNOWN)


def role_of(row: Row[*tuple[Any, ...]]) -> AnyRole:
    """The role in a row with `role` and COLUMNS."""
    if row.role != CUSTOM:
        return Role(row.role)
    return CustomRole(row.role_public_id, row.role_name, row.role_description, permissions_in(row.role_permissions))


def held(role: AnyRole, given: str | None, taken: str | None) -> frozenset[Permission]:
    """What a role allows together with the stored exceptions."""
    return in_force(role, permissions_in(given), permissions_in(taken))


def columns(role: AnyRole) -> dict[str, object]:
    """A role as an administrator's row holds it."""
    if isinstance(role, Role):
        return {"role": role.value, "role_id": None}
    return {
        "role": CUSTOM,
        "role_id": select(StaffRole.id).where(StaffRole.public_id == role.public_id).scalar_subquery(),
    }


def every(bound_to: int | None = None) -> list[StoredRole]:
    """The custom roles by name, with how many have each; `bound_to` counts only one partner's administrators."""
    who = Administrator
    joined = who.role_id == StaffRole.id
    if bound_to is not None:
        joined &= who.partner_id == bound_to
    query = select(StaffRole, func.count(who.id).label("holders")).outerjoin(who, joined).group_by(StaffRole.id)
    return [_role(row.StaffRole, row.holders) for row in db.session.execute(query.order_by(StaffRole.folded_name))]


def default_holders(bound_to: int | None = None) -> dict[Role, int]:
    """How many administrators have each default role."""
    query = select(Administrator.role, func.count()).where(Administrator.role != CUSTOM).group_by(Administrator.role)
    if bound_to is not None:
        query = query.where(Administrator.partner_id == bound_to)
    return {Role(word): count for word, count in db.session.execute(query)}


def find(public_id: str, *, hold: bool = False, keep: bool = False) -> StoredRole | None:
    """A custom role. Until the transaction ends nobody else changes or deletes it: with `hold` because it is about to
    change, with `keep` because somebody gets it.
    """
    return _one(StaffRole.public_id == public_id, hold=hold, keep=keep)


def called(name: str, *, keep: bool = False) -> StoredRole | None:
    """A custom role by its name, however it is spelled in capitals and accents; `keep` as for `find`."""
    return _one(StaffRole.folded_name == fold(name), keep=keep)


def add(name: str, description: str, permissions: frozenset[Permission]) -> str:
    """A new role; its public id. IntegrityError when one is called so already."""
    public_id = new_public_id()
    values = {"name": name, "folded_name": fold(name), "description": description, "permissions": stored(permissions)}
    db.session.add(StaffRole(public_id=public_id, created_at=clock.now(), **values))
    db.session.flush()
    return public_id


def save(role_id: int, name: str, description: str, permissions: frozenset[Permission]) -> None:
    """Change everything about a role."""
    values = {"name": name, "folded_name": fold(name), "description": description, "permissions": stored(permissions)}
    db.session.execute(update(StaffRole).where(StaffRole.id == role_id).values(**values))


def remove(role_id: int) -> None:
    db.session.execute(delete(StaffRole).where(StaffRole.id == role_id))


def _one(which: ColumnElement[bool], *, hold: bool = False, keep: bool = False) -> StoredRole | None:
    query = select(StaffRole).where(which).execution_options(populate_existing=True)
    if (hold or keep) and not is_sqlite():
        query = query.with_for_update(read=keep)
    row = db.session.scalars(query).first()
    return _role(row) if row else None


def _role(row: StaffRole, holders: int = 0) -> StoredRole:
    made = CustomRole(row.public_id, row.name, row.description, permissions_in(row.permissions))
    return StoredRole(row.id, made, holders)
