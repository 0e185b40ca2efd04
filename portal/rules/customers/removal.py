"""Removing a customer: what still ties it (L12), and taking a person's words out of texts that stay (PRI5)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.rules.balances import credit_remedy
from portal.rules.customers.status import Status
from portal.rules.errors import Reason
from portal.rules.groups import GroupRole
from portal.rules.links.facts import LinkFacts
from portal.rules.money import Money
from portal.rules.sentences import Sentence, from_json, say, stored_parts

RULE = "L12"
FINANCE = "customer-finance"
"""The page where most of what is open in the books is settled."""
PERSON = "Removed person"
"""How whoever signed in for a removed customer is named from then on."""

DOMAIN = "removed.invalid"
"""Addresses that were erased end like this. RFC 2606 keeps the name from ever existing."""


@dataclass(frozen=True, slots=True)
class GroupTie:
    """A group that a customer is in, and as what."""

    owner_name: str
    owner_public_id: str
    role: GroupRole


def removed_reason(name: str) -> Reason:
    """Why nothing is done for a customer that is gone."""
    message = say("{name} was removed.", name=name)
    return Reason(RULE, message, say("Its books can be read; nothing else can be done with it."))


def status_ties(customer: LinkFacts) -> list[Reason]:
    """Why its own status keeps a customer (L12)."""
    if customer.status is Status.INACTIVE:
        return []
    message = say("{name} is {status}.", name=customer.name, status=customer.status.label)
    return [Reason(RULE, message, say("Set it to Inactive, last of all."), "customer-status", customer.public_id)]


def link_ties(customer: LinkFacts) -> list[Reason]:
    """Links and shared balances that keep a customer."""
    here, name = customer.public_id, customer.name
    reasons = []
    if customer.main_id is not None:
        message = say("{name} is a sub-account of {main}.", name=name, main=customer.main_name)
        reasons.append(Reason(RULE, message, say("Unlink it first."), "customer-sub-accounts", here))
    if customer.sub_accounts:
        count = customer.sub_accounts
        message = say("{name} has {count} sub-account.", "{name} has {count} sub-accounts.", count=count, name=name)
        remedy, page = say("Unlink it first.", "Unlink them first.", count=count), "customer-sub-accounts"
        if customer.aggregated_subs and customer.status is not Status.ACTIVE:
            page = "customer-status"
            remedy = say(
                "Set {name} to Active, unlink it, and set {name} to Inactive again.",
                "Set {name} to Active, unlink them, and set {name} to Inactive again.",
                count=count,
                name=name,
            )
        reasons.append(Reason(RULE, message, remedy, page, here))
    if customer.partner_account_id is not None:
        message = say("{name} shares its balances with {other}.", name=name, other=customer.partner_account_name)
        reasons.append(Reason(RULE, message, say("Unlink the partner account first."), "customer-details", here))
    return reasons


def group_ties(name: str, public_id: str, groups: Sequence[GroupTie], invitations: int) -> list[Reason]:
    """Groups that keep a customer, and how many invitations it sent that nobody has answered."""
    reasons = [_group(name, tie) for tie in groups]
    if invitations:
        message = say(
            "{count} invitation that {name} sent waits for an answer.",
            "{count} invitations that {name} sent wait for an answer.",
            count=invitations,
            name=name,
        )
        remedy = say("Take it back, or let it expire.", "Take them back, or let them expire.", count=invitations)
        reasons.append(Reason(RULE, message, remedy, "customer", public_id))
    return reasons


def _group(name: str, tie: GroupTie) -> Reason:
    remedy = say("Remove it from the group first.")
    match tie.role:
        case GroupRole.OWNER:
            message = say("{name} owns a group.", name=name)
            remedy = say("Give the ownership to another member, or dissolve the group.")
        case GroupRole.ADMIN:
            message = say("{name} is an Admin in the group of {owner}.", name=name, owner=tie.owner_name)
        case GroupRole.DEPENDENT:
            message = say("{name} is a Dependent in the group of {owner}.", name=name, owner=tie.owner_name)
    return Reason(RULE, message, remedy, "customer", tie.owner_public_id)


def book_ties(customer: LinkFacts, elsewhere: Sequence[Money]) -> list[Reason]:
    """What is open in the books of a customer; `elsewhere` are balances in currencies it is not billed in any more."""
    unsettled = [*_amounts(customer, elsewhere), *((*one, FINANCE) for one in _waiting(customer))]
    return [Reason(RULE, message, remedy, page, customer.public_id) for message, remedy, page in unsettled]


def _amounts(customer: LinkFacts, elsewhere: Sequence[Money]) -> list[tuple[Sentence, Sentence, str]]:
    """What is open in the books, each with its remedy and the page of that."""
    name = customer.name
    found = []
    if customer.house.minor < 0:
        message = say("{name} owes {amount}.", name=name, amount=-customer.house)
        found.append((message, say("Record a payment, or post a credit."), FINANCE))
    elif customer.house:
        message = say("{name} has {amount} overpaid on its House Account.", name=name, amount=customer.house)
        found.append((message, say("Refund it, or post a debit that uses it up."), FINANCE))
    if customer.credit:
        message = say("{name} holds {amount} of Customer Credit.", name=name, amount=customer.credit)
        found.append((message, *credit_remedy(customer.house)))
    for amount in elsewhere:
        message = say("{name} has a balance of {amount} in a currency it is not billed in.", name=name, amount=amount)
        found.append((message, say("Settle it first."), FINANCE))
    return found


def _waiting(customer: LinkFacts) -> list[tuple[Sentence, Sentence]]:
    """What is dated ahead or waits for an invoice, each with its remedy."""
    found = []
    if count := customer.ahead:
        message = say(
            "{name} has {count} entry dated ahead.",
            "{name} has {count} entries dated ahead.",
            count=count,
            name=customer.name,
        )
        remedy = say("Take it back, or wait for its date.", "Take them back, or wait for their dates.", count=count)
        found.append((message, remedy))
    if count := customer.future_items:
        remedy = say("Invoice it now, or take it back.", "Invoice them now, or take them back.", count=count)
        found.append((_future_items(customer), remedy))
    return found


def _future_items(customer: LinkFacts) -> Sentence:
    if not customer.future_total:
        return say(
            "{count} future item waits for the next invoice of {name}.",
            "{count} future items wait for the next invoice of {name}.",
            count=customer.future_items,
            name=customer.name,
        )
    return say(
        "{count} future item of {total} waits for the next invoice of {name}.",
        "{count} future items of {total} wait for the next invoice of {name}.",
        count=customer.future_items,
        total=customer.future_total,
        name=customer.name,
    )


def membership_ties(name: str, public_id: str, plans: Sequence[str]) -> list[Reason]:
    """Memberships that keep a customer, by the names of their plans."""
    if not plans:
        return []
    message = say("{name} holds {plans}.", name=name, plans=tuple(plans))
    return [Reason(RULE, message, say("Wait until it has ended, or end it first."), "", public_id)]


def service_ties(name: str, public_id: str, active: int, paused: int) -> list[Reason]:
    """Services that keep a customer: how many are active and how many paused."""
    reasons = []
    if count := active:
        message = say(
            "{name} has {count} active service.", "{name} has {count} active services.", count=count, name=name
        )
        reasons.append((message, count))
    if count := paused:
        message = say(
            "{name} has {count} paused service.", "{name} has {count} paused services.", count=count, name=name
        )
        reasons.append((message, count))
    return [
        Reason(
            RULE,
            message,
            say("Stop it first.", "Stop them first.", count=count),
            "customer-services",
            public_id,
        )
        for message, count in reasons
    ]


def booking_ties(name: str, public_id: str, coming: int) -> list[Reason]:
    """What somebody has booked, or waits for, and is not over."""
    if not coming:
        return []
    message = say(
        "{name} has {count} booking to come.", "{name} has {count} bookings to come.", count=coming, name=name
    )
    return [Reason(RULE, message, say("Cancel it first.", "Cancel them first.", count=coming), "customer", public_id)]


def ticket_ties(name: str, public_id: str, unsolved: int) -> list[Reason]:
    """Tickets of a customer that nobody has solved."""
    if not unsolved:
        return []
    message = say("{name} has {count} open ticket.", "{name} has {count} open tickets.", count=unsolved, name=name)
    remedy = say("Solve it first.", "Solve them first.", count=unsolved)
    return [Reason(RULE, message, remedy, "customer-tickets", public_id)]


def job_ties(name: str, unfinished: int) -> list[Reason]:
    """Work for a customer that is not finished."""
    if not unfinished:
        return []
    message = say(
        "{count} job for {name} is not finished.",
        "{count} jobs for {name} are not finished.",
        count=unfinished,
        name=name,
    )
    return [Reason(RULE, message, say("Wait until that is over, or cancel it."))]


def mail_ties(name: str, leaving: int) -> list[Reason]:
    """Mail about a customer that is being sent at this moment."""
    if not leaving:
        return []
    message = say(
        "{count} mail about {name} is being sent now.",
        "{count} mails about {name} are being sent now.",
        count=leaving,
        name=name,
    )
    return [Reason(RULE, message, say("Try again in a minute."))]


class Eraser:
    """Takes words out of texts: each is replaced by what it maps to, wherever it stands by itself.

    Upper and lower case count as the same, and names are found where a mail writes them as HTML, too.
    """

    def __init__(self, words: Mapping[str, str]) -> None:
        known = {word: put for word, put in words.items() if len(word) > 1}
        known |= {html.escape(word).replace("&#x27;", "&#39;"): put for word, put in known.items()}
        self._known = {word.lower(): put for word, put in known.items()}
        longest_first = sorted(self._known, key=len, reverse=True)
        either = "|".join(re.escape(word) for word in longest_first)
        self._pattern = re.compile(rf"(?<!\w)(?:{either})(?!\w)", re.IGNORECASE) if either else None

    @property
    def words(self) -> Iterable[str]:
        """What is looked for, in lower case."""
        return self._known

    def text(self, text: str) -> str:
        """`text` without the words."""
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda found: self._known.get(found[0].lower(), PERSON), text)

    def value(self, value: Any) -> Any:
        """A sentence, or a value as JSON holds it, without the words in any text of it."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Sentence):
            # What is said stays; whom it is said of goes.
            return from_json({**self.value(stored_parts(value)), "say": value.template})
        if isinstance(value, dict):
            return {key: self.value(one) for key, one in value.items()}
        return [self.value(one) for one in value] if isinstance(value, list) else value
