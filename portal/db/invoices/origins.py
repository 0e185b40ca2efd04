"""What the lines of an invoice charge: the services that they came from (S10)."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select

from portal.db.engine import db
from portal.db.rows import columns, values_of
from portal.db.tables import Customer, Entry, Service, ServiceCharge


class Origin(NamedTuple):
    """The service that a line charges, and whose it is (public ids). `position` begins at 1."""

    position: int
    service: str
    customer: str


def of_invoice(public_id: str) -> list[Origin]:
    """The lines of an invoice that charge a service, in their order."""
    charge, service, c = ServiceCharge, Service, Customer
    found = columns(Origin, position=charge.position, service=service.public_id, customer=c.public_id)
    query = (
        select(*found)
        .select_from(charge)
        .join(Entry, Entry.id == charge.invoice_id)
        .join(service, service.id == charge.service_id)
        .join(c, c.id == service.customer_id)
        .where(Entry.public_id == public_id, charge.position.is_not(None))
        .order_by(charge.position)
    )
    return values_of(Origin, db.session.execute(query))
