"""Loading logins together with whose they are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select, update
from sqlalchemy.orm import aliased

from portal.db.engine import db, is_sqlite
from portal.db.links.live import paid_above
from portal.db.partners.settings import settings_columns
from portal.db.rows import labelled, value_of
from portal.db.staff import roles as staff_roles
from portal.db.tables import Administrator, Customer, Login, Partner, PartnerBrand, StaffRole, SubAccountLink
from portal.db.types import new_public_id, scopes_of, scopes_text
from portal.outside import clock
from portal.rules import texts
from portal.rules.customers.status import EffectiveStatus, Status, effective_status
from portal.rules.deciding import Actor, AnyRole
from portal.rules.partners import DEFAULTS, PartnerSettings
from portal.rules.partners.branding import Brand
from portal.rules.permissions import Permission
from portal.rules.scopes import Scope


def digest(token: str) -> str:
    """What is stored of a random token (SEC22)."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Person:
    """A login with whose it is. `partner_id` is the customer's, or the one an administrator is bound to.

    `status` is None for an administrator, whose `permissions` are those of the role with its exceptions. `settings` are
    the partner's, or the defaults.
    """

    id: int
    public_id: str
    email: str
    name: str
    password_hash: str | None
    created_at: datetime
    disabled_at: datetime | None
    customer_id: int | None
    customer_public_id: str | None
    customer_name: str | None
    status: EffectiveStatus | None
    scopes: frozenset[Scope]
    role: AnyRole | None
    permissions: frozenset[Permission]
    partner_id: int | None
    partner_name: str
    brand: Brand
    settings: PartnerSettings

    @property
    def may_sign_in(self) -> bool:
        """C1: not when disabled, and not when the customer is Inactive, by itself or through its main account."""
        return self.disabled_at is None and (self.status is None or self.status.status.signs_in)

    @property
    def actor(self) -> Actor:
        """How rules and actions know this person."""
        return Actor(
            name=self.name,
            login_id=self.id,
            email=self.email,
            customer_id=self.customer_id,
            partner_id=self.partner_id,
            role=self.role,
            permissions=self.permissions,
            scopes=self.scopes,
        )


def by_email(email: str) -> Person | None:
    return _one(Login.email == normalised(email))


def by_id(login_id: int) -> Person | None:
    return _one(Login.id == login_id)


def by_public_id(public_id: str) -> Person | None:
    return _one(Login.public_id == public_id)


def of_customer(customer_id: int) -> list[Person]:
    """Everybody who signs in for one customer, oldest first."""
    query = people().where(Login.customer_id == customer_id).order_by(Login.id)
    return [person(row) for row in db.session.execute(query)]


def of_staff() -> list[Person]:
    """Every administrator with their login, by name."""
    query = people().where(Login.administrator_id.is_not(None)).order_by(Login.name, Login.id)
    return [person(row) for row in db.session.execute(query)]


def normalised(email: str) -> str:
    """An address as it is stored and compared (SEC60)."""
    return texts.email_key(email)


def lock(login_id: int) -> None:
    """Hold a login for this transaction, before its links (`emailed_tokens.hold`); others may still refer to it.

    SQLite's one writer holds everything anyway.
    """
    if not is_sqlite():
        held = select(Login.id).where(Login.id == login_id).with_for_update(key_share=True)
        db.session.execute(held).one()


def add_customer_login(
    *, customer_id: int, email: str, name: str, password_hash: str | None, scopes: Iterable[Scope] = tuple(Scope)
) -> int:
    """A login for a customer; returns its id. IntegrityError when the address signs in already."""
    now = clock.now()
    login = Login(
        public_id=new_public_id(),
        email=normalised(email),
        name=name,
        password_hash=password_hash,
        customer_id=customer_id,
        scopes=scopes_text(scopes),
        created_at=now,
        password_changed_at=now if password_hash else None,
    )
    db.session.add(login)
    db.session.flush()
    return login.id


def add_administrator(
    *, email: str, name: str, role: AnyRole, password_hash: str | None, partner_id: int | None
) -> int:
    """An administrator with a login; returns the login's id. Without a partner they see every partner's customers."""
    now = clock.now()
    administrator = Administrator(
        public_id=new_public_id(), name=name, partner_id=partner_id, **staff_roles.columns(role)
    )
    db.session.add(administrator)
    db.session.flush()
    login = Login(
        public_id=new_public_id(),
        email=normalised(email),
        name=name,
        password_hash=password_hash,
        administrator_id=administrator.id,
        scopes="",
        created_at=now,
        password_changed_at=now if password_hash else None,
    )
    db.session.add(login)
    db.session.flush()
    return login.id


def set_password(login_id: int, password_hash: str, *, now_changed: bool = True) -> None:
    """Store a hash. `now_changed` is False when only its parameters rose and the password is the same."""
    values: dict[str, object] = {"password_hash": password_hash}
    if now_changed:
        values["password_changed_at"] = clock.now()
    db.session.execute(update(Login).where(Login.id == login_id).values(values))


def set_disabled(login_id: int, at: datetime | None) -> None:
    db.session.execute(update(Login).where(Login.id == login_id).values(disabled_at=at))


def partner_by_name(name: str) -> int | None:
    """The id of the partner called `name`, or carrying it as public id."""
    found = select(Partner.id).where((Partner.name == name) | (Partner.public_id == texts.identifier(name)))
    return db.session.scalars(found).first()


def _one(condition: ColumnElement[bool]) -> Person | None:
    row = db.session.execute(people().where(condition)).first()
    return person(row) if row else None


@cache
def people() -> Select[*tuple[Any, ...]]:
    """The query whose rows `person` reads; one join brings everything about who signs in. Put together once."""
    main = aliased(Customer, name="main")
    link = SubAccountLink
    return (
        select(
            Login.id,
            Login.public_id,
            Login.email,
            Login.name,
            Login.password_hash,
            Login.created_at,
            Login.disabled_at,
            Login.customer_id,
            Login.scopes,
            Customer.public_id.label("customer_public_id"),
            Customer.name.label("customer_name"),
            Customer.own_status,
            main.own_status.label("main_status"),
            Administrator.role,
            *staff_roles.COLUMNS,
            Partner.id.label("partner_id"),
            Partner.name.label("partner_name"),
            Partner.public_id.label("partner_public_id"),
            PartnerBrand.colour.label("brand_colour"),
            PartnerBrand.logo_version.label("brand_logo"),
            *labelled("settings", settings_columns()),
        )
        .select_from(Login)
        .outerjoin(Customer, Customer.id == Login.customer_id)
        .outerjoin(Administrator, Administrator.id == Login.administrator_id)
        .outerjoin(StaffRole, StaffRole.id == Administrator.role_id)
        .outerjoin(link, paid_above(link, Customer.id))
        .outerjoin(main, main.id == link.main_id)
        .outerjoin(Partner, Partner.id == func.coalesce(Customer.partner_id, Administrator.partner_id))
        .outerjoin(PartnerBrand, PartnerBrand.partner_id == Partner.id)
    )


def person(row: Row[*tuple[Any, ...]]) -> Person:
    """One row of `people`."""
    role = staff_roles.role_of(row) if row.role else None
    return Person(
        id=row.id,
        public_id=row.public_id,
        email=row.email,
        name=row.name,
        password_hash=row.password_hash,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
        customer_id=row.customer_id,
        customer_public_id=row.customer_public_id,
        customer_name=row.customer_name,
        status=_status(row.own_status, row.main_status),
        scopes=scopes_of(row.scopes),
        role=role,
        permissions=staff_roles.held(role, row.given, row.taken) if role else frozenset(),
        partner_id=row.partner_id,
        partner_name=row.partner_name or "",
        brand=Brand(row.partner_public_id or "", row.partner_name or "", row.brand_colour or "", row.brand_logo or ""),
        settings=DEFAULTS if row.partner_id is None else value_of(PartnerSettings, row, "settings__"),
    )


def _status(own: Status | None, main: Status | None) -> EffectiveStatus | None:
    return effective_status(own, main) if own else None
