"""Making one customer, at the desk or from the command line, as one row of the customers import (C5, C6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.actions import access
from portal.actions.imports.customers import parsed
from portal.db import imports
from portal.db.audit import records as audit
from portal.db.customers import doubles
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import NewCustomer
from portal.db.engine import writes
from portal.db.folding import fold
from portal.db.partners import settings as partner_rows
from portal.db.tables import Partner
from portal.outside import clock
from portal.rules.customers.doubles import Identity, questions
from portal.rules.deciding import Actor
from portal.rules.errors import Conflict, Invalid, Refused
from portal.rules.imports import COLUMNS, DEFAULT_PARTNER, CustomerRow, FileKind
from portal.rules.permissions import Permission
from portal.rules.phones import dialled
from portal.rules.sentences import Sentence, say
from portal.rules.texts import email_key

LONGEST_ADDRESS = 1000
NEW_CURRENCY = "EUR"


@dataclass(frozen=True, slots=True)
class Added:
    """A customer that was made."""

    public_id: str
    external_id: str | None
    name: str
    partner: str

    @property
    def reference(self) -> str:
        return self.external_id or self.public_id


@writes(once="customer.add", answer=Added)
def add(
    actor: Actor, given: Mapping[str, str], *, address: str = "", anyway: bool = False, once: str | None = None
) -> Added:
    """Make a customer; `given` holds columns of the customers import, all of them optional but `name`.

    What is not given is as the partner bills by default. Raises Invalid by column, NotAllowed, Conflict for a number
    that is taken, and Refused (C5) with everybody of the partner who may be the same one, unless `anyway` says that it
    is somebody else. The same `once` again gives the same answer and makes nobody.
    """
    access.require(actor, Permission.CUSTOMERS_ADD)
    row = _parsed(given, address)
    partner = _partner(actor, row)
    external_id = row.external_id if given.get("external_id") else None
    if external_id is not None and (there := customers.by_reference(external_id)) is not None:
        raise Conflict(say("“{id}” is the number of {name} already.", id=external_id, name=there.name))
    if not anyway:
        _ask_about_doubles(partner, row)
    customer_id = customers.add_customer(_new(row, partner, external_id, address))
    made = customers.by_id(customer_id)
    audit.record(actor, "customer.create", say("{name} added", name=made.name), subject_id=made.id)
    return Added(made.public_id, made.external_id, made.name, made.partner_name)


def _parsed(given: Mapping[str, str], address: str) -> CustomerRow:
    problems: dict[str, list[Sentence]] = {}
    # A row of a file must have an external id; without one, any that is well-formed will do to look at the rest.
    values = [given.get(column) or None for column in COLUMNS[FileKind.CUSTOMERS]]
    values[0] = values[0] or "-"
    row = parsed(values, lambda column, text: problems.setdefault(column, []).append(text))
    if len(address) > LONGEST_ADDRESS:
        problems["address"] = [say("Use at most {longest} characters here.", longest=LONGEST_ADDRESS)]
    if row is None or problems:
        raise Invalid(problems)
    return row


def _partner(actor: Actor, row: CustomerRow) -> Partner:
    """The partner of this name, made when there is none. Administrators bound to a partner have only theirs."""
    known = imports.partners()
    name = row.partner or _own_partner(actor) or DEFAULT_PARTNER
    found = known.get(name)
    if actor.partner_id is not None and (found is None or found.id != actor.partner_id):
        raise Invalid({"partner": say("You may add customers of your own partner only, not of “{name}”.", name=name)})
    if found is None:
        found = imports.add_partner(name, row.currency or NEW_CURRENCY)
        text = say("Partner {name} added ({currency})", name=name, currency=found.currency)
        audit.record(actor, "partner.create", text)
    return found


def _own_partner(actor: Actor) -> str:
    if actor.partner_id is None:
        return ""
    return next((name for key, _, name in partner_rows.names(actor.partner_id) if key == actor.partner_id), "")


def _ask_about_doubles(partner: Partner, row: CustomerRow) -> None:
    identity = Identity(fold(row.name), row.born_on, email_key(row.email or ""), dialled(row.phone or ""))
    found = doubles.likely(partner.id, identity)
    if found:
        raise Refused(questions(found, by_staff=True), say("Is {name} there already?", name=row.name))


def _new(row: CustomerRow, partner: Partner, external_id: str | None, address: str) -> NewCustomer:
    said: dict[str, Any] = {
        "kind": row.kind,
        "given_name": row.given_name,
        "family_name": row.family_name,
        "email": row.email,
        "billing_email": row.billing_email,
        "phone": row.phone,
        "born_on": row.born_on,
        "own_status": row.status,
        "billing_type": row.billing_type or partner.default_billing_type,
        "billing_day": row.billing_day or partner.default_billing_day,
        "currency": row.currency or partner.currency,
        "tax_rate": row.tax_rate,
    }
    given = {name: value for name, value in said.items() if value is not None}
    return NewCustomer(
        partner_id=partner.id,
        name=row.name,
        created_at=clock.now(),
        external_id=external_id,
        address=address.strip(),
        **given,
    )
