"""When two customers may share balances, and what is easily overlooked when they begin or stop to.

All unmet conditions are listed at once, each with its rule id, the figures and the remedy.
"""

from __future__ import annotations

from portal.rules.customers.status import Status
from portal.rules.errors import Reason
from portal.rules.links.facts import BillingMode, LinkFacts, Rule
from portal.rules.money import Money


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
