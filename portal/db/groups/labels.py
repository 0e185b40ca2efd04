"""The labels that members of groups have (G4)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, func, select, update

from portal.db.engine import db
from portal.db.folding import fold
from portal.db.tables import GroupInvitation, GroupLabel, GroupMember
from portal.db.types import new_public_id
from portal.outside import clock


@dataclass(frozen=True, slots=True)
class Label:
    """A label; `used` counts the memberships, ended ones included, and invitations that carry it."""

    id: int
    public_id: str
    name: str
    retired: bool
    used: int = 0


def labels(*, retired: bool = False) -> list[Label]:
    """The labels that can be chosen, in the order in which they were added; with `retired`, all of them."""
    query = select(GroupLabel).order_by(GroupLabel.id)
    if not retired:
        query = query.where(GroupLabel.retired_at.is_(None))
    used: dict[int, int] = {}
    for column in (GroupMember.label_id, GroupInvitation.label_id):
        counted = select(column, func.count()).where(column.is_not(None)).group_by(column)
        for key, count in db.session.execute(counted):
            used[int(key or 0)] = used.get(int(key or 0), 0) + count
    rows = db.session.scalars(query, execution_options={"populate_existing": True})
    return [Label(r.id, r.public_id, r.name, r.retired_at is not None, used.get(r.id, 0)) for r in rows]


def find(wanted: str) -> Label | None:
    """The label of that public id or name (however it is written), a retired one included."""
    wanted = wanted.replace("\0", "")
    folded = fold(wanted)
    query = select(GroupLabel).where((GroupLabel.public_id == wanted) | (GroupLabel.folded_name == folded))
    row = db.session.scalars(query, execution_options={"populate_existing": True}).first()
    return Label(row.id, row.public_id, row.name, row.retired_at is not None) if row else None


def add(name: str) -> str:
    """A new label; its public id. IntegrityError when there is one of that name."""
    made = GroupLabel(public_id=new_public_id(), name=name, folded_name=fold(name))
    db.session.add(made)
    db.session.flush()
    return made.public_id


def rename(label_id: int, name: str) -> None:
    """Call a label otherwise. IntegrityError when there is one of that name."""
    query = update(GroupLabel).where(GroupLabel.id == label_id)
    db.session.execute(query.values(name=name, folded_name=fold(name)))


def retire(label_id: int, retired: bool) -> None:
    """Offer a label no more, or again."""
    query = update(GroupLabel).where(GroupLabel.id == label_id)
    db.session.execute(query.values(retired_at=clock.now() if retired else None))


def remove(label_id: int) -> None:
    """Delete a label that nobody carries."""
    db.session.execute(delete(GroupLabel).where(GroupLabel.id == label_id))
