"""Groups as rows: who is a member of what, how two customers stand to each other, and making and ending memberships."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, exists, func, or_, select, update
from sqlalchemy.orm import aliased

from portal.db.engine import db, executed, is_sqlite
from portal.db.logins.people import scopes_of, scopes_text
from portal.db.partners.features import groups_on_for
from portal.db.partners.settings import settings_columns
from portal.db.rows import columns, first_of
from portal.db.tables import (
    ActingConsent,
    Customer,
    CustomerGroup,
    GroupLabel,
    GroupMember,
    Login,
    Partner,
    SubAccountLink,
)
from portal.db.types import new_public_id
from portal.outside import clock
from portal.rules.groups import CONSENT_VERSION, GroupRole, Kinship, is_adult
from portal.rules.partners import PartnerSettings
from portal.rules.scopes import ALL_SCOPES, Scope

_RANK = case((GroupMember.role == "owner", 0), (GroupMember.role == "admin", 1), else_=2)


@dataclass(frozen=True, slots=True)
class Group:
    """A group that is not dissolved, with its Owner and its partner's settings."""

    id: int
    public_id: str
    external_id: str | None
    partner_id: int
    partner_name: str
    partner_public_id: str
    created_at: datetime
    version: int
    owner_id: int
    owner_public_id: str
    owner_external_id: str | None
    owner_name: str
    settings: PartnerSettings

    @property
    def owner_reference(self) -> str:
        return self.owner_external_id or self.owner_public_id

    @property
    def on(self) -> bool:
        """Whether the feature is on there (G1)."""
        return self.settings.groups_on

    @property
    def time_zone(self) -> str:
        return self.settings.time_zone

    @property
    def locale(self) -> str:
        return self.settings.locale


@dataclass(frozen=True, slots=True)
class Member:
    """A current membership with the customer it is of. `label` is "" without one; `logins` counts those that work.

    `inactive` counts what an aggregating main account imposes (L11). `consent` is what an adult Dependent agreed to
    (None: nothing), `consent_by` who gave it.
    """

    id: int
    public_id: str
    group_id: int
    customer_id: int
    customer_public_id: str
    external_id: str | None
    name: str
    email: str
    born_on: date | None
    inactive: bool
    role: GroupRole
    label: str
    label_id: int | None
    scopes: frozenset[Scope]
    until: date | None
    joined_at: datetime
    version: int
    end_told_for: date | None
    majority_told: str
    logins: int
    consent: frozenset[Scope] | None
    consent_by: str
    consent_at: datetime | None

    @property
    def reference(self) -> str:
        return self.external_id or self.customer_public_id


@dataclass(frozen=True, slots=True)
class Membership:
    """A current membership as its customer sees it: in whose group, as what, until when."""

    group_id: int
    group: str
    owner_name: str
    owner_reference: str
    owner_public_id: str
    role: GroupRole
    label: str
    scopes: frozenset[Scope]
    until: date | None
    time_zone: str
    on: bool


@dataclass(frozen=True, slots=True)
class Ward:
    """A Dependent that an Owner or Admin may come to act for, with the membership it is through."""

    customer_id: int
    public_id: str
    name: str
    kinship: Kinship


# Reading --------------------------------------------------------------------------------------------------------------


def find(public_id: str) -> Group | None:
    """The group of that public id that is not dissolved."""
    return first_of(Group, executed(_find(), {"public_id": public_id}))


def by_id(group_id: int) -> Group | None:
    return first_of(Group, executed(_by_id(), {"id": group_id}))


@cache
def _find() -> Select[*tuple[Any, ...]]:
    return _group_query().where(CustomerGroup.public_id == bindparam("public_id"))


@cache
def _by_id() -> Select[*tuple[Any, ...]]:
    return _group_query().where(CustomerGroup.id == bindparam("id"))


def _group_query() -> Select[*tuple[Any, ...]]:
    group, owning, owner = CustomerGroup, aliased(GroupMember), aliased(Customer)
    return (
        select(
            *columns(
                Group,
                id=group.id,
                public_id=group.public_id,
                external_id=group.external_id,
                partner_id=group.partner_id,
                partner_name=Partner.name,
                partner_public_id=Partner.public_id,
                created_at=group.created_at,
                version=group.version,
                owner_id=owner.id,
                owner_public_id=owner.public_id,
                owner_external_id=owner.external_id,
                owner_name=owner.name,
                settings=settings_columns(),
            )
        )
        .select_from(group)
        .join(Partner, Partner.id == CustomerGroup.partner_id)
        .join(owning, _owns(owning))
        .join(owner, owner.id == owning.customer_id)
        .where(CustomerGroup.dissolved_at.is_(None))
    )


def _owns(member: Any) -> ColumnElement[bool]:
    """Whether a joined membership is the Owner's of the group."""
    return and_(member.group_id == CustomerGroup.id, member.role == "owner", member.left_at.is_(None))


def members(group_id: int) -> list[Member]:
    """Everybody in a group: the Owner, Admins, Dependents, each by name. One query."""
    return [_member(row) for row in executed(_members_of(), {"group": group_id})]


@cache
def _members_of() -> Any:
    return _member_query().where(GroupMember.group_id == bindparam("group"))


def member(public_id: str) -> Member | None:
    """The current membership of that public id."""
    return next(iter(_members(GroupMember.public_id == public_id)), None)


def member_of(group_id: int, customer_id: int) -> Member | None:
    """A customer's current membership in a group."""
    found = _members(GroupMember.group_id == group_id, GroupMember.customer_id == customer_id)
    return next(iter(found), None)


def _members(*conditions: ColumnElement[bool]) -> list[Member]:
    return [_member(row) for row in db.session.execute(_member_query().where(*conditions))]


@cache
def _member_query() -> Select[*tuple[Any, ...]]:
    signs_in = (
        select(func.count())
        .where(Login.customer_id == Customer.id, Login.disabled_at.is_(None))
        .correlate(Customer)
        .scalar_subquery()
    )
    return (
        select(
            GroupMember.id,
            GroupMember.public_id,
            GroupMember.group_id,
            Customer.id,
            Customer.public_id,
            Customer.external_id,
            Customer.name,
            Customer.email,
            Customer.born_on,
            _inactive(),
            GroupMember.role,
            GroupLabel.name,
            GroupMember.label_id,
            GroupMember.scopes,
            GroupMember.until,
            GroupMember.joined_at,
            GroupMember.version,
            GroupMember.end_told_for,
            GroupMember.majority_told,
            signs_in,
            ActingConsent.scopes,
            ActingConsent.given_by,
            ActingConsent.given_at,
        )
        .join(Customer, Customer.id == GroupMember.customer_id)
        .outerjoin(GroupLabel, GroupLabel.id == GroupMember.label_id)
        .outerjoin(ActingConsent, _stands(GroupMember))
        .where(GroupMember.left_at.is_(None))
        .order_by(_RANK, Customer.folded_name, GroupMember.id)
    )


def _inactive() -> ColumnElement[bool]:
    """Whether a customer is Inactive, itself or with an aggregating main account (L11)."""
    link, main = aliased(SubAccountLink), aliased(Customer)
    with_main = (
        exists()
        .where(link.sub_id == Customer.id, link.ended_at.is_(None), link.mode == "aggregated")
        .where(main.id == link.main_id, main.own_status == "inactive")
    )
    return or_(Customer.own_status == "inactive", with_main)


def _stands(of: Any) -> ColumnElement[bool]:
    """Whether a joined agreement is of this membership and was not taken back."""
    return and_(ActingConsent.member_id == of.id, ActingConsent.withdrawn_at.is_(None))


def _member(row: Any) -> Member:
    values = list(row)
    values[9] = bool(values[9])
    values[10] = GroupRole(values[10])
    values[11] = values[11] or ""
    values[13] = scopes_of(values[13])
    values[20] = scopes_of(values[20]) if values[20] is not None else None
    values[21] = values[21] or ""
    return Member(*values)


def memberships(customer_id: int) -> list[Membership]:
    """The groups a customer is in, oldest membership first; those of a feature that is off, too. One query."""
    rows = executed(_memberships(), {"customer": customer_id})
    return [
        Membership(
            id_,
            public_id,
            name,
            external or owner_id,
            owner_id,
            GroupRole(role),
            label or "",
            scopes_of(scopes),
            until,
            zone,
            bool(on),
        )
        for id_, public_id, name, external, owner_id, role, label, scopes, until, zone, on in rows
    ]


@cache
def _memberships() -> Any:
    owning, owner = aliased(GroupMember), aliased(Customer)
    return (
        select(
            CustomerGroup.id,
            CustomerGroup.public_id,
            owner.name,
            owner.external_id,
            owner.public_id,
            GroupMember.role,
            GroupLabel.name,
            GroupMember.scopes,
            GroupMember.until,
            Partner.time_zone,
            groups_on_for(Partner.groups_on),
        )
        .join(CustomerGroup, CustomerGroup.id == GroupMember.group_id)
        .join(Partner, Partner.id == CustomerGroup.partner_id)
        .join(owning, _owns(owning))
        .join(owner, owner.id == owning.customer_id)
        .outerjoin(GroupLabel, GroupLabel.id == GroupMember.label_id)
        .where(GroupMember.customer_id == bindparam("customer"), GroupMember.left_at.is_(None))
        .where(CustomerGroup.dissolved_at.is_(None))
        .order_by(GroupMember.id)
    )


def groups_among(customers: Sequence[str]) -> dict[str, list[tuple[str, str, date | None]]]:
    """For customers by public id, each group they are members of: its public id, its Owner's name, the end."""
    owning, owner = aliased(GroupMember), aliased(Customer)
    rows = db.session.execute(
        select(Customer.public_id, CustomerGroup.public_id, owner.name, GroupMember.until)
        .join(GroupMember, and_(GroupMember.customer_id == Customer.id, GroupMember.left_at.is_(None)))
        .join(CustomerGroup, CustomerGroup.id == GroupMember.group_id)
        .join(owning, _owns(owning))
        .join(owner, owner.id == owning.customer_id)
        .where(Customer.public_id.in_(customers), CustomerGroup.dissolved_at.is_(None))
        .order_by(GroupMember.id)
    )
    found: dict[str, list[tuple[str, str, date | None]]] = {}
    for customer, group, owner_name, until in rows:
        found.setdefault(customer, []).append((group, owner_name, until))
    return found


def tallies() -> dict[int, tuple[int, int]]:
    """How many groups and members there are, by the id of the partner."""
    rows = db.session.execute(
        select(CustomerGroup.partner_id, func.count(CustomerGroup.id.distinct()), func.count(GroupMember.id))
        .join(GroupMember, and_(GroupMember.group_id == CustomerGroup.id, GroupMember.left_at.is_(None)))
        .where(CustomerGroup.dissolved_at.is_(None))
        .group_by(CustomerGroup.partner_id)
    )
    return {partner: (groups, members) for partner, groups, members in rows}


def kinships(actor_customer: int, subject: int, majority_age: int, today: date) -> tuple[Kinship, ...]:
    """The live groups that both customers are members of today, oldest first. The feature is the caller's to ask."""
    wards = _kin(executed(_kin_query(True), {"actor": actor_customer, "subject": subject}), majority_age, today)
    return tuple(ward.kinship for ward in wards)


def wards(actor_customer: int, majority_age: int, today: date) -> list[Ward]:
    """The Dependents of the live groups that a customer is Owner or Admin of, by group and name.

    Nobody acts for an Inactive customer, so those are left out.
    """
    return _kin(executed(_kin_query(False), {"actor": actor_customer}), majority_age, today)


@cache
def _kin_query(one: bool) -> Any:
    """Put together once: every page of somebody who acts for somebody asks it."""
    mine, theirs = aliased(GroupMember, name="mine"), aliased(GroupMember, name="theirs")
    owning, owner = aliased(GroupMember, name="owning"), aliased(Customer, name="owner")
    my_label, their_label = aliased(GroupLabel, name="my_label"), aliased(GroupLabel, name="their_label")
    query = (
        select(
            Customer.id,
            Customer.public_id,
            Customer.name,
            Customer.born_on,
            CustomerGroup.public_id,
            owner.name,
            mine.role,
            theirs.role,
            my_label.name,
            their_label.name,
            mine.scopes,
            mine.until,
            theirs.until,
            ActingConsent.scopes,
        )
        .select_from(mine)
        .join(CustomerGroup, and_(CustomerGroup.id == mine.group_id, CustomerGroup.dissolved_at.is_(None)))
        .join(theirs, and_(theirs.group_id == mine.group_id, theirs.id != mine.id, theirs.left_at.is_(None)))
        .join(Customer, Customer.id == theirs.customer_id)
        .join(owning, _owns(owning))
        .join(owner, owner.id == owning.customer_id)
        .outerjoin(my_label, my_label.id == mine.label_id)
        .outerjoin(their_label, their_label.id == theirs.label_id)
        .outerjoin(ActingConsent, _stands(theirs))
        .where(mine.customer_id == bindparam("actor"), mine.left_at.is_(None))
        .order_by(CustomerGroup.id, Customer.folded_name, Customer.id)
    )
    if one:
        return query.where(Customer.id == bindparam("subject"))
    return query.where(mine.role != "dependent", theirs.role == "dependent", ~_inactive())


def _kin(rows: Iterable[Any], majority_age: int, today: date) -> list[Ward]:
    found = []
    for row in rows:
        kinship = Kinship(
            group=row[4],
            owner_name=row[5],
            role=GroupRole(row[6]),
            subject_role=GroupRole(row[7]),
            label=row[8] or "",
            subject_label=row[9] or "",
            scopes=scopes_of(row[10]),
            until=row[11],
            subject_until=row[12],
            subject_is_adult=is_adult(row[3], majority_age, today),
            consent=scopes_of(row[13]) if row[13] is not None else None,
        )
        if kinship.live(today):
            found.append(Ward(row[0], row[1], row[2], kinship))
    return found


def live_groups(customer_id: int, today: date) -> int:
    """In how many groups a customer is a member today; a membership that has ended does not count (G5)."""
    count = (
        select(func.count())
        .select_from(GroupMember)
        .join(CustomerGroup, CustomerGroup.id == GroupMember.group_id)
        .where(GroupMember.customer_id == customer_id, GroupMember.left_at.is_(None))
        .where(CustomerGroup.dissolved_at.is_(None))
        .where(or_(GroupMember.until.is_(None), GroupMember.until >= today))
    )
    return db.session.execute(count).scalar_one()


# Writing --------------------------------------------------------------------------------------------------------------


def hold(group_id: int) -> None:
    """Hold a group for this transaction: after the customers, before anything else (R14)."""
    if not is_sqlite():
        db.session.execute(select(CustomerGroup.id).where(CustomerGroup.id == group_id).with_for_update()).all()
    db.session.expire_all()


def add_group(partner_id: int, external_id: str | None = None) -> tuple[int, str]:
    """A group without members; its id and public id."""
    made = CustomerGroup(
        public_id=new_public_id(), external_id=external_id, partner_id=partner_id, created_at=clock.now()
    )
    db.session.add(made)
    db.session.flush()
    return made.id, made.public_id


def add_member(
    *,
    partner_id: int,
    group_id: int,
    customer_id: int,
    role: GroupRole,
    label_id: int | None,
    scopes: Iterable[Scope] = ALL_SCOPES,
    until: date | None = None,
) -> tuple[int, str]:
    """Make a customer a member; the membership's id and public id."""
    made = GroupMember(
        public_id=new_public_id(),
        partner_id=partner_id,
        group_id=group_id,
        customer_id=customer_id,
        role=role.value,
        label_id=label_id,
        scopes=scopes_text(scopes) if role.manages else "",
        until=until,
        joined_at=clock.now(),
    )
    db.session.add(made)
    db.session.flush()
    _touch(group_id)
    return made.id, made.public_id


def change_member(member: Member, **values: object) -> None:
    """Change columns of a membership and count its version up. `role`, `label_id`, `scopes`, `until`."""
    stored = dict(values)
    if "role" in stored:
        stored["role"] = str(GroupRole(str(stored["role"])))
    if "scopes" in stored:
        stored["scopes"] = scopes_text(stored["scopes"])  # type: ignore[arg-type]
    query = update(GroupMember).where(GroupMember.id == member.id)
    db.session.execute(query.values(**stored, version=GroupMember.version + 1))
    _touch(member.group_id)


def end_member(member: Member) -> None:
    """End a membership and its agreement now; the row stays."""
    withdraw_consent(member.id)
    query = update(GroupMember).where(GroupMember.id == member.id, GroupMember.left_at.is_(None))
    db.session.execute(query.values(left_at=clock.now(), version=GroupMember.version + 1))
    _touch(member.group_id)


def dissolve(group: Group, everybody: Sequence[Member]) -> None:
    """End a group and every membership in it."""
    for one in everybody:
        end_member(one)
    db.session.execute(update(CustomerGroup).where(CustomerGroup.id == group.id).values(dissolved_at=clock.now()))


def _touch(group_id: int) -> None:
    query = update(CustomerGroup).where(CustomerGroup.id == group_id)
    db.session.execute(query.values(version=CustomerGroup.version + 1))


def mark_told(member_id: int, **values: object) -> None:
    """Remember what was announced: `end_told_for` (a date), `majority_told` ("ahead", "due")."""
    db.session.execute(update(GroupMember).where(GroupMember.id == member_id).values(values))


def give_consent(member_id: int, scopes: Iterable[Scope], given_by: str) -> None:
    """Store an adult's agreement to the current wording, in place of an earlier one."""
    withdraw_consent(member_id)
    db.session.add(
        ActingConsent(
            public_id=new_public_id(),
            member_id=member_id,
            wording=CONSENT_VERSION,
            scopes=scopes_text(scopes),
            given_at=clock.now(),
            given_by=given_by,
        )
    )
    db.session.flush()


def withdraw_consent(member_id: int) -> bool:
    """Take an agreement back; whether there was one."""
    query = update(ActingConsent).where(ActingConsent.member_id == member_id, ActingConsent.withdrawn_at.is_(None))
    done = db.session.execute(query.values(withdrawn_at=clock.now()).returning(ActingConsent.id))
    return bool(done.all())
