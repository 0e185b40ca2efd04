"""Who gets a statement every month, and which were sent (S8)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.engine import Base
from portal.db.types import At, CustomerRef, Key, Saying
from portal.rules.sentences import Sentence


class StatementSubscription(Base):
    """A customer that wants its statement by email every month, since when, and who said so."""

    __tablename__ = "statement_subscription"

    customer_id: Mapped[CustomerRef] = mapped_column(primary_key=True, autoincrement=False)
    since: Mapped[At]
    actor: Mapped[str] = mapped_column(String(254))


class StatementMailing(Base):
    """The statement of a month (its first day) that was sent to a customer, once: `mail` is its message's public id."""

    __tablename__ = "statement_mailing"
    __table_args__ = (UniqueConstraint("customer_id", "month"), Index(None, "month"))

    id: Mapped[Key]
    customer_id: Mapped[CustomerRef]
    month: Mapped[date]
    mail: Mapped[str] = mapped_column(String(20))
    made_at: Mapped[At]


class StatementTrouble(Base):
    """Why the statement of a month (its first day) did not go out, and the day when that was tried last."""

    __tablename__ = "statement_trouble"

    customer_id: Mapped[CustomerRef] = mapped_column(primary_key=True, autoincrement=False)
    month: Mapped[date] = mapped_column(primary_key=True)
    tried_on: Mapped[date]
    tries: Mapped[int]
    why: Mapped[Sentence] = mapped_column(Saying)
