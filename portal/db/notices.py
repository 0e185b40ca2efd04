"""Notices of blocking as rows: settings of partners, who is Blocked, and what waits for its hour."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, case, delete, func, insert, select, union, update
from sqlalchemy.orm import aliased

from portal.db.bulk import among, insert_many
from portal.db.customers import status
from portal.db.customers.erasing import Person
from portal.db.engine import db, is_sqlite
from portal.db.jobs import waking
from portal.db.links.live import paid_above
from portal.db.rows import columns, values_of
from portal.db.tables import BlockingNotice, Customer, NoticeSetting, OutboxMessage, Partner, SubAccountLink
from portal.rules.customers.status import Status
from portal.rules.notices import NoticeSettings, NoticeState
from portal.rules.outbox import State
from portal.rules.sentences import NOTHING, Sentence, from_stored, say, stored_parts, verbatim

STUCK_AFTER = timedelta(hours=49)
"""A notice waits for its hour for a day at most. A day later it is a matter for `flask doctor`."""


class Blocked(NamedTuple):
    """A customer that is effectively Blocked (L11), and whose block it follows; None for a block of its own."""

    customer_id: int
    because_of_id: int | None
    partner_id: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notice whose hour has come."""

    id: int
    customer_id: int
    written_at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """A notice as the profile shows it, with the public ids ("" without one) and states of its messages."""

    because_of: str
    written_at: datetime
    due_at: datetime
    state: NoticeState
    remark_text: str
    remark_parts: dict[str, object] | None
    settled_at: datetime | None
    mail: str
    mail_state: State | None
    sms: str
    sms_state: State | None

    @property
    def remark(self) -> Sentence:
        """What is worth knowing about it."""
        kept = self.remark_parts
        return from_stored(str(kept["say"]), kept) if kept is not None else verbatim(self.remark_text)


# What partners want ---------------------------------------------------------------------------------------------------


def settings_of(partner_ids: Iterable[int]) -> dict[int, NoticeSettings]:
    """What each of these partners wants; the defaults where nothing was ever saved."""
    wanted = set(partner_ids)
    rows = db.session.scalars(
        select(NoticeSetting).where(NoticeSetting.partner_id.in_(wanted)).execution_options(populate_existing=True)
    )
    return dict.fromkeys(wanted, NoticeSettings()) | {row.partner_id: _settings(row) for row in rows}


def _settings(row: NoticeSetting) -> NoticeSettings:
    return NoticeSettings(
        row.enabled, row.sub_accounts, row.by_email, row.by_sms, row.hour, row.subject, row.body, row.sms
    )


def save_settings(partner_id: int, wanted: NoticeSettings) -> None:
    """Store what a partner wants. The caller holds the partner."""
    values: dict[str, Any] = asdict(wanted)
    values["enabled"] = values.pop("on")
    changed = db.session.execute(
        update(NoticeSetting)
        .where(NoticeSetting.partner_id == partner_id)
        .values(**values)
        .returning(NoticeSetting.hour)
    ).first()
    if changed is None:
        db.session.execute(insert(NoticeSetting).values(partner_id=partner_id, **values))


def zones(partner_ids: Iterable[int]) -> dict[int, str]:
    """The time zones of partners."""
    query = select(Partner.id, Partner.time_zone).where(Partner.id.in_(set(partner_ids)))
    return {row.id: row.time_zone for row in db.session.execute(query)}


def anybody_wants_them() -> bool:
    """Whether any partner has notices switched on: without, nobody need be looked at."""
    return db.session.scalar(select(NoticeSetting.partner_id).where(NoticeSetting.enabled).limit(1)) is not None


# Who is Blocked -------------------------------------------------------------------------------------------------------


def blocked_among(ids: Collection[int]) -> dict[int, Blocked]:
    """Those who are effectively Blocked now, of these customers and of the sub-accounts that follow them (L11)."""
    link, main = SubAccountLink, aliased(Customer)
    c = Customer
    statuses = (c.own_status, main.own_status, link.mode)
    because_of = case((status.imposed(*statuses), main.id))
    query = (
        select(*columns(Blocked, customer_id=c.id, because_of_id=because_of, partner_id=c.partner_id))
        .select_from(c)
        .outerjoin(link, paid_above(link, c.id))
        .outerjoin(main, main.id == link.main_id)
        .where(status.shown(*statuses) == Status.BLOCKED, c.removed_at.is_(None))
    )
    both = union(query.where(among(c.id, ids)), query.where(among(link.main_id, ids)))
    return {one.customer_id: one for one in values_of(Blocked, db.session.execute(both))}


# Notices --------------------------------------------------------------------------------------------------------------

REPLACED = say("The customer was blocked again before this was due, so the newer notice counts.")


def write(blocked: Sequence[tuple[Blocked, datetime]], now: datetime) -> None:
    """Write a notice for each of these customers, due at the instant beside it. One that still waits is replaced."""
    if not blocked:
        return
    n = BlockingNotice
    db.session.execute(
        update(n)
        .where(among(n.customer_id, [one.customer_id for one, _ in blocked]), n.state == NoticeState.WAITING)
        .values(state=NoticeState.DROPPED.value, **_remarked(REPLACED), settled_at=now)
    )
    names = ("customer_id", "because_of_id", "written_at", "due_at", "state", "remark")
    rows = [(one.customer_id, one.because_of_id, now, due, NoticeState.WAITING.value, "") for one, due in blocked]
    insert_many(n, names, rows)
    waking.after_commit()


def due(now: datetime) -> ColumnElement[bool]:
    """Which notices have come to their hour."""
    return (BlockingNotice.state == NoticeState.WAITING) & (BlockingNotice.due_at <= now)


def take_due(now: datetime, limit: int) -> list[Waiting]:
    """Notices whose hour has come, held for this transaction; others leave them alone meanwhile."""
    n = BlockingNotice
    waiting = columns(Waiting, id=n.id, customer_id=n.customer_id, written_at=n.written_at)
    query = select(*waiting).where(due(now)).order_by(n.due_at, n.id).limit(limit)
    if not is_sqlite():
        query = query.with_for_update(skip_locked=True)
    return values_of(Waiting, db.session.execute(query))


def any_due(now: datetime) -> bool:
    """Whether the hour of any notice has come."""
    return db.session.scalar(select(BlockingNotice.id).where(due(now)).limit(1)) is not None


def settle(
    notice_id: int, state: NoticeState, now: datetime, *, remark: Sentence = NOTHING, mail: str = "", sms: str = ""
) -> None:
    """Write down what became of a notice; `mail` and `sms` are public ids in the outbox."""
    n = BlockingNotice

    def message(public_id: str) -> Any:
        return (
            select(OutboxMessage.id).where(OutboxMessage.public_id == public_id).scalar_subquery()
            if public_id
            else None
        )

    db.session.execute(
        update(n)
        .where(n.id == notice_id)
        .values(state=state.value, **_remarked(remark), settled_at=now, mail_id=message(mail), sms_id=message(sms))
    )


def _remarked(remark: Sentence) -> dict[str, object]:
    """The columns that keep a remark."""
    parts = {"say": remark.template, **stored_parts(remark)} if remark else None
    return {"remark": str(remark), "remark_parts": parts}


def postpone(notice_id: int, due_at: datetime) -> None:
    """Let a notice wait a while longer."""
    db.session.execute(update(BlockingNotice).where(BlockingNotice.id == notice_id).values(due_at=due_at))


def told(customer_id: int, limit: int = 5) -> list[Told]:
    """The latest notices to a customer, newest first."""
    n, mail, sms, main = BlockingNotice, aliased(OutboxMessage), aliased(OutboxMessage), aliased(Customer)
    own = {name: getattr(n, name) for name in ("written_at", "due_at", "state", "remark_parts", "settled_at")}
    found = columns(
        Told,
        **own,
        remark_text=n.remark,
        because_of=func.coalesce(main.name, ""),
        mail=func.coalesce(mail.public_id, ""),
        mail_state=mail.state,
        sms=func.coalesce(sms.public_id, ""),
        sms_state=sms.state,
    )
    query = (
        select(*found)
        .select_from(n)
        .outerjoin(main, main.id == n.because_of_id)
        .outerjoin(mail, mail.id == n.mail_id)
        .outerjoin(sms, sms.id == n.sms_id)
        .where(n.customer_id == customer_id)
    )
    return values_of(Told, db.session.execute(query.order_by(n.id.desc()).limit(limit)))


def waiting_count(partner_id: int | None = None) -> int:
    """How many notices wait for their hour, of one partner's customers or of all."""
    n = BlockingNotice
    query = select(func.count(n.id)).where(n.state == NoticeState.WAITING)
    if partner_id is not None:
        query = query.join(Customer, Customer.id == n.customer_id).where(Customer.partner_id == partner_id)
    return db.session.scalar(query) or 0


def overdue_since(now: datetime) -> datetime | None:
    """Since when the notice that waits longest has been due; None when none is."""
    return db.session.scalar(select(func.min(BlockingNotice.due_at)).where(due(now)))


def _erase(person: Person, _at: datetime) -> Collection[int]:
    """Every notice to a customer goes, and it is taken out of those that followed its block."""
    n, customer_id = BlockingNotice, person.id
    db.session.execute(delete(n).where(n.customer_id == customer_id))
    db.session.execute(update(n).where(n.because_of_id == customer_id).values(because_of_id=None))
    return ()


ERASES = _erase


def stuck(now: datetime) -> list[Sentence]:
    """A sentence for each customer whose notice nobody has taken for a day after its hour."""
    n = BlockingNotice
    names = db.session.scalars(
        select(Customer.name)
        .join(n, n.customer_id == Customer.id)
        .where(n.state == NoticeState.WAITING, n.written_at < now - STUCK_AFTER)
        .order_by(n.id)
        .limit(20)
    )
    return [say("The notice of blocking to {name} has waited for more than two days.", name=name) for name in names]
