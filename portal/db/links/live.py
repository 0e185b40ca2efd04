"""Which links and shared balances count now, and who therefore pays, as SQL says it once (L11, S9)."""

from __future__ import annotations

from typing import TypeAlias

from sqlalchemy import BindParameter, ColumnElement, CompoundSelect, and_, func, select
from sqlalchemy.orm import InstrumentedAttribute

from portal.db.tables import SharedBalance, SubAccountLink
from portal.rules.links.facts import BillingMode

Id: TypeAlias = InstrumentedAttribute[int] | BindParameter[int] | int
"""A customer: a column, a parameter, or one that is known."""


def current(row: type[SubAccountLink | SharedBalance]) -> ColumnElement[bool]:
    """Whether a link, or a shared balance, has not ended."""
    return row.ended_at.is_(None)


def under(link: type[SubAccountLink], main: Id) -> ColumnElement[bool]:
    """Whether a link is a current one of a main account."""
    return and_(link.main_id == main, current(link))


def above(link: type[SubAccountLink], sub: Id) -> ColumnElement[bool]:
    """Whether a link is the current one of a sub-account."""
    return and_(link.sub_id == sub, current(link))


def paid_above(link: type[SubAccountLink], sub: Id) -> ColumnElement[bool]:
    """Whether a link is the current one of a sub-account whose main account is billed and pays for it."""
    return and_(above(link, sub), link.mode == BillingMode.AGGREGATED)


def used(share: type[SharedBalance], secondary: Id) -> ColumnElement[bool]:
    """Whether a customer uses the balances of the primary account of a pair."""
    return and_(share.secondary_id == secondary, current(share))


def lent(share: type[SharedBalance], primary: Id) -> ColumnElement[bool]:
    """Whether a customer lends its balances to the secondary account of a pair."""
    return and_(share.primary_id == primary, current(share))


def payer(customer: Id, link: type[SubAccountLink], share: type[SharedBalance]) -> ColumnElement[int]:
    """Who pays for a customer, from outer joins by `paid_above` and `used`; `rules.links.facts.payer` says the same."""
    return func.coalesce(link.main_id, share.primary_id, customer)


def paid_for(payer_id: BindParameter[int]) -> CompoundSelect[int]:
    """The ids of the others that a customer pays for."""
    link, share = SubAccountLink, SharedBalance
    subs = select(link.sub_id).where(under(link, payer_id), link.mode == BillingMode.AGGREGATED)
    return subs.union_all(select(share.secondary_id).where(lent(share, payer_id)))
