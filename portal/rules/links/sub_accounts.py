"""When a sub-account may be linked, its billing mode changed, and the link ended.

Every function lists all unmet conditions at once, each with its rule id, the figures and the remedy.
"""

from __future__ import annotations

from portal.rules.balances import credit_remedy, owing
from portal.rules.customers.status import BillingType, Status, effective_status
from portal.rules.errors import Reason
from portal.rules.links.facts import BillingMode, LinkFacts, Rule
from portal.rules.sentences import Sentence, say, together


def link_refusals(main: LinkFacts, sub: LinkFacts, mode: BillingMode) -> list[Reason]:
    """Why `sub` cannot become a sub-account of `main` in `mode` now; empty when it can (L3 to L6, P6)."""
    if main.id == sub.id:
        message = say("{name} cannot be linked to itself.", name=sub.name)
        return [Reason(Rule.ONE_LEVEL, message, say("Choose another account."))]
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
            say(
                "{first} belongs to {partner} and {second} to {other}.",
                first=main.name,
                partner=main.partner_name,
                second=sub.name,
                other=sub.partner_name,
            ),
            say("Only customers of the same partner can be linked. Change the partner of one of them first."),
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
            say("{name} is Inactive.", name=customer.name),
            say("Set it to New, Active or Blocked first."),
            "customer-details",
            customer.public_id,
        )
    ]


def _one_level(main: LinkFacts, sub: LinkFacts) -> list[Reason]:
    reasons = []
    if sub.main_id is not None:
        reasons.append(_linked_already(main, sub))
    if sub.sub_accounts:
        message = say(
            "{name} has a sub-account of its own.",
            "{name} has {count} sub-accounts of its own.",
            count=sub.sub_accounts,
            name=sub.name,
        )
        remedy = say("Unlink them first; there is one level only.")
        reasons.append(Reason(Rule.ONE_LEVEL, message, remedy, "customer-sub-accounts", sub.public_id))
    if main.main_id is not None:
        message = say("{name} is itself a sub-account of {main}.", name=main.name, main=main.main_name)
        remedy = say("Link to {main} instead, or unlink {name} first.", main=main.main_name, name=main.name)
        reasons.append(Reason(Rule.ONE_LEVEL, message, remedy, "customer-sub-accounts", main.public_id))
    return reasons


def _linked_already(main: LinkFacts, sub: LinkFacts) -> Reason:
    if sub.main_id == main.id:
        message = say("{name} is already linked to {main}.", name=sub.name, main=sub.main_name)
        remedy = say("Edit its billing mode instead.")
    else:
        message = say("{name} is already a sub-account of {main}.", name=sub.name, main=sub.main_name)
        remedy = say("Unlink it there first.")
    return Reason(Rule.ONE_LEVEL, message, remedy, "customer-sub-accounts", sub.public_id)


def _main_is_secondary(main: LinkFacts) -> list[Reason]:
    if not main.is_secondary:
        return []
    primary = main.partner_account_name
    return [
        Reason(
            Rule.NO_CHAIN,
            say(
                "{name} is the secondary account of {primary}, which pays for it.",
                name=main.name,
                primary=primary,
            ),
            say("Unlink the partner account first, or link to {primary}.", primary=primary),
            "customer-details",
            main.public_id,
        )
    ]


def aggregation_refusals(main: LinkFacts, sub: LinkFacts) -> list[Reason]:
    """L6: what stands between `sub` and being billed to `main`; empty when nothing does."""
    reasons = unsettled(sub)
    reasons += [_not_recurring(one) for one in (sub, main) if one.billing_type is not BillingType.RECURRING]
    if sub.partner_account_id is not None:
        message = say(
            "{name} shares its balances with {other}.",
            name=sub.name,
            other=sub.partner_account_name,
        )
        remedy = say("Unlink the partner account first.")
        reasons.append(Reason(Rule.SETTLED, message, remedy, "customer-details", sub.public_id))
    if sub.currency != main.currency:
        message = say(
            "{first} is billed in {currency} and {second} in {other}.",
            first=sub.name,
            currency=sub.currency,
            second=main.name,
            other=main.currency,
        )
        remedy = say("Accounts of different currencies can only be linked as independent.")
        reasons.append(Reason(Rule.SETTLED, message, remedy))
    return reasons


def _not_recurring(customer: LinkFacts) -> Reason:
    return Reason(
        Rule.SETTLED,
        say("{name} has the billing type “{type}”.", name=customer.name, type=customer.billing_type.label),
        say("Only customers with recurring billing can be aggregated. Change the billing type first."),
        "customer-details",
        customer.public_id,
    )


def unsettled(sub: LinkFacts) -> list[Reason]:
    """L6: the money that stands in the way of billing `sub` to somebody else: each of these a settlement can clear."""
    return [*_open_amounts(sub), *_waiting(sub)]


def _open_amounts(sub: LinkFacts) -> list[Reason]:
    reasons = []
    if sub.house.minor < 0:
        message = say("{name} owes {amount}.", name=sub.name, amount=-sub.house)
        reasons.append(_settle(message, say("Record a payment."), sub))
    elif sub.house:
        message = say("{name} has {amount} overpaid on its House Account.", name=sub.name, amount=sub.house)
        reasons.append(_settle(message, say("Refund it, or post a debit that uses it up."), sub))
    if sub.credit:
        message = say("{name} holds {amount} of Customer Credit.", name=sub.name, amount=sub.credit)
        remedy, page = credit_remedy(sub.house)
        reasons.append(_settle(message, remedy, sub, page))
    return reasons


def _waiting(sub: LinkFacts) -> list[Reason]:
    reasons = []
    if sub.ahead:
        message = say(
            "{name} has one entry dated ahead.",
            "{name} has {count} entries dated ahead.",
            count=sub.ahead,
            name=sub.name,
        )
        remedy = say("Take it back or wait for its date.", "Take them back or wait for their dates.", count=sub.ahead)
        reasons.append(_settle(message, remedy, sub))
    if sub.future_items:
        remedy = say("Invoice it now or remove it.", "Invoice them now or remove them.", count=sub.future_items)
        reasons.append(_settle(_future_items(sub), remedy, sub))
    return reasons


def _future_items(sub: LinkFacts) -> Sentence:
    if not sub.future_total:
        return say(
            "One future item waits for the next invoice of {name}.",
            "{count} future items wait for the next invoice of {name}.",
            count=sub.future_items,
            name=sub.name,
        )
    return say(
        "One future item of {total} waits for the next invoice of {name}.",
        "{count} future items of {total} wait for the next invoice of {name}.",
        count=sub.future_items,
        total=sub.future_total,
        name=sub.name,
    )


def _settle(message: Sentence, remedy: Sentence, sub: LinkFacts, page: str = "customer-finance") -> Reason:
    then = say("An aggregated sub-account starts at zero.")
    return Reason(Rule.SETTLED, message, together(remedy, then), page, sub.public_id)


def mode_refusals(main: LinkFacts, sub: LinkFacts, mode: BillingMode) -> list[Reason]:
    """Why the billing mode of an existing link cannot become `mode` (L9, and L6 towards aggregated)."""
    if sub.mode is mode:
        return []
    return [
        *_main_ready(
            Rule.EDITABLE,
            main,
            active=say("The billing mode can be edited while its main account is Active."),
            settled=say(
                "The billing mode can be edited when the balance of its main account is at least zero. "
                "Record a payment first."
            ),
        ),
        *(aggregation_refusals(main, sub) if mode is BillingMode.AGGREGATED else ()),
    ]


def unlink_refusals(main: LinkFacts, mode: BillingMode) -> list[Reason]:
    """Why a sub-account cannot be unlinked from `main` (L10); an independent one always can."""
    if mode is BillingMode.INDEPENDENT:
        return []
    return _main_ready(
        Rule.UNLINKABLE,
        main,
        active=say("An aggregated sub-account can be unlinked while its main account is Active."),
        settled=say(
            "An aggregated sub-account can be unlinked when the balance of its main account is at least zero. "
            "Record a payment first."
        ),
    )


def _main_ready(rule: Rule, main: LinkFacts, *, active: Sentence, settled: Sentence) -> list[Reason]:
    """The main account is Active and owes nothing; otherwise the remedy is `active` or `settled`."""
    reasons = []
    if main.status is not Status.ACTIVE:
        message = say("{name} is {status}.", name=main.name, status=main.status.label)
        reasons.append(Reason(rule, message, active, "customer-details", main.public_id))
    if main.total.minor < 0:
        message = owing(main.name, main.house, main.credit)
        reasons.append(Reason(rule, message, settled, "customer-finance", main.public_id))
    return reasons


def link_warnings(main: LinkFacts, sub: LinkFacts, mode: BillingMode) -> list[Sentence]:
    """What will follow at once, for the confirmation (L4, L11)."""
    imposed = effective_status(sub.status, main.status).imposed
    if mode is BillingMode.AGGREGATED and main.status is Status.BLOCKED and imposed:
        return [say("{main} is Blocked, so {sub} will be blocked at once.", main=main.name, sub=sub.name)]
    return []


def billing_type_refusals(customer: LinkFacts) -> list[Reason]:
    """L8: why the billing type cannot be changed."""
    if customer.main_id is not None:
        message = say("{name} is a sub-account of {main}.", name=customer.name, main=customer.main_name)
        remedy = say("The billing type of a sub-account cannot be changed while it is linked.")
    elif customer.aggregated_subs:
        message = say(
            "{name} pays for {count} aggregated sub-account.",
            "{name} pays for {count} aggregated sub-accounts.",
            count=customer.aggregated_subs,
            name=customer.name,
        )
        remedy = say("The billing type of their main account cannot be changed while they are linked.")
    else:
        return []
    return [Reason(Rule.BILLING_TYPE, message, remedy, "customer-sub-accounts", customer.public_id)]
