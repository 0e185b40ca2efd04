"""Services: recurring plans a customer has (M1)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.engine import Base
from portal.db.types import BigInt, CustomerRef, Key, PublicId, words
from portal.rules.services import Period, ServiceState


class Service(Base):
    """One plan of one customer. `price_minor` is for one `period`, in the customer's currency."""

    __tablename__ = "service"
    __table_args__ = (Index(None, "customer_id", "state"),)

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    customer_id: Mapped[CustomerRef]
    plan: Mapped[str] = mapped_column(String(200))
    price_minor: Mapped[int] = mapped_column(BigInt)
    period: Mapped[Period] = mapped_column(words(Period, 10, check="period"), default=Period.MONTH)
    state: Mapped[ServiceState] = mapped_column(words(ServiceState, 10, check="state"), default=ServiceState.ACTIVE)
    started_on: Mapped[date]
    stopped_on: Mapped[date | None]
