"""Where the remedy of a refusal is found: reasons with links, for people who can follow them (UX14)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType

from flask import url_for

from portal.rules.errors import Reason
from portal.rules.permissions import Permission
from portal.web.session import current

PAGES = MappingProxyType(
    {
        "customer": ("staff_customers.summary", Permission.CUSTOMERS_VIEW),
        "customer-details": ("staff_customers.details", Permission.CUSTOMERS_VIEW),
        "customer-finance": ("staff_customers.finance", Permission.CUSTOMERS_FINANCE),
        "customer-sub-accounts": ("staff_customers.sub_accounts", Permission.CUSTOMERS_VIEW),
    }
)
"""The pages that reasons name, with what opening them needs."""


@dataclass(frozen=True, slots=True)
class LinkedReason:
    """A reason as `components/refusal.html` draws it; `remedy_url` is "" where there is no page to go to."""

    rule: str
    message: str
    remedy: str
    remedy_url: str


def linked(reasons: Iterable[Reason]) -> list[LinkedReason]:
    """The reasons with the addresses of their remedies. Only staff get any: the pages are in the back office."""
    return [LinkedReason(reason.rule, reason.message, reason.remedy, _url(reason)) for reason in reasons]


def _url(reason: Reason) -> str:
    signed_in = current()
    page = PAGES.get(reason.remedy_page)
    if signed_in is None or not signed_in.is_staff or page is None or not reason.remedy_for:
        return ""
    endpoint, permission = page
    return url_for(endpoint, subject=reason.remedy_for) if signed_in.actor.has(permission) else ""
