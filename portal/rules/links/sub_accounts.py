"""When a sub-account may be linked, its billing mode changed, and the link ended.

Every function lists all unmet conditions at once, each with its rule id, the figures and the remedy.
"""

from __future__ import annotations

from portal.rules.customers.status import BillingType, Status, effective_status
from portal.rules.errors import Reason
from portal.rules.links.facts import BillingMode, LinkFacts, Rule


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
