"""Main accounts, sub-accounts and shared balances: what the rules of linking know of a customer, and who pays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from portal.rules.customers.status import BillingType, Status
from portal.rules.money import Money
from portal.rules.sentences import Sentence, say


class BillingMode(StrEnum):
    """Aggregated: billed and paid by the main account. Independent: billed separately."""

    AGGREGATED = "aggregated"
    INDEPENDENT = "independent"

    @property
    def label(self) -> Sentence:
        return say("Aggregated") if self is BillingMode.AGGREGATED else say("Independent")


class Rule(StrEnum):
    SAME_PARTNER = "L3"
    NOT_INACTIVE = "L4"
    ONE_LEVEL = "L5"
    SETTLED = "L6"
    BILLING_TYPE = "L8"
    EDITABLE = "L9"
    UNLINKABLE = "L10"
    NO_CHAIN = "P6"
    ONE_PARTNER_ACCOUNT = "P5"
    PARTED = "P4"


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """What the rules of linking need to know of one customer. Amounts are of its own books.

    `ahead` counts entries dated after today, less those taken back on their own day; `future_items` the charges and
    discounts waiting for an invoice.
    """

    id: int
    public_id: str
    name: str
    partner_id: int
    partner_name: str
    currency: str
    status: Status
    billing_type: BillingType
    billing_day: int
    house: Money
    credit: Money
    ahead: int = 0
    future_items: int = 0
    future_total: Money | None = None
    main_id: int | None = None
    main_name: str = ""
    mode: BillingMode | None = None
    sub_accounts: int = 0
    aggregated_subs: int = 0
    partner_account_id: int | None = None
    partner_account_name: str = ""
    is_primary: bool = False

    @property
    def total(self) -> Money:
        return self.house + self.credit

    @property
    def is_secondary(self) -> bool:
        return self.partner_account_id is not None and not self.is_primary


def payer(customer_id: int, aggregated_under: Mapping[int, int], secondary_of: Mapping[int, int]) -> int:
    """The customer whose balances an amount lands on.

    `aggregated_under` maps an aggregated sub-account to its main account, `secondary_of` a secondary account
    to its primary one. By P6 there are no chains, so one step is always enough.
    """
    return aggregated_under.get(customer_id) or secondary_of.get(customer_id) or customer_id
