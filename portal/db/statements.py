"""Who gets a statement every month, and which were sent (S8)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from portal.db.customers.erasing import Person
from portal.db.engine import db, is_sqlite
from portal.db.rows import columns, values_of
from portal.db.tables import Customer, StatementMailing, StatementSubscription, StatementTrouble
from portal.rules.customers.removal import PERSON
from portal.rules.periods import Period, month_with
from portal.rules.sentences import Sentence


class Subscriber(NamedTuple):
    """A customer that wants statements, and since when."""

    id: int
    public_id: str
    reference: str
    name: str
    since: datetime


class Mailed(NamedTuple):
    """A month (its first day) whose statement was sent, when, and its message."""

    month: date
    mail: str
    made_at: datetime


def since(customer_id: int) -> datetime | None:
    """Since when a customer wants statements; None for one that does not."""
    s = StatementSubscription
    return db.session.scalar(select(s.since).where(s.customer_id == customer_id))


def subscribe(customer_id: int, *, actor: str, at: datetime) -> None:
    """Remember that a customer wants statements; it may already."""
    dialect = sqlite if is_sqlite() else postgresql
    row = dialect.insert(StatementSubscription).values(customer_id=customer_id, since=at, actor=actor)
    db.session.execute(row.on_conflict_do_nothing(index_elements=["customer_id"]))


def unsubscribe(customer_id: int) -> None:
    """Forget it."""
    db.session.execute(delete(StatementSubscription).where(StatementSubscription.customer_id == customer_id))


class Trouble(NamedTuple):
    """Whose statement of a month (its first day) did not go out: why, how often and when it was last tried."""

    public_id: str
    name: str
    month: date
    tried_on: date
    tries: int
    why: Sentence

    @property
    def period(self) -> Period:
        """The month whole."""
        return month_with(self.month)


def waiting(partner_id: int, month: date, *, untried_on: date | None = None) -> list[Subscriber]:
    """The subscribers of a partner that have not got the statement of a month, in the order of their keys.

    With `untried_on` without those with whom it went wrong on that day already.
    """
    s, m, c, t = StatementSubscription, StatementMailing, Customer, StatementTrouble
    got = exists().where(m.customer_id == s.customer_id, m.month == month)
    query = (
        select(
            *columns(
                Subscriber,
                id=c.id,
                public_id=c.public_id,
                reference=func.coalesce(c.external_id, c.public_id),
                name=c.name,
                since=s.since,
            )
        )
        .select_from(s)
        .join(c, c.id == s.customer_id)
        .where(c.partner_id == partner_id, c.removed_at.is_(None), ~got)
        .order_by(c.id)
    )
    if untried_on is not None:
        query = query.where(~exists().where(t.customer_id == s.customer_id, t.month == month, t.tried_on >= untried_on))
    return values_of(Subscriber, db.session.execute(query))


def count_mailed(partner_id: int, month: date) -> int:
    """How many customers of a partner got the statement of a month."""
    m, c = StatementMailing, Customer
    query = select(m.id).join(c, c.id == m.customer_id).where(c.partner_id == partner_id, m.month == month)
    return len(db.session.execute(query).all())


def take(customer_id: int, month: date, mail: str, *, at: datetime) -> bool:
    """Remember the statement of a month as sent; False when somebody else sent it first."""
    dialect = sqlite if is_sqlite() else postgresql
    row = dialect.insert(StatementMailing).values(customer_id=customer_id, month=month, mail=mail, made_at=at)
    found = db.session.execute(
        row.on_conflict_do_nothing(index_elements=["customer_id", "month"]).returning(StatementMailing.id)
    )
    return found.first() is not None


def name_mail(customer_id: int, month: date, mail: str) -> None:
    """Say which message carries it, in the transaction that took it."""
    m = StatementMailing
    db.session.execute(update(m).where(m.customer_id == customer_id, m.month == month).values(mail=mail))


def note_trouble(customer_id: int, month: date, why: Sentence, *, on: date) -> None:
    """Remember why the statement of a month did not go out when it was tried on a day; the last reason stays."""
    t, dialect = StatementTrouble, sqlite if is_sqlite() else postgresql
    row = dialect.insert(t).values(customer_id=customer_id, month=month, tried_on=on, tries=1, why=why)
    again = {"tried_on": on, "tries": t.tries + 1, "why": row.excluded.why}
    db.session.execute(row.on_conflict_do_update(index_elements=["customer_id", "month"], set_=again))


def forget_trouble(customer_id: int, month: date | None = None) -> None:
    """The statement of a month went out after all, or without a month: none is wanted any more."""
    t = StatementTrouble
    query = delete(t).where(t.customer_id == customer_id)
    db.session.execute(query if month is None else query.where(t.month == month))


def troubles(*, partner_id: int | None = None, customer_id: int | None = None, limit: int) -> Sequence[Trouble]:
    """What did not go out, of a partner (None: of all) or to one customer, the newest month first."""
    t, c = StatementTrouble, Customer
    found = columns(
        Trouble, public_id=c.public_id, name=c.name, month=t.month, tried_on=t.tried_on, tries=t.tries, why=t.why
    )
    query = select(*found).select_from(t).join(c, c.id == t.customer_id)
    if partner_id is not None:
        query = query.where(c.partner_id == partner_id)
    if customer_id is not None:
        query = query.where(t.customer_id == customer_id)
    return values_of(Trouble, db.session.execute(query.order_by(t.month.desc(), c.folded_name, c.id).limit(limit)))


def mailed(customer_id: int, *, limit: int) -> Sequence[Mailed]:
    """What was sent to a customer, the newest month first."""
    m = StatementMailing
    query = select(*columns(Mailed, month=m.month, mail=m.mail, made_at=m.made_at)).where(m.customer_id == customer_id)
    return values_of(Mailed, db.session.execute(query.order_by(m.month.desc()).limit(limit)))


def _erase(person: Person, _at: datetime) -> Collection[int]:
    """Nothing is sent any more to who was removed; who else said so loses the name."""
    s = StatementSubscription
    db.session.execute(delete(s).where(s.customer_id == person.id))
    forget_trouble(person.id)
    db.session.execute(update(s).where(s.actor.in_(person.emails)).values(actor=PERSON))
    return ()


ERASES = _erase
