"""Groups as rows: who is a member of what, how two customers stand to each other, and making and ending memberships."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.orm import aliased

from portal.db.customers import status
from portal.db.engine import db, executed, is_sqlite
from portal.db.groups.live import current, exists_still, frozen, in_group, of_customer, owns, stands
from portal.db.links.live import above
from portal.db.partners.features import groups_on_for
from portal.db.partners.settings import settings_columns
from portal.db.rows import columns, first_of, value_of, values_of
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
from portal.db.types import Scopes, new_public_id, scopes_text
from portal.outside import clock
from portal.rules.customers.status import Kind, Status
from portal.rules.groups import CONSENT_VERSION, GroupRole, Kinship, MajorityNews, is_adult
from portal.rules.partners import PartnerSettings
from portal.rules.scopes import ALL_SCOPES, Scope

_RANK = case((GroupMember.role == GroupRole.OWNER, 0), (GroupMember.role == GroupRole.ADMIN, 1), else_=2)


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

    `place` counts the memberships of the group from its first one, ended ones too, so that it stays for good.
    `inactive` counts what an aggregating main account imposes (L11). `consent` is what an adult Dependent agreed to
    (None: nothing), `consent_by` who gave it. `frozen` says that staff let nobody act for it (G18).
    """

    id: int
    public_id: str
    place: int
    group_id: int
    customer_id: int
    customer_public_id: str
    external_id: str | None
    name: str
    kind: Kind
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
    majority_told: MajorityNews
    logins: int
    consent: frozenset[Scope] | None
    consent_by: str
    consent_at: datetime | None
    frozen: bool

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
        .join(owning, owns(owning, CustomerGroup.id))
        .join(owner, owner.id == owning.customer_id)
        .where(exists_still(CustomerGroup))
    )


def members(group_id: int) -> list[Member]:
    """Everybody in a group: the Owner, Admins, Dependents, each by name. One query."""
    return values_of(Member, executed(_members_of(), {"group": group_id}))


@cache
def _members_of() -> Select[*tuple[Any, ...]]:
    return member_query().where(GroupMember.group_id == bindparam("group"))


def member(public_id: str) -> Member | None:
    """The current membership of that public id."""
    return _first_member(GroupMember.public_id == public_id)


def member_of(group_id: int, customer_id: int) -> Member | None:
    """A customer's current membership in a group."""
    return _first_member(GroupMember.group_id == group_id, GroupMember.customer_id == customer_id)


def _first_member(*conditions: ColumnElement[bool]) -> Member | None:
    return first_of(Member, db.session.execute(member_query().where(*conditions)))


@cache
def member_query() -> Select[*tuple[Any, ...]]:
    """Current memberships with their customers, as `Member` takes them."""
    m, c, consent, above_it = GroupMember, Customer, ActingConsent, Above()
    signs_in = (
        select(func.count())
        .where(Login.customer_id == c.id, Login.disabled_at.is_(None))
        .correlate(c)
        .scalar_subquery()
    )
    same = ("id", "public_id", "group_id", "role", "label_id", "until", "joined_at", "version", "end_told_for")
    found = columns(
        Member,
        **{name: getattr(m, name) for name in (*same, "customer_id", "majority_told")},
        place=_place(m),
        customer_public_id=c.public_id,
        external_id=c.external_id,
        name=c.name,
        kind=c.kind,
        email=c.email,
        born_on=c.born_on,
        inactive=above_it.inactive,
        label=func.coalesce(GroupLabel.name, ""),
        scopes=type_coerce(m.scopes, Scopes),
        logins=signs_in,
        consent=type_coerce(consent.scopes, Scopes),
        consent_by=func.coalesce(consent.given_by, ""),
        consent_at=consent.given_at,
        frozen=frozen(m.customer_id),
    )
    return (
        above_it.joined(select(*found).select_from(m).join(c, c.id == m.customer_id))
        .outerjoin(GroupLabel, GroupLabel.id == m.label_id)
        .outerjoin(consent, stands(consent, m.id))
        .where(current(m))
        .order_by(_RANK, c.folded_name, m.id)
    )


def _place(member: type[GroupMember]) -> ScalarSelect[int]:
    earlier = aliased(GroupMember)
    count = select(func.count()).where(earlier.group_id == member.group_id, earlier.id <= member.id)
    return count.correlate(member).scalar_subquery()


class Above:
    """The main account of a customer, joined to see whether the customer is Inactive, by itself or with it (L11)."""

    def __init__(self) -> None:
        self.link, self.main = aliased(SubAccountLink), aliased(Customer)
        shown = status.shown(Customer.own_status, self.main.own_status, self.link.mode)
        self.inactive = shown == Status.INACTIVE

    def joined(self, query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
        """`query`, which has the customer, with its main account."""
        linked = query.outerjoin(self.link, above(self.link, Customer.id))
        return linked.outerjoin(self.main, self.main.id == self.link.main_id)


def memberships(customer_id: int) -> list[Membership]:
    """The groups a customer is in, oldest membership first; those of a feature that is off, too. One query."""
    return values_of(Membership, executed(_memberships(), {"customer": customer_id}))


@cache
def _memberships() -> Select[*tuple[Any, ...]]:
    m, group, owning, owner = GroupMember, CustomerGroup, aliased(GroupMember), aliased(Customer)
    found = columns(
        Membership,
        group_id=group.id,
        group=group.public_id,
        owner_name=owner.name,
        owner_reference=func.coalesce(owner.external_id, owner.public_id),
        owner_public_id=owner.public_id,
        role=m.role,
        label=func.coalesce(GroupLabel.name, ""),
        scopes=type_coerce(m.scopes, Scopes),
        until=m.until,
        time_zone=Partner.time_zone,
        on=groups_on_for(Partner.groups_on),
    )
    return (
        select(*found)
        .select_from(m)
        .join(group, group.id == m.group_id)
        .join(Partner, Partner.id == group.partner_id)
        .join(owning, owns(owning, group.id))
        .join(owner, owner.id == owning.customer_id)
        .outerjoin(GroupLabel, GroupLabel.id == m.label_id)
        .where(of_customer(m, bindparam("customer")), exists_still(group))
        .order_by(m.id)
    )


class SeenGroup(NamedTuple):
    """A group as the list of customers names it: its public id, its Owner's name, and when the membership ends."""

    group: str
    owner_name: str
    until: date | None


def groups_among(customers: Sequence[str]) -> dict[str, list[SeenGroup]]:
    """For customers by public id, each group they are members of."""
    group, owning, owner = CustomerGroup, aliased(GroupMember), aliased(Customer)
    seen = columns(SeenGroup, group=group.public_id, owner_name=owner.name, until=GroupMember.until)
    rows = db.session.execute(
        select(Customer.public_id.label("customer"), *seen)
        .select_from(Customer)
        .join(GroupMember, of_customer(GroupMember, Customer.id))
        .join(group, group.id == GroupMember.group_id)
        .join(owning, owns(owning, group.id))
        .join(owner, owner.id == owning.customer_id)
        .where(Customer.public_id.in_(customers), exists_still(group))
        .order_by(GroupMember.id)
    )
    found: dict[str, list[SeenGroup]] = {}
    for row in rows:
        found.setdefault(row.customer, []).append(value_of(SeenGroup, row))
    return found


def tallies() -> dict[int, tuple[int, int]]:
    """How many groups and members there are, by the id of the partner."""
    rows = db.session.execute(
        select(CustomerGroup.partner_id, func.count(CustomerGroup.id.distinct()), func.count(GroupMember.id))
        .join(GroupMember, in_group(GroupMember, CustomerGroup.id))
        .where(exists_still(CustomerGroup))
        .group_by(CustomerGroup.partner_id)
    )
    return {partner: (groups, members) for partner, groups, members in rows}


class Kin(NamedTuple):
    """Another member of a group that a customer is in, with what decides how they stand to each other.

    Among the Dependents that somebody looks after a group without any is a row with nobody in it.
    """

    customer_id: int | None
    public_id: str
    name: str
    born_on: date | None
    group: str
    owner_name: str
    role: GroupRole
    subject_role: GroupRole
    subject_place: int
    label: str
    subject_label: str
    scopes: frozenset[Scope]
    until: date | None
    subject_until: date | None
    consent: frozenset[Scope] | None
    frozen: bool

    def kinship(self, majority_age: int, today: date) -> Kinship:
        return Kinship(
            group=self.group,
            owner_name=self.owner_name,
            role=self.role,
            subject_role=self.subject_role,
            subject_place=self.subject_place,
            label=self.label,
            subject_label=self.subject_label,
            scopes=self.scopes,
            until=self.until,
            subject_until=self.subject_until,
            subject_is_adult=is_adult(self.born_on, majority_age, today),
            consent=self.consent,
            frozen=self.frozen,
        )


def kinships(actor_customer: int, subject: int, majority_age: int, today: date) -> tuple[Kinship, ...]:
    """The live groups that both customers are members of today, oldest first. The feature is the caller's to ask."""
    kin = values_of(Kin, executed(kin_query(True), {"actor": actor_customer, "subject": subject}))
    found = (one.kinship(majority_age, today) for one in kin)
    return tuple(kinship for kinship in found if kinship.live(today))


@cache
def kin_query(of_one: bool) -> Select[*tuple[Any, ...]]:
    """Put together once: every page of somebody who acts for somebody asks it."""
    mine, theirs = aliased(GroupMember, name="mine"), aliased(GroupMember, name="theirs")
    owning, owner = aliased(GroupMember, name="owning"), aliased(Customer, name="owner")
    my_label, their_label = aliased(GroupLabel, name="my_label"), aliased(GroupLabel, name="their_label")
    c, group = Customer, CustomerGroup
    looked_after = () if of_one else (mine.role != GroupRole.DEPENDENT, theirs.role == GroupRole.DEPENDENT)
    found = columns(
        Kin,
        customer_id=c.id,
        public_id=c.public_id,
        name=c.name,
        born_on=c.born_on,
        group=group.public_id,
        owner_name=owner.name,
        role=mine.role,
        subject_role=theirs.role,
        subject_place=_place(theirs),
        label=func.coalesce(my_label.name, ""),
        subject_label=func.coalesce(their_label.name, ""),
        scopes=type_coerce(mine.scopes, Scopes),
        until=mine.until,
        subject_until=theirs.until,
        consent=type_coerce(ActingConsent.scopes, Scopes),
        frozen=frozen(theirs.customer_id),
    )
    query = (
        select(*found)
        .select_from(mine)
        .join(group, and_(group.id == mine.group_id, exists_still(group)))
        .join(theirs, and_(in_group(theirs, mine.group_id), theirs.id != mine.id, *looked_after), isouter=not of_one)
        .join(c, c.id == theirs.customer_id, isouter=not of_one)
        .join(owning, owns(owning, group.id))
        .join(owner, owner.id == owning.customer_id)
        .outerjoin(my_label, my_label.id == mine.label_id)
        .outerjoin(their_label, their_label.id == theirs.label_id)
        .outerjoin(ActingConsent, stands(ActingConsent, theirs.id))
        .where(of_customer(mine, bindparam("actor")))
        .order_by(group.id, c.folded_name, c.id)
    )
    return query.where(c.id == bindparam("subject")) if of_one else query


def live_groups(customer_id: int, today: date) -> int:
    """In how many groups a customer is a member today; a membership that has ended does not count (G5)."""
    count = (
        select(func.count())
        .select_from(GroupMember)
        .join(CustomerGroup, CustomerGroup.id == GroupMember.group_id)
        .where(of_customer(GroupMember, customer_id))
        .where(exists_still(CustomerGroup))
        .where(or_(GroupMember.until.is_(None), GroupMember.until >= today))
    )
    return db.session.execute(count).scalar_one()


# Writing --------------------------------------------------------------------------------------------------------------


def hold(group_id: int) -> None:
    """Hold a group for this transaction: after the customers, before anything else (R14)."""
    if not is_sqlite():
        db.session.execute(select(CustomerGroup.id).where(CustomerGroup.id == group_id).with_for_update()).all()
    db.session.expire_all()


def hold_of(customers: Iterable[int]) -> None:
    """Hold every group that these customers are in, in the order of their ids: after the customers (G15).

    What a status, a login or a date of birth decides for a group waits for its other changes, and they for it.
    """
    if not is_sqlite():
        mine = select(GroupMember.group_id).where(GroupMember.customer_id.in_(list(customers)), current(GroupMember))
        held = select(CustomerGroup.id).where(CustomerGroup.id.in_(mine)).order_by(CustomerGroup.id)
        db.session.execute(held.with_for_update()).all()
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
        role=role,
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
    query = update(GroupMember).where(GroupMember.id == member.id, current(GroupMember))
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
    query = update(ActingConsent).where(stands(ActingConsent, member_id))
    done = db.session.execute(query.values(withdrawn_at=clock.now()).returning(ActingConsent.id))
    return bool(done.all())
