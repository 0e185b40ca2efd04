"""Where the remedy of a refusal is found: reasons with links, for people who can follow them (UX14)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from flask import url_for

from portal.rules.deciding import STAFF_PERMISSIONS
from portal.rules.errors import Reason
from portal.rules.sentences import NOTHING, Sentence
from portal.web.places import remedies
from portal.web.session import current


@dataclass(frozen=True, slots=True)
class LinkedReason:
    """A reason as `components/refusal.html` draws it; the link's words and address are "" where there is no page."""

    rule: str
    message: Sentence
    remedy: Sentence
    remedy_url: str = ""
    remedy_link: Sentence = NOTHING


def linked(reasons: Iterable[Reason]) -> list[LinkedReason]:
    """The reasons with links to their remedies, as far as whoever is signed in has those pages.

    Staff have them in the back office, customers where a refusal names somebody they act for.
    """
    return [_linked(reason) for reason in reasons]


def _linked(reason: Reason) -> LinkedReason:
    plain = LinkedReason(reason.rule, reason.message, reason.remedy)
    signed_in = current()
    remedy = remedies().get(reason.remedy_page)
    if signed_in is None or remedy is None or not reason.remedy_for:
        return plain
    of_staff = remedy.permission in STAFF_PERMISSIONS
    if of_staff is not signed_in.is_staff or (of_staff and not signed_in.actor.has(remedy.permission)):
        return plain
    return replace(plain, remedy_url=url_for(remedy.endpoint, subject=reason.remedy_for), remedy_link=remedy.words)
