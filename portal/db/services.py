"""Services as rows."""

from __future__ import annotations

from datetime import date

from portal.db.engine import db
from portal.db.tables import Service


def add_service(customer_id: int, plan: str, price_minor: int, period: str, started_on: date) -> None:
    """Give a customer an active service; the price is for one period, in minor units of the customer's currency."""
    db.session.add(
        Service(customer_id=customer_id, plan=plan, price_minor=price_minor, period=period, started_on=started_on)
    )
