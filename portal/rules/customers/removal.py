"""Removing a customer: what still ties it (L12), and taking a person's words out of texts that stay (PRI5)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from portal.rules.customers.status import Status
from portal.rules.errors import Reason
from portal.rules.groups import GroupRole
from portal.rules.links.facts import LinkFacts
from portal.rules.money import Money
from portal.rules.sentences import Sentence, from_json, stored_parts

RULE = "L12"
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


@dataclass(frozen=True, slots=True)
class Ties:
    """Everything that can tie a customer. `elsewhere` are balances in currencies it is not billed in any more.

    `invitations` counts those it sent that nobody has answered, `jobs` its unfinished work, `leaving` the mails about
    it that are being sent at this moment.
    """

    customer: LinkFacts
    groups: tuple[GroupTie, ...] = ()
    invitations: int = 0
    active: int = 0
    paused: int = 0
    jobs: int = 0
    leaving: int = 0
    elsewhere: tuple[Money, ...] = ()


def removal_refusals(ties: Ties) -> list[Reason]:
    """L12: everything that has to be settled before the customer can be removed; empty when it can be."""
    return [*_status(ties.customer), *_links(ties.customer), *_groups(ties), *_books(ties), *_going_on(ties)]


def removed_reason(name: str) -> Reason:
    """Why nothing is done for a customer that is gone."""
    return Reason(RULE, f"{name} was removed.", "Its books can be read; nothing else can be done with it.")


def _status(customer: LinkFacts) -> list[Reason]:
    if customer.status is Status.INACTIVE:
        return []
    message = f"{customer.name} is {customer.status.label}."
    return [Reason(RULE, message, "Set it to Inactive first.", "customer-status", customer.public_id)]


def _links(customer: LinkFacts) -> list[Reason]:
    here = customer.public_id
    reasons = []
    if customer.main_id is not None:
        message = f"{customer.name} is a sub-account of {customer.main_name}."
        reasons.append(Reason(RULE, message, "Unlink it first.", "customer-sub-accounts", here))
    if customer.sub_accounts:
        message = f"{customer.name} has {_count(customer.sub_accounts, 'sub-account')}."
        which = "it" if customer.sub_accounts == 1 else "them"
        reasons.append(Reason(RULE, message, f"Unlink {which} first.", "customer-sub-accounts", here))
    if customer.partner_account_id is not None:
        message = f"{customer.name} shares its balances with {customer.partner_account_name}."
        reasons.append(Reason(RULE, message, "Unlink the partner account first.", "customer-details", here))
    return reasons


_ROLES: Mapping[GroupRole, tuple[str, str]] = {
    GroupRole.OWNER: ("owns a group", "Give the ownership to another member, or dissolve the group."),
    GroupRole.ADMIN: ("is an Admin in the group of {}", "Remove it from the group first."),
    GroupRole.DEPENDENT: ("is a Dependent in the group of {}", "Remove it from the group first."),
}


def _groups(ties: Ties) -> list[Reason]:
    name = ties.customer.name
    reasons = []
    for one in ties.groups:
        what, remedy = _ROLES[one.role]
        message = f"{name} {what.format(one.owner_name)}."
        reasons.append(Reason(RULE, message, remedy, "customer", one.owner_public_id))
    if ties.invitations:
        verb, which = ("waits", "it") if ties.invitations == 1 else ("wait", "them")
        message = f"{_count(ties.invitations, 'invitation')} that {name} sent {verb} for an answer."
        remedy = f"Take {which} back, or let {which} expire."
        reasons.append(Reason(RULE, message, remedy, "customer", ties.customer.public_id))
    return reasons


def _books(ties: Ties) -> list[Reason]:
    customer = ties.customer
    found: list[tuple[str, str]] = []
    if customer.house.minor < 0:
        found.append((f"{customer.name} owes {-customer.house}.", "Record a payment, or post a credit."))
    elif customer.house:
        message = f"{customer.name} has {customer.house} overpaid on its House Account."
        found.append((message, "Refund it, or post a debit that uses it up."))
    if customer.credit:
        message = f"{customer.name} holds {customer.credit} of Customer Credit."
        found.append((message, "Apply the credit or pay it out."))
    found += [
        (f"{customer.name} has a balance of {amount} in a currency it is not billed in.", "Settle it first.")
        for amount in ties.elsewhere
    ]
    if customer.ahead:
        which = "it back, or wait for its date" if customer.ahead == 1 else "them back, or wait for their dates"
        found.append(
            (f"{customer.name} has {_count(customer.ahead, 'entry', 'entries')} dated ahead.", f"Take {which}.")
        )
    if customer.future_items:
        of = f" of {customer.future_total}" if customer.future_total else ""
        verb, which = ("waits", "it") if customer.future_items == 1 else ("wait", "them")
        message = f"{_count(customer.future_items, 'future item')}{of} {verb} for the next invoice of {customer.name}."
        found.append((message, f"Invoice {which} now, or take {which} back."))
    return [Reason(RULE, message, remedy, "customer-finance", customer.public_id) for message, remedy in found]


def _going_on(ties: Ties) -> list[Reason]:
    name, here = ties.customer.name, ties.customer.public_id
    reasons = []
    for count, state in ((ties.active, "active"), (ties.paused, "paused")):
        if count:
            which = "it" if count == 1 else "them"
            message = f"{name} has {_count(count, f'{state} service')}."
            reasons.append(Reason(RULE, message, f"Stop {which} first.", "customer-services", here))
    if ties.jobs:
        verb = "is" if ties.jobs == 1 else "are"
        message = f"{_count(ties.jobs, 'job')} for {name} {verb} not finished."
        reasons.append(Reason(RULE, message, "Wait until that is over, or cancel it."))
    if ties.leaving:
        message = f"{_count(ties.leaving, 'mail')} about {name} {'is' if ties.leaving == 1 else 'are'} being sent now."
        reasons.append(Reason(RULE, message, "Try again in a minute."))
    return reasons


def _count(count: int, one: str, many: str = "") -> str:
    """1 job, 2 jobs; `many` is the plural where it is not made with an s."""
    return f"1 {one}" if count == 1 else f"{count:,} {many or one + 's'}"


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
