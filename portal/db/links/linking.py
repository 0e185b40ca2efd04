"""Links as rows: the facts that the rules of linking ask for, and making and ending links."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import and_, func, insert, or_, select, update

from portal.db.books import ahead
from portal.db.books import posting as ledger
from portal.db.customers.profiles import Profile, by_ids
from portal.db.engine import db
from portal.db.links.live import above, current, lent, used
from portal.db.tables import Customer, LedgerAccount, Posting, SharedBalance, SubAccountLink
from portal.db.types import new_public_id
from portal.outside import clock
from portal.rules.balances import Balances
from portal.rules.books import Ledger, Transfer
from portal.rules.links.facts import BillingMode, LinkFacts
from portal.rules.money import Money


def facts(ids: Iterable[int]) -> dict[int, LinkFacts]:
    """What the rules of linking need to know of these customers, balances being those of their own books."""
    profiles = by_ids(ids)
    days = {profile.id: clock.today(profile.time_zone) for profile in profiles.values()}
    today = max(days.values(), default=date.max)
    balances = ledger.balances({p.id: p.currency for p in profiles.values()}, today)
    dated = [key for key, one in balances.items() if one.ahead]
    counting = ahead.counts(dated, today) if dated else {}
    waiting = ledger.waiting_for(profiles)
    counts = _sub_account_counts(profiles)
    return {
        key: _facts(profile, balances[key], counting.get(key, 0), waiting.get(key, (0, 0)), counts.get(key, (0, 0)))
        for key, profile in profiles.items()
    }


def _facts(
    profile: Profile, own: Balances, dated_ahead: int, waiting: tuple[int, int], counts: tuple[int, int]
) -> LinkFacts:
    return LinkFacts(
        id=profile.id,
        public_id=profile.public_id,
        name=profile.name,
        partner_id=profile.partner_id,
        partner_name=profile.partner_name,
        currency=profile.currency,
        status=profile.own_status,
        billing_type=profile.billing_type,
        billing_day=profile.own_billing_day,
        house=Money(own.house_minor, profile.currency),
        credit=Money(own.credit_minor, profile.currency),
        ahead=dated_ahead,
        future_items=waiting[0],
        future_total=Money(waiting[1], profile.currency),
        main_id=profile.main_id,
        main_name=profile.main_name or "",
        mode=profile.mode,
        sub_accounts=counts[0],
        aggregated_subs=counts[1],
        partner_account_id=profile.mate_id,
        partner_account_name=profile.mate_name or "",
        is_primary=profile.mate_id is not None and not profile.is_secondary,
    )


def _sub_account_counts(ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """How many current sub-accounts each main account has, and how many of them are aggregated."""
    link = SubAccountLink
    rows = db.session.execute(
        select(link.main_id, func.count(), func.count().filter(link.mode == BillingMode.AGGREGATED))
        .where(link.main_id.in_(sorted(ids)), current(link))
        .group_by(link.main_id)
    )
    return {main: (total, aggregated) for main, total, aggregated in rows}


def begin(partner_id: int, main_id: int, sub_id: int, mode: BillingMode, at: datetime) -> None:
    """Link a sub-account from `at` on."""
    begin_many(partner_id, [(main_id, sub_id)], mode, at)


def begin_many(partner_id: int, pairs: Sequence[tuple[int, int]], mode: BillingMode, at: datetime) -> None:
    """Link many sub-accounts, given as (main account, sub-account), from `at` on."""
    rows = [
        {
            "public_id": new_public_id(),
            "partner_id": partner_id,
            "main_id": main_id,
            "sub_id": sub_id,
            "mode": mode,
            "started_at": at,
        }
        for main_id, sub_id in pairs
    ]
    if rows:
        db.session.execute(insert(SubAccountLink), rows)


def end(sub_id: int, at: datetime) -> None:
    """End the current link of a sub-account; its row stays as history."""
    link = SubAccountLink
    db.session.execute(update(link).where(above(link, sub_id)).values(ended_at=at))


def begin_sharing(partner_id: int, primary_id: int, secondary_id: int, at: datetime) -> None:
    """Share the primary's balances from `at` on."""
    db.session.execute(
        insert(SharedBalance).values(
            public_id=new_public_id(),
            partner_id=partner_id,
            primary_id=primary_id,
            secondary_id=secondary_id,
            started_at=at,
        )
    )


def end_sharing(secondary_id: int, at: datetime) -> None:
    """End the sharing in which this customer is the secondary one; its row stays as history."""
    share = SharedBalance
    db.session.execute(update(share).where(used(share, secondary_id)).values(ended_at=at))


def sharing_since(customer_id: int) -> datetime | None:
    """Since when a customer has had the partner account it has now."""
    share = SharedBalance
    ours = or_(lent(share, customer_id), used(share, customer_id))
    return db.session.scalar(select(share.started_at).where(ours))


def held(customer_id: int, currency: str, today: date) -> list[Transfer]:
    """What a customer's own accounts hold, as transfers that would empty them: as of `today`, and each later day's.

    One query: the stored balance less what is dated ahead, by account and day.
    """
    a, p = LedgerAccount, Posting
    rows = db.session.execute(
        select(a.kind, a.balance_minor, p.booked_on, func.sum(p.amount_minor).label("moved"))
        .outerjoin(p, and_(p.ledger_account_id == a.id, p.booked_on > today))
        .where(a.owner_id == customer_id, a.currency == currency)
        .group_by(a.id, a.kind, a.balance_minor, p.booked_on)
    ).all()
    balances = {Ledger(row.kind): row.balance_minor for row in rows}
    ahead = [Transfer(Ledger(row.kind), row.booked_on, int(row.moved)) for row in rows if row.booked_on is not None]
    now = [
        Transfer(book, today, balance - sum(one.amount_minor for one in ahead if one.ledger is book))
        for book, balance in balances.items()
    ]
    order = list(Ledger)
    transfers = [one for one in (*now, *ahead) if one.amount_minor]
    return sorted(transfers, key=lambda one: (order.index(one.ledger), one.on))


def set_management(main_id: int, on: bool) -> None:
    """Switch sub-account management on a main account (L15)."""
    db.session.execute(update(Customer).where(Customer.id == main_id).values(manages_sub_accounts=on))
