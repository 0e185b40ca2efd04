"""Main accounts, sub-accounts and shared balances: who pays, and when a link may be made, changed or ended.

Every function lists all unmet conditions at once, each with its rule id, the figures and the remedy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from portal.rules.customers.status import BillingType, Status, effective_status
from portal.rules.errors import Reason
from portal.rules.money import Money


class BillingMode(StrEnum):
    """Aggregated: billed and paid by the main account. Independent: billed separately."""

    AGGREGATED = "aggregated"
    INDEPENDENT = "independent"

    @property
    def label(self) -> str:
        return self.value.capitalize()


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


def link_refusals(main: LinkFacts, sub: LinkFacts, mode: BillingMode) -> list[Reason]:
    """Why `sub` cannot become a sub-account of `main` in `mode` now; empty when it can (L3 to L6, P6)."""
    if main.id == sub.id:
        return [Reason(Rule.ONE_LEVEL, f"{sub.name} cannot be linked to itself.", "Choose another account.")]
    return [
        *_partner(main, sub),
        *_inactive(main),
        *_inactive(sub),
        *_one_level(main, sub),
        *_main_is_secondary(main),
        *(aggregation_refusals(main, sub) if mode is BillingMode.AGGREGATED else ()),
    ]


def _partner(main: LinkFacts, sub: LinkFacts) -> list[Reason]:
    if main.partner_id == sub.partner_id:
        return []
    return [
        Reason(
            Rule.SAME_PARTNER,
            f"{main.name} belongs to {main.partner_name} and {sub.name} to {sub.partner_name}.",
            "Only customers of the same partner can be linked. Change the partner of one of them first.",
            "customer-details",
            sub.public_id,
        )
    ]


def _inactive(customer: LinkFacts) -> list[Reason]:
    if customer.status is not Status.INACTIVE:
        return []
    return [
        Reason(
            Rule.NOT_INACTIVE,
            f"{customer.name} is Inactive.",
            "Set it to New, Active or Blocked first.",
            "customer-details",
            customer.public_id,
        )
    ]


def _one_level(main: LinkFacts, sub: LinkFacts) -> list[Reason]:
    reasons = []
    if sub.main_id is not None:
        already = "already a sub-account of" if sub.main_id != main.id else "already linked to"
        reasons.append(
            Reason(
                Rule.ONE_LEVEL,
                f"{sub.name} is {already} {sub.main_name}.",
                "Unlink it there first." if sub.main_id != main.id else "Edit its billing mode instead.",
                "customer-sub-accounts",
                sub.public_id,
            )
        )
    if sub.sub_accounts:
        count = "a sub-account" if sub.sub_accounts == 1 else f"{sub.sub_accounts} sub-accounts"
        reasons.append(
            Reason(
                Rule.ONE_LEVEL,
                f"{sub.name} has {count} of its own.",
                "Unlink them first; there is one level only.",
                "customer-sub-accounts",
                sub.public_id,
            )
        )
    if main.main_id is not None:
        reasons.append(
            Reason(
                Rule.ONE_LEVEL,
                f"{main.name} is itself a sub-account of {main.main_name}.",
                f"Link to {main.main_name} instead, or unlink {main.name} first.",
                "customer-sub-accounts",
                main.public_id,
            )
        )
    return reasons


def _main_is_secondary(main: LinkFacts) -> list[Reason]:
    if not main.is_secondary:
        return []
    return [
        Reason(
            Rule.NO_CHAIN,
            f"{main.name} is the secondary account of {main.partner_account_name}, which pays for it.",
            f"Unlink the partner account first, or link to {main.partner_account_name}.",
            "customer-details",
            main.public_id,
        )
    ]


def aggregation_refusals(main: LinkFacts, sub: LinkFacts) -> list[Reason]:
    """L6: what stands between `sub` and being billed to `main`; empty when nothing does."""
    reasons = unsettled(sub)
    reasons += [
        Reason(
            Rule.SETTLED,
            f"{customer.name} has the billing type “{customer.billing_type.label}”.",
            "Only customers with recurring billing can be aggregated. Change the billing type first.",
            "customer-details",
            customer.public_id,
        )
        for customer in (sub, main)
        if customer.billing_type is not BillingType.RECURRING
    ]
    if sub.partner_account_id is not None:
        reasons.append(
            Reason(
                Rule.SETTLED,
                f"{sub.name} shares its balances with {sub.partner_account_name}.",
                "Unlink the partner account first.",
                "customer-details",
                sub.public_id,
            )
        )
    if sub.currency != main.currency:
        reasons.append(
            Reason(
                Rule.SETTLED,
                f"{sub.name} is billed in {sub.currency} and {main.name} in {main.currency}.",
                "Accounts of different currencies can only be linked as independent.",
            )
        )
    return reasons


def unsettled(sub: LinkFacts) -> list[Reason]:
    """L6: the money that stands in the way of billing `sub` to somebody else: each of these a settlement can clear."""
    return [*_open_amounts(sub), *_waiting(sub)]


def _open_amounts(sub: LinkFacts) -> list[Reason]:
    reasons = []
    if sub.house:
        what = f"owes {-sub.house}" if sub.house.minor < 0 else f"has {sub.house} overpaid on its House Account"
        remedy = "Record a payment." if sub.house.minor < 0 else "Refund it, or post a debit that uses it up."
        reasons.append(_settle(f"{sub.name} {what}.", remedy, sub))
    if sub.credit:
        reasons.append(
            _settle(f"{sub.name} holds {sub.credit} of Customer Credit.", "Apply the credit or pay it out.", sub)
        )
    return reasons


def _waiting(sub: LinkFacts) -> list[Reason]:
    reasons = []
    if sub.ahead:
        entries = "one entry" if sub.ahead == 1 else f"{sub.ahead} entries"
        remedy = "Take it back or wait for its date." if sub.ahead == 1 else "Take them back or wait for their dates."
        reasons.append(_settle(f"{sub.name} has {entries} dated ahead.", remedy, sub))
    if sub.future_items:
        items = "One future item" if sub.future_items == 1 else f"{sub.future_items} future items"
        of = f" of {sub.future_total}" if sub.future_total else ""
        verb = "waits" if sub.future_items == 1 else "wait"
        remedy = "Invoice it now or remove it." if sub.future_items == 1 else "Invoice them now or remove them."
        reasons.append(_settle(f"{items}{of} {verb} for the next invoice of {sub.name}.", remedy, sub))
    return reasons


def _settle(message: str, remedy: str, sub: LinkFacts) -> Reason:
    return Reason(
        Rule.SETTLED,
        message,
        f"{remedy} An aggregated sub-account starts at zero.",
        "customer-finance",
        sub.public_id,
    )


def mode_refusals(main: LinkFacts, sub: LinkFacts, mode: BillingMode) -> list[Reason]:
    """Why the billing mode of an existing link cannot become `mode` (L9, and L6 towards aggregated)."""
    if sub.mode is mode:
        return []
    return [
        *_main_ready(Rule.EDITABLE, main, "The billing mode can be edited"),
        *(aggregation_refusals(main, sub) if mode is BillingMode.AGGREGATED else ()),
    ]


def unlink_refusals(main: LinkFacts, mode: BillingMode) -> list[Reason]:
    """Why a sub-account cannot be unlinked from `main` (L10); an independent one always can."""
    if mode is BillingMode.INDEPENDENT:
        return []
    return _main_ready(Rule.UNLINKABLE, main, "An aggregated sub-account can be unlinked")


def _main_ready(rule: Rule, main: LinkFacts, what: str) -> list[Reason]:
    reasons = []
    if main.status is not Status.ACTIVE:
        reasons.append(
            Reason(
                rule,
                f"{main.name} is {main.status.label}.",
                f"{what} while its main account is Active.",
                "customer-details",
                main.public_id,
            )
        )
    if main.total.minor < 0:
        reasons.append(
            Reason(
                rule,
                f"{main.name} owes {-main.total}.",
                f"{what} when the balance of its main account is at least zero. Record a payment first.",
                "customer-finance",
                main.public_id,
            )
        )
    return reasons


def link_warnings(main: LinkFacts, sub: LinkFacts, mode: BillingMode) -> list[str]:
    """What will follow at once, for the confirmation (L4, L11)."""
    imposed = effective_status(sub.status, main.status).imposed
    if mode is BillingMode.AGGREGATED and main.status is Status.BLOCKED and imposed:
        return [f"{main.name} is Blocked, so {sub.name} will be blocked at once."]
    return []


def billing_type_refusals(customer: LinkFacts) -> list[Reason]:
    """L8: why the billing type cannot be changed."""
    if customer.main_id is not None:
        return [
            Reason(
                Rule.BILLING_TYPE,
                f"{customer.name} is a sub-account of {customer.main_name}.",
                "The billing type of a sub-account cannot be changed while it is linked.",
                "customer-sub-accounts",
                customer.public_id,
            )
        ]
    if customer.aggregated_subs:
        return [
            Reason(
                Rule.BILLING_TYPE,
                f"{customer.name} pays for {customer.aggregated_subs} aggregated sub-accounts.",
                "The billing type of their main account cannot be changed while they are linked.",
                "customer-sub-accounts",
                customer.public_id,
            )
        ]
    return []


def partner_account_refusals(primary: LinkFacts, secondary: LinkFacts) -> list[Reason]:
    """Why two customers cannot share balances, `primary` holding them (P5, P6)."""
    if primary.id == secondary.id:
        return [
            Reason(
                Rule.ONE_PARTNER_ACCOUNT,
                f"{primary.name} cannot be its own partner account.",
                "Choose another profile.",
            )
        ]
    reasons = []
    if primary.partner_id != secondary.partner_id:
        reasons.append(
            Reason(
                Rule.ONE_PARTNER_ACCOUNT,
                f"{primary.name} belongs to {primary.partner_name} and {secondary.name} to {secondary.partner_name}.",
                "Only customers of the same partner can share balances. Change the partner of one of them first.",
                "customer-details",
                secondary.public_id,
            )
        )
    if primary.currency != secondary.currency:
        reasons.append(
            Reason(
                Rule.ONE_PARTNER_ACCOUNT,
                f"{primary.name} is billed in {primary.currency} and {secondary.name} in {secondary.currency}.",
                "Only customers with the same currency can share balances. Choose a profile billed in the same one.",
            )
        )
    for customer in (primary, secondary):
        reasons += _free_to_share(customer)
    if secondary.sub_accounts:
        reasons.append(
            Reason(
                Rule.NO_CHAIN,
                f"{secondary.name} is a main account.",
                "A main account can be the primary account, never the secondary one.",
                "customer-sub-accounts",
                secondary.public_id,
            )
        )
    return reasons


def _free_to_share(customer: LinkFacts) -> list[Reason]:
    reasons = []
    if customer.status is Status.INACTIVE:
        reasons.append(
            Reason(
                Rule.ONE_PARTNER_ACCOUNT,
                f"{customer.name} is Inactive.",
                "Set it to New, Active or Blocked first.",
                "customer-details",
                customer.public_id,
            )
        )
    if customer.partner_account_id is not None:
        reasons.append(
            Reason(
                Rule.ONE_PARTNER_ACCOUNT,
                f"{customer.name} already shares balances with {customer.partner_account_name}.",
                "Unlink that partner account first.",
                "customer-details",
                customer.public_id,
            )
        )
    if customer.mode is BillingMode.AGGREGATED:
        reasons.append(
            Reason(
                Rule.NO_CHAIN,
                f"{customer.main_name} pays for {customer.name}.",
                "An aggregated sub-account cannot share balances. Unlink it first.",
                "customer-details",
                customer.public_id,
            )
        )
    return reasons


def sharing_warnings(primary: LinkFacts, secondary: LinkFacts, moved: Money) -> list[str]:
    """What is easily overlooked when `secondary` comes to share the balances of `primary`.

    `moved` is what goes over to the primary in all, entries dated ahead included.
    """
    warnings = []
    if moved.minor < 0:
        warnings.append(f"{primary.name} takes over what {secondary.name} owes, {-moved}, and pays it from now on.")
    if secondary.future_items:
        waits = "One future item" if secondary.future_items == 1 else f"{secondary.future_items} future items"
        of = f" of {secondary.future_total}" if secondary.future_total else ""
        verb = "is" if secondary.future_items == 1 else "are"
        warnings.append(f"{waits}{of} for {secondary.name} {verb} not invoiced yet: {primary.name} will be billed.")
    if primary.aggregated_subs:
        subs = "a sub-account" if primary.aggregated_subs == 1 else f"{primary.aggregated_subs} sub-accounts"
        warnings.append(f"{primary.name} also pays for {subs} from these balances.")
    warnings += [
        f"{customer.name} is Blocked. Sharing balances changes nothing about that, and does not block the other."
        for customer in (primary, secondary)
        if customer.status is Status.BLOCKED
    ]
    return warnings


def parting_warnings(primary: LinkFacts, secondary: LinkFacts, *, left: bool) -> list[str]:
    """What is easily overlooked when two customers no longer share the balances of `primary`.

    `left` says that something stands on the secondary's own books after all.
    """
    warnings = []
    if primary.total.minor < 0:
        warnings.append(
            f"{primary.name} alone goes on owing {-primary.total}, what was issued for {secondary.name} included."
        )
    if secondary.future_items:
        waits = "One future item" if secondary.future_items == 1 else f"{secondary.future_items} future items"
        verb = "goes" if secondary.future_items == 1 else "go"
        warnings.append(f"{waits} not invoiced yet {verb} with {secondary.name}, which will be billed.")
    if left:
        warnings.append(
            f"{secondary.name} does not start from zero: since the link, entries from before it were taken back "
            "on its own books."
        )
    return warnings
