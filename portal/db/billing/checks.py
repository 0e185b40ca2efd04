"""Checks of what was billed of services, and of future items (F5)."""

from __future__ import annotations

from portal.db.doctor import Check
from portal.db.doctor.reading import sentences
from portal.rules.sentences import Sentence, say


def days_once() -> list[Sentence]:
    """F5: no day of a service is billed twice, and none lies behind how far it is billed."""
    return sentences(
        """
        SELECT DISTINCT s.plan, c.name FROM service_charge a
        JOIN service_charge b ON b.service_id = a.service_id AND b.id <> a.id
            AND b.first_on >= a.first_on AND b.first_on <= coalesce(a.ended_on, a.last_on)
            AND coalesce(b.ended_on, b.last_on) >= b.first_on
        JOIN service s ON s.id = a.service_id JOIN customer c ON c.id = s.customer_id
        """,
        lambda row: say("{plan} of {name} was billed twice for some days.", plan=row.plan, name=row.name),
    ) + sentences(
        """
        SELECT s.plan, c.name FROM service s JOIN customer c ON c.id = s.customer_id
        JOIN (SELECT service_id, max(coalesce(ended_on, last_on)) AS last_on FROM service_charge GROUP BY service_id) a
        ON a.service_id = s.id WHERE s.paid_until IS NULL OR s.paid_until < a.last_on
        """,
        lambda row: say("{plan} of {name} is billed further than it says.", plan=row.plan, name=row.name),
    )


def items_once() -> list[Sentence]:
    """F5: what was invoiced of future items was not taken back as well."""
    return sentences(
        """
        SELECT i.number FROM future_item i JOIN future_item b ON b.reverses_id = i.id
        WHERE i.invoiced_by_id IS NOT NULL
        """,
        lambda row: say("{number} was invoiced and taken back.", number=row.number),
    )


CHECKS = (
    Check(165, say("No day of a service is billed twice"), days_once),
    Check(166, say("No future item is invoiced and taken back"), items_once),
)
