"""Customers of a partner that have a name and date of birth, an address or a phone number: likely doubles (C5)."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Date, Select, String, bindparam, func, literal_column, select, union

from portal.db.engine import executed
from portal.db.tables import Customer, Login
from portal.rules.customers.doubles import Double, Identity, in_common
from portal.rules.phones import dialled, tail
from portal.rules.texts import email_key

SHOWN = 5

LOOKED_AT = 50
"""So many are looked at: the last digits of a phone number find more than those who have the very same one."""


def likely(partner_id: int, new: Identity) -> list[Double]:
    """Who of a partner's customers may be `new`, by name, SHOWN at most; one query, with an index for each way."""
    values = {
        "partner": partner_id,
        "name": new.folded_name,
        "born": new.born_on,
        "email": new.email,
        "tail": tail(new.phone),
        "most": LOOKED_AT,
    }
    found = []
    for row in executed(_likely(bool(new.born_on), bool(new.email), bool(new.phone)), values) if _asks(new) else ():
        other = Identity(row.folded_name, row.born_on, email_key(row.email), dialled(row.phone))
        signs_in = new.email and row.signs_in
        why = in_common(new, Identity(other.folded_name, other.born_on, new.email, other.phone) if signs_in else other)
        if why:
            found.append(Double(row.public_id, row.name, row.external_id or row.public_id, row.born_on, why))
    return found[:SHOWN]


def _asks(new: Identity) -> bool:
    """Whether there is anything to find it by."""
    return bool(new.born_on or new.email or new.phone)


@cache
def _likely(born: bool, email: bool, phone: bool) -> Select[*tuple[Any, ...]]:
    c, login = Customer, Login
    address = bindparam("email", type_=String())
    ways: list[Any] = []
    if born:
        known_by = (c.folded_name == bindparam("name", type_=String()), c.born_on == bindparam("born", type_=Date()))
        ways.append(select(c.id).where(*known_by))
    if email:
        ways.append(select(c.id).where(literal_column("lower(customer.email)") == address))
        ways.append(select(login.customer_id).where(login.email == address, login.customer_id.is_not(None)))
    if phone:
        ways.append(
            select(c.id).where(c.phone_tail == bindparam("tail", type_=String()), c.phone_tail != literal_column("''"))
        )
    found = union(*ways).subquery()
    signs_in = (
        select(func.count()).where(login.customer_id == c.id, login.email == address).correlate(c).scalar_subquery()
    )
    return (
        select(c.public_id, c.external_id, c.name, c.folded_name, c.born_on, c.email, c.phone)
        .add_columns(signs_in.label("signs_in"))
        .join(found, found.c[0] == c.id)
        # The sum keeps engines from walking through all of the partner's customers in the order that is asked for.
        .where(c.partner_id + 0 == bindparam("partner", type_=BigInteger()), c.removed_at.is_(None))
        .order_by(c.folded_name, c.id)
        .limit(bindparam("most"))
    )
