"""Where the remedy of a refusal is found: reasons with links, for people who can follow them (UX14)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from types import MappingProxyType

from flask import url_for

from portal.rules.errors import Reason, Said
from portal.rules.permissions import Permission
from portal.web.session import current

PAGES = MappingProxyType(
    {
        "customer": ("staff_customers.summary", "Open the customer", Permission.CUSTOMERS_VIEW),
        "customer-details": ("staff_customers.details", "Open its details", Permission.CUSTOMERS_VIEW),
        "customer-finance": ("staff_customers.finance", "Open its finances", Permission.CUSTOMERS_FINANCE),
        "customer-services": ("staff_customers.services", "Open its services", Permission.CUSTOMERS_VIEW),
        "customer-status": ("staff_customers.status", "Change its status", Permission.CUSTOMERS_EDIT),
        "customer-sub-accounts": ("staff_customers.sub_accounts", "Open its sub-accounts", Permission.CUSTOMERS_VIEW),
    }
)
"""The pages that reasons name, what a link to them says, and what opening them needs."""


@dataclass(frozen=True, slots=True)
class LinkedReason:
    """A reason as `components/refusal.html` draws it; the link's words and address are "" where there is no page."""

    rule: str
    message: Said
    remedy: Said
    remedy_url: str = ""
    remedy_link: str = ""


def linked(reasons: Iterable[Reason]) -> list[LinkedReason]:
    """The reasons with links to their remedies. Only staff get any: the pages are in the back office."""
    return [_linked(reason) for reason in reasons]


def _linked(reason: Reason) -> LinkedReason:
    plain = LinkedReason(reason.rule, reason.message, reason.remedy)
    signed_in = current()
    page = PAGES.get(reason.remedy_page)
    if signed_in is None or not signed_in.is_staff or page is None or not reason.remedy_for:
        return plain
    endpoint, words, permission = page
    if not signed_in.actor.has(permission):
        return plain
    return replace(plain, remedy_url=url_for(endpoint, subject=reason.remedy_for), remedy_link=words)
