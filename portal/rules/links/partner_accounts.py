"""When two customers may share balances, and what is easily overlooked when they begin or stop to.

All unmet conditions are listed at once, each with its rule id, the figures and the remedy.
"""

from __future__ import annotations

from portal.rules.customers.status import Status
from portal.rules.errors import Reason
from portal.rules.links.facts import BillingMode, LinkFacts, Rule
from portal.rules.money import Money
from portal.rules.sentences import Sentence, say


def partner_account_refusals(primary: LinkFacts, secondary: LinkFacts) -> list[Reason]:
    """Why two customers cannot share balances, `primary` holding them (P5, P6)."""
    if primary.id == secondary.id:
        message = say("{name} cannot be its own partner account.", name=primary.name)
        return [Reason(Rule.ONE_PARTNER_ACCOUNT, message, say("Choose another profile."))]
    return [
        *_alike(primary, secondary),
        *_free_to_share(primary),
        *_free_to_share(secondary),
        *_no_main_account(secondary),
    ]


def _alike(primary: LinkFacts, secondary: LinkFacts) -> list[Reason]:
    reasons = []
    if primary.partner_id != secondary.partner_id:
        message = say(
            "{first} belongs to {partner} and {second} to {other}.",
            first=primary.name,
            partner=primary.partner_name,
            second=secondary.name,
            other=secondary.partner_name,
        )
        remedy = say("Only customers of the same partner can share balances. Change the partner of one of them first.")
        reasons.append(Reason(Rule.ONE_PARTNER_ACCOUNT, message, remedy, "customer-details", secondary.public_id))
    if primary.currency != secondary.currency:
        message = say(
            "{first} is billed in {currency} and {second} in {other}.",
            first=primary.name,
            currency=primary.currency,
            second=secondary.name,
            other=secondary.currency,
        )
        remedy = say(
            "Only customers with the same currency can share balances. Choose a profile billed in the same one."
        )
        reasons.append(Reason(Rule.ONE_PARTNER_ACCOUNT, message, remedy))
    return reasons


def _no_main_account(secondary: LinkFacts) -> list[Reason]:
    if not secondary.sub_accounts:
        return []
    return [
        Reason(
            Rule.NO_CHAIN,
            say("{name} is a main account.", name=secondary.name),
            say("A main account can be the primary account, never the secondary one."),
            "customer-sub-accounts",
            secondary.public_id,
        )
    ]


def _free_to_share(customer: LinkFacts) -> list[Reason]:
    unmet = []
    if customer.status is Status.INACTIVE:
        message = say("{name} is Inactive.", name=customer.name)
        unmet.append((Rule.ONE_PARTNER_ACCOUNT, message, say("Set it to New, Active or Blocked first.")))
    if customer.partner_account_id is not None:
        message = say(
            "{name} already shares balances with {other}.", name=customer.name, other=customer.partner_account_name
        )
        unmet.append((Rule.ONE_PARTNER_ACCOUNT, message, say("Unlink that partner account first.")))
    if customer.mode is BillingMode.AGGREGATED:
        message = say("{main} pays for {name}.", main=customer.main_name, name=customer.name)
        remedy = say("An aggregated sub-account cannot share balances. Unlink it first.")
        unmet.append((Rule.NO_CHAIN, message, remedy))
    return [Reason(rule, message, remedy, "customer-details", customer.public_id) for rule, message, remedy in unmet]


def sharing_warnings(primary: LinkFacts, secondary: LinkFacts, moved: Money) -> list[Sentence]:
    """What is easily overlooked when `secondary` comes to share the balances of `primary`.

    `moved` is what goes over to the primary in all, entries dated ahead included.
    """
    warnings = []
    if moved.minor < 0:
        warnings.append(
            say(
                "{primary} takes over what {secondary} owes, {amount}, and pays it from now on.",
                primary=primary.name,
                secondary=secondary.name,
                amount=-moved,
            )
        )
    if secondary.future_items:
        warnings.append(_billed_to_primary(primary, secondary))
    if primary.aggregated_subs:
        warnings.append(
            say(
                "{primary} also pays for a sub-account from these balances.",
                "{primary} also pays for {count} sub-accounts from these balances.",
                count=primary.aggregated_subs,
                primary=primary.name,
            )
        )
    warnings += [
        say(
            "{name} is Blocked. Sharing balances changes nothing about that, and does not block the other.",
            name=customer.name,
        )
        for customer in (primary, secondary)
        if customer.status is Status.BLOCKED
    ]
    return warnings


def _billed_to_primary(primary: LinkFacts, secondary: LinkFacts) -> Sentence:
    if not secondary.future_total:
        return say(
            "One future item for {secondary} is not invoiced yet: {primary} will be billed.",
            "{count} future items for {secondary} are not invoiced yet: {primary} will be billed.",
            count=secondary.future_items,
            secondary=secondary.name,
            primary=primary.name,
        )
    return say(
        "One future item of {total} for {secondary} is not invoiced yet: {primary} will be billed.",
        "{count} future items of {total} for {secondary} are not invoiced yet: {primary} will be billed.",
        count=secondary.future_items,
        total=secondary.future_total,
        secondary=secondary.name,
        primary=primary.name,
    )


def parting_warnings(primary: LinkFacts, secondary: LinkFacts, *, left: bool) -> list[Sentence]:
    """What is easily overlooked when two customers no longer share the balances of `primary`.

    `left` says that something stands on the secondary's own books after all.
    """
    warnings = []
    if primary.house.minor < 0:
        warnings.append(
            say(
                "{primary} alone goes on owing {amount}, what was issued for {secondary} included.",
                primary=primary.name,
                amount=-primary.house,
                secondary=secondary.name,
            )
        )
    if secondary.future_items:
        warnings.append(
            say(
                "One future item not invoiced yet goes with {secondary}, which will be billed.",
                "{count} future items not invoiced yet go with {secondary}, which will be billed.",
                count=secondary.future_items,
                secondary=secondary.name,
            )
        )
    if left:
        warnings.append(
            say(
                "{secondary} does not start from zero: since the link, entries from before it were taken back "
                "on its own books.",
                secondary=secondary.name,
            )
        )
    return warnings
