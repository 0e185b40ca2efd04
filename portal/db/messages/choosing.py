"""Who is to get a message: those that the filters find, with how each of them can be reached (O2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.orm import aliased

from portal.db.bulk import among
from portal.db.customers import status
from portal.db.customers.search import statements
from portal.db.customers.search.asking import CustomerFilter, ask
from portal.db.engine import db, executed
from portal.db.groups.live import current as is_member
from portal.db.groups.live import exists_still, frozen, in_group, owns, stands
from portal.db.links.live import above, under
from portal.db.partners.features import groups_on_for
from portal.db.tables import (
    ActingConsent,
    Customer,
    CustomerGroup,
    GroupMember,
    Login,
    MessageDeclined,
    Partner,
    SubAccountLink,
)
from portal.outside import clock
from portal.rules.customers.status import Status
from portal.rules.groups import GroupRole, lasts, of_age_on
from portal.rules.messages.sharing import Candidate, Reached
from portal.rules.messages.states import MessageKind

EVERY = 2_000_000_000
"""More than there are customers."""


@dataclass(frozen=True, slots=True)
class Matching:
    """What is asked for: a filter of the customer search with one of `statuses`, or with any; the sub-accounts of
    `main_id`; the members of the groups that `owner_id` owns.
    """

    filter: CustomerFilter
    statuses: Sequence[Status] = ()
    main_id: int | None = None
    owner_id: int | None = None


def ids_of(wanted: Matching, *, bound_to: int | None) -> list[int]:
    """The keys of all that match, the oldest customer first."""
    found: set[int] = set()
    for one in wanted.statuses or (None,):
        asked = ask(replace(wanted.filter, status=one), bound_to)
        found |= set(executed(statements.keys_of(asked.shape), {**asked.values, "size": EVERY, "offset": 0}).scalars())
    if wanted.main_id is not None:
        link = SubAccountLink
        found &= set(db.session.scalars(select(link.sub_id).where(under(link, wanted.main_id))))
    if wanted.owner_id is not None:
        mine, theirs = aliased(GroupMember), aliased(GroupMember)
        query = select(theirs.customer_id).join(mine, mine.group_id == theirs.group_id)
        query = query.join(CustomerGroup, CustomerGroup.id == theirs.group_id)
        owned = (owns(mine, mine.group_id), mine.customer_id == wanted.owner_id)
        found &= set(db.session.scalars(query.where(exists_still(CustomerGroup), is_member(theirs), *owned)))
    return sorted(found)


def candidates(ids: Collection[int], kind: MessageKind) -> list[Candidate]:
    """These customers as the rules know them, the oldest first; who has no email of its own with its guardians."""
    rows = _rows(ids, kind)
    alone = [one.own.id for one in rows if not one.own.email]
    guardians = _guardians(alone) if alone else {}
    return [one._replace(guardians=tuple(guardians.get(one.own.id, ()))) for one in rows]


def _rows(ids: Collection[int], kind: MessageKind) -> list[Candidate]:
    c, main, link, declined = Customer, aliased(Customer), SubAccountLink, MessageDeclined
    query = (
        select(
            c.id,
            c.email,
            c.phone,
            status.shown(c.own_status, main.own_status, link.mode).label("shown"),
            _signs_in(c).label("signs_in"),
            exists().where(declined.customer_id == c.id, declined.kind == kind).label("declined"),
        )
        .outerjoin(link, above(link, c.id))
        .outerjoin(main, main.id == link.main_id)
        .where(among(c.id, ids))
        .order_by(c.id)
    )
    return [
        Candidate(
            Reached(row.id, row.email, row.phone, bool(row.signs_in)),
            Status(row.shown) is Status.INACTIVE,
            bool(row.declined),
        )
        for row in db.session.execute(query)
    ]


def _signs_in(customer: type[Customer]) -> ColumnElement[bool]:
    return exists().where(Login.customer_id == customer.id, Login.disabled_at.is_(None))


def _guardians(ids: Collection[int]) -> dict[int, list[Reached]]:
    """Who acts today for each of these customers, as members of groups, the Owner first (G11 to G13, G18)."""
    mine, theirs, child, c, p = aliased(GroupMember), aliased(GroupMember), aliased(Customer), Customer, Partner
    agreed = exists().where(stands(ActingConsent, mine.id))
    query = (
        select(
            *(mine.customer_id.label("child"), mine.until.label("own_until"), theirs.until, theirs.role, agreed),
            *(child.born_on, p.majority_age, p.time_zone, c.id, c.email, c.phone, _signs_in(c).label("signs_in")),
        )
        .select_from(mine)
        .join(CustomerGroup, and_(CustomerGroup.id == mine.group_id, exists_still(CustomerGroup)))
        .join(theirs, and_(in_group(theirs, mine.group_id), theirs.role != GroupRole.DEPENDENT))
        .join(child, child.id == mine.customer_id)
        .join(c, c.id == theirs.customer_id)
        .join(p, p.id == child.partner_id)
        .where(
            *(among(mine.customer_id, ids), is_member(mine), mine.role == GroupRole.DEPENDENT),
            *(groups_on_for(p.groups_on), ~frozen(mine.customer_id), c.removed_at.is_(None)),
        )
        .order_by(theirs.id)
    )
    found: dict[int, list[tuple[bool, Reached]]] = defaultdict(list)
    for row in db.session.execute(query):
        today = clock.today(row.time_zone)
        adult = row.born_on is not None and of_age_on(row.born_on, row.majority_age) <= today
        if lasts(row.own_until, today) and lasts(row.until, today) and (not adult or row[4]):
            reached = Reached(row.id, row.email, row.phone, bool(row.signs_in))
            found[row.child].append((row.role is not GroupRole.OWNER, reached))
    return {key: [one for _, one in sorted(some, key=lambda pair: pair[0])] for key, some in found.items()}
