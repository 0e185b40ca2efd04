"""The accounts that a customer pays for now (F3)."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Integer, Select, String, bindparam, func, or_, select

from portal.db.engine import executed
from portal.db.folding import literally
from portal.db.links.live import paid_for
from portal.db.rows import columns, values_of
from portal.db.tables import Customer


class Account(NamedTuple):
    """A customer for whom documents can be issued; `reference` is its external id, or its public one."""

    public_id: str
    reference: str
    name: str


def accounts(payer_id: int, *, text: str = "", folded: str = "", limit: int) -> list[Account]:
    """At most `limit` of the accounts that the payer pays for besides itself, by name.

    `folded` restricts to names that contain it, and to the one whose public or external id is `text`.
    """
    given = {"payer": payer_id, "most": limit, "text": text, "folded": f"%{literally(folded)}%"}
    return values_of(Account, executed(_accounts(bool(text), bool(folded)), given))


@cache
def _accounts(searched: bool, by_name: bool) -> Select[*tuple[Any, ...]]:
    c = Customer
    reference = func.coalesce(c.external_id, c.public_id)
    query = (
        select(*columns(Account, public_id=c.public_id, reference=reference, name=c.name))
        .where(c.id.in_(paid_for(bindparam("payer", type_=BigInteger()))))
        .order_by(c.folded_name, c.id)
        .limit(bindparam("most", type_=Integer()))
    )
    if searched:
        text = bindparam("text", type_=String())
        own = or_(c.public_id == text, c.external_id == text)
        query = query.where(or_(own, c.folded_name.like(bindparam("folded"), escape="/")) if by_name else own)
    return query
