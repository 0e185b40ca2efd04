"""Whom somebody looks after, as Home shows them: a card each, with what they owe and what needs somebody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from portal.actions.customers.people import Standing, looked_after, modes_opened, paused_for
from portal.db.books import posting as books
from portal.db.customers.profiles import Profile
from portal.db.groups.wards import Ward, WardFacts
from portal.db.links import sub_accounts as sub_account_rows
from portal.db.links.sub_accounts import SubAccount
from portal.outside import clock
from portal.rules.balances import Balances
from portal.rules.customers.status import BlockedCause, EffectiveStatus, Status, effective_status
from portal.rules.deciding import Actor, decide
from portal.rules.groups import of_age_on
from portal.rules.links.facts import BillingMode
from portal.rules.permissions import Permission

CARDS = 12
"""So many people, and so many sub-accounts, have a card each on Home; beyond them there is a summary or a list."""

SOON = timedelta(days=14)
OF_AGE_SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Shown:
    """The status of somebody on a card, with what says why (UX13)."""

    status: EffectiveStatus
    main_name: str
    blocked_cause: BlockedCause | None
    changed_at: datetime | None

    @property
    def blocked(self) -> bool:
        return self.status.status is Status.BLOCKED


@dataclass(frozen=True, slots=True)
class WardCard:
    """A Dependent of one's groups; `place` is its place in the group.

    `balances` are its own books', None where another pays for it (`payer_name`), or where they may not be seen
    (`sees_money`). `ends_on` is the last day of its membership and `of_age_on` when it comes of age, where either is
    near.
    """

    public_id: str
    name: str
    place: int
    label: str
    owner_name: str
    group: str
    age: int | None
    signs_in: bool
    shown: Shown
    currency: str
    paid_by_me: bool
    payer_name: str
    sees_money: bool
    balances: Balances | None
    ends_on: date | None
    of_age_on: date | None

    @property
    def owes(self) -> bool:
        return self.balances is not None and self.balances.owed_minor > 0

    @property
    def needs_somebody(self) -> bool:
        """Whether there is something besides money that somebody has to see to."""
        return self.shown.blocked or self.ends_on is not None or self.of_age_on is not None


@dataclass(frozen=True, slots=True)
class PausedCard:
    """A Dependent for whom staff let nobody of a group act: its name and place alone (G18)."""

    public_id: str
    name: str
    place: int
    label: str
    owner_name: str
    group: str


@dataclass(frozen=True, slots=True)
class SubAccountCard:
    """A sub-account of a main account that has few; `opens` says that it can be acted for."""

    public_id: str
    name: str
    mode: BillingMode
    shown: Shown
    services: int
    monthly_minor: int
    currency: str
    opens: bool

    @property
    def needs_somebody(self) -> bool:
        return self.shown.blocked


@dataclass(frozen=True, slots=True)
class LookedAfter:
    """The cards of Home and one's own balances; `more` counts the Dependents beyond the first CARDS, and `paused` are
    those nobody acts for at present.
    """

    wards: Sequence[WardCard]
    more: int
    paused: Sequence[PausedCard]
    balances: Balances | None


def wards_and_balances(actor: Actor, me: Profile, stands: Standing, *, finances: bool) -> LookedAfter:
    """The Dependents' cards and, with `finances`, the balances of whoever pays for `me`: one query for all of them.

    Each Dependent stands once, with the first group that lets it be seen, whatever groups it is in with the actor.
    """
    known = looked_after(actor, stands.wards, me.settings)
    payers = {me.payer_id: me.currency} if finances else {}
    seen = {ward.customer_id: bool(decide(actor, Permission.STATEMENTS_VIEW, facts)) for ward, facts in known[:CARDS]}
    payers |= {
        ward.customer_id: ward.facts.currency
        for ward, _ in known[:CARDS]
        if seen[ward.customer_id] and ward.facts.payer_id == ward.customer_id
    }
    today = clock.today(me.time_zone)
    found = books.balances(payers, today) if payers else {}
    cards = [
        _ward_card(me, ward, seen[ward.customer_id], found.get(ward.customer_id), today) for ward, _ in known[:CARDS]
    ]
    paused = [_paused_card(ward) for ward in paused_for(actor, stands.wards)[:CARDS]]
    return LookedAfter(cards, max(0, len(known) - CARDS), paused, found[me.payer_id] if finances else None)


def sub_account_cards(actor: Actor, main: Profile) -> list[SubAccountCard]:
    """A card for each of a main account's sub-accounts, which are CARDS at most; by name, in one query."""
    rows = sub_account_rows.first_sub_accounts(main.id, main.own_status, CARDS)
    opened = modes_opened(actor, main)
    return [_sub_card(main, row, row.mode in opened) for row in rows]


def _ward_card(me: Profile, ward: Ward, sees: bool, balances: Balances | None, today: date) -> WardCard:
    facts, kin = ward.facts, ward.kinship
    of_age = of_age_on(facts.born_on, me.settings.majority_age) if facts.born_on else None
    return WardCard(
        public_id=ward.public_id,
        name=ward.name,
        place=kin.subject_place,
        label=kin.subject_label,
        owner_name=kin.owner_name,
        group=kin.group,
        age=_age(facts.born_on, today),
        signs_in=facts.signs_in,
        shown=_shown(facts),
        currency=facts.currency,
        paid_by_me=facts.payer_id == me.id,
        payer_name=facts.payer_name if facts.payer_id != ward.customer_id else "",
        sees_money=sees or facts.payer_id != ward.customer_id,
        balances=balances,
        ends_on=kin.subject_until if kin.subject_until and kin.subject_until <= today + SOON else None,
        of_age_on=of_age if of_age and today < of_age <= today + OF_AGE_SOON else None,
    )


def _paused_card(ward: Ward) -> PausedCard:
    kin = ward.kinship
    return PausedCard(ward.public_id, ward.name, kin.subject_place, kin.subject_label, kin.owner_name, kin.group)


def _age(born_on: date | None, today: date) -> int | None:
    if born_on is None:
        return None
    return today.year - born_on.year - ((today.month, today.day) < (born_on.month, born_on.day))


def _shown(facts: WardFacts) -> Shown:
    above = facts.main_own_status if facts.mode is BillingMode.AGGREGATED else None
    status = effective_status(facts.own_status, above)
    return Shown(status, facts.main_name or "", facts.blocked_cause, facts.status_changed_at)


def _sub_card(main: Profile, row: SubAccount, opens: bool) -> SubAccountCard:
    return SubAccountCard(
        public_id=row.public_id,
        name=row.name,
        mode=row.mode,
        shown=Shown(row.status, main.name, row.blocked_cause, row.status_changed_at),
        services=row.services,
        monthly_minor=row.monthly_minor,
        currency=row.currency,
        opens=opens,
    )
