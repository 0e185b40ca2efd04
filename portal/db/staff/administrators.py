"""Administrators: listing them, changing their roles, and keeping the last Super administrator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, select, update

from portal.db.engine import db, is_sqlite
from portal.db.staff import roles as staff_roles
from portal.db.tables import Administrator, Login, LoginSession, Partner, StaffRole
from portal.rules.customers.search_fields import SearchField
from portal.rules.deciding import AnyRole
from portal.rules.holders import Role
from portal.rules.permissions import Permission
from portal.rules.roles import in_force


@dataclass(frozen=True, slots=True)
class StaffMember:
    """An administrator with its login. `chose_password` is False until the invitation was accepted.

    `given` and `taken` are the exceptions beside the role.
    """

    id: int
    login_id: int
    public_id: str
    name: str
    email: str
    role: AnyRole
    given: frozenset[Permission]
    taken: frozenset[Permission]
    partner_id: int | None
    partner_name: str
    chose_password: bool
    disabled_at: datetime | None
    seen_at: datetime | None

    @property
    def permissions(self) -> frozenset[Permission]:
        """What they may do, exceptions included."""
        return in_force(self.role, self.given, self.taken)


def everybody(bound_to: int | None = None) -> list[StaffMember]:
    """Every administrator by name, or only those of one partner."""
    query = _query()
    if bound_to is not None:
        query = query.where(Administrator.partner_id == bound_to)
    rows = db.session.execute(query.order_by(Administrator.name, Administrator.id))
    return [_member(row) for row in rows]


def by_login(login_public_id: str) -> StaffMember | None:
    """The administrator with this login's public id."""
    row = db.session.execute(_query().where(Login.public_id == login_public_id)).first()
    return _member(row) if row else None


def other_supers(besides: int) -> int:
    """How many other enabled Super administrators of every partner there are; they are held until the transaction ends.

    Holding them, in the order of their ids, lets only one of two administrators who demote each other succeed.
    """
    a = Administrator
    held = select(a.id).where(a.role == Role.SUPER.value).order_by(a.id)
    if not is_sqlite():
        held = held.with_for_update()
    db.session.execute(held).all()
    query = select(func.count()).select_from(a).join(Login, Login.administrator_id == a.id)
    return (
        db.session.scalar(
            query.where(
                a.role == Role.SUPER.value,
                a.partner_id.is_(None),
                a.id != besides,
                Login.disabled_at.is_(None),
                Login.password_hash.is_not(None),
            )
        )
        or 0
    )


def hold(administrator_id: int) -> None:
    """Nobody else can change this administrator until the transaction ends; SQLite's one writer holds it anyway."""
    if not is_sqlite():
        db.session.execute(select(Administrator.id).where(Administrator.id == administrator_id).with_for_update()).one()


def set_role(administrator_id: int, role: AnyRole) -> None:
    """Another role. Exceptions were made beside the old one and end with it."""
    values = {**staff_roles.columns(role), "given": "", "taken": ""}
    db.session.execute(update(Administrator).where(Administrator.id == administrator_id).values(**values))


def set_exceptions(administrator_id: int, given: frozenset[Permission], taken: frozenset[Permission]) -> None:
    values = {"given": staff_roles.stored(given), "taken": staff_roles.stored(taken)}
    db.session.execute(update(Administrator).where(Administrator.id == administrator_id).values(**values))


def with_role(role_id: int, bound_to: int | None = None) -> list[str]:
    """The names of whoever has a role, only those of one partner where `bound_to` says so."""
    query = select(Administrator.name).where(Administrator.role_id == role_id)
    if bound_to is not None:
        query = query.where(Administrator.partner_id == bound_to)
    return list(db.session.scalars(query.order_by(Administrator.name, Administrator.id)))


def search_fields(login_id: int) -> frozenset[SearchField] | None:
    """What an administrator chose to search; None for the usual. A word that is no field any more is left out."""
    query = select(Administrator.search_fields).join(Login, Login.administrator_id == Administrator.id)
    stored = db.session.scalar(query.where(Login.id == login_id))
    if stored is None:
        return None
    words = stored.split(",")
    return frozenset(field for field in SearchField if field.value in words)


def set_search_fields(login_id: int, fields: frozenset[SearchField]) -> None:
    who = select(Login.administrator_id).where(Login.id == login_id).scalar_subquery()
    text = ",".join(field.value for field in SearchField if field in fields)
    db.session.execute(update(Administrator).where(Administrator.id == who).values(search_fields=text))


def _query() -> Select[*tuple[Any, ...]]:
    seen = (
        select(LoginSession.login_id, func.max(LoginSession.seen_at).label("seen_at"))
        .group_by(LoginSession.login_id)
        .subquery()
    )
    return (
        select(
            Administrator,
            Administrator.role,
            Login,
            Partner.name.label("partner_name"),
            seen.c.seen_at,
            *staff_roles.COLUMNS,
        )
        .join(Login, Login.administrator_id == Administrator.id)
        .outerjoin(StaffRole, StaffRole.id == Administrator.role_id)
        .outerjoin(Partner, Partner.id == Administrator.partner_id)
        .outerjoin(seen, seen.c.login_id == Login.id)
        .execution_options(populate_existing=True)
    )


def _member(row: Row[*tuple[Any, ...]]) -> StaffMember:
    who, login = row.Administrator, row.Login
    return StaffMember(
        who.id,
        login.id,
        login.public_id,
        who.name,
        login.email,
        staff_roles.role_of(row),
        staff_roles.permissions_in(row.given),
        staff_roles.permissions_in(row.taken),
        who.partner_id,
        row.partner_name or "",
        login.password_hash is not None,
        login.disabled_at,
        row.seen_at,
    )
